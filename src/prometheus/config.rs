//! prometheus.yml: `config.Config`.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Check, Object};
use super::discovery::SECTIONS;
use super::http::{HTTP_FIELDS, TLS};
use super::relabel::{self, RELABEL_CONFIG};
use super::remote;
use super::rules_table::{AGENT, CONFIG, JOB, TIMEOUT, VALUE};
use super::schema::{Field, Struct, TEXTS, Ty, free};
use super::scrape;
use crate::diagnostic::Diagnostic;
use crate::go::quote::quote;
use crate::go::regexp::Regexp;
use crate::promql::duration;
use crate::source::Span;
use crate::yaml::Node;

const MINUTE: i64 = 60_000_000_000;

/// Relabelling rules with what is said about one that is null.
macro_rules! relabelling {
    ($message:literal) => {
        Ty::Full(&Ty::Struct(&RELABEL_CONFIG), $message)
    };
}

const VALIDATION: Ty = Ty::Choice(&["", "legacy", "utf8"], |given| {
    format!("unrecognized ValidationScheme: {}", quote(given))
});
const PROTOCOLS: &[&str] = &[
    "OpenMetricsText0.0.1",
    "OpenMetricsText1.0.0",
    "OpenMetricsText2.0.0",
    "PrometheusProto",
    "PrometheusText0.0.4",
    "PrometheusText1.0.0",
];
const PROTOCOL: Ty = Ty::Choice(PROTOCOLS, |given| {
    format!("unknown scrape protocol {given}, supported: [{}]", PROTOCOLS.join(" "))
});
const ESCAPINGS: &[&str] = &["allow-utf-8", "underscores", "dots", "values"];

/// What `global` and each scrape configuration may both have.
const SHARED: &[Field] = &[
    ("scrape_interval", Ty::Duration),
    ("scrape_timeout", Ty::Duration),
    ("scrape_protocols", Ty::List(&PROTOCOL)),
    ("scrape_failure_log_file", Ty::Text),
    ("body_size_limit", Ty::Size),
    ("sample_limit", Ty::Uint),
    ("target_limit", Ty::Uint),
    ("label_limit", Ty::Uint),
    ("label_name_length_limit", Ty::Uint),
    ("label_value_length_limit", Ty::Uint),
    ("keep_dropped_targets", Ty::Uint),
    ("metric_name_validation_scheme", VALIDATION),
    ("metric_name_escaping_scheme", Ty::Text),
    ("scrape_native_histograms", Ty::Bool),
    ("convert_classic_histograms_to_nhcb", Ty::Bool),
    ("always_scrape_classic_histograms", Ty::Bool),
    ("extra_scrape_metrics", Ty::Bool),
];

static GLOBAL: Struct = Struct {
    name: "config.GlobalConfig",
    fields: &[
        SHARED,
        &[
            ("evaluation_interval", Ty::Duration),
            ("rule_query_offset", Ty::Duration),
            ("query_log_file", Ty::Text),
            ("query_max_series", Ty::Uint),
            ("query_max_samples_read", Ty::Uint),
            ("query_max_duration", Ty::Duration),
            ("external_labels", Ty::LabelMap),
        ],
    ],
    check: global,
};

static SCRAPE: Struct = Struct {
    name: "config.ScrapeConfig",
    fields: &[
        SHARED,
        &[
            ("job_name", Ty::Text),
            ("honor_labels", Ty::Bool),
            ("honor_timestamps", Ty::Bool),
            ("track_timestamps_staleness", Ty::Bool),
            ("params", Ty::Map(&TEXTS)),
            ("fallback_scrape_protocol", PROTOCOL),
            ("metrics_path", Ty::Text),
            ("scheme", Ty::Text),
            ("enable_compression", Ty::Bool),
            ("native_histogram_bucket_limit", Ty::Uint),
            ("native_histogram_min_bucket_factor", Ty::Float),
            (
                "relabel_configs",
                relabelling!("empty or null target relabeling rule in scrape config"),
            ),
            (
                "metric_relabel_configs",
                relabelling!("empty or null metric relabeling rule in scrape config"),
            ),
        ],
        HTTP_FIELDS,
        SECTIONS,
    ],
    check: free,
};

static ALERTMANAGER: Struct = Struct {
    name: "config.AlertmanagerConfig",
    fields: &[
        &[
            ("sigv4", Ty::Struct(&remote::SIGV4)),
            ("scheme", Ty::Text),
            ("path_prefix", Ty::Text),
            ("timeout", Ty::Duration),
            (
                "api_version",
                Ty::Choice(&["v2"], |given| {
                    format!("expected Alertmanager api version to be one of [v2] but got {given}")
                }),
            ),
            (
                "relabel_configs",
                relabelling!("empty or null Alertmanager target relabeling rule"),
            ),
            (
                "alert_relabel_configs",
                relabelling!("empty or null Alertmanager alert relabeling rule"),
            ),
        ],
        HTTP_FIELDS,
        SECTIONS,
    ],
    check: scrape::alertmanager,
};

static ALERTING: Struct = Struct {
    name: "config.AlertingConfig",
    fields: &[&[
        (
            "alert_relabel_configs",
            relabelling!("empty or null alert relabeling rule"),
        ),
        (
            "alertmanagers",
            // Prometheus has no words for it: it panics.
            Ty::Full(&Ty::Struct(&ALERTMANAGER), "empty or null section in alertmanagers"),
        ),
    ]],
    check: |check, alerting| relabel::relabellings(check, alerting, "alert_relabel_configs", &relabel::OWN),
};

static RETENTION: Struct = Struct {
    name: "config.TSDBRetentionConfig",
    fields: &[&[("time", Ty::Duration), ("size", Ty::Size), ("percentage", Ty::Float)]],
    check: retention,
};

static CHUNK_ENCODING: Struct = Struct {
    name: "config.ChunkEncodingConfig",
    fields: &[&[(
        "floats",
        Ty::Choice(&["", "xor", "xor2"], |given| {
            format!(
                "'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', or the field must be omitted entirely, got {}",
                quote(given)
            )
        }),
    )]],
    check: free,
};

static TSDB: Struct = Struct {
    name: "config.TSDBConfig",
    fields: &[&[
        ("out_of_order_time_window", Ty::Duration),
        ("stale_series_compaction_threshold", Ty::Float),
        ("chunk_encoding", Ty::Struct(&CHUNK_ENCODING)),
        ("retention", Ty::Struct(&RETENTION)),
    ]],
    check: free,
};

static EXEMPLARS: Struct = Struct {
    name: "config.ExemplarsConfig",
    fields: &[&[("max_exemplars", Ty::Int)]],
    check: free,
};

static STORAGE: Struct = Struct {
    name: "config.StorageConfig",
    fields: &[&[("tsdb", Ty::Struct(&TSDB)), ("exemplars", Ty::Struct(&EXEMPLARS))]],
    check: free,
};

static TRACING: Struct = Struct {
    name: "config.TracingConfig",
    fields: &[&[
        (
            "client_type",
            Ty::Choice(&["http", "grpc"], |given| {
                format!("expected tracing client type to be to be http or grpc, but got {given}")
            }),
        ),
        ("endpoint", Ty::Text),
        ("sampling_fraction", Ty::Float),
        ("insecure", Ty::Bool),
        ("tls_config", Ty::Struct(&TLS)),
        ("headers", Ty::TextMap),
        (
            "compression",
            Ty::Choice(&["", "gzip"], |given| {
                format!("invalid compression type {given} provided, valid options: gzip")
            }),
        ),
        ("timeout", Ty::Duration),
    ]],
    check: tracing,
};

static OTLP: Struct = Struct {
    name: "config.OTLPConfig",
    fields: &[&[
        ("promote_all_resource_attributes", Ty::Bool),
        ("promote_resource_attributes", TEXTS),
        ("ignore_resource_attributes", TEXTS),
        (
            "translation_strategy",
            Ty::Choice(
                &[
                    "",
                    "UnderscoreEscapingWithSuffixes",
                    "UnderscoreEscapingWithoutSuffixes",
                    "NoUTF8EscapingWithSuffixes",
                    "NoTranslation",
                ],
                |given| format!("unsupported OTLP translation strategy {}", quote(given)),
            ),
        ),
        ("keep_identifying_resource_attributes", Ty::Bool),
        ("convert_histograms_to_nhcb", Ty::Bool),
        ("promote_scope_metadata", Ty::Bool),
        ("label_name_underscore_sanitization", Ty::Bool),
        ("label_name_preserve_multiple_underscores", Ty::Bool),
    ]],
    check: otlp,
};

static RUNTIME: Struct = Struct {
    name: "config.RuntimeConfig",
    fields: &[&[
        ("gogc", Ty::Int),
        (
            "log_level",
            Ty::Choice(
                &[
                    "", "debug", "info", "warn", "error", "DEBUG", "INFO", "WARN", "ERROR", "Debug", "Info", "Warn",
                    "Error",
                ],
                |given| format!("unrecognized log level {given}"),
            ),
        ),
    ]],
    check: free,
};

pub(super) static ROOT: Struct = Struct {
    name: "config.Config",
    fields: &[&[
        ("global", Ty::Struct(&GLOBAL)),
        ("runtime", Ty::Struct(&RUNTIME)),
        ("alerting", Ty::Struct(&ALERTING)),
        ("rule_files", TEXTS),
        ("scrape_config_files", TEXTS),
        (
            "scrape_configs",
            Ty::Full(&Ty::Struct(&SCRAPE), "empty or null scrape config section"),
        ),
        ("storage", Ty::Struct(&STORAGE)),
        ("tracing", Ty::Struct(&TRACING)),
        (
            "remote_write",
            Ty::Full(
                &Ty::Struct(&remote::REMOTE_WRITE),
                "empty or null remote write config section",
            ),
        ),
        (
            "remote_read",
            Ty::Full(
                &Ty::Struct(&remote::REMOTE_READ),
                "empty or null remote read config section",
            ),
        ),
        ("otlp", Ty::Struct(&OTLP)),
    ]],
    check: root,
};

/// Checks a document; `agent` as Prometheus does with `--agent`.
pub(super) fn document(check: &mut Check<'_>, node: &Node, agent: bool) {
    // The scheme of names is needed below before the walk comes to it.
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

fn root(check: &mut Check<'_>, root: Object<'_>) {
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
    // The scheme of `global` is judged by each job that takes it over.
    if let Some(global) = root.object("global").filter(|_| root.is_set("scrape_configs")) {
        escaping(check, global, "global");
    }
    let mut jobs = BTreeMap::new();
    let before = check.legacy_names;
    for scrape in root.list("scrape_configs").iter().filter_map(Object::of) {
        scrape::config(check, scrape, &defaults);
        let name = scrape.text(check, "job_name");
        if !name.is_empty() {
            let message = format!("found multiple scrape configs with job name {}", quote(&name));
            once(check, JOB, &mut jobs, name, scrape.value("job_name"), &message);
        }
        check.legacy_names = before;
    }
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

/// A name that must not come twice.
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

/// What scrape configurations have from `global`.
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

fn global(check: &mut Check<'_>, global: Object<'_>) {
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
            // The message has the whole list in it; once is enough.
            return;
        }
    }
}

fn retention(check: &mut Check<'_>, retention: Object<'_>) {
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
            crate::go::float::shortest(given)
        );
        check.error(VALUE, retention.value("percentage"), message);
    }
}

fn tracing(check: &mut Check<'_>, tracing: Object<'_>) {
    remote::headers(
        check,
        tracing,
        "custom authorization header configuration is not yet supported",
    );
    if !tracing.is_set("endpoint") {
        check.error(CONFIG, tracing.value("endpoint"), "tracing endpoint must be set");
    }
}

fn otlp(check: &mut Check<'_>, otlp: Object<'_>) {
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
