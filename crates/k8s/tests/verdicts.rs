//! `tests/verdicts/*.json`: mutants of the objects in `bases.yaml` with what a real API server of that version says of
//! them, recorded by `tests/cluster/mutate.py --record`. What it refuses is an error here, and nothing else is, except for
//! the rules that `stricter` names.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "reads the recorded verdicts, and fails if it cannot"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use promchart_k8s::{Crds, Severity, Version, check};
use serde::Deserialize as _;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts")
}

/// The objects by kind and name, without a namespace.
fn bases() -> BTreeMap<String, Value> {
    let text = std::fs::read_to_string(folder().join("bases.yaml")).unwrap();
    serde_yaml::Deserializer::from_str(&text)
        .map(|document| {
            let mut object = Value::deserialize(document).unwrap();
            object["metadata"].as_object_mut().unwrap().shift_remove("namespace");
            let name = format!(
                "{}/{}",
                object["kind"].as_str().unwrap(),
                object["metadata"]["name"].as_str().unwrap()
            );
            (name, object)
        })
        .collect()
}

fn mutant(base: &Value, case: &Value) -> Value {
    let mut object = base.clone();
    let split = |pointer: &str| {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        (parent.to_owned(), key.replace("~1", "/").replace("~0", "~"))
    };
    for (pointer, value) in case["set"].as_object().into_iter().flatten() {
        let (parent, key) = split(pointer);
        match object.pointer_mut(&parent).unwrap() {
            Value::Array(items) => {
                let index: usize = key.parse().unwrap();
                if index == items.len() {
                    items.push(Value::Null);
                }
                items[index] = value.clone();
            }
            parent => parent[key] = value.clone(),
        }
    }
    for pointer in case["remove"].as_array().into_iter().flatten() {
        let (parent, key) = split(pointer.as_str().unwrap());
        match object.pointer_mut(&parent).unwrap() {
            Value::Array(items) => drop(items.remove(key.parse().unwrap())),
            parent => drop(parent.as_object_mut().unwrap().shift_remove(&key).unwrap()),
        }
    }
    object
}

fn compare(version: &str) {
    let (bases, version_read) = (bases(), Version::parse(version).unwrap());
    let text = std::fs::read_to_string(folder().join(format!("{version}.json"))).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() > 1000, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let object = mutant(&bases[case["base"].as_str().unwrap()], case);
        let problems = check(version_read, &Crds::default(), &object);
        let errors: Vec<_> = problems
            .iter()
            .filter(|problem| problem.severity() == Severity::Error)
            .collect();
        let stricter = case["stricter"].as_array();
        let is_stricter = |rule: &str| stricter.is_some_and(|rules| rules.contains(&json!(rule)));
        if case["refused"].is_string() {
            if errors.is_empty() {
                wrong.push(format!("missed: {case}"));
            }
        } else if errors.iter().any(|problem| !is_stricter(problem.rule)) {
            wrong.push(format!("false alarm: {case}: {errors:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), cases.len());
}

#[test]
fn verdicts_are_those_of_the_newest_server() {
    compare("1.37");
}

#[test]
fn verdicts_are_those_of_the_oldest_server() {
    compare("1.33");
}
