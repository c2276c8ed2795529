//! Formats of dates, times and durations.

use super::{Checked, atoi, digits, wrong};
use gostd::layout_parse::parse;
use gostd::quote::quote_char;
use gostd::zone::Location;

pub(super) fn date(text: &str) -> Checked {
    parse("2006-01-02", text, &Location::Utc).map(drop)
}

pub(super) fn date_time(text: &str) -> Checked {
    if text.len() < 20 {
        return wrong("less than 20 characters long");
    }
    let (Some(day), Some(b't' | b'T'), Some(clock)) = (text.get(..10), text.as_bytes().get(10), text.get(11..)) else {
        return wrong("11th character must be t or T");
    };
    date(day).map_err(|error| format!("invalid date element: {error}"))?;
    time(clock).map_err(|error| format!("invalid time element: {error}"))
}

/// Parses up to `most` numbers separated by colons.
fn numbers(text: &[u8], most: usize, what: &str) -> Result<Vec<i64>, String> {
    let text = String::from_utf8_lossy(text).into_owned();
    let parsed = text.splitn(most, ':').map(|number| {
        let number = atoi(number).map_err(|_| format!("invalid {what}"))?;
        if number < 0 {
            return Err(format!("non-positive {what}"));
        }
        Ok(number)
    });
    parsed.collect()
}

pub(super) fn time(text: &str) -> Checked {
    let bytes = text.as_bytes();
    if bytes.len() < 9 {
        return wrong("less than 9 characters long");
    }
    if bytes[2] != b':' || bytes[5] != b':' {
        return wrong("missing colon in correct place");
    }
    let &[mut hour, mut minute, second] = &numbers(&bytes[..8], 3, "hour/min/sec")?[..] else {
        return wrong("missing hour/min/sec");
    };
    if hour > 23 || minute > 59 || second > 60 {
        return wrong("hour/min/sec out of range");
    }
    let mut rest = &bytes[8..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return wrong("no digits in second fraction");
        }
        rest = &fraction[count..];
    }
    if !matches!(rest, b"z" | b"Z") {
        if rest.len() != 6 {
            return wrong("offset must be 6 characters long");
        }
        let sign = match rest[0] {
            b'+' => -1,
            b'-' => 1,
            _ => return wrong("offset must begin with plus/minus"),
        };
        if rest[3] != b':' {
            return wrong("missing colon in offset in correct place");
        }
        let offset = numbers(&rest[1..], 2, "hour/min in offset")?;
        let (hours, minutes) = (offset[0], offset[1]);
        if hours > 23 || minutes > 59 {
            return wrong("hour/min in offset out of range");
        }
        let mut total = hour * 60 + minute + sign * (hours * 60 + minutes);
        if total < 0 {
            total += 24 * 60;
        }
        (hour, minute) = (total / 60, total % 60);
    }
    if second >= 60 && (hour != 23 || minute != 59) {
        return wrong("invalid leap second");
    }
    Ok(())
}

pub(super) fn duration(text: &str) -> Checked {
    const UNITS: [&str; 2] = ["YMD", "HMS"];
    let Some(text) = text.strip_prefix('P') else {
        return wrong("must start with P");
    };
    if text.is_empty() {
        return wrong("nothing after P");
    }
    if let Some(weeks) = text.strip_suffix('W') {
        if weeks.is_empty() {
            return wrong("no number in week");
        }
        return if digits(weeks) == weeks.len() {
            Ok(())
        } else {
            wrong("invalid week")
        };
    }
    for (at, part) in text.split('T').enumerate() {
        if at != 0 && part.is_empty() {
            return wrong("no time elements");
        }
        let Some(all) = UNITS.get(at) else {
            return wrong("more than one T");
        };
        let (mut rest, mut units) = (part, *all);
        while !rest.is_empty() {
            let count = digits(rest);
            if count == 0 {
                return wrong("missing number");
            }
            rest = &rest[count..];
            let Some(&byte) = rest.as_bytes().first() else {
                return wrong("missing unit");
            };
            // A single byte, as in Go.
            let unit = char::from(byte);
            let Some(found) = units.find(unit) else {
                let quoted = quote_char(unit);
                return Err(if all.contains(unit) {
                    format!("unit {quoted} out of order")
                } else {
                    format!("invalid unit {quoted}")
                });
            };
            units = &units[found + 1..];
            rest = &rest[1..];
        }
    }
    Ok(())
}

pub(super) fn period(text: &str) -> Checked {
    let Some((start, end)) = text.split_once('/') else {
        return wrong("missing slash");
    };
    let span = |text: &str, place: &str| duration(text).map_err(|error| format!("invalid {place} duration: {error}"));
    let point =
        |text: &str, place: &str| date_time(text).map_err(|error| format!("invalid {place} date-time: {error}"));
    if start.starts_with('P') {
        span(start, "start")?;
        return point(end, "end");
    }
    point(start, "start")?;
    if end.starts_with('P') {
        span(end, "end")
    } else {
        point(end, "end")
    }
}
