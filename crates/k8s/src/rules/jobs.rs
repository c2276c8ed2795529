//! Jobs and CronJobs.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::pod_spec::at_most;
use super::{Check, each_object, forbids, is_set, items, number, object, string};
use crate::formats::{names, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("batch.v1.CronJobSpec", made_by_cron),
    ("batch.v1.Job", generated),
    ("batch.v1.JobSpec", completions),
    ("batch.v1.JobSpec", failures),
    ("batch.v1.JobSpec", successes),
];

/// `maxParallelismForIndexedJob`, `maxFailedIndexesForIndexedJob` and `completionsSoftLimit`
const MOST: i128 = 100_000;
/// `parallelismLimitForHighCompletions` and `maxFailedIndexesLimitForHighCompletions`
const MOST_OF_MANY: i128 = 10_000;

fn indexed(map: &Map<String, Value>) -> bool {
    string(map, "completionMode") == Some("Indexed")
}

fn limit<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str, most: i128, why: &str) {
    if let Some(number) = number(map, field).filter(|number| *number > most) {
        let message = format!("{number} is out of range: at most {most} is allowed {why}");
        walker.fault_at(field, "int-range", message);
    }
}

/// `validateJobSpec`
fn completions<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if is_set(map, "maxFailedIndexes") && !is_set(map, "backoffLimitPerIndex") {
        walker.missing("backoffLimitPerIndex").help = Some("`maxFailedIndexes` needs it".to_owned());
    }
    if !indexed(map) {
        for field in ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] {
            forbids(walker, map, field, "without `completionMode: Indexed`");
        }
        return;
    }
    let why = "with `completionMode: Indexed`";
    // If both are absent, both default to 1.
    if !is_set(map, "completions") && is_set(map, "parallelism") {
        walker.missing("completions").help = Some("`completionMode: Indexed` needs it".to_owned());
    }
    limit(walker, map, "parallelism", MOST, why);
    let Some(wanted) = number(map, "completions") else {
        limit(walker, map, "maxFailedIndexes", MOST, why);
        return;
    };
    if wanted <= MOST {
        limit(walker, map, "maxFailedIndexes", wanted, "with these `completions`");
    } else if is_set(map, "backoffLimitPerIndex") {
        if !is_set(map, "maxFailedIndexes") {
            walker.missing("maxFailedIndexes").help = Some(format!("more than {MOST} completions need it"));
        }
        limit(
            walker,
            map,
            "maxFailedIndexes",
            MOST_OF_MANY,
            "with so many `completions`",
        );
        if number(map, "parallelism").is_none_or(|parallelism| parallelism <= MOST) {
            limit(walker, map, "parallelism", MOST_OF_MANY, "with so many `completions`");
        }
    } else {
        limit(walker, map, "maxFailedIndexes", MOST, why);
    }
}

/// `validatePodFailurePolicy`
fn failures<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(policy) = object(map, "podFailurePolicy") else {
        return;
    };
    let pod = object(map, "template").and_then(|template| object(template, "spec"));
    if pod.and_then(|pod| string(pod, "restartPolicy")) == Some("OnFailure") {
        walker.inside(&[Position::Key("template"), Position::Key("spec")], |walker| {
            walker.fault_at(
                "restartPolicy",
                "bad-restart-policy",
                "with `podFailurePolicy` only `Never` is allowed",
            );
        });
    }
    if string(map, "podReplacementPolicy") == Some("TerminatingOrFailed") {
        let message = "with `podFailurePolicy` only `Failed` is allowed";
        walker.fault_at("podReplacementPolicy", "field-conflict", message);
    }
    let containers: BTreeSet<&str> = pod
        .into_iter()
        .flat_map(super::pod_spec::containers)
        .filter_map(|(_, _, container)| string(container, "name"))
        .collect();
    walker.below(Position::Key("podFailurePolicy"), |walker| {
        at_most(walker, policy, "rules", 20);
        each_object(walker, policy, "rules", |walker, rule| {
            if string(rule, "action") == Some("FailIndex") && !is_set(map, "backoffLimitPerIndex") {
                let message = "`FailIndex` needs `backoffLimitPerIndex`";
                walker.fault_at("action", "field-conflict", message);
            }
            at_most(walker, rule, "onPodConditions", 20);
            if let Some(codes) = object(rule, "onExitCodes") {
                walker.below(Position::Key("onExitCodes"), |walker| {
                    exit_codes(walker, codes, &containers);
                });
            }
        });
    });
}

fn exit_codes<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, containers: &BTreeSet<&str>) {
    if let Some(name) = string(map, "containerName").filter(|name| !containers.contains(name)) {
        let message = format!("the pod has no container `{}`", shown(name));
        walker.fault_at("containerName", "field-conflict", message).help =
            suggest::did_you_mean(name, containers.iter().copied());
    }
    at_most(walker, map, "values", 255);
    let values: Vec<i64> = items(map, "values").iter().filter_map(Value::as_i64).collect();
    let is_in = string(map, "operator") == Some("In");
    if let Some(index) = values.iter().position(|value| *value == 0).filter(|_| is_in) {
        walker.inside(&[Position::Key("values"), Position::Index(index)], |walker| {
            walker.fault(Side::Value, "int-range", "`In` takes no 0, with which nothing failed");
        });
    }
    if !values.is_sorted() {
        walker.fault_at("values", "bad-selector", "the values are not in order");
    }
}

/// `validateSuccessPolicy`
fn successes<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(policy) = object(map, "successPolicy").filter(|_| indexed(map)) else {
        return;
    };
    walker.below(Position::Key("successPolicy"), |walker| {
        at_most(walker, policy, "rules", 20);
        each_object(walker, policy, "rules", |walker, rule| {
            let count = number(rule, "succeededCount");
            let listed = string(rule, "succeededIndexes");
            if count.is_none() && listed.is_none() {
                walker.fault(
                    Side::Key,
                    "missing-required-field",
                    "one of `succeededCount` and `succeededIndexes` is missing",
                );
            }
            let Some(completions) = number(map, "completions") else {
                return;
            };
            limit(walker, rule, "succeededCount", completions, "with these `completions`");
            let Some(listed) = listed else { return };
            match indexes(listed, completions) {
                Ok(total) if count.is_none_or(|count| count <= completions) => {
                    limit(walker, rule, "succeededCount", total, "with these `succeededIndexes`");
                }
                Ok(_) => {}
                Err(reason) => {
                    let message = format!("`{}` is not a list of indexes: {reason}", shown(listed));
                    walker.fault_at("succeededIndexes", "bad-selector", message);
                }
            }
        });
    });
}

/// Counts the indexes in a list like `1,3-5`: `validateIndexesFormat`.
fn indexes(text: &str, completions: i128) -> Result<i128, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let mut last: Option<i128> = None;
    let mut total = 0;
    for part in text.split(',') {
        let number = |text: &str| match text.parse::<i32>() {
            Ok(number) if i128::from(number) >= completions => {
                Err(format!("{number} is not below `completions`, {completions}"))
            }
            Ok(number) => Ok(i128::from(number)),
            Err(_) => Err(format!("`{}` is not a number", shown(text))),
        };
        let (first, end) = part.split_once('-').unwrap_or((part, part));
        if end.contains('-') {
            return Err(format!("`{}` is not an interval", shown(part)));
        }
        let (first, end) = (number(first)?, number(end)?);
        if part.contains('-') && first >= end {
            return Err(format!("`{}` does not go up", shown(part)));
        }
        if last.is_some_and(|last| first <= last) {
            return Err("the indexes are not in order".to_owned());
        }
        last = Some(end);
        total += end - first + 1;
    }
    Ok(total)
}

const UID_LABELS: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];
const NAME_LABELS: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];

/// Checks the selector and labels that Kubernetes generates for a Job: `validateGeneratedSelector`,
/// `validateNameAllowsCompletions`.
fn generated<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let name = object(map, "metadata").and_then(|meta| string(meta, "name"));
    let Some(spec) = object(map, "spec") else { return };
    if let Some(completions) = number(spec, "completions").filter(|completions| *completions > 0 && indexed(spec))
        && let Some(name) = name.filter(|name| names::subdomain(name).is_ok())
        && let Err(reason) = names::label(&format!("{name}-{}", completions - 1))
    {
        walker.below(Position::Key("metadata"), |walker| {
            let message = format!("the pods get an index after it and must have a DNS label as name: {reason}");
            walker.fault_at("name", "bad-name", message);
        });
    }
    if spec.get("manualSelector") == Some(&Value::Bool(true)) {
        if !is_set(spec, "selector") {
            walker.below(Position::Key("spec"), |walker| {
                walker.missing("selector").help = Some("`manualSelector: true` needs it".to_owned());
            });
        }
        return;
    }
    walker.below(Position::Key("spec"), |walker| {
        if let Some(selector) = object(spec, "selector") {
            let known = |key: &str| UID_LABELS.contains(&key) || NAME_LABELS.contains(&key);
            let foreign = object(selector, "matchLabels").is_some_and(|labels| labels.keys().any(|key| !known(key)))
                || items(selector, "matchExpressions").iter().any(|one| {
                    matches!(one["operator"].as_str(), Some("In" | "Exists")) && !one["key"].as_str().is_some_and(known)
                });
            if foreign {
                let problem = walker.fault_at("selector", "field-conflict", "Kubernetes makes a Job's selector itself");
                problem.side = Side::Key;
                problem.help = Some("leave it out, or set `manualSelector: true`".to_owned());
            }
        }
        let labels = object(spec, "template")
            .and_then(|template| object(template, "metadata"))
            .and_then(|meta| object(meta, "labels"));
        let Some(labels) = labels else { return };
        let places = [
            Position::Key("template"),
            Position::Key("metadata"),
            Position::Key("labels"),
        ];
        walker.inside(&places, |walker| {
            for (key, value) in labels {
                let own = NAME_LABELS.contains(&key.as_str()) && (name.is_none() || value.as_str() == name);
                if UID_LABELS.contains(&key.as_str()) || (NAME_LABELS.contains(&key.as_str()) && !own) {
                    let message = format!("Kubernetes sets the label `{key}` itself, to another value");
                    walker.fault_at(key, "field-conflict", message).side = Side::Key;
                }
            }
        });
    });
}

/// `ValidateJobTemplateSpec`
fn made_by_cron<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(spec) = object(map, "jobTemplate").and_then(|template| object(template, "spec")) else {
        return;
    };
    walker.inside(&[Position::Key("jobTemplate"), Position::Key("spec")], |walker| {
        forbids(
            walker,
            spec,
            "selector",
            "in a CronJob: Kubernetes makes it for each Job",
        );
        if spec.get("manualSelector") == Some(&Value::Bool(true)) {
            forbids(walker, spec, "manualSelector", "in a CronJob");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_counted() {
        for (text, total) in [("", 0), ("0", 1), ("1,3-4", 3), ("0-4", 5)] {
            assert_eq!(indexes(text, 5), Ok(total), "{text}");
        }
        for bad in ["a-b", "5", "1-5", "3,1", "2-2", "1-2-3", "1,", "1,1"] {
            assert!(indexes(bad, 5).is_err(), "{bad}");
        }
    }
}
