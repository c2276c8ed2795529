//! The server's workload, image and configuration object.

use super::build::{self, is_true};
use super::job::{Found, Job};
use super::path::Path;
use goyaml::{Node, Value};

/// The permissions that the community chart grants, for configurations that only the user knows.
const RIGHTS: &str = "\
- apiGroups: ['']
  resources: [nodes, nodes/metrics, services, endpoints, pods]
  verbs: [get, list, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- nonResourceURLs: [/metrics]
  verbs: [get]
";

/// Moves a value as a plain row does, but at a defined place in the order of the rows.
pub(super) fn moved(job: &mut Job<'_>, found: &Found) {
    if found.node.is_null() {
        job.same(found, "null is the same as leaving it out");
        return;
    }
    job.put(found, found.new, found.node.clone());
}

/// Moves a list, to which other keys may add items.
pub(super) fn plain_list(job: &mut Job<'_>, found: &Found) {
    let Some(items) = found.node.as_list() else {
        moved(job, found);
        return;
    };
    if items.is_empty() {
        job.same(found, "the list is empty");
        return;
    }
    let claim = job.mapped(found);
    for item in items {
        job.push(found, claim, found.new, item.clone());
    }
}

pub(super) fn server_name(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        let name = job.names.server.clone();
        job.put(found, "server.fullnameOverride", build::text(found.node.span, name));
    } else {
        job.same(found, "it is empty");
    }
}

pub(super) fn component_name(job: &mut Job<'_>, found: &Found) {
    if found.node.as_str() == Some("server") {
        job.defaults_below(&found.path);
    } else if job.names.release.is_some() {
        // Names and selectors are written at the end, for the whole release.
        job.mapped(found);
    } else {
        job.lose(
            found,
            "the chart computes the names of its objects",
            "give --release to keep the names of that release, or set server.fullnameOverride",
        );
    }
}

/// Splits `quay.io/prometheus/prometheus` into registry and repository.
pub(super) fn image(job: &mut Job<'_>, found: &Found, new: &str, registry: Option<&str>) {
    let Some(repository) = found.node.as_str() else {
        moved(job, found);
        return;
    };
    let Some(repository) = job.expand(found, repository) else {
        return;
    };
    let (own, rest) = match repository.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        // An image without a host is on Docker Hub.
        Some(_) => ("docker.io", &*repository),
        None => ("docker.io/library", &*repository),
    };
    let (registry, rest) = match registry {
        Some(registry) => (registry, &*repository),
        None => (own, rest),
    };
    let claim = job.mapped(found);
    let span = found.node.span;
    let path = Path::of(new);
    job.put_for(found, claim, &path.join("registry"), build::text(span, registry));
    job.put_for(found, claim, &path.join("repository"), build::text(span, rest));
}

pub(super) fn image_repository(job: &mut Job<'_>, found: &Found) {
    image(job, found, "server/image", None);
}

/// Moves an image tag; a floating tag must be allowed explicitly.
pub(super) fn tag(job: &mut Job<'_>, found: &Found, new: &str) {
    let Some(tag) = found.node.scalar_text().filter(|tag| !tag.is_empty()) else {
        job.same(found, "it is empty: the chart has its own version");
        return;
    };
    let Some(tag) = job.expand(found, &tag) else { return };
    job.put(found, &format!("{new}/tag"), build::text(found.node.span, &tag));
    let is_exact = tag
        .trim_start_matches('v')
        .split(['.', '-'])
        .filter(|part| part.parse::<u32>().is_ok())
        .count()
        >= 3;
    if !is_exact {
        job.set(
            &format!("{new}/allowFloatingTag"),
            build::bool(found.node.span, true),
            "the tag names no exact version",
        );
    }
}

pub(super) fn image_tag(job: &mut Job<'_>, found: &Found) {
    tag(job, found, "server/image");
}

pub(super) fn global(job: &mut Job<'_>, found: &Found) {
    let Some(map) = found.node.as_map() else {
        moved(job, found);
        return;
    };
    for (key, entry) in map.clone().iter() {
        if &**key == "external_labels" {
            continue;
        }
        let path = found.path.join(key);
        if let Some(inner) = job.find(&path, "")
            && job.wants(&inner)
        {
            job.put(&inner, &format!("config/global/{key}"), entry.node.clone());
        }
    }
    job.same(found, "nothing is set");
}

pub(super) fn replicas(job: &mut Job<'_>, found: &Found) {
    let count = found.node.scalar_text().unwrap_or_default();
    if job.is_on("server/daemonSet/enabled") && !job.is_on("server/statefulSet/enabled") {
        job.same(found, "a DaemonSet has no replicas");
        return;
    }
    job.put(found, "server/replicas", found.node.clone());
    let claim = job.text("server/persistentVolume/existingClaim");
    if !matches!(&*count, "0" | "1") && !claim.is_empty() {
        job.advise(
            found.key,
            format!("{count} replicas on the one claim {claim}"),
            "each replica needs a volume of its own: leave server.persistence.existingClaim out",
        );
    }
}

pub(super) fn stateful_set(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        job.put(found, "server/kind", build::text(found.node.span, "StatefulSet"));
    } else if job.is_on("server/daemonSet/enabled") {
        job.same(found, "it is a DaemonSet");
    } else if job
        .text("server/replicaCount")
        .parse::<u64>()
        .is_ok_and(|count| count > 1)
    {
        job.same(found, "one Deployment cannot have several replicas with a volume each");
    } else {
        job.same(found, "one server is a Deployment");
    }
}

pub(super) fn pod_management(job: &mut Job<'_>, found: &Found) {
    if job.is_on("server/statefulSet/enabled") {
        job.put(found, "server/podManagementPolicy", found.node.clone());
    } else {
        job.same(found, "it is for a StatefulSet only");
    }
}

/// Whether flags run the server in agent mode.
pub(super) fn is_agent(job: &Job<'_>) -> bool {
    let list = |path: &str| {
        Path::of(path)
            .get(&job.old)
            .and_then(Node::as_list)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::scalar_text)
            .any(|flag| {
                let flag = flag.trim_start_matches('-');
                flag == "agent"
                    || flag
                        .strip_prefix("enable-feature=")
                        .is_some_and(|names| names.split(',').any(|name| name == "agent"))
            })
    };
    let features = job.text("server/extraArgs/enable-feature");
    let has_flag = Path::of("server/extraArgs/agent").get(&job.old).is_some();
    list("server/defaultFlagsOverride")
        || list("server/extraFlags")
        || has_flag
        || features.split(',').any(|name| name == "agent")
}

pub(super) fn daemon_set(job: &mut Job<'_>, found: &Found) {
    if !is_true(&found.node) || job.is_on("server/statefulSet/enabled") {
        job.same(found, "it is none");
    } else if is_agent(job) {
        job.put(found, "server/kind", build::text(found.node.span, "DaemonSet"));
    } else {
        job.lose(
            found,
            "a DaemonSet of servers would have each node scrape everything and keep its own history",
            "run agents: server.mode: agent, server.kind: DaemonSet and a remoteWrite (see values/agent-daemonset.yaml)",
        );
    }
}

pub(super) fn daemon_set_labels(job: &mut Job<'_>, found: &Found) {
    if job.is_on("server/daemonSet/enabled") && !job.is_on("server/statefulSet/enabled") {
        moved(job, found);
    } else {
        job.same(found, "it is for a DaemonSet only");
    }
}

pub(super) fn topology_key(job: &mut Job<'_>, found: &Found) {
    let key = found.node.scalar_text().unwrap_or_default();
    if key == "kubernetes.io/hostname" {
        job.same(found, "it is the key of the preset");
    } else if job.text("server/podAntiAffinity").is_empty() {
        job.same(found, "there is no anti-affinity");
    } else {
        job.lose(
            found,
            "the preset is about nodes",
            format!(
                "set server.podAntiAffinityPreset: \"\" and a podAntiAffinity with topologyKey {key} in server.affinity"
            ),
        );
    }
}

pub(super) fn anti_affinity(job: &mut Job<'_>, found: &Found) {
    job.put(found, "server/podAntiAffinityPreset", found.node.clone());
}

pub(super) fn affinity(job: &mut Job<'_>, found: &Found) {
    moved(job, found);
    let text = goyaml::to_yaml(goyaml::Style::V3, &found.node).unwrap_or_default();
    if text.contains("app.kubernetes.io/name") && job.names.release.is_none() {
        job.advise(
            found.key,
            format!(
                "{} selects pods by app.kubernetes.io/name, which is another one here",
                found.path
            ),
            "look at the labels of the new pods, or give --release to keep the old ones",
        );
    }
}

pub(super) fn disruption_budget(job: &mut Job<'_>, found: &Found) {
    let known = [
        "enabled",
        "minAvailable",
        "maxUnavailable",
        "unhealthyPodEvictionPolicy",
    ];
    job.only(&found.path, &found.node, &known);
    let number = |text: String| text.parse::<u64>().ok();
    let least = found
        .node
        .get("minAvailable")
        .and_then(Node::scalar_text)
        .and_then(number);
    let replicas = number(job.text("server/replicaCount")).unwrap_or(1);
    if found.node.get("enabled").is_some_and(is_true) && least.is_some_and(|least| least >= replicas) {
        job.lose(
            found,
            "so many pods at least mean that no node can ever be drained",
            "set server.podDisruptionBudget.maxUnavailable, or run more replicas",
        );
        return;
    }
    let mut node = found.node.clone();
    let span = node.span;
    if let Some(map) = node.as_map_mut()
        && map.contains_key("minAvailable")
        && !map.contains_key("maxUnavailable")
    {
        let entry = goyaml::Entry {
            key: span,
            node: build::null(span),
        };
        map.insert("maxUnavailable", entry);
    }
    let unknown: Vec<String> = node
        .as_map()
        .into_iter()
        .flat_map(|map| map.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>())
        .filter(|key| !known.contains(&key.as_str()))
        .collect();
    let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
    job.put(found, "server/podDisruptionBudget", build::without(&node, &unknown));
}

pub(super) fn autoscaler(job: &mut Job<'_>, found: &Found) {
    job.only(
        &found.path,
        &found.node,
        &["enabled", "updateMode", "containerPolicies"],
    );
    let mut node = found.node.clone();
    if let Some(map) = node.as_map_mut()
        && let Some(entry) = map.get_mut("containerPolicies")
    {
        let old = format!("{}-{}", job.names.name, job.names.component);
        for policy in entry.node.as_list_mut().into_iter().flatten() {
            let Some(name) = policy.as_map_mut().and_then(|map| map.get_mut("containerName")) else {
                continue;
            };
            if name.node.as_str() == Some(&old) {
                name.node = build::text(name.node.span, "prometheus");
            }
        }
    }
    if !is_true(node.get("enabled").unwrap_or(&build::null(node.span))) {
        job.same(found, "it is off");
        return;
    }
    job.put(found, "server/verticalPodAutoscaler", node);
}

/// Moves resources. The chart's defaults are removed where the input sets none.
pub(super) fn resources(job: &mut Job<'_>, found: &Found) {
    component_resources(job, found, "server/resources");
}

/// Like [`resources`], for any component.
pub(super) fn component_resources(job: &mut Job<'_>, found: &Found, new: &str) {
    let span = found.node.span;
    let given = if found.node.as_map().is_some() {
        found.node.clone()
    } else {
        build::map(span, Vec::<(&str, Node)>::new())
    };
    if job.options.only_set {
        job.put(found, new, given);
        return;
    }
    let none = build::map(
        span,
        [
            (
                "requests",
                build::map(span, [("cpu", build::null(span)), ("memory", build::null(span))]),
            ),
            ("limits", build::map(span, [("memory", build::null(span))])),
        ],
    );
    let Value::Map(_) = &given.value else { return };
    let node = merged(&given, &none);
    job.put(found, new, node);
}

/// Merges a mapping over another one; nulls are ordinary values.
fn merged(above: &Node, below: &Node) -> Node {
    let mut node = below.clone();
    chart::merge_maps(&mut node, above.clone());
    node.span = above.span;
    node
}

pub(super) fn pod_security(job: &mut Job<'_>, found: &Found) {
    security(job, found, "server/podSecurityContext");
}

pub(super) fn container_security(job: &mut Job<'_>, found: &Found) {
    security(job, found, "server/containerSecurityContext");
}

/// A security context: fields merged over the chart's defaults, or an empty override for null.
pub(super) fn security(job: &mut Job<'_>, found: &Found, new: &str) {
    let span = found.node.span;
    if found.node.is_null() {
        let claim = job.mapped(found);
        let nothing = build::map(span, Vec::<(&str, Node)>::new());
        job.put_for(found, claim, &Path::of(new).join("override"), nothing);
    } else if !is_true(&found.node) {
        job.same(found, "it is empty");
    } else {
        let mut node = found.node.clone();
        // The chart's `runAsNonRoot` would contradict an explicit root user.
        let is_root = node
            .get("runAsUser")
            .and_then(Node::scalar_text)
            .is_some_and(|user| user == "0");
        if let Some(map) = node.as_map_mut()
            && is_root
            && !map.contains_key("runAsNonRoot")
        {
            let entry = goyaml::Entry {
                key: span,
                node: build::bool(span, false),
            };
            map.insert("runAsNonRoot", entry);
        }
        job.put(found, new, node);
    }
}

fn existing(job: &mut Job<'_>, found: &Found, kind: &str, name: &str) {
    let span = found.node.span;
    let claim = job.mapped(found);
    job.put_for(
        found,
        claim,
        &Path::of("config/existing"),
        build::map(
            span,
            [("kind", build::text(span, kind)), ("name", build::text(span, name))],
        ),
    );
    job.set(
        "rbac/mode",
        build::text(span, "custom"),
        "the chart cannot read your configuration",
    );
    if let Ok(rights) = goyaml::parse_str(RIGHTS, source::Span::file_start(source::FileId::NONE)) {
        job.set(
            "rbac/rules",
            rights.node,
            "the rights that the community chart grants; leave out what no job needs",
        );
    }
}

pub(super) fn config_secret(job: &mut Job<'_>, found: &Found) {
    match found.node.as_str() {
        Some(name) if !name.is_empty() => existing(job, found, "Secret", name),
        _ => job.same(found, "it is empty"),
    }
}

pub(super) fn config_map(job: &mut Job<'_>, found: &Found) {
    let name = found.node.as_str().unwrap_or_default().to_owned();
    if name.is_empty() {
        job.same(found, "it is empty");
    } else if let Some(release) = job.names.release.clone() {
        existing(job, found, "ConfigMap", &format!("{release}-{name}"));
    } else {
        job.lose(
            found,
            "the name of the ConfigMap begins with that of the release",
            "give --release, or set config.existing",
        );
    }
}

/// Whether the configuration is not generated by the community chart.
pub(super) fn has_own_config(job: &Job<'_>) -> bool {
    job.is_on("server/configFromSecret") || job.is_on("server/configMapOverrideName")
}
