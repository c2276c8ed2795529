//! Describes fields of custom resources by their CustomResourceDefinition.

use std::cmp::Reverse;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::kubernetes::no_field;
use super::object::EXPLAIN;
use super::screen::cut_at;
use super::{Answer, kinds};
use diagnostics::{Diagnostic, Result};
use engine::objects::Query;

/// A field's text is no longer in the list of fields.
const MAX_TEXT: usize = 100;
/// The text of the field that was asked for is no longer.
const MAX_WORDS: usize = 600;
/// So many rules of one field are told.
const MAX_RULES: usize = 8;

/// A version of a custom resource.
#[derive(Debug)]
struct Version<'a> {
    group: &'a str,
    name: &'a str,
    kind: &'a str,
    schema: &'a Json,
    is_served: bool,
}

/// Answers `explain KIND.PATH` from CustomResourceDefinitions, which may be among other objects. `None` if none of them
/// defines the kind.
///
/// # Errors
/// If the kind has no such field, or not this apiVersion.
pub fn custom(question: &str, definitions: &[Json], api_version: Option<&str>) -> Option<Result<Answer>> {
    let kind = question.split(['.', '[']).next().unwrap_or_default();
    let mut versions: Vec<Version<'_>> = definitions
        .iter()
        .filter(|definition| is_named(kind, &definition["spec"]["names"]))
        .flat_map(versions)
        .collect();
    if versions.is_empty() {
        return None;
    }
    versions.sort_by_key(|version| (!version.is_served, rank(version.name)));
    Some(answer(question, &versions, api_version))
}

/// Whether a user's word is one of the names of a definition.
fn is_named(word: &str, names: &Json) -> bool {
    let is = |name: &Json| name.as_str().is_some_and(|name| name.eq_ignore_ascii_case(word));
    let is_kind = names["kind"].as_str().is_some_and(|kind| kinds::is_kind(word, kind));
    let short = names["shortNames"].as_array();
    is_kind || is(&names["plural"]) || is(&names["singular"]) || short.is_some_and(|names| names.iter().any(is))
}

/// The versions of a definition. Before apiextensions.k8s.io/v1 they share a schema.
fn versions(definition: &Json) -> Vec<Version<'_>> {
    if definition["kind"] != "CustomResourceDefinition" {
        return Vec::new();
    }
    let spec = &definition["spec"];
    let (Some(group), Some(kind)) = (spec["group"].as_str(), spec["names"]["kind"].as_str()) else {
        return Vec::new();
    };
    let shared = &spec["validation"]["openAPIV3Schema"];
    match spec["versions"].as_array() {
        Some(versions) => versions
            .iter()
            .filter_map(|version| {
                let own = &version["schema"]["openAPIV3Schema"];
                Some(Version {
                    group,
                    name: version["name"].as_str()?,
                    kind,
                    schema: if own.is_null() { shared } else { own },
                    is_served: version["served"] != Json::Bool(false),
                })
            })
            .collect(),
        None => spec["version"]
            .as_str()
            .map(|name| Version {
                group,
                name,
                kind,
                schema: shared,
                is_served: true,
            })
            .into_iter()
            .collect(),
    }
}

/// Stable versions first, the newest of them first: as Kubernetes orders `v2`, `v1`, `v1beta2`, `v1alpha1`.
fn rank(name: &str) -> (usize, Reverse<u32>, Reverse<u32>) {
    let mut numbers = name
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse::<u32>().ok());
    let stage = if name.contains("alpha") {
        2
    } else {
        usize::from(name.contains("beta"))
    };
    let mut next = || Reverse(numbers.next().unwrap_or_default());
    (stage, next(), next())
}

fn answer(question: &str, versions: &[Version<'_>], api_version: Option<&str>) -> Result<Answer> {
    let query = Query::parse(question).map_err(|error| Diagnostic::error(EXPLAIN, error))?;
    let of = |version: &Version<'_>| format!("{}/{}", version.group, version.name);
    let others = || versions.iter().map(of).collect::<Vec<_>>().join(", ");
    let wanted = versions
        .iter()
        .find(|version| api_version.is_none_or(|wanted| wanted == of(version)));
    let Some(version) = wanted else {
        let message = format!(
            "`{}` is not defined in {}",
            versions[0].kind,
            api_version.unwrap_or_default()
        );
        return Err(Diagnostic::error(EXPLAIN, message)
            .help(format!("it is defined in {}", others()))
            .into());
    };
    let empty = Json::Null;
    let (mut schema, mut path, mut is_required) = (version.schema, Vec::new(), false);
    // Items of lists have the fields of the list.
    for key in query.keys().skip(1) {
        let holder = holder(schema);
        let known = properties(holder);
        let next = known.iter().find(|(name, _)| *name == key).map(|(_, schema)| *schema);
        is_required = requires(holder, key);
        let next = next.or_else(|| (path.is_empty() && OF_ALL.contains(&key)).then_some(&empty));
        let next = next.or_else(|| holder.get("additionalProperties").filter(|schema| schema.is_object()));
        let Some(next) = next else {
            let holder = [&[version.kind][..], &path].concat().join(".");
            let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            return Err(no_field(&holder, key, &known).into());
        };
        path.push(key);
        schema = next;
    }
    let mut text = [&[version.kind][..], &path].concat().join(".");
    let _ = writeln!(text, "  ({})", of(version));
    let words = schema["description"].as_str();
    if let Some(words) = words {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "  {}", cut_at(&words, MAX_WORDS));
    }
    text.push('\n');
    let required = if is_required { ", required" } else { "" };
    let type_name = type_name(schema);
    let _ = writeln!(text, "  type       {type_name}{required}");
    if path.is_empty() && versions.len() > 1 {
        let _ = writeln!(text, "  versions   {}", others());
        if !version.is_served {
            let _ = writeln!(text, "             {} is not served", of(version));
        }
    }
    let default = &schema["default"];
    if !default.is_null() {
        let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        let _ = writeln!(text, "  default    {}", cut_at(&default, MAX_TEXT));
    }
    let checks = checks(schema);
    for check in &checks {
        let _ = writeln!(text, "  checked    {}", cut_at(check, 160));
    }
    let holder = holder(schema);
    let fields = properties(holder);
    let name = |name: &str| format!("{name}{}", if requires(holder, name) { "!" } else { "" });
    if !fields.is_empty() {
        text.push_str("\n  fields (! is required)\n");
    }
    let width = fields
        .iter()
        .map(|(field, _)| name(field).len())
        .max()
        .unwrap_or_default();
    for (field, schema) in &fields {
        let _ = writeln!(text, "    {:width$}  {}", name(field), self::type_name(schema));
        if let Some(words) = schema["description"].as_str() {
            let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(text, "    {:width$}    {}", "", cut_at(&words, MAX_TEXT));
        }
    }
    let fields = fields.iter().map(|(name, schema)| {
        json!({"name": name, "type": self::type_name(schema), "required": requires(holder, name), "text": schema["description"]})
    });
    let json = json!({
        "apiVersion": of(version),
        "kind": version.kind,
        "path": path.join("."),
        "type": type_name,
        "required": is_required,
        "text": words,
        "default": default,
        "versions": versions.iter().map(of).collect::<Vec<_>>(),
        "checks": checks.iter().map(|must| json!({"must": must})).collect::<Vec<_>>(),
        "fields": fields.collect::<Vec<_>>(),
    });
    Ok(Answer {
        text,
        json: vec![json],
        is_finding: false,
    })
}

/// The fields of all objects, which a schema need not name.
const OF_ALL: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// The schema of the items of a list, or of the values of a map with any keys; else the schema itself.
fn holder(schema: &Json) -> &Json {
    let mut schema = schema;
    loop {
        let items = schema.get("items").filter(|items| items.is_object());
        let values = || {
            let values = schema.get("additionalProperties").filter(|values| values.is_object());
            values.filter(|values| schema["properties"].is_null() && !values["properties"].is_null())
        };
        match items.or_else(values) {
            Some(inner) => schema = inner,
            None => return schema,
        }
    }
}

/// The fields of an object by their names.
fn properties(schema: &Json) -> Vec<(&str, &Json)> {
    let map = schema["properties"].as_object();
    let mut found: Vec<(&str, &Json)> = map
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.as_str(), schema))
        .collect();
    found.sort_by_key(|(name, _)| *name);
    found
}

fn requires(schema: &Json, name: &str) -> bool {
    let required = schema["required"].as_array();
    required.is_some_and(|names| names.iter().any(|required| required == name))
}

/// The type of a value, named as in the descriptions of Kubernetes' own fields.
fn type_name(schema: &Json) -> String {
    if schema["x-kubernetes-int-or-string"] == Json::Bool(true) {
        return "an integer or a string".to_owned();
    }
    match schema["type"].as_str() {
        Some("string") => match schema["format"].as_str() {
            Some("date-time") => "a time in a string".to_owned(),
            Some("byte") => "base64 in a string".to_owned(),
            _ => "a string".to_owned(),
        },
        Some("integer") => "an integer".to_owned(),
        Some("number") => "a number".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => {
            let items = match schema["items"]["type"].as_str() {
                Some("string") => "strings",
                Some("integer") => "integers",
                Some("object") => "maps",
                Some("array") => "lists",
                _ => "values",
            };
            format!("a list of {items}")
        }
        Some("object") => "a map".to_owned(),
        _ => "any value".to_owned(),
    }
}

/// The requirements of the schema on a value beyond its type.
fn checks(schema: &Json) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(allowed) = schema["enum"].as_array() {
        let allowed = allowed.iter().map(|value| match value.as_str() {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => value.to_string(),
        });
        found.push(format!("one of {}", allowed.collect::<Vec<_>>().join(", ")));
    }
    for (word, says) in [
        ("pattern", "must match"),
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("multipleOf", "a multiple of"),
        ("minLength", "characters, at least"),
        ("maxLength", "characters, at most"),
        ("minItems", "items, at least"),
        ("maxItems", "items, at most"),
        ("minProperties", "keys, at least"),
        ("maxProperties", "keys, at most"),
    ] {
        match &schema[word] {
            Json::Null => {}
            Json::String(text) => found.push(format!("{says} {text}")),
            value => found.push(format!("{says} {value}")),
        }
    }
    let keys = schema["x-kubernetes-list-map-keys"].as_array();
    if let Some(keys) = keys {
        let keys: Vec<&str> = keys.iter().filter_map(Json::as_str).collect();
        found.push(format!("no two items with the same {}", keys.join(" and ")));
    }
    let rules = schema["x-kubernetes-validations"].as_array();
    for rule in rules.into_iter().flatten().take(MAX_RULES) {
        let rule = rule["message"].as_str().or(rule["rule"].as_str());
        found.extend(rule.map(str::to_owned));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_of_kubernetes() {
        let mut names = ["v1alpha1", "v1beta2", "v1", "v10", "v2", "v1beta10"];
        names.sort_by_key(|name| rank(name));
        assert_eq!(names, ["v10", "v2", "v1", "v1beta10", "v1beta2", "v1alpha1"]);
    }
}
