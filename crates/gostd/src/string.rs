//! Go strings in Rust strings, without losing a byte.
//!
//! A Go string is a sequence of bytes: `trunc 1 "é"` cuts a character in two, `b64dec` makes any bytes at all, and a
//! file of a chart need not be UTF-8. minijinja writes `str`. So a string inside promchart is a `str` in which a byte that
//! is no part of a UTF-8 character stands as the character `U+10FF00 + byte` (private use, plane 16). [`encode`] and
//! [`decode`] go there and back; the reserved characters themselves, should an input hold them, are encoded byte by byte,
//! so that the mapping is lossless for every input. The block below the byte escapes, `U+10FE00..=U+10FEFF`, is reserved
//! too: the lowered templates take their delimiters from it, and no encoded text can contain them.
//!
//! The escapes all begin with the byte 0xF4, which no other text of a chart does in practice: "is there one?" is a
//! `memchr`, and every operation is a plain `str` operation when there is none.

use std::borrow::Cow;

/// The first character of the block that is kept free of input text.
pub const RESERVED_START: char = '\u{10FE00}';
/// The character that stands for the byte 0x00; the others follow in order.
const BYTE_START: u32 = 0x10_FF00;

/// Whether `c` is one of the characters that promchart keeps for itself.
fn is_reserved(c: char) -> bool {
    c >= RESERVED_START
}

/// The byte that `c` stands for, if it stands for one.
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

/// Whether a string may hold escapes, i.e. whether [`decode`] would have to look closer.
pub fn may_have_escapes(text: &str) -> bool {
    memchr::memchr(0xF4, text.as_bytes()).is_some()
}

/// Bytes as a string: unchanged where they are UTF-8, escaped where they are not.
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

/// Like [`encode`], without a copy where the bytes need none.
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

/// The bytes that a string stands for.
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

/// The length in bytes that Go's `len` would tell.
pub fn len(text: &str) -> usize {
    if may_have_escapes(text) {
        decode(text).len()
    } else {
        text.len()
    }
}

/// Joins what a concatenation tore apart: escapes of bytes that together are a character become this character.
///
/// Needed only where strings that may hold escapes were put together; returns its input untouched otherwise.
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
