//! Autoscalers, disruption budgets and StatefulSets.

use promchart_k8s::Object as Typed;
use promchart_k8s::k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::super::Context;
use super::super::object::Object;
use super::network::absent;
use diagnostics::{Diagnostic, Report, did_you_mean};
use goyaml::Node;

const TARGET: &str = "autoscaler-without-target";
const REPLICAS: &str = "autoscaler-and-replicas";
const BLOCKING: &str = "blocking-budget";
const SERVICE_NAME: &str = "missing-governing-service";

/// Reports autoscalers without a target, and those that conflict with a fixed number of replicas.
pub(in super::super) fn autoscalers(context: &Context<'_>, report: &mut Report) {
    let objects = &context.objects;
    for object in objects.of_kind("HorizontalPodAutoscaler") {
        let Some(Typed::HorizontalPodAutoscaler(scaler)) = &object.typed else {
            continue;
        };
        let Some(name) = object.at(["spec", "scaleTargetRef", "name"]) else {
            continue;
        };
        let wanted = &scaler.spec.scale_target_ref;
        let Some(target) = objects.find(&wanted.kind, object.namespace(), &wanted.name) else {
            let message = format!("the release has no {} {} to scale", wanted.kind, wanted.name);
            let of_kind = objects.all.iter().filter(|target| target.kind() == wanted.kind);
            let close = did_you_mean(&wanted.name, of_kind.map(Object::name));
            report.push(object.fault(absent(TARGET, message, close), name.span));
            continue;
        };
        let spec = target.at(["spec"]).and_then(Node::as_map);
        if let Some(entry) = spec.and_then(|spec| spec.get("replicas")) {
            let message = format!("{} has replicas, and an autoscaler that sets them too", target.title());
            let diagnostic = Diagnostic::warning(REPLICAS, message);
            let help = "leave replicas out while the autoscaler is on: each upgrade resets them";
            report.push(target.fault(diagnostic, entry.key).help(help));
        }
    }
}

/// Reports disruption budgets that never allow an eviction.
pub(in super::super) fn budgets(context: &Context<'_>, report: &mut Report) {
    for object in context.objects.of_kind("PodDisruptionBudget") {
        let Some(Typed::PodDisruptionBudget(budget)) = &object.typed else {
            continue;
        };
        let Some(spec) = &budget.spec else { continue };
        let is = |value: &IntOrString, text: &str| matches!(value, IntOrString::String(found) if found == text);
        let is_none = |value: &IntOrString| *value == IntOrString::Int(0) || is(value, "0%");
        let takes_all = |value: &IntOrString| match value {
            IntOrString::Int(least) => {
                picked(context, object).is_some_and(|replicas| i64::from(*least) >= replicas.max(1))
            }
            IntOrString::String(_) => is(value, "100%"),
        };
        let key = if spec.max_unavailable.as_ref().is_some_and(is_none) {
            "maxUnavailable"
        } else if spec.min_available.as_ref().is_some_and(takes_all) {
            "minAvailable"
        } else {
            continue;
        };
        let owner = object.title();
        let message = format!("{owner} allows no pod to be evicted: nodes cannot be drained");
        if let Some(culprit) = object.at(["spec", key]) {
            report.push(object.fault(Diagnostic::warning(BLOCKING, message), culprit.span));
        }
    }
}

/// The number of pods that a budget selects, as far as the release determines it.
fn picked(context: &Context<'_>, budget: &Object) -> Option<i64> {
    let selector = budget.typed.as_ref()?.selector()?;
    let pods = context.objects.pods_of(budget.namespace(), selector);
    if pods.is_empty() || pods.iter().any(|pod| pod.owner.is(&["DaemonSet", "Job", "CronJob"])) {
        return None;
    }
    let replicas = pods.iter().map(|pod| {
        let scaler = context
            .objects
            .scaler_of(pod.owner)
            .and_then(|scaler| scaler.typed.as_ref());
        // An autoscaler can scale down to its minimum.
        let replicas = match scaler {
            Some(Typed::HorizontalPodAutoscaler(scaler)) => scaler.spec.min_replicas,
            _ => pod.owner.typed.as_ref().and_then(Typed::replicas),
        };
        i64::from(replicas.unwrap_or(1))
    });
    Some(replicas.sum())
}

/// Reports StatefulSets whose serviceName is not a Service of the release.
pub(in super::super) fn stateful_sets(context: &Context<'_>, report: &mut Report) {
    let objects = &context.objects;
    for object in objects.of_kind("StatefulSet").filter(|_| objects.has_kind("Service")) {
        let Some(Typed::StatefulSet(set)) = &object.typed else {
            continue;
        };
        let wanted = set.spec.service_name.as_deref().unwrap_or_default();
        let Some(name) = object.at(["spec", "serviceName"]).filter(|_| !wanted.is_empty()) else {
            continue;
        };
        if objects.find("Service", object.namespace(), wanted).is_some() {
            continue;
        }
        let owner = object.title();
        let message = format!("the release has no Service {wanted}, which names the pods of {owner}");
        let mut diagnostic = object.fault(Diagnostic::warning(SERVICE_NAME, message), name.span);
        diagnostic.help = did_you_mean(wanted, objects.of_kind("Service").map(Object::name));
        report.push(diagnostic);
    }
}
