//! Decodes a document to values: follows aliases, applies merge keys, resolves scalars and converts keys to strings.
//!
//! This is go-yaml's decoding into an `interface{}` and the conversion to JSON that sigs.k8s.io/yaml does after it, in
//! one walk. The walk keeps its own stack, so nesting and chains of aliases use no native stack.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::build::{Counts, MapBuilder};
use super::error::Fault;
use super::gosyntax;
use super::json;
use super::key::Key;
use super::node::{Node, Value};
use super::resolve::Version;
use super::scalar;
use super::tree::{Index, ItemKind, Tree};
use gostd::json::{MAX_DEPTH, TOO_DEEP};
use gostd::string as gostring;
use source::Span;

/// Maps bytes of the reader's input to spans.
pub(super) trait Places {
    /// The span of a range of the reader's input.
    fn span(&self, place: &Range<usize>) -> Span;
}

/// A decoded value, with the findings of a strict reading.
pub(super) struct Decoded {
    pub(super) node: Node,
    /// Duplicate keys: the key, its first place and its second.
    pub(super) duplicates: Vec<(Arc<str>, Span, Span)>,
    /// The keys that go-yaml's strict decoder reports as already set, with the lines of their values.
    pub(super) strict: Vec<(usize, Key)>,
}

/// Decodes a document.
pub(super) fn decode(version: Version, tree: &Tree<'_>, places: &dyn Places) -> Result<Decoded, Fault> {
    let mut decoder = Decoder {
        version,
        tree,
        places,
        stack: Vec::new(),
        maps: Vec::new(),
        depth: 0,
        done: None,
        counts: Counts::default(),
        open_aliases: BTreeSet::new(),
        shared: BTreeMap::new(),
        duplicates: Vec::new(),
        strict: Vec::new(),
        bad_keys: false,
        bad_numbers: false,
        too_deep: None,
    };
    decoder.run()?;
    let node = decoder
        .done
        .take()
        .map_or_else(|| Node::new(Value::Null, places.span(&tree.place)), |(node, _)| node);
    if decoder.bad_keys
        && let Some((message, place)) = gosyntax::unsupported_key(tree)
    {
        return Err(Fault::json(message, place));
    }
    if decoder.bad_numbers
        && let Some(text) = first_bad_number(&node)
    {
        return Err(Fault::json(
            format!("json: unsupported value: {text}"),
            tree.place.clone(),
        ));
    }
    if let Some(place) = decoder.too_deep {
        return Err(Fault::json(TOO_DEEP.to_owned(), place));
    }
    decoder.duplicates.sort_by_key(|duplicate| (duplicate.2, duplicate.1));
    decoder.duplicates.dedup_by_key(|duplicate| (duplicate.2, duplicate.1));
    Ok(Decoded {
        node,
        duplicates: decoder.duplicates,
        strict: decoder.strict,
    })
}

/// A collection or alias being decoded.
pub(super) enum Frame {
    List {
        item: Index,
        next: usize,
        values: Vec<Node>,
        start: Start,
    },
    /// A mapping. With `own` it makes a value; otherwise its entries are merged into the innermost mapping that does.
    Map {
        item: Index,
        next: usize,
        own: bool,
        /// The key whose value comes next.
        key: Option<(Key, Range<usize>)>,
        start: Start,
    },
    /// The mappings of a merge key's list, from last to first, because earlier ones take precedence.
    MergeList {
        item: Index,
        left: usize,
    },
    Alias {
        item: Index,
    },
}

/// The decoder's counters when a collection began.
#[derive(Clone, Copy)]
pub(super) struct Start {
    decoded: u64,
    complaints: usize,
    pub(super) height: usize,
}

/// The decoded collection of an anchor, reused for its aliases.
struct Shared {
    node: Node,
    height: usize,
    /// The number of decoding steps that an alias to it costs.
    decoded: u64,
}

pub(super) struct Decoder<'a, 't> {
    version: Version,
    pub(super) tree: &'t Tree<'a>,
    pub(super) places: &'t dyn Places,
    pub(super) stack: Vec<Frame>,
    pub(super) maps: Vec<MapBuilder>,
    /// The number of open lists and mappings that make values.
    depth: usize,
    /// The last finished value, and its depth in collections.
    pub(super) done: Option<(Node, usize)>,
    counts: Counts,
    open_aliases: BTreeSet<Index>,
    shared: BTreeMap<Index, Shared>,
    pub(super) duplicates: Vec<(Arc<str>, Span, Span)>,
    pub(super) strict: Vec<(usize, Key)>,
    pub(super) bad_keys: bool,
    bad_numbers: bool,
    /// The first collection that nests too deeply for JSON.
    too_deep: Option<Range<usize>>,
}

impl Decoder<'_, '_> {
    fn run(&mut self) -> Result<(), Fault> {
        // The document itself counts as a step too.
        self.count(1, 0)?;
        self.enter(0)?;
        while let Some(frame) = self.stack.pop() {
            match frame {
                Frame::List {
                    item,
                    next,
                    values,
                    start,
                } => self.step_list(item, next, values, start)?,
                Frame::Map {
                    item,
                    next,
                    own,
                    key,
                    start,
                } => self.step_map(item, next, own, key, start)?,
                Frame::MergeList { item, left } => self.step_merge_list(item, left)?,
                Frame::Alias { item } => {
                    self.counts.alias_depth -= 1;
                    self.open_aliases.remove(&item);
                }
            }
        }
        Ok(())
    }

    pub(super) fn count(&mut self, steps: u64, item: Index) -> Result<(), Fault> {
        if self.counts.add(steps) {
            return Ok(());
        }
        let place = self.tree.items.get(item).map_or(0..0, |item| item.place.clone());
        Err(Fault::decoder("document contains excessive aliasing", place))
    }

    fn start(&self) -> Start {
        Start {
            decoded: self.counts.decoded,
            complaints: self.strict.len(),
            height: 0,
        }
    }

    /// Begins to decode an item. Its value is in `done` once the stack is back at its current height.
    pub(super) fn enter(&mut self, index: Index) -> Result<(), Fault> {
        self.count(1, index)?;
        let item = &self.tree.items[index];
        match &item.kind {
            ItemKind::Scalar { tag, value, implicit } => {
                let mut value = scalar::decode(self.version, *tag, value, *implicit)
                    .map_err(|problem| Fault::decoder(&problem, item.place.clone()))?;
                if let Value::String(text) = &value
                    && gostring::may_have_escapes(text)
                {
                    value = scalar::string(&json::valid(text));
                }
                self.bad_numbers |= matches!(value, Value::Float(value) if !value.is_finite());
                self.done = Some((Node::new(value, self.places.span(&item.place)), 0));
            }
            ItemKind::Sequence(children) => {
                self.deeper(&item.place);
                self.stack.push(Frame::List {
                    item: index,
                    next: 0,
                    values: Vec::with_capacity(children.len()),
                    start: self.start(),
                });
            }
            ItemKind::Mapping(children) => {
                self.deeper(&item.place);
                self.maps.push(MapBuilder::new(children.len() / 2));
                self.enter_map(index, true);
            }
            &ItemKind::Alias { name, target } => {
                self.enter_alias(index, name)?;
                match self.shared.get(&target) {
                    Some(shared) if self.depth + shared.height <= MAX_DEPTH => {
                        let steps = shared.decoded;
                        self.done = Some((shared.node.clone(), shared.height));
                        self.count(steps, index)?;
                    }
                    _ => self.enter(target)?,
                }
            }
        }
        Ok(())
    }

    fn deeper(&mut self, place: &Range<usize>) {
        self.depth += 1;
        if self.depth > MAX_DEPTH && self.too_deep.is_none() {
            self.too_deep = Some(place.clone());
        }
    }

    pub(super) fn enter_map(&mut self, item: Index, own: bool) {
        let start = self.start();
        self.stack.push(Frame::Map {
            item,
            next: 0,
            own,
            key: None,
            start,
        });
    }

    pub(super) fn enter_alias(&mut self, item: Index, name: &[u8]) -> Result<(), Fault> {
        if !self.open_aliases.insert(item) {
            let problem = format!("anchor '{}' value contains itself", String::from_utf8_lossy(name));
            return Err(Fault::decoder(&problem, self.tree.items[item].place.clone()));
        }
        self.counts.alias_depth += 1;
        self.stack.push(Frame::Alias { item });
        Ok(())
    }

    /// Finishes a collection that makes a value.
    pub(super) fn close(&mut self, item: Index, value: Value, start: Start) {
        self.depth -= 1;
        let height = start.height + 1;
        let read = &self.tree.items[item];
        let span = self.places.span(&read.place);
        if self.depth + height > MAX_DEPTH {
            // This is an error already; the null avoids dropping a deep value level by level.
            self.done = Some((Node::new(Value::Null, span), 0));
            return;
        }
        let node = Node::new(value, span);
        if read.anchored && self.strict.len() == start.complaints {
            let shared = Shared {
                node: node.clone(),
                height,
                // The step into the collection itself was counted before.
                decoded: self.counts.decoded - start.decoded + 1,
            };
            self.shared.insert(item, shared);
        }
        self.done = Some((node, height));
    }

    fn step_list(&mut self, item: Index, next: usize, mut values: Vec<Node>, mut start: Start) -> Result<(), Fault> {
        if let Some((value, height)) = self.done.take() {
            start.height = start.height.max(height);
            values.push(value);
        }
        let ItemKind::Sequence(children) = &self.tree.items[item].kind else {
            return Ok(());
        };
        let Some(&child) = children.get(next) else {
            self.close(item, Value::List(Arc::new(values)), start);
            return Ok(());
        };
        self.stack.push(Frame::List {
            item,
            next: next + 1,
            values,
            start,
        });
        self.enter(child)
    }
}

/// The first number that JSON cannot hold, in the order in which JSON would be written.
fn first_bad_number(node: &Node) -> Option<String> {
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        match &node.value {
            Value::Float(value) if !value.is_finite() => return Some(gostd::float::shortest(*value)),
            Value::List(list) => stack.extend(list.iter().rev()),
            Value::Map(map) => stack.extend(map.iter().rev().map(|(_, entry)| &entry.node)),
            _ => {}
        }
    }
    None
}
