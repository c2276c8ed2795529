//! The tokens of JSON as Go 1.27's `encoding/json` reads them, with its error messages.
//!
//! Since Go 1.27 that package is based on `encoding/json/jsontext`, whose messages differ from the earlier ones.

use std::borrow::Cow;
use std::ops::Range;

use super::{quote, string, unicode};

/// The maximum nesting depth of lists and objects.
pub const MAX_DEPTH: usize = 10_000;

/// Go's message for lists and objects that nest deeper.
pub const TOO_DEEP: &str = "exceeded max depth";

/// The reason why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The message of Go's `json.Unmarshal`.
    pub message: String,
    /// The range of the invalid bytes; empty at the end of the text if the text ends too early. The `Offset` of
    /// `json.SyntaxError` is the end of the range.
    pub place: Range<usize>,
    /// Whether the text ends too early.
    pub is_end: bool,
}

/// A scanner at a position in a text. Positions refer to the text, in which bytes that are not UTF-8 are
/// [escaped](string::encode).
#[derive(Clone, Debug)]
pub struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    /// Creates a scanner at the first byte.
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The offset of the next byte.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The next byte, or `None` at the end of the text.
    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips one ASCII byte.
    pub fn advance(&mut self) {
        self.at += 1;
    }

    /// Skips white space.
    pub fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Whether the text is only white space.
    pub fn is_blank(&self) -> bool {
        self.text
            .bytes()
            .all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
    }

    fn end(&self) -> SyntaxError {
        SyntaxError {
            message: "unexpected end of JSON input".to_owned(),
            place: self.text.len()..self.text.len(),
            is_end: true,
        }
    }

    /// The error for an unexpected character or end of the text; `context` is Go's description of the position.
    pub fn unexpected(&self, context: &str) -> SyntaxError {
        let (bytes, _) = self.ahead(4);
        let Some(first) = bytes.utf8_chunks().next() else {
            return self.end();
        };
        let (shown, length) = match first.valid().chars().next() {
            Some(c) => (quote::quote_char(c), c.len_utf8()),
            None => (format!("'\\x{:x}'", bytes[0]), 1),
        };
        self.error(format!("invalid character {shown} {context}"), self.ahead(length).1)
    }

    /// The error for a list or object that nests too deep, at its opening bracket.
    pub fn too_deep(&self) -> SyntaxError {
        self.error(TOO_DEEP.to_owned(), 1)
    }

    fn error(&self, message: String, length: usize) -> SyntaxError {
        SyntaxError {
            message,
            place: self.at..self.at + length,
            is_end: false,
        }
    }

    /// Reads `true`, `false` or `null`, starting at its first letter.
    ///
    /// # Errors
    /// A letter differs.
    pub fn literal(&mut self, word: &str) -> Result<(), SyntaxError> {
        for expected in word.chars() {
            if self.peek().map(char::from) != Some(expected) {
                return Err(self.unexpected(&format!("in literal {word} (expecting '{expected}')")));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected("in numeric literal"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    /// Reads a number, starting at its sign or first digit.
    ///
    /// # Errors
    /// A digit is missing.
    pub fn number(&mut self) -> Result<&'t str, SyntaxError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    /// Reads a string, starting at its quotation mark. Bytes that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// There is a control character or an invalid escape, or the text ends.
    pub fn string(&mut self) -> Result<Cow<'t, str>, SyntaxError> {
        self.at += 1;
        let mut copied = self.at;
        let mut out = String::new();
        loop {
            match self.peek() {
                None => return Err(self.end()),
                Some(b'"') => break,
                Some(b'\\') => {
                    out.push_str(&self.text[copied..self.at]);
                    let c = self.escape()?;
                    out.push_str(&string::encode(c.encode_utf8(&mut [0; 4]).as_bytes()));
                    copied = self.at;
                }
                Some(0..=0x1F) => return Err(self.unexpected("in string")),
                Some(_) => self.at += 1,
            }
        }
        let rest = &self.text[copied..self.at];
        self.at += 1;
        if out.is_empty() && !string::may_have_escapes(rest) {
            return Ok(Cow::Borrowed(rest));
        }
        out.push_str(rest);
        let text = valid(&out).into_owned();
        Ok(Cow::Owned(string::encode_owned(text.into_bytes())))
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let c = match self.text.as_bytes().get(self.at + 1) {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(*c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self.hex(self.at).ok_or_else(|| self.bad_escape(6))?;
                self.at += 6;
                return Ok(self.character(first));
            }
            _ => return Err(self.bad_escape(2)),
        };
        self.at += 2;
        Ok(c)
    }

    /// The code of an escape `\uXXXX`.
    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)
    }

    /// The character of an escape that has been read, together with the next escape if they form a surrogate pair. A
    /// lone surrogate becomes U+FFFD, and the following text is read on its own.
    fn character(&mut self, first: u32) -> char {
        let code = match first {
            0xD800..0xDC00 => match self.hex(self.at) {
                Some(second @ 0xDC00..0xE000) => {
                    self.at += 6;
                    0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                }
                _ => first,
            },
            first => first,
        };
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The error for an escape of the given number of bytes, which may be cut short by the end of the text.
    fn bad_escape(&self, length: usize) -> SyntaxError {
        let (mut what, place) = self.ahead(length);
        if what.len() < length && what.iter().skip(2).all(u8::is_ascii_hexdigit) {
            return self.end();
        }
        what.truncate(length);
        let shown = string::encode(&what);
        let is_plain =
            |c| c != '`' && string::escaped_byte(c).is_none() && !unicode::is_space(c) && unicode::is_print(c);
        let shown = if shown.chars().all(is_plain) {
            format!("`{shown}`")
        } else {
            quote::quote(&shown)
        };
        self.error(format!("invalid escape sequence {shown} in string"), place)
    }

    /// The characters from here on that hold the given number of bytes, and their length in the text.
    fn ahead(&self, bytes: usize) -> (Vec<u8>, usize) {
        let rest = &self.text[self.at..];
        let mut count = 0;
        let end = rest.char_indices().find(|(_, c)| {
            let is_enough = count >= bytes;
            count += if string::escaped_byte(*c).is_some() {
                1
            } else {
                c.len_utf8()
            };
            is_enough
        });
        let end = end.map_or(rest.len(), |(at, _)| at);
        (string::decode(&rest[..end]).into_owned(), end)
    }
}

/// A step into a value: the key of an object or the index in a list.
#[derive(Clone, Debug)]
pub enum Step<'k> {
    /// A key.
    Key(&'k str),
    /// An index, from 0.
    Position(usize),
}

/// The message of `json.Unmarshal` for a number that is too large for an `interface {}`, or for a map or slice of
/// these.
pub fn too_large<'k>(number: &str, path: impl IntoIterator<Item = Step<'k>>) -> String {
    let steps = path.into_iter().map(|step| match step {
        // Escaped as in the JSON pointer from which Go builds the path.
        Step::Key(key) => key.replace('~', "~0").replace('/', "~1"),
        Step::Position(at) => at.to_string(),
    });
    let steps: Vec<String> = steps.collect();
    let path = steps.join(".");
    let last = path.rsplit('.').next().unwrap_or_default();
    // Go treats a path that ends in a number as an index in a list.
    let is_list = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let place = match (path.is_empty(), is_list) {
        (true, _) => "Go value".to_owned(),
        (false, true) => format!(".{path}"),
        (false, false) => format!("Go struct field .{path}"),
    };
    format!("json: cannot unmarshal number {number} into {place} of type float64")
}

/// Replaces each byte that is not UTF-8 by U+FFFD. The result is no longer [escaped](string::encode).
pub fn valid(text: &str) -> Cow<'_, str> {
    if !string::may_have_escapes(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for chunk in string::decode(text).utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(out)
}
