//! `toml.Unmarshal` into a map.

use std::sync::Arc;

use minijinja::Value;

use super::scan::{Fault, Scanned, Scanner};
use super::table::{Table, created_as_hash};
use super::{LOCAL_PLACES, path_text};
use crate::go::int::{IntError, parse_int};
use crate::go::quote::quote;
use crate::go::zone::{Location, Offset};
use crate::go::{float, layout_parse};
use crate::reflect::time::Time;
use crate::reflect::value::{list, object};

/// How deep arrays and inline tables may nest.
const MAX_DEPTH: usize = 200;

/// Reads a text; times without a zone are `local`.
///
/// # Errors
/// The library's message.
pub fn decode(text: &str, local: &Location) -> Result<Value, String> {
    let mut parser = Parser {
        scanner: Scanner::new(text),
        root: Table::default(),
        context: Vec::new(),
        key: None,
        line: 1,
        local,
        depth: 0,
    };
    match parser.document() {
        Ok(()) => Ok(parser.root.into_value()),
        Err(Fault { line, message }) => {
            let last = parser.last_key();
            let about = if last.is_empty() {
                String::new()
            } else {
                format!(" (last key {})", quote(&last))
            };
            Err(format!("toml: line {line}{about}: {message}"))
        }
    }
}

type Path = Vec<Arc<str>>;

struct Parser<'t> {
    scanner: Scanner<'t>,
    root: Table,
    /// The table that keys belong to.
    context: Path,
    /// The key whose value is being read.
    key: Option<Arc<str>>,
    /// Where the last key stands: Go's place of errors about tables.
    line: usize,
    local: &'t Location,
    depth: usize,
}

impl Parser<'_> {
    /// The key that an error names.
    fn last_key(&self) -> String {
        match &self.key {
            // The key itself is not quoted.
            Some(key) if self.context.is_empty() => key.to_string(),
            Some(key) => format!("{}.{key}", path_text(&self.context)),
            None => path_text(&self.context),
        }
    }

    fn document(&mut self) -> Scanned<()> {
        loop {
            self.scanner.space()?;
            match self.scanner.peek()? {
                None => return Ok(()),
                Some('[') => self.header()?,
                Some(_) => {
                    self.key_value(false)?;
                    self.key = None;
                }
            }
            self.scanner.blanks();
            match self.scanner.next()? {
                None => return Ok(()),
                Some('#') => self.scanner.comment()?,
                Some('\r' | '\n') => {}
                c => {
                    let c = Scanner::shown(c);
                    return self.scanner.fault(format!(
                        "expected a top-level item to end with a newline, comment, or EOF, but got {c} instead"
                    ));
                }
            }
        }
    }

    /// `[a.b]` or `[[a.b]]`
    fn header(&mut self) -> Scanned<()> {
        self.scanner.accept("[");
        let array = self.scanner.accept("[");
        let line = self.scanner.line(self.scanner.at);
        let mut path = Path::new();
        loop {
            self.scanner.blanks();
            match self.scanner.peek()? {
                Some(']') | None => {
                    return self
                        .scanner
                        .fault("unexpected end of table name (table names cannot be empty)");
                }
                Some('.') => {
                    return self
                        .scanner
                        .fault("unexpected table separator (table names cannot be empty)");
                }
                _ => path.push(self.name()?),
            }
            self.scanner.blanks();
            match self.scanner.next()? {
                Some('.') => {}
                Some(']') => break,
                c => {
                    let c = Scanner::shown(c);
                    return self
                        .scanner
                        .fault(format!("expected '.' or ']' to end table name, but got {c} instead"));
                }
            }
        }
        if array {
            match self.scanner.next()? {
                Some(']') => {}
                c => {
                    let c = Scanner::shown(c);
                    return self.scanner.fault(format!(
                        "expected end of table array name delimiter ']', but got {c} instead"
                    ));
                }
            }
        }
        let parents = &path[..path.len() - 1];
        if let Err(message) = self.root.reach(parents) {
            return self.scanner.fault_at(line, message);
        }
        let made = if array {
            self.root.append(&path)
        } else {
            self.root.define(&path)
        };
        if let Err(message) = made {
            path.pop();
            self.context = path;
            return self.scanner.fault_at(line, message);
        }
        self.context = path;
        Ok(())
    }

    /// A part of a key.
    fn name(&mut self) -> Scanned<Arc<str>> {
        match self.scanner.peek()? {
            Some('"' | '\'') => Ok(self.scanner.string(false)?.into()),
            _ => {
                let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                Ok(self.scanner.run(bare)?.into())
            }
        }
    }

    /// A key, to behind its equals sign.
    fn path(&mut self) -> Scanned<Path> {
        self.scanner.blanks();
        match self.scanner.peek()? {
            Some('=') | None => return self.scanner.fault("unexpected '=': key name appears blank"),
            Some('.') => return self.scanner.fault("unexpected '.': keys cannot start with a '.'"),
            _ => {}
        }
        self.line = self.scanner.line(self.scanner.at);
        let mut path = vec![self.name()?];
        loop {
            self.scanner.blanks();
            let before = self.scanner.line(self.scanner.at);
            match self.scanner.next()? {
                Some('=') => return Ok(path),
                Some('.') => {
                    self.scanner.blanks();
                    match self.scanner.peek()? {
                        Some('=') | None => return self.scanner.fault("unexpected '='"),
                        Some('.') => return self.scanner.fault("unexpected '.'"),
                        _ => path.push(self.name()?),
                    }
                }
                None => return self.scanner.fault("unexpected EOF; expected key separator '='"),
                c => {
                    let c = Scanner::shown(c);
                    return self
                        .scanner
                        .fault_at(before, format!("expected '.' or '=', but got {c} instead"));
                }
            }
        }
    }

    /// A key and its value, in the table of the context.
    fn key_value(&mut self, inline: bool) -> Scanned<()> {
        let mut path = self.path()?;
        let outer = self.context.len();
        let key = path.pop().unwrap_or_default();
        self.key = Some(Arc::clone(&key));
        let mut replaced = false;
        for part in path {
            replaced |= self.enter(&part)?;
            self.context.push(part);
        }
        self.scanner.blanks();
        let value = if self.scanner.peek()? == Some('{') {
            if self.root.at(&self.context).is_err() {
                let message = created_as_hash(&self.context);
                // The error names the table as a path, in which keys are quoted.
                self.context.extend(self.key.take());
                return self.scanner.fault_at(self.line, message);
            }
            self.enter(&key)?;
            self.nested(Self::inline_table)?;
            // It has been read into its place.
            Value::UNDEFINED
        } else {
            self.value()?
        };
        let context = &self.context;
        let set = self.root.at(context).and_then(|table| table.set(context, &key, value));
        if let Err(message) = set {
            return self.scanner.fault_at(self.line, message);
        }
        if inline && replaced {
            let message = format!("{} is not a table", quote(&path_text(&self.context)));
            return self.scanner.fault_at(self.line, message);
        }
        // Until the next key is read, errors name this one.
        self.context.truncate(outer);
        Ok(())
    }

    /// Sees to it that a part of a key is a table; whether that took the place of an array.
    fn enter(&mut self, part: &Arc<str>) -> Scanned<bool> {
        match self.root.at(&self.context) {
            Ok(table) => Ok(table.enter(part)),
            Err(_) => self.scanner.fault_at(self.line, created_as_hash(&self.context)),
        }
    }

    fn value(&mut self) -> Scanned<Value> {
        self.scanner.blanks();
        let before = self.scanner.line(self.scanner.at);
        match self.scanner.peek()? {
            Some('0'..='9') => self.number(),
            Some('[') => self.nested(Self::array),
            Some('{') => self.nested(Self::element),
            Some('"' | '\'') => Ok(self.scanner.string(true)?.into()),
            Some('.') => {
                self.scanner.next()?;
                self.scanner.fault("floats must start with a digit, not '.'")
            }
            Some('-' | '+') => self.signed(),
            Some(c) if crate::go::unicode::is_letter(c) => {
                if let Some(number) = self.special_float() {
                    return Ok(number.into());
                }
                // The letter that has been read is no part of the word that is blamed.
                if begins_special_float(self.scanner.rest()) {
                    self.scanner.next()?;
                }
                match self.scanner.word()? {
                    "true" => Ok(true.into()),
                    "false" => Ok(false.into()),
                    word => self
                        .scanner
                        .fault(format!("expected value but found {} instead", quote(word))),
                }
            }
            c => {
                self.scanner.next()?;
                if c.is_none() {
                    return self.scanner.fault("unexpected EOF; expected value");
                }
                let c = Scanner::shown(c);
                self.scanner
                    .fault_at(before, format!("expected value but found {c} instead"))
            }
        }
    }

    fn nested<T>(&mut self, read: fn(&mut Self) -> Scanned<T>) -> Scanned<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self
                .scanner
                .fault(format!("values nest more than {MAX_DEPTH} levels deep"));
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Scanned<Value> {
        self.scanner.accept("[");
        let mut items = Vec::new();
        loop {
            self.scanner.space()?;
            match self.scanner.peek()? {
                Some(',') => {
                    self.scanner.next()?;
                    return self.scanner.fault("unexpected comma");
                }
                Some(']') => {
                    self.scanner.next()?;
                    return Ok(list(items));
                }
                _ => items.push(self.value()?),
            }
            self.scanner.space()?;
            match self.scanner.next()? {
                Some(',') => {}
                Some(']') => return Ok(list(items)),
                c => {
                    let found = c.map_or_else(|| "end of file".to_owned(), |c| format!("'{c}'"));
                    return self.scanner.fault(format!(
                        "expected a comma (',') or array terminator (']'), but got {found}"
                    ));
                }
            }
        }
    }

    /// A table as an element of an array: while it is read, the array stands among the tables.
    fn element(&mut self) -> Scanned<Value> {
        let mut path = self.context.clone();
        path.extend(self.key.clone());
        if let Err(message) = self.root.reach(&self.context) {
            return self.scanner.fault_at(self.line, message);
        }
        if let Err(message) = self.root.append(&path) {
            self.key = None;
            return self.scanner.fault_at(self.line, message);
        }
        self.inline_table()?;
        Ok(self.root.take_last(&path))
    }

    /// A table in braces, which is there already.
    fn inline_table(&mut self) -> Scanned<()> {
        self.scanner.accept("{");
        let (outer, outer_key) = (self.context.clone(), self.key.take());
        self.context.extend(outer_key.clone());
        loop {
            self.scanner.space()?;
            match self.scanner.peek()? {
                Some(',') => {
                    self.scanner.next()?;
                    return self.scanner.fault("unexpected comma");
                }
                Some('}') => {
                    self.scanner.next()?;
                    break;
                }
                _ => self.key_value(true)?,
            }
            self.scanner.space()?;
            match self.scanner.next()? {
                Some(',') => {}
                Some('}') => break,
                c => {
                    let found = c.map_or_else(|| "end of file".to_owned(), |c| format!("'{c}'"));
                    return self.scanner.fault(format!(
                        "expected a comma or an inline table terminator '}}', but got {found} instead"
                    ));
                }
            }
        }
        self.context = outer;
        self.key = outer_key;
        Ok(())
    }

    /// `inf` or `nan`, if it is here.
    fn special_float(&mut self) -> Option<f64> {
        let words = [("inf", f64::INFINITY), ("nan", f64::NAN)];
        let found = words.into_iter().find(|(word, _)| self.scanner.accept(word));
        found.map(|(_, number)| number)
    }

    /// A number behind its sign.
    fn signed(&mut self) -> Scanned<Value> {
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

    /// A number without a sign, or a date.
    fn number(&mut self) -> Scanned<Value> {
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

/// Whether each underscore stands between digits; letters of hexadecimal numbers count.
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

/// Whether a number is shorter than its layout, which Go's parser allows and TOML does not.
fn missing_zero(text: &str, layout: &str) -> bool {
    layout
        .bytes()
        .enumerate()
        .take_while(|(_, byte)| !matches!(byte, b'.' | b'Z'))
        .any(|(at, byte)| !byte.is_ascii_digit() && text.as_bytes().get(at) != Some(&byte))
}

/// Whether a text begins with two letters of `inf` or `nan`. Go's decoder then has read one letter more.
fn begins_special_float(text: &str) -> bool {
    text.starts_with("in") || text.starts_with("na")
}
