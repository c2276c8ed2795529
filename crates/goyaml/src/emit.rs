//! The emitter: values to YAML, byte for byte as Go's libraries write them.
//!
//! A [`Writer`] receives one value after the other and keeps no tree. `emit_scalar.rs` decides how a scalar is written.

use std::collections::{BTreeMap, BTreeSet};

use super::error::YamlError;
use super::json;
use super::node::{Entry, Map, Node, Value};
use super::order::sort_keys;
use super::resolve;
use gostd::float as gofloat;
use gostd::string as gostring;

/// The Go library to write like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `sigs.k8s.io/yaml.Marshal`, as in `toYaml`: the value is converted to JSON, and go-yaml v2 reads and writes
    /// that. Lists are not indented under their key; long scalars are folded.
    V2,
    /// go-yaml v3 with an indentation of 2, as in `toYamlPretty`: lists are indented, nothing is folded.
    V3,
}

/// The line width at which V2 folds.
pub(super) const BEST_WIDTH: usize = 80;
/// The indentation of each level.
const INDENT: isize = 2;
/// The longest key, in bytes, that needs no `?`.
const MAX_SIMPLE_KEY: usize = 128;
/// go-yaml v2's nesting limit for reading the JSON.
const MAX_DEPTH: usize = 10_000;

/// A collection being written.
enum Frame {
    /// An empty collection; only its closing bracket is left to write.
    Empty(&'static str),
    List {
        outer: isize,
    },
    Map {
        outer: isize,
        key: KeyState,
    },
}

/// How the last key of a mapping was written.
#[derive(Clone, Copy, PartialEq)]
enum KeyState {
    None,
    Simple,
    /// A key introduced by `?`.
    Complex,
}

/// Writes one document.
///
/// ```
/// use goyaml::{Style, Writer};
/// let mut writer = Writer::new(Style::V2);
/// writer.begin_map(2);
/// writer.key("args");
/// writer.begin_list(2);
/// writer.string("yes");
/// writer.int(1);
/// writer.end_list();
/// writer.key("empty");
/// writer.begin_map(0);
/// writer.end_map();
/// writer.end_map();
/// assert_eq!(writer.finish().unwrap(), "args:\n- \"yes\"\n- 1\nempty: {}\n");
/// ```
pub struct Writer {
    pub(super) style: Style,
    pub(super) out: String,
    /// The number of characters in the last line.
    pub(super) column: usize,
    /// The indentation of the current collection; -1 outside of any.
    pub(super) indent: isize,
    /// Whether the last character is white space, or counts as such.
    pub(super) whitespace: bool,
    /// Whether the last line has only indentation so far.
    pub(super) indention: bool,
    frames: Vec<Frame>,
    /// The first error of the conversion to JSON. Go converts the whole value before it goes on.
    json_error: Option<String>,
    /// The first error of writing the converted value.
    pub(super) yaml_error: Option<String>,
}

impl Writer {
    /// An empty writer.
    pub fn new(style: Style) -> Self {
        Self {
            style,
            out: String::new(),
            column: 0,
            indent: -1,
            whitespace: true,
            indention: true,
            frames: Vec::new(),
            json_error: None,
            yaml_error: None,
        }
    }

    /// The written text. It ends with the line break that `toYaml` trims.
    ///
    /// # Errors
    /// Go's error, if Go cannot write the value. Only V2 fails: on numbers that JSON does not have, on characters that
    /// YAML does not allow unescaped but JSON does (DEL, most of U+0080 to U+009F, U+FFFE, U+FFFF), on keys of more
    /// than 1024 characters, and on more than 10,000 levels. `toYaml` then writes nothing; `mustToYaml` stops the
    /// render. If a value has several YAML errors, the reported one may differ from Go's.
    pub fn finish(mut self) -> Result<String, YamlError> {
        if let Some(message) = self.json_error.take().or(self.yaml_error.take()) {
            return Err(YamlError { message, span: None });
        }
        self.write_indent();
        Ok(self.out)
    }

    /// Begins a mapping of `len` entries. The caller writes them in the order of [`sort_keys`], each as [`Writer::key`]
    /// and a value, then calls [`Writer::end_map`].
    pub fn begin_map(&mut self, len: usize) {
        self.before_value();
        if len == 0 {
            self.begin_empty("{", "}");
            return;
        }
        let outer = self.increase_indent(false, false);
        self.push(Frame::Map {
            outer,
            key: KeyState::None,
        });
    }

    /// Ends a mapping.
    pub fn end_map(&mut self) {
        self.end();
    }

    /// Begins a list of `len` items; [`Writer::end_list`] ends it.
    pub fn begin_list(&mut self, len: usize) {
        let in_map = matches!(self.frames.last(), Some(Frame::Map { .. }));
        self.before_value();
        if len == 0 {
            self.begin_empty("[", "]");
            return;
        }
        let indentless = self.style == Style::V2 && in_map && !self.indention;
        let outer = self.increase_indent(false, indentless);
        self.push(Frame::List { outer });
    }

    /// Ends a list.
    pub fn end_list(&mut self) {
        self.end();
    }

    /// Writes a key of a mapping; its value must follow.
    pub fn key(&mut self, key: &str) {
        self.write_indent();
        let scalar = self.prepare(key, true);
        let simple = !scalar.is_multiline() && scalar.len() <= MAX_SIMPLE_KEY;
        if let Some(Frame::Map { key, .. }) = self.frames.last_mut() {
            *key = if simple { KeyState::Simple } else { KeyState::Complex };
        }
        if !simple {
            self.indicator("?", true, false, true);
        }
        self.scalar(&scalar, simple);
    }

    /// Writes a number as the key of a mapping; its value must follow.
    pub fn number_key(&mut self, key: usize) {
        self.write_indent();
        if let Some(Frame::Map { key, .. }) = self.frames.last_mut() {
            *key = KeyState::Simple;
        }
        self.plain(&key.to_string());
    }

    /// Writes a null.
    pub fn null(&mut self) {
        self.before_value();
        self.plain("null");
    }

    /// Writes a boolean.
    pub fn bool(&mut self, value: bool) {
        self.before_value();
        self.plain(if value { "true" } else { "false" });
    }

    /// Writes a signed integer.
    pub fn int(&mut self, value: i64) {
        self.before_value();
        self.plain(&value.to_string());
    }

    /// Writes an unsigned integer.
    pub fn uint(&mut self, value: u64) {
        self.before_value();
        self.plain(&value.to_string());
    }

    /// Writes a Go `float64`.
    ///
    /// V2 decides by the number's JSON text, as Go does: a text that is a 64-bit integer is written as one (`1e6`
    /// becomes `1000000`), any other with `%g` (`1234567.5` becomes `1.2345675e+06`); NaN and the infinities are
    /// errors. V3 always writes `%g` (`1e6` becomes `1e+06`), and `.nan`, `.inf`, `-.inf`.
    pub fn float(&mut self, value: f64) {
        self.before_value();
        let general = gofloat::shortest(value);
        if self.style == Style::V3 {
            self.plain(match &*general {
                "NaN" => ".nan",
                "+Inf" => ".inf",
                "-Inf" => "-.inf",
                text => text,
            });
            return;
        }
        let Some(json) = gofloat::json(value) else {
            self.json_error
                .get_or_insert_with(|| format!("error marshaling into JSON: json: unsupported value: {general}"));
            return;
        };
        if let Some(value) = resolve::parse_int(&json, 10) {
            self.plain(&value.to_string());
        } else if let Some(value) = resolve::parse_uint(&json, 10) {
            self.plain(&value.to_string());
        } else {
            self.plain(&general);
        }
    }

    /// Writes a string.
    pub fn string(&mut self, text: &str) {
        self.before_value();
        let scalar = self.prepare(text, false);
        self.scalar(&scalar, false);
    }

    /// Writes a text as it is. It must need no quotes: V3 writes a `time.Time` this way.
    pub fn verbatim(&mut self, text: &str) {
        self.before_value();
        self.plain(text);
    }

    /// Writes a value with all its children.
    pub fn node(&mut self, node: &Node) {
        enum Rest<'a> {
            Map(std::vec::IntoIter<(&'a str, &'a Entry)>),
            List(std::slice::Iter<'a, Node>),
        }
        let mut stack = Vec::new();
        let mut next = Some(node);
        loop {
            if let Some(node) = next.take() {
                match &node.value {
                    Value::Null => self.null(),
                    Value::Bool(value) => self.bool(*value),
                    Value::Int(value) => self.int(*value),
                    Value::Uint(value) => self.uint(*value),
                    Value::Float(value) => self.float(*value),
                    Value::String(text) => self.string(text),
                    Value::List(list) => {
                        self.begin_list(list.len());
                        stack.push(Rest::List(list.iter()));
                    }
                    Value::Map(map) => {
                        let entries = sorted(self.style, map);
                        self.begin_map(entries.len());
                        stack.push(Rest::Map(entries.into_iter()));
                    }
                }
            }
            next = match stack.last_mut() {
                None => return,
                Some(Rest::List(items)) => items.next(),
                Some(Rest::Map(entries)) => entries.next().map(|(key, entry)| {
                    self.key(key);
                    &entry.node
                }),
            };
            if next.is_none() {
                self.end();
                stack.pop();
            }
        }
    }

    // The layout.

    fn push(&mut self, frame: Frame) {
        self.frames.push(frame);
        if self.style == Style::V2 && self.frames.len() > MAX_DEPTH {
            self.yaml_error
                .get_or_insert_with(|| format!("yaml: exceeded max depth of {MAX_DEPTH}"));
        }
    }

    fn begin_empty(&mut self, open: &str, close: &'static str) {
        self.indicator(open, true, true, false);
        self.push(Frame::Empty(close));
    }

    fn end(&mut self) {
        match self.frames.pop() {
            Some(Frame::Empty(close)) => self.indicator(close, false, false, false),
            Some(Frame::List { outer } | Frame::Map { outer, .. }) => self.indent = outer,
            None => {}
        }
    }

    /// Writes the indicator before a value: a dash or a colon.
    fn before_value(&mut self) {
        match self.frames.last_mut() {
            Some(Frame::List { .. }) => {
                self.write_indent();
                self.indicator("-", true, false, true);
            }
            Some(Frame::Map { key, .. }) => {
                let complex = *key == KeyState::Complex;
                *key = KeyState::None;
                if complex {
                    self.write_indent();
                }
                self.indicator(":", complex, false, complex);
            }
            Some(Frame::Empty(_)) | None => {}
        }
    }

    /// Indents by one level and returns the previous indentation.
    pub(super) fn increase_indent(&mut self, scalar: bool, indentless: bool) -> isize {
        let outer = self.indent;
        if outer < 0 {
            self.indent = if scalar { INDENT } else { 0 };
        } else if !indentless {
            self.indent += INDENT;
        }
        outer
    }

    /// Writes one character.
    pub(super) fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    pub(super) fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Starts a new indented line, unless the writer is at the start of one.
    pub(super) fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || self.column == indent && !self.whitespace {
            self.put_break();
        }
        if let Some(missing) = indent.checked_sub(self.column) {
            self.out.extend(std::iter::repeat_n(' ', missing));
            self.column = indent;
        }
        self.whitespace = true;
        self.indention = true;
    }

    pub(super) fn indicator(&mut self, text: &str, after_space: bool, is_whitespace: bool, is_indention: bool) {
        if after_space && !self.whitespace {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.whitespace = is_whitespace;
        self.indention &= is_indention;
    }

    /// Writes a text without spaces as a plain scalar.
    fn plain(&mut self, text: &str) {
        self.indicator(text, true, false, false);
    }
}

/// The entries of a mapping in output order.
fn sorted(style: Style, map: &Map) -> Vec<(&str, &Entry)> {
    let mut entries: Vec<(&str, &Entry)> = map.iter().map(|(key, entry)| (&**key, entry)).collect();
    if style == Style::V2 && entries.iter().any(|(key, _)| gostring::may_have_escapes(key)) {
        // Different keys that are not UTF-8 can be equal after the conversion to JSON. The last one by byte order wins.
        entries.sort_by_key(|(key, _)| gostring::decode(key));
        let mut last = BTreeMap::new();
        for (position, (key, _)) in entries.iter().enumerate() {
            last.insert(json::valid(key), position);
        }
        let kept: BTreeSet<usize> = last.into_values().collect();
        let mut position = 0;
        entries.retain(|_| {
            position += 1;
            kept.contains(&(position - 1))
        });
    }
    sort_keys(style, entries, |entry| entry.0)
}

/// Writes a value by a [`Writer`].
///
/// # Errors
/// As [`Writer::finish`].
pub fn to_yaml(style: Style, node: &Node) -> Result<String, YamlError> {
    let mut writer = Writer::new(style);
    writer.node(node);
    writer.finish()
}
