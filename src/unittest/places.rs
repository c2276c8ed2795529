//! Where what a failed assertion has found comes from: the rendered line, the template's, the values'.

use crate::diagnostic::Diagnostic;
use crate::go::string as gostring;
use crate::places;
use crate::render::Rendered;
use crate::source::{SourceKind, Sources, Span};

/// Of so many values is told where they come from.
const MAX_FOUND: usize = 3;
/// A line is cut off here.
const MAX_LINE: usize = 120;

/// Tells where rendered text comes from.
pub(super) struct Places<'a> {
    sources: &'a Sources,
    traced: Option<places::Places<'a>>,
}

impl<'a> Places<'a> {
    /// With a traced render, if there is one.
    pub(super) fn new(sources: &'a Sources, traced: Option<&'a Rendered>) -> Self {
        let traced = traced.map(|rendered| places::Places::new(rendered, sources));
        Self { sources, traced }
    }

    /// The lines of some places in rendered texts.
    pub(super) fn lines(&self, found: &[Span]) -> Vec<String> {
        let mut lines = Vec::new();
        for &span in found.iter().take(MAX_FOUND) {
            let source = self.sources.get(span.file);
            if source.kind() != SourceKind::Made {
                lines.push(line(self.sources, "At", span));
                continue;
            }
            if source.text().is_empty() {
                continue;
            }
            lines.push(line(self.sources, "Rendered", span));
            // What came out otherwise this time has other places.
            let Some(place) = self.traced.as_ref().and_then(|places| places.of(span)) else {
                continue;
            };
            lines.push(line(self.sources, "Template", place.template));
            if let Some(value) = place.value {
                let label = if place.is_certain { "Values" } else { "Probably" };
                lines.push(line(self.sources, label, value));
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        lines.retain(|line| seen.insert(line.clone()));
        lines
    }
}

/// The places of an error.
pub(super) fn of(error: &Diagnostic, sources: &Sources) -> Vec<String> {
    let places = error.span.into_iter().map(|span| ("At", span));
    let labels = error.labels.iter().map(|label| ("From", label.span));
    places
        .chain(labels)
        .map(|(label, span)| line(sources, label, span))
        .collect()
}

fn line(sources: &Sources, label: &str, span: Span) -> String {
    let source = sources.get(span.file);
    let place = source.line_column(span.start);
    let text = source.line(place.line).trim();
    let text = gostring::decode(&text[..text.floor_char_boundary(MAX_LINE)]).into_owned();
    let text = String::from_utf8_lossy(&text).into_owned();
    format!("{label}:\t{}:{}:{}\t{text}", source.name(), place.line, place.column)
}
