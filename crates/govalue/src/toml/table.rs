//! Tables during parsing: which of them exist, and which may be defined again.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value;

use super::path_text;
use crate::types::Element;
use crate::value::{View, list_of, map, view};

/// The value of a key in a table.
pub(super) enum Item {
    Value(Value),
    Table(Table),
    Tables(Vec<Table>),
}

/// A table.
#[derive(Default)]
pub(super) struct Table {
    entries: BTreeMap<Arc<str>, Item>,
    /// Whether it was created only as the parent of something else, so that it may still be defined.
    implicit: bool,
    /// Whether it replaced an array.
    was_array: bool,
}

impl Table {
    /// Converts the table to a Go map.
    pub(super) fn into_value(self) -> Value {
        let entry = |(key, item): (Arc<str>, Item)| {
            let value = match item {
                Item::Value(value) => value,
                Item::Table(table) => table.into_value(),
                Item::Tables(tables) => list_of(Element::Map, tables.into_iter().map(Self::into_value).collect()),
            };
            (key, value)
        };
        map(self.entries.into_iter().map(entry).collect())
    }

    /// Returns the table at a path, all parts of which exist.
    pub(super) fn at(&mut self, path: &[Arc<str>]) -> Result<&mut Self, String> {
        let mut table = self;
        for (depth, part) in path.iter().enumerate() {
            table = match table.entries.get_mut(part) {
                Some(Item::Table(inner)) => inner,
                Some(Item::Tables(tables)) if !tables.is_empty() => {
                    let last = tables.len() - 1;
                    &mut tables[last]
                }
                _ => return Err(defined(&path[..=depth])),
            };
        }
        Ok(table)
    }

    /// Returns the table at a path and creates missing tables.
    pub(super) fn reach(&mut self, path: &[Arc<str>]) -> Result<&mut Self, String> {
        let mut table = self;
        for (depth, part) in path.iter().enumerate() {
            let item = table.entries.entry(Arc::clone(part)).or_insert_with(|| {
                Item::Table(Self {
                    implicit: true,
                    ..Self::default()
                })
            });
            table = match item {
                Item::Table(inner) => inner,
                Item::Tables(tables) if !tables.is_empty() => {
                    let last = tables.len() - 1;
                    &mut tables[last]
                }
                _ => {
                    return Err(created_as_hash(&path[..=depth]));
                }
            };
        }
        Ok(table)
    }

    /// `[path]`
    pub(super) fn define(&mut self, path: &[Arc<str>]) -> Result<(), String> {
        let Some((last, parents)) = path.split_last() else {
            return Ok(());
        };
        let parent = self.reach(parents)?;
        match parent.entries.get_mut(last) {
            None => {
                parent.entries.insert(Arc::clone(last), Item::Table(Self::default()));
                Ok(())
            }
            Some(Item::Table(table)) if table.implicit => {
                table.implicit = false;
                Ok(())
            }
            Some(_) => Err(defined(path)),
        }
    }

    /// `[[path]]`
    pub(super) fn append(&mut self, path: &[Arc<str>]) -> Result<(), String> {
        let Some((last, parents)) = path.split_last() else {
            return Ok(());
        };
        let parent = self.reach(parents)?;
        let item = parent
            .entries
            .entry(Arc::clone(last))
            .or_insert_with(|| Item::Tables(Vec::new()));
        match item {
            Item::Tables(tables) => {
                tables.push(Self::default());
                Ok(())
            }
            _ => Err(format!(
                "Key '{}' was already created and cannot be used as an array.",
                path_text(path)
            )),
        }
    }

    /// Removes and returns the last of the tables at a path.
    pub(super) fn take_last(&mut self, path: &[Arc<str>]) -> Value {
        let taken = path.split_last().and_then(|(last, parents)| {
            let parent = self.at(parents).ok()?;
            match parent.entries.get_mut(last)? {
                Item::Tables(tables) => tables.pop(),
                _ => None,
            }
        });
        taken.unwrap_or_default().into_value()
    }

    /// Ensures that a part of a key is a table, which may be defined once more. Returns whether it replaced an array,
    /// which Go discards.
    pub(super) fn enter(&mut self, part: &Arc<str>) -> bool {
        match self.entries.get_mut(part) {
            None => {
                let table = Self {
                    implicit: true,
                    ..Self::default()
                };
                self.entries.insert(Arc::clone(part), Item::Table(table));
            }
            Some(Item::Table(table)) => {
                table.implicit = false;
                if table.was_array {
                    table.entries.clear();
                }
            }
            Some(item @ Item::Value(_)) => {
                let replaced = matches!(item, Item::Value(value) if is_list(value));
                if replaced {
                    *item = Item::Table(Self {
                        was_array: true,
                        ..Self::default()
                    });
                }
                return replaced;
            }
            Some(Item::Tables(_)) => {}
        }
        false
    }

    /// Sets a key. As in Go, an implicitly created table is kept and the value is lost, unless the value is an array.
    pub(super) fn set(&mut self, context: &[Arc<str>], key: &Arc<str>, value: Value) -> Result<(), String> {
        match self.entries.get_mut(key) {
            None => {
                self.entries.insert(Arc::clone(key), Item::Value(value));
                Ok(())
            }
            Some(item) if matches!(&*item, Item::Table(table) if table.implicit) => {
                if is_list(&value) {
                    *item = Item::Value(value);
                } else if let Item::Table(table) = item {
                    table.implicit = false;
                }
                Ok(())
            }
            // They were stored here while the array was parsed.
            Some(item) if matches!(&*item, Item::Tables(tables) if tables.is_empty()) => {
                *item = Item::Value(value);
                Ok(())
            }
            Some(_) => {
                let mut path = context.to_vec();
                path.push(Arc::clone(key));
                Err(defined(&path))
            }
        }
    }
}

fn is_list(value: &Value) -> bool {
    matches!(view(value), View::List(_))
}

fn defined(path: &[Arc<str>]) -> String {
    format!("Key '{}' has already been defined.", path_text(path))
}

/// Go's message for a key that is used as a table but holds a value.
pub(super) fn created_as_hash(path: &[Arc<str>]) -> String {
    format!("Key '{}' was already created as a hash.", path_text(path))
}
