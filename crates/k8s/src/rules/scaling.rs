//! HorizontalPodAutoscalers.

use serde_json::{Map, Value};

use super::{Check, is_set, string};
use crate::problem::Side;
use crate::walk::Walker;
use crate::words::whole;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("autoscaling.v1.HorizontalPodAutoscalerSpec", bounds),
    ("autoscaling.v2.HorizontalPodAutoscalerSpec", bounds),
    ("autoscaling.v2.MetricSpec", metric),
    ("autoscaling.v2.MetricTarget", target),
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

/// Type, field.
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

fn target<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let field = match string(map, "type") {
        Some("Utilization") => "averageUtilization",
        Some("AverageValue") => "averageValue",
        Some("Value") => "value",
        _ => return,
    };
    if !["averageUtilization", "averageValue", "value"]
        .iter()
        .any(|field| is_set(map, field))
    {
        walker.missing(field);
    }
}
