//! Checks of server-side apply only, which is how Helm 4 applies: two items with the same key in a list that is merged
//! by key (`x-kubernetes-list-type` map or set; `structured-merge-diff/typed`). Creating such an object works.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::items;
use crate::formats::shown;
use crate::problem::Side;
use crate::walker::{Position, Walker};

const LISTS: &str = include_str!("../../data/lists.txt");

/// A list that is merged by key.
#[derive(Debug)]
pub(crate) struct Merged {
    pub(super) field: &'static str,
    /// The key fields with their defaults; empty for a set.
    pub(super) keys: Vec<(&'static str, Option<&'static str>)>,
}

/// Parses `data/lists.txt` into definitions and lists.
pub(super) fn lists() -> impl Iterator<Item = (&'static str, Merged)> {
    LISTS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut words = line.split_whitespace();
        let (definition, field) = (words.next()?, words.next()?);
        let keys = words.map(|word| match word.split_once('=') {
            Some((key, default)) => (key, Some(default)),
            None => (word, None),
        });
        Some((
            definition,
            Merged {
                field,
                keys: keys.collect(),
            },
        ))
    })
}

/// Converts a scalar to part of a key.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

impl Merged {
    pub(super) fn check<'a>(&self, walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
        let Some((field, _)) = map.get_key_value(self.field) else {
            return;
        };
        let mut seen: BTreeMap<Vec<Option<String>>, usize> = BTreeMap::new();
        for (index, item) in items(map, field).iter().enumerate() {
            let Some(key) = self.key(item) else {
                if item.is_object() {
                    self.without_key(walker, field, index);
                }
                continue;
            };
            let shown_key: Vec<&str> = key.iter().flatten().map(String::as_str).collect();
            let shown_key = shown(&shown_key.join("/"));
            let first = *seen.entry(key).or_insert(index);
            if first == index {
                continue;
            }
            let place = self
                .keys
                .iter()
                .find_map(|(name, _)| item.as_object()?.get_key_value(*name));
            let other = self.keys.first().map(|(name, _)| walker.item(field, first, name));
            let what = match self.keys.as_slice() {
                [] => format!("`{shown_key}` is in the list already"),
                [(name, _)] => format!("another item has the {name} `{shown_key}`"),
                keys => {
                    let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
                    format!("another item has the {} `{shown_key}`", names.join(" and "))
                }
            };
            // A duplicate that creating also rejects has been reported already.
            let rule = if self.field == "env" {
                "duplicate-variable"
            } else {
                "duplicate-item"
            };
            walker.below(Position::Key(field), |walker| {
                walker.below(Position::Index(index), |walker| {
                    let run = |walker: &mut Walker<'a>| {
                        if walker.has(rule) {
                            return;
                        }
                        let problem = walker.fault(Side::Value, rule, what.clone());
                        problem.help = Some("Helm 4's server-side apply refuses the object".to_owned());
                        problem.other.clone_from(&other);
                    };
                    match place {
                        Some((key, _)) => walker.below(Position::Key(key), run),
                        None => run(walker),
                    }
                });
            });
        }
    }

    /// An item that has none of the keys, which have no defaults.
    fn without_key<'a>(&self, walker: &mut Walker<'a>, field: &'a str, index: usize) {
        let names = self.names().join(" or ");
        walker.inside(&[Position::Key(field), Position::Index(index)], |walker| {
            if !self.keys.iter().any(|(name, _)| walker.has_missing(name)) {
                walker
                    .fault(Side::Key, "missing-required-field", format!("`{names}` is missing"))
                    .help = Some("the list is merged by it: Helm 4's server-side apply refuses the object".to_owned());
            }
        });
    }

    /// Whether its items are scalars, each once.
    pub(crate) fn is_set(&self) -> bool {
        self.keys.is_empty()
    }

    /// The names of its keys.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|(name, _)| *name).collect()
    }

    /// The key of an item, by which server-side apply tells it from the others.
    pub(crate) fn key(&self, item: &Value) -> Option<Vec<Option<String>>> {
        if self.keys.is_empty() {
            return Some(vec![Some(scalar(item)?)]);
        }
        let item = item.as_object()?;
        let part = |(name, default): &(&str, Option<&str>)| match item.get(*name) {
            None | Some(Value::Null) => default.map(str::to_owned),
            Some(value) => scalar(value),
        };
        let key: Vec<Option<String>> = self.keys.iter().map(part).collect();
        key.iter().any(Option::is_some).then_some(key)
    }
}
