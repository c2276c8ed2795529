//! Reads the schema of a value: examples of it, and whether a value fits.
//!
//! It makes guesses better, and decides nothing: each guess is then given to the chart, whose schema is checked as always.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::super::usage::value::Step;
use super::candidate::Origin;
use super::likely::{MAX_DEPTH, WORD, is_true, number, text};
use chart::schema::text_like;
use gostd::regexp::Regexp;

/// The schema that references lead to.
pub(super) fn resolved<'a>(root: &'a Json, schema: &'a Json) -> &'a Json {
    let mut schema = schema;
    for _ in 0..8 {
        let Some(pointer) = schema
            .get("$ref")
            .and_then(Json::as_str)
            .and_then(|text| text.strip_prefix('#'))
        else {
            break;
        };
        match root.pointer(pointer) {
            Some(found) => schema = found,
            None => break,
        }
    }
    schema
}

/// The schema of what is at a path below another schema.
pub(super) fn below<'a>(root: &'a Json, schema: &'a Json, path: &[Step], depth: usize) -> Option<&'a Json> {
    if depth > 12 {
        return None;
    }
    let schema = resolved(root, schema);
    let Some((step, rest)) = path.split_first() else {
        return Some(schema);
    };
    let object = |name: &str| {
        let found = schema.get(name).filter(|found| found.is_object())?;
        below(root, found, rest, depth + 1)
    };
    let own = match step {
        Step::Key(key) => schema
            .get("properties")
            .and_then(|properties| properties.get(&**key))
            .or_else(|| by_pattern(schema, key))
            .and_then(|found| below(root, found, rest, depth + 1))
            .or_else(|| object("additionalProperties")),
        Step::Any => object("items").or_else(|| object("additionalProperties")).or_else(|| {
            let patterns = schema.get("patternProperties")?.as_object()?;
            below(root, patterns.values().next()?, rest, depth + 1)
        }),
    };
    own.or_else(|| {
        ["allOf", "anyOf", "oneOf"].iter().find_map(|word| {
            let parts = schema.get(word)?.as_array()?;
            parts.iter().find_map(|part| below(root, part, path, depth + 1))
        })
    })
}

/// Whether a schema has no place for keys, each below the one before it; if the last one is to be removed, whether it demands it.
pub(super) fn refuses_key(root: &Json, keys: &[Arc<str>], is_removed: bool) -> bool {
    let mut schema = resolved(root, root);
    for (at, key) in keys.iter().enumerate() {
        let is_demanded = |names: &Vec<Json>| names.iter().any(|name| name.as_str() == Some(key));
        let required = schema.get("required").and_then(Json::as_array);
        if is_removed && at + 1 == keys.len() {
            return required.is_some_and(is_demanded);
        }
        let known = schema.get("properties").and_then(|known| known.get(&**key));
        match known.or_else(|| by_pattern(schema, key)) {
            Some(inner) => schema = resolved(root, inner),
            None => return schema.get("additionalProperties") == Some(&Json::Bool(false)),
        }
    }
    false
}

/// The values that a schema names itself: enums, examples, its default.
pub(super) fn said(root: &Json, schema: &Json) -> Vec<(Json, Origin)> {
    let schema = resolved(root, schema);
    let mut found = Vec::new();
    let list = |schema: &Json, word: &str| schema.get(word).and_then(Json::as_array).cloned().unwrap_or_default();
    found.extend(schema.get("const").cloned());
    found.extend(list(schema, "enum"));
    for word in ["anyOf", "oneOf", "allOf"] {
        for part in list(schema, word) {
            let part = resolved(root, &part).clone();
            found.extend(part.get("const").cloned());
            found.extend(list(&part, "enum"));
        }
    }
    let mut found: Vec<(Json, Origin)> = found.into_iter().map(|value| (value, Origin::Chart)).collect();
    let default = schema.get("default").filter(|value| is_true(value)).cloned();
    let examples = list(schema, "examples").into_iter().chain(default);
    found.extend(examples.map(|value| (value, Origin::Example)));
    found
}

/// A value that a schema takes, as far as is easily told.
pub(super) fn generate(root: &Json, schema: &Json, name: &str, depth: usize) -> Option<Json> {
    if depth > MAX_DEPTH {
        return None;
    }
    let schema = resolved(root, schema);
    if let Some((value, _)) = said(root, schema).into_iter().find(|(value, _)| is_true(value)) {
        return Some(value);
    }
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Json::String(kind)) => vec![kind],
        Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = kinds.iter().find(|kind| **kind != "null").copied();
    let part = || {
        ["anyOf", "oneOf", "allOf"].iter().find_map(|word| {
            let parts = schema.get(word)?.as_array()?;
            parts.iter().find_map(|part| generate(root, part, name, depth + 1))
        })
    };
    match kind {
        None if schema.get("properties").is_none() => part(),
        Some("boolean") => Some(Json::Bool(true)),
        Some("integer" | "number") => {
            let bound = |word: &str| schema.get(word).and_then(Json::as_i64);
            let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + 1));
            let usual = number(name);
            Some(json!(least.map_or(usual, |least| {
                least.max(1).max(usual.min(bound("maximum").unwrap_or(usual)))
            })))
        }
        Some("string") => {
            let pattern = schema.get("pattern").and_then(Json::as_str);
            let usual = text(name);
            let fits = |text: &str| match pattern {
                None => true,
                Some(pattern) => Regexp::compile(pattern).is_ok_and(|regexp| regexp.is_match(text)),
            };
            match (usual.as_str().is_some_and(fits), pattern) {
                (false, Some(_)) if fits(WORD) => Some(json!(WORD)),
                (false, Some(pattern)) => text_like(pattern).map(Json::String),
                _ => Some(usual),
            }
        }
        Some("array") => {
            let item = schema
                .get("items")
                .and_then(|items| generate(root, items, name, depth + 1));
            let item = item.unwrap_or_else(|| text(name));
            let least = schema.get("minItems").and_then(Json::as_u64).unwrap_or(1).clamp(1, 4);
            Some(Json::Array((0..least).map(|_| item.clone()).collect()))
        }
        _ => {
            let properties = schema.get("properties").and_then(Json::as_object);
            let required: Vec<&str> = schema
                .get("required")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .collect();
            let mut made = Map::new();
            for key in &required {
                let inner = properties.and_then(|properties| properties.get(*key));
                let value = inner.and_then(|inner| generate(root, inner, key, depth + 1));
                made.insert((*key).to_owned(), value.unwrap_or_else(|| text(key)));
            }
            if made.is_empty() {
                match properties.and_then(|properties| properties.iter().next()) {
                    Some((key, inner)) => {
                        made.insert(key.clone(), generate(root, inner, key, depth + 1)?);
                    }
                    None => {
                        let inner = by_pattern(schema, WORD)
                            .or_else(|| schema.get("additionalProperties"))
                            .filter(|inner| inner.is_object());
                        let inner = inner.and_then(|inner| generate(root, inner, name, depth + 1));
                        made.insert(WORD.to_owned(), inner.unwrap_or_else(|| text(name)));
                    }
                }
            }
            Some(Json::Object(made))
        }
    }
}

/// The schema of a key by its pattern.
pub(super) fn by_pattern<'a>(schema: &'a Json, key: &str) -> Option<&'a Json> {
    let patterns = schema.get("patternProperties")?.as_object()?;
    let is_of = |pattern: &str| Regexp::compile(pattern).is_ok_and(|regexp| regexp.is_match(key));
    patterns
        .iter()
        .find(|(pattern, _)| is_of(pattern))
        .map(|(_, schema)| schema)
}

/// Whether a schema may take a value: no means no, yes means that nothing simple speaks against it.
pub(super) fn fits(root: &Json, schema: &Json, value: &Json, depth: usize) -> bool {
    const DEEPEST: usize = 16;
    if depth > DEEPEST {
        return true;
    }
    let schema = resolved(root, schema);
    let Some(rules) = schema.as_object() else {
        return schema.as_bool().unwrap_or(true);
    };
    let inner = |schema: &Json, value: &Json| fits(root, schema, value, depth + 1);
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    rules.iter().all(|(rule, wanted)| match (&**rule, value) {
        ("type", value) => match wanted {
            Json::String(kind) => is_of_type(kind, value),
            Json::Array(kinds) => kinds
                .iter()
                .filter_map(Json::as_str)
                .any(|kind| is_of_type(kind, value)),
            _ => true,
        },
        ("const", value) => wanted == value,
        ("enum", value) => wanted.as_array().is_none_or(|options| options.contains(value)),
        ("allOf", value) => wanted
            .as_array()
            .is_none_or(|parts| parts.iter().all(|part| inner(part, value))),
        ("anyOf" | "oneOf", value) => wanted
            .as_array()
            .is_none_or(|parts| parts.iter().any(|part| inner(part, value))),
        ("required", Json::Object(map)) => {
            let mut names = wanted.as_array().into_iter().flatten().filter_map(Json::as_str);
            names.all(|name| map.contains_key(name))
        }
        ("properties", Json::Object(map)) => map
            .iter()
            .all(|(key, value)| wanted.get(key).is_none_or(|schema| inner(schema, value))),
        ("additionalProperties", Json::Object(map)) => map.iter().all(|(key, value)| {
            let is_known = schema.get("properties").is_some_and(|known| known.get(key).is_some());
            match by_pattern(schema, key) {
                Some(schema) => inner(schema, value),
                None => is_known || inner(wanted, value),
            }
        }),
        ("items", Json::Array(items)) => items.iter().all(|item| inner(wanted, item)),
        ("minItems", Json::Array(items)) => wanted.as_u64().is_none_or(|least| count(items.len()) >= least),
        ("minLength", Json::String(text)) => wanted.as_u64().is_none_or(|least| count(text.chars().count()) >= least),
        ("maxLength", Json::String(text)) => wanted.as_u64().is_none_or(|most| count(text.chars().count()) <= most),
        ("pattern", Json::String(text)) => wanted
            .as_str()
            .and_then(|pattern| Regexp::compile(pattern).ok())
            .is_none_or(|regexp| regexp.is_match(text)),
        ("minimum", Json::Number(number)) => wanted.as_f64() <= number.as_f64(),
        ("maximum", Json::Number(number)) => wanted.as_f64() >= number.as_f64(),
        _ => true,
    })
}

fn is_of_type(kind: &str, value: &Json) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_a_place() {
        let schema = json!({"type": "object", "additionalProperties": false, "required": ["a"], "properties": {
            "a": {"type": "object", "additionalProperties": false, "properties": {"b": {"type": "integer"}}}, "c": {}}});
        let refuses = |path: &str, is_removed: bool| {
            let keys: Vec<Arc<str>> = path.split('.').map(Arc::from).collect();
            refuses_key(&schema, &keys, is_removed)
        };
        assert!(refuses("d", false) && refuses("a.d", false) && refuses("a", true));
        assert!(!refuses("a", false) && !refuses("a.b", false) && !refuses("c.d", false));
        assert!(!refuses("a.b", true) && !refuses("c", true));
    }

    #[test]
    fn what_is_made_fits() {
        let schema = json!({"type": "object", "additionalProperties": false, "patternProperties": {"^[a-z]+$": {"$ref": "#/definitions/one"}},
            "definitions": {"one": {"type": "object", "required": ["url"], "properties": {"url": {"type": "string", "pattern": "^https?://"}, "on": {"type": "boolean"}}}}});
        let made = generate(&schema, &schema, "remote", 0).unwrap();
        assert!(fits(&schema, &schema, &made, 0), "{made}");
        assert!(!fits(&schema, &schema, &json!({"a": {"on": true}}), 0));
        assert!(!fits(&schema, &schema, &json!({"A": {"url": "http://a"}}), 0));
        assert!(!fits(&schema, &schema, &json!({"a": {"url": "a"}}), 0));
        let path = [Step::Key("main".into()), Step::Key("on".into())];
        assert_eq!(below(&schema, &schema, &path, 0), Some(&json!({"type": "boolean"})));
    }
}
