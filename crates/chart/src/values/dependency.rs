//! Dependencies: which subcharts are enabled, their aliases, and the values that they export. Mirrors Helm's
//! `pkg/chart/v2/util/dependencies.go`.

use std::collections::{BTreeMap, BTreeSet};

use super::family::{Family, Member};
use super::import::import_all;
use super::merge::{Mode, coalesce};
use super::notice::{DEPENDENCY, log};
use crate::{Chart, Dependency};
use diagnostics::{Diagnostic, Report, Result};
use goyaml::{Node, Value};
use source::Span;

/// Enables and disables subcharts by their conditions and tags, applies aliases and imports values.
///
/// # Errors
/// The values conflict.
pub(super) fn process(chart: &mut Chart, given: &Node, report: &mut Report) -> Result<()> {
    let (mut family, root) = Family::of(chart.clone());
    enable(&mut family, root, given, "", report)?;
    import_all(&mut family, root, report)?;
    *chart = family.chart(root);
    Ok(())
}

/// Checks that every dependency in Chart.yaml is present.
///
/// # Errors
/// The names of the missing dependencies.
pub fn check_present(chart: &Chart) -> Result<()> {
    let there: BTreeSet<&str> = chart.subcharts.iter().map(Chart::name).collect();
    let is_there = |wanted: &Dependency| there.contains(&*wanted.name);
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

fn enable(family: &mut Family, member: Member, given: &Node, path: &str, report: &mut Report) -> Result<()> {
    if !family.metadata(member).has_dependencies {
        return Ok(());
    }
    let existing = family.subcharts(member);
    let wanted = family.metadata(member).dependencies.clone();
    // By their names: there can be thousands of both.
    let mut declared: BTreeMap<&str, Vec<&Dependency>> = BTreeMap::new();
    for wanted in &wanted {
        declared.entry(&wanted.name).or_default().push(wanted);
    }
    let mut named: BTreeMap<String, Vec<Member>> = BTreeMap::new();
    for &subchart in &existing {
        named
            .entry(family.name(subchart).to_owned())
            .or_default()
            .push(subchart);
    }
    let is_declared = |subchart: &Member| {
        let declared = declared.get(family.name(*subchart)).into_iter().flatten();
        declared.into_iter().any(|wanted| family.fits(*subchart, wanted))
    };
    let mut subcharts: Vec<Member> = existing
        .iter()
        .copied()
        .filter(|subchart| !is_declared(subchart))
        .collect();
    for wanted in &wanted {
        let named = named.get(&wanted.name).map_or(&[][..], |named| named);
        subcharts.extend(family.copy_for(wanted, named)?);
    }
    family.set_subcharts(member, subcharts);
    for dependency in &mut family.metadata_mut(member).dependencies {
        if !dependency.alias.is_empty() {
            dependency.name.clone_from(&dependency.alias);
        }
        dependency.enabled = true;
    }
    let values = coalesce(&family.defaults(member), given, Mode::Coalesce, report)?;
    let dependencies = &mut family.metadata_mut(member).dependencies;
    apply_tags(dependencies, &values, report);
    apply_conditions(dependencies, &values, path, report);
    let is_off = |dependency: &&Dependency| !dependency.enabled;
    let disabled: BTreeSet<String> = dependencies.iter().filter(is_off).map(|off| off.name.clone()).collect();
    let mut subcharts = family.subcharts(member);
    subcharts.retain(|subchart| !disabled.contains(family.name(*subchart)));
    for subchart in &subcharts {
        let path = format!("{path}{}.", family.name(*subchart));
        enable(family, *subchart, &values, &path, report)?;
    }
    let metadata = family.metadata_mut(member);
    metadata
        .dependencies
        .retain(|dependency| !disabled.contains(&dependency.name));
    metadata.has_dependencies = !metadata.dependencies.is_empty();
    family.set_subcharts(member, subcharts);
    Ok(())
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
        let condition = dependency.condition.trim_matches(gostd::unicode::is_space).to_owned();
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

/// Returns the table at a dotted path, or the first name on it that is not a table.
fn table_at<'a>(values: &'a Node, path: &str) -> std::result::Result<&'a Node, String> {
    path.split('.').try_fold(values, |node, name| {
        node.get(name)
            .filter(|node| node.as_map().is_some())
            .ok_or_else(|| name.to_owned())
    })
}

/// Returns the value at a dotted path, unless it is a table.
fn value_at<'a>(values: &'a Node, path: &str) -> Option<&'a Node> {
    let (table, key) = match path.rsplit_once('.') {
        Some((tables, key)) => (table_at(values, tables).ok()?, key),
        None => (values, path),
    };
    table.get(key).filter(|node| node.as_map().is_none())
}
