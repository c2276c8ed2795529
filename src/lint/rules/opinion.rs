//! What some hold to be good practice. Off unless selected.

use super::super::Context;
use super::super::object::{Pod, integer, is_true, items, text};
use super::selectors::pods;
use crate::diagnostic::{Diagnostic, Report};
use crate::yaml::Node;

/// A rule about containers: its name, what is said of a container, and whether one offends.
type ContainerRule = (&'static str, &'static str, fn(Pod<'_>, &Node) -> bool);

const CONTAINERS: &[ContainerRule] = &[
    ("missing-requests", "asks for no CPU or no memory", |_, container| {
        let asks = |what: &str| {
            container.at(["resources", "requests", what]).is_some()
                || container.at(["resources", "limits", what]).is_some()
        };
        !asks("cpu") || !asks("memory")
    }),
    ("missing-memory-limit", "has no limit of memory", |_, container| {
        container.at(["resources", "limits", "memory"]).is_none()
    }),
    ("missing-readiness-probe", "has no readiness probe", |pod, container| {
        is_service(pod) && is_main(pod, container) && container.get("readinessProbe").is_none()
    }),
    ("missing-liveness-probe", "has no liveness probe", |pod, container| {
        is_service(pod) && is_main(pod, container) && container.get("livenessProbe").is_none()
    }),
    (
        "writable-root-filesystem",
        "can write to its root file system",
        |_, container| !is_true(container.at(["securityContext", "readOnlyRootFilesystem"])),
    ),
    ("run-as-root", "may run as root", |pod, container| {
        let of = |key: &str| {
            container
                .at(["securityContext", key])
                .or_else(|| pod.spec.at(["securityContext", key]))
        };
        !is_true(of("runAsNonRoot")) && integer(of("runAsUser")).is_none_or(|user| user == 0)
    }),
    (
        "kept-capabilities",
        "keeps the capabilities that it starts with",
        |_, container| {
            !items(container.at(["securityContext", "capabilities", "drop"]))
                .iter()
                .any(|capability| capability.as_str().is_some_and(|name| name.eq_ignore_ascii_case("all")))
        },
    ),
];

fn is_service(pod: Pod<'_>) -> bool {
    !pod.owner.is(&["Job", "CronJob", "Pod"])
}

fn is_main(pod: Pod<'_>, container: &Node) -> bool {
    items(pod.spec.get("containers"))
        .iter()
        .any(|main| std::ptr::eq(main, container))
}

/// The rules about containers.
pub(in super::super) fn containers(context: &Context<'_>, report: &mut Report) {
    for pod in pods(context) {
        for container in pod.containers() {
            for (rule, what, offends) in CONTAINERS {
                if offends(pod, container) {
                    let message = format!(
                        "the container {} of {} {what}",
                        text(container.get("name")),
                        pod.owner.title()
                    );
                    let span = container.get("name").map_or(container.span, |name| name.span);
                    report.push(pod.owner.fault(Diagnostic::warning(rule, message), span));
                }
            }
        }
    }
}

/// The rules about workloads.
pub(in super::super) fn workloads(context: &Context<'_>, report: &mut Report) {
    let all = &context.objects.all;
    for object in all {
        let place = object
            .at(["metadata", "name"])
            .map_or(object.node.span, |name| name.span);
        let mut say = |rule: &'static str, message: String| {
            report.push(object.fault(Diagnostic::warning(rule, message), place));
        };
        if object.is(&["Service"]) && matches!(text(object.at(["spec", "type"])), "LoadBalancer" | "NodePort") {
            say(
                "exposed-service",
                format!("{} can be reached from outside the cluster", object.title()),
            );
        }
        let Some(pod) = object.pod() else { continue };
        if !object.is(&["Deployment", "StatefulSet"]) {
            continue;
        }
        let replicas = integer(object.at(["spec", "replicas"])).unwrap_or(1);
        let is_scaled = all.iter().any(|other| {
            other.kind() == "HorizontalPodAutoscaler"
                && text(other.at(["spec", "scaleTargetRef", "name"])) == object.name()
        });
        if replicas < 2 && !is_scaled {
            say(
                "single-replica",
                format!("{} has one pod: it is away while its node is", object.title()),
            );
        }
        let spreads = pod.spec.at(["affinity", "podAntiAffinity"]).is_some()
            || !items(pod.spec.get("topologySpreadConstraints")).is_empty();
        if (replicas > 1 || is_scaled) && !spreads {
            say(
                "missing-spread",
                format!("the pods of {} may all run on one node", object.title()),
            );
        }
        let picks = |kind: &str, key: &str| {
            all.iter().any(|other| {
                other.kind() == kind
                    && other.namespace() == object.namespace()
                    && other
                        .at(["spec", key])
                        .is_some_and(|selector| pod.is_selected_by(selector))
            })
        };
        if replicas > 1 && !picks("PodDisruptionBudget", "selector") {
            say(
                "missing-budget",
                format!("{} has no PodDisruptionBudget", object.title()),
            );
        }
        if !picks("NetworkPolicy", "podSelector") {
            say(
                "missing-network-policy",
                format!("no NetworkPolicy is about {}", object.title()),
            );
        }
        if pod.spec.get("priorityClassName").is_none() {
            say("missing-priority", format!("{} has no priority class", object.title()));
        }
    }
}
