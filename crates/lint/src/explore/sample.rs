//! Values chosen at random, of what the schema allows, the templates read and the comments show: many things at once that nobody
//! would have to think of. The numbers that choose are the same in each run.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::super::usage::value::{Path, Step};
use super::candidate::{Candidate, Keys, Origin};
use super::invent::{Knowledge, json_of_constant, size};
use super::likely::{WORD, is_true, number, text, well_known};
use super::mixing::Dice;
use super::schema::{by_pattern, fits, resolved, said};
use super::shape::Shape;
use super::solve::emptied;
use chart::schema::text_like;
use gostd::regexp::Regexp;

/// How deep a value nests that is made.
const MAX_DEPTH: usize = 7;
/// How deep the blocks of values are gone into.
const MAX_BLOCKS: usize = 8;

impl Knowledge {
    /// Sets values at random: of those at or near the paths, so many of a hundred, of the others very few.
    pub(super) fn scatter(&self, candidate: &mut Candidate, paths: &BTreeSet<Keys>, percent: usize, dice: &mut Dice) {
        let mut at = Keys::new();
        // Of the others about ten, if there are few.
        let of_others = (percent / 12).max(1000 / size(&self.defaults)).min(percent);
        self.scatter_block(&self.defaults, &mut at, candidate, (paths, percent, of_others), dice);
    }

    fn scatter_block(
        &self,
        current: &Json,
        at: &mut Keys,
        candidate: &mut Candidate,
        (paths, percent, of_others): (&BTreeSet<Keys>, usize, usize),
        dice: &mut Dice,
    ) {
        let path: Path = at.iter().map(|key| Step::Key(Arc::clone(key))).collect();
        let mut names: BTreeSet<Arc<str>> = BTreeSet::new();
        names.extend(
            current
                .as_object()
                .into_iter()
                .flat_map(|map| map.keys())
                .map(|key| Arc::from(&**key)),
        );
        if let Some((_, schema)) = self.schema(&path) {
            let known = schema.get("properties").and_then(Json::as_object);
            names.extend(
                known
                    .into_iter()
                    .flat_map(|map| map.keys())
                    .map(|key| Arc::from(&**key)),
            );
        }
        if let Some(shape) = self.conditions.shape.at(&path) {
            names.extend(shape.fields.keys().cloned());
        }
        for name in names {
            let value = current.get(&*name).unwrap_or(&Json::Null);
            at.push(name);
            let is_block = value.as_object().is_some_and(|map| !map.is_empty()) && at.len() < MAX_BLOCKS;
            if is_block && dice.happens(2) {
                let path: Path = at.iter().map(|key| Step::Key(Arc::clone(key))).collect();
                let is_set = candidate.touches(at);
                if !is_set && !self.is_forbidden(&path, &Json::Null) {
                    candidate.set(at.clone(), Json::Null, Origin::Emptied);
                }
            } else if is_block {
                self.scatter_block(value, at, candidate, (paths, percent, of_others), dice);
            } else {
                let is_near = is_near(paths, at);
                let percent = if is_near { percent } else { of_others };
                let is_set = candidate.touches(at);
                if dice.happens(percent)
                    && !is_set
                    && let Some((value, origin)) = self.some_value(at, value, dice)
                {
                    candidate.set(at.clone(), value, origin);
                }
            }
            at.pop();
        }
    }

    /// A value for a path, other than what is there.
    fn some_value(&self, keys: &Keys, current: &Json, dice: &mut Dice) -> Option<(Json, Origin)> {
        let path: Path = keys.iter().map(|key| Step::Key(Arc::clone(key))).collect();
        let name = keys.last().map_or("", |key| &**key);
        if let Json::Bool(value) = current
            && dice.happens(80)
        {
            return Some((Json::Bool(!value), Origin::Chart));
        }
        if is_true(current) && dice.happens(25) {
            let options = vec![Json::Null, emptied(current).0];
            let options = options.into_iter().filter(|value| !self.is_forbidden(&path, value));
            if let Some(value) = dice.pick(options.collect()) {
                return Some((value, Origin::Emptied));
            }
        }
        let schema = self.schema(&path);
        let shape = self.conditions.shape.at(&path);
        let made = match (schema, shape) {
            (Some((root, schema)), _) if dice.happens(65) => of_schema(root, schema, name, 0, dice),
            (None, Some(shape)) if dice.happens(50) => Some(of_shape(shape, current, name, 0, dice)),
            _ => None,
        };
        let made = made.filter(is_true).filter(|value| !self.is_forbidden(&path, value));
        let found = match made {
            Some(value) => Some((value, Origin::Invented)),
            None => dice.pick(self.filled(&path, current)),
        };
        found.filter(|(value, _)| value != current && !self.is_forbidden(&path, value))
    }
}

/// Whether one of the paths is at, in or around another one.
fn is_near(paths: &BTreeSet<Keys>, keys: &Keys) -> bool {
    let mut from = paths.range(keys.clone()..);
    from.next().is_some_and(|path| path.starts_with(keys)) || (1..keys.len()).any(|end| paths.contains(&keys[..end]))
}

/// A value that a schema likely takes.
pub(super) fn of_schema(root: &Json, schema: &Json, name: &str, depth: usize, dice: &mut Dice) -> Option<Json> {
    let schema = resolved(root, schema);
    let mut options: Vec<Json> = said(root, schema).into_iter().map(|(value, _)| value).collect();
    options.retain(|value| !value.is_null());
    let is_closed = schema.get("enum").is_some() || schema.get("const").is_some();
    if !options.is_empty() && (is_closed || dice.happens(30)) {
        return dice.pick(options);
    }
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Json::String(kind)) => vec![kind],
        Some(Json::Array(kinds)) => kinds
            .iter()
            .filter_map(Json::as_str)
            .filter(|kind| *kind != "null")
            .collect(),
        _ => Vec::new(),
    };
    let parts: Vec<&Json> = ["anyOf", "oneOf"]
        .iter()
        .filter_map(|word| schema.get(word)?.as_array())
        .flatten()
        .collect();
    if kinds.is_empty() && !parts.is_empty() {
        let part = dice.pick(parts)?;
        return of_schema(root, part, name, depth + 1, dice);
    }
    let bound = |word: &str| schema.get(word).and_then(Json::as_i64);
    match dice.pick(kinds) {
        Some("boolean") => Some(Json::Bool(dice.happens(60))),
        Some("integer" | "number") => {
            let usual = number(name);
            let (least, most) = (bound("minimum"), bound("maximum"));
            let options = [Some(usual), least, least.map(|least| least + 1), most, Some(usual + 1)];
            let options = options.into_iter().flatten().map(|value| json!(value));
            dice.pick(options.filter(|value| fits(root, schema, value, 0)).collect())
        }
        Some("string") => {
            let pattern = schema.get("pattern").and_then(Json::as_str);
            let usual = text(name);
            let mut options: Vec<Json> = vec![usual, json!(WORD)];
            if let Some(text) = schema.get("format").and_then(Json::as_str).and_then(of_format) {
                options = vec![json!(text)];
            }
            options.extend(pattern.and_then(text_like).map(Json::String));
            dice.pick(
                options
                    .into_iter()
                    .filter(|value| fits(root, schema, value, 0))
                    .collect(),
            )
        }
        Some("array") => {
            let least = schema.get("minItems").and_then(Json::as_u64).unwrap_or(1).clamp(1, 4);
            let count = usize::try_from(least).unwrap_or(1) + dice.below(3);
            let mut items: Vec<Json> = Vec::new();
            for _ in 0..count {
                let item = match schema.get("items") {
                    Some(inner) if depth < MAX_DEPTH => of_schema(root, inner, name, depth + 1, dice),
                    _ => Some(text(name)),
                };
                items.extend(item.filter(|item| !items.contains(item)));
            }
            Some(Json::Array(items))
        }
        _ => {
            let mut made = Map::new();
            let demanded = |key: &str| {
                let names = schema.get("required").and_then(Json::as_array);
                names.is_some_and(|names| names.iter().any(|name| name.as_str() == Some(key)))
            };
            let most = schema.get("maxProperties").and_then(Json::as_u64).unwrap_or(u64::MAX);
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            let known = schema.get("properties").and_then(Json::as_object);
            let mut known: Vec<(&String, &Json)> = known.into_iter().flatten().collect();
            // From anywhere on: if only some are possible, not always the first.
            if !known.is_empty() {
                let first = dice.below(known.len());
                known.rotate_left(first);
            }
            let percent = [70, 60, 40, 30, 25, 20, 15, 10].get(depth).copied().unwrap_or(0);
            for (key, inner) in known {
                let is_wanted = demanded(key) || most < usize::MAX && made.len() < most || dice.happens(percent);
                if is_wanted
                    && made.len() < most
                    && depth < MAX_DEPTH
                    && let Some(value) = of_schema(root, inner, key, depth + 1, dice)
                {
                    made.insert(key.clone(), value);
                }
            }
            if schema.get("properties").is_none() {
                let count = 1 + dice.below(if depth == 0 { 4 } else { 2 });
                for at in 0..count.min(most) {
                    let key = if at == 0 {
                        WORD.to_owned()
                    } else {
                        format!("{WORD}-{at}")
                    };
                    let pattern = schema.get("patternProperties").and_then(Json::as_object);
                    let pattern = pattern.and_then(|patterns| patterns.keys().next());
                    let takes =
                        |pattern: &String, key: &str| Regexp::compile(pattern).is_ok_and(|regexp| regexp.is_match(key));
                    let key = match pattern {
                        Some(pattern) if !takes(pattern, &key) => match text_like(pattern) {
                            Some(key) => key,
                            None => continue,
                        },
                        _ => key,
                    };
                    let inner = by_pattern(schema, &key)
                        .or_else(|| schema.get("additionalProperties"))
                        .filter(|inner| inner.is_object());
                    let value = match inner {
                        Some(inner) if depth < MAX_DEPTH => of_schema(root, inner, name, depth + 1, dice),
                        _ => Some(text(name)),
                    };
                    if let Some(value) = value {
                        made.insert(key, value);
                    }
                }
            }
            Some(Json::Object(made))
        }
    }
}

/// A text of a format.
fn of_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "uri" | "iri" | "uri-reference" => "http://explore.example.com",
        "hostname" | "idn-hostname" => "explore.example.com",
        "email" | "idn-email" => "explore@example.com",
        "ipv4" => "10.0.0.10",
        "ipv6" => "2001:db8::10",
        "date" => "2024-01-31",
        "time" => "12:00:00Z",
        "date-time" => "2024-01-31T12:00:00Z",
        "duration" => "PT30S",
        "uuid" => "3e4666bf-d5e5-4aa7-b8ce-cefe41c7568a",
        _ => return None,
    })
}

/// A value with some of the fields that templates read.
fn of_shape(shape: &Shape, current: &Json, name: &str, depth: usize, dice: &mut Dice) -> Json {
    let constants: Vec<Json> = shape
        .constants
        .iter()
        .filter(|constant| constant.is_true())
        .map(json_of_constant)
        .collect();
    if !constants.is_empty() && dice.happens(80) {
        return dice.pick(constants).unwrap_or(Json::Null);
    }
    if depth >= MAX_DEPTH {
        return text(name);
    }
    let is_list = current.is_array() || !current.is_object() && !shape.has_keys;
    match &shape.item {
        Some(item) if shape.fields.is_empty() => {
            let count = 1 + dice.below(3);
            let items = (0..count).map(|_| of_shape(item, &Json::Null, name, depth + 1, dice));
            let items: Vec<Json> = items.collect();
            if is_list {
                Json::Array(items)
            } else {
                let names = (0..).map(|at| {
                    if at == 0 {
                        WORD.to_owned()
                    } else {
                        format!("{WORD}-{at}")
                    }
                });
                Json::Object(names.zip(items).collect())
            }
        }
        _ if !shape.fields.is_empty() => {
            let mut made = Map::new();
            for (key, inner) in &shape.fields {
                if dice.happens(65) {
                    made.insert(key.to_string(), of_shape(inner, &Json::Null, key, depth + 1, dice));
                }
            }
            Json::Object(made)
        }
        _ => match current {
            Json::Bool(_) => Json::Bool(dice.happens(50)),
            Json::Number(_) => json!(number(name) + i64::try_from(dice.below(2)).unwrap_or_default()),
            _ => well_known(name)
                .filter(|_| !shape.is_text)
                .unwrap_or_else(|| text(name)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_fits_and_differs() {
        let schema = json!({"type": "object", "additionalProperties": false, "patternProperties": {"^[a-z0-9-]+$": {"$ref": "#/definitions/one"}},
            "definitions": {"one": {"type": "object", "required": ["url"], "additionalProperties": false, "properties": {
                "url": {"type": "string", "format": "uri"}, "mode": {"enum": ["a", "b"]},
                "auth": {"type": "object", "maxProperties": 1, "properties": {"basic": {"type": "boolean"}, "token": {"type": "integer", "minimum": 3}}}}}}});
        let mut dice = Dice::default();
        let made: Vec<Json> = (0..40)
            .filter_map(|_| of_schema(&schema, &schema, "remote", 0, &mut dice))
            .collect();
        assert!(made.iter().all(|value| fits(&schema, &schema, value, 0)), "{made:?}");
        let all: String = made.iter().map(Json::to_string).collect();
        for part in [
            r#""mode":"a""#,
            r#""mode":"b""#,
            "basic",
            "token",
            "http://",
            "explore-1",
        ] {
            assert!(all.contains(part), "{part}: {all}");
        }
        // At most one of the two is allowed.
        let auths = made.iter().filter_map(Json::as_object).flatten();
        let auths = auths.filter_map(|(_, entry)| entry.get("auth")?.as_object());
        assert!(auths.map(Map::len).all(|length| length == 1));
        let again = Dice::default().below(1000);
        assert_eq!(again, Dice::default().below(1000));
    }
}
