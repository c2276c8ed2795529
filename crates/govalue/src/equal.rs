//! Go's `reflect.DeepEqual`.

use std::collections::BTreeSet;

use minijinja::Value;

use super::bounds::{Limit, Meter};
use super::value::{List, Struct, View, view};
use super::{Map, value};

/// The pairs of maps that are being compared: a map that contains itself is equal to itself.
type Visited = BTreeSet<(usize, usize)>;

/// `reflect.DeepEqual(a, b)`: the same type and the same contents. 1 and 1.0 differ, and so do an empty list and a nil
/// list.
///
/// # Errors
/// The values are too large or nest too deep.
pub fn deep_equal(a: &Value, b: &Value, meter: &mut Meter<'_>) -> Result<bool, Limit> {
    equal(a, b, meter, &mut Visited::new(), 0)
}

fn equal(a: &Value, b: &Value, meter: &mut Meter<'_>, visited: &mut Visited, depth: usize) -> Result<bool, Limit> {
    meter.descend(depth)?;
    Ok(match (view(a), view(b)) {
        (View::Invalid | View::Nil, View::Invalid | View::Nil) => true,
        (View::Bool(a), View::Bool(b)) => a == b,
        (View::Int(type_a, a), View::Int(type_b, b)) => (type_a, a) == (type_b, b),
        (View::Uint(type_a, a), View::Uint(type_b, b)) => (type_a, a) == (type_b, b),
        #[expect(clippy::float_cmp, reason = "as Go compares")]
        (View::Float(a), View::Float(b)) => a == b,
        (View::Complex(a, b), View::Complex(c, d)) => (a, b) == (c, d),
        (View::String(a), View::String(b)) => {
            meter.step(a.len())?;
            a == b
        }
        (View::Bytes(a), View::Bytes(b)) => a == b,
        (View::List(a), View::List(b)) => lists(a, b, meter, visited, depth)?,
        (View::Map(a), View::Map(b)) => maps(a, b, meter, visited, depth)?,
        (View::Struct(a), View::Struct(b)) => structs(a, b, meter, visited, depth)?,
        _ => false,
    })
}

fn lists(a: &List, b: &List, meter: &mut Meter<'_>, visited: &mut Visited, depth: usize) -> Result<bool, Limit> {
    if a.element != b.element || a.nil != b.nil || a.items.len() != b.items.len() {
        return Ok(false);
    }
    if std::ptr::eq(a, b) {
        return Ok(true);
    }
    for (a, b) in a.items.iter().zip(&b.items) {
        if !equal(a, b, meter, visited, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps(a: &Map, b: &Map, meter: &mut Meter<'_>, visited: &mut Visited, depth: usize) -> Result<bool, Limit> {
    if a.map_type() != b.map_type() || a.is_nil() != b.is_nil() || a.len() != b.len() {
        return Ok(false);
    }
    if std::ptr::eq(a, b) || !visited.insert((std::ptr::from_ref(a).addr(), std::ptr::from_ref(b).addr())) {
        return Ok(true);
    }
    for (key, value) in a.snapshot() {
        match b.get(&key) {
            Some(other) if equal(&value, &other, meter, visited, depth + 1)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn structs(
    a: &dyn Struct,
    b: &dyn Struct,
    meter: &mut Meter<'_>,
    visited: &mut Visited,
    depth: usize,
) -> Result<bool, Limit> {
    if a.type_name() != b.type_name() {
        return Ok(false);
    }
    let (a, b) = (a.printed_fields(), b.printed_fields());
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(&b) {
        if !equal(a, b, meter, visited, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Copies a value without sharing any map, as `copystructure.Copy` does.
///
/// # Errors
/// The value is too large or nests too deep.
pub fn deep_copy(original: &Value, meter: &mut Meter<'_>) -> Result<Value, Limit> {
    copy(original, meter, 0)
}

fn copy(original: &Value, meter: &mut Meter<'_>, depth: usize) -> Result<Value, Limit> {
    meter.descend(depth)?;
    Ok(match view(original) {
        View::Map(map) if map.is_nil() => original.clone(),
        View::Map(map) => {
            let mut entries = super::Entries::new();
            for (key, value) in map.snapshot() {
                meter.step(0)?;
                entries.insert(key, copy(&value, meter, depth + 1)?);
            }
            value::map_from(map, map.map_type(), entries)
        }
        View::List(list) if list.nil => original.clone(),
        View::List(list) => {
            let mut items = Vec::with_capacity(list.items.len());
            for item in &list.items {
                items.push(copy(item, meter, depth + 1)?);
            }
            value::list_from(list, items)
        }
        View::Struct(object) => object.deep_copied().unwrap_or_else(|| original.clone()),
        _ => original.clone(),
    })
}
