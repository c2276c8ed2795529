//! Custom resources against the schemas of their CustomResourceDefinitions.
//!
//! A structural schema (apiextensions v1) is a small part of JSON Schema with some words of its own; what the API server does
//! with them is in `k8s.io/apiextensions-apiserver/pkg/apiserver/schema`.

use std::collections::BTreeMap;
use std::sync::Mutex;

use regex_automata::meta::Regex;
use serde_json::{Map, Value};

use crate::formats::{encoding, network, shown, times};
use crate::lifecycle::group;
use crate::problem::{Severity, Side};
use crate::suggest;
use crate::walk::{Place, Walker, found, whole};

/// How deep a schema is followed.
const DEEPEST: usize = 120;

/// One version of a custom resource.
#[derive(Debug)]
struct Kind {
    /// `openAPIV3Schema`; null when there is none.
    schema: Value,
    served: bool,
    /// The warning that the API server gives.
    deprecated: Option<String>,
    /// Whether unknown fields are dropped by the API server.
    prunes: bool,
}

/// The custom resources that a set of CustomResourceDefinitions brings.
#[derive(Debug, Default)]
pub struct Crds {
    /// By apiVersion and kind.
    kinds: BTreeMap<(String, String), Kind>,
    /// Compiled patterns; none for those that cannot be.
    patterns: Mutex<BTreeMap<String, Option<Regex>>>,
}

impl Crds {
    /// Collects the CustomResourceDefinitions (v1 or v1beta1) among objects; others are left out, and so are those without a
    /// group, a kind or versions.
    pub fn from(objects: &[Value]) -> Self {
        let mut crds = Self::default();
        for object in objects {
            crds.add(object);
        }
        crds
    }

    /// Adds an object's custom resources, if it is a CustomResourceDefinition.
    pub fn add(&mut self, object: &Value) {
        let old = object["apiVersion"] == "apiextensions.k8s.io/v1beta1";
        if object["kind"] != "CustomResourceDefinition" || !(old || object["apiVersion"] == "apiextensions.k8s.io/v1") {
            return;
        }
        let spec = &object["spec"];
        let (Some(group), Some(kind)) = (spec["group"].as_str(), spec["names"]["kind"].as_str()) else {
            return;
        };
        let shared = &spec["validation"]["openAPIV3Schema"];
        // v1beta1 keeps unknown fields unless told otherwise; v1 cannot.
        let prunes = !old || spec["preserveUnknownFields"] == Value::Bool(false);
        let mut add = |name: &str, version: &Value| {
            let own = &version["schema"]["openAPIV3Schema"];
            let deprecated = (version["deprecated"] == Value::Bool(true)).then(|| {
                version["deprecationWarning"]
                    .as_str()
                    .map_or_else(|| format!("{kind} of `{group}/{name}` is deprecated"), str::to_owned)
            });
            let kind = Kind {
                schema: if own.is_null() { shared.clone() } else { own.clone() },
                served: version["served"] != Value::Bool(false),
                deprecated,
                prunes,
            };
            self.kinds.insert(
                (
                    format!("{group}/{name}"),
                    spec["names"]["kind"].as_str().unwrap_or_default().to_owned(),
                ),
                kind,
            );
        };
        match spec["versions"].as_array() {
            Some(versions) => {
                for version in versions {
                    if let Some(name) = version["name"].as_str() {
                        add(name, version);
                    }
                }
            }
            None => {
                if let Some(name) = spec["version"].as_str() {
                    add(name, &Value::Null);
                }
            }
        }
    }

    /// Whether there are no custom resources.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The apiVersions and kinds that are served.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str)> {
        let served = self.kinds.iter().filter(|(_, kind)| kind.served);
        served.map(|((api_version, kind), _)| (api_version.as_str(), kind.as_str()))
    }

    /// Checks a custom resource, its metadata apart. One whose group is not known is not looked at.
    pub(crate) fn check<'a>(
        &self,
        walker: &mut Walker<'a>,
        api_version: &str,
        kind: &str,
        map: &'a Map<String, Value>,
    ) {
        let known = self.kinds.get(&(api_version.to_owned(), kind.to_owned()));
        let Some(known) = known.filter(|known| known.served) else {
            self.unknown(walker, api_version, kind, known.is_some());
            return;
        };
        if let Some(warning) = &known.deprecated {
            walker.below(Place::Key("apiVersion"), |walker| {
                walker.fault(Side::Value, "deprecated-api", warning.clone());
            });
        }
        if known.schema.is_object() {
            let node = Node {
                crds: self,
                schema: &known.schema,
                prunes: known.prunes,
                root: true,
                depth: 0,
            };
            node.map(walker, map);
        }
    }

    fn unknown(&self, walker: &mut Walker<'_>, api_version: &str, kind: &str, unserved: bool) {
        let of_group: Vec<_> = self
            .kinds()
            .filter(|(known, _)| group(known) == group(api_version))
            .collect();
        if unserved {
            let versions = suggest::one_of(
                of_group
                    .iter()
                    .filter(|(_, known)| *known == kind)
                    .map(|(version, _)| *version),
            );
            walker.below(Place::Key("apiVersion"), |walker| {
                walker
                    .fault(
                        Side::Value,
                        "removed-api",
                        format!("`{}` is not served any more", shown(api_version)),
                    )
                    .help = (!versions.is_empty()).then(|| format!("use {versions}"));
            });
            return;
        }
        let same_kind: Vec<_> = of_group
            .iter()
            .filter(|(_, known)| *known == kind)
            .map(|(version, _)| *version)
            .collect();
        let nearest = suggest::nearest(kind, of_group.iter().map(|(_, kind)| *kind))
            .filter(|nearest| strsim::osa_distance(nearest, kind) * 4 <= kind.len());
        // Other kinds of the group may come from elsewhere, so a kind is only unknown when it looks like a known one.
        let (key, help) = if same_kind.is_empty() {
            let Some(nearest) = nearest else { return };
            ("kind", format!("did you mean `{nearest}`?"))
        } else {
            (
                "apiVersion",
                format!("{} is in {}", shown(kind), suggest::one_of(same_kind.into_iter())),
            )
        };
        walker.below(Place::Key(key), |walker| {
            let message = format!(
                "no CustomResourceDefinition has {} in `{}`",
                shown(kind),
                shown(api_version)
            );
            walker.fault(Side::Value, "unknown-api", message).help = Some(help);
        });
    }

    /// Whether a text matches a pattern; none when the pattern cannot be compiled.
    fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        let mut patterns = self.patterns.lock().ok()?;
        if !patterns.contains_key(pattern) {
            let config = Regex::config().nfa_size_limit(Some(1 << 20)).hybrid(false);
            let compiled = Regex::builder().configure(config).build(pattern).ok();
            patterns.insert(pattern.to_owned(), compiled);
        }
        patterns.get(pattern)?.as_ref().map(|regex| regex.is_match(text))
    }
}

/// A schema, and where it stands.
#[derive(Clone, Copy)]
struct Node<'s> {
    crds: &'s Crds,
    schema: &'s Value,
    prunes: bool,
    /// Whether it describes a whole object, whose apiVersion, kind and metadata every schema allows.
    root: bool,
    depth: usize,
}

fn is_true(schema: &Value, word: &str) -> bool {
    schema[word] == Value::Bool(true)
}

impl<'s> Node<'s> {
    fn child(self, schema: &'s Value) -> Self {
        let root = is_true(schema, "x-kubernetes-embedded-resource");
        Self {
            schema,
            root,
            depth: self.depth + 1,
            ..self
        }
    }

    fn value<'a>(self, walker: &mut Walker<'a>, value: &'a Value) {
        if self.depth > DEEPEST {
            return;
        }
        if !self.is_of_type(value) {
            self.wrong_type(walker, value);
            return;
        }
        match value {
            Value::Object(map) => self.map(walker, map),
            Value::Array(items) => {
                self.size(walker, "Items", "items", items.len());
                for (index, item) in items.iter().enumerate() {
                    let items = &self.schema["items"];
                    if items.is_object() {
                        walker.below(Place::Index(index), |walker| {
                            if item.is_null() && !is_true(items, "nullable") && items.get("type").is_some() {
                                walker.fault(Side::Value, "null-item", "an item of the list is null");
                            } else {
                                self.child(items).value(walker, item);
                            }
                        });
                    }
                }
            }
            Value::String(text) => self.string(walker, text),
            Value::Number(_) => self.number(walker, value),
            Value::Null | Value::Bool(_) => {}
        }
        if let Some(words) = self.schema["enum"].as_array()
            && !words.contains(value)
        {
            let texts = || words.iter().filter_map(Value::as_str);
            let shown_value = value
                .as_str()
                .map_or_else(|| found(value), |text| format!("`{}`", shown(text)));
            let help = value.as_str().and_then(|text| suggest::did_you_mean(text, texts()));
            let allowed = if texts().count() > 8 {
                String::new()
            } else {
                format!(": {} is", suggest::one_of(texts().filter(|word| !word.is_empty())))
            };
            walker
                .fault(
                    Side::Value,
                    "invalid-enum-value",
                    format!("{shown_value} is not allowed here{allowed}"),
                )
                .help = help;
        }
        self.branches(walker, value);
    }

    /// The fields of an object, each in turn; then those that are missing.
    fn map<'a>(self, walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
        let properties = self.schema["properties"].as_object();
        let additional = &self.schema["additionalProperties"];
        // `additionalProperties: true` and an object without any word on its fields keep what they are given only when they
        // say so; but few people mean to prune everything, and promchart is no judge of such schemas.
        let open = is_true(self.schema, "x-kubernetes-preserve-unknown-fields")
            || *additional == Value::Bool(true)
            || (properties.is_none() && !additional.is_object());
        for (key, value) in map {
            let implied = self.root && matches!(key.as_str(), "apiVersion" | "kind" | "metadata");
            let schema = properties.and_then(|properties| properties.get(key));
            if self.root && key == "metadata" {
                continue;
            }
            walker.below(Place::Key(key), |walker| match schema {
                Some(schema) if value.is_null() && !is_true(schema, "nullable") => {
                    // The API server drops such nulls.
                    let _ = schema;
                }
                Some(schema) => self.child(schema).value(walker, value),
                None if additional.is_object() => {
                    if !value.is_null() {
                        self.child(additional).value(walker, value);
                    }
                }
                None if open || implied || !self.prunes => {}
                None => {
                    let names = properties.into_iter().flat_map(Map::keys).map(String::as_str);
                    walker
                        .fault(
                            Side::Key,
                            "unknown-field",
                            format!("there is no field `{}`", shown(key)),
                        )
                        .help = suggest::did_you_mean(key, names);
                }
            });
        }
        for name in self.schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            let schema = properties.and_then(|properties| properties.get(name));
            let null_is_fine = schema.is_some_and(|schema| is_true(schema, "nullable"));
            let defaulted = schema.is_some_and(|schema| schema.get("default").is_some());
            match map.get(name) {
                Some(Value::Null) if !null_is_fine && !defaulted => {
                    walker.fault_at_own(
                        name,
                        map,
                        "missing-required-field",
                        format!("`{name}` is null, but it is required"),
                    );
                }
                None if !defaulted => {
                    walker.missing(name);
                }
                _ => {}
            }
        }
        self.size(walker, "Properties", "fields", map.len());
    }

    fn is_of_type(self, value: &Value) -> bool {
        if is_true(self.schema, "x-kubernetes-int-or-string") {
            return value.is_string() || whole(value).is_some();
        }
        if value.is_null() {
            return is_true(self.schema, "nullable") || self.schema.get("type").is_none();
        }
        match self.schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("number") => value.is_number(),
            Some("integer") => whole(value).is_some(),
            _ => true,
        }
    }

    fn wrong_type(self, walker: &mut Walker<'_>, value: &Value) {
        let wanted = if is_true(self.schema, "x-kubernetes-int-or-string") {
            "an integer or a string"
        } else {
            match self.schema["type"].as_str() {
                Some("object") => "a map",
                Some("array") => "a list",
                Some("string") => "a string",
                Some("boolean") => "true or false",
                Some("integer") => "an integer",
                _ => "a number",
            }
        };
        let quoted = self.schema["type"] == "string" && (value.is_number() || value.is_boolean());
        walker
            .fault(
                Side::Value,
                "wrong-type",
                format!("{wanted} is wanted, this is {}", found(value)),
            )
            .help = quoted.then(|| format!("put it in quotes: \"{value}\""));
    }

    fn string(self, walker: &mut Walker<'_>, text: &str) {
        if let Some(pattern) = self.schema["pattern"].as_str()
            && self.crds.matches(pattern, text) == Some(false)
        {
            walker.fault(
                Side::Value,
                "bad-pattern",
                format!("`{}` does not match `{pattern}`", shown(text)),
            );
        }
        match self.schema["format"].as_str() {
            Some("byte") => walker.text("bad-base64", "base64", text, encoding::base64),
            Some("date-time") => walker.text("bad-date-time", "a time", text, times::date_time),
            Some("cidr") => walker.text("bad-ip", "a block of addresses", text, network::cidr),
            Some("ipv4" | "ipv6" | "ip") => walker.text("bad-ip", "an address", text, network::ip),
            _ => {}
        }
        self.size(walker, "Length", "characters", text.chars().count());
    }

    fn number(self, walker: &mut Walker<'_>, value: &Value) {
        let Some(number) = value.as_f64() else { return };
        let bound = |word: &str| self.schema[word].as_f64();
        if let Some(least) = bound("minimum") {
            let open = is_true(self.schema, "exclusiveMinimum");
            if number < least || (open && number <= least) {
                walker.fault(
                    Side::Value,
                    "int-range",
                    format!(
                        "{value} is out of range: {} {least} is allowed",
                        if open { "above" } else { "from" }
                    ),
                );
            }
        }
        if let Some(most) = bound("maximum") {
            let open = is_true(self.schema, "exclusiveMaximum");
            if number > most || (open && number >= most) {
                walker.fault(
                    Side::Value,
                    "int-range",
                    format!(
                        "{value} is out of range: {} {most} is allowed",
                        if open { "below" } else { "up to" }
                    ),
                );
            }
        }
        let (least, most) = match self.schema["format"].as_str() {
            Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
            Some("int64") => (i64::MIN, i64::MAX),
            _ => return,
        };
        if whole(value).is_some_and(|number| !(i128::from(least)..=i128::from(most)).contains(&number)) {
            walker.fault(
                Side::Value,
                "int-range",
                format!("{value} is out of range: from {least} to {most} is allowed"),
            );
        }
    }

    /// minItems and maxItems, minLength and maxLength, minProperties and maxProperties.
    fn size(self, walker: &mut Walker<'_>, word: &str, what: &str, size: usize) {
        let size = size as u64;
        if let Some(least) = self.schema[format!("min{word}")].as_u64().filter(|least| size < *least) {
            walker.fault(
                Side::Value,
                "bad-size",
                format!("it has {size} {what}, at least {least} are wanted"),
            );
        }
        if let Some(most) = self.schema[format!("max{word}")].as_u64().filter(|most| size > *most) {
            walker.fault(
                Side::Value,
                "bad-size",
                format!("it has {size} {what}, at most {most} are allowed"),
            );
        }
    }

    /// allOf, anyOf, oneOf and not. A branch says nothing of unknown fields.
    fn branches<'a>(self, walker: &mut Walker<'a>, value: &'a Value) {
        let branches = |word: &str| self.schema[word].as_array().map_or(&[][..], Vec::as_slice);
        for branch in branches("allOf") {
            Self {
                prunes: false,
                ..self.child(branch)
            }
            .value(walker, value);
        }
        for word in ["anyOf", "oneOf"] {
            let branches = branches(word);
            if branches.is_empty() {
                continue;
            }
            let matching = branches.iter().filter(|branch| self.holds(branch, value)).count();
            let required = || {
                let names = branches.iter().filter_map(|branch| branch["required"][0].as_str());
                suggest::one_of(names)
            };
            if matching == 0 {
                let names = required();
                if names.is_empty() {
                    walker.fault(
                        Side::Value,
                        "no-alternative",
                        "the value is none of the alternatives of the schema",
                    );
                } else {
                    walker.fault(
                        Side::Key,
                        "missing-required-field",
                        format!("one of {names} is missing"),
                    );
                }
            } else if word == "oneOf" && matching > 1 {
                walker.fault(
                    Side::Value,
                    "field-conflict",
                    format!("only one of {} can be set", required()),
                );
            }
        }
        let not = &self.schema["not"];
        if not.is_object() && self.holds(not, value) {
            walker.fault(Side::Value, "field-conflict", "the schema excludes this value");
        }
    }

    fn holds(self, branch: &'s Value, value: &Value) -> bool {
        let mut walker = Walker::new(crate::Version::LATEST);
        Self {
            prunes: false,
            ..self.child(branch)
        }
        .value(&mut walker, value);
        !walker
            .finish()
            .iter()
            .any(|problem| problem.severity() == Severity::Error)
    }
}
