//! The table of rules. Each is documented in a section of `docs/preflight.md`.

use diagnostics::Severity::{self, Error, Info, Warning};

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name in kebab case, after the fault.
    pub id: &'static str,
    /// The usual severity of its findings.
    pub severity: Severity,
}

/// All rules.
pub const RULES: &[Rule] = &[
    rule("aggregator-allowed-names", Error),
    rule("aggregator-headers", Error),
    rule("aggregator-shared-ca", Warning),
    rule("apiserver-aggregator-routing", Info),
    rule("apiserver-anonymous-auth", Error),
    rule("apiserver-authorization", Error),
    rule("apiserver-file", Error),
    rule("apiserver-flag-missing", Error),
    rule("apiserver-flag-removed", Error),
    rule("apiserver-flag-repeated", Warning),
    rule("apiserver-flag-syntax", Error),
    rule("apiserver-flag-value", Error),
    rule("apiserver-insecure", Error),
    rule("apiserver-manifest", Error),
    rule("apiserver-unmounted-path", Error),
    rule("certificate-expired", Error),
    rule("certificate-expires-soon", Warning),
    rule("certificate-issuer", Error),
    rule("certificate-key-mismatch", Error),
    rule("certificate-names", Error),
    rule("certificate-not-yet-valid", Error),
    rule("certificate-purpose", Error),
    rule("dns-cluster-domain", Error),
    rule("dns-lookup", Error),
    rule("dns-resolv-conf", Warning),
    rule("key-permissions", Error),
    rule("not-checked", Warning),
];

const fn rule(id: &'static str, severity: Severity) -> Rule {
    Rule { id, severity }
}

/// Finds a rule by its id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}
