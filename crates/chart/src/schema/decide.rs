//! Decides with the crate jsonschema whether values are valid.
//!
//! The crate gets the compiled schema, written in draft 2020-12 with one definition per schema, so it does not have to
//! handle the dialects, URLs and anchors that Helm's validator treats in its own way. For keywords in which the two
//! validators differ, custom ones are used: patterns are Go's, `multipleOf` is exact, formats are Helm's.

use std::collections::BTreeSet;
use std::sync::Arc;

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Number, Value as Json, json};

use super::expansion;
use super::formats;
use super::number;
use super::program::{Dependency, Id, Pattern, Program, Rest, Schema, TYPES};
use gostd::regexp::Regexp;

const PATTERN: &str = "promchart:pattern";
const MULTIPLE: &str = "promchart:multipleOf";

/// Whether a value is valid. `None` if the crate cannot tell, because the schema's references are circular, are
/// resolved at run time, or expand to more than it can hold.
pub(super) fn holds(program: &Program, root: Id, value: &Json) -> Option<bool> {
    let mut names = BTreeSet::new();
    keys(value, &mut names);
    let written = Writer { program, names }.document(root)?;
    expansion::check(&written).ok()?;
    let mut options = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .with_keyword(PATTERN, pattern)
        .with_keyword(MULTIPLE, multiple)
        .offline();
    for name in formats::NAMES {
        options = options.with_format(name, move |text: &str| formats::check(name, text).is_ok());
    }
    for name in formats::UNKNOWN {
        options = options.with_format(name, |_: &str| true);
    }
    let validator = options.build(&written).ok()?;
    Some(validator.is_valid(value))
}

/// Collects all keys in a value.
fn keys<'v>(value: &'v Json, names: &mut BTreeSet<&'v str>) {
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                names.insert(key);
                keys(value, names);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| keys(item, names)),
        _ => {}
    }
}

struct Writer<'a> {
    program: &'a Program,
    /// The keys in the value. Patterns for keys only have to distinguish these.
    names: BTreeSet<&'a str>,
}

fn refer(id: Id) -> Json {
    json!({"$ref": format!("#/$defs/{id}")})
}

fn refer_all(ids: &[Id]) -> Json {
    ids.iter().copied().map(refer).collect()
}

impl Writer<'_> {
    fn document(&self, root: Id) -> Option<Json> {
        let mut definitions = Map::new();
        for (id, schema) in self.program.schemas.iter().enumerate() {
            let is_dynamic = schema
                .recursive_reference
                .is_some_and(|to| self.program.get(to).recursive_anchor)
                || schema
                    .dynamic_reference
                    .as_ref()
                    .is_some_and(|(to, anchor)| !anchor.is_empty() && self.program.get(*to).dynamic_anchor == *anchor);
            if is_dynamic {
                return None;
            }
            definitions.insert(id.to_string(), self.schema(schema));
        }
        Some(json!({"$ref": format!("#/$defs/{root}"), "$defs": definitions}))
    }

    fn schema(&self, schema: &Schema) -> Json {
        if let Some(always) = schema.always {
            return Json::Bool(always);
        }
        let mut out = Map::new();
        let mut put = |keyword: &str, value: Json| drop(out.insert(keyword.to_owned(), value));
        if schema.types != 0 {
            let names = TYPES.iter().filter(|(bit, _)| schema.types & bit != 0);
            put("type", names.map(|(_, name)| json!(name)).collect());
        }
        if let Some(options) = &schema.options {
            put("enum", json!(options));
        }
        let references = [
            schema.reference,
            schema.recursive_reference,
            schema.dynamic_reference.as_ref().map(|(id, _)| *id),
        ];
        let mut all: Vec<Json> = references.into_iter().flatten().map(refer).collect();
        if let Some(constant) = &schema.constant {
            put("const", constant.clone());
        }
        // Before draft 2019-09 only `const` is evaluated beside a `$ref`.
        if schema.reference.is_none() || schema.draft >= 2019 {
            self.rest(schema, &mut all, &mut put);
        }
        if !all.is_empty() {
            put("allOf", Json::Array(all));
        }
        Json::Object(out)
    }

    fn rest(&self, schema: &Schema, all: &mut Vec<Json>, put: &mut impl FnMut(&str, Json)) {
        if let Some(format) = &schema.format {
            put("format", json!(format));
        }
        for (keyword, count) in &schema.counts {
            if !keyword.ends_with("Contains") {
                put(keyword, json!(count));
            }
        }
        for (keyword, bound) in &schema.bounds {
            put(keyword, Json::Number(bound.clone()));
        }
        if let Some(of) = &schema.multiple_of {
            put(MULTIPLE, Json::Number(of.clone()));
        }
        if let Some(pattern) = &schema.pattern {
            put(PATTERN, json!(pattern.text));
        }
        if schema.unique_items {
            put("uniqueItems", Json::Bool(true));
        }
        if !schema.required.is_empty() {
            let names: BTreeSet<&String> = schema.required.iter().collect();
            put("required", json!(names));
        }
        self.object(schema, all, put);
        Self::array(schema, all, put);
        all.extend(schema.all_of.iter().copied().map(refer));
        let mut one = |keyword: &str, id: Option<Id>| {
            if let Some(id) = id {
                put(keyword, refer(id));
            }
        };
        one("not", schema.not);
        one("if", schema.condition);
        one("then", schema.then);
        one("else", schema.otherwise);
        one("propertyNames", schema.names);
        one("unevaluatedProperties", schema.unevaluated_properties);
        one("unevaluatedItems", schema.unevaluated_items);
        for (keyword, ids) in [("anyOf", &schema.any_of), ("oneOf", &schema.one_of)] {
            if !ids.is_empty() {
                put(keyword, refer_all(ids));
            }
        }
    }

    fn object(&self, schema: &Schema, all: &mut Vec<Json>, put: &mut impl FnMut(&str, Json)) {
        let map = |entries: &[(String, Id)]| -> Json {
            entries
                .iter()
                .map(|(key, id)| (key.clone(), refer(*id)))
                .collect::<Map<_, _>>()
                .into()
        };
        if !schema.properties.is_empty() {
            put("properties", map(&schema.properties));
        }
        if !schema.patterns.is_empty() {
            let mut patterns: Map<String, Json> = Map::new();
            for (pattern, id) in &schema.patterns {
                let Some(names) = self.names_of(pattern) else { continue };
                match patterns.get_mut(&names) {
                    Some(other) => *other = json!({"allOf": [other.take(), refer(*id)]}),
                    None => drop(patterns.insert(names, refer(*id))),
                }
            }
            put("patternProperties", Json::Object(patterns));
        }
        match schema.additional {
            Some(Rest::Schema(id)) => put("additionalProperties", refer(id)),
            Some(Rest::Allowed(allowed)) => put("additionalProperties", Json::Bool(allowed)),
            None => {}
        }
        if !schema.dependent_schemas.is_empty() {
            put("dependentSchemas", map(&schema.dependent_schemas));
        }
        if !schema.dependent_required.is_empty() {
            let needed = schema.dependent_required.iter();
            let needed: Map<String, Json> = needed.map(|(key, names)| (key.clone(), needs(names))).collect();
            put("dependentRequired", Json::Object(needed));
        }
        for (key, dependency) in &schema.dependencies {
            all.push(match dependency {
                Dependency::Keys(names) => json!({"dependentRequired": {key: needs(names)}}),
                Dependency::Schema(id) => json!({"dependentSchemas": {key: refer(*id)}}),
            });
        }
    }

    fn array(schema: &Schema, all: &mut Vec<Json>, put: &mut impl FnMut(&str, Json)) {
        if !schema.first_items.is_empty() {
            put("prefixItems", refer_all(&schema.first_items));
        }
        match (schema.items, &schema.additional_items) {
            (Some(id), _) | (None, &Some(Rest::Schema(id))) => put("items", refer(id)),
            (None, Some(Rest::Allowed(allowed))) => put("items", Json::Bool(*allowed)),
            (None, None) => {}
        }
        if let Some(id) = schema.contains {
            let mut contains = Map::from_iter([("contains".to_owned(), refer(id))]);
            for keyword in ["minContains", "maxContains"] {
                contains.extend(
                    schema
                        .counts
                        .get(keyword)
                        .map(|count| (keyword.to_owned(), json!(count))),
                );
            }
            // Only since draft 2020-12 does an item matched by `contains` count as evaluated.
            all.push(if schema.draft >= 2020 {
                Json::Object(contains)
            } else {
                json!({"not": {"not": contains}})
            });
        }
    }

    /// Returns a regular expression for the keys of the value that a pattern matches, in syntax that all engines agree
    /// on.
    fn names_of(&self, pattern: &Pattern) -> Option<String> {
        let names = self.names.iter().filter(|name| pattern.regexp.is_match(name));
        let names: Vec<String> = names.map(|name| escaped(name)).collect();
        (!names.is_empty()).then(|| format!("^(?:{})$", names.join("|")))
    }
}

/// Escapes a text for a regular expression.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || c == '_' => c.to_string(),
            c if c.is_ascii_graphic() => format!(
                "[{}{c}]",
                if matches!(c, '\\' | '^' | ']' | '[' | '-') {
                    "\\"
                } else {
                    ""
                }
            ),
            c => c.to_string(),
        })
        .collect()
}

fn needs(names: &[String]) -> Json {
    let names: BTreeSet<&String> = names.iter().collect();
    json!(names)
}

struct Matches(Arc<Regexp>);

impl<'i> Keyword<'i> for Matches {
    fn validate(&self, instance: &'i Json) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            Ok(())
        } else {
            Err(ValidationError::custom("does not match"))
        }
    }

    fn is_valid(&self, instance: &'i Json) -> bool {
        instance.as_str().is_none_or(|text| self.0.is_match(text))
    }
}

fn pattern<'a>(
    _: &'a Map<String, Json>,
    value: &'a Json,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let regexp = Regexp::compile(value.as_str().unwrap_or_default()).map_err(ValidationError::custom)?;
    Ok(Box::new(Matches(regexp)))
}

struct Multiple(Number);

impl<'i> Keyword<'i> for Multiple {
    fn validate(&self, instance: &'i Json) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            Ok(())
        } else {
            Err(ValidationError::custom("is no multiple"))
        }
    }

    fn is_valid(&self, instance: &'i Json) -> bool {
        match instance {
            Json::Number(number) => number::is_multiple(number, &self.0),
            _ => true,
        }
    }
}

fn multiple<'a>(
    _: &'a Map<String, Json>,
    value: &'a Json,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    match value {
        Json::Number(of) => Ok(Box::new(Multiple(of.clone()))),
        _ => Err(ValidationError::custom("no number")),
    }
}
