//! prometheus.yml: `config.Config`.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Check, Object};
use super::config_tables::{ESCAPINGS, ROOT};
use super::remote;
use super::rules_table::{AGENT, CONFIG, JOB, TIMEOUT, VALUE};
use super::scrape;
use diagnostics::Diagnostic;
use gostd::quote::quote;
use gostd::regexp::Regexp;
use goyaml::Node;
use promql::duration;
use source::Span;

const MINUTE: i64 = 60_000_000_000;

/// Checks a prometheus.yml; with `agent` by the rules of `--agent`.
pub(super) fn document(check: &mut Check<'_>, node: &Node, agent: bool) {
    // The walk below needs the validation scheme before it reaches the field.
    check.legacy_names = node
        .at(["global", "metric_name_validation_scheme"])
        .and_then(Node::as_str)
        == Some("legacy");
    check.document(&ROOT, node);
    let Some(root) = Object::of(node).filter(|_| agent) else {
        return;
    };
    let alerting = root
        .object("alerting")
        .is_some_and(|alerting| alerting.count(&["alertmanagers", "alert_relabel_configs"]) > 0);
    for (key, is_used) in [
        ("alerting", alerting),
        ("rule_files", root.is_set("rule_files")),
        ("remote_read", root.is_set("remote_read")),
    ] {
        if is_used {
            let message = format!("field {key} is not allowed in agent mode");
            check.error(AGENT, root.key(key), message);
        }
    }
}

pub(super) fn root(check: &mut Check<'_>, root: Object<'_>) {
    let pattern = Regexp::compile(r"^[^*]*(\*[^/]*)?$");
    for (key, name) in [("rule_files", "rule"), ("scrape_config_files", "scrape config")] {
        for file in root.list(key) {
            let text = check.text(file).unwrap_or_default();
            if pattern.as_ref().is_ok_and(|pattern| !pattern.is_match(&text)) {
                let message = format!("invalid {name} file path {}", quote(&text));
                check.error(CONFIG, file.span, message);
            }
        }
    }
    let defaults = Defaults::of(check, root);
    // An escaping scheme in `global` is checked only through the jobs that inherit it.
    if let Some(global) = root.object("global").filter(|_| root.is_set("scrape_configs")) {
        escaping(check, global, "global");
    }
    let before = check.legacy_names;
    scrapes(check, root, &defaults);
    for (key, kind) in [("remote_write", "write"), ("remote_read", "read")] {
        let mut names = BTreeMap::new();
        for remote in root.list(key).iter().filter_map(Object::of) {
            let name = remote.text(check, "name");
            if !name.is_empty() {
                let message = format!("found multiple remote {kind} configs with job name {}", quote(&name));
                once(check, CONFIG, &mut names, name, remote.value("name"), &message);
            }
        }
    }
    let strategy = root.object("otlp").map(|otlp| {
        (
            otlp.text(check, "translation_strategy"),
            otlp.value("translation_strategy"),
        )
    });
    if let Some((strategy, place)) = strategy
        && before
        && matches!(strategy.as_str(), "NoTranslation" | "NoUTF8EscapingWithSuffixes")
    {
        let message = format!(
            "OTLP translation strategy {} is not allowed when UTF8 is disabled",
            quote(&strategy)
        );
        check.error(CONFIG, place, message);
    }
}

/// Checks the jobs of a file.
fn scrapes(check: &mut Check<'_>, root: Object<'_>, defaults: &Defaults) {
    let mut jobs = BTreeMap::new();
    let before = check.legacy_names;
    for scrape in root.list("scrape_configs").iter().filter_map(Object::of) {
        scrape::config(check, scrape, defaults);
        let name = scrape.text(check, "job_name");
        if !name.is_empty() {
            let message = format!("found multiple scrape configs with job name {}", quote(&name));
            once(check, JOB, &mut jobs, name, scrape.value("job_name"), &message);
        }
        check.legacy_names = before;
    }
}

/// Checks a file of `scrape_config_files`. The `global` section is unknown here, so defaults apply to what its jobs
/// inherit, such as the interval.
pub(super) fn scrape_file(check: &mut Check<'_>, root: Object<'_>) {
    let defaults = Defaults::of(check, root);
    scrapes(check, root, &defaults);
}

/// Reports a name that occurs a second time.
pub(super) fn once(
    check: &mut Check<'_>,
    rule: &'static str,
    seen: &mut BTreeMap<String, Span>,
    name: String,
    place: Span,
    message: &str,
) {
    match seen.get(&name) {
        Some(first) => check
            .report
            .push(Diagnostic::error(rule, message).at(place).label(*first, "first here")),
        None => {
            seen.insert(name, place);
        }
    }
}

/// The settings that scrape configurations inherit from `global`.
pub(super) struct Defaults {
    pub(super) interval: i64,
    pub(super) escaping: String,
    pub(super) legacy: bool,
}

impl Defaults {
    fn of(check: &Check<'_>, root: Object<'_>) -> Self {
        let global = root.object("global");
        let interval = global
            .and_then(|global| global.duration(check, "scrape_interval"))
            .filter(|interval| *interval > 0);
        Self {
            interval: interval.unwrap_or(MINUTE),
            escaping: global
                .map(|global| global.text(check, "metric_name_escaping_scheme"))
                .unwrap_or_default(),
            legacy: check.legacy_names,
        }
    }
}

pub(super) fn global(check: &mut Check<'_>, global: Object<'_>) {
    let interval = global
        .duration(check, "scrape_interval")
        .filter(|interval| *interval > 0)
        .unwrap_or(MINUTE);
    if let Some(timeout) = global.duration(check, "scrape_timeout")
        && timeout > interval
    {
        let message = "global scrape timeout greater than scrape interval";
        too_long(check, global, message, interval);
    }
    protocols(check, global, " for global config");
    if let Some(labels) = global.object("external_labels") {
        for (_, entry) in labels.map.iter() {
            let value = check.text(&entry.node).unwrap_or_default();
            if !super::scalars::is_utf8(&value) {
                let message = format!("{} is not a valid label value", quote(&value));
                check.error(VALUE, entry.node.span, message);
            }
        }
    }
}

pub(super) fn too_long(check: &mut Check<'_>, owner: Object<'_>, message: &str, interval: i64) {
    let mut diagnostic = Diagnostic::error(TIMEOUT, message).at(owner.value("scrape_timeout"));
    if owner.get("scrape_interval").is_some() {
        diagnostic = diagnostic.label(owner.value("scrape_interval"), "the interval");
    }
    let help = format!("the interval is {}", duration::format(interval));
    check.report.push(diagnostic.help(help));
}

pub(super) fn escaping(check: &mut Check<'_>, owner: Object<'_>, kind: &str) {
    let given = owner.text(check, "metric_name_escaping_scheme");
    if !given.is_empty() && !ESCAPINGS.contains(&given.as_str()) {
        let message = format!(
            "unknown {kind} name escaping method specified, must be one of 'allow-utf-8', 'underscores', 'dots', or \
             'values', got {}",
            quote(&given)
        );
        check.error(VALUE, owner.value("metric_name_escaping_scheme"), message);
    }
}

pub(super) fn protocols(check: &mut Check<'_>, owner: Object<'_>, context: &str) {
    let Some(list) = owner.get("scrape_protocols").and_then(Node::as_list) else {
        return;
    };
    if list.is_empty() {
        let message = format!("scrape_protocols cannot be empty{context}");
        check.error(CONFIG, owner.value("scrape_protocols"), message);
    }
    let names: Vec<String> = list.iter().filter_map(|item| check.text(item)).collect();
    let mut seen = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        if !seen.insert(name.to_lowercase()) {
            let message = format!(
                "duplicated protocol in scrape_protocols, got [{}]{context}",
                names.join(" ")
            );
            check.error(CONFIG, list[index].span, message);
            // The message contains the whole list, so one is enough.
            return;
        }
    }
}

pub(super) fn retention(check: &mut Check<'_>, retention: Object<'_>) {
    let size = super::scalars::size(&retention.text(check, "size"));
    if size.is_ok_and(|size| size < 0) {
        let given = retention.text(check, "size");
        let message = format!("'storage.tsdb.retention.size' must be greater than or equal to 0, got {given}");
        check.error(VALUE, retention.value("size"), message);
    }
    let percentage: Option<f64> = retention.text(check, "percentage").parse().ok();
    if let Some(given) = percentage.filter(|given| !(0.0..=100.0).contains(given)) {
        let message = format!(
            "'storage.tsdb.retention.percentage' must be in the range [0, 100], got {}",
            gostd::float::shortest(given)
        );
        check.error(VALUE, retention.value("percentage"), message);
    }
}

pub(super) fn tracing(check: &mut Check<'_>, tracing: Object<'_>) {
    remote::headers(
        check,
        tracing,
        "custom authorization header configuration is not yet supported",
    );
    if !tracing.is_set("endpoint") {
        check.error(CONFIG, tracing.value("endpoint"), "tracing endpoint must be set");
    }
}

pub(super) fn otlp(check: &mut Check<'_>, otlp: Object<'_>) {
    let (promote, ignore) = ("promote_resource_attributes", "ignore_resource_attributes");
    let (key, adjective) = if otlp.bool("promote_all_resource_attributes") == Some(true) {
        if otlp.is_set(promote) {
            let message = "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be configured \
                           simultaneously";
            check.error(CONFIG, otlp.key(promote), message);
            return;
        }
        (ignore, "ignored")
    } else {
        if otlp.is_set(ignore) {
            let message = "'ignore_resource_attributes' cannot be configured unless \
                           'promote_all_resource_attributes' is true";
            check.error(CONFIG, otlp.key(ignore), message);
            return;
        }
        (promote, "promoted")
    };
    let mut seen = BTreeSet::new();
    for attribute in otlp.list(key) {
        let name = check.text(attribute).unwrap_or_default().trim().to_owned();
        let fault = if name.is_empty() {
            format!("empty {adjective} OTel resource attribute")
        } else if seen.contains(&name) {
            format!("duplicated {adjective} OTel resource attribute {}", quote(&name))
        } else {
            seen.insert(name);
            continue;
        };
        check.error(CONFIG, attribute.span, format!("invalid '{key}': {fault}"));
    }
}
