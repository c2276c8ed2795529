//! A document's syntax tree: scalars are not resolved, aliases not followed.
//!
//! go-yaml parses a whole document before it decodes any of it, so a syntax error on the last line precedes a decoding
//! error on the first. This tree is the result of that first step.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::error::Fault;
use super::parse::{EventKind, Parser, ScalarEvent};
use super::resolve::Tag;

/// The index of an item in a [`Tree`].
pub(super) type Index = usize;

pub(super) struct Item<'a> {
    pub(super) kind: ItemKind<'a>,
    /// The line that it begins on, from 1, including tag and anchor.
    pub(super) line: usize,
    /// The range of its text, without tag and anchor.
    pub(super) place: Range<usize>,
    /// Whether it has an anchor, so that aliases can refer to it.
    pub(super) anchored: bool,
}

pub(super) enum ItemKind<'a> {
    Scalar {
        tag: Tag,
        value: Cow<'a, [u8]>,
        implicit: bool,
    },
    Alias {
        name: &'a [u8],
        target: Index,
    },
    Sequence(Vec<Index>),
    /// Keys and values, alternating.
    Mapping(Vec<Index>),
}

/// One document.
pub(super) struct Tree<'a> {
    pub(super) items: Vec<Item<'a>>,
    pub(super) place: Range<usize>,
}

impl<'a> Tree<'a> {
    /// Reads the next document; `None` at the end of the stream.
    pub(super) fn read(parser: &mut Parser<'a>) -> Result<Option<Self>, Fault> {
        let start = parser.next()?;
        if !matches!(start.kind, EventKind::DocumentStart) {
            return Ok(None);
        }
        let mut items: Vec<Item<'a>> = Vec::new();
        let mut anchors: BTreeMap<&'a [u8], Index> = BTreeMap::new();
        let mut open: Vec<Index> = Vec::new();
        loop {
            let event = parser.next()?;
            let index = items.len();
            let (kind, anchor) = match event.kind {
                EventKind::Scalar(ScalarEvent {
                    anchor,
                    tag,
                    value,
                    implicit,
                }) => (ItemKind::Scalar { tag, value, implicit }, anchor),
                EventKind::Alias(name) => {
                    let Some(&target) = anchors.get(name) else {
                        let problem = format!("unknown anchor '{}' referenced", String::from_utf8_lossy(name));
                        return Err(Fault::decoder(&problem, event.from..event.to));
                    };
                    (ItemKind::Alias { name, target }, None)
                }
                EventKind::SequenceStart { anchor } => (ItemKind::Sequence(Vec::new()), anchor),
                EventKind::MappingStart { anchor } => (ItemKind::Mapping(Vec::new()), anchor),
                EventKind::SequenceEnd | EventKind::MappingEnd => {
                    if let Some(item) = open.pop().and_then(|index| items.get_mut(index)) {
                        item.place.end = event.to.max(item.place.start);
                    }
                    if open.is_empty() {
                        break;
                    }
                    continue;
                }
                EventKind::DocumentStart | EventKind::DocumentEnd | EventKind::StreamEnd => {
                    return Err(Fault::decoder("attempted to parse unknown event", event.from..event.to));
                }
            };
            if let Some(name) = anchor {
                anchors.insert(name, index);
            }
            if let Some(ItemKind::Sequence(children) | ItemKind::Mapping(children)) =
                open.last().map(|&parent| &mut items[parent].kind)
            {
                children.push(index);
            }
            let collection = matches!(kind, ItemKind::Sequence(_) | ItemKind::Mapping(_));
            items.push(Item {
                kind,
                line: event.start.line + 1,
                place: event.from..event.to,
                anchored: anchor.is_some(),
            });
            if collection {
                open.push(index);
            } else if open.is_empty() {
                break;
            }
        }
        let end = parser.next()?;
        Ok(Some(Self {
            items,
            place: start.from..end.to.max(start.from),
        }))
    }

    /// Whether a key is a merge key.
    pub(super) fn is_merge(&self, key: Index) -> bool {
        match &self.items[key].kind {
            ItemKind::Scalar { tag, value, implicit } => &**value == b"<<" && (*implicit || *tag == Tag::Merge),
            _ => false,
        }
    }

    /// The target of an alias; any other item itself.
    pub(super) fn follow(&self, index: Index) -> Index {
        match self.items[index].kind {
            ItemKind::Alias { target, .. } => target,
            _ => index,
        }
    }
}
