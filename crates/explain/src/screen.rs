//! The lines of the answers.

use diagnostics::report::text::printable;
use gostd::string as gostring;
use serde_json::{Value as Json, json};
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

/// `{"file": .., "line": .., "column": ..}`; of a flag only the flag as typed.
pub(super) fn json_place(span: Span, sources: &Sources) -> Json {
    let source = sources.get(span.file);
    if source.kind() == SourceKind::Flag {
        return json!({"file": source.name()});
    }
    let place = source.line_column(span.start);
    json!({"file": source.name(), "line": place.line, "column": place.column})
}

/// A row of an answer: what it says, where that is or of which key it is, and a text.
struct Row {
    cells: [String; 3],
    place: Option<Json>,
}

/// Rows with a label, a position and a text, aligned in columns.
#[derive(Default)]
pub(super) struct Rows(Vec<Row>);

impl Rows {
    /// A row without a position.
    pub(super) fn add(&mut self, label: &str, what: impl Into<String>, text: impl Into<String>) {
        let cells = [label.to_owned(), what.into(), text.into()];
        self.0.push(Row { cells, place: None });
    }

    /// A position and a text.
    pub(super) fn with(&mut self, label: &str, span: Span, text: impl Into<String>, sources: &Sources) {
        self.0.push(Row {
            cells: [label.to_owned(), place(span, sources), text.into()],
            place: Some(json_place(span, sources)),
        });
    }

    /// A position and its line.
    pub(super) fn at(&mut self, label: &str, span: Span, sources: &Sources) {
        self.with(label, span, line(span, sources), sources);
    }

    /// `{"is": label, "place": .., "text": ..}`; without a position `of` instead of `place`.
    pub(super) fn json(&self) -> Json {
        let row = |row: &Row| {
            let [label, what, text] = &row.cells;
            match &row.place {
                Some(place) => json!({"is": label, "place": place, "text": text}),
                None => json!({"is": label, "of": what, "text": text}),
            }
        };
        self.0.iter().map(row).collect()
    }

    pub(super) fn write(&self, indent: usize, out: &mut String) {
        let width = |at: usize, most: usize| {
            let widths = self.0.iter().map(|row| row.cells[at].chars().count());
            widths.filter(|width| *width <= most).max().unwrap_or_default()
        };
        let (first, second) = (width(0, 50), width(1, 60));
        for row in &self.0 {
            let [label, place, text] = &row.cells;
            let row = format!("{:indent$}{label:first$}  {place:second$}  {text}", "");
            out.push_str(row.trim_end());
            out.push('\n');
        }
    }
}

/// Two values as JSON; for multi-line texts, the first lines that differ.
pub(super) fn differing(before: &str, after: &str) -> (String, String) {
    let text = |json: &str| match serde_json::from_str(json) {
        Ok(serde_json::Value::String(text)) if text.trim_end().contains('\n') => Some(text),
        _ => None,
    };
    let (Some(old), Some(new)) = (text(before), text(after)) else {
        return (cut(before), cut(after));
    };
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let at = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let shown = |lines: &[&str]| match lines.get(at) {
        Some(line) => format!("line {}: {}", at + 1, cut(line.trim())),
        None => format!("no line {}", at + 1),
    };
    (shown(&old), shown(&new))
}
