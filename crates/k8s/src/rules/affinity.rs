//! Placement of pods: affinity and topology spread.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Check, each_object, each_string, forbids, is_set, items, object, string};
use crate::formats::{labels, names, shown};
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.NodeSelector", required),
    ("core.v1.NodeSelectorTerm", term),
    ("core.v1.PodAffinityTerm", pods),
    ("core.v1.TopologySpreadConstraint", spread),
];

/// `ValidateNodeSelectorTerm`
fn term<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    each_object(walker, map, "matchExpressions", |walker, requirement| {
        if let Some(key) = string(requirement, "key") {
            walker.below(Position::Key("key"), |walker| {
                walker.text("bad-label", "a label key", key, labels::key);
            });
        }
    });
    each_object(walker, map, "matchFields", |walker, requirement| {
        if let Some(key) = string(requirement, "key").filter(|key| *key != "metadata.name") {
            let message = format!("`{}` is not allowed here: `metadata.name` is", shown(key));
            walker.fault_at("key", "bad-selector", message);
        }
        match string(requirement, "operator") {
            Some("In" | "NotIn") if items(requirement, "values").len() > 1 => {
                walker.fault_at("values", "bad-selector", "a field takes one value");
            }
            Some(operator @ ("Exists" | "DoesNotExist" | "Gt" | "Lt")) => {
                let message = format!("`{operator}` is not for fields: `In` or `NotIn` is");
                walker.fault_at("operator", "bad-selector", message);
            }
            _ => {}
        }
        each_string(walker, requirement, "values", |walker, name| {
            walker.text("bad-name", "a node's name", name, names::subdomain);
        });
    });
}

/// Required terms must have valid label values; preferred terms may have any values.
fn required<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    each_object(walker, map, "nodeSelectorTerms", |walker, term| {
        each_object(walker, term, "matchExpressions", |walker, requirement| {
            each_string(walker, requirement, "values", |walker, value| {
                walker.text("bad-label", "a label value", value, labels::value);
            });
        });
    });
}

/// `ValidateMatchLabelKeysAndMismatchLabelKeys`
fn pods<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    for field in ["matchLabelKeys", "mismatchLabelKeys"] {
        if !items(map, field).is_empty() && !is_set(map, "labelSelector") {
            forbids(walker, map, field, "without `labelSelector`");
        }
    }
    let others: BTreeSet<&str> = items(map, "mismatchLabelKeys")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    each_string(walker, map, "matchLabelKeys", |walker, key| {
        if others.contains(key) {
            let message = format!("`{}` is in `mismatchLabelKeys` too", shown(key));
            walker.fault(crate::problem::Side::Value, "field-conflict", message);
        }
    });
    asked_twice(walker, map, 1);
}

/// Reports a key of `matchLabelKeys` that the label selector uses more than `most` times.
fn asked_twice<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, most: usize) {
    let Some(selector) = object(map, "labelSelector") else {
        return;
    };
    let expressions = || {
        items(selector, "matchExpressions")
            .iter()
            .filter_map(|one| one["key"].as_str())
    };
    let in_labels = |key: &str| object(selector, "matchLabels").is_some_and(|labels| labels.contains_key(key));
    each_string(walker, map, "matchLabelKeys", |walker, key| {
        let times = expressions().filter(|one| *one == key).count() + usize::from(in_labels(key));
        if times > most {
            let message = format!("`labelSelector` asks for `{}` already", shown(key));
            walker.fault(crate::problem::Side::Value, "field-conflict", message);
        }
    });
}

/// `validateTopologySpreadConstraints`
fn spread<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if is_set(map, "minDomains") && string(map, "whenUnsatisfiable") == Some("ScheduleAnyway") {
        forbids(
            walker,
            map,
            "minDomains",
            "together with `whenUnsatisfiable: ScheduleAnyway`",
        );
    }
    if !items(map, "matchLabelKeys").is_empty() && !is_set(map, "labelSelector") {
        forbids(walker, map, "matchLabelKeys", "without `labelSelector`");
    }
    // Since 1.34 the server adds the keys to the selector, and reads what it added itself.
    asked_twice(walker, map, usize::from(walker.version.minor >= 34));
}
