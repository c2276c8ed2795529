//! Go's `fmt.Print`: the form of a value in the output of a template.

use minijinja::Value;

use super::bounds::{Limit, Meter};
use super::printer::Printer;
use super::value::{View, view};

/// The budget, in steps, of a print without a meter of its own.
const ALLOWANCE: usize = 20_000_000;

/// Appends a value as `%v` prints it; no value is `<no value>`, as in text/template.
///
/// A value that is too large ends with `...`; use [`try_print`] to get an error instead.
pub fn print(value: &Value, out: &mut String) {
    if limited(|meter| try_print(value, out, meter)).is_err() {
        out.push_str("...");
    }
}

/// Appends a value as `%v` prints it; no value is `<no value>`, as in text/template.
///
/// # Errors
/// The value is too large or nests too deep. The text printed so far is kept.
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
            // A template prints the target of a pointer.
            if out[start..].starts_with("&{") {
                out.remove(start);
            }
            result?;
        }
    }
    Ok(())
}

/// `fmt.Sprint` of one value; nil is `<nil>`.
///
/// A value that is too large ends with `...`; use [`sprint_metered`] to get an error instead.
pub fn sprint(value: &Value) -> String {
    limited(|meter| sprint_metered(value, meter)).unwrap_or_else(|_| "...".to_owned())
}

/// `fmt.Sprint` of one value; nil is `<nil>`.
///
/// # Errors
/// The value is too large or nests too deep.
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

/// Prints a `reflect.Value` as `fmt` does for a verb.
pub(super) fn print_reflected(value: &Value, verb: char, meter: &mut Meter<'_>) -> Result<String, Limit> {
    let mut printer = Printer::new(meter);
    printer.value(view(value), verb, 0)?;
    Ok(printer.layout.out)
}
