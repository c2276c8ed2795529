//! The paths of assertions, in the dialect of JSONPath of `helm-unittest/yaml-jsonpath`: `spec.ports[0].name`,
//! `$..image`, `items[?(@.kind == "Pod")].name`, `metadata.labels['a/b']`, `data~`.

mod filter;
mod parse;
mod slice;

use std::sync::Arc;

use self::filter::Filter;
use self::slice::Subscript;
use goyaml::{Map, Node, Style, Value, sort_keys};
use source::Span;

/// A parsed path.
#[derive(Debug)]
pub(super) struct Path {
    steps: Vec<Selector>,
}

#[derive(Debug)]
enum Selector {
    /// `.name`
    Child(String),
    /// `.*`
    Children,
    /// `['a', 'b']`
    Named(Vec<String>),
    /// `..` and the following step.
    Descend,
    /// `[0]`, `[1:3]`, `[*]`
    Subscript(Subscript),
    /// `[?(...)]`; after `..`, the filter applies to each node itself.
    Filter(Filter, bool),
    /// `.name~`
    NameOf(String),
    /// `['a', 'b']~`
    NamesOf(Vec<String>),
    /// `[*]~`
    Names,
}

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    /// The syntax error.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Ok(Self {
            steps: parse::path(text)?,
        })
    }

    /// The nodes that it selects in a document, in the order of the keys.
    pub(super) fn find(&self, root: &Node) -> Vec<Node> {
        let mut found = Vec::new();
        walk(&self.steps, root, root, &mut found);
        found
    }
}

fn entries(map: &Map) -> Vec<(&Arc<str>, Span, &Node)> {
    let entries = map.iter().map(|(key, entry)| (key, entry.key, &entry.node)).collect();
    sort_keys(Style::V3, entries, |entry| entry.0)
}

fn name_node(key: &Arc<str>, span: Span) -> Node {
    Node::new(Value::String(Arc::clone(key)), span)
}

/// All nodes of a tree, parents first; keys are nodes too.
fn descend(node: &Node, visit: &mut dyn FnMut(&Node)) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| descend(item, visit)),
        Value::Map(map) => {
            for (key, span, value) in entries(map) {
                visit(&name_node(key, span));
                descend(value, visit);
            }
        }
        _ => {}
    }
    visit(node);
}

fn walk(steps: &[Selector], node: &Node, root: &Node, found: &mut Vec<Node>) {
    let Some((step, rest)) = steps.split_first() else {
        found.push(node.clone());
        return;
    };
    let mut children = || match &node.value {
        Value::List(items) => items.iter().for_each(|item| walk(rest, item, root, found)),
        Value::Map(map) => entries(map)
            .into_iter()
            .for_each(|(_, _, value)| walk(rest, value, root, found)),
        _ => {}
    };
    match step {
        Selector::Children => children(),
        Selector::Child(name) => {
            if let Some(value) = node.get(name) {
                walk(rest, value, root, found);
            }
        }
        Selector::Named(names) => {
            for value in names.iter().filter_map(|name| node.get(name)) {
                walk(rest, value, root, found);
            }
        }
        Selector::Descend => descend(node, &mut |inner| walk(rest, inner, root, found)),
        Selector::Subscript(subscript) => match &node.value {
            Value::Map(_) if subscript.is_all() => children(),
            Value::List(items) => {
                for at in subscript.indices(items.len()) {
                    walk(rest, &items[at], root, found);
                }
            }
            _ => {}
        },
        Selector::Filter(filter, is_recursive) => match &node.value {
            Value::List(items) if !is_recursive => {
                for item in items.iter().filter(|item| filter.accepts(item, root)) {
                    walk(rest, item, root, found);
                }
            }
            _ => {
                if filter.accepts(node, root) {
                    walk(rest, node, root, found);
                }
            }
        },
        Selector::NameOf(name) => names_of(std::slice::from_ref(name), rest, node, root, found),
        Selector::NamesOf(names) => names_of(names, rest, node, root, found),
        Selector::Names => {
            if let Value::Map(map) = &node.value {
                for (key, span, _) in entries(map) {
                    walk(rest, &name_node(key, span), root, found);
                }
            }
        }
    }
}

fn names_of(names: &[String], rest: &[Selector], node: &Node, root: &Node, found: &mut Vec<Node>) {
    let Value::Map(map) = &node.value else { return };
    for name in names {
        if let Some((key, entry)) = map.get_key_value(name) {
            walk(rest, &name_node(key, entry.key), root, found);
        }
    }
}
