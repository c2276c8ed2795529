//! Parses TOML numbers and times.

use minijinja::Value;

use super::LOCAL_PLACES;
use super::decode::{Parser, begins_special_float};
use super::scan::{Scanned, Scanner};
use crate::time::Time;
use crate::value::object;
use gostd::int::{IntError, parse_int};
use gostd::quote::quote;
use gostd::zone::{Location, Offset};
use gostd::{float, layout_parse};

impl Parser<'_> {
    /// Parses `inf` or `nan`, if present.
    pub(super) fn special_float(&mut self) -> Option<f64> {
        let words = [("inf", f64::INFINITY), ("nan", f64::NAN)];
        let found = words.into_iter().find(|(word, _)| self.scanner.accept(word));
        found.map(|(_, number)| number)
    }

    /// Parses a number with a sign.
    pub(super) fn signed(&mut self) -> Scanned<Value> {
        let rest = self.scanner.rest();
        self.scanner.next()?;
        let negative = rest.starts_with('-');
        if let Some(number) = self.special_float() {
            return Ok(if negative { -number } else { number }.into());
        }
        match self.scanner.next()? {
            Some('i' | 'n') => {
                let read = &rest[..if begins_special_float(&rest[1..]) { 3 } else { 2 }];
                self.scanner.fault(format!("invalid float: '{read}'"))
            }
            Some('0') if matches!(self.scanner.peek()?, Some('b' | 'o' | 'x')) => {
                let read = &rest[..3];
                self.scanner
                    .fault(format!("cannot use sign with non-decimal numbers: '{read}'"))
            }
            Some('.') => self.scanner.fault("floats must start with a digit, not '.'"),
            Some('0'..='9') => {
                let digits = self.scanner.run(|c| c.is_ascii_digit() || c == '_')?.len();
                let mut length = 2 + digits;
                if matches!(self.scanner.peek()?, Some('.' | 'e' | 'E')) {
                    length += self.scanner.run(is_float)?.len();
                    return self.float(&rest[..length]);
                }
                self.integer(&rest[..length])
            }
            c => {
                let c = Scanner::shown(c);
                self.scanner.fault(format!("expected a digit but got {c}"))
            }
        }
    }

    /// Parses a number without a sign, or a date.
    pub(super) fn number(&mut self) -> Scanned<Value> {
        let rest = self.scanner.rest();
        if let Some((prefix, name)) = [("0b", "a binary"), ("0o", "an octal"), ("0x", "a hexadecimal")]
            .into_iter()
            .find(|(prefix, _)| rest.starts_with(prefix))
        {
            let radix = match prefix {
                "0b" => 2,
                "0o" => 8,
                _ => 16,
            };
            self.scanner.at += 2;
            match self.scanner.peek()? {
                Some(c) if c.is_digit(radix) => {}
                c => {
                    let c = c.unwrap_or('\0');
                    return self.scanner.fault(format!("not {name} number: '{prefix}{c}'"));
                }
            }
            let digits = self.scanner.run(|c| c.is_digit(radix) || c == '_')?;
            return self.integer(&rest[..2 + digits.len()]);
        }
        let mut length = self.scanner.run(|c| c.is_ascii_digit())?.len();
        if matches!(self.scanner.peek()?, Some('-' | ':')) {
            let date = |c: char| c.is_ascii_digit() || "-:Tt .Zz+".contains(c);
            length += self.scanner.run(date)?.len();
            return self.date_time(rest[..length].trim());
        }
        length += self.scanner.run(|c| c.is_ascii_digit() || c == '_')?.len();
        if matches!(self.scanner.peek()?, Some('.' | 'e' | 'E')) {
            length += self.scanner.run(is_float)?.len();
            return self.float(&rest[..length]);
        }
        self.integer(&rest[..length])
    }

    fn integer(&mut self, text: &str) -> Scanned<Value> {
        let shown = quote(text);
        if !underscores_ok(text) {
            return self.scanner.fault(format!(
                "Invalid integer {shown}: underscores must be surrounded by digits"
            ));
        }
        if leading_zero(text) {
            return self
                .scanner
                .fault(format!("Invalid integer {shown}: cannot have leading zeroes"));
        }
        match parse_int(text, 0) {
            Ok(number) => Ok(super::super::int64(number)),
            Err(IntError::Range) => self.scanner.fault(format!("{text} is out of range for int64")),
            Err(IntError::Syntax) => self.scanner.fault(format!("Invalid integer {shown}")),
        }
    }

    fn float(&mut self, text: &str) -> Scanned<Value> {
        let shown = quote(text);
        let mut parts = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty());
        if !parts.clone().all(underscores_ok) {
            return self.scanner.fault(format!(
                "Invalid float {shown}: underscores must be surrounded by digits"
            ));
        }
        if parts.next().is_some_and(leading_zero) {
            return self
                .scanner
                .fault(format!("Invalid float {shown}: cannot have leading zeroes"));
        }
        let after_points = text.split('.').skip(1);
        if after_points
            .into_iter()
            .any(|after| !after.starts_with(|c: char| c.is_ascii_digit()))
        {
            return self.scanner.fault(format!(
                "Invalid float {shown}: '.' must be followed by one or more digits"
            ));
        }
        match float::parse(&text.replace('_', "")) {
            Ok(number) => Ok(number.into()),
            Err(float::ParseError::Range(_)) => self.scanner.fault(format!("{text} is out of range for float64")),
            Err(float::ParseError::Syntax) => self.scanner.fault(format!("Invalid float value: {shown}")),
        }
    }

    fn date_time(&mut self, text: &str) -> Scanned<Value> {
        let text = text.replace('z', "Z").replace(['t', ' '], "T");
        let place = |index: usize| {
            Location::Fixed(Offset {
                seconds: 0,
                summer: false,
                name: LOCAL_PLACES[index].0.into(),
            })
        };
        let layouts = [
            ("2006-01-02T15:04:05.999999999Z07:00", None),
            ("2006-01-02T15:04:05.999999999", Some(0)),
            ("2006-01-02", Some(1)),
            ("15:04:05.999999999", Some(2)),
            ("2006-01-02T15:04Z07:00", None),
            ("2006-01-02T15:04", Some(0)),
            ("15:04", Some(2)),
        ];
        for (layout, index) in layouts {
            let location = index.map_or_else(|| self.local.clone(), place);
            let Ok((seconds, nanoseconds, location)) = layout_parse::parse(layout, &text, &location) else {
                continue;
            };
            if missing_zero(&text, layout) {
                break;
            }
            return Ok(object(Time {
                seconds,
                nanoseconds,
                location,
                local: self.local.clone(),
            }));
        }
        self.scanner.fault(format!("invalid datetime: {}", quote(&text)))
    }
}

fn is_float(c: char) -> bool {
    c.is_ascii_digit() || "_.-+eE".contains(c)
}

fn leading_zero(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && !digits[1..].starts_with(['b', 'o', 'x'])
}

/// Whether each underscore is between digits, including hexadecimal ones.
fn underscores_ok(text: &str) -> bool {
    let mut after_digit = false;
    for c in text.chars() {
        if c == '_' && !after_digit {
            return false;
        }
        after_digit = c.is_ascii_hexdigit();
    }
    after_digit
}

/// Whether a number has fewer digits than its layout, which Go's parser accepts and TOML does not.
fn missing_zero(text: &str, layout: &str) -> bool {
    layout
        .bytes()
        .enumerate()
        .take_while(|(_, byte)| !matches!(byte, b'.' | b'Z'))
        .any(|(at, byte)| !byte.is_ascii_digit() && text.as_bytes().get(at) != Some(&byte))
}
