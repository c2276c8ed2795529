//! spf13/cast: how sprig makes numbers of whatever it is given.

use minijinja::Value;

use super::types::IntType;
use super::value::{View, view};
use gostd::float;
use gostd::int::parse_int;

/// `float64` to `int64` as Go does it on amd64: what does not fit is the least integer.
pub fn truncate(value: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "what does not fit is sorted out before")]
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

/// `cast.ToInt64`; 0 for what is no number. `cast.ToInt` is the same on 64 bits.
pub fn to_int(value: &Value) -> i64 {
    match view(value) {
        // A duration is neither an int64 nor anything else to a type switch.
        View::Int(IntType::Duration, _) => 0,
        View::Int(_, value) => value,
        View::Uint(_, value) => value.cast_signed(),
        View::Float(value) => truncate(value),
        View::Bool(value) => i64::from(value),
        View::String(text) => parse_int(without_zero_decimals(text), 0).unwrap_or(0),
        _ => 0,
    }
}

/// `cast.ToFloat64`; 0 for what is no number.
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

/// `1.00` without its decimals, as long as they are all zero.
fn without_zero_decimals(text: &str) -> &str {
    let whole = text.trim_end_matches('0');
    match whole.strip_suffix('.') {
        Some(whole_number) if whole.len() < text.len() => whole_number,
        _ => text,
    }
}
