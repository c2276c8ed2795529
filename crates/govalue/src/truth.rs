//! Emptiness of values.

use minijinja::Value;

use super::value::{View, view};

/// sprig's `empty`: nil, zero, false, and anything without elements. A struct is never empty.
pub fn is_empty(value: &Value) -> bool {
    match view(value) {
        View::Invalid | View::Nil => true,
        View::Bool(value) => !value,
        View::Int(_, value) => value == 0,
        View::Uint(_, value) => value == 0,
        View::Float(value) => value == 0.0,
        View::Complex(real, imaginary) => real == 0.0 && imaginary == 0.0,
        View::String(text) => text.is_empty(),
        View::Bytes(bytes) => bytes.is_empty(),
        View::List(list) => list.items.is_empty(),
        View::Map(map) => map.is_empty(),
        View::Struct(_) => false,
    }
}
