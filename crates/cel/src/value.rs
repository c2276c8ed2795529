//! The values of expressions, equality and order: `common/types` of cel-go.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::library::format::Format;
use crate::library::net::Cidr;
use crate::library::quantity::Quantity;
use crate::library::semver::Semver;
use crate::library::url::Url;
use crate::timestamp::Timestamp;

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A floating-point number.
    Double(f64),
    /// A string.
    String(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A duration in nanoseconds.
    Duration(i64),
    /// A timestamp.
    Timestamp(Timestamp),
    /// A type, by its name.
    Type(Arc<str>),
    /// A list.
    List(Arc<List>),
    /// A map, or an object.
    Map(Arc<Map>),
    /// An optional value.
    Optional(Option<Arc<Value>>),
    /// `quantity('1Gi')`.
    Quantity(Quantity),
    /// `url('https://example.com')`.
    Url(Arc<Url>),
    /// `ip('127.0.0.1')`.
    Ip(IpAddr),
    /// `cidr('10.0.0.0/8')`.
    Cidr(Cidr),
    /// `semver('1.2.3')`.
    Semver(Arc<Semver>),
    /// `format.dns1123Label()`.
    Format(&'static Format),
    /// Data of unknown type, which supports only equality.
    Raw(Arc<Json>),
    /// Data that is unknown offline. Using it is an error that names the data.
    Unknown(Arc<str>),
    /// Data that violates its schema. Using it is an error with this message.
    Invalid(Arc<str>),
}

/// A list.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// Its items.
    pub items: Vec<Value>,
    /// Its `x-kubernetes-list-type`, which decides equality and concatenation.
    pub kind: ListKind,
}

/// `x-kubernetes-list-type`.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ListKind {
    /// Order is significant.
    #[default]
    Atomic,
    /// Items are unique; order is not significant.
    Set,
    /// Items are identified by these fields (escaped names); order is not significant.
    Map(Vec<String>),
}

/// A map, or an object.
#[derive(Debug, Clone, Default)]
pub struct Map {
    /// The entries that expressions can select; the field names of an object are escaped.
    pub entries: BTreeMap<Key, Value>,
    /// The fields that expressions cannot select (not declared in the schema, or without a CEL spelling). They count
    /// for size and equality.
    pub hidden: BTreeMap<String, Json>,
    /// Whether it is an object with declared fields, whose names are escaped.
    pub is_object: bool,
}

/// A key of a map.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A signed integer.
    Number(i128),
    /// `true` or `false`.
    Bool(bool),
    /// A string.
    String(Arc<str>),
    /// An unsigned integer. [`Map::find`] treats it as equal to the signed one; `type()` tells them apart.
    Uint(u64),
}

impl Key {
    /// The key as a value.
    pub fn value(&self) -> Value {
        match self {
            Self::Number(number) => i64::try_from(*number).map_or(Value::Null, Value::Int),
            Self::Bool(value) => Value::Bool(*value),
            Self::String(text) => Value::String(Arc::clone(text)),
            Self::Uint(number) => Value::Uint(*number),
        }
    }

    /// The map key for a value; none if its type cannot be a key.
    pub fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(number) => Self::Number(i128::from(*number)),
            Value::Uint(number) => Self::Uint(*number),
            Value::String(text) => Self::String(Arc::clone(text)),
            _ => return None,
        })
    }
}

impl Map {
    /// The value of a key. Numbers match by value, whatever their type.
    pub fn find(&self, key: &Value) -> Option<&Value> {
        let whole = match key {
            Value::Int(number) => i128::from(*number),
            Value::Uint(number) => i128::from(*number),
            Value::Double(number) if number.fract() == 0.0 && number.abs() < 1.8e19 => {
                #[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
                let whole = *number as i128;
                whole
            }
            other => return self.entries.get(&Key::of(other)?),
        };
        self.entries.get(&Key::Number(whole)).or_else(|| {
            let unsigned = u64::try_from(whole).ok()?;
            self.entries.get(&Key::Uint(unsigned))
        })
    }

    /// The number of entries, hidden ones included.
    pub fn size(&self) -> usize {
        self.entries.len() + self.hidden.len()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(Arc::from(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(Arc::from(text))
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(Arc::new(List {
            items,
            kind: ListKind::Atomic,
        }))
    }
}

impl Value {
    /// Converts data without a schema, such as the objects of policies.
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => number
                .as_i64()
                .map(Self::Int)
                .or_else(|| number.as_f64().map(Self::Double))
                .unwrap_or(Self::Null),
            Json::String(text) => Self::from(text.as_str()),
            Json::Array(items) => Self::from(items.iter().map(Self::from_json).collect::<Vec<_>>()),
            Json::Object(map) => {
                let entry =
                    |(key, value): (&String, &Json)| (Key::String(Arc::from(key.as_str())), Self::from_json(value));
                Self::Map(Arc::new(Map {
                    entries: map.iter().map(entry).collect(),
                    ..Map::default()
                }))
            }
        }
    }

    /// Wraps a value in an optional.
    pub fn some(value: Self) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// The name of its CEL type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Type(_) => "type",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Optional(_) => "optional_type",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Url(_) => "kubernetes.URL",
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Raw(_) | Self::Unknown(_) => "unknown",
            Self::Invalid(_) => "error",
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The size that the cost model uses: 1 for scalars without a length.
    pub fn size(&self) -> u64 {
        let size = match self {
            Self::String(text) => text.chars().count(),
            Self::Bytes(bytes) => bytes.len(),
            Self::List(list) => list.items.len(),
            Self::Map(map) => map.size(),
            Self::Ip(IpAddr::V4(_)) => 4,
            Self::Ip(IpAddr::V6(_)) => 16,
            Self::Cidr(cidr) => usize::from(cidr.bits).div_ceil(8),
            Self::Optional(Some(inner)) => return inner.size(),
            _ => 1,
        };
        size as u64
    }

    /// The cost of traversing the value.
    pub fn traversal(&self) -> u64 {
        match self {
            Self::String(text) => text.len() as u64 / 10,
            Self::Bytes(bytes) => bytes.len() as u64 / 10,
            Self::List(list) => list.items.iter().map(Self::traversal).sum(),
            Self::Map(map) => map
                .entries
                .iter()
                .map(|(key, value)| key.value().traversal() + value.traversal())
                .sum(),
            _ => 1,
        }
    }

    /// Whether it is the zero value of its type.
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(value) => !value,
            Self::Int(number) => *number == 0,
            Self::Uint(number) => *number == 0,
            Self::Double(number) => *number == 0.0,
            Self::String(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Duration(nanos) => *nanos == 0,
            Self::List(list) => list.items.is_empty(),
            Self::Map(map) => map.size() == 0,
            Self::Optional(inner) => inner.is_none(),
            _ => false,
        }
    }

    /// Whether two values are equal. Values of different types are unequal, except numbers.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(two)) => one == two,
            (Self::Int(_) | Self::Uint(_) | Self::Double(_), Self::Int(_) | Self::Uint(_) | Self::Double(_)) => {
                self.compare(other) == Some(Ordering::Equal)
            }
            (Self::String(one), Self::String(two)) | (Self::Type(one), Self::Type(two)) => one == two,
            (Self::Bytes(one), Self::Bytes(two)) => one == two,
            (Self::Duration(one), Self::Duration(two)) => one == two,
            (Self::Timestamp(one), Self::Timestamp(two)) => one.total() == two.total(),
            (Self::List(one), Self::List(two)) => equal_lists(one, two),
            (Self::Map(one), Self::Map(two)) => equal_maps(one, two),
            (Self::Optional(one), Self::Optional(two)) => match (one, two) {
                (Some(one), Some(two)) => one.equals(two),
                (one, two) => one.is_none() && two.is_none(),
            },
            (Self::Quantity(one), Self::Quantity(two)) => one.amount == two.amount,
            (Self::Url(one), Self::Url(two)) => one.text == two.text,
            (Self::Ip(one), Self::Ip(two)) => one == two,
            (Self::Cidr(one), Self::Cidr(two)) => one == two,
            (Self::Semver(one), Self::Semver(two)) => one.compare(two) == Ordering::Equal,
            (Self::Format(one), Self::Format(two)) => one.name == two.name,
            (Self::Raw(one), Self::Raw(two)) => one == two,
            _ => false,
        }
    }

    /// Compares two values; none if they have no order.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(one), Self::Bool(two)) => Some(one.cmp(two)),
            (Self::Int(one), Self::Int(two)) | (Self::Duration(one), Self::Duration(two)) => Some(one.cmp(two)),
            (Self::Uint(one), Self::Uint(two)) => Some(one.cmp(two)),
            (Self::Int(one), Self::Uint(two)) => Some(i128::from(*one).cmp(&i128::from(*two))),
            (Self::Uint(one), Self::Int(two)) => Some(i128::from(*one).cmp(&i128::from(*two))),
            (Self::Double(one), Self::Double(two)) => one.partial_cmp(two),
            (Self::Double(one), Self::Int(two)) => compare_double(*one, i128::from(*two)),
            (Self::Double(one), Self::Uint(two)) => compare_double(*one, i128::from(*two)),
            (Self::Int(one), Self::Double(two)) => compare_double(*two, i128::from(*one)).map(Ordering::reverse),
            (Self::Uint(one), Self::Double(two)) => compare_double(*two, i128::from(*one)).map(Ordering::reverse),
            (Self::String(one), Self::String(two)) => Some(one.cmp(two)),
            (Self::Bytes(one), Self::Bytes(two)) => Some(one.cmp(two)),
            (Self::Timestamp(one), Self::Timestamp(two)) => Some(one.total().cmp(&two.total())),
            _ => None,
        }
    }
}

/// Compares a double with an integer; large integers lose precision, as in CEL.
fn compare_double(one: f64, two: i128) -> Option<Ordering> {
    #[expect(clippy::cast_precision_loss, reason = "as CEL does")]
    one.partial_cmp(&(two as f64))
}

fn equal_lists(one: &List, two: &List) -> bool {
    if one.items.len() != two.items.len() {
        return false;
    }
    match &one.kind {
        ListKind::Atomic => one.items.iter().zip(&two.items).all(|(one, two)| one.equals(two)),
        ListKind::Set => {
            let has = |list: &List, item: &Value| list.items.iter().any(|other| other.equals(item));
            two.items.iter().all(|item| has(one, item)) && one.items.iter().all(|item| has(two, item))
        }
        ListKind::Map(keys) => {
            let finds = |list: &List, item: &Value| {
                let same = list.items.iter().find(|other| same_keys(other, item, keys));
                same.is_some_and(|other| other.equals(item))
            };
            two.items.iter().all(|item| finds(one, item)) && one.items.iter().all(|item| finds(two, item))
        }
    }
}

/// Whether two items of a map-type list have the same key fields.
pub(crate) fn same_keys(one: &Value, two: &Value, keys: &[String]) -> bool {
    let (Value::Map(one), Value::Map(two)) = (one, two) else {
        return false;
    };
    keys.iter().all(|key| {
        let key = Key::String(Arc::from(key.as_str()));
        match (one.entries.get(&key), two.entries.get(&key)) {
            (Some(one), Some(two)) => one.equals(two),
            (one, two) => one.is_none() && two.is_none(),
        }
    })
}

fn equal_maps(one: &Map, two: &Map) -> bool {
    one.size() == two.size()
        && one
            .entries
            .iter()
            .all(|(key, value)| two.find(&key.value()).is_some_and(|other| value.equals(other)))
        && one
            .hidden
            .iter()
            .all(|(key, value)| two.hidden.get(key).is_none_or(|other| value == other))
}
