//! `import-values`: the values that subcharts export. Mirrors `processImportValues` of Helm's
//! `pkg/chart/v2/util/dependencies.go`.

use super::family::{Family, Member};
use super::merge::{Mode, Name, coalesce_in};
use super::notice::log;
use super::tables::{Table, Tables};
use crate::{Dependency, ImportValue};
use diagnostics::{Report, Result};
use goyaml::Node;
use source::Span;

/// Imports values, from the innermost charts outwards.
///
/// # Errors
/// The values conflict.
pub(super) fn import_all(family: &mut Family, member: Member, report: &mut Report) -> Result<()> {
    for subchart in family.subcharts(member) {
        import_all(family, subchart, report)?;
    }
    import(family, member, report)
}

fn import(family: &mut Family, member: Member, report: &mut Report) -> Result<()> {
    if !family.metadata(member).has_dependencies {
        return Ok(());
    }
    let origin = family.values(member).span;
    let is_importing = |dependency: &&Dependency| !dependency.import_values.is_empty();
    let first = family.metadata(member).dependencies.iter().find(is_importing);
    let place = first.and_then(|first| first.span).unwrap_or(family.place(member));
    let mut tables = Tables::default();
    let defaults = family.defaults(member);
    let values = coalesce_in(&mut tables, &defaults, &Node::empty_map(origin), Mode::Merge, report)?;
    let imported = tables.empty(origin);
    for dependency in &mut family.metadata_mut(member).dependencies {
        if std::mem::replace(&mut dependency.is_imported, true) {
            // The second time, Helm does not recognize the entries that it has written there the first time.
            dependency.import_values.clear();
            continue;
        }
        for import in &dependency.import_values {
            let (child, parent) = import.paths();
            let found = table_at(&mut tables, values, &format!("{}.{child}", dependency.name));
            match found {
                Ok(table) => {
                    // Helm replaces an empty table by a new one here.
                    let table = if tables.keys(table).is_empty() {
                        tables.empty(tables.span(table))
                    } else {
                        table
                    };
                    let table = nested(&mut tables, &parent, table);
                    let merged = tables.merge(imported, table, &Name::ROOT, Mode::Merge, report);
                    merged.map_err(|endless| endless.error(dependency.span.unwrap_or(place)))?;
                }
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
    // Helm copies the values here, so that they share nothing with the imported values any more.
    let copied = tables.node(values).map_err(|endless| endless.error(place))?;
    if copied.as_map().is_some() && tables.keys(imported).is_empty() {
        family.set_values(member, copied);
        return Ok(());
    }
    let values = match copied.as_map() {
        Some(map) => tables.of_map(map, copied.span),
        None => tables.empty(origin),
    };
    let merged = tables.merge(values, imported, &Name::ROOT, Mode::Merge, report);
    let values = merged.and_then(|()| tables.node(values));
    family.set_values(member, values.map_err(|endless| endless.error(place))?);
    Ok(())
}

/// Returns the table at a dotted path, or the first name on it that is not a table.
fn table_at(tables: &mut Tables, values: Table, path: &str) -> std::result::Result<Table, String> {
    path.split('.').try_fold(values, |table, name| {
        tables.open(table, name).ok_or_else(|| name.to_owned())
    })
}

/// Wraps a table so that it is at a dotted path; `.` is the top level.
fn nested(tables: &mut Tables, path: &str, table: Table) -> Table {
    let span: Span = tables.span(table);
    if path == "." {
        return table;
    }
    path.split('.').rev().fold(table, |inner, name| {
        let outer = tables.empty(span);
        tables.insert_table(outer, name, span, inner);
        outer
    })
}
