//! Flags with certificate and key pairs, and CA certificates.

use super::bench::Bench;
use super::certificate::{Certificate, Purpose};
use super::chain;
use super::file;
use super::flag::Flag;
use super::server::Server;
use diagnostics::{Diagnostic, Severity};
use gox509::{PrivateKey, decode_pem_all};
use source::Span;

/// The maximum size of a private key in bytes: an RSA key of 16384 bits has 13 KiB.
const MAX_KEY: usize = 32 << 10;

/// A flag that the chart requires.
pub(super) struct Need {
    /// The name without dashes.
    pub(super) name: &'static str,
    /// An example value.
    pub(super) example: &'static str,
    /// The consequence of its absence, for messages.
    pub(super) why: &'static str,
    pub(super) severity: Severity,
}

const CLIENT_CA: Need = Need {
    name: "client-ca-file",
    example: "/etc/kubernetes/pki/ca.crt",
    why: "no client certificate is accepted: kubelets and administrators cannot log in, and aggregated API servers get no client CA",
    severity: Severity::Error,
};

const KUBELET: [Need; 2] = [
    Need {
        name: "kubelet-client-certificate",
        example: "/etc/kubernetes/pki/apiserver-kubelet-client.crt",
        why: "kubelets answer the API server with 401, so scrapes through /api/v1/nodes/NAME/proxy (kubelet, cAdvisor), logs and exec fail",
        severity: Severity::Error,
    },
    Need {
        name: "kubelet-client-key",
        example: "/etc/kubernetes/pki/apiserver-kubelet-client.key",
        why: "the API server cannot use --kubelet-client-certificate, so scrapes through /api/v1/nodes/NAME/proxy fail with 401",
        severity: Severity::Error,
    },
];

/// Returns a required flag; reports it if it is missing or empty.
pub(super) fn needed<'s>(bench: &mut Bench<'_>, server: &'s Server, need: &Need) -> Option<&'s Flag> {
    let subject = format!("--{}", need.name);
    let flag = server.flag(need.name);
    let rule = "apiserver-flag-missing";
    let (mut found, place) = match flag {
        Some(flag) if !flag.value.trim().is_empty() => {
            let shown = if flag.is_default {
                format!("{} (kubeadm's default)", flag.value)
            } else {
                flag.value.clone()
            };
            bench.pass(subject, shown);
            return Some(flag);
        }
        Some(flag) => (
            Diagnostic::error(rule, format!("`--{}` is empty: {}", need.name, need.why)),
            flag.place,
        ),
        None => (
            Diagnostic::error(rule, format!("`--{}` is missing: {}", need.name, need.why)),
            server.place,
        ),
    };
    found.severity = need.severity;
    bench.found(subject, found.at(place).help(server.set(need.name, need.example)));
    None
}

/// Checks the CA certificates of `--client-ca-file` and the like.
pub(super) fn authority(bench: &mut Bench<'_>, server: &Server, name: &str) -> Option<Vec<Certificate>> {
    let flag = match name {
        "client-ca-file" => needed(bench, server, &CLIENT_CA)?,
        _ => server.flag(name).filter(|flag| !flag.value.is_empty())?,
    };
    let certificates = chain::load(bench, server, flag)?;
    authorities(bench, flag, &certificates);
    Some(certificates)
}

/// Requires each certificate of a bundle to be a CA. An expired one matters only if no valid one is left.
fn authorities(bench: &mut Bench<'_>, flag: &Flag, certificates: &[Certificate]) {
    let subject = format!("--{}: CA", flag.name);
    let now = bench.now;
    let is_in_time = |certificate: &&Certificate| (certificate.not_before..=certificate.not_after).contains(&now);
    let severity = if certificates.iter().any(|certificate| is_in_time(&certificate)) {
        Severity::Warning
    } else {
        Severity::Error
    };
    for certificate in certificates {
        chain::check_time(bench, flag, certificate, "the CA certificate", severity);
    }
    let bad = certificates
        .iter()
        .find(|certificate| !certificate.is_ca || !certificate.signs_certificates);
    match bad {
        None => bench.pass(
            subject,
            format!(
                "{} certificate{}",
                certificates.len(),
                if certificates.len() == 1 { "" } else { "s" }
            ),
        ),
        // Version 1 certificates have no extensions; Go accepts them as roots.
        Some(certificate) => {
            let lacks = if certificate.is_ca {
                "keyUsage has no keyCertSign"
            } else {
                "basicConstraints does not say CA:TRUE"
            };
            let message = format!(
                "the certificate {} of `--{}` may not sign others: {lacks}",
                certificate.subject(),
                flag.name
            );
            let found = Diagnostic::error("certificate-purpose", message)
                .help("name the certificate of the CA, not one that it has signed");
            bench.found(subject, Server::at(flag, found));
        }
    }
}

/// Checks the certificate chain of a flag and, if it can be read, its key: validity, purpose, and that they match.
pub(super) fn pair(
    bench: &mut Bench<'_>,
    server: &Server,
    certificate: Option<&Flag>,
    key: Option<&Flag>,
    purpose: Purpose,
) -> Option<Vec<Certificate>> {
    let chain = certificate.and_then(|flag| {
        let chain = chain::load(bench, server, flag)?;
        for (at, one) in chain.iter().enumerate() {
            let what = if at == 0 {
                "the certificate"
            } else {
                "the intermediate certificate"
            };
            chain::check_time(bench, flag, one, what, Severity::Error);
        }
        chain::check_purpose(bench, flag, chain.first()?, purpose);
        Some(chain)
    });
    if let Some(flag) = key {
        let place = certificate.map(|flag| flag.value_place);
        private_key(bench, server, flag, chain.as_deref().and_then(<[_]>::first), place);
    }
    chain
}

fn private_key(
    bench: &mut Bench<'_>,
    server: &Server,
    flag: &Flag,
    certificate: Option<&Certificate>,
    place: Option<Span>,
) {
    let Some(file) = file::open(bench, server, flag) else {
        return;
    };
    file::check_secrecy(bench, flag, &file);
    let subject = format!("--{}: key", flag.name);
    if file.bytes.len() > MAX_KEY {
        bench.unchecked(
            subject,
            format!("{} is larger than {} KiB", file.path, MAX_KEY >> 10),
            flag.value_place,
            "expected one private key",
        );
        return;
    }
    let key = match read_key(&file.bytes) {
        Ok(key) => key,
        Err(error) => {
            let message = format!("{} has no private key that can be read: {error}", file.path);
            let found = Diagnostic::error("apiserver-file", message)
                .help("expected an unencrypted PKCS#8, PKCS#1 or SEC 1 key in PEM");
            bench.found(subject, Server::at(flag, found));
            return;
        }
    };
    let Some(certificate) = certificate else {
        bench.inconclusive(subject, "its certificate was not read");
        return;
    };
    if key.public_key_bytes().as_deref() == Some(certificate.public_key().2) {
        bench.pass(subject, format!("belongs to {}", certificate.subject()));
        return;
    }
    let message = format!(
        "the private key {} does not belong to the certificate {}",
        file.path,
        certificate.subject()
    );
    let mut found = Diagnostic::error("certificate-key-mismatch", message)
        .help("name the key that the certificate was requested with");
    if let Some(place) = place {
        found = found.label(place, "the certificate");
    }
    bench.found(subject, Server::at(flag, found));
}

/// The first private key of a PEM text, found as in Go's `tls.X509KeyPair`.
fn read_key(bytes: &[u8]) -> Result<PrivateKey, String> {
    let text = String::from_utf8_lossy(bytes);
    if text.contains("ENCRYPTED") {
        return Err("it is encrypted, and the API server asks for no passphrase".to_owned());
    }
    let blocks = decode_pem_all(&text);
    let is_key = |kind: &str| kind == "PRIVATE KEY" || kind.ends_with(" PRIVATE KEY");
    match blocks.iter().find(|block| is_key(&block.kind)) {
        Some(block) => PrivateKey::from_pem(&gox509::encode_pem(&block.kind, &block.bytes)),
        None => Err(match blocks.first() {
            Some(block) => format!("it has a PEM block of type {}", block.kind),
            None => "it has no PEM block".to_owned(),
        }),
    }
}

/// Checks `--kubelet-client-certificate` and `--kubelet-client-key`, which the API server uses to call kubelets.
pub(super) fn kubelet_client(bench: &mut Bench<'_>, server: &Server, client_ca: Option<&[Certificate]>) {
    let [certificate, key] = KUBELET.map(|need| needed(bench, server, &need));
    let chain = pair(bench, server, certificate, key, Purpose::Client);
    let authorities = server.flag("client-ca-file").zip(client_ca);
    if let (Some(flag), Some(chain)) = (certificate, chain) {
        let message = format!(
            "the certificate {} is not signed by a CA of `--client-ca-file`",
            chain[0].subject()
        );
        let help = "kubelets trust the CA of their clientCAFile: that is the same one unless set up otherwise; issue the certificate from it";
        let found = Diagnostic::warning("certificate-issuer", message).help(help);
        chain::check_issuer(bench, flag, &chain, authorities, found);
    }
    kubelet_authority(bench, server);
}

/// Checks `--kubelet-certificate-authority`. Without it the API server does not verify kubelets.
fn kubelet_authority(bench: &mut Bench<'_>, server: &Server) {
    let name = "kubelet-certificate-authority";
    if server.flag(name).is_some_and(|flag| !flag.value.is_empty()) {
        if let Some(flag) = server.flag(name) {
            bench.pass(format!("--{name}"), &*flag.value);
        }
        authority(bench, server, name);
        return;
    }
    let message = "`--kubelet-certificate-authority` is not set: the API server does not verify the certificates of the kubelets that it \
                   scrapes for Prometheus";
    let help = "set it once kubelets have serving certificates of a CA (serverTLSBootstrap); with self-signed ones it breaks the proxy";
    bench.found(
        format!("--{name}"),
        Diagnostic::info("apiserver-flag-missing", message)
            .at(server.place)
            .help(help),
    );
}
