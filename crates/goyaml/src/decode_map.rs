//! Decoding of mappings: keys, duplicates, merge keys.

use std::ops::Range;
use std::sync::Arc;

use super::decode::{Decoder, Frame, Start};
use super::error::Fault;
use super::gosyntax;
use super::key::Key;
use super::node::{Entry, Node, Value};
use super::tree::{Index, ItemKind};

impl Decoder<'_, '_> {
    pub(super) fn step_map(
        &mut self,
        item: Index,
        mut next: usize,
        own: bool,
        key: Option<(Key, Range<usize>)>,
        mut start: Start,
    ) -> Result<(), Fault> {
        let ItemKind::Mapping(children) = &self.tree.items[item].kind else {
            return Ok(());
        };
        match (self.done.take(), key) {
            (Some((value, height)), Some((key, place))) => {
                start.height = start.height.max(height);
                self.set(&key, &place, value, own, children[next - 1]);
            }
            (Some((node, _)), None) => {
                // The key is decoded; its value comes next.
                let (key, place) = self.key(&node, children[next - 1])?;
                let value = children[next];
                self.stack.push(Frame::Map {
                    item,
                    next: next + 1,
                    own,
                    key: Some((key, place)),
                    start,
                });
                return self.enter(value);
            }
            (None, _) => {}
        }
        let Some((&child, value)) = children.get(next).zip(children.get(next + 1)) else {
            if own {
                let map = self.maps.pop().unwrap_or_default().map;
                self.close(item, Value::Map(Arc::new(map)), start);
            }
            return Ok(());
        };
        next += 1;
        if self.tree.is_merge(child) {
            self.stack.push(Frame::Map {
                item,
                next: next + 1,
                own,
                key: None,
                start,
            });
            return self.merge(*value);
        }
        self.stack.push(Frame::Map {
            item,
            next,
            own,
            key: None,
            start,
        });
        self.enter(child)
    }

    // Keys.

    fn key(&mut self, node: &Node, item: Index) -> Result<(Key, Range<usize>), Fault> {
        let place = self.tree.items[item].place.clone();
        let Some(key) = Key::new(&node.value) else {
            let problem = format!("invalid map key: {}", gosyntax::describe(self.tree, item));
            return Err(Fault::decoder(&problem, place));
        };
        self.bad_keys |= !key.is_supported();
        Ok((key, place))
    }

    fn set(&mut self, key: &Key, place: &Range<usize>, node: Node, own: bool, item: Index) {
        let text = key.text();
        let span = self.places.span(place);
        let entry = Entry { key: span, node };
        let Some(builder) = self.maps.last_mut() else { return };
        let before = builder.map.insert(Arc::clone(&text), entry);
        if builder.saw(&text, key, before.is_some()) {
            self.strict.push((self.tree.items[item].line, key.clone()));
        }
        let was_merged = builder.merged.remove(&text);
        if !own {
            builder.merged.insert(text);
        } else if let Some(before) = before
            && !was_merged
        {
            self.duplicates.push((text, before.key, span));
        }
    }

    // Merge keys.

    fn merge(&mut self, value: Index) -> Result<(), Fault> {
        let item = &self.tree.items[value];
        match &item.kind {
            ItemKind::Sequence(children) => {
                let left = children.len();
                self.stack.push(Frame::MergeList { item: value, left });
                Ok(())
            }
            _ => self.merge_one(value),
        }
    }

    fn merge_one(&mut self, index: Index) -> Result<(), Fault> {
        let target = self.tree.follow(index);
        let item = &self.tree.items[index];
        if !matches!(self.tree.items[target].kind, ItemKind::Mapping(_)) {
            let problem = "map merge requires map or sequence of maps as the value";
            return Err(Fault::decoder(problem, item.place.clone()));
        }
        self.count(1, index)?;
        if let ItemKind::Alias { name, .. } = item.kind {
            self.enter_alias(index, name)?;
            self.count(1, target)?;
        }
        self.enter_map(target, false);
        Ok(())
    }

    pub(super) fn step_merge_list(&mut self, item: Index, left: usize) -> Result<(), Fault> {
        let ItemKind::Sequence(children) = &self.tree.items[item].kind else {
            return Ok(());
        };
        let Some(left) = left.checked_sub(1) else { return Ok(()) };
        self.stack.push(Frame::MergeList { item, left });
        self.merge_one(children[left])
    }
}
