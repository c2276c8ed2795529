//! The table of rules. Each is documented in a section of `docs/preflight.md`.

use diagnostics::Severity::{self, Error, Info, Warning};

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/preflight.md"));

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

impl Rule {
    /// Its section of the document, without the heading.
    pub fn page(&self) -> &'static str {
        let heading = format!("\n### {}\n", self.id);
        let Some(at) = DOCUMENT.find(&heading) else { return "" };
        let section = &DOCUMENT[at + heading.len()..];
        let end = section.find("\n##").unwrap_or(section.len());
        section[..end].trim()
    }

    /// A one-sentence summary: the first line of its page.
    pub fn summary(&self) -> &'static str {
        self.page().lines().next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{DOCUMENT, RULES};

    #[test]
    fn each_rule_has_a_section_and_each_section_a_rule() {
        let sections: Vec<&str> = DOCUMENT.lines().filter_map(|line| line.strip_prefix("### ")).collect();
        let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(sections, ids);
        for rule in RULES {
            assert!(rule.summary().ends_with('.'), "{}: {}", rule.id, rule.summary());
        }
    }
}
