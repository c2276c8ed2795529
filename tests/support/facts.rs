//! The effects of a release as a flat list of facts, so that the manifests of two charts can be compared whatever their
//! names.
#![allow(
    clippy::collapsible_match,
    reason = "a guard with a side effect reads worse than a condition"
)]

use std::collections::BTreeMap;

use promchart::source::{Source, SourceKind, Sources};
use promchart::yaml;
use serde_json::{Map, Value as Json, json};

/// Facts by name.
pub(crate) type Facts = BTreeMap<String, Json>;

/// The facts of a release's manifests.
pub(crate) fn facts(manifests: &str) -> Facts {
    let objects = documents(manifests);
    let mut facts = Facts::new();
    let mut told = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        let kind = text(object, "/kind");
        match kind.as_str() {
            "Deployment" | "StatefulSet" | "DaemonSet" => {
                if let Some(component) = component(object) {
                    workload(object, component, &objects, &mut facts);
                    told.push(at);
                }
            }
            "ConfigMap" | "Secret" => {
                if files(object, &mut facts) {
                    told.push(at);
                }
            }
            "Ingress" => {
                ingress(object, &objects, &mut facts);
                told.push(at);
            }
            "HTTPRoute" => {
                route(object, &mut facts);
                told.push(at);
            }
            "NetworkPolicy"
            | "PodDisruptionBudget"
            | "VerticalPodAutoscaler"
            | "PersistentVolumeClaim"
            | "Service"
            | "ServiceAccount"
            | "ClusterRole"
            | "ClusterRoleBinding"
            | "Role"
            | "RoleBinding"
            | "Pod"
            | "Job" => {
                if is_ours(object) || !["ClusterRole", "Role", "Service"].contains(&kind.as_str()) {
                    told.push(at);
                }
            }
            _ => {}
        }
        policies(object, &mut facts);
    }
    for (at, object) in objects.iter().enumerate() {
        let subchart =
            ["alertmanager", "kube-state-metrics"].contains(&label(object, "app.kubernetes.io/name").as_str());
        if !told.contains(&at) && !subchart {
            facts.insert(
                format!("object/{}/{}", text(object, "/kind"), text(object, "/metadata/name")),
                json!(true),
            );
        }
    }
    facts
}

fn documents(manifests: &str) -> Vec<Json> {
    let sources = Sources::new();
    let file = sources.add(Source::new("manifests", SourceKind::Made, manifests.into()));
    let source = sources.get(file);
    let read = yaml::parse_all(&source, file, 0..source.text().len());
    read.documents
        .iter()
        .map(|parsed| parsed.node.to_json(&|float| json!(float)))
        .filter(Json::is_object)
        .collect()
}

fn parse(text: &str) -> Json {
    documents(text).into_iter().next().unwrap_or(Json::Null)
}

fn text(object: &Json, pointer: &str) -> String {
    object
        .pointer(pointer)
        .and_then(Json::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn label(object: &Json, name: &str) -> String {
    object["metadata"]["labels"][name]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// Whether an object is specific to one of the charts.
fn is_ours(object: &Json) -> bool {
    !label(object, "helm.sh/chart").is_empty()
}

fn containers(workload: &Json) -> Vec<Json> {
    workload["spec"]["template"]["spec"]["containers"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

fn args(container: &Json) -> Vec<String> {
    container["args"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|arg| Some(arg.as_str()?.to_owned()))
        .collect()
}

fn main_of(workload: &Json, component: &str) -> Option<Json> {
    containers(workload).into_iter().find(|container| match component {
        "server" => args(container)
            .iter()
            .any(|arg| arg.starts_with("--config.file=") && !arg.contains("alertmanager")),
        name => container["name"] == name,
    })
}

fn component(workload: &Json) -> Option<&'static str> {
    ["pushgateway", "node-exporter", "server"]
        .into_iter()
        .find(|component| main_of(workload, component).is_some())
}

fn insert(facts: &mut Facts, name: impl Into<String>, mut value: Json) {
    // `limits: {}` is the same as nothing.
    if let Some(map) = value.as_object_mut() {
        map.retain(|_, inner| !inner.is_null() && inner.as_object().is_none_or(|inner| !inner.is_empty()));
    }
    let is_empty = match &value {
        Json::Null => true,
        Json::Object(map) => map.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::String(text) => text.is_empty(),
        _ => false,
    };
    if !is_empty {
        facts.insert(name.into(), value);
    }
}

/// Labels and annotations that belong to a chart, not to its user.
const STANDARD: [&str; 8] = [
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/version",
    "app.kubernetes.io/component",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/part-of",
    "helm.sh/chart",
    "checksum/config",
];

fn metadata(facts: &mut Facts, name: &str, map: &Json) {
    for (key, value) in map.as_object().into_iter().flatten() {
        if !STANDARD.contains(&key.as_str()) {
            insert(facts, format!("{name}/{key}"), value.clone());
        }
    }
}

fn workload(object: &Json, component: &str, objects: &[Json], facts: &mut Facts) {
    let fact = |name: &str| format!("{component}/{name}");
    let Some(main) = main_of(object, component) else { return };
    let pod = &object["spec"]["template"]["spec"];
    insert(facts, fact("kind"), object["kind"].clone());
    insert(facts, fact("name"), object["metadata"]["name"].clone());
    insert(
        facts,
        fact("selector"),
        object["spec"]["selector"]["matchLabels"].clone(),
    );
    for field in [
        "replicas",
        "revisionHistoryLimit",
        "podManagementPolicy",
        "persistentVolumeClaimRetentionPolicy",
    ] {
        insert(facts, fact(field), object["spec"][field].clone());
    }
    insert(facts, fact("strategy"), object["spec"]["strategy"]["type"].clone());
    metadata(facts, &fact("annotations"), &object["metadata"]["annotations"]);
    metadata(
        facts,
        &fact("podAnnotations"),
        &object["spec"]["template"]["metadata"]["annotations"],
    );
    metadata(
        facts,
        &fact("podLabels"),
        &object["spec"]["template"]["metadata"]["labels"],
    );
    let image = main["image"].as_str().unwrap_or_default();
    let (name, digest) = image.split_once('@').unwrap_or((image, ""));
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, ""),
    };
    let host = repository.split('/').next().unwrap_or_default();
    let repository = if host.contains(['.', ':']) {
        repository.to_owned()
    } else {
        format!("docker.io/{repository}")
    };
    insert(facts, fact("image/repository"), json!(repository));
    insert(facts, fact("image/tag"), json!(tag));
    insert(facts, fact("image/digest"), json!(digest));
    insert(facts, fact("image/pullPolicy"), main["imagePullPolicy"].clone());
    insert(facts, fact("pullSecrets"), pod["imagePullSecrets"].clone());
    insert(facts, fact("command"), main["command"].clone());
    for arg in args(&main) {
        let arg = arg.trim_start_matches('-');
        let (name, value) = arg.split_once('=').unwrap_or((arg, "true"));
        let value = &value.replace("$(HOST_IP)", "NODE").replace("$(NODE_IP)", "NODE");
        for value in if name == "enable-feature" {
            value.split(',').collect()
        } else {
            vec![value.as_str()]
        } {
            let name = if name == "enable-feature" {
                format!("feature/{value}")
            } else {
                format!("flag/{name}")
            };
            facts.insert(fact(&name), json!(value));
        }
    }
    for variable in main["env"].as_array().into_iter().flatten() {
        insert(
            facts,
            fact(&format!("env/{}", text(variable, "/name"))),
            variable.clone(),
        );
    }
    insert(facts, fact("resources"), main["resources"].clone());
    insert(facts, fact("lifecycle"), main["lifecycle"].clone());
    for (field, value) in main["securityContext"].as_object().into_iter().flatten() {
        insert(facts, fact(&format!("containerSecurityContext/{field}")), value.clone());
    }
    for (field, value) in pod["securityContext"].as_object().into_iter().flatten() {
        insert(facts, fact(&format!("securityContext/{field}")), value.clone());
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        for (field, value) in main[probe].as_object().into_iter().flatten() {
            insert(facts, fact(&format!("{probe}/{field}")), value.clone());
        }
    }
    for field in [
        "nodeSelector",
        "tolerations",
        "affinity",
        "topologySpreadConstraints",
        "priorityClassName",
        "runtimeClassName",
        "schedulerName",
        "hostAliases",
        "dnsPolicy",
        "dnsConfig",
        "hostNetwork",
        "hostPID",
        "enableServiceLinks",
        "terminationGracePeriodSeconds",
        "automountServiceAccountToken",
    ] {
        insert(facts, fact(field), pod[field].clone());
    }
    let account = text(pod, "/serviceAccountName");
    insert(facts, fact("account/name"), json!(account));
    for object in objects
        .iter()
        .filter(|object| object["kind"] == "ServiceAccount" && object["metadata"]["name"] == *account)
    {
        metadata(facts, &fact("account/annotations"), &object["metadata"]["annotations"]);
    }
    volumes(object, &main, component, objects, facts);
    for container in containers(object)
        .iter()
        .filter(|container| container["name"] != main["name"])
    {
        if args(container).iter().any(|arg| arg.starts_with("--reload-url")) {
            continue;
        }
        sidecar(container, &fact("container"), facts);
    }
    for container in pod["initContainers"].as_array().into_iter().flatten() {
        sidecar(container, &fact("initContainer"), facts);
    }
    service(object, component, objects, facts);
}

/// A further container. Names of volumes are the charts' own; where they are mounted is not.
fn sidecar(container: &Json, fact: &str, facts: &mut Facts) {
    let mut container = container.clone();
    for mount in container["volumeMounts"].as_array_mut().into_iter().flatten() {
        if let Some(mount) = mount.as_object_mut() {
            mount.remove("name");
        }
    }
    insert(facts, format!("{fact}/{}", text(&container, "/name")), container);
}

fn volumes(object: &Json, main: &Json, component: &str, objects: &[Json], facts: &mut Facts) {
    const DATA: [&str; 3] = ["/data", "/prometheus", "/pushgateway"];
    let fact = |name: &str| format!("{component}/{name}");
    for mount in main["volumeMounts"].as_array().into_iter().flatten() {
        let path = text(mount, "/mountPath");
        let name = text(mount, "/name");
        let volume = object["spec"]["template"]["spec"]["volumes"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|volume| volume["name"] == *name)
            .cloned();
        let template = object["spec"]["volumeClaimTemplates"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|template| template["metadata"]["name"] == *name)
            .cloned();
        let source = match (&volume, &template) {
            (Some(volume), _) => {
                let mut volume = volume.clone();
                if let Some(volume) = volume.as_object_mut() {
                    volume.remove("name");
                }
                volume
            }
            (None, Some(template)) => json!({"claimTemplate": template["spec"]}),
            (None, None) => Json::Null,
        };
        if DATA.contains(&path.as_str()) {
            let flag = format!("--storage.tsdb.path={path}");
            let below = args(main)
                .iter()
                .find_map(|arg| Some(arg.strip_prefix(&flag)?.trim_matches('/').to_owned()));
            let directory = format!("{}/{}", text(mount, "/subPath"), below.unwrap_or_default());
            insert(facts, fact("data/directory"), json!(directory.trim_matches('/')));
            let claim = text(&source, "/persistentVolumeClaim/claimName");
            insert(facts, fact("data/claim"), json!(claim));
            insert(facts, fact("data/emptyDir"), source["emptyDir"].clone());
            let made = objects
                .iter()
                .find(|object| object["kind"] == "PersistentVolumeClaim" && object["metadata"]["name"] == *claim)
                .map(|object| object["spec"].clone())
                .or_else(|| template.map(|template| template["spec"].clone()));
            for (field, value) in made.as_ref().and_then(Json::as_object).into_iter().flatten() {
                insert(facts, fact(&format!("data/made/{field}")), value.clone());
            }
            continue;
        }
        let text_of = source.to_string();
        if ["/etc/config", "/etc/prometheus", "/etc/prometheus-rules"].contains(&path.as_str())
            && !text_of.contains("files")
        {
            continue;
        }
        let mut mount = mount.clone();
        if let Some(mount) = mount.as_object_mut() {
            mount.remove("name");
            mount.remove("mountPath");
            mount.retain(|_, value| !value.is_null() && *value != json!("") && *value != json!(false));
        }
        insert(
            facts,
            fact(&format!("mount{path}")),
            json!({"volume": source, "mount": mount}),
        );
    }
}

/// The Service for a workload's pods that has a cluster IP, or is the only one.
fn service(object: &Json, component: &str, objects: &[Json], facts: &mut Facts) {
    let labels = &object["spec"]["template"]["metadata"]["labels"];
    let leads_here = |service: &&Json| {
        let selector = service["spec"]["selector"].as_object();
        service["kind"] == "Service"
            && is_ours(service)
            && selector.is_some_and(|selector| {
                selector
                    .iter()
                    .all(|(key, value)| labels[key] == *value || key == "statefulset.kubernetes.io/pod-name")
            })
    };
    let all: Vec<&Json> = objects.iter().filter(leads_here).collect();
    let is_headless = |service: &&&Json| text(service, "/metadata/name").ends_with("-headless");
    let Some(service) = all.iter().find(|service| !is_headless(service)) else {
        return;
    };
    let fact = |name: &str| format!("{component}/service/{name}");
    let spec = &service["spec"];
    insert(facts, fact("name"), service["metadata"]["name"].clone());
    for field in [
        "type",
        "clusterIP",
        "externalIPs",
        "loadBalancerIP",
        "loadBalancerSourceRanges",
        "loadBalancerClass",
        "externalTrafficPolicy",
        "internalTrafficPolicy",
        "sessionAffinity",
        "ipFamilies",
        "ipFamilyPolicy",
    ] {
        insert(facts, fact(field), spec[field].clone());
    }
    for port in spec["ports"].as_array().into_iter().flatten() {
        let mut port = port.clone();
        let number = port["port"].clone();
        if let Some(port) = port.as_object_mut() {
            for field in ["targetPort", "protocol", "port", "name", "appProtocol"] {
                port.remove(field);
            }
        }
        facts.insert(fact(&format!("port/{number}")), port);
    }
    metadata(facts, &fact("annotations"), &service["metadata"]["annotations"]);
    metadata(facts, &fact("labels"), &service["metadata"]["labels"]);
}

/// prometheus.yml and rules; whether there were any.
fn files(object: &Json, facts: &mut Facts) -> bool {
    let mut found = false;
    for field in ["data", "stringData"] {
        for (key, value) in object[field].as_object().into_iter().flatten() {
            let content = parse(value.as_str().unwrap_or_default());
            if key == "prometheus.yml" || content.get("scrape_configs").is_some() {
                config(&content, facts);
                found = true;
            } else if content.get("groups").is_some() {
                for group in content["groups"].as_array().into_iter().flatten() {
                    insert(facts, format!("rules/{}", text(group, "/name")), strings(group));
                }
                found = true;
            } else if is_ours(object) {
                if content.as_object().is_some_and(|map| !map.is_empty()) {
                    insert(facts, format!("file/{key}"), content);
                }
                found = true;
            }
        }
    }
    found
}

/// Scalars as strings, so that `true` and `"true"` are the same.
fn strings(value: &Json) -> Json {
    match value {
        Json::Bool(_) | Json::Number(_) => json!(value.to_string()),
        Json::Array(items) => items.iter().map(strings).collect(),
        Json::Object(map) => Json::Object(map.iter().map(|(key, value)| (key.clone(), strings(value))).collect()),
        _ => value.clone(),
    }
}

fn config(content: &Json, facts: &mut Facts) {
    for (section, value) in content.as_object().into_iter().flatten() {
        match section.as_str() {
            "scrape_configs" => {
                for job in value.as_array().into_iter().flatten() {
                    self::job(job, facts);
                }
            }
            "global" => {
                for (field, value) in value.as_object().into_iter().flatten() {
                    if field == "external_labels" {
                        metadata(facts, "config/external_labels", &strings(value));
                    } else {
                        insert(facts, format!("config/global/{field}"), value.clone());
                    }
                }
            }
            "remote_write" | "remote_read" => {
                for client in value.as_array().into_iter().flatten() {
                    let url = text(client, "/url");
                    for (field, value) in client.as_object().into_iter().flatten() {
                        insert(facts, format!("config/{section}/{url}/{field}"), strings(value));
                    }
                }
            }
            "alerting" => {
                insert(facts, "config/alerting/relabel", rules(&value["alert_relabel_configs"]));
                for (at, manager) in value["alertmanagers"].as_array().into_iter().flatten().enumerate() {
                    let target = text(manager, "/static_configs/0/targets/0");
                    let name = if target.is_empty() { at.to_string() } else { target };
                    insert(facts, format!("config/alertmanager/{name}"), strings(manager));
                }
            }
            "storage" => {
                for (field, value) in value["tsdb"].as_object().into_iter().flatten() {
                    if field == "retention" {
                        for (field, value) in value.as_object().into_iter().flatten() {
                            facts.insert(format!("server/flag/storage.tsdb.retention.{field}"), value.clone());
                        }
                    } else {
                        insert(facts, format!("config/tsdb/{field}"), value.clone());
                    }
                }
                insert(facts, "config/exemplars", value["exemplars"].clone());
            }
            "rule_files" => {}
            _ => insert(facts, format!("config/{section}"), value.clone()),
        }
    }
}

fn job(job: &Json, facts: &mut Facts) {
    let name = text(job, "/job_name");
    facts.insert(format!("config/job/{name}"), json!(true));
    for (field, value) in job.as_object().into_iter().flatten() {
        let (field, value) = match field.as_str() {
            "job_name" => continue,
            "relabel_configs" | "metric_relabel_configs" => (field.as_str(), rules(value)),
            "bearer_token_file" => ("authorization", json!({"credentials_file": value})),
            "scheme" if value == "http" => continue,
            _ => (field.as_str(), strings(value)),
        };
        insert(facts, format!("config/job/{name}/{field}"), value);
    }
}

/// Relabeling rules without default fields.
fn rules(rules: &Json) -> Json {
    let rules = rules.as_array().into_iter().flatten().map(|rule| {
        let mut rule: Map<String, Json> = strings(rule).as_object().cloned().unwrap_or_default();
        rule.retain(|key, value| !(key == "action" && value == "replace" || key == "replacement" && value == "$1"));
        let sorted: BTreeMap<String, Json> = rule.into_iter().collect();
        json!(sorted)
    });
    rules.collect()
}

/// The port number of a Service, which an Ingress may refer to by name.
fn port_number(backend: &Json, objects: &[Json]) -> Json {
    let service = objects
        .iter()
        .find(|object| object["kind"] == "Service" && object["metadata"]["name"] == backend["name"]);
    let ports = service
        .and_then(|service| service["spec"]["ports"].as_array())
        .cloned()
        .unwrap_or_default();
    let named = ports.iter().find(|port| port["name"] == backend["port"]["name"]);
    named.map_or_else(|| backend["port"]["number"].clone(), |port| port["port"].clone())
}

fn ingress(object: &Json, objects: &[Json], facts: &mut Facts) {
    let which = if text(object, "/metadata/name").contains("pushgateway") {
        "pushgateway/ingress"
    } else {
        "server/ingress"
    };
    insert(
        facts,
        format!("{which}/class"),
        object["spec"]["ingressClassName"].clone(),
    );
    insert(facts, format!("{which}/tls"), object["spec"]["tls"].clone());
    metadata(
        facts,
        &format!("{which}/annotations"),
        &object["metadata"]["annotations"],
    );
    for rule in object["spec"]["rules"].as_array().into_iter().flatten() {
        for path in rule["http"]["paths"].as_array().into_iter().flatten() {
            let port = port_number(&path["backend"]["service"], objects);
            let name = format!("{which}/host/{}{}", text(rule, "/host"), text(path, "/path"));
            facts.insert(name, json!({"type": path["pathType"], "port": port}));
        }
    }
}

fn remove(object: &mut Json, field: &str) {
    if let Some(map) = object.as_object_mut() {
        map.shift_remove(field);
    }
}

/// A route with the defaults of the definition of `HTTPRoute` removed.
fn route(object: &Json, facts: &mut Facts) {
    let mut spec = object["spec"].clone();
    let everything = json!([{"path": {"type": "PathPrefix", "value": "/"}}]);
    for rule in spec["rules"].as_array_mut().into_iter().flatten() {
        if rule["matches"] == everything {
            remove(rule, "matches");
        }
    }
    for parent in spec["parentRefs"].as_array_mut().into_iter().flatten() {
        for (field, usual) in [("group", "gateway.networking.k8s.io"), ("kind", "Gateway")] {
            if parent[field] == usual {
                remove(parent, field);
            }
        }
    }
    for rule in spec["rules"].as_array_mut().into_iter().flatten() {
        for backend in rule
            .get_mut("backendRefs")
            .and_then(Json::as_array_mut)
            .into_iter()
            .flatten()
        {
            *backend = json!({"port": backend["port"]});
        }
    }
    let hosts = spec["hostnames"].as_array().cloned().unwrap_or_default();
    let hosts: Vec<&str> = hosts.iter().filter_map(Json::as_str).collect();
    facts.insert(format!("route/{}", hosts.join(",")), spec);
}

/// RBAC objects.
fn policies(object: &Json, facts: &mut Facts) {
    match text(object, "/kind").as_str() {
        "PodDisruptionBudget" if is_ours(object) => {
            for field in ["minAvailable", "maxUnavailable", "unhealthyPodEvictionPolicy"] {
                insert(facts, format!("budget/{field}"), object["spec"][field].clone());
            }
        }
        "NetworkPolicy" if is_ours(object) => {
            let name = text(object, "/metadata/name");
            let component = ["pushgateway", "node-exporter"]
                .into_iter()
                .find(|part| name.contains(part))
                .unwrap_or("server");
            facts.insert(format!("policy/{component}"), json!(true));
            let is_limited = object["spec"]["policyTypes"]
                .as_array()
                .is_some_and(|types| types.contains(&json!("Egress")));
            facts.insert(format!("policy/{component}/limitsEgress"), json!(is_limited));
        }
        "VerticalPodAutoscaler" => {
            insert(
                facts,
                "autoscaler/mode",
                object["spec"]["updatePolicy"]["updateMode"].clone(),
            );
            insert(
                facts,
                "autoscaler/policies",
                object["spec"]["resourcePolicy"]["containerPolicies"].clone(),
            );
            insert(facts, "autoscaler/target", object["spec"]["targetRef"]["kind"].clone());
        }
        "ClusterRoleBinding" if is_ours(object) && component_of(object) == "server" => {
            facts.insert("rights/cluster".to_owned(), json!(true));
        }
        "RoleBinding" if is_ours(object) && component_of(object) == "server" => {
            facts.insert(
                format!("rights/namespace/{}", text(object, "/metadata/namespace")),
                json!(true),
            );
        }
        "ClusterRole" if is_ours(object) && component_of(object) == "server" => {
            facts.insert("rights/role".to_owned(), object["metadata"]["name"].clone());
        }
        _ => {}
    }
}

fn component_of(object: &Json) -> &'static str {
    let name = label(object, "app.kubernetes.io/name");
    ["alertmanager", "kube-state-metrics", "pushgateway", "node-exporter"]
        .into_iter()
        .find(|part| name.contains(part))
        .unwrap_or("server")
}

/// A difference: the name of the fact, its value there, its value here.
pub(crate) type Difference = (String, Json, Json);

/// The differences between two lists of facts without a reason. `ways` are facts in which the charts deliberately
/// differ: they may differ if the values do not set them, that is if they have their defaults. `own` are those of this
/// case.
pub(crate) fn unexplained(
    there: &Facts,
    here: &Facts,
    defaults: &Facts,
    ways: &Allowed,
    own: &Allowed,
) -> Vec<Difference> {
    let of = |facts: &Facts, name: &str| facts.get(name).cloned().unwrap_or(Json::Null);
    let names: std::collections::BTreeSet<&String> = there.keys().chain(here.keys()).collect();
    names
        .into_iter()
        .map(|name| (name.clone(), of(there, name), of(here, name)))
        .filter(|(_, there, here)| there != here)
        .filter(|(name, there, _)| {
            own.find(name).is_none() && !(ways.find(name).is_some() && *there == of(defaults, name))
        })
        .collect()
}

/// Allowed differences with their reasons: `PATTERN  # reason`, one per line. A star matches anything.
#[derive(Default)]
pub(crate) struct Allowed(Vec<String>);

impl Allowed {
    /// Reads a file of allowed differences.
    ///
    /// # Errors
    /// A line without a reason.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let lines = text
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let patterns: Result<Vec<String>, String> = lines
            .map(|line| match line.split_once("  # ") {
                Some((pattern, reason)) if !reason.trim().is_empty() => Ok(pattern.trim().to_owned()),
                _ => Err(format!("no reason: {line}")),
            })
            .collect();
        Ok(Self(patterns?))
    }

    /// The part of the lines that begin with the name of a case, or with a star for all of them.
    ///
    /// # Errors
    /// A line without a reason.
    pub(crate) fn of(text: &str, case: &str) -> Result<Self, String> {
        let of = |line: &'_ str, word: &str| {
            line.strip_prefix(word)
                .and_then(|rest| rest.strip_prefix(' '))
                .map(str::to_owned)
        };
        let lines: Vec<String> = text
            .lines()
            .filter_map(|line| of(line, case).or_else(|| of(line, "*")))
            .collect();
        Self::read(&lines.join("\n"))
    }

    /// The first pattern that a fact's name matches.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().map(String::as_str).find(|pattern| matches(pattern, name))
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            (0..=name.len())
                .filter(|at| name.is_char_boundary(*at))
                .any(|at| matches(rest, &name[at..]))
        }),
    }
}
