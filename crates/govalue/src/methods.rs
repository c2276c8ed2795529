//! Method calls: checks of the arguments, and the methods of Go's named integers.

use minijinja::Value;

use super::assign::assign;
use super::time::duration;
use super::types::{IntType, Type};
use super::value::{MethodError, View, view};
use gostd::duration::{in_units, round, truncate};

/// The result of a method call.
pub type Called = Result<Value, MethodError>;

/// Checks the number and types of a method's arguments.
///
/// # Errors
/// Go's message for too many, too few or wrong arguments.
pub fn check_arguments(name: &str, parameters: &[Type], arguments: &[Value]) -> Result<(), MethodError> {
    if parameters.len() != arguments.len() {
        return Err(MethodError::Call(format!(
            "wrong number of args for {name}: want {} got {}",
            parameters.len(),
            arguments.len()
        )));
    }
    for (&parameter, argument) in parameters.iter().zip(arguments) {
        // A constant takes the type of the parameter.
        if parameter == Type::Duration && matches!(view(argument), View::Int(IntType::Int, _)) {
            continue;
        }
        assign(parameter, argument).map_err(MethodError::Call)?;
    }
    Ok(())
}

/// The error for a method with three results.
pub fn three_results(name: &str) -> Called {
    Err(MethodError::Call(format!(
        "function {name} has 3 return values; should be 1 or 2"
    )))
}

/// The error for a method with two results, the second of which is not an error.
pub fn two_results(name: &str, second: &str) -> Called {
    Err(MethodError::Call(format!(
        "invalid function signature for {name}: second return value should be error; is {second}"
    )))
}

/// Returns an integer argument.
pub fn int_argument(argument: &Value) -> i64 {
    match view(argument) {
        View::Int(_, value) => value,
        _ => 0,
    }
}

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
        "String" => super::print::print_int(int_type, number).into(),
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
