//! The keys of a schema and of values.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

/// The name of a sample entry in a map with user-defined entries: a job, a receiver.
const ENTRY: &str = "main";

/// The depth to which the schema is followed: fields of Prometheus are recursive.
const MAX_DEPTH: usize = 8;

/// A key with its schema.
pub(crate) struct Key {
    pub(crate) path: Vec<String>,
    pub(crate) schema: Json,
    /// Whether it is inside a user-defined entry. Such a key is tried only with what it needs, because no mode has the
    /// entry.
    pub(crate) is_in_entry: bool,
    /// The required keys of the blocks above it, by path. The key itself may be one of them.
    pub(crate) required: Vec<(Vec<String>, Json)>,
}

impl Key {
    pub(crate) fn name(&self) -> String {
        self.path.join(".")
    }
}

/// Resolves the reference in a schema.
fn resolved(schema: &Json, of: &Json) -> Json {
    let mut schema = schema.clone();
    while let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
        schema = of
            .pointer(reference.trim_start_matches('#'))
            .cloned()
            .unwrap_or_default();
    }
    schema
}

/// A schema and its alternatives (`anyOf` and the like).
fn branches(schema: &Json, of: &Json) -> Vec<Json> {
    let schema = resolved(schema, of);
    let mut all = Vec::new();
    for keyword in ["anyOf", "oneOf", "allOf"] {
        for branch in schema.get(keyword).and_then(Json::as_array).into_iter().flatten() {
            all.push(resolved(branch, of));
        }
    }
    all.insert(0, schema);
    all
}

/// Collects the keys of a schema.
pub(crate) struct Walk<'a> {
    schema: &'a Json,
    path: Vec<String>,
    required: Vec<(Vec<String>, Json)>,
    found: Vec<Key>,
}

/// All keys of a schema. A map with user-defined entries is itself a key, and so are the fields of an entry.
pub(crate) fn keys(schema: &Json) -> Vec<Key> {
    let mut walk = Walk {
        schema,
        path: Vec::new(),
        required: Vec::new(),
        found: Vec::new(),
    };
    walk.block(schema, false);
    walk.found
}

impl Walk<'_> {
    fn block(&mut self, schema: &Json, is_in_entry: bool) {
        let schema = resolved(schema, self.schema);
        if schema.get("deprecated").is_some() {
            return;
        }
        let branches = branches(&schema, self.schema);
        let properties: BTreeMap<&String, &Json> = branches
            .iter()
            .rev()
            .filter_map(|branch| branch.get("properties")?.as_object())
            .flatten()
            .collect();
        let entries = branches.iter().find_map(|branch| {
            let entry = branch.get("patternProperties")?.as_object()?.values().next()?;
            let is_block = self::branches(entry, self.schema)
                .iter()
                .any(|branch| branch.get("properties").is_some());
            is_block.then_some(entry)
        });
        let is_deep = self.path.len() >= MAX_DEPTH;
        if is_deep || properties.is_empty() {
            self.found.push(Key {
                path: self.path.clone(),
                schema: schema.clone(),
                is_in_entry,
                required: self.required.clone(),
            });
        }
        if is_deep {
            return;
        }
        let known = self.required.len();
        let required = branches.iter().filter_map(|branch| branch.get("required")?.as_array());
        for name in required.flatten().filter_map(Json::as_str) {
            if let Some(property) = properties.get(&name.to_owned()) {
                let path = self.path.iter().cloned().chain([name.to_owned()]).collect();
                self.required.push((path, (*property).clone()));
            }
        }
        for (name, property) in &properties {
            self.path.push((*name).clone());
            self.block(property, is_in_entry);
            self.path.pop();
        }
        if let Some(entry) = entries {
            self.path.push(ENTRY.to_owned());
            self.block(entry, true);
            self.path.pop();
        }
        self.required.truncate(known);
    }
}

/// The schema of the key at a path.
pub(crate) fn place(schema: &Json, path: &[String]) -> Option<Json> {
    let mut place = schema.clone();
    for step in path {
        let branches = branches(&place, schema);
        let property = branches.iter().find_map(|branch| branch.get("properties")?.get(step));
        let entry = |branch: &Json| branch.get("patternProperties")?.as_object()?.values().next().cloned();
        place = property.cloned().or_else(|| branches.iter().find_map(entry))?;
    }
    Some(resolved(&place, schema))
}

/// Collects the paths of all values that are not blocks.
pub(crate) fn leaves(value: &Json, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Json::Object(map) if !map.is_empty() => {
            for (name, value) in map {
                path.push(name.clone());
                leaves(value, path, found);
                path.pop();
            }
        }
        _ => found.push(path.clone()),
    }
}

pub(crate) fn at<'a>(value: &'a Json, path: &[String]) -> Option<&'a Json> {
    path.iter().try_fold(value, |value, step| value.get(step))
}

/// Nests a value at a path.
pub(crate) fn nested(path: &[String], value: Json) -> Json {
    path.iter().rev().fold(value, |value, step| {
        Json::Object(Map::from_iter([(step.clone(), value)]))
    })
}
