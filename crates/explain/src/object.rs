//! Finds objects by name, and prints whole objects with the origin of each line.

use serde_json::{Value as Json, json};

use super::screen::{cut, json_place};
use super::setters::count;
use super::{Traced, kinds};
use crate::source_map::lines;
use diagnostics::report::text::printable;
use diagnostics::{Diagnostic, Result, closest};
use engine::objects::{Field, Object, fields};
use engine::stages::DEFAULT_RELEASE;
use source::Span;

/// The rule for queries without an answer.
pub(super) const EXPLAIN: &str = "explain";
/// The maximum number of objects that are listed.
const MAX_OBJECTS: usize = 40;
/// The kinds that run pods.
const WORKLOADS: [&str; 5] = ["CronJob", "DaemonSet", "Deployment", "Job", "StatefulSet"];
/// The maximum width of the margin with the origins.
const MAX_MARGIN: usize = 70;

/// The objects with a name `kind/name`, preferably in the namespace of `-n`.
///
/// # Errors
/// If there is none; the error lists the existing ones.
pub fn find<'a>(traced: &'a Traced<'_>, question: &str) -> Result<Vec<&'a Object>> {
    let Some((kind, name)) = question.split_once('/') else {
        return Err(Diagnostic::error(EXPLAIN, format!("`{question}` is not KIND/NAME")).into());
    };
    let all = &traced.objects.all;
    let is_it = |object: &&Object| kinds::is_of(kind, object) && object.reference.name == name;
    let mut found: Vec<&Object> = all.iter().filter(is_it).collect();
    let namespace = &traced.request.release.namespace;
    if found.iter().any(|object| object.reference.namespace == *namespace) {
        found.retain(|object| object.reference.namespace == *namespace);
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let mut message = format!("the release has no object `{question}`");
    if all.is_empty() {
        message.push_str(": it has no objects at all");
        return Err(Diagnostic::error(EXPLAIN, message).into());
    }
    let of_kind: Vec<&Object> = all.iter().filter(|object| kinds::is_of(kind, object)).collect();
    let listed = if of_kind.is_empty() {
        // Nobody who asks for a Deployment means the role of the same name.
        let (mut first, rest): (Vec<&Object>, Vec<&Object>) = all.iter().partition(|object| is_workload(object));
        first.extend(rest);
        first
    } else {
        of_kind
    };
    let mut names: Vec<String> = listed.iter().map(|object| title(object)).collect();
    // A similar name of the same kind, or this name prefixed with that of the release.
    let of_listed = listed.iter().map(|object| &*object.reference.name);
    let close = closest(name, of_listed.clone());
    let ending = of_listed.clone().find(|known| known.ends_with(&format!("-{name}")));
    if let Some(close) = ending.or(close)
        && let Some(object) = listed.iter().find(|object| object.reference.name == close)
    {
        message.push_str(&format!("; did you mean `{}`?", title(object)));
    }
    let more = names.len().saturating_sub(MAX_OBJECTS);
    names.truncate(MAX_OBJECTS);
    let mut help = format!("there are {}", names.join(", "));
    if more > 0 {
        help.push_str(&format!(" and {more} more"));
    }
    if ending.is_some() && traced.request.release.name == DEFAULT_RELEASE {
        help.push_str("; --release NAME gives the release the name that it has in the cluster");
    }
    Err(Diagnostic::error(EXPLAIN, message).help(help).into())
}

fn is_workload(object: &Object) -> bool {
    WORKLOADS.contains(&&*object.reference.kind)
}

/// `Deployment/web`
pub(super) fn title(object: &Object) -> String {
    format!("{}/{}", object.reference.kind, object.reference.name)
}

/// The names of an object, for programs.
pub(super) fn reference(object: &Object) -> Json {
    let of = &object.reference;
    json!({"apiVersion": of.api_version, "kind": of.kind, "namespace": of.namespace, "name": of.name})
}

/// The lines of an object or of a part of it, each with its origin in the margin. Returns the same for programs.
pub(super) fn blame(traced: &Traced<'_>, object: &Object, span: Span, out: &mut String) -> Json {
    let places = traced.places();
    let source = traced.sources.get(span.file);
    let fields: Vec<Field<'_>> = fields(&object.node);
    let lines = lines(&source, span, &fields, &places);
    let margins: Vec<String> = lines
        .iter()
        .map(|line| {
            let Some(place) = &line.place else { return String::new() };
            let Some(value) = place.set_at() else {
                return short(traced, place.template);
            };
            let mark = if place.is_certain { "" } else { "? " };
            let key = traced.names.find(place.value.unwrap_or(value), &object.path);
            let key = key.map(|path| format!("{path}  ")).unwrap_or_default();
            format!("{mark}{key}{}", short(traced, value))
        })
        .map(|margin| from_end(&margin))
        .collect();
    let width = margins
        .iter()
        .map(|margin| margin.chars().count())
        .max()
        .unwrap_or_default();
    let mut last = "";
    for (margin, line) in margins.iter().zip(&lines) {
        let shown = if margin == last { "" } else { margin };
        let row = format!("{shown:width$} | {}", printable(line.text));
        out.push_str(row.trim_end());
        out.push('\n');
        last = margin;
    }
    let told = lines.iter().map(|line| {
        let mut told = json!({"text": line.text});
        let Some(place) = &line.place else { return told };
        told["template"] = json_place(place.template, traced.sources);
        if let Some(value) = place.set_at() {
            let key = traced.names.find(place.value.unwrap_or(value), &object.path);
            told["key"] = key.map(ToString::to_string).into();
            told["value"] = json_place(value, traced.sources);
            told["certain"] = place.is_certain.into();
        }
        told
    });
    told.collect()
}

/// `file:line` relative to the folder of the chart.
fn short(traced: &Traced<'_>, span: Span) -> String {
    let source = traced.sources.get(span.file);
    if source.kind() == source::SourceKind::Flag {
        return cut(source.name());
    }
    let place = format!("{}:{}", source.name(), source.line_column(span.start).line);
    let folder = traced.folder();
    place
        .strip_prefix(&*folder)
        .map_or_else(|| place.clone(), str::to_owned)
}

/// The end of a margin that is too wide.
fn from_end(text: &str) -> String {
    let length = text.chars().count();
    if length <= MAX_MARGIN {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(length - MAX_MARGIN + 3).collect();
    format!("...{kept}")
}

/// The whole of an object.
pub(super) fn whole(traced: &Traced<'_>, object: &Object, out: &mut String) -> Json {
    out.push_str(&title(object));
    out.push_str(&format!(
        "  {}\n",
        super::screen::place(
            Span {
                end: object.node.span.start,
                ..object.node.span
            },
            traced.sources
        )
    ));
    let number = fields(&object.node).len();
    out.push_str(&format!(
        "  namespace {}; {}",
        object.reference.namespace,
        count(number, "field")
    ));
    if let Some(hook) = &object.hook {
        out.push_str(&format!("; hook: {hook}"));
    }
    out.push_str(&format!(
        "\n  origins are below {}; ? is likely, not certain\n\n",
        traced.folder()
    ));
    let lines = blame(traced, object, object.node.span, out);
    json!({"object": reference(object), "hook": object.hook, "lines": lines})
}
