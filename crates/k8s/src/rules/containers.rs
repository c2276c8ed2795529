//! Containers in the context of their pod: restrictions of each kind of container, and of the pod's settings.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::pod_spec::{Container, at_most, each_container};
use super::{Check, each_object, forbids, is_set, items, number, object, says_something, string};
use crate::formats::shown;
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.Container", restarts),
    ("core.v1.ContainerResizePolicy", resized),
    ("core.v1.HTTPGetAction", http_2),
    ("core.v1.PodSpec", pod),
];

fn pod<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    each_container(walker, map, |walker, container| {
        let (field, _, own) = container;
        match field {
            "initContainers" => initial(walker, own),
            "ephemeralContainers" => ephemeral(walker, map, own),
            _ if walker.version.minor < 34 && is_set(own, "restartPolicy") => {
                forbids(walker, own, "restartPolicy", "but for initContainers");
            }
            _ => {}
        }
        let never = string(map, "restartPolicy") == Some("Never");
        if never {
            each_object(walker, own, "resizePolicy", |walker, policy| {
                if string(policy, "restartPolicy") == Some("RestartContainer") {
                    let message = "with the pod's `restartPolicy: Never` only `NotRequired` is allowed";
                    walker.fault_at("restartPolicy", "field-conflict", message);
                }
            });
        }
        lifecycle(walker, map, own);
        mounts(walker, container);
    });
}

/// `validateInitContainers`: without `restartPolicy: Always` they terminate before the other containers start.
fn initial<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if string(map, "restartPolicy") == Some("Always") {
        return;
    }
    for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
        forbids(
            walker,
            map,
            field,
            "for an initContainer without `restartPolicy: Always`",
        );
    }
    if walker.version.minor >= 37 {
        each_object(walker, map, "resizePolicy", |walker, policy| {
            if string(policy, "restartPolicy") == Some("RestartContainer") {
                let message = "an initContainer without `restartPolicy: Always` is not restarted";
                walker.fault_at("restartPolicy", "field-conflict", message);
            }
        });
    }
}

/// `validateEphemeralContainers`
fn ephemeral<'a>(walker: &mut Walker<'a>, pod: &'a Map<String, Value>, map: &'a Map<String, Value>) {
    const FORBIDDEN: [&str; 8] = [
        "lifecycle",
        "livenessProbe",
        "ports",
        "readinessProbe",
        "resizePolicy",
        "resources",
        "restartPolicy",
        "startupProbe",
    ];
    for field in FORBIDDEN {
        if says_something(map, field) {
            forbids(walker, map, field, "for an ephemeral container");
        }
    }
    let names: BTreeSet<&str> = ["containers", "initContainers"]
        .iter()
        .flat_map(|field| items(pod, field))
        .filter_map(|container| container["name"].as_str())
        .collect();
    if let Some(name) = string(map, "name").filter(|name| names.contains(name)) {
        let message = format!("another container has the name `{}`", shown(name));
        walker.fault_at("name", "duplicate-item", message);
    }
    if let Some(target) = string(map, "targetContainerName").filter(|name| !name.is_empty() && !names.contains(name)) {
        let message = format!("the pod has no container `{}`", shown(target));
        walker.fault_at("targetContainerName", "field-conflict", message).help = suggest::did_you_mean(target, names);
    }
}

/// `validateSleepAction`, and the signal that stops a container.
fn lifecycle<'a>(walker: &mut Walker<'a>, pod: &'a Map<String, Value>, map: &'a Map<String, Value>) {
    let Some(lifecycle) = object(map, "lifecycle") else {
        return;
    };
    let grace = number(pod, "terminationGracePeriodSeconds").unwrap_or(30);
    for field in ["postStart", "preStop"] {
        let Some(sleep) = object(lifecycle, field).and_then(|handler| object(handler, "sleep")) else {
            continue;
        };
        if let Some(seconds) = number(sleep, "seconds")
            && grace >= 0
            && !(0..=grace).contains(&seconds)
        {
            walker.inside(
                &[Position::Key("lifecycle"), Position::Key(field), Position::Key("sleep")],
                |walker| {
                    let message = format!("{seconds} is out of range: from 0 to {grace} is allowed");
                    walker.fault_at("seconds", "int-range", message).help =
                        Some(format!("`terminationGracePeriodSeconds` is {grace}"));
                },
            );
        }
    }
}

/// `validateMountPropagation` and `validateMountRecursiveReadOnly`
fn mounts<'a>(walker: &mut Walker<'a>, (field, _, map): Container<'a>) {
    let privileged =
        object(map, "securityContext").is_some_and(|context| context.get("privileged") == Some(&Value::Bool(true)));
    each_object(walker, map, "volumeMounts", |walker, mount| {
        let propagation = string(mount, "mountPropagation");
        if propagation == Some("Bidirectional") && !privileged {
            let message = "`Bidirectional` is for privileged containers only";
            walker.fault_at("mountPropagation", "field-conflict", message);
        }
        if let Some(wanted @ ("Enabled" | "IfPossible")) = string(mount, "recursiveReadOnly") {
            if mount.get("readOnly") != Some(&Value::Bool(true)) {
                let message = format!("`{wanted}` needs `readOnly: true`");
                walker.fault_at("recursiveReadOnly", "field-conflict", message);
            } else if propagation.is_some_and(|propagation| propagation != "None") {
                let message = format!("`{wanted}` cannot be set together with `mountPropagation`");
                walker.fault_at("recursiveReadOnly", "field-conflict", message);
            }
        }
        if field == "ephemeralContainers" {
            for path in ["subPath", "subPathExpr"] {
                if says_something(mount, path) {
                    forbids(walker, mount, path, "for an ephemeral container");
                }
            }
        }
    });
    let mounted: BTreeSet<(&str, &str)> = items(map, "volumeMounts")
        .iter()
        .flat_map(|mount| [("name", &mount["name"]), ("path", &mount["mountPath"])])
        .filter_map(|(what, value)| Some((what, value.as_str()?)))
        .collect();
    let mut names = BTreeSet::new();
    each_object(walker, map, "volumeDevices", |walker, device| {
        let name = string(device, "name").filter(|name| !name.is_empty());
        if let Some(name) = name {
            if mounted.contains(&("name", name)) {
                let message = format!("`{}` is in `volumeMounts` too", shown(name));
                walker.fault_at("name", "field-conflict", message);
            } else if !names.insert(name) {
                let message = format!("another device has the name `{}`", shown(name));
                walker.fault_at("name", "duplicate-item", message);
            }
        }
        if let Some(path) = string(device, "devicePath").filter(|path| mounted.contains(&("path", path))) {
            let message = format!("`{}` is the path of a mount too", shown(path));
            walker.fault_at("devicePath", "field-conflict", message);
        }
    });
}

/// `validateContainerRestartPolicy`
fn restarts<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !items(map, "restartPolicyRules").is_empty() && !is_set(map, "restartPolicy") {
        walker.missing("restartPolicy").help = Some("`restartPolicyRules` need it".to_owned());
    }
    at_most(walker, map, "restartPolicyRules", 20);
    each_object(walker, map, "restartPolicyRules", |walker, rule| {
        if let Some(codes) = object(rule, "exitCodes") {
            walker.below(Position::Key("exitCodes"), |walker| {
                at_most(walker, codes, "values", 255);
            });
        }
    });
}

fn resized<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(name) = string(map, "resourceName").filter(|name| !matches!(*name, "" | "cpu" | "memory")) {
        let message = format!("`{}` is not allowed here: `cpu` or `memory` is", shown(name));
        walker.fault_at("resourceName", "invalid-enum-value", message);
    }
}

fn http_2<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if string(map, "protocol") == Some("HTTP2") {
        if string(map, "scheme") == Some("HTTPS") {
            let message = "`HTTP2` is without TLS, `scheme: HTTP`";
            walker.fault_at("protocol", "field-conflict", message);
        }
        if says_something(map, "host") {
            walker
                .fault_at(
                    "host",
                    "field-conflict",
                    "`host` cannot be set together with `protocol: HTTP2`",
                )
                .side = Side::Key;
        }
    }
}
