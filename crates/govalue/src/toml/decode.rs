//! `toml.Unmarshal` into a map.

use std::sync::Arc;

use minijinja::Value;

use super::path_text;
use super::scan::{Fault, Scanned, Scanner};
use super::table::{Table, created_as_hash};
use crate::value::list;
use gostd::quote::quote;
use gostd::zone::Location;

/// The maximum nesting depth of arrays and inline tables.
const MAX_DEPTH: usize = 200;

/// Decodes a text; times without a zone get the location `local`.
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

pub(super) struct Parser<'t> {
    pub(super) scanner: Scanner<'t>,
    root: Table,
    /// The path of the table that keys belong to.
    context: Path,
    /// The key whose value is being parsed.
    key: Option<Arc<str>>,
    /// The line of the last key, which Go reports for errors about tables.
    line: usize,
    pub(super) local: &'t Location,
    depth: usize,
}

impl Parser<'_> {
    /// The key in an error message.
    fn last_key(&self) -> String {
        match &self.key {
            // A key without a path is not quoted.
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

    /// Parses `[a.b]` or `[[a.b]]`.
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

    /// Parses one part of a key.
    fn name(&mut self) -> Scanned<Arc<str>> {
        match self.scanner.peek()? {
            Some('"' | '\'') => Ok(self.scanner.string(false)?.into()),
            _ => {
                let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                Ok(self.scanner.run(bare)?.into())
            }
        }
    }

    /// Parses a dotted key and its equals sign.
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

    /// Parses a key and its value into the current table.
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
                // The message contains the table as a path, in which keys are quoted.
                self.context.extend(self.key.take());
                return self.scanner.fault_at(self.line, message);
            }
            self.enter(&key)?;
            self.nested(Self::inline_table)?;
            // The inline table has already been stored at its place.
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
        // Until the next key is parsed, errors refer to this one.
        self.context.truncate(outer);
        Ok(())
    }

    /// Ensures that a part of a key is a table. Returns whether the table replaced an array.
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
            Some(c) if gostd::unicode::is_letter(c) => {
                if let Some(number) = self.special_float() {
                    return Ok(number.into());
                }
                // The letter that has been read is not part of the word in the message.
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

    /// Parses a table that is an element of an array. Meanwhile the array is stored as an array of tables.
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

    /// Parses an inline table, whose entry already exists.
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
}

/// Whether a text starts with two letters of `inf` or `nan`. In that case Go's decoder has read one more letter.
pub(super) fn begins_special_float(text: &str) -> bool {
    text.starts_with("in") || text.starts_with("na")
}
