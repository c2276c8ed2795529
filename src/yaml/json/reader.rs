//! The reader: a loop with a stack, and Go's errors.

use std::ops::Range;
use std::sync::Arc;

use super::{JsonError, valid};
use crate::go::float as gofloat;
use crate::go::quote as goquote;
use crate::go::string as gostring;
use crate::source::Span;
use crate::yaml::{Entry, Map, Node, Value};

/// How deep Go reads.
const MAX_DEPTH: usize = 10_000;

/// How much of the text is to be read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mode {
    Whole,
    First,
}

/// A collection that is being read.
enum Frame {
    List {
        start: usize,
        items: Vec<Node>,
    },
    Map {
        start: usize,
        map: Map,
        key: Option<(Arc<str>, Span)>,
    },
}

pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    span: &'a dyn Fn(Range<usize>) -> Span,
    mode: Mode,
    /// The first number that is too large; it is reported only if the syntax is right.
    too_large: Option<JsonError>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, span: &'a dyn Fn(Range<usize>) -> Span, mode: Mode) -> Self {
        Self {
            text,
            at: 0,
            span,
            mode,
            too_large: None,
        }
    }

    /// The value, and where it ends.
    pub(super) fn read(mut self) -> Result<(Node, usize), JsonError> {
        let node = self.value()?;
        let end = self.at;
        if self.mode == Mode::Whole {
            self.skip_space();
            if self.at < self.text.len() {
                return Err(self.unexpected("after top-level value"));
            }
        }
        match self.too_large {
            Some(error) => Err(error),
            None => Ok((node, end)),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn error(&self, message: String) -> JsonError {
        JsonError {
            message,
            offset: self.at,
        }
    }

    /// The error for what stands here, be it a character or the end; `context` is what Go says of it.
    fn unexpected(&self, context: &str) -> JsonError {
        let Some(c) = self.text[self.at..].chars().next() else {
            return self.early_end(None);
        };
        // Go looks at bytes.
        let byte = gostring::escaped_byte(c).unwrap_or_else(|| c.encode_utf8(&mut [0; 4]).as_bytes()[0]);
        self.error(format!("invalid character {} {context}", quote_byte(byte)))
    }

    /// The error for an end within a token, where Go tries a space, or, without a context, between tokens.
    fn early_end(&self, context: Option<&str>) -> JsonError {
        let blank = self
            .text
            .bytes()
            .all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        self.error(match (self.mode, context) {
            (Mode::Whole, Some(context)) => format!("invalid character ' ' {context}"),
            (Mode::Whole, None) => "unexpected end of JSON input".to_owned(),
            (Mode::First, _) if blank => "EOF".to_owned(),
            (Mode::First, _) => "unexpected EOF".to_owned(),
        })
    }

    /// The error within a literal or a number.
    fn unexpected_in(&self, context: &str) -> JsonError {
        if self.at < self.text.len() {
            self.unexpected(context)
        } else {
            self.early_end(Some(context))
        }
    }

    fn value(&mut self) -> Result<Node, JsonError> {
        let mut stack: Vec<Frame> = Vec::new();
        loop {
            // A value is due.
            self.skip_space();
            let start = self.at;
            let mut done = match self.peek() {
                Some(open @ (b'[' | b'{')) => {
                    if stack.len() == MAX_DEPTH {
                        return Err(self.unexpected("exceeded max depth"));
                    }
                    self.at += 1;
                    self.skip_space();
                    if open == b'[' {
                        if self.peek() == Some(b']') {
                            self.at += 1;
                            Some(self.node(Value::List(Arc::default()), start))
                        } else {
                            stack.push(Frame::List {
                                start,
                                items: Vec::new(),
                            });
                            None
                        }
                    } else if self.peek() == Some(b'}') {
                        self.at += 1;
                        Some(self.node(Value::Map(Arc::default()), start))
                    } else {
                        let key = Some(self.key()?);
                        stack.push(Frame::Map {
                            start,
                            map: Map::new(),
                            key,
                        });
                        None
                    }
                }
                _ => Some(self.scalar()?),
            };
            // It may be the last of the collection that it is in, and that of the next one.
            while let Some(node) = done.take() {
                let Some(mut frame) = stack.pop() else { return Ok(node) };
                self.skip_space();
                match &mut frame {
                    Frame::List { start, items } => {
                        items.push(node);
                        match self.peek() {
                            Some(b',') => self.at += 1,
                            Some(b']') => {
                                self.at += 1;
                                let items = std::mem::take(items);
                                done = Some(self.node(Value::List(Arc::new(items)), *start));
                                continue;
                            }
                            _ => return Err(self.unexpected("after array element")),
                        }
                    }
                    Frame::Map { start, map, key } => {
                        if let Some((text, span)) = key.take() {
                            map.insert(text, Entry { key: span, node });
                        }
                        match self.peek() {
                            Some(b',') => {
                                self.at += 1;
                                self.skip_space();
                                *key = Some(self.key()?);
                            }
                            Some(b'}') => {
                                self.at += 1;
                                let map = std::mem::take(map);
                                done = Some(self.node(Value::Map(Arc::new(map)), *start));
                                continue;
                            }
                            _ => return Err(self.unexpected("after object key:value pair")),
                        }
                    }
                }
                stack.push(frame);
            }
        }
    }

    fn node(&self, value: Value, start: usize) -> Node {
        Node::new(value, (self.span)(start..self.at))
    }

    /// A key and its colon.
    fn key(&mut self) -> Result<(Arc<str>, Span), JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("looking for beginning of object key string"));
        }
        let start = self.at;
        let text = self.string()?;
        let span = (self.span)(start..self.at);
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.at += 1;
        Ok((text, span))
    }

    fn scalar(&mut self) -> Result<Node, JsonError> {
        let start = self.at;
        let value = match self.peek() {
            Some(b'"') => Value::String(self.string()?),
            Some(b't') => self.literal("true", Value::Bool(true))?,
            Some(b'f') => self.literal("false", Value::Bool(false))?,
            Some(b'n') => self.literal("null", Value::Null)?,
            Some(b'-' | b'0'..=b'9') => Value::Float(self.number()?),
            _ => return Err(self.unexpected("looking for beginning of value")),
        };
        Ok(self.node(value, start))
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        for expected in word.chars() {
            if self.peek().map(char::from) != Some(expected) {
                return Err(self.unexpected_in(&format!("in literal {word} (expecting '{expected}')")));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<f64, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if self.digits() == 0 {
            return Err(self.unexpected_in("in numeric literal"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.unexpected_in("after decimal point in numeric literal"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.unexpected_in("in exponent of numeric literal"));
            }
        }
        let text = &self.text[start..self.at];
        Ok(gofloat::parse(text).unwrap_or_else(|_| {
            self.too_large.get_or_insert_with(|| JsonError {
                message: format!("json: cannot unmarshal number {text} into Go value of type float64"),
                offset: start,
            });
            0.0
        }))
    }

    fn string(&mut self) -> Result<Arc<str>, JsonError> {
        self.at += 1;
        let start = self.at;
        let mut out = String::new();
        let mut copied = start;
        loop {
            match self.peek() {
                None => return Err(self.early_end(None)),
                Some(b'"') => break,
                Some(b'\\') => {
                    out.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    self.escape(&mut out)?;
                    copied = self.at;
                }
                Some(0..=0x1F) => return Err(self.unexpected("in string literal")),
                Some(_) => self.at += 1,
            }
        }
        let end = self.at;
        self.at += 1;
        let rest = &self.text[copied..end];
        if out.is_empty() && !gostring::may_have_escapes(rest) {
            return Ok(rest.into());
        }
        out.push_str(rest);
        // Here a byte that is no character ends up as a replacement character, and a character stays one.
        let text = valid(&out);
        Ok(gostring::encode(text.as_bytes()).as_ref().into())
    }

    fn escape(&mut self, out: &mut String) -> Result<(), JsonError> {
        let c = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let first = self.hex4()?;
                // Half a surrogate pair is a replacement character; what follows it stands for itself.
                let c = match first {
                    0xD800..0xDC00 => self
                        .low_surrogate()
                        .map(|low| 0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00)),
                    first => Some(first),
                };
                let c = c.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.push_str(&gostring::encode(c.encode_utf8(&mut [0; 4]).as_bytes()));
                return Ok(());
            }
            _ => return Err(self.unexpected_in("in string escape code")),
        };
        self.at += 1;
        out.push(c);
        Ok(())
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return Err(self.unexpected_in("in \\u hexadecimal character escape"));
            };
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }

    /// The second half of a surrogate pair, taken only if it is one.
    fn low_surrogate(&mut self) -> Option<u32> {
        let digits = self.text[self.at..].strip_prefix("\\u")?.get(..4)?;
        let low = u32::from_str_radix(digits, 16)
            .ok()
            .filter(|low| (0xDC00..0xE000).contains(low))?;
        self.at += 6;
        Some(low)
    }
}

/// A byte in an error of Go's: as the character with this code.
fn quote_byte(byte: u8) -> String {
    match byte {
        b'"' => "'\"'".to_owned(),
        _ => goquote::quote_char(char::from(byte)),
    }
}
