//! Quantities: `k8s.io/apimachinery/pkg/api/resource`.

use super::Reason;

/// Parses a quantity: `100m`, `1.5Gi`, `2e3`, `-1`. The value is the nearest float; compare it with [`above`].
///
/// The grammar is that of Go's `ParseQuantity`: a sign, digits with at most one `.`, then a suffix or an exponent. Go
/// accepts a lone `Mi` or `.` as 0; here they are errors, because they come from templates with a missing number.
pub fn parse(text: &str) -> Result<f64, Reason> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    if !number.contains(|c: char| c.is_ascii_digit()) {
        return Err("it does not start with a number".to_owned());
    }
    if number.matches('.').count() > 1 {
        return Err("it has more than one `.`".to_owned());
    }
    let factor = scale(suffix).ok_or_else(|| unknown(suffix))?;
    let value: f64 = number.parse().map_err(|_| "its number cannot be read".to_owned())?;
    Ok(if text.starts_with('-') {
        -value * factor
    } else {
        value * factor
    })
}

/// Whether one quantity is greater than another, allowing for rounding errors.
pub fn above(one: f64, other: f64) -> bool {
    one > other && one - other > other.abs() * 1e-12
}

fn scale(suffix: &str) -> Option<f64> {
    Some(match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024f64.powi(2),
        "Gi" => 1024f64.powi(3),
        "Ti" => 1024f64.powi(4),
        "Pi" => 1024f64.powi(5),
        "Ei" => 1024f64.powi(6),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            // Go parses the exponent as an int64 and keeps its lowest 32 bits; nobody writes such exponents on purpose.
            10f64.powi(exponent.parse().ok()?)
        }
    })
}

/// Writes a quantity as Go does (`Quantity.CanonicalizeBytes`), rounded up to a number of decimal digits: `0.1` is `100m`,
/// `1.5Gi` is `1536Mi`, `1000m` is `1`. Returns `None` for what is no quantity or has too many digits.
pub fn canonical(text: &str, digits: u32) -> Option<String> {
    parse(text).ok()?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, suffix) = unsigned.split_at(end.unwrap_or(unsigned.len()));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let shifted = format!("{whole}{fraction}");
    let mut value: i128 = shifted.parse().ok()?;
    let mut exponent = -i32::try_from(fraction.len()).ok()?;
    let binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
        .iter()
        .position(|known| *known == suffix);
    if let Some(power) = binary {
        value = value.checked_mul(1024i128.pow(u32::try_from(power).ok()? + 1))?;
    } else if let Some(written) = suffix.strip_prefix(['e', 'E']).filter(|written| !written.is_empty()) {
        exponent = exponent.checked_add(written.parse().ok()?)?;
    } else {
        let known = DECIMAL.iter().find(|(known, _)| *known == suffix)?;
        exponent += known.1;
    }
    let shift = exponent.checked_add(i32::try_from(digits).ok()?)?;
    // Go keeps a text that is in its form already, but for details such as the case of an `E`.
    let is_kept = exponent % 3 == 0 && !shifted.ends_with("000") && !shifted.starts_with('0');
    if binary.is_none() && is_kept && shift >= 0 && shifted.len() <= 18 {
        return Some(text.to_owned());
    }
    // From here on the value is in units of 10^-digits.
    let power = 10i128.checked_pow(shift.unsigned_abs())?;
    value = if shift >= 0 {
        value.checked_mul(power)?
    } else {
        value / power + i128::from(value % power != 0)
    };
    let sign = if text.starts_with('-') { "-" } else { "" };
    let one = 10i128.pow(digits);
    if value == 0 {
        return Some("0".to_owned());
    }
    if binary.is_some() && value % one == 0 && value / one >= 1024 {
        let mut amount = value / one;
        let mut power = 0;
        while amount % 1024 == 0 && power < 6 {
            amount /= 1024;
            power += 1;
        }
        let suffix = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].get(power)?;
        return Some(format!("{sign}{amount}{suffix}"));
    }
    let mut exponent = -i32::try_from(digits).ok()?;
    while value % 1000 == 0 && exponent < 18 {
        value /= 1000;
        exponent += 3;
    }
    let is_scientific = binary.is_none() && suffix.len() > 1;
    let suffix = match exponent {
        0 => String::new(),
        _ if is_scientific => format!("e{exponent}"),
        _ => DECIMAL.iter().find(|(_, power)| *power == exponent)?.0.to_owned(),
    };
    Some(format!("{sign}{value}{suffix}"))
}

/// The suffixes for powers of ten.
const DECIMAL: [(&str, i32); 10] = [
    ("", 0),
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];

fn unknown(suffix: &str) -> Reason {
    let nearest = match suffix.to_ascii_lowercase().as_str() {
        "k" | "kb" => Some("k"),
        "kib" | "ki" => Some("Ki"),
        "mb" => Some("M"),
        "mib" | "mi" => Some("Mi"),
        "g" | "gb" => Some("G"),
        "gib" | "gi" => Some("Gi"),
        "t" | "tb" => Some("T"),
        "tib" | "ti" => Some("Ti"),
        "mm" | "millicores" => Some("m"),
        _ => None,
    };
    let nearest = nearest
        .map(|nearest| format!("; did you mean `{nearest}`?"))
        .unwrap_or_default();
    format!("`{}` is not a suffix{nearest}", super::shown(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Verified with `resource.ParseQuantity` of apimachinery v0.37.1, except for `.` and `Mi`.
    #[test]
    fn quantities_are_those_of_go() {
        for (text, value) in [
            ("1", 1.0),
            ("100m", 0.1),
            ("1.5Gi", 1_610_612_736.0),
            ("2e3", 2000.0),
            ("2E3", 2000.0),
            ("1E", 1e18),
            ("-1", -1.0),
            ("+.5", 0.5),
            ("5.", 5.0),
            ("0", 0.0),
            ("1e-3", 0.001),
        ] {
            let parsed = parse(text).unwrap();
            assert!((parsed - value).abs() <= value.abs() * 1e-12, "{text}: {parsed}");
        }
        for bad in [
            "", "100mm", "1 Gi", "1GB", "1gi", ".", "Mi", "1.2.3", "1e", "0x10", "1K", "one", "1e1.5", "1ki", " 1",
            "+-1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(!above(parse("300m").unwrap(), parse("0.3").unwrap()));
        assert!(above(parse("301m").unwrap(), parse("0.3").unwrap()));
    }

    /// Written by `Quantity.String` of apimachinery v0.37.2, plainly and after `RoundUp(-3)`.
    #[test]
    fn quantities_are_written_as_go_writes_them() {
        for (text, plain, rounded) in [
            ("1", "1", "1"),
            ("100m", "100m", "100m"),
            ("0.1", "100m", "100m"),
            ("0.5", "500m", "500m"),
            ("1.5", "1500m", "1500m"),
            ("1.5Gi", "1536Mi", "1536Mi"),
            ("2e3", "2e3", "2e3"),
            ("1E3", "1E3", "1E3"),
            ("1e4", "10e3", "10e3"),
            ("1000m", "1", "1"),
            ("1500m", "1500m", "1500m"),
            ("1024Ki", "1Mi", "1Mi"),
            ("1024", "1024", "1024"),
            ("1000", "1k", "1k"),
            ("1500", "1500", "1500"),
            ("100000000", "100M", "100M"),
            ("0.5Gi", "512Mi", "512Mi"),
            ("0.5Ki", "512", "512"),
            ("1023Mi", "1023Mi", "1023Mi"),
            ("2048Mi", "2Gi", "2Gi"),
            ("1.0001Gi", "1073849198182400u", "1073849198183m"),
            ("-1Gi", "-1Gi", "-1Gi"),
            ("-0.1", "-100m", "-100m"),
            ("0", "0", "0"),
            ("0Gi", "0", "0"),
            ("5.", "5.", "5."),
            ("+.5", "500m", "500m"),
            ("1234567k", "1234567k", "1234567k"),
            ("1E", "1E", "1E"),
            ("1e-3", "1e-3", "1e-3"),
            ("0.0001", "100u", "1m"),
            ("10Gi", "10Gi", "10Gi"),
            ("1.1Ki", "1126400m", "1126400m"),
            ("1000Ki", "1000Ki", "1000Ki"),
            ("12e6", "12e6", "12e6"),
        ] {
            assert_eq!(canonical(text, 9).as_deref(), Some(plain), "{text}");
            assert_eq!(canonical(text, 3).as_deref(), Some(rounded), "{text}");
        }
        for text in [
            "",
            "x",
            "1e99999999999",
            "1e1000",
            "99999999999999999999999999999999999999999",
        ] {
            assert_eq!(canonical(text, 3), None, "{text}");
        }
    }
}
