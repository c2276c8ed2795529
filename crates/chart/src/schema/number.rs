//! Compares numbers exactly, as santhosh-tekuri/jsonschema does, and prints them as Go does.

use std::cmp::Ordering;

use num_bigint::BigInt;
use serde_json::Number;

use gostd::float;

/// The largest power of ten used to align two numbers; a float has at most 308.
const MAX_SCALE: i64 = 800;

/// A decimal number: digits times a power of ten.
struct Decimal {
    digits: BigInt,
    exponent: i64,
}

impl Decimal {
    fn new(number: &Number) -> Option<Self> {
        let text = number.to_string();
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let shift = i64::try_from(fraction.len()).ok()?;
        Some(Self {
            digits: format!("{whole}{fraction}").parse().ok()?,
            exponent: exponent.strip_prefix('+').unwrap_or(exponent).parse::<i64>().ok()? - shift,
        })
    }

    /// The digits of two numbers, scaled to the smaller exponent.
    fn aligned(&self, other: &Self) -> Option<(BigInt, BigInt)> {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |number: &Self| {
            let power = number.exponent - exponent;
            let power = u32::try_from(power).ok().filter(|_| power <= MAX_SCALE)?;
            Some(&number.digits * BigInt::from(10u8).pow(power))
        };
        Some((scaled(self)?, scaled(other)?))
    }
}

/// Compares two numbers.
pub(super) fn compare(a: &Number, b: &Number) -> Ordering {
    let exactly = || {
        let (a, b) = Decimal::new(a)?.aligned(&Decimal::new(b)?)?;
        Some(a.cmp(&b))
    };
    exactly().unwrap_or_else(|| value(a).total_cmp(&value(b)))
}

/// Whether a number is a multiple of another one.
pub(super) fn is_multiple(number: &Number, of: &Number) -> bool {
    let exactly = || {
        let (number, of) = Decimal::new(number)?.aligned(&Decimal::new(of)?)?;
        let zero = BigInt::from(0u8);
        (of != zero).then(|| number % of == zero)
    };
    exactly().unwrap_or(false)
}

/// Whether a number has no fractional part.
pub(super) fn is_integer(number: &Number) -> bool {
    number.as_f64().is_none_or(|value| value.fract() == 0.0)
}

/// Returns the nearest float.
pub(super) fn value(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// Prints a number in the values as Go's `%v` does: floats in the shortest form, integers with all digits.
pub(super) fn shown(number: &Number) -> String {
    if number.is_f64() {
        float::shortest(value(number))
    } else {
        number.to_string()
    }
}

/// Prints a number in the English format of `golang.org/x/text/message`: `1,234.5`, `1.5×10⁰⁶`.
pub(super) fn grouped(number: f64) -> String {
    // The largest float stands for all numbers beyond the range of floats.
    if number.abs() >= f64::MAX {
        return if number < 0.0 { "-∞" } else { "∞" }.to_owned();
    }
    let text = float::shortest(number);
    let (sign, text) = text.strip_prefix('-').map_or(("", &*text), |text| ("-", text));
    // Unlike `%v`, that package's `%g` switches to exponents at a million.
    let text = if number.abs() >= 1e6 {
        float::format(number.abs(), 'e', None)
    } else {
        text.to_owned()
    };
    if let Some((mantissa, exponent)) = text.split_once('e') {
        let raised: String = exponent.chars().filter_map(superscript).collect();
        return format!("{sign}{mantissa}×10{raised}");
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", thousands(whole))
}

/// Prints a count in the same format.
pub(super) fn count(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", thousands(&number.unsigned_abs().to_string()))
}

fn thousands(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn superscript(character: char) -> Option<char> {
    let digits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    match character {
        '-' => Some('⁻'),
        digit => digits.get(usize::try_from(digit.to_digit(10)?).ok()?).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    /// The expected results are Go's.
    #[test]
    fn english() {
        for (value, want) in [
            (1000.0, "1,000"),
            (999_999.0, "999,999"),
            (1e6, "1×10⁰⁶"),
            (1_234_567.5, "1.2345675×10⁰⁶"),
            (1e-5, "1×10⁻⁰⁵"),
            (-1234.25, "-1,234.25"),
            (0.0001, "0.0001"),
            (1e100, "1×10¹⁰⁰"),
        ] {
            assert_eq!(grouped(value), want);
        }
        assert_eq!(count(-1_234_567), "-1,234,567");
    }

    #[test]
    fn exactness() {
        assert!(is_multiple(&number("0.3"), &number("0.1")));
        assert!(!is_multiple(&number("0.35"), &number("0.1")));
        assert!(is_multiple(&number("1e300"), &number("0.5")));
        assert_eq!(
            compare(&number("9007199254740993"), &number("9007199254740992.0")),
            Ordering::Greater
        );
        assert_eq!(compare(&number("-1.5"), &number("-1.25")), Ordering::Less);
    }
}
