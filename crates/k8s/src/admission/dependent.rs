//! Defaults that depend on other fields, and what the admission plugins that are on by default set.

use serde_json::{Map, Value, json};

use super::defaults::set;
use crate::version::Version;

/// Sets defaults of whole objects, before those of their parts: the same structures have others elsewhere.
pub(super) fn of_object(object: &mut Map<String, Value>) {
    let kind = object
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let group = object
        .get("apiVersion")
        .and_then(Value::as_str)
        .and_then(|version| version.split_once('/'))
        .map_or("", |(group, _)| group)
        .to_owned();
    match (group.as_str(), kind.as_str()) {
        ("batch", "Job") => {
            labels_of_template(object);
            if let Some(Value::Object(spec)) = object.get_mut("spec") {
                job(spec);
            }
        }
        ("", "ReplicationController") => {
            labels_of_template(object);
            let labels = object
                .get("spec")
                .map(|spec| spec["template"]["metadata"]["labels"].clone());
            if let (Some(Value::Object(labels)), Some(Value::Object(spec))) = (labels, object.get_mut("spec"))
                && spec.get("selector").is_none_or(is_empty)
            {
                spec.insert("selector".to_owned(), Value::Object(labels));
            }
        }
        ("", "Namespace") => {
            let name = object.get("metadata").map(|metadata| metadata["name"].clone());
            if let (Some(Value::String(name)), Some(Value::Object(metadata))) = (name, object.get_mut("metadata")) {
                set(metadata, "labels", || json!({}));
                if let Some(Value::Object(labels)) = metadata.get_mut("labels") {
                    labels.insert("kubernetes.io/metadata.name".to_owned(), Value::from(name));
                }
            }
            set(object, "spec", || json!({}));
            if let Some(Value::Object(spec)) = object.get_mut("spec") {
                finalizer(spec, "kubernetes");
            }
        }
        ("apps", "DaemonSet") => annotation(object, "deprecated.daemonset.template.generation", "1"),
        ("rbac.authorization.k8s.io", "ClusterRole")
            if object.get("aggregationRule").is_some_and(|rule| !rule.is_null())
                && object.get("rules").is_none_or(is_empty) =>
        {
            object.shift_remove("rules");
        }
        // `TaintNodesByCondition`.
        ("", "Node") => {
            let taint = json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"});
            set(object, "spec", || json!({}));
            if let Some(Value::Object(spec)) = object.get_mut("spec") {
                set(spec, "taints", || json!([]));
                if let Some(Value::Array(taints)) = spec.get_mut("taints")
                    && !taints
                        .iter()
                        .any(|own| own["key"] == taint["key"] && own["effect"] == taint["effect"])
                {
                    taints.push(taint);
                }
            }
        }
        // `StorageObjectInUseProtection`.
        ("", "PersistentVolumeClaim" | "PersistentVolume") | ("storage.k8s.io", "VolumeAttributesClass") => {
            let name = match kind.as_str() {
                "PersistentVolume" => "pv",
                "PersistentVolumeClaim" => "pvc",
                _ => "vac",
            };
            if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
                finalizer(metadata, &format!("kubernetes.io/{name}-protection"));
            }
        }
        _ => {}
    }
}

fn annotation(object: &mut Map<String, Value>, name: &str, text: &str) {
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        set(metadata, "annotations", || json!({}));
        if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
            annotations.insert(name.to_owned(), Value::from(text));
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn finalizer(map: &mut Map<String, Value>, name: &str) {
    set(map, "finalizers", || json!([]));
    if let Some(Value::Array(items)) = map.get_mut("finalizers")
        && !items.iter().any(|item| item == name)
    {
        items.push(Value::from(name));
    }
}

/// An object without labels gets those of its template.
fn labels_of_template(object: &mut Map<String, Value>) {
    let labels = object
        .get("spec")
        .map(|spec| spec["template"]["metadata"]["labels"].clone());
    if let (Some(Value::Object(labels)), Some(Value::Object(metadata))) = (labels, object.get_mut("metadata"))
        && metadata.get("labels").is_none_or(is_empty)
    {
        metadata.insert("labels".to_owned(), Value::Object(labels));
    }
}

/// The specification of a Job; that in a `CronJob` has no defaults.
fn job(spec: &mut Map<String, Value>) {
    let has = |name: &str| spec.get(name).is_some_and(|value| !value.is_null());
    let backoff = if has("backoffLimitPerIndex") { i32::MAX } else { 6 };
    let replaced = if has("podFailurePolicy") {
        "Failed"
    } else {
        "TerminatingOrFailed"
    };
    if !has("completions") && !has("parallelism") {
        spec.insert("completions".to_owned(), json!(1));
    }
    set(spec, "parallelism", || json!(1));
    set(spec, "backoffLimit", || json!(backoff));
    set(spec, "completionMode", || json!("NonIndexed"));
    set(spec, "suspend", || json!(false));
    set(spec, "podReplacementPolicy", || json!(replaced));
    set(spec, "manualSelector", || json!(false));
}

/// Sets defaults of whole objects that depend on defaults of their parts.
pub(super) fn of_whole(object: &mut Map<String, Value>) {
    if object.get("kind") == Some(&json!("Pod"))
        && object.get("apiVersion") == Some(&json!("v1"))
        && let Some(Value::Object(spec)) = object.get_mut("spec")
    {
        pod(spec);
    }
    // The claims of a StatefulSet are whole objects.
    if object.get("kind") == Some(&json!("StatefulSet"))
        && let Some(Value::Object(spec)) = object.get_mut("spec")
    {
        let claims = spec.get_mut("volumeClaimTemplates").and_then(Value::as_array_mut);
        for claim in claims.into_iter().flatten() {
            if let Value::Object(claim) = claim {
                claim.insert("apiVersion".to_owned(), json!("v1"));
                claim.insert("kind".to_owned(), json!("PersistentVolumeClaim"));
                claim.insert("status".to_owned(), json!({"phase": "Pending"}));
            }
        }
    }
}

/// Defaults of pods that templates of pods do not get.
fn pod(spec: &mut Map<String, Value>) {
    set(spec, "enableServiceLinks", || json!(true));
    if spec
        .get("terminationGracePeriodSeconds")
        .and_then(Value::as_i64)
        .is_some_and(|seconds| seconds < 0)
    {
        spec.insert("terminationGracePeriodSeconds".to_owned(), json!(1));
    }
    // `ServiceAccount`, `Priority` and `DefaultTolerationSeconds`.
    set(spec, "serviceAccountName", || json!("default"));
    let account = spec["serviceAccountName"].clone();
    set(spec, "serviceAccount", || account);
    let priority = match spec.get("priorityClassName").and_then(Value::as_str) {
        None => Some(0),
        Some("system-cluster-critical") => Some(2_000_000_000),
        Some("system-node-critical") => Some(2_000_001_000),
        Some(_) => None,
    };
    if let Some(priority) = priority {
        set(spec, "priority", || json!(priority));
        set(spec, "preemptionPolicy", || json!("PreemptLowerPriority"));
    }
    set(spec, "tolerations", || json!([]));
    if let Some(Value::Array(tolerations)) = spec.get_mut("tolerations") {
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let is_tolerated = tolerations.iter().any(|own| {
                (own["key"].is_null() || own["key"] == key) && (own["effect"].is_null() || own["effect"] == "NoExecute")
            });
            if !is_tolerated {
                tolerations
                    .push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
            }
        }
    }
    let is_on_host = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            request_limits(container);
            let ports = container.get_mut("ports").and_then(Value::as_array_mut);
            for port in ports.into_iter().flatten().filter(|_| is_on_host) {
                let number = port["containerPort"].clone();
                if let Value::Object(port) = port {
                    set(port, "hostPort", || number);
                }
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

/// Sets defaults of a structure that depend on its other fields.
pub(super) fn of_definition(definition: &str, map: &mut Map<String, Value>, version: Version) {
    match definition {
        "core.v1.Container" | "core.v1.EphemeralContainer" => pull_policy(map, "image", "imagePullPolicy"),
        "core.v1.ImageVolumeSource" => pull_policy(map, "reference", "pullPolicy"),
        "core.v1.Volume" if map.keys().all(|key| key == "name") => {
            map.insert("emptyDir".to_owned(), json!({}));
        }
        "core.v1.PodSpec" => {
            // The old name of the field has the same value.
            for (one, other) in [
                ("serviceAccount", "serviceAccountName"),
                ("serviceAccountName", "serviceAccount"),
            ] {
                if let Some(name) = map.get(one).cloned() {
                    set(map, other, || name);
                }
            }
            if let Some(name) = map.get("serviceAccountName").cloned() {
                map.insert("serviceAccount".to_owned(), name);
            }
        }
        "core.v1.ServicePort" => {
            let is_absent = |value: &Value| value.is_null() || value == "" || value == &json!(0);
            if let Some(port) = map.get("port").cloned()
                && map.get("targetPort").is_none_or(is_absent)
            {
                map.insert("targetPort".to_owned(), port);
            }
        }
        "core.v1.ServiceSpec" => service(map),
        "core.v1.Secret" => secret(map),
        "core.v1.LimitRangeItem" if map.get("type") == Some(&json!("Container")) => limits(map),
        "apps.v1.DeploymentStrategy" if map["type"] == "RollingUpdate" => {
            rolling(map, &[("maxSurge", json!("25%")), ("maxUnavailable", json!("25%"))]);
        }
        "apps.v1.DaemonSetUpdateStrategy" if map["type"] == "RollingUpdate" => {
            rolling(map, &[("maxSurge", json!(0)), ("maxUnavailable", json!(1))]);
        }
        "apps.v1.StatefulSetUpdateStrategy" => {
            // A strategy with a type and no parameters gets none.
            if !map.contains_key("type") {
                set(map, "rollingUpdate", || json!({}));
            }
            set(map, "type", || json!("RollingUpdate"));
            if map["type"] == "RollingUpdate" && map.contains_key("rollingUpdate") {
                rolling(map, &[("partition", json!(0))]);
                if version.minor >= 37 {
                    rolling(map, &[("maxUnavailable", json!(1))]);
                }
            }
        }
        "autoscaling.v2.HorizontalPodAutoscalerBehavior" => {
            let every = |kind: &str, value: u32| json!({"type": kind, "value": value, "periodSeconds": 15});
            scaling(
                map,
                "scaleUp",
                json!([every("Pods", 4), every("Percent", 100)]),
                Some(0),
            );
            scaling(map, "scaleDown", json!([every("Percent", 100)]), None);
        }
        "networking.v1.NetworkPolicySpec" if map.get("policyTypes").is_none_or(is_empty) => {
            let has_egress = map.get("egress").is_some_and(|rules| !is_empty(rules));
            let types = if has_egress {
                &["Ingress", "Egress"][..]
            } else {
                &["Ingress"]
            };
            map.insert("policyTypes".to_owned(), json!(types));
        }
        "rbac.v1.RoleRef" if map.get("apiGroup").is_none_or(|group| group.is_null() || group == "") => {
            map.insert("apiGroup".to_owned(), json!("rbac.authorization.k8s.io"));
        }
        "rbac.v1.Subject" if map["kind"] == "User" || map["kind"] == "Group" => {
            set(map, "apiGroup", || json!("rbac.authorization.k8s.io"));
        }
        "apiextensions.v1.CustomResourceDefinitionNames" => {
            let kind = map.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
            set(map, "singular", || json!(kind.to_lowercase()));
            set(map, "listKind", || json!(format!("{kind}List")));
        }
        "resource.v1.ExactDeviceRequest" | "resource.v1.DeviceSubRequest" => {
            set(map, "allocationMode", || json!("ExactCount"));
            if map["allocationMode"] == "ExactCount" {
                set(map, "count", || json!(1));
            }
        }
        "storage.v1.CSIDriverSpec" if version.minor >= 37 => {
            set(map, "preventPodSchedulingIfMissing", || json!(false));
        }
        _ => {}
    }
}

/// Images of the tag `latest` are pulled always.
fn pull_policy(map: &mut Map<String, Value>, image: &str, field: &str) {
    let image = map.get(image).and_then(Value::as_str).unwrap_or_default();
    let policy = if is_latest(image) { "Always" } else { "IfNotPresent" };
    set(map, field, || json!(policy));
}

fn rolling(map: &mut Map<String, Value>, defaults: &[(&str, Value)]) {
    if let Value::Object(own) = map.entry("rollingUpdate").or_insert_with(|| json!({})) {
        for (field, value) in defaults {
            set(own, field, || value.clone());
        }
    }
}

/// One direction of an autoscaler's behaviour.
fn scaling(map: &mut Map<String, Value>, direction: &str, policies: Value, window: Option<u32>) {
    if let Value::Object(rules) = map.entry(direction).or_insert_with(|| json!({})) {
        set(rules, "policies", || policies);
        set(rules, "selectPolicy", || json!("Max"));
        if let Some(window) = window {
            set(rules, "stabilizationWindowSeconds", || json!(window));
        }
    }
}

fn service(map: &mut Map<String, Value>) {
    let kind = map.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let has_external = map.get("externalIPs").is_some_and(|addresses| !is_empty(addresses));
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") || kind == "ClusterIP" && has_external {
        set(map, "externalTrafficPolicy", || json!("Cluster"));
    }
    if kind == "LoadBalancer" {
        set(map, "allocateLoadBalancerNodePorts", || json!(true));
    }
    if kind == "ExternalName" {
        map.shift_remove("internalTrafficPolicy");
    }
    if map.get("sessionAffinity") == Some(&json!("ClientIP")) {
        let seconds = map
            .get("sessionAffinityConfig")
            .map(|config| &config["clientIP"]["timeoutSeconds"]);
        if seconds.is_none_or(Value::is_null) {
            let config = json!({"clientIP": {"timeoutSeconds": 10800}});
            map.insert("sessionAffinityConfig".to_owned(), config);
        }
    } else {
        map.shift_remove("sessionAffinityConfig");
    }
}

fn secret(map: &mut Map<String, Value>) {
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

/// The limits of containers: a limit is by default the maximum, a request the limit, or else the minimum.
fn limits(map: &mut Map<String, Value>) {
    for (from, to) in [
        ("max", "default"),
        ("default", "defaultRequest"),
        ("min", "defaultRequest"),
    ] {
        let Some(Value::Object(amounts)) = map.get(from).cloned() else {
            continue;
        };
        if let Value::Object(own) = map.entry(to).or_insert_with(|| json!({})) {
            for (name, amount) in amounts {
                set(own, &name, || amount);
            }
        }
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
