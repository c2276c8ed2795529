//! Describes values and types for messages.

use serde_json::Value;

use crate::definitions::{Definitions, Field, Type};
use crate::formats::shown;

/// Returns an integer, even if it is written as a float: YAML's 1e3 reaches Kubernetes as 1000.
pub(crate) fn whole(value: &Value) -> Option<i128> {
    let number = value.as_number()?;
    if let Some(integer) = number.as_i64() {
        return Some(i128::from(integer));
    }
    if let Some(integer) = number.as_u64() {
        return Some(i128::from(integer));
    }
    let float = number.as_f64()?;
    // Go prints floats from 1e21 up with an exponent.
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and below 1e21")]
    (float.fract() == 0.0 && float.abs() < 1e21).then_some(float as i128)
}

/// Whether a value has the shape of a field's type: a scalar, a list or a map.
pub(crate) fn fits(field: &Field, value: &Value) -> bool {
    match field.kind {
        Type::List(_) => value.is_array() || value.is_null(),
        Type::Reference(_) | Type::Map(_) | Type::AnyObject => value.is_object() || value.is_null(),
        Type::Boolean => value.is_boolean(),
        Type::Int32 | Type::Int64 | Type::Number => value.is_number(),
        Type::String | Type::Byte | Type::DateTime | Type::MicroTime => value.is_string(),
        _ => true,
    }
}

/// Describes a type.
pub(crate) fn describe(kind: &Type, definitions: &Definitions) -> String {
    match kind {
        Type::String => "a string".to_owned(),
        Type::Boolean => "true or false".to_owned(),
        Type::Int32 | Type::Int64 => "an integer".to_owned(),
        Type::Number => "a number".to_owned(),
        Type::Byte => "base64 in a string".to_owned(),
        Type::DateTime | Type::MicroTime => "a time in a string".to_owned(),
        Type::Quantity => "a quantity".to_owned(),
        Type::IntOrString => "an integer or a string".to_owned(),
        Type::AnyObject | Type::Map(_) => "a map".to_owned(),
        Type::Any => "any value".to_owned(),
        Type::SchemaOrList => "a schema or a list of schemas".to_owned(),
        Type::SchemaOrBoolean => "a schema, true or false".to_owned(),
        Type::SchemaOrStrings => "a schema or a list of strings".to_owned(),
        Type::List(kind) => format!("a list of {}", plural(kind, definitions)),
        Type::Reference(index) => {
            let name = definitions.at(*index).name.rsplit('.').next().unwrap_or_default();
            let article = if name.starts_with(['A', 'E', 'I', 'O']) {
                "an"
            } else {
                "a"
            };
            format!("a map ({article} {name})")
        }
    }
}

pub(crate) fn plural(kind: &Type, definitions: &Definitions) -> String {
    match kind {
        Type::String => "strings".to_owned(),
        Type::Int32 | Type::Int64 => "integers".to_owned(),
        Type::Reference(index) => {
            let name = definitions.at(*index).name.rsplit('.').next().unwrap_or_default();
            format!("maps (each {name})")
        }
        _ => "values".to_owned(),
    }
}

/// Describes the meaning of null as a value of a map.
pub(crate) fn empty_of(kind: &Type) -> &'static str {
    match kind {
        Type::String | Type::Byte => "an empty string",
        Type::Quantity | Type::Int32 | Type::Int64 => "0",
        _ => "an empty value",
    }
}

/// Describes a value.
pub(crate) fn found(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => format!("the boolean {bool}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(text) => format!("the string \"{}\"", shown(text)),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    }
}
