//! Translates the values of another chart into ours: prometheus-community/prometheus, versions 29.x.
//!
//! ```text
//! files -> merged -> over the defaults of the community chart -> rows of the table -> output, ledger
//! ```
//!
//! Each leaf of the input gets exactly one [`Fate`]: rows claim the leaves that they translate, and a leaf without a
//! claim is an unknown key. Nothing is dropped silently.

mod apply;
mod build;
mod check;
mod docs;
mod exporter;
mod findings;
mod flags;
mod job;
mod jobs;
mod kind;
mod ledger;
mod mounts;
mod names;
mod node_exporter;
mod node_mounts;
mod options;
mod out;
mod path;
mod probes;
mod pushgateway;
mod release;
mod remote;
mod report;
mod routing;
mod row;
mod rows;
mod rows_node_exporter;
mod rows_pushgateway;
mod rows_server;
mod rows_top;
mod rules;
mod scope;
mod scrape;
mod scrape_checks;
mod service;
mod storage;
mod templates;
mod top;
mod written;

use std::collections::BTreeSet;
use std::sync::Arc;

use chart::Embedded;

use self::job::Job;
use self::ledger::Ledger;
use self::names::Names;
use self::out::Branch;
use diagnostics::{Report, Result};
use goyaml::{Node, parse_str};
use source::{FileId, Source, SourceKind, Sources, Span};
use system::System;

pub use check::check;
pub use docs::markdown;
pub use findings::{ADVICE, LOST, MAPPED, RULES, SAME, UNKNOWN};
pub use ledger::{Claim, Fate, Leaf};
pub use options::Options;
pub use path::Path;

/// The supported source chart.
pub const COMMUNITY: &str = "prometheus-community/prometheus 29.x";

/// The result of a migration.
#[derive(Clone, Debug)]
pub struct Migration {
    /// The values for our chart: YAML with comments.
    pub text: String,
    /// Differences, values that are not carried over, and advice.
    pub report: Report,
    /// The leaves of the input.
    pub leaves: Vec<Leaf>,
    /// The decisions on the leaves.
    pub claims: Vec<Claim>,
}

/// The known keys of the community chart, each with its default as YAML (empty if it has none).
pub fn known_keys() -> Vec<(Path, &'static str)> {
    rows::rows().map(|row| (row.path(), row.was)).collect()
}

/// Translates values files into values of `chart`; later files override earlier ones. They must have been read by
/// [`chart::values_document`].
///
/// # Errors
/// If the chart cannot be read.
pub fn migrate(
    files: &[FileId],
    chart: Embedded,
    options: &Options,
    sources: &Sources,
    system: &Arc<dyn System>,
) -> Result<Migration> {
    let mut read = Vec::new();
    for file in files {
        read.push(chart::values_document(sources, *file)?);
    }
    let mut log = Report::new();
    let ours = chart.load(sources, &mut log)?.values;
    let defaults_file = sources.add(Source::new(COMMUNITY, SourceKind::Made, Vec::new()));
    let defaults = defaults(defaults_file);
    let mut given = Node::empty_map(Span::file_start(defaults_file));
    for file in &read {
        chart::merge_maps(&mut given, file.clone());
    }
    let old = build::over(&given, &defaults);
    let mut job = Job {
        options,
        sources,
        system,
        names: Names::unknown(),
        ledger: Ledger::new(&read, &given),
        given,
        old,
        defaults,
        out: Branch::default(),
        advice: Report::new(),
        missing: Vec::new(),
        defaults_file,
        made: BTreeSet::new(),
        turned_off: BTreeSet::new(),
        needs: BTreeSet::new(),
        new_keys: rows::rows().map(|row| (row.path(), row.new)).collect(),
    };
    job.names = Names::of(options.release.as_deref(), options.namespace.as_deref(), &job.old);
    // Keys of the server come first, because files and jobs depend on them.
    let (of_server, others): (Vec<_>, Vec<_>) = rows::rows().partition(|row| row.old.starts_with("server/"));
    for row in of_server.into_iter().chain(others) {
        apply::apply(&mut job, row);
    }
    scrape::finish(&mut job, Span::file_start(defaults_file));
    release::keep_names(&mut job);
    report::unknown_keys(&mut job);
    let mut kept: Vec<(usize, Path, bool)> = Vec::new();
    let mut out = std::mem::take(&mut job.out);
    out.reduce(Some(&ours), &Path::default(), &mut |claim, path, same| {
        kept.push((claim, path.clone(), same));
    });
    report::needless(&mut job, &kept);
    let head = report::head(&job, files);
    let text = format!("{head}{}", out.write(sources));
    let report = report::report(&job);
    Ok(Migration {
        text,
        report,
        leaves: job.ledger.leaves,
        claims: job.ledger.claims,
    })
}

/// The defaults of the community chart, as far as the table has them.
fn defaults(file: FileId) -> Node {
    let span = Span::file_start(file);
    let mut all = Branch::default();
    // Mappings come before the keys in them.
    let mut rows: Vec<_> = rows::rows().filter(|row| !row.was.is_empty()).collect();
    rows.sort_by_key(|row| row.path().steps().len());
    for row in rows {
        if let Ok(parsed) = parse_str(row.was, span) {
            all.put(&row.path(), Branch::value(parsed.node.numbers_as_floats()));
        }
    }
    all.node().unwrap_or_else(|| Node::empty_map(span))
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
