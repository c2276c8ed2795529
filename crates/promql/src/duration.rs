//! Prometheus' durations: `1d12h`.

use gostd::quote::quote;

/// The units from large to small, with their lengths in nanoseconds.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000_000_000),
    ("w", 7 * 24 * 3_600_000_000_000),
    ("d", 24 * 3_600_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

/// `model.ParseDuration` of github.com/prometheus/common. The result is in nanoseconds and never negative.
///
/// # Errors
/// Prometheus' message for an invalid duration.
///
/// ```
/// use promql::duration;
///
/// assert_eq!(duration::parse("1m30s"), Ok(90_000_000_000));
/// assert_eq!(duration::parse("15sec").unwrap_err(), "unknown unit \"sec\" in duration \"15sec\"");
/// ```
pub fn parse(text: &str) -> Result<i64, String> {
    match text {
        "0" => return Ok(0),
        "" => return Err("empty duration string".to_owned()),
        _ => {}
    }
    let invalid = || format!("not a valid duration string: {}", quote(text));
    let out_of_range = || "duration out of range".to_owned();
    let mut total: u64 = 0;
    let mut rest = text;
    let mut smaller = UNITS.as_slice();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let value: u64 = rest[..digits].parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, after) = rest.split_at(end);
        rest = after;
        if unit.is_empty() {
            return Err(invalid());
        }
        if !UNITS.iter().any(|(name, _)| *name == unit) {
            return Err(format!("unknown unit {} in duration {}", quote(unit), quote(text)));
        }
        let at = smaller.iter().position(|(name, _)| *name == unit).ok_or_else(invalid)?;
        let nanoseconds = value.checked_mul(smaller[at].1).ok_or_else(out_of_range)?;
        smaller = &smaller[at + 1..];
        total = total.checked_add(nanoseconds).ok_or_else(out_of_range)?;
    }
    i64::try_from(total).map_err(|_| out_of_range())
}

/// `model.Duration.String`: formats nanoseconds as Prometheus does.
pub fn format(nanoseconds: i64) -> String {
    let mut left = nanoseconds.unsigned_abs() / 1_000_000;
    if left == 0 {
        return "0s".to_owned();
    }
    let mut text = if nanoseconds < 0 { "-".to_owned() } else { String::new() };
    for (unit, size) in UNITS {
        let size = size / 1_000_000;
        // Years and weeks are used only without a remainder: 90d reads better than 12w6d.
        if matches!(unit, "y" | "w") && !left.is_multiple_of(size) {
            continue;
        }
        if left >= size {
            text.push_str(&format!("{}{unit}", left / size));
            left %= size;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_go_from_large_to_small() {
        assert_eq!(parse("1y2w3d4h5m6s7ms").map(format), Ok("382d4h5m6s7ms".to_owned()));
        for text in [
            "",
            "1",
            "m",
            "1m1d",
            "1m1m",
            "1.5m",
            "-1m",
            "1 m",
            "99999999999999999999s",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("300y").unwrap_err(), "duration out of range");
        assert_eq!(parse("0"), Ok(0));
    }
}
