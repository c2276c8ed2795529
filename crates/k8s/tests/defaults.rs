//! `tests/defaults/*.json`: what a real API server of that version makes of the objects in `verdicts/bases.yaml` and
//! `defaults/objects.yaml`, recorded by `tests/cluster/defaults.py`. Anyone can add objects.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "reads the recorded answers, and fails if it cannot"
)]

use std::path::Path;

use promchart_k8s::{Version, defaulted, is_namespaced};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn objects() -> Vec<Value> {
    let texts = [read("verdicts/bases.yaml"), read("defaults/objects.yaml")];
    let documents = texts.iter().flat_map(|text| serde_yaml::Deserializer::from_str(text));
    documents
        .map(|document| Value::deserialize(document).unwrap())
        .collect()
}

fn title(object: &Value) -> String {
    let name = object["metadata"]["name"].as_str().unwrap();
    format!("{}/{name}", object["kind"].as_str().unwrap())
}

fn remove(value: &mut Value, names: &[&str]) {
    if let Value::Object(map) = value {
        map.retain(|name, _| !names.contains(&name.as_str()));
    }
}

/// Removes what the server makes up, as `defaults.py` does.
fn own(object: &mut Value) {
    remove(object, &["status"]);
    let made_up = [
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
        "selfLink",
    ];
    remove(&mut object["metadata"], &made_up);
    if object["kind"] == "DeviceTaintRule" {
        remove(&mut object["spec"]["taint"], &["timeAdded"]);
    }
    if object["kind"] == "ResourceSlice" {
        for device in object["spec"]["devices"].as_array_mut().into_iter().flatten() {
            for taint in device
                .get_mut("taints")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                remove(taint, &["timeAdded"]);
            }
        }
    }
    if object["kind"] == "Service" {
        let addresses = [
            "clusterIP",
            "clusterIPs",
            "ipFamilies",
            "ipFamilyPolicy",
            "healthCheckNodePort",
        ];
        remove(&mut object["spec"], &addresses);
        for port in object["spec"]
            .get_mut("ports")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            remove(port, &["nodePort"]);
        }
    }
    if object["kind"] == "CertificateSigningRequest" {
        remove(&mut object["spec"], &["username", "groups", "extra", "uid"]);
    }
    if object["kind"] == "Job" && object["spec"]["manualSelector"] != true {
        remove(&mut object["spec"], &["selector"]);
    }
}

/// The object with the recorded changes.
fn answer(sent: &Value, recorded: &Value) -> Value {
    let mut object = sent.clone();
    let split = |pointer: &str| {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        (parent.to_owned(), key.replace("~1", "/").replace("~0", "~"))
    };
    for (pointer, value) in recorded["set"].as_object().unwrap() {
        let (parent, key) = split(pointer);
        match object.pointer_mut(&parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
    }
    for pointer in recorded["remove"].as_array().unwrap() {
        let (parent, key) = split(pointer.as_str().unwrap());
        let parent = object.pointer_mut(&parent).unwrap().as_object_mut().unwrap();
        assert!(parent.shift_remove(&key).is_some(), "{pointer}");
    }
    object
}

/// The places where two values differ.
fn differences(path: &str, ours: &Value, theirs: &Value, out: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(one), Value::Object(other)) => {
            let none = Value::Null;
            let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
            for name in names {
                let of = |map: &Map<String, Value>| map.get(name).unwrap_or(&none).clone();
                differences(&format!("{path}.{name}"), &of(one), &of(other), out);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                differences(&format!("{path}[{index}]"), one, other, out);
            }
        }
        _ if ours == theirs => {}
        _ => out.push(format!("{path}: {ours} here, {theirs} on the server")),
    }
}

fn compare(version: &str) {
    let read_version = Version::parse(version).unwrap();
    let recorded: Vec<Value> = serde_json::from_str(&read(&format!("defaults/{version}.json"))).unwrap();
    let (objects, mut wrong) = (objects(), Vec::new());
    for line in &recorded {
        let title_of = line["object"].as_str().unwrap();
        let mut sent = objects.iter().find(|object| title(object) == title_of).unwrap().clone();
        remove(&mut sent["metadata"], &["namespace"]);
        let text = |name: &str| sent[name].as_str().unwrap();
        if is_namespaced(text("apiVersion"), text("kind")) == Some(true) {
            sent["metadata"]["namespace"] = json!("default");
        }
        let mut ours = defaulted(read_version, &sent);
        own(&mut ours);
        own(&mut sent);
        let mut found = Vec::new();
        differences("", &ours, &answer(&sent, line), &mut found);
        wrong.extend(found.iter().map(|difference| format!("{title_of}{difference}")));
    }
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
    assert!(recorded.len() >= 120, "only {} objects", recorded.len());
}

#[test]
fn defaults_are_those_of_the_oldest_server() {
    compare("1.33");
}
#[test]
fn defaults_are_those_of_the_newest_server() {
    compare("1.37");
}
