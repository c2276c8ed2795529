//! Text reports for people: the message, a marked excerpt, related places and the help.

use std::borrow::Cow;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::{Check, PASSED, UNCHECKED};
use crate::{Diagnostic, Report, Severity};
use gostd::string as gostring;
use source::{Source, Sources, Span};

/// The length above which a line is not excerpted, in bytes. A text on a single line may have megabytes.
const MAX_LINE: usize = 2000;

/// The length at which the detail of a check is cut off. The full text of a finding is above the table.
const MAX_DETAIL: usize = 110;

/// Formats one diagnostic, ending with a line break.
pub fn write(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let message = printable(&diagnostic.message);
    let mut group = Group::with_title(level.primary_title(&*message).id(diagnostic.rule));
    let excerpts = excerpts(diagnostic, sources);
    for excerpt in &excerpts {
        group = group.element(excerpt.element());
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(printable(help).into_owned()));
    }
    if !diagnostic.runs.is_empty() {
        group = group.element(Level::NOTE.message(format!("found with {}", diagnostic.runs.join("; "))));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group]) + "\n"
}

/// Formats all diagnostics, separated by blank lines, followed by their number.
pub(super) fn report(report: &Report, sources: &Sources, color: bool) -> String {
    let mut out = String::new();
    for diagnostic in &report.diagnostics {
        out.push_str(&write(diagnostic, sources, color));
        out.push('\n');
    }
    let count = |severity: Severity, name: &str| {
        let count = report
            .diagnostics
            .iter()
            .filter(|found| found.severity == severity)
            .count();
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {name}{plural}"))
    };
    let counts: Vec<String> = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Info, "remark"),
    ]
    .into_iter()
    .filter_map(|(severity, name)| count(severity, name))
    .collect();
    if counts.is_empty() {
        out.push_str("nothing found\n");
    } else {
        out.push_str(&format!("{} found\n", counts.join(", ")));
    }
    out
}

/// Formats a table of checks, followed by their number.
pub(super) fn checks(checks: &[Check]) -> String {
    let mut out = String::new();
    let width = |of: fn(&Check) -> &str| checks.iter().map(|check| of(check).chars().count()).max().unwrap_or(0);
    let (states, subjects) = (width(|check| check.state), width(|check| &check.subject));
    let mut file = None;
    for check in checks {
        if file != Some(&check.file) {
            out.push_str(&format!("\n{}\n", printable(&check.file)));
            file = Some(&check.file);
        }
        let mut detail = check.detail.as_str();
        let more = match detail.char_indices().nth(MAX_DETAIL) {
            Some((at, _)) => {
                detail = &detail[..at];
                "..."
            }
            None => "",
        };
        let row = format!("  {:states$}  {:subjects$}  {detail}{more}", check.state, check.subject);
        out.push_str(printable(row.trim_end()).replace('\n', " ").as_str());
        out.push('\n');
    }
    if !checks.is_empty() {
        let count = |state: &str| checks.iter().filter(|check| check.state == state).count();
        let (passed, unchecked) = (count(PASSED), count(UNCHECKED));
        let found = checks.len() - passed - unchecked;
        out.push_str(&format!(
            "\n{passed} checks passed, {found} with findings, {unchecked} not made\n"
        ));
    }
    out
}

/// An excerpt of one source, with marks.
struct Excerpt {
    path: String,
    /// The lines shown, in printable form.
    text: String,
    first_line: usize,
    marks: Vec<Mark>,
    /// The line and column to print if the line cannot be shown.
    place: Option<(usize, usize)>,
}

struct Mark {
    range: std::ops::Range<usize>,
    label: Option<String>,
    is_primary: bool,
}

impl Excerpt {
    fn element(&self) -> Element<'_> {
        if self.marks.is_empty() {
            let origin = Origin::path(&*self.path);
            return match self.place {
                Some((line, column)) => origin.line(line).char_column(column).into(),
                None => origin.into(),
            };
        }
        let annotations = self.marks.iter().map(|mark| {
            let kind = if mark.is_primary {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            kind.span(mark.range.clone()).label(mark.label.as_deref())
        });
        Snippet::source(&*self.text)
            .path(&*self.path)
            .line_start(self.first_line)
            .annotations(annotations)
            .into()
    }
}

/// The places of a diagnostic; adjacent ones share an excerpt.
fn excerpts(diagnostic: &Diagnostic, sources: &Sources) -> Vec<Excerpt> {
    let primary = diagnostic.span.map(|span| (span, None, true));
    let labels = diagnostic
        .labels
        .iter()
        .map(|label| (label.span, Some(printable(&label.text).into_owned()), false));
    let mut excerpts: Vec<(Span, Excerpt)> = Vec::new();
    for (span, label, is_primary) in primary.into_iter().chain(labels) {
        let source = sources.get(span.file);
        excerpts.push((span, excerpt(&source, span, label, is_primary)));
    }
    excerpts.into_iter().map(|(_, excerpt)| excerpt).collect()
}

fn excerpt(source: &Arc<Source>, span: Span, label: Option<String>, is_primary: bool) -> Excerpt {
    let start = source.line_column(span.start);
    // Only the first line of a long span is marked: a mark over many lines would hide its subject.
    let line = source.line(start.line);
    let line_start = source.line_range(start.line).map_or(0, |range| range.start);
    // For a file that is empty or cannot be read, the place is the file itself.
    let is_empty = source.text().is_empty();
    if line.len() > MAX_LINE || is_empty && label.is_none() {
        return Excerpt {
            path: printable(source.name()).into_owned(),
            text: String::new(),
            first_line: start.line,
            marks: Vec::new(),
            place: (!is_empty).then_some((start.line, start.column)),
        };
    }
    let from = (span.start as usize).saturating_sub(line_start).min(line.len());
    let to = (span.end as usize).saturating_sub(line_start).clamp(from, line.len());
    // A place that is one byte long may be the first byte of a character.
    let (from, to) = (line.floor_char_boundary(from), line.ceil_char_boundary(to));
    let before = readable(&line[..from]);
    let marked = readable(&line[from..to]);
    let after = readable(&line[to..]);
    let range = before.len()..before.len() + marked.len();
    Excerpt {
        path: printable(source.name()).into_owned(),
        text: format!("{before}{marked}{after}"),
        first_line: start.line,
        marks: vec![Mark {
            range,
            label,
            is_primary,
        }],
        place: None,
    }
}

/// Makes text of several lines safe for a terminal: control characters become their Unicode pictures, and invalid bytes
/// and bidirectional control characters become U+FFFD.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| match c {
        _ if !is_unprintable(c) => c,
        '\0'..='\x1F' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7F' => '\u{2421}',
        _ => char::REPLACEMENT_CHARACTER,
    };
    Cow::Owned(text.chars().map(shown).collect())
}

fn is_unprintable(c: char) -> bool {
    let turns = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    c.is_control() && !matches!(c, '\n' | '\t') || turns || gostring::escaped_byte(c).is_some()
}

/// Makes text safe for a terminal without changing its number of characters: escaped bytes and control characters
/// become U+FFFD.
fn readable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => '\t',
            '\n' => char::REPLACEMENT_CHARACTER,
            _ if is_unprintable(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}
