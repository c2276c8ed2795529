//! Checks Prometheus' own files offline.
//!
//! Covers prometheus.yml, rule files and web.config, as files or as texts in `ConfigMaps`, and the objects of the
//! Prometheus operator. Every check mirrors one of Prometheus 3.16 (`config`, `discovery/*`, `model/relabel`,
//! `model/rulefmt`, `exporter-toolkit/web`) and uses its message. Prometheus stops at the first fault; these checks
//! report all of them, each at its key or value. Files that a file refers to are not read.
//!
//! ```
//! use prometheus::{Kind, check_file};
//! use source::{Source, SourceKind, Sources};
//!
//! let sources = Sources::new();
//! let text = "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: rate(up) > 0\n";
//! let file = sources.add(Source::new("rules.yml", SourceKind::File, text.into()));
//! let report = check_file(&sources, file, None);
//! let found = &report.diagnostics[0];
//! assert_eq!((found.rule, sources.place(found.span.unwrap()).as_str()), ("promql-type", "rules.yml:5:16"));
//! ```

mod alert_template;
mod check;
mod config;
mod config_tables;
mod discovery;
mod discovery_checks;
mod discovery_clouds;
mod discovery_fields;
mod http;
mod operator;
mod relabel;
mod remote;
mod rules;
mod rules_table;
mod scalars;
mod schema;
mod scrape;
mod token;
mod web;

use diagnostics::{Diagnostic, Report};
use goyaml::{Node, Parsed};
use source::{FileId, Source, Sources, Span};

use check::Check;
pub use rules_table::{RULES, Rule};

/// The kinds of Prometheus' files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// prometheus.yml.
    Config,
    /// prometheus.yml of a Prometheus that runs with `--agent`.
    AgentConfig,
    /// A file of alerting and recording rules.
    Rules,
    /// web.config, the file of `--web.config.file`.
    WebConfig,
    /// A file of `scrape_config_files`.
    ScrapeConfigs,
    /// A file of `file_sd_configs`.
    Targets,
}

/// A file that prometheus.yml refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its path; the last part may be a glob pattern.
    pub path: String,
    /// The place of the reference.
    pub span: Span,
    /// The kind of the file.
    pub kind: Kind,
}

/// The files that a prometheus.yml refers to: `rule_files`, `scrape_config_files` and the files of `file_sd_configs`.
pub fn references(node: &Node) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut add = |owner: &Node, key: &str, kind: Kind| {
        let files = owner.get(key).and_then(Node::as_list).unwrap_or_default();
        found.extend(files.iter().filter_map(|file| {
            Some(Reference {
                path: file.as_str().filter(|path| !path.is_empty())?.to_owned(),
                span: file.span,
                kind,
            })
        }));
    };
    add(node, "rule_files", Kind::Rules);
    add(node, "scrape_config_files", Kind::ScrapeConfigs);
    for job in node.get("scrape_configs").and_then(Node::as_list).unwrap_or_default() {
        for discovery in job.get("file_sd_configs").and_then(Node::as_list).unwrap_or_default() {
            add(discovery, "files", Kind::Targets);
        }
    }
    found
}

/// The job names of a prometheus.yml or a file of `scrape_config_files`, with their places.
pub fn jobs(node: &Node) -> Vec<(&str, Span)> {
    let jobs = node.get("scrape_configs").and_then(Node::as_list).unwrap_or_default();
    let named = jobs.iter().filter_map(|job| job.get("job_name"));
    named.filter_map(|name| Some((name.as_str()?, name.span))).collect()
}

/// Detects the kind of a document by its top-level keys; none if no kind knows any of them.
pub fn detect(node: &Node) -> Option<Kind> {
    let map = node.as_map()?;
    let known = |root: &schema::Struct| map.iter().filter(|(key, _)| root.knows(key)).count();
    [
        (known(&config_tables::ROOT), Kind::Config),
        (known(&rules::ROOT), Kind::Rules),
        (known(&web::ROOT), Kind::WebConfig),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .rev()
    .max_by_key(|(count, _)| *count)
    .map(|(_, kind)| kind)
}

/// Checks a file. Without `kind` it is detected; an undetectable file counts as prometheus.yml.
pub fn check_file(sources: &Sources, file: FileId, kind: Option<Kind>) -> Report {
    let source = sources.get(file);
    match goyaml::parse(&source, file, 0..source.text().len()) {
        Ok(parsed) => {
            let mut report = duplicates(&parsed);
            let kind = kind.or_else(|| detect(&parsed.node)).unwrap_or(Kind::Config);
            report.append(check_node(&source, &parsed.node, kind));
            report.sort();
            report
        }
        Err(error) => {
            let message = error.cause().to_owned();
            let place = error.span.map_or_else(
                || Span::file_start(file),
                |range| Span::new(file, range.start, range.end),
            );
            Diagnostic::error(rules_table::YAML, message).at(place).into()
        }
    }
}

/// Checks a parsed document. `source` is the text that its spans refer to.
pub fn check_node(source: &Source, node: &Node, kind: Kind) -> Report {
    let mut check = Check::new(source);
    match kind {
        Kind::Config => config::document(&mut check, node, false),
        Kind::AgentConfig => config::document(&mut check, node, true),
        Kind::Rules => check.structure(&rules::ROOT, node),
        Kind::WebConfig => check.structure(&web::ROOT, node),
        Kind::ScrapeConfigs => check.structure(&config_tables::SCRAPE_FILE, node),
        Kind::Targets => check.value(&discovery::TARGETS, node),
    }
    check.report
}

/// Checks an object of `monitoring.coreos.com/v1`: a `PrometheusRule`, `ServiceMonitor`, `PodMonitor` or `Probe`. Other
/// kinds have no findings. `source` is the text that its spans refer to.
pub fn check_object(source: &Source, object: &Node) -> Report {
    let mut check = Check::new(source);
    let text = |key: &str| object.get(key).and_then(Node::as_str).unwrap_or_default();
    if text("apiVersion") == "monitoring.coreos.com/v1" && operator::KINDS.contains(&text("kind")) {
        operator::object(&mut check, text("kind"), object);
    }
    check.report
}

/// Reports duplicate keys, which Prometheus' strict reading rejects.
fn duplicates(parsed: &Parsed) -> Report {
    let mut report = Report::new();
    for duplicate in &parsed.duplicates {
        let message = format!("key {} already set in map", gostd::quote::quote(&duplicate.key));
        report.push(
            Diagnostic::error(rules_table::YAML, message)
                .at(duplicate.second)
                .label(duplicate.first, "first here"),
        );
    }
    report
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
