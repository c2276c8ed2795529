//! Values that are likely for a key of some name, where nothing else is known of it.

use serde_json::{Value as Json, json};

/// How deep a made-up value nests.
pub(super) const MAX_DEPTH: usize = 5;
/// A text that means nothing.
pub(super) const WORD: &str = "explore";

/// Whether Go's `if` takes a value for true.
pub(super) fn is_true(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(value) => *value,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
    }
}

/// A number for a key of this name.
pub(super) fn number(name: &str) -> i64 {
    let name = name.to_lowercase();
    let has = |part: &str| name.contains(part);
    if has("nodeport") {
        30080
    } else if has("port") {
        8080
    } else if has("user") || has("group") {
        1000
    } else if has("second") || has("threshold") || has("percent") || has("utilization") {
        50
    } else {
        2
    }
}

/// A text for a key of this name.
pub(super) fn text(name: &str) -> Json {
    let lower = name.to_lowercase();
    let ends = |parts: &[&str]| parts.iter().any(|part| lower.ends_with(part));
    let value = if ends(&["nodeport"]) {
        return json!(30080);
    } else if ends(&["port"]) {
        return json!(8080);
    } else if ends(&["enabled", "enable"]) {
        return json!(true);
    } else if ends(&[
        "replicas",
        "replicacount",
        "seconds",
        "threshold",
        "utilizationpercentage",
        "limit",
    ]) {
        return json!(2);
    } else if ends(&["host", "hostname", "domain", "fqdn", "hosts"]) {
        "explore.example.com"
    } else if ends(&["url", "endpoint", "uri", "address"]) {
        "http://explore.example.com"
    } else if ends(&["path", "dir", "directory"]) {
        "/explore"
    } else if ends(&["size", "storage", "memory"]) {
        "1Gi"
    } else if ends(&["cpu"]) {
        "100m"
    } else if ends(&["interval", "timeout", "duration", "period"]) {
        "30s"
    } else if ends(&["schedule", "cron"]) {
        "0 3 * * *"
    } else if ends(&["ip", "clusterip", "loadbalancerip"]) {
        "10.0.0.10"
    } else if ends(&["cidr", "ranges"]) {
        "10.0.0.0/8"
    } else if ends(&["tag", "version"]) {
        "1.2.3"
    } else if ends(&["pullpolicy"]) {
        "IfNotPresent"
    } else if ends(&["email"]) {
        "explore@example.com"
    } else if ends(&["minavailable", "maxunavailable"]) {
        return json!(1);
    } else {
        WORD
    };
    json!(value)
}

/// An item that Kubernetes accepts in a list of this name.
pub(super) fn well_known_item(name: &str) -> Option<Json> {
    match well_known(name)? {
        Json::Array(items) => items.into_iter().next(),
        _ => None,
    }
}

/// A value that Kubernetes accepts for a field of this name, which charts often copy from their values.
pub(super) fn well_known(name: &str) -> Option<Json> {
    let lower = name.to_lowercase();
    let ends = |part: &str| lower.ends_with(part);
    Some(if ends("annotations") || ends("labels") {
        json!({"example.com/explore": WORD})
    } else if ends("nodeselector") {
        json!({"kubernetes.io/os": "linux"})
    } else if ends("tolerations") {
        json!([{"operator": "Exists"}])
    } else if ends("nodeaffinity") {
        json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}]}})
    } else if ends("podantiaffinity") || ends("podaffinity") {
        json!({"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm":
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": WORD}}}}]})
    } else if ends("affinity") {
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}]}}})
    } else if ends("topologyspreadconstraints") {
        json!([{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app": WORD}}}])
    } else if ends("resources") {
        json!({"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}})
    } else if ends("podsecuritycontext") {
        json!({"runAsNonRoot": true, "fsGroup": 1000})
    } else if ends("securitycontext") {
        json!({"runAsNonRoot": true, "runAsUser": 1000})
    } else if ends("imagepullsecrets") || ends("pullsecrets") {
        json!([{"name": WORD}])
    } else if ends("volumemounts") {
        json!([{"name": WORD, "mountPath": "/explore"}])
    } else if ends("volumeclaimtemplates") {
        json!([{"metadata": {"name": WORD}, "spec": {"accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}}}}])
    } else if ends("volumes") {
        json!([{"name": WORD, "emptyDir": {}}])
    } else if ends("envfrom") {
        json!([{"configMapRef": {"name": WORD, "optional": true}}])
    } else if ends("envvars") || ends("env") || ends("environment") {
        json!([{"name": "EXPLORE", "value": WORD}])
    } else if ends("containers") || ends("sidecars") {
        json!([{"name": WORD, "image": "explore.example.com/explore:1.2.3"}])
    } else if ends("hostaliases") {
        json!([{"ip": "10.0.0.10", "hostnames": ["explore.example.com"]}])
    } else if ends("dnsconfig") {
        json!({"nameservers": ["10.0.0.10"]})
    } else if ends("dnspolicy") {
        json!("ClusterFirst")
    } else if ends("accessmodes") {
        json!(["ReadWriteOnce"])
    } else if ends("livenessprobe") || ends("readinessprobe") || ends("startupprobe") || ends("probe") {
        json!({"httpGet": {"path": "/", "port": 8080}})
    } else if ends("lifecycle") || ends("lifecyclehooks") {
        json!({"preStop": {"exec": {"command": ["sleep", "1"]}}})
    } else if ends("updatestrategy") || ends("strategy") {
        json!({"type": "RollingUpdate"})
    } else if ends("loadbalancersourceranges") {
        json!(["10.0.0.0/8"])
    } else if ends("externalips") {
        json!(["10.0.0.10"])
    } else if ends("args") || ends("command") {
        json!([WORD])
    } else if ends("extradeploy") || ends("extraobjects") || ends("extramanifests") || ends("extraresources") {
        json!([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": WORD}}])
    } else if ends("matchlabels") {
        json!({"app": WORD})
    } else if ends("relabelings") {
        json!([{"action": "labeldrop", "regex": WORD}])
    } else {
        return None;
    })
}
