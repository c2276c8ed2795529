//! The server's Service.

use super::build::{self, is_true};
use super::job::{Found, Job};
use super::kind;
use goyaml::Node;

pub(super) fn port_name(job: &mut Job<'_>, found: &Found) {
    let name = found.node.scalar_text().unwrap_or_default();
    if name.is_empty() {
        job.same(found, "it is empty");
        return;
    }
    job.put(found, "server.containerPort.name", found.node.clone());
    job.set(
        "server.service.targetPort",
        build::text(found.node.span, name),
        "the name of the container's port",
    );
}

pub(super) fn session_affinity(job: &mut Job<'_>, found: &Found) {
    if matches!(found.node.as_str(), Some("None" | "") | None) {
        job.same(found, "it is the default of Kubernetes");
    } else {
        kind::moved(job, found);
    }
}

/// A port for the Thanos sidecar.
pub(super) fn grpc(job: &mut Job<'_>, found: &Found) {
    job.only(
        &found.path,
        &found.node,
        &["enabled", "servicePort", "nodePort", "type"],
    );
    if !found.node.get("enabled").is_some_and(is_true) {
        job.defaults_below(&found.path);
        job.same(found, "it is off");
        return;
    }
    let span = found.node.span;
    let port = found
        .node
        .get("servicePort")
        .cloned()
        .unwrap_or_else(|| build::null(span));
    let mut fields = vec![
        ("name", build::text(span, "grpc")),
        ("port", port),
        ("targetPort", Node::new(goyaml::Value::Int(10901), span)),
    ];
    if let Some(port) = found.node.get("nodePort").filter(|port| is_true(port)) {
        fields.push(("nodePort", port.clone()));
    }
    let claim = job.mapped(found);
    job.push(found, claim, "server.service.extraPorts", build::map(span, fields));
}

pub(super) fn headless(job: &mut Job<'_>, found: &Found) {
    job.defaults_below(&found.path);
    if !job.is_on("server/statefulSet/enabled") {
        job.same(found, "it is for a StatefulSet only");
        return;
    }
    job.lose(
        found,
        "the headless Service has the labels and ports that the chart gives it",
        "Thanos finds the server by server.thanos.service; for others make a Service with extraObjects",
    );
}

pub(super) fn one_replica(job: &mut Job<'_>, found: &Found) {
    if found.node.get("enabled").is_some_and(is_true) && job.is_on("server/statefulSet/enabled") {
        job.lose(
            found,
            "the Service leads to all replicas",
            "set server.service.sessionAffinity: ClientIP, which keeps a client on one of them",
        );
    } else {
        job.same(found, "it is off");
    }
}
