//! `promchart test --watch`: runs the affected suites again after each change, until it is interrupted.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::output::Output;
use super::test::{Test, Told};
use super::test_lint;
use diagnostics::{Report, Result};
use source::Sources;
use system::System;
use unittest::coverage::Measured;
use unittest::watch::{Change, Files, Latest, Watched};
use unittest::{Format, Options, Printer, Results, Uses};

/// The interval at which files are checked.
const PAUSE: Duration = Duration::from_millis(300);
/// The time for which files must stay unchanged after a change.
const QUIET: Duration = Duration::from_millis(100);
/// The maximum number of such waits: a file that changes all the time must not block the tests.
const MAX_QUIET: usize = 20;
/// The maximum number of changed files that are named.
const MAX_FILES: usize = 5;

/// The state of a watched run, and the results of the earlier ones.
struct Watch<'a> {
    system: &'a Arc<dyn System>,
    arguments: &'a Test,
    format: Format,
    output: Output,
    watched: Watched,
    latest: Latest,
    /// The coverage of each chart by its folder.
    measured: BTreeMap<String, Measured>,
}

/// Runs all suites, and then the affected ones after each change. `more` are the values files of additional renders for the coverage.
///
/// # Errors
/// If a report cannot be written, or the settings are wrong, at the first run. Later such errors are printed.
pub(super) fn watch(
    system: &Arc<dyn System>,
    arguments: &Test,
    options: Options,
    format: Format,
    more: BTreeSet<String>,
    output: Output,
) -> Result<Infallible> {
    let mut inputs: Vec<String> = more.into_iter().collect();
    if arguments.lint {
        inputs.extend(test_lint::inputs(&**system));
    }
    let outputs = arguments.coverage.outputs().chain(arguments.report_file());
    let mut round = options.clone();
    let mut watch = Watch {
        system,
        arguments,
        format,
        output,
        watched: Watched {
            options,
            inputs,
            outputs: outputs.cloned().collect(),
            has_coverage: arguments.coverage.is_wanted(),
        },
        latest: Latest::default(),
        measured: BTreeMap::new(),
    };
    // Changes during a run are noticed after it.
    let mut files = Files::read(&**system, &watch.watched, &[], &Files::default());
    let mut is_first = true;
    loop {
        let sources = Sources::new();
        match watch.run(&round, &sources) {
            Err(error) if is_first => return Err(error),
            Err(error) => output.errors(&Report::from(error), &sources, ""),
            Ok(()) => {}
        }
        is_first = false;
        let now = Files::read(&**system, &watch.watched, watch.latest.uses(), &files);
        files.take_known_later(&now, &watch.watched);
        Output::message(&format!("Watching {} files; Ctrl-C ends it.\n", now.count()));
        let (settled, change) = wait(&**system, &watch.watched, watch.latest.uses(), &files);
        files = settled;
        round.charts.clone_from(&change.charts);
        round.only.clone_from(&change.suites);
        Output::message(&told(&change));
    }
}

impl Watch<'_> {
    /// Runs the suites of a round and tells of them; what is written to files is about all suites.
    fn run(&mut self, round: &Options, sources: &Sources) -> Result<()> {
        if round.charts.is_empty() {
            return Ok(());
        }
        let (system, output) = (self.system, self.output);
        let began = system.now();
        let printer = Printer::new(output.color());
        let mut results = unittest::run(system, round, sources, &mut Told::new(printer));
        self.latest.take(&self.watched, round, &mut results);
        let elapsed = system.now().saturating_sub(began);
        Output::result(printer.summary(&results, elapsed).as_bytes());
        self.arguments
            .write_report(&**system, self.format, self.latest.suites())?;
        if self.arguments.lint {
            test_lint::lint(system, &results, output)?;
        }
        if self.watched.has_coverage {
            self.cover(round, &mut results, sources)?;
        }
        Ok(())
    }

    fn cover(&mut self, round: &Options, results: &mut Results, sources: &Sources) -> Result<()> {
        let coverage = &self.arguments.coverage;
        let (charts, _) = coverage.measure(self.system, round, results, sources, self.output)?;
        coverage.tell(&charts, self.output);
        // A chart that cannot be read has none.
        self.measured.retain(|chart, _| !round.charts.contains(chart));
        self.measured
            .extend(charts.into_iter().map(|chart| (chart.path.clone(), chart)));
        let all = self.watched.charts.iter().filter_map(|chart| self.measured.get(chart));
        coverage.write(&**self.system, &all.cloned().collect::<Vec<_>>())
    }
}

/// Waits until a change is complete.
fn wait(system: &dyn System, watched: &Watched, uses: &[Uses], before: &Files) -> (Files, Change) {
    loop {
        let mut now = Files::read(system, watched, uses, before);
        if now.change(before, watched, uses).is_some() {
            for _ in 0..MAX_QUIET {
                thread::sleep(QUIET);
                let next = Files::read(system, watched, uses, &now);
                let then = std::mem::replace(&mut now, next);
                if then == now {
                    break;
                }
            }
            // The change may have been undone in the meantime.
            if let Some(change) = now.change(before, watched, uses) {
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
