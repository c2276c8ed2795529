//! The keys of Go's maps. They become strings only in the conversion to JSON.

use std::cmp::Ordering;
use std::sync::Arc;

use super::node::Value;
use gostd::float as gofloat;
use gostd::quote as goquote;

/// A key as go-yaml decodes it.
#[derive(Clone, Debug)]
pub(super) enum Key {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    String(Arc<str>),
}

impl Key {
    /// The key for a value; none for collections, which cannot be keys.
    pub(super) fn new(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Uint(value) => Self::Uint(*value),
            Value::Float(value) => Self::Float(*value),
            Value::String(value) => Self::String(Arc::clone(value)),
            Value::List(_) | Value::Map(_) => return None,
        })
    }

    /// Whether sigs.k8s.io/yaml can convert the key to a string.
    pub(super) fn is_supported(&self) -> bool {
        !matches!(self, Self::Null | Self::Uint(_))
    }

    /// The key as a string.
    pub(super) fn text(&self) -> Arc<str> {
        match self {
            Self::Null => "null".into(),
            Self::Bool(value) => if *value { "true" } else { "false" }.into(),
            Self::Int(value) => value.to_string().into(),
            Self::Uint(value) => value.to_string().into(),
            Self::Float(value) if value.is_nan() => ".nan".into(),
            Self::Float(value) => match &*gofloat::shortest32(*value) {
                "+Inf" => ".inf".into(),
                "-Inf" => "-.inf".into(),
                text => text.into(),
            },
            Self::String(value) => Arc::clone(value),
        }
    }

    /// The order in which `%#v` prints the keys of a map: by type first. Go orders the types by their addresses in the
    /// program; this is the order that was observed.
    pub(super) fn go_order(&self, other: &Self) -> Ordering {
        let rank = |key: &Self| match key {
            Self::Null => 0,
            Self::String(_) => 1,
            Self::Uint(_) => 2,
            Self::Int(_) => 3,
            Self::Float(_) => 4,
            Self::Bool(_) => 5,
        };
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Uint(a), Self::Uint(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan())),
            (Self::String(a), Self::String(b)) => a.cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }

    /// The key in `%#v` syntax.
    pub(super) fn go_syntax(&self) -> String {
        match self {
            Self::Null => "<nil>".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Uint(value) => format!("{value:#x}"),
            Self::Float(value) => gofloat::shortest(*value),
            Self::String(value) => goquote::quote(value),
        }
    }
}

/// Equality as in Go's maps: by type and value; NaN equals nothing.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Uint(a), Self::Uint(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            _ => false,
        }
    }
}
