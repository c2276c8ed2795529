//! From tests that are to come out in some way to values that have them do so.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::super::usage::value::{Path, Step};
use super::candidate::{Candidate, Keys, Origin, merge_at};
use super::formula::{Atom, Constant, Literal};
use super::invent::{Knowledge, json_of_constant, keys_of, kind_of};
use super::likely::is_true;
use chart::schema::text_like;
use gostd::regexp::Regexp;
use gostd::semver::is_compatible;

/// The release and the cluster, as far as templates ask for them.
pub(super) struct Cluster {
    pub(super) api_versions: Vec<String>,
    pub(super) kube_version: String,
    pub(super) is_upgrade: bool,
}

/// A candidate that is being made.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) candidate: Candidate,
    /// The values that templates see with it.
    pub(super) values: Json,
}

impl Draft {
    /// The part of it that a way is about: it is copied faster.
    pub(super) fn about(&self, way: &[Literal]) -> Self {
        let first = |literal: &Literal| match literal.atom.path().and_then(|path| path.first()) {
            Some(Step::Key(key)) => Some(Arc::clone(key)),
            _ => None,
        };
        let keys: BTreeSet<Arc<str>> = way.iter().filter_map(first).collect();
        let Json::Object(values) = &self.values else {
            return self.clone();
        };
        // The global values of one chart may be those of another one.
        if keys.contains(chart::values::GLOBAL) {
            return self.clone();
        }
        let known = keys.iter().filter_map(|key| values.get_key_value(&**key));
        Self {
            candidate: self.candidate.clone(),
            values: Json::Object(known.map(|(key, value)| (key.clone(), value.clone())).collect()),
        }
    }
}

impl Knowledge {
    /// The draft of a candidate.
    pub(super) fn draft(&self, candidate: &Candidate) -> Draft {
        Draft {
            candidate: candidate.clone(),
            values: candidate.over(&self.defaults),
        }
    }

    /// The values at a path; a chart's global values where the first chart has none.
    fn look<'a>(&self, values: &'a Json, path: &[Step]) -> Vec<Option<&'a Json>> {
        let found = look(values, path);
        let is_global = matches!(path.first(), Some(Step::Key(key)) if &**key == chart::values::GLOBAL);
        if is_global && found.iter().all(Option::is_none) {
            for chart in self.conditions.charts.iter().filter(|chart| !chart.is_empty()) {
                let own: Path = chart.iter().chain(path).cloned().collect();
                let found = look(values, &own);
                if found.iter().any(Option::is_some) {
                    return found;
                }
            }
        }
        found
    }

    /// Whether a test comes out as wanted.
    pub(super) fn holds(&self, literal: &Literal, draft: &Draft, cluster: &Cluster) -> bool {
        let holds = match &literal.atom {
            Atom::Served(api) => {
                draft.candidate.served.contains(api) || cluster.api_versions.iter().any(|known| **known == **api)
            }
            Atom::Upgrade => draft.candidate.is_upgrade || cluster.is_upgrade,
            Atom::Version(constraint) => is_compatible(constraint, &cluster.kube_version),
            atom => {
                let Some(path) = atom.path() else { return true };
                let found = self.look(&draft.values, path);
                return found
                    .iter()
                    .any(|value| test(atom, value.unwrap_or(&Json::Null), value.is_some()) == literal.is_met);
            }
        };
        holds == literal.is_met
    }

    /// Changes a draft so that a test comes out as wanted. Tells whether that can be.
    pub(super) fn meet(&self, literal: &Literal, draft: &mut Draft, cluster: &Cluster, variant: usize) -> bool {
        if self.holds(literal, draft, cluster) {
            return true;
        }
        let path = match &literal.atom {
            Atom::Served(api) if literal.is_met => {
                draft.candidate.served.insert(Arc::clone(api));
                return true;
            }
            Atom::Upgrade if literal.is_met => {
                draft.candidate.is_upgrade = true;
                return true;
            }
            atom => match atom.path() {
                Some(path) => path,
                None => return false,
            },
        };
        let current = self.look(&draft.values, path).into_iter().next().flatten();
        let current = current.cloned().unwrap_or(Json::Null);
        let Some((value, origin)) = self.wanted(&literal.atom, literal.is_met, path, &current, variant) else {
            return false;
        };
        let mut before = path.split(|step| *step == Step::Any);
        let prefix: Keys = before.next().and_then(keys_of).unwrap_or_default();
        if prefix.is_empty() || self.is_forbidden(path, &value) {
            return false;
        }
        if prefix.len() == path.len() {
            merge_at(&mut draft.values, &prefix, &value);
            draft.candidate.set(prefix, value, origin);
        } else {
            // A list is given whole.
            let steps = prefix.iter().map(|key| Step::Key(Arc::clone(key)));
            let known = look(&draft.values, &steps.collect::<Path>())
                .into_iter()
                .next()
                .flatten();
            let mut whole = known.cloned().unwrap_or(Json::Null);
            let is_new = !is_true(&whole);
            self.put(&mut whole, path, prefix.len(), value);
            merge_at(&mut draft.values, &prefix, &whole);
            let origin = if is_new { Origin::Invented } else { origin };
            draft.candidate.set(prefix, whole, origin);
        }
        self.holds(literal, draft, cluster)
    }

    /// The draft with what a schema's complaint asks for: the value of an enum, a missing property; else without what is complained of.
    pub(super) fn obeying(&self, draft: &Draft, message: &str) -> Option<Draft> {
        let (place, complaint) = message.split_once(": ").unwrap_or(("", message));
        let keys: Keys = place.split('.').filter(|key| !key.is_empty()).map(Into::into).collect();
        let mut draft = draft.clone();
        if let Some(missing) = complaint
            .strip_prefix("missing property ")
            .or_else(|| complaint.strip_prefix("missing properties "))
        {
            let mut is_changed = false;
            for name in missing.split(", ").map(|name| name.trim_matches('\'')) {
                let mut keys = keys.clone();
                keys.push(name.into());
                if keys.iter().any(|key| key.contains('[')) {
                    continue;
                }
                let path: Path = keys.iter().map(|key| Step::Key(Arc::clone(key))).collect();
                if let Some((value, origin)) = self.filled(&path, &Json::Null).into_iter().next() {
                    merge_at(&mut draft.values, &keys, &value);
                    draft.candidate.set(keys, value, origin);
                    is_changed = true;
                }
            }
            return is_changed.then_some(draft);
        }
        let words = complaint
            .strip_prefix("value must be one of ")
            .or_else(|| complaint.strip_prefix("value must be "));
        if let Some(words) = words
            && !keys.is_empty()
            && !place.contains('[')
        {
            let current = keys.iter().try_fold(&draft.values, |value, key| value.get(&**key));
            let options: Vec<Json> = words
                .split(", ")
                .map(
                    |word| match word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
                        Some(text) => json!(text),
                        None => serde_json::from_str(word).unwrap_or_else(|_| json!(word)),
                    },
                )
                .collect();
            let value = options
                .into_iter()
                .find(|value| Some(value) != current && is_true(value))?;
            merge_at(&mut draft.values, &keys, &value);
            draft.candidate.set(keys, value, Origin::Chart);
            return Some(draft);
        }
        // The nearest value that was set.
        let written = |keys: &Keys| keys.iter().map(|key| &**key).collect::<Vec<_>>().join(".");
        let blamed: Vec<Keys> = draft
            .candidate
            .values
            .keys()
            .filter(|set| {
                let set = written(set);
                let is_below = |inner: &str, outer: &str| {
                    inner == outer
                        || inner
                            .strip_prefix(outer)
                            .is_some_and(|rest| rest.starts_with(['.', '[']))
                };
                is_below(place, &set) || is_below(&set, place)
            })
            .cloned()
            .collect();
        if blamed.is_empty() {
            return None;
        }
        for keys in blamed {
            draft.candidate.values.remove(&keys);
        }
        Some(self.draft(&draft.candidate))
    }

    /// Puts a value at a path, in the first item where the path says any.
    fn put(&self, at: &mut Json, path: &Path, depth: usize, value: Json) {
        let Some(step) = path.get(depth) else {
            *at = value;
            return;
        };
        match step {
            Step::Key(key) => {
                if !at.is_object() {
                    *at = Json::Object(Map::new());
                }
                let Json::Object(map) = at else { return };
                if value.is_null() && depth + 1 == path.len() {
                    map.shift_remove(&**key);
                    return;
                }
                self.put(map.entry(key.to_string()).or_insert(Json::Null), path, depth + 1, value);
            }
            Step::Any => {
                let list: Path = path[..depth].to_vec();
                if !is_true(at) {
                    let item = self.new_item(&list);
                    *at = if at.is_object() || self.is_map(&list) {
                        json!({ "explore": item })
                    } else {
                        json!([item])
                    };
                }
                let first = match at {
                    Json::Array(items) => items.first_mut(),
                    Json::Object(map) => map.values_mut().next(),
                    _ => None,
                };
                if let Some(first) = first {
                    self.put(first, path, depth + 1, value);
                }
            }
        }
    }

    /// A value with which a test comes out as wanted.
    fn wanted(&self, atom: &Atom, is_met: bool, path: &Path, current: &Json, variant: usize) -> Option<(Json, Origin)> {
        let pick = |options: Vec<(Json, Origin)>| {
            let last = options.len().checked_sub(1)?;
            options.into_iter().nth(variant.min(last))
        };
        let chart = |value: Json| Some((value, Origin::Chart));
        let made = |value: Json| Some((value, Origin::Invented));
        match (atom, is_met) {
            (Atom::Truthy(_) | Atom::Present(_), true) => pick(self.filled(path, current)),
            (Atom::Truthy(_), false) if current.is_boolean() && variant == 0 => chart(Json::Bool(false)),
            (Atom::Truthy(_), false) => pick(vec![emptied(current), (Json::Null, Origin::Emptied)]),
            (Atom::Equals(_, Constant::Null), true) | (Atom::Present(_), false) => Some((Json::Null, Origin::Emptied)),
            (Atom::Kind(_, kind), true) if &**kind == "invalid" => Some((Json::Null, Origin::Emptied)),
            (Atom::Equals(_, constant), true) => {
                let value = json_of_constant(constant);
                // What prints so, where the schema takes no text: `toString` may be between.
                if let Constant::Text(text) = constant
                    && self.is_forbidden(path, &value)
                    && let Ok(value) = serde_json::from_str::<Json>(text)
                    && !self.is_forbidden(path, &value)
                {
                    return chart(value);
                }
                // A text in place of a map is none of what the chart offers.
                let is_offered =
                    !current.is_object() && !current.is_array() && constant.is_true() || current.is_boolean();
                let origin = if is_offered { Origin::Chart } else { Origin::Invented };
                Some((json_of_constant(constant), origin))
            }
            (Atom::Equals(_, constant), false) => pick(self.other(path, current, constant)),
            (Atom::Greater(_, number), true) => made(json!(number.saturating_add(1))),
            (Atom::Greater(_, number), false) => made(json!(number)),
            (Atom::Longer(_, number), true) => {
                let mut items = match current {
                    Json::Array(items) => items.clone(),
                    _ => Vec::new(),
                };
                let wanted = usize::try_from(*number)
                    .ok()?
                    .checked_add(1)
                    .filter(|wanted| *wanted <= 16)?;
                while items.len() < wanted {
                    let item = items.last().cloned().unwrap_or_else(|| self.new_item(path));
                    items.push(renamed(item, items.len()));
                }
                made(Json::Array(items))
            }
            (Atom::Longer(_, number), false) => match current {
                Json::Array(items) => {
                    let wanted = usize::try_from(*number).ok()?;
                    made(Json::Array(items.iter().take(wanted).cloned().collect()))
                }
                _ => None,
            },
            (Atom::Kind(_, kind), true) => self.of_kind(path, current, kind),
            // Anything, as far as the schema takes it.
            (Atom::Kind(_, kind), false) if &**kind == "invalid" => pick(self.filled(path, &Json::Null)),
            (Atom::Kind(_, kind), false) => {
                let others: &[&str] = match &**kind {
                    "map" => &["slice", "string"],
                    "slice" => &["map", "string"],
                    "string" => &["map", "slice", "bool"],
                    _ => &["string"],
                };
                let options = others.iter().filter_map(|kind| self.of_kind(path, &Json::Null, kind));
                pick(options.collect())
            }
            (Atom::Contains(_, constant), true) => match current {
                Json::Array(items) => {
                    let more = std::iter::once(json_of_constant(constant));
                    chart(Json::Array(items.iter().cloned().chain(more).collect()))
                }
                Json::Object(_) => None,
                Json::String(text) if !text.is_empty() => match constant {
                    Constant::Text(part) => made(json!(format!("{text}{part}"))),
                    _ => None,
                },
                _ if self.conditions.shape.at(path).is_some_and(|shape| shape.item.is_some()) || variant > 0 => {
                    chart(json!([json_of_constant(constant)]))
                }
                _ => made(json_of_constant(constant)),
            },
            (Atom::Contains(_, constant), false) => {
                let part = json_of_constant(constant);
                match current {
                    Json::Array(items) => chart(Json::Array(
                        items.iter().filter(|item| **item != part).cloned().collect(),
                    )),
                    Json::String(_) => pick(self.other(path, current, constant)),
                    _ => None,
                }
            }
            (Atom::Prefix(_, part), true) => made(json!(format!("{part}explore"))),
            (Atom::Suffix(_, part), true) => made(json!(format!("explore{part}"))),
            (Atom::Matches(_, pattern), true) => made(json!(text_like(pattern)?)),
            (Atom::Prefix(..) | Atom::Suffix(..) | Atom::Matches(..), false) => made(json!("explore")),
            _ => None,
        }
    }
}

/// The values at a path; one for each item where the path says any.
fn look<'a>(values: &'a Json, path: &[Step]) -> Vec<Option<&'a Json>> {
    const MOST: usize = 64;
    let mut found = vec![Some(values)];
    for step in path {
        let mut next = Vec::new();
        for value in found {
            match (step, value) {
                (Step::Key(key), value) => next.push(value.and_then(|value| value.get(&**key))),
                (Step::Any, Some(Json::Array(items))) => next.extend(items.iter().map(Some)),
                (Step::Any, Some(Json::Object(map))) => next.extend(map.values().map(Some)),
                (Step::Any, _) => {}
            }
        }
        next.truncate(MOST);
        found = next;
    }
    found
}

#[expect(clippy::cast_precision_loss, reason = "numbers in conditions are small")]
fn float(number: i64) -> f64 {
    number as f64
}

fn test(atom: &Atom, value: &Json, is_there: bool) -> bool {
    let text = || value.as_str().map(str::to_owned).unwrap_or_default();
    match atom {
        Atom::Truthy(_) => is_true(value),
        Atom::Equals(_, constant) => match (constant, value) {
            (Constant::Int(number), Json::Number(value)) => value.as_f64() == Some(float(*number)),
            // `toString` and the like may be between.
            (Constant::Text(text), Json::Bool(value)) => **text == *value.to_string(),
            (Constant::Text(text), Json::Number(value)) => **text == *value.to_string(),
            (constant, value) => json_of_constant(constant) == *value,
        },
        Atom::Greater(_, number) => match value {
            Json::Number(value) => value.as_f64().is_some_and(|value| value > float(*number)),
            Json::String(text) => text.parse::<i64>().is_ok_and(|value| value > *number),
            _ => 0 > *number,
        },
        Atom::Longer(_, number) => {
            let length = match value {
                Json::Array(items) => items.len(),
                Json::Object(map) => map.len(),
                Json::String(text) => text.len(),
                _ => 0,
            };
            i64::try_from(length).is_ok_and(|length| length > *number)
        }
        Atom::Present(_) => is_there,
        Atom::Kind(_, kind) => kind_of(value) == &**kind,
        Atom::Contains(_, constant) => match value {
            Json::Array(items) => items.contains(&json_of_constant(constant)),
            Json::String(text) => matches!(constant, Constant::Text(part) if text.contains(&**part)),
            _ => false,
        },
        Atom::Prefix(_, part) => text().starts_with(&**part),
        Atom::Suffix(_, part) => text().ends_with(&**part),
        Atom::Matches(_, pattern) => Regexp::compile(pattern).is_ok_and(|regexp| regexp.is_match(&text())),
        Atom::Served(_) | Atom::Upgrade | Atom::Version(_) => false,
    }
}

/// A value that Go's `if` takes for false, of the type of the present one. A map is removed, because given maps are merged into it.
pub(super) fn emptied(current: &Json) -> (Json, Origin) {
    let value = match current {
        Json::Bool(_) => Json::Bool(false),
        Json::String(_) => json!(""),
        Json::Number(_) => json!(0),
        Json::Array(_) => json!([]),
        Json::Null | Json::Object(_) => Json::Null,
    };
    (value, Origin::Emptied)
}

/// A further item of a list, with a name of its own if it has one.
fn renamed(mut item: Json, at: usize) -> Json {
    if let Some(Json::String(name)) = item.get_mut("name") {
        name.push_str(&format!("-{at}"));
    }
    item
}
