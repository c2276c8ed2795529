//! Two objects, field by field: lists by the keys that Kubernetes tells their items apart by, texts line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use promchart_k8s::Shape;
use serde_json::Value as Json;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::lines::{self, Hunk};
use engine::objects::{Path, Step};
use goyaml::{Entry, Node, Value};
use source::Span;

/// The kind of change of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its value is another one.
    Changed,
    /// The items of a list are the same in another order, which matters there.
    Reordered,
}

/// A field that differs.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    pub(super) kind: Kind,
    /// As people write it: items of lists by their keys.
    pub(super) shown: String,
    /// The place on either side; of a field that is there on one side only, that side's.
    pub(super) path: Path,
    pub(super) old: Option<Node>,
    pub(super) new: Option<Node>,
    /// Where the keys are.
    pub(super) old_key: Option<Span>,
    pub(super) new_key: Option<Span>,
    /// The lines that differ, of texts with several.
    pub(super) hunks: Vec<Hunk>,
}

/// Deeper than this, values are compared as a whole.
const DEEPEST: usize = 100;
/// Keys by which items of lists are told apart where Kubernetes has none, if they are unique on both sides.
const NAMES: [&str; 10] = [
    "name",
    "job_name",
    "alert",
    "record",
    "id",
    "key",
    "host",
    "topologyKey",
    "type",
    "path",
];

/// A place in both objects.
#[derive(Clone)]
struct At {
    shown: String,
    path: Path,
    shape: Shape,
    /// Whether the order of lists matters though they have keys: in templates of pods.
    in_template: bool,
    depth: usize,
    /// Where the objects end. The last text of a document has lost its last line break, which Helm adds again.
    ends: (u32, u32),
}

impl At {
    fn field(&self, name: &Arc<str>, shape: Shape) -> Self {
        let path = Path(vec![Step::Key(Arc::clone(name))]).to_string();
        let shown = match (self.shown.is_empty(), path.starts_with('[')) {
            (true, _) => path,
            (false, true) => format!("{}{path}", self.shown),
            (false, false) => format!("{}.{path}", self.shown),
        };
        Self {
            in_template: self.in_template || (&**name == "template" && !self.shown.is_empty()),
            shown,
            path: self.path.join(Step::Key(Arc::clone(name))),
            shape,
            depth: self.depth + 1,
            ends: self.ends,
        }
    }

    fn item(&self, index: usize, name: &str) -> Self {
        Self {
            shown: format!("{}[{name}]", self.shown),
            path: self.path.join(Step::Index(index)),
            shape: self.shape.item(),
            in_template: self.in_template,
            depth: self.depth + 1,
            ends: self.ends,
        }
    }
}

/// The differences between two objects, in the order of their fields.
pub(super) fn objects(old: &Node, new: &Node) -> Vec<Raw> {
    let text = |key: &str| new.get(key).and_then(Node::as_str).unwrap_or_default();
    let object = Shape::of(text("apiVersion"), text("kind"));
    let root = At {
        shown: String::new(),
        path: Path::default(),
        shape: Shape::default(),
        in_template: false,
        depth: 0,
        ends: (old.span.end, new.span.end),
    };
    let mut found = Vec::new();
    if let (Some(old), Some(new)) = (old.as_map(), new.as_map()) {
        maps(old, new, &root, &|name| object.field(name), &mut found);
    }
    found
}

fn maps(old: &goyaml::Map, new: &goyaml::Map, at: &At, shape: &dyn Fn(&str) -> Shape, found: &mut Vec<Raw>) {
    let names: BTreeSet<&Arc<str>> = old.iter().chain(new.iter()).map(|(name, _)| name).collect();
    for name in names {
        // A null is no value for Kubernetes.
        let there = |map: &goyaml::Map| map.get(name).filter(|entry| !entry.node.is_null()).cloned();
        let at = at.field(name, shape(name));
        let one = |kind: Kind, old: Option<Entry>, new: Option<Entry>| Raw {
            kind,
            shown: at.shown.clone(),
            path: at.path.clone(),
            old_key: old.as_ref().map(|entry| entry.key),
            new_key: new.as_ref().map(|entry| entry.key),
            old: old.map(|entry| entry.node),
            new: new.map(|entry| entry.node),
            hunks: Vec::new(),
        };
        match (there(old), there(new)) {
            (Some(old), Some(new)) => {
                let before = found.len();
                values(&old.node, &new.node, &at, found);
                // The key is where a field begins.
                for raw in found[before..].iter_mut().filter(|raw| raw.path == at.path) {
                    (raw.old_key, raw.new_key) = (Some(old.key), Some(new.key));
                }
            }
            (Some(old), None) => found.push(one(Kind::Removed, Some(old), None)),
            (None, Some(new)) => found.push(one(Kind::Added, None, Some(new))),
            (None, None) => {}
        }
    }
}

fn values(old: &Node, new: &Node, at: &At, found: &mut Vec<Raw>) {
    if old.value == new.value {
        return;
    }
    match (&old.value, &new.value) {
        (Value::Map(old), Value::Map(new)) if at.depth < DEEPEST => {
            maps(old, new, at, &|name| at.shape.field(name), found);
        }
        (Value::List(old), Value::List(new)) if at.depth < DEEPEST => lists((old, new), at, found),
        _ if at.shape.is_quantity() && same_amount(old, new) => {}
        (Value::String(before), Value::String(after)) => {
            let is_last = old.span.end >= at.ends.0 || new.span.end >= at.ends.1;
            let (mut before, mut after) = (before.to_string(), after.to_string());
            if is_last && (before.contains('\n') || after.contains('\n')) {
                for text in [&mut before, &mut after] {
                    text.truncate(text.trim_end_matches('\n').len());
                    text.push('\n');
                }
            }
            if before != after {
                let mut raw = changed(old, new, at);
                raw.hunks = lines::between(&before, &after);
                found.push(raw);
            }
        }
        _ => found.push(changed(old, new, at)),
    }
}

fn changed(old: &Node, new: &Node, at: &At) -> Raw {
    Raw {
        kind: Kind::Changed,
        shown: at.shown.clone(),
        path: at.path.clone(),
        old: Some(old.clone()),
        new: Some(new.clone()),
        old_key: None,
        new_key: None,
        hunks: Vec::new(),
    }
}

fn same_amount(old: &Node, new: &Node) -> bool {
    let amount = |node: &Node| promchart_k8s::formats::quantity::parse(&node.scalar_text()?).ok();
    match (amount(old), amount(new)) {
        (Some(old), Some(new)) => old.to_bits() == new.to_bits(),
        _ => false,
    }
}

fn to_json(node: &Node) -> Json {
    node.to_json(&|float| Json::from(float))
}

/// The keys that tell the items of two lists apart.
struct Keys {
    /// How the parts of a key are called.
    names: Vec<&'static str>,
    /// Whether Kubernetes tells them apart by these keys.
    is_merged: bool,
    old: Vec<Vec<String>>,
    new: Vec<Vec<String>>,
}

impl Keys {
    fn of(old: &[Node], new: &[Node], shape: Shape) -> Option<Self> {
        let by_schema = |node: &Node| shape.key(&to_json(node));
        if let Some((old, new)) = keys(old, &by_schema).zip(keys(new, &by_schema)) {
            return Some(Self {
                names: shape.keys(),
                is_merged: true,
                old,
                new,
            });
        }
        // Not told apart by Kubernetes; people tell them apart by their names.
        NAMES.iter().find_map(|name| {
            let by_name = |node: &Node| Some(vec![node.get(name)?.scalar_text()?]);
            let (old, new) = keys(old, &by_name).zip(keys(new, &by_name))?;
            Some(Self {
                names: vec![*name],
                is_merged: false,
                old,
                new,
            })
        })
    }

    fn show(&self, key: &[String]) -> String {
        let parts = self.names.iter().zip(key).filter(|(_, part)| !part.is_empty());
        let parts: Vec<String> = parts.map(|(name, part)| format!("{name}={part}")).collect();
        if parts.is_empty() {
            key.join(",")
        } else {
            parts.join(",")
        }
    }
}

/// The index in `old` of each item of `new`: the one that has the same key, or without keys the one in its place, counted from the
/// nearer end. An item that `old` does not have has an index behind its last one.
pub fn slots(old: &[Node], new: &[Node], shape: Shape) -> Vec<usize> {
    let mut next = old.len()..;
    let mut behind = || next.next().unwrap_or(usize::MAX);
    if let Some(keys) = Keys::of(old, new, shape) {
        let places: BTreeMap<&Vec<String>, usize> = keys.old.iter().zip(0..).collect();
        let place = |key: &Vec<String>| places.get(key).copied();
        return keys
            .new
            .iter()
            .map(|key| place(key).unwrap_or_else(&mut behind))
            .collect();
    }
    let is_same = |(old, new): &(&Node, &Node)| old.value == new.value;
    let first = old.iter().zip(new).take_while(is_same).count();
    let (old_rest, new_rest) = (old.len() - first, new.len() - first);
    let last = old.iter().rev().zip(new.iter().rev()).take_while(is_same).count();
    let last = last.min(old_rest).min(new_rest);
    (0..new.len())
        .map(|index| match index {
            index if index >= new.len() - last => old.len() - (new.len() - index),
            index if index < old.len() - last => index,
            _ => behind(),
        })
        .collect()
}

fn lists((old, new): (&[Node], &[Node]), at: &At, found: &mut Vec<Raw>) {
    match Keys::of(old, new, at.shape) {
        Some(keys) => {
            let order_matters = !keys.is_merged || at.in_template && !at.shape.is_set();
            keyed((old, new), &keys, order_matters, at, found);
        }
        None => ordered((old, new), at, found),
    }
}

/// The keys of all items, if each has one and none has that of another.
fn keys(items: &[Node], key: &dyn Fn(&Node) -> Option<Vec<String>>) -> Option<Vec<Vec<String>>> {
    let keys: Vec<Vec<String>> = items.iter().map(key).collect::<Option<_>>()?;
    let unique: BTreeSet<&Vec<String>> = keys.iter().collect();
    (unique.len() == keys.len()).then_some(keys)
}

fn keyed((old, new): (&[Node], &[Node]), names: &Keys, order_matters: bool, at: &At, found: &mut Vec<Raw>) {
    let (old_keys, new_keys) = (&names.old, &names.new);
    let show = |key: &[String]| names.show(key);
    let places: BTreeMap<&Vec<String>, usize> = new_keys.iter().enumerate().map(|(at, key)| (key, at)).collect();
    let known: BTreeSet<&Vec<String>> = old_keys.iter().collect();
    for (index, (item, key)) in old.iter().zip(old_keys).enumerate() {
        match places.get(key) {
            Some(place) => values(item, &new[*place], &at.item(*place, &show(key)), found),
            None => found.push(lone(Kind::Removed, item, &at.item(index, &show(key)))),
        }
    }
    for (index, (item, key)) in new.iter().zip(new_keys).enumerate() {
        if !known.contains(key) {
            found.push(lone(Kind::Added, item, &at.item(index, &show(key))));
        }
    }
    let kept = |keys: &[Vec<String>], others: &dyn Fn(&Vec<String>) -> bool| -> Vec<Vec<String>> {
        keys.iter().filter(|key| others(key)).cloned().collect()
    };
    let before = kept(old_keys, &|key| places.contains_key(key));
    let after = kept(new_keys, &|key| known.contains(key));
    if order_matters && before != after {
        found.push(reordered(old, new, at));
    }
}

fn lone(kind: Kind, item: &Node, at: &At) -> Raw {
    let (old, new) = match kind {
        Kind::Removed => (Some(item.clone()), None),
        _ => (None, Some(item.clone())),
    };
    Raw {
        kind,
        shown: at.shown.clone(),
        path: at.path.clone(),
        old,
        new,
        old_key: None,
        new_key: None,
        hunks: Vec::new(),
    }
}

/// A list in another order: the nodes are those of the lists.
fn reordered(old: &[Node], new: &[Node], at: &At) -> Raw {
    let list = |items: &[Node]| {
        let span = items.first()?.span.to(items.last()?.span);
        Some(Node::new(Value::List(Arc::new(items.to_vec())), span))
    };
    Raw {
        kind: Kind::Reordered,
        shown: at.shown.clone(),
        path: at.path.clone(),
        old: list(old),
        new: list(new),
        old_key: None,
        new_key: None,
        hunks: Vec::new(),
    }
}

/// Lists whose items have no names: what is the same stays, what is left is paired.
fn ordered((old, new): (&[Node], &[Node]), at: &At, found: &mut Vec<Raw>) {
    let texts = |items: &[Node]| -> Vec<String> { items.iter().map(|item| to_json(item).to_string()).collect() };
    let (before, after) = (texts(old), texts(new));
    let (mut one, mut other) = (before.clone(), after.clone());
    one.sort_unstable();
    other.sort_unstable();
    if one == other {
        if !at.shape.is_unordered() {
            found.push(reordered(old, new, at));
        }
        return;
    }
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        match op {
            DiffOp::Equal { .. } => {}
            DiffOp::Delete { old_index, old_len, .. } => {
                for (index, item) in old.iter().enumerate().skip(old_index).take(old_len) {
                    found.push(lone(Kind::Removed, item, &at.item(index, &index.to_string())));
                }
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                for (index, item) in new.iter().enumerate().skip(new_index).take(new_len) {
                    found.push(lone(Kind::Added, item, &at.item(index, &index.to_string())));
                }
            }
            DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            } => pairs(
                (old, old_index..old_index + old_len),
                (new, new_index..new_index + new_len),
                at,
                found,
            ),
        }
    }
}

/// Items in the place of others. Flags belong together by their names, other items by their places.
fn pairs(
    (old, olds): (&[Node], std::ops::Range<usize>),
    (new, news): (&[Node], std::ops::Range<usize>),
    at: &At,
    found: &mut Vec<Raw>,
) {
    let mut free: Vec<usize> = news.collect();
    let mut left = Vec::new();
    for index in olds {
        let flag = flag(&old[index]);
        let place = free
            .iter()
            .position(|place| flag.is_some() && flag == self::flag(&new[*place]));
        match place {
            Some(place) => {
                let place = free.remove(place);
                values(&old[index], &new[place], &at.item(place, &place.to_string()), found);
            }
            None => left.push(index),
        }
    }
    let (mut left, mut free) = (left.into_iter(), free.into_iter());
    loop {
        match (left.next(), free.next()) {
            (None, None) => return,
            (Some(index), None) => found.push(lone(Kind::Removed, &old[index], &at.item(index, &index.to_string()))),
            (None, Some(place)) => found.push(lone(Kind::Added, &new[place], &at.item(place, &place.to_string()))),
            (Some(index), Some(place)) => {
                let is_flag = flag(&old[index]).is_some() || flag(&new[place]).is_some();
                if is_flag {
                    found.push(lone(Kind::Removed, &old[index], &at.item(index, &index.to_string())));
                    found.push(lone(Kind::Added, &new[place], &at.item(place, &place.to_string())));
                } else {
                    values(&old[index], &new[place], &at.item(place, &place.to_string()), found);
                }
            }
        }
    }
}

/// The name of a flag: `--retention` of `--retention=15d`.
fn flag(node: &Node) -> Option<&str> {
    let text = node.as_str().filter(|text| text.starts_with('-'))?;
    Some(text.split_once('=').map_or(text, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::{Source, SourceKind, Sources};

    #[test]
    fn an_item_keeps_its_index() {
        let slots_of = |old: &str, new: &str| {
            let sources = Sources::new();
            let list = |text: &str| {
                let file = sources.add(Source::of_text("list", SourceKind::Made, text.into()));
                let parsed = goyaml::parse(&sources.get(file), file, 0..text.len()).unwrap();
                parsed.node.as_list().unwrap().to_vec()
            };
            slots(&list(old), &list(new), Shape::default())
        };
        assert_eq!(
            slots_of("[{name: a}, {name: b}, {name: c}]", "[{name: c}, {name: d}, {name: a}]"),
            [2, 3, 0]
        );
        assert_eq!(slots_of("[a, b, c, d]", "[a, c, d]"), [0, 2, 3]);
        assert_eq!(slots_of("[a, b]", "[a, x, y, b]"), [0, 2, 3, 1]);
        assert_eq!(slots_of("[a, b, c]", "[a, x, y, c]"), [0, 1, 3, 2]);
        assert_eq!(slots_of("[a, a]", "[a]"), [0]);
        assert_eq!(slots_of("[]", "[a]"), [0]);
        assert_eq!(slots_of("[a]", "[]"), [0; 0]);
    }
}
