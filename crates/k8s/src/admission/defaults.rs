//! Prepares objects of Kubernetes' own kinds for policies: sets defaults and drops unknown and empty fields.
//!
//! `data/defaults.txt` has the defaults that depend on nothing, `dependent` the others, `written` what Go writes of an
//! object. `tests/defaults` compares the result with what a real API server answers.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::{dependent, gates, written};
use crate::definitions::{Definitions, Type};
use crate::formats::quantity;
use crate::version::Version;

const TEXT: &str = include_str!("../../data/defaults.txt");
/// The maximum depth of an object that is prepared.
const DEEPEST: usize = 120;

type Table = BTreeMap<&'static str, Vec<(&'static str, Value)>>;

fn table() -> &'static Table {
    static READ: OnceLock<Table> = OnceLock::new();
    READ.get_or_init(|| {
        let mut table = Table::new();
        for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.splitn(3, ' ');
            if let (Some(definition), Some(field), Some(value)) = (words.next(), words.next(), words.next())
                && let Ok(value) = serde_json::from_str(value)
            {
                table.entry(definition).or_default().push((field, value));
            }
        }
        table
    })
}

/// Prunes an object of a definition and sets its defaults.
pub(crate) fn prepare(object: &mut Map<String, Value>, definition: usize, version: Version) {
    // The API server ignores the status of an object that is created.
    object.shift_remove("status");
    dependent::of_object(object);
    of_definition(object, definition, version, 0);
    dependent::of_whole(object);
}

fn of_definition(map: &mut Map<String, Value>, definition: usize, version: Version, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    let definition = Definitions::get().at(definition);
    map.retain(|name, value| !value.is_null() && definition.field(name, version).is_some());
    let rows = written::of(definition.name);
    written::drop_zeros(map, rows);
    gates::drop(definition.name, map, version);
    for (field, value) in table().get(definition.name).into_iter().flatten() {
        if definition.field(field, version).is_some() {
            set(map, field, || value.clone());
        }
    }
    dependent::of_definition(definition.name, map, version);
    written::add(map, rows, definition, version);
    for (name, value) in map.iter_mut() {
        if let Some(field) = definition.field(name, version) {
            of_type(value, &field.kind, version, depth + 1);
        }
    }
    written::drop_empty(map, rows, definition, version);
}

fn of_type(value: &mut Value, kind: &Type, version: Version, depth: usize) {
    match (kind, value) {
        (Type::Reference(definition), Value::Object(map)) => of_definition(map, *definition, version, depth),
        (Type::List(kind), Value::Array(items)) => {
            for item in items {
                of_type(item, kind, version, depth + 1);
            }
        }
        (Type::Map(kind), Value::Object(map)) => {
            for value in map.values_mut() {
                // The amounts of a list of resources are rounded up to thousandths.
                match **kind {
                    Type::Quantity => write_quantity(value, 3),
                    ref kind => of_type(value, kind, version, depth + 1),
                }
            }
        }
        (Type::Quantity, value) => write_quantity(value, 9),
        _ => {}
    }
}

/// Writes a quantity as Go does, rounded up to a number of decimal digits.
fn write_quantity(value: &mut Value, digits: u32) {
    let text = match &*value {
        Value::String(text) => quantity::canonical(text, digits),
        Value::Number(number) => quantity::canonical(&number.to_string(), digits),
        _ => None,
    };
    if let Some(text) = text {
        *value = Value::from(text);
    }
}

/// Sets a field that is absent or null.
pub(super) fn set(map: &mut Map<String, Value>, field: &str, value: impl FnOnce() -> Value) {
    // Go does not tell an empty list from an absent one where a list is the default.
    match map.get(field) {
        None | Some(Value::Null) => drop(map.insert(field.to_owned(), value())),
        Some(Value::Array(items)) if items.is_empty() => drop(map.insert(field.to_owned(), value())),
        Some(_) => {}
    }
}
