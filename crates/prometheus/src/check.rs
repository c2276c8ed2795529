//! Shared parts of the checks: source text, findings, and typed access to values.

use diagnostics::{Diagnostic, Report};
use goyaml::{Map, Node, Value};
use source::{Source, Span};

/// A check of one document.
pub(super) struct Check<'a> {
    source: &'a Source,
    pub(super) report: Report,
    /// Whether names must follow the legacy scheme of Prometheus 2: letters, digits, underscores.
    pub(super) legacy_names: bool,
}

impl<'a> Check<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self {
            source,
            report: Report::new(),
            legacy_names: false,
        }
    }

    pub(super) fn error(&mut self, rule: &'static str, place: Span, message: impl Into<String>) {
        self.report.push(Diagnostic::error(rule, message).at(place));
    }

    pub(super) fn warn(&mut self, rule: &'static str, place: Span, message: impl Into<String>) {
        self.report.push(Diagnostic::warning(rule, message).at(place));
    }

    /// The text of a scalar in a string field: `yes` and `010` stay as written. None for collections.
    pub(super) fn text(&self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Null => Some(String::new()),
            Value::String(text) => Some(text.to_string()),
            Value::List(_) | Value::Map(_) => None,
            _ => self.source.text().get(node.span.range()).map(str::to_owned),
        }
    }

    /// The place of some bytes of a scalar's text.
    pub(super) fn within(&self, node: &Node, text: &str, range: std::ops::Range<usize>) -> Span {
        goyaml::within(self.source.text(), node.span, text, range)
    }
}

/// A mapping, with its place.
#[derive(Clone, Copy)]
pub(super) struct Object<'n> {
    pub(super) map: &'n Map,
    pub(super) span: Span,
}

impl<'n> Object<'n> {
    pub(super) fn of(node: &'n Node) -> Option<Self> {
        Some(Self {
            map: node.as_map()?,
            span: node.span,
        })
    }

    /// The value of a key; none if the key is missing or null.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.map.node(key).filter(|node| !node.is_null())
    }

    pub(super) fn object(&self, key: &str) -> Option<Object<'n>> {
        Self::of(self.get(key)?)
    }

    pub(super) fn list(&self, key: &str) -> &'n [Node] {
        self.get(key).and_then(Node::as_list).unwrap_or_default()
    }

    /// The text of a key; empty if the key is missing.
    pub(super) fn text(&self, check: &Check<'_>, key: &str) -> String {
        self.get(key).and_then(|node| check.text(node)).unwrap_or_default()
    }

    /// Whether a string, list or mapping field is set and not empty. Other scalars count as non-empty strings.
    pub(super) fn is_set(&self, key: &str) -> bool {
        self.get(key).is_some_and(|node| match &node.value {
            Value::String(text) => !text.is_empty(),
            Value::List(list) => !list.is_empty(),
            Value::Map(map) => !map.is_empty(),
            _ => true,
        })
    }

    /// Whether a number or boolean field is set to anything but Go's zero value.
    pub(super) fn is_nonzero(&self, key: &str) -> bool {
        self.get(key).is_some_and(|node| match node.value {
            Value::Bool(value) => value,
            Value::Int(value) => value != 0,
            Value::Float(value) => value != 0.0,
            _ => true,
        })
    }

    /// The text of a key, or the default if the key is missing. A null empties the field; it does not restore the
    /// default.
    pub(super) fn text_or(&self, check: &Check<'_>, key: &str, default: &str) -> String {
        if self.map.contains_key(key) {
            self.text(check, key)
        } else {
            default.to_owned()
        }
    }

    /// The number of the keys that are set.
    pub(super) fn count(&self, keys: &[&str]) -> usize {
        keys.iter().filter(|key| self.is_set(key)).count()
    }

    /// The duration of a key in nanoseconds; none if it is missing or invalid.
    pub(super) fn duration(&self, check: &Check<'_>, key: &str) -> Option<i64> {
        promql::duration::parse(&self.text(check, key)).ok()
    }

    pub(super) fn bool(&self, key: &str) -> Option<bool> {
        match self.get(key)?.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // as Go's YAML library converts
    pub(super) fn int(&self, key: &str) -> Option<i64> {
        match self.map.node(key)?.value {
            Value::Null => Some(0),
            Value::Int(value) => Some(value),
            Value::Float(value) => Some(value as i64),
            _ => None,
        }
    }

    /// The place of a key; that of the mapping if the key is missing.
    pub(super) fn key(&self, key: &str) -> Span {
        self.map.get(key).map_or_else(|| self.start(), |entry| entry.key)
    }

    /// The place of the first of the given keys that is set.
    pub(super) fn first(&self, keys: &[&str]) -> Span {
        keys.iter()
            .find(|key| self.is_set(key))
            .map_or_else(|| self.start(), |key| self.key(key))
    }

    /// The place of the last, in source order, of the given keys that are set.
    pub(super) fn last(&self, keys: &[&str]) -> Span {
        keys.iter()
            .filter(|key| self.is_set(key))
            .map(|key| self.key(key))
            .max()
            .unwrap_or_else(|| self.start())
    }

    /// The place of a key's value; that of the mapping if the key is missing.
    pub(super) fn value(&self, key: &str) -> Span {
        self.map.get(key).map_or_else(
            || self.start(),
            |entry| {
                if entry.node.is_null() {
                    entry.key
                } else {
                    entry.node.span
                }
            },
        )
    }

    /// The start of the mapping: its first key.
    pub(super) fn start(&self) -> Span {
        self.map
            .iter()
            .map(|(_, entry)| entry.key)
            .filter(|key| self.span.range().contains(&(key.start as usize)))
            .min()
            .unwrap_or(self.span)
    }
}
