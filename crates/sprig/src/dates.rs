//! Dates and times. The current time comes from [`system::System::now`] and the local zone from `TZ` or `/etc/localtime`;
//! all other zones are compiled in.

use std::path::Path;

use super::registry::sprig;
use super::{Call, Fault, Function, Outcome};
use gostd::zone::Location;
use gostd::{duration, layout_parse};
use govalue::Type::{Any, String as Str, Time as Moment};
use govalue::{IntType, Time, Value, View, object};
use system::System;

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("ago", &[Any], "string", ago, "how long ago a time was, to the second"),
    sprig("date", &[Str, Any], "string", date, "the time in a layout such as `2006-01-02`"),
    sprig("dateInZone", &[Str, Any, Str], "string", date_in_zone, "the time in a layout, in a time zone"),
    sprig("dateModify", &[Str, Moment], "time.Time", date_modify, "the time, later by the duration"),
    sprig("date_in_zone", &[Str, Any, Str], "string", date_in_zone, "the same as dateInZone"),
    sprig("date_modify", &[Str, Moment], "time.Time", date_modify, "the same as dateModify"),
    sprig("htmlDate", &[Any], "string", html_date, "the date as `2006-01-02`"),
    sprig("htmlDateInZone", &[Any, Str], "string", html_date_in_zone, "the date as `2006-01-02`, in a time zone"),
    sprig("mustDateModify", &[Str, Moment], TIME_OR_ERROR, must_date_modify, "the time, later by the duration; fails where that is none"),
    sprig("mustToDate", &[Str, Str], TIME_OR_ERROR, must_to_date, "the time that a text says in the layout; fails where it does not"),
    sprig("must_date_modify", &[Str, Moment], TIME_OR_ERROR, must_date_modify, "the same as mustDateModify"),
    sprig("now", &[], "time.Time", now, "the present time"),
    sprig("toDate", &[Str, Str], "time.Time", to_date, "the time that a text says in the layout; the year 1 where it does not"),
    sprig("unixEpoch", &[Moment], "string", unix_epoch, "the seconds since 1970"),
];

const TIME_OR_ERROR: &str = "(time.Time, error)";

/// The local time zone of the machine.
pub(super) fn local(system: &dyn System) -> Location {
    let from_file = |path: &str| {
        system
            .read(Path::new(path))
            .ok()
            .and_then(|data| Location::local(&data))
    };
    let location = match system.variable("TZ") {
        None => from_file("/etc/localtime"),
        Some(name) => match name.strip_prefix(':').unwrap_or(&name) {
            path if path.starts_with('/') => from_file(path),
            name => Location::load(name).map(Location::as_local),
        },
    };
    location.unwrap_or_else(|| Location::Utc.as_local())
}

/// The current time, in the local zone.
pub(super) fn present(system: &dyn System) -> Time {
    let now = system.now();
    let local = local(system);
    Time {
        seconds: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
        nanoseconds: now.subsec_nanos(),
        location: local.clone(),
        local,
    }
}

/// The time of an argument: a time value or seconds since 1970; the current time for any other value.
fn time_of(call: &Call<'_>, index: usize) -> Time {
    if let Some(time) = Time::of(call.value(index)) {
        return time.clone();
    }
    let mut time = present(call.host.system());
    if let View::Int(IntType::Int | IntType::Int64 | IntType::Int32, seconds) = call.view(index) {
        (time.seconds, time.nanoseconds) = (seconds, 0);
    }
    time
}

fn shown_in_zone(call: &Call<'_>, layout: &str, index: usize, zone: &str) -> Value {
    let location = match zone {
        "Local" => local(call.host.system()),
        zone => Location::load(zone).unwrap_or(Location::Utc),
    };
    time_of(call, index).at(location).shown().format(layout).into()
}

fn now(call: &mut Call<'_>) -> Outcome {
    Ok(object(present(call.host.system())))
}

fn date(call: &mut Call<'_>) -> Outcome {
    call.charge_text(call.str(0).len().saturating_mul(4))?;
    Ok(shown_in_zone(call, call.str(0), 1, "Local"))
}

fn date_in_zone(call: &mut Call<'_>) -> Outcome {
    call.charge_text(call.str(0).len().saturating_mul(4))?;
    Ok(shown_in_zone(call, call.str(0), 1, call.str(2)))
}

fn html_date(call: &mut Call<'_>) -> Outcome {
    Ok(shown_in_zone(call, "2006-01-02", 0, "Local"))
}

fn html_date_in_zone(call: &mut Call<'_>) -> Outcome {
    Ok(shown_in_zone(call, "2006-01-02", 0, call.str(1)))
}

fn modified(call: &Call<'_>) -> Result<Time, Fault> {
    let time = Time::of(call.value(1)).cloned().unwrap_or_else(Time::zero);
    Ok(time.plus(duration::parse(call.str(0))?))
}

fn must_date_modify(call: &mut Call<'_>) -> Outcome {
    modified(call).map(object)
}

fn date_modify(call: &mut Call<'_>) -> Outcome {
    match modified(call) {
        Ok(time) => Ok(object(time)),
        Err(_) => Ok(call.value(1).clone()),
    }
}

fn ago(call: &mut Call<'_>) -> Outcome {
    // Unlike the date functions, `ago` does not accept an int32.
    let time = time_of(call, 0);
    let since = present(call.host.system()).since(&time);
    let seconds = duration::round(since, 1_000_000_000);
    Ok(gostd::time::format_duration(seconds).into())
}

fn parsed(call: &Call<'_>) -> Result<Time, Fault> {
    let local = local(call.host.system());
    let (seconds, nanoseconds, location) = layout_parse::parse(call.str(0), call.str(1), &local)?;
    Ok(Time {
        seconds,
        nanoseconds,
        location,
        local,
    })
}

fn must_to_date(call: &mut Call<'_>) -> Outcome {
    parsed(call).map(object)
}

fn to_date(call: &mut Call<'_>) -> Outcome {
    Ok(object(parsed(call).unwrap_or_else(|_| Time::zero())))
}

fn unix_epoch(call: &mut Call<'_>) -> Outcome {
    let seconds = Time::of(call.value(0)).map_or(0, |time| time.seconds);
    Ok(seconds.to_string().into())
}
