//! Durations: sprig's two functions and those of Helm.

use super::registry::{helm, sprig};
use super::{Call, Fault, Function, Outcome};
use gostd::duration::{in_units, parse, round, truncate};
use gostd::int::{IntError, parse_int};
use gostd::unicode::is_space;
use gostd::{float, quote};
use govalue::Type::Any;
use govalue::{IntType, Time, Value, View, duration as duration_value, int64, view};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    helm("durationDays", &[Any], "float64", days, "the duration in days, or 0"),
    helm("durationHours", &[Any], "float64", hours, "the duration in hours, or 0"),
    helm("durationMicroseconds", &[Any], "int64", microseconds, "the duration in microseconds, or 0"),
    helm("durationMilliseconds", &[Any], "int64", milliseconds, "the duration in milliseconds, or 0"),
    helm("durationMinutes", &[Any], "float64", minutes, "the duration in minutes, or 0"),
    helm("durationNanoseconds", &[Any], "int64", nanoseconds, "the duration in nanoseconds, or 0"),
    helm("durationRoundTo", &[Any, Any], "time.Duration", round_to, "the duration, rounded to a multiple of the second"),
    helm("durationSeconds", &[Any], "float64", seconds, "the duration in seconds, or 0"),
    helm("durationTruncateTo", &[Any, Any], "time.Duration", truncate_to, "the duration, cut to a multiple of the second"),
    helm("durationWeeks", &[Any], "float64", weeks, "the duration in weeks, or 0"),
    helm("mustToDuration", &[Any], "time.Duration", must_to_duration, "the duration that a text such as `1h30m`, or a number of seconds, is"),
    sprig("duration", &[Any], "string", duration, "a number of seconds as `1h30m0s`; a string or an int64, all else is 0"),
    sprig("durationRound", &[Any], "string", duration_round, "the duration in its largest unit: `2d`, `5mo`"),
];

const SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3600 * SECOND;
/// The maximum number of whole seconds in a duration.
const MOST: i64 = i64::MAX / SECOND;

/// Helm's `asDuration`: a duration, a string to parse, or a number of seconds.
fn as_duration(value: &Value) -> Result<i64, String> {
    match view(value) {
        View::Int(IntType::Duration, value) => Ok(value),
        View::String(text) => {
            let trimmed = text.trim_matches(is_space);
            if trimmed.is_empty() {
                return Err("empty duration".to_owned());
            }
            if let Ok(value) = parse(trimmed) {
                return Ok(value);
            }
            match float::parse(trimmed) {
                Ok(seconds) => from_float(seconds),
                Err(_) => Err(format!("could not parse duration {}", quote::quote(text))),
            }
        }
        View::Invalid | View::Nil => Err("invalid duration".to_owned()),
        View::Int(_, seconds) if (-MOST..=MOST).contains(&seconds) => Ok(seconds * SECOND),
        View::Int(_, seconds) => Err(format!("duration seconds overflow: {seconds}")),
        View::Uint(_, seconds) => match i64::try_from(seconds) {
            Ok(seconds) if seconds <= MOST => Ok(seconds * SECOND),
            _ => Err(format!("duration seconds overflow: {seconds}")),
        },
        View::Float(seconds) => from_float(seconds),
        found => Err(format!("unsupported duration type {}", found.type_name())),
    }
}

fn from_float(seconds: f64) -> Result<i64, String> {
    let shown = float::shortest(seconds);
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {shown}"));
    }
    #[expect(clippy::cast_precision_loss, reason = "as Helm computes")]
    let most = i64::MAX as f64;
    if (seconds).abs() > most / 1e9 {
        return Err(format!("duration seconds overflow: {shown}"));
    }
    let nanoseconds = seconds * 1e9;
    if nanoseconds.abs() > most {
        return Err(format!(
            "duration nanoseconds overflow: {}",
            float::shortest(nanoseconds)
        ));
    }
    Ok(govalue::cast::truncate(nanoseconds))
}

/// The duration of the first argument; 0 if it is invalid.
fn lenient(call: &Call<'_>) -> i64 {
    as_duration(call.value(0)).unwrap_or(0)
}

fn must_to_duration(call: &mut Call<'_>) -> Outcome {
    as_duration(call.value(0)).map(duration_value).map_err(Fault::from)
}

fn nanoseconds(call: &mut Call<'_>) -> Outcome {
    Ok(int64(lenient(call)))
}

fn microseconds(call: &mut Call<'_>) -> Outcome {
    Ok(int64(lenient(call) / 1_000))
}

fn milliseconds(call: &mut Call<'_>) -> Outcome {
    Ok(int64(lenient(call) / 1_000_000))
}

fn seconds(call: &mut Call<'_>) -> Outcome {
    Ok(in_units(lenient(call), SECOND).into())
}

fn minutes(call: &mut Call<'_>) -> Outcome {
    Ok(in_units(lenient(call), 60 * SECOND).into())
}

fn hours(call: &mut Call<'_>) -> Outcome {
    Ok(in_units(lenient(call), HOUR).into())
}

fn days(call: &mut Call<'_>) -> Outcome {
    Ok((in_units(lenient(call), HOUR) / 24.0).into())
}

fn weeks(call: &mut Call<'_>) -> Outcome {
    Ok((in_units(lenient(call), HOUR) / 24.0 / 7.0).into())
}

/// Rounds or truncates the duration to a multiple of the second argument, if that is a duration.
fn to_multiple(call: &Call<'_>, copy_entry_spans: fn(i64, i64) -> i64) -> Value {
    duration_value(match (as_duration(call.value(0)), as_duration(call.value(1))) {
        (Err(_), _) => 0,
        (Ok(value), Err(_)) => value,
        (Ok(value), Ok(multiple)) => copy_entry_spans(value, multiple),
    })
}

fn round_to(call: &mut Call<'_>) -> Outcome {
    Ok(to_multiple(call, round))
}

fn truncate_to(call: &mut Call<'_>) -> Outcome {
    Ok(to_multiple(call, truncate))
}

fn duration(call: &mut Call<'_>) -> Outcome {
    let seconds = match call.view(0) {
        View::String(text) => match parse_int(text, 10) {
            Ok(seconds) => seconds,
            Err(IntError::Range) if text.starts_with('-') => i64::MIN,
            Err(IntError::Range) => i64::MAX,
            Err(IntError::Syntax) => 0,
        },
        View::Int(IntType::Int64, seconds) => seconds,
        _ => 0,
    };
    Ok(gostd::time::format_duration(seconds.wrapping_mul(SECOND)).into())
}

fn duration_round(call: &mut Call<'_>) -> Outcome {
    let nanoseconds = match call.view(0) {
        View::String(text) => parse(text).unwrap_or(0),
        View::Int(IntType::Int64, nanoseconds) => nanoseconds,
        _ => match Time::of(call.value(0)) {
            Some(time) => super::dates::present(call.host.system()).since(time),
            None => 0,
        },
    };
    let size = nanoseconds.unsigned_abs();
    let hour = HOUR.unsigned_abs();
    let units = [
        (hour * 24 * 365, "y"),
        (hour * 24 * 30, "mo"),
        (hour * 24, "d"),
        (hour, "h"),
        (hour / 60, "m"),
        (hour / 3600, "s"),
    ];
    let text = units
        .iter()
        .find(|(unit, _)| size > *unit)
        .map_or_else(|| "0s".to_owned(), |(unit, name)| format!("{}{name}", size / unit));
    Ok(text.into())
}
