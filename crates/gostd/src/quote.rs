//! Go's `strconv.Quote` and `Unquote`.

use super::string::{decode, encode_owned, escaped_byte, may_have_escapes};
use super::unicode::is_print;

/// The error of `strconv.Unquote`, which gives no further details.
pub const INVALID_SYNTAX: &str = "invalid syntax";

/// `strconv.Quote`: double quotes, Go's escapes.
pub fn quote(text: &str) -> String {
    quote_with(text, '"', false)
}

/// `strconv.QuoteToASCII`.
pub fn quote_ascii(text: &str) -> String {
    quote_with(text, '"', true)
}

/// `strconv.QuoteRune`.
pub fn quote_rune(c: char, ascii_only: bool) -> String {
    let mut quoted = String::from('\'');
    push_rune(&mut quoted, c, '\'', ascii_only);
    quoted.push('\'');
    quoted
}

/// `strconv.QuoteRune` for any printable character.
pub fn quote_char(c: char) -> String {
    quote_rune(c, false)
}

/// `strconv.CanBackquote`: whether the text can be quoted with backquotes.
pub fn can_backquote(text: &str) -> bool {
    text.chars()
        .all(|c| escaped_byte(c).is_none() && c != '\u{FEFF}' && c != '\u{7F}' && c != '`' && (c >= ' ' || c == '\t'))
}

fn quote_with(text: &str, quote: char, ascii_only: bool) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    if may_have_escapes(text) {
        // Reserved characters are stored as the bytes of their UTF-8; they become whole characters here.
        for chunk in decode(text).utf8_chunks() {
            chunk
                .valid()
                .chars()
                .for_each(|c| push_rune(&mut quoted, c, quote, ascii_only));
            chunk
                .invalid()
                .iter()
                .for_each(|&byte| push_hex(&mut quoted, "\\x", u32::from(byte), 2));
        }
    } else {
        text.chars().for_each(|c| push_rune(&mut quoted, c, quote, ascii_only));
    }
    quoted.push(quote);
    quoted
}

fn push_rune(quoted: &mut String, c: char, quote: char, ascii_only: bool) {
    match c {
        _ if c == quote || c == '\\' => {
            quoted.push('\\');
            quoted.push(c);
        }
        _ if is_print(c) && (c.is_ascii() || !ascii_only) => quoted.push(c),
        '\u{07}' => quoted.push_str("\\a"),
        '\u{08}' => quoted.push_str("\\b"),
        '\u{0C}' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\u{0B}' => quoted.push_str("\\v"),
        _ if c < ' ' || c == '\u{7F}' => push_hex(quoted, "\\x", c as u32, 2),
        _ if (c as u32) < 0x10000 => push_hex(quoted, "\\u", c as u32, 4),
        _ => push_hex(quoted, "\\U", c as u32, 8),
    }
}

fn push_hex(text: &mut String, prefix: &str, value: u32, width: usize) {
    text.push_str(prefix);
    for at in (0..width).rev() {
        text.push(char::from_digit((value >> (4 * at)) & 0xf, 16).unwrap_or('0'));
    }
}

/// One unit of a quoted text.
enum Unit {
    /// A literal character, or the [escape](super::string::encode) of a literal byte.
    Raw(char),
    /// The character of an escape sequence.
    Char(char),
    /// The byte of a `\x` or octal escape sequence.
    Byte(u8),
}

/// `strconv.Unquote` for double-quoted and backquoted texts. Templates do not need its third form.
pub fn unquote(quoted: &str) -> Result<String, &'static str> {
    let mut chars = quoted.chars();
    let (Some(open), Some(close)) = (chars.next(), chars.next_back()) else {
        return Err(INVALID_SYNTAX);
    };
    if open != close {
        return Err(INVALID_SYNTAX);
    }
    let inner = chars.as_str();
    match open {
        '`' if !inner.contains('`') => Ok(inner.replace('\r', "")),
        '"' => unquote_inner(inner, '"'),
        _ => Err(INVALID_SYNTAX),
    }
}

/// Prometheus' `strutil.Unquote`: like [`unquote`], but single quotes enclose whole strings too, and backquoted texts
/// keep their carriage returns.
///
/// # Errors
/// The text is not a string literal: Go's message.
pub fn unquote_promql(quoted: &str) -> Result<String, &'static str> {
    let mut chars = quoted.chars();
    match (chars.next(), chars.next_back()) {
        (Some('`'), Some('`')) if !chars.as_str().contains('`') => Ok(chars.as_str().to_owned()),
        (Some('"'), Some('"')) => unquote_inner(chars.as_str(), '"'),
        (Some('\''), Some('\'')) => unquote_inner(chars.as_str(), '\''),
        _ => Err(INVALID_SYNTAX),
    }
}

/// Unquotes the text between the quotes.
fn unquote_inner(inner: &str, quote: char) -> Result<String, &'static str> {
    if inner.contains('\n') {
        return Err(INVALID_SYNTAX);
    }
    if !inner.contains(['\\', quote]) {
        return Ok(inner.to_owned());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.chars();
    while !rest.as_str().is_empty() {
        match unquote_char(&mut rest, quote)? {
            Unit::Byte(byte) => bytes.push(byte),
            Unit::Raw(c) if let Some(byte) = escaped_byte(c) => bytes.push(byte),
            Unit::Raw(c) | Unit::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Ok(encode_owned(bytes))
}

/// Parses a character constant such as `'a'` or `'\n'`, as Go's template parser does.
pub fn unquote_char_constant(quoted: &str) -> Result<u32, String> {
    let mut rest = quoted.chars();
    rest.next();
    let value = match unquote_char(&mut rest, '\'')? {
        Unit::Raw(c) => super::unicode::rune(c) as u32,
        Unit::Char(c) => c as u32,
        Unit::Byte(byte) => u32::from(byte),
    };
    if rest.as_str() == "'" {
        Ok(value)
    } else {
        Err(format!("malformed character constant: {quoted}"))
    }
}

/// `strconv.UnquoteChar`: reads one character or escape sequence from the front.
fn unquote_char(rest: &mut std::str::Chars<'_>, quote: char) -> Result<Unit, &'static str> {
    let hex = |rest: &mut std::str::Chars<'_>, digits: u32| {
        (0..digits)
            .try_fold(0u32, |value, _| Some(value << 4 | rest.next()?.to_digit(16)?))
            .ok_or(INVALID_SYNTAX)
    };
    let c = rest.next().ok_or(INVALID_SYNTAX)?;
    if c == quote {
        return Err(INVALID_SYNTAX);
    }
    if c != '\\' {
        return Ok(Unit::Raw(c));
    }
    let escape = rest.next().ok_or(INVALID_SYNTAX)?;
    Ok(Unit::Char(match escape {
        'a' => '\u{07}',
        'b' => '\u{08}',
        'f' => '\u{0C}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{0B}',
        '\\' => '\\',
        '\'' | '"' if escape == quote => escape,
        'x' => return Ok(Unit::Byte(u8::try_from(hex(rest, 2)?).map_err(|_| INVALID_SYNTAX)?)),
        'u' => char::from_u32(hex(rest, 4)?).ok_or(INVALID_SYNTAX)?,
        'U' => char::from_u32(hex(rest, 8)?).ok_or(INVALID_SYNTAX)?,
        '0'..='7' => {
            let mut value = escape as u32 - '0' as u32;
            for _ in 0..2 {
                value = value << 3 | rest.next().and_then(|c| c.to_digit(8)).ok_or(INVALID_SYNTAX)?;
            }
            return Ok(Unit::Byte(u8::try_from(value).map_err(|_| INVALID_SYNTAX)?));
        }
        _ => return Err(INVALID_SYNTAX),
    }))
}

/// Formats a value as `log/slog` does: quoted if necessary.
pub fn log_value(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_graphic() && c != '"' && c != '=';
    if !value.is_empty() && value.chars().all(is_plain) {
        value.to_owned()
    } else {
        quote(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_and_back() {
        for text in ["", "a\"b\\", "\n\t\u{0}\u{7f}", "é日\u{FEFF}\u{1F600}", "\u{200B}"] {
            assert_eq!(unquote(&quote(text)).unwrap(), text);
            assert_eq!(unquote(&quote_ascii(text)).unwrap(), text);
        }
        assert_eq!(quote("é\u{0}\u{200B}"), "\"é\\x00\\u200b\"");
        assert_eq!(quote_ascii("é😀"), "\"\\u00e9\\U0001f600\"");
        assert_eq!(quote_rune('\'', false), "'\\''");
    }

    #[test]
    fn bytes_that_are_no_character_survive() {
        let text = unquote(r#""\xff\303\251""#).unwrap();
        assert_eq!(crate::string::decode(&text).as_ref(), b"\xff\xc3\xa9");
        assert_eq!(quote(&text), "\"\\xffé\"");
    }

    #[test]
    fn refused() {
        for text in [
            "\"",
            "\"a",
            "\"\\'\"",
            "\"\\z\"",
            "\"\\400\"",
            "\"\\ud800\"",
            "\"a\"b\"",
            "`a`b`",
            "'a'",
        ] {
            assert_eq!(unquote(text), Err(INVALID_SYNTAX), "{text}");
        }
        assert_eq!(
            unquote_char_constant("'ab'").unwrap_err(),
            "malformed character constant: 'ab'"
        );
    }
}
