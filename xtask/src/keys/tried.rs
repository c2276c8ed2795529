//! Tries one key in all configurations.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use promchart::system::Seeded;
use serde_json::Value as Json;

use super::list::{LIST, List, Needs, matches};
use super::schema::{Key, at, nested};
use crate::helm::{promchart, root, template};
use crate::values::{Draw, merge};

/// The name of the configuration with what a key needs.
const OWN: &str = "own";

/// The maximum number of values tried for a key until one has an effect.
const TRIES: usize = 4;

/// The number of draws for these values.
const DRAWS: usize = 40;

/// A configuration in which keys are tried.
pub(crate) struct Base {
    values: Json,
    effective: Json,
    output: Vec<u8>,
}

#[derive(Clone, PartialEq)]
pub(crate) enum Outcome {
    Changed,
    Refused,
    Waits,
    Excused,
    Silent(String),
}

/// The configurations that keys need, cached by their values.
pub(crate) type Owns = Mutex<BTreeMap<String, Arc<Result<Base, Vec<String>>>>>;

/// The state of a thread that tries keys.
pub(crate) struct Tried<'a> {
    pub(crate) schema: &'a Json,
    pub(crate) defaults: &'a Json,
    pub(crate) list: &'a List,
    pub(crate) bases: &'a BTreeMap<&'a str, Base>,
    pub(crate) own: &'a Owns,
    /// The name of its values file.
    pub(crate) file: String,
}

impl Tried<'_> {
    /// Tries a key in all modes.
    pub(crate) fn key(&self, key: &Key) -> Result<Vec<(String, Outcome)>, String> {
        let name = key.name();
        let needs: Vec<(&Needs, &str)> = self
            .list
            .keys
            .iter()
            .filter_map(|needs| Some((needs, matches(&needs.pattern, &name)?)))
            .collect();
        let mut found = Vec::new();
        if !key.is_in_entry {
            for mode in &self.list.modes {
                let is_meant =
                    mode.only.is_empty() || mode.only.iter().any(|pattern| matches(pattern, &name).is_some());
                if is_meant && let Some(base) = self.bases.get(&*mode.name) {
                    found.push((mode.name.clone(), self.mode(key, &needs, &mode.name, base)?));
                }
            }
        }
        let is_changed = found.iter().any(|(_, outcome)| *outcome == Outcome::Changed);
        let has_needs = needs
            .iter()
            .any(|(needs, _)| !needs.with.is_empty() || needs.mode.is_some());
        if key.is_in_entry || (has_needs || !key.required.is_empty()) && !is_changed {
            let has_components = ["pushgateway.", "nodeExporter.", "networkPolicy."]
                .iter()
                .any(|block| name.contains(block));
            let usual = if has_components { "components" } else { "defaults" };
            let mode = needs
                .iter()
                .find_map(|(needs, _)| needs.mode.as_deref())
                .unwrap_or(usual);
            let on = self.bases.get(mode).ok_or_else(|| format!("{LIST}: no mode {mode}"))?;
            let mut values = on.values.clone();
            for (path, value) in with(&needs) {
                if value.is_null() {
                    remove(&mut values, &path);
                } else {
                    merge(&mut values, nested(&path, value));
                }
            }
            for (path, schema) in &key.required {
                let mut effective = self.defaults.clone();
                merge(&mut effective, values.clone());
                if at(&effective, path).is_none_or(is_empty) {
                    let mut draw = Draw::new(self.schema, Seeded::new(1));
                    merge(&mut values, nested(path, draw.some(schema, 1)));
                }
            }
            let outcome = match &*self.own(values)? {
                Ok(base) => self.mode(key, &needs, OWN, base)?,
                // The block that contains the key is rejected.
                Err(problems) if problems.iter().any(|line| names(line, &name)) => Outcome::Refused,
                Err(problems) => Outcome::Silent(format!("what it needs is refused: {}", problems.join("; "))),
            };
            found.push((OWN.to_owned(), outcome));
        }
        Ok(found)
    }

    /// A configuration that keys need, rendered only once.
    fn own(&self, values: Json) -> Result<Arc<Result<Base, Vec<String>>>, String> {
        let name = values.to_string();
        let known = self
            .own
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&name)
            .cloned();
        if let Some(own) = known {
            return Ok(own);
        }
        let own = Arc::new(base(values, self.defaults, &self.file)?);
        self.own
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, Arc::clone(&own));
        Ok(own)
    }

    /// Tries a key in one mode.
    fn mode(&self, key: &Key, needs: &[(&Needs, &str)], mode: &str, base: &Base) -> Result<Outcome, String> {
        let name = key.name();
        if waits(&base.effective, &key.path) {
            return Ok(Outcome::Waits);
        }
        // The error may name something that the key needs instead.
        let beside: Vec<String> = if mode == OWN {
            Vec::new()
        } else {
            with(needs).iter().map(|(path, _)| path.join(".")).collect()
        };
        let is_named = |line: &str| names(line, &name) || beside.iter().any(|path| names(line, path));
        let default = at(&base.effective, &key.path).cloned().unwrap_or_default();
        let candidates = match needs.iter().rev().find(|(needs, _)| !needs.values.is_empty()) {
            Some((needs, _)) => needs.values.clone(),
            None => self.candidates(key, &default),
        };
        let mut problem = "no other value is known".to_owned();
        let (mut left, mut invalid) = (TRIES, 0);
        for value in candidates {
            if left == 0 {
                break;
            }
            if value == default {
                continue;
            }
            let mut values = base.values.clone();
            merge(&mut values, nested(&key.path, value.clone()));
            match render(&values, &self.file)? {
                Ok(output) if output != base.output => return Ok(Outcome::Changed),
                Ok(_) => {
                    left -= 1;
                    problem = format!("{value} has no effect");
                }
                Err(message) => match problems_in(&message) {
                    Some(lines) if lines.iter().any(|line| is_named(line)) => return Ok(Outcome::Refused),
                    Some(lines) => {
                        left -= 1;
                        problem = format!("{value} is refused, but not by its name: {}", lines.join("; "));
                    }
                    // The schema rejects the value, or requires something that the key needs.
                    None if message.contains("specifications of the schema") => {
                        if mode != OWN && !(beside.is_empty() && key.required.is_empty()) {
                            return Ok(Outcome::Refused);
                        }
                        invalid += 1;
                        if invalid > TRIES {
                            break;
                        }
                        if problem.starts_with("no other") {
                            problem = format!("the schema takes no {value}");
                        }
                    }
                    None => {
                        left -= 1;
                        let first = message.lines().next().unwrap_or_default();
                        problem = format!("{value} breaks the render: {first}");
                    }
                },
            }
        }
        if self.list.excuses(&name, Some(mode)) {
            return Ok(Outcome::Excused);
        }
        Ok(Outcome::Silent(problem))
    }

    /// Values of a key other than its default, the likely ones first. The result is deterministic.
    fn candidates(&self, key: &Key, default: &Json) -> Vec<Json> {
        let seed = key.name().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut draw = Draw::new(self.schema, Seeded::new(seed));
        let mut candidates = Vec::new();
        if let Some(options) = key.schema.get("enum").and_then(Json::as_array) {
            candidates.extend(options.iter().filter(|value| !is_empty(value)).cloned());
        }
        match default {
            Json::Bool(on) => candidates.push(Json::Bool(!on)),
            Json::Number(number) => candidates.extend(number.as_i64().map(|number| Json::from(number + 1))),
            Json::String(text) => candidates.extend(more(text)),
            _ => {}
        }
        let mut place = key.schema.clone();
        if let Some(place) = place.as_object_mut() {
            place.remove("default");
        }
        for _ in 0..DRAWS {
            let value = draw.some(&place, 1);
            if !is_empty(&value) && !candidates.contains(&value) {
                candidates.push(value);
            }
        }
        if candidates.is_empty() && key.schema.get("type").and_then(Json::as_str) == Some("object") {
            candidates.push(serde_json::json!({ "a": "b" }));
        }
        candidates.truncate(TRIES * 2);
        candidates
    }
}

/// The values that keys need, by path.
fn with(needs: &[(&Needs, &str)]) -> Vec<(Vec<String>, Json)> {
    let all = needs
        .iter()
        .flat_map(|(needs, star)| needs.with.iter().map(move |with| (with, star)));
    all.map(|((path, value), star)| {
        let path = path.replace('*', star);
        (path.split('.').map(str::to_owned).collect(), value.clone())
    })
    .collect()
}

/// Removes a value that a more general pattern set.
fn remove(values: &mut Json, path: &[String]) {
    if let Some((last, above)) = path.split_last()
        && let Some(block) = above.iter().try_fold(values, |value, step| value.get_mut(step))
        && let Some(block) = block.as_object_mut()
    {
        block.remove(last);
    }
}

/// The text with its leading number incremented: `15d` becomes `16d`.
fn more(text: &str) -> Option<Json> {
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let number: u64 = text.get(..digits)?.parse().ok()?;
    Some(Json::from(format!("{}{}", number + 1, &text[digits..])))
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Renders a configuration: its output, or the problems for which it is rejected.
pub(crate) fn base(values: Json, defaults: &Json, name: &str) -> Result<Result<Base, Vec<String>>, String> {
    let mut effective = defaults.clone();
    merge(&mut effective, values.clone());
    Ok(render(&values, name)?
        .map(|output| Base {
            values,
            effective,
            output,
        })
        .map_err(|message| problems_in(&message).unwrap_or_else(|| vec![message])))
}

/// The problems in an error of the chart's guards.
fn problems_in(message: &str) -> Option<Vec<String>> {
    let (_, rest) = message.split_once("these values do not go together:")?;
    let lines = rest.lines().map(str::trim).skip(1);
    Some(lines.take_while(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// Whether an error line names a key: the key anywhere, or at the start a block that contains it or a part of it.
fn names(line: &str, key: &str) -> bool {
    let (subject, _) = line.split_once(": ").unwrap_or((line, ""));
    let is_part = |whole: &str, part: &str| {
        part.strip_prefix(whole)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    is_part(subject, key)
        || is_part(key, subject)
        || line
            .split([' ', ',', ';', ':'])
            .map(|word| word.trim_end_matches('.'))
            .any(|word| is_part(key, word) || word.contains('.') && is_part(word, key))
}

/// Whether a block above the key is switched off.
fn waits(values: &Json, path: &[String]) -> bool {
    (1..path.len()).any(|depth| {
        let block = at(values, &path[..depth]);
        ["enabled", "create"].into_iter().any(|switch| {
            let is_off = block.and_then(|block| block.get(switch)) == Some(&Json::Bool(false));
            is_off && path[depth] != switch
        })
    })
}

/// Renders the chart with values: the output or the error message.
fn render(values: &Json, name: &str) -> Result<Result<Vec<u8>, String>, String> {
    let folder = root().join("target/chart-keys");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let file = folder.join(format!("{name}-{}.json", std::process::id()));
    fs::write(&file, values.to_string()).map_err(|error| error.to_string())?;
    let arguments: Vec<String> = ["prom", "chart", "-n", "monitoring", "--seed", "1", "-f"]
        .map(str::to_owned)
        .into_iter()
        .chain([file.display().to_string()])
        .collect();
    let output = template(&promchart()?, &root(), &arguments)?;
    fs::remove_file(&file).map_err(|error| error.to_string())?;
    Ok(if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    })
}
