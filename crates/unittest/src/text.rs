//! Text output of results as in helm-unittest, with the origin of the actual values.

use std::time::Duration;

use super::result::{AssertionResult, SuiteResult, TestResult};
use super::run::Results;
use super::snapshot::Counts;
use diagnostics::Diagnostic;
use source::Sources;

/// Formats results as text.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    color: bool,
}

/// The number of results of a kind.
#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
    errored: usize,
    skipped: usize,
}

impl Printer {
    /// With colours or without.
    pub fn new(color: bool) -> Self {
        Self { color }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// The header of a chart's suites.
    pub fn chart(self, name: &str, path: &str) -> String {
        format!("\n### Chart [ {} ] {}\n\n", self.bold(name), self.faint(path))
    }

    /// The error of a chart that cannot be tested.
    pub fn chart_failed(self, error: &Diagnostic, sources: &Sources) -> String {
        let mut out = format!("\n### {} {}\n", self.red("Error: "), error.headline());
        for place in super::places::of(error, sources) {
            out.push_str(&format!("\t{place}\n"));
        }
        if let Some(help) = &error.help {
            out.push_str(&format!("\t{help}\n"));
        }
        out.push('\n');
        out
    }

    /// A suite, with its tests that did not pass.
    pub fn suite(self, suite: &SuiteResult) -> String {
        let label = if suite.skipped {
            self.paint("43;30", " SKIP ")
        } else if suite.passed {
            self.paint("42;30", " PASS ")
        } else {
            self.paint("41;37", " FAIL ")
        };
        let path = match suite.file.rsplit_once('/') {
            Some((folder, file)) => format!("{}{file}", self.faint(&format!("{folder}/"))),
            None => suite.file.clone(),
        };
        let mut out = format!("{label} {}\t{path}\n", self.bold(&suite.name));
        if let Some(error) = &suite.error {
            out.push_str(&format!("\t{}\n\t\t{error}\n\n", self.bold("- Execution Error: ")));
            return out;
        }
        for test in &suite.tests {
            self.test(test, &mut out);
        }
        out
    }

    fn test(self, test: &TestResult, out: &mut String) {
        if test.passed {
            return;
        }
        if test.skipped {
            let what = self.paint("33", &format!("SKIPPED '{}'", test.name));
            out.push_str(&format!("\t{}{what}\n", self.bold("- ")));
            return;
        }
        if let Some(error) = &test.error {
            out.push_str(&format!("\t{}\n", self.bold(&format!("- {}", test.name))));
            out.push_str(&format!("\t\t{}\n", self.bold(&format!("Error: {error}"))));
            for place in &test.places {
                out.push_str(&format!("\t\t{}\n", self.faint(place)));
            }
            out.push('\n');
            return;
        }
        out.push_str(&format!("\t{}\n\n", self.red(&format!("- {}", test.name))));
        for assertion in test.assertions.iter().filter(|assertion| !assertion.passed) {
            self.assertion(assertion, out);
        }
    }

    fn assertion(self, assertion: &AssertionResult, out: &mut String) {
        out.push_str(&format!("\t\t{}\n", self.red(&assertion.title())));
        let mut in_diff = false;
        for line in &assertion.lines {
            in_diff |= line == "Diff:";
            let text = line.trim_start_matches('\t');
            let shown = match text.as_bytes().first() {
                Some(b'-') if in_diff => self.red(line),
                Some(b'+') if in_diff => self.paint("32", line),
                _ => line.clone(),
            };
            out.push_str(&format!("\t\t\t{shown}\n"));
        }
        for place in &assertion.places {
            out.push_str(&format!("\t\t\t{}\n", self.faint(place)));
        }
        out.push('\n');
    }

    /// The summary.
    pub fn summary(self, results: &Results, elapsed: Duration) -> String {
        let mut suites = Count::default();
        let mut tests = Count::default();
        let mut snapshots = Counts::default();
        let mut with_snapshots = 0;
        for suite in &results.suites {
            if suite.skipped {
                suites.skipped += 1;
            } else if suite.passed {
                suites.passed += 1;
            } else {
                suites.failed += 1;
                suites.errored += usize::from(suite.error.is_some());
                with_snapshots += usize::from(suite.snapshots.failed > 0);
            }
            for test in &suite.tests {
                if test.passed {
                    tests.passed += 1;
                } else if test.skipped {
                    tests.skipped += 1;
                } else {
                    tests.failed += 1;
                    tests.errored += usize::from(test.error.is_some());
                }
            }
            snapshots.total += suite.snapshots.total;
            snapshots.failed += suite.snapshots.failed;
        }
        let charts = Count {
            passed: results.charts_passed,
            failed: results.charts_failed,
            errored: results.charts_errored,
            skipped: 0,
        };
        let mut out = String::new();
        if snapshots.failed > 0 {
            let failed = self.red(&format!("{} snapshot failed", snapshots.failed));
            let hint = self.faint(" Check changes and use `-u` to update snapshot.");
            out.push_str(&format!(
                "\nSnapshot Summary: {failed} in {with_snapshots} test suite.{hint}\n"
            ));
        }
        let snapshots = Count {
            passed: snapshots.total - snapshots.failed,
            failed: snapshots.failed,
            ..Count::default()
        };
        out.push_str(&format!(
            "\nCharts:      {}\nTest Suites: {}\nTests:       {}\nSnapshot:    {}\nTime:        {:.3}s\n\n",
            self.count(&charts),
            self.count(&suites),
            self.count(&tests),
            self.count(&snapshots),
            elapsed.as_secs_f64()
        ));
        out
    }

    fn count(self, count: &Count) -> String {
        let mut out = String::new();
        if count.failed > 0 {
            out.push_str(&self.red(&format!("{} failed, ", count.failed)));
        }
        if count.errored > 0 {
            out.push_str(&format!("{} errored, ", count.errored));
        }
        out.push_str(&format!("{} passed, ", count.passed));
        if count.skipped > 0 {
            out.push_str(&format!("{} skipped, ", count.skipped));
        }
        out.push_str(&format!("{} total", count.passed + count.failed + count.skipped));
        out
    }
}
