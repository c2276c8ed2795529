//! Describes fields: type, documentation and checks.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::Version;
use crate::definitions::{Definitions, Field, Type};
use crate::rules::Rules;
use crate::words;

/// First sentences of Kubernetes' own documentation: a line for each definition, then its fields.
const TEXT: &str = include_str!("../data/descriptions.txt");

/// A field, or a whole object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// `apps/v1`
    pub api_version: &'static str,
    /// `Deployment`
    pub kind: &'static str,
    /// Other apiVersions of this kind.
    pub others: Vec<&'static str>,
    /// The keys that lead to the field, without indices; empty for the object.
    pub path: Vec<&'static str>,
    /// The type, such as `a list of maps (each EnvVar)`.
    pub type_name: String,
    /// The definition must have it.
    pub is_required: bool,
    /// The first version that has it, if it is newer than those that are known.
    pub since: Option<Version>,
    /// The last version that has it, if a later one is known.
    pub until: Option<Version>,
    /// The first sentence of its documentation.
    pub text: Option<&'static str>,
    /// The checks beyond its type: the rule, and the requirement on the value.
    pub checks: Vec<(&'static str, String)>,
    /// The name of its definition, of which further checks look at the whole.
    pub checked_whole: Option<&'static str>,
    /// The fields below it.
    pub fields: Vec<Below>,
}

/// A field below another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Below {
    /// Its name.
    pub name: &'static str,
    /// The type.
    pub type_name: String,
    /// The definition must have it.
    pub is_required: bool,
    /// The first sentence of its documentation.
    pub text: Option<&'static str>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// No such kind, or not with this apiVersion in this version.
    Kind,
    /// The object has no such field: the keys up to it, the name, the fields that are there.
    Field(Vec<&'static str>, String, Vec<&'static str>),
}

/// Describes a field of a kind in a version of Kubernetes. `is_kind` picks the kind, `api_version` one of its versions; without it
/// the newest stable one is taken.
///
/// # Errors
/// If there is no such kind or field.
pub fn describe(
    version: Version,
    is_kind: &dyn Fn(&str) -> bool,
    api_version: Option<&str>,
    path: &[&str],
) -> Result<Description, Unknown> {
    let definitions = Definitions::get();
    let version = version.known();
    let mut kinds: Vec<_> = definitions
        .all_kinds(version)
        .filter(|(_, kind, _)| is_kind(kind))
        .collect();
    kinds.sort_by_key(|(api_version, ..)| (!is_stable(api_version), std::cmp::Reverse(number(api_version))));
    let wanted = kinds
        .iter()
        .find(|(found, ..)| api_version.is_none_or(|wanted| wanted == *found));
    let &(api_version, kind, definition) = wanted.ok_or(Unknown::Kind)?;
    let others = kinds
        .iter()
        .filter(|(other, other_kind, _)| *other_kind == kind && *other != api_version);
    let mut found = Description {
        api_version,
        kind,
        others: others.map(|(other, ..)| *other).collect(),
        path: Vec::new(),
        type_name: format!("an object ({kind})"),
        is_required: false,
        since: None,
        until: None,
        text: None,
        checks: Vec::new(),
        checked_whole: None,
        fields: Vec::new(),
    };
    let mut at = Some(definition);
    for name in path {
        let Some(current) = at else {
            return Err(Unknown::Field(found.path, (*name).to_owned(), Vec::new()));
        };
        let holder = definitions.at(current);
        let known = || holder.fields(version).map(|field| field.name).collect();
        let Some(field) = holder.field(name, version) else {
            // The key of a map with any keys.
            return Err(Unknown::Field(found.path, (*name).to_owned(), known()));
        };
        found.path.push(field.name);
        found.type_name = words::describe(&field.kind, definitions);
        found.is_required = field.required;
        found.since = (field.from > Version::EARLIEST.minor).then_some(Version { minor: field.from });
        found.until = (field.to < Version::LATEST.minor).then_some(Version { minor: field.to });
        found.text = text(holder.name, field.name);
        found.checks = Rules::get().of(current).told(field.name);
        if field.kind == Type::Quantity {
            found
                .checks
                .push(("bad-quantity", "a quantity such as 100m or 2Gi".to_owned()));
        }
        at = inner(&field.kind);
    }
    if let Some(at) = at {
        let definition = definitions.at(at);
        let short = definition.name.rsplit('.').next().unwrap_or_default();
        found.checked_whole = (!Rules::get().of(at).checks.is_empty()).then_some(short);
        found.fields = definition
            .fields(version)
            .map(|field| below(definition.name, field))
            .collect();
    }
    Ok(found)
}

fn below(definition: &str, field: &Field) -> Below {
    Below {
        name: field.name,
        type_name: words::describe(&field.kind, Definitions::get()),
        is_required: field.required,
        text: text(definition, field.name),
    }
}

/// The definition of what a value holds.
fn inner(kind: &Type) -> Option<usize> {
    match kind {
        Type::Reference(index) => Some(*index),
        Type::List(kind) | Type::Map(kind) => inner(kind),
        _ => None,
    }
}

fn is_stable(api_version: &str) -> bool {
    !api_version.contains("alpha") && !api_version.contains("beta")
}

/// The number of `v2` or `v1beta3`, so that the newest comes first.
fn number(api_version: &str) -> (u32, u32) {
    let name = api_version.rsplit('/').next().unwrap_or_default();
    let mut numbers = name
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}

/// The sentence of a field.
fn text(definition: &str, field: &str) -> Option<&'static str> {
    static READ: OnceLock<BTreeMap<(&str, &str), &str>> = OnceLock::new();
    let all = READ.get_or_init(|| {
        let mut found = BTreeMap::new();
        let mut definition = "";
        for line in TEXT.lines() {
            match line
                .strip_prefix(' ')
                .map(|line| line.split_once(' ').unwrap_or((line, "")))
            {
                Some((field, text)) => drop(found.insert((definition, field), text)),
                None => definition = line,
            }
        }
        found
    });
    all.get(&(definition, field)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &[&str]) -> Result<Description, Unknown> {
        describe(Version::LATEST, &|kind| kind == "Deployment", None, path)
    }

    #[test]
    fn a_field_has_its_type_text_and_checks() {
        let env = of(&["spec", "template", "spec", "containers", "env"]).unwrap();
        assert_eq!(
            (env.api_version, &*env.type_name),
            ("apps/v1", "a list of maps (each EnvVar)")
        );
        assert_eq!(env.text, Some("List of environment variables to set in the container."));
        assert!(
            env.checks
                .contains(&("duplicate-item", "no two items with the same name".to_owned()))
        );
        assert!(
            env.fields
                .iter()
                .any(|field| field.name == "valueFrom" && !field.is_required)
        );
        let policy = of(&["spec", "template", "spec", "containers", "imagePullPolicy"]).unwrap();
        assert_eq!(policy.checks[0].0, "invalid-enum-value");
        assert!(of(&["spec"]).unwrap().is_required);
    }

    #[test]
    fn what_is_unknown_is_said_with_what_is_there() {
        let Err(Unknown::Field(path, name, known)) = of(&["spec", "replica"]) else {
            panic!()
        };
        assert_eq!((path, &*name), (vec!["spec"], "replica"));
        assert!(known.contains(&"replicas"));
        let unknown = describe(Version::LATEST, &|kind| kind == "Nothing", None, &[]);
        assert_eq!(unknown, Err(Unknown::Kind));
    }

    #[test]
    fn nearly_all_fields_have_a_text() {
        let definitions = Definitions::get();
        let source = TEXT.lines().find_map(|line| line.strip_prefix("source k8s-openapi "));
        let lock = include_str!("../../../Cargo.lock");
        let entry = format!("name = \"k8s-openapi\"\nversion = \"{}\"\n", source.unwrap());
        assert!(
            lock.contains(&entry),
            "run `cargo run -p xtask -- kubernetes-descriptions`"
        );
        let (mut with, mut all) = (0, 0);
        for index in 0..definitions.len() {
            let definition = definitions.at(index);
            let is_asked = |field: &&Field| {
                !definition.name.starts_with("monitoring.") && !["apiVersion", "kind"].contains(&field.name)
            };
            for field in definition.fields(Version::LATEST).filter(is_asked) {
                all += 1;
                with += usize::from(text(definition.name, field.name).is_some());
            }
        }
        assert!(with * 100 >= all * 90, "{with} of {all}");
    }
}
