//! Times and durations in the syntax of Go's `time` package.

use super::Reason;

/// Checks a duration as `time.ParseDuration` does: `1h30m`, `-1.5s`, `0`.
pub fn duration(text: &str) -> Result<(), Reason> {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return Err("it is empty".to_owned());
    }
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        if !number.contains(|c: char| c.is_ascii_digit()) || number.matches('.').count() > 1 {
            return Err("a number is missing".to_owned());
        }
        let end = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        match unit {
            "ns" | "us" | "\u{b5}s" | "\u{3bc}s" | "ms" | "s" | "m" | "h" => {}
            "" => return Err("a unit is missing; `s`, `m`, `h`, ... follow each number".to_owned()),
            _ => return Err(format!("`{}` is not a unit", super::shown(unit))),
        }
        rest = after;
    }
    Ok(())
}

/// Checks an RFC 3339 time: `2024-01-31T12:00:00Z`, optionally with fractional seconds or an offset.
pub fn date_time(text: &str) -> Result<(), Reason> {
    let wrong = || "it is not a time like `2024-01-31T12:00:00Z`".to_owned();
    let bytes = text.as_bytes();
    if bytes.len() < 20 || !text.is_ascii() {
        return Err(wrong());
    }
    let number = |from: usize, to: usize| -> Option<u32> {
        bytes[from..to]
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| text[from..to].parse().ok())?
    };
    let parts = (
        number(0, 4),
        number(5, 7),
        number(8, 10),
        number(11, 13),
        number(14, 16),
        number(17, 19),
    );
    let (Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(second)) = parts else {
        return Err(wrong());
    };
    let separators =
        bytes[4] == b'-' && bytes[7] == b'-' && bytes[10] == b'T' && bytes[13] == b':' && bytes[16] == b':';
    let mut zone = &text[19..];
    if let Some(fraction) = zone.strip_prefix(['.', ',']) {
        zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if zone.len() == fraction.len() {
            return Err(wrong());
        }
    }
    let offset = zone == "Z"
        || (zone.len() == 6
            && zone.starts_with(['+', '-'])
            && zone.as_bytes()[3] == b':'
            && zone[1..3].parse::<u8>().is_ok_and(|hours| hours < 24)
            && zone[4..].parse::<u8>().is_ok_and(|minutes| minutes < 60));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    let in_range = (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if separators && offset && in_range {
        Ok(())
    } else {
        Err(wrong())
    }
}

/// Checks a time with exactly six digits of a second, as `MicroTime` reads it: `2024-01-31T12:00:00.000000Z`.
pub fn micro_time(text: &str) -> Result<(), Reason> {
    date_time(text)?;
    let fraction = text[19..].strip_prefix('.').unwrap_or_default();
    if fraction.bytes().take_while(u8::is_ascii_digit).count() == 6 {
        Ok(())
    } else {
        Err("six digits of a second are needed, like `2024-01-31T12:00:00.000000Z`".to_owned())
    }
}

const ZONES: &str = include_str!("../../data/zones.txt");

/// Checks the name of an IANA time zone: `validateTimeZone`.
pub fn zone(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    let zones = || {
        ZONES
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(str::split_whitespace)
    };
    if zones().any(|zone| zone == text) {
        return Ok(());
    }
    match zones().find(|zone| zone.eq_ignore_ascii_case(text)) {
        Some(zone) => Err(format!("did you mean `{zone}`?")),
        None => Err("the IANA database has none of this name, which is like `Europe/Berlin`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_durations_are_those_of_go() {
        for good in ["1h30m", "0", "-1.5s", "+.5ms", "1us", "100ns"] {
            assert_eq!(duration(good), Ok(()), "{good}");
        }
        for bad in ["", "1", "1d", "h", "1h30", "1 h", "1..5s", "-"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        for good in ["UTC", "Europe/Berlin", "CET", "Etc/GMT+5"] {
            assert_eq!(zone(good), Ok(()), "{good}");
        }
        for bad in ["", "Local", "europe/berlin", "Europe/Nowhere", "../UTC", "#"] {
            assert!(zone(bad).is_err(), "{bad}");
        }
        for good in ["2024-02-29T12:00:00Z", "2024-01-31T12:00:00.123456+01:00"] {
            assert_eq!(date_time(good), Ok(()), "{good}");
        }
        assert_eq!(micro_time("2024-01-31T12:00:00.123456Z"), Ok(()));
        for bad in [
            "2024-01-31T12:00:00Z",
            "2024-01-31T12:00:00.123Z",
            "2024-01-31T12:00:00.1234567Z",
            "",
        ] {
            assert!(micro_time(bad).is_err(), "{bad}");
        }
        for bad in [
            "",
            "2024-01-31",
            "2023-02-29T12:00:00Z",
            "2024-01-31 12:00:00Z",
            "2024-01-31T12:00:00",
            "2024-01-31T24:00:00Z",
        ] {
            assert!(date_time(bad).is_err(), "{bad}");
        }
    }
}
