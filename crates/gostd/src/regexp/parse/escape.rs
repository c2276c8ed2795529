//! Parses escape sequences and bracketed character classes.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, Hir, Look};

use super::{Parser, error, next};
use crate::regexp::class;

impl Parser<'_> {
    pub(super) fn backslash(&mut self) -> Result<(), String> {
        let start = self.rest;
        let second = start[1..].chars().next();
        let tail = &start[1 + second.map_or(0, char::len_utf8)..];
        let look = match second {
            Some('A') => Some(Look::Start),
            Some('z') => Some(Look::End),
            Some('b') => Some(Look::WordAscii),
            Some('B') => Some(Look::WordAsciiNegate),
            _ => None,
        };
        if let Some(look) = look {
            self.push(Hir::look(look));
            self.rest = tail;
            return Ok(());
        }
        match second {
            Some('C') => return Err(error("invalid escape sequence", &start[..2])),
            Some('Q') => {
                let (mut quoted, rest) = tail.split_once("\\E").unwrap_or((tail, ""));
                while !quoted.is_empty() {
                    let (c, after) = next(quoted)?;
                    self.literal(c);
                    quoted = after;
                }
                self.rest = rest;
                return Ok(());
            }
            _ => {}
        }
        if let Some(class) = self.class_escape()? {
            self.push(class::node(class, self.texts));
            return Ok(());
        }
        let c = self.escape()?;
        self.literal(c);
        Ok(())
    }

    /// Parses `\d`, `\pL`, `\p{Greek}` and the like at the front, if there is one.
    fn class_escape(&mut self) -> Result<Option<ClassUnicode>, String> {
        let start = self.rest;
        let Some(body) = start.strip_prefix('\\') else {
            return Ok(None);
        };
        let Some(letter) = body.chars().next() else {
            return Ok(None);
        };
        if let Some((ranges, negated)) = class::perl(letter) {
            self.rest = &body[1..];
            return Ok(Some(class::item(class::of(ranges), self.flags.fold, negated)));
        }
        if !matches!(letter, 'p' | 'P') {
            return Ok(None);
        }
        let (c, after) = next(&body[1..])?;
        let name = if c == '{' {
            let Some((name, rest)) = after.split_once('}') else {
                return Err(error("invalid character class range", start));
            };
            self.rest = rest;
            name
        } else {
            self.rest = after;
            &body[1..body.len() - after.len()]
        };
        let (name, flipped) = match name.strip_prefix('^') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let class = class::unicode(name).ok_or_else(|| error("invalid character class range", self.since(start)))?;
        Ok(Some(class::item(class, self.flags.fold, (letter == 'P') != flipped)))
    }

    /// Parses an escape sequence for one character.
    fn escape(&mut self) -> Result<char, String> {
        let start = self.rest;
        if start.len() == 1 {
            return Err(error("trailing backslash at end of expression", ""));
        }
        let (c, after) = next(&start[1..])?;
        self.rest = after;
        let found = match c {
            'a' => Some('\u{7}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            'x' if after.is_empty() => None,
            'x' => self.hex()?,
            '0'..='7' if c == '0' || after.starts_with(|c| matches!(c, '0'..='7')) => {
                let more = after
                    .bytes()
                    .take(2)
                    .take_while(|byte| matches!(byte, b'0'..=b'7'))
                    .count();
                self.rest = &after[more..];
                let digits = &start[1..2 + more];
                u32::from_str_radix(digits, 8).ok().and_then(char::from_u32)
            }
            _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(c),
            _ => None,
        };
        found.ok_or_else(|| error("invalid escape sequence", self.since(start)))
    }

    /// Parses the code after `\x`: two digits, or any number of them in braces. An invalid code ends at the first
    /// invalid character.
    fn hex(&mut self) -> Result<Option<char>, String> {
        let mut take = || -> Result<Option<char>, String> {
            if self.rest.is_empty() {
                return Ok(None);
            }
            let (c, after) = next(self.rest)?;
            self.rest = after;
            Ok(Some(c))
        };
        let first = take()?.unwrap_or_default();
        if first != '{' {
            let second = take()?.unwrap_or_default();
            let digits = first.to_digit(16).zip(second.to_digit(16));
            return Ok(digits.and_then(|(first, second)| char::from_u32(first * 16 + second)));
        }
        let (mut code, mut digits) = (0u32, 0);
        loop {
            match take()? {
                Some('}') if digits > 0 => return Ok(char::from_u32(code)),
                Some(c) => match c.to_digit(16) {
                    Some(digit) => code = code * 16 + digit,
                    None => return Ok(None),
                },
                None => return Ok(None),
            }
            if code > char::MAX as u32 {
                return Ok(None);
            }
            digits += 1;
        }
    }

    /// Parses `[...]`.
    pub(super) fn class(&mut self) -> Result<(), String> {
        let start = self.rest;
        let body = &start[1..];
        let negated = body.starts_with('^');
        self.rest = if negated { &body[1..] } else { body };
        let mut class = class::of(&[]);
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if self.rest.len() > 2
                && let Some(body) = self.rest.strip_prefix("[:")
                && let Some((name, after)) = body.split_once(":]")
            {
                let whole = self.rest;
                self.rest = after;
                let (ranges, negated) =
                    class::posix(name).ok_or_else(|| error("invalid character class range", self.since(whole)))?;
                class.union(&class::item(class::of(ranges), self.flags.fold, negated));
                continue;
            }
            if let Some(item) = self.class_escape()? {
                class.union(&item);
                continue;
            }
            let range = self.rest;
            let low = self.class_char(start)?;
            let mut high = low;
            if self.rest.len() >= 2 && self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.rest = &self.rest[1..];
                high = self.class_char(start)?;
                if high < low {
                    return Err(error("invalid character class range", self.since(range)));
                }
            }
            let item = ClassUnicode::new([ClassUnicodeRange::new(low, high)]);
            class.union(&class::item(item, self.flags.fold, false));
        }
        self.rest = &self.rest[1..];
        self.push(class::node(class::item(class, false, negated), self.texts));
        Ok(())
    }

    fn class_char(&mut self, whole: &str) -> Result<char, String> {
        if self.rest.is_empty() {
            return Err(error("missing closing ]", whole));
        }
        if self.rest.starts_with('\\') {
            return self.escape();
        }
        let (c, after) = next(self.rest)?;
        self.rest = after;
        Ok(c)
    }
}
