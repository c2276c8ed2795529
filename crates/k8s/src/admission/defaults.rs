//! Prepares objects of Kubernetes' own kinds for policies: sets defaults and drops unknown fields.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use crate::definitions::{Definitions, Type};
use crate::version::Version;

const TEXT: &str = include_str!("../../data/defaults.txt");
/// The maximum depth of an object that is prepared.
const DEEPEST: usize = 120;

type Table = BTreeMap<&'static str, Vec<(&'static str, Value)>>;

fn table() -> &'static Table {
    static READ: OnceLock<Table> = OnceLock::new();
    READ.get_or_init(|| {
        let mut table = Table::new();
        for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.splitn(3, ' ');
            if let (Some(definition), Some(field), Some(value)) = (words.next(), words.next(), words.next())
                && let Ok(value) = serde_json::from_str(value)
            {
                table.entry(definition).or_default().push((field, value));
            }
        }
        table
    })
}

/// Prunes an object of a definition and sets its defaults.
pub(crate) fn prepare(object: &mut Map<String, Value>, definition: usize, version: Version) {
    // The API server ignores the status of an object that is created.
    object.shift_remove("status");
    of_definition(object, definition, version, 0);
    if object.get("kind") == Some(&json!("Pod"))
        && let Some(Value::Object(spec)) = object.get_mut("spec")
    {
        set(spec, "enableServiceLinks", || json!(true));
        for list in ["containers", "initContainers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                request_limits(container);
            }
        }
    }
}

/// Sets missing requests of a container to its limits. This applies to pods, not to pod templates.
fn request_limits(container: &mut Value) {
    let Some(limits) = container["resources"]["limits"].as_object().cloned() else {
        return;
    };
    let requests = &mut container["resources"]["requests"];
    for (name, amount) in limits {
        if (requests.is_null() || requests.is_object()) && requests[name.as_str()].is_null() {
            requests[name.as_str()] = amount;
        }
    }
}

fn of_definition(map: &mut Map<String, Value>, definition: usize, version: Version, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    let definitions = Definitions::get();
    let definition = definitions.at(definition);
    map.retain(|name, value| !value.is_null() && definition.field(name, version).is_some());
    for (field, value) in table().get(definition.name).into_iter().flatten() {
        set(map, field, || value.clone());
    }
    dependent(definition.name, map);
    for (name, value) in map.iter_mut() {
        if let Some(field) = definition.field(name, version) {
            of_type(value, &field.kind, version, depth + 1);
        }
    }
}

fn of_type(value: &mut Value, kind: &Type, version: Version, depth: usize) {
    match (kind, value) {
        (Type::Reference(definition), Value::Object(map)) => of_definition(map, *definition, version, depth),
        (Type::List(kind), Value::Array(items)) => {
            for item in items {
                of_type(item, kind, version, depth + 1);
            }
        }
        (Type::Map(kind), Value::Object(map)) => {
            for value in map.values_mut() {
                of_type(value, kind, version, depth + 1);
            }
        }
        _ => {}
    }
}

/// Sets a field that is absent or null.
fn set(map: &mut Map<String, Value>, field: &str, value: impl FnOnce() -> Value) {
    if map.get(field).is_none_or(Value::is_null) {
        map.insert(field.to_owned(), value());
    }
}

/// Sets defaults that depend on other fields.
fn dependent(definition: &str, map: &mut Map<String, Value>) {
    match definition {
        "core.v1.Container" | "core.v1.EphemeralContainer" => {
            let image = map.get("image").and_then(Value::as_str).unwrap_or_default();
            let policy = if is_latest(image) { "Always" } else { "IfNotPresent" };
            set(map, "imagePullPolicy", || json!(policy));
        }
        "core.v1.Volume" if map.len() == 1 => drop(map.insert("emptyDir".to_owned(), json!({}))),
        "core.v1.ServicePort" => {
            if let Some(port) = map.get("port").cloned() {
                set(map, "targetPort", || port);
            }
        }
        "core.v1.ServiceSpec" => {
            let kind = map.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
            if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
                set(map, "externalTrafficPolicy", || json!("Cluster"));
            }
            if kind == "LoadBalancer" {
                set(map, "allocateLoadBalancerNodePorts", || json!(true));
            }
            if kind == "ExternalName" {
                map.shift_remove("internalTrafficPolicy");
            }
        }
        "core.v1.Secret" => {
            if let Some(Value::Object(texts)) = map.shift_remove("stringData") {
                let mut data = match map.shift_remove("data") {
                    Some(Value::Object(data)) => data,
                    _ => Map::new(),
                };
                for (name, text) in texts {
                    let bytes = text
                        .as_str()
                        .map(|text| crate::formats::encoding::encode(text.as_bytes()));
                    data.insert(name, Value::from(bytes.unwrap_or_default()));
                }
                map.insert("data".to_owned(), Value::Object(data));
            }
        }
        "apps.v1.DeploymentStrategy" if map["type"] == "RollingUpdate" => {
            let own = map.entry("rollingUpdate").or_insert_with(|| json!({}));
            if let Value::Object(own) = own {
                set(own, "maxSurge", || json!("25%"));
                set(own, "maxUnavailable", || json!("25%"));
            }
        }
        "apps.v1.DaemonSetUpdateStrategy" if map["type"] == "RollingUpdate" => {
            let own = map.entry("rollingUpdate").or_insert_with(|| json!({}));
            if let Value::Object(own) = own {
                set(own, "maxSurge", || json!(0));
                set(own, "maxUnavailable", || json!(1));
            }
        }
        "apps.v1.StatefulSetUpdateStrategy" if map["type"] == "RollingUpdate" => {
            let own = map.entry("rollingUpdate").or_insert_with(|| json!({}));
            if let Value::Object(own) = own {
                set(own, "partition", || json!(0));
            }
        }
        "batch.v1.JobSpec" => {
            set(map, "backoffLimit", || json!(6));
            set(map, "completionMode", || json!("NonIndexed"));
            set(map, "suspend", || json!(false));
            set(map, "podReplacementPolicy", || json!("TerminatingOrFailed"));
            let has = |name: &str| map.get(name).is_some_and(|value| !value.is_null());
            if !has("completions") && !has("parallelism") {
                map.insert("completions".to_owned(), json!(1));
            }
            set(map, "parallelism", || json!(1));
        }
        "networking.v1.NetworkPolicySpec" => {
            let egress = map
                .get("egress")
                .and_then(Value::as_array)
                .is_some_and(|rules| !rules.is_empty());
            set(map, "policyTypes", || {
                if egress {
                    json!(["Ingress", "Egress"])
                } else {
                    json!(["Ingress"])
                }
            });
            set(map, "podSelector", || json!({}));
        }
        "rbac.v1.RoleRef" => set(map, "apiGroup", || json!("rbac.authorization.k8s.io")),
        "rbac.v1.Subject" if map["kind"] == "User" || map["kind"] == "Group" => {
            set(map, "apiGroup", || json!("rbac.authorization.k8s.io"));
        }
        _ => {}
    }
}

/// Whether an image has neither tag nor digest, or has the tag `latest`.
fn is_latest(image: &str) -> bool {
    let (name, digest) = image.split_once('@').map_or((image, false), |(name, _)| (name, true));
    let last = name.rsplit('/').next().unwrap_or_default();
    match last.split_once(':') {
        Some((_, tag)) => tag == "latest",
        None => !digest,
    }
}
