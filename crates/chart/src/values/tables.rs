//! Tables that are shared by reference, like Go's maps.
//!
//! Helm copies some of the tables that it merges and shares others: a chart and its subcharts share the tables inside
//! the tables of `global`, and a table that is imported from a subchart still belongs to the subchart. A merge into a
//! shared table is visible in all places that hold it. Therefore the tables of a merge are stored here and referred to
//! by index. A mapping becomes such a table, one level at a time, when it is first opened; in the end all become
//! mappings again.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::merge::{Mode, Name, warn};
use diagnostics::Report;
use govalue::MapType;
use goyaml::{Entry, Map, Node, SortedMap, Value};
use source::Span;

/// The index of a table in a [`Tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Table(usize);

/// The error for a table that contains itself, which overflows the stack in Helm.
#[derive(Debug)]
pub(super) struct Endless;

/// A value in a table.
#[derive(Clone)]
enum Held {
    /// A value that is not shared.
    Node(Node),
    Table(Table),
}

#[derive(Clone)]
struct Slot {
    key: Span,
    held: Held,
}

struct Content {
    span: Span,
    slots: SortedMap<Slot>,
}

/// All tables of one merge.
#[derive(Default)]
pub(super) struct Tables {
    tables: Vec<Content>,
    /// The pairs of tables that are being merged.
    open_pairs: BTreeSet<(Table, Table)>,
}

impl Slot {
    fn is_table(&self) -> bool {
        match &self.held {
            Held::Node(node) => node.as_map().is_some(),
            Held::Table(_) => true,
        }
    }

    fn is_null(&self) -> bool {
        matches!(&self.held, Held::Node(node) if node.is_null())
    }
}

impl Tables {
    /// An empty table.
    pub(super) fn empty(&mut self, span: Span) -> Table {
        self.add(span, SortedMap::new())
    }

    /// Creates a table from a mapping.
    pub(super) fn of_map(&mut self, map: &Map, span: Span) -> Table {
        let slot = |entry: &Entry| Slot {
            key: entry.key,
            held: Held::Node(entry.node.clone()),
        };
        let slots = map.iter().map(|(key, entry)| (Arc::clone(key), slot(entry)));
        let slots = slots.collect();
        self.add(span, slots)
    }

    /// Creates a table with the contents of another one; the tables inside are shared.
    pub(super) fn shallow_copy(&mut self, table: Table) -> Table {
        for key in self.keys(table) {
            self.open(table, &key);
        }
        let content = &self.tables[table.0];
        let (span, slots) = (content.span, content.slots.clone());
        self.add(span, slots)
    }

    fn add(&mut self, span: Span, slots: SortedMap<Slot>) -> Table {
        self.tables.push(Content { span, slots });
        Table(self.tables.len() - 1)
    }

    fn slots(&mut self, table: Table) -> &mut SortedMap<Slot> {
        &mut self.tables[table.0].slots
    }

    fn slot(&self, table: Table, key: &str) -> Option<&Slot> {
        self.tables[table.0].slots.get(key)
    }

    /// The span of a table.
    pub(super) fn span(&self, table: Table) -> Span {
        self.tables[table.0].span
    }

    /// The keys of a table, in order.
    pub(super) fn keys(&self, table: Table) -> Vec<Arc<str>> {
        self.tables[table.0].slots.keys().cloned().collect()
    }

    pub(super) fn contains(&self, table: Table, key: &str) -> bool {
        self.slot(table, key).is_some()
    }

    pub(super) fn is_table(&self, table: Table, key: &str) -> bool {
        self.slot(table, key).is_some_and(Slot::is_table)
    }

    pub(super) fn is_null(&self, table: Table, key: &str) -> bool {
        self.slot(table, key).is_some_and(Slot::is_null)
    }

    /// Returns the table at a key, if the value is one.
    pub(super) fn open(&mut self, table: Table, key: &str) -> Option<Table> {
        let node = match &self.slot(table, key)?.held {
            Held::Table(inner) => return Some(*inner),
            Held::Node(node) => node.clone(),
        };
        let inner = self.of_map(node.as_map()?, node.span);
        if let Some(slot) = self.slots(table).get_mut(key) {
            slot.held = Held::Table(inner);
        }
        Some(inner)
    }

    /// Sets a key to a value that is not shared.
    pub(super) fn insert(&mut self, table: Table, key: &Arc<str>, entry: Entry) {
        let slot = Slot {
            key: entry.key,
            held: Held::Node(entry.node),
        };
        self.slots(table).insert(Arc::clone(key), slot);
    }

    pub(super) fn insert_table(&mut self, table: Table, key: impl Into<Arc<str>>, span: Span, inner: Table) {
        let held = Held::Table(inner);
        self.slots(table).insert(key.into(), Slot { key: span, held });
    }

    /// Sets a key of one table to the value in another one. If the value is a table, both share it.
    pub(super) fn share(&mut self, from: Table, key: &Arc<str>, to: Table) {
        self.open(from, key);
        if let Some(slot) = self.slot(from, key).cloned() {
            self.slots(to).insert(Arc::clone(key), slot);
        }
    }

    pub(super) fn remove(&mut self, table: Table, key: &str) {
        self.slots(table).remove(key);
    }

    /// The spans of a key and of its value.
    pub(super) fn spans(&self, table: Table, key: &str) -> Option<(Span, Span)> {
        let slot = self.slot(table, key)?;
        let value = match &slot.held {
            Held::Node(node) => node.span,
            Held::Table(inner) => self.span(*inner),
        };
        Some((slot.key, value))
    }

    /// Merges a table below another one recursively: Helm's `coalesceTablesFullKey`, which also writes the nulls of the
    /// upper table into the lower one.
    pub(super) fn merge(
        &mut self,
        above: Table,
        below: Table,
        prefix: &Name<'_>,
        mode: Mode,
        report: &mut Report,
    ) -> Result<(), Endless> {
        if !self.open_pairs.insert((above, below)) {
            return Err(Endless);
        }
        let mut hidden = BTreeSet::new();
        let nulls = self.tables[above.0].slots.iter().filter(|(_, slot)| slot.is_null());
        let nulls: Vec<(Arc<str>, Slot)> = nulls.map(|(key, slot)| (Arc::clone(key), slot.clone())).collect();
        for (key, slot) in nulls {
            let old = self.slots(below).insert(Arc::clone(&key), slot);
            if old.is_some_and(|old| !old.is_null()) {
                hidden.insert(key);
            }
        }
        for key in self.keys(below) {
            if !self.contains(above, &key) {
                self.share(below, &key, above);
                continue;
            }
            if mode == Mode::Coalesce && self.is_null(above, &key) && hidden.contains(&key) {
                self.remove(above, &key);
                continue;
            }
            let pair = (self.open(above, &key), self.open(below, &key));
            let name = prefix.join(&key);
            match pair {
                (Some(above), Some(below)) => self.merge(above, below, &name, mode, report)?,
                (None, Some(_)) => {
                    let printed = self.printed(below, &key)?;
                    let message = format!("warning: cannot overwrite table with non table for {name} ({printed})");
                    self.warn(report, &message, above, &key);
                }
                (Some(_), None) if !self.is_null(below, &key) => {
                    let printed = self.printed(below, &key)?;
                    let message =
                        format!("warning: destination for {name} is a table. Ignoring non-table value ({printed})");
                    self.warn(report, &message, below, &key);
                }
                _ => {}
            }
        }
        self.open_pairs.remove(&(above, below));
        Ok(())
    }

    fn warn(&self, report: &mut Report, message: &str, table: Table, key: &str) {
        let span = self.spans(table, key).map_or(self.span(table), |(_, value)| value);
        warn(report, message, span);
    }

    /// A value as Go's `%v` prints it.
    fn printed(&self, table: Table, key: &str) -> Result<String, Endless> {
        let node = self.node_at(table, key)?;
        Ok(node.map_or_else(String::new, |node| {
            govalue::sprint(&govalue::from_node(&node, MapType::ANY))
        }))
    }

    /// Returns a value of a table as an unshared node.
    pub(super) fn node_at(&self, table: Table, key: &str) -> Result<Option<Node>, Endless> {
        let mut nodes = Nodes::new(self);
        self.slot(table, key).map(|slot| nodes.held(&slot.held)).transpose()
    }

    /// Converts a table to a mapping. References to the same table become one shared mapping.
    pub(super) fn node(&self, table: Table) -> Result<Node, Endless> {
        Nodes::new(self).table(table)
    }
}

/// Converts tables back to mappings.
struct Nodes<'a> {
    tables: &'a Tables,
    done: Vec<Progress>,
}

#[derive(Clone)]
enum Progress {
    None,
    Begun,
    Done(Arc<Map>),
}

impl<'a> Nodes<'a> {
    fn new(tables: &'a Tables) -> Self {
        let done = vec![Progress::None; tables.tables.len()];
        Self { tables, done }
    }

    fn held(&mut self, held: &Held) -> Result<Node, Endless> {
        match held {
            Held::Node(node) => Ok(node.clone()),
            Held::Table(table) => self.table(*table),
        }
    }

    fn table(&mut self, table: Table) -> Result<Node, Endless> {
        let content = &self.tables.tables[table.0];
        let map = match &self.done[table.0] {
            Progress::Begun => return Err(Endless),
            Progress::Done(map) => Arc::clone(map),
            Progress::None => {
                self.done[table.0] = Progress::Begun;
                let entries = content.slots.iter().map(|(key, slot)| {
                    let node = self.held(&slot.held)?;
                    Ok((Arc::clone(key), Entry { key: slot.key, node }))
                });
                let map = Arc::new(entries.collect::<Result<Map, Endless>>()?);
                self.done[table.0] = Progress::Done(Arc::clone(&map));
                map
            }
        };
        Ok(Node::new(Value::Map(map), content.span))
    }
}
