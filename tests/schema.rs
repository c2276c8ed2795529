//! The sources of the values schema: what each key must say of itself.

use std::sync::Arc;

use promchart::pipeline::{self, Request};
use promchart::source::Sources;
use promchart::values::Overrides;
use promchart::world::{Memory, World};
use serde_json::{Map, Value as Json};

use crate::support::schema_lines::sorted;
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

/// What is missing in a schema and those in it.
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

/// What promchart prints about the values of a subchart.
fn said(case: &Json) -> Vec<String> {
    let schema = match &case["schema"] {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut world = Memory::new()
        .with_file("chart/Chart.yaml", "apiVersion: v2\nname: all\nversion: 1.0.0\n")
        .with_file("chart/templates/a.yaml", "a: b\n")
        .with_file("chart/charts/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
        .with_file("chart/charts/c/values.yaml", format!("{}\n", case["values"]))
        .with_file("chart/charts/c/values.schema.json", schema);
    for (path, text) in case.get("files").and_then(Json::as_object).into_iter().flatten() {
        world = world.with_file(path, text.as_str().unwrap_or_default());
    }
    let request = Request::new(Some("chart".into()), "demo", Overrides::default());
    let world: Arc<dyn World> = Arc::new(world);
    let outcome = pipeline::run(&world, &request, &Sources::new());
    let error = outcome.errors.diagnostics.first().map_or("", |error| error.headline());
    let lines = error.lines().skip_while(|line| *line != "c:").skip(1);
    lines.map(str::to_owned).collect()
}

/// Helm's verdict and Helm's words, for schemas of all drafts; `xtask schema-cases` asks Helm.
#[test]
fn schemas_say_what_helm_says() {
    let cases: Vec<Json> = serde_json::from_str(&read("tests/suite/schema/helm.json")).unwrap();
    let mut different = Vec::new();
    for case in &cases {
        let wanted: Vec<String> = serde_json::from_value(case["want"].clone()).unwrap();
        let said = said(case);
        if sorted(&said) != sorted(&wanted) {
            different.push(format!(
                "{} of {}\n  Helm      {}\n  promchart {}",
                case["schema"],
                case["values"],
                wanted.join("\n            "),
                said.join("\n            ")
            ));
        }
    }
    assert!(cases.len() > 150 && different.is_empty(), "{}", different.join("\n"));
}
