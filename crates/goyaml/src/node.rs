//! A YAML value with its place in the source.

use std::sync::Arc;

use serde_json::Value as Json;

use super::sorted::SortedMap;
use source::Span;

/// A value with its place. Containers are shared, so a clone costs one reference count.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its place: the scalar with its quotes, or the whole collection.
    pub span: Span,
}

/// The data of a [`Node`]. Equality ignores places.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`, `~`, or nothing.
    Null,
    /// `true`, `yes`, `on` and so on.
    Bool(bool),
    /// An integer that fits an `int64`.
    Int(i64),
    /// An integer that fits only a `uint64`.
    Uint(u64),
    /// Any other number.
    Float(f64),
    /// A string.
    String(Arc<str>),
    /// A sequence.
    List(Arc<Vec<Node>>),
    /// A mapping.
    Map(Arc<Map>),
}

/// A mapping with string keys.
pub type Map = SortedMap<Entry>;

/// A value of a [`Map`], with the place of its key.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The place of the key.
    pub key: Span,
    /// The value.
    pub node: Node,
}

impl Map {
    /// The value of a key, without the place of the key.
    pub fn node(&self, key: &str) -> Option<&Node> {
        self.get(key).map(|entry| &entry.node)
    }
}

impl Node {
    /// A value at a place.
    pub fn new(value: Value, span: Span) -> Self {
        Self { value, span }
    }

    /// An empty mapping at a place.
    pub fn empty_map(span: Span) -> Self {
        Self::new(Value::Map(Arc::default()), span)
    }

    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping, mutable; copied first if it is shared.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(Arc::make_mut(map)),
            _ => None,
        }
    }

    /// The sequence, if it is one.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The sequence, mutable; copied first if it is shared.
    pub fn as_list_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::List(list) => Some(Arc::make_mut(list)),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The JSON text of a scalar, which sigs.k8s.io/yaml assigns to a field of type string; empty for null. None for a
    /// collection.
    pub fn scalar_text(&self) -> Option<String> {
        Some(match &self.value {
            Value::Null => String::new(),
            Value::String(text) => text.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Uint(value) => value.to_string(),
            Value::Float(value) => gostd::float::shortest(*value),
            Value::List(_) | Value::Map(_) => return None,
        })
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Converts to JSON; `float` converts the floats. Recursive: deep nesting uses the native stack.
    pub fn to_json(&self, float: &dyn Fn(f64) -> Json) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Int(value) => Json::from(*value),
            Value::Uint(value) => Json::from(*value),
            Value::Float(value) => float(*value),
            Value::String(text) => Json::from(&**text),
            Value::List(items) => Json::Array(items.iter().map(|item| item.to_json(float)).collect()),
            Value::Map(map) => {
                let entries = map.iter();
                Json::Object(
                    entries
                        .map(|(key, entry)| (key.to_string(), entry.node.to_json(float)))
                        .collect(),
                )
            }
        }
    }

    /// Converts every integer to a float, as happens where Helm reads YAML into an `interface{}`.
    #[must_use]
    pub fn numbers_as_floats(mut self) -> Self {
        let mut stack = vec![&mut self];
        while let Some(node) = stack.pop() {
            #[allow(clippy::cast_precision_loss)] // as Go does
            let float = match node.value {
                Value::Int(value) => Some(value as f64),
                Value::Uint(value) => Some(value as f64),
                _ => None,
            };
            if let Some(float) = float {
                node.value = Value::Float(float);
            }
            match &mut node.value {
                Value::List(list) => stack.extend(Arc::make_mut(list).iter_mut()),
                Value::Map(map) => stack.extend(Arc::make_mut(map).iter_mut().map(|(_, entry)| &mut entry.node)),
                _ => {}
            }
        }
        self
    }

    /// The value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.node(key)
    }

    /// The value at a path of keys and indices; none if the path does not exist.
    pub fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Node> {
        path.into_iter().try_fold(self, |node, step| match &node.value {
            Value::Map(map) => map.node(step),
            Value::List(list) => list.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

impl Value {
    /// The name of the value's type in errors of Go's `encoding/json`.
    pub fn json_kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => "number",
            Self::String(_) => "string",
            Self::List(_) => "array",
            Self::Map(_) => "object",
        }
    }

    fn is_collection(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// Moves the child collections out of this one, unless it is shared.
    fn take_apart(&mut self, out: &mut Vec<Node>) {
        let nested = |node: &Node| node.value.is_collection();
        match self {
            Self::List(list) => {
                if let Some(list) = Arc::get_mut(list)
                    && list.iter().any(nested)
                {
                    out.extend(list.drain(..).filter(nested));
                }
            }
            Self::Map(map) => {
                if let Some(map) = Arc::get_mut(map)
                    && map.iter().any(|(_, entry)| nested(&entry.node))
                {
                    let entries = std::mem::take(map).into_iter();
                    out.extend(entries.map(|(_, entry)| entry.node).filter(nested));
                }
            }
            _ => {}
        }
    }
}

/// A document may nest 10,000 collections. Dropping or comparing them recursively would overflow a thread's native
/// stack, so both are loops.
impl Drop for Value {
    fn drop(&mut self) {
        if self.is_collection() {
            let mut rest = Vec::new();
            self.take_apart(&mut rest);
            while let Some(mut node) = rest.pop() {
                node.value.take_apart(&mut rest);
            }
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        let mut rest = vec![(self, other)];
        while let Some(pair) = rest.pop() {
            let same = match pair {
                (Self::Null, Self::Null) => true,
                (Self::Bool(a), Self::Bool(b)) => a == b,
                (Self::Int(a), Self::Int(b)) => a == b,
                (Self::Uint(a), Self::Uint(b)) => a == b,
                (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
                (Self::String(a), Self::String(b)) => a == b,
                (Self::List(a), Self::List(b)) => {
                    rest.extend(a.iter().zip(b.iter()).map(|(a, b)| (&a.value, &b.value)));
                    a.len() == b.len()
                }
                (Self::Map(a), Self::Map(b)) => {
                    let entries = || a.iter().zip(b.iter());
                    rest.extend(entries().map(|((_, a), (_, b))| (&a.node.value, &b.node.value)));
                    a.len() == b.len() && entries().all(|((a, _), (b, _))| a == b)
                }
                _ => false,
            };
            if !same {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::{Source, SourceKind, Sources};

    #[test]
    fn depth_costs_no_native_stack() {
        let file = Sources::new().add(Source::new("x", SourceKind::Made, Vec::new()));
        let span = Span::file_start(file);
        let nest = |depth: usize| {
            (0..depth).fold(Node::new(Value::Null, span), |node, level| {
                let value = if level % 2 == 0 {
                    Value::List(Arc::new(vec![node]))
                } else {
                    Value::Map(Arc::new(Map::from_iter([("k".into(), Entry { key: span, node })])))
                };
                Node::new(value, span)
            })
        };
        let deep = nest(200_000);
        assert!(deep.value == deep.clone().numbers_as_floats().value);
        assert!(deep.value != nest(199_999).value);
    }
}
