//! JUnit XML: a suite for each file, with a test case for each finding and for each check that passed or was skipped. A
//! clean run without checks has one passing case.

use std::collections::BTreeMap;

use super::{Check, PASSED, Place, UNCHECKED, one_line};
use crate::{Diagnostic, Report, Severity};
use source::Sources;

pub(super) fn write(report: &Report, checks: &[Check], sources: &Sources) -> String {
    let mut suites: BTreeMap<String, Vec<&Diagnostic>> = BTreeMap::new();
    for found in &report.diagnostics {
        let file = found.span.map_or_else(
            || "promchart".to_owned(),
            |span| sources.get(span.file).name().to_owned(),
        );
        suites.entry(file).or_default().push(found);
    }
    // Checks with findings appear as findings. A check that was not made is skipped, unless it is a finding.
    let mut others: BTreeMap<String, Vec<&Check>> = BTreeMap::new();
    let is_case = |check: &&Check| check.state == PASSED || check.state == UNCHECKED && !check.is_finding;
    for check in checks.iter().filter(is_case) {
        others.entry(check.file.clone()).or_default().push(check);
        suites.entry(check.file.clone()).or_default();
    }
    let extra: usize = others.values().map(Vec::len).sum();
    let failures = |found: &[&Diagnostic]| found.iter().filter(|found| found.severity > Severity::Info).count();
    let all: Vec<&Diagnostic> = report.diagnostics.iter().collect();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!(
        "<testsuites name=\"promchart\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n",
        (all.len() + extra).max(1),
        failures(&all)
    ));
    if suites.is_empty() {
        out.push_str("  <testsuite name=\"promchart\" tests=\"1\" failures=\"0\" errors=\"0\">\n");
        out.push_str("    <testcase classname=\"promchart\" name=\"lint\"/>\n  </testsuite>\n");
    }
    for (file, found) in &suites {
        out.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n",
            escape(file),
            found.len() + others.get(file).map_or(0, Vec::len),
            failures(found)
        ));
        found.iter().for_each(|found| case(found, sources, &mut out));
        others
            .get(file)
            .into_iter()
            .flatten()
            .for_each(|check| passed(check, &mut out));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn passed(check: &Check, out: &mut String) {
    let inner = match check.state {
        PASSED => format!("<system-out>{}</system-out>", escape(&check.detail)),
        _ => format!("<skipped>{}</skipped>", escape(&check.detail)),
    };
    out.push_str(&format!(
        "    <testcase classname=\"checks\" name=\"{}\">{inner}</testcase>\n",
        escape(&check.subject)
    ));
}

fn case(found: &Diagnostic, sources: &Sources, out: &mut String) {
    let place = found.span.map(|span| {
        let place = Place::of(span, sources);
        format!("{}:{}:{}", place.file, place.line, place.column)
    });
    let subject = match (&found.object, &place) {
        (Some(object), _) => format!("{} {}", object.kind, object.name),
        (None, Some(place)) => place.clone(),
        (None, None) => String::new(),
    };
    let name = if subject.is_empty() {
        found.message.clone()
    } else {
        format!("{subject}: {}", found.message)
    };
    out.push_str(&format!(
        "    <testcase classname=\"{}\" name=\"{}\">\n",
        escape(found.rule),
        escape(&name)
    ));
    let text = match &place {
        Some(place) => format!("{place}: {}", one_line(found)),
        None => one_line(found),
    };
    if found.severity == Severity::Info {
        out.push_str(&format!("      <system-out>{}</system-out>\n", escape(&text)));
    } else {
        out.push_str(&format!(
            "      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
            found.severity,
            escape(&found.message),
            escape(&text)
        ));
    }
    out.push_str("    </testcase>\n");
}

/// Escapes a text for XML 1.0, in which most control characters cannot be represented.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}
