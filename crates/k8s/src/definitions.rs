//! The fields of objects: `data/definitions.txt` for Kubernetes and `data/operator.txt` for the Prometheus operator,
//! parsed once.
//!
//! The files are line-based, so that a new release of k8s-openapi gives a short diff:
//!
//! ```text
//! kind apps/v1 Deployment apps.v1.Deployment          which definition an apiVersion and kind have
//! custom example.org/v1 Web example.Web               the same of a custom resource
//! definition core.v1.ContainerPort
//!  containerPort! int32                               ! marks a required field
//!  protocol string
//!  newer string from 1.35 to 1.36                     not in all versions that know the definition
//! ```
//!
//! A type is `string`, `boolean`, `int32`, `int64`, `number`, `byte`, `date-time`, `micro-time`, `quantity`,
//! `int-or-string`, `object` (with any fields), `any`, one of the three `schema-or-...` of `JSONSchemaProps`, the name
//! of a definition, `[TYPE]` for a list or `{TYPE}` for a map with string keys.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::Version;

const TEXT: &str = include_str!("../data/definitions.txt");
/// Custom resources that many charts use without bringing the definitions.
const OPERATOR: &str = include_str!("../data/operator.txt");

/// Fields that the published schemas require and the API server does not.
const NOT_REQUIRED: &[(&str, &str)] = &[
    ("apiextensions.v1.CustomResourceDefinitionVersion", "served"),
    ("apiextensions.v1.CustomResourceDefinitionVersion", "storage"),
    ("batch.v1.PodFailurePolicy", "rules"),
    ("core.v1.ISCSIPersistentVolumeSource", "lun"),
    ("core.v1.Event", "involvedObject"),
    ("core.v1.LimitRangeSpec", "limits"),
    ("core.v1.LocalObjectReference", "name"),
    ("core.v1.PreferredSchedulingTerm", "preference"),
    ("core.v1.ScaleIOPersistentVolumeSource", "secretRef"),
    ("core.v1.Sysctl", "value"),
    ("discovery.v1.ForZone", "name"),
    ("meta.v1.GroupResource", "group"),
    ("resource.v1.Counter", "value"),
    ("resource.v1.DeviceCapacity", "value"),
    ("resource.v1.ResourcePool", "generation"),
    ("storage.v1.CSIDriver", "spec"),
    ("storage.v1.CSINode", "spec"),
    ("storage.v1.CSINodeSpec", "drivers"),
    ("storage.v1.TokenRequest", "audience"),
];

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    String,
    Boolean,
    Int32,
    Int64,
    Number,
    Byte,
    DateTime,
    /// A time with six digits of a second.
    MicroTime,
    Quantity,
    IntOrString,
    /// A map of any values.
    AnyObject,
    Any,
    /// A schema, or a list of schemas.
    SchemaOrList,
    SchemaOrBoolean,
    SchemaOrStrings,
    /// The index of a definition in [`Definitions`].
    Reference(usize),
    List(Box<Self>),
    Map(Box<Self>),
}

/// A field in the versions from `from` to `to`.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) kind: Type,
    /// Minor versions.
    pub(crate) from: u32,
    pub(crate) to: u32,
}

impl Field {
    pub(crate) fn in_version(&self, version: Version) -> bool {
        (self.from..=self.to).contains(&version.minor)
    }
}

/// The fields of a type of object, sorted by name.
#[derive(Debug)]
pub(crate) struct Definition {
    /// `core.v1.Container`.
    pub(crate) name: &'static str,
    pub(crate) fields: Vec<Field>,
}

impl Definition {
    /// Returns the field with a name in a version.
    pub(crate) fn field(&self, name: &str, version: Version) -> Option<&Field> {
        self.any_field(name).find(|field| field.in_version(version))
    }

    /// Returns the forms of a field in all versions.
    pub(crate) fn any_field(&self, name: &str) -> impl Iterator<Item = &Field> {
        let start = self.fields.partition_point(|field| field.name < name);
        self.fields[start..].iter().take_while(move |field| field.name == name)
    }

    pub(crate) fn fields(&self, version: Version) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.in_version(version))
    }
}

/// An apiVersion and kind in the versions from `from` to `to`.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) definition: usize,
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// The parsed contents of the files.
#[derive(Debug)]
pub(crate) struct Definitions {
    all: Vec<Definition>,
    by_name: BTreeMap<&'static str, usize>,
    /// Keyed by apiVersion and kind.
    pub(crate) kinds: BTreeMap<(&'static str, &'static str), Vec<Kind>>,
    /// The definitions of custom resources.
    custom: BTreeMap<(&'static str, &'static str), usize>,
}

impl Definitions {
    /// Returns the definitions, which are parsed on first use.
    pub(crate) fn get() -> &'static Self {
        static READ: OnceLock<Definitions> = OnceLock::new();
        READ.get_or_init(|| read([TEXT, OPERATOR]))
    }

    pub(crate) fn at(&self, index: usize) -> &Definition {
        &self.all[index]
    }

    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Returns the definition of an apiVersion and kind in a version.
    pub(crate) fn of_kind(&self, api_version: &str, kind: &str, version: Version) -> Option<usize> {
        self.kinds
            .get(&(api_version, kind))?
            .iter()
            .find(|kind| (kind.from..=kind.to).contains(&version.minor))
            .map(|kind| kind.definition)
    }

    /// Returns the definition of a custom resource.
    pub(crate) fn of_custom(&self, api_version: &str, kind: &str) -> Option<usize> {
        self.custom.get(&(api_version, kind)).copied()
    }

    /// Returns the kinds of custom resources in a group.
    pub(crate) fn custom_kinds(&self, of: &str) -> impl Iterator<Item = &str> {
        let of_group = self
            .custom
            .keys()
            .filter(move |(api_version, _)| group(api_version) == of);
        of_group.map(|(_, kind)| *kind)
    }

    /// All apiVersions and kinds of a version, those of custom resources too.
    pub(crate) fn all_kinds(&self, version: Version) -> impl Iterator<Item = (&'static str, &'static str, usize)> {
        let own = self.kinds.iter().filter_map(move |((api_version, kind), kinds)| {
            let in_version = kinds
                .iter()
                .find(move |kind| (kind.from..=kind.to).contains(&version.minor));
            in_version.map(|found| (*api_version, *kind, found.definition))
        });
        let custom = self.custom.iter();
        own.chain(custom.map(|((api_version, kind), definition)| (*api_version, *kind, *definition)))
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }
}

fn read(texts: [&'static str; 2]) -> Definitions {
    let lines = || texts.into_iter().flat_map(str::lines);
    let mut by_name = BTreeMap::new();
    for line in lines() {
        if let Some(name) = line.strip_prefix("definition ") {
            let index = by_name.len();
            by_name.insert(name, index);
        }
    }
    let mut all: Vec<Definition> = Vec::with_capacity(by_name.len());
    let mut kinds: BTreeMap<_, Vec<Kind>> = BTreeMap::new();
    let mut custom = BTreeMap::new();
    for line in lines() {
        if let Some(name) = line.strip_prefix("definition ") {
            all.push(Definition {
                name,
                fields: Vec::new(),
            });
        } else if let Some(field) = line.strip_prefix(' ') {
            if let (Some(definition), Some(field)) = (all.last_mut(), read_field(field, &by_name)) {
                definition.fields.push(field);
            }
        } else if let Some(rest) = line.strip_prefix("kind ") {
            let mut words = rest.split(' ');
            if let (Some(api_version), Some(kind), Some(name)) = (words.next(), words.next(), words.next())
                && let Some(&definition) = by_name.get(name)
            {
                let (from, to) = range(words);
                kinds
                    .entry((api_version, kind))
                    .or_default()
                    .push(Kind { definition, from, to });
            }
        } else if let Some(rest) = line.strip_prefix("custom ") {
            let mut words = rest.split(' ');
            if let (Some(api_version), Some(kind), Some(name)) = (words.next(), words.next(), words.next())
                && let Some(&definition) = by_name.get(name)
            {
                custom.insert((api_version, kind), definition);
            }
        }
    }
    for definition in &mut all {
        settle_required(&mut definition.fields);
        for field in &mut definition.fields {
            field.required &= !NOT_REQUIRED.contains(&(definition.name, field.name));
        }
    }
    Definitions {
        all,
        by_name,
        kinds,
        custom,
    }
}

/// Takes `required` from the newest version. Kubernetes sometimes corrects its published schemas (the apiGroup of a
/// RoleRef was never required, the spec of a Deployment always was), while the API server's checks hardly change.
fn settle_required(fields: &mut [Field]) {
    for index in (1..fields.len()).rev() {
        let (before, after) = fields.split_at_mut(index);
        if let (Some(older), Some(newer)) = (before.last_mut(), after.first())
            && older.name == newer.name
        {
            older.required = newer.required;
        }
    }
}

fn read_field(line: &'static str, names: &BTreeMap<&'static str, usize>) -> Option<Field> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let kind = read_type(words.next()?, names)?;
    let (from, to) = range(words);
    let (name, required) = match name.strip_suffix('!') {
        Some(name) => (name, true),
        None => (name, false),
    };
    Some(Field {
        name,
        required,
        kind,
        from,
        to,
    })
}

fn read_type(text: &str, names: &BTreeMap<&'static str, usize>) -> Option<Type> {
    let inner = |open, close| text.strip_prefix(open).and_then(|text: &str| text.strip_suffix(close));
    if let Some(items) = inner('[', ']') {
        return Some(Type::List(Box::new(read_type(items, names)?)));
    }
    if let Some(values) = inner('{', '}') {
        return Some(Type::Map(Box::new(read_type(values, names)?)));
    }
    Some(match text {
        "string" => Type::String,
        "boolean" => Type::Boolean,
        "int32" => Type::Int32,
        "int64" => Type::Int64,
        "number" => Type::Number,
        "byte" => Type::Byte,
        "date-time" => Type::DateTime,
        "micro-time" => Type::MicroTime,
        "quantity" => Type::Quantity,
        "int-or-string" => Type::IntOrString,
        "object" => Type::AnyObject,
        "any" => Type::Any,
        "schema-or-list" => Type::SchemaOrList,
        "schema-or-boolean" => Type::SchemaOrBoolean,
        "schema-or-strings" => Type::SchemaOrStrings,
        name => Type::Reference(*names.get(name)?),
    })
}

/// Parses `from 1.34 to 1.36`; either part may be absent.
fn range<'a>(mut words: impl Iterator<Item = &'a str>) -> (u32, u32) {
    let (mut from, mut to) = (0, u32::MAX);
    while let (Some(word), Some(version)) = (words.next(), words.next()) {
        if let Some(version) = Version::parse(version) {
            match word {
                "from" => from = version.minor,
                _ => to = version.minor,
            }
        }
    }
    (from, to)
}

/// The group of an apiVersion; empty for the core group.
pub(crate) fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let definitions = Definitions::get();
        let lines = || TEXT.lines().chain(OPERATOR.lines());
        let fields = lines().filter(|line| line.starts_with(' ')).count();
        let kinds = lines().filter(|line| line.starts_with("kind ")).count();
        let custom = lines().filter(|line| line.starts_with("custom ")).count();
        assert_eq!(definitions.custom.len(), custom);
        assert_eq!(
            definitions
                .all
                .iter()
                .map(|definition| definition.fields.len())
                .sum::<usize>(),
            fields
        );
        assert_eq!(definitions.kinds.values().map(Vec::len).sum::<usize>(), kinds);
        for definition in &definitions.all {
            assert!(
                definition.fields.is_sorted_by_key(|field| field.name),
                "{}",
                definition.name
            );
        }
    }

    #[test]
    fn the_data_are_of_the_versions_and_the_crate_in_the_lock_file() {
        let versions: Vec<_> = TEXT.lines().filter_map(|line| line.strip_prefix("version ")).collect();
        assert_eq!(
            versions.first().copied().and_then(Version::parse),
            Some(Version::EARLIEST)
        );
        assert_eq!(versions.last().copied().and_then(Version::parse), Some(Version::LATEST));
        let source = TEXT
            .lines()
            .find_map(|line| line.strip_prefix("source k8s-openapi "))
            .unwrap();
        let lock = include_str!("../../../Cargo.lock");
        assert!(
            lock.contains(&format!("name = \"k8s-openapi\"\nversion = \"{source}\"\n")),
            "run `cargo run -p xtask -- kubernetes-definitions`"
        );
    }
}
