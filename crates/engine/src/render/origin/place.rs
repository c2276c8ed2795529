//! Where values are written.

use govalue::{List, Map};
use source::{FileId, Span};

/// The place at which an entry of the values is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValuePlace {
    /// The span of its key; `None` for an item of a list.
    pub key: Option<Span>,
    /// The span of its value: the scalar with its quotes, or the whole collection. For a scalar of several lines, the
    /// line.
    pub value: Span,
}

impl ValuePlace {
    /// The place of an entry of a map. `None` if a template parsed the map from a text.
    pub(super) fn of_entry(map: &Map, key: &str) -> Option<Self> {
        let entry = map.entry(key)?;
        (entry.node.span.file != FileId::NONE).then_some(Self {
            key: Some(entry.key),
            value: entry.node.span,
        })
    }

    /// The place of an item of a list.
    pub(super) fn of_item(list: &List, index: usize) -> Option<Self> {
        let value = list.item(index)?.span;
        (value.file != FileId::NONE).then_some(Self { key: None, value })
    }
}
