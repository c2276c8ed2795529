//! Go's `unicode` package: the character classes that templates can distinguish, in Go's version of Unicode.

mod tables;

use super::string::escaped_byte;

fn is_in(ranges: &[(u32, u32)], c: char) -> bool {
    let code = c as u32;
    let after = ranges.partition_point(|&(start, _)| start <= code);
    after > 0 && code <= ranges[after - 1].1
}

/// The character that Go decodes: a byte that is not UTF-8 is `U+FFFD` in Go.
pub fn rune(c: char) -> char {
    if escaped_byte(c).is_some() {
        char::REPLACEMENT_CHARACTER
    } else {
        c
    }
}

/// `unicode.IsLetter`.
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphabetic()
    } else {
        is_in(tables::LETTERS, c)
    }
}

/// `unicode.IsDigit`.
pub fn is_digit(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_digit()
    } else {
        is_in(tables::DIGITS, c)
    }
}

/// `unicode.IsUpper`.
pub fn is_upper(c: char) -> bool {
    c.is_uppercase() && is_letter(c)
}

/// `unicode.IsLower`.
pub fn is_lower(c: char) -> bool {
    c.is_lowercase() && is_letter(c) && !is_in(tables::LOWER_MODIFIERS, c)
}

/// `unicode.IsTitle`.
pub fn is_title(c: char) -> bool {
    is_in(tables::TITLE, c)
}

/// `unicode.IsPunct`.
pub fn is_punctuation(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_punctuation() && !matches!(c, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~')
    } else {
        is_in(tables::PUNCTUATION, c)
    }
}

/// `unicode.IsNumber`.
pub fn is_number(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_digit()
    } else {
        is_in(tables::NUMBERS, c)
    }
}

/// `unicode.IsSpace`.
pub fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{85}' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{2028}' | '\u{2029}'
        | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

/// `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub fn is_print(c: char) -> bool {
    if c.is_ascii() {
        matches!(c, ' '..='~')
    } else {
        !is_in(tables::UNPRINTABLE, c)
    }
}

/// `unicode.IsGraphic`: printable, or any space of category Zs.
pub fn is_graphic(c: char) -> bool {
    is_print(c)
        || matches!(
            c,
            '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}'
        )
}

/// `fmt`'s `%#U`: `U+0040 '@'`.
pub fn sharp_u(c: char) -> String {
    let c = rune(c);
    if is_print(c) {
        format!("U+{:04X} '{c}'", c as u32)
    } else {
        format!("U+{:04X}", c as u32)
    }
}
