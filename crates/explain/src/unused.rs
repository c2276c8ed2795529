//! Values without an effect.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::change::Changed;
use super::screen::{Rows, json_place, line};
use super::setters::count;
use super::{Answer, Systems, Traced};
use engine::objects::{Path, Step, fields};
use goyaml::Node;
use source::{SourceKind, Span};

/// The maximum number of given values that are changed.
const MAX_KEYS: usize = 400;

/// Answers `explain values --unused`.
pub fn unused(traced: &Traced<'_>, systems: Systems<'_>) -> Answer {
    let usage = traced.usage();
    let mut text = String::new();
    let mut told = Vec::new();
    let mut total = 0;
    if !usage.is_complete {
        text.push_str("The templates compute so much that keys which no template reads cannot be told.\n\n");
    }
    let unread = |values: &Node| -> Vec<(String, Span)> {
        if !usage.is_complete {
            return Vec::new();
        }
        let unread = usage.reads.unread(values).into_iter();
        unread.map(|unread| (unread.path, unread.entry.key)).collect()
    };
    let given = unread(&traced.given);
    total += given.len();
    section(
        traced,
        "Given, and read by no template",
        given.iter().map(|(path, span)| (path.clone(), *span, String::new())),
        &mut text,
        ("not read", &mut told),
    );
    let (idle, left_out) = idle(traced, systems, &given);
    total += idle.len();
    section(
        traced,
        "Given, and without an effect with these values: changing them changes no object",
        idle.into_iter(),
        &mut text,
        ("no effect", &mut told),
    );
    if left_out > 0 {
        let _ = writeln!(text, "{} more were not tried.\n", count(left_out, "given value"));
    }
    let defaults: Vec<(String, Span)> = unread(&traced.chart().values)
        .into_iter()
        .filter(|(path, span)| {
            let first = path.split('.').next().unwrap_or_default();
            let is_file = traced.sources.get(span.file).kind() == SourceKind::File;
            is_file && !first.starts_with("x-") && path != "enabled" && !path.split('.').any(|step| step == "global")
        })
        .collect();
    total += defaults.len();
    section(
        traced,
        "In the chart's values.yaml, and read by no template",
        defaults.into_iter().map(|(path, span)| (path, span, String::new())),
        &mut text,
        ("default not read", &mut told),
    );
    if total == 0 && usage.is_complete {
        text.push_str("Every value is read, and every value that was given has an effect.\n");
    }
    Answer {
        text,
        json: vec![json!({"complete": usage.is_complete, "unused": told, "not_tried": left_out})],
        is_finding: total > 0,
    }
}

fn section(
    traced: &Traced<'_>,
    title: &str,
    found: impl Iterator<Item = (String, Span, String)>,
    text: &mut String,
    (reason, told): (&str, &mut Vec<Json>),
) {
    let mut rows = Rows::default();
    let mut number = 0;
    for (path, span, note) in found {
        number += 1;
        let line = line(span, traced.sources);
        told.push(json!({"key": path, "reason": reason, "place": json_place(span, traced.sources)}));
        let line = if note.is_empty() {
            line
        } else {
            format!("{line}   {note}")
        };
        rows.with(&path, span, line, traced.sources);
    }
    if number > 0 {
        let _ = writeln!(text, "{title} ({number}):");
        rows.write(2, text);
        text.push('\n');
    }
}

/// The given values that are read but have no effect, and the number of values that were not tried.
fn idle(traced: &Traced<'_>, systems: Systems<'_>, unread: &[(String, Span)]) -> (Vec<(String, Span, String)>, usize) {
    let unread: BTreeSet<Span> = unread.iter().map(|(_, span)| *span).collect();
    let before = traced.before(systems);
    let mut leaves = Vec::new();
    for field in fields(&traced.given) {
        let keys = (1..=field.path.0.len()).filter_map(|end| {
            let path = Path(field.path.0[..end].to_vec());
            path.get(&traced.given).and_then(|field| field.key)
        });
        let keys: Vec<Span> = keys.collect();
        if !keys.iter().any(|key| unread.contains(key)) && !field.path.0.is_empty() {
            leaves.push((field.path.clone(), keys.last().copied().unwrap_or(field.node.span)));
        }
    }
    let left_out = leaves.len().saturating_sub(MAX_KEYS);
    leaves.truncate(MAX_KEYS);
    let mut found = Vec::new();
    for (path, span) in leaves {
        // A list is one value, but an item that is a table may have keys with and without an effect.
        let is_item = path.0.iter().any(|step| matches!(step, Step::Index(_)));
        match traced.change(systems, &before, &path, &[]) {
            Changed::Nothing(tried) => {
                let note = format!("(tried {})", tried.join(", "));
                found.push((path.to_string(), span, if is_item { String::new() } else { note }));
            }
            Changed::Fields(..) | Changed::Refused(..) => {}
        }
    }
    (found, left_out)
}
