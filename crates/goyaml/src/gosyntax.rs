//! Values in Go's `%#v` syntax, which two of go-yaml's error messages contain.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use super::key::Key;
use super::resolve::Version;
use super::scalar;
use super::tree::{Index, ItemKind, Tree};

/// Values nested deeper than this are left out of a message; Go prints all of them.
const MAX_DEPTH: usize = 200;

/// The error of sigs.k8s.io/yaml for the first key that cannot become a string, with the key's place.
pub(super) fn unsupported_key(tree: &Tree<'_>) -> Option<(String, Range<usize>)> {
    let mut stack = vec![0];
    let mut seen = BTreeSet::new();
    while let Some(index) = stack.pop() {
        let index = tree.follow(index);
        if !seen.insert(index) {
            continue;
        }
        match &tree.items[index].kind {
            ItemKind::Sequence(children) => stack.extend(children.iter().rev()),
            ItemKind::Mapping(_) => {
                let entries = entries(tree, index);
                if let Some((key, place, value)) = entries.iter().find(|(key, ..)| !key.is_supported()) {
                    let kind = if matches!(key, Key::Null) {
                        "%!s(<nil>)"
                    } else {
                        "uint64"
                    };
                    let message = format!(
                        "unsupported map key of type: {kind}, key: {}, value: {}",
                        key.go_syntax(),
                        describe(tree, *value)
                    );
                    return Some((message, tree.items[*place].place.clone()));
                }
                stack.extend(entries.iter().rev().map(|(_, _, value)| *value));
            }
            _ => {}
        }
    }
    None
}

/// The `%#v` text of a value.
pub(super) fn describe(tree: &Tree<'_>, index: Index) -> String {
    let mut text = String::new();
    write_value(tree, index, 0, &mut text);
    text
}

fn write_value(tree: &Tree<'_>, index: Index, depth: usize, text: &mut String) {
    let index = tree.follow(index);
    if depth > MAX_DEPTH {
        text.push_str("...");
        return;
    }
    match &tree.items[index].kind {
        ItemKind::Sequence(children) => {
            text.push_str("[]interface {}{");
            for (position, &child) in children.iter().enumerate() {
                text.push_str(if position > 0 { ", " } else { "" });
                write_value(tree, child, depth + 1, text);
            }
            text.push('}');
        }
        ItemKind::Mapping(_) => {
            text.push_str("map[interface {}]interface {}{");
            let mut entries = entries(tree, index);
            entries.sort_by(|(a, ..), (b, ..)| a.go_order(b));
            for (position, (key, _, value)) in entries.iter().enumerate() {
                text.push_str(if position > 0 { ", " } else { "" });
                write_key(key, 1, text);
                text.push(':');
                write_value(tree, *value, depth + 1, text);
            }
            text.push('}');
        }
        ItemKind::Scalar { .. } | ItemKind::Alias { .. } => {
            if let Some(key) = scalar_of(tree, index) {
                write_key(&key, depth, text);
            }
        }
    }
}

fn write_key(key: &Key, depth: usize, text: &mut String) {
    match key {
        Key::Null if depth > 0 => text.push_str("interface {}(nil)"),
        key => {
            let _ = write!(text, "{}", key.go_syntax());
        }
    }
}

fn scalar_of(tree: &Tree<'_>, index: Index) -> Option<Key> {
    match &tree.items[tree.follow(index)].kind {
        ItemKind::Scalar { tag, value, implicit } => {
            Key::new(&scalar::decode(Version::V2, *tag, value, *implicit).ok()?)
        }
        _ => None,
    }
}

/// Key, place of the key and value of each entry of a mapping, including the entries of merge keys. For a duplicate key
/// the last value counts.
fn entries(tree: &Tree<'_>, mapping: Index) -> Vec<(Key, Index, Index)> {
    enum State {
        /// The entries of a mapping, starting at an index.
        Mapping(Index, usize),
        /// The value of a merge key, or an item of its list.
        Merge(Index),
    }
    let mut entries: Vec<(Key, Index, Index)> = Vec::new();
    let mut stack = vec![State::Mapping(mapping, 0)];
    while let Some(step) = stack.pop() {
        let (mapping, next) = match step {
            State::Mapping(mapping, next) => (mapping, next),
            State::Merge(index) => {
                let index = tree.follow(index);
                match &tree.items[index].kind {
                    // The stack reverses the list, which is right: the first mapping takes precedence.
                    ItemKind::Sequence(children) => stack.extend(children.iter().map(|&child| State::Merge(child))),
                    _ => stack.push(State::Mapping(index, 0)),
                }
                continue;
            }
        };
        let ItemKind::Mapping(children) = &tree.items[mapping].kind else {
            continue;
        };
        let Some((&key, &value)) = children.get(next).zip(children.get(next + 1)) else {
            continue;
        };
        stack.push(State::Mapping(mapping, next + 2));
        if tree.is_merge(key) {
            stack.push(State::Merge(value));
        } else if let Some(read) = scalar_of(tree, key) {
            match entries.iter_mut().find(|(known, ..)| *known == read) {
                Some(entry) => entry.2 = value,
                None => entries.push((read, key, value)),
            }
        }
    }
    entries
}
