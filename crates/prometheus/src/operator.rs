//! Objects of the Prometheus operator: `PrometheusRule`, `ServiceMonitor`, `PodMonitor`, `Probe`.
//!
//! The CRD schemas in `promchart_k8s` check fields and types; this module checks what a schema cannot express.

use super::check::{Check, Object};
use super::relabel;
use super::rules;
use super::rules_table::{HTTP, MONITOR, REGEX, TIMEOUT, TOKEN, VALUE};
use super::scalars;
use super::schema::Ty;
use diagnostics::Diagnostic;
use goyaml::Node;
use promql::duration;

/// The kinds that [`object`] checks, all of `monitoring.coreos.com/v1`.
pub(super) const KINDS: &[&str] = &["PrometheusRule", "ServiceMonitor", "PodMonitor", "Probe"];

/// Checks an object of one of [`KINDS`].
pub(super) fn object(check: &mut Check<'_>, kind: &str, node: &Node) {
    let Some(spec) = node.get("spec").filter(|spec| !spec.is_null()) else {
        return;
    };
    if kind == "PrometheusRule" {
        check.structure(&rules::SPEC, spec);
        return;
    }
    let Some(spec) = Object::of(spec) else { return };
    match kind {
        "ServiceMonitor" => monitor(check, spec, "endpoints"),
        "PodMonitor" => monitor(check, spec, "podMetricsEndpoints"),
        _ => probe(check, spec),
    }
}

fn monitor(check: &mut Check<'_>, spec: Object<'_>, key: &str) {
    if spec.get("selector").is_none() {
        check.error(
            MONITOR,
            spec.start(),
            "spec.selector is required; {} selects everything",
        );
    }
    if spec.list(key).is_empty() {
        let message = format!("spec.{key} is empty: nothing is scraped");
        check.warn(MONITOR, spec.value(key), message);
    }
    size(check, spec);
    for endpoint in spec.list(key).iter().filter_map(Object::of) {
        let ports = ["port", "targetPort", "portNumber"];
        if endpoint.count(&ports) == 0 {
            let message = "the endpoint names no port: every port that is found is scraped";
            check.warn(MONITOR, endpoint.start(), message);
        }
        scrape(check, endpoint);
        for key in ["relabelings", "metricRelabelings"] {
            relabelings(check, endpoint, key);
        }
    }
}

fn probe(check: &mut Check<'_>, spec: Object<'_>) {
    match spec.object("prober") {
        Some(prober) if prober.is_set("url") => {}
        prober => {
            let place = prober.map_or_else(|| spec.start(), |prober| prober.start());
            check.error(MONITOR, place, "spec.prober.url is required");
        }
    }
    size(check, spec);
    scrape(check, spec);
    relabelings(check, spec, "metricRelabelings");
    for kind in ["staticConfig", "ingress"] {
        if let Some(targets) = spec.object("targets").and_then(|targets| targets.object(kind)) {
            relabelings(check, targets, "relabelingConfigs");
        }
    }
}

fn size(check: &mut Check<'_>, spec: Object<'_>) {
    if spec.get("bodySizeLimit").is_some()
        && let Err(fault) = scalars::size(&spec.text(check, "bodySizeLimit"))
    {
        check.error(VALUE, spec.value("bodySizeLimit"), fault);
    }
}

/// Checks the scrape settings of an endpoint: intervals and credentials.
fn scrape(check: &mut Check<'_>, endpoint: Object<'_>) {
    for key in ["interval", "scrapeTimeout"] {
        // The schema reports a number, which has the wrong type.
        if endpoint.is_set(key)
            && let Some(node) = endpoint.get(key).filter(|node| node.as_str().is_some())
        {
            check.value(&rules::DURATION, node);
        }
    }
    let interval = endpoint.duration(check, "interval");
    if let (Some(interval), Some(timeout)) = (interval, endpoint.duration(check, "scrapeTimeout"))
        && timeout > interval
        && interval > 0
    {
        let message = "scrape timeout greater than scrape interval";
        let diagnostic = Diagnostic::error(TIMEOUT, message)
            .at(endpoint.value("scrapeTimeout"))
            .label(endpoint.value("interval"), "the interval")
            .help(format!("the interval is {}", duration::format(interval)));
        check.report.push(diagnostic);
    }
    let methods: Vec<&str> = ["basicAuth", "oauth2", "authorization"]
        .into_iter()
        .filter(|key| endpoint.get(key).is_some())
        .collect();
    if methods.len() > 1 {
        let message = "at most one of basicAuth, oauth2 & authorization must be configured";
        check.error(HTTP, endpoint.last(&methods), message);
    }
    let file = endpoint.text(check, "bearerTokenFile");
    let scheme = endpoint.text(check, "scheme");
    if super::token::is_token(&file) && matches!(scheme.as_str(), "" | "http" | "HTTP") {
        let message = "the service account's token is sent over plain HTTP to every target";
        let diagnostic = Diagnostic::warning(TOKEN, message)
            .at(endpoint.value("bearerTokenFile"))
            .help("set scheme: https, or drop the credentials");
        check.report.push(diagnostic);
    }
}

fn relabelings(check: &mut Check<'_>, owner: Object<'_>, key: &str) {
    for rule in owner.list(key).iter().filter_map(Object::of) {
        let expression = rule.text(check, "regex");
        if let Err(fault) = scalars::relabel_regex(&expression) {
            check.error(REGEX, rule.value("regex"), fault);
        }
        for label in rule.list("sourceLabels") {
            check.value(&LABEL, label);
        }
    }
    relabel::relabellings(check, owner, key, &relabel::OPERATOR);
}

static LABEL: Ty = Ty::LabelName;
