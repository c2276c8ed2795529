//! Many targets in one run, several in parallel: charts by values files by Kubernetes versions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::check::{self, Key, is_asked, key, spot};
use super::discover::SETTINGS;
use super::explore::{self, Explored};
use super::references;
use super::registry::RULES;
use super::run::{Run, Scope};
use super::selection::Selection;
use super::suppress::Suppressions;
use super::tally::Tally;
use diagnostics::{Diagnostic, Report, Result};
use engine::threads::processors;
use source::{Source, SourceKind, Sources};
use system::System;

/// The stack size of a linting thread, in bytes: values, schemas and templates are nested.
const STACK_SIZE: usize = 512 << 20;

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
    let (report, tally, _) = all(system, runs, (scope, None), selection, sources, progress);
    (report, tally)
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
    all(system, runs, (Scope::All, Some(budget)), selection, sources, progress)
}

fn all(
    system: &Arc<dyn System>,
    runs: &[Run],
    (scope, budget): (Scope, Option<usize>),
    selection: &Selection,
    sources: &Sources,
    progress: &dyn Progress,
) -> (Report, Tally, Vec<Explored>) {
    let done = AtomicUsize::new(0);
    let results = side_by_side(runs, &|run| {
        let result = check::check(system, run, scope, selection, sources);
        progress.done(done.fetch_add(1, Ordering::Relaxed) + 1, runs.len(), run);
        result
    });
    let mut tally = Tally::default();
    tally.rules = RULES
        .iter()
        .filter(|rule| is_asked(rule, scope) && selection.is_on(rule))
        .count();
    let mut explored = Vec::new();
    if let Some(budget) = budget {
        let mut charts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, run) in runs.iter().enumerate() {
            charts.entry(&run.chart).or_default().push(at);
        }
        let charts: Vec<Vec<usize>> = charts.into_values().collect();
        let outcomes = side_by_side(&charts, &|of_chart| {
            let runs: Vec<&Run> = of_chart.iter().map(|at| &runs[*at]).collect();
            let of_runs = || of_chart.iter().map(|at| &results[*at]);
            let found = of_runs().flat_map(|(report, ..)| &report.diagnostics);
            let known = found.map(|diagnostic| spot(diagnostic, sources)).collect();
            let reached = of_runs().flat_map(|(_, _, tally)| tally.taken()).collect();
            explore::explore(system, &runs, (&known, &reached), selection, sources, budget)
        });
        explored.extend(outcomes.into_iter().flatten());
    }
    let mut reports = Vec::with_capacity(results.len());
    for (at, (report, suppressions, of_run)) in results.into_iter().enumerate() {
        tally.add(of_run);
        reports.push((at, report, suppressions));
    }
    let mut suppressions = Suppressions::default();
    let mut more = Report::new();
    let mut summaries = Vec::new();
    for outcome in explored {
        outcome
            .suppressions
            .into_iter()
            .for_each(|of_set| suppressions.merge(of_set));
        outcome.tallies.into_iter().for_each(|of_set| tally.reach(of_set));
        tally.refuse(&outcome.explored.chart, outcome.refusing);
        more.append(outcome.report);
        summaries.push(outcome.explored);
    }
    let mut report = merge(reports, runs, suppressions, selection, sources);
    report.append(more);
    (report, tally, summaries)
}

/// Maps items in parallel, on as many threads as are useful. Returns the results in order.
fn side_by_side<T: Sync, R: Send>(things: &[T], make: &(dyn Fn(&T) -> R + Sync)) -> Vec<R> {
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(things.len()));
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(thing) = things.get(at) else { break };
            let result = make(thing);
            results
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((at, result));
        }
    };
    let threads = processors().min(things.len());
    thread::scope(|scope| {
        for _ in 1..threads {
            // If a thread cannot be started, the others do its work.
            let _ = thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

fn merge(
    results: Vec<(usize, Report, Suppressions)>,
    runs: &[Run],
    mut suppressions: Suppressions,
    selection: &Selection,
    sources: &Sources,
) -> Report {
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
