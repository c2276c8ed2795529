//! How diagnostics look: for people, for machines, for the pages of code forges. A file for each format; none knows another.

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
    /// Excerpts with marks, for people.
    Text,
    /// `schema/report.schema.json`.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// `JUnit`'s XML: a test case for each finding.
    Junit,
    /// Commands of GitHub's workflows, which become annotations.
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

    /// The name that flags use.
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

    /// The format of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }
}

/// What reports tell of a rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleInfo {
    /// Its id.
    pub id: &'static str,
    /// What it is about.
    pub family: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Its whole page, Markdown.
    pub page: &'static str,
    /// How much its findings matter by default.
    pub severity: Severity,
}

/// A check with its result, for commands whose reports tell what was checked and what was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The file that it belongs to.
    pub file: String,
    /// What was checked.
    pub subject: String,
    /// `ok`, `info`, `warning`, `error` or `not checked`.
    pub state: &'static str,
    /// What was found, or why it was not checked.
    pub detail: String,
}

/// The state of checks that found nothing.
const PASSED: &str = "ok";
/// The state of checks that could not be made.
const UNCHECKED: &str = "not checked";

/// Writes a report. Text, JSON and `JUnit` also list the checks, if there are any.
pub fn write(
    format: Format,
    report: &Report,
    checks: &[Check],
    sources: &Sources,
    rules: &[RuleInfo],
    color: bool,
) -> String {
    let text = match format {
        Format::Text => return text::report(report, sources, color) + &text::checks(checks),
        Format::Json => json::write(report, checks, sources),
        Format::Sarif => sarif::write(report, sources, rules),
        Format::Junit => junit::write(report, checks, sources),
        Format::Github => github::write(report, sources),
        Format::Gitlab => gitlab::write(report, sources),
    };
    characters(text)
}

/// What machines read is UTF-8: a byte that is no part of a character becomes U+FFFD.
fn characters(text: String) -> String {
    match gostring::decode(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// A place in numbers. Lines and columns start at 1; the end is behind the last character. Columns count characters.
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

/// The place of a finding in a file of the repository, for forges, which show nothing else: one in a flag or in a text that was made
/// is shown where it was written out or called from, one in a packed chart at the archive. `None` where all of it is in flags.
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

/// What leads from an archive to a file in it.
const PACKED: &str = ".tgz/";

fn position(source: &Source, offset: u32) -> (usize, usize) {
    let line = source.line_column(offset).line;
    let start = source.line_range(line).map_or(0, |range| range.start);
    let text = source.text();
    let end = text.floor_char_boundary((offset as usize).min(text.len()));
    let column = text.get(start..end).map_or(1, |before| before.chars().count() + 1);
    (line, column)
}

/// A message with all that is said beside it, on one line.
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
