//! JSON as Go's `encoding/json` reads it into an `interface{}`, and its strings as Go writes them.
//!
//! Reading is a loop with a stack of its own, so that depth costs no native stack; errors are Go's.

use std::fmt::Write as _;
use std::ops::Range;

use reader::{Mode, Reader};

use super::Node;
pub use gostd::json::valid;
use source::Span;

mod reader;

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What Go's error says.
    pub message: String,
    /// The bytes that it is about; nothing behind the text where that ends too early.
    pub place: Range<usize>,
}

/// A string in JSON, with the escapes that `json.Marshal` uses: those of HTML too.
///
/// ```
/// assert_eq!(goyaml::json::quote("a\"<\n"), r#""a\"\u003c\n""#);
/// ```
pub fn quote(text: &str) -> String {
    quote_valid(&valid(text))
}

/// The same for a text without escapes of [`gostd::string`].
pub(crate) fn quote_valid(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{C}' => out.push_str("\\f"),
            '\0'..='\u{1F}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Reads a text that is one value, as `json.Unmarshal` does. Numbers become floats. `span` gives the span of each value and
/// key from its bytes.
///
/// # Errors
/// Where Go returns one.
pub fn parse(text: &str, span: &dyn Fn(Range<usize>) -> Span) -> Result<Node, JsonError> {
    Reader::new(text, span, Mode::Whole).read().map(|(node, _)| node)
}

/// Reads the first value of a text, as the first `Decode` of a `json.Decoder` does, and tells where it ends.
///
/// # Errors
/// Where Go returns one.
pub fn parse_first(text: &str, span: &dyn Fn(Range<usize>) -> Span) -> Result<(Node, usize), JsonError> {
    Reader::new(text, span, Mode::First).read()
}
