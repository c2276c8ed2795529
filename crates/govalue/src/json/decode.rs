//! `json.Unmarshal` into an `interface {}`.

use std::borrow::Cow;
use std::sync::Arc;

use minijinja::Value;

use crate::Entries;
use crate::bounds::{Limit, Meter};
use crate::value::{list, map, nil};
use gostd::float;
use gostd::json::{MAX_DEPTH, Scanner, Step, SyntaxError, too_large};

/// The reason why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Go's message.
    Syntax(String),
    /// The text is too large.
    Limit(Limit),
}

impl From<SyntaxError> for DecodeError {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error.message)
    }
}

impl From<Limit> for DecodeError {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

/// A decoded text.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The value; 0 in the place of a number that is too large.
    pub value: Value,
    /// Go's message about the first number that is too large.
    pub error: Option<String>,
}

/// A container that is being read.
enum Open {
    List(Vec<Value>),
    Map(Entries, Arc<str>),
}

/// Decodes a text; numbers become `float64`.
///
/// # Errors
/// The text is not JSON, or is too large.
pub fn decode(text: &str, meter: &mut Meter<'_>) -> Result<Decoded, DecodeError> {
    let mut reader = JsonReader {
        scanner: Scanner::new(text),
        error: None,
    };
    let value = reader.document(meter)?;
    Ok(Decoded {
        value,
        error: reader.error,
    })
}

struct JsonReader<'t> {
    scanner: Scanner<'t>,
    error: Option<String>,
}

impl<'t> JsonReader<'t> {
    fn document(&mut self, meter: &mut Meter<'_>) -> Result<Value, DecodeError> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            // A value starts here, or a container that is not complete yet.
            self.scanner.skip_space();
            meter.step(0)?;
            let mut value = match self.scanner.peek() {
                Some(b'[') => {
                    self.enter(&open)?;
                    self.scanner.skip_space();
                    if self.scanner.peek() != Some(b']') {
                        open.push(Open::List(Vec::new()));
                        continue;
                    }
                    self.scanner.advance();
                    list(Vec::new())
                }
                Some(b'{') => {
                    self.enter(&open)?;
                    self.scanner.skip_space();
                    if self.scanner.peek() != Some(b'}') {
                        let key = self.key(meter)?;
                        open.push(Open::Map(Entries::new(), key));
                        continue;
                    }
                    self.scanner.advance();
                    map(Entries::new())
                }
                _ => self.scalar(&open, meter)?,
            };
            // The value goes into the open container, and containers that end after it are closed.
            loop {
                self.scanner.skip_space();
                let Some(container) = open.last_mut() else {
                    return match self.scanner.peek() {
                        None => Ok(value),
                        Some(_) => Err(self.scanner.unexpected("after top-level value").into()),
                    };
                };
                match container {
                    Open::List(items) => {
                        items.push(value);
                        match self.scanner.peek() {
                            Some(b',') => {
                                self.scanner.advance();
                                break;
                            }
                            Some(b']') => value = list(std::mem::take(items)),
                            _ => return Err(self.scanner.unexpected("after array element").into()),
                        }
                    }
                    Open::Map(entries, key) => {
                        entries.insert(Arc::clone(key), value);
                        match self.scanner.peek() {
                            Some(b',') => {
                                self.scanner.advance();
                                *key = self.key(meter)?;
                                break;
                            }
                            Some(b'}') => value = map(std::mem::take(entries)),
                            _ => return Err(self.scanner.unexpected("after object key:value pair").into()),
                        }
                    }
                }
                self.scanner.advance();
                open.pop();
            }
        }
    }

    /// Skips the bracket that opens a container.
    fn enter(&mut self, open: &[Open]) -> Result<(), SyntaxError> {
        if open.len() >= MAX_DEPTH {
            return Err(self.scanner.too_deep());
        }
        self.scanner.advance();
        Ok(())
    }

    /// Reads a key and the colon after it.
    fn key(&mut self, meter: &mut Meter<'_>) -> Result<Arc<str>, DecodeError> {
        self.scanner.skip_space();
        if self.scanner.peek() != Some(b'"') {
            let error = self.scanner.unexpected("looking for beginning of object key string");
            return Err(error.into());
        }
        let key = self.string(meter)?;
        self.scanner.skip_space();
        if self.scanner.peek() != Some(b':') {
            return Err(self.scanner.unexpected("after object key").into());
        }
        self.scanner.advance();
        Ok(key.as_ref().into())
    }

    fn scalar(&mut self, open: &[Open], meter: &mut Meter<'_>) -> Result<Value, DecodeError> {
        Ok(match self.scanner.peek() {
            Some(b'"') => self.string(meter)?.as_ref().into(),
            Some(b't') => self.scanner.literal("true").map(|()| true.into())?,
            Some(b'f') => self.scanner.literal("false").map(|()| false.into())?,
            Some(b'n') => self.scanner.literal("null").map(|()| nil())?,
            Some(b'-' | b'0'..=b'9') => self.number(open)?.into(),
            _ => return Err(self.scanner.unexpected("looking for beginning of value").into()),
        })
    }

    fn number(&mut self, open: &[Open]) -> Result<f64, SyntaxError> {
        let text = self.scanner.number()?;
        Ok(float::parse(text).unwrap_or_else(|_| {
            let path = open.iter().map(|open| match open {
                Open::List(items) => Step::Position(items.len()),
                Open::Map(_, key) => Step::Key(key),
            });
            self.error.get_or_insert_with(|| too_large(text, path));
            0.0
        }))
    }

    fn string(&mut self, meter: &mut Meter<'_>) -> Result<Cow<'t, str>, DecodeError> {
        let start = self.scanner.offset();
        let text = self.scanner.string()?;
        meter.step(self.scanner.offset() - start)?;
        Ok(text)
    }
}
