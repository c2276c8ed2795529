//! The subchart prometheus-node-exporter.

use std::sync::Arc;

use super::build::{self, is_true};
use super::exporter::{self, extra_arg, timing};
use super::job::{Found, Job};
use super::kind;
use super::path::Path;
use goyaml::Node;

const NEW: &str = "nodeExporter";

fn is_on(job: &Job<'_>) -> bool {
    job.is_on("prometheus-node-exporter/enabled")
}

pub(super) fn enabled(job: &mut Job<'_>, found: &Found) {
    job.put(
        found,
        "nodeExporter.enabled",
        build::bool(found.node.span, is_true(&found.node)),
    );
}

pub(super) fn names(job: &mut Job<'_>, found: &Found) {
    if !is_true(&found.node) {
        job.same(found, "it is empty");
    } else if job.names.release.is_some() {
        job.mapped(found);
    } else {
        job.lose(
            found,
            "the chart computes the names of its objects",
            "give --release to keep the names of that release, or set nodeExporter.fullnameOverride",
        );
    }
}

pub(super) fn full_name(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        let name = job.names.node_exporter.clone();
        job.put(
            found,
            "nodeExporter.fullnameOverride",
            build::text(found.node.span, name),
        );
    } else {
        job.same(found, "it is empty");
    }
}

pub(super) fn tag(job: &mut Job<'_>, found: &Found) {
    let tag = found.node.scalar_text().unwrap_or_default();
    if tag.is_empty() {
        job.same(found, "it is empty: the chart has its own version");
        return;
    }
    let suffix = if job.is_on("prometheus-node-exporter/image/distroless") {
        "-distroless"
    } else {
        ""
    };
    let mut with_suffix = found.clone();
    with_suffix.node = build::text(found.node.span, format!("{tag}{suffix}"));
    kind::tag(job, &with_suffix, "nodeExporter/image");
}

pub(super) fn distroless(job: &mut Job<'_>, found: &Found) {
    if !is_true(&found.node) {
        job.same(found, "it is off");
    } else if job.text("prometheus-node-exporter/image/tag").is_empty() {
        job.lose(
            found,
            "it is a part of the tag",
            "write the whole tag, with -distroless at its end, to nodeExporter.image.tag",
        );
    } else {
        job.mapped(found);
    }
}

pub(super) fn proxy(job: &mut Job<'_>, found: &Found) {
    job.defaults_below(&found.path);
    if found.node.get("enabled").is_some_and(is_true) {
        job.lose(
            found,
            "node-exporter does TLS and passwords itself",
            "set nodeExporter.web.tls (mode: existing, existingSecret) and nodeExporter.web.basicAuth",
        );
    } else {
        job.same(found, "it is off");
    }
}

pub(super) fn cluster_ip(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) && job.text("prometheus-node-exporter/service/type") == "ClusterIP" {
        job.put(found, "nodeExporter.service.clusterIP", found.node.clone());
    } else {
        job.same(found, "nobody asks the Service for an address of its own");
    }
}

pub(super) fn port(job: &mut Job<'_>, found: &Found) {
    let claim = job.mapped(found);
    job.put_for(
        found,
        claim,
        &Path::place("nodeExporter.listenPort"),
        found.node.clone(),
    );
    if !job.is_on("prometheus-node-exporter/service/servicePort") {
        job.put_for(
            found,
            claim,
            &Path::place("nodeExporter.service.port"),
            found.node.clone(),
        );
    }
}

pub(super) fn service_port(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        job.put(found, "nodeExporter.service.port", found.node.clone());
    } else {
        job.same(found, "it is empty");
    }
}

pub(super) fn port_name(job: &mut Job<'_>, found: &Found) {
    let claim = job.mapped(found);
    for key in ["service.portName", "service.targetPort", "containerPort.name"] {
        job.put_for(found, claim, &Path::place(&format!("{NEW}.{key}")), found.node.clone());
    }
}

pub(super) fn listen(job: &mut Job<'_>, found: &Found) {
    let word = if is_true(&found.node) { "all" } else { "node" };
    job.put(found, "nodeExporter.listenOn", build::text(found.node.span, word));
}

/// Environment variables, given as a mapping.
pub(super) fn env(job: &mut Job<'_>, found: &Found) {
    let Some(map) = found.node.as_map().cloned() else {
        job.same(found, "it is empty");
        return;
    };
    if map.is_empty() {
        job.same(found, "it is empty");
        return;
    }
    let claim = job.mapped(found);
    for (name, entry) in super::written::in_order(&map) {
        let value = entry.node.scalar_text().unwrap_or_default();
        let span = entry.node.span;
        let variable = build::map(
            span,
            [("name", build::text(span, name)), ("value", build::text(span, value))],
        );
        job.push(found, claim, "nodeExporter.extraEnv", variable);
    }
}

pub(super) fn resources(job: &mut Job<'_>, found: &Found) {
    if found.is_given || is_on(job) {
        kind::component_resources(job, found, "nodeExporter.resources");
    }
}

pub(super) fn priority(job: &mut Job<'_>, found: &Found) {
    if found.is_given || is_on(job) {
        let name = found.node.scalar_text().unwrap_or_default();
        job.put(
            found,
            "nodeExporter.priorityClassName",
            build::text(found.node.span, name),
        );
    }
}

pub(super) fn pod_security(job: &mut Job<'_>, found: &Found) {
    kind::security(job, found, "nodeExporter/podSecurityContext");
}

pub(super) fn container_security(job: &mut Job<'_>, found: &Found) {
    kind::security(job, found, "nodeExporter/containerSecurityContext");
}

pub(super) fn host_ipc(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        job.lose(
            found,
            "node-exporter reads nothing of the node's IPC namespace",
            "leave it out",
        );
    } else {
        job.same(found, "it is off");
    }
}

pub(super) fn labels(job: &mut Job<'_>, found: &Found) {
    if let Some(node) = job.expand_all(found, &found.node.clone()) {
        job.put(found, "nodeExporter.podLabels", node);
    }
}

pub(super) fn common_labels(job: &mut Job<'_>, found: &Found) {
    let Some(node) = job.expand_all(found, &found.node.clone()) else {
        return;
    };
    if !is_true(&node) {
        job.same(found, "it is empty");
        return;
    }
    let claim = job.mapped(found);
    for key in ["labels", "podLabels", "service.labels"] {
        job.put_for(found, claim, &Path::place(&format!("{NEW}.{key}")), node.clone());
    }
}

pub(super) fn release_label(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        job.lose(
            found,
            "the label is for monitors of the Prometheus operator",
            "set nodeExporter.service.labels.release if one is there",
        );
    } else {
        job.same(found, "it is off");
    }
}

pub(super) fn termination_message(job: &mut Job<'_>, found: &Found) {
    job.defaults_below(&found.path);
    if found.node.get("enabled").is_some_and(is_true) {
        job.lose(
            found,
            "the message of a container that ends is that of Kubernetes",
            "node-exporter writes no such message; leave it out",
        );
    } else {
        job.same(found, "it is off");
    }
}

pub(super) fn args(job: &mut Job<'_>, found: &Found) {
    for (at, item) in found.node.as_list().unwrap_or_default().iter().enumerate() {
        let Some(mut entry) = job.find(&found.path.join(&at.to_string()), found.about) else {
            continue;
        };
        entry.key = item.span;
        let text = item.scalar_text().unwrap_or_default();
        let (name, value) = exporter::flag(&text);
        let collector = name.strip_prefix("no-").unwrap_or(&name).strip_prefix("collector.");
        // The settings of a collector have another name component.
        let switch = collector.filter(|collector| value.is_none() && !collector.contains('.'));
        if let Some(collector) = switch {
            let is_on = !name.starts_with("no-");
            let claim = job.mapped(&entry);
            let place = Path::place("nodeExporter.collectors").join(collector);
            job.put_for(&entry, claim, &place, build::bool(item.span, is_on));
            continue;
        }
        match (name.as_str(), value.as_deref()) {
            ("path.procfs" | "path.sysfs" | "path.rootfs", _) => {
                job.same(&entry, "the chart gives the paths of its mounts itself");
            }
            ("log.level", Some(value)) => job.put(&entry, "nodeExporter.logLevel", build::text(item.span, value)),
            ("log.format", Some(value)) => job.put(&entry, "nodeExporter.logFormat", build::text(item.span, value)),
            _ => extra_arg(job, &entry, NEW, &name, value.as_deref()),
        }
    }
    job.same(found, "there are no flags");
}

pub(super) fn plain_list(job: &mut Job<'_>, found: &Found) {
    kind::plain_list(job, found);
}

pub(super) fn permissions(job: &mut Job<'_>, found: &Found) {
    job.defaults_below(&found.path);
    let wanted = ["rapl", "slabinfo"]
        .iter()
        .any(|fix| found.node.at(["fixes", fix]).is_some_and(is_true))
        || found.node.get("extraCommands").is_some_and(is_true);
    if wanted {
        job.lose(
            found,
            "the chart has no container that changes the node's files as root",
            "write such a container to nodeExporter.initContainers, with the mounts that it needs",
        );
    } else {
        job.same(found, "it is off");
    }
}

pub(super) fn liveness(job: &mut Job<'_>, found: &Found) {
    job.defaults_below(&found.path);
    timing(job, found, "nodeExporter.probes.liveness", &["httpGet"]);
    job.same(found, "it changes nothing");
}

pub(super) fn readiness(job: &mut Job<'_>, found: &Found) {
    job.defaults_below(&found.path);
    timing(job, found, "nodeExporter.probes.readiness", &["httpGet"]);
    job.same(found, "it changes nothing");
}

/// A resource policy for the single container.
pub(super) fn autoscaler(job: &mut Job<'_>, found: &Found) {
    job.defaults_below(&found.path);
    let known = [
        "enabled",
        "recommenders",
        "controlledResources",
        "controlledValues",
        "maxAllowed",
        "minAllowed",
        "updatePolicy",
    ];
    job.only(&found.path, &found.node, &known);
    if !found.node.get("enabled").is_some_and(is_true) {
        job.same(found, "it is off");
        return;
    }
    let span = found.node.span;
    let mut policy: Vec<(Arc<str>, Node)> = vec![("containerName".into(), build::text(span, "node-exporter"))];
    for key in ["controlledResources", "controlledValues", "maxAllowed", "minAllowed"] {
        if let Some(value) = found.node.get(key).filter(|value| is_true(value)) {
            policy.push((key.into(), value.clone()));
        }
    }
    let claim = job.mapped(found);
    let place = |key: &str| Path::place(&format!("{NEW}.verticalPodAutoscaler.{key}"));
    job.put_for(found, claim, &place("enabled"), build::bool(span, true));
    job.put_for(
        found,
        claim,
        &place("containerPolicies"),
        build::list(span, [build::map(span, policy)]),
    );
    if let Some(mode) = found.node.at(["updatePolicy", "updateMode"]) {
        job.put_for(found, claim, &place("updateMode"), mode.clone());
    }
    if let Some(recommenders) = found.node.get("recommenders").filter(|list| is_true(list)) {
        job.put_for(found, claim, &place("recommenders"), recommenders.clone());
    }
    let replicas = found.node.at(["updatePolicy", "minReplicas"]);
    if let Some(node) = replicas.filter(|node| !node.is_null()) {
        job.advise(
            node.span,
            "minReplicas of the update policy is not carried over",
            "a DaemonSet has a pod on each node; the default of the autoscaler is 2",
        );
    }
}
