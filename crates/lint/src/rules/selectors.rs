//! Objects that select pods by labels without a match.

use promchart_k8s::Object as Typed;
use promchart_k8s::k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::super::Context;
use super::super::object::{Object, items, span, text};
use diagnostics::{Diagnostic, Report};
use goyaml::{Map, Node};

const MISMATCH: &str = "mismatching-selector";
const VERSIONED: &str = "version-in-selector";
const SERVICE: &str = "service-without-pods";
const BUDGET: &str = "budget-without-pods";
const POLICY: &str = "policy-without-pods";
const MONITOR: &str = "monitor-without-service";

/// Reports workloads whose selector does not match their own pods; Kubernetes rejects them.
pub(in super::super) fn own_pods(context: &Context<'_>, report: &mut Report) {
    for pod in context.objects.pods() {
        let object = pod.owner;
        let is_workload = object.is(&["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]);
        let selector = object.typed.as_ref().and_then(Typed::selector);
        let (Some(selector), Some(node)) = (selector.filter(|_| is_workload), object.at(["spec", "selector"])) else {
            continue;
        };
        let mut wanted = selector.match_labels.iter().flatten();
        if !promchart_k8s::selects(selector, pod.labels) {
            let culprit = wanted.find(|(key, value)| pod.labels.get(*key) != Some(value));
            let owner = object.title();
            let diagnostic = match culprit {
                Some((key, _)) => {
                    let message = format!("the selector of {owner} does not match the label {key} of its pods");
                    let at = span(node, &["matchLabels", key]);
                    let diagnostic = object.fault(Diagnostic::error(MISMATCH, message), at);
                    match pod.template.at(["metadata", "labels", key]) {
                        Some(label) => diagnostic.label(label.span, "the label of the pods"),
                        None => diagnostic,
                    }
                }
                None => {
                    let message = format!("the selector of {owner} does not match its pods");
                    let help = "Kubernetes refuses a workload that does not select its own pods";
                    object.fault(Diagnostic::error(MISMATCH, message), node.span).help(help)
                }
            };
            report.push(diagnostic);
        }
        let pairs = node.get("matchLabels").and_then(Node::as_map);
        for (key, entry) in pairs.into_iter().flat_map(Map::iter) {
            if matches!(&**key, "helm.sh/chart" | "app.kubernetes.io/version" | "chart") {
                let owner = object.title();
                let message = format!("the selector of {owner} has the label {key}, which changes with versions");
                let help = "a selector cannot be changed: the next upgrade will fail";
                report.push(
                    object
                        .fault(Diagnostic::warning(VERSIONED, message), entry.key)
                        .help(help),
                );
            }
        }
    }
}

/// Reports Services, budgets and policies that select no pod of the release.
pub(in super::super) fn pods_of_others(context: &Context<'_>, report: &mut Report) {
    let objects = &context.objects;
    let has_operator = objects.all.iter().any(makes_pods);
    for object in &objects.all {
        let Some((rule, selector, path)) = picking(object) else {
            continue;
        };
        let selector = without_added(selector);
        let Some(node) = object.at(path.iter().copied()).filter(|_| !picks_all(&selector)) else {
            continue;
        };
        let namespace = object.namespace();
        if !objects.has_pods_in(namespace) || !objects.pods_of(namespace, &selector).is_empty() {
            continue;
        }
        let message = format!("{} selects no pods", object.title());
        let pairs = selector.match_labels.unwrap_or_default();
        let nearest = objects.nearest_pod(namespace, &pairs);
        let differing = nearest.and_then(|pod| {
            let (key, _) = pairs.iter().find(|(key, value)| pod.labels.get(*key) != Some(value))?;
            Some((pod, key))
        });
        // A selector that matches a workload except for one value is a mistake. A label that no pod has may be set at
        // run time, as by leader election. Selectors without any resemblance, and those of policies and budgets, may be
        // for other pods.
        report.push(match differing {
            Some((pod, key)) => {
                let in_labels = node.get("matchLabels").unwrap_or(node);
                let owner = pod.owner.title();
                let diagnostic = match pod.labels.get(key) {
                    Some(_) if rule == SERVICE => Diagnostic::error(rule, message),
                    _ => Diagnostic::warning(rule, message),
                };
                let value = pod.labels.get(key).map_or("nothing", String::as_str);
                object
                    .fault(diagnostic, span(in_labels, &[key]))
                    .help(format!("the pods of {owner} have {key}: {value}"))
            }
            None if has_operator => continue,
            None => object.fault(Diagnostic::warning(rule, message), node.span),
        });
    }
}

/// Removes the labels that controllers add to pods, which no template has. From `pkg/controller` of Kubernetes:
/// `deployment/util`, `statefulset`, `daemon`, `job`.
fn without_added(mut selector: LabelSelector) -> LabelSelector {
    const ADDED: [&str; 11] = [
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/job-name",
        "controller-revision-hash",
        "controller-uid",
        "job-completion-index",
        "job-name",
        "pod-template-generation",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    ];
    let is_added = |key: &str| ADDED.contains(&key);
    if let Some(labels) = &mut selector.match_labels {
        labels.retain(|key, _| !is_added(key));
    }
    if let Some(expressions) = &mut selector.match_expressions {
        expressions.retain(|expression| !is_added(&expression.key));
    }
    selector
}

/// How an object selects pods: the rule for an empty selection, the selector, and its path.
fn picking(object: &Object) -> Option<(&'static str, LabelSelector, &'static [&'static str])> {
    let typed = object.typed.as_ref()?;
    match typed {
        Typed::Service(service) => {
            let selector = labels(service.spec.as_ref()?.selector.clone()?);
            Some((SERVICE, selector, &["spec", "selector"]))
        }
        Typed::PodDisruptionBudget(_) => Some((BUDGET, typed.selector()?.clone(), &["spec", "selector"])),
        Typed::NetworkPolicy(_) => Some((POLICY, typed.selector()?.clone(), &["spec", "podSelector"])),
        _ => None,
    }
}

/// A selector of labels only.
pub(super) fn labels(pairs: std::collections::BTreeMap<String, String>) -> LabelSelector {
    LabelSelector {
        match_labels: Some(pairs),
        match_expressions: None,
    }
}

/// Whether a selector has no conditions.
pub(super) fn picks_all(selector: &LabelSelector) -> bool {
    let has_labels = selector.match_labels.as_ref().is_some_and(|pairs| !pairs.is_empty());
    let has_expressions = selector.match_expressions.as_ref().is_some_and(|list| !list.is_empty());
    !has_labels && !has_expressions
}

/// Whether an operator may create pods for the object.
fn makes_pods(object: &Object) -> bool {
    let is_passive = matches!(object.group(), "cert-manager.io")
        || matches!(
            object.kind(),
            "ServiceMonitor" | "PodMonitor" | "PrometheusRule" | "Probe" | "ScrapeConfig"
        );
    !object.is_own() && !is_passive
}

/// Reports `ServiceMonitors` that select no Service of the release, or a port that none of these has.
pub(in super::super) fn monitors(context: &Context<'_>, report: &mut Report) {
    let is_monitor = |object: &&Object| object.kind() == "ServiceMonitor" && object.group() == "monitoring.coreos.com";
    for object in context.objects.all.iter().filter(is_monitor) {
        let of_others = object.at(["spec", "namespaceSelector"]).and_then(Node::as_map);
        let selector = promchart_k8s::label_selector(&object.json["spec"]["selector"]);
        let selector = selector.filter(|selector| !picks_all(selector) && of_others.is_none_or(Map::is_empty));
        let (Some(selector), Some(node)) = (selector, object.at(["spec", "selector"])) else {
            continue;
        };
        let picked = context.objects.services_of(object.namespace(), &selector);
        let Some(first) = picked.first() else {
            if context.objects.has_kind("Service") {
                let diagnostic = Diagnostic::warning(MONITOR, format!("{} selects no Service", object.title()));
                report.push(object.fault(diagnostic, node.span));
            }
            continue;
        };
        for endpoint in items(object.at(["spec", "endpoints"])) {
            let Some(port) = endpoint.get("port").filter(|port| port.as_str().is_some()) else {
                continue;
            };
            let wanted = text(Some(port));
            let has = |service: &&Object| match &service.typed {
                Some(Typed::Service(service)) => {
                    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_ref());
                    ports
                        .into_iter()
                        .flatten()
                        .any(|port| port.name.as_deref() == Some(wanted))
                }
                _ => false,
            };
            if !picked.iter().any(has) {
                let message = format!("{} has no port {wanted}", first.title());
                report.push(object.fault(Diagnostic::error(MONITOR, message), port.span));
            }
        }
    }
}
