//! `json.Marshal`.

use std::fmt::Write;

use minijinja::Value;

use crate::bounds::{Limit, MAX_DEPTH, Meter};
use crate::value::{Data, View, view};
use gostd::{base64, float, string};

/// The reason why a value cannot be encoded as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// Go's message.
    Unsupported(String),
    /// The value is too large.
    Limit(Limit),
}

impl From<Limit> for EncodeError {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

/// The style of the JSON output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// On one line, with `<`, `>` and `&` escaped.
    Compact,
    /// On one line, without these escapes.
    Raw,
    /// Indented by two spaces, with these escapes.
    Pretty,
}

/// Encodes a value as JSON.
///
/// # Errors
/// The value contains something that JSON cannot represent, contains itself, or is too large.
pub fn encode(value: &Value, style: Style, meter: &mut Meter<'_>) -> Result<String, EncodeError> {
    let mut encoder = Encoder {
        out: String::new(),
        style,
        path: Vec::new(),
        meter,
    };
    encoder.value(value)?;
    Ok(encoder.out)
}

struct Encoder<'m, 'a> {
    out: String,
    style: Style,
    /// The addresses of the open containers.
    path: Vec<usize>,
    meter: &'m mut Meter<'a>,
}

type Encoded = Result<(), EncodeError>;

fn unsupported(what: impl std::fmt::Display) -> EncodeError {
    EncodeError::Unsupported(format!("json: unsupported {what}"))
}

impl Encoder<'_, '_> {
    fn value(&mut self, value: &Value) -> Encoded {
        self.meter.step(0)?;
        match view(value) {
            View::Invalid | View::Nil => self.out.push_str("null"),
            View::Bool(value) => self.display(value),
            View::Int(_, value) => self.display(value),
            View::Uint(_, value) => self.display(value),
            View::Float(number) => match float::json(number) {
                Some(text) => self.out.push_str(&text),
                None => return Err(unsupported(format_args!("value: {}", float::shortest(number)))),
            },
            View::Complex(..) => return Err(unsupported("type: complex128")),
            View::String(text) => self.string(text)?,
            View::Bytes(bytes) => {
                self.meter.step(bytes.len())?;
                let _ = write!(self.out, "\"{}\"", base64::encode(bytes));
            }
            View::List(list) if list.nil => self.out.push_str("null"),
            View::List(list) => {
                self.open('[', value)?;
                for (at, item) in list.items.iter().enumerate() {
                    self.separate(at > 0);
                    self.value(item)?;
                }
                self.close(']', list.items.is_empty());
            }
            View::Map(map) if map.is_nil() => self.out.push_str("null"),
            View::Map(map) => {
                self.open('{', value)?;
                let entries = map.snapshot();
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.separate(at > 0);
                    self.entry(key, value)?;
                }
                self.close('}', entries.is_empty());
            }
            View::Struct(object) => {
                if let Some(marshalled) = object.marshal() {
                    return self.value(&marshalled);
                }
                self.open('{', value)?;
                let fields = object.fields();
                for (at, (name, value)) in fields.iter().enumerate() {
                    self.separate(at > 0);
                    self.entry(name, value)?;
                }
                self.close('}', fields.is_empty());
            }
        }
        Ok(())
    }

    fn display(&mut self, value: impl std::fmt::Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{value}");
    }

    fn entry(&mut self, key: &str, value: &Value) -> Encoded {
        self.string(key)?;
        self.out.push_str(if self.style == Style::Pretty { ": " } else { ":" });
        self.value(value)
    }

    fn open(&mut self, bracket: char, value: &Value) -> Encoded {
        let address = value
            .downcast_object_ref::<Data>()
            .map_or(0, |data| std::ptr::from_ref(data).addr());
        if self.path.len() >= MAX_DEPTH {
            return Err(if self.path.contains(&address) {
                unsupported(format_args!(
                    "value: encountered a cycle via {}",
                    view(value).type_name()
                ))
            } else {
                Limit::depth().into()
            });
        }
        self.path.push(address);
        self.out.push(bracket);
        Ok(())
    }

    fn close(&mut self, bracket: char, empty: bool) {
        self.path.pop();
        if !empty {
            self.new_line();
        }
        self.out.push(bracket);
    }

    fn separate(&mut self, comma: bool) {
        if comma {
            self.out.push(',');
        }
        self.new_line();
    }

    fn new_line(&mut self) {
        if self.style == Style::Pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.path.len()));
        }
    }

    fn string(&mut self, text: &str) -> Encoded {
        self.meter.step(text.len())?;
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '<' | '>' | '&' if self.style == Style::Raw => self.out.push(c),
                '<' | '>' | '&' | '\0'..' ' | '\u{2028}' | '\u{2029}' => {
                    let _ = write!(self.out, "\\u{:04x}", c as u32);
                }
                _ if string::escaped_byte(c).is_some() => self.out.push(char::REPLACEMENT_CHARACTER),
                _ => self.out.push(c),
            }
        }
        self.out.push('"');
        Ok(())
    }
}
