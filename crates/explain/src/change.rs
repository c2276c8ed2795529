//! Renders with another value of a key: the fields that differ depend on it, whatever the trace says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::screen::cut;
use super::{Systems, Traced};
use engine::objects::{Object, Objects, Path, Step, fields};
use goyaml::{Entry, Map, Node, Value};
use promchart_k8s::Shape;
use source::{FileId, Span};

/// The maximum number of values that are tried because the schema lists them or the templates compare with them.
const MAX_KNOWN: usize = 2;

/// The fields of an object by path, as JSON.
type Fields = BTreeMap<Path, String>;

/// An object and its fields.
#[derive(Clone, Debug)]
pub(super) struct Flat {
    node: Node,
    pub(super) fields: Fields,
}

/// The identity of an object: its file, kind, namespace and name, and the number of equal ones before it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    file: Arc<str>,
    kind: String,
    namespace: String,
    name: String,
    nth: usize,
}

impl Id {
    /// The rendered file that it is in.
    pub(super) fn file(&self) -> Arc<str> {
        Arc::clone(&self.file)
    }

    /// The names, for programs.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::json!({"kind": self.kind, "namespace": self.namespace, "name": self.name})
    }

    /// `Deployment/web`, as in queries.
    pub(super) fn title(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }
}

/// The objects before a change, and the fields that differ between renders without any change.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) objects: BTreeMap<Id, Flat>,
    restless: BTreeSet<(Id, Path)>,
    /// The only template that is run; `None` is all.
    only: Option<Arc<str>>,
}

/// A field that differs; the whole object if there is no path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Difference {
    pub(super) object: Id,
    pub(super) path: Option<Path>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// The result of a change.
#[derive(Clone, Debug)]
pub(super) enum Changed {
    /// These fields differ with this value.
    Fields(String, Vec<Difference>),
    /// None of these values made a difference.
    Nothing(Vec<String>),
    /// The chart refused all of the values; with the error for the last one.
    Refused(String, String),
}

pub(super) fn flat(objects: &Objects) -> BTreeMap<Id, Flat> {
    let mut found = BTreeMap::new();
    for object in &objects.all {
        let mut id = Id {
            file: Arc::clone(&object.path),
            kind: object.reference.kind.clone(),
            namespace: object.reference.namespace.clone(),
            name: object.reference.name.clone(),
            nth: 0,
        };
        while found.contains_key(&id) {
            id.nth += 1;
        }
        let fields = fields(&object.node).into_iter();
        let fields = fields.map(|field| (field.path, json(field.node))).collect();
        let node = object.node.clone();
        found.insert(id, Flat { node, fields });
    }
    found
}

/// A value as JSON. Numbers in values are floats in Go; integral ones are shown as written.
pub(super) fn json(node: &Node) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    let number = |float: f64| {
        if float.fract() == 0.0 && float.abs() < EXACT {
            serde_json::Value::from(float as i64)
        } else {
            serde_json::Value::from(float)
        }
    };
    node.to_json(&number).to_string()
}

/// The fields of an object, with the paths that they have in an earlier one: an item of a list keeps its index when others come or go.
fn moved(object: &Node, earlier: &Node) -> Fields {
    let text = |key: &str| object.get(key).and_then(Node::as_str).unwrap_or_default();
    let kind = Shape::of(text("apiVersion"), text("kind"));
    let mut found = Fields::new();
    match object.as_map() {
        Some(map) if !map.is_empty() => {
            for (key, entry) in map.iter() {
                let path = Path(vec![Step::Key(Arc::clone(key))]);
                moved_to(&entry.node, earlier.get(key), kind.field(key), path, &mut found);
            }
        }
        _ => _ = found.insert(Path::default(), json(object)),
    }
    found
}

fn moved_to(node: &Node, earlier: Option<&Node>, shape: Shape, path: Path, found: &mut Fields) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for (key, entry) in map.iter() {
                let earlier = earlier.and_then(|earlier| earlier.get(key));
                let path = path.join(Step::Key(Arc::clone(key)));
                moved_to(&entry.node, earlier, shape.field(key), path, found);
            }
        }
        Value::List(list) if !list.is_empty() => {
            let items = earlier.and_then(Node::as_list).unwrap_or_default();
            for (item, slot) in list.iter().zip(diff::slots(items, list, shape)) {
                moved_to(item, items.get(slot), shape.item(), path.join(Step::Index(slot)), found);
            }
        }
        _ => _ = found.insert(path, json(node)),
    }
}

fn differences(before: &BTreeMap<Id, Flat>, after: &BTreeMap<Id, Flat>) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut gone: Vec<&Id> = before.keys().filter(|id| !after.contains_key(*id)).collect();
    let mut new: Vec<&Id> = after.keys().filter(|id| !before.contains_key(*id)).collect();
    let mut pairs: Vec<(&Id, &Id)> = before
        .keys()
        .filter(|id| after.contains_key(*id))
        .map(|id| (id, id))
        .collect();
    // An object of the same file and kind may have a new name.
    gone.retain(|old| {
        let at = new.iter().position(|new| new.file == old.file && new.kind == old.kind);
        pairs.extend(at.map(|at| (*old, new.remove(at))));
        at.is_none()
    });
    for (old, new) in pairs {
        let was = &before[old].fields;
        let is = &moved(&after[new].node, &before[old].node);
        let paths: BTreeSet<&Path> = was.keys().chain(is.keys()).collect();
        for path in paths {
            if was.get(path) != is.get(path) {
                found.push(Difference {
                    object: old.clone(),
                    path: Some(path.clone()),
                    before: was.get(path).cloned(),
                    after: is.get(path).cloned(),
                });
            }
        }
    }
    let whole = |id: &Id, before: bool| Difference {
        object: id.clone(),
        path: None,
        before: before.then(String::new),
        after: (!before).then(String::new),
    };
    found.extend(gone.into_iter().map(|id| whole(id, true)));
    found.extend(new.into_iter().map(|id| whole(id, false)));
    found.sort();
    found
}

/// The lines of a message as one: charts begin what they say to `fail` with an empty line.
fn on_one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// Other values to try in place of one. Those that the schema lists or the templates compare it with come first, then similar
/// ones, because the chart may validate them.
fn others(node: Option<&Node>, allowed: &[serde_json::Value], compared: Vec<String>) -> Vec<Value> {
    let text = |text: &str| Value::String(text.into());
    let map = |key: &str, value: Value| {
        let entry = Entry {
            key: nowhere(),
            node: Node::new(value, nowhere()),
        };
        Value::Map(Arc::new([(Arc::from(key), entry)].into_iter().collect()))
    };
    let list = |value: Value| Value::List(Arc::new(vec![Node::new(value, nowhere())]));
    let nothing = Value::Null;
    let value = node.map_or(&nothing, |node| &node.value);
    let mut found: Vec<Value> = allowed
        .iter()
        .filter_map(of_json)
        .filter(|other| other != value)
        .collect();
    found.truncate(MAX_KNOWN);
    if matches!(value, Value::String(_) | Value::Null) && found.is_empty() {
        let compared = compared.into_iter().map(|other| text(&other));
        found.extend(compared.filter(|other| other != value).take(MAX_KNOWN));
    }
    match value {
        Value::Bool(value) => found.push(Value::Bool(!value)),
        Value::Int(value) => {
            found.push(Value::Int(value.saturating_add(1)));
            found.push(Value::Int(if *value > 1 { value - 1 } else { 2 }));
        }
        Value::Uint(value) => found.push(Value::Uint(value - 1)),
        Value::Float(value) => found.push(Value::Float(if value.fract() == 0.0 {
            value + 1.0
        } else {
            value / 2.0
        })),
        Value::String(value) if !value.is_empty() => {
            found.extend(other_number(value).map(|other| text(&other)));
            found.push(text(&format!("{}x", value.trim_end())));
            found.push(text("x"));
        }
        Value::String(_) => found.extend([text("x"), text("1")]),
        Value::Null => found.extend([
            text("x"),
            Value::Int(1),
            Value::Bool(true),
            map("x", text("x")),
            list(text("x")),
        ]),
        Value::Map(_) => found.extend([map("x", text("x")), map("x", map("x", text("x")))]),
        Value::List(_) => found.extend([list(text("x")), list(map("name", text("x")))]),
    }
    found
}

fn of_json(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::String(text) => Value::String(text.as_str().into()),
        serde_json::Value::Number(number) => Value::Int(number.as_i64()?),
        _ => return None,
    })
}

/// A text with its first number incremented: `15d`, `50Gi`, `v3.2.1`, `0.0.0.0:9090`.
fn other_number(text: &str) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let length = text[start..]
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len() - start);
    let number: u64 = text[start..start + length].parse().ok()?;
    let number = number.checked_add(1)?;
    Some(format!("{}{number}{}", &text[..start], &text[start + length..]))
}

fn nowhere() -> Span {
    Span::file_start(FileId::NONE)
}

/// The user's values with another value at a path. Lists are copied from the computed values, because they can only be
/// set as a whole.
fn with(given: Option<&Node>, seen: Option<&Node>, path: &[Step], value: Value) -> Node {
    let Some((step, rest)) = path.split_first() else {
        return Node::new(value, nowhere());
    };
    match step {
        Step::Key(key) => {
            let mut map = given.and_then(Node::as_map).cloned().unwrap_or_else(Map::new);
            let known = map.get(key);
            let inner = with(
                known.map(|entry| &entry.node),
                seen.and_then(|seen| seen.get(key)),
                rest,
                value,
            );
            let key_span = known.map_or_else(nowhere, |entry| entry.key);
            map.insert(
                Arc::clone(key),
                Entry {
                    key: key_span,
                    node: inner,
                },
            );
            Node::new(
                Value::Map(Arc::new(map)),
                given.map_or_else(nowhere, |given| given.span),
            )
        }
        Step::Index(index) => {
            let list = seen.or(given).and_then(Node::as_list).unwrap_or_default();
            let mut list = list.to_vec();
            while list.len() <= *index {
                list.push(Node::new(Value::Null, nowhere()));
            }
            let inner = with(Some(&list[*index]), Some(&list[*index]), rest, value);
            list[*index] = inner;
            Node::new(Value::List(Arc::new(list)), nowhere())
        }
    }
}

impl Traced<'_> {
    /// The objects without a change, for comparison.
    pub(super) fn before(&self, systems: Systems<'_>) -> Before {
        self.before_from(systems, flat(&self.objects), None)
    }

    /// The objects of one template without a change, with which renders take less time; all objects if the object is not
    /// the same when its template runs alone.
    pub(super) fn before_of(&self, systems: Systems<'_>, object: &Object) -> Before {
        let only = &object.path;
        let alone = self.render_with(systems, self.given.clone(), Some(only));
        let alone = alone.map(|alone| flat(&alone)).unwrap_or_default();
        let whole = flat(&self.objects);
        let is_same = whole
            .iter()
            .filter(|(id, _)| id.file == *only)
            .all(|(id, flat)| alone.get(id).is_some_and(|alone| alone.fields == flat.fields));
        if is_same {
            self.before_from(systems, alone, Some(Arc::clone(only)))
        } else {
            self.before_from(systems, whole, None)
        }
    }

    fn before_from(&self, systems: Systems<'_>, objects: BTreeMap<Id, Flat>, only: Option<Arc<str>>) -> Before {
        let again = self.render_with(systems, self.given.clone(), only.as_deref());
        let again = again.map(|again| flat(&again)).unwrap_or_default();
        let restless = differences(&objects, &again).into_iter();
        Before {
            restless: restless
                .filter_map(|difference| Some((difference.object, difference.path?)))
                .collect(),
            objects,
            only,
        }
    }

    /// Sets a key to other values until one makes a difference. `allowed` are the values that its schema lists.
    pub(super) fn change(
        &self,
        systems: Systems<'_>,
        before: &Before,
        path: &Path,
        allowed: &[serde_json::Value],
    ) -> Changed {
        let node = path.get(&self.values).map(|field| field.node);
        let mut tried = Vec::new();
        let mut refused = None;
        for other in others(node, allowed, self.compared(path)) {
            let shown = cut(&json(&Node::new(other.clone(), nowhere())));
            let given = with(Some(&self.given), Some(&self.values), &path.0, other);
            match self.render_with(systems, given, before.only.as_deref()) {
                Ok(after) => {
                    let mut found = differences(&before.objects, &flat(&after));
                    found.retain(|difference| {
                        let path = difference.path.clone();
                        path.is_none_or(|path| !before.restless.contains(&(difference.object.clone(), path)))
                    });
                    if !found.is_empty() {
                        return Changed::Fields(shown, found);
                    }
                    tried.push(shown);
                }
                Err(error) => refused = Some((shown, on_one_line(&error.message))),
            }
        }
        match refused {
            Some((shown, error)) if tried.is_empty() => Changed::Refused(shown, cut(&error)),
            _ => Changed::Nothing(tried),
        }
    }
}
