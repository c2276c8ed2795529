//! Pods for a given operating system: which security settings exist on Linux and on Windows.

use serde_json::{Map, Value};

use super::pod_spec::{containers, each_container};
use super::{Check, forbids, object, says_something, string};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.PodSpec", of_system),
    ("core.v1.PodSpec", host_process),
    ("core.v1.WindowsSecurityContextOptions", options),
];

/// The fields that a Windows pod cannot have: `validateWindows`.
const POD: [&str; 3] = ["hostUsers", "resources", "shareProcessNamespace"];
const POD_SECURITY: [&str; 11] = [
    "appArmorProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "runAsGroup",
    "runAsUser",
    "seLinuxChangePolicy",
    "seLinuxOptions",
    "seccompProfile",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "sysctls",
];
const SECURITY: [&str; 10] = [
    "allowPrivilegeEscalation",
    "appArmorProfile",
    "capabilities",
    "privileged",
    "procMount",
    "readOnlyRootFilesystem",
    "runAsGroup",
    "runAsUser",
    "seLinuxOptions",
    "seccompProfile",
];

fn of_system<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let system = object(map, "os").and_then(|os| string(os, "name"));
    let (pod, pod_security, security, why): (&[&str], &[&str], &[&str], _) = match system {
        Some("windows") => (&POD, &POD_SECURITY, &SECURITY, "for Windows"),
        Some("linux") => (&[], &["windowsOptions"], &["windowsOptions"], "for Linux"),
        _ => return,
    };
    for field in pod {
        forbids(walker, map, field, why);
    }
    if system == Some("windows") {
        for field in ["hostPID", "hostIPC"] {
            if map.get(field) == Some(&Value::Bool(true)) {
                forbids(walker, map, field, why);
            }
        }
    }
    let within = |walker: &mut Walker<'a>, map: &'a Map<String, Value>, fields: &[&str]| {
        let Some(context) = object(map, "securityContext") else {
            return;
        };
        walker.below(Position::Key("securityContext"), |walker| {
            for field in fields {
                let list = matches!(*field, "sysctls" | "supplementalGroups");
                if !list || says_something(context, field) {
                    forbids(walker, context, field, why);
                }
            }
        });
    };
    within(walker, map, pod_security);
    each_container(walker, map, |walker, (_, _, container)| {
        within(walker, container, security);
    });
}

fn process(map: &Map<String, Value>) -> Option<bool> {
    object(object(map, "securityContext")?, "windowsOptions")?
        .get("hostProcess")?
        .as_bool()
}

/// `validateWindowsHostProcessPod`
fn host_process<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let of_pod = process(map);
    each_container(walker, map, |walker, (_, _, container)| {
        if let (Some(of_pod), Some(own)) = (of_pod, process(container))
            && of_pod != own
        {
            walker.inside(
                &[Position::Key("securityContext"), Position::Key("windowsOptions")],
                |walker| {
                    walker.fault_at("hostProcess", "field-conflict", format!("it is {of_pod} for the pod"));
                },
            );
        }
    });
    let own = |container: &Map<String, Value>| process(container).or(of_pod).unwrap_or(false);
    let count = containers(map).count();
    let processes = containers(map).filter(|(_, _, container)| own(container)).count();
    if processes == 0 {
        return;
    }
    if processes != count {
        walker.fault(
            Side::Key,
            "field-conflict",
            "all containers must be host processes if one is",
        );
    }
    if map.get("hostNetwork") != Some(&Value::Bool(true)) {
        walker.missing("hostNetwork").help = Some("host processes need `hostNetwork: true`".to_owned());
    }
}

fn options<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(text) = string(map, "gmsaCredentialSpec") {
        let length = text.len();
        if !(1..=64 * 1024).contains(&length) {
            let message = format!("it has {length} bytes, from 1 to 65536 are allowed");
            walker.fault_at("gmsaCredentialSpec", "bad-size", message);
        }
    }
}
