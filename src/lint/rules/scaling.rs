//! Autoscalers, disruption budgets, StatefulSets and jobs.

use super::super::object::{Object, integer, text};
use super::super::Context;
use crate::diagnostic::{Diagnostic, Report};
use crate::yaml::{Node, Value};

const TARGET: &str = "autoscaler-without-target";
const REPLICAS: &str = "autoscaler-and-replicas";
const BLOCKING: &str = "blocking-budget";
const SERVICE_NAME: &str = "missing-governing-service";
const CRON: &str = "bad-schedule";
const RESTART: &str = "bad-restart-policy";

/// Autoscalers without anything to scale, or that fight with a fixed number of replicas.
pub(in super::super) fn autoscalers(context: &Context<'_>, report: &mut Report) {
    let all = &context.objects.all;
    for object in all.iter().filter(|object| object.is(&["HorizontalPodAutoscaler"])) {
        let Some(name) = object.at(["spec", "scaleTargetRef", "name"]) else { continue };
        let (kind, wanted) = (text(object.at(["spec", "scaleTargetRef", "kind"])), text(Some(name)));
        let is_it =
            |target: &&Object| target.kind() == kind && target.name() == wanted && target.namespace() == object.namespace();
        let Some(target) = all.iter().find(is_it) else {
            let message = format!("the release has no {kind} {wanted} to scale");
            let mut diagnostic = object.fault(Diagnostic::error(TARGET, message), name.span);
            let names = all.iter().filter(|target| target.kind() == kind).map(Object::name);
            let close = super::super::closest(wanted, names);
            diagnostic.help = close.map(|close| format!("did you mean `{close}`?"));
            report.push(diagnostic);
            continue;
        };
        if let Some(entry) = target.at(["spec"]).and_then(Node::as_map).and_then(|spec| spec.get("replicas")) {
            let message = format!("{} has replicas, and an autoscaler that sets them too", target.title());
            let diagnostic = Diagnostic::warning(REPLICAS, message);
            let help = "leave replicas out while the autoscaler is on: each upgrade resets them";
            report.push(target.fault(diagnostic, entry.key).help(help));
        }
    }
}

/// Budgets that allow no pod to be evicted.
pub(in super::super) fn budgets(context: &Context<'_>, report: &mut Report) {
    for object in context.objects.all.iter().filter(|object| object.is(&["PodDisruptionBudget"])) {
        let is_none = |node: &Node| integer(Some(node)) == Some(0) || node.as_str() == Some("0%");
        let is_all = |node: &Node| node.as_str() == Some("100%");
        let minimum = object.at(["spec", "minAvailable"]);
        let maximum = object.at(["spec", "maxUnavailable"]);
        let replicas = picked(context, object);
        let more_than_there_are =
            |node: &Node| integer(Some(node)).is_some_and(|least| replicas.is_some_and(|replicas| least >= replicas.max(1)));
        let culprit = maximum
            .filter(|node| is_none(node))
            .or_else(|| minimum.filter(|node| is_all(node) || more_than_there_are(node)));
        if let Some(culprit) = culprit {
            let message = format!("{} allows no pod to be evicted: nodes cannot be drained", object.title());
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
        let Some(pod) = object.pod().filter(|pod| pod.is_selected_by(selector)) else { continue };
        if object.namespace() != budget.namespace() {
            continue;
        }
        let is_scaled = context.objects.all.iter().any(|other| {
            other.kind() == "HorizontalPodAutoscaler" && text(other.at(["spec", "scaleTargetRef", "name"])) == object.name()
        });
        if is_scaled || object.is(&["DaemonSet", "Job", "CronJob"]) {
            return None;
        }
        is_any = true;
        total += integer(pod.owner.at(["spec", "replicas"])).unwrap_or(1);
    }
    is_any.then_some(total)
}

/// StatefulSets whose serviceName is not a Service of the release.
pub(in super::super) fn stateful_sets(context: &Context<'_>, report: &mut Report) {
    let services: Vec<&Object> = context.objects.all.iter().filter(|object| object.is(&["Service"])).collect();
    for object in context.objects.all.iter().filter(|object| object.is(&["StatefulSet"])) {
        let Some(name) = object.at(["spec", "serviceName"]).filter(|_| !services.is_empty()) else { continue };
        let wanted = text(Some(name));
        let is_it = |service: &&Object| service.name() == wanted && service.namespace() == object.namespace();
        if wanted.is_empty() || services.iter().any(|service| is_it(service)) {
            continue;
        }
        let message = format!("the release has no Service {wanted}, which names the pods of {}", object.title());
        let mut diagnostic = object.fault(Diagnostic::warning(SERVICE_NAME, message), name.span);
        let close = super::super::closest(wanted, services.iter().map(|service| service.name()));
        diagnostic.help = close.map(|close| format!("did you mean `{close}`?"));
        report.push(diagnostic);
    }
}

/// Schedules of CronJobs, and restart policies that do not go with the kind.
pub(in super::super) fn jobs(context: &Context<'_>, report: &mut Report) {
    for object in &context.objects.all {
        if let Some(schedule) = object.at(["spec", "schedule"]).filter(|_| object.is(&["CronJob"])) {
            let fault = match &schedule.value {
                Value::String(text) => schedule_fault(text),
                _ => Some("it is no text".to_owned()),
            };
            if let Some(fault) = fault {
                let message = format!("the schedule of {} cannot be read: {fault}", object.title());
                report.push(object.fault(Diagnostic::error(CRON, message), schedule.span));
            }
        }
        let Some(pod) = object.pod() else { continue };
        let policy = pod.spec.get("restartPolicy");
        let shown = text(policy);
        let is_job = object.is(&["Job", "CronJob"]);
        let is_right = match object.kind() {
            "Pod" => true,
            _ if is_job => matches!(shown, "OnFailure" | "Never"),
            _ => matches!(shown, "" | "Always"),
        };
        if !is_right {
            let wanted = if is_job { "OnFailure or Never" } else { "Always" };
            let message = format!("the restartPolicy of {} must be {wanted}", object.title());
            let span = policy.map_or(pod.spec.span, |policy| policy.span);
            report.push(object.fault(Diagnostic::error(RESTART, message), span));
        }
    }
}

/// What is wrong with a schedule, as the parser of `robfig/cron` that Kubernetes uses sees it.
fn schedule_fault(text: &str) -> Option<String> {
    let text = text.trim();
    if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
        return Some("the time zone goes into spec.timeZone".to_owned());
    }
    if let Some(name) = text.strip_prefix('@') {
        if let Some(duration) = name.strip_prefix("every ") {
            return crate::go::duration::parse(duration).err();
        }
        let known = ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"];
        return (!known.contains(&name)).then(|| format!("unrecognized descriptor: @{name}"));
    }
    const FIELDS: [(&str, u32, u32, &[&str]); 5] = [
        ("minute", 0, 59, &[]),
        ("hour", 0, 23, &[]),
        ("day of month", 1, 31, &[]),
        (
            "month",
            1,
            12,
            &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        ),
        ("day of week", 0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ];
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Some(format!("expected exactly 5 fields, found {}", fields.len()));
    }
    fields.iter().zip(FIELDS).find_map(|(field, (name, least, most, names))| {
        field.split(',').find_map(|part| {
            let number = |text: &str| {
                let lower = text.to_ascii_lowercase();
                let named = names.iter().position(|name| *name == lower).and_then(|at| u32::try_from(at).ok());
                named.map(|at| at + least).or_else(|| text.parse().ok())
            };
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step)),
                None => (part, None),
            };
            if step.is_some_and(|step| !step.parse::<u32>().is_ok_and(|step| step > 0)) {
                return Some(format!("bad step in the field for the {name}: {part}"));
            }
            if matches!(range, "*" | "?") {
                return None;
            }
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            match (number(from), number(to)) {
                (Some(from), Some(to)) if from <= to && from >= least && to <= most => None,
                _ => Some(format!("bad value for the {name}: {part}")),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::schedule_fault;

    #[test]
    fn schedules() {
        for good in ["* * * * *", "*/5 0-6 1,15 JAN-mar mon", "@hourly", "@every 1h30m", "0 0 ? * 0"] {
            assert_eq!(schedule_fault(good), None, "{good}");
        }
        for bad in ["* * * *", "60 * * * *", "* * * * 8", "@sometimes", "*/0 * * * *", "5-1 * * * *", "TZ=UTC * * * * *"] {
            assert!(schedule_fault(bad).is_some(), "{bad}");
        }
    }
}
