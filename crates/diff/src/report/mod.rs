//! The forms of a comparison: for the terminal, for programs, for a comment on a pull request.

mod json;
mod markdown;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Cause, Change, Diff, Harm, Kind, ObjectDiff, Shown, counted, title};
use diagnostics::ObjectRef;
use goyaml::{Entry, Node, Style, Value};
use source::{FileId, Span};

pub use json::json;
pub use markdown::{LIMIT, markdown};
pub use text::text;

/// How much is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Which objects differ.
    Names,
    /// Which fields of them, too.
    #[default]
    Fields,
    /// The whole of objects that are new or gone, too.
    Full,
}

/// In so many objects a change is the same before it is told once.
const SHARED: usize = 3;

/// A change that several objects share.
struct Shared<'a> {
    change: &'a Change,
    objects: Vec<&'a ObjectRef>,
}

/// Effects in their order, those together that say the same of several objects, as of all definitions in crds/.
fn alike(diff: &Diff) -> Vec<&[Harm]> {
    let is_alike = |one: &Harm, next: &Harm| {
        one.cause.is_none()
            && next.cause.is_none()
            && (one.level, one.rule, one.with) == (next.level, next.rule, next.with)
            && (&one.path, &one.message, &one.help) == (&next.path, &next.message, &next.help)
    };
    diff.harm
        .chunk_by(is_alike)
        .flat_map(|alike| alike.chunks(if alike.len() < SHARED { 1 } else { alike.len() }))
        .collect()
}

/// Objects and changes by their places.
type Places = Vec<(usize, usize)>;

/// The changes that many objects share, and which changes these are: object and change by their places.
fn shared(diff: &Diff) -> (Vec<Shared<'_>>, BTreeSet<(usize, usize)>) {
    let mut by_change: BTreeMap<(String, Kind, String, String), Places> = BTreeMap::new();
    for (at, object) in diff.objects.iter().enumerate() {
        for (place, change) in object.changes.iter().enumerate() {
            let text = |shown: Option<&Shown>| shown.map(|shown| shown.value.to_string()).unwrap_or_default();
            if change.hunks.is_empty() && !change.is_masked {
                let key = (
                    change.path.clone(),
                    change.kind,
                    text(change.old.as_ref()),
                    text(change.new.as_ref()),
                );
                by_change.entry(key).or_default().push((at, place));
            }
        }
    }
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for places in by_change.into_values().filter(|places| places.len() >= SHARED) {
        let (at, place) = places[0];
        found.push(Shared {
            change: &diff.objects[at].changes[place],
            objects: places.iter().map(|(at, _)| &diff.objects[*at].reference).collect(),
        });
        told.extend(places);
    }
    (found, told)
}

/// The changes of the object at this place that are not among the shared ones.
fn own_changes<'a>(object: &'a ObjectDiff, at: usize, told: &BTreeSet<(usize, usize)>) -> Vec<&'a Change> {
    let changes = object.changes.iter().enumerate();
    changes
        .filter(|(place, _)| !told.contains(&(at, *place)))
        .map(|(_, change)| change)
        .collect()
}

/// `3 objects differ: 1 added, 2 changed; 20 are the same`.
fn summary(diff: &Diff) -> String {
    let same = match diff.unchanged {
        0 => String::new(),
        1 => "1 is the same".to_owned(),
        many => format!("{many} are the same"),
    };
    if diff.is_empty() {
        return match diff.unchanged {
            0 => "no difference: neither side has an object".to_owned(),
            1 => "no difference: the object is the same".to_owned(),
            many => format!("no difference: {many} objects are the same"),
        };
    }
    let parts = [
        (Kind::Added, "added"),
        (Kind::Removed, "removed"),
        (Kind::Changed, "changed"),
    ];
    let parts = parts.iter().filter_map(|(kind, word)| {
        let count = diff.count(*kind);
        (count > 0).then(|| format!("{count} {word}"))
    });
    let parts: Vec<String> = parts.collect();
    let verb = if diff.objects.len() == 1 { "differs" } else { "differ" };
    let same = if same.is_empty() { same } else { format!("; {same}") };
    format!(
        "{} {verb}: {}{same}",
        counted(diff.objects.len(), "object"),
        parts.join(", ")
    )
}

fn sign(kind: Kind) -> char {
    match kind {
        Kind::Added => '+',
        Kind::Removed => '-',
        Kind::Changed | Kind::Reordered => '~',
    }
}

/// `Deployment/web`, with its namespace if that is not the release's.
fn name(reference: &ObjectRef, diff: &Diff) -> String {
    if reference.namespace == diff.namespace || reference.namespace.is_empty() {
        title(reference)
    } else {
        format!("{} in namespace {}", title(reference), reference.namespace)
    }
}

/// So many keys are named that a field was made of.
const MAX_KEYS: usize = 3;

/// `values.yaml:3 via chart/templates/web.yaml:12`; `chart/templates/web.yaml:12 from image.tag (values.yaml:4)`.
fn origin(cause: &Cause) -> String {
    let template = cause.template.as_ref().map(ToString::to_string);
    if !cause.made_of.is_empty() {
        let named = cause.made_of.iter().take(MAX_KEYS).map(|part| {
            let spot = part.spot.to_string();
            // A flag has the key in it.
            if spot.ends_with(&part.key) {
                spot
            } else {
                format!("{} ({spot})", part.key)
            }
        });
        let named: Vec<String> = named.collect();
        let more = cause.made_of.len().saturating_sub(MAX_KEYS);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let template = template.map(|template| format!("{template} ")).unwrap_or_default();
        return format!("{template}from {}{more}", named.join(", "));
    }
    match (&cause.value, template) {
        (Some(value), Some(template)) if cause.is_certain => format!("{value} via {template}"),
        (Some(value), Some(template)) => format!("{template}, probably {value}"),
        (Some(value), None) => value.to_string(),
        (None, Some(template)) => template,
        (None, None) => String::new(),
    }
}

/// The lines of a value: of a scalar one, with quotes where it would be read as something else.
fn lines(value: &Json) -> Vec<String> {
    match value {
        Json::Object(_) | Json::Array(_) => {
            let text = goyaml::to_yaml(Style::V3, &node(value));
            text.map_or_else(
                |_| vec![value.to_string()],
                |text| text.lines().map(str::to_owned).collect(),
            )
        }
        value => vec![value.to_string()],
    }
}

/// A value as YAML is written from it.
fn node(value: &Json) -> Node {
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Value::Int(value),
            (None, Some(value)) => Value::Uint(value),
            (None, None) => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::String(text.as_str().into()),
        Json::Array(items) => Value::List(Arc::new(items.iter().map(node).collect())),
        Json::Object(map) => {
            let entry = |(key, value): (&String, &Json)| {
                (
                    Arc::from(key.as_str()),
                    Entry {
                        key: NOWHERE,
                        node: node(value),
                    },
                )
            };
            Value::Map(Arc::new(map.iter().map(entry).collect()))
        }
    };
    Node::new(value, NOWHERE)
}

/// The place of values that nobody will ask the place of.
const NOWHERE: Span = Span {
    file: FileId::NONE,
    start: 0,
    end: 0,
};

/// The names of a reordered list's items.
fn order(value: &Json) -> String {
    let item = |item: &Json| match item {
        Json::Object(map) => map
            .get("name")
            .or_else(|| map.values().next())
            .map_or_else(String::new, scalar),
        item => scalar(item),
    };
    let items: Vec<String> = value.as_array().into_iter().flatten().map(item).collect();
    items.join(", ")
}

fn scalar(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
