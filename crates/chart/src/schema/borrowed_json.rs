//! A schema file in the form that [`super::quick`] needs: JSON whose strings borrow from the file if possible, with
//! sorted maps.
//!
//! Schemas are often the largest file of a chart. This takes a third of the time and memory of [`serde_json::Value`].

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A JSON value.
#[derive(Debug, PartialEq)]
pub(super) enum BorrowedJson<'a> {
    Null,
    Bool(bool),
    Uint(u64),
    /// A negative integer.
    Int(i64),
    Float(f64),
    String(Cow<'a, str>),
    List(Vec<BorrowedJson<'a>>),
    Map(Map<'a>),
}

/// A JSON object, sorted by its keys.
#[derive(Debug, PartialEq)]
pub(super) struct Map<'a>(Vec<(Cow<'a, str>, BorrowedJson<'a>)>);

impl<'a> BorrowedJson<'a> {
    /// Parses a text; `None` if it is not JSON, nests too deep, or has a duplicate key in an object.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the value if it is written as a non-negative integer.
    pub(super) fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Uint(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the value of a number, rounded if necessary.
    #[expect(clippy::cast_precision_loss, reason = "who asks leaves large numbers alone")]
    pub(super) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Uint(value) => Some(*value as f64),
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn as_map(&self) -> Option<&Map<'a>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl<'a> Map<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&BorrowedJson<'a>> {
        let at = self.0.binary_search_by(|(own, _)| (**own).cmp(key)).ok()?;
        Some(&self.0[at].1)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &BorrowedJson<'a>)> {
        self.0.iter().map(|(key, value)| (&**key, value))
    }
}

impl<'de> Deserialize<'de> for BorrowedJson<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Builds an [`BorrowedJson`] from serde's events.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = BorrowedJson<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BorrowedJson::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(BorrowedJson::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(BorrowedJson::Uint(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(BorrowedJson::Int(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(BorrowedJson::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(BorrowedJson::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(BorrowedJson::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(BorrowedJson::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map: Vec<(Cow<'de, str>, BorrowedJson<'de>)> = Vec::new();
        while let Some(Key(key)) = entries.next_key()? {
            map.push((key, entries.next_value()?));
        }
        map.sort_by(|(a, _), (b, _)| a.cmp(b));
        if map.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(A::Error::custom("a key stands there twice"));
        }
        Ok(BorrowedJson::Map(Map(map)))
    }
}

/// An object key that borrows from the file if possible; `Cow`'s own deserializer always copies.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(Reader)? {
            BorrowedJson::String(key) => Ok(Self(key)),
            _ => Err(D::Error::custom("a key is a text")),
        }
    }
}
