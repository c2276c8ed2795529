//! The lines of a rendered text with the origin of each.

use engine::objects::Field;
use engine::places::{Place, Places};
use source::{Source, Span};

/// A line of a rendered text.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    /// Its number in the rendered file, from 1.
    pub(crate) number: usize,
    pub(crate) text: &'a str,
    /// Its origin: that of the first scalar that begins on it, or else that of its first non-space character.
    pub(crate) place: Option<Place>,
    /// The scalars and empty collections that begin on it.
    pub(crate) fields: Vec<(&'a Field<'a>, Option<Place>)>,
}

/// The lines of a span. `fields` are those of the object there, as returned by [`engine::objects::fields`].
pub(crate) fn lines<'a>(source: &'a Source, span: Span, fields: &'a [Field<'a>], places: &Places<'_>) -> Vec<Line<'a>> {
    let mut sorted: Vec<&Field<'_>> = fields
        .iter()
        .filter(|field| field.node.span.file == span.file)
        .collect();
    sorted.sort_by_key(|field| field.node.span.start);
    let last_byte = span.end.saturating_sub(1).max(span.start);
    let (first, last) = (source.line_column(span.start).line, source.line_column(last_byte).line);
    let mut found = Vec::with_capacity(last + 1 - first);
    for number in first..=last {
        let Some(range) = source.line_range(number) else { break };
        let text = source.text()[range.clone()].trim_end_matches(['\n', '\r']);
        let from = sorted.partition_point(|field| field.node.span.range().start < range.start);
        let until = sorted.partition_point(|field| field.node.span.range().start < range.end);
        let of_line: Vec<_> = sorted[from..until]
            .iter()
            .map(|field| {
                let span = field.node.span;
                let is_block = span.range().end > range.end || source.text()[span.range()].contains('\n');
                // Each line of a multi-line string has its own origin.
                (*field, (!is_block).then(|| places.of(span)).flatten())
            })
            .collect();
        let indent = text.len() - text.trim_start().len();
        let whole = Span::new(
            span.file,
            range.start + indent,
            range.start + text.trim_end().len().max(indent),
        );
        let place = of_line.iter().find_map(|(_, place)| place.clone());
        let place = place.or_else(|| (!text.trim().is_empty()).then(|| places.of(whole)).flatten());
        found.push(Line {
            number,
            text,
            place,
            fields: of_line,
        });
    }
    found
}
