//! Autoscalers, disruption budgets and StatefulSets.

use super::super::Context;
use super::super::object::{Object, integer, text};
use crate::diagnostic::{Diagnostic, Report};
use crate::yaml::Node;

const TARGET: &str = "autoscaler-without-target";
const REPLICAS: &str = "autoscaler-and-replicas";
const BLOCKING: &str = "blocking-budget";
const SERVICE_NAME: &str = "missing-governing-service";

/// Autoscalers without anything to scale, or that fight with a fixed number of replicas.
pub(in super::super) fn autoscalers(context: &Context<'_>, report: &mut Report) {
    let all = &context.objects.all;
    for object in all.iter().filter(|object| object.is(&["HorizontalPodAutoscaler"])) {
        let Some(name) = object.at(["spec", "scaleTargetRef", "name"]) else {
            continue;
        };
        let (kind, wanted) = (text(object.at(["spec", "scaleTargetRef", "kind"])), text(Some(name)));
        let is_it = |target: &&Object| {
            target.kind() == kind && target.name() == wanted && target.namespace() == object.namespace()
        };
        let Some(target) = all.iter().find(is_it) else {
            let message = format!("the release has no {kind} {wanted} to scale");
            let mut diagnostic = object.fault(Diagnostic::error(TARGET, message), name.span);
            let names = all.iter().filter(|target| target.kind() == kind).map(Object::name);
            let close = super::super::closest(wanted, names);
            diagnostic.help = close.map(|close| format!("did you mean `{close}`?"));
            report.push(diagnostic);
            continue;
        };
        if let Some(entry) = target
            .at(["spec"])
            .and_then(Node::as_map)
            .and_then(|spec| spec.get("replicas"))
        {
            let message = format!("{} has replicas, and an autoscaler that sets them too", target.title());
            let diagnostic = Diagnostic::warning(REPLICAS, message);
            let help = "leave replicas out while the autoscaler is on: each upgrade resets them";
            report.push(target.fault(diagnostic, entry.key).help(help));
        }
    }
}

/// Budgets that allow no pod to be evicted.
pub(in super::super) fn budgets(context: &Context<'_>, report: &mut Report) {
    for object in context
        .objects
        .all
        .iter()
        .filter(|object| object.is(&["PodDisruptionBudget"]))
    {
        let is_none = |node: &Node| integer(Some(node)) == Some(0) || node.as_str() == Some("0%");
        let is_all = |node: &Node| node.as_str() == Some("100%");
        let minimum = object.at(["spec", "minAvailable"]);
        let maximum = object.at(["spec", "maxUnavailable"]);
        let replicas = picked(context, object);
        let more_than_there_are = |node: &Node| {
            integer(Some(node)).is_some_and(|least| replicas.is_some_and(|replicas| least >= replicas.max(1)))
        };
        let culprit = maximum
            .filter(|node| is_none(node))
            .or_else(|| minimum.filter(|node| is_all(node) || more_than_there_are(node)));
        if let Some(culprit) = culprit {
            let message = format!(
                "{} allows no pod to be evicted: nodes cannot be drained",
                object.title()
            );
            report.push(object.fault(Diagnostic::warning(BLOCKING, message), culprit.span));
        }
    }
}

/// How many pods a budget is about, as far as the release says.
fn picked(context: &Context<'_>, budget: &Object) -> Option<i64> {
    let selector = budget.at(["spec", "selector"])?;
    let mut total = 0;
    let mut is_any = false;
    for object in &context.objects.all {
        let Some(pod) = object.pod().filter(|pod| pod.is_selected_by(selector)) else {
            continue;
        };
        if object.namespace() != budget.namespace() {
            continue;
        }
        if object.is(&["DaemonSet", "Job", "CronJob"]) {
            return None;
        }
        let scaler = context.objects.all.iter().find(|other| {
            other.kind() == "HorizontalPodAutoscaler"
                && text(other.at(["spec", "scaleTargetRef", "name"])) == object.name()
        });
        is_any = true;
        // A quiet night is as few pods as the autoscaler may go down to.
        let replicas = scaler.map_or_else(
            || pod.owner.at(["spec", "replicas"]),
            |scaler| scaler.at(["spec", "minReplicas"]),
        );
        total += integer(replicas).unwrap_or(1);
    }
    is_any.then_some(total)
}

/// StatefulSets whose serviceName is not a Service of the release.
pub(in super::super) fn stateful_sets(context: &Context<'_>, report: &mut Report) {
    let services: Vec<&Object> = context
        .objects
        .all
        .iter()
        .filter(|object| object.is(&["Service"]))
        .collect();
    for object in context.objects.all.iter().filter(|object| object.is(&["StatefulSet"])) {
        let Some(name) = object.at(["spec", "serviceName"]).filter(|_| !services.is_empty()) else {
            continue;
        };
        let wanted = text(Some(name));
        let is_it = |service: &&Object| service.name() == wanted && service.namespace() == object.namespace();
        if wanted.is_empty() || services.iter().any(is_it) {
            continue;
        }
        let message = format!(
            "the release has no Service {wanted}, which names the pods of {}",
            object.title()
        );
        let mut diagnostic = object.fault(Diagnostic::warning(SERVICE_NAME, message), name.span);
        let close = super::super::closest(wanted, services.iter().map(|service| service.name()));
        diagnostic.help = close.map(|close| format!("did you mean `{close}`?"));
        report.push(diagnostic);
    }
}
