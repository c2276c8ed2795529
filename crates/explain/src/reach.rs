//! The effects of a key of the values: the objects and fields, the templates that read it, and everything that sets it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::change::{Before, Changed, Difference, flat, json as written};
use super::field::{change_rows, set_rows};
use super::object::EXPLAIN;
use super::screen::{Rows, cut, cut_at, differing, json_place, place};
use super::setters::{count, path_of, shown, walk, without_items};
use super::{Answer, Systems, Traced};
use diagnostics::{Diagnostic, Result, closest};
use engine::names::starts_with;
use engine::objects::{Field, Path, Query, Step, fields};
use source::{Source, Span};

/// The maximum number of keys below a key that are changed.
const MAX_KEYS: usize = 200;
/// The maximum number of fields that are listed for each of several keys.
const MAX_FIELDS: usize = 8;
/// The maximum number of fields that are listed for a single key.
const MAX_ALL_FIELDS: usize = 60;
/// The maximum number of positions in templates that are listed.
const MAX_READS: usize = 12;

/// The evidence that a key affects a field.
#[derive(Clone, Debug, Default)]
struct Reached {
    /// The trace says that the value was printed there, certainly or likely.
    origin: Option<bool>,
    /// The part of the field that differs with another value.
    now: Option<String>,
    /// The content of the field with another value.
    after: Option<String>,
}

/// Answers `explain values KEY`.
///
/// # Errors
/// If neither the values nor the templates contain the key.
pub fn reach(traced: &Traced<'_>, systems: Systems<'_>, question: &str) -> Result<Answer> {
    let query = Query::parse(question).map_err(|error| Diagnostic::error(EXPLAIN, error))?;
    let paths: Vec<Path> = match query.find(&traced.values) {
        Ok(found) => found.into_iter().map(|field| field.path).collect(),
        Err((reached, rest)) => vec![unset(traced, question, &query, &reached, &rest)?],
    };
    let mut answer = Answer::default();
    for path in paths {
        if !answer.text.is_empty() {
            answer.text.push('\n');
        }
        let told = one(traced, systems, &path, &mut answer.text);
        answer.json.push(told);
    }
    Ok(answer)
}

/// A key without a value: templates may still read it, or it may be set to null.
fn unset(traced: &Traced<'_>, question: &str, query: &Query, reached: &[Field<'_>], rest: &Query) -> Result<Path> {
    let keys: Vec<&str> = query.keys().collect();
    let path = Path(keys.iter().map(|key| Step::Key((*key).into())).collect());
    let is_read = |read: &[std::sync::Arc<str>]| {
        read.len() >= keys.len() && read.iter().zip(&keys).all(|(read, key)| **read == **key)
    };
    let is_known = traced.usage().reads.places().any(|(read, _)| is_read(read));
    if is_known || !traced.setters(&path).is_empty() {
        return Ok(path);
    }
    let mut error = Diagnostic::error(
        EXPLAIN,
        format!("the values have no key `{question}`, and no template reads it"),
    );
    if let Some(last) = reached.first() {
        let known: Vec<&str> = last
            .node
            .as_map()
            .into_iter()
            .flat_map(goyaml::Map::iter)
            .map(|(key, _)| &**key)
            .collect();
        let close = rest.first_key().and_then(|key| closest(key, known.iter().copied()));
        let of = if last.path.0.is_empty() {
            "the values have".to_owned()
        } else {
            format!("`{}` has", last.path)
        };
        error.help = Some(match close {
            Some(close) => format!("did you mean `{}`?", last.path.join(Step::Key(close.into()))),
            None if known.is_empty() => format!("`{}` is {}", last.path, shown(last.node)),
            None => format!("{of} {}", known.join(", ")),
        });
    }
    Err(error.into())
}

fn one(traced: &Traced<'_>, systems: Systems<'_>, path: &Path, out: &mut String) -> Json {
    let value = path.get(&traced.values);
    let shown_value = value
        .as_ref()
        .map_or_else(|| "not set".to_owned(), |field| shown(field.node));
    let _ = writeln!(out, "{path} = {shown_value}");
    let mut rows = Rows::default();
    set_rows(traced, path, &mut rows);
    if let Some(text) = traced.comment(path) {
        rows.add("comment", text, "");
    }
    let has_comment = traced.comment(path).is_some();
    if let Some(text) = traced.schema(path).and_then(|schema| described(&schema, !has_comment)) {
        rows.add("schema", text, "");
    }
    reads(traced, path, &mut rows);
    rows.write(2, out);
    let mut advice = Vec::new();
    change_rows(traced, path, &mut advice);
    for text in &advice {
        let _ = writeln!(out, "  to change it: {text}");
    }
    let mut told = json!({
        "key": path.to_string(),
        "value": value.as_ref().map(|field| field.node.to_json(&|float| Json::from(float))),
        "rows": rows.json(),
        "to_change": advice,
    });
    let leaves: Vec<Path> = match &value {
        Some(field) => fields(field.node)
            .into_iter()
            .map(|leaf| Path(path.0.iter().chain(&leaf.path.0).cloned().collect()))
            .collect(),
        None => vec![path.clone()],
    };
    told["reaches"] = reached(traced, systems, path, &leaves, out);
    told["more_keys"] = leaves.len().saturating_sub(MAX_KEYS).into();
    told
}

/// The properties of a key in the schema of the chart.
fn described(schema: &serde_json::Value, with_description: bool) -> Option<String> {
    let mut parts = Vec::new();
    for word in ["type", "enum", "pattern", "minimum", "maximum", "default"] {
        match schema.get(word) {
            Some(serde_json::Value::String(text)) if word == "type" => parts.push(text.clone()),
            Some(value) if word == "type" => parts.push(value.to_string()),
            Some(value) => parts.push(cut_at(&format!("{word} {value}"), 50)),
            None => {}
        }
    }
    let mut text = parts.join(", ");
    let description = schema.get("description").and_then(serde_json::Value::as_str);
    if let Some(description) = description.filter(|_| with_description) {
        let separator = if text.is_empty() { "" } else { ": " };
        text.push_str(&format!("{separator}{}", cut(description)));
    }
    (!text.is_empty()).then_some(text)
}

/// The positions in templates that read a key, or a key below or above it.
fn reads(traced: &Traced<'_>, path: &Path, rows: &mut Rows) {
    let list = without_items(path);
    let mut found: BTreeSet<Span> = BTreeSet::new();
    let mut above: BTreeSet<Span> = BTreeSet::new();
    for (read, span) in traced.usage().reads.places() {
        let read = path_of(read);
        if read.0.starts_with(&list.0) {
            found.insert(span);
        } else if list.0.starts_with(&read.0) {
            above.insert(span);
        }
    }
    // Reads of a whole table (`toYaml`, `range`) count if the key itself is never read.
    if found.is_empty() {
        found = above;
    }
    // One row per line.
    let mut lines = BTreeSet::new();
    found.retain(|span| lines.insert((span.file, traced.sources.get(span.file).line_column(span.start).line)));
    for span in found.iter().take(MAX_READS) {
        rows.at("read by", *span, traced.sources);
    }
    if found.len() > MAX_READS {
        rows.add("read by", format!("and {} more lines", found.len() - MAX_READS), "");
    }
    if found.is_empty() {
        rows.add("read by", "no template names it", "");
    }
}

fn reached(traced: &Traced<'_>, systems: Systems<'_>, path: &Path, leaves: &[Path], out: &mut String) -> Json {
    let printed = traced.printed(path);
    let before = traced.before(systems);
    let mut changed: BTreeMap<&Path, Changed> = BTreeMap::new();
    for leaf in leaves.iter().take(MAX_KEYS) {
        let schema = traced.schema(leaf);
        let allowed = schema.as_ref().and_then(|schema| schema.get("enum")?.as_array());
        let allowed = allowed.map(Vec::as_slice).unwrap_or_default();
        changed.insert(leaf, traced.change(systems, &before, leaf, allowed));
    }
    let is_one = leaves.len() == 1;
    let mut without: Vec<String> = Vec::new();
    let mut total = BTreeSet::new();
    let mut body = String::new();
    let mut told = Vec::new();
    for leaf in leaves.iter().take(MAX_KEYS) {
        let mut fields: BTreeMap<(super::change::Id, Option<Path>), Reached> = BTreeMap::new();
        for (value_path, object, path, is_certain) in &printed {
            if value_path.0.starts_with(&leaf.0) {
                let reached = fields.entry((object.clone(), Some(path.clone()))).or_default();
                reached.origin = Some(*is_certain);
            }
        }
        let mut note = String::new();
        match changed.get(leaf) {
            Some(Changed::Fields(to, differences)) => {
                note = format!("changed to {to}");
                for difference in differences {
                    let key = (difference.object.clone(), difference.path.clone());
                    let reached = fields.entry(key).or_default();
                    reached.after = Some(after(difference));
                    if let (Some(before), Some(after)) = (&difference.before, &difference.after) {
                        reached.now = difference.path.as_ref().map(|_| differing(before, after).0);
                    }
                }
            }
            Some(Changed::Refused(to, error)) => note = format!("not changed: the chart refuses {to}: {error}"),
            Some(Changed::Nothing(tried)) if !fields.is_empty() => {
                note = format!("changed to {} without a difference", tried.join(", "));
            }
            Some(Changed::Nothing(_)) | None => {}
        }
        told.push(json!({
            "key": leaf.to_string(),
            "value": leaf.get(&traced.values).map(|field| field.node.to_json(&|float| Json::from(float))),
            "note": (!note.is_empty()).then_some(&note),
            "fields": fields.iter().map(|field| of_field(&before, field)).collect::<Vec<_>>(),
        }));
        if fields.is_empty() && !is_one {
            let reason = if note.is_empty() {
                String::new()
            } else {
                format!(" ({note})")
            };
            without.push(format!("{leaf}{reason}"));
            continue;
        }
        if !is_one {
            let node = leaf
                .get(&traced.values)
                .map(|field| shown(field.node))
                .unwrap_or_default();
            let _ = writeln!(body, "\n  {leaf} = {node}");
        }
        total.extend(fields.keys().cloned());
        listed(&before, &fields, &note, is_one, &mut body);
        if let (true, Some(Changed::Nothing(tried))) = (fields.is_empty(), changed.get(leaf)) {
            let _ = writeln!(body, "    tried {}: no object differs", tried.join(", "));
        } else if fields.is_empty() && !note.is_empty() {
            let _ = writeln!(body, "    {note}");
        }
    }
    let objects: BTreeSet<&super::change::Id> = total.iter().map(|(object, _)| object).collect();
    if total.is_empty() {
        out.push_str("\n  it reaches nothing with these values\n");
    } else {
        let fields = total.len();
        let _ = writeln!(
            out,
            "\n  it reaches {} of {}",
            count(fields, "field"),
            count(objects.len(), "object")
        );
        out.push_str("    =  printed there, proven by the trace    ~  part of what is printed there\n");
        out.push_str("    >  the field differs when the key is changed and the chart rendered again\n");
    }
    out.push_str(&body);
    if !without.is_empty() {
        let _ = writeln!(
            out,
            "\n  without an effect on these objects, by changing them: {}",
            without.join(", ")
        );
    }
    if leaves.len() > MAX_KEYS {
        let _ = writeln!(
            out,
            "\n  only the first {MAX_KEYS} of {} keys were looked at; ask for a key below",
            leaves.len()
        );
    }
    told.into()
}

/// A field that a key reaches, for programs.
fn of_field(before: &Before, ((object, path), reached): (&(super::change::Id, Option<Path>), &Reached)) -> Json {
    let now = path
        .as_ref()
        .and_then(|path| before.objects.get(object)?.fields.get(path));
    json!({
        "object": object.json(),
        "path": path.as_ref().map(ToString::to_string),
        "value": now.and_then(|now| serde_json::from_str::<Json>(now).ok()),
        "printed": reached.origin.map(|is_certain| if is_certain { "certain" } else { "likely" }),
        "with_change": reached.after,
    })
}

fn after(difference: &Difference) -> String {
    match (&difference.path, &difference.before, &difference.after) {
        (None, Some(_), None) => "the object is gone".to_owned(),
        (None, ..) => "a new object".to_owned(),
        (_, Some(before), Some(after)) => differing(before, after).1,
        (_, None, Some(after)) => cut(after),
        (_, _, None) => "gone".to_owned(),
    }
}

fn listed(
    before: &Before,
    fields: &BTreeMap<(super::change::Id, Option<Path>), Reached>,
    note: &str,
    is_one: bool,
    out: &mut String,
) {
    if !note.is_empty() && !fields.is_empty() {
        let _ = writeln!(out, "    ({note})");
    }
    let most = if is_one { MAX_ALL_FIELDS } else { MAX_FIELDS };
    let mut last = None;
    for ((object, path), reached) in fields.iter().take(most) {
        if last != Some(object) {
            let _ = writeln!(out, "    {}", object.title());
            last = Some(object);
        }
        let origin = match reached.origin {
            Some(true) => '=',
            Some(false) => '~',
            None => ' ',
        };
        let mark = if reached.after.is_some() { '>' } else { ' ' };
        let Some(path) = path else {
            let _ = writeln!(
                out,
                "      {origin}{mark} {}",
                reached.after.as_deref().unwrap_or_default()
            );
            continue;
        };
        let now = before.objects.get(object).and_then(|object| object.fields.get(path));
        let now = now.map_or_else(|| "not there".to_owned(), |now| cut(now));
        let now = reached.now.clone().unwrap_or(now);
        let then = reached
            .after
            .as_ref()
            .map(|after| format!("  ->  {after}"))
            .unwrap_or_default();
        let _ = writeln!(out, "      {origin}{mark} {path}: {now}{then}");
    }
    if fields.len() > most {
        let _ = writeln!(out, "      and {}", count(fields.len() - most, "more field"));
    }
}

/// Answers `explain values`: all values and what sets them.
pub fn effective(traced: &Traced<'_>) -> Answer {
    let mut rows = Rows::default();
    let mut told = Vec::new();
    for field in fields(&traced.values) {
        let span = field.key.unwrap_or(field.node.span);
        let is_written = traced.sources.get(span.file).kind() != source::SourceKind::Made;
        let at = if is_written {
            place(span, traced.sources)
        } else {
            String::new()
        };
        rows.add(&field.path.to_string(), cut(&written(field.node)), at);
        told.push(json!({
            "key": field.path.to_string(),
            "value": field.node.to_json(&|float| Json::from(float)),
            "place": is_written.then(|| json_place(span, traced.sources)),
        }));
    }
    let mut text = String::new();
    rows.write(0, &mut text);
    Answer {
        text,
        json: told,
        is_finding: false,
    }
}

/// A scalar, or the lines of a multi-line one, each of which has its own origin.
fn of_lines(source: &Source, span: Span) -> Vec<Span> {
    let text = source.text().get(span.range()).unwrap_or_default();
    if !text.trim_end().contains('\n') {
        return vec![span];
    }
    let mut at = span.range().start;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let blank = line.len() - line.trim_start().len();
        if !line.trim().is_empty() {
            found.push(Span::new(span.file, at + blank, at + line.trim_end().len()));
        }
        at += line.len();
    }
    found
}

impl Traced<'_> {
    /// The fields that print a value at or below a key: the value's key, object, path, and whether that is certain.
    fn printed(&self, path: &Path) -> Vec<(Path, super::change::Id, Path, bool)> {
        let places = self.places();
        let mut found = Vec::new();
        // In the order of their ids, which `flat` gives.
        let mut ids: BTreeMap<(std::sync::Arc<str>, String), Vec<super::change::Id>> = BTreeMap::new();
        for id in flat(&self.objects).into_keys() {
            ids.entry((id.file(), id.title())).or_default().push(id);
        }
        let mut counts: BTreeMap<(std::sync::Arc<str>, String), usize> = BTreeMap::new();
        for object in &self.objects.all {
            let key = (std::sync::Arc::clone(&object.path), super::object::title(object));
            let nth = counts.entry(key.clone()).or_default();
            let Some(id) = ids.get(&key).and_then(|ids| ids.get(*nth)) else {
                continue;
            };
            *nth += 1;
            let source = self.sources.get(object.node.span.file);
            for field in fields(&object.node) {
                for span in of_lines(&source, field.node.span) {
                    let Some(origin) = places.of(span) else { continue };
                    let value = origin.value.and_then(|value| self.names.find(value, &object.path));
                    if let Some(name) = value.filter(|name| name.0.starts_with(&path.0)) {
                        found.push((name.clone(), id.clone(), field.path.clone(), origin.is_certain));
                    }
                }
            }
        }
        found
    }

    /// The comment above a key in the values.yaml of its chart.
    fn comment(&self, path: &Path) -> Option<String> {
        let path = without_items(path);
        let charts = walk(self.chart());
        let mut charts: Vec<_> = charts
            .iter()
            .filter(|named| starts_with(&path, &named.prefix))
            .collect();
        charts.sort_by_key(|named| std::cmp::Reverse(named.prefix.len()));
        charts.into_iter().find_map(|named| {
            let rest = Path(path.0[named.prefix.len()..].to_vec());
            let key = rest.get(&named.chart.values)?.key?;
            super::comments::of(&self.sources.get(key.file), key.start)
        })
    }

    /// The properties of a key in the schema of its chart.
    fn schema(&self, path: &Path) -> Option<serde_json::Value> {
        let charts = walk(self.chart());
        let mut charts: Vec<_> = charts.iter().filter(|named| starts_with(path, &named.prefix)).collect();
        charts.sort_by_key(|named| std::cmp::Reverse(named.prefix.len()));
        charts.into_iter().find_map(|named| {
            let text = named.chart.schema.as_ref()?.text();
            let schema: serde_json::Value = serde_json::from_str(&text).ok()?;
            super::schema::at(&schema, &path.0[named.prefix.len()..])
        })
    }
}
