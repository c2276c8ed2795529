//! `promchart test --watch`: runs again what a change touches, until it is interrupted.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::output::Output;
use super::test::Told;
use crate::source::Sources;
use crate::unittest::watch::{Change, Files};
use crate::unittest::{self, Options, Printer, Results, Uses};
use crate::world::World;

/// How often files are looked at.
const PAUSE: Duration = Duration::from_millis(300);
/// Once something has changed, it must stay the same for so long.
const QUIET: Duration = Duration::from_millis(100);
/// How often that is waited for: something that changes all the time must not keep everything from being run.
const MAX_QUIET: usize = 20;
/// How many changed files are named.
const MAX_FILES: usize = 5;

/// Runs all suites, and then those that each change touches.
pub(super) fn watch(world: &Arc<dyn World>, options: &Options, printer: Printer) -> ! {
    let mut uses: Vec<Uses> = Vec::new();
    // What is changed while tests run is seen after that.
    let mut files = Files::read(&**world, options, &uses, &Files::default());
    let mut round = options.clone();
    loop {
        let results = run(world, &round, printer);
        remember(&mut uses, &round, &results);
        let now = Files::read(&**world, options, &uses, &files);
        files.take_known_later(&now, options);
        Output::message(&format!("Watching {} files; Ctrl-C ends it.\n", now.count()));
        let (settled, change) = wait(&**world, options, &uses, &files);
        files = settled;
        round.charts.clone_from(&change.charts);
        round.only.clone_from(&change.suites);
        Output::message(&told(&change));
    }
}

fn run(world: &Arc<dyn World>, options: &Options, printer: Printer) -> Results {
    let began = world.now();
    if options.charts.is_empty() {
        return Results::default();
    }
    let sources = Sources::new();
    let results = unittest::run(world, options, &sources, &mut Told { printer });
    let elapsed = world.now().saturating_sub(began);
    Output::result(printer.summary(&results, elapsed).as_bytes());
    results
}

/// Keeps what suites have to do with, in place of what was known of them.
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

/// Waits for a change that has come to an end.
fn wait(world: &dyn World, options: &Options, uses: &[Uses], before: &Files) -> (Files, Change) {
    loop {
        let mut now = Files::read(world, options, uses, before);
        if now.change(before, options, uses).is_some() {
            for _ in 0..MAX_QUIET {
                thread::sleep(QUIET);
                let next = Files::read(world, options, uses, &now);
                let then = std::mem::replace(&mut now, next);
                if then == now {
                    break;
                }
            }
            // It may have been taken back meanwhile.
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
