//! Lists whose items are identified by a key. Two items with the same key are rejected (the validation's `Duplicate`),
//! or one of them is lost when the object is applied.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{items, string};
use crate::problem::Side;
use crate::walker::{Position, Walker};

/// A list and the fields that make up its key.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) definition: &'static str,
    pub(super) field: &'static str,
    pub(super) keys: &'static [&'static str],
}

pub(super) const fn keyed(definition: &'static str, field: &'static str, keys: &'static [&'static str]) -> Keyed {
    Keyed {
        definition,
        field,
        keys,
    }
}

pub(super) const LISTS: &[Keyed] = &[
    keyed(
        "admissionregistration.v1.MutatingWebhookConfiguration",
        "webhooks",
        &["name"],
    ),
    keyed(
        "admissionregistration.v1.ValidatingWebhookConfiguration",
        "webhooks",
        &["name"],
    ),
    keyed("apiextensions.v1.CustomResourceDefinitionSpec", "versions", &["name"]),
    keyed("core.v1.Container", "resizePolicy", &["resourceName"]),
    keyed("core.v1.Container", "volumeMounts", &["mountPath"]),
    keyed("core.v1.PodSpec", "containers", &["name"]),
    keyed("core.v1.PodSpec", "initContainers", &["name"]),
    keyed("core.v1.PodSpec", "volumes", &["name"]),
    keyed("core.v1.PodSecurityContext", "sysctls", &["name"]),
    keyed("core.v1.ServiceSpec", "ports", &["port", "protocol"]),
];

impl Keyed {
    pub(super) fn check<'a>(&self, walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
        let Some((field, _)) = map.get_key_value(self.field) else {
            return;
        };
        let rule = "duplicate-item";
        let mut seen: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for (index, item) in items(map, field).iter().enumerate() {
            let Some(item) = item.as_object() else { continue };
            let mut key = Vec::new();
            for name in self.keys {
                match (*name, item.get(*name)) {
                    ("protocol", None | Some(Value::Null)) => key.push("TCP".to_owned()),
                    (_, Some(Value::String(text))) if !text.is_empty() => key.push(text.clone()),
                    (_, Some(Value::Number(number))) => key.push(number.to_string()),
                    _ => break,
                }
            }
            if key.len() < self.keys.len() {
                continue;
            }
            let first = *seen.entry(key.clone()).or_insert(index);
            if first != index {
                let other = walker.item(field, first, self.keys[0]);
                let (name, shown) = (self.keys[0], crate::formats::shown(&key.join("/")));
                walker.below(Position::Key(field), |walker| {
                    walker.below(Position::Index(index), |walker| {
                        let place = item
                            .get_key_value(name)
                            .map(|(key, _)| key.as_str())
                            .unwrap_or_default();
                        let problem = walker.fault_at(place, rule, format!("another item has the {name} `{shown}`"));
                        problem.side = Side::Value;
                        problem.other = Some(other);
                    });
                });
            }
        }
        if self.definition == "core.v1.PodSpec" && self.field == "initContainers" {
            across(walker, map, &seen);
        }
    }
}

/// Checks that no container has the name of an initContainer.
fn across<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, names: &BTreeMap<Vec<String>, usize>) {
    for (index, item) in items(map, "containers").iter().enumerate() {
        let Some(name) = item.as_object().and_then(|item| string(item, "name")) else {
            continue;
        };
        if let Some(first) = names.get(&vec![name.to_owned()]) {
            let other = walker.item("initContainers", *first, "name");
            walker.below(Position::Key("containers"), |walker| {
                walker.below(Position::Index(index), |walker| {
                    let message = format!("an initContainer has the name `{name}`");
                    walker.fault_at("name", "duplicate-item", message).other = Some(other);
                });
            });
        }
    }
}
