//! The methods of Go's named integers.

use minijinja::Value;

use super::arguments::{Called, check_arguments, int_argument};
use super::time::duration;
use super::types::{IntType, Type};
use super::value::{View, view};
use gostd::duration::{in_units, round, truncate};

/// Calls a method of a duration, a month or a weekday; `None` if it has no method with this name.
pub fn int_method(value: &Value, name: &str, arguments: &[Value]) -> Option<Called> {
    let View::Int(int_type, number) = view(value) else {
        return None;
    };
    let parameters: &[Type] = match (int_type, name) {
        (IntType::Duration | IntType::Month | IntType::Weekday, "String")
        | (
            IntType::Duration,
            "Abs" | "Hours" | "Minutes" | "Seconds" | "Milliseconds" | "Microseconds" | "Nanoseconds",
        ) => &[],
        (IntType::Duration, "Round" | "Truncate") => &[Type::Duration],
        _ => return None,
    };
    if let Err(error) = check_arguments(name, parameters, arguments) {
        return Some(Err(error));
    }
    let multiple = || arguments.first().map_or(0, int_argument);
    Some(Ok(match name {
        "String" => super::printer::print_int(int_type, number).into(),
        "Abs" => duration(number.saturating_abs()),
        "Hours" => in_units(number, 3_600_000_000_000).into(),
        "Minutes" => in_units(number, 60_000_000_000).into(),
        "Seconds" => in_units(number, 1_000_000_000).into(),
        "Milliseconds" => super::int64(number / 1_000_000),
        "Microseconds" => super::int64(number / 1_000),
        "Nanoseconds" => super::int64(number),
        "Round" => duration(round(number, multiple())),
        _ => duration(truncate(number, multiple())),
    }))
}
