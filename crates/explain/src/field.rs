//! The origin of a field of an object, and how to change it.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::change::{Changed, json};
use super::object::{EXPLAIN, blame, find, reference, title, whole};
use super::screen::{Rows, cut, differing, json_place, line, place};
use super::setters::{as_flag, count, path_of, shown, without_items};
use super::{Answer, Systems, Traced};
use chart::values::GLOBAL;
use diagnostics::{Diagnostic, Result, closest};
use engine::names::subchart;
use engine::objects::{Field, Object, Path, Query, Step, fields};
use engine::places::Place;
use goyaml::{Node, Value};
use source::Span;

/// The maximum number of keys that are changed to find one that a field depends on.
const MAX_TRIES: usize = 48;
/// The maximum number of lines of advice.
const MAX_ADVICE: usize = 3;
/// The maximum number of suggestions for a field that does not exist.
const MAX_NEAR: usize = 30;

/// Answers `explain Kind/name [PATH]`.
///
/// # Errors
/// If there is no such object or field.
pub fn field(traced: &Traced<'_>, systems: Systems<'_>, question: &str, path: Option<&str>) -> Result<Answer> {
    let query = Query::parse(path.unwrap_or_default()).map_err(|error| Diagnostic::error(EXPLAIN, error))?;
    let objects = find(traced, question)?;
    let mut answer = Answer::default();
    let mut missing = None;
    for object in objects {
        if query.is_empty() {
            separate(&mut answer.text);
            answer.json.push(whole(traced, object, &mut answer.text));
            continue;
        }
        match query.find(&object.node) {
            Ok(found) => {
                for field in found {
                    separate(&mut answer.text);
                    let json = one(traced, systems, object, &field, &mut answer.text);
                    answer.json.push(json);
                }
            }
            Err((reached, rest)) => missing = Some(no_field(object, path.unwrap_or_default(), &reached, &rest)),
        }
    }
    match missing {
        Some(error) if answer.text.is_empty() => Err(error),
        _ => Ok(answer),
    }
}

fn separate(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

fn no_field(object: &Object, path: &str, reached: &[Field<'_>], rest: &Query) -> Box<Diagnostic> {
    let mut message = format!("{} has no field `{path}`", title(object));
    let Some(last) = reached.first() else {
        return Diagnostic::error(EXPLAIN, message).into();
    };
    let name = |field: &Field<'_>| {
        if field.path.0.is_empty() {
            "the object".to_owned()
        } else {
            format!("`{}`", field.path)
        }
    };
    let help = match &last.node.value {
        Value::Map(map) => {
            let keys: Vec<&str> = map.iter().map(|(key, _)| &**key).collect();
            let close = rest.first_key().and_then(|key| closest(key, keys.iter().copied()));
            if let Some(close) = close {
                let path = last.path.join(Step::Key(close.into()));
                message.push_str(&format!("; did you mean `{path}`?"));
            }
            // The name is right and the way to it is not: `replicas` for `spec.replicas`.
            let wanted = rest.keys().last();
            let all = fields(&object.node);
            let elsewhere = all.iter().filter(|field| {
                let mut keys = field.path.0.iter().filter_map(|step| match step {
                    Step::Key(key) => Some(&**key),
                    Step::Index(_) => None,
                });
                keys.next_back() == wanted && wanted.is_some()
            });
            let elsewhere: Vec<String> = elsewhere.take(3).map(|field| format!("`{}`", field.path)).collect();
            if close.is_none() && !elsewhere.is_empty() {
                message.push_str(&format!("; did you mean {}?", elsewhere.join(" or ")));
            }
            let more = keys.len().saturating_sub(MAX_NEAR);
            let keys = keys.into_iter().take(MAX_NEAR).collect::<Vec<_>>().join(", ");
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            format!("{} has {keys}{more}", name(last))
        }
        Value::List(list) => {
            let names: Vec<String> = list
                .iter()
                .enumerate()
                .map(|(index, item)| match item.get("name").and_then(Node::as_str) {
                    Some(name) => format!("[name={name}]"),
                    None => format!("[{index}]"),
                })
                .take(MAX_NEAR)
                .collect();
            format!("{} is a list with {}", name(last), names.join(", "))
        }
        _ => format!("{} is {}", name(last), cut(&json(last.node))),
    };
    Diagnostic::error(EXPLAIN, message).help(help).into()
}

fn one(traced: &Traced<'_>, systems: Systems<'_>, object: &Object, field: &Field<'_>, out: &mut String) -> Json {
    let title = title(object);
    let mut told = serde_json::json!({
        "object": reference(object),
        "path": field.path.to_string(),
        "value": field.node.to_json(&|float| Json::from(float)),
    });
    let is_scalar = match &field.node.value {
        Value::Map(map) => map.is_empty(),
        Value::List(list) => list.is_empty(),
        _ => true,
    };
    let text = traced.sources.get(field.node.span.file);
    let written = text.text().get(field.node.span.range()).unwrap_or_default();
    if !is_scalar || written.trim_end().contains('\n') {
        let _ = writeln!(out, "{title}  {}", field.path);
        let rendered = field.key.map_or(field.node.span, |key| key.to(field.node.span));
        let _ = writeln!(out, "  rendered  {}\n", place(rendered, traced.sources));
        told["rendered"] = json_place(rendered, traced.sources);
        told["lines"] = blame(traced, object, rendered, out);
        return told;
    }
    let _ = writeln!(out, "{title}  {} = {}", field.path, cut(&json(field.node)));
    let mut rows = Rows::default();
    rows.at("rendered", field.node.span, traced.sources);
    let Some(origin) = traced.places().of(field.node.span) else {
        rows.write(2, out);
        told["rows"] = rows.json();
        return told;
    };
    rows.at("template", origin.template, traced.sources);
    for call in &origin.calls {
        rows.at("called from", *call, traced.sources);
    }
    let conditions = traced.conditions(&origin);
    for (condition, is_else) in &conditions {
        rows.at(if *is_else { "else of" } else { "inside" }, *condition, traced.sources);
    }
    let mut advice = Vec::new();
    match (&origin.value, origin.is_certain) {
        (Some(value), true) => set_by(traced, &object.path, *value, &origin, &mut rows, &mut advice),
        (value, _) => {
            let conditions: Vec<Span> = conditions.iter().map(|(condition, _)| *condition).collect();
            let (proven, tried) = proven(traced, systems, object, field, (&origin, &conditions));
            for (path, to, after) in &proven {
                let text = format!("set to {to} this field is {after}");
                rows.add("depends on", path.to_string(), text);
                set_rows(traced, path, &mut rows);
                change_rows(traced, path, &mut advice);
            }
            if let (Some(value), true) = (value, proven.is_empty()) {
                rows.at("probably set at", *value, traced.sources);
            } else if proven.is_empty() {
                let at = place(origin.template, traced.sources);
                advice.push(match tried {
                    0 => format!("edit the template at {at}: no value is known that changes this field"),
                    _ => format!(
                        "edit the template at {at}: {} that it may depend on were changed, without a difference here",
                        count(tried, "value")
                    ),
                });
            }
        }
    }
    rows.write(2, out);
    if advice.len() > MAX_ADVICE {
        advice = vec!["change one of the values that it depends on".to_owned()];
    }
    for text in &advice {
        let _ = writeln!(out, "  to change it: {text}");
    }
    told["rows"] = rows.json();
    told["to_change"] = advice.into();
    told
}

/// The rows of a value that is certainly the origin.
fn set_by(traced: &Traced<'_>, file: &str, value: Span, origin: &Place, rows: &mut Rows, advice: &mut Vec<String>) {
    let Some(path) = traced.names.find(value, file) else {
        rows.at("set at", value, traced.sources);
        advice.push(format!("edit {}", place(value, traced.sources)));
        return;
    };
    let shown = path
        .get(&traced.values)
        .map(|field| shown(field.node))
        .unwrap_or_default();
    let label = if origin.is_key { "key" } else { "value" };
    rows.add(label, path.to_string(), shown);
    // A global value that a subchart reads may also be set for that subchart.
    let is_global = matches!(path.0.first(), Some(Step::Key(key)) if **key == *GLOBAL);
    let below = subchart(file).into_iter().map(|name| Step::Key(name.into()));
    let own = Path(below.chain(path.0.iter().cloned()).collect());
    set_rows(traced, if is_global { &own } else { path }, rows);
    change_rows(traced, path, advice);
}

/// The rows of everything that sets a key.
pub(super) fn set_rows(traced: &Traced<'_>, path: &Path, rows: &mut Rows) {
    let is_item = without_items(path) != *path;
    for setter in traced.setters(path) {
        let label = match (setter.is_used, setter.node.is_null()) {
            (true, true) => "removed by",
            (true, false) => "set by",
            (false, _) => "overridden",
        };
        let mut text = line(setter.place(), traced.sources);
        if setter.is_used && is_item {
            // The line of the item is more specific than that of the list.
            if let Some(item) = path
                .get(&traced.values)
                .filter(|item| item.node.span.file == setter.node.span.file)
            {
                let span = item.node.span;
                let text = with_role(line(span, traced.sources), &setter.role);
                rows.with(label, span, text, traced.sources);
                continue;
            }
        }
        // An empty mapping is on its line.
        if setter.node.as_map().is_some_and(|map| !map.is_empty()) {
            text = format!("{text} {}", shown(&setter.node));
        }
        let text = with_role(text, &setter.role);
        rows.with(label, setter.place(), text, traced.sources);
    }
}

fn with_role(text: String, role: &str) -> String {
    match (text.is_empty(), role.is_empty()) {
        (_, true) => text,
        (true, false) => format!("({role})"),
        (false, false) => format!("{text}   ({role})"),
    }
}

/// The advice for changing a key.
pub(super) fn change_rows(traced: &Traced<'_>, path: &Path, advice: &mut Vec<String>) {
    let setters = traced.setters(path);
    let winner = setters.iter().find(|setter| setter.is_used);
    let list = without_items(path);
    let text = match winner {
        Some(winner) if winner.node.as_map().is_some_and(|map| !map.is_empty()) => return,
        Some(winner) if winner.is_given && winner.role.starts_with("flag") => {
            format!("give another {}", place(winner.place(), traced.sources))
        }
        Some(winner) if winner.is_given => format!("edit {}", place(winner.place(), traced.sources)),
        _ if list != *path => format!(
            "copy the list `{list}` into your values and change the item there: a list is overridden as a whole"
        ),
        _ => format!("set `{path}` in your values, or give --set {}=VALUE", as_flag(path)),
    };
    if !advice.contains(&text) {
        advice.push(text);
    }
}

/// The keys that a field depends on, found by changing those that its template reads: the key, the other value, and the
/// field with it. Also returns the number of keys that were changed.
fn proven(
    traced: &Traced<'_>,
    systems: Systems<'_>,
    object: &Object,
    field: &Field<'_>,
    (origin, conditions): (&Place, &[Span]),
) -> (Vec<(Path, String, String)>, usize) {
    let mut candidates: Vec<Path> = Vec::new();
    if let Some(path) = origin.value.and_then(|value| traced.names.find(value, &object.path)) {
        candidates.push(path.clone());
    }
    // A text may be composed: each of its words has an origin.
    let source = traced.sources.get(field.node.span.file);
    let start = field.node.span.range().start;
    let written = source.text().get(field.node.span.range()).unwrap_or_default();
    let mut at = 0;
    let places = traced.places();
    let mut templates = vec![origin.template];
    for word in written.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let span = Span::new(field.node.span.file, start + at, start + at + word.len());
        at += word.len();
        if let Some(place) = places.of(span) {
            let value = place.value.and_then(|value| traced.names.find(value, &object.path));
            candidates.extend(value.cloned());
            templates.push(place.template);
        }
    }
    // First the values read by the actions, the conditions around them and the calls that lead to them; then those of
    // the whole templates that contain these, and of the templates that they call.
    let trees: Vec<Span> = templates.iter().filter_map(|template| traced.tree(*template)).collect();
    let callers: Vec<Span> = origin.calls.iter().filter_map(|call| traced.tree(*call)).collect();
    let called: Vec<Span> = trees.iter().flat_map(|tree| traced.called_in(*tree)).collect();
    let near = templates.iter().chain(conditions).chain(&origin.calls);
    for span in near.chain(&trees).chain(&called).chain(&callers) {
        for (path, read) in traced.usage().reads.places() {
            if traced.is_same(read.file, span.file) && span.start <= read.start && read.end <= span.end {
                candidates.push(path_of(path));
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    candidates.retain(|path| seen.insert(path.clone()));
    if candidates.is_empty() {
        return (Vec::new(), 0);
    }
    candidates.truncate(MAX_TRIES);
    let tried = candidates.len();
    let before = traced.before_of(systems, object);
    let mut found = Vec::new();
    for path in candidates {
        let Changed::Fields(to, differences) = traced.change(systems, &before, &path, &[]) else {
            continue;
        };
        let name = title(object);
        let is_it = |difference: &&super::change::Difference| {
            difference.object.title() == name && difference.path.as_ref().is_none_or(|path| *path == field.path)
        };
        if let Some(difference) = differences.iter().find(is_it) {
            let after = match (&difference.before, &difference.after) {
                (Some(before), Some(after)) => differing(before, after).1,
                (_, after) => after.as_deref().map_or_else(|| "gone".to_owned(), cut),
            };
            found.push((path, to, after));
        }
    }
    (found, tried)
}
