//! The fields of a suite and their types. Mirrors the decoding of structs by go-yaml v3.

use diagnostics::{Diagnostic, Result, did_you_mean};
use goyaml::{Map, Node, Value};
use source::Sources;

/// The rule for suites that cannot be read.
pub const SUITE: &str = "unittest-suite";

/// Options for reading suites.
#[derive(Clone, Copy)]
pub(super) struct FieldReader<'a> {
    pub(super) sources: &'a Sources,
    /// Whether an unknown field is an error.
    pub(super) strict: bool,
}

/// An error at a node.
pub(super) fn wrong(node: &Node, message: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(SUITE, message).at(node.span))
}

fn kind(node: &Node) -> &'static str {
    match &node.value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => "a number",
        Value::String(_) => "a string",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    }
}

impl FieldReader<'_> {
    /// The entries of a mapping with these fields; `None` for null.
    pub(super) fn fields<'n>(self, node: &'n Node, what: &str, known: &[&str]) -> Result<Option<&'n Map>> {
        let Some(map) = node.as_map() else {
            return match node.value {
                Value::Null => Ok(None),
                _ => Err(wrong(node, format!("{what} must be a mapping, not {}", kind(node)))),
            };
        };
        if self.strict
            && let Some((key, entry)) = map.iter().find(|(key, _)| !known.contains(&&***key))
        {
            let mut error = Diagnostic::error(SUITE, format!("{what} has no field `{key}`")).at(entry.key);
            error.help = did_you_mean(key, known.iter().copied());
            return Err(error.into());
        }
        Ok(Some(map))
    }

    /// A string. Any scalar counts, with its text as written.
    pub(super) fn text(self, node: &Node, what: &str) -> Result<String> {
        match &node.value {
            Value::String(text) => Ok(text.to_string()),
            Value::Null => Ok(String::new()),
            Value::List(_) | Value::Map(_) => Err(wrong(node, format!("{what} must be a string, not {}", kind(node)))),
            _ => {
                let source = self.sources.get(node.span.file);
                Ok(source.text().get(node.span.range()).unwrap_or_default().to_owned())
            }
        }
    }

    /// A list of strings; null items are empty strings.
    pub(super) fn texts(self, node: &Node, what: &str) -> Result<Vec<String>> {
        let items = self.items(node, what)?;
        items.iter().map(|item| self.text(item, what)).collect()
    }

    /// A list; null is an empty one.
    #[expect(clippy::unused_self, reason = "reads as the others do")]
    pub(super) fn items<'n>(self, node: &'n Node, what: &str) -> Result<&'n [Node]> {
        match &node.value {
            Value::List(items) => Ok(items),
            Value::Null => Ok(&[]),
            _ => Err(wrong(node, format!("{what} must be a list, not {}", kind(node)))),
        }
    }

    /// A mapping with any content; null is an empty one.
    #[expect(clippy::unused_self, reason = "reads as the others do")]
    pub(super) fn mapping(self, node: &Node, what: &str) -> Result<Map> {
        match &node.value {
            Value::Map(map) => Ok((**map).clone()),
            Value::Null => Ok(Map::new()),
            _ => Err(wrong(node, format!("{what} must be a mapping, not {}", kind(node)))),
        }
    }

    /// A boolean, including the words that YAML 1.2 dropped.
    #[expect(clippy::unused_self, reason = "reads as the others do")]
    pub(super) fn boolean(self, node: &Node, what: &str) -> Result<bool> {
        match &node.value {
            Value::Bool(value) => Ok(*value),
            Value::Null => Ok(false),
            Value::String(text) => match &**text {
                "y" | "Y" | "yes" | "on" => Ok(true),
                "n" | "N" | "no" | "off" => Ok(false),
                _ => Err(wrong(node, format!("{what} must be true or false"))),
            },
            _ => Err(wrong(node, format!("{what} must be true or false, not {}", kind(node)))),
        }
    }

    /// An integer; `None` for null.
    #[expect(clippy::unused_self, reason = "reads as the others do")]
    pub(super) fn integer(self, node: &Node, what: &str) -> Result<Option<i64>> {
        match node.value {
            Value::Null => Ok(None),
            Value::Int(value) => Ok(Some(value)),
            #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough to be exact")]
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => Ok(Some(value as i64)),
            _ => Err(wrong(
                node,
                format!("{what} must be a whole number, not {}", kind(node)),
            )),
        }
    }
}
