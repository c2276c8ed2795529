//! Which subcharts take part, under which names, and what they hand up. Mirrors Helm's
//! `pkg/chart/v2/util/dependencies.go`.

use std::sync::Arc;

use super::merge::{Mode, coalesce, tables};
use crate::chart::{Chart, Dependency, ImportValue};
use crate::diagnostic::{Diagnostic, Report, Result};
use crate::go::semver::is_compatible;
use crate::source::Span;
use crate::yaml::{Entry, Map, Node, Value};

/// The rule of dependencies that are not as Chart.yaml says.
pub const DEPENDENCY: &str = "chart-dependency";

/// Switches subcharts by their conditions and tags, gives them their aliases and imports their values.
///
/// # Errors
/// If the values do not go together.
pub(super) fn process(chart: &mut Chart, given: &Node, report: &mut Report) -> Result<()> {
    enable(chart, given, "", report)?;
    import_all(chart, report)
}

/// Checks that every dependency of Chart.yaml is there.
///
/// # Errors
/// The names of those that are not.
pub fn check_present(chart: &Chart) -> Result<()> {
    let is_there = |wanted: &Dependency| chart.subcharts.iter().any(|subchart| subchart.name() == wanted.name);
    let missing: Vec<&Dependency> = chart
        .metadata
        .dependencies
        .iter()
        .filter(|wanted| !is_there(wanted))
        .collect();
    let Some(first) = missing.first() else { return Ok(()) };
    let names: Vec<&str> = missing.iter().map(|dependency| &*dependency.name).collect();
    let message = format!(
        "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch \
         missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
        names.join(", ")
    );
    let place = first.span.unwrap_or_else(|| Span::file_start(chart.chart_yaml));
    Err(Diagnostic::error(DEPENDENCY, message)
        .at(place)
        .help("run `helm dependency build`; promchart does not fetch charts")
        .into())
}

fn enable(chart: &mut Chart, given: &Node, path: &str, report: &mut Report) -> Result<()> {
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let existing = std::mem::take(&mut chart.subcharts);
    let fits = |subchart: &Chart, wanted: &Dependency| {
        subchart.name() == wanted.name && is_compatible(&wanted.version, &subchart.metadata.version)
    };
    let is_declared = |subchart: &&Chart| chart.metadata.dependencies.iter().any(|wanted| fits(subchart, wanted));
    let mut subcharts: Vec<Chart> = existing
        .iter()
        .filter(|subchart| !is_declared(subchart))
        .cloned()
        .collect();
    for wanted in &mut chart.metadata.dependencies {
        if let Some(found) = existing.iter().find(|subchart| fits(subchart, wanted)) {
            let mut subchart = found.clone();
            if !wanted.alias.is_empty() {
                subchart.metadata.name.clone_from(&wanted.alias);
            }
            subcharts.push(subchart);
        }
        if !wanted.alias.is_empty() {
            wanted.name.clone_from(&wanted.alias);
        }
        wanted.enabled = true;
    }
    chart.subcharts = subcharts;
    let values = coalesce(chart, given.clone(), Mode::Coalesce, report)?;
    apply_tags(&mut chart.metadata.dependencies, &values, report);
    apply_conditions(&mut chart.metadata.dependencies, &values, path, report);
    let disabled: Vec<String> = chart
        .metadata
        .dependencies
        .iter()
        .filter(|dependency| !dependency.enabled)
        .map(|dependency| dependency.name.clone())
        .collect();
    chart
        .subcharts
        .retain(|subchart| !disabled.iter().any(|name| name == subchart.name()));
    for subchart in &mut chart.subcharts {
        let path = format!("{path}{}.", subchart.metadata.name);
        enable(subchart, &values, &path, report)?;
    }
    chart
        .metadata
        .dependencies
        .retain(|dependency| !disabled.contains(&dependency.name));
    Ok(())
}

fn log(report: &mut Report, message: &str, attributes: &str, span: Option<Span>) {
    let mut diagnostic = Diagnostic::warning(DEPENDENCY, format!("{message}: {attributes}"))
        .helm(format!("level=WARN msg=\"{message}\" {attributes}"));
    diagnostic.span = span;
    report.push(diagnostic);
}

fn apply_tags(dependencies: &mut [Dependency], values: &Node, report: &mut Report) {
    let Some(tags) = values.get("tags").and_then(Node::as_map) else {
        return;
    };
    for dependency in dependencies {
        let (mut any_true, mut any_false) = (false, false);
        for tag in &dependency.tags {
            match tags.node(tag).map(|node| &node.value) {
                None => {}
                Some(Value::Bool(true)) => any_true = true,
                Some(Value::Bool(false)) => any_false = true,
                Some(_) => {
                    let attributes = format!("tag={tag} chart={}", dependency.name);
                    log(
                        report,
                        "returned non-bool value",
                        &attributes,
                        tags.node(tag).map(|node| node.span),
                    );
                }
            }
        }
        dependency.enabled = any_true || !any_false;
    }
}

fn apply_conditions(dependencies: &mut [Dependency], values: &Node, path: &str, report: &mut Report) {
    for dependency in dependencies {
        let condition = dependency
            .condition
            .trim_matches(crate::go::unicode::is_space)
            .to_owned();
        for condition in condition.split(',').filter(|condition| !condition.is_empty()) {
            let found = value_at(values, &format!("{path}{condition}"));
            match found.map(|node| (&node.value, node.span)) {
                None => {}
                Some((Value::Bool(enabled), _)) => {
                    dependency.enabled = *enabled;
                    break;
                }
                Some((_, span)) => {
                    let attributes = format!("path={condition} chart={}", dependency.name);
                    log(report, "returned non-bool value", &attributes, Some(span));
                }
            }
        }
    }
}

/// Imports values, from the innermost charts outwards.
fn import_all(chart: &mut Chart, report: &mut Report) -> Result<()> {
    for subchart in &mut chart.subcharts {
        import_all(subchart, report)?;
    }
    import(chart, report)
}

fn import(chart: &mut Chart, report: &mut Report) -> Result<()> {
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let origin = chart.values.span;
    let values = coalesce(chart, Node::empty_map(origin), Mode::Merge, report)?;
    let mut imported = Map::new();
    for dependency in &chart.metadata.dependencies {
        for import in &dependency.import_values {
            let (child, parent) = match import {
                ImportValue::Export(name) => (format!("exports.{name}"), "."),
                ImportValue::Table { child, parent } => (child.clone(), &**parent),
            };
            let path = format!("{}.{child}", dependency.name);
            let table = table_at(&values, &path);
            match table {
                Ok(table) => tables(&mut imported, &nested(parent, table), "", Mode::Merge, report),
                Err(missing) => {
                    let message = match import {
                        ImportValue::Export(_) => "ImportValues missing table",
                        ImportValue::Table { .. } => "ImportValues missing table from chart",
                    };
                    let error = format!("error=\"\\\"{missing}\\\" is not a table\"");
                    let attributes = match import {
                        ImportValue::Export(_) => error,
                        ImportValue::Table { .. } => format!("chart={} {error}", dependency.name),
                    };
                    log(report, message, &attributes, dependency.span);
                }
            }
        }
    }
    let mut values = values;
    if let Some(table) = values.as_map_mut() {
        tables(table, &imported, "", Mode::Merge, report);
    }
    chart.values = values;
    Ok(())
}

/// The table at a path of names joined by dots, or the name that is none.
fn table_at<'a>(values: &'a Node, path: &str) -> std::result::Result<&'a Node, String> {
    path.split('.').try_fold(values, |node, name| {
        node.get(name)
            .filter(|node| node.as_map().is_some())
            .ok_or_else(|| name.to_owned())
    })
}

/// The value at a path of names joined by dots, if it is none of a table.
fn value_at<'a>(values: &'a Node, path: &str) -> Option<&'a Node> {
    let (table, key) = match path.rsplit_once('.') {
        Some((tables, key)) => (table_at(values, tables).ok()?, key),
        None => (values, path),
    };
    table.get(key).filter(|node| node.as_map().is_none())
}

/// A table put at a path of names joined by dots; `.` is the top.
fn nested(path: &str, table: &Node) -> Map {
    if path == "." {
        return table.as_map().cloned().unwrap_or_default();
    }
    let mut node = table.clone();
    let mut map = Map::new();
    for name in path.split('.').rev() {
        map = Map::new();
        let span = node.span;
        map.insert(name, Entry { key: span, node });
        node = Node::new(Value::Map(Arc::new(map.clone())), span);
    }
    map
}
