//! The part of Go's `fmt` that formats a single number or text with its flags, width and precision.
//!
//! The choice of verbs for values, and the formatting of nested values, are in the crate `govalue`.

use super::quote::{can_backquote, quote, quote_ascii, quote_rune};
use super::string::decode;
use super::unicode::is_print;
use super::{float, hexfloat};

/// The flags, width and precision between `%` and the verb.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags {
    /// The minimum number of characters.
    pub width: Option<usize>,
    /// The number after the point.
    pub precision: Option<usize>,
    /// `-`: pads with blanks on the right.
    pub minus: bool,
    /// `+`: always writes a sign; in `%q`, writes only ASCII.
    pub plus: bool,
    /// `#`: writes a prefix.
    pub sharp: bool,
    /// A blank in place of a plus sign.
    pub space: bool,
    /// Pads with zeros instead of blanks on the left.
    pub zero: bool,
    /// `%+v`
    pub plus_v: bool,
    /// `%#v`: the value in Go syntax.
    pub sharp_v: bool,
}

/// A formatter with its output.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The output so far.
    pub out: String,
    /// The flags for the next value.
    pub flags: Flags,
}

impl Layout {
    fn padding(&mut self, count: usize) {
        let filler = if self.flags.zero && !self.flags.minus { '0' } else { ' ' };
        self.out.extend(std::iter::repeat_n(filler, count));
    }

    /// Writes a text, padded to the width.
    pub fn pad(&mut self, text: &str) {
        let missing = match self.flags.width {
            None | Some(0) => 0,
            Some(width) => width.saturating_sub(text.chars().count()),
        };
        if self.flags.minus {
            self.out.push_str(text);
            self.padding(missing);
        } else {
            self.padding(missing);
            self.out.push_str(text);
        }
    }

    /// Like [`Layout::pad`], but never with zeros.
    fn pad_blank(&mut self, text: &str) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text);
        self.flags.zero = zero;
    }

    fn truncated<'t>(&self, text: &'t str) -> &'t str {
        match self.flags.precision.and_then(|count| text.char_indices().nth(count)) {
            Some((end, _)) => &text[..end],
            None => text,
        }
    }

    /// `%s`
    pub fn string(&mut self, text: &str) {
        let text = self.truncated(text);
        self.pad(text);
    }

    /// `%q`
    pub fn quoted(&mut self, text: &str) {
        let text = self.truncated(text);
        let quoted = if self.flags.sharp && can_backquote(text) {
            format!("`{text}`")
        } else if self.flags.plus {
            quote_ascii(text)
        } else {
            quote(text)
        };
        self.pad(&quoted);
    }

    /// `%x` and `%X` of a text.
    pub fn hex_string(&mut self, text: &str, upper: bool) {
        self.hex_bytes(&decode(text), upper);
    }

    /// `%x` and `%X` of bytes.
    pub fn hex_bytes(&mut self, bytes: &[u8], upper: bool) {
        let bytes = &bytes[..bytes.len().min(self.flags.precision.unwrap_or(usize::MAX))];
        let (prefix, digits) = if upper { ("0X", UPPER) } else { ("0x", LOWER) };
        let mut text = String::with_capacity(2 * bytes.len() + 2);
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 && self.flags.space {
                text.push(' ');
            }
            if self.flags.sharp && (at == 0 || self.flags.space) {
                text.push_str(prefix);
            }
            text.push(digits[usize::from(byte >> 4)]);
            text.push(digits[usize::from(byte & 15)]);
        }
        if text.is_empty() {
            self.padding(self.flags.width.unwrap_or(0));
        } else {
            self.pad(&text);
        }
    }

    /// `%t`
    pub fn boolean(&mut self, value: bool) {
        self.pad(if value { "true" } else { "false" });
    }

    /// `%c`
    pub fn character(&mut self, code: u64) {
        let mut buffer = [0; 4];
        let text = rune(code).encode_utf8(&mut buffer);
        let text = super::string::encode(text.as_bytes()).into_owned();
        self.pad(&text);
    }

    /// `%q` of an integer.
    pub fn quoted_character(&mut self, code: u64) {
        self.pad(&quote_rune(rune(code), self.flags.plus));
    }

    /// `%U`
    pub fn unicode(&mut self, code: u64) {
        let digits = self.flags.precision.unwrap_or(4).max(4);
        let mut text = format!("U+{code:0digits$X}");
        if self.flags.sharp
            && let Some(c) = u32::try_from(code).ok().and_then(char::from_u32)
            && is_print(c)
        {
            text.push_str(&format!(" '{c}'"));
        }
        self.pad_blank(&text);
    }

    /// An integer in base 2, 8, 10 or 16.
    pub fn integer(&mut self, value: u64, negative: bool, base: u64, verb: char) {
        let digits = if verb == 'X' { UPPER } else { LOWER };
        let sign = negative || self.flags.plus || self.flags.space;
        let least = match (self.flags.precision, self.flags.width) {
            (Some(0), _) if value == 0 => {
                let zero = std::mem::take(&mut self.flags.zero);
                self.padding(self.flags.width.unwrap_or(0));
                self.flags.zero = zero;
                return;
            }
            (Some(precision), _) => precision,
            (None, Some(width)) if self.flags.zero && !self.flags.minus => width.saturating_sub(usize::from(sign)),
            _ => 0,
        };
        let mut reversed = Vec::with_capacity(least + 4);
        let mut rest = value;
        loop {
            reversed.push(digits[usize::try_from(rest % base).unwrap_or(0)]);
            rest /= base;
            if rest == 0 {
                break;
            }
        }
        reversed.resize(least.max(reversed.len()), '0');
        match base {
            2 if self.flags.sharp => reversed.extend(['b', '0']),
            8 if self.flags.sharp && reversed.last() != Some(&'0') => reversed.push('0'),
            16 if self.flags.sharp => reversed.extend([digits[16], '0']),
            _ => {}
        }
        if verb == 'O' {
            reversed.extend(['o', '0']);
        }
        if negative {
            reversed.push('-');
        } else if self.flags.plus {
            reversed.push('+');
        } else if self.flags.space {
            reversed.push(' ');
        }
        let text: String = reversed.into_iter().rev().collect();
        self.pad_blank(&text);
    }

    /// A `float64`. `default` is the precision if the format has none; `None` means the fewest digits.
    pub fn float(&mut self, value: f64, verb: char, default: Option<usize>) {
        let precision = self.flags.precision.or(default);
        let mut text = match verb {
            'b' => hexfloat::binary_exponent(value),
            'x' | 'X' => hexfloat::format(value, verb, precision),
            _ => float::format(value, verb, precision),
        };
        if !text.starts_with(['-', '+']) {
            text.insert(0, '+');
        }
        if self.flags.space && text.starts_with('+') && !self.flags.plus {
            text.replace_range(..1, " ");
        }
        if text[1..].starts_with(['I', 'N']) {
            // A NaN has a sign only if a flag asks for one; infinities always show theirs.
            let bare = text[1..].starts_with('N') && !self.flags.space && !self.flags.plus;
            let text = &text[usize::from(bare)..];
            self.pad_blank(text);
            return;
        }
        if self.flags.sharp && verb != 'b' {
            text = with_point(&text, verb, precision);
        }
        let signed = self.flags.plus || !text.starts_with('+');
        if !signed {
            self.pad(&text[1..]);
        } else if self.flags.zero && !self.flags.minus && self.flags.width.is_some_and(|width| width > text.len()) {
            // Zeros go between the sign and the digits.
            self.out.push_str(&text[..1]);
            self.padding(self.flags.width.unwrap_or(0) - text.len());
            self.out.push_str(&text[1..]);
        } else {
            self.pad(&text);
        }
    }
}

const LOWER: [char; 17] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'x',
];
const UPPER: [char; 17] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'X',
];

/// The character with a code; U+FFFD if there is none.
fn rune(code: u64) -> char {
    u32::try_from(code)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Applies the `#` flag to a number: there is always a decimal point, and `%#g` keeps trailing zeros.
fn with_point(text: &str, verb: char, precision: Option<usize>) -> String {
    let mut digits = match verb {
        'g' | 'G' | 'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let hex = matches!(verb, 'x' | 'X');
    let end = text
        .find(|c: char| matches!(c, 'p' | 'P') || !hex && matches!(c, 'e' | 'E'))
        .unwrap_or(text.len());
    let (number, tail) = text.split_at(end);
    let mut nonzero = false;
    for c in number.chars().skip(1).filter(|&c| c != '.') {
        nonzero |= c != '0';
        if nonzero {
            digits = digits.saturating_sub(1);
        }
    }
    let mut text = number.to_owned();
    if !number.contains('.') {
        if number.len() == 2 && number.ends_with('0') {
            digits = digits.saturating_sub(1);
        }
        text.push('.');
    }
    text.extend(std::iter::repeat_n('0', digits));
    text + tail
}
