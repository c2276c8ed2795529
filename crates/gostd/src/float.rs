//! Formatting and parsing of floating point numbers as in Go.
//!
//! Formatting follows `strconv.FormatFloat` (and what is based on it: `%v`, `encoding/json`), parsing
//! `strconv.ParseFloat`. Rust's conversions supply the digits, which are the same in both languages (the shortest that
//! parse to the same number, or correctly rounded); the layout is Go's.

use std::fmt::Write as _;

mod parse;

pub use parse::{ParseError, parse};

/// The digits of a number, without trailing zeros: `0.d1d2d3… × 10^point`. Zero has no digits.
struct Digits {
    negative: bool,
    text: String,
    point: i32,
}

/// An upper bound on the number of digits before or after the decimal point. Rust's formatting accepts at most 65,535.
const MOST_DIGITS: usize = 1200;

impl Digits {
    /// Parses the output of `{:e}`.
    fn from_exponent_form(text: &str) -> Self {
        let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
        let mut text: String = mantissa.chars().filter(|&c| c != '.').collect();
        text.truncate(text.trim_end_matches('0').len());
        let point = if text.is_empty() {
            0
        } else {
            exponent.parse::<i32>().unwrap_or(0) + 1
        };
        Self { negative, text, point }
    }

    /// The shortest digits that parse to this number.
    fn shortest(value: f64) -> Self {
        let text = format!("{value:e}");
        Self::of_two_as_near(&text, |precision| {
            let even = format!("{value:.precision$e}");
            even.parse::<f64>()
                .is_ok_and(|read| read.to_bits() == value.to_bits())
                .then_some(even)
        })
    }

    /// The shortest digits for a 32-bit number.
    fn shortest32(value: f32) -> Self {
        let text = format!("{value:e}");
        Self::of_two_as_near(&text, |precision| {
            let even = format!("{value:.precision$e}");
            even.parse::<f32>()
                .is_ok_and(|read| read.to_bits() == value.to_bits())
                .then_some(even)
        })
    }

    /// Of two shortest representations equally near to the number, Rust takes the greater one and Go the one with an
    /// even last digit. `even` returns the text with the given number of digits after the point, rounded to even, if it
    /// still parses to the number.
    fn of_two_as_near(text: &str, even: impl Fn(usize) -> Option<String>) -> Self {
        let digits = Self::from_exponent_form(text);
        let last = digits.text.as_bytes().last();
        if last.is_some_and(|digit| digit % 2 == 1)
            && let Some(even) = even(digits.text.len() - 1)
        {
            return Self::from_exponent_form(&even);
        }
        digits
    }

    /// The digits rounded to the given number of digits.
    fn rounded(value: f64, digits: usize) -> Self {
        let precision = digits.clamp(1, MOST_DIGITS) - 1;
        Self::from_exponent_form(&format!("{value:.precision$e}"))
    }

    fn digit(&self, index: i32) -> char {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.text.as_bytes().get(index))
            .map_or('0', |&digit| char::from(digit))
    }

    /// Writes `-d.ddde±dd`, with the given number of digits after the point.
    fn write_exponent(&self, text: &mut String, precision: usize, letter: char) {
        if self.negative {
            text.push('-');
        }
        text.push(self.digit(0));
        if precision > 0 {
            text.push('.');
            let rest = self.text.get(1..).unwrap_or("");
            let taken = rest.len().min(precision);
            text.push_str(&rest[..taken]);
            text.extend(std::iter::repeat_n('0', precision - taken));
        }
        let exponent = if self.text.is_empty() { 0 } else { self.point - 1 };
        text.push(letter);
        text.push(if exponent < 0 { '-' } else { '+' });
        let _ = write!(text, "{:02}", exponent.unsigned_abs());
    }

    /// Writes `-ddd.ddd`, with the given number of digits after the point.
    fn write_plain(&self, text: &mut String, precision: usize) {
        if self.negative {
            text.push('-');
        }
        if self.point > 0 {
            text.extend((0..self.point).map(|index| self.digit(index)));
        } else {
            text.push('0');
        }
        if precision > 0 {
            text.push('.');
            let precision = i32::try_from(precision).unwrap_or(i32::MAX);
            text.extend((0..precision).map(|index| self.digit(self.point + index)));
        }
    }
}

fn not_finite(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        None
    }
}

/// `strconv.FormatFloat(value, verb, precision, 64)` for the verbs `e E f g G`; `None` is Go's precision -1, the fewest
/// digits that parse to the number.
///
/// ```
/// use gostd::float::format;
/// assert_eq!(format(1_000_000.0, 'g', None), "1e+06");
/// assert_eq!(format(2.5, 'f', Some(0)), "2");
/// assert_eq!(format(0.000_012, 'E', Some(1)), "1.2E-05");
/// ```
pub fn format(value: f64, verb: char, precision: Option<usize>) -> String {
    if let Some(text) = not_finite(value) {
        return text.to_owned();
    }
    let mut text = String::new();
    match (verb, precision) {
        ('e' | 'E', None) => {
            let digits = Digits::shortest(value);
            digits.write_exponent(&mut text, digits.text.len().max(1) - 1, verb);
        }
        ('e' | 'E', Some(precision)) => {
            Digits::rounded(value, precision.saturating_add(1)).write_exponent(&mut text, precision, verb);
        }
        ('g' | 'G', None) => general(&mut text, &Digits::shortest(value), verb, None),
        ('g' | 'G', Some(precision)) => {
            let precision = precision.max(1);
            general(&mut text, &Digits::rounded(value, precision), verb, Some(precision));
        }
        (_, None) => {
            let digits = Digits::shortest(value);
            let count = i32::try_from(digits.text.len()).unwrap_or(i32::MAX);
            digits.write_plain(&mut text, usize::try_from(count - digits.point).unwrap_or(0));
        }
        (_, Some(precision)) => {
            let exact = precision.min(MOST_DIGITS);
            text = format!("{value:.exact$}");
            text.extend(std::iter::repeat_n('0', precision - exact));
        }
    }
    text
}

/// `%g`: the exponent form if the exponent is below -4 or not below the precision, and otherwise the plain form.
fn general(text: &mut String, digits: &Digits, verb: char, precision: Option<usize>) {
    let count = digits.text.len();
    let as_int = |value: usize| i32::try_from(value).unwrap_or(i32::MAX);
    let limit = match precision {
        None => 6,
        Some(precision) if precision > count && as_int(count) >= digits.point => as_int(count),
        Some(precision) => as_int(precision),
    };
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= limit {
        let letter = if verb == 'G' { 'E' } else { 'e' };
        let shown = precision.map_or(count, |precision| precision.min(count)).max(1);
        digits.write_exponent(text, shown - 1, letter);
    } else {
        digits.write_plain(text, usize::try_from(as_int(count) - digits.point).unwrap_or(0));
    }
}

/// `%v`, which is also how templates print a number: the shortest `%g`.
pub fn shortest(value: f64) -> String {
    format(value, 'g', None)
}

/// `strconv.FormatFloat(value, 'g', -1, 32)`: the shortest form that parses to the nearest 32-bit number.
#[allow(clippy::cast_possible_truncation)] // rounding to 32 bits is the point
pub fn shortest32(value: f64) -> String {
    let value = value as f32;
    if let Some(text) = not_finite(f64::from(value)) {
        return text.to_owned();
    }
    let mut text = String::new();
    general(&mut text, &Digits::shortest32(value), 'g', None);
    text
}

/// Formats a number as `encoding/json` does; `None` for infinities and NaN, which JSON does not have.
///
/// ```
/// use gostd::float::json;
/// assert_eq!(json(1e20).as_deref(), Some("100000000000000000000"));
/// assert_eq!(json(1e21).as_deref(), Some("1e+21"));
/// assert_eq!(json(1e-7).as_deref(), Some("1e-7"));
/// assert_eq!(json(f64::NAN), None);
/// ```
pub fn json(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let mut text = format(value, 'e', None);
        // A negative exponent of two digits is shortened to one if possible.
        if let Some(at) = text.len().checked_sub(4)
            && text[at..].starts_with("e-0")
        {
            text.remove(at + 2);
        }
        Some(text)
    } else {
        Some(format(value, 'f', None))
    }
}
