//! The rules of this crate.

/// A rule of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The identifier in diagnostics.
    pub id: &'static str,
    /// A one-line description of the fault.
    pub summary: &'static str,
}

pub(super) const YAML: &str = "prometheus-yaml";
pub(super) const FIELD: &str = "prometheus-field";
pub(super) const VALUE: &str = "prometheus-value";
pub(super) const CONFIG: &str = "prometheus-config";
pub(super) const AGENT: &str = "prometheus-agent";
pub(super) const HTTP: &str = "prometheus-http-client";
pub(super) const DISCOVERY: &str = "prometheus-discovery";
pub(super) const DEPRECATED: &str = "prometheus-deprecated";
pub(super) const JOB: &str = "duplicate-job";
pub(super) const TIMEOUT: &str = "scrape-timeout";
pub(super) const RELABEL: &str = "bad-relabel";
pub(super) const REGEX: &str = "bad-relabel-regex";
pub(super) const RULE: &str = "prometheus-rule";
pub(super) const GROUP: &str = "duplicate-rule-group";
pub(super) const SAME_RULE: &str = "duplicate-rule";
pub(super) const PROMQL_SYNTAX: &str = "promql-syntax";
pub(super) const PROMQL_TYPE: &str = "promql-type";
pub(super) const TEMPLATE: &str = "alert-template";
pub(super) const WEB: &str = "prometheus-web-config";
pub(super) const TOKEN: &str = "token-over-http";
pub(super) const MONITOR: &str = "prometheus-monitor";

const fn rule(id: &'static str, summary: &'static str) -> Rule {
    Rule { id, summary }
}

/// All rules, sorted by identifier.
pub const RULES: &[Rule] = &[
    rule(
        TEMPLATE,
        "a label or annotation of an alert is no template that Prometheus can parse",
    ),
    rule(
        RELABEL,
        "a relabelling rule lacks what its action needs, or has what it refuses",
    ),
    rule(
        REGEX,
        "the regular expression of a relabelling rule is none that RE2 can read",
    ),
    rule(JOB, "two scrape configurations have one job name"),
    rule(SAME_RULE, "a rule is written twice: the same name and labels"),
    rule(GROUP, "two groups of a rule file have one name"),
    rule(AGENT, "Prometheus refuses the section in agent mode"),
    rule(
        CONFIG,
        "settings of prometheus.yml are missing or contradict each other",
    ),
    rule(
        DEPRECATED,
        "Prometheus has a better way to say it and may drop this one",
    ),
    rule(
        DISCOVERY,
        "a service discovery section lacks what it needs, or contradicts itself",
    ),
    rule(FIELD, "Prometheus has no field of this name here and refuses the file"),
    rule(
        HTTP,
        "the settings of an HTTP client (TLS, authorization, proxy) contradict each other",
    ),
    rule(
        MONITOR,
        "a ServiceMonitor, PodMonitor or Probe cannot become a scrape configuration",
    ),
    rule(
        RULE,
        "an alerting or recording rule is incomplete or contradicts itself",
    ),
    rule(
        VALUE,
        "the value is not of the type, or not written in the way, that Prometheus wants",
    ),
    rule(
        WEB,
        "the web configuration (TLS, users, headers) is one that Prometheus refuses",
    ),
    rule(YAML, "the file is no YAML, or a mapping has a key twice"),
    rule(PROMQL_SYNTAX, "Prometheus cannot read the expression"),
    rule(PROMQL_TYPE, "the expression uses a value of the wrong type"),
    rule(TIMEOUT, "a scrape may take longer than the time until the next"),
    rule(
        TOKEN,
        "the service account's token is sent over plain HTTP, where anyone on the way can read it",
    ),
];

/// The maximum number of errors reported for one expression or template.
pub(super) const MOST_ERRORS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_once_in_order() {
        assert!(RULES.is_sorted_by(|a, b| a.id < b.id));
    }
}
