//! Splits suites and rendered files as helm-unittest does: at lines that begin with `---`, including all white space
//! around them.

use std::ops::Range;

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    /// Whether a separator follows, which ends the last line.
    pub(super) cut: bool,
}

fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\x0C' | '\r' | ' ')
}

/// The parts of a text, including empty ones.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut at = 0;
    loop {
        let separator = if at == 0 && text.starts_with("---") {
            Some(0..3)
        } else {
            text[at..].find("\n---").map(|found| {
                let before = text[start..=at + found].trim_end_matches(is_space).len();
                start + before..at + found + 4
            })
        };
        let Some(separator) = separator else { break };
        pieces.push(Piece {
            range: start..separator.start,
            cut: true,
        });
        start = text.len() - text[separator.end..].trim_start_matches(is_space).len();
        at = start;
        if at == 0 {
            break;
        }
    }
    pieces.push(Piece {
        range: start..text.len(),
        cut: false,
    });
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_around_separators_is_dropped() {
        let parts = |text| {
            pieces(text)
                .into_iter()
                .map(|piece| &text[piece.range])
                .collect::<Vec<&str>>()
        };
        assert_eq!(parts("a: 1\n\n--- \n  b: 2\n"), ["a: 1", "b: 2\n"]);
        assert_eq!(parts("---\na"), ["", "a"]);
        assert_eq!(parts("---\n---\na"), ["", "---\na"]);
        assert_eq!(parts("a\n----\nb"), ["a", "-\nb"]);
        assert_eq!(parts(" ---\na"), [" ---\na"]);
        assert_eq!(parts(""), [""]);
    }
}
