//! Objects that pick pods by labels: do they pick any?

use super::super::Context;
use super::super::object::{Object, Pod, items, text};
use crate::diagnostic::{Diagnostic, Report};
use crate::yaml::{Map, Node};

const MISMATCH: &str = "mismatching-selector";
const VERSIONED: &str = "version-in-selector";
const SERVICE: &str = "service-without-pods";
const BUDGET: &str = "budget-without-pods";
const POLICY: &str = "policy-without-pods";
const MONITOR: &str = "monitor-without-service";

/// All pods that the release makes.
pub(super) fn pods<'a>(context: &'a Context<'_>) -> impl Iterator<Item = Pod<'a>> {
    context.objects.all.iter().filter_map(Object::pod)
}

/// Workloads whose selector does not pick their own pods: Kubernetes refuses them.
pub(in super::super) fn own_pods(context: &Context<'_>, report: &mut Report) {
    for object in &context.objects.all {
        if !object.is(&["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]) {
            continue;
        }
        let (Some(pod), Some(selector)) = (object.pod(), object.at(["spec", "selector"])) else {
            continue;
        };
        if !pod.is_selected_by(selector) {
            let culprit = selector.get("matchLabels").and_then(Node::as_map).and_then(|pairs| {
                pairs
                    .iter()
                    .find(|(key, wanted)| label(pod, key) != wanted.node.as_str())
            });
            let (span, message) = match culprit {
                Some((key, entry)) => (
                    entry.node.span,
                    format!(
                        "the selector of {} does not match the label {key} of its pods",
                        object.title()
                    ),
                ),
                None => (
                    selector.span,
                    format!("the selector of {} does not match its pods", object.title()),
                ),
            };
            let mut diagnostic = object.fault(Diagnostic::error(MISMATCH, message), span);
            match culprit.and_then(|(key, _)| pod.labels.and_then(|labels| labels.get(key))) {
                Some(entry) => diagnostic = diagnostic.label(entry.node.span, "the label of the pods"),
                None => diagnostic = diagnostic.help("Kubernetes refuses a workload that does not select its own pods"),
            }
            report.push(diagnostic);
        }
        for (key, entry) in selector
            .get("matchLabels")
            .and_then(Node::as_map)
            .into_iter()
            .flat_map(Map::iter)
        {
            if matches!(&**key, "helm.sh/chart" | "app.kubernetes.io/version" | "chart") {
                let message = format!(
                    "the selector of {} has the label {key}, which changes with versions",
                    object.title()
                );
                let diagnostic = Diagnostic::warning(VERSIONED, message);
                report.push(
                    object
                        .fault(diagnostic, entry.key)
                        .help("a selector cannot be changed: the next upgrade will fail"),
                );
            }
        }
    }
}

fn label<'a>(pod: Pod<'a>, key: &str) -> Option<&'a str> {
    pod.labels?.node(key)?.as_str()
}

/// Services, budgets and policies that pick no pod of the release.
pub(in super::super) fn pods_of_others(context: &Context<'_>, report: &mut Report) {
    let has_operator = context.objects.all.iter().any(makes_pods);
    for object in &context.objects.all {
        let (rule, selector) = match object.kind() {
            "Service" if object.is(&["Service"]) => (SERVICE, object.at(["spec", "selector"])),
            "PodDisruptionBudget" => (BUDGET, object.at(["spec", "selector"])),
            "NetworkPolicy" if object.is(&["NetworkPolicy"]) => (POLICY, object.at(["spec", "podSelector"])),
            _ => continue,
        };
        let Some(selector) = selector.filter(|selector| selector.as_map().is_some_and(|map| !map.is_empty())) else {
            continue;
        };
        let near: Vec<Pod<'_>> = pods(context)
            .filter(|pod| pod.owner.namespace() == object.namespace())
            .collect();
        let picks = |pod: &Pod<'_>| match (object.kind(), selector.as_map()) {
            ("Service", Some(pairs)) => pod.has_labels(pairs),
            _ => pod.is_selected_by(selector),
        };
        if near.is_empty() || near.iter().any(picks) {
            continue;
        }
        let pairs = if object.kind() == "Service" {
            Some(selector)
        } else {
            selector.get("matchLabels")
        };
        let closest = pairs.and_then(Node::as_map).and_then(|pairs| closest(&near, pairs));
        let message = format!("{} selects no pods", object.title());
        // One that agrees with a workload in part is a slip; one that agrees with none may be for pods from elsewhere.
        report.push(match closest {
            Some((pod, key, span)) => object.fault(Diagnostic::error(rule, message), span).help(format!(
                "the pods of {} have {key}: {}",
                pod.owner.title(),
                label(pod, &key).unwrap_or("nothing")
            )),
            None if has_operator => continue,
            None => object.fault(Diagnostic::warning(rule, message), selector.span),
        });
    }
}

/// Whether an operator may make pods for the object.
fn makes_pods(object: &Object) -> bool {
    let group = object.group();
    let is_custom = group.contains('.') && !group.ends_with(".k8s.io");
    let is_passive = matches!(group, "cert-manager.io")
        || matches!(
            object.kind(),
            "ServiceMonitor" | "PodMonitor" | "PrometheusRule" | "Probe" | "ScrapeConfig"
        );
    is_custom && !is_passive
}

/// The pod that most labels agree with, at least half of them, and the first label that does not.
fn closest<'a>(pods: &[Pod<'a>], pairs: &Map) -> Option<(Pod<'a>, String, crate::source::Span)> {
    let agreeing = |pod: &&Pod<'_>| {
        pairs
            .iter()
            .filter(|(key, wanted)| label(**pod, key) == wanted.node.as_str())
            .count()
    };
    let best = pods.iter().max_by_key(agreeing)?;
    if agreeing(&best) == 0 || agreeing(&best) * 2 < pairs.len() {
        return None;
    }
    let (key, entry) = pairs
        .iter()
        .find(|(key, wanted)| label(*best, key) != wanted.node.as_str())?;
    Some((*best, key.to_string(), entry.node.span))
}

/// `ServiceMonitors` that pick no Service of the release, or a port that none of these has.
pub(in super::super) fn monitors(context: &Context<'_>, report: &mut Report) {
    let services: Vec<&Object> = context
        .objects
        .all
        .iter()
        .filter(|object| object.is(&["Service"]))
        .collect();
    for object in &context.objects.all {
        if object.kind() != "ServiceMonitor" || object.group() != "monitoring.coreos.com" {
            continue;
        }
        let Some(selector) = object
            .at(["spec", "selector"])
            .filter(|node| node.as_map().is_some_and(|map| !map.is_empty()))
        else {
            continue;
        };
        if object
            .at(["spec", "namespaceSelector"])
            .is_some_and(|node| node.as_map().is_some_and(|map| !map.is_empty()))
        {
            continue;
        }
        let picked: Vec<&&Object> = services
            .iter()
            .filter(|service| {
                let labels = service.at(["metadata", "labels"]).and_then(Node::as_map);
                let pod = Pod {
                    owner: service,
                    labels,
                    spec: &service.node,
                };
                pod.is_selected_by(selector)
            })
            .collect();
        if picked.is_empty() {
            if !services.is_empty() {
                let diagnostic = Diagnostic::warning(MONITOR, format!("{} selects no Service", object.title()));
                report.push(object.fault(diagnostic, selector.span));
            }
            continue;
        }
        for endpoint in items(object.at(["spec", "endpoints"])) {
            let Some(port) = endpoint.get("port").filter(|port| port.as_str().is_some()) else {
                continue;
            };
            let has = |service: &&&Object| {
                items(service.at(["spec", "ports"]))
                    .iter()
                    .any(|known| text(known.get("name")) == text(Some(port)))
            };
            if !picked.iter().any(has) {
                let message = format!("{} has no port {}", picked[0].title(), text(Some(port)));
                report.push(object.fault(Diagnostic::error(MONITOR, message), port.span));
            }
        }
    }
}
