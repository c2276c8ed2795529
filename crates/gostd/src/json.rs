//! The tokens of JSON as Go 1.27's `encoding/json` reads them, and what it says of a text that is none.
//!
//! Since Go 1.27 that package is built on `encoding/json/jsontext`, whose words differ from those before.

use std::borrow::Cow;
use std::ops::Range;

use super::{quote, string, unicode};

/// How deep lists and objects may nest.
pub const MAX_DEPTH: usize = 10_000;

/// What Go says of lists and objects that nest deeper.
pub const TOO_DEEP: &str = "exceeded max depth";

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What Go says, as `json.Unmarshal` has it.
    pub message: String,
    /// The bytes that are wrong; nothing behind the text where it ends too early. `json.SyntaxError` has the end of it for
    /// its `Offset`.
    pub place: Range<usize>,
    /// Whether the text ends too early.
    pub is_end: bool,
}

/// A text, read from its beginning. Positions are those of the text, in which bytes that are not UTF-8 are
/// [escaped](string::encode).
#[derive(Clone, Debug)]
pub struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    /// Stands at the first byte.
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next byte is.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The next byte, unless the text ends here.
    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over a byte of ASCII.
    pub fn advance(&mut self) {
        self.at += 1;
    }

    /// Steps over blanks and line breaks.
    pub fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Whether nothing but blanks and line breaks is in the text.
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

    /// The error for what stands here, be it a character or the end; `context` is what Go says of it.
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

    /// The error for a list or an object, whose bracket stands here, that is in too many others.
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

    /// Steps over `true`, `false` or `null`, of which the first letter is here.
    ///
    /// # Errors
    /// Where another letter follows.
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

    /// Reads a number, of which the sign or first digit is here.
    ///
    /// # Errors
    /// Where a digit is missing.
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

    /// Reads a string, of which the quotation mark is here. What is not UTF-8 becomes U+FFFD.
    ///
    /// # Errors
    /// At a control character, a broken escape or the end of the text.
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

    /// The number of an escape `\uXXXX`.
    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)
    }

    /// The character of an escape that was read, and of the one after it if they are the halves of one character. Half a
    /// character is U+FFFD, and what follows stands for itself.
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

    /// The error for an escape of so many bytes, which the end of the text may cut short.
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

    /// The characters from here on that hold so many bytes, and how long they are in the text.
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

/// A step into a value: the key of an object or the position in a list.
#[derive(Clone, Debug)]
pub enum Step<'k> {
    /// A key.
    Key(&'k str),
    /// A position, from 0.
    Position(usize),
}

/// What `json.Unmarshal` says of a number that is too large, in an `interface {}` or in a map or slice of these.
pub fn too_large<'k>(number: &str, path: impl IntoIterator<Item = Step<'k>>) -> String {
    let steps = path.into_iter().map(|step| match step {
        // As in the JSON pointer that Go makes the path from.
        Step::Key(key) => key.replace('~', "~0").replace('/', "~1"),
        Step::Position(at) => at.to_string(),
    });
    let steps: Vec<String> = steps.collect();
    let path = steps.join(".");
    let last = path.rsplit('.').next().unwrap_or_default();
    // Go takes what ends in a number for a list.
    let is_list = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let place = match (path.is_empty(), is_list) {
        (true, _) => "Go value".to_owned(),
        (false, true) => format!(".{path}"),
        (false, false) => format!("Go struct field .{path}"),
    };
    format!("json: cannot unmarshal number {number} into {place} of type float64")
}

/// A text with nothing in it that is not UTF-8: each byte that is no part of a character becomes U+FFFD. It is no longer
/// [escaped](string::encode).
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
