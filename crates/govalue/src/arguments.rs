//! The arguments of a method call, and its result.

use minijinja::Value;

use super::assign::assign;
use super::types::{IntType, Type};
use super::value::{MethodError, View, view};

/// The result of a method call.
pub(crate) type Called = Result<Value, MethodError>;

/// Checks the number and types of a method's arguments.
///
/// # Errors
/// Go's message for too many, too few or wrong arguments.
pub(crate) fn check_arguments(name: &str, parameters: &[Type], arguments: &[Value]) -> Result<(), MethodError> {
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
pub(crate) fn three_results(name: &str) -> Called {
    Err(MethodError::Call(format!(
        "function {name} has 3 return values; should be 1 or 2"
    )))
}

/// The error for a method with two results, the second of which is not an error.
pub(crate) fn two_results(name: &str, second: &str) -> Called {
    Err(MethodError::Call(format!(
        "invalid function signature for {name}: second return value should be error; is {second}"
    )))
}

/// Returns an integer argument.
pub(crate) fn int_argument(argument: &Value) -> i64 {
    match view(argument) {
        View::Int(_, value) => value,
        _ => 0,
    }
}
