//! The parser for the grammar: names, indices, values.

use std::sync::Arc;

use super::atom;
use super::kind::SetKind;
use gostd::quote::quote_char;
use gostd::string as gostring;
use gostd::unicode as gounicode;
use goyaml::{Entry, Map, Node, Value, json};
use source::{FileId, Span};

/// The largest index of a list.
const MAX_INDEX: usize = 65_536;
/// The maximum number of list items that one flag may fill with nulls: sixteen of the longest lists.
const MAX_FILLED: usize = 1 << 20;
/// The maximum number of dots in a name.
const MAX_NAME_LEVEL: usize = 30;
/// The maximum number of consecutive indices, as in `a[0][0]`. Helm has no limit.
const MAX_INDEX_LEVEL: usize = 1_000;

/// The reason why parsing stops.
pub(super) enum Stop {
    /// The end of the flag; Go's `io.EOF`, which is not an error in the end.
    End,
    Error(String),
}

type Parsed<T> = Result<T, Stop>;

fn fail<T>(message: impl Into<String>) -> Parsed<T> {
    Err(Stop::Error(message.into()))
}

/// A part of the flag: its characters without escapes, and its span.
struct Piece {
    text: String,
    span: Span,
    /// The character after it; `None` at the end.
    stop: Option<char>,
}

impl Piece {
    /// The text as a key.
    fn key(&self) -> Arc<str> {
        gostring::encode(self.text.as_bytes()).as_ref().into()
    }
}

pub(super) struct Parser<'a> {
    kind: SetKind,
    file: FileId,
    text: &'a str,
    runes: Vec<(char, usize)>,
    at: usize,
    /// The number of items filled with nulls because a later one was set.
    filled: usize,
    read_file: &'a mut dyn FnMut(&str) -> Result<String, String>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(
        kind: SetKind,
        file: FileId,
        text: &'a str,
        read_file: &'a mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Self {
        let runes = atom::runes(text);
        Self {
            kind,
            file,
            text,
            runes,
            at: 0,
            filled: 0,
            read_file,
        }
    }

    fn offset_of(&self, at: usize) -> usize {
        self.runes.get(at).map_or(self.text.len(), |rune| rune.1)
    }

    pub(super) fn offset(&self) -> usize {
        self.offset_of(self.at)
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(self.file, start, self.offset())
    }

    fn next(&mut self) -> Option<char> {
        let c = self.runes.get(self.at)?.0;
        self.at += 1;
        Some(c)
    }

    /// Reads up to and including one of the characters. A backslash escapes the next character, except in literals.
    fn until(&mut self, stops: &[char]) -> Piece {
        let start = self.offset();
        let mut text = String::new();
        loop {
            let end = self.offset();
            let span = Span::new(self.file, start, end);
            match self.next() {
                Some(c) if stops.contains(&c) => {
                    return Piece {
                        text,
                        span,
                        stop: Some(c),
                    };
                }
                Some('\\') if self.kind != SetKind::Literal => match self.next() {
                    Some(c) => text.push(c),
                    None => return Piece { text, span, stop: None },
                },
                Some(c) => text.push(c),
                None => return Piece { text, span, stop: None },
            }
        }
    }

    /// Parses a name and its value.
    pub(super) fn key(&mut self, data: &mut Map, level: usize) -> Parsed<()> {
        let start = self.offset();
        let stops: &[char] = if self.kind == SetKind::Literal {
            &['=', '[', '.']
        } else {
            &['=', '[', ',', '.']
        };
        let piece = self.until(stops);
        match piece.stop {
            None if piece.text.is_empty() => Err(Stop::End),
            None => fail(format!("key {} has no value", atom::go_quote(&piece.text))),
            Some('[') => {
                let index = self.index()?;
                let known = if piece.text.is_empty() {
                    data.get("").cloned()
                } else {
                    data.remove(&piece.key())
                };
                let is_new = known.is_none();
                let mut entry = known.unwrap_or_else(|| Entry {
                    key: piece.span,
                    node: Node::new(Value::List(Arc::default()), piece.span),
                });
                let result = match entry.node.as_list_mut() {
                    Some(items) => self.item(items, index, level, 0),
                    None => fail(atom::not_a("[]interface {}", &entry.node)),
                };
                if is_new {
                    entry.node.span = self.span_from(start);
                }
                if !piece.text.is_empty() {
                    data.insert(piece.key(), entry);
                }
                result
            }
            Some('=') if self.kind == SetKind::Json => {
                let value = self.json_value()?;
                set(data, &piece, value);
                Ok(())
            }
            Some('=') => match self.value() {
                (Some(value), result) => {
                    set(data, &piece, value);
                    result
                }
                (None, result) => result,
            },
            Some('.') => self.nested(data, &piece, start, level + 1),
            Some(_) => {
                set(data, &piece, string(String::new(), piece.span));
                fail(format!(
                    "key {} has no value (cannot end with ,)",
                    atom::go_quote(&piece.text)
                ))
            }
        }
    }

    /// Parses the rest of a dotted name into the mapping of its first part.
    fn nested(&mut self, data: &mut Map, piece: &Piece, start: usize, level: usize) -> Parsed<()> {
        if level > MAX_NAME_LEVEL {
            return fail(format!(
                "value name nested level is greater than maximum supported nested level of {MAX_NAME_LEVEL}"
            ));
        }
        let known = data.get_mut(&piece.key());
        let is_new = known.is_none();
        let mut fresh = Node::empty_map(piece.span);
        let inner = match known {
            Some(entry) => &mut entry.node,
            None => &mut fresh,
        };
        if inner.as_map().is_none() {
            return fail(atom::not_a("map[string]interface {}", inner));
        }
        let (result, is_empty) = match inner.as_map_mut() {
            Some(map) => (self.key(map, level), map.is_empty()),
            None => (Ok(()), false),
        };
        if result.is_ok() && is_empty {
            return fail(format!("key map {} has no value", atom::go_quote(&piece.text)));
        }
        if is_new && !is_empty {
            fresh.span = self.span_from(start);
            set(data, piece, fresh);
        }
        result
    }

    /// Parses the index in brackets.
    fn index(&mut self) -> Parsed<i64> {
        let piece = self.until(&[']']);
        if piece.stop.is_none() {
            return Err(Stop::End);
        }
        let text = piece.text;
        match atom::atoi(&text) {
            Ok(index) => Ok(index),
            Err(problem) => fail(format!(
                "error parsing index: strconv.Atoi: parsing {}: {problem}",
                atom::go_quote(&text)
            )),
        }
    }

    /// Parses the rest of the expression after an index into a list.
    fn item(&mut self, list: &mut Vec<Node>, index: i64, level: usize, depth: usize) -> Parsed<()> {
        let Ok(index) = usize::try_from(index) else {
            return fail(format!("negative {index} index not allowed"));
        };
        let start = self.offset();
        let piece = self.until(&['[', '.', '=']);
        if !piece.text.is_empty() {
            let shown: Vec<String> = piece.text.chars().map(quote_char).collect();
            return fail(format!("unexpected data at end of array index: [{}]", shown.join(" ")));
        }
        match piece.stop {
            None => Err(Stop::End),
            Some('=') if self.kind == SetKind::Json => {
                let value = self.json_value()?;
                set_index(list, index, value, &mut self.filled)
            }
            Some('=') => match self.value() {
                (Some(value), Ok(()) | Err(Stop::End)) => set_index(list, index, value, &mut self.filled),
                (_, result) => result,
            },
            Some('[') => {
                let next = self.index()?;
                if depth >= MAX_INDEX_LEVEL {
                    return fail(format!("more than {MAX_INDEX_LEVEL} indices follow each other"));
                }
                if let Some(node) = list.get_mut(index)
                    && !node.is_null()
                {
                    return match node.as_list_mut() {
                        Some(items) => self.item(items, next, level, depth + 1),
                        None => fail(atom::not_a("[]interface {}", node)),
                    };
                }
                let mut items = Vec::new();
                self.item(&mut items, next, level, depth + 1)?;
                let inner = Node::new(Value::List(Arc::new(items)), self.span_from(start));
                set_index(list, index, inner, &mut self.filled)
            }
            Some(_) => {
                let mut fresh = Node::empty_map(piece.span);
                let inner = match list.get_mut(index) {
                    Some(node) => {
                        if node.as_map().is_none() {
                            *node = fresh.clone();
                        }
                        node
                    }
                    None => &mut fresh,
                };
                if let Some(map) = inner.as_map_mut() {
                    self.key(map, level)?;
                }
                if index < list.len() {
                    return Ok(());
                }
                fresh.span = self.span_from(start);
                set_index(list, index, fresh, &mut self.filled)
            }
        }
    }

    // Values.

    /// Parses the value after a `=`. The second result is whether the end of the flag was reached. As in Go, a value is
    /// also set if a file cannot be read: null.
    fn value(&mut self) -> (Option<Node>, Parsed<()>) {
        if self.kind == SetKind::Literal {
            let piece = self.until(&[]);
            return (Some(string(piece.text, piece.span)), Ok(()));
        }
        match self.runes.get(self.at) {
            None => (
                Some(string(String::new(), self.span_from(self.offset()))),
                Err(Stop::End),
            ),
            Some(('{', _)) => match self.list() {
                Ok(list) => (Some(list), Ok(())),
                Err(stop) => (None, Err(stop)),
            },
            Some(_) => {
                let piece = self.until(&[',']);
                let span = piece.span;
                match self.typed(piece) {
                    Ok(value) => (Some(value), Ok(())),
                    Err(stop) => (Some(Node::new(Value::Null, span)), Err(stop)),
                }
            }
        }
    }

    /// `{a,b}`
    fn list(&mut self) -> Parsed<Node> {
        let start = self.offset();
        self.at += 1;
        let mut items = Vec::new();
        loop {
            let piece = self.until(&[',', '}']);
            let last = match piece.stop {
                None => return fail("list must terminate with '}'"),
                Some(stop) => stop == '}',
            };
            let span = self.span_from(start);
            if last && matches!(self.runes.get(self.at), Some((',', _))) {
                self.at += 1;
            }
            items.push(self.typed(piece)?);
            if last {
                return Ok(Node::new(Value::List(Arc::new(items)), span));
            }
        }
    }

    /// Converts a piece to a value of the type for this kind of flag.
    fn typed(&mut self, piece: Piece) -> Parsed<Node> {
        let Piece { text, span, .. } = piece;
        match self.kind {
            SetKind::File => match (self.read_file)(&text) {
                Ok(content) => Ok(Node::new(Value::String(content.into()), span)),
                Err(message) => fail(message),
            },
            SetKind::Set => Ok(match atom::typed_value(&text) {
                Some(value) => Node::new(value, span),
                None => string(text, span),
            }),
            _ => Ok(string(text, span)),
        }
    }

    /// Parses a JSON value, or null if there is none, and skips to the next name.
    fn json_value(&mut self) -> Parsed<Node> {
        let start = self.offset();
        if self.skip_to_next() {
            return Ok(Node::new(Value::Null, self.span_from(start)));
        }
        let offset = self.offset();
        let file = self.file;
        let span = |range: std::ops::Range<usize>| Span::new(file, offset + range.start, offset + range.end);
        match json::parse_first(&self.text[offset..], &span) {
            Ok((value, length)) => {
                self.at = self.runes.partition_point(|rune| rune.1 < offset + length);
                self.skip_to_next();
                Ok(value)
            }
            Err(error) => {
                self.at = self.runes.partition_point(|rune| rune.1 < offset + error.place.start);
                fail(error.message)
            }
        }
    }

    /// Skips blanks and one comma. Returns whether nothing else precedes the comma or the end.
    fn skip_to_next(&mut self) -> bool {
        loop {
            match self.runes.get(self.at) {
                None => return true,
                Some(&(c, _)) if c == ',' || gounicode::is_space(c) => {
                    self.at += 1;
                    if c == ',' {
                        return true;
                    }
                }
                Some(_) => return false,
            }
        }
    }
}

/// Sets a key, unless its name is empty.
fn set(data: &mut Map, piece: &Piece, node: Node) {
    if !piece.text.is_empty() {
        data.insert(piece.key(), Entry { key: piece.span, node });
    }
}

/// Sets an item, and pads the list with nulls if it is too short.
fn set_index(list: &mut Vec<Node>, index: usize, value: Node, filled: &mut usize) -> Parsed<()> {
    if index > MAX_INDEX {
        return fail(format!(
            "index of {index} is greater than maximum supported index of {MAX_INDEX}"
        ));
    }
    if list.len() <= index {
        *filled += index - list.len();
        if *filled > MAX_FILLED {
            return fail(format!("more than {MAX_FILLED} items of lists to fill in"));
        }
        list.resize(index + 1, Node::new(Value::Null, value.span));
    }
    list[index] = value;
    Ok(())
}

fn string(text: String, span: Span) -> Node {
    let text = gostring::encode_owned(text.into_bytes());
    Node::new(Value::String(text.into()), span)
}
