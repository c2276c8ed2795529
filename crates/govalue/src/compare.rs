//! Comparisons in Go templates: `eq`, `lt` and the functions based on them.

use std::cmp::Ordering;

use minijinja::Value;

use super::bounds::{Limit, Meter};
use super::equal::deep_equal;
use super::print::print_reflected;
use super::value::{Data, View, view};

/// The reason why two values cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompareError {
    /// Go's message.
    Types(String),
    /// The values are too large.
    Limit(Limit),
}

impl From<Limit> for CompareError {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

/// The classes of values that can be compared with each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Bool,
    Complex,
    Int,
    Float,
    String,
    Uint,
    /// None of the above.
    Other,
}

fn class(value: View<'_>) -> Class {
    match value {
        View::Bool(_) => Class::Bool,
        View::Complex(..) => Class::Complex,
        View::Int(..) => Class::Int,
        View::Uint(..) => Class::Uint,
        View::Float(_) => Class::Float,
        View::String(_) => Class::String,
        _ => Class::Other,
    }
}

fn incompatible(a: View<'_>, b: View<'_>) -> CompareError {
    CompareError::Types(format!(
        "incompatible types for comparison: {} and {}",
        a.type_name(),
        b.type_name()
    ))
}

fn is_nil(value: View<'_>) -> bool {
    match value {
        View::Invalid | View::Nil => true,
        View::Map(map) => map.is_nil(),
        View::List(list) => list.nil,
        _ => false,
    }
}

/// Go's `eq` for two values.
///
/// # Errors
/// The types are incompatible, or are maps or lists.
pub fn equal(a: &Value, b: &Value, meter: &mut Meter<'_>) -> Result<bool, CompareError> {
    let (first, second) = (view(a), view(b));
    Ok(match (first, second) {
        (View::Bool(a), View::Bool(b)) => a == b,
        (View::Int(_, a), View::Int(_, b)) => a == b,
        (View::Uint(_, a), View::Uint(_, b)) => a == b,
        (View::Int(_, a), View::Uint(_, b)) | (View::Uint(_, b), View::Int(_, a)) => u64::try_from(a) == Ok(b),
        #[expect(clippy::float_cmp, reason = "as Go compares")]
        (View::Float(a), View::Float(b)) => a == b,
        (View::Complex(a, b), View::Complex(c, d)) => (a, b) == (c, d),
        (View::String(a), View::String(b)) => a == b,
        _ if class(first) != class(second) => {
            if first.is_nil() || second.is_nil() {
                return Ok(false);
            }
            return Err(incompatible(first, second));
        }
        _ => {
            let comparable = first.is_nil() || second.is_nil() || first.kind_name() == second.kind_name();
            if !comparable {
                return Err(CompareError::Types(format!(
                    "non-comparable types {}: {}, {}: {}",
                    print_reflected(a, 's', meter)?,
                    first.type_name(),
                    second.type_name(),
                    print_reflected(b, 'v', meter)?,
                )));
            }
            if is_nil(first) || is_nil(second) {
                return Ok(is_nil(first) == is_nil(second));
            }
            if !matches!(second, View::Struct(_)) {
                return Err(CompareError::Types(format!(
                    "non-comparable type {}: {}",
                    print_reflected(b, 's', meter)?,
                    second.type_name()
                )));
            }
            identical(a, b, meter)?
        }
    })
}

/// Go's `==` for structs and pointers to them.
fn identical(a: &Value, b: &Value, meter: &mut Meter<'_>) -> Result<bool, Limit> {
    match (a.downcast_object_ref::<Data>(), b.downcast_object_ref::<Data>()) {
        (Some(Data::Struct(first)), Some(Data::Struct(second))) if first.is_pointer() && second.is_pointer() => Ok(
            std::ptr::addr_eq(std::ptr::from_ref(&**first), std::ptr::from_ref(&**second)),
        ),
        _ => deep_equal(a, b, meter),
    }
}

/// Go's order of two values; `None` if one of them is NaN.
///
/// # Errors
/// The types are incompatible or have no order.
pub fn order(a: &Value, b: &Value) -> Result<Option<Ordering>, CompareError> {
    let (first, second) = (view(a), view(b));
    let invalid = || CompareError::Types("invalid type for comparison".to_owned());
    if class(first) == Class::Other || class(second) == Class::Other {
        return Err(invalid());
    }
    Ok(match (first, second) {
        (View::Int(_, a), View::Int(_, b)) => Some(a.cmp(&b)),
        (View::Uint(_, a), View::Uint(_, b)) => Some(a.cmp(&b)),
        (View::Int(_, a), View::Uint(_, b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (View::Uint(_, a), View::Int(_, b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (View::Float(a), View::Float(b)) => a.partial_cmp(&b),
        // Escapes of single bytes would sort after all characters, so the bytes are compared.
        (View::String(a), View::String(b)) => Some(gostd::string::decode(a).cmp(&gostd::string::decode(b))),
        _ if class(first) != class(second) => return Err(incompatible(first, second)),
        _ => return Err(invalid()),
    })
}
