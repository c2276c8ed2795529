//! The sources of the values schema: required properties of each key.

use serde_json::{Map, Value as Json};

use crate::support::{names, read};

/// All files of schema/ that describe values.
fn sources() -> Vec<(String, Json)> {
    let files = |folder: &str| {
        let names = names(folder).into_iter().filter(|name| name.ends_with(".json"));
        names.map(|name| format!("{folder}/{name}")).collect::<Vec<_>>()
    };
    let paths = files("schema").into_iter().chain(files("schema/definitions"));
    let paths = paths.filter(|path| !path.ends_with("report.schema.json"));
    paths
        .map(|path| {
            let schema = serde_json::from_str(&read(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
            (path, schema)
        })
        .collect()
}

fn types(schema: &Map<String, Json>) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The missing properties of a schema and its subschemas.
fn check(schema: &Json, path: &str, missing: &mut Vec<String>) {
    match schema {
        Json::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(at, item)| check(item, &format!("{path}/{at}"), missing)),
        Json::Object(map) => {
            let has = |keys: &[&str]| keys.iter().any(|key| map.contains_key(*key));
            let types = types(map);
            if types.contains(&"string") && !has(&["pattern", "maxLength", "format", "enum", "const"]) {
                missing.push(format!("{path}: a string without pattern, enum or maxLength"));
            }
            let is_number = types.contains(&"integer") || types.contains(&"number");
            if is_number && !has(&["enum"]) && !(has(&["minimum"]) && has(&["maximum"])) {
                missing.push(format!("{path}: a number without minimum and maximum"));
            }
            if types.contains(&"array") && !(has(&["maxItems"]) && has(&["items"])) {
                missing.push(format!("{path}: an array without items and maxItems"));
            }
            for (name, property) in map.get("properties").and_then(Json::as_object).into_iter().flatten() {
                let says = |key: &str| property.get(key).is_some();
                if !says("description") && !says("$ref") {
                    missing.push(format!("{path}/properties/{name}: no description"));
                }
                if !["type", "$ref", "enum", "const", "anyOf", "oneOf", "allOf"]
                    .into_iter()
                    .any(says)
                {
                    missing.push(format!("{path}/properties/{name}: no type"));
                }
            }
            if has(&["properties"]) && !has(&["additionalProperties", "patternProperties"]) {
                missing.push(format!(
                    "{path}: open: neither additionalProperties nor patternProperties"
                ));
            }
            // These hold values, not schemas.
            let schemas = map
                .iter()
                .filter(|(key, _)| !matches!(&***key, "default" | "examples" | "enum" | "const"));
            schemas.for_each(|(key, inner)| check(inner, &format!("{path}/{key}"), missing));
        }
        _ => {}
    }
}

#[test]
fn every_key_has_a_description_a_type_and_bounds() {
    let mut missing = Vec::new();
    let sources = sources();
    assert!(sources.len() > 50, "{}", sources.len());
    for (path, schema) in &sources {
        check(schema, path, &mut missing);
        if path.starts_with("schema/definitions/") && schema.get("description").is_none() {
            missing.push(format!("{path}: no description"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
