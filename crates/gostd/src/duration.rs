//! Go's `time.Duration`: nanoseconds in 64 bits.

use super::layout::quote;

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The first number that does not fit an `i64`.
const LIMIT: u64 = 1 << 63;

/// `time.ParseDuration`: `1h2m3.5s`.
///
/// # Errors
/// Go's message.
///
/// ```
/// assert_eq!(gostd::duration::parse("-1.5m"), Ok(-90_000_000_000));
/// assert_eq!(gostd::duration::parse("1"), Err("time: missing unit in duration \"1\"".to_owned()));
/// ```
pub fn parse(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote(text));
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let value = if whole.is_empty() { Some(0) } else { whole.parse().ok() };
        let value: u64 = value.filter(|&value| value <= LIMIT).ok_or_else(invalid)?;
        let end = after
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        if name.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote(text)));
        }
        let Some((_, unit)) = UNITS.iter().find(|(unit, _)| *unit == name) else {
            return Err(format!(
                "time: unknown unit {} in duration {}",
                quote(name),
                quote(text)
            ));
        };
        if value > LIMIT / unit {
            return Err(invalid());
        }
        total = (value * unit)
            .checked_add(nanoseconds(fraction, *unit))
            .and_then(|value| total.checked_add(value))
            .filter(|&total| total <= LIMIT)
            .ok_or_else(invalid)?;
        rest = after;
    }
    if negative {
        Ok(0i64.wrapping_sub_unsigned(total))
    } else {
        i64::try_from(total).map_err(|_| invalid())
    }
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Converts the digits after the decimal point to nanoseconds, with floats as in Go.
fn nanoseconds(fraction: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0u64, 1f64);
    for digit in fraction.bytes() {
        if value > (LIMIT - 1) / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > LIMIT {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as Go computes"
    )]
    let nanoseconds = (value as f64 * (unit as f64 / scale)) as u64;
    nanoseconds
}

/// `Duration.Round`: rounds to the nearest multiple, halves away from zero.
pub fn round(duration: i64, multiple: i64) -> i64 {
    if multiple <= 0 {
        return duration;
    }
    let rest = (duration % multiple).abs();
    let down = rest.unsigned_abs() * 2 < multiple.unsigned_abs();
    match (duration < 0, down) {
        (true, true) => duration + rest,
        (true, false) => duration.saturating_sub(multiple - rest),
        (false, true) => duration - rest,
        (false, false) => duration.saturating_add(multiple - rest),
    }
}

/// `Duration.Truncate`: rounds towards zero to a multiple.
pub fn truncate(duration: i64, multiple: i64) -> i64 {
    if multiple <= 0 {
        duration
    } else {
        duration - duration % multiple
    }
}

/// The duration in a unit of the given number of nanoseconds, computed as `Duration.Hours` does.
#[expect(clippy::cast_precision_loss, reason = "as Go computes")]
pub fn in_units(duration: i64, unit: i64) -> f64 {
    (duration / unit) as f64 + (duration % unit) as f64 / unit as f64
}
