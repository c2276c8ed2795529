//! The aggregator: the API server forwards requests for aggregated APIs (metrics adapters, metrics-server) with the
//! user's name in headers, which the other server trusts if the client certificate is valid.

use super::bench::Bench;
use super::certificate::{Certificate, Purpose};
use super::chain;
use super::flag::Flag;
use super::pair::{Need, authority, needed, pair};
use super::server::Server;
use diagnostics::{Diagnostic, Severity};

const WHY_CA: &str = "aggregated API servers cannot tell that a request comes from the aggregator and refuse it";
const WHY_CLIENT: &str =
    "the aggregator has no certificate to show to aggregated API servers, which refuse its requests";

const CA: Need = Need {
    name: "requestheader-client-ca-file",
    example: "/etc/kubernetes/pki/front-proxy-ca.crt",
    why: WHY_CA,
    severity: Severity::Error,
};

const CLIENT: [Need; 2] = [
    Need {
        name: "proxy-client-cert-file",
        example: "/etc/kubernetes/pki/front-proxy-client.crt",
        why: WHY_CLIENT,
        severity: Severity::Error,
    },
    Need {
        name: "proxy-client-key-file",
        example: "/etc/kubernetes/pki/front-proxy-client.key",
        why: WHY_CLIENT,
        severity: Severity::Error,
    },
];

/// The flags with header lists, and the header that the aggregator always sends.
const HEADERS: [(&str, &str); 3] = [
    ("requestheader-username-headers", "X-Remote-User"),
    ("requestheader-group-headers", "X-Remote-Group"),
    ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
];

pub(super) fn check(bench: &mut Bench<'_>, server: &Server, client_ca: Option<&[Certificate]>) {
    let ca = needed(bench, server, &CA);
    for (name, standard) in HEADERS {
        headers(bench, server, name, standard);
    }
    let names = allowed_names(bench, server);
    let [certificate, key] = CLIENT.map(|need| needed(bench, server, &need));
    let authorities = ca.and_then(|_| authority(bench, server, CA.name));
    let chain = pair(bench, server, certificate, key, Purpose::Client);
    if let (Some(flag), Some(authorities)) = (ca, &authorities) {
        shared_ca(bench, server, flag, authorities, client_ca, names.as_deref());
    }
    if let (Some(own), Some(chain)) = (certificate, &chain) {
        let message = format!(
            "the certificate {} is not signed by a CA of `--requestheader-client-ca-file`",
            chain[0].subject()
        );
        let help = "aggregated API servers refuse the aggregator: issue the certificate from that CA";
        let found = Diagnostic::error("certificate-issuer", message).help(help);
        chain::check_issuer(bench, own, chain, ca.zip(authorities.as_deref()), found);
    }
    if let (Some(flag), Some(chain), Some(names)) = (certificate, &chain, names) {
        common_name(bench, server, flag, &chain[0], &names);
    }
}

/// The values of a list flag. Reports invalid CSV and empty values, which the API server rejects.
fn list(bench: &mut Bench<'_>, server: &Server, name: &str) -> Option<Vec<String>> {
    let rule = "apiserver-flag-value";
    match server.flags.list(name) {
        Err((flag, error)) => {
            let found = Diagnostic::error(rule, format!("`--{name}` is no list: {error}"))
                .help("write values with commas between them");
            bench.found(format!("--{name}"), Server::at(flag, found));
            None
        }
        Ok(values) => {
            if let Some((_, flag)) = values.iter().find(|(value, _)| value.trim().is_empty()) {
                let message = format!("`--{name}` has an empty value in it: kube-apiserver does not start");
                bench.found(
                    format!("--{name}"),
                    Server::at(flag, Diagnostic::error(rule, message).help("remove the comma")),
                );
            }
            Some(values.into_iter().map(|(value, _)| value).collect())
        }
    }
}

fn headers(bench: &mut Bench<'_>, server: &Server, name: &'static str, standard: &'static str) {
    let Some(values) = list(bench, server, name) else {
        return;
    };
    let subject = format!("--{name}");
    if values.iter().any(|value| value.eq_ignore_ascii_case(standard)) {
        bench.pass(subject, values.join(","));
        return;
    }
    // Without group or extra headers the user is still known, but belongs to no group.
    let severity = if name == "requestheader-username-headers" {
        Severity::Error
    } else {
        Severity::Warning
    };
    let mut found = match server.flag(name).filter(|_| !values.is_empty()) {
        Some(flag) => {
            let message = format!(
                "`--{name}` is without {standard}, the header that the aggregator sends: aggregation does not work"
            );
            Server::at(flag, Diagnostic::error("aggregator-headers", message))
        }
        None => {
            let message = format!(
                "`--{name}` is missing: aggregated API servers do not read the header {standard} of the aggregator"
            );
            Diagnostic::error("apiserver-flag-missing", message)
                .at(server.flag(name).map_or(server.place, |flag| flag.place))
        }
    };
    found.severity = severity;
    bench.found(subject, found.help(server.set(name, standard)));
}

/// The common names that may impersonate users; empty means all.
fn allowed_names(bench: &mut Bench<'_>, server: &Server) -> Option<Vec<String>> {
    let name = "requestheader-allowed-names";
    let values = list(bench, server, name)?;
    if values.is_empty() {
        let place = server.flag(name).map_or(server.place, |flag| flag.place);
        let message = "`--requestheader-allowed-names` is empty: every certificate of the requestheader CA may speak for any user";
        let found = Diagnostic::info("aggregator-allowed-names", message).at(place);
        bench.found(format!("--{name}"), found.help(server.set(name, "front-proxy-client")));
    } else {
        bench.pass(format!("--{name}"), values.join(","));
    }
    Some(values)
}

fn common_name(bench: &mut Bench<'_>, server: &Server, flag: &Flag, certificate: &Certificate, names: &[String]) {
    let subject = "--proxy-client-cert-file: name";
    let own = certificate.common_name().unwrap_or_default();
    if names.is_empty() || names.contains(&own) {
        bench.pass(subject, format!("CN={own}"));
        return;
    }
    let message =
        format!("the common name `{own}` of the aggregator's certificate is not in `--requestheader-allowed-names`");
    let help = format!(
        "add `{own}` to it, or issue the certificate for `{}`",
        names.join("`, `")
    );
    let mut found = Diagnostic::error("aggregator-allowed-names", message).help(help);
    if let Some(allowed) = server.flag("requestheader-allowed-names") {
        found = found.label(allowed.value_place, "the allowed names");
    }
    bench.found(subject, Server::at(flag, found));
}

/// Reports a requestheader CA that also signs other certificates: any holder of one could impersonate any user.
fn shared_ca(
    bench: &mut Bench<'_>,
    server: &Server,
    flag: &Flag,
    authorities: &[Certificate],
    client_ca: Option<&[Certificate]>,
    names: Option<&[String]>,
) {
    let subject = "--requestheader-client-ca-file: own CA";
    let Some(client_ca) = client_ca else {
        bench.inconclusive(subject, "the client CA was not read");
        return;
    };
    let is_shared = authorities
        .iter()
        .any(|own| client_ca.iter().any(|other| own.public_key() == other.public_key()));
    if !is_shared {
        bench.pass(subject, "not the client CA");
        return;
    }
    let mut found = if names.is_some_and(<[_]>::is_empty) {
        let message = "the requestheader CA is the client CA and all names are allowed: every client certificate can speak for any user";
        Diagnostic::error("aggregator-shared-ca", message)
    } else {
        let message =
            "the requestheader CA is the client CA: a client certificate with an allowed name can speak for any user";
        Diagnostic::warning("aggregator-shared-ca", message)
    };
    if let Some(client) = server.flag("client-ca-file") {
        found = found.label(client.value_place, "the client CA");
    }
    bench.found(
        subject,
        Server::at(
            flag,
            found.help("use a CA of its own for the aggregator, such as kubeadm's front-proxy-ca"),
        ),
    );
}
