//! Reports for other programs: JUnit, NUnit, `xUnit` and Sonar, as helm-unittest writes them.

use std::time::Duration;

use super::result::{SuiteResult, TestResult};
use gostd::civil;
use system::System;

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JUnit.
    JUnit,
    /// NUnit 2.
    NUnit,
    /// `xUnit.net` 2.
    XUnit,
    /// Sonar's generic test executions.
    Sonar,
}

/// The name of the test runner in reports.
const FRAMEWORK: &str = "promchart";

impl Format {
    /// The format with a name, which is case-insensitive.
    pub fn parse(name: &str) -> Option<Self> {
        match &*name.to_ascii_lowercase() {
            "junit" => Some(Self::JUnit),
            "nunit" => Some(Self::NUnit),
            "xunit" => Some(Self::XUnit),
            "sonar" => Some(Self::Sonar),
            _ => None,
        }
    }
}

/// Writes a report.
pub fn write(format: Format, suites: &[SuiteResult], system: &dyn System) -> String {
    let element = match format {
        Format::JUnit => junit(suites, system),
        Format::NUnit => nunit(suites, system),
        Format::XUnit => xunit(suites, system),
        Format::Sonar => sonar(suites),
    };
    let mut out = String::new();
    element.write(0, &mut out);
    out.push('\n');
    out
}

/// The contents of an element.
enum Content {
    Elements(Vec<Element>),
    Text(String),
    /// Verbatim text.
    Cdata(String),
}

pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    content: Content,
}

impl Element {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            attributes: Vec::new(),
            content: Content::Elements(Vec::new()),
        }
    }

    pub(super) fn attribute(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.attributes.push((name, format!("{value}")));
        self
    }

    pub(super) fn child(mut self, child: Self) -> Self {
        if let Content::Elements(children) = &mut self.content {
            children.push(child);
        }
        self
    }

    fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::child)
    }

    pub(super) fn text(mut self, text: impl Into<String>) -> Self {
        self.content = Content::Text(text.into());
        self
    }

    fn cdata(mut self, text: impl Into<String>) -> Self {
        self.content = Content::Cdata(text.into());
        self
    }

    pub(super) fn write(&self, depth: usize, out: &mut String) {
        out.push_str(&"\t".repeat(depth));
        out.push('<');
        out.push_str(self.name);
        for (name, value) in &self.attributes {
            out.push_str(&format!(" {name}=\""));
            escape(value, out);
            out.push('"');
        }
        out.push('>');
        match &self.content {
            Content::Text(text) => escape(text, out),
            Content::Cdata(text) if text.is_empty() => {}
            Content::Cdata(text) => {
                out.push_str("<![CDATA[");
                out.push_str(&allowed(text).replace("]]>", "]]]]><![CDATA[>"));
                out.push_str("]]>");
            }
            Content::Elements(children) if children.is_empty() => {}
            Content::Elements(children) => {
                for child in children {
                    out.push('\n');
                    child.write(depth + 1, out);
                }
                out.push('\n');
                out.push_str(&"\t".repeat(depth));
            }
        }
        out.push_str(&format!("</{}>", self.name));
    }
}

/// A text with special characters escaped as entities.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape(text, &mut out);
    out
}

/// A text with characters that XML does not allow replaced by U+FFFD.
fn allowed(text: &str) -> String {
    let is_allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    text.chars()
        .map(|c| if is_allowed(c) { c } else { '\u{FFFD}' })
        .collect()
}

fn escape(text: &str, out: &mut String) {
    for c in allowed(text).chars() {
        match c {
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(c),
        }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}

/// The date and the time of day in UTC.
fn now(system: &dyn System) -> (String, String) {
    let seconds = i64::try_from(system.now().as_secs()).unwrap_or_default();
    let (year, month, day) = civil::date_from_days(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    (
        format!("{year:04}-{month:02}-{day:02}"),
        format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60),
    )
}

fn host(system: &dyn System) -> String {
    system.variable("HOSTNAME").unwrap_or_default()
}

fn environment() -> String {
    format!(
        "promchart {} {}-{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

fn count(suite: &SuiteResult, is: impl Fn(&TestResult) -> bool) -> usize {
    suite.tests.iter().filter(|test| is(test)).count()
}

fn has_error(test: &TestResult) -> bool {
    test.has_failed() && test.error.is_some()
}

fn has_failure(test: &TestResult) -> bool {
    test.has_failed() && test.error.is_none()
}

fn junit(suites: &[SuiteResult], system: &dyn System) -> Element {
    let (date, time) = now(system);
    let suite = |(number, suite): (usize, &SuiteResult)| {
        let property = Element::new("property")
            .attribute("name", "promchart.version")
            .attribute("value", env!("CARGO_PKG_VERSION"));
        let case = |test: &TestResult| {
            let mut case = Element::new("testcase")
                .attribute("classname", suite.class())
                .attribute("name", &test.name)
                .attribute("time", seconds(test.duration));
            if has_error(test) {
                let error = Element::new("error")
                    .attribute("message", "Error")
                    .attribute("type", "");
                case = case.child(error.text(test.error.clone().unwrap_or_default()));
            }
            if test.skipped {
                case = case.child(Element::new("skipped").attribute("message", test.flat_text()));
            }
            if has_failure(test) {
                let failure = Element::new("failure")
                    .attribute("message", "Failed")
                    .attribute("type", "");
                case = case.child(failure.text(test.flat_text()));
            }
            case
        };
        Element::new("testsuite")
            .attribute("id", number)
            .attribute("tests", suite.tests.len())
            .attribute("failures", count(suite, has_failure))
            .attribute("errors", count(suite, has_error))
            .attribute("package", "")
            .attribute("time", seconds(suite.duration()))
            .attribute("name", &suite.name)
            .attribute("timestamp", format!("{date}T{time}"))
            .attribute("hostname", host(system))
            .child(Element::new("properties").child(property))
            .children(suite.tests.iter().map(case))
    };
    Element::new("testsuites").children(suites.iter().enumerate().map(suite))
}

fn nunit(suites: &[SuiteResult], system: &dyn System) -> Element {
    let (date, time) = now(system);
    let outcome = |passed: bool, skipped: bool| match (skipped, passed) {
        (true, _) => "Skipped",
        (_, true) => "Success",
        _ => "Failed",
    };
    let failure = |message: &str, trace: &str| {
        Element::new("failure")
            .child(Element::new("message").text(message))
            .child(Element::new("stack-trace").text(trace))
    };
    let suite = |suite: &SuiteResult| {
        let case = |test: &TestResult| {
            let mut case = Element::new("test-case")
                .attribute("name", &test.name)
                .attribute("description", format!("{}.{}", suite.class(), test.name))
                .attribute("success", test.passed)
                .attribute("time", seconds(test.duration))
                .attribute("executed", test.error.is_none() && !test.skipped)
                .attribute("asserts", "0")
                .attribute("result", outcome(test.passed, test.skipped));
            if test.has_failed() {
                case = case.child(failure("Failed", &test.text()));
            }
            if test.skipped {
                case = case.child(Element::new("reason").child(Element::new("message").text(test.text())));
            }
            case
        };
        let mut element = Element::new("test-suite")
            .attribute("type", "TestFixture")
            .attribute("name", &suite.name)
            .attribute("description", &suite.file)
            .attribute("success", suite.passed)
            .attribute("time", seconds(suite.duration()))
            .attribute("executed", suite.error.is_none() && !suite.skipped)
            .attribute("asserts", "")
            .attribute("result", outcome(suite.passed, suite.skipped));
        match &suite.error {
            Some(error) => element = element.child(failure("Error", error)),
            None => element = element.child(Element::new("results").children(suite.tests.iter().map(case))),
        }
        element
    };
    let total = |is: fn(&TestResult) -> bool| suites.iter().map(|suite| count(suite, is)).sum::<usize>();
    let errored = suites.iter().filter(|suite| suite.error.is_some()).count();
    let folder = system.resolve(std::path::Path::new(".")).unwrap_or_default();
    let environment = Element::new("environment")
        .attribute("nunit-version", "2.5.8.0")
        .attribute("clr-version", "unknown")
        .attribute("os-version", "unknown")
        .attribute("platform", environment())
        .attribute("cwd", folder.display())
        .attribute("machine-name", host(system))
        .attribute("user", system.variable("USER").unwrap_or_default())
        .attribute("user-domain", "");
    let culture = Element::new("culture-info")
        .attribute("current-culture", "")
        .attribute("current-uiculture", "");
    Element::new("test-results")
        .attribute("name", FRAMEWORK)
        .attribute(
            "total",
            suites.iter().map(|suite| suite.tests.len()).sum::<usize>() + errored,
        )
        .attribute("errors", total(has_error) + errored)
        .attribute("failures", total(has_failure))
        .attribute("inconclusive", 0)
        .attribute("not-run", 0)
        .attribute("ignored", 0)
        .attribute("skipped", total(|test| test.skipped))
        .attribute("invalid", 0)
        .attribute("date", date)
        .attribute("time", time)
        .child(environment)
        .child(culture)
        .children(suites.iter().map(suite))
}

fn xunit(suites: &[SuiteResult], system: &dyn System) -> Element {
    const METHOD: &str = "Helm-Validation";
    let (date, time) = now(system);
    let failure = |kind: String, message: &str, trace: &str| {
        Element::new("failure")
            .attribute("exception-type", kind)
            .child(Element::new("message").cdata(message))
            .child(Element::new("stack-trace").cdata(trace))
    };
    let suite = |suite: &SuiteResult| {
        let counted = |element: Element, errored: usize| {
            element
                .attribute("total", suite.tests.len() + errored)
                .attribute("passed", count(suite, |test| test.passed && !test.skipped))
                .attribute("failed", count(suite, has_failure))
                .attribute("skipped", count(suite, |test| test.skipped))
        };
        let case = |test: &TestResult| {
            let result = match (test.skipped, test.passed) {
                (true, _) => "Skip",
                (_, true) => "Pass",
                _ => "Fail",
            };
            let mut case = Element::new("test")
                .attribute("name", &test.name)
                .attribute("type", suite.class())
                .attribute("method", METHOD)
                .attribute("time", seconds(test.duration))
                .attribute("result", result);
            if test.has_failed() {
                let kind = if test.error.is_some() {
                    format!("{METHOD}-Error")
                } else {
                    METHOD.to_owned()
                };
                case = case.child(failure(kind, "Failed", &test.text()));
            }
            if test.skipped {
                case = case.child(Element::new("reason").cdata(test.text()));
            }
            case
        };
        let errored = usize::from(suite.error.is_some());
        let assembly = Element::new("assembly")
            .attribute("name", &suite.file)
            .attribute("config-file", &suite.file)
            .attribute("test-framework", FRAMEWORK)
            .attribute("run-date", &date)
            .attribute("run-time", &time)
            .attribute("time", seconds(suite.duration()));
        let assembly = counted(assembly, errored)
            .attribute("errors", count(suite, has_error) + errored)
            .child(Element::new("environment").text(environment()));
        if let Some(error) = &suite.error {
            let element = Element::new("error")
                .attribute("type", "Error")
                .attribute("name", "Error");
            let element = element.child(failure(format!("{METHOD}-Error"), "Error", error));
            return assembly.child(Element::new("errors").child(element));
        }
        let run = Element::new("collection")
            .attribute("name", &suite.name)
            .attribute("time", seconds(suite.duration()));
        assembly.child(counted(run, 0).children(suite.tests.iter().map(case)))
    };
    Element::new("assemblies").children(suites.iter().map(suite))
}

fn sonar(suites: &[SuiteResult]) -> Element {
    let suite = |suite: &SuiteResult| {
        let case = |test: &TestResult| {
            let mut case = Element::new("testCase")
                .attribute("name", &test.name)
                .attribute("duration", test.duration.as_millis());
            if has_error(test) {
                let text = test.error.clone().unwrap_or_default();
                case = case.child(Element::new("error").attribute("message", "Error").cdata(text));
            }
            if test.skipped {
                case = case.child(
                    Element::new("skipped")
                        .attribute("message", "Skipped")
                        .cdata(test.text()),
                );
            }
            if has_failure(test) {
                case = case.child(
                    Element::new("failure")
                        .attribute("message", "Failed")
                        .cdata(test.text()),
                );
            }
            case
        };
        Element::new("file")
            .attribute("path", &suite.file)
            .children(suite.tests.iter().map(case))
    };
    Element::new("testExecutions")
        .attribute("version", 1)
        .children(suites.iter().map(suite))
}
