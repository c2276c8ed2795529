//! Many targets in one run, several in parallel: charts by values files by Kubernetes versions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::check::{self, Key, is_asked, key, spot};
use super::discover::SETTINGS;
use super::explore::{self, Explored};
use super::references;
use super::registry::RULES;
use super::run::{Run, Scope};
use super::selection::Selection;
use super::shared::{Shelf, Worker};
use super::suppress::Suppressions;
use super::tally::Tally;
use diagnostics::{Diagnostic, Report, Result};
use engine::threads::each;
use source::{Source, SourceKind, Sources};
use system::System;

/// Receives the progress of the runs.
pub trait Progress: Sync {
    /// Called after each run: `done` of `total` runs are finished.
    fn done(&self, done: usize, total: usize, run: &Run);
}

/// Lints all runs. Findings of several runs are reported once; the tally counts what was checked.
pub fn run(
    system: &Arc<dyn System>,
    runs: &[Run],
    scope: Scope,
    selection: &Selection,
    sources: &Sources,
    progress: &dyn Progress,
) -> (Report, Tally) {
    let (report, tally, _) = all(system, runs, &Extent::of(scope), selection, sources, progress);
    (report, tally)
}

/// The findings of all runs, as [`run`] reports them. The branches that they take are not counted.
pub fn findings(
    system: &Arc<dyn System>,
    runs: &[Run],
    scope: Scope,
    selection: &Selection,
    sources: &Sources,
    progress: &dyn Progress,
) -> Report {
    let extent = Extent {
        counts: false,
        ..Extent::of(scope)
    };
    all(system, runs, &extent, selection, sources, progress).0
}

/// Lints all runs as [`run`] does, and then each chart with values that reach further branches, with at most so many
/// renders for each chart.
pub fn run_exploring(
    system: &Arc<dyn System>,
    runs: &[Run],
    budget: usize,
    selection: &Selection,
    sources: &Sources,
    progress: &dyn Progress,
) -> (Report, Tally, Vec<Explored>) {
    let extent = Extent {
        budget: Some(budget),
        ..Extent::of(Scope::All)
    };
    all(system, runs, &extent, selection, sources, progress)
}

/// How much is done with the runs.
struct Extent {
    scope: Scope,
    /// Whether the branches that the runs take are counted.
    counts: bool,
    /// The renders for each chart to look for further branches.
    budget: Option<usize>,
}

impl Extent {
    fn of(scope: Scope) -> Self {
        Self {
            scope,
            counts: true,
            budget: None,
        }
    }
}

fn all(
    system: &Arc<dyn System>,
    runs: &[Run],
    extent: &Extent,
    selection: &Selection,
    sources: &Sources,
    progress: &dyn Progress,
) -> (Report, Tally, Vec<Explored>) {
    let scope = extent.scope;
    let done = AtomicUsize::new(0);
    let shelf = Shelf::default();
    let worker = || Worker::new(system, sources, &shelf, extent.counts);
    let results = each(runs.len(), worker, |worker, at| {
        let result = check::check(worker, &runs[at], scope, selection);
        progress.done(done.fetch_add(1, Ordering::Relaxed) + 1, runs.len(), &runs[at]);
        result
    });
    let mut tally = Tally::default();
    tally.rules = RULES
        .iter()
        .filter(|rule| is_asked(rule, scope) && selection.is_on(rule))
        .count();
    let mut explored = Vec::new();
    if let Some(budget) = extent.budget {
        let mut charts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, run) in runs.iter().enumerate() {
            charts.entry(&run.chart).or_default().push(at);
        }
        let charts: Vec<Vec<usize>> = charts.into_values().collect();
        let outcomes = each(charts.len(), worker, |worker, chart| {
            let of_chart = &charts[chart];
            let runs: Vec<&Run> = of_chart.iter().map(|at| &runs[*at]).collect();
            let of_runs = || of_chart.iter().map(|at| &results[*at]);
            let found = of_runs().flat_map(|(report, ..)| &report.diagnostics);
            let known = found.map(|diagnostic| spot(diagnostic, sources)).collect();
            let reached = of_runs().flat_map(|(_, _, tally)| tally.taken()).collect();
            explore::explore(worker, &runs, (&known, &reached), selection, budget)
        });
        explored.extend(outcomes.into_iter().flatten());
    }
    let mut reports = Vec::with_capacity(results.len());
    for (at, (report, suppressions, of_run)) in results.into_iter().enumerate() {
        tally.add(of_run);
        reports.push((at, report, suppressions));
    }
    let mut uses = Vec::new();
    let mut more = Report::new();
    let mut summaries = Vec::new();
    for outcome in explored {
        uses.extend(outcome.suppressions);
        outcome.tallies.into_iter().for_each(|of_set| tally.reach(of_set));
        tally.take(&outcome.explored.chart, outcome.untaken);
        more.append(outcome.report);
        summaries.push(outcome.explored);
    }
    let mut report = merge(reports, runs, &uses, selection, sources);
    report.append(more);
    (report, tally, summaries)
}

fn merge(
    results: Vec<(usize, Report, Suppressions)>,
    runs: &[Run],
    uses: &[Suppressions],
    selection: &Selection,
    sources: &Sources,
) -> Report {
    let mut suppressions = Suppressions::default();
    let mut merged: BTreeMap<Key, (Diagnostic, Vec<usize>)> = BTreeMap::new();
    for (at, report, silenced) in results {
        suppressions.merge(silenced);
        for diagnostic in report.diagnostics {
            let (_, seen) = merged
                .entry(key(&diagnostic, sources))
                .or_insert_with(|| (diagnostic, Vec::new()));
            if seen.last() != Some(&at) {
                seen.push(at);
            }
        }
    }
    let mut report = Report::new();
    for (mut diagnostic, seen) in merged.into_values() {
        let chart = &runs[seen[0]].chart;
        let of_chart = runs.iter().filter(|run| run.chart == *chart).count();
        if seen.len() < of_chart {
            let names = seen.iter().map(|&at| Arc::clone(&runs[at].name));
            diagnostic.runs = names.filter(|name| !name.is_empty()).collect();
        }
        report.push(diagnostic);
    }
    for of_set in uses {
        suppressions.merge_uses(of_set);
    }
    for unused in suppressions.unused() {
        report.diagnostics.extend(selection.apply(unused));
    }
    report
}

/// Checks Prometheus files outside of charts.
///
/// # Errors
/// A file that cannot be read.
pub fn prometheus_files(
    system: &dyn System,
    paths: &[String],
    selection: &Selection,
    sources: &Sources,
) -> Result<Report> {
    let mut report = Report::new();
    for path in paths {
        let bytes = system.read(Path::new(path)).map_err(|error| {
            let message = format!("cannot read {path}: {error}");
            Box::new(Diagnostic::error(SETTINGS, message))
        })?;
        let file = sources.add(Source::new(path.as_str(), SourceKind::File, bytes));
        let mut found = prometheus::check_file(sources, file, None);
        found.append(references::check(system, sources, file));
        report
            .diagnostics
            .extend(found.diagnostics.into_iter().filter_map(|found| selection.apply(found)));
    }
    Ok(report)
}
