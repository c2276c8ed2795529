//! Kubernetes' checks beyond types: tables by definition, and checks of whole objects.
//!
//! - [`fields`]: the grammar or range of a field. One line per field.
//! - `data/enums.txt`: the allowed strings of a field. One line per field.
//! - [`unions`]: fields that exclude each other. One line per definition.
//! - [`lists`]: the key that identifies the items of a list. One line per list.
//! - [`mod@needs`]: fields that must not be absent or empty. One line per definition.
//! - `data/lists.txt`: the lists that server-side apply merges by key. One line per list.
//! - [`groups`]: further rows of the first, third and fourth table, for kinds that cluster administrators write.
//! - the other files: checks of objects of one definition, a file for each family. One line in the family's `CHECKS`
//!   and one function.

mod access;
mod admission;
mod affinity;
pub(crate) mod apply;
mod certificates;
mod claims;
mod config;
mod containers;
mod endpoints;
mod environment;
mod extensions;
mod fields;
mod flows;
mod groups;
mod jobs;
mod lists;
pub(crate) mod metadata;
mod needs;
mod network;
mod pod_spec;
mod pods;
mod quotas;
mod scaling;
mod selectors;
mod services;
mod slices;
mod storage;
mod structural;
mod unions;
mod volumes;
mod windows;
mod workloads;

use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::definitions::Definitions;
use crate::formats::network as addresses;
use crate::problem::Side;
use crate::version::Version;
use crate::walker::{Position, Walker};
use crate::words::whole;

const ENUMS: &str = include_str!("../../data/enums.txt");

/// A check of an object of a definition. It is called after the fields have been checked.
pub(crate) type Check = for<'a> fn(&mut Walker<'a>, &'a Map<String, Value>);

/// The minor version since which addresses are parsed strictly: `StrictIPCIDRValidation`.
pub(crate) const STRICT_ADDRESSES: u32 = 36;

/// The format of a field's value; for a list, of each item.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    /// A grammar: the rule, a name for such texts, the check.
    Text(&'static str, &'static str, fn(&str) -> Result<(), String>),
    /// As `Text`, but the empty string is allowed.
    TextOrEmpty(&'static str, &'static str, fn(&str) -> Result<(), String>),
    /// An integer between the two bounds, inclusive; strings are ignored.
    Range(i64, i64),
    /// An IP address; since 1.36 without leading zeros.
    Ip,
    /// A CIDR block; since 1.36 without bits set after the prefix.
    Cidr,
    /// An integer that is not negative, or a percentage.
    Percentage,
    /// A port number or name.
    Port,
    /// As `Port`, but 0 and the empty string mean the default.
    PortOrNone,
    /// A list with at least one item.
    NotEmpty,
}

impl Format {
    /// The rule and what a value must be.
    fn told(self) -> (&'static str, String) {
        match self {
            Self::Text(rule, name, _) => (rule, name.to_owned()),
            Self::TextOrEmpty(rule, name, _) => (rule, format!("{name}, or empty")),
            Self::Range(least, i64::MAX) => ("int-range", format!("at least {least}")),
            Self::Range(least, most) => ("int-range", format!("from {least} to {most}")),
            Self::Ip => ("bad-ip", "an IP address".to_owned()),
            Self::Cidr => ("bad-ip", "a CIDR block".to_owned()),
            Self::Percentage => (
                "bad-percentage",
                "a number that is not negative, or a percentage".to_owned(),
            ),
            Self::Port => ("bad-port-name", "a port number or name".to_owned()),
            Self::PortOrNone => ("bad-port-name", "a port number or name, 0 or empty".to_owned()),
            Self::NotEmpty => ("missing-required-field", "at least one item".to_owned()),
        }
    }
}

/// An allowed string of a field.
#[derive(Debug)]
struct Word {
    text: &'static str,
    /// The minor version that introduced it.
    from: u32,
}

/// The rules of one definition.
#[derive(Default)]
pub(crate) struct Own {
    formats: Vec<(&'static str, Format)>,
    /// The field, whether it may be empty, and the allowed strings.
    enums: Vec<(&'static str, bool, Vec<Word>)>,
    unions: Vec<&'static unions::Union>,
    lists: Vec<&'static lists::Keyed>,
    needs: Vec<&'static str>,
    merged: Vec<apply::Merged>,
    pub(crate) checks: Vec<Check>,
}

impl Own {
    /// How a list is merged, if it is merged item by item.
    pub(crate) fn merged(&self, field: &str) -> Option<&apply::Merged> {
        self.merged.iter().find(|merged| merged.field == field)
    }
}

/// The rules of all definitions.
pub(crate) struct Rules {
    by_definition: Vec<Own>,
}

impl Rules {
    pub(crate) fn get() -> &'static Self {
        static READ: OnceLock<Rules> = OnceLock::new();
        READ.get_or_init(Self::read)
    }

    pub(crate) fn of(&self, definition: usize) -> &Own {
        &self.by_definition[definition]
    }

    fn read() -> Self {
        let definitions = Definitions::get();
        let mut by_definition: Vec<Own> = (0..definitions.len()).map(|_| Own::default()).collect();
        let mut add = |name: &str, change: &mut dyn FnMut(&mut Own)| {
            if let Some(index) = definitions.index(name) {
                change(&mut by_definition[index]);
            }
        };
        for (names, field, format) in fields::FIELDS.iter().chain(groups::FIELDS) {
            for name in *names {
                add(name, &mut |own| own.formats.push((field, *format)));
            }
        }
        for (name, field, words) in enums() {
            let mut words = Some(words);
            add(name, &mut |own| {
                let name = field.trim_end_matches('!');
                own.enums
                    .push((name, name.len() == field.len(), words.take().unwrap_or_default()));
            });
        }
        for union in unions::UNIONS.iter().chain(groups::UNIONS) {
            add(union.definition, &mut |own| own.unions.push(union));
        }
        for list in lists::LISTS.iter().chain(groups::LISTS) {
            add(list.definition, &mut |own| own.lists.push(list));
        }
        for (name, fields) in needs::NEEDS {
            add(name, &mut |own| own.needs.extend(*fields));
        }
        for (name, merged) in apply::lists() {
            let mut merged = Some(merged);
            add(name, &mut |own| own.merged.extend(merged.take()));
        }
        for (name, check) in checks() {
            add(name, &mut |own| own.checks.push(*check));
        }
        for own in &mut by_definition {
            own.checks.shrink_to_fit();
        }
        Self { by_definition }
    }
}

/// Returns the checks of all families.
fn checks() -> impl Iterator<Item = &'static (&'static str, Check)> {
    [
        access::CHECKS,
        admission::CHECKS,
        affinity::CHECKS,
        certificates::CHECKS,
        claims::CHECKS,
        config::CHECKS,
        containers::CHECKS,
        endpoints::CHECKS,
        environment::CHECKS,
        extensions::CHECKS,
        flows::CHECKS,
        jobs::CHECKS,
        metadata::CHECKS,
        network::CHECKS,
        pod_spec::CHECKS,
        pods::CHECKS,
        quotas::CHECKS,
        scaling::CHECKS,
        selectors::CHECKS,
        services::CHECKS,
        slices::CHECKS,
        storage::CHECKS,
        volumes::CHECKS,
        windows::CHECKS,
        workloads::CHECKS,
    ]
    .into_iter()
    .flatten()
}

/// Parses `data/enums.txt` into definition, field and words.
fn enums() -> impl Iterator<Item = (&'static str, &'static str, Vec<Word>)> {
    ENUMS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut parts = line.split_whitespace();
        let (definition, field) = (parts.next()?, parts.next()?);
        let words = parts.map(|part| {
            let (text, version) = part.split_once('@').unwrap_or((part, ""));
            Word {
                text: if text == "\"\"" { "" } else { text },
                from: Version::parse(version).map_or(0, |version| version.minor),
            }
        });
        Some((definition, field, words.collect()))
    })
}

impl Own {
    /// Tells what is checked of a field: the rule, and what the value must be.
    pub(crate) fn told(&self, field: &str) -> Vec<(&'static str, String)> {
        let mut told = Vec::new();
        for (_, format) in self.formats.iter().filter(|(name, _)| *name == field) {
            told.push(format.told());
        }
        for (_, may_be_empty, words) in self.enums.iter().filter(|(name, ..)| *name == field) {
            let words = words.iter().map(|word| match (word.text, word.from) {
                ("", _) => "an empty string".to_owned(),
                (text, 0) => text.to_owned(),
                (text, minor) => format!("{text} (since 1.{minor})"),
            });
            let mut text = format!("one of {}", words.collect::<Vec<_>>().join(", "));
            if !may_be_empty {
                text.push_str("; not empty");
            }
            told.push(("invalid-enum-value", text));
        }
        for union in self.unions.iter().filter(|union| union.fields.contains(&field)) {
            let others = union.fields.iter().filter(|other| **other != field).copied();
            told.push((
                "field-conflict",
                format!("not together with {}", others.collect::<Vec<_>>().join(", ")),
            ));
        }
        if self.needs.contains(&field) {
            told.push(("missing-required-field", "set, and not empty".to_owned()));
        }
        let keyed = self.lists.iter().filter(|list| list.field == field);
        let keyed = keyed.map(|list| list.keys.join(" and "));
        let merged = self.merged.iter().filter(|list| list.field == field);
        let merged = merged.map(|list| list.keys.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(" and "));
        let keys: std::collections::BTreeSet<String> = keyed.chain(merged).collect();
        for keys in keys {
            let text = if keys.is_empty() {
                "no item twice".to_owned()
            } else {
                format!("no two items with the same {keys}")
            };
            told.push(("duplicate-item", text));
        }
        told
    }

    /// The number of sets of fields that exclude each other.
    pub(crate) fn unions(&self) -> usize {
        self.unions.len()
    }

    /// Checks a field whose type is correct.
    pub(crate) fn check_field<'a>(&self, walker: &mut Walker<'a>, field: &str, required: bool, value: &'a Value) {
        for (name, format) in &self.formats {
            if *name == field {
                each(walker, value, &mut |walker, value| format.check(walker, value));
                if matches!(format, Format::NotEmpty) && value.as_array().is_some_and(Vec::is_empty) {
                    walker.fault(
                        Side::Value,
                        "missing-required-field",
                        format!("`{field}` is empty, it needs an item"),
                    );
                }
            }
        }
        for (name, empty, words) in &self.enums {
            // In Go, an empty string equals an absent one.
            if *name == field && (required || !empty || value.as_str() != Some("")) {
                each(walker, value, &mut |walker, value| check_enum(walker, value, words));
            }
        }
    }

    /// Checks the object as a whole against the tables, without running `checks`.
    pub(crate) fn check_tables<'a>(&self, walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
        for union in &self.unions {
            union.check(walker, map);
        }
        for list in &self.lists {
            list.check(walker, map);
        }
        for field in &self.needs {
            needs(walker, map, field);
        }
        for list in &self.merged {
            list.check(walker, map);
        }
    }
}

static EMPTY: Value = Value::String(String::new());

/// Runs a check for the value, or for each item of a list.
fn each<'a>(walker: &mut Walker<'a>, value: &'a Value, run: &mut dyn FnMut(&mut Walker<'a>, &'a Value)) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                // A null stands for the empty string.
                let item = if item.is_null() { &EMPTY } else { item };
                walker.below(Position::Index(index), |walker| run(walker, item));
            }
        }
        value => run(walker, value),
    }
}

impl Format {
    fn check<'a>(self, walker: &mut Walker<'a>, value: &'a Value) {
        match (self, value) {
            (Self::TextOrEmpty(..), Value::String(text)) if text.is_empty() => {}
            (Self::Text(rule, what, check) | Self::TextOrEmpty(rule, what, check), Value::String(text)) => {
                walker.text(rule, what, text, check);
            }
            (Self::Ip, Value::String(text)) => {
                let strict = walker.version.minor >= STRICT_ADDRESSES;
                let check = if strict { addresses::strict_ip } else { addresses::ip };
                walker.text("bad-ip", "an address", text, check);
            }
            (Self::Cidr, Value::String(text)) => {
                let strict = walker.version.minor >= STRICT_ADDRESSES;
                let check = if strict {
                    addresses::strict_cidr
                } else {
                    addresses::cidr
                };
                walker.text("bad-ip", "a block of addresses", text, check);
            }
            (Self::Range(least, most), Value::Number(_)) => range(walker, value, least, most),
            (Self::Port, Value::Number(_)) => range(walker, value, 1, 65535),
            (Self::PortOrNone, Value::Number(_)) => range(walker, value, 0, 65535),
            (Self::PortOrNone, Value::String(text)) if text.is_empty() => {}
            (Self::Port | Self::PortOrNone, Value::String(text)) => {
                walker.text("bad-port-name", "a port's name", text, crate::formats::names::port);
            }
            (Self::Percentage, Value::Number(_)) => range(walker, value, 0, i64::from(i32::MAX)),
            (Self::Percentage, Value::String(text)) => {
                walker.text("bad-percentage", "a percentage", text, |text| {
                    match text.strip_suffix('%') {
                        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                            Ok(())
                        }
                        Some(_) => Err("a whole number stands before the `%`".to_owned()),
                        None => Err("the `%` is missing; a number without it is not put in quotes".to_owned()),
                    }
                });
            }
            _ => {}
        }
    }
}

fn range(walker: &mut Walker<'_>, value: &Value, least: i64, most: i64) {
    let Some(number) = whole(value) else { return };
    if (i128::from(least)..=i128::from(most)).contains(&number) {
        return;
    }
    let allowed = match most {
        i64::MAX | 0x7fff_ffff => format!("{least} or more is allowed"),
        _ => format!("from {least} to {most} is allowed"),
    };
    walker.fault(Side::Value, "int-range", format!("{number} is out of range: {allowed}"));
}

fn check_enum(walker: &mut Walker<'_>, value: &Value, words: &[Word]) {
    let Some(text) = value.as_str() else { return };
    let version = walker.version;
    let known = || {
        words
            .iter()
            .filter(move |word| word.from <= version.minor)
            .map(|word| word.text)
    };
    if known().any(|word| word == text) {
        return;
    }
    let help = match words.iter().find(|word| word.text == text) {
        Some(word) => Some(format!("Kubernetes has it from 1.{} on", word.from)),
        None => suggest::did_you_mean(text, known()),
    };
    let shown = crate::formats::shown(text);
    let many = known().count() > 8;
    let message = if many {
        format!("`{shown}` is not allowed here")
    } else {
        let allowed = suggest::one_of(known().filter(|word| !word.is_empty()));
        format!("`{shown}` is not allowed here: {allowed} is")
    };
    walker.fault(Side::Value, "invalid-enum-value", message).help = help;
}

/// Returns the object at a key, if there is one.
pub(crate) fn object<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Map<String, Value>> {
    map.get(key)?.as_object()
}

/// Returns the string at a key, if there is one.
pub(crate) fn string<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    map.get(key)?.as_str()
}

/// Returns the items at a key; empty if there is no list.
pub(crate) fn items<'a>(map: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    map.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Reports a field that is absent or empty: it is required, although Kubernetes' schema does not say so.
pub(crate) fn needs<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str) {
    if says_something(map, field) || walker.has_missing(field) {
        return;
    }
    match map.get_key_value(field) {
        Some((key, value)) if !value.is_null() => {
            walker.fault_at(key, "missing-required-field", format!("`{field}` is empty"));
        }
        _ => {
            walker.missing(field);
        }
    }
}

/// Reports a field that must not be set here; null is allowed.
pub(crate) fn forbids<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &str, why: &str) {
    if let Some((key, value)) = map.get_key_value(field)
        && !value.is_null()
    {
        walker
            .fault_at(key, "field-conflict", format!("`{field}` cannot be set {why}"))
            .side = Side::Key;
    }
}

/// Runs a check for each object in a list, at its path.
pub(crate) fn each_object<'a>(
    walker: &mut Walker<'a>,
    map: &'a Map<String, Value>,
    field: &'static str,
    mut run: impl FnMut(&mut Walker<'a>, &'a Map<String, Value>),
) {
    for (index, item) in items(map, field).iter().enumerate() {
        let Some(item) = item.as_object() else { continue };
        walker.below(Position::Key(field), |walker| {
            walker.below(Position::Index(index), |walker| run(walker, item));
        });
    }
}

/// Runs a check for each string in a list, at its path.
pub(crate) fn each_string<'a>(
    walker: &mut Walker<'a>,
    map: &'a Map<String, Value>,
    field: &'static str,
    mut run: impl FnMut(&mut Walker<'a>, &'a str),
) {
    for (index, item) in items(map, field).iter().enumerate() {
        // A null stands for the empty string.
        let Some(item) = item.as_str().or(item.is_null().then_some("")) else {
            continue;
        };
        walker.below(Position::Key(field), |walker| {
            walker.below(Position::Index(index), |walker| run(walker, item));
        });
    }
}

/// Reports duplicate strings in a list.
pub(crate) fn unique_strings<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str) {
    let mut seen = std::collections::BTreeSet::new();
    each_string(walker, map, field, |walker, text| {
        if !seen.insert(text) {
            let message = format!("`{}` is in the list already", crate::formats::shown(text));
            walker.fault(Side::Value, "duplicate-item", message);
        }
    });
}

/// Returns the integer at a key.
pub(crate) fn number(map: &Map<String, Value>, key: &str) -> Option<i128> {
    map.get(key).and_then(whole)
}

/// Whether a field is set; null counts as absent.
pub(crate) fn is_set(map: &Map<String, Value>, key: &str) -> bool {
    map.get(key).is_some_and(|value| !value.is_null())
}

/// Whether a field is set and not empty: not null, not an empty string, list or map, not 0.
pub(crate) fn says_something(map: &Map<String, Value>, key: &str) -> bool {
    match map.get(key) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
        Some(Value::Number(number)) => number.as_i64() != Some(0),
        Some(Value::Bool(_)) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table row with a field that does not exist would never be checked.
    #[test]
    fn tables_name_fields_that_exist() {
        let definitions = Definitions::get();
        let mut wrong = Vec::new();
        let mut want = |definition: &str, field: &str| {
            let known = definitions
                .index(definition)
                .is_some_and(|index| field.is_empty() || definitions.at(index).any_field(field).next().is_some());
            if !known {
                wrong.push(format!("{definition} {field}"));
            }
        };
        for (names, field, _) in fields::FIELDS.iter().chain(groups::FIELDS) {
            names.iter().for_each(|name| want(name, field));
        }
        for (name, field, words) in enums() {
            want(name, field.trim_end_matches('!'));
            assert!(!words.is_empty(), "{name} {field}");
        }
        for union in unions::UNIONS.iter().chain(groups::UNIONS) {
            union.fields.iter().for_each(|field| want(union.definition, field));
        }
        for (name, merged) in apply::lists() {
            want(name, merged.field);
        }
        for list in lists::LISTS.iter().chain(groups::LISTS) {
            want(list.definition, list.field);
        }
        for (name, fields) in needs::NEEDS {
            fields.iter().for_each(|field| want(name, field));
        }
        for (name, _) in checks() {
            want(name, "");
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
