//! The checks of every certificate: validity, issuer and purpose.

use super::bench::Bench;
use super::certificate::{Certificate, Purpose, show_time};
use super::file::{self, NodeFile};
use super::flag::Flag;
use super::server::Server;
use super::signature::{self, Verdict};
use diagnostics::{Diagnostic, Severity};

/// The maximum number of issuers with the same name that are tried.
const MAX_ISSUERS: usize = 16;

/// Loads the certificates in the file of a flag.
pub(super) fn load(bench: &mut Bench<'_>, server: &Server, flag: &Flag) -> Option<Vec<Certificate>> {
    let file = file::open(bench, server, flag)?;
    parse(bench, flag, &file)
}

fn parse(bench: &mut Bench<'_>, flag: &Flag, file: &NodeFile) -> Option<Vec<Certificate>> {
    match Certificate::read_all(&file.bytes) {
        Ok(certificates) => Some(certificates),
        Err(error) => {
            let message = format!("{} has no certificates that can be read: {error}", file.path);
            let found =
                Diagnostic::error("apiserver-file", message).help("expected `-----BEGIN CERTIFICATE-----` (PEM)");
            bench.found(format!("--{}: certificate", flag.name), Server::at(flag, found));
            None
        }
    }
}

/// Checks the validity period against the clock.
pub(super) fn check_time(
    bench: &mut Bench<'_>,
    flag: &Flag,
    certificate: &Certificate,
    what: &str,
    severity: Severity,
) {
    let subject = format!("--{}: validity", flag.name);
    let name = certificate.subject();
    let days = |seconds: i64| {
        let days = seconds / 86_400;
        format!("{days} day{}", if days == 1 { "" } else { "s" })
    };
    let end = show_time(certificate.not_after);
    let left = certificate.not_after.saturating_sub(bench.now);
    let help = if is_of_kubeadm(flag) {
        "kubeadm certs renew all, then restart the static pods of the control plane"
    } else {
        "issue a new one from the same CA; the API server reads it again without a restart"
    };
    let mut found = if left < 0 {
        Diagnostic::error(
            "certificate-expired",
            format!("{what} {name} expired on {end}, {} ago", days(-left)),
        )
        .help(help)
    } else if bench.now < certificate.not_before {
        let start = show_time(certificate.not_before);
        let message = format!("{what} {name} is not valid before {start}");
        Diagnostic::error("certificate-not-yet-valid", message)
            .help("check the clock of this machine and of the one that issued it")
    } else if left < bench.options.expires_within {
        Diagnostic::warning(
            "certificate-expires-soon",
            format!("{what} {name} expires on {end}, in {}", days(left)),
        )
        .help(help)
    } else {
        bench.pass(subject, format!("{name} until {end} ({})", days(left)));
        return;
    };
    found.severity = found.severity.min(severity);
    bench.found(subject, Server::at(flag, found));
}

/// Whether kubeadm created the file, judged by its path.
fn is_of_kubeadm(flag: &Flag) -> bool {
    flag.is_default || flag.value.starts_with("/etc/kubernetes/pki/")
}

/// Checks the purpose of a certificate and the hash of its signature.
pub(super) fn check_purpose(bench: &mut Bench<'_>, flag: &Flag, certificate: &Certificate, purpose: Purpose) {
    let subject = format!("--{}: purpose", flag.name);
    let name = purpose.name();
    if !certificate.serves(purpose) {
        let message = format!(
            "the certificate {} is not for {name}: its extendedKeyUsage does not have it",
            certificate.subject()
        );
        let found =
            Diagnostic::error("certificate-purpose", message).help(format!("issue it with extendedKeyUsage = {name}"));
        bench.found(subject, Server::at(flag, found));
    } else if signature::is_weak(certificate) && !certificate.is_self_issued() {
        let message = format!(
            "the certificate {} is signed with SHA-1 or MD5, which Go and so Prometheus refuse",
            certificate.subject()
        );
        let found = Diagnostic::error("certificate-purpose", message).help("issue it with SHA-256");
        bench.found(subject, Server::at(flag, found));
    } else {
        bench.pass(subject, name);
    }
}

/// Whether a chain leads to one of the authorities. The first certificate of `chain` is the leaf, the others are
/// intermediates.
pub(super) fn leads_to(chain: &[Certificate], authorities: &[Certificate], now: i64) -> Verdict {
    let Some(mut current) = chain.first() else {
        return Verdict::Bad;
    };
    let mut unknown = None;
    // Each intermediate is used at most once.
    for _ in 0..=chain.len() {
        if authorities
            .iter()
            .any(|authority| authority.public_key() == current.public_key() && authority.subject() == current.subject())
        {
            return Verdict::Good;
        }
        let parents = |from: &'_ [Certificate]| -> Vec<usize> {
            let named = (0..from.len()).filter(|&at| from[at].is_named_by(current));
            named.take(MAX_ISSUERS).collect()
        };
        for at in parents(authorities) {
            match signature::verify(current, &authorities[at]) {
                Verdict::Good => return Verdict::Good,
                Verdict::Bad => {}
                Verdict::Unknown(what) => unknown = Some(what),
            }
        }
        let signer = parents(chain).into_iter().find(|&at| {
            let is_in_time = (chain[at].not_before..=chain[at].not_after).contains(&now);
            !std::ptr::eq(&raw const chain[at], current)
                && chain[at].is_ca
                && is_in_time
                && signature::verify(current, &chain[at]) == Verdict::Good
        });
        match signer {
            Some(at) => current = &chain[at],
            None => break,
        }
    }
    unknown.map_or(Verdict::Bad, Verdict::Unknown)
}

/// Reports a chain that no certificate in the file of an authority signed.
pub(super) fn check_issuer(
    bench: &mut Bench<'_>,
    flag: &Flag,
    chain: &[Certificate],
    authority: Option<(&Flag, &[Certificate])>,
    found: Diagnostic,
) {
    let subject = format!("--{}: issuer", flag.name);
    let Some((of, authorities)) = authority else {
        return bench.inconclusive(subject, "its CA was not read");
    };
    match leads_to(chain, authorities, bench.now) {
        Verdict::Good => bench.pass(subject, format!("signed by {} (--{})", chain[0].issuer(), of.name)),
        Verdict::Unknown(what) => bench.unchecked(
            subject,
            format!("it is signed with {what}"),
            flag.value_place,
            "verify it with openssl verify",
        ),
        Verdict::Bad => bench.found(subject, Server::at(flag, found).label(of.value_place, "the CA")),
    }
}
