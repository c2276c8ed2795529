//! Label selectors, node selectors and tolerations.

use serde_json::{Map, Value};

use super::metadata::check_labels;
use super::{Check, is_set, items, object, says_something, string};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.NodeSelectorRequirement", node_requirement),
    ("core.v1.PodSpec", node_selector),
    ("core.v1.ReplicationControllerSpec", plain_selector),
    ("core.v1.ServiceSpec", plain_selector),
    ("core.v1.Toleration", toleration),
    ("meta.v1.LabelSelector", label_selector),
    ("meta.v1.LabelSelectorRequirement", label_requirement),
];

fn label_selector<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(labels) = object(map, "matchLabels") {
        walker.below(Position::Key("matchLabels"), |walker| check_labels(walker, labels));
    }
}

fn plain_selector<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(labels) = object(map, "selector") {
        walker.below(Position::Key("selector"), |walker| check_labels(walker, labels));
    }
}

fn node_selector<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(labels) = object(map, "nodeSelector") {
        walker.below(Position::Key("nodeSelector"), |walker| check_labels(walker, labels));
    }
}

fn label_requirement<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    values_fit(walker, map);
    for (index, value) in items(map, "values").iter().enumerate() {
        if let Some(text) = value.as_str() {
            walker.below(Position::Key("values"), |walker| {
                walker.below(Position::Index(index), |walker| {
                    walker.text("bad-label", "a label value", text, crate::formats::labels::value);
                });
            });
        }
    }
}

fn node_requirement<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    values_fit(walker, map);
    let values = items(map, "values");
    if let Some(operator @ ("Gt" | "Lt")) = string(map, "operator") {
        let number = values.len() == 1 && values[0].as_str().is_some_and(|text| text.parse::<i64>().is_ok());
        if !number {
            walker.fault(
                Side::Key,
                "bad-selector",
                format!("`{operator}` needs one value, an integer in quotes"),
            );
        }
    }
}

/// `In` and `NotIn` require values; `Exists` and `DoesNotExist` take none.
fn values_fit<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let values = !items(map, "values").is_empty();
    match string(map, "operator") {
        Some(operator @ ("In" | "NotIn")) if !values => {
            walker.fault(Side::Key, "bad-selector", format!("`{operator}` needs `values`"));
        }
        Some(operator @ ("Exists" | "DoesNotExist")) if values => {
            walker.fault_at("values", "bad-selector", format!("`{operator}` takes no `values`"));
        }
        _ => {}
    }
}

fn toleration<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let operator = string(map, "operator")
        .filter(|operator| !operator.is_empty())
        .unwrap_or("Equal");
    if operator == "Exists" && says_something(map, "value") {
        walker.fault_at("value", "bad-selector", "`Exists` takes no `value`");
    }
    if let Some(value) = string(map, "value").filter(|_| operator == "Equal") {
        walker.below(Position::Key("value"), |walker| {
            walker.text("bad-label", "a taint's value", value, crate::formats::labels::value);
        });
    }
    match string(map, "key").filter(|key| !key.is_empty()) {
        None if operator != "Exists" => {
            walker.fault(
                Side::Key,
                "bad-selector",
                "a toleration without a `key` needs the operator `Exists`",
            );
        }
        None => {}
        Some(key) => walker.below(Position::Key("key"), |walker| {
            walker.text("bad-label", "a taint's key", key, crate::formats::labels::key);
        }),
    }
    if is_set(map, "tolerationSeconds") && string(map, "effect") != Some("NoExecute") {
        walker.fault_at(
            "tolerationSeconds",
            "bad-selector",
            "`tolerationSeconds` needs the effect `NoExecute`",
        );
    }
}
