//! The elements of the syntax as Go parses them: characters, numbers, types.

use gostd::quote::quote;
use gostd::string as gostring;
use goyaml::{Node, Value};

/// The characters as Go reads them, with their offsets: an invalid byte becomes a replacement character.
pub(super) fn runes(text: &str) -> Vec<(char, usize)> {
    if !gostring::may_have_escapes(text) {
        return text.char_indices().map(|(at, c)| (c, at)).collect();
    }
    let bytes = gostring::decode(text);
    let mut origins = text.char_indices().flat_map(|(at, c)| {
        let width = if gostring::escaped_byte(c).is_some() {
            1
        } else {
            c.len_utf8()
        };
        std::iter::repeat_n(at, width)
    });
    let mut runes = Vec::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            runes.push((c, origins.next().unwrap_or(0)));
            (1..c.len_utf8()).for_each(|_| {
                origins.next();
            });
        }
        for _ in chunk.invalid() {
            runes.push((char::REPLACEMENT_CHARACTER, origins.next().unwrap_or(0)));
        }
    }
    runes
}

/// `strconv.Atoi`. Of two errors, the one that occurs first is returned.
pub(super) fn atoi(text: &str) -> Result<i64, &'static str> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() {
        return Err("invalid syntax");
    }
    let mut size = 0u64;
    for c in digits.chars() {
        let digit = c.to_digit(10).ok_or("invalid syntax")?;
        size = size
            .checked_mul(10)
            .and_then(|size| size.checked_add(u64::from(digit)))
            .ok_or("value out of range")?;
    }
    text.parse().map_err(|_| "value out of range")
}

/// Parses a value of `--set` that is not a string; `None` for a string.
pub(super) fn typed_value(text: &str) -> Option<Value> {
    // Go's comparison uses Unicode case folding, in which the long s equals an s.
    let is = |word: &str| {
        text.chars().count() == word.len()
            && text
                .chars()
                .zip(word.chars())
                .all(|(c, expected)| c.eq_ignore_ascii_case(&expected) || c == 'ſ' && expected == 's')
    };
    if is("true") {
        Some(Value::Bool(true))
    } else if is("false") {
        Some(Value::Bool(false))
    } else if is("null") {
        Some(Value::Null)
    } else if text == "0" {
        Some(Value::Int(0))
    } else if text.starts_with('0') {
        None
    } else {
        text.parse().ok().map(Value::Int)
    }
}

/// `%q` of a text without escapes.
pub(super) fn go_quote(text: &str) -> String {
    quote(&gostring::encode(text.as_bytes()))
}

/// The error of a failed Go type assertion.
pub(super) fn not_a(wanted: &str, node: &Node) -> String {
    let found = match &node.value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Uint(_) => "uint64",
        Value::Float(_) => "float64",
        Value::String(_) => "string",
        Value::List(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    };
    format!("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")
}
