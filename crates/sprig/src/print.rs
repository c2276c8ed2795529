//! Printing: Go's `fmt` and sprig's functions based on it.

use super::registry::{go, sprig};
use super::{Call, Function, Outcome};
use gostd::quote;
use gostd::string::{encode, normalize};
use govalue::Type::{Any, String as Str};
use govalue::{Limit, Meter, Value, View, sprint_all, sprint_metered, sprintf, sprintln, strings, view};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    go("print", &[Any], "string", print, "the values as they print, with blanks between two that are no strings").variadic(),
    go("printf", &[Str, Any], "string", printf, "the format with the values in the place of its verbs").variadic(),
    go("println", &[Any], "string", println, "the values as they print, with blanks between them and a line break").variadic(),
    sprig("cat", &[Any], "string", cat, "the values that are not nil as they print, with blanks between them").variadic(),
    sprig("join", &[Str, Any], "string", join, "the elements of a list as strings, with the first argument between them"),
    sprig("quote", &[Any], "string", quoted, "the values that are not nil as quoted strings, with blanks between them").variadic(),
    sprig("squote", &[Any], "string", squote, "the values that are not nil between single quotes, with blanks between them").variadic(),
    sprig("toString", &[Any], "string", to_string, "the value as a string"),
    sprig("toStrings", &[Any], "[]string", to_strings, "the elements of a list as strings"),
];

/// sprig's `strval`: a string unchanged, bytes as a string, anything else as `fmt` prints it.
pub(super) fn string_of(value: &Value, meter: &mut Meter<'_>) -> Result<String, Limit> {
    match view(value) {
        View::String(text) => Ok(text.to_owned()),
        View::Bytes(bytes) => Ok(encode(bytes).into_owned()),
        _ => sprint_metered(value, meter),
    }
}

/// sprig's `strslice`: the non-nil elements of a list as strings; any other value as a list of one string.
pub(super) fn strings_of(value: &Value, meter: &mut Meter<'_>) -> Result<Vec<Value>, Limit> {
    let strings = match view(value) {
        View::Invalid | View::Nil => Vec::new(),
        View::List(list) => {
            let mut strings = Vec::with_capacity(list.items.len());
            for item in &list.items {
                meter.step(0)?;
                match view(item) {
                    View::Invalid | View::Nil => {}
                    View::String(_) => strings.push(item.clone()),
                    _ => strings.push(string_of(item, meter)?.into()),
                }
            }
            strings
        }
        View::Bytes(bytes) => bytes.iter().map(|byte| Value::from(byte.to_string())).collect(),
        _ => vec![string_of(value, meter)?.into()],
    };
    Ok(strings)
}

fn print(call: &mut Call<'_>) -> Outcome {
    call.metered(sprint_all).map(Into::into)
}

fn println(call: &mut Call<'_>) -> Outcome {
    call.metered(sprintln).map(Into::into)
}

fn printf(call: &mut Call<'_>) -> Outcome {
    call.metered(|arguments, meter| sprintf(arguments[0].as_str().unwrap_or_default(), &arguments[1..], meter))
        .map(Into::into)
}

fn not_nil(arguments: &[Value]) -> impl Iterator<Item = &Value> {
    arguments.iter().filter(|value| !view(value).is_nil())
}

fn cat(call: &mut Call<'_>) -> Outcome {
    let text = call.metered(|arguments, meter| {
        let mut texts = Vec::new();
        for value in not_nil(arguments) {
            texts.push(sprint_metered(value, meter)?);
        }
        Ok::<_, Limit>(texts.join(" "))
    })?;
    Ok(normalize(text).into())
}

fn quoted(call: &mut Call<'_>) -> Outcome {
    let text = call.metered(|arguments, meter| {
        let mut texts = Vec::new();
        for value in not_nil(arguments) {
            let text = string_of(value, meter)?;
            meter.step(text.len())?;
            texts.push(quote::quote(&text));
        }
        Ok::<_, Limit>(texts.join(" "))
    })?;
    Ok(text.into())
}

fn squote(call: &mut Call<'_>) -> Outcome {
    let text = call.metered(|arguments, meter| {
        let mut texts = Vec::new();
        for value in not_nil(arguments) {
            let text = sprint_metered(value, meter)?;
            meter.step(text.len())?;
            texts.push(format!("'{text}'"));
        }
        Ok::<_, Limit>(texts.join(" "))
    })?;
    Ok(text.into())
}

fn to_string(call: &mut Call<'_>) -> Outcome {
    match call.view(0) {
        View::String(_) => Ok(call.value(0).clone()),
        _ => call
            .metered(|arguments, meter| string_of(&arguments[0], meter))
            .map(Into::into),
    }
}

fn to_strings(call: &mut Call<'_>) -> Outcome {
    call.metered(|arguments, meter| strings_of(&arguments[0], meter))
        .map(strings)
}

fn join(call: &mut Call<'_>) -> Outcome {
    let parts = call.metered(|arguments, meter| strings_of(&arguments[1], meter))?;
    joined(call, 0, &parts)
}

/// Joins strings with the separator in the argument at an index.
fn joined(call: &mut Call<'_>, separator: usize, parts: &[Value]) -> Outcome {
    let texts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
    let size = texts.iter().map(|text| text.len()).sum::<usize>()
        + texts.len().saturating_sub(1).saturating_mul(call.str(separator).len());
    call.charge_text(size)?;
    Ok(normalize(texts.join(call.str(separator))).into())
}
