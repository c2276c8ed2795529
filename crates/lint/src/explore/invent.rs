//! Values for paths: what the schema, the comments or the templates say, else something of the kind that is wanted.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::super::parsed::ParsedChart;
use super::super::usage::value::{Path, Step};
use super::candidate::{Keys, Origin};
use super::examples::{Comments, json_of};
use super::formula::Constant;
use super::interpret::Conditions;
use super::likely::{MAX_DEPTH, WORD, is_true, number, text, well_known, well_known_item};
use super::schema::{below, fits, generate, refuses_key, said};
use super::shape::Shape;
use source::Sources;

/// Knowledge about the values of a chart.
pub(super) struct Knowledge {
    pub(super) conditions: Conditions,
    /// The values with the defaults of all charts, those that are switched off too.
    pub(super) defaults: Json,
    /// The schemas of the charts, by where their values are.
    schemas: Vec<(Keys, Json)>,
    /// The comments of their values files.
    comments: Vec<(Keys, Comments)>,
}

impl Knowledge {
    /// Collects the knowledge about a chart; the values are without those of disabled subcharts.
    pub(super) fn of(chart: &ParsedChart, conditions: Conditions, values: &Json, sources: &Sources) -> Self {
        let mut defaults = values.clone();
        let mut schemas = Vec::new();
        let mut comments = Vec::new();
        for (path, chart) in chart.walk() {
            let keys: Keys = path.iter().map(|name| Arc::from(*name)).collect();
            fill(&mut defaults, &keys, &json_of(&chart.chart.values));
            let schema = chart.chart.schema.as_ref();
            if let Some(schema) = schema.and_then(|file| serde_json::from_str(&file.text()).ok()) {
                schemas.push((keys.clone(), schema));
            }
            comments.push((keys, Comments::of(&chart.chart.values, sources)));
        }
        Self {
            conditions,
            defaults,
            schemas,
            comments,
        }
    }

    /// Values for a path that Go's `if` takes for true, the likeliest first. `current` is what is there.
    pub(super) fn filled(&self, path: &Path, current: &Json) -> Vec<(Json, Origin)> {
        let mut found: Vec<(Json, Origin)> = Vec::new();
        let shape = self.conditions.shape.at(path);
        if let Json::Bool(_) = current {
            found.push((Json::Bool(true), Origin::Chart));
        }
        if let Some((root, schema)) = self.schema(path) {
            found.extend(said(root, schema));
        }
        if let Some(keys) = keys_of(path) {
            for (prefix, comments) in &self.comments {
                if let Some(rest) = keys.strip_prefix(&prefix[..]) {
                    let examples = comments.examples(rest, current);
                    found.extend(examples.into_iter().map(|value| (value, Origin::Example)));
                }
            }
        }
        if let Some(shape) = shape {
            let compared = shape.constants.iter().filter(|constant| constant.is_true());
            found.extend(compared.map(|constant| (json_of_constant(constant), Origin::Chart)));
        }
        let name = name_of(path);
        // A field that no template looks into goes to Kubernetes as it is.
        let is_opaque = shape.is_none_or(|shape| shape.fields.is_empty());
        if is_opaque {
            found.extend(well_known(name).map(|value| (value, Origin::Invented)));
        }
        if let Some((root, schema)) = self.schema(path)
            && let Some(value) = generate(root, schema, name, 0)
        {
            found.push((value, Origin::Invented));
        }
        let by_shape = |shape: &Shape| invent(shape, current, name, 0);
        found.push((
            shape.map_or_else(|| invent(&Shape::default(), current, name, 0), by_shape),
            Origin::Invented,
        ));
        // What else it may be.
        if current.is_null() {
            found.push((text(name), Origin::Invented));
            found.push((json!([text(name)]), Origin::Invented));
            found.push((json!({ WORD: text(name) }), Origin::Invented));
            found.push((Json::Bool(true), Origin::Invented));
        } else if let Json::Array(_) = current {
            found.push((json!([text(name)]), Origin::Invented));
            found.push((json!([{"name": WORD}]), Origin::Invented));
        } else if let Json::Object(_) = current {
            found.push((json!({ WORD: text(name) }), Origin::Invented));
            found.push((json!({ WORD: {"name": WORD} }), Origin::Invented));
        }
        found.retain(|(value, _)| is_true(value));
        if let Some((root, schema)) = self.schema(path) {
            let is_allowed = |(value, _): &(Json, Origin)| fits(root, schema, value, 0);
            if found.iter().any(is_allowed) {
                found.retain(is_allowed);
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|(value, _)| seen.insert(value.to_string()));
        found
    }

    /// Something else than a constant.
    pub(super) fn other(&self, path: &Path, current: &Json, than: &Constant) -> Vec<(Json, Origin)> {
        let not = json_of_constant(than);
        if let Constant::Bool(value) = than {
            return vec![(Json::Bool(!value), Origin::Chart)];
        }
        let mut found = Vec::new();
        if let Some((root, schema)) = self.schema(path) {
            found.extend(said(root, schema));
        }
        if let Some(shape) = self.conditions.shape.at(path) {
            let constants = shape.constants.iter().filter(|constant| constant.is_true());
            found.extend(constants.map(|constant| (json_of_constant(constant), Origin::Chart)));
        }
        if let Constant::Int(number) = than {
            found.push((json!(number.saturating_add(1)), Origin::Invented));
        }
        if matches!(than, Constant::Text(text) if text.is_empty()) || than == &Constant::Null {
            found.extend(self.filled(path, current));
        }
        found.push((json!(WORD), Origin::Invented));
        found.retain(|(value, _)| *value != not && value != current && !value.is_null());
        found
    }

    /// Of a kind, in the words of `kindOf`.
    pub(super) fn of_kind(&self, path: &Path, current: &Json, kind: &str) -> Option<(Json, Origin)> {
        let fits = |value: &Json| kind_of(value) == kind;
        let known = self.filled(path, current).into_iter().find(|(value, _)| fits(value));
        // What is of another kind is none of what the chart offers.
        let known = known.map(|(value, origin)| {
            let is_same = current.is_null() || kind_of(current) == kind;
            (value, if is_same { origin } else { Origin::Invented })
        });
        known.or_else(|| {
            let shape = self.conditions.shape.at(path);
            let name = name_of(path);
            let item = shape.and_then(|shape| shape.item.as_deref());
            let value = match kind {
                "string" => text(name),
                "bool" => Json::Bool(true),
                "float64" | "int" | "int64" => json!(1),
                "slice" => json!([item.map_or_else(|| text(name), |item| invent(item, &Json::Null, name, 1))]),
                "map" => match shape {
                    Some(shape) if !shape.fields.is_empty() => invent(shape, &json!({}), name, 0),
                    _ => json!({ WORD: text(name) }),
                },
                _ => return None,
            };
            fits(&value).then_some((value, Origin::Invented))
        })
    }

    /// An item for a list at a path.
    pub(super) fn new_item(&self, path: &Path) -> Json {
        let whole = self.filled(path, &json!([])).into_iter().next();
        if let Some((Json::Array(items), _)) = whole
            && let Some(first) = items.into_iter().next()
        {
            return first;
        }
        text(name_of(path))
    }

    /// Whether a list or a map is meant where neither is there yet.
    pub(super) fn is_map(&self, path: &Path) -> bool {
        self.conditions.shape.at(path).is_some_and(|shape| shape.has_keys)
    }

    /// Whether the schema of a path speaks against a value. Null takes away what is there.
    pub(super) fn is_forbidden(&self, path: &Path, value: &Json) -> bool {
        if self.schemas.iter().any(|(prefix, schema)| {
            let keys = path.iter().map_while(|step| match step {
                Step::Key(key) => Some(key),
                Step::Any => None,
            });
            let keys: Keys = keys.cloned().collect();
            let is_whole = keys.len() == path.len();
            keys.strip_prefix(&prefix[..])
                .is_some_and(|rest| refuses_key(schema, rest, value.is_null() && is_whole))
        }) {
            return true;
        }
        let schema = self.schema(path).filter(|_| !value.is_null());
        schema.is_some_and(|(root, schema)| !fits(root, schema, value, 0))
    }

    /// Whether the schemas have a value be there, and be something that Go's `if` takes for true.
    pub(super) fn is_never_empty(&self, path: &Path) -> bool {
        let is_demanded = |end: usize| self.is_forbidden(&path[..end].to_vec(), &Json::Null);
        let is_text = |schema: &Json| {
            let kind = schema.get("type");
            // A text that is no number may become one that is zero.
            kind.is_none_or(|kind| {
                kind == "string" || kind.as_array().is_some_and(|kinds| kinds.contains(&json!("string")))
            })
        };
        !path.is_empty()
            && !path.contains(&Step::Any)
            && (1..=path.len()).all(is_demanded)
            && self.schema(path).is_some_and(|(root, schema)| {
                let empty = [json!(false), json!(0), json!(""), json!([]), json!({}), Json::Null];
                !is_text(schema) && empty.iter().all(|value| !fits(root, schema, value, 0))
            })
    }

    /// The schema of a path, with the document that it is in.
    pub(super) fn schema(&self, path: &Path) -> Option<(&Json, &Json)> {
        self.schemas.iter().rev().find_map(|(prefix, schema)| {
            let steps = prefix.iter().map(|key| Step::Key(Arc::clone(key)));
            let rest = path.strip_prefix(&steps.collect::<Vec<_>>()[..])?;
            let found = below(schema, schema, rest, 0)?;
            Some((schema, found))
        })
    }
}

/// Fills in what is not there.
fn fill(known: &mut Json, keys: &[Arc<str>], defaults: &Json) {
    let mut at = known;
    for key in keys {
        if at.is_null() {
            *at = Json::Object(Map::new());
        }
        let Json::Object(map) = at else { return };
        at = map.entry(key.to_string()).or_insert(Json::Null);
    }
    fill_in(at, defaults);
}

fn fill_in(known: &mut Json, defaults: &Json) {
    match (known, defaults) {
        (Json::Object(known), Json::Object(defaults)) => {
            for (key, value) in defaults {
                match known.get_mut(key) {
                    Some(inner) if inner.is_object() => fill_in(inner, value),
                    Some(_) => {}
                    None => _ = known.insert(key.clone(), value.clone()),
                }
            }
        }
        (known, defaults) if known.is_null() => *known = defaults.clone(),
        _ => {}
    }
}

/// The keys of a path without items.
pub(super) fn keys_of(path: &[Step]) -> Option<Keys> {
    path.iter()
        .map(|step| match step {
            Step::Key(name) => Some(Arc::clone(name)),
            Step::Any => None,
        })
        .collect()
}

/// The last key of a path.
fn name_of(path: &Path) -> &str {
    let last = path.iter().rev().find_map(|step| match step {
        Step::Key(name) => Some(&**name),
        Step::Any => None,
    });
    last.unwrap_or_default()
}

/// How many values there are in one.
pub(super) fn size(value: &Json) -> usize {
    match value {
        Json::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Json::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// A constant as JSON.
pub(super) fn json_of_constant(constant: &Constant) -> Json {
    match constant {
        Constant::Null => Json::Null,
        Constant::Bool(value) => json!(value),
        Constant::Int(number) => json!(number),
        Constant::Text(text) => json!(&**text),
    }
}

/// The kind of a value, in the words of `kindOf`.
pub(super) fn kind_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "invalid",
        Json::Bool(_) => "bool",
        Json::Number(_) => "float64",
        Json::String(_) => "string",
        Json::Array(_) => "slice",
        Json::Object(_) => "map",
    }
}

/// A value of a shape.
fn invent(shape: &Shape, current: &Json, name: &str, depth: usize) -> Json {
    if let Some(constant) = shape.constants.iter().find(|constant| constant.is_true()) {
        return json_of_constant(constant);
    }
    if depth > MAX_DEPTH {
        return text(name);
    }
    let fields = |shape: &Shape| {
        let made = shape
            .fields
            .iter()
            .map(|(key, inner)| (key.to_string(), inner_value(inner, key, depth)));
        Json::Object(made.collect())
    };
    let item = |inner: &Shape| {
        if inner.fields.is_empty() && inner.item.is_none() {
            well_known_item(name).unwrap_or_else(|| inner_value(inner, name, depth))
        } else {
            inner_value(inner, name, depth)
        }
    };
    match (current, &shape.item) {
        (Json::Array(_), None) => json!([well_known_item(name).unwrap_or_else(|| text(name))]),
        (Json::Array(_), Some(inner)) => Json::Array(vec![item(inner)]),
        (Json::Object(_), Some(inner)) if shape.fields.is_empty() => json!({ WORD: item(inner) }),
        (Json::Bool(_), _) => Json::Bool(true),
        (Json::Number(_), _) => json!(number(name)),
        (_, _) if !shape.fields.is_empty() => fields(shape),
        (_, Some(inner)) if shape.has_keys => json!({ WORD: item(inner) }),
        (_, Some(inner)) => Json::Array(vec![item(inner)]),
        (Json::Object(_), None) => json!({ WORD: text(name) }),
        _ if shape.is_number && !shape.is_text => json!(number(name)),
        _ => text(name),
    }
}

fn inner_value(shape: &Shape, name: &str, depth: usize) -> Json {
    let is_opaque = shape.fields.is_empty() && shape.item.is_none() && shape.constants.is_empty();
    if is_opaque
        && !shape.is_text
        && let Some(value) = well_known(name)
    {
        return value;
    }
    invent(shape, &Json::Null, name, depth + 1)
}
