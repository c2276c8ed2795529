//! JSON as Go's `encoding/json` reads it into an `interface{}`, and strings as it writes them.
//!
//! The reader is a loop with its own stack, so depth costs no native stack. Its errors are Go's.

use std::fmt::Write as _;
use std::ops::Range;

use reader::{JsonReader, Mode};

use super::Node;
pub use gostd::json::valid;
use source::Span;

mod reader;

/// A JSON syntax error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Go's message.
    pub message: String,
    /// The bytes at fault; an empty range at the end if the text ends too early.
    pub place: Range<usize>,
}

/// Quotes a string with the escapes of `json.Marshal`, including those for HTML.
///
/// ```
/// assert_eq!(goyaml::json::quote("a\"<\n"), r#""a\"\u003c\n""#);
/// ```
pub fn quote(text: &str) -> String {
    quote_valid(&valid(text))
}

/// Like [`quote`], for a text without the escapes of [`gostd::string`].
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

/// Reads a text that is exactly one value, as `json.Unmarshal` does. Numbers become floats. `span` maps the bytes of
/// each value and key to its span.
///
/// # Errors
/// Go's error.
pub fn parse(text: &str, span: &dyn Fn(Range<usize>) -> Span) -> Result<Node, JsonError> {
    JsonReader::new(text, span, Mode::Whole).read().map(|(node, _)| node)
}

/// Reads the first value of a text, as the first `Decode` of a `json.Decoder` does, and returns its end offset.
///
/// # Errors
/// Go's error.
pub fn parse_first(text: &str, span: &dyn Fn(Range<usize>) -> Span) -> Result<(Node, usize), JsonError> {
    JsonReader::new(text, span, Mode::First).read()
}
