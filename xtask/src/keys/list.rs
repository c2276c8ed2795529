//! The configuration of the key check: `tests/suite/chart/keys.yaml`.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value as Json;

use super::read_yaml;

pub(crate) const LIST: &str = "tests/suite/chart/keys.yaml";

/// The contents of the list.
pub(crate) struct List {
    pub(crate) modes: Vec<Mode>,
    pub(crate) keys: Vec<Needs>,
    pub(crate) excused: Vec<Excused>,
}

/// A named configuration.
pub(crate) struct Mode {
    pub(crate) name: String,
    pub(crate) values: Json,
    /// Patterns of the keys to try in it; if empty, all keys.
    pub(crate) only: Vec<String>,
}

/// The prerequisites of keys: values without which they have no effect.
pub(crate) struct Needs {
    pub(crate) pattern: String,
    pub(crate) values: Vec<Json>,
    pub(crate) with: Vec<(String, Json)>,
    pub(crate) mode: Option<String>,
}

/// Keys that may have no effect.
pub(crate) struct Excused {
    pub(crate) patterns: Vec<String>,
    /// The modes in which they may have none. If none are given, the keys need not have an effect in any mode.
    pub(crate) modes: Option<Vec<String>>,
    pub(crate) is_used: AtomicBool,
}

impl List {
    /// Whether a key may have no effect in a mode or, without a mode, anywhere.
    pub(crate) fn excuses(&self, key: &str, mode: Option<&str>) -> bool {
        self.excused.iter().any(|excused| {
            let is_here = match (&excused.modes, mode) {
                (Some(modes), Some(mode)) => modes.iter().any(|name| matches(name, mode).is_some()),
                (None, None) => true,
                _ => false,
            };
            let is_meant = is_here && excused.patterns.iter().any(|pattern| matches(pattern, key).is_some());
            if is_meant {
                excused.is_used.store(true, Ordering::Relaxed);
            }
            is_meant
        })
    }
}

/// The text matched by the first `*` of a pattern; none if the pattern does not match. Each `*` matches any text.
pub(crate) fn matches<'a>(pattern: &str, text: &'a str) -> Option<&'a str> {
    let Some((before, after)) = pattern.split_once('*') else {
        return (pattern == text).then_some("");
    };
    let rest = text.strip_prefix(before)?;
    (0..=rest.len())
        .filter(|cut| rest.is_char_boundary(*cut))
        .find(|cut| matches(after, &rest[*cut..]).is_some())
        .map(|cut| &rest[..cut])
}

/// Reads the list.
pub(crate) fn list() -> Result<List, String> {
    let text = read_yaml(LIST)?;
    let block = |name: &str| {
        text.get(name)
            .and_then(Json::as_object)
            .ok_or_else(|| format!("{LIST}: no block {name}"))
    };
    let texts = |entry: &Json, name: &str| {
        let items = entry.get(name)?.as_array()?;
        Some(
            items
                .iter()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    };
    let known = |place: &str, entry: &Json, fields: &[&str]| match entry.as_object() {
        Some(map) if map.keys().all(|field| fields.contains(&&**field)) => Ok(()),
        _ => Err(format!("{LIST}: {place}: expected a block of {}", fields.join(", "))),
    };
    let mut modes = Vec::new();
    for (name, entry) in block("modes")? {
        known(name, entry, &["values", "only"])?;
        modes.push(Mode {
            name: name.clone(),
            values: entry.get("values").cloned().unwrap_or_default(),
            only: texts(entry, "only").unwrap_or_default(),
        });
    }
    let mut keys = Vec::new();
    for (pattern, entry) in block("keys")? {
        known(pattern, entry, &["value", "values", "with", "mode"])?;
        let values = entry
            .get("values")
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default();
        keys.push(Needs {
            pattern: pattern.clone(),
            values: entry.get("value").cloned().into_iter().chain(values).collect(),
            with: entry
                .get("with")
                .and_then(Json::as_object)
                .into_iter()
                .flatten()
                .map(|(path, value)| (path.clone(), value.clone()))
                .collect(),
            mode: entry.get("mode").and_then(Json::as_str).map(str::to_owned),
        });
    }
    let mut excused = Vec::new();
    for entry in text.get("excused").and_then(Json::as_array).into_iter().flatten() {
        known("excused", entry, &["keys", "in", "because"])?;
        if entry.get("because").and_then(Json::as_str).is_none_or(str::is_empty) {
            return Err(format!("{LIST}: {entry}: excused without a reason"));
        }
        excused.push(Excused {
            patterns: texts(entry, "keys").unwrap_or_default(),
            modes: texts(entry, "in"),
            is_used: AtomicBool::new(false),
        });
    }
    Ok(List { modes, keys, excused })
}
