//! The namespaces that the server watches, its permissions, and its network policy.

use super::build::{self, is_true};
use super::job::{Found, Job};
use goyaml::Node;

pub(super) fn existing_role(job: &mut Job<'_>, found: &Found) {
    if !is_true(&found.node) {
        job.same(found, "it is empty");
    } else if job.is_on("server/namespaces") || job.is_on("server/releaseNamespace") {
        job.put(found, "rbac.namespaced", build::bool(found.node.span, true));
    } else {
        job.put(found, "rbac.create", build::bool(found.node.span, false));
    }
}

pub(super) fn release_namespace(job: &mut Job<'_>, found: &Found) {
    if !is_true(&found.node) {
        job.same(found, "it is off");
        return;
    }
    let claim = job.mapped(found);
    let span = found.node.span;
    job.put_for(
        found,
        claim,
        &super::path::Path::place("rbac.namespaced"),
        build::bool(span, true),
    );
    // Without a list, the community chart uses only the release's own namespace.
    if job.is_on("server/namespaces") {
        match job.names.namespace.clone() {
            Some(namespace) => job.push(found, claim, "scrape.namespaces", build::text(span, namespace)),
            None => job.advise(
                found.key,
                "the release's own namespace is to be added to scrape.namespaces",
                "give --namespace",
            ),
        }
    }
}

pub(super) fn namespaces(job: &mut Job<'_>, found: &Found) {
    let items: Vec<Node> = found.node.as_list().unwrap_or_default().to_vec();
    if items.is_empty() {
        job.same(found, "the list is empty");
        return;
    }
    let mut names = Vec::new();
    for item in &items {
        let text = item.scalar_text().unwrap_or_default();
        let Some(text) = job.expand(found, &text) else { return };
        names.extend(
            text.split(',')
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty()),
        );
    }
    let claim = job.mapped(found);
    let span = found.node.span;
    for name in names {
        job.push(found, claim, "scrape.namespaces", build::text(span, name));
    }
    job.put_for(
        found,
        claim,
        &super::path::Path::place("rbac.namespaced"),
        build::bool(span, true),
    );
}

/// The community chart allows all traffic to the server's port and does not restrict the server's own connections.
pub(super) fn network_policy(job: &mut Job<'_>, found: &Found) {
    let span = found.node.span;
    job.put(found, "networkPolicy.enabled", build::bool(span, is_true(&found.node)));
    if !is_true(&found.node) {
        return;
    }
    let everybody = build::list(
        span,
        [
            build::map(span, [("namespaceSelector", build::map(span, [] as [(&str, Node); 0]))]),
            build::map(
                span,
                [("ipBlock", build::map(span, [("cidr", build::text(span, "0.0.0.0/0"))]))],
            ),
        ],
    );
    job.set(
        "networkPolicy.clients",
        everybody,
        "as in the community chart, which lets everybody in",
    );
    job.set(
        "networkPolicy.egress.enabled",
        build::bool(span, false),
        "as in the community chart, which lets everything out",
    );
    for (old, new) in [
        (
            "prometheus-pushgateway/networkPolicy",
            "pushgateway.networkPolicy.enabled",
        ),
        (
            "prometheus-node-exporter/networkPolicy/enabled",
            "nodeExporter.networkPolicy.enabled",
        ),
    ] {
        if !job.is_on(old) {
            job.set(
                new,
                build::bool(span, false),
                "networkPolicy.enabled was for the server only",
            );
        }
    }
}
