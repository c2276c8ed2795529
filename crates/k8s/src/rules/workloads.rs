//! Deployments, StatefulSets, DaemonSets and Jobs: their requirements on their pods.

use serde_json::{Map, Value};

use super::{Check, each_object, forbids, is_set, needs, number, object, says_something, string};
use crate::problem::Side;
use crate::walker::{Position, Walker};
use crate::words::whole;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("apps.v1.DaemonSet", spec_needed),
    ("apps.v1.DaemonSetSpec", always_restarts),
    ("apps.v1.DaemonSetSpec", selects),
    ("apps.v1.DaemonSetUpdateStrategy", one_way),
    ("apps.v1.Deployment", spec_needed),
    ("apps.v1.DeploymentSpec", always_restarts),
    ("apps.v1.DeploymentSpec", progress),
    ("apps.v1.DeploymentSpec", selects),
    ("apps.v1.DeploymentStrategy", rolling_update),
    ("apps.v1.ReplicaSet", spec_needed),
    ("apps.v1.ReplicaSetSpec", always_restarts),
    ("apps.v1.ReplicaSetSpec", selects),
    ("apps.v1.RollingUpdateDeployment", some_way),
    ("apps.v1.RollingUpdateStatefulSetStrategy", some_pods),
    ("apps.v1.StatefulSet", spec_needed),
    ("apps.v1.StatefulSetSpec", always_restarts),
    ("apps.v1.StatefulSetSpec", claim_names),
    ("apps.v1.StatefulSetSpec", history),
    ("apps.v1.StatefulSetSpec", selects),
    ("apps.v1.StatefulSetUpdateStrategy", rolling_update),
    ("batch.v1.CronJob", spec_needed),
    ("batch.v1.Job", spec_needed),
    ("batch.v1.JobSpec", job),
    ("batch.v1.JobTemplateSpec", spec_needed),
    ("core.v1.Pod", spec_needed),
    ("core.v1.PodTemplateSpec", spec_needed),
    ("core.v1.ReplicationControllerSpec", always_restarts),
    ("core.v1.ReplicationControllerSpec", selects_its_pods),
    ("policy.v1.PodDisruptionBudgetSpec", budget),
];

/// The schemas do not require `spec`, but they require fields inside it.
fn spec_needed<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !is_set(map, "spec") {
        walker.missing("spec");
    }
}

fn rolling_update<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(kind @ ("Recreate" | "OnDelete")) = string(map, "type")
        && is_set(map, "rollingUpdate")
    {
        walker
            .fault_at(
                "rollingUpdate",
                "field-conflict",
                format!("`rollingUpdate` cannot be set together with `type: {kind}`"),
            )
            .side = Side::Key;
    }
}

/// `ValidateDeploymentSpec`; `progressDeadlineSeconds` defaults to 600.
fn progress<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let ready = number(map, "minReadySeconds").unwrap_or(0);
    match number(map, "progressDeadlineSeconds") {
        Some(deadline) if deadline < 0 || deadline <= ready => {
            let message = format!("{deadline} is out of range: more than `minReadySeconds`, {ready}, is allowed");
            walker.fault_at("progressDeadlineSeconds", "int-range", message);
        }
        None if ready >= 600 => {
            let message = format!("{ready} is out of range: less than `progressDeadlineSeconds` is allowed");
            walker.fault_at("minReadySeconds", "int-range", message).help =
                Some("`progressDeadlineSeconds` is 600 if nothing is said".to_owned());
        }
        _ => {}
    }
}

/// A selector that matches all pods is rejected.
fn selects<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(selector) = object(map, "selector")
        && !says_something(selector, "matchLabels")
        && !says_something(selector, "matchExpressions")
    {
        let message = "the selector is empty: it must select the pods of the template";
        walker.fault_at("selector", "bad-selector", message).side = Side::Key;
    }
}

/// The selector of a `ReplicationController`; without one it is the labels of the template.
fn selects_its_pods<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let labels = object(map, "template")
        .and_then(|template| object(template, "metadata"))
        .and_then(|meta| object(meta, "labels"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let Some(selector) = object(map, "selector").filter(|selector| !selector.is_empty()) else {
        if labels.is_none_or(Map::is_empty) && is_set(map, "template") {
            walker.missing("selector");
        }
        return;
    };
    for (key, value) in selector {
        if labels.and_then(|labels| labels.get(key)).map(text) != Some(text(value)) {
            walker.below(Position::Key("selector"), |walker| {
                let message = format!(
                    "the pods of the template do not have the label `{}`",
                    crate::formats::shown(key)
                );
                walker.fault_at(key, "bad-selector", message);
            });
        }
    }
}

/// Claims become volumes of the pods with the same name.
fn claim_names<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    each_object(walker, map, "volumeClaimTemplates", |walker, claim| {
        let Some(meta) = object(claim, "metadata") else {
            walker.missing("metadata").help = Some("the claim needs a name".to_owned());
            return;
        };
        walker.below(Position::Key("metadata"), |walker| {
            needs(walker, meta, "name");
            if let Some(name) = string(meta, "name").filter(|name| !name.is_empty()) {
                walker.below(Position::Key("name"), |walker| {
                    walker.text(
                        "bad-name",
                        "a volume's name (a DNS label)",
                        name,
                        crate::formats::names::label,
                    );
                });
            }
        });
    });
}

/// A StatefulSet may keep all revisions.
fn history<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if number(map, "revisionHistoryLimit").is_some_and(|limit| limit < 0) {
        let message = "a StatefulSet keeps all revisions with a negative limit";
        walker.fault_at("revisionHistoryLimit", "server-warning", message);
    }
}

/// The number in an integer or a percentage; `None` for anything else.
fn part(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => text.strip_suffix('%')?.parse().ok(),
        value => whole(value),
    }
}

fn not_above_all<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str) {
    if let Some(value @ Value::String(text)) = map.get(field)
        && part(value).is_some_and(|part| part > 100)
    {
        let message = format!("`{}` is more than 100%", crate::formats::shown(text));
        walker.fault_at(field, "int-range", message);
    }
}

/// `ValidateRollingUpdateDeployment`
fn some_way<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    not_above_all(walker, map, "maxUnavailable");
    let none = |field| map.get(field).and_then(part) == Some(0);
    if none("maxUnavailable") && none("maxSurge") {
        let message = "`maxUnavailable` and `maxSurge` are both 0: no pod could be replaced";
        walker.fault_at("maxUnavailable", "field-conflict", message);
    }
}

/// `ValidateDaemonSetUpdateStrategy`
fn one_way<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if string(map, "type") != Some("OnDelete")
        && let Some(update) = object(map, "rollingUpdate")
    {
        walker.below(Position::Key("rollingUpdate"), |walker| surge_or_not(walker, update));
    }
}

/// `ValidateRollingUpdateDaemonSet`; by default one pod may be unavailable.
fn surge_or_not<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    not_above_all(walker, map, "maxUnavailable");
    not_above_all(walker, map, "maxSurge");
    let number = |field, default| match map.get(field) {
        None | Some(Value::Null) => Some(default),
        Some(value) => part(value),
    };
    let (Some(unavailable), Some(surge)) = (number("maxUnavailable", 1), number("maxSurge", 0)) else {
        return;
    };
    if unavailable == 0 && surge == 0 {
        let message = "`maxUnavailable` and `maxSurge` are both 0: no pod could be replaced";
        walker.fault_at("maxUnavailable", "field-conflict", message);
    } else if unavailable != 0 && surge != 0 {
        walker
            .fault_at("maxSurge", "field-conflict", "`maxSurge` needs `maxUnavailable: 0`")
            .help = Some("`maxUnavailable` is 1 if nothing is said".to_owned());
    }
}

/// `validateRollingUpdateStatefulSet`. Before 1.37 Kubernetes ignores the field.
fn some_pods<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if walker.version.minor < 37 {
        return;
    }
    not_above_all(walker, map, "maxUnavailable");
    if map.get("maxUnavailable").and_then(part) == Some(0) {
        walker.fault_at(
            "maxUnavailable",
            "int-range",
            "0 is out of range: no pod could be replaced",
        );
    }
}

fn budget<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    not_above_all(walker, map, "minAvailable");
    not_above_all(walker, map, "maxUnavailable");
}

fn pod_spec(map: &Map<String, Value>) -> Option<&Map<String, Value>> {
    object(object(map, "template")?, "spec")
}

fn always_restarts<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(pod) = pod_spec(map) else { return };
    in_pod_spec(walker, |walker| {
        forbids(
            walker,
            pod,
            "activeDeadlineSeconds",
            "for pods that run on: it is for Jobs and bare Pods",
        );
    });
    if let Some(policy @ ("OnFailure" | "Never")) = string(pod, "restartPolicy") {
        in_pod_spec(walker, |walker| {
            walker
                .fault_at(
                    "restartPolicy",
                    "bad-restart-policy",
                    format!("`{policy}` is for Jobs and bare Pods; `Always` is needed here"),
                )
                .side = Side::Value;
        });
    }
}

fn job<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(pod) = pod_spec(map) else { return };
    match string(pod, "restartPolicy") {
        None | Some("") => in_pod_spec(walker, |walker| {
            walker
                .fault(Side::Key, "bad-restart-policy", "a Job's pods need a `restartPolicy`")
                .help = Some("`OnFailure` or `Never`".to_owned());
        }),
        Some("Always") => in_pod_spec(walker, |walker| {
            walker.fault_at(
                "restartPolicy",
                "bad-restart-policy",
                "`Always` is not for Jobs; `OnFailure` or `Never` is needed",
            );
        }),
        Some(_) => {}
    }
}

fn in_pod_spec<'a>(walker: &mut Walker<'a>, run: impl FnOnce(&mut Walker<'a>)) {
    walker.below(Position::Key("template"), |walker| {
        walker.below(Position::Key("spec"), run);
    });
}
