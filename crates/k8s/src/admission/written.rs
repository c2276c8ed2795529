//! Writes objects as Go does: some zeros are left out, some structures are written although they are empty.
//!
//! Expressions see an object after it was converted to and from Go's types (`DefaultUnstructuredConverter`), so
//! `has(object.spec.hostNetwork)` is false where the manifest says `hostNetwork: false`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::definitions::{Definition, Type};
use crate::version::Version;

const TEXT: &str = include_str!("../../data/written.txt");

/// The rows of a definition.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Scalars that are left out if they are zero.
    zeros: Vec<&'static str>,
    /// Fields that are written with a value if nothing is set.
    always: Vec<(&'static str, Value)>,
}

/// Returns the rows of a definition.
pub(super) fn of(definition: &str) -> Option<&'static Rows> {
    static READ: OnceLock<BTreeMap<&'static str, Rows>> = OnceLock::new();
    let read = READ.get_or_init(|| {
        let mut table = BTreeMap::new();
        for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default();
            let mut rows = Rows::default();
            for word in words {
                if let Some(field) = word.strip_prefix('-') {
                    rows.zeros.push(field);
                } else if let Some((field, value)) = word.split_once('=')
                    && let Ok(value) = serde_json::from_str(value)
                {
                    rows.always.push((field, value));
                }
            }
            table.insert(name, rows);
        }
        table
    });
    read.get(definition)
}

/// Drops scalars that Go cannot tell from absent ones. They get defaults like these.
pub(super) fn drop_zeros(map: &mut Map<String, Value>, rows: Option<&Rows>) {
    let zeros = rows.map_or(&[][..], |rows| &rows.zeros);
    map.retain(|name, value| !(is_zero(value) && zeros.contains(&name.as_str())));
}

/// Adds the fields that are always written.
pub(super) fn add(map: &mut Map<String, Value>, rows: Option<&Rows>, definition: &Definition, version: Version) {
    for (field, value) in rows.into_iter().flat_map(|rows| &rows.always) {
        if !map.contains_key(*field) && definition.field(field, version).is_some() {
            map.insert((*field).to_owned(), value.clone());
        }
    }
}

/// Drops empty lists and maps that are not written.
pub(super) fn drop_empty(map: &mut Map<String, Value>, rows: Option<&Rows>, definition: &Definition, version: Version) {
    let is_always = |name: &str| rows.is_some_and(|rows| rows.always.iter().any(|(field, _)| *field == name));
    map.retain(|name, value| {
        let is_empty = match (&*value, definition.field(name, version).map(|field| &field.kind)) {
            (Value::Array(items), Some(Type::List(_))) => items.is_empty(),
            (Value::Object(own), Some(Type::Map(_))) => own.is_empty(),
            _ => false,
        };
        !is_empty || is_always(name)
    });
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
