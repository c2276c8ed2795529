//! Pods and pod templates as a whole: dependencies between the fields of a pod.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Check, forbids, is_set, items, needs, number, object, says_something, string};
use crate::formats::{quantity, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.Pod", pod),
    ("core.v1.PodSpec", dns),
    ("core.v1.PodSpec", host),
    ("core.v1.PodSpec", claims),
    ("core.v1.PodSpec", pod_resources),
    ("core.v1.PodSpec", sysctls),
    ("core.v1.PodSpec", host_ports),
    ("core.v1.PodTemplateSpec", template),
];

/// A container of a pod: the list, its index in the list, and the container.
pub(super) type Container<'a> = (&'static str, usize, &'a Map<String, Value>);

/// All containers of a pod.
pub(super) fn containers(pod: &Map<String, Value>) -> impl Iterator<Item = Container<'_>> {
    ["initContainers", "containers", "ephemeralContainers"]
        .into_iter()
        .flat_map(|field| {
            items(pod, field)
                .iter()
                .enumerate()
                .filter_map(move |(index, item)| Some((field, index, item.as_object()?)))
        })
}

/// Runs a check for each container.
pub(super) fn each_container<'a>(
    walker: &mut Walker<'a>,
    pod: &'a Map<String, Value>,
    mut run: impl FnMut(&mut Walker<'a>, Container<'a>),
) {
    for container in containers(pod) {
        walker.inside(&[Position::Key(container.0), Position::Index(container.1)], |walker| {
            run(walker, container);
        });
    }
}

/// `ValidatePodCreate`, and the admission checks of a pod.
fn pod<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    annotations(walker, map);
    let Some(spec) = object(map, "spec") else { return };
    if let Some(annotations) = object(map, "metadata").and_then(|meta| object(meta, "annotations"))
        && annotations.contains_key(MIRROR)
        && !says_something(spec, "nodeName")
    {
        walker.inside(&[Position::Key("metadata"), Position::Key("annotations")], |walker| {
            let message = "a mirror of a kubelet's own pod has a `nodeName`";
            walker.fault_at(MIRROR, "field-conflict", message).side = Side::Key;
        });
    }
    walker.below(Position::Key("spec"), |walker| {
        if !items(spec, "ephemeralContainers").is_empty() {
            forbids(
                walker,
                spec,
                "ephemeralContainers",
                "when a Pod is created: `kubectl debug` adds them",
            );
        }
        if says_something(spec, "nodeName") && !items(spec, "schedulingGates").is_empty() {
            forbids(walker, spec, "nodeName", "together with `schedulingGates`");
        }
        if is_set(spec, "overhead") && !is_set(spec, "runtimeClassName") {
            forbids(
                walker,
                spec,
                "overhead",
                "without a `runtimeClassName`, whose RuntimeClass has the same",
            );
        }
        own_claims(walker, map, spec);
        if number(spec, "priority").is_some_and(|priority| priority != 0) && !says_something(spec, "priorityClassName")
        {
            walker
                .fault_at(
                    "priority",
                    "field-conflict",
                    "`priority` comes from a PriorityClass: set `priorityClassName` instead",
                )
                .side = Side::Key;
        }
    });
}

/// Reports volumes that use a claim generated for an ephemeral volume of the same pod.
fn own_claims<'a>(walker: &mut Walker<'a>, pod: &'a Map<String, Value>, spec: &'a Map<String, Value>) {
    let Some(name) = object(pod, "metadata").and_then(|meta| string(meta, "name")) else {
        return;
    };
    let made: BTreeSet<String> = items(spec, "volumes")
        .iter()
        .filter(|volume| volume["ephemeral"].is_object())
        .filter_map(|volume| Some(format!("{name}-{}", volume["name"].as_str()?)))
        .collect();
    super::each_object(walker, spec, "volumes", |walker, volume| {
        if let Some(claim) = object(volume, "persistentVolumeClaim")
            && let Some(claim) = string(claim, "claimName").filter(|claim| made.contains(*claim))
        {
            walker.below(Position::Key("persistentVolumeClaim"), |walker| {
                let message = format!("`{}` is made for an ephemeral volume of the pod", shown(claim));
                walker.fault_at("claimName", "field-conflict", message);
            });
        }
    });
}

/// `ValidatePodTemplateSpec`
fn template<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    annotations(walker, map);
    let Some(spec) = object(map, "spec") else { return };
    walker.below(Position::Key("spec"), |walker| {
        if !items(spec, "ephemeralContainers").is_empty() {
            forbids(walker, spec, "ephemeralContainers", "in a template");
        }
    });
}

const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// `ValidatePodSpecificAnnotations`
fn annotations<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(annotations) = object(map, "metadata").and_then(|meta| object(meta, "annotations")) else {
        return;
    };
    let names: BTreeSet<&str> = object(map, "spec")
        .into_iter()
        .flat_map(containers)
        .filter_map(|(_, _, container)| string(container, "name"))
        .collect();
    walker.inside(&[Position::Key("metadata"), Position::Key("annotations")], |walker| {
        for (key, value) in annotations {
            let Some(text) = value.as_str() else { continue };
            let local = text.strip_prefix("localhost/");
            if let Some(container) = key.strip_prefix(APP_ARMOR) {
                if !names.contains(container) {
                    let message = format!("there is no container `{}`", shown(container));
                    walker.fault_at(key, "bad-key", message).side = Side::Key;
                }
                if local.is_none() && !matches!(text, "" | "runtime/default" | "unconfined") {
                    let message = format!("`{}` is not a profile of AppArmor", shown(text));
                    walker.fault_at(key, "invalid-enum-value", message).help =
                        Some("`runtime/default`, `unconfined` or `localhost/NAME`".to_owned());
                }
            } else if key == SECCOMP || key.starts_with(SECCOMP_CONTAINER) {
                let known = matches!(text, "runtime/default" | "docker/default" | "unconfined");
                if !known && local.is_none_or(|path| crate::formats::network::relative_path(path).is_err()) {
                    let message = format!("`{}` is not a profile of seccomp", shown(text));
                    walker.fault_at(key, "invalid-enum-value", message).help =
                        Some("`runtime/default`, `unconfined` or `localhost/PATH`".to_owned());
                }
            } else if key == DELETION_COST {
                let plain = text == "0" || text.starts_with(|c: char| matches!(c, '-' | '1'..='9'));
                if !plain || text.parse::<i32>().is_err() {
                    let message = format!("`{}` is not an integer of 32 bits", shown(text));
                    walker.fault_at(key, "int-range", message);
                }
            }
        }
    });
}

/// `validateOverhead`
fn overhead<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(overhead) = object(map, "overhead") else {
        return;
    };
    walker.below(Position::Key("overhead"), |walker| {
        for name in overhead.keys() {
            if let Err(reason) = super::pods::resource_name(name) {
                let message = format!("`{}` is not a resource: {reason}", shown(name));
                walker.fault_at(name, "bad-resource-name", message).side = Side::Key;
            }
        }
    });
}

/// `validatePodDNSConfig`
fn dns<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    overhead(walker, map);
    let config = object(map, "dnsConfig");
    if string(map, "dnsPolicy") == Some("None") {
        let help = Some("`dnsPolicy: None` needs a name server".to_owned());
        match config {
            None => walker.missing("dnsConfig").help = help,
            Some(config) if items(config, "nameservers").is_empty() => {
                walker.below(Position::Key("dnsConfig"), |walker| {
                    walker.missing("nameservers").help = help;
                });
            }
            Some(_) => {}
        }
    }
    let Some(config) = config else { return };
    walker.below(Position::Key("dnsConfig"), |walker| {
        at_most(walker, config, "nameservers", 3);
        at_most(walker, config, "searches", 32);
        let length: usize = items(config, "searches")
            .iter()
            .filter_map(Value::as_str)
            .map(|search| search.len() + 1)
            .sum();
        if length > 2049 {
            let message = format!(
                "the search list has {} characters, at most 2048 are allowed",
                length - 1
            );
            walker.fault_at("searches", "bad-size", message);
        }
        super::each_string(walker, config, "searches", |walker, search| {
            if search != "." {
                // Underscores are allowed here.
                let search = search.strip_suffix('.').unwrap_or(search).replace('_', "a");
                walker.text("bad-name", "a domain", &search, crate::formats::names::subdomain);
            }
        });
    });
}

/// Reports a list that is too long.
pub(super) fn at_most<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str, most: usize) {
    let length = items(map, field).len();
    if length > most {
        let message = format!("the list has {length} items, at most {most} are allowed");
        walker.fault_at(field, "bad-size", message);
    }
}

fn on(map: &Map<String, Value>, field: &str) -> bool {
    map.get(field) == Some(&Value::Bool(true))
}

/// Host namespaces: `validateHostUsers`, `validatePodHostName`, `validateShareProcessNamespace`.
fn host<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(seconds) = number(map, "terminationGracePeriodSeconds").filter(|seconds| *seconds < 0) {
        let message = format!("Kubernetes takes {seconds} as 1");
        walker.fault_at("terminationGracePeriodSeconds", "server-warning", message);
    }
    if map.get("hostUsers") == Some(&Value::Bool(false)) {
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            if on(map, field) {
                forbids(walker, map, field, "together with `hostUsers: false`");
            }
        }
        each_container(walker, map, |walker, (_, _, container)| {
            // Rejected since 1.36; before that, no kubelet can run it.
            if !items(container, "volumeDevices").is_empty() {
                forbids(walker, container, "volumeDevices", "together with `hostUsers: false`");
            }
        });
    } else {
        each_container(walker, map, |walker, (_, _, container)| {
            if object(container, "securityContext").and_then(|context| string(context, "procMount")) == Some("Unmasked")
            {
                walker.below(Position::Key("securityContext"), |walker| {
                    walker.fault_at(
                        "procMount",
                        "field-conflict",
                        "`Unmasked` needs `hostUsers: false` in the pod",
                    );
                });
            }
        });
    }
    if on(map, "shareProcessNamespace") && on(map, "hostPID") {
        forbids(walker, map, "shareProcessNamespace", "together with `hostPID`");
    }
    if is_set(map, "hostnameOverride") {
        for field in ["setHostnameAsFQDN", "hostNetwork"] {
            if on(map, field) {
                forbids(walker, map, "hostnameOverride", &format!("together with `{field}`"));
            }
        }
    }
    // The old name counts only without the new one.
    if !says_something(map, "serviceAccountName")
        && let Some(name) = string(map, "serviceAccount").filter(|name| !name.is_empty())
    {
        walker.below(Position::Key("serviceAccount"), |walker| {
            walker.text("bad-name", "a DNS subdomain", name, crate::formats::names::subdomain);
        });
    }
    for (index, secret) in items(map, "imagePullSecrets").iter().enumerate() {
        if secret
            .as_object()
            .is_some_and(|secret| string(secret, "name") == Some(""))
        {
            walker.inside(&[Position::Key("imagePullSecrets"), Position::Index(index)], |walker| {
                walker.fault_at("name", "server-warning", "`name` is empty: the item does nothing");
            });
        }
    }
}

/// The resource claims of the pod, and the containers' references to them: `validatePodResourceClaims`,
/// `validateResourceClaimNames`.
fn claims<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let names: BTreeSet<&str> = items(map, "resourceClaims")
        .iter()
        .filter_map(|claim| claim["name"].as_str())
        .collect();
    each_container(walker, map, |walker, (_, _, container)| {
        let Some(resources) = object(container, "resources") else {
            return;
        };
        walker.below(Position::Key("resources"), |walker| {
            super::each_object(walker, resources, "claims", |walker, claim| {
                if let Some(name) = string(claim, "name").filter(|name| !name.is_empty() && !names.contains(name)) {
                    let message = format!("the pod's `resourceClaims` have no `{}`", shown(name));
                    walker.fault_at("name", "field-conflict", message).help =
                        suggest::did_you_mean(name, names.iter().copied());
                }
            });
        });
    });
}

/// `validatePodResources`
fn pod_resources<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(resources) = object(map, "resources") else {
        return;
    };
    walker.below(Position::Key("resources"), |walker| {
        if is_set(resources, "claims") {
            forbids(walker, resources, "claims", "for the pod as a whole");
        }
        for field in ["limits", "requests"] {
            let Some(amounts) = object(resources, field) else {
                continue;
            };
            walker.below(Position::Key(field), |walker| {
                for name in amounts.keys() {
                    if name == "ephemeral-storage" || name.contains('/') {
                        let message = format!("`{}` cannot be set for the pod as a whole", shown(name));
                        walker.fault_at(name, "bad-resource-name", message).side = Side::Key;
                    }
                }
            });
        }
        if let Some(requests) = object(resources, "requests") {
            walker.below(Position::Key("requests"), |walker| {
                for (name, wanted) in requests {
                    let (Some(wanted), sum) = (amount(wanted), container_requests(map, name)) else {
                        continue;
                    };
                    if quantity::above(sum, wanted) {
                        let message = "the containers together request more than the pod";
                        walker.fault_at(name, "request-above-limit", message);
                    }
                }
            });
        }
    });
    let Some(limits) = object(resources, "limits") else {
        return;
    };
    for (index, container) in items(map, "containers").iter().enumerate() {
        let own = container["resources"]["limits"].as_object();
        for (name, limit) in own.into_iter().flatten() {
            if let (Some(own), Some(most)) = (amount(limit), limits.get(name).and_then(amount))
                && quantity::above(own, most)
            {
                let places = [
                    Position::Key("containers"),
                    Position::Index(index),
                    Position::Key("resources"),
                    Position::Key("limits"),
                ];
                walker.inside(&places, |walker| {
                    walker.fault_at(name, "request-above-limit", "the limit is above that of the pod");
                });
            }
        }
    }
}

/// The total requests of a pod's containers: `AggregateContainerRequests`.
fn container_requests(pod: &Map<String, Value>, resource: &str) -> f64 {
    let request = |container: &Value| amount(&container["resources"]["requests"][resource]).unwrap_or(0.0);
    let mut sum: f64 = items(pod, "containers").iter().map(request).sum();
    let (mut sidecars, mut most) = (0.0_f64, 0.0_f64);
    for container in items(pod, "initContainers") {
        let own = request(container);
        if container["restartPolicy"] == "Always" {
            sum += own;
            sidecars += own;
            most = most.max(sidecars);
        } else {
            most = most.max(own + sidecars);
        }
    }
    sum.max(most)
}

pub(super) fn amount(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => quantity::parse(text).ok(),
        Value::Number(number) => number.as_f64(),
        _ => None,
    }
}

const OF_IPC: [&str; 10] = [
    "kernel.msg",
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shm",
    "kernel.shm_rmid_forced",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
];

/// Kernel parameters in namespaces that the pod shares with the host: `ValidateHostSysctl`.
fn sysctls<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(context) = object(map, "securityContext") else {
        return;
    };
    walker.below(Position::Key("securityContext"), |walker| {
        super::each_object(walker, context, "sysctls", |walker, sysctl| {
            let Some(name) = string(sysctl, "name").map(|name| name.replace('/', ".")) else {
                return;
            };
            let shared = if name.starts_with("net.") {
                "hostNetwork"
            } else if OF_IPC.contains(&name.as_str()) || name.starts_with("fs.mqueue.") {
                "hostIPC"
            } else {
                return;
            };
            if on(map, shared) {
                walker.fault_at(
                    "name",
                    "field-conflict",
                    format!("`{}` is the host's: the pod has `{shared}`", shown(&name)),
                );
            }
        });
    });
}

/// Host ports: `checkHostPortConflicts`, `validatePodHostNetworkDeps`.
fn host_ports<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let mut taken = BTreeSet::new();
    each_container(walker, map, |walker, (field, _, container)| {
        let mut own = BTreeSet::new();
        super::each_object(walker, container, "ports", |walker, port| {
            let Some(host) = number(port, "hostPort").filter(|host| *host != 0) else {
                return;
            };
            let protocol = string(port, "protocol").unwrap_or("TCP");
            let key = (protocol, string(port, "hostIP").unwrap_or_default(), host);
            // Init containers run one after the other.
            let free = match field {
                "containers" => taken.insert(key),
                _ => own.insert(key),
            };
            if !free {
                walker.fault_at(
                    "hostPort",
                    "duplicate-item",
                    format!("another port of the pod takes {host} of the host"),
                );
            }
            if field == "containers" && on(map, "hostNetwork") && number(port, "containerPort") != Some(host) {
                walker.fault_at(
                    "hostPort",
                    "field-conflict",
                    "with `hostNetwork` it is the `containerPort`, or is left out",
                );
            }
        });
    });
    if let Some(group) = object(map, "schedulingGroup") {
        walker.below(Position::Key("schedulingGroup"), |walker| {
            needs(walker, group, "podGroupName");
        });
    }
}
