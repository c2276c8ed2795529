//! The serving certificate: Prometheus verifies it with the CA in its service account, for the host names that its jobs
//! use.

use std::net::IpAddr;

use super::bench::Bench;
use super::certificate::{Certificate, Purpose};
use super::chain;
use super::pair::{Need, needed, pair};
use super::server::{Kind, Server};
use super::signature::Verdict;
use diagnostics::{Diagnostic, Severity};

const SERVING: [Need; 2] = [
    Need {
        name: "tls-cert-file",
        example: "/etc/kubernetes/pki/apiserver.crt",
        why: "the API server makes a self-signed certificate, which the ca.crt of service accounts does not verify: every job that asks \
              the API server fails",
        severity: Severity::Error,
    },
    Need {
        name: "tls-private-key-file",
        example: "/etc/kubernetes/pki/apiserver.key",
        why: "the API server cannot use --tls-cert-file",
        severity: Severity::Error,
    },
];

pub(super) fn check(
    bench: &mut Bench<'_>,
    server: &Server,
    client_ca: Option<&[Certificate]>,
    service: Option<IpAddr>,
    domain: &str,
) {
    let [certificate, key] = SERVING.map(|need| needed(bench, server, &need));
    let chain = pair(bench, server, certificate, key, Purpose::Server);
    let (Some(flag), Some(chain)) = (certificate, chain) else {
        return;
    };
    names(bench, server, &chain[0], service, domain);
    let subject = "--tls-cert-file: issuer";
    let Some(authorities) = client_ca else {
        return bench.inconclusive(subject, "the client CA was not read");
    };
    let issuer = chain[0].issuer();
    match chain::leads_to(&chain, authorities, bench.now) {
        Verdict::Good => bench.pass(subject, format!("signed by {issuer} (--client-ca-file)")),
        Verdict::Unknown(what) => bench.inconclusive(subject, format!("it is signed with {what}")),
        Verdict::Bad => {
            let message =
                format!("the serving certificate is not signed by a CA of `--client-ca-file`, but by {issuer}");
            let help = "make sure that the --root-ca-file of kube-controller-manager, which becomes ca.crt in pods, has that CA";
            let found = Diagnostic::info("certificate-issuer", message)
                .at(flag.value_place)
                .help(help);
            bench.found(subject, found);
        }
    }
}

/// Checks the host names and the address that pods use.
fn names(bench: &mut Bench<'_>, server: &Server, certificate: &Certificate, service: Option<IpAddr>, domain: &str) {
    let Some(flag) = server.flag("tls-cert-file") else {
        return;
    };
    let subject = "--tls-cert-file: names";
    let full = format!("kubernetes.default.svc.{domain}");
    let names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", &full];
    let mut missing: Vec<String> = names
        .iter()
        .filter(|name| !certificate.names(name))
        .map(|name| format!("DNS:{name}"))
        .collect();
    if let Some(address) = service
        && !certificate.addresses.contains(&address)
    {
        missing.push(format!("IP:{address}"));
    }
    if missing.is_empty() {
        let service = service.map(|address| format!(", {address}")).unwrap_or_default();
        bench.pass(subject, format!("{}{service}", names.join(", ")));
        return;
    }
    if certificate.dns_names.is_empty() && certificate.addresses.is_empty() {
        let message = format!(
            "the serving certificate {} has no subjectAltName: Go and so Prometheus ignore the common name",
            certificate.subject()
        );
        let found = Diagnostic::error("certificate-names", message)
            .help(format!("issue it with subjectAltName = {}", missing.join(", ")));
        bench.found(subject, Server::at(flag, found));
        return;
    }
    // An SNI certificate may cover these names.
    if let Some(sni) = server.flag("tls-sni-cert-key") {
        let reason = format!("it lacks {}, which `--tls-sni-cert-key` may serve", missing.join(", "));
        bench.unchecked(
            subject,
            reason,
            sni.value_place,
            "look for the names with openssl x509 -ext subjectAltName",
        );
        return;
    }
    let message = format!(
        "the serving certificate lacks {}: pods that verify it fail",
        missing.join(", ")
    );
    let other = certificate
        .dns_names
        .iter()
        .find_map(|name| name.strip_prefix("kubernetes.default.svc."));
    let help = match (other, server.kind) {
        (Some(other), _) if missing == [format!("DNS:{full}")] => {
            format!(
                "it is for the cluster domain `{other}`: if that is right, say so with --cluster-domain and in the chart's global.clusterDomain"
            )
        }
        (_, Kind::Kubeadm) => {
            "add the names to apiServer.certSANs, remove the certificate and run `kubeadm init phase certs apiserver`"
                .to_owned()
        }
        (_, Kind::Manifest) => {
            let all: Vec<String> = names
                .iter()
                .map(|name| format!("DNS:{name}"))
                .chain(service.map(|address| format!("IP:{address}")))
                .collect();
            format!("issue it with subjectAltName = {}", all.join(", "))
        }
    };
    bench.found(
        subject,
        Server::at(flag, Diagnostic::error("certificate-names", message).help(help)),
    );
}
