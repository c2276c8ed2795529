//! The layouts of Go's `time` package, such as `2006-01-02 15:04:05`, and the formatting of times with them.

use std::fmt::Write;

use super::civil::{date_from_days, days_from_date, weekday};
use super::time::{month_name, weekday_name};
use super::zone::Offset;

/// An element of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    /// `Z07:00` and `-07:00`.
    ZoneOffset(ZoneForm),
    /// `.000`: the separator and the number of digits.
    Fraction(char, usize),
    /// `.999`: without trailing zeros.
    ShortFraction(char, usize),
}

/// The format of an offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ZoneForm {
    /// Whether UTC is written as `Z`.
    pub(super) z: bool,
    pub(super) colon: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

/// The forms after `Z` or `-`, in the order in which they must be tried.
const ZONE_FORMS: [(&str, bool, bool, bool); 5] = [
    ("070000", false, true, true),
    ("07:00:00", true, true, true),
    ("0700", false, true, false),
    ("07:00", true, true, false),
    ("07", false, false, false),
];

/// Words and numbers in layouts; longer ones come before their prefixes.
const ELEMENTS: [(&str, Element); 23] = [
    ("January", Element::LongMonth),
    ("Jan", Element::Month),
    ("Monday", Element::LongWeekday),
    ("Mon", Element::Weekday),
    ("MST", Element::ZoneName),
    ("01", Element::ZeroMonth),
    ("02", Element::ZeroDay),
    ("03", Element::ZeroHour12),
    ("04", Element::ZeroMinute),
    ("05", Element::ZeroSecond),
    ("06", Element::Year),
    ("002", Element::ZeroYearDay),
    ("15", Element::Hour),
    ("1", Element::NumMonth),
    ("2006", Element::LongYear),
    ("2", Element::Day),
    ("__2", Element::UnderYearDay),
    ("_2", Element::UnderDay),
    ("3", Element::Hour12),
    ("4", Element::Minute),
    ("5", Element::Second),
    ("PM", Element::UpperPm),
    ("pm", Element::LowerPm),
];

/// Returns the element at the start of a text, and its length.
fn element(text: &str) -> Option<(Element, usize)> {
    match text.as_bytes()[0] {
        first @ (b'Z' | b'-') => {
            let (form, colon, minutes, seconds) = *ZONE_FORMS.iter().find(|(form, ..)| text[1..].starts_with(form))?;
            let form_of = ZoneForm {
                z: first == b'Z',
                colon,
                minutes,
                seconds,
            };
            Some((Element::ZoneOffset(form_of), form.len() + 1))
        }
        separator @ (b'.' | b',') => {
            let digit = *text.as_bytes().get(1).filter(|digit| matches!(digit, b'0' | b'9'))?;
            let count = text.bytes().skip(1).take_while(|&byte| byte == digit).count();
            if text.as_bytes().get(count + 1).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            let separator = char::from(separator);
            let element = if digit == b'0' {
                Element::Fraction(separator, count)
            } else {
                Element::ShortFraction(separator, count)
            };
            Some((element, count + 1))
        }
        _ => {
            let lower_follows = |length: usize| text.as_bytes().get(length).is_some_and(u8::is_ascii_lowercase);
            ELEMENTS
                .iter()
                .filter(|(word, _)| text.starts_with(word))
                .find(|(word, _)| !matches!(*word, "Jan" | "Mon") || !lower_follows(3))
                .map(|&(word, element)| (element, word.len()))
        }
    }
}

/// Returns the text before the first element of a layout, the element with its text, and the rest.
pub(super) fn next_element(layout: &str) -> (&str, Option<(Element, &str)>, &str) {
    for (at, _) in layout.char_indices() {
        let rest = &layout[at..];
        // `_2006` is an underscore followed by a year.
        if let Some(behind) = rest.strip_prefix("_2006") {
            return (&layout[..=at], Some((Element::LongYear, "2006")), behind);
        }
        if let Some((element, length)) = element(rest) {
            return (&layout[..at], Some((element, &rest[..length])), &rest[length..]);
        }
    }
    (layout, None, "")
}

/// A moment in the terms of a calendar and a clock.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Year, month and day.
    pub date: (i64, i64, i64),
    /// Hour, minute and second.
    pub clock: (i64, i64, i64),
    /// Nanoseconds of the second.
    pub nanoseconds: u32,
    /// The day of the week, 0 for Sunday.
    pub weekday: i64,
    /// The day of the year, from 1.
    pub year_day: i64,
    /// The offset from UTC.
    pub offset: Offset,
}

impl Shown {
    /// Converts a moment, in seconds since 1970, at an offset from UTC.
    pub fn new(seconds: i64, nanoseconds: u32, offset: Offset) -> Self {
        let local = seconds.saturating_add(offset.seconds);
        let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let date = date_from_days(days);
        Self {
            date,
            clock: (second / 3600, second / 60 % 60, second % 60),
            nanoseconds,
            weekday: weekday(days),
            year_day: days - days_from_date(date.0, 1, 1) + 1,
            offset,
        }
    }

    /// `Time.Format`.
    pub fn format(&self, layout: &str) -> String {
        let mut out = String::with_capacity(layout.len() + 10);
        let mut rest = layout;
        while !rest.is_empty() {
            let (before, element, after) = next_element(rest);
            out.push_str(before);
            if let Some((element, _)) = element {
                // Writing to a string cannot fail.
                let _ = self.write(&mut out, element);
            }
            rest = after;
        }
        out
    }

    fn write(&self, out: &mut String, element: Element) -> std::fmt::Result {
        let (year, month, day) = self.date;
        let (hour, minute, second) = self.clock;
        let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
        match element {
            Element::LongMonth => out.write_str(&month_name(month)),
            Element::Month => out.write_str(&month_name(month)[..3]),
            Element::NumMonth => write!(out, "{month}"),
            Element::ZeroMonth => write!(out, "{month:02}"),
            Element::LongWeekday => out.write_str(&weekday_name(self.weekday)),
            Element::Weekday => out.write_str(&weekday_name(self.weekday)[..3]),
            Element::Day => write!(out, "{day}"),
            Element::UnderDay => write!(out, "{day:2}"),
            Element::ZeroDay => write!(out, "{day:02}"),
            Element::UnderYearDay => write!(out, "{:3}", self.year_day),
            Element::ZeroYearDay => write!(out, "{:03}", self.year_day),
            Element::Hour => write!(out, "{hour:02}"),
            Element::Hour12 => write!(out, "{hour12}"),
            Element::ZeroHour12 => write!(out, "{hour12:02}"),
            Element::Minute => write!(out, "{minute}"),
            Element::ZeroMinute => write!(out, "{minute:02}"),
            Element::Second => write!(out, "{second}"),
            Element::ZeroSecond => write!(out, "{second:02}"),
            Element::LongYear if year < 0 => write!(out, "-{:04}", -year),
            Element::LongYear => write!(out, "{year:04}"),
            Element::Year => write!(out, "{:02}", year.abs() % 100),
            Element::UpperPm => out.write_str(if hour >= 12 { "PM" } else { "AM" }),
            Element::LowerPm => out.write_str(if hour >= 12 { "pm" } else { "am" }),
            Element::ZoneName if self.offset.name.is_empty() => self.write_offset(
                out,
                ZoneForm {
                    z: false,
                    colon: false,
                    minutes: true,
                    seconds: false,
                },
            ),
            Element::ZoneName => out.write_str(&self.offset.name),
            Element::ZoneOffset(form) => self.write_offset(out, form),
            Element::Fraction(separator, count) => {
                let digits = format!("{:09}", self.nanoseconds);
                write!(out, "{separator}{}", &format!("{digits:0<count$}")[..count])
            }
            Element::ShortFraction(separator, count) => {
                let digits = format!("{:09}", self.nanoseconds);
                let digits = digits[..count.min(9)].trim_end_matches('0');
                if digits.is_empty() {
                    Ok(())
                } else {
                    write!(out, "{separator}{digits}")
                }
            }
        }
    }

    fn write_offset(&self, out: &mut String, form: ZoneForm) -> std::fmt::Result {
        let seconds = self.offset.seconds;
        if form.z && seconds == 0 {
            return out.write_char('Z');
        }
        let colon = if form.colon { ":" } else { "" };
        let minutes = seconds / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        write!(out, "{sign}{:02}", minutes.abs() / 60)?;
        if form.minutes {
            write!(out, "{colon}{:02}", minutes.abs() % 60)?;
        }
        if form.seconds {
            write!(out, "{colon}{:02}", seconds.abs() % 60)?;
        }
        Ok(())
    }
}

/// Quotes a text as the errors of the `time` package do.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for &byte in super::string::decode(text).iter() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..=0x7f => quoted.push(char::from(byte)),
            _ => {
                let _ = write!(quoted, "\\x{byte:02x}");
            }
        }
    }
    quoted.push('"');
    quoted
}
