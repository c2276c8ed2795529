//! The case files under `tests/suite`.
//!
//! A case begins with `== name` and ends with an empty line. Between them are its fields: `field: text` on one line, or
//! `field:` and lines of content, each with four spaces before it:
//!
//! ```text
//! == name
//! yaml:
//!     | a line as it stands, and a line break
//!     \ a text with escapes, without a line break: \n \t \r \0 \\ \" \xFF (a byte) \u{E9} (a character)
//!     * 600 a text with escapes, so many times
//! json: {"a":1}
//! ```
//!
//! Lines outside of cases are comments. The tests document the fields. The inputs are written by hand; the expected
//! results come from Go: `cd tests/oracle/yaml && go run . ../../suite` writes them into the files.
//!
//! Values are JSON in which every number is a float, as in Helm's values; `{"$int":"1"}` and `{"$uint":"1"}` are
//! integers, `{"$bytes":"ff"}` is a string of arbitrary bytes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::Trial;
use promchart::go::{float as gofloat, string as gostring};
use promchart::source::{Source, SourceKind, Sources, Span};
use promchart::yaml;
use promchart::yaml::{Entry, Map, Node, Value};

/// One case.
pub(super) struct Case {
    /// Its name.
    pub(super) title: String,
    fields: Vec<(String, Vec<u8>)>,
}

impl Case {
    /// The bytes of a field.
    pub(super) fn bytes(&self, field: &str) -> Option<&[u8]> {
        let found = self.fields.iter().find(|(name, _)| name == field);
        found.map(|(_, value)| &**value)
    }

    /// A field as a Go string.
    pub(super) fn get(&self, field: &str) -> Option<String> {
        self.bytes(field).map(|bytes| gostring::encode(bytes).into_owned())
    }

    /// All fields with a name.
    pub(super) fn all(&self, field: &str) -> Vec<String> {
        let found = self.fields.iter().filter(|(name, _)| name == field);
        found.map(|(_, value)| gostring::encode(value).into_owned()).collect()
    }
}

/// The files with an extension in a folder of the suite.
pub(super) fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no files", folder.display());
    files
}

/// A test for each case of a folder, named by the suite, the file and the case.
pub(super) fn trials(suite: &str, folder: &str, check: fn(&Case, &mut Found)) -> Vec<Trial> {
    let mut trials = Vec::new();
    for path in files(folder, "cases") {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        for case in parse(&path) {
            let name = format!("yaml::{suite}::{file}::{}", case.title);
            trials.push(crate::case(name, move || {
                let mut found = Found::default();
                check(&case, &mut found);
                (!found.wrong.is_empty()).then_some(found.wrong)
            }));
        }
    }
    trials
}

/// The result of a check.
#[derive(Default)]
pub(super) struct Found {
    wrong: String,
}

impl Found {
    /// Compares the actual with the expected result.
    pub(super) fn same(&mut self, what: &str, got: Option<&str>, want: Option<&str>) {
        if got != want {
            let show = |text: Option<&str>| text.map_or("nothing".to_owned(), |text| format!("{text:?}"));
            let _ = write!(self.wrong, "\n{what}\n  is     {}\n  wanted {}", show(got), show(want));
        }
    }
}

fn parse(path: &Path) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut inside = false;
    for line in std::fs::read_to_string(path).unwrap().lines() {
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case {
                title: name.to_owned(),
                fields: Vec::new(),
            });
            inside = true;
        } else if line.is_empty() {
            inside = false;
        } else if inside {
            let case = cases.last_mut().unwrap();
            if let Some(content) = line.strip_prefix("    ") {
                case.fields.last_mut().unwrap().1.extend(content_of(content));
            } else {
                let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("{}: {line}", case.title));
                let value = value.strip_prefix(' ').unwrap_or(value);
                case.fields.push((name.to_owned(), value.into()));
            }
        }
    }
    cases
}

fn content_of(line: &str) -> Vec<u8> {
    if let Some(text) = line.strip_prefix('|') {
        return [text.strip_prefix(' ').unwrap_or(text).as_bytes(), b"\n"].concat();
    }
    if let Some(text) = line.strip_prefix("\\ ") {
        return unescape(text);
    }
    let (count, text) = line.strip_prefix("* ").unwrap().split_once(' ').unwrap();
    unescape(text).repeat(count.parse().unwrap())
}

/// Resolves the escapes.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.as_bytes());
        let mut width = 1;
        match after.as_bytes()[0] {
            b'n' => bytes.push(b'\n'),
            b't' => bytes.push(b'\t'),
            b'r' => bytes.push(b'\r'),
            b'0' => bytes.push(0),
            byte @ (b'\\' | b'"') => bytes.push(byte),
            b'x' => {
                bytes.push(u8::from_str_radix(&after[1..3], 16).unwrap());
                width = 3;
            }
            b'u' => {
                let end = after.find('}').unwrap();
                let c = char::from_u32(u32::from_str_radix(&after[2..end], 16).unwrap()).unwrap();
                bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
                width = end + 1;
            }
            other => panic!("no escape: {other}"),
        }
        rest = &after[width..];
    }
    bytes.extend(rest.as_bytes());
    bytes
}

/// A source, and a span in it for values without a position.
pub(super) fn source(name: &str, kind: SourceKind, bytes: &[u8]) -> (Arc<Source>, Span) {
    let sources = Sources::new();
    let file = sources.add(Source::new(name, kind, bytes.to_vec()));
    (sources.get(file), Span::file_start(file))
}

/// A value from the JSON of the cases.
pub(super) fn value(text: &str) -> Node {
    let (_, span) = source("value", SourceKind::Made, b"");
    from_extended(yaml::json::parse(text, &|_| span).unwrap())
}

fn from_extended(node: Node) -> Node {
    let special = |key: &str| node.get(key).and_then(Node::as_str);
    let value = if let Some(text) = special("$int") {
        Value::Int(text.parse().unwrap())
    } else if let Some(text) = special("$uint") {
        Value::Uint(text.parse().unwrap())
    } else if let Some(text) = special("$bytes") {
        let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        Value::String(gostring::encode(&bytes).as_ref().into())
    } else if let Some(list) = node.as_list() {
        Value::List(Arc::new(list.iter().cloned().map(from_extended).collect()))
    } else if let Some(map) = node.as_map() {
        let entry = |entry: &Entry| Entry {
            key: entry.key,
            node: from_extended(entry.node.clone()),
        };
        let entries = map.iter().map(|(key, found)| (Arc::clone(key), entry(found)));
        Value::Map(Arc::new(entries.collect::<Map>()))
    } else {
        return node;
    };
    Node::new(value, node.span)
}

/// A value as Go's JSON; integers in the format of the cases if `extended`, otherwise as in JSON.
pub(super) fn json(node: &Node, extended: bool) -> String {
    let mut out = String::new();
    write_json(node, extended, &mut out);
    gostring::encode_owned(out.into_bytes())
}

fn write_json(node: &Node, extended: bool, out: &mut String) {
    let quote = |text: &str| yaml::json::quote(text);
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Int(value) if extended => {
            let _ = write!(out, "{{\"$int\":\"{value}\"}}");
        }
        Value::Bool(_) | Value::Int(_) | Value::Uint(_) => {
            let _ = match node.value {
                Value::Bool(value) => write!(out, "{value}"),
                Value::Int(value) => write!(out, "{value}"),
                Value::Uint(value) => write!(out, "{value}"),
                _ => Ok(()),
            };
        }
        Value::Float(value) => out.push_str(&gofloat::json(*value).unwrap()),
        Value::String(text) => out.push_str(&quote(text)),
        Value::List(list) => {
            out.push('[');
            for (position, item) in list.iter().enumerate() {
                out.push_str(if position > 0 { "," } else { "" });
                write_json(item, extended, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (position, (key, entry)) in map.iter().enumerate() {
                out.push_str(if position > 0 { "," } else { "" });
                out.push_str(&quote(key));
                out.push(':');
                write_json(&entry.node, extended, out);
            }
            out.push('}');
        }
    }
}
