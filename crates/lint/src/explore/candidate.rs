//! Sets of values that are tried: what is set besides what the user gives, and how it is written on a command line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use engine::stages::Request;

/// A path of keys.
pub(super) type Keys = Vec<Arc<str>>;

/// Where a value is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// The chart offers it: a switch, a constant that a template compares with, one of an enum.
    Chart,
    /// A comment or the schema shows it. Examples are often placeholders.
    Example,
    /// The present value was removed.
    Emptied,
    /// It was made up.
    Invented,
}

/// The values that are set besides the user's.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Candidate {
    /// Values by their paths, none of which begins with another one.
    pub(super) values: BTreeMap<Keys, (Json, Origin)>,
    /// API versions that the cluster serves.
    pub(super) served: BTreeSet<Arc<str>>,
    /// Whether an upgrade is rendered.
    pub(super) is_upgrade: bool,
}

/// One thing that a candidate sets.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    Value(Keys, Json, Origin),
    Served(Arc<str>),
    Upgrade,
}

impl Candidate {
    /// Sets a value; what is set below or above it stays, as far as both can be.
    pub(super) fn set(&mut self, keys: Keys, value: Json, origin: Origin) {
        for end in 1..keys.len() {
            if let Some((outer, outer_origin)) = self.values.get_mut(&keys[..end]) {
                put(outer, &keys[end..], value);
                *outer_origin = (*outer_origin).max(origin);
                return;
            }
        }
        let below: Vec<Keys> = self
            .values
            .range(keys.clone()..)
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(&keys))
            .filter(|path| path.len() > keys.len())
            .cloned()
            .collect();
        let mut value = value;
        let mut origin = origin;
        for path in below {
            if let Some((inner, inner_origin)) = self.values.remove(&path)
                && value.is_object()
            {
                put(&mut value, &path[keys.len()..], inner);
                origin = origin.max(inner_origin);
            }
        }
        self.values.insert(keys, (value, origin));
    }

    /// Whether it sets a path, something in it, or something around it.
    pub(super) fn touches(&self, keys: &Keys) -> bool {
        let mut from = self.values.range(keys.clone()..);
        from.next().is_some_and(|(path, _)| path.starts_with(keys))
            || (1..keys.len()).any(|end| self.values.contains_key(&keys[..end]))
    }

    /// Its settings, one by one.
    pub(super) fn settings(&self) -> Vec<Change> {
        let values = self
            .values
            .iter()
            .map(|(keys, (value, origin))| Change::Value(keys.clone(), value.clone(), *origin));
        let served = self.served.iter().map(|api| Change::Served(Arc::clone(api)));
        let upgrade = self.is_upgrade.then_some(Change::Upgrade);
        values.chain(served).chain(upgrade).collect()
    }

    /// The candidate that sets these.
    pub(super) fn of(settings: &[Change]) -> Self {
        let mut candidate = Self::default();
        for setting in settings {
            match setting {
                Change::Value(keys, value, origin) => candidate.set(keys.clone(), value.clone(), *origin),
                Change::Served(api) => _ = candidate.served.insert(Arc::clone(api)),
                Change::Upgrade => candidate.is_upgrade = true,
            }
        }
        candidate
    }

    /// Whether nothing is set.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.served.is_empty() && !self.is_upgrade
    }

    /// The values that templates see with it, where `known` are those without.
    pub(super) fn over(&self, known: &Json) -> Json {
        let mut values = known.clone();
        for (keys, (value, _)) in &self.values {
            merge_at(&mut values, keys, value);
        }
        values
    }

    /// Adds it to what is rendered.
    pub(super) fn apply(&self, request: &mut Request) {
        for (keys, (value, _)) in &self.values {
            match Flag::of(keys, value) {
                Flag::Set(text) => request.overrides.set.push(text),
                Flag::Json(text) => request.overrides.json.push(text),
            }
        }
        let served = self.served.iter().map(ToString::to_string);
        request.capabilities.api_versions.extend(served);
        request.release.is_upgrade |= self.is_upgrade;
    }

    /// The flags of `promchart lint` that say the same, quoted for a shell.
    pub(super) fn flags(&self) -> String {
        let values = self
            .values
            .iter()
            .map(|(keys, (value, _))| match Flag::of(keys, value) {
                Flag::Set(text) => format!("--set {}", quoted(&text)),
                Flag::Json(text) => format!("--set-json {}", quoted(&text)),
            });
        let served = self.served.iter().map(|api| format!("--api-versions {}", quoted(api)));
        let upgrade = self.is_upgrade.then(|| "--is-upgrade".to_owned());
        values.chain(served).chain(upgrade).collect::<Vec<_>>().join(" ")
    }

    /// Whether it sets nothing but what the chart offers.
    pub(super) fn is_of_chart(&self) -> bool {
        self.values.values().all(|(_, origin)| *origin == Origin::Chart)
    }

    /// The names of the sources that flags become whose values the chart does not offer.
    pub(super) fn made_up(&self) -> Vec<String> {
        let made_up = self.values.iter().filter(|(_, (_, origin))| *origin != Origin::Chart);
        made_up
            .map(|(keys, (value, _))| match Flag::of(keys, value) {
                Flag::Set(text) => format!("--set {text}"),
                Flag::Json(text) => format!("--set-json {text}"),
            })
            .collect()
    }
}

/// The flag that sets a value.
enum Flag {
    Set(String),
    Json(String),
}

impl Flag {
    fn of(keys: &Keys, value: &Json) -> Self {
        let path = written(keys);
        match value {
            Json::Null => Self::Set(format!("{path}=null")),
            Json::Bool(value) => Self::Set(format!("{path}={value}")),
            Json::Number(number) if number.is_i64() => Self::Set(format!("{path}={number}")),
            Json::String(text) if is_plain(text) => Self::Set(format!("{path}={text}")),
            value => Self::Json(format!("{path}={value}")),
        }
    }
}

/// Whether `--set` takes a text as it is, and as a text.
fn is_plain(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let goes_on = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    begins && text.chars().all(goes_on) && !matches!(text, "true" | "false" | "null")
}

/// A path as flags take it.
pub(super) fn written(keys: &Keys) -> String {
    let escaped = |key: &Arc<str>| {
        let mut text = String::new();
        for c in key.chars() {
            if matches!(c, '.' | ',' | '[' | ']' | '=' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        text
    };
    keys.iter().map(escaped).collect::<Vec<_>>().join(".")
}

/// A word as a POSIX shell reads it.
pub(super) fn quoted(text: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "-_./:@=,+".contains(c);
    if !text.is_empty() && text.chars().all(is_safe) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Puts a value below another one, with maps on the way.
fn put(outer: &mut Json, keys: &[Arc<str>], value: Json) {
    let mut at = outer;
    for key in keys {
        if !at.is_object() {
            *at = Json::Object(Map::new());
        }
        let Json::Object(map) = at else { return };
        at = map.entry(key.to_string()).or_insert(Json::Null);
    }
    *at = value;
}

/// Merges a value in as Helm does what the user gives: maps into maps, null takes away.
pub(super) fn merge_at(values: &mut Json, keys: &[Arc<str>], value: &Json) {
    let mut at = values;
    let Some((last, outer)) = keys.split_last() else { return };
    for key in outer {
        if !at.is_object() {
            *at = Json::Object(Map::new());
        }
        let Json::Object(map) = at else { return };
        at = map.entry(key.to_string()).or_insert(Json::Null);
    }
    if !at.is_object() {
        *at = Json::Object(Map::new());
    }
    let Json::Object(map) = at else { return };
    if value.is_null() {
        map.shift_remove(&**last);
        return;
    }
    merge(map.entry(last.to_string()).or_insert(Json::Null), value);
}

fn merge(known: &mut Json, value: &Json) {
    match (known, value) {
        (Json::Object(known), Json::Object(value)) => {
            for (key, value) in value {
                if value.is_null() {
                    known.shift_remove(key);
                } else {
                    merge(known.entry(key.clone()).or_insert(Json::Null), value);
                }
            }
        }
        (known, value) => *known = value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(path: &str) -> Keys {
        path.split('.').map(Into::into).collect()
    }

    #[test]
    fn flags() {
        let mut candidate = Candidate::default();
        candidate.set(keys("a.b"), json!(true), Origin::Chart);
        candidate.set(keys("a.c"), json!("1.5"), Origin::Chart);
        candidate.set(keys("d"), json!(["it's"]), Origin::Chart);
        candidate.set(vec!["e".into(), "f.g/h".into()], json!("x"), Origin::Chart);
        candidate.served.insert("x/v1".into());
        let want = r#"--set a.b=true --set-json 'a.c="1.5"' --set-json 'd=["it'\''s"]' --set 'e.f\.g/h=x' --api-versions x/v1"#;
        assert_eq!(candidate.flags(), want);
    }

    #[test]
    fn one_above_the_other() {
        let mut candidate = Candidate::default();
        candidate.set(keys("a.b.c"), json!(1), Origin::Chart);
        candidate.set(keys("a"), json!({"x": 2}), Origin::Chart);
        candidate.set(keys("a.y"), json!(3), Origin::Chart);
        assert_eq!(candidate.values.len(), 1);
        let touches = |path: &str| candidate.touches(&keys(path));
        assert!(touches("a") && touches("a.b") && !touches("b") && !touches("ab"));
        let mut deep = Candidate::default();
        deep.set(keys("a.b"), json!(1), Origin::Chart);
        assert!(deep.touches(&keys("a")) && deep.touches(&keys("a.b.c")) && !deep.touches(&keys("a.c")));
        let known = json!({"a": {"z": 4, "b": {"d": 5}}});
        let want = json!({"a": {"z": 4, "b": {"c": 1, "d": 5}, "x": 2, "y": 3}});
        assert_eq!(candidate.over(&known), want);
    }
}
