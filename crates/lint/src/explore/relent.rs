//! Gives up values that were set at random where a guard or the schema refuses them.

use std::sync::Arc;

use serde_json::Value as Json;

use super::super::usage::value::{Path, Step};
use super::candidate::{Candidate, Keys, Origin};
use super::guards::keys_in;
use super::invent::Knowledge;
use super::likely::is_true;
use super::mixing::Dice;
use super::sample::of_schema;
use super::search::Search;
use diagnostics::Diagnostic;

impl Search<'_> {
    /// Changes a candidate as a line of a refusal says, which begins with a place. `count` is how often the place was named before.
    pub(super) fn relent(&mut self, candidate: &mut Candidate, place: &str, line: &str, count: usize) -> bool {
        let dice = &mut self.mixing.dice;
        let others = || keys_in(line).filter(|key| key.contains('.') && *key != place);
        // Two values that exclude each other: either may go.
        let is_set = |key: &&str| {
            let keys: Keys = key.split('.').map(Arc::from).collect();
            candidate.values.contains_key(&keys)
        };
        let other = others().find(is_set).filter(|_| dice.happens(40));
        if let Some(other) = other {
            return self.knowledge.give_way(candidate, (other, "", 1), dice);
        }
        let gives_way = self.knowledge.give_way(candidate, (place, line, count), dice);
        if gives_way && count < 2 {
            return true;
        }
        // What is at its default, or is named again, has nothing to give: what is beside it has, or what else is named.
        let mut is_changed = gives_way;
        let outer = place.rsplit_once('.').map(|(outer, _)| outer);
        for key in outer.into_iter().filter(|outer| outer.contains('.')).chain(others()) {
            is_changed |= self.knowledge.give_way(candidate, (key, "", 1), dice);
        }
        is_changed
    }
}

/// The places that a refusal names, each at the begin of a line, with the line.
pub(super) fn places(error: &Diagnostic) -> Vec<(String, &str)> {
    let is_of_place = |c: char| c.is_ascii_alphanumeric() || "-_.[]/".contains(c);
    let message = error.message.strip_prefix("unknown key ").unwrap_or(&error.message);
    let lines = message.lines().map(str::trim);
    let found = lines.filter_map(|line| {
        let place = line.split(": ").next().unwrap_or(line);
        (place.len() > 1 && place.chars().all(is_of_place)).then(|| (place.to_owned(), line))
    });
    found.collect()
}

impl Knowledge {
    /// Sets what a refusal names if it says that it is needed, else takes it away, or at first most of it. Tells whether anything has
    /// changed. `count` is how often it was named before.
    pub(super) fn give_way(
        &self,
        candidate: &mut Candidate,
        (place, line, count): (&str, &str, usize),
        dice: &mut Dice,
    ) -> bool {
        const NEEDS: [&str; 5] = ["need", "requir", "missing", "empty", "must "];
        let steps: Vec<&str> = place
            .split(['.', '['])
            .map(|step| step.trim_end_matches(']'))
            .filter(|step| !step.is_empty())
            .collect();
        if steps.is_empty() {
            return false;
        }
        let path: Path = steps
            .iter()
            .map(|step| match step.parse::<usize>() {
                Ok(_) => Step::Any,
                Err(_) => Step::Key((*step).into()),
            })
            .collect();
        let is_needed = count == 0 && NEEDS.iter().any(|word| line.contains(word));
        let values = if is_needed {
            candidate.over(&self.defaults)
        } else {
            Json::Null
        };
        if is_needed
            && !at(&values, &steps).is_some_and(is_true)
            && let Some((last, outer)) = steps.split_last()
            && at(&values, outer).is_some_and(Json::is_object)
            && let Some((root, schema)) = self.schema(&path)
            && let Some(value) = of_schema(root, schema, last, 1, dice).filter(is_true)
        {
            let set = candidate
                .values
                .keys()
                .find(|set| set.len() <= steps.len() && set.iter().zip(&steps).all(|(key, step)| **key == **step));
            match set.cloned() {
                Some(keys) if keys.len() < steps.len() => {
                    let Some((whole, _)) = candidate.values.get_mut(&keys) else {
                        return false;
                    };
                    if let Some(Json::Object(map)) = at_mut(whole, &outer[keys.len()..]) {
                        map.insert((*last).to_owned(), value);
                        return true;
                    }
                }
                _ if !path.contains(&Step::Any) => {
                    let keys = steps.iter().map(|step| Arc::from(*step)).collect();
                    candidate.set(keys, value, Origin::Invented);
                    return true;
                }
                _ => {}
            }
        }
        let all: Vec<Keys> = candidate.values.keys().cloned().collect();
        let mut is_changed = false;
        for keys in all {
            let common = keys
                .iter()
                .zip(&steps)
                .take_while(|(key, step)| ***key == ***step)
                .count();
            if common == steps.len() {
                candidate.values.remove(&keys);
                is_changed = true;
            } else if common == keys.len()
                && let Some((value, _)) = candidate.values.get_mut(&keys)
            {
                let mut dice = (count == 0).then_some(&mut *dice);
                if !remove(value, &steps[common..], &mut dice) || !is_true(value) {
                    candidate.values.remove(&keys);
                }
                is_changed = true;
            }
        }
        is_changed
    }
}

fn at<'a>(value: &'a Json, steps: &[&str]) -> Option<&'a Json> {
    steps.iter().try_fold(value, |value, step| match value {
        Json::Array(items) => items.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    })
}

fn at_mut<'a>(value: &'a mut Json, steps: &[&str]) -> Option<&'a mut Json> {
    steps.iter().try_fold(value, |value, step| match value {
        Json::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        value => value.get_mut(step),
    })
}

/// Removes the innermost of what is there on a path; tells whether something was. Of several things in it, one stays at first: they
/// may exclude each other.
fn remove(value: &mut Json, steps: &[&str], dice: &mut Option<&mut Dice>) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return false;
    };
    match value {
        Json::Object(map) => {
            let Some(inner) = map.get_mut(*step) else { return false };
            if !rest.is_empty() && remove(inner, rest, dice) {
                return true;
            }
            match (inner, dice) {
                (Json::Object(inner), Some(dice)) if rest.is_empty() && inner.len() > 1 => {
                    let kept = dice.below(inner.len());
                    let mut at = 0..;
                    inner.retain(|_, _| at.next() == Some(kept));
                }
                _ => _ = map.shift_remove(*step),
            }
            true
        }
        Json::Array(items) => {
            let Some(at) = step.parse::<usize>().ok().filter(|at| *at < items.len()) else {
                return false;
            };
            if rest.is_empty() || !remove(&mut items[at], rest, dice) {
                items.remove(at);
            }
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_innermost_goes_and_of_several_one_stays_at_first() {
        let mut value = json!({"main": {"auth": {"basic": 1, "token": 2}, "items": [{"a": 1}, {"b": 2}]}});
        let mut dice = Dice::default();
        assert!(remove(&mut value, &["main", "auth", "none"], &mut None));
        assert_eq!(value, json!({"main": {"items": [{"a": 1}, {"b": 2}]}}));
        assert!(remove(&mut value, &["main", "items", "1", "b"], &mut None));
        assert_eq!(value, json!({"main": {"items": [{"a": 1}, {}]}}));
        assert!(!remove(&mut value, &["other"], &mut None));
        let mut value = json!({"auth": {"basic": 1, "token": 2}});
        assert!(remove(&mut value, &["auth"], &mut Some(&mut dice)));
        assert_eq!(value["auth"].as_object().map(serde_json::Map::len), Some(1));
    }

    #[test]
    fn lines_begin_with_places() {
        let message = "these values do not go together:\n  a.b[0].c: needs d\n  no place here: x\n  ef: gone";
        let error = Diagnostic::error("template-render", message);
        let places: Vec<String> = places(&error).into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, ["a.b[0].c", "ef"]);
    }
}
