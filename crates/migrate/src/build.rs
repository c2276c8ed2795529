//! Constructors for nodes whose span refers to the input.

use std::sync::Arc;

use goyaml::{Entry, Map, Node, Value};
use source::Span;

/// A mapping with this span.
pub(super) fn map(span: Span, entries: impl IntoIterator<Item = (impl Into<Arc<str>>, Node)>) -> Node {
    let entries = entries.into_iter().map(|(key, node)| {
        let key: Arc<str> = key.into();
        (key, Entry { key: span, node })
    });
    Node::new(Value::Map(Arc::new(entries.collect::<Map>())), span)
}

/// A list with this span.
pub(super) fn list(span: Span, items: impl IntoIterator<Item = Node>) -> Node {
    Node::new(Value::List(Arc::new(items.into_iter().collect())), span)
}

/// A string with this span.
pub(super) fn text(span: Span, text: impl AsRef<str>) -> Node {
    Node::new(Value::String(Arc::from(text.as_ref())), span)
}

/// A boolean with this span.
pub(super) fn bool(span: Span, value: bool) -> Node {
    Node::new(Value::Bool(value), span)
}

/// A null with this span.
pub(super) fn null(span: Span) -> Node {
    Node::new(Value::Null, span)
}

/// Whether a value is true in Go's templates.
pub(super) fn is_true(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Int(value) => *value != 0,
        Value::Uint(value) => *value != 0,
        Value::Float(value) => *value != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
    }
}

/// A copy of a mapping without some of its keys; any other value unchanged.
pub(super) fn without(node: &Node, keys: &[&str]) -> Node {
    let mut node = node.clone();
    if let Some(map) = node.as_map_mut() {
        for key in keys {
            map.remove(key);
        }
    }
    node
}

/// Merges a value over another one as Helm does: mappings key by key, and a null removes the value below it. A null
/// with no value below it stays.
pub(super) fn over(above: &Node, below: &Node) -> Node {
    let (Some(upper), Some(lower)) = (above.as_map(), below.as_map()) else {
        return above.clone();
    };
    let mut merged = lower.clone();
    for (key, entry) in upper.iter() {
        if entry.node.is_null() && lower.contains_key(key) {
            merged.remove(key);
            continue;
        }
        let node = match lower.node(key) {
            Some(below) => over(&entry.node, below),
            None => entry.node.clone(),
        };
        merged.insert(Arc::clone(key), Entry { key: entry.key, node });
    }
    Node::new(Value::Map(Arc::new(merged)), above.span)
}

/// Converts scalars of a Prometheus configuration to strings where Prometheus expects strings. Prometheus reads `regex:
/// true` as `"true"`, but a schema rejects it.
pub(super) fn strings(node: &Node) -> Node {
    /// Fields with a string or a list of strings.
    const STRINGS: [&str; 16] = [
        "regex",
        "replacement",
        "target_label",
        "separator",
        "source_labels",
        "job_name",
        "username",
        "password",
        "credentials",
        "bearer_token",
        "targets",
        "names",
        "alert",
        "record",
        "expr",
        "module",
    ];
    /// Fields with a mapping to strings or to lists of strings.
    const MAPS: [&str; 5] = ["labels", "annotations", "params", "headers", "external_labels"];
    match &node.value {
        Value::Map(map) => {
            let mut map = map.as_ref().clone();
            for (key, entry) in map.iter_mut() {
                entry.node = if STRINGS.contains(&&**key) {
                    as_text(&entry.node)
                } else if MAPS.contains(&&**key)
                    && let Some(inner) = entry.node.as_map()
                {
                    let mut inner = inner.clone();
                    for (_, entry) in inner.iter_mut() {
                        entry.node = as_text(&entry.node);
                    }
                    Node::new(Value::Map(Arc::new(inner)), entry.node.span)
                } else {
                    strings(&entry.node)
                };
            }
            Node::new(Value::Map(Arc::new(map)), node.span)
        }
        Value::List(items) => list(node.span, items.iter().map(strings)),
        _ => node.clone(),
    }
}

/// A scalar as text. Integers are written without an exponent: values files have only floats, and Go writes large ones
/// as `1e+08`.
pub(super) fn plain(node: &Node) -> Option<String> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match &node.value {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
        Value::Float(value) if value.fract() == 0.0 && value.abs() < EXACT => Some((*value as i64).to_string()),
        _ => node.scalar_text(),
    }
}

/// Converts a scalar to a string, and so for the items of a list.
fn as_text(node: &Node) -> Node {
    match &node.value {
        Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
            text(node.span, plain(node).unwrap_or_default())
        }
        Value::List(items) => list(node.span, items.iter().map(as_text)),
        _ => node.clone(),
    }
}
