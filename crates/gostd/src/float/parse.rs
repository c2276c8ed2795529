//! Parses numbers as `strconv.ParseFloat` does.

use crate::quote as goquote;

/// The reason why a text is not a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParseError {
    /// The syntax is invalid.
    Syntax,
    /// The number is too large; the value is the infinity that Go returns along with the error.
    Range(f64),
}

impl ParseError {
    /// Go's error message.
    pub fn message(self, text: &str) -> String {
        let cause = match self {
            Self::Syntax => "invalid syntax",
            Self::Range(_) => "value out of range",
        };
        format!("strconv.ParseFloat: parsing {}: {cause}", goquote::quote(text))
    }
}

/// `strconv.ParseFloat(text, 64)`: decimal and hexadecimal numbers, underscores between digits, infinities, NaN.
///
/// ```
/// use gostd::float::{ParseError, parse};
/// assert_eq!(parse("0x1p4"), Ok(16.0));
/// assert_eq!(parse("1_000.5"), Ok(1000.5));
/// assert_eq!(parse("1e400"), Err(ParseError::Range(f64::INFINITY)));
/// assert_eq!(parse("1__0"), Err(ParseError::Syntax));
/// ```
pub fn parse(text: &str) -> Result<f64, ParseError> {
    let (sign, unsigned) = match text.as_bytes().first() {
        Some(b'+') => (1.0, &text[1..]),
        Some(b'-') => (-1.0, &text[1..]),
        _ => (1.0, text),
    };
    if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity") {
        return Ok(sign * f64::INFINITY);
    }
    if text.eq_ignore_ascii_case("nan") {
        return Ok(f64::NAN);
    }
    if unsigned.contains('_') && !underscores_ok(unsigned) {
        return Err(ParseError::Syntax);
    }
    let plain: String = unsigned.chars().filter(|&c| c != '_').collect();
    let value = if plain.len() > 2 && (plain.starts_with("0x") || plain.starts_with("0X")) {
        parse_hex(&plain[2..])?
    } else {
        if !is_decimal(&plain) {
            return Err(ParseError::Syntax);
        }
        plain.parse::<f64>().map_err(|_| ParseError::Syntax)?
    };
    if value.is_infinite() {
        return Err(ParseError::Range(sign * value));
    }
    Ok(sign * value)
}

/// Whether the text consists of digits with at most one point and an optional exponent.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !digits.is_empty() && all_digits(digits)
        })
}

/// Whether each underscore is between two digits, or between a prefix such as `0x` and a digit.
fn underscores_ok(unsigned: &str) -> bool {
    #[derive(PartialEq)]
    enum Last {
        Digit,
        Underscore,
        Other,
    }
    let bytes = unsigned.as_bytes();
    let prefix = matches!(bytes, [b'0', b'b' | b'B' | b'o' | b'O' | b'x' | b'X', ..]);
    let hex = prefix && matches!(bytes[1], b'x' | b'X');
    let (mut last, rest) = if prefix {
        (Last::Digit, &bytes[2..])
    } else {
        (Last::Other, bytes)
    };
    for &byte in rest {
        if byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit() {
            last = Last::Digit;
        } else if byte == b'_' {
            if last != Last::Digit {
                return false;
            }
            last = Last::Underscore;
        } else {
            if last == Last::Underscore {
                return false;
            }
            last = Last::Other;
        }
    }
    last != Last::Underscore
}

/// Parses a hexadecimal number without its prefix. The exponent `p` is required.
fn parse_hex(text: &str) -> Result<f64, ParseError> {
    let at = text.find(['p', 'P']).ok_or(ParseError::Syntax)?;
    let (mantissa, exponent) = (&text[..at], &text[at + 1..]);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ParseError::Syntax);
    }
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseError::Syntax);
    }
    // An exponent this large determines the result, regardless of the number of digits.
    let size = unsigned.parse::<i64>().unwrap_or(i64::MAX).min(1 << 40);
    let mut exponent = if exponent.starts_with('-') { -size } else { size };

    // Sixty bits of mantissa; the last bit records whether any bits were cut off.
    let mut bits: u64 = 0;
    for byte in digits() {
        let digit = u64::from(char::from(byte).to_digit(16).unwrap_or(0));
        if bits >> 56 == 0 {
            bits = bits << 4 | digit;
        } else {
            bits |= u64::from(digit != 0);
            exponent += 4;
        }
    }
    exponent -= 4 * i64::try_from(fraction.len()).unwrap_or(i64::MAX >> 8);
    Ok(scale(bits, exponent))
}

/// `bits × 2^exponent`, rounded to nearest, ties to even.
fn scale(mut bits: u64, mut exponent: i64) -> f64 {
    const FRACTION: u32 = 52;
    const LEAST: i64 = -1074;
    if bits == 0 {
        return 0.0;
    }
    // 55 significant bits: 53 to keep, one for rounding, and one for all remaining bits.
    while bits >> (FRACTION + 2) == 0 {
        bits <<= 1;
        exponent -= 1;
    }
    let halve = |bits: u64| bits >> 1 | bits & 1;
    while bits >> (FRACTION + 3) != 0 || (exponent + 2 < LEAST && bits > 1) {
        bits = halve(bits);
        exponent += 1;
    }
    let round_up = bits & 2 != 0 && bits & 5 != 0;
    bits = (bits >> 2) + u64::from(round_up);
    exponent += 2;
    if bits >> (FRACTION + 1) != 0 {
        bits >>= 1;
        exponent += 1;
    }
    if bits >> FRACTION == 0 {
        return f64::from_bits(if exponent < LEAST { 0 } else { bits });
    }
    let biased = exponent - LEAST + 1;
    if biased >= 2047 {
        return f64::INFINITY;
    }
    f64::from_bits((bits & ((1 << FRACTION) - 1)) | u64::try_from(biased).unwrap_or(0) << FRACTION)
}
