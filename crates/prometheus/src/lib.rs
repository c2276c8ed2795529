//! What Prometheus would say about its own files, before it gets them.
//!
//! prometheus.yml, rule files and web.config, as files or as texts in `ConfigMaps`, and the objects of the operator. Every
//! check mirrors one of Prometheus 3.16 (`config`, `discovery/*`, `model/relabel`, `model/rulefmt`, `exporter-toolkit/web`)
//! and has its words; but where Prometheus stops at the first fault, here are all of them, each at its key or value. Files
//! that a file refers to are not read.
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

/// The files of Prometheus.
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

/// A file that prometheus.yml names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its path, of which the last part may be a pattern.
    pub path: String,
    /// Where it is named.
    pub span: Span,
    /// What is in it.
    pub kind: Kind,
}

/// The files that a prometheus.yml names: `rule_files`, `scrape_config_files` and those of `file_sd_configs`.
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

/// The names of the jobs in a prometheus.yml or a file of `scrape_config_files`, with their places.
pub fn jobs(node: &Node) -> Vec<(&str, Span)> {
    let jobs = node.get("scrape_configs").and_then(Node::as_list).unwrap_or_default();
    let named = jobs.iter().filter_map(|job| job.get("job_name"));
    named.filter_map(|name| Some((name.as_str()?, name.span))).collect()
}

/// What kind of file a document is, by its keys at the top; none if Prometheus would not know any of them.
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

/// Checks a file; where `kind` is none it is found out, and a file that tells nothing is taken for prometheus.yml.
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

/// Checks a document that has been read. `source` is the text that its spans are of.
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

/// Checks an object of `monitoring.coreos.com/v1`: a `PrometheusRule`, `ServiceMonitor`, `PodMonitor` or Probe; others have no
/// faults. `source` is the text that its spans are of.
pub fn check_object(source: &Source, object: &Node) -> Report {
    let mut check = Check::new(source);
    let text = |key: &str| object.get(key).and_then(Node::as_str).unwrap_or_default();
    if text("apiVersion") == "monitoring.coreos.com/v1" && operator::KINDS.contains(&text("kind")) {
        operator::object(&mut check, text("kind"), object);
    }
    check.report
}

/// Keys that a mapping has twice: Prometheus reads strictly.
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
