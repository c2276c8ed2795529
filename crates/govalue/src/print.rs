//! Go's `fmt.Print`: how a value looks in a template's output.

use minijinja::Value;

use super::bounds::{Limit, Meter};
use super::printer::Printer;
use super::types::IntType;
use super::value::{View, view};

/// What a print without a meter of its own may cost.
const ALLOWANCE: usize = 20_000_000;

/// Appends a value as `%v` prints it; no value at all is `<no value>`, as text/template has it.
///
/// What is too large ends in `...`; use [`try_print`] where that must be an error.
pub fn print(value: &Value, out: &mut String) {
    if limited(|meter| try_print(value, out, meter)).is_err() {
        out.push_str("...");
    }
}

/// Appends a value as `%v` prints it; no value at all is `<no value>`, as text/template has it.
///
/// # Errors
/// When the value is too large or nests too deeply. What was printed until then stays.
pub fn try_print(value: &Value, out: &mut String, meter: &mut Meter<'_>) -> Result<(), Limit> {
    match view(value) {
        View::String(text) => out.push_str(text),
        View::Invalid | View::Nil => out.push_str("<no value>"),
        found => {
            if let View::Struct(object) = found
                && let Some(text) = object.printed()
            {
                out.push_str(&text);
                return Ok(());
            }
            let mut printer = Printer::new(meter);
            std::mem::swap(&mut printer.layout.out, out);
            let start = printer.layout.out.len();
            let result = printer.value(found, 'v', 0);
            std::mem::swap(&mut printer.layout.out, out);
            // A template prints what a pointer points to.
            if out[start..].starts_with("&{") {
                out.remove(start);
            }
            result?;
        }
    }
    Ok(())
}

/// `fmt.Sprint` of one value: nil is `<nil>`.
///
/// What is too large ends in `...`; use [`sprint_metered`] where that must be an error.
pub fn sprint(value: &Value) -> String {
    limited(|meter| sprint_metered(value, meter)).unwrap_or_else(|_| "...".to_owned())
}

/// `fmt.Sprint` of one value: nil is `<nil>`.
///
/// # Errors
/// When the value is too large or nests too deeply.
pub fn sprint_metered(value: &Value, meter: &mut Meter<'_>) -> Result<String, Limit> {
    if let Some(text) = value.as_str() {
        return Ok(text.to_owned());
    }
    super::format::sprint_all(std::slice::from_ref(value), meter)
}

fn limited<T>(walk: impl FnOnce(&mut Meter<'_>) -> Result<T, Limit>) -> Result<T, Limit> {
    let mut left = ALLOWANCE;
    let mut pay = |units: usize| {
        left = left
            .checked_sub(units)
            .ok_or_else(|| Limit("value is too large to be printed".to_owned()))?;
        Ok(())
    };
    walk(&mut Meter::new(&mut pay))
}

/// An integer as `%v` prints it: durations, months and days have a `String` method.
pub fn print_int(int_type: IntType, value: i64) -> String {
    match int_type {
        IntType::Duration => gostd::time::format_duration(value),
        IntType::Month => gostd::time::month_name(value),
        IntType::Weekday => gostd::time::weekday_name(value),
        _ => value.to_string(),
    }
}

/// A `reflect.Value` as `fmt` prints it for a verb.
pub(super) fn print_reflected(value: &Value, verb: char, meter: &mut Meter<'_>) -> Result<String, Limit> {
    let mut printer = Printer::new(meter);
    printer.value(view(value), verb, 0)?;
    Ok(printer.layout.out)
}
