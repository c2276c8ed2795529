//! Resolves plain scalars by go-yaml's table.
//!
//! That is mainly YAML 1.1 (`yes`, `0777`, `1_000`), plus some number syntax of Go's `strconv` (`0o17`, `0b+1`). The
//! emitter uses the same table to decide whether a string needs quotes; go-yaml v3, which writes `toYamlPretty`,
//! differs in a few entries.

use gostd::float as gofloat;

/// The resolved type of a scalar, with its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// A date; it remains a string.
    Timestamp,
    String,
}

/// The version of go-yaml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V2,
    V3,
}

impl Scalar {
    /// The short form of the type's tag.
    fn tag(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Uint(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::String => "!!str",
        }
    }
}

/// The tag of a scalar, as far as go-yaml distinguishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// No tag.
    None,
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Binary,
    Merge,
    /// `!`: makes any scalar a string, yet counts as no tag where go-yaml checks for one.
    NonSpecific,
    /// Any other tag: the scalar is a string.
    Other,
}

impl Tag {
    /// The tag of a full tag text; an empty text is no tag.
    pub(super) fn new(text: &[u8]) -> Self {
        match text.strip_prefix(b"tag:yaml.org,2002:") {
            _ if text.is_empty() => Self::None,
            _ if text == b"!" => Self::NonSpecific,
            Some(b"null") => Self::Null,
            Some(b"bool") => Self::Bool,
            Some(b"int") => Self::Int,
            Some(b"float") => Self::Float,
            Some(b"timestamp") => Self::Timestamp,
            Some(b"binary") => Self::Binary,
            Some(b"merge") => Self::Merge,
            _ => Self::Other,
        }
    }
}

/// Resolves a text with a tag other than [`Tag::Binary`].
///
/// # Errors
/// go-yaml's message, if the text is invalid for the tag.
pub(super) fn resolve_tagged(version: Version, tag: Tag, text: &str) -> Result<Scalar, String> {
    let wanted = match tag {
        Tag::None => return Ok(resolve(version, text)),
        Tag::Null => Scalar::Null,
        Tag::Bool => Scalar::Bool(true),
        Tag::Int => Scalar::Int(0),
        Tag::Float => Scalar::Float(0.0),
        Tag::Timestamp => Scalar::Timestamp,
        Tag::Binary | Tag::Merge | Tag::NonSpecific | Tag::Other => return Ok(Scalar::String),
    };
    let scalar = match resolve(version, text) {
        // Dates are recognized only with the tag `!!timestamp` or without a tag.
        Scalar::Timestamp if tag != Tag::Timestamp => number(version, text),
        scalar => scalar,
    };
    match scalar {
        scalar if scalar.tag() == wanted.tag() => Ok(scalar),
        #[allow(clippy::cast_precision_loss)] // as Go converts
        Scalar::Int(value) if tag == Tag::Float => Ok(Scalar::Float(value as f64)),
        other => Err(format!("cannot decode {} `{text}` as a {}", other.tag(), wanted.tag())),
    }
}

/// Resolves a text without a tag.
pub(super) fn resolve(version: Version, text: &str) -> Scalar {
    let Some(&first) = text.as_bytes().first() else {
        return Scalar::Null;
    };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(version, text),
        b'.' => match word(version, text) {
            Scalar::String => gofloat::parse(text).map_or(Scalar::String, Scalar::Float),
            scalar => scalar,
        },
        b'+' | b'-' => match word(version, text) {
            Scalar::String => number(version, text),
            scalar => scalar,
        },
        b'0'..=b'9' if is_timestamp(text) => Scalar::Timestamp,
        b'0'..=b'9' => number(version, text),
        _ => Scalar::String,
    }
}

fn word(version: Version, text: &str) -> Scalar {
    match text {
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ if version == Version::V2 => match old_bool(text) {
            Some(value) => Scalar::Bool(value),
            None => Scalar::String,
        },
        _ => Scalar::String,
    }
}

/// The booleans that YAML 1.2 dropped.
pub(super) fn old_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Resolves a text that begins with a digit or a sign.
fn number(version: Version, text: &str) -> Scalar {
    let without;
    let plain = if text.contains('_') {
        without = text.replace('_', "");
        &without
    } else {
        text
    };
    if let Some(value) = parse_int(plain, 0) {
        return Scalar::Int(value);
    }
    if let Some(value) = parse_uint(plain, 0) {
        return Scalar::Uint(value);
    }
    if is_float(plain)
        && let Ok(value) = gofloat::parse(plain)
    {
        return Scalar::Float(value);
    }
    // Forms that Go's own number syntax rejects: a sign after the prefix.
    let prefixes: &[(&str, u32)] = if version == Version::V2 {
        &[("0b", 2)]
    } else {
        &[("0b", 2), ("0o", 8)]
    };
    for &(prefix, base) in prefixes {
        if let Some(digits) = plain.strip_prefix(prefix) {
            if let Some(value) = parse_int(digits, base) {
                return Scalar::Int(value);
            }
            if let Some(value) = parse_uint(digits, base) {
                return Scalar::Uint(value);
            }
        }
    }
    Scalar::String
}

/// `strconv.ParseInt(text, base, 64)` for a text without underscores; base 0 reads the prefix.
pub(crate) fn parse_int(text: &str, base: u32) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let size = parse_uint(digits, base)?;
    if negative {
        0i64.checked_sub_unsigned(size)
    } else {
        i64::try_from(size).ok()
    }
}

/// `strconv.ParseUint(text, base, 64)` for a text without underscores.
pub(crate) fn parse_uint(text: &str, base: u32) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let (base, digits) = match text.as_bytes() {
        _ if base != 0 => (base, text),
        [b'0', b'x' | b'X', _, ..] => (16, &text[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &text[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &text[2..]),
        [b'0', ..] => (8, &text[1..]),
        _ => (10, text),
    };
    digits.chars().try_fold(0u64, |value, c| {
        value
            .checked_mul(u64::from(base))?
            .checked_add(u64::from(c.to_digit(base)?))
    })
}

/// Whether the whole text matches `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_float(text: &str) -> bool {
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = digits(rest);
    rest = &rest[whole..];
    if let Some(after) = rest.strip_prefix('.') {
        let fraction = digits(after);
        if whole + fraction == 0 {
            return false;
        }
        rest = &after[fraction..];
    } else if whole == 0 {
        return false;
    }
    if let Some(after) = rest.strip_prefix(['e', 'E']) {
        let after = after.strip_prefix(['-', '+']).unwrap_or(after);
        let exponent = digits(after);
        if exponent == 0 {
            return false;
        }
        rest = &after[exponent..];
    }
    rest.is_empty()
}

/// Whether the text is a base 60 number of YAML 1.1: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`. go-yaml does not
/// read them, but quotes them for other parsers.
pub(super) fn is_base60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let mut parts = unsigned.split(':');
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let whole = parts.next().is_some_and(digits);
    let mut any = false;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        any = true;
        let part = match part.split_once('.') {
            Some((part, fraction)) if parts.peek().is_none() && digits(fraction) => part,
            Some(_) => return false,
            None => part,
        };
        if !matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']) {
            return false;
        }
    }
    whole && any
}

/// Whether Go's `time.Parse` accepts the text in one of the four layouts that go-yaml tries: a date with a month and
/// day of one or two digits, alone or with a time of day after `T`, `t` or a space; the first two layouts also have a
/// zone.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 5 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let year = bytes[..4]
        .iter()
        .fold(0, |year, &digit| year * 10 + u32::from(digit - b'0'));
    let Some((month, rest)) = one_or_two_digits(&bytes[5..]) else {
        return false;
    };
    let Some((day, rest)) = rest.strip_prefix(b"-").and_then(one_or_two_digits) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    if day == 0 || day > days {
        return false;
    }
    match rest {
        [] => true,
        [b'T' | b't', rest @ ..] => after_time(rest).is_some_and(is_zone),
        // A space in a layout matches any number of spaces, even none.
        _ => {
            let spaces = rest.iter().take_while(|&&byte| byte == b' ').count();
            spaces > 0 && after_time(&rest[spaces..]).is_some_and(<[u8]>::is_empty)
        }
    }
}

fn one_or_two_digits(text: &[u8]) -> Option<(u32, &[u8])> {
    match text {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..] => Some((u32::from(a - b'0') * 10 + u32::from(b - b'0'), rest)),
        [a @ b'0'..=b'9', rest @ ..] => Some((u32::from(a - b'0'), rest)),
        _ => None,
    }
}

/// The rest after `hour:minute:second` and an optional fraction.
fn after_time(text: &[u8]) -> Option<&[u8]> {
    let (hour, rest) = one_or_two_digits(text)?;
    let (minute, rest) = one_or_two_digits(rest.strip_prefix(b":")?)?;
    let (second, rest) = one_or_two_digits(rest.strip_prefix(b":")?)?;
    if hour >= 24 || minute >= 60 || second >= 60 {
        return None;
    }
    Some(match rest {
        [b'.' | b',', fraction @ ..] => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 { rest } else { &fraction[digits..] }
        }
        _ => rest,
    })
}

/// Whether the text is a zone: `Z` or `±hh:mm`.
fn is_zone(text: &[u8]) -> bool {
    let number = |tens: u8, ones: u8| match (tens, ones) {
        (b'0'..=b'9', b'0'..=b'9') => Some((tens - b'0') * 10 + ones - b'0'),
        _ => None,
    };
    match *text {
        [b'Z'] => true,
        [b'+' | b'-', a, b, b':', c, d] => {
            // Go accepts an offset of 24 hours or 60 minutes.
            number(a, b).is_some_and(|hour| hour <= 24) && number(c, d).is_some_and(|minute| minute <= 60)
        }
        _ => false,
    }
}
