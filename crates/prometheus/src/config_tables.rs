//! Tables of the configuration's fields, from the structs of Prometheus' `config` package.

use super::config::{global, otlp, retention, root, tracing};
use super::discovery::SECTIONS;
use super::http::{HTTP_FIELDS, TLS};
use super::relabel::{self, RELABEL_CONFIG};
use super::remote;
use super::schema::{Field, Struct, TEXTS, Ty, free};
use super::scrape;
use gostd::quote::quote;

/// Relabelling rules; the literal is the message for a null rule.
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
pub(super) const ESCAPINGS: &[&str] = &["allow-utf-8", "underscores", "dots", "values"];

/// The fields that `global` and each scrape configuration share.
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
            // Prometheus has no message for this: it panics.
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

/// The root of a file of `scrape_config_files`.
pub(super) static SCRAPE_FILE: Struct = Struct {
    name: "config.ScrapeConfigs",
    fields: &[&[(
        "scrape_configs",
        Ty::Full(&Ty::Struct(&SCRAPE), "empty or null scrape config section"),
    )]],
    check: super::config::scrape_file,
};
