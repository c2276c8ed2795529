//! Values over values: what a chart brings, what its parent says, what the user says. Mirrors Helm's
//! `pkg/chart/common/util/coalesce.go`, down to its treatment of null.

use std::sync::Arc;

use crate::chart::Chart;
use crate::diagnostic::{Diagnostic, Report, Result};
use crate::reflect::{self, Limit, MapType, Meter};
use crate::source::Span;
use crate::yaml::{Entry, Map, Node, Value};

/// The rule of values that do not go together.
pub const MERGE: &str = "values-merge";
/// The key whose values every subchart sees.
pub const GLOBAL: &str = "global";

/// How two tables come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// For rendering: a null removes the key that it lies over.
    Coalesce,
    /// For computing defaults: nulls stay.
    Merge,
}

/// The values of a chart and all its subcharts, under those given; what Helm would log goes to the report.
///
/// # Errors
/// Values given for a subchart that are no table.
pub(super) fn coalesce(chart: &Chart, given: Node, mode: Mode, report: &mut Report) -> Result<Node> {
    let mut values = given;
    Coalescer { mode, report }.chart(chart, &mut values, "")?;
    Ok(values)
}

struct Coalescer<'a> {
    mode: Mode,
    report: &'a mut Report,
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

impl Coalescer<'_> {
    fn warn(&mut self, message: String, span: Span) {
        warn(self.report, message, span);
    }

    fn chart(&mut self, chart: &Chart, values: &mut Node, prefix: &str) -> Result<()> {
        self.own_values(chart, values, prefix);
        for subchart in &chart.subcharts {
            self.subchart(chart, subchart, values, prefix)?;
        }
        Ok(())
    }

    /// Puts the values of the chart itself under those given.
    fn own_values(&mut self, chart: &Chart, values: &mut Node, prefix: &str) {
        let prefix = joined(prefix, chart.name());
        let (Some(values), Some(defaults)) = (values.as_map_mut(), chart.values.as_map()) else {
            return;
        };
        for (key, default) in defaults.iter() {
            let Some(given) = values.get_mut(key) else {
                self.take_default(values, key, default);
                continue;
            };
            if given.node.is_null() && self.mode == Mode::Coalesce {
                values.remove(key);
                continue;
            }
            let span = default.node.span;
            let Some(target) = given.node.as_map_mut() else {
                continue;
            };
            match default.node.as_map() {
                Some(table) => {
                    let is_subchart = chart.subcharts.iter().any(|subchart| subchart.name() == &**key);
                    let mode = if is_subchart { Mode::Merge } else { self.mode };
                    let mut table = table.clone();
                    if mode == Mode::Coalesce {
                        clean_nulls(&mut table);
                    }
                    tables(target, &table, &joined(&prefix, key), mode, self.report);
                }
                None if default.node.is_null() => {}
                None => self.warn(format!("warning: skipped value for {prefix}.{key}: Not a table."), span),
            }
        }
    }

    fn take_default(&mut self, values: &mut Map, key: &Arc<str>, default: &Entry) {
        let mut default = default.clone();
        if self.mode == Mode::Coalesce {
            if default.node.is_null() {
                return;
            }
            if has_nulls(&default.node)
                && let Some(table) = default.node.as_map_mut()
            {
                clean_nulls(table);
            }
        }
        values.insert(Arc::clone(key), default);
    }

    fn subchart(&mut self, chart: &Chart, subchart: &Chart, values: &mut Node, prefix: &str) -> Result<()> {
        let name = subchart.name();
        let origin = Span::file_start(subchart.chart_yaml);
        let Some(table) = values.as_map_mut() else {
            return Ok(());
        };
        let mut own = match table.remove(name) {
            Some(entry) => entry,
            None => Entry {
                key: origin,
                node: Node::empty_map(origin),
            },
        };
        if own.node.as_map().is_none() {
            let message = format!("type mismatch on {name}: {}", verb_t(&own.node));
            let span = own.node.span;
            table.insert(name, own);
            return Err(Diagnostic::error(MERGE, message)
                .at(span)
                .help(format!("values for the subchart {name} must be a mapping"))
                .into());
        }
        let prefix = joined(prefix, chart.name());
        self.globals(&mut own.node, table, &prefix, origin);
        self.chart(subchart, &mut own.node, &prefix)?;
        table.insert(name, own);
        Ok(())
    }

    /// Hands the global values of a chart on to a subchart.
    fn globals(&mut self, subchart: &mut Node, values: &Map, prefix: &str, origin: Span) {
        let Some(subchart) = subchart.as_map_mut() else { return };
        let mut target = match subchart.get(GLOBAL) {
            None => Node::empty_map(origin),
            Some(entry) if entry.node.as_map().is_some() => entry.node.clone(),
            Some(entry) => {
                let message = format!("warning: skipping globals because destination {GLOBAL} is not a table.");
                self.warn(message, entry.node.span);
                return;
            }
        };
        let key_span = subchart.get(GLOBAL).map_or(origin, |entry| entry.key);
        if let Some(entry) = values.get(GLOBAL) {
            let (Some(source), Some(target)) = (entry.node.as_map(), target.as_map_mut()) else {
                let message = format!("warning: skipping globals because source {GLOBAL} is not a table.");
                self.warn(message, entry.node.span);
                return;
            };
            self.global_tables(target, source, prefix);
        }
        subchart.insert(
            GLOBAL,
            Entry {
                key: key_span,
                node: target,
            },
        );
    }

    fn global_tables(&mut self, target: &mut Map, source: &Map, prefix: &str) {
        for (key, entry) in source.iter() {
            let Some(table) = entry.node.as_map() else {
                if target.get(key).is_some_and(|existing| existing.node.as_map().is_some()) {
                    self.warn(format!("key {key} is table. Skipping"), entry.node.span);
                } else {
                    target.insert(Arc::clone(key), entry.clone());
                }
                continue;
            };
            // A table of its own, whose inner tables are those of the parent: that is how far Helm copies.
            let mut copy = table.clone();
            if let Some(existing) = target.get(key) {
                let Some(table) = existing.node.as_map() else {
                    let message = format!("Conflict: cannot merge map onto non-map for \"{key}\". Skipping.");
                    self.warn(message, existing.node.span);
                    continue;
                };
                tables(&mut copy, table, &joined(prefix, key), Mode::Merge, self.report);
            }
            let node = Node::new(Value::Map(Arc::new(copy)), entry.node.span);
            target.insert(Arc::clone(key), Entry { key: entry.key, node });
        }
    }
}

fn warn(report: &mut Report, message: String, span: Span) {
    let logged = format!("level=INFO msg={}", crate::go::quote::quote(&message));
    report.push(Diagnostic::warning(MERGE, message).at(span).helm(logged));
}

/// Puts a table under another one, table by table.
pub(super) fn tables(above: &mut Map, below: &Map, prefix: &str, mode: Mode, report: &mut Report) {
    for (key, entry) in below.iter() {
        let value = &entry.node;
        let Some(existing) = above.get_mut(key) else {
            above.insert(Arc::clone(key), entry.clone());
            continue;
        };
        if mode == Mode::Coalesce && existing.node.is_null() && !value.is_null() {
            above.remove(key);
            continue;
        }
        let name = joined(prefix, key);
        match (value.as_map(), existing.node.as_map().is_some()) {
            (Some(table), true) => {
                if let Some(existing) = existing.node.as_map_mut() {
                    tables(existing, table, &name, mode, report);
                }
            }
            (Some(_), false) => {
                let message = format!(
                    "warning: cannot overwrite table with non table for {name} ({})",
                    printed(value)
                );
                warn(report, message, existing.node.span);
            }
            (None, true) if !value.is_null() => {
                let message = format!(
                    "warning: destination for {name} is a table. Ignoring non-table value ({})",
                    printed(value)
                );
                warn(report, message, value.span);
            }
            (None, _) => {}
        }
    }
}

fn has_nulls(node: &Node) -> bool {
    node.as_map().is_some_and(|map| {
        map.iter()
            .any(|(_, entry)| entry.node.is_null() || has_nulls(&entry.node))
    })
}

/// Removes the keys whose value is null, in tables within tables too.
pub(super) fn clean_nulls(table: &mut Map) {
    let nulls: Vec<Arc<str>> = table
        .iter()
        .filter(|(_, entry)| entry.node.is_null())
        .map(|(key, _)| Arc::clone(key))
        .collect();
    for key in nulls {
        table.remove(&key);
    }
    for (_, entry) in table.iter_mut() {
        if has_nulls(&entry.node)
            && let Some(inner) = entry.node.as_map_mut()
        {
            clean_nulls(inner);
        }
    }
}

/// A value as Go's `%v` prints it.
fn printed(node: &Node) -> String {
    reflect::sprint(&reflect::from_node(node, MapType::ANY))
}

/// A value as Go's `%t` prints it, which Helm uses by mistake.
fn verb_t(node: &Node) -> String {
    let value = reflect::from_node(node, MapType::ANY);
    // It is only ever a part of the values, which are in memory already.
    let mut free = |_| Ok(());
    reflect::sprintf("%t", &[value], &mut Meter::new(&mut free)).unwrap_or_else(|Limit(message)| message)
}
