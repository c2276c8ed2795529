//! `tests/faults/*.json`: valid objects with one change each, and the expected problems. Anyone can add cases.
//!
//! `bases.json` holds the valid objects. Each other file is a list of cases:
//!
//! ```json
//! {"base": "Deployment", "set": {"/spec/replicas": "two"}, "remove": ["/spec/selector"],
//!  "want": {"spec.replicas": "wrong-type", "spec": "missing-required-field"}, "help": "did you mean `x`?",
//!  "version": "1.33", "crd": "CustomResourceDefinition"}
//! ```
//!
//! The keys of `set` and `remove` are JSON pointers; missing objects on the way are created. `want` lists all expected
//! problems by path; it is empty for valid objects. The last three are optional: the help of one of the problems, the
//! Kubernetes version (by default the newest), and the base that holds a CustomResourceDefinition to load.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "reads the cases, and fails if it cannot"
)]

use std::collections::BTreeSet;
use std::path::Path;

use promchart_k8s::{Crds, RULES, Version, check, decode};
use serde_json::{Map, Value};

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Returns the value at a pointer and creates missing objects on the way.
fn place<'a>(value: &'a mut Value, pointer: &str) -> &'a mut Value {
    pointer
        .split('/')
        .skip(1)
        .map(unescape)
        .fold(value, |value, token| match value {
            Value::Array(items) => {
                let index: usize = token.parse().unwrap();
                if index == items.len() {
                    items.push(Value::Null);
                }
                &mut items[index]
            }
            value => {
                if !value.is_object() {
                    *value = Value::Object(Map::new());
                }
                value.as_object_mut().unwrap().entry(token).or_insert(Value::Null)
            }
        })
}

fn change(object: &mut Value, case: &Value) {
    for (pointer, value) in case["set"].as_object().into_iter().flatten() {
        *place(object, pointer) = value.clone();
    }
    for pointer in case["remove"].as_array().into_iter().flatten() {
        let (parent, key) = pointer.as_str().unwrap().rsplit_once('/').unwrap();
        match place(object, parent) {
            Value::Array(items) => drop(items.remove(key.parse().unwrap())),
            value => drop(
                value
                    .as_object_mut()
                    .unwrap()
                    .shift_remove(&unescape(key))
                    .expect("nothing to remove"),
            ),
        }
    }
}

fn cases() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "bases.json")
        .collect();
    names.sort();
    let mut cases = Vec::new();
    for name in names {
        for (index, case) in read(&name).as_array().unwrap().iter().enumerate() {
            cases.push((format!("{name} {index}: {case}"), case.clone()));
        }
    }
    cases
}

#[test]
fn bases_are_good_in_every_version() {
    let bases = read("bases.json");
    for (name, object) in bases.as_object().unwrap() {
        for minor in Version::EARLIEST.minor..=Version::LATEST.minor {
            let problems = check(Version { minor }, &Crds::default(), object);
            assert!(problems.is_empty(), "{name} 1.{minor}: {problems:#?}");
        }
    }
}

#[test]
fn every_case_is_found() {
    let bases = read("bases.json");
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        let mut object = bases[case["base"].as_str().unwrap()].clone();
        assert!(object.is_object(), "{name}: there is no such base");
        change(&mut object, &case);
        let version = case["version"]
            .as_str()
            .map_or(Version::LATEST, |version| Version::parse(version).unwrap());
        let crds = Crds::from(&[case["crd"].as_str().map_or(Value::Null, |name| bases[name].clone())]);
        let problems = check(version, &crds, &object);
        let found: BTreeSet<(String, String)> = problems
            .iter()
            .map(|problem| (problem.pointer(), problem.rule.to_owned()))
            .collect();
        let want: BTreeSet<(String, String)> = case["want"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(path, rule)| (path.clone(), rule.as_str().unwrap().to_owned()))
            .collect();
        let helped = case["help"]
            .as_str()
            .is_none_or(|help| problems.iter().any(|problem| problem.help.as_deref() == Some(help)));
        if found != want || found.len() != problems.len() || !helped {
            wrong.push(format!("{name}\n{problems:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_rule_has_cases_and_every_found_rule_is_listed() {
    assert!(RULES.is_sorted_by_key(|rule| rule.id));
    let wanted: BTreeSet<String> = cases()
        .iter()
        .flat_map(|(_, case)| case["want"].as_object().unwrap().values().cloned().collect::<Vec<_>>())
        .map(|rule| rule.as_str().unwrap().to_owned())
        .collect();
    let listed: BTreeSet<String> = RULES.iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(wanted, listed);
}

/// A fault in one field must not hide the object from rules across objects.
#[test]
fn faulty_objects_are_decoded_as_far_as_they_are_right() {
    let mut object = read("bases.json")["Deployment"].clone();
    *place(&mut object, "/spec/replicas") = "two".into();
    *place(&mut object, "/spec/template/spec/containers/0/ports/0/containerPort") = "http".into();
    let decoded = decode(&object).unwrap();
    assert_eq!(decoded.name(), "web");
    assert_eq!(decoded.pod_spec().unwrap().containers[0].name, "web");
    assert_eq!(decoded.selector().unwrap().match_labels.as_ref().unwrap()["app"], "web");
    // The other items of a list keep their indices.
    let containers = place(&mut object, "/spec/template/spec/containers");
    let first = containers[0].clone();
    *containers = serde_json::json!([null, "x", first]);
    let decoded = decode(&object).unwrap();
    assert_eq!(decoded.pod_spec().unwrap().containers[2].name, "web");
    // Other versions of the group are decoded as the newest.
    object["apiVersion"] = "apps/v1beta2".into();
    assert_eq!(decode(&object).unwrap().name(), "web");
    object["apiVersion"] = "example.org/v1".into();
    assert!(decode(&object).is_none());
}

/// Deep, long or odd objects cause neither a panic nor endless recursion.
#[test]
fn odd_objects_are_survived() {
    let mut schema = Value::Object(Map::new());
    for _ in 0..1_000 {
        let mut outer = Map::new();
        outer.insert("not".to_owned(), schema);
        schema = Value::Object(outer);
    }
    let mut object = read("bases.json")["CustomResourceDefinition"].clone();
    *place(&mut object, "/spec/versions/0/schema/openAPIV3Schema") = schema;
    let crds = Crds::from(std::slice::from_ref(&object));
    check(Version::LATEST, &crds, &object);
    let custom = read("bases.json")["Custom"].clone();
    check(Version::LATEST, &crds, &custom);
    for odd in [
        "null",
        "[]",
        "\"x\"",
        "{}",
        "{\"apiVersion\": 1, \"kind\": []}",
        "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": []}",
    ] {
        assert!(
            !check(Version::LATEST, &Crds::default(), &serde_json::from_str(odd).unwrap()).is_empty(),
            "{odd}"
        );
    }
}
