//! Go's `%x` and `%b` of floating point numbers: `0x1.8p+01`, `4503599627370496p-52`.

use std::fmt::Write;

const FRACTION: u32 = 52;
const BIAS: i64 = 1023;

/// Sign, mantissa and exponent: `mantissa × 2^(exponent - 52)`.
fn parts(value: f64) -> (bool, u64, i64) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << FRACTION) - 1);
    let exponent = i64::try_from((bits >> FRACTION) & 0x7ff).unwrap_or(0);
    match exponent {
        0 => (value.is_sign_negative(), fraction, 1 - BIAS),
        _ => (value.is_sign_negative(), fraction | 1 << FRACTION, exponent - BIAS),
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

/// `strconv.FormatFloat(value, 'b', -1, 64)`.
pub fn binary_exponent(value: f64) -> String {
    if let Some(text) = not_finite(value) {
        return text.to_owned();
    }
    let (negative, mantissa, exponent) = parts(value);
    let sign = if negative { "-" } else { "" };
    format!("{sign}{mantissa}p{:+}", exponent - i64::from(FRACTION))
}

/// `strconv.FormatFloat(value, 'x', precision, 64)`.
pub fn format(value: f64, verb: char, precision: Option<usize>) -> String {
    if let Some(text) = not_finite(value) {
        return text.to_owned();
    }
    let (negative, mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        exponent = 0;
    }
    // Normalizes the mantissa to a leading 1, with 60 bits after it.
    mantissa <<= 60 - FRACTION;
    while mantissa != 0 && mantissa & (1 << 60) == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(precision) = precision.filter(|&precision| precision < 15) {
        let shift = precision * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut text = String::from(if negative { "-0x" } else { "0x" });
    text.push(if mantissa >> 60 & 1 == 1 { '1' } else { '0' });
    let digits = std::format!("{:015x}", mantissa & ((1 << 60) - 1));
    let shown = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(precision) => std::format!("{digits:0<precision$}")[..precision].to_owned(),
    };
    if !shown.is_empty() {
        text.push('.');
        text.push_str(&shown);
    }
    // Writing to a string cannot fail.
    let _ = write!(text, "p{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    if verb == 'X' { text.to_uppercase() } else { text }
}
