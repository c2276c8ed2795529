//! `json.Unmarshal` into an `interface {}`.

use std::sync::Arc;

use minijinja::Value;

use crate::go::string::{decode as bytes_of, encode};
use crate::go::{float, quote};
use crate::reflect::Entries;
use crate::reflect::bounds::{Limit, Meter};
use crate::reflect::value::{list, map, nil};

/// How deep Go's scanner goes.
const MAX_DEPTH: usize = 10_000;

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Go's message.
    Syntax(String),
    /// The text is too large.
    Limit(Limit),
}

impl From<Limit> for DecodeError {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

/// What a text says.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The value; nil in the place of a number that is too large.
    pub value: Value,
    /// Go's message about the first number that is too large.
    pub error: Option<String>,
}

/// What is open while a text is read.
enum Open {
    List(Vec<Value>),
    Map(Entries, Arc<str>),
}

/// Reads a text; numbers become `float64`.
///
/// # Errors
/// When it is not JSON, or too large.
pub fn decode(text: &str, meter: &mut Meter<'_>) -> Result<Decoded, DecodeError> {
    let bytes = bytes_of(text);
    let mut reader = Reader {
        bytes: &bytes,
        at: 0,
        error: None,
    };
    let value = reader.document(meter)?;
    Ok(Decoded {
        value,
        error: reader.error,
    })
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    error: Option<String>,
}

fn unexpected_end() -> DecodeError {
    DecodeError::Syntax("unexpected end of JSON input".to_owned())
}

fn quote_byte(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let quoted = quote::quote(char::from(byte).encode_utf8(&mut [0; 4]));
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The error of Go's scanner for the byte at hand, or for the end of the text.
    fn unexpected(&self, context: &str) -> DecodeError {
        // At the end Go's scanner is fed a blank, which is wrong within a word, a number or an escape.
        let within = [
            "in literal",
            "in numeric",
            "after decimal",
            "in exponent",
            "in string escape",
            "in \\u",
        ];
        let at_end = within.iter().any(|start| context.starts_with(start)).then_some(b' ');
        match self.peek().or(at_end) {
            None => unexpected_end(),
            Some(byte) => DecodeError::Syntax(format!("invalid character {} {context}", quote_byte(byte))),
        }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn document(&mut self, meter: &mut Meter<'_>) -> Result<Value, DecodeError> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            // A value begins here, or a container that is not yet complete.
            self.space();
            meter.step(0)?;
            let mut value = match self.peek() {
                Some(b'[') => {
                    self.enter(&open)?;
                    self.space();
                    if self.peek() != Some(b']') {
                        open.push(Open::List(Vec::new()));
                        continue;
                    }
                    self.at += 1;
                    list(Vec::new())
                }
                Some(b'{') => {
                    self.enter(&open)?;
                    self.space();
                    if self.peek() != Some(b'}') {
                        let key = self.key("looking for beginning of object key string", meter)?;
                        open.push(Open::Map(Entries::new(), key));
                        continue;
                    }
                    self.at += 1;
                    map(Entries::new())
                }
                _ => self.scalar(meter)?,
            };
            // What was read goes into what is open, as long as that closes behind it.
            loop {
                self.space();
                let Some(container) = open.last_mut() else {
                    return match self.peek() {
                        None => Ok(value),
                        Some(_) => Err(self.unexpected("after top-level value")),
                    };
                };
                match container {
                    Open::List(items) => {
                        items.push(value);
                        match self.peek() {
                            Some(b',') => {
                                self.at += 1;
                                break;
                            }
                            Some(b']') => value = list(std::mem::take(items)),
                            _ => return Err(self.unexpected("after array element")),
                        }
                    }
                    Open::Map(entries, key) => {
                        entries.insert(Arc::clone(key), value);
                        match self.peek() {
                            Some(b',') => {
                                self.at += 1;
                                *key = self.key("looking for beginning of object key string", meter)?;
                                break;
                            }
                            Some(b'}') => value = map(std::mem::take(entries)),
                            _ => return Err(self.unexpected("after object key:value pair")),
                        }
                    }
                }
                self.at += 1;
                open.pop();
            }
        }
    }

    /// Steps over the bracket that opens a container.
    fn enter(&mut self, open: &[Open]) -> Result<(), DecodeError> {
        if open.len() >= MAX_DEPTH {
            return Err(self.unexpected("exceeded max depth"));
        }
        self.at += 1;
        Ok(())
    }

    /// A key and the colon after it.
    fn key(&mut self, context: &str, meter: &mut Meter<'_>) -> Result<Arc<str>, DecodeError> {
        self.space();
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(context));
        }
        let key = self.string(meter)?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.at += 1;
        Ok(key.into())
    }

    fn scalar(&mut self, meter: &mut Meter<'_>) -> Result<Value, DecodeError> {
        match self.peek() {
            Some(b'"') => self.string(meter).map(Value::from),
            Some(b't') => self.literal("true").map(|()| true.into()),
            Some(b'f') => self.literal("false").map(|()| false.into()),
            Some(b'n') => self.literal("null").map(|()| nil()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), DecodeError> {
        for (at, expected) in word.bytes().enumerate() {
            if self.peek() != Some(expected) {
                let context = format!("in literal {word} (expecting {})", quote_byte(word.as_bytes()[at]));
                return Err(self.unexpected(&context));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn digits(&mut self, context: &str) -> Result<(), DecodeError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected(context));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, DecodeError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = encode(&self.bytes[start..self.at]);
        Ok(match float::parse(&text) {
            Ok(number) => number.into(),
            Err(_) => {
                self.error.get_or_insert_with(|| {
                    format!("json: cannot unmarshal number {text} into Go value of type float64")
                });
                nil()
            }
        })
    }

    fn string(&mut self, meter: &mut Meter<'_>) -> Result<String, DecodeError> {
        self.at += 1;
        let start = self.at;
        let mut bytes = Vec::new();
        loop {
            let Some(byte) = self.peek() else {
                return Err(unexpected_end());
            };
            match byte {
                b'"' => break,
                b'\\' => {
                    self.at += 1;
                    let c = self.escape()?;
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..=0x1f => return Err(self.unexpected("in string literal")),
                _ => {
                    bytes.push(byte);
                    self.at += 1;
                }
            }
        }
        meter.step(self.at - start)?;
        self.at += 1;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => replaced(error.as_bytes()),
        };
        Ok(crate::go::string::encode_owned(text.into_bytes()))
    }

    fn escape(&mut self) -> Result<char, DecodeError> {
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let first = self.hex()?;
                return self.surrogate(first);
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        Ok(c)
    }

    fn hex(&mut self) -> Result<u32, DecodeError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code << 4 | digit.ok_or_else(|| self.unexpected("in \\u hexadecimal character escape"))?;
            self.at += 1;
        }
        Ok(code)
    }

    /// The character of one `\u` escape, or of two that are the halves of one.
    fn surrogate(&mut self, first: u32) -> Result<char, DecodeError> {
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        if (0xd800..0xdc00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            // The second is no half of the first: it is read on its own.
            self.at = before;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }
}

/// A text in which each byte that is no part of a character is U+FFFD.
fn replaced(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
