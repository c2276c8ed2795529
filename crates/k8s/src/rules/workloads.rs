//! Deployments, StatefulSets, DaemonSets, Jobs: what they ask of their pods.

use serde_json::{Map, Value};

use super::{Check, is_set, object, string};
use crate::problem::Side;
use crate::walk::{Place, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("apps.v1.DaemonSet", spec_needed),
    ("apps.v1.DaemonSetSpec", always_restarts),
    ("apps.v1.Deployment", spec_needed),
    ("apps.v1.DeploymentSpec", always_restarts),
    ("apps.v1.DeploymentStrategy", rolling_update),
    ("apps.v1.ReplicaSet", spec_needed),
    ("apps.v1.ReplicaSetSpec", always_restarts),
    ("apps.v1.StatefulSet", spec_needed),
    ("apps.v1.StatefulSetSpec", always_restarts),
    ("apps.v1.StatefulSetUpdateStrategy", rolling_update),
    ("batch.v1.CronJob", spec_needed),
    ("batch.v1.Job", spec_needed),
    ("batch.v1.JobSpec", job),
    ("batch.v1.JobTemplateSpec", spec_needed),
    ("core.v1.Pod", spec_needed),
    ("core.v1.PodTemplateSpec", spec_needed),
];

/// The schemas do not require `spec`, but what is in it is required.
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

fn pod_spec(map: &Map<String, Value>) -> Option<&Map<String, Value>> {
    object(object(map, "template")?, "spec")
}

fn always_restarts<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(pod) = pod_spec(map) else { return };
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
    walker.below(Place::Key("template"), |walker| walker.below(Place::Key("spec"), run));
}
