//! Best practices that not everybody shares. Off unless selected.

use std::collections::BTreeSet;

use promchart_k8s::Object as Typed;
use promchart_k8s::k8s_openapi::api::core::v1::Container as Spec;

use super::super::Context;
use super::super::object::{Container, Pod};
use super::super::objects::Objects;
use diagnostics::{Diagnostic, ObjectRef, Report};

/// A rule about containers: its name, the message about a container, and the test for a violation.
type ContainerRule = (&'static str, &'static str, fn(Pod<'_>, Container<'_>) -> bool);

const CONTAINERS: &[ContainerRule] = &[
    ("missing-requests", "asks for no CPU or no memory", |_, container| {
        let asks = |what| has_request(container.spec, what) || has_limit(container.spec, what);
        !asks("cpu") || !asks("memory")
    }),
    ("missing-memory-limit", "has no limit of memory", |_, container| {
        !has_limit(container.spec, "memory")
    }),
    ("missing-readiness-probe", "has no readiness probe", |pod, container| {
        is_service(pod) && !container.is_init && container.spec.readiness_probe.is_none()
    }),
    ("missing-liveness-probe", "has no liveness probe", |pod, container| {
        is_service(pod) && !container.is_init && container.spec.liveness_probe.is_none()
    }),
    (
        "writable-root-filesystem",
        "can write to its root file system",
        |_, container| {
            let given = container.spec.security_context.as_ref();
            given.and_then(|context| context.read_only_root_filesystem) != Some(true)
        },
    ),
    ("run-as-root", "may run as root", |pod, container| {
        let own = container.spec.security_context.as_ref();
        let of_pod = pod.spec.security_context.as_ref();
        let non_root = own.and_then(|context| context.run_as_non_root);
        let user = own.and_then(|context| context.run_as_user);
        let non_root = non_root.or_else(|| of_pod?.run_as_non_root);
        let user = user.or_else(|| of_pod?.run_as_user);
        non_root != Some(true) && user.is_none_or(|user| user == 0)
    }),
    (
        "kept-capabilities",
        "keeps the capabilities that it starts with",
        |_, container| {
            let given = container.spec.security_context.as_ref();
            let capabilities = given.and_then(|context| context.capabilities.as_ref());
            let mut dropped = capabilities
                .iter()
                .flat_map(|capabilities| capabilities.drop.iter().flatten());
            !dropped.any(|name| name.eq_ignore_ascii_case("all"))
        },
    ),
];

fn has_request(container: &Spec, what: &str) -> bool {
    let requests = container
        .resources
        .as_ref()
        .and_then(|resources| resources.requests.as_ref());
    requests.is_some_and(|requests| requests.contains_key(what))
}

fn has_limit(container: &Spec, what: &str) -> bool {
    let limits = container
        .resources
        .as_ref()
        .and_then(|resources| resources.limits.as_ref());
    limits.is_some_and(|limits| limits.contains_key(what))
}

fn is_service(pod: Pod<'_>) -> bool {
    !pod.owner.is(&["Job", "CronJob", "Pod"])
}

/// Checks the rules about containers.
pub(in super::super) fn containers(context: &Context<'_>, report: &mut Report) {
    for pod in context.objects.pods() {
        for container in pod.containers() {
            for (rule, what, offends) in CONTAINERS {
                if offends(pod, container) {
                    let message = format!("the container {} of {} {what}", container.spec.name, pod.owner.title());
                    report.push(pod.owner.fault(Diagnostic::warning(rule, message), container.place()));
                }
            }
        }
    }
}

/// Checks the rules about workloads.
pub(in super::super) fn workloads(context: &Context<'_>, report: &mut Report) {
    let objects = &context.objects;
    let in_budgets = picked_by(objects, "PodDisruptionBudget");
    let in_policies = picked_by(objects, "NetworkPolicy");
    for object in &objects.all {
        let mut say = |rule: &'static str, message: String| {
            report.push(object.fault(Diagnostic::warning(rule, message), object.place()));
        };
        let title = object.title();
        if let Some(Typed::Service(service)) = &object.typed {
            let kind = service.spec.as_ref().and_then(|spec| spec.type_.as_deref());
            if matches!(kind, Some("LoadBalancer" | "NodePort")) {
                say(
                    "exposed-service",
                    format!("{title} can be reached from outside the cluster"),
                );
            }
        }
        let Some(pod) = object.pod().filter(|_| object.is(&["Deployment", "StatefulSet"])) else {
            continue;
        };
        let replicas = object.typed.as_ref().and_then(Typed::replicas).unwrap_or(1);
        let is_scaled = objects.scaler_of(object).is_some();
        if replicas < 2 && !is_scaled {
            say(
                "single-replica",
                format!("{title} has one pod: it is away while its node is"),
            );
        }
        let affinity = pod
            .spec
            .affinity
            .as_ref()
            .and_then(|affinity| affinity.pod_anti_affinity.as_ref());
        let constraints = pod.spec.topology_spread_constraints.as_ref();
        let spreads = affinity.is_some() || constraints.is_some_and(|constraints| !constraints.is_empty());
        if (replicas > 1 || is_scaled) && !spreads {
            say("missing-spread", format!("the pods of {title} may all run on one node"));
        }
        if replicas > 1 && !in_budgets.contains(&object.reference) {
            say("missing-budget", format!("{title} has no PodDisruptionBudget"));
        }
        if !in_policies.contains(&object.reference) {
            say("missing-network-policy", format!("no NetworkPolicy is about {title}"));
        }
        if pod.spec.priority_class_name.is_none() {
            say("missing-priority", format!("{title} has no priority class"));
        }
    }
}

/// The objects whose pods are selected by an object of this kind.
fn picked_by<'a>(objects: &'a Objects, kind: &str) -> BTreeSet<&'a ObjectRef> {
    let mut picked = BTreeSet::new();
    for object in objects.of_kind(kind) {
        if let Some(selector) = object.typed.as_ref().and_then(Typed::selector) {
            let pods = objects.pods_of(object.namespace(), selector);
            picked.extend(pods.iter().map(|pod| &pod.owner.reference));
        }
    }
    picked
}
