//! HorizontalPodAutoscalers.

use serde_json::{Map, Value};

use super::pod_spec::amount;
use super::{Check, forbids, is_set, items, number, object, string};
use crate::formats::shown;
use crate::problem::Side;
use crate::walker::{Position, Walker};
use crate::words::whole;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("autoscaling.v1.CrossVersionObjectReference", reference),
    ("autoscaling.v1.HorizontalPodAutoscalerSpec", bounds),
    ("autoscaling.v1.HorizontalPodAutoscalerSpec", scaled),
    ("autoscaling.v1.HorizontalPodAutoscalerSpec", to_zero),
    ("autoscaling.v2.ContainerResourceMetricSource", container_resource),
    ("autoscaling.v2.CrossVersionObjectReference", reference),
    ("autoscaling.v2.ExternalMetricSource", external),
    ("autoscaling.v2.HPAScalingRules", tolerance),
    ("autoscaling.v2.HorizontalPodAutoscalerSpec", bounds),
    ("autoscaling.v2.HorizontalPodAutoscalerSpec", scaled),
    ("autoscaling.v2.HorizontalPodAutoscalerSpec", to_zero),
    ("autoscaling.v2.MetricSpec", metric),
    ("autoscaling.v2.MetricTarget", target),
    ("autoscaling.v2.ObjectMetricSource", object_source),
    ("autoscaling.v2.PodsMetricSource", pods),
    ("autoscaling.v2.ResourceMetricSource", utilization),
];

fn bounds<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let number = |field: &str| map.get(field).and_then(whole);
    if let (Some(least), Some(most)) = (number("minReplicas"), number("maxReplicas"))
        && least > most
    {
        walker.fault_at(
            "maxReplicas",
            "int-range",
            format!("{most} is below `minReplicas`, {least}"),
        );
    }
}

/// A metric type and its field.
const SOURCES: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

fn metric<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some((kind, field)) = SOURCES.iter().find(|(kind, _)| string(map, "type") == Some(kind)) else {
        return;
    };
    if !is_set(map, field) {
        walker.missing(field).help = Some(format!("`type: {kind}` needs it"));
    }
    for (_, other) in SOURCES.iter().filter(|(other, _)| other != kind) {
        if is_set(map, other) {
            walker
                .fault_at(other, "field-conflict", format!("`{other}` is not for `type: {kind}`"))
                .side = Side::Key;
        }
    }
}

/// `validateMetricTarget`
fn target<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    for field in ["averageValue", "value"] {
        if map.get(field).and_then(amount).is_some_and(|amount| amount <= 0.0) {
            walker.fault_at(field, "bad-quantity", "it must be more than 0");
        }
    }
}

/// Checks which target fields a metric source allows, and that at least one is set.
fn one_of<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, fields: [&'static str; 2], both: bool) {
    let Some(target) = object(map, "target") else { return };
    walker.below(Position::Key("target"), |walker| {
        let [first, second] = fields;
        match (is_set(target, first), is_set(target, second)) {
            (false, false) => {
                // The field that the type asks for.
                let named = match string(target, "type") {
                    Some("Utilization") => "averageUtilization",
                    Some("AverageValue") => "averageValue",
                    Some("Value") => "value",
                    _ => first,
                };
                walker.missing(if fields.contains(&named) { named } else { first });
            }
            (true, true) if !both => forbids(walker, target, second, &format!("together with `{first}`")),
            _ => {}
        }
    });
}

fn utilization<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    one_of(walker, map, ["averageUtilization", "averageValue"], false);
}

fn object_source<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    one_of(walker, map, ["averageValue", "value"], true);
}

fn external<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    one_of(walker, map, ["averageValue", "value"], false);
}

fn pods<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if object(map, "target").is_some_and(|target| !is_set(target, "averageValue")) {
        walker.below(Position::Key("target"), |walker| {
            walker.missing("averageValue").help = Some("the type Pods needs it".to_owned());
        });
    }
}

/// `ValidateContainerResourceName`
fn container_resource<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    utilization(walker, map);
    if let Some(name) = string(map, "name").filter(|name| !name.is_empty())
        && let Err(reason) = super::pods::resource_name(name)
    {
        let message = format!("`{}` is not a resource: {reason}", shown(name));
        walker.fault_at("name", "bad-resource-name", message);
    }
}

fn tolerance<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if map.get("tolerance").and_then(amount).is_some_and(|amount| amount < 0.0) {
        walker.fault_at("tolerance", "bad-quantity", "it is negative");
    }
}

/// `ValidateAPIVersion`, which is in 1.35 but not in 1.33.
const CHECKED_VERSIONS: u32 = 35;

fn scaled<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(target) = object(map, "scaleTargetRef").filter(|_| walker.version.minor >= CHECKED_VERSIONS) else {
        return;
    };
    walker.below(Position::Key("scaleTargetRef"), |walker| {
        super::needs(walker, target, "apiVersion");
        if let Some(version) =
            string(target, "apiVersion").filter(|version| !version.is_empty() && !version.contains('/'))
        {
            let message = format!("`{}` has no group before it: `GROUP/VERSION` is needed", shown(version));
            walker.fault_at("apiVersion", "bad-name", message);
        }
    });
}

fn reference<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if walker.version.minor < CHECKED_VERSIONS {
        return;
    }
    if let Some(version) = string(map, "apiVersion").filter(|version| version.matches('/').count() > 1) {
        let message = format!("`{}` is not an apiVersion: it has more than one `/`", shown(version));
        walker.fault_at("apiVersion", "bad-name", message);
    }
}

/// Scaling to zero: since 1.37, with a metric that exists without pods.
fn to_zero<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if number(map, "minReplicas") != Some(0) {
        return;
    }
    let without_pods = items(map, "metrics")
        .iter()
        .any(|metric| matches!(metric["type"].as_str(), Some("Object" | "External")));
    if walker.version.minor < 37 {
        walker
            .fault_at("minReplicas", "int-range", "0 is out of range: 1 or more is allowed")
            .help =
            Some("Kubernetes scales to 0 from 1.37 on, with a metric of the type Object or External".to_owned());
    } else if !without_pods {
        walker.fault_at(
            "minReplicas",
            "field-conflict",
            "0 needs a metric of the type Object or External",
        );
    }
}
