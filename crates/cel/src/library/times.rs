//! Durations and timestamps: Go's `time`.

use gostd::civil;
use gostd::zone::Location;

use crate::timestamp::Timestamp;

const SECOND: i64 = 1_000_000_000;
/// The first and last second that a timestamp can hold: the years 1 to 9999.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

/// Parses `1h30m`, as Go's `ParseDuration` does. The result is in nanoseconds.
pub fn duration(text: &str) -> Option<i64> {
    gostd::duration::parse(text).ok()
}

/// Parses the `OpenAPI` format `duration`: Go's syntax, or numbers with unit words (`1 day`).
pub fn named_duration(text: &str) -> Option<i64> {
    if let Some(duration) = duration(text) {
        return Some(duration);
    }
    let mut rest = text.trim();
    let mut total: i128 = 0;
    let mut any = false;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i128 = rest[..end].parse().ok()?;
        let behind = rest[end..].trim_start();
        let end = behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len());
        let unit: i128 = match behind[..end].to_lowercase().as_str() {
            "ns" | "nano" | "nanos" => 1,
            "us" | "µs" | "micro" | "micros" | "microsecond" | "microseconds" => 1000,
            "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1_000_000,
            "s" | "sec" | "secs" | "second" | "seconds" => i128::from(SECOND),
            "m" | "min" | "mins" | "minute" | "minutes" => 60 * i128::from(SECOND),
            "h" | "hr" | "hour" | "hours" => 3600 * i128::from(SECOND),
            "d" | "day" | "days" => 86400 * i128::from(SECOND),
            "w" | "wk" | "week" | "weeks" => 7 * 86400 * i128::from(SECOND),
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        any = true;
        rest = behind[end..].trim_start();
    }
    i64::try_from(total).ok().filter(|_| any)
}

/// Formats a duration in seconds, as cel-go does.
pub(crate) fn duration_text(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    if rest == 0 {
        return format!("{sign}{seconds}s");
    }
    let rest = format!("{rest:09}");
    format!("{sign}{seconds}.{}s", rest.trim_end_matches('0'))
}

/// Parses a timestamp of RFC 3339.
pub fn timestamp(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = text.get(from..to)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
        part.parse().ok()
    };
    let days = date(text.get(..10)?)?;
    if !matches!(bytes.get(10)?, b'T') || *bytes.get(13)? != b':' || *bytes.get(16)? != b':' {
        return None;
    }
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
        if end == 0 {
            return None;
        }
        let digits = fraction.get(..end.min(9))?;
        nanos = format!("{digits:0<9}").parse().ok()?;
        rest = &fraction[end..];
    }
    let offset = if rest == "Z" {
        0
    } else {
        let zone = rest.as_bytes();
        if zone.len() != 6 || zone[3] != b':' || !matches!(zone[0], b'+' | b'-') {
            return None;
        }
        let start = text.len() - 6;
        let (hours, minutes) = (number(start + 1, start + 3)?, number(start + 4, start + 6)?);
        if hours > 24 || minutes > 59 {
            return None;
        }
        let offset = i32::try_from(hours * 60 + minutes).ok()?;
        if zone[0] == b'-' { -offset } else { offset }
    };
    let seconds = days * 86400 + hour * 3600 + minute * 60 + second - i64::from(offset) * 60;
    Some(Timestamp { seconds, nanos, offset })
}

/// Parses a date (`2006-01-02`) to days since 1970.
pub fn date(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = text.get(from..to)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
        part.parse().ok()
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !(1..=12).contains(&month) || !(1..=civil::days_in(month, year)).contains(&day) {
        return None;
    }
    Some(civil::days_from_date(year, month, day))
}

/// A point in time as calendar fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) day_of_year: i64,
    pub(crate) weekday: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
}

impl Calendar {
    /// The calendar fields at an offset from UTC in seconds.
    pub(crate) fn of(time: Timestamp, offset: i64) -> Self {
        let local = time.seconds + offset;
        let (days, of_day) = (local.div_euclid(86400), local.rem_euclid(86400));
        let (year, month, day) = civil::date_from_days(days);
        Self {
            year,
            month,
            day,
            day_of_year: days - civil::days_from_date(year, 1, 1),
            weekday: civil::weekday(days),
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }
}

/// Formats a timestamp by RFC 3339, in the zone that it was written with.
pub(crate) fn timestamp_text(time: Timestamp) -> String {
    let at = Calendar::of(time, i64::from(time.offset) * 60);
    let mut out = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        at.year, at.month, at.day, at.hour, at.minute, at.second
    );
    if time.nanos > 0 {
        let nanos = format!("{:09}", time.nanos);
        out.push('.');
        out.push_str(nanos.trim_end_matches('0'));
    }
    if time.offset == 0 {
        out.push('Z');
    } else {
        let sign = if time.offset < 0 { '-' } else { '+' };
        let offset = time.offset.abs();
        out.push_str(&format!("{sign}{:02}:{:02}", offset / 60, offset % 60));
    }
    out
}

/// Whether a timestamp is in the valid range, the years 1 to 9999.
pub(crate) fn is_in_range(seconds: i64) -> bool {
    (FIRST..=LAST).contains(&seconds)
}

/// The offset from UTC in seconds of `+01:30`, or of a named zone at a moment.
///
/// # Errors
/// Go's message for an unknown zone.
pub(crate) fn offset(zone: &str, seconds: i64) -> Result<i64, String> {
    let Some((hours, minutes)) = zone.split_once(':') else {
        return match Location::load(zone) {
            Some(location) => Ok(location.lookup(seconds).seconds),
            None => Err(format!("unknown time zone {zone}")),
        };
    };
    let number = |text: &str| {
        text.parse::<i64>()
            .map_err(|_| format!("strconv.Atoi: parsing {}: invalid syntax", super::net::quoted(text)))
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let (hours, minutes) = (hours.clamp(-10_000, 10_000) * 60, minutes.clamp(-10_000, 10_000));
    Ok(60
        * if zone.starts_with('-') {
            hours - minutes
        } else {
            hours + minutes
        })
}
