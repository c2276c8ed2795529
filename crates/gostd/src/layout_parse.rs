//! `time.ParseInLocation`.

use super::civil::{days_from_date, days_in, is_leap};
use super::layout::{Element, ZoneForm, next_element, quote};
use super::time::{month_name, weekday_name};
use super::zone::{Location, Offset};

/// The reason why an element does not parse.
enum Misfit {
    /// The syntax is invalid.
    Form,
    /// The value is out of range.
    Range(&'static str),
}

/// The values parsed so far.
#[derive(Default)]
struct Parts {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: u32,
    am: bool,
    pm: bool,
    utc: bool,
    offset: Option<i64>,
    zone_name: Option<String>,
}

/// Seconds since 1970, nanoseconds, and the location.
pub type Moment = (i64, u32, Location);

/// `time.ParseInLocation(layout, text, local)`.
///
/// # Errors
/// Go's message.
pub fn parse(layout: &str, text: &str, local: &Location) -> Result<Moment, String> {
    let mut parts = Parts::default();
    let (mut pattern, mut value) = (layout, text);
    let misfit = |rest: &str, element: &str| {
        format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quote(text),
            quote(layout),
            quote(rest),
            quote(element)
        )
    };
    let wrong = |what: &str| format!("parsing time {}: {what}", quote(text));
    loop {
        let (before, element, after) = next_element(pattern);
        let at_prefix = value;
        value = skip(value, before).map_err(|rest| misfit(rest, before))?;
        let _ = at_prefix;
        let Some((element, written)) = element else {
            if value.is_empty() {
                break;
            }
            return Err(wrong(&format!("extra text: {}", quote(value))));
        };
        let hold = value;
        match parts.read(element, &mut value, after) {
            Ok(()) => {}
            Err(Misfit::Form) => return Err(misfit(hold, written)),
            Err(Misfit::Range(what)) => return Err(wrong(&format!("{what} out of range"))),
        }
        pattern = after;
    }
    parts.resolve(local).map_err(wrong)
}

/// Skips literal text at the front; a blank matches any number of blanks.
fn skip<'v>(mut value: &'v str, mut prefix: &str) -> Result<&'v str, &'v str> {
    while let Some(c) = prefix.chars().next() {
        if c == ' ' {
            if !value.is_empty() && !value.starts_with(' ') {
                return Err(value);
            }
            prefix = prefix.trim_start_matches(' ');
            value = value.trim_start_matches(' ');
        } else {
            value = value.strip_prefix(c).ok_or(value)?;
            prefix = &prefix[c.len_utf8()..];
        }
    }
    Ok(value)
}

fn is_digit(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
}

/// Parses a number of one or two digits, or exactly two if `fixed`.
fn number(value: &mut &str, fixed: bool) -> Result<i64, Misfit> {
    let digits = match (is_digit(value, 0), is_digit(value, 1)) {
        (true, true) => 2,
        (true, false) if !fixed => 1,
        _ => return Err(Misfit::Form),
    };
    Ok(take(value, digits)?.parse().unwrap_or(0))
}

/// Takes the given number of bytes.
fn take<'v>(value: &mut &'v str, count: usize) -> Result<&'v str, Misfit> {
    let (taken, rest) = value.split_at_checked(count).ok_or(Misfit::Form)?;
    *value = rest;
    Ok(taken)
}

/// Returns the index of the name at the front, in any case.
fn lookup(value: &mut &str, names: impl Iterator<Item = String>) -> Result<i64, Misfit> {
    for (at, name) in names.enumerate() {
        if value
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(&name))
        {
            *value = &value[name.len()..];
            return Ok(i64::try_from(at).unwrap_or(0));
        }
    }
    Err(Misfit::Form)
}

/// Parses `.5` to nanoseconds.
fn fraction(text: &str) -> Result<u32, Misfit> {
    let digits = text.strip_prefix(['.', ',']).ok_or(Misfit::Form)?;
    let digits = &digits[..digits.len().min(9)];
    match digits.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| byte.is_ascii_digit()) && !rest.is_empty() => {
            return Err(Misfit::Range("fractional second"));
        }
        _ => {}
    }
    let plain = digits.strip_prefix('+').unwrap_or(digits);
    if !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Misfit::Form);
    }
    let scale = 10u32.pow(u32::try_from(9 - digits.len()).unwrap_or(0));
    Ok(plain.parse::<u32>().unwrap_or(0) * scale)
}

impl Parts {
    /// Parses one element; `after` is the rest of the layout.
    fn read(&mut self, element: Element, value: &mut &str, after: &str) -> Result<(), Misfit> {
        let within = |number: i64, range: std::ops::RangeInclusive<i64>, what| {
            if range.contains(&number) {
                Ok(number)
            } else {
                Err(Misfit::Range(what))
            }
        };
        let short = |name: String| name[..3].to_owned();
        match element {
            Element::Year => {
                let year: i64 = take(value, 2)?.parse().map_err(|_| Misfit::Form)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Element::LongYear => {
                if !is_digit(value, 0) {
                    return Err(Misfit::Form);
                }
                self.year = take(value, 4)?.parse().map_err(|_| Misfit::Form)?;
            }
            Element::Month => self.month = Some(lookup(value, (1..=12).map(month_name).map(short))? + 1),
            Element::LongMonth => self.month = Some(lookup(value, (1..=12).map(month_name))? + 1),
            Element::NumMonth | Element::ZeroMonth => {
                let month = number(value, element == Element::ZeroMonth)?;
                self.month = Some(within(month, 1..=12, "month")?);
            }
            Element::Weekday => {
                lookup(value, (0..7).map(weekday_name).map(short))?;
            }
            Element::LongWeekday => {
                lookup(value, (0..7).map(weekday_name))?;
            }
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                if element == Element::UnderDay {
                    *value = value.strip_prefix(' ').unwrap_or(value);
                }
                self.day = Some(number(value, element == Element::ZeroDay)?);
            }
            Element::UnderYearDay | Element::ZeroYearDay => {
                if element == Element::UnderYearDay {
                    for _ in 0..2 {
                        *value = value.strip_prefix(' ').unwrap_or(value);
                    }
                }
                let digits = (0..3).take_while(|&at| is_digit(value, at)).count();
                if digits == 0 || element == Element::ZeroYearDay && digits != 3 {
                    return Err(Misfit::Form);
                }
                self.year_day = take(value, digits)?.parse().ok();
            }
            Element::Hour => self.hour = within(number(value, false)?, 0..=23, "hour")?,
            Element::Hour12 | Element::ZeroHour12 => {
                self.hour = within(number(value, element == Element::ZeroHour12)?, 0..=12, "hour")?;
            }
            Element::Minute | Element::ZeroMinute => {
                self.minute = within(number(value, element == Element::ZeroMinute)?, 0..=59, "minute")?;
            }
            Element::Second | Element::ZeroSecond => {
                self.second = within(number(value, element == Element::ZeroSecond)?, 0..=59, "second")?;
                // A fraction may follow even if the layout has none.
                let in_layout = matches!(
                    next_element(after).1,
                    Some((Element::Fraction(..) | Element::ShortFraction(..), _))
                );
                if value.starts_with(['.', ',']) && is_digit(value, 1) && !in_layout {
                    self.take_fraction(value)?;
                }
            }
            Element::UpperPm | Element::LowerPm => {
                let half = take(value, 2)?;
                let names = if element == Element::UpperPm {
                    ["AM", "PM"]
                } else {
                    ["am", "pm"]
                };
                match names.iter().position(|&name| name == half) {
                    Some(0) => self.am = true,
                    Some(_) => self.pm = true,
                    None => return Err(Misfit::Form),
                }
            }
            Element::ZoneOffset(form) => self.read_offset(form, value)?,
            Element::ZoneName => {
                if let Some(rest) = value.strip_prefix("UTC") {
                    *value = rest;
                    self.utc = true;
                } else {
                    let length = zone_name(value).ok_or(Misfit::Form)?;
                    self.zone_name = Some(take(value, length)?.to_owned());
                }
            }
            Element::Fraction(_, count) => self.nanoseconds = fraction(take(value, count + 1)?)?,
            Element::ShortFraction(..) => {
                if value.starts_with(['.', ',']) && is_digit(value, 1) {
                    self.take_fraction(value)?;
                }
            }
        }
        Ok(())
    }

    fn take_fraction(&mut self, value: &mut &str) -> Result<(), Misfit> {
        let digits = value[1..].bytes().take_while(u8::is_ascii_digit).count();
        self.nanoseconds = fraction(take(value, digits + 1)?)?;
        Ok(())
    }

    fn read_offset(&mut self, form: ZoneForm, value: &mut &str) -> Result<(), Misfit> {
        if form.z
            && let Some(rest) = value.strip_prefix('Z')
        {
            *value = rest;
            self.utc = true;
            return Ok(());
        }
        let colon = |value: &mut &str| {
            if form.colon && take(value, 1)? != ":" {
                Err(Misfit::Form)
            } else {
                Ok(())
            }
        };
        let two = |text: &str| number(&mut &text[..], true);
        let sign = take(value, 1)?;
        let hours = take(value, 2)?;
        let mut minutes = "00";
        let mut seconds = "00";
        if form.minutes {
            colon(value)?;
            minutes = take(value, 2)?;
        }
        if form.seconds {
            colon(value)?;
            seconds = take(value, 2)?;
        }
        let (hours, minutes, seconds) = (two(hours)?, two(minutes)?, two(seconds)?);
        let ranges = [
            (hours > 24, "time zone offset hour"),
            (minutes > 60, "time zone offset minute"),
            (seconds > 60, "time zone offset second"),
        ];
        if let Some((_, what)) = ranges.into_iter().rfind(|(wrong, _)| *wrong) {
            return Err(Misfit::Range(what));
        }
        let offset = (hours * 60 + minutes) * 60 + seconds;
        self.offset = Some(match sign {
            "+" => offset,
            "-" => -offset,
            _ => return Err(Misfit::Form),
        });
        Ok(())
    }

    /// Returns the date; the day of the year can replace month and day.
    fn date(&self) -> Result<(i64, i64), &'static str> {
        let Some(year_day) = self.year_day else {
            return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1)));
        };
        if !(1..=365 + i64::from(is_leap(self.year))).contains(&year_day) {
            return Err("day-of-year out of range");
        }
        let mut rest = year_day;
        let mut month = 1;
        while rest > days_in(month, self.year) {
            rest -= days_in(month, self.year);
            month += 1;
        }
        if self.month.is_some_and(|given| given != month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|given| given != rest) {
            return Err("day-of-year does not match day");
        }
        Ok((month, rest))
    }

    fn resolve(mut self, local: &Location) -> Result<Moment, &'static str> {
        if self.pm && self.hour < 12 {
            self.hour += 12;
        } else if self.am && !self.pm && self.hour == 12 {
            self.hour = 0;
        }
        let (month, day) = self.date()?;
        if day < 1 || day > days_in(month, self.year) {
            return Err("day out of range");
        }
        let shown = days_from_date(self.year, month, day) * 86_400 + self.hour * 3600 + self.minute * 60 + self.second;
        let fixed = |seconds: i64, name: &str| {
            Location::Fixed(Offset {
                seconds,
                summer: false,
                name: name.into(),
            })
        };
        let name = self.zone_name.as_deref().unwrap_or_default();
        let (seconds, location) = if self.utc {
            (shown, Location::Utc)
        } else if let Some(offset) = self.offset.filter(|&offset| offset != -1) {
            let seconds = shown - offset;
            let found = local.lookup(seconds);
            if found.seconds == offset && (name.is_empty() || found.name.as_ref() == name) {
                (seconds, local.clone())
            } else {
                (seconds, fixed(offset, name))
            }
        } else if !name.is_empty() {
            if let Some(offset) = local.lookup_name(name, shown) {
                (shown - offset, local.clone())
            } else {
                let hours = name.strip_prefix("GMT").and_then(|hours| hours.parse::<i64>().ok());
                // The offset is unknown, so the time is taken as UTC.
                (shown, fixed(hours.unwrap_or(0) * 3600, name))
            }
        } else {
            (local.moment(shown), local.clone())
        };
        Ok((seconds, self.nanoseconds, location))
    }
}

/// The length of a zone abbreviation at the front.
fn zone_name(value: &str) -> Option<usize> {
    if value.len() < 3 {
        return None;
    }
    if value.starts_with("ChST") || value.starts_with("MeST") {
        return Some(4);
    }
    if let Some(rest) = value.strip_prefix("GMT") {
        return Some(3 + signed_hours(rest).unwrap_or(0));
    }
    if value.starts_with(['+', '-']) {
        return signed_hours(value);
    }
    let upper = value.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
    match upper {
        3 => Some(3),
        4 if value[..4].ends_with('T') || value.starts_with("WITA") => Some(4),
        5 if value[..5].ends_with('T') => Some(5),
        _ => None,
    }
}

/// The length of an offset such as `+04` at the front.
fn signed_hours(value: &str) -> Option<usize> {
    let digits = value
        .strip_prefix(['+', '-'])?
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    let hours: u64 = value[1..=digits].parse().ok()?;
    (hours <= 23).then_some(digits + 1)
}
