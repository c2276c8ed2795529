//! BurntSushi/toml on dynamic values.

mod decode;
mod encode;
mod number;
mod scan;
mod table;

pub use decode::decode;
pub use encode::{EncodeError, encode};

/// The names of the locations that represent times without a zone.
const LOCAL_PLACES: [(&str, &str); 3] = [
    ("datetime-local", "2006-01-02T15:04:05.999999999"),
    ("date-local", "2006-01-02"),
    ("time-local", "15:04:05.999999999"),
];

/// Whether a key can be written without quotes.
fn is_bare(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Quotes a text with double quotes.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..' ' | '\u{7f}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Quotes a key if necessary.
fn key_text(key: &str) -> String {
    if is_bare(key) { key.to_owned() } else { quoted(key) }
}

/// Joins the parts of a key with dots.
fn path_text<T: AsRef<str>>(path: &[T]) -> String {
    path.iter()
        .map(|part| key_text(part.as_ref()))
        .collect::<Vec<_>>()
        .join(".")
}
