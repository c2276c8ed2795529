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
}
