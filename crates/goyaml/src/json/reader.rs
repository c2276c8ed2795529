//! The reader: a loop with its own stack, and Go's errors.

use std::ops::Range;
use std::sync::Arc;

use super::JsonError;
use crate::{Entry, Map, Node, Value};
use gostd::float as gofloat;
use gostd::json::{MAX_DEPTH, Scanner, Step, SyntaxError, too_large};
use source::Span;

/// How much of the text to read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mode {
    Whole,
    First,
}

/// A collection being read.
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

pub(super) struct JsonReader<'a> {
    scanner: Scanner<'a>,
    span: &'a dyn Fn(Range<usize>) -> Span,
    mode: Mode,
    /// The first number that is out of range. It is reported only if the syntax is valid.
    too_large: Option<JsonError>,
}

impl<'a> JsonReader<'a> {
    pub(super) fn new(text: &'a str, span: &'a dyn Fn(Range<usize>) -> Span, mode: Mode) -> Self {
        Self {
            scanner: Scanner::new(text),
            span,
            mode,
            too_large: None,
        }
    }

    /// Returns the value and its end offset.
    pub(super) fn read(mut self) -> Result<(Node, usize), JsonError> {
        let node = self.value().map_err(|error| self.error(error))?;
        let end = self.scanner.offset();
        if self.mode == Mode::Whole {
            self.scanner.skip_space();
            if self.scanner.peek().is_some() {
                let error = self.scanner.unexpected("after top-level value");
                return Err(self.error(error));
            }
        }
        match self.too_large {
            Some(error) => Err(error),
            None => Ok((node, end)),
        }
    }

    fn error(&self, error: SyntaxError) -> JsonError {
        // `json.Decoder` has its own messages for a premature end.
        let message = match self.mode {
            Mode::First if error.is_end && self.scanner.is_blank() => "EOF".to_owned(),
            Mode::First if error.is_end => "unexpected EOF".to_owned(),
            _ => error.message,
        };
        JsonError {
            message,
            place: error.place,
        }
    }

    fn value(&mut self) -> Result<Node, SyntaxError> {
        let mut stack: Vec<Frame> = Vec::new();
        loop {
            // A value is expected.
            self.scanner.skip_space();
            let start = self.scanner.offset();
            let mut done = match self.scanner.peek() {
                Some(open @ (b'[' | b'{')) => {
                    if stack.len() == MAX_DEPTH {
                        return Err(self.scanner.too_deep());
                    }
                    self.scanner.advance();
                    self.scanner.skip_space();
                    if open == b'[' {
                        if self.scanner.peek() == Some(b']') {
                            self.scanner.advance();
                            Some(self.node(Value::List(Arc::default()), start))
                        } else {
                            stack.push(Frame::List {
                                start,
                                items: Vec::new(),
                            });
                            None
                        }
                    } else if self.scanner.peek() == Some(b'}') {
                        self.scanner.advance();
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
                _ => Some(self.scalar(&stack)?),
            };
            // A finished value may complete its collection, and that one the next.
            while let Some(node) = done.take() {
                let Some(mut frame) = stack.pop() else { return Ok(node) };
                self.scanner.skip_space();
                match &mut frame {
                    Frame::List { start, items } => {
                        items.push(node);
                        match self.scanner.peek() {
                            Some(b',') => self.scanner.advance(),
                            Some(b']') => {
                                self.scanner.advance();
                                let items = std::mem::take(items);
                                done = Some(self.node(Value::List(Arc::new(items)), *start));
                                continue;
                            }
                            _ => return Err(self.scanner.unexpected("after array element")),
                        }
                    }
                    Frame::Map { start, map, key } => {
                        if let Some((text, span)) = key.take() {
                            map.insert(text, Entry { key: span, node });
                        }
                        match self.scanner.peek() {
                            Some(b',') => {
                                self.scanner.advance();
                                self.scanner.skip_space();
                                *key = Some(self.key()?);
                            }
                            Some(b'}') => {
                                self.scanner.advance();
                                let map = std::mem::take(map);
                                done = Some(self.node(Value::Map(Arc::new(map)), *start));
                                continue;
                            }
                            _ => return Err(self.scanner.unexpected("after object key:value pair")),
                        }
                    }
                }
                stack.push(frame);
            }
        }
    }

    fn node(&self, value: Value, start: usize) -> Node {
        Node::new(value, (self.span)(start..self.scanner.offset()))
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Result<(Arc<str>, Span), SyntaxError> {
        let start = self.scanner.offset();
        if self.scanner.peek() != Some(b'"') {
            return Err(self.scanner.unexpected("looking for beginning of object key string"));
        }
        let text = self.scanner.string()?;
        let span = (self.span)(start..self.scanner.offset());
        self.scanner.skip_space();
        if self.scanner.peek() != Some(b':') {
            return Err(self.scanner.unexpected("after object key"));
        }
        self.scanner.advance();
        Ok((text.as_ref().into(), span))
    }

    fn scalar(&mut self, stack: &[Frame]) -> Result<Node, SyntaxError> {
        let start = self.scanner.offset();
        let value = match self.scanner.peek() {
            Some(b'"') => Value::String(self.scanner.string()?.as_ref().into()),
            Some(b't') => self.scanner.literal("true").map(|()| Value::Bool(true))?,
            Some(b'f') => self.scanner.literal("false").map(|()| Value::Bool(false))?,
            Some(b'n') => self.scanner.literal("null").map(|()| Value::Null)?,
            Some(b'-' | b'0'..=b'9') => Value::Float(self.number(stack)?),
            _ => return Err(self.scanner.unexpected("looking for beginning of value")),
        };
        Ok(self.node(value, start))
    }

    fn number(&mut self, stack: &[Frame]) -> Result<f64, SyntaxError> {
        let start = self.scanner.offset();
        let text = self.scanner.number()?;
        Ok(gofloat::parse(text).unwrap_or_else(|_| {
            let path = stack.iter().map(|frame| match frame {
                Frame::List { items, .. } => Step::Position(items.len()),
                Frame::Map { key, .. } => Step::Key(key.as_ref().map_or("", |(key, _)| key)),
            });
            self.too_large.get_or_insert_with(|| JsonError {
                message: too_large(text, path),
                place: start..start + text.len(),
            });
            0.0
        }))
    }
}
