//! Go's `strconv.ParseInt` and `ParseUint`.

use std::fmt;

/// The reason why a text is not an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntError {
    /// The syntax is invalid.
    Syntax,
    /// The integer does not fit the type.
    Range,
}

impl fmt::Display for IntError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "invalid syntax",
            Self::Range => "value out of range",
        })
    }
}

/// `strconv.ParseUint(text, base, 64)`. With base 0 the prefix determines the base, and underscores are allowed.
pub fn parse_uint(text: &str, base: u32) -> Result<u64, IntError> {
    if text.is_empty() {
        return Err(IntError::Syntax);
    }
    let (digits, radix) = if base == 0 { split_prefix(text) } else { (text, base) };
    if base == 0 && text.contains('_') && !underscores_ok(text) {
        return Err(IntError::Syntax);
    }
    let mut value: u64 = 0;
    let mut overflow = false;
    let mut seen = false;
    for c in digits.chars() {
        if c == '_' && base == 0 {
            continue;
        }
        // Go reports an overflow as out of range only if all following digits are valid.
        let digit = c.to_digit(36).filter(|&digit| digit < radix).ok_or(IntError::Syntax)?;
        seen = true;
        match value
            .checked_mul(u64::from(radix))
            .and_then(|value| value.checked_add(u64::from(digit)))
        {
            Some(next) => value = next,
            None => overflow = true,
        }
        if overflow {
            return Err(IntError::Range);
        }
    }
    if seen { Ok(value) } else { Err(IntError::Syntax) }
}

/// `strconv.ParseInt(text, base, 64)`.
pub fn parse_int(text: &str, base: u32) -> Result<i64, IntError> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let value = parse_uint(digits, base)?;
    if negative {
        0i64.checked_sub_unsigned(value).ok_or(IntError::Range)
    } else {
        i64::try_from(value).map_err(|_| IntError::Range)
    }
}

/// The digits after the prefix, and the base that the prefix denotes.
fn split_prefix(text: &str) -> (&str, u32) {
    let bytes = text.as_bytes();
    if bytes[0] != b'0' {
        return (text, 10);
    }
    let radix = match bytes.get(1).map(u8::to_ascii_lowercase) {
        Some(b'x') => 16,
        Some(b'b') => 2,
        Some(b'o') => 8,
        // A lone 0 is decimal; 0777 is octal.
        _ => return if text.len() == 1 { (text, 10) } else { (&text[1..], 8) },
    };
    if text.len() < 3 {
        (text, 10)
    } else {
        (&text[2..], radix)
    }
}

/// Whether each underscore is between two digits, or between a base prefix and a digit.
pub fn underscores_ok(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let bytes = text.as_bytes();
    let mut last = b'^'; // start of the number; later 0: digit, _: underscore, !: anything else
    let mut at = 0;
    let mut hex = false;
    if bytes.len() >= 2 && bytes[0] == b'0' && matches!(bytes[1].to_ascii_lowercase(), b'b' | b'o' | b'x') {
        at = 2;
        last = b'0'; // a base prefix counts as a digit
        hex = bytes[1].eq_ignore_ascii_case(&b'x');
    }
    for &byte in &bytes[at..] {
        if byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit() {
            last = b'0';
        } else if byte == b'_' {
            if last != b'0' {
                return false;
            }
            last = b'_';
        } else {
            if last == b'_' {
                return false;
            }
            last = b'!';
        }
    }
    last != b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_zero_reads_prefixes_and_underscores() {
        let good = [
            ("0", 0),
            ("0777", 511),
            ("0o17", 15),
            ("0b101", 5),
            ("0x1F", 31),
            ("1_000", 1000),
            ("0x_1", 1),
        ];
        for (text, value) in good {
            assert_eq!(parse_int(text, 0), Ok(value), "{text}");
        }
        for text in ["", "0x", "1__0", "_1", "1_", "089", "a", "0_x1", "-"] {
            assert_eq!(parse_int(text, 0), Err(IntError::Syntax), "{text}");
        }
        assert_eq!(parse_int("-9223372036854775808", 0), Ok(i64::MIN));
        assert_eq!(parse_int("9223372036854775808", 0), Err(IntError::Range));
        assert_eq!(parse_uint("18446744073709551615", 0), Ok(u64::MAX));
    }
}
