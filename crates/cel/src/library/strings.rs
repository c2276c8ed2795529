//! String functions: cel-go's `ext/strings.go` and `ext/formatting.go`.

use crate::error::{Error, fail};
use crate::library::times;
use crate::value::Value;

/// `indexOf`.
pub(crate) fn index_of(text: &str, part: &str, offset: i64) -> Result<i64, Error> {
    let Ok(from) = usize::try_from(offset) else {
        return fail(format!("index out of range: {offset}"));
    };
    let letters: Vec<char> = text.chars().collect();
    let part: Vec<char> = part.chars().collect();
    if part.is_empty() {
        return Ok(offset.min(whole(letters.len())));
    }
    if from >= letters.len() {
        return Ok(-1);
    }
    let found = letters[from..]
        .windows(part.len())
        .position(|window| *window == part[..]);
    Ok(found.map_or(-1, |at| whole(from + at)))
}

/// `lastIndexOf`.
pub(crate) fn last_index_of(text: &str, part: &str, offset: Option<i64>) -> Result<i64, Error> {
    let letters: Vec<char> = text.chars().collect();
    let part: Vec<char> = part.chars().collect();
    let Some(offset) = offset else {
        if part.is_empty() {
            return Ok(whole(letters.len()));
        }
        let found = letters.windows(part.len()).rposition(|window| *window == part[..]);
        return Ok(found.map_or(-1, whole));
    };
    let Ok(from) = usize::try_from(offset) else {
        return fail(format!("index out of range: {offset}"));
    };
    if part.is_empty() {
        return Ok(offset.min(whole(letters.len())));
    }
    if from >= letters.len() {
        return Ok(-1);
    }
    let end = letters.len().min(from.saturating_add(part.len()));
    let found = letters[..end]
        .windows(part.len())
        .rposition(|window| *window == part[..]);
    Ok(found.map_or(-1, whole))
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// `charAt`.
pub(crate) fn char_at(text: &str, index: i64) -> Result<Value, Error> {
    let count = text.chars().count();
    match usize::try_from(index) {
        Ok(at) if at <= count => Ok(text.chars().nth(at).map(String::from).unwrap_or_default().into()),
        _ => fail(format!("index out of range: {index}")),
    }
}

/// `substring`.
pub(crate) fn substring(text: &str, start: i64, end: Option<i64>) -> Result<Value, Error> {
    let count = whole(text.chars().count());
    if let Some(end) = end
        && start > end
    {
        return fail(format!("invalid substring range. start: {start}, end: {end}"));
    }
    let end = end.unwrap_or(count);
    for index in [start, end] {
        if !(0..=count).contains(&index) {
            return fail(format!("index out of range: {index}"));
        }
    }
    let (from, length) = (usize::try_from(start), usize::try_from(end - start));
    let letters = text
        .chars()
        .skip(from.unwrap_or_default())
        .take(length.unwrap_or_default());
    Ok(letters.collect::<String>().into())
}

/// `replace`; a negative count replaces all.
pub(crate) fn replace(text: &str, from: &str, to: &str, count: i64) -> String {
    match usize::try_from(count) {
        Ok(count) => text.replacen(from, to, count),
        Err(_) => text.replace(from, to),
    }
}

/// `split`; a negative count splits at each separator.
pub(crate) fn split(text: &str, separator: &str, count: i64) -> Vec<Value> {
    let part = |part: &str| Value::from(part);
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    if most == 0 {
        return Vec::new();
    }
    if separator.is_empty() {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            if parts.len() + 1 == most {
                break;
            }
            let (first, behind) = rest.split_at(letter.len_utf8());
            parts.push(part(first));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(part(rest));
        }
        return parts;
    }
    text.splitn(most, separator).map(part).collect()
}

/// A text quoted by CEL's `strings.quote`.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `format`.
pub(crate) fn format(text: &str, arguments: &[Value]) -> Result<String, Error> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut next = arguments.iter();
    let mut index = 0;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            out.push('%');
            rest = behind;
            continue;
        }
        if rest.is_empty() {
            return fail("unexpected end of string");
        }
        let mut precision = 6;
        if let Some(behind) = rest.strip_prefix('.') {
            let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
            let Ok(number) = behind[..end].parse::<usize>() else {
                return fail("error while parsing precision: unable to find end of precision specifier");
            };
            precision = number.min(100);
            rest = &behind[end..];
        }
        let Some(verb) = rest.chars().next() else {
            return fail("unexpected end of string");
        };
        rest = &rest[verb.len_utf8()..];
        if !matches!(verb, 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o') {
            return fail(format!(
                "could not parse formatting clause: unrecognized formatting clause \"{verb}\""
            ));
        }
        let Some(argument) = next.next() else {
            return fail(format!("index {index} out of range"));
        };
        index += 1;
        out.push_str(&clause(verb, precision, argument)?);
    }
    out.push_str(rest);
    Ok(out)
}

fn clause(verb: char, precision: usize, value: &Value) -> Result<String, Error> {
    let wrong = |what: &str| {
        fail(format!(
            "error during formatting: {what}, was given {}",
            value.type_name()
        ))
    };
    Ok(match (verb, value) {
        ('s', value) => text(value)?,
        ('d', Value::Int(number)) => number.to_string(),
        ('d', Value::Uint(number)) => number.to_string(),
        ('d', _) => return wrong("decimal clause can only be used on integers"),
        ('f', value) => match number(value) {
            Some(number) => fixed(number, precision),
            None => return wrong("fixed-point clause can only be used on doubles"),
        },
        ('e', value) => match number(value) {
            Some(number) => scientific(number, precision),
            None => return wrong("scientific clause can only be used on doubles"),
        },
        ('b', Value::Int(number)) => signed(*number, |number| format!("{number:b}")),
        ('b', Value::Uint(number)) => format!("{number:b}"),
        ('b', Value::Bool(value)) => u8::from(*value).to_string(),
        ('b', _) => return wrong("only integers and bools can be formatted as binary"),
        ('o', Value::Int(number)) => signed(*number, |number| format!("{number:o}")),
        ('o', Value::Uint(number)) => format!("{number:o}"),
        ('o', _) => return wrong("octal clause can only be used on integers"),
        (_, Value::Int(number)) => hex(verb, &signed(*number, |number| format!("{number:x}"))),
        (_, Value::Uint(number)) => hex(verb, &format!("{number:x}")),
        (_, Value::String(text)) => hex(verb, &bytes_hex(text.as_bytes())),
        (_, Value::Bytes(bytes)) => hex(verb, &bytes_hex(bytes)),
        _ => return wrong("only integers, byte buffers, and strings can be formatted as hex"),
    })
}

fn hex(verb: char, text: &str) -> String {
    if verb == 'X' {
        text.to_uppercase()
    } else {
        text.to_owned()
    }
}

fn bytes_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signed(number: i64, shown: impl Fn(u64) -> String) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", shown(number.unsigned_abs()))
}

/// The value of a double, or of the strings that stand for NaN and the infinities.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) => Some(*number),
        Value::String(text) => match &**text {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// Formats a number with fixed precision and with commas between thousands, as cel-go does for English.
fn fixed(number: f64, precision: usize) -> String {
    if !number.is_finite() {
        return special(number, "∞");
    }
    let plain = format!("{:.precision$}", number.abs());
    let (whole, fraction) = plain.split_once('.').map_or((&*plain, None), |(w, f)| (w, Some(f)));
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    if number.is_sign_negative() {
        format!("-{out}")
    } else {
        out
    }
}

fn scientific(number: f64, precision: usize) -> String {
    if !number.is_finite() {
        return special(number, "∞");
    }
    let plain = format!("{number:.precision$e}");
    let (digits, exponent) = plain.split_once('e').unwrap_or((&plain, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if exponent < 0 { "⁻" } else { "" };
    let raised: String = format!("{:02}", exponent.abs())
        .bytes()
        .map(|digit| SUPERSCRIPT[usize::from(digit - b'0')])
        .collect();
    format!("{digits}×10{sign}{raised}")
}

const SUPERSCRIPT: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

fn special(number: f64, infinity: &str) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number > 0.0 {
        infinity.to_owned()
    } else {
        format!("-{infinity}")
    }
}

/// The text of a value by `%s` and `string()`. The caller rejects the types that `string()` does not support.
pub(crate) fn text(value: &Value) -> Result<String, Error> {
    Ok(match value {
        Value::Null => "null".to_owned(),
        Value::List(list) => {
            let items: Result<Vec<String>, Error> = list.items.iter().map(literal).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Map(map) => {
            let mut entries = Vec::with_capacity(map.entries.len());
            for (key, value) in &map.entries {
                entries.push(format!("{}:{}", literal(&key.value())?, literal(value)?));
            }
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Double(number) => double(*number),
        Value::String(text) => text.to_string(),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => return fail("error during formatting: could not convert argument to string"),
        },
        Value::Duration(nanos) => times::duration_text(*nanos),
        Value::Timestamp(time) => times::timestamp_text(*time),
        Value::Type(name) => name.to_string(),
        other => {
            return fail(format!(
                "error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, \
                 durations, and timestamps, was given {}",
                other.type_name()
            ));
        }
    })
}

/// The text of a value inside a list or a map.
fn literal(value: &Value) -> Result<String, Error> {
    Ok(match value {
        Value::String(text) => super::net::quoted(text),
        Value::Bytes(bytes) => format!("b{}", super::net::quoted(&String::from_utf8_lossy(bytes))),
        Value::Double(number) if number.is_nan() => "\"NaN\"".to_owned(),
        Value::Double(number) if number.is_infinite() => {
            format!("\"{}Inf\"", if *number > 0.0 { '+' } else { '-' })
        }
        Value::Double(number) => format!("{number:.6}"),
        Value::Duration(_) => format!("duration(\"{}\")", text(value)?),
        Value::Timestamp(_) => format!("timestamp(\"{}\")", text(value)?),
        Value::Optional(_)
        | Value::Quantity(_)
        | Value::Url(_)
        | Value::Ip(_)
        | Value::Cidr(_)
        | Value::Semver(_)
        | Value::Format(_) => {
            return fail(format!(
                "error during formatting: no formatting function for {}",
                value.type_name()
            ));
        }
        other => text(other)?,
    })
}

/// Formats a number as Go's `%g` does.
pub(crate) fn double(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let plain = format!("{number:e}");
    let (digits, exponent) = plain.split_once('e').unwrap_or((&plain, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
