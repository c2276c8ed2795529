//! The lines of the answers.

use diagnostics::report::text::printable;
use gostd::string as gostring;
use source::{SourceKind, Sources, Span};

/// The maximum length of a text.
const MAX_TEXT: usize = 90;

/// A text on one line, truncated if it is too long.
pub(super) fn cut(text: &str) -> String {
    cut_at(text, MAX_TEXT)
}

/// A text on one line of at most so many characters.
pub(super) fn cut_at(text: &str, most: usize) -> String {
    let text = printable(text.lines().next().unwrap_or_default()).into_owned();
    if text.chars().count() <= most {
        return text;
    }
    let kept: String = text.chars().take(most - 3).collect();
    format!("{kept}...")
}

/// `file:line:column`; a flag as typed.
pub(super) fn place(span: Span, sources: &Sources) -> String {
    let source = sources.get(span.file);
    if source.kind() == SourceKind::Flag {
        return printable(source.name()).into_owned();
    }
    printable(&sources.place(span)).into_owned()
}

/// The line of a position, without white space around it.
pub(super) fn line(span: Span, sources: &Sources) -> String {
    let source = sources.get(span.file);
    if source.kind() == SourceKind::Flag {
        return String::new();
    }
    let text = source.line(source.line_column(span.start).line).trim();
    let text = gostring::decode(text).into_owned();
    cut(&String::from_utf8_lossy(&text))
}

/// Rows with a label, a position and a text, aligned in columns.
#[derive(Default)]
pub(super) struct Rows(Vec<[String; 3]>);

impl Rows {
    pub(super) fn add(&mut self, label: &str, place: impl Into<String>, text: impl Into<String>) {
        self.0.push([label.to_owned(), place.into(), text.into()]);
    }

    /// A position and its line.
    pub(super) fn at(&mut self, label: &str, span: Span, sources: &Sources) {
        self.add(label, place(span, sources), line(span, sources));
    }

    pub(super) fn write(&self, indent: usize, out: &mut String) {
        let width = |at: usize, most: usize| {
            let widths = self.0.iter().map(|row| row[at].chars().count());
            widths.filter(|width| *width <= most).max().unwrap_or_default()
        };
        let (first, second) = (width(0, 50), width(1, 60));
        for [label, place, text] in &self.0 {
            let row = format!("{:indent$}{label:first$}  {place:second$}  {text}", "");
            out.push_str(row.trim_end());
            out.push('\n');
        }
    }
}
