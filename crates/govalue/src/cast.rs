//! spf13/cast: the conversions to numbers that sprig uses.

use minijinja::Value;

use super::types::IntType;
use super::value::{View, view};
use gostd::float;
use gostd::int::parse_int;

/// Converts `float64` to `int64` as Go does on amd64: a value out of range becomes the smallest integer.
pub fn truncate(value: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "what does not fit is sorted out before")]
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

/// `cast.ToInt64`; 0 if the value is not a number. On 64 bits, `cast.ToInt` is the same.
pub fn to_int(value: &Value) -> i64 {
    match view(value) {
        // A type switch treats a duration neither as an int64 nor as any other number.
        View::Int(IntType::Duration, _) => 0,
        View::Int(_, value) => value,
        View::Uint(_, value) => value.cast_signed(),
        View::Float(value) => truncate(value),
        View::Bool(value) => i64::from(value),
        View::String(text) => parse_int(without_zero_decimals(text), 0).unwrap_or(0),
        _ => 0,
    }
}

/// `cast.ToFloat64`; 0 if the value is not a number.
pub fn to_float(value: &Value) -> f64 {
    match view(value) {
        View::Int(IntType::Duration, _) => 0.0,
        #[expect(clippy::cast_precision_loss, reason = "as Go rounds")]
        View::Int(_, value) => value as f64,
        #[expect(clippy::cast_precision_loss, reason = "as Go rounds")]
        View::Uint(_, value) => value as f64,
        View::Float(value) => value,
        View::Bool(value) => f64::from(u8::from(value)),
        View::String(text) => float::parse(text).unwrap_or(0.0),
        _ => 0.0,
    }
}

/// Removes the decimals of `1.00` if they are all zero.
fn without_zero_decimals(text: &str) -> &str {
    let whole = text.trim_end_matches('0');
    match whole.strip_suffix('.') {
        Some(whole_number) if whole.len() < text.len() => whole_number,
        _ => text,
    }
}
