//! What came of charts, suites and tests.

use std::time::Duration;

use super::snapshot::Counts;
use crate::pipeline::Request;

/// The result of a suite.
#[derive(Clone, Debug, Default)]
pub struct SuiteResult {
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Whether all tests have passed.
    pub passed: bool,
    /// Whether all tests were skipped.
    pub skipped: bool,
    /// Why it could not be run.
    pub error: Option<String>,
    /// Its tests, as far as they were run.
    pub tests: Vec<TestResult>,
    /// Its snapshots.
    pub snapshots: Counts,
}

/// The result of a test.
#[derive(Clone, Debug, Default)]
pub struct TestResult {
    /// What it says that it tests.
    pub name: String,
    /// Whether all its assertions hold.
    pub passed: bool,
    /// Whether it was skipped.
    pub skipped: bool,
    /// Why its chart could not be rendered, or the like.
    pub error: Option<String>,
    /// Where that happened.
    pub places: Vec<String>,
    /// Its assertions, as far as they were checked.
    pub assertions: Vec<AssertionResult>,
    /// How long it took.
    pub duration: Duration,
    /// The chart with the test's values, release and cluster, for who wants to render it again; of a test whose chart renders, if it was
    /// asked for.
    pub request: Option<Box<Request>>,
}

/// The result of an assertion.
#[derive(Clone, Debug, Default)]
pub struct AssertionResult {
    /// Which of the test's it is.
    pub index: usize,
    /// Its name: `equal`.
    pub name: &'static str,
    /// Whether it was negated.
    pub not: bool,
    /// Whether it holds.
    pub passed: bool,
    /// Why it was not checked.
    pub skipped: Option<String>,
    /// What was expected, and what is there.
    pub lines: Vec<String>,
    /// The lines that what is there comes from: rendered text, template, values.
    pub places: Vec<String>,
}

impl AssertionResult {
    /// What it is called where it failed.
    pub fn title(&self) -> String {
        let not = if self.not { " NOT" } else { "" };
        format!("- asserts[{}]{not} `{}` fail", self.index, self.name)
    }
}

impl SuiteResult {
    /// How long its tests took.
    pub fn duration(&self) -> Duration {
        self.tests.iter().map(|test| test.duration).sum()
    }

    /// The last part of its name, which may be a path.
    pub fn class(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }
}

impl TestResult {
    /// All that is said of it.
    pub fn text(&self) -> String {
        let mut out = String::new();
        if self.skipped {
            out.push_str(&format!("SKIPPED '{}' \n", self.name));
        }
        if let Some(error) = &self.error {
            out.push_str(&format!("{error}\n"));
        }
        for assertion in &self.assertions {
            out.push_str(&format!("\t\t {} \n", assertion.title()));
            match &assertion.skipped {
                Some(reason) => out.push_str(&format!("\t\t\t {reason} \n")),
                None => {
                    for line in assertion.lines.iter().chain(&assertion.places) {
                        out.push_str(&format!("\t\t\t {line} \n"));
                    }
                }
            }
        }
        out
    }

    /// The same on one line.
    pub fn flat_text(&self) -> String {
        self.text().replace('\n', ",").replace('\t', "")
    }

    /// Whether it neither passed nor was skipped.
    pub fn has_failed(&self) -> bool {
        !self.passed && !self.skipped
    }
}
