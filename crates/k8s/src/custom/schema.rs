//! Validates a value against a structural schema.

use serde_json::{Map, Value};

use super::Crds;
use super::formats::{self, Format};
use crate::formats::{labels, names, shown};
use crate::problem::{Severity, Side};
use crate::walker::{Position, Walker};
use crate::words::{found, whole};

/// The maximum depth of a schema that is followed.
const DEEPEST: usize = 120;

/// A schema and its context.
#[derive(Clone, Copy)]
pub(super) struct Node<'s> {
    pub(super) crds: &'s Crds,
    pub(super) schema: &'s Value,
    pub(super) prunes: bool,
    /// Whether it describes a whole object, for which every schema allows apiVersion, kind and metadata.
    pub(super) root: bool,
    pub(super) depth: usize,
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

    pub(super) fn value<'a>(self, walker: &mut Walker<'a>, value: &'a Value) {
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
                self.duplicates(walker, items);
                for (index, item) in items.iter().enumerate() {
                    let items = &self.schema["items"];
                    if items.is_object() {
                        walker.below(Position::Index(index), |walker| {
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

    /// Checks a null. The API server drops those that are not allowed when an object is created, but not when it is
    /// applied.
    fn null(self, walker: &mut Walker<'_>) {
        const NULL: &Value = &Value::Null;
        if self.is_of_type(NULL) {
            self.value(walker, NULL);
        } else if self.schema.get("default").is_none_or(Value::is_null) {
            let before = walker.count();
            self.wrong_type(walker, NULL);
            walker.help_since(before, "server-side apply, which Helm 4 uses, refuses the object");
        }
    }

    /// Checks an object within the object: its kind and labels (`ValidateEmbeddedResource`).
    fn embedded<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
        for (field, check) in [
            ("apiVersion", group_version as fn(&str) -> Result<(), String>),
            ("kind", |kind| names::label_1035(&kind.to_lowercase())),
        ] {
            match map.get(field) {
                Some(Value::String(text)) if text.is_empty() => {
                    walker.fault_at_own(field, map, "missing-required-field", format!("`{field}` is empty"));
                }
                Some(Value::String(text)) => walker.below(Position::Key(field), |walker| {
                    walker.text("bad-name", "the type of an object", text, check);
                }),
                None | Some(Value::Null) => {
                    walker.missing(field);
                }
                Some(_) => {}
            }
        }
        let labels = map.get("metadata").and_then(|meta| meta["labels"].as_object());
        for key in labels.into_iter().flat_map(Map::keys) {
            walker.below(Position::Key("metadata"), |walker| {
                walker.below(Position::Key("labels"), |walker| {
                    walker.below(Position::Key(key), |walker| {
                        walker.text("bad-label", "a label key", key, labels::key);
                    });
                });
            });
        }
    }

    /// Checks the fields of an object one by one, and then its required fields.
    pub(super) fn map<'a>(self, walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
        let properties = self.schema["properties"].as_object();
        let additional = &self.schema["additionalProperties"];
        // With `additionalProperties: true`, or without any keyword about fields, an object keeps its fields only if
        // the schema says so. Few authors mean to prune everything, and promchart does not judge such schemas.
        let open = is_true(self.schema, "x-kubernetes-preserve-unknown-fields")
            || *additional == Value::Bool(true)
            || (properties.is_none() && !additional.is_object());
        for (key, value) in map {
            let implied = self.root && matches!(key.as_str(), "apiVersion" | "kind" | "metadata");
            let schema = properties.and_then(|properties| properties.get(key));
            if self.root && key == "metadata" {
                if value.is_null() && self.depth == 0 {
                    walker.fault_at_own(key, map, "missing-required-field", "`metadata` is null".to_owned());
                }
                continue;
            }
            let is_required = || {
                let names = self.schema["required"].as_array();
                names.is_some_and(|names| names.iter().any(|name| name == key.as_str()))
            };
            walker.below(Position::Key(key), |walker| {
                match schema.or(additional.is_object().then_some(additional)) {
                    // Told below.
                    Some(_) if value.is_null() && is_required() => {}
                    Some(schema) if value.is_null() => self.child(schema).null(walker),
                    Some(schema) => self.child(schema).value(walker, value),
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
        if self.root && self.depth > 0 {
            Self::embedded(walker, map);
        }
        self.size(walker, "Properties", "fields", map.len());
    }

    /// Checks that a set has each scalar only once, and a list of type map each key (`apiserver/schema/listtype`).
    fn duplicates<'a>(self, walker: &mut Walker<'a>, items: &'a [Value]) {
        let list = self.schema["x-kubernetes-list-type"].as_str();
        if !matches!(list, Some("set" | "map")) {
            return;
        }
        let keys: Vec<&str> = self.schema["x-kubernetes-list-map-keys"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let key = |item: &Value| -> Option<String> {
            if list == Some("set") {
                return Some(item.to_string());
            }
            let item = item.as_object()?;
            let parts = keys.iter().map(|key| match item.get(*key) {
                None | Some(Value::Null) => self.schema["items"]["properties"][*key]["default"].to_string(),
                Some(value) => value.to_string(),
            });
            Some(parts.collect::<Vec<_>>().join(" "))
        };
        let mut seen = std::collections::BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let Some(key) = key(item) else { continue };
            let shown_key = shown(&key);
            if seen.contains(&key) {
                let message = if list == Some("set") {
                    format!("{shown_key} is in the list already")
                } else {
                    format!("another item has the {} {shown_key}", keys.join(" and "))
                };
                walker.below(Position::Index(index), |walker| {
                    walker.fault(Side::Value, "duplicate-item", message);
                });
            }
            seen.insert(key);
        }
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
        let format = self.schema["format"].as_str();
        match format.and_then(|name| formats::of(name, walker.version)) {
            Some(Format::Check(rule, what, check)) => walker.text(rule, what, text, check),
            // The classes of letters in these patterns are for other texts.
            Some(Format::Pattern(what, pattern))
                if text.is_ascii() && self.crds.matches(pattern, text) == Some(false) =>
            {
                walker.fault(Side::Value, "bad-pattern", format!("`{}` is not {what}", shown(text)));
            }
            _ => {}
        }
        self.size(walker, "Length", "characters", text.chars().count());
    }

    fn number(self, walker: &mut Walker<'_>, value: &Value) {
        if let Some(number) = value.as_i64() {
            self.integer(walker, number);
            return;
        }
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
        if let Some(factor) = bound("multipleOf").filter(|factor| *factor > 0.0)
            && (number / factor - (number / factor).round()).abs() > 1e-9
        {
            walker.fault(
                Side::Value,
                "int-range",
                format!("{value} is not a multiple of {factor}"),
            );
        }
        if self.schema["format"] == "int64"
            && whole(value).is_some_and(|number| !(i128::from(i64::MIN)..=i128::from(i64::MAX)).contains(&number))
        {
            walker.fault(
                Side::Value,
                "int-range",
                format!("{value} is out of range: from {} to {} is allowed", i64::MIN, i64::MAX),
            );
        }
    }

    /// Checks an integer against bounds that are cut to integers (`MaximumNativeType`).
    fn integer(self, walker: &mut Walker<'_>, number: i64) {
        #[expect(clippy::cast_possible_truncation, reason = "Go cuts the bounds so")]
        let bound = |word: &str| match &self.schema[word] {
            // A bound is a float in Go.
            Value::Number(number) => number.as_f64().map(|number| number as i64),
            _ => None,
        };
        // 1.33 does not look at this format, 1.37 does.
        if self.schema["format"] == "int32" && walker.version.minor >= 37 && i32::try_from(number).is_err() {
            let message = format!("{number} is out of range: from {} to {} is allowed", i32::MIN, i32::MAX);
            walker.fault(Side::Value, "int-range", message);
        }
        let mut out_of_range = |words: &str, bound: i64| {
            let message = format!("{number} is out of range: {words} {bound} is allowed");
            walker.fault(Side::Value, "int-range", message);
        };
        if let Some(least) = bound("minimum") {
            let is_open = is_true(self.schema, "exclusiveMinimum");
            if number < least || (is_open && number <= least) {
                out_of_range(if is_open { "above" } else { "from" }, least);
            }
        }
        if let Some(most) = bound("maximum") {
            let is_open = is_true(self.schema, "exclusiveMaximum");
            if number > most || (is_open && number >= most) {
                out_of_range(if is_open { "below" } else { "up to" }, most);
            }
        }
        if let Some(factor) = bound("multipleOf")
            && (factor <= 0 || number % factor != 0)
        {
            let message = format!("{number} is not a multiple of {}", self.schema["multipleOf"]);
            walker.fault(Side::Value, "int-range", message);
        }
    }

    /// Checks minItems and maxItems, minLength and maxLength, minProperties and maxProperties.
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

    /// Checks allOf, anyOf, oneOf and not. Branches do not report unknown fields.
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

/// Checks a group and a version, or a version alone.
fn group_version(text: &str) -> Result<(), String> {
    if text.matches('/').count() > 1 {
        return Err("it has more than one `/`".to_owned());
    }
    Ok(())
}
