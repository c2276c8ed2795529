//! Stores Go strings in Rust strings without loss.
//!
//! A Go string is a sequence of bytes: `trunc 1 "é"` cuts a character in two, `b64dec` produces arbitrary bytes, and a
//! file of a chart need not be UTF-8. minijinja works on `str`. Therefore a string inside promchart is a `str` in which
//! each byte that is not part of a UTF-8 character is stored as the character `U+10FF00 + byte` (private use, plane
//! 16). [`encode`] and [`decode`] convert between the two. If an input contains the reserved characters themselves,
//! they are encoded byte by byte, so the mapping is lossless for every input. The block below the byte escapes,
//! `U+10FE00..=U+10FEFF`, is reserved too: the lowered templates use it for delimiters, and no encoded text can contain
//! them.
//!
//! All escapes start with the byte 0xF4, which in practice no other text of a chart contains. So the search for escapes
//! is a `memchr`, and without a match every operation is a plain `str` operation.

use std::borrow::Cow;

/// The first character of the reserved block, which no input text contains.
pub const RESERVED_START: char = '\u{10FE00}';
/// The character for the byte 0x00; those for the other bytes follow in order.
const BYTE_START: u32 = 0x10_FF00;

/// Whether `c` is a reserved character.
fn is_reserved(c: char) -> bool {
    c >= RESERVED_START
}

/// Returns the byte that `c` stands for, if it is an escape.
///
/// ```
/// use gostd::string::{encode, escaped_byte};
/// let text = encode(&[b'a', 0xff]);
/// assert_eq!(text.chars().map(escaped_byte).collect::<Vec<_>>(), [None, Some(0xff)]);
/// ```
pub fn escaped_byte(c: char) -> Option<u8> {
    u8::try_from((c as u32).checked_sub(BYTE_START)?).ok()
}

/// Appends the escape of one byte.
fn push_byte(text: &mut String, byte: u8) {
    text.push(char::from_u32(BYTE_START + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER));
}

/// Whether a string may contain escapes, so that [`decode`] has to examine it.
pub fn may_have_escapes(text: &str) -> bool {
    memchr::memchr(0xF4, text.as_bytes()).is_some()
}

/// Encodes bytes as a string: UTF-8 is unchanged, other bytes are escaped.
///
/// ```
/// use gostd::string::{decode, encode};
/// assert_eq!(encode("é".as_bytes()), "é");
/// let half = encode(&"é".as_bytes()[..1]);
/// assert_eq!(decode(&half).as_ref(), &"é".as_bytes()[..1]);
/// ```
pub fn encode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !may_have_escapes(text)
    {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        push_valid(&mut text, chunk.valid());
        for &byte in chunk.invalid() {
            push_byte(&mut text, byte);
        }
    }
    Cow::Owned(text)
}

/// Like [`encode`], but without a copy if the bytes need no escapes.
pub fn encode_owned(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) if !may_have_escapes(&text) => text,
        Ok(text) => encode(text.as_bytes()).into_owned(),
        Err(error) => encode(error.as_bytes()).into_owned(),
    }
}

fn push_valid(text: &mut String, valid: &str) {
    if !may_have_escapes(valid) {
        text.push_str(valid);
        return;
    }
    for c in valid.chars() {
        if is_reserved(c) {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                push_byte(text, byte);
            }
        } else {
            text.push(c);
        }
    }
}

/// Returns the bytes of a string.
pub fn decode(text: &str) -> Cow<'_, [u8]> {
    if !may_have_escapes(text) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match escaped_byte(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// The length in bytes, as returned by Go's `len`.
pub fn len(text: &str) -> usize {
    if may_have_escapes(text) {
        decode(text).len()
    } else {
        text.len()
    }
}

/// Repairs the result of a concatenation: escapes of bytes that together form a character become this character.
///
/// Only needed for strings that were joined and may contain escapes; any other input is returned unchanged.
pub fn normalize(text: String) -> String {
    if may_have_escapes(&text) {
        encode(&decode(&text)).into_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_the_round_trip() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)).as_ref(), all);
    }

    #[test]
    fn reserved_characters_survive_the_round_trip() {
        let text = "a\u{10FF41}b\u{10FE00}\u{10FFFF}";
        let encoded = encode(text.as_bytes());
        assert!(!encoded.contains('\u{10FE00}'));
        assert_eq!(decode(&encoded).as_ref(), text.as_bytes());
    }

    #[test]
    fn halves_join_to_a_character() {
        let (first, second) = "é".as_bytes().split_at(1);
        let joined = format!("{}{}", encode(first), encode(second));
        assert_eq!(normalize(joined), "é");
        assert_eq!(len(&encode(first)), 1);
    }
}
