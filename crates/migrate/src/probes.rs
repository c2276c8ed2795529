//! Probes of the server.

use super::build::{self, is_true};
use super::job::{Found, Job};

pub(super) fn tcp_socket(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        job.put(found, "server.probes.mode", build::text(found.node.span, "tcpSocket"));
    } else {
        job.same(found, "probes use HTTP");
    }
}

pub(super) fn scheme(job: &mut Job<'_>, found: &Found) {
    if found
        .node
        .scalar_text()
        .is_none_or(|scheme| scheme.eq_ignore_ascii_case("http"))
    {
        job.same(found, "probes use HTTP");
    } else {
        job.lose(
            found,
            "probes follow the web configuration",
            "set web.tls.mode: existing and web.tls.existingSecret",
        );
    }
}

pub(super) fn headers(job: &mut Job<'_>, found: &Found) {
    if !is_true(&found.node) {
        job.same(found, "the list is empty");
        return;
    }
    job.lose(
        found,
        "a password in a header of a probe is readable for whoever may read pods",
        "set web.basicAuth: probes then use a client configuration from a Secret",
    );
}

pub(super) fn liveness_success(job: &mut Job<'_>, found: &Found) {
    job.same(found, "Kubernetes allows nothing but 1");
}
