//! Report formats for people, machines and code forges. Each format has its own file and is independent of the others.

mod fingerprint;
mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
pub mod text;

use std::borrow::Cow;

use crate::{Diagnostic, Report, Severity};
use gostd::string as gostring;
use source::{Source, SourceKind, Sources, Span};

pub use fingerprint::fingerprint;

/// A format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Source excerpts with marks, for people.
    Text,
    /// `schema/report.schema.json`.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML: a test case for each finding.
    Junit,
    /// GitHub workflow commands, which become annotations.
    Github,
    /// GitLab's code quality report.
    Gitlab,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 6] = [
        Self::Text,
        Self::Json,
        Self::Sarif,
        Self::Junit,
        Self::Github,
        Self::Gitlab,
    ];

    /// The name of the format in flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
        }
    }

    /// Parses the name of a format.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }
}

/// The description of a rule in reports.
#[derive(Clone, Copy, Debug)]
pub struct RuleInfo {
    /// The id of the rule.
    pub id: &'static str,
    /// The family of the rule.
    pub family: &'static str,
    /// A one-sentence summary.
    pub summary: &'static str,
    /// The documentation page, in Markdown.
    pub page: &'static str,
    /// The default severity of its findings.
    pub severity: Severity,
}

/// A check and its result, for commands whose reports list what was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The file that it belongs to.
    pub file: String,
    /// The subject of the check.
    pub subject: String,
    /// `ok`, `info`, `warning`, `error` or `not checked`.
    pub state: &'static str,
    /// The details of the result, or why it was not checked.
    pub detail: String,
    /// Whether a finding of the report says the same.
    pub is_finding: bool,
}

/// The state of checks without findings.
const PASSED: &str = "ok";
/// The state of checks that were not made.
const UNCHECKED: &str = "not checked";

/// How much of its templates a lint of charts reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The number of templates.
    pub templates: usize,
    /// The number of templates that made no object.
    pub without_object: usize,
    /// The number of branches in the templates.
    pub branches: usize,
    /// The number of branches that were not taken.
    pub not_taken: usize,
}

/// Writes a report. Text, JSON and JUnit also list the checks, if there are any.
pub fn write(
    format: Format,
    report: &Report,
    checks: &[Check],
    sources: &Sources,
    rules: &[RuleInfo],
    color: bool,
) -> String {
    write_all(format, report, (checks, None), sources, rules, color)
}

/// Writes a report of charts. JSON also says what was not reached, if there is anything.
pub fn write_with_reach(
    format: Format,
    report: &Report,
    reach: Reach,
    sources: &Sources,
    rules: &[RuleInfo],
    color: bool,
) -> String {
    write_all(format, report, (&[], Some(reach)), sources, rules, color)
}

fn write_all(
    format: Format,
    report: &Report,
    (checks, reach): (&[Check], Option<Reach>),
    sources: &Sources,
    rules: &[RuleInfo],
    color: bool,
) -> String {
    let text = match format {
        Format::Text => return text::report(report, sources, color) + &text::checks(checks),
        Format::Json => json::write(report, checks, reach, sources),
        Format::Sarif => sarif::write(report, sources, rules),
        Format::Junit => junit::write(report, checks, sources),
        Format::Github => github::write(report, sources),
        Format::Gitlab => gitlab::write(report, sources),
    };
    characters(text)
}

/// Converts a text to UTF-8 for machines: a byte that is not part of a character becomes U+FFFD.
fn characters(text: String) -> String {
    match gostring::decode(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// A span as line and column numbers, from 1. The end is after the last character. Columns count characters.
struct Place {
    file: String,
    kind: SourceKind,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl Place {
    fn of(span: Span, sources: &Sources) -> Self {
        let source = sources.get(span.file);
        let (line, column) = position(&source, span.start);
        let (end_line, end_column) = position(&source, span.end.max(span.start));
        Self {
            file: source.name().to_owned(),
            kind: source.kind(),
            line,
            column,
            end_line,
            end_column,
        }
    }
}

/// Returns the place of a finding in a file of the repository, because forges show nothing else. A finding in a flag or
/// in a generated text is placed where the text is written or called; one in a packed chart is placed at the archive.
/// `None` if all its places are in flags.
fn in_file(found: &Diagnostic, sources: &Sources) -> Option<Place> {
    let spans = found
        .span
        .into_iter()
        .chain(found.labels.iter().map(|label| label.span));
    let mut places = spans.map(|span| Place::of(span, sources));
    let mut place = places.find(|place| place.kind == SourceKind::File)?;
    if let Some(at) = place.file.find(PACKED) {
        place.file.truncate(at + PACKED.len() - 1);
        (place.line, place.column, place.end_line, place.end_column) = (1, 1, 1, 1);
    }
    Some(place)
}

/// The end of the archive's name in the path of a file inside it.
const PACKED: &str = ".tgz/";

fn position(source: &Source, offset: u32) -> (usize, usize) {
    let line = source.line_column(offset).line;
    let start = source.line_range(line).map_or(0, |range| range.start);
    let text = source.text();
    let end = text.floor_char_boundary((offset as usize).min(text.len()));
    let column = text.get(start..end).map_or(1, |before| before.chars().count() + 1);
    (line, column)
}

/// Joins a message with its help and runs in a single line.
fn one_line(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        text.push_str("; ");
        text.push_str(help);
    }
    if !diagnostic.runs.is_empty() {
        text.push_str(&format!(" ({})", diagnostic.runs.join("; ")));
    }
    text.replace(['\n', '\r'], " ")
}
