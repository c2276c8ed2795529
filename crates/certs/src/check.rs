//! Checks the files of a folder, and lists the certificates in it.

use super::certificate::{Certificate, Fitness, Usage, date};
use super::issue::DAY;
use super::run::differences;
use super::services::{CLIENT, Wanted};
use super::store::{Found, MOUNTED, Store, paths};
use diagnostics::{Diagnostic, Report};

/// Certificates that have expired or expire soon.
const EXPIRY: &str = "certificate-expiry";
/// Missing or unexpected names.
const NAMES: &str = "certificate-names";
/// Keys that do not match, are missing, or are readable by others.
const KEY: &str = "certificate-key";
/// Certificates that no trusted CA signed, and CA certificates that cannot sign.
const CHAIN: &str = "certificate-chain";
/// Files that are missing, left over, or not certificates.
const FILES: &str = "certificate-files";

/// The result of a check.
pub struct Checked {
    /// One row for each certificate: file, description, end of validity, time left.
    pub lines: Vec<[String; 4]>,
    /// The findings.
    pub report: Report,
}

/// The time, and the minimum remaining validity of certificates, in seconds.
struct Clock {
    now: u64,
    renew_before: u64,
    ca_renew_before: u64,
}

/// Checks a folder. `wanted` has the certificates that the release needs, and whether that list is complete, so that
/// others are left over. Without it only expiry, keys and chains are checked.
pub fn check(
    store: &Store,
    wanted: Option<(&[Wanted], bool)>,
    now: u64,
    renew_before: u64,
    ca_renew_before: u64,
) -> Checked {
    let clock = Clock {
        now,
        renew_before,
        ca_renew_before,
    };
    let mut checked = Checked {
        lines: Vec::new(),
        report: Report::new(),
    };
    if store.is_interrupted {
        let message = format!("{}: a run of `promchart certs` was interrupted", store.folder.display());
        let help = "run it again: it puts the files in place that are ready";
        checked.report.push(Diagnostic::error(FILES, message).help(help));
    }
    let is_all = wanted.is_some_and(|(_, is_all)| is_all);
    let wanted = wanted.map(|(wanted, _)| wanted);
    checked.authorities(store, &clock);
    let ids = wanted.map(|wanted| wanted.iter().map(|wanted| wanted.id.clone()).collect::<Vec<_>>());
    let mut ids = ids.unwrap_or_else(|| store.pairs.keys().cloned().collect());
    if let Some([only]) = wanted
        && store.pairs.contains_key(MOUNTED)
        && !store.pairs.contains_key(&only.id)
    {
        checked.pair(store, MOUNTED, Some(only), &clock);
        ids.clear();
    }
    for id in &ids {
        let wanted = wanted.and_then(|all| all.iter().find(|wanted| wanted.id == *id));
        checked.pair(store, id, wanted, &clock);
    }
    for id in store.pairs.keys().filter(|id| is_all && !ids.contains(id)) {
        let message = format!("{} is of no component of the release", store.shown(&paths(id).0));
        let help = "remove it once nothing uses it";
        checked.report.push(Diagnostic::warning(FILES, message).help(help));
    }
    for (path, mode) in &store.open_keys {
        let message = format!("{} may be read by others: its mode is {mode:04o}", store.shown(path));
        checked.report.push(Diagnostic::warning(KEY, message).help("chmod 600"));
    }
    checked
}

impl Checked {
    fn error(&mut self, rule: &'static str, message: String, help: &str) {
        self.report.push(Diagnostic::error(rule, message).help(help));
    }

    fn line(&mut self, path: String, what: String, certificate: &Certificate, now: u64) {
        let end = certificate.not_after();
        let left = match end.checked_sub(now) {
            Some(left) => format!("{} days left", left / DAY),
            None => "expired".to_owned(),
        };
        self.lines.push([path, what, format!("until {}", date(end)), left]);
    }

    fn authorities(&mut self, store: &Store, clock: &Clock) {
        let path = store.shown("ca.crt");
        match &store.bundle {
            Found::Missing => self.error(FILES, format!("{path} is missing"), "run `promchart certs` to make it"),
            Found::Bad(error) => self.report.push((**error).clone()),
            Found::Good(authorities) => {
                for (at, ca) in authorities.iter().enumerate() {
                    self.line(path.clone(), format!("CA `{}`", ca.subject()), ca, clock.now);
                    // The CAs after the first are trusted only for certificates signed earlier.
                    if at == 0 {
                        let help = "run `promchart certs --renew`, then replace every copy of ca.crt";
                        self.expiry(&path, ca, clock.now, clock.ca_renew_before, help);
                    }
                    if let Fitness::Unfit(why) = ca.fitness() {
                        let message = format!("{path}: `{}`: {why}", ca.subject());
                        self.error(
                            CHAIN,
                            message,
                            "give a CA whose certificate has CA:TRUE and keyCertSign",
                        );
                    }
                }
            }
        }
        match &store.ca_key {
            Found::Bad(error) => self.report.push((**error).clone()),
            Found::Good(_) if store.own_authority().is_none() => {
                let message = format!("{} belongs to no certificate of ca.crt", store.shown("ca.key"));
                self.error(
                    KEY,
                    message,
                    "put the right key back, or give the CA with --ca-cert and --ca-key",
                );
            }
            // The key is kept elsewhere, or the CA is the user's.
            Found::Missing | Found::Good(_) => {}
        }
    }

    fn expiry(&mut self, path: &str, certificate: &Certificate, now: u64, before: u64, help: &str) {
        let end = certificate.not_after();
        if end <= now {
            self.error(EXPIRY, format!("{path} expired on {}", date(end)), help);
        } else if end < now.saturating_add(before) {
            let days = (end - now) / DAY;
            let message = format!("{path} expires in {days} days, on {}", date(end));
            self.error(EXPIRY, message, help);
        }
        if certificate.not_before() > now {
            let message = format!("{path} is not valid before {}", date(certificate.not_before()));
            self.error(EXPIRY, message, "check the clock of this machine");
        }
    }

    fn pair(&mut self, store: &Store, id: &str, wanted: Option<&Wanted>, clock: &Clock) {
        let (path, key_path) = paths(id);
        let (path, key_path) = (store.shown(&path), store.shown(&key_path));
        let pair = store.pair(id);
        if pair.chain.is_missing() && pair.key.is_missing() {
            self.error(FILES, format!("{path} is missing"), "run `promchart certs` to make it");
            return;
        }
        match &pair.key {
            Found::Missing => self.error(KEY, format!("{key_path} is missing"), "run `promchart certs --renew`"),
            Found::Bad(error) => self.report.push((**error).clone()),
            Found::Good(_) => {}
        }
        let chain = match &pair.chain {
            Found::Missing => {
                return self.error(FILES, format!("{path} is missing"), "put it back beside its key");
            }
            Found::Bad(error) => return self.report.push((**error).clone()),
            Found::Good(chain) => chain,
        };
        let certificate = &chain[0];
        let names: Vec<String> = certificate.names().iter().map(ToString::to_string).collect();
        self.line(path.clone(), names.join(" "), certificate, clock.now);
        let help = "run `promchart certs --renew`";
        self.expiry(&path, certificate, clock.now, clock.renew_before, help);
        for above in &chain[1..] {
            self.expiry(
                &format!("{path}: `{}`", above.subject()),
                above,
                clock.now,
                clock.renew_before,
                "renew the CA",
            );
        }
        if pair.key.good().is_some_and(|key| !certificate.has_key(key)) {
            let message = format!("{key_path} does not match the certificate beside it");
            self.error(
                KEY,
                message,
                "put the right key back, or remove both and run `promchart certs`",
            );
        }
        if !leads_to(chain, store.authorities()) {
            let message = format!("{path}: `{}` is signed by no CA of ca.crt", certificate.subject());
            self.error(CHAIN, message, "remove it and run `promchart certs`");
        }
        let usage = match (wanted, id) {
            (Some(wanted), _) => Some(wanted.usage),
            (None, CLIENT) => Some(Usage::Client),
            (None, MOUNTED) => None,
            (None, _) => Some(Usage::Server),
        };
        if usage.is_some_and(|usage| !certificate.allows(usage)) {
            let message = format!("{path}: its extended key usage does not allow what it is for");
            self.error(NAMES, message, help);
        }
        if let Some(wanted) = wanted {
            if !wanted.names.is_subset(certificate.names()) {
                self.error(NAMES, format!("{path}: {}", differences(wanted, certificate)), help);
            } else if *certificate.names() != wanted.names {
                let message = format!("{path}: {}", differences(wanted, certificate));
                let help = "give the flags that it was made with (--san, --cluster-domain, -n, -f), or renew it";
                self.report.push(Diagnostic::warning(NAMES, message).help(help));
            }
        }
    }
}

fn leads_to(chain: &[Certificate], authorities: &[Certificate]) -> bool {
    chain.iter().enumerate().any(|(at, certificate)| {
        let is_linked = chain[..at]
            .iter()
            .zip(&chain[1..=at])
            .all(|(below, above)| below.is_signed_by(above));
        is_linked
            && authorities
                .iter()
                .any(|ca| certificate.is_signed_by(ca) || certificate == ca)
    })
}
