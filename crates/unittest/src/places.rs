//! The origin of the values in a failed assertion: the rendered line, the line of the template and that of the values.

use diagnostics::Diagnostic;
use engine::places;
use engine::render::Rendered;
use gostd::string as gostring;
use source::{SourceKind, Sources, Span};

/// The maximum number of values whose origin is shown.
const MAX_FOUND: usize = 3;
/// The maximum length of a line.
const MAX_LINE: usize = 120;

/// Finds the origin of rendered text.
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

    /// The lines of some ranges of rendered texts.
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
            // Output that differs in the traced render has no known origin.
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

/// The positions of an error.
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
