//! The table of rules: one line each.

use super::rule::{Check, Family, Rule};
use super::rules::{
    chart, discovery, kubernetes, metadata, names, network, opinion, pods, policies, printed, prometheus, rbac,
    scaling, security, selectors, templates, values, volumes,
};
use diagnostics::Severity::{self, Error, Info, Warning};

/// A row: the id, which is also the name of the page; the family; the severity; the function that finds the faults, or
/// `by` with the stage or rule that does.
macro_rules! rule {
    ($id:literal, $family:ident, $severity:ident, by $finder:literal) => {
        row($id, Family::$family, $severity, None)
    };
    ($id:literal, $family:ident, $severity:ident, $check:path) => {
        row($id, Family::$family, $severity, Some($check))
    };
}

const fn row(id: &'static str, family: Family, severity: Severity, check: Option<Check>) -> Rule {
    let is_on = !matches!(family, Family::Opinion);
    Rule {
        id,
        family,
        severity,
        is_on,
        needs_all: false,
        check,
    }
}

impl Rule {
    /// The same rule, disabled if objects of the release may be missing.
    const fn of_all(mut self) -> Self {
        self.needs_all = true;
        self
    }

    /// The same rule, off by default.
    const fn off(mut self) -> Self {
        self.is_on = false;
        self
    }
}

/// Whether the findings of a rule are about objects or containers as a whole.
pub(super) fn is_whole(rule: &str) -> bool {
    let found = RULES.iter().find(|known| known.id == rule);
    found.is_some_and(|known| matches!(known.family, Family::Opinion))
}

/// All rules.
pub const RULES: &[Rule] = &[
    // Charts
    rule!("chart-load", Chart, Error, by "chart::load"),
    rule!("chart-metadata", Chart, Error, metadata::check),
    rule!("chart-unknown-field", Chart, Warning, by "chart-metadata"),
    rule!("chart-version", Chart, Warning, by "chart-metadata"),
    rule!("missing-icon", Chart, Info, by "chart-metadata"),
    rule!("chart-install", Chart, Error, by "pipeline"),
    rule!("chart-dependency", Chart, Error, chart::dependencies),
    rule!("missing-values-file", Chart, Info, chart::files),
    rule!("missing-templates", Chart, Warning, by "missing-values-file"),
    rule!("template-extension", Chart, Error, by "missing-values-file"),
    rule!("crd-file", Chart, Error, chart::crds),
    // Values
    rule!("values-syntax", Values, Error, by "chart::load"),
    rule!("values-flag", Values, Error, by "values::read_overrides"),
    rule!("values-merge", Values, Warning, by "values::compute"),
    rule!("values-schema", Values, Error, by "schema::validate"),
    rule!("unknown-value", Values, Warning, values::unknown),
    rule!("unused-value", Values, Info, values::unused),
    rule!("undefined-value", Values, Warning, values::undefined),
    rule!("duplicate-key", Values, Error, values::duplicates),
    rule!("printed-go-value", Values, Warning, printed::values),
    rule!("exponent-number", Values, Warning, values::exponents),
    rule!("misread-scalar", Values, Warning, values::misread),
    // Templates
    rule!("template-syntax", Template, Error, by "template::parse"),
    rule!("unknown-function", Template, Error, by "template::parse"),
    rule!("template-render", Template, Error, by "Rendering::render"),
    rule!("render-limit", Template, Error, by "Rendering::render"),
    rule!("wrong-argument-count", Template, Error, templates::arguments),
    rule!("undefined-template", Template, Error, templates::undefined),
    rule!("unused-template", Template, Info, templates::unused),
    rule!("manifest-syntax", Template, Error, by "lint::object"),
    rule!("manifest-indent", Template, Warning, chart::indent),
    rule!("unused-suppression", Template, Info, by "lint::suppress"),
    rule!("bad-suppression", Template, Warning, by "lint::suppress"),
    // Objects as Kubernetes defines them
    rule!("bad-base64", Kubernetes, Error, kubernetes::objects),
    rule!("bad-content", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-cron-schedule", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-date-time", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-expression", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-image", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-ip", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-key", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-label", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-name", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-path", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-percentage", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-pattern", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-port-name", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-quantity", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-resource-name", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-restart-policy", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-schema", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-selector", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-size", Kubernetes, Error, by "promchart-k8s"),
    rule!("bad-url", Kubernetes, Error, by "promchart-k8s"),
    rule!("costly-expression", Kubernetes, Error, by "promchart-k8s"),
    rule!("denied-by-policy", Kubernetes, Error, policies::check),
    rule!("deprecated-api", Kubernetes, Warning, by "promchart-k8s"),
    rule!("duplicate-item", Kubernetes, Error, names::ports),
    rule!("duplicate-variable", Kubernetes, Error, by "promchart-k8s"),
    rule!("failed-validation", Kubernetes, Error, by "promchart-k8s"),
    rule!("field-conflict", Kubernetes, Error, by "promchart-k8s"),
    rule!("fractional-bytes", Kubernetes, Warning, by "promchart-k8s"),
    rule!("int-range", Kubernetes, Error, by "promchart-k8s"),
    rule!("invalid-enum-value", Kubernetes, Error, by "promchart-k8s"),
    rule!("missing-required-field", Kubernetes, Error, by "promchart-k8s"),
    rule!("no-alternative", Kubernetes, Error, by "promchart-k8s"),
    rule!("null-item", Kubernetes, Error, by "promchart-k8s"),
    rule!("null-value", Kubernetes, Warning, by "promchart-k8s"),
    rule!("policy-audit", Kubernetes, Info, by "denied-by-policy"),
    rule!("policy-warning", Kubernetes, Warning, by "denied-by-policy"),
    rule!("removed-api", Kubernetes, Error, by "promchart-k8s"),
    rule!("request-above-limit", Kubernetes, Error, by "promchart-k8s"),
    rule!("server-warning", Kubernetes, Warning, by "promchart-k8s"),
    rule!("unbound-policy", Kubernetes, Warning, by "denied-by-policy"),
    rule!("unevaluated-expression", Kubernetes, Warning, by "promchart-k8s"),
    rule!("unknown-api", Kubernetes, Error, by "promchart-k8s"),
    rule!("unknown-field", Kubernetes, Error, by "promchart-k8s"),
    rule!("wrong-type", Kubernetes, Error, by "promchart-k8s"),
    // Objects that cannot work, or not as meant
    rule!("mismatching-selector", Objects, Error, selectors::own_pods),
    rule!("version-in-selector", Objects, Warning, by "mismatching-selector"),
    rule!("service-without-pods", Objects, Warning, selectors::pods_of_others).of_all(),
    rule!("budget-without-pods", Objects, Warning, by "service-without-pods").of_all(),
    rule!("policy-without-pods", Objects, Warning, by "service-without-pods").of_all(),
    rule!("monitor-without-service", Objects, Warning, selectors::monitors).of_all(),
    rule!("invalid-target-port", Objects, Error, network::target_ports).of_all(),
    rule!("invalid-probe-port", Objects, Error, network::probes),
    rule!("ingress-without-service", Objects, Error, network::ingresses).of_all(),
    rule!("duplicate-object", Objects, Error, names::objects),
    rule!("missing-volume", Objects, Error, volumes::mounts),
    rule!("unused-volume", Objects, Info, by "missing-volume"),
    rule!("missing-key", Objects, Error, volumes::keys),
    rule!("missing-config", Objects, Warning, by "missing-key")
        .of_all()
        .off(),
    rule!("missing-service-account", Objects, Warning, rbac::accounts).of_all(),
    rule!("deprecated-service-account", Objects, Warning, by "missing-service-account"),
    rule!("empty-role", Objects, Warning, rbac::roles),
    rule!("missing-role", Objects, Warning, rbac::bindings).of_all(),
    rule!("missing-subject", Objects, Warning, by "missing-role").of_all(),
    rule!("autoscaler-without-target", Objects, Error, scaling::autoscalers).of_all(),
    rule!("autoscaler-and-replicas", Objects, Warning, by "autoscaler-without-target"),
    rule!("blocking-budget", Objects, Warning, scaling::budgets).of_all(),
    rule!("missing-governing-service", Objects, Warning, scaling::stateful_sets).of_all(),
    rule!("latest-image-tag", Objects, Warning, pods::images),
    // Prometheus
    rule!("missing-discovery-right", Prometheus, Warning, discovery::rights).of_all(),
    rule!("alert-template", Prometheus, Error, prometheus::objects),
    rule!("bad-relabel", Prometheus, Error, by "prometheus"),
    rule!("bad-relabel-regex", Prometheus, Error, by "prometheus"),
    rule!("duplicate-job", Prometheus, Error, by "prometheus"),
    rule!("duplicate-rule", Prometheus, Warning, by "prometheus"),
    rule!("duplicate-rule-group", Prometheus, Error, by "prometheus"),
    rule!("prometheus-agent", Prometheus, Error, by "prometheus"),
    rule!("prometheus-config", Prometheus, Error, by "prometheus"),
    rule!("prometheus-deprecated", Prometheus, Warning, by "prometheus"),
    rule!("prometheus-discovery", Prometheus, Error, by "prometheus"),
    rule!("prometheus-field", Prometheus, Error, by "prometheus"),
    rule!("prometheus-http-client", Prometheus, Error, by "prometheus"),
    rule!("prometheus-monitor", Prometheus, Error, by "prometheus"),
    rule!("prometheus-rule", Prometheus, Error, by "prometheus"),
    rule!("prometheus-value", Prometheus, Error, by "prometheus"),
    rule!("prometheus-web-config", Prometheus, Error, by "prometheus"),
    rule!("prometheus-yaml", Prometheus, Error, by "prometheus"),
    rule!("promql-syntax", Prometheus, Error, by "prometheus"),
    rule!("promql-type", Prometheus, Error, by "prometheus"),
    rule!("scrape-timeout", Prometheus, Error, by "prometheus"),
    rule!("token-over-http", Prometheus, Warning, by "prometheus"),
    // Danger
    rule!("privileged-container", Security, Warning, security::check),
    rule!("privilege-escalation", Security, Warning, by "privileged-container"),
    rule!("host-namespace", Security, Warning, by "privileged-container"),
    rule!("container-runtime-socket", Security, Warning, by "privileged-container"),
    rule!("secret-in-env", Security, Warning, by "privileged-container"),
    rule!("wildcard-role", Security, Warning, by "empty-role"),
    rule!("cluster-admin-binding", Security, Warning, by "missing-role"),
    // Opinions
    rule!("missing-requests", Opinion, Warning, opinion::containers),
    rule!("missing-memory-limit", Opinion, Warning, by "missing-requests"),
    rule!("missing-readiness-probe", Opinion, Warning, by "missing-requests"),
    rule!("missing-liveness-probe", Opinion, Warning, by "missing-requests"),
    rule!("writable-root-filesystem", Opinion, Warning, by "missing-requests"),
    rule!("run-as-root", Opinion, Warning, by "missing-requests"),
    rule!("kept-capabilities", Opinion, Warning, by "missing-requests"),
    rule!("exposed-service", Opinion, Warning, opinion::workloads),
    rule!("single-replica", Opinion, Warning, by "exposed-service").of_all(),
    rule!("missing-spread", Opinion, Warning, by "exposed-service"),
    rule!("missing-budget", Opinion, Warning, by "exposed-service").of_all(),
    rule!("missing-network-policy", Opinion, Warning, by "exposed-service").of_all(),
    rule!("missing-priority", Opinion, Warning, by "exposed-service"),
];
