//! Maps the bytes of a scalar's value back to the source.

use std::ops::Range;

use source::Span;

/// The span in `source` of the bytes `range` of `value`, where `value` is the value of the scalar at `scalar`.
///
/// Plain, quoted, literal and folded scalars are walked in step with their value: white space matches any white space,
/// an escape matches the character it stands for. If they do not match (an anchor, a tag, a computed text), the result
/// is the whole scalar.
pub fn within(source: &str, scalar: Span, value: &str, range: Range<usize>) -> Span {
    let Some(raw) = source.get(scalar.range()) else {
        return scalar;
    };
    walk(raw, value, &range).map_or(scalar, |(start, end)| {
        let base = scalar.start as usize;
        Span::new(scalar.file, base + start, base + end)
    })
}

fn walk(raw: &str, value: &str, range: &Range<usize>) -> Option<(usize, usize)> {
    let first = raw.chars().next()?;
    let quoted = first == '"';
    let mut at = match first {
        '"' | '\'' => 1,
        // The text of a block scalar begins after its header line.
        '|' | '>' => raw.find('\n')? + 1,
        _ => 0,
    };
    let mut start = None;
    let mut end = None;
    for (offset, c) in value.char_indices() {
        let (from, to) = step(raw, at, c, quoted, first == '\'')?;
        if offset >= range.start && start.is_none() {
            start = Some(from);
        }
        if offset < range.end {
            end = Some(to);
        }
        at = to;
    }
    // Past the last character, such as the end of an expression.
    let start = start.unwrap_or(at);
    Some((start, end.filter(|_| !range.is_empty()).unwrap_or(start).max(start)))
}

/// The place of the next character of a value, and the start of the text after it.
fn step(raw: &str, at: usize, c: char, quoted: bool, single: bool) -> Option<(usize, usize)> {
    let rest = raw.get(at..)?;
    let blanks = rest.len() - rest.trim_start().len();
    if c.is_whitespace() {
        if blanks > 0 {
            // The value's space is the first of these; the others are indentation, or match in later steps.
            let width = if rest.starts_with(c) { c.len_utf8() } else { blanks };
            return Some((at, at + width));
        }
        if quoted && rest.starts_with('\\') {
            return Some((at, at + escape(rest)?));
        }
        // A line break that chomping added at the end.
        return Some((at, at));
    }
    let mut at = at + blanks;
    let mut rest = &rest[blanks..];
    // An escaped line break stands for nothing.
    while quoted && (rest.starts_with("\\\n") || rest.starts_with("\\\r")) {
        let next = rest[1..].trim_start();
        at += rest.len() - next.len();
        rest = next;
    }
    if quoted && rest.starts_with('\\') {
        return Some((at, at + escape(rest)?));
    }
    if single && c == '\'' && rest.starts_with("''") {
        return Some((at, at + 2));
    }
    rest.starts_with(c).then(|| (at, at + c.len_utf8()))
}

/// The length of an escape in a double-quoted scalar.
fn escape(rest: &str) -> Option<usize> {
    let kind = rest.chars().nth(1)?;
    Some(match kind {
        'x' => 4,
        'u' => 6,
        'U' => 10,
        _ => 1 + kind.len_utf8(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::{Source, SourceKind, Sources};

    /// The source text of a word in the only value of a document.
    fn found(text: &str, word: &str) -> String {
        let sources = Sources::new();
        let file = sources.add(Source::new("x", SourceKind::File, text.into()));
        let source = sources.get(file);
        let parsed = crate::parse(&source, file, 0..text.len()).unwrap();
        let node = parsed.node.get("a").unwrap();
        let value = node.as_str().unwrap();
        let at = value.find(word).unwrap();
        let span = within(source.text(), node.span, value, at..at + word.len());
        let place = source.line_column(span.start);
        format!("{}:{} {}", place.line, place.column, &source.text()[span.range()])
    }

    #[test]
    fn every_style_of_scalar() {
        assert_eq!(found("a: sum(foo)", "foo"), "1:8 foo");
        assert_eq!(found("a: 'x ''y'' foo'", "foo"), "1:13 foo");
        assert_eq!(found("a: \"x\\ty\\\"z\\\" foo\"", "foo"), "1:15 foo");
        assert_eq!(found("a: |\n  sum(\n    foo\n  )\n", "foo"), "3:5 foo");
        assert_eq!(found("a: >-\n  one\n  two\n\n  foo\n", "foo"), "5:3 foo");
        assert_eq!(found("a: one\n  two foo\n", "foo"), "2:7 foo");
        assert_eq!(found("a: \"one\n  two\\\n  foo\"", "foo"), "3:3 foo");
        assert_eq!(found("a: &x foo", "foo"), "1:7 foo");
    }
}
