//! Merges values: the chart's defaults, the parent's values and the user's. Mirrors Helm's
//! `pkg/chart/common/util/coalesce.go`, including its treatment of null.

use std::fmt;
use std::sync::Arc;

use super::tables::{Endless, Table, Tables};
use crate::Chart;
use diagnostics::{Diagnostic, Report, Result};
use gostd::quote::quote;
use govalue::{Limit, MapType, Meter};
use goyaml::{Entry, Map, Node};
use source::Span;

/// The rule for values that conflict.
pub const MERGE: &str = "values-merge";
/// The key of the values that all subcharts share.
pub const GLOBAL: &str = "global";

/// How two tables are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// For rendering: a null removes the key of the lower table.
    Coalesce,
    /// For computing defaults: nulls are kept.
    Merge,
}

/// The parts of a chart that determine its values.
pub(super) struct Defaults<'a> {
    pub(super) name: &'a str,
    /// Its own values.
    pub(super) values: &'a Node,
    /// The span of tables that are not in any file.
    pub(super) origin: Span,
    pub(super) subcharts: Vec<Defaults<'a>>,
}

impl<'a> Defaults<'a> {
    pub(super) fn of(chart: &'a Chart) -> Self {
        Self {
            name: chart.name(),
            values: &chart.values,
            origin: Span::file_start(chart.chart_yaml),
            subcharts: chart.subcharts.iter().map(Self::of).collect(),
        }
    }
}

/// Merges the given values over those of a chart and all its subcharts. Messages that Helm would log go to the report.
///
/// # Errors
/// The given values for a subchart are not a table.
pub(super) fn coalesce(chart: &Defaults, given: &Node, mode: Mode, report: &mut Report) -> Result<Node> {
    let mut tables = Tables::default();
    let values = coalesce_in(&mut tables, chart, given, mode, report)?;
    separate_globals(&mut tables, chart, values);
    tables.node(values).map_err(|endless| endless.error(chart.origin))
}

/// Merges as [`coalesce`] does, into a new table of `tables`.
///
/// # Errors
/// The given values for a subchart are not a table.
pub(super) fn coalesce_in(
    tables: &mut Tables,
    chart: &Defaults,
    given: &Node,
    mode: Mode,
    report: &mut Report,
) -> Result<Table> {
    let values = match given.as_map() {
        Some(map) => tables.of_map(map, given.span),
        None => tables.empty(given.span),
    };
    Coalescer { tables, mode, report }.chart(chart, values, &Name::ROOT)?;
    Ok(values)
}

/// Opens the tables inside the tables of `global`, so that each becomes a separate mapping unless it is shared.
fn separate_globals(tables: &mut Tables, chart: &Defaults, values: Table) {
    if let Some(globals) = tables.open(values, GLOBAL) {
        for key in tables.keys(globals) {
            if let Some(table) = tables.open(globals, &key) {
                for key in tables.keys(table) {
                    tables.open(table, &key);
                }
            }
        }
    }
    for subchart in &chart.subcharts {
        if let Some(values) = tables.open(values, subchart.name) {
            separate_globals(tables, subchart, values);
        }
    }
}

impl Endless {
    /// The error for a chart whose values contain themselves. Helm overflows its stack in this case.
    #[expect(clippy::unused_self, reason = "an error is what is turned into a diagnostic")]
    pub(super) fn error(self, place: Span) -> Box<Diagnostic> {
        let message = "values that are imported from a subchart would hold themselves";
        Box::new(
            Diagnostic::error(MERGE, message)
                .at(place)
                .help("two entries of import-values must not give a table and a table in it the same place"),
        )
    }
}

struct Coalescer<'a> {
    tables: &'a mut Tables,
    mode: Mode,
    report: &'a mut Report,
}

/// The dotted name of a table, for messages.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    above: Option<&'a Self>,
    last: &'a str,
}

impl<'a> Name<'a> {
    /// The name of the outermost table, which is empty.
    pub(super) const ROOT: Name<'static> = Name { above: None, last: "" };

    /// The name of a table in this one.
    pub(super) fn join(&'a self, last: &'a str) -> Self {
        let above = (self.above.is_some() || !self.last.is_empty()).then_some(self);
        Self { above, last }
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            write!(f, "{above}.")?;
        }
        f.write_str(self.last)
    }
}

impl Coalescer<'_> {
    fn warn(&mut self, message: &str, span: Span) {
        warn(self.report, message, span);
    }

    fn chart(&mut self, chart: &Defaults, values: Table, prefix: &Name<'_>) -> Result<()> {
        self.own_values(chart, values, prefix)?;
        for subchart in &chart.subcharts {
            self.subchart(chart, subchart, values, prefix)?;
        }
        Ok(())
    }

    fn merge(&mut self, above: Table, below: Table, prefix: &Name<'_>, mode: Mode) -> Result<()> {
        let place = self.tables.span(above);
        let merged = self.tables.merge(above, below, prefix, mode, self.report);
        merged.map_err(|endless| endless.error(place))
    }

    /// Merges the chart's own defaults below the given values.
    fn own_values(&mut self, chart: &Defaults, values: Table, prefix: &Name<'_>) -> Result<()> {
        let prefix = prefix.join(chart.name);
        let Some(defaults) = chart.values.as_map() else {
            return Ok(());
        };
        for (key, default) in defaults.iter() {
            if !self.tables.contains(values, key) {
                self.take_default(values, key, default);
                continue;
            }
            if self.mode == Mode::Coalesce && self.tables.is_null(values, key) {
                self.tables.remove(values, key);
                continue;
            }
            let Some(target) = self.tables.open(values, key) else {
                continue;
            };
            let span = default.node.span;
            match default.node.as_map() {
                Some(table) => {
                    let is_subchart = chart.subcharts.iter().any(|subchart| subchart.name == &**key);
                    let mode = if is_subchart { Mode::Merge } else { self.mode };
                    let below = if mode == Mode::Coalesce && has_nulls(&default.node) {
                        let mut table = table.clone();
                        clean_nulls(&mut table);
                        self.tables.of_map(&table, span)
                    } else {
                        self.tables.of_map(table, span)
                    };
                    self.merge(target, below, &prefix.join(key), mode)?;
                }
                None if default.node.is_null() => {}
                None => self.warn(
                    &format!("warning: skipped value for {prefix}.{key}: Not a table."),
                    span,
                ),
            }
        }
        Ok(())
    }

    fn take_default(&mut self, values: Table, key: &Arc<str>, default: &Entry) {
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
        self.tables.insert(values, key, default);
    }

    fn subchart(&mut self, chart: &Defaults, subchart: &Defaults, values: Table, prefix: &Name<'_>) -> Result<()> {
        let name = subchart.name;
        if !self.tables.contains(values, name) {
            let empty = self.tables.empty(subchart.origin);
            self.tables.insert_table(values, name, subchart.origin, empty);
        }
        let Some(own) = self.tables.open(values, name) else {
            let found = self.tables.node_at(values, name);
            let found = found.map_err(|endless| endless.error(subchart.origin))?;
            let printed = found.as_ref().map_or_else(String::new, verb_t);
            let place = found.map_or(subchart.origin, |node| node.span);
            return Err(Diagnostic::error(MERGE, format!("type mismatch on {name}: {printed}"))
                .at(place)
                .help(format!("values for the subchart {name} must be a mapping"))
                .into());
        };
        let prefix = prefix.join(chart.name);
        self.globals(own, values, &prefix, subchart.origin)?;
        self.chart(subchart, own, &prefix)
    }

    /// Passes the global values of a chart on to a subchart.
    fn globals(&mut self, subchart: Table, values: Table, prefix: &Name<'_>, origin: Span) -> Result<()> {
        let mut tables_of = |holder: Table, what: &str| {
            let spans = self.tables.spans(holder, GLOBAL);
            let table = self.tables.open(holder, GLOBAL);
            if table.is_none()
                && let Some((_, span)) = spans
            {
                let message = format!("warning: skipping globals because {what} {GLOBAL} is not a table.");
                warn(self.report, &message, span);
                return None;
            }
            Some((table, spans))
        };
        let Some((target, spans)) = tables_of(subchart, "destination") else {
            return Ok(());
        };
        let Some((source, _)) = tables_of(values, "source") else {
            return Ok(());
        };
        let target = target.unwrap_or_else(|| self.tables.empty(origin));
        if let Some(source) = source {
            self.global_tables(target, source, prefix)?;
        }
        let key = spans.map_or(origin, |(key, _)| key);
        self.tables.insert_table(subchart, GLOBAL, key, target);
        Ok(())
    }

    fn global_tables(&mut self, target: Table, source: Table, prefix: &Name<'_>) -> Result<()> {
        for key in self.tables.keys(source) {
            let Some((key_span, span)) = self.tables.spans(source, &key) else {
                continue;
            };
            let Some(table) = self.tables.open(source, &key) else {
                if self.tables.is_table(target, &key) {
                    self.warn(&format!("key {key} is table. Skipping"), span);
                } else {
                    self.tables.share(source, &key, target);
                }
                continue;
            };
            // A new table that shares its inner tables with the parent: Helm copies only one level.
            let copy = self.tables.shallow_copy(table);
            if let Some((_, span)) = self.tables.spans(target, &key) {
                let Some(existing) = self.tables.open(target, &key) else {
                    let message = format!("Conflict: cannot merge map onto non-map for {}. Skipping.", quote(&key));
                    self.warn(&message, span);
                    continue;
                };
                self.merge(copy, existing, &prefix.join(&key), Mode::Merge)?;
            }
            self.tables.insert_table(target, Arc::clone(&key), key_span, copy);
        }
        Ok(())
    }
}

pub(super) fn warn(report: &mut Report, message: &str, span: Span) {
    let logged = format!("level=INFO msg={}", quote(message));
    // The report already marks it as a warning.
    let message = message.strip_prefix("warning: ").unwrap_or(message);
    report.push(Diagnostic::warning(MERGE, message).at(span).helm(logged));
}

fn has_nulls(node: &Node) -> bool {
    node.as_map().is_some_and(|map| {
        map.iter()
            .any(|(_, entry)| entry.node.is_null() || has_nulls(&entry.node))
    })
}

/// Removes the keys with a null value, in nested tables too.
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

/// Formats a value as Go's `%t`, which Helm uses by mistake.
fn verb_t(node: &Node) -> String {
    let value = govalue::from_node(node, MapType::ANY);
    // The value is always part of the values, which are in memory already.
    let mut free = |_| Ok(());
    govalue::sprintf("%t", &[value], &mut Meter::new(&mut free)).unwrap_or_else(|Limit(message)| message)
}
