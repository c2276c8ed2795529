//! The results of charts, suites and tests.

use std::time::Duration;

use super::snapshot::Counts;
use engine::stages::Request;

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
    /// The error if it could not be run.
    pub error: Option<String>,
    /// Its tests that were run.
    pub tests: Vec<TestResult>,
    /// Its snapshots.
    pub snapshots: Counts,
}

/// The result of a test.
#[derive(Clone, Debug, Default)]
pub struct TestResult {
    /// Its description (`it`).
    pub name: String,
    /// Whether all its assertions hold.
    pub passed: bool,
    /// Whether it was skipped.
    pub skipped: bool,
    /// The error if its chart could not be rendered, or a similar one.
    pub error: Option<String>,
    /// The position of the error.
    pub places: Vec<String>,
    /// Its assertions that were checked.
    pub assertions: Vec<AssertionResult>,
    /// Its duration.
    pub duration: Duration,
    /// The chart with the test's values, release and cluster, for who wants to render it again; of a test whose chart renders, if it was
    /// asked for.
    pub request: Option<Box<Request>>,
}

/// The result of an assertion.
#[derive(Clone, Debug, Default)]
pub struct AssertionResult {
    /// Its index in the test.
    pub index: usize,
    /// Its name: `equal`.
    pub name: &'static str,
    /// Whether it was negated.
    pub not: bool,
    /// Whether it passed.
    pub passed: bool,
    /// The reason why it was not checked.
    pub skipped: Option<String>,
    /// The expected and the actual value.
    pub lines: Vec<String>,
    /// The lines from which the actual value comes: rendered text, template, values.
    pub places: Vec<String>,
}

impl AssertionResult {
    /// The title of a failed assertion.
    pub fn title(&self) -> String {
        let not = if self.not { " NOT" } else { "" };
        format!("- asserts[{}]{not} `{}` fail", self.index, self.name)
    }
}

impl SuiteResult {
    /// The duration of its tests.
    pub fn duration(&self) -> Duration {
        self.tests.iter().map(|test| test.duration).sum()
    }

    /// The last part of its name, which may be a path.
    pub fn class(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }
}

impl TestResult {
    /// The complete error text.
    pub fn text(&self) -> String {
        self.text_with(str::to_owned)
    }

    /// The error text, with each place as `written`.
    fn text_with(&self, written: impl Fn(&str) -> String) -> String {
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
                    for line in &assertion.lines {
                        out.push_str(&format!("\t\t\t {line} \n"));
                    }
                    for place in &assertion.places {
                        out.push_str(&format!("\t\t\t {} \n", written(place)));
                    }
                }
            }
        }
        out
    }

    /// The same on one line. helm-unittest drops the tabs; between a place and the text there, one is a space.
    pub fn flat_text(&self) -> String {
        let text = self.text_with(|place| place.replace('\t', " "));
        text.replace('\n', ",").replace('\t', "")
    }

    /// Whether it failed: it neither passed nor was skipped.
    pub fn has_failed(&self) -> bool {
        !self.passed && !self.skipped
    }
}
