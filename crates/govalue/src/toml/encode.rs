//! `toml.Encoder.Encode`.

use std::sync::Arc;

use minijinja::Value;

use super::{LOCAL_PLACES, key_text, path_text, quoted};
use crate::bounds::{Limit, Meter};
use crate::printer::print_int;
use crate::time::Time;
use crate::types::IntType;
use crate::value::{Struct, View, uint_of, view};
use crate::{Entries, Map, UintType};
use gostd::float;
use gostd::zone::Location;

/// The reason why a value cannot be encoded as TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The library's message.
    Refused(String),
    /// A panic in Go.
    Panic(String),
    /// The value is too large.
    Limit(Limit),
}

impl From<Limit> for EncodeError {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

/// How a value is written in TOML.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// nil, which is omitted.
    Nothing,
    Plain,
    Table,
    Tables,
}

/// Encodes a value as TOML.
///
/// # Errors
/// The value contains something that TOML cannot represent, or is too large.
pub fn encode(value: &Value, meter: &mut Meter<'_>) -> Result<String, EncodeError> {
    if view(value).is_nil() {
        return Err(EncodeError::Panic(
            "reflect: call of reflect.Value.Type on zero Value".to_owned(),
        ));
    }
    let mut encoder = Encoder {
        out: String::new(),
        meter,
    };
    encoder.value(&mut Vec::new(), value)?;
    Ok(encoder.out)
}

struct Encoder<'m, 'a> {
    out: String,
    meter: &'m mut Meter<'a>,
}

type Entry = (Arc<str>, Value);
type Encoded = Result<(), EncodeError>;

fn refused(text: &str) -> EncodeError {
    EncodeError::Refused(text.to_owned())
}

impl Encoder<'_, '_> {
    fn kind(&mut self, value: &Value, depth: usize) -> Result<Kind, EncodeError> {
        self.meter.descend(depth)?;
        Ok(match view(value) {
            View::Invalid | View::Nil => Kind::Nothing,
            View::Map(map) if map.is_nil() => Kind::Nothing,
            View::List(list) if list.nil => Kind::Nothing,
            View::Complex(..) => return Err(refused("unsupported type: complex128")),
            View::Map(_) => Kind::Table,
            View::Struct(object) if object.marshal().is_none() => Kind::Table,
            View::List(list) if !list.items.is_empty() => {
                let mut tables = true;
                for item in &list.items {
                    match self.kind(item, depth + 1)? {
                        Kind::Nothing => return Err(refused("toml: cannot encode array with nil element")),
                        kind => tables &= kind == Kind::Table,
                    }
                }
                if tables { Kind::Tables } else { Kind::Plain }
            }
            _ => Kind::Plain,
        })
    }

    /// Writes a value and its key.
    fn value(&mut self, key: &mut Vec<Arc<str>>, value: &Value) -> Encoded {
        self.meter.descend(key.len())?;
        match view(value) {
            View::Invalid | View::Nil => Ok(()),
            View::Map(map) if map.is_nil() => Ok(()),
            View::List(list) if list.nil && !key.is_empty() => Ok(()),
            View::Map(map) => self.table(key, &map.snapshot()),
            View::Struct(object) if object.marshal().is_none() => self.table(key, &fields(object)),
            View::Complex(..) => Err(EncodeError::Refused(format!(
                "unsupported type for key '{}': complex128",
                path_text(key)
            ))),
            View::List(list) if self.kind(value, key.len())? == Kind::Tables => {
                if key.is_empty() {
                    return Err(refused("toml: top-level values must be Go maps or structs"));
                }
                for item in &list.items {
                    self.new_line();
                    self.header(key, "[[", "]]");
                    self.entries(key, &entries_of(item))?;
                }
                Ok(())
            }
            _ => self.key_value(key, value, false),
        }
    }

    fn new_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn indent(&mut self, key: &[Arc<str>]) {
        self.out.extend(std::iter::repeat_n("  ", key.len().saturating_sub(1)));
    }

    fn header(&mut self, key: &[Arc<str>], open: &str, close: &str) {
        self.indent(key);
        self.out.push_str(&format!("{open}{}{close}", path_text(key)));
        self.new_line();
    }

    fn table(&mut self, key: &mut Vec<Arc<str>>, entries: &[(Arc<str>, Value)]) -> Encoded {
        if key.len() == 1 {
            self.new_line();
        }
        if !key.is_empty() {
            self.header(key, "[", "]");
        }
        self.entries(key, entries)
    }

    /// Returns the entries that are not tables, followed by those that are, and the number of the former.
    fn sorted<'e>(&mut self, entries: &'e [Entry], depth: usize) -> Result<(Vec<&'e Entry>, usize), EncodeError> {
        let (mut plain, mut tables) = (Vec::new(), Vec::new());
        for entry in entries {
            match self.kind(&entry.1, depth)? {
                Kind::Table | Kind::Tables => tables.push(entry),
                Kind::Plain | Kind::Nothing => plain.push(entry),
            }
        }
        let count = plain.len();
        plain.append(&mut tables);
        Ok((plain, count))
    }

    fn entries(&mut self, key: &mut Vec<Arc<str>>, entries: &[(Arc<str>, Value)]) -> Encoded {
        let (entries, _) = self.sorted(entries, key.len())?;
        for (name, value) in entries {
            key.push(Arc::clone(name));
            self.value(key, value)?;
            key.pop();
        }
        Ok(())
    }

    fn key_value(&mut self, key: &[Arc<str>], value: &Value, inline: bool) -> Encoded {
        let Some(last) = key.last() else {
            return self.element(value, 0);
        };
        if !inline {
            self.indent(key);
        }
        self.out.push_str(&format!("{} = ", key_text(last)));
        self.element(value, key.len())?;
        if !inline {
            self.new_line();
        }
        Ok(())
    }

    /// Writes an inline value.
    fn element(&mut self, value: &Value, depth: usize) -> Encoded {
        self.meter.descend(depth)?;
        match view(value) {
            View::String(text) => {
                self.meter.step(text.len())?;
                self.out.push_str(&quoted(text));
            }
            View::Bool(flag) => self.out.push_str(if flag { "true" } else { "false" }),
            View::Int(IntType::Duration, number) => {
                self.out.push_str(&quoted(&print_int(IntType::Duration, number)));
            }
            View::Int(_, number) => self.out.push_str(&number.to_string()),
            View::Uint(_, number) => self.out.push_str(&number.to_string()),
            View::Float(number) => self.out.push_str(&float_text(number)),
            View::Bytes(bytes) => {
                let numbers: Vec<Value> = bytes
                    .iter()
                    .map(|&byte| uint_of(UintType::Uint8, u64::from(byte)))
                    .collect();
                self.array(&numbers, depth)?;
            }
            View::List(list) => self.array(&list.items, depth)?,
            View::Map(_) => self.inline_table(&entries_of(value), depth)?,
            View::Struct(object) => match object.as_any().downcast_ref::<Time>() {
                Some(time) => self.out.push_str(&time_text(time)),
                None => match object.marshal() {
                    Some(text) => self.element(&text, depth + 1)?,
                    None => self.inline_table(&fields(object), depth)?,
                },
            },
            View::Invalid | View::Nil | View::Complex(..) => {}
        }
        Ok(())
    }

    fn array(&mut self, items: &[Value], depth: usize) -> Encoded {
        self.out.push('[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            self.element(item, depth + 1)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn inline_table(&mut self, entries: &[(Arc<str>, Value)], depth: usize) -> Encoded {
        let (entries, plain) = self.sorted(entries, depth)?;
        self.out.push('{');
        for (at, (name, value)) in entries.iter().enumerate() {
            if self.kind(value, depth)? == Kind::Nothing {
                continue;
            }
            self.out.push_str(&format!("{} = ", key_text(name)));
            self.element(value, depth + 1)?;
            // A comma is also written before a nil value, which is omitted.
            let last_plain = at + 1 == plain && plain == entries.len();
            if !last_plain && at + 1 != entries.len() {
                self.out.push_str(", ");
            }
        }
        self.out.push('}');
        Ok(())
    }
}

fn fields(object: &dyn Struct) -> Vec<(Arc<str>, Value)> {
    object
        .fields()
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect()
}

fn entries_of(value: &Value) -> Vec<(Arc<str>, Value)> {
    match view(value) {
        View::Map(map) => Map::snapshot(map),
        View::Struct(object) => fields(object),
        _ => Entries::new().into_iter().collect(),
    }
}

fn float_text(number: f64) -> String {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_nan() {
        return format!("{sign}nan");
    }
    if number.is_infinite() {
        return format!("{sign}inf");
    }
    let text = float::shortest(number);
    if text.contains(['e', '.']) { text } else { text + ".0" }
}

fn time_text(time: &Time) -> String {
    let place = LOCAL_PLACES.iter().find(|(name, _)| *name == time.location.name());
    match place {
        Some((_, layout)) => time.at(Location::Utc).shown().format(layout),
        None => time.shown().format("2006-01-02T15:04:05.999999999Z07:00"),
    }
}
