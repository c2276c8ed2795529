//! Go's `time.Time` as a value.

use minijinja::Value;

use super::arguments::{Called, check_arguments, int_argument, three_results, two_results};
use super::types::{IntType, Type, UintType};
use super::value::{Data, MethodError, Struct, int_of, int64, object, uint_of};
use gostd::civil::days_from_date;
use gostd::duration as go_duration;
use gostd::layout::Shown;
use gostd::zone::Location;

/// Seconds from the year 1 to 1970.
const YEAR_ONE: i64 = 62_135_596_800;

/// A moment and its location.
#[derive(Clone, Debug)]
pub struct Time {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds of the second.
    pub nanoseconds: u32,
    /// The location.
    pub location: Location,
    /// The location of the machine, for the method `Local`.
    pub local: Location,
}

/// A `time.Duration` of nanoseconds.
pub fn duration(nanoseconds: i64) -> Value {
    int_of(IntType::Duration, nanoseconds)
}

impl Time {
    /// The time of the value, if it is one.
    pub fn of(value: &Value) -> Option<&Self> {
        match value.downcast_object_ref::<Data>() {
            Some(Data::Struct(object)) => object.as_any().downcast_ref(),
            _ => None,
        }
    }

    /// `time.Time{}`: the first moment of the year 1.
    pub fn zero() -> Self {
        Self {
            seconds: -YEAR_ONE,
            nanoseconds: 0,
            location: Location::Utc,
            local: Location::Utc,
        }
    }

    /// Returns the local date and time.
    pub fn shown(&self) -> Shown {
        Shown::new(self.seconds, self.nanoseconds, self.location.lookup(self.seconds))
    }

    /// The same moment in another location.
    #[must_use]
    pub fn at(&self, location: Location) -> Self {
        Self {
            location,
            ..self.clone()
        }
    }

    /// The time the given number of nanoseconds later.
    #[must_use]
    pub fn plus(&self, nanoseconds: i64) -> Self {
        let total = i64::from(self.nanoseconds) + nanoseconds % 1_000_000_000;
        Self {
            seconds: self
                .seconds
                .saturating_add(nanoseconds / 1_000_000_000)
                .saturating_add(total.div_euclid(1_000_000_000)),
            nanoseconds: u32::try_from(total.rem_euclid(1_000_000_000)).unwrap_or(0),
            ..self.clone()
        }
    }

    /// Nanoseconds since another time, saturated to the range of a duration.
    pub fn since(&self, other: &Self) -> i64 {
        let difference = self.total() - other.total();
        i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
    }

    /// Nanoseconds since 1970.
    fn total(&self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanoseconds)
    }

    fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let shown = self.shown();
        let (year, month, day) = shown.date;
        let (hour, minute, second) = shown.clock;
        let days = days_from_date(year.saturating_add(years), month.saturating_add(months), day).saturating_add(days);
        let clock = days
            .saturating_mul(86_400)
            .saturating_add(hour * 3600 + minute * 60 + second);
        Self {
            seconds: self.location.moment(clock),
            ..self.clone()
        }
    }

    /// Nanoseconds since the last multiple of a duration, counted from the year 1.
    fn rest(&self, multiple: i64) -> i64 {
        let since = self.total() + i128::from(YEAR_ONE) * 1_000_000_000;
        i64::try_from(since.rem_euclid(i128::from(multiple))).unwrap_or(0)
    }

    fn go_string(&self) -> String {
        let shown = self.shown();
        let (year, month, day) = shown.date;
        let (hour, minute, second) = shown.clock;
        let location = match &self.location {
            Location::Utc => "time.UTC".to_owned(),
            Location::Local(_) => "time.Local".to_owned(),
            other => format!("time.Location({})", gostd::quote::quote_ascii(other.name())),
        };
        let month = gostd::time::month_name(month);
        format!(
            "time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {}, {location})",
            self.nanoseconds
        )
    }

    fn value_of(&self, name: &str, arguments: &[Value]) -> Called {
        let shown = || self.shown();
        let int = |index: usize| arguments.get(index).map_or(0, int_argument);
        let other = arguments.first().and_then(Self::of).unwrap_or(self);
        Ok(match name {
            "Add" => object(self.plus(int(0))),
            "AddDate" => object(self.add_date(int(0), int(1), int(2))),
            "After" => (self.total() > other.total()).into(),
            "Before" => (self.total() < other.total()).into(),
            "Compare" => (self.total().cmp(&other.total()) as i64).into(),
            "Equal" => (self.total() == other.total()).into(),
            "Sub" => duration(self.since(other)),
            "Day" => shown().date.2.into(),
            "Format" => shown().format(arguments[0].as_str().unwrap_or_default()).into(),
            "GoString" => self.go_string().into(),
            "Hour" => shown().clock.0.into(),
            "IsDST" => shown().offset.summer.into(),
            "IsZero" => (self.seconds == -YEAR_ONE && self.nanoseconds == 0).into(),
            "Local" => object(self.at(self.local.clone())),
            "Location" => object(Field {
                location: self.location.clone(),
                is_nil: false,
            }),
            "Minute" => shown().clock.1.into(),
            "Month" => int_of(IntType::Month, shown().date.1),
            "Nanosecond" => i64::from(self.nanoseconds).into(),
            "Second" => shown().clock.2.into(),
            "String" => self.display().unwrap_or_default().into(),
            "UTC" => object(self.at(Location::Utc)),
            "Unix" => int64(self.seconds),
            "UnixMicro" => int64(self.seconds.wrapping_mul(1_000_000) + i64::from(self.nanoseconds / 1_000)),
            "UnixMilli" => int64(self.seconds.wrapping_mul(1_000) + i64::from(self.nanoseconds / 1_000_000)),
            "UnixNano" => int64(
                self.seconds
                    .wrapping_mul(1_000_000_000)
                    .wrapping_add(i64::from(self.nanoseconds)),
            ),
            "Weekday" => int_of(IntType::Weekday, shown().weekday),
            "Year" => shown().date.0.into(),
            "YearDay" => shown().year_day.into(),
            "Round" if int(0) > 0 => {
                let rest = self.rest(int(0));
                object(self.plus(go_duration::round(rest, int(0)) - rest))
            }
            "Truncate" if int(0) > 0 => object(self.plus(-self.rest(int(0)))),
            "Round" | "Truncate" => object(self.clone()),
            _ => return Err(MethodError::Call(format!("can't call method {name}"))),
        })
    }
}

impl Struct for Time {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    fn call(&self, method: &str, arguments: &[Value]) -> Option<Called> {
        let parameters: &[Type] = match method {
            "Add" | "Round" | "Truncate" => &[Type::Duration],
            "AddDate" => &[Type::Int, Type::Int, Type::Int],
            "After" | "Before" | "Compare" | "Equal" | "Sub" => &[Type::Time],
            "Format" => &[Type::String],
            "Day" | "GoString" | "Hour" | "IsDST" | "IsZero" | "Local" | "Location" | "Minute" | "Month"
            | "Nanosecond" | "Second" | "String" | "UTC" | "Unix" | "UnixMicro" | "UnixMilli" | "UnixNano"
            | "Weekday" | "Year" | "YearDay" => &[],
            "Date" | "Clock" => return Some(three_results(method)),
            "ISOWeek" | "Zone" => return Some(two_results(method, "int")),
            "ZoneBounds" => return Some(two_results(method, "time.Time")),
            _ => return None,
        };
        Some(check_arguments(method, parameters, arguments).and_then(|()| self.value_of(method, arguments)))
    }

    fn display(&self) -> Option<String> {
        Some(self.shown().format("2006-01-02 15:04:05.999999999 -0700 MST"))
    }

    fn go_string(&self) -> Option<String> {
        Some(Self::go_string(self))
    }

    fn printed_fields(&self) -> Vec<Value> {
        vec![
            uint_of(UintType::Uint64, u64::from(self.nanoseconds)),
            int64(self.seconds.wrapping_add(YEAR_ONE)),
            object(Field {
                location: self.location.clone(),
                // UTC is the location of a time without one.
                is_nil: matches!(self.location, Location::Utc),
            }),
        ]
    }

    fn marshal(&self) -> Option<Value> {
        Some(self.shown().format("2006-01-02T15:04:05.999999999Z07:00").into())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// A `*time.Location`.
#[derive(Debug)]
struct Field {
    location: Location,
    is_nil: bool,
}

impl Struct for Field {
    fn type_name(&self) -> &'static str {
        "*time.Location"
    }

    fn is_nil(&self) -> bool {
        self.is_nil
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// The fields of a location without zones. In other locations they are pointers, which Go prints differently each
    /// time.
    fn printed_fields(&self) -> Vec<Value> {
        let list = || super::list(Vec::new());
        let name = Value::from(self.location.name());
        vec![name, list(), list(), "".into(), int64(0), int64(0), object(NoZone)]
    }

    fn call(&self, method: &str, arguments: &[Value]) -> Option<Called> {
        let name = || Value::from(self.location.name());
        (method == "String").then(|| check_arguments(method, &[], arguments).map(|()| name()))
    }

    fn display(&self) -> Option<String> {
        Some(self.location.name().to_owned())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// A nil `*time.zone`.
#[derive(Debug)]
struct NoZone;

impl Struct for NoZone {
    fn type_name(&self) -> &'static str {
        "*time.zone"
    }

    fn is_nil(&self) -> bool {
        true
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
