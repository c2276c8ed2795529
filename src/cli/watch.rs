//! `promchart test --watch`: runs the affected suites again after each change, until it is interrupted.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::output::Output;
use super::test::Told;
use source::Sources;
use system::System;
use unittest::watch::{Change, Files};
use unittest::{Options, Printer, Results, Uses};

/// The interval at which files are checked.
const PAUSE: Duration = Duration::from_millis(300);
/// The time for which files must stay unchanged after a change.
const QUIET: Duration = Duration::from_millis(100);
/// The maximum number of such waits: a file that changes all the time must not block the tests.
const MAX_QUIET: usize = 20;
/// The maximum number of changed files that are named.
const MAX_FILES: usize = 5;

/// Runs all suites, and then the affected ones after each change.
pub(super) fn watch(system: &Arc<dyn System>, options: &Options, printer: Printer) -> ! {
    let mut uses: Vec<Uses> = Vec::new();
    // Changes during a run are noticed after it.
    let mut files = Files::read(&**system, options, &uses, &Files::default());
    let mut round = options.clone();
    loop {
        let results = run(system, &round, printer);
        remember(&mut uses, &round, &results);
        let now = Files::read(&**system, options, &uses, &files);
        files.take_known_later(&now, options);
        Output::message(&format!("Watching {} files; Ctrl-C ends it.\n", now.count()));
        let (settled, change) = wait(&**system, options, &uses, &files);
        files = settled;
        round.charts.clone_from(&change.charts);
        round.only.clone_from(&change.suites);
        Output::message(&told(&change));
    }
}

fn run(system: &Arc<dyn System>, options: &Options, printer: Printer) -> Results {
    let began = system.now();
    if options.charts.is_empty() {
        return Results::default();
    }
    let sources = Sources::new();
    let results = unittest::run(system, options, &sources, &mut Told { printer });
    let elapsed = system.now().saturating_sub(began);
    Output::result(printer.summary(&results, elapsed).as_bytes());
    results
}

/// Replaces what is known about the files that suites use.
fn remember(uses: &mut Vec<Uses>, round: &Options, results: &Results) {
    uses.retain(|known| {
        let is_meant = round.charts.contains(&known.chart);
        let was_run = match &round.only {
            Some(only) => only.contains(&known.suites),
            None => true,
        };
        !(is_meant && was_run)
    });
    uses.extend(results.uses.iter().cloned());
}

/// Waits until a change is complete.
fn wait(system: &dyn System, options: &Options, uses: &[Uses], before: &Files) -> (Files, Change) {
    loop {
        let mut now = Files::read(system, options, uses, before);
        if now.change(before, options, uses).is_some() {
            for _ in 0..MAX_QUIET {
                thread::sleep(QUIET);
                let next = Files::read(system, options, uses, &now);
                let then = std::mem::replace(&mut now, next);
                if then == now {
                    break;
                }
            }
            // The change may have been undone in the meantime.
            if let Some(change) = now.change(before, options, uses) {
                return (now, change);
            }
        }
        thread::sleep(PAUSE);
    }
}

fn told(change: &Change) -> String {
    let mut files = change
        .files
        .iter()
        .take(MAX_FILES)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if change.files.len() > MAX_FILES {
        files.push_str(&format!(" and {} more", change.files.len() - MAX_FILES));
    }
    let what = match &change.suites {
        None => "all suites of its chart are run again".to_owned(),
        Some(suites) if suites.is_empty() => "no suite runs any of it".to_owned(),
        Some(suites) => format!("run again: {}", suites.iter().cloned().collect::<Vec<_>>().join(", ")),
    };
    format!("Changed: {files}; {what}\n")
}
