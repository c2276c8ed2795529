//! Numeric constants and the types that they can take, as Go's template parser decides.

use super::ast::Number;
use gostd::int::{parse_int, parse_uint};
use gostd::quote::{quote, unquote_char_constant};

/// Parses a character constant (`'a'`), a number of any type.
pub(super) fn character(text: &str) -> Result<Number, String> {
    let code = unquote_char_constant(text)?;
    Ok(Number {
        text: text.into(),
        int: Some(i64::from(code)),
        uint: Some(u64::from(code)),
        float: Some(f64::from(code)),
        complex: None,
    })
}

/// Parses a complex number (`1+2i`).
pub(super) fn complex(text: &str) -> Result<Number, String> {
    let body = text.strip_suffix('i').unwrap_or(text);
    // The separating sign is the last one that is not the sign of an exponent.
    let split = body
        .char_indices()
        .rev()
        .find(|&(at, c)| at > 0 && (c == '+' || c == '-') && !body[..at].ends_with(['e', 'E', 'p', 'P']))
        .map(|(at, _)| at);
    let parts = split.and_then(|at| Some((parse_float(&body[..at])?, parse_float(&body[at..])?)));
    match parts {
        Some((real, imaginary)) => Ok(simplified(text, real, imaginary)),
        None => Err("syntax error scanning complex number".to_owned()),
    }
}

/// Parses any other number.
pub(super) fn number(text: &str) -> Result<Number, String> {
    if let Some(imaginary) = text.strip_suffix('i').and_then(parse_float) {
        return Ok(simplified(text, 0.0, imaginary));
    }
    let mut number = Number {
        text: text.into(),
        int: None,
        uint: None,
        float: None,
        complex: None,
    };
    number.uint = parse_uint(text, 0).ok();
    number.int = parse_int(text, 0).ok();
    if number.int == Some(0) {
        number.uint = Some(0);
    }
    #[expect(clippy::cast_precision_loss, reason = "Go converts the same way")]
    if let Some(int) = number.int {
        number.float = Some(int as f64);
    } else if let Some(uint) = number.uint {
        number.float = Some(uint as f64);
    } else if let Some(float) = parse_float(text) {
        if !text.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {}", quote(text)));
        }
        number.float = Some(float);
        number.int = exact_int(float);
        number.uint = exact_uint(float);
    }
    if number.float.is_none() {
        return Err(format!("illegal number syntax: {}", quote(text)));
    }
    Ok(number)
}

fn simplified(text: &str, real: f64, imaginary: f64) -> Number {
    let float = (imaginary == 0.0).then_some(real);
    Number {
        text: text.into(),
        int: float.and_then(exact_int),
        uint: float.and_then(exact_uint),
        float,
        complex: Some((real, imaginary)),
    }
}

/// The float as an `int64`, if it is exact.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "that is the question"
)]
fn exact_int(float: f64) -> Option<i64> {
    let int = float as i64;
    (int as f64 == float && float < 9_223_372_036_854_775_808.0).then_some(int)
}

/// The float as a `uint64`, if it is exact.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "that is the question"
)]
fn exact_uint(float: f64) -> Option<u64> {
    let uint = float as u64;
    (uint as f64 == float && float < 18_446_744_073_709_551_616.0).then_some(uint)
}

/// `strconv.ParseFloat`, for the texts that the scanner accepts as numbers.
fn parse_float(text: &str) -> Option<f64> {
    gostd::float::parse(text).ok()
}
