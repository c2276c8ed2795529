//! Go's builtin functions: logic, length, indexing and escaping.

use super::registry::go;
use super::{Call, Fault, Function, Outcome};
use gostd::string::{decode, encode_owned};
use gostd::unicode::{is_print, rune};
use govalue::Type::{Any, Reflect};
use govalue::{Element, UintType, Value, View, nil, sprint_all, uint_of, view};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    go("and", &[Reflect, Reflect], "reflect.Value", and, "the first empty value, or the last one").variadic(),
    go("call", &[Reflect, Reflect], "(reflect.Value, error)", call, "fails: a chart has no values that are functions").variadic(),
    go("html", &[Any], "string", html, "the values, escaped for HTML").variadic(),
    go("index", &[Reflect, Reflect], "(reflect.Value, error)", index, "the element of a map, list or string under a key or index, and so on into it").variadic(),
    go("js", &[Any], "string", js, "the values, escaped for JavaScript").variadic(),
    go("len", &[Reflect], "(int, error)", len, "the number of elements, or of bytes of a string"),
    go("not", &[Reflect], "bool", not, "whether the value is empty"),
    go("or", &[Reflect, Reflect], "reflect.Value", or, "the first value that is not empty, or the last one").variadic(),
    go("urlquery", &[Any], "string", urlquery, "the values, escaped for the query of a URL").variadic(),
];

fn and(call: &mut Call<'_>) -> Outcome {
    let found = call.rest(0).iter().find(|value| !value.is_true());
    Ok(found.or(call.rest(0).last()).cloned().unwrap_or_else(nil))
}

fn or(call: &mut Call<'_>) -> Outcome {
    let found = call.rest(0).iter().find(|value| value.is_true());
    Ok(found.or(call.rest(0).last()).cloned().unwrap_or_else(nil))
}

fn not(call: &mut Call<'_>) -> Outcome {
    Ok((!call.value(0).is_true()).into())
}

/// Always fails: no value in a chart is a function.
fn call(call: &mut Call<'_>) -> Outcome {
    let found = call.view(0);
    if found.is_nil() {
        return Err("call of nil".into());
    }
    let type_name = found.type_name().to_string();
    // The value as `reflect.Value.String` prints it.
    let piped = match found {
        View::String(text) => text.to_owned(),
        _ => format!("<{type_name} Value>"),
    };
    Err(Fault::NoFunction { piped, type_name })
}

fn len(call: &mut Call<'_>) -> Outcome {
    let length = match call.view(0) {
        View::Invalid => return Err("reflect: call of reflect.Value.Type on zero Value".into()),
        View::Nil => return Err("len of nil pointer".into()),
        View::String(text) => gostd::string::len(text),
        View::Bytes(bytes) => bytes.len(),
        View::List(list) => list.items.len(),
        View::Map(map) => map.len(),
        View::Struct(object) => {
            return Err(format!("len of type {}", object.type_name().trim_start_matches('*')).into());
        }
        found => return Err(format!("len of type {}", found.type_name()).into()),
    };
    Ok(Value::from(length))
}

fn index(call: &mut Call<'_>) -> Outcome {
    if call.view(0).is_nil() {
        return Err("index of untyped nil".into());
    }
    let mut item = call.value(0).clone();
    for key in call.rest(1) {
        item = element(&item, key)?;
    }
    Ok(item)
}

fn element(item: &Value, key: &Value) -> Outcome {
    match view(item) {
        View::Invalid | View::Nil => Err("index of nil pointer".into()),
        View::String(text) => {
            let bytes = decode(text);
            let at = offset(key, bytes.len())?;
            let byte = bytes.get(at).ok_or("reflect: string index out of range")?;
            Ok(uint_of(UintType::Uint8, u64::from(*byte)))
        }
        View::Bytes(bytes) => {
            let at = offset(key, bytes.len())?;
            let byte = bytes.get(at).ok_or("reflect: slice index out of range")?;
            Ok(uint_of(UintType::Uint8, u64::from(*byte)))
        }
        View::List(list) => {
            let at = offset(key, list.items.len())?;
            Ok(list.items.get(at).ok_or("reflect: slice index out of range")?.clone())
        }
        View::Map(map) => match view(key) {
            View::String(key) => Ok(map.get(key).unwrap_or_else(|| zero(map.map_type().element()))),
            View::Invalid | View::Nil => Err("value is nil; should be of type string".into()),
            found => Err(format!("value has type {}; should be string", found.type_name()).into()),
        },
        View::Struct(object) => Err(format!(
            "can't index item of type {}",
            object.type_name().trim_start_matches('*')
        )
        .into()),
        found => Err(format!("can't index item of type {}", found.type_name()).into()),
    }
}

/// The zero value that indexing a map returns for a missing key.
fn zero(element: Element) -> Value {
    match element {
        Element::String | Element::ApiVersion => Value::from(""),
        Element::Int => Value::from(0),
        Element::Float64 => Value::from(0.0),
        Element::Bytes => Value::from_bytes(Vec::new()),
        Element::Any | Element::Map | Element::List => nil(),
    }
}

fn offset(key: &Value, length: usize) -> Result<usize, Fault> {
    let out_of_range = |at: String| Fault::new(format!("index out of range: {at}"));
    match view(key) {
        View::Int(_, at) => usize::try_from(at)
            .ok()
            .filter(|&at| at <= length)
            .ok_or_else(|| out_of_range(at.to_string())),
        View::Uint(_, at) => usize::try_from(at)
            .ok()
            .filter(|&at| at <= length)
            .ok_or_else(|| out_of_range(at.cast_signed().to_string())),
        View::Invalid | View::Nil => Err("cannot index slice/array with nil".into()),
        found => Err(format!("cannot index slice/array with type {}", found.type_name()).into()),
    }
}

/// The arguments as one text: a single string unchanged, anything else as `fmt.Sprint` prints it.
fn text_of(call: &mut Call<'_>) -> Result<String, Fault> {
    if let [value] = call.rest(0)
        && let Some(text) = value.as_str()
    {
        let text = text.to_owned();
        call.charge_text(text.len())?;
        return Ok(text);
    }
    let arguments: Vec<Value> = call
        .rest(0)
        .iter()
        .map(|value| {
            if view(value).is_nil() {
                Value::from("<no value>")
            } else {
                value.clone()
            }
        })
        .collect();
    call.metered(|_, meter| sprint_all(&arguments, meter))
}

fn html(call: &mut Call<'_>) -> Outcome {
    let text = text_of(call)?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0' => out.push('\u{FFFD}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(c),
        }
    }
    Ok(out.into())
}

fn js(call: &mut Call<'_>) -> Outcome {
    let text = text_of(call)?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '\'' | '"' => out.extend(['\\', c]),
            '<' | '>' | '&' | '=' => out.push_str(&format!("\\u{:04X}", c as u32)),
            _ if c < ' ' => out.push_str(&format!("\\u{:04X}", c as u32)),
            _ if c.is_ascii() => out.push(c),
            // A byte that is not valid UTF-8 is copied, because Go treats U+FFFD as printable.
            _ if is_print(rune(c)) => out.push(c),
            _ => out.push_str(&format!("\\u{:04X}", c as u32)),
        }
    }
    Ok(out.into())
}

fn urlquery(call: &mut Call<'_>) -> Outcome {
    let text = text_of(call)?;
    let mut out = Vec::with_capacity(text.len());
    for &byte in decode(&text).iter() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte),
            b' ' => out.push(b'+'),
            _ => out.extend(format!("%{byte:02X}").bytes()),
        }
    }
    Ok(encode_owned(out).into())
}
