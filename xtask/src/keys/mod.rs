//! Checks that each key of the chart's values, set to anything but its default, changes the output or is rejected by
//! name: no setting is silently ignored.
//!
//! The keys are those of `chart/values.schema.json` and `chart/values.yaml`. Each is tried in the configurations listed
//! as `modes` in `tests/suite/chart/keys.yaml`, and on top of what it needs (`keys` in that file). In each mode it must
//! change the output or be rejected, unless a switch above it is off (`enabled`, `create`: Helm's convention) or it is
//! `excused` with a reason. In at least one mode it must change the output.

mod list;
mod schema;
mod tried;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use promchart::source::{Source, SourceKind, Sources};
use serde_json::Value as Json;

use self::list::{LIST, List};
use self::schema::{Key, leaves, place};
use self::tried::{Base, Outcome, Owns, Tried, base};
use crate::helm::root;

/// A key with its outcome in each mode.
type Found = (String, Vec<(String, Outcome)>);

/// Tries all keys whose names begin with a text.
pub(crate) fn check(part: &str) -> Result<(), String> {
    let schema: Json = read_json("chart/values.schema.json")?;
    let defaults = read_yaml("chart/values.yaml")?;
    let list = list::list()?;
    let mut keys = schema::keys(&schema);
    let known: BTreeSet<String> = keys.iter().map(Key::name).collect();
    let mut given = Vec::new();
    leaves(&defaults, &mut Vec::new(), &mut given);
    for path in given {
        let is_new = !known.contains(&path.join("."));
        if is_new && let Some(schema) = place(&schema, &path) {
            keys.push(Key {
                path,
                schema,
                is_in_entry: false,
                required: Vec::new(),
            });
        }
    }
    let total = keys.len();
    keys.retain(|key| key.name().starts_with(part));
    let bases: BTreeMap<&str, Base> = list
        .modes
        .iter()
        .map(|mode| {
            let base = base(mode.values.clone(), &defaults, &mode.name)?;
            Ok((
                &*mode.name,
                base.map_err(|problems| format!("{LIST}: {}: {}", mode.name, problems.join("; ")))?,
            ))
        })
        .collect::<Result<_, String>>()?;
    let next = AtomicUsize::new(0);
    let own = Owns::default();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let work = |number: usize| {
        let mut found = Vec::new();
        while let Some(key) = keys.get(next.fetch_add(1, Ordering::Relaxed)) {
            let tried = Tried {
                schema: &schema,
                defaults: &defaults,
                list: &list,
                bases: &bases,
                own: &own,
                file: format!("{number}"),
            };
            found.push((key.name(), tried.key(key)?));
        }
        Ok(found)
    };
    let found: Vec<Result<Vec<Found>, String>> = thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|number| scope.spawn(move || work(number))).collect();
        let done = started.into_iter().map(thread::ScopedJoinHandle::join);
        done.map(|found| found.unwrap_or_else(|_| Err("a thread panicked".to_owned())))
            .collect()
    });
    let mut found: Vec<_> = found
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    report(&found, &list, part, total)
}

/// Prints statistics, and all results if only some keys were tried. Fails if a key is silently ignored.
fn report(found: &[Found], list: &List, part: &str, total: usize) -> Result<(), String> {
    let mut problems = Vec::new();
    let mut counts = BTreeMap::<&str, [usize; 4]>::new();
    for (key, outcomes) in found {
        for (mode, outcome) in outcomes {
            let count = counts.entry(mode).or_default();
            let word = match outcome {
                Outcome::Changed => {
                    count[0] += 1;
                    "changes the output"
                }
                Outcome::Refused => {
                    count[1] += 1;
                    "is refused"
                }
                Outcome::Excused => {
                    count[2] += 1;
                    "is excused"
                }
                Outcome::Waits => {
                    count[3] += 1;
                    "waits for a switch"
                }
                Outcome::Silent(problem) => {
                    problems.push(format!("{key}: in mode {mode}: {problem}"));
                    "is silent"
                }
            };
            if !part.is_empty() {
                println!("{key}: in mode {mode}: {word}");
            }
        }
        let is_changed = outcomes.iter().any(|(_, outcome)| *outcome == Outcome::Changed);
        let is_silent = outcomes
            .iter()
            .any(|(_, outcome)| matches!(outcome, Outcome::Silent(_)));
        if !is_changed && !is_silent && !list.excuses(key, None) {
            problems.push(format!(
                "{key}: changes the output nowhere; say in {LIST} what it needs"
            ));
        }
    }
    println!("{} of {total} keys:", found.len());
    for (mode, [changed, refused, excused, waits]) in counts {
        println!(
            "  {mode}: {changed} change the output, {refused} are refused, {excused} excused, {waits} wait for a switch"
        );
    }
    let idle: Vec<String> = list
        .excused
        .iter()
        .filter(|excused| !excused.is_used.load(Ordering::Relaxed))
        .map(|excused| excused.patterns.join(", "))
        .collect();
    if part.is_empty() && !idle.is_empty() {
        problems.push(format!("{LIST}: excused without need: {}", idle.join("; ")));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

fn read_yaml(path: &str) -> Result<Json, String> {
    let text = fs::read(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
    let sources = Sources::new();
    let length = text.len();
    let file = sources.add(Source::new(path, SourceKind::Made, text));
    let parsed =
        promchart::yaml::parse(&sources.get(file), file, 0..length).map_err(|_| format!("{path} is no YAML"))?;
    Ok(parsed.node.to_json(&|float| Json::from(float)))
}

fn read_json(path: &str) -> Result<Json, String> {
    let text = fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))
}
