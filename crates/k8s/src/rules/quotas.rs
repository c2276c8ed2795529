//! Quotas, limit ranges, priority classes, runtime classes, namespaces, nodes, events: `pkg/apis/core/validation`,
//! `pkg/apis/node/validation` and `pkg/apis/scheduling/validation`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::metadata::check_labels;
use super::{Check, each_object, is_set, items, number, object, says_something, string};
use crate::formats::{labels, names, network, quantity, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.Event", event),
    ("core.v1.LimitRangeItem", limit),
    ("core.v1.LimitRangeSpec", limits),
    ("core.v1.Namespace", namespace),
    ("core.v1.NodeSpec", node),
    ("core.v1.ResourceQuotaSpec", quota),
    ("core.v1.ScopedResourceSelectorRequirement", scope_requirement),
    ("events.v1.Event", new_event),
    ("node.v1.Overhead", overhead),
    ("node.v1.Scheduling", scheduling),
    ("scheduling.v1.PriorityClass", priority_class),
];

/// Container resources, which other objects refer to as well.
const CONTAINER: [&str; 3] = ["cpu", "ephemeral-storage", "memory"];
/// Resources that a quota can limit, except for huge pages.
const QUOTA: [&str; 19] = [
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];
/// Resources that count whole objects.
const COUNTED: [&str; 9] = [
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

/// Parses a quantity to a number.
pub(super) fn amount(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => quantity::parse(text).ok(),
        Value::Number(number) => number.as_f64(),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Checks the name of a resource: one of Kubernetes' own, or one with a domain prefix.
fn resource_name<'a>(walker: &mut Walker<'a>, name: &'a str, own: &[&str], prefixes: &[&str]) {
    let reason = match labels::key(name) {
        Err(reason) => reason,
        Ok(()) if name.contains('/') || own.contains(&name) => return,
        Ok(()) if prefixes.iter().any(|prefix| name.starts_with(prefix)) => return,
        Ok(()) => "names of other resources have a domain and `/` before them".to_owned(),
    };
    walker.below(Position::Key(name), |walker| {
        walker
            .fault(
                Side::Key,
                "bad-resource-name",
                format!("`{}` is not a resource: {reason}", shown(name)),
            )
            .help = suggest::did_you_mean(name, own.iter().copied());
    });
}

/// Checks the name of a container resource.
fn container_resource<'a>(walker: &mut Walker<'a>, name: &'a str) {
    resource_name(walker, name, &CONTAINER, &["hugepages-"]);
    if labels::key(name).is_ok() && name.contains('/') && name.starts_with("requests.") {
        walker.below(Position::Key(name), |walker| {
            let message = format!("`{}` is not a resource: `requests.` is for quotas", shown(name));
            walker.fault(Side::Key, "bad-resource-name", message);
        });
    }
}

/// Whether it is an extended resource, which is counted in whole numbers: `nvidia.com/gpu`.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/") && !name.starts_with("requests.")
}

fn not_negative(walker: &mut Walker<'_>, name: &str, value: &Value, whole: bool) {
    let Some(amount) = amount(value) else { return };
    if amount < 0.0 {
        walker.fault(
            Side::Value,
            "bad-quantity",
            format!("{} is negative", shown(&text(value))),
        );
    } else if whole && (amount.fract() != 0.0 || has_thousandths(value)) {
        walker.fault(
            Side::Value,
            "bad-quantity",
            format!("{} is not a whole number of {name}", shown(&text(value))),
        );
    }
}

/// Whether a quantity that is too large for a float to tell has a fraction.
fn has_thousandths(value: &Value) -> bool {
    quantity::canonical(&text(value), 3).is_some_and(|text| text.ends_with('m'))
}

fn quota<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let hard = object(map, "hard");
    if let Some(hard) = hard {
        walker.below(Position::Key("hard"), |walker| {
            for (name, value) in hard {
                resource_name(walker, name, &QUOTA, &["hugepages-", "requests.hugepages-"]);
                walker.below(Position::Key(name), |walker| {
                    let whole = COUNTED.contains(&name.as_str()) || is_extended(name);
                    not_negative(walker, name, value, whole);
                });
            }
        });
    }
    let scopes: Vec<&str> = items(map, "scopes").iter().filter_map(Value::as_str).collect();
    for (index, scope) in scopes.iter().enumerate() {
        walker.below(Position::Key("scopes"), |walker| {
            walker.below(Position::Index(index), |walker| fits(walker, scope, hard));
        });
    }
    if !scopes.is_empty() {
        walker.below(Position::Key("scopes"), |walker| together(walker, &scopes));
    }
    if let Some(selector) = object(map, "scopeSelector") {
        walker.below(Position::Key("scopeSelector"), |walker| {
            let mut names = Vec::new();
            each_object(walker, selector, "matchExpressions", |walker, item| {
                let Some(name) = string(item, "scopeName") else { return };
                names.push(name);
                walker.below(Position::Key("scopeName"), |walker| fits(walker, name, hard));
            });
            walker.below(Position::Key("matchExpressions"), |walker| together(walker, &names));
        });
    }
}

/// Checks that a scope allows the resources of its quota. Resources that are not Kubernetes' own are not checked.
fn fits(walker: &mut Walker<'_>, scope: &str, hard: Option<&Map<String, Value>>) {
    let pods = &["pods"][..];
    let compute = &[
        "pods",
        "cpu",
        "memory",
        "limits.cpu",
        "limits.memory",
        "requests.cpu",
        "requests.memory",
    ][..];
    let allowed = match scope {
        "BestEffort" => pods,
        "Terminating" | "NotTerminating" | "NotBestEffort" | "PriorityClass" | "CrossNamespacePodAffinity" => compute,
        "VolumeAttributesClass" => &["persistentvolumeclaims", "requests.storage"][..],
        _ => return,
    };
    let other = hard.into_iter().flatten().map(|(name, _)| name.as_str()).find(|name| {
        (QUOTA.contains(name) || name.starts_with("hugepages-") || name.starts_with("requests.hugepages-"))
            && !allowed.contains(name)
    });
    if let Some(other) = other {
        walker.fault(
            Side::Value,
            "field-conflict",
            format!("the scope `{scope}` is not for the resource `{}`", shown(other)),
        );
    }
}

fn together(walker: &mut Walker<'_>, scopes: &[&str]) {
    for (one, two) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if scopes.contains(&one) && scopes.contains(&two) {
            walker.fault(
                Side::Value,
                "field-conflict",
                format!("`{one}` and `{two}` exclude each other"),
            );
        }
    }
}

fn scope_requirement<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let values = !items(map, "values").is_empty();
    let Some(operator) = string(map, "operator") else {
        return;
    };
    if let Some(
        scope @ ("BestEffort" | "NotBestEffort" | "Terminating" | "NotTerminating" | "CrossNamespacePodAffinity"),
    ) = string(map, "scopeName")
        && operator != "Exists"
    {
        walker.fault_at(
            "operator",
            "bad-selector",
            format!("the scope `{scope}` takes the operator `Exists`"),
        );
        return;
    }
    match operator {
        "In" | "NotIn" if !values => {
            walker.fault(Side::Key, "bad-selector", format!("`{operator}` needs `values`"));
        }
        "Exists" | "DoesNotExist" if values => {
            walker.fault_at("values", "bad-selector", format!("`{operator}` takes no `values`"));
        }
        _ => {}
    }
}

fn limits<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let mut seen = BTreeSet::new();
    each_object(walker, map, "limits", |walker, item| {
        let Some(kind) = string(item, "type") else { return };
        if !seen.insert(kind) {
            walker.fault_at(
                "type",
                "duplicate-item",
                format!("another item has the type `{}`", shown(kind)),
            );
        }
    });
}

const LIMITS: [&str; 5] = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];

fn limit<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let kind = string(map, "type").unwrap_or_default();
    if let Some((key, _)) = map.get_key_value("type")
        && !matches!(kind, "Container" | "Pod" | "PersistentVolumeClaim")
    {
        walker.below(Position::Key(key), |walker| {
            walker.text(
                "invalid-enum-value",
                "a type of limits",
                kind,
                |kind| match labels::key(kind) {
                    Ok(()) if kind.contains('/') => Ok(()),
                    Ok(()) => {
                        Err("Container, Pod and PersistentVolumeClaim are; others have a domain before them".to_owned())
                    }
                    Err(reason) => Err(reason),
                },
            );
        });
    }
    for field in LIMITS {
        let Some((key, amounts)) = map.get_key_value(field) else {
            continue;
        };
        let Some(amounts) = amounts.as_object() else { continue };
        if kind == "Pod" && field.starts_with("default") {
            if !amounts.is_empty() {
                let message = format!("`{field}` cannot be set with `type: Pod`");
                walker.fault_at(key, "field-conflict", message).side = Side::Key;
            }
            continue;
        }
        walker.below(Position::Key(key), |walker| {
            for (name, _) in amounts {
                if matches!(kind, "Container" | "Pod") {
                    container_resource(walker, name);
                } else {
                    let own: Vec<&str> = QUOTA.into_iter().chain(["storage"]).collect();
                    resource_name(walker, name, &own, &["hugepages-", "requests.hugepages-"]);
                }
            }
        });
    }
    let has_storage = |field| object(map, field).is_some_and(|amounts| amounts.contains_key("storage"));
    if kind == "PersistentVolumeClaim" && !has_storage("min") && !has_storage("max") {
        walker.fault(
            Side::Key,
            "missing-required-field",
            "one of `min.storage` or `max.storage` is missing",
        );
    }
    compare(walker, map, kind);
}

/// The lower field and the higher field.
const ORDER: [(&str, &str); 6] = [
    ("min", "max"),
    ("min", "defaultRequest"),
    ("defaultRequest", "max"),
    ("defaultRequest", "default"),
    ("min", "default"),
    ("default", "max"),
];

fn compare<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, kind: &str) {
    let fields: Limits<'a> = LIMITS
        .into_iter()
        .filter(|field| kind != "Pod" || !field.starts_with("default"))
        .filter_map(|field| Some((field, object(map, field)?)))
        .collect();
    let value = |field: &str, name: &str| fields.get(field).and_then(|amounts| amounts.get(name)).and_then(amount);
    for (low, high) in ORDER {
        let Some(lower) = fields.get(low) else { continue };
        // The field that is not a bound is at fault; of two bounds, the lower one.
        let (at, against) = if low == "min" && high != "max" {
            (high, low)
        } else {
            (low, high)
        };
        for (name, _) in *lower {
            let (Some(one), Some(two)) = (value(low, name), value(high, name)) else {
                continue;
            };
            if !quantity::above(one, two) {
                continue;
            }
            let shown_of = |field: &str| fields.get(field).map_or_else(String::new, |map| text(&map[name]));
            let relation = if at == low { "above" } else { "below" };
            let message = format!("{} is {relation} `{against}`, {}", shown_of(at), shown_of(against));
            let Some((field, _)) = map.get_key_value(at) else {
                continue;
            };
            walker.below(Position::Key(field), |walker| {
                walker.below(Position::Key(name), |walker| {
                    if !walker.has("int-range") {
                        walker.fault(Side::Value, "int-range", message);
                    }
                });
            });
        }
    }
    ratios(walker, &fields);
    overcommitted(walker, &fields);
}

type Limits<'a> = BTreeMap<&'static str, &'a Map<String, Value>>;

fn ratios<'a>(walker: &mut Walker<'a>, fields: &Limits<'a>) {
    let value = |field: &str, name: &str| fields.get(field).and_then(|amounts| amounts.get(name)).and_then(amount);
    let Some(ratios) = fields.get("maxLimitRequestRatio") else {
        return;
    };
    walker.below(Position::Key("maxLimitRequestRatio"), |walker| {
        for (name, ratio) in *ratios {
            let Some(number) = amount(ratio) else { continue };
            let most = match (value("min", name), value("max", name)) {
                (Some(min), Some(max)) if min > 0.0 => Some(max / min),
                _ => None,
            };
            if number < 1.0 {
                let message = format!("the ratio {} is below 1", text(ratio));
                walker.fault_at(name, "int-range", message);
            } else if let Some(most) = most.filter(|most| quantity::above(number, *most)) {
                let message = format!("the ratio {} is above max/min, {most}", text(ratio));
                walker.fault_at(name, "int-range", message);
            }
        }
    });
}

/// Extended resources cannot be overcommitted.
fn overcommitted<'a>(walker: &mut Walker<'a>, fields: &Limits<'a>) {
    let (Some(defaults), Some(requests)) = (fields.get("default"), fields.get("defaultRequest")) else {
        return;
    };
    walker.below(Position::Key("defaultRequest"), |walker| {
        for (name, request) in *requests {
            let (Some(one), Some(two)) = (amount(request), defaults.get(name).and_then(amount)) else {
                continue;
            };
            if (is_extended(name) || name.starts_with("hugepages-")) && one < two {
                let message = format!(
                    "{} must be equal to `default`, {}",
                    text(request),
                    text(&defaults[name])
                );
                walker.fault_at(name, "int-range", message);
            }
        }
    });
}

fn overhead<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(amounts) = object(map, "podFixed") else { return };
    walker.below(Position::Key("podFixed"), |walker| {
        for (name, value) in amounts {
            container_resource(walker, name);
            walker.below(Position::Key(name), |walker| {
                not_negative(walker, name, value, is_extended(name));
            });
        }
    });
}

fn scheduling<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(labels) = object(map, "nodeSelector") {
        walker.below(Position::Key("nodeSelector"), |walker| check_labels(walker, labels));
    }
    let mut seen = BTreeSet::new();
    each_object(walker, map, "tolerations", |walker, item| {
        let key = ["key", "operator", "value", "effect"].map(|field| string(item, field).unwrap_or_default());
        if !seen.insert(key) {
            walker.fault(
                Side::Value,
                "duplicate-item",
                "the same toleration is in the list already",
            );
        }
    });
}

/// `HighestUserDefinablePriority`.
const HIGHEST_PRIORITY: i128 = 1_000_000_000;

fn priority_class<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(name) = object(map, "metadata").and_then(|meta| string(meta, "name")) else {
        return;
    };
    let value = number(map, "value");
    let known = match name {
        "system-cluster-critical" => Some(2_000_000_000),
        "system-node-critical" => Some(2_000_001_000),
        _ => None,
    };
    if name.starts_with("system-") {
        if known.is_none() || known != value || map.get("globalDefault") == Some(&Value::Bool(true)) {
            walker.below(Position::Key("metadata"), |walker| {
                walker.fault_at(
                    "name",
                    "bad-name",
                    "names that start with `system-` are Kubernetes' own",
                );
            });
        }
    } else if value.is_some_and(|value| value > HIGHEST_PRIORITY) {
        let message = format!("it is out of range: up to {HIGHEST_PRIORITY} is allowed");
        walker.fault_at("value", "int-range", message);
    }
}

const POD_SECURITY: &str = "pod-security.kubernetes.io/";

fn namespace<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(meta) = object(map, "metadata")
        && let Some(labels) = object(meta, "labels")
    {
        walker.below(Position::Key("metadata"), |walker| {
            walker.below(Position::Key("labels"), |walker| {
                for (key, value) in labels {
                    let (Some(mode), Some(value)) = (key.strip_prefix(POD_SECURITY), value.as_str()) else {
                        continue;
                    };
                    let wrong = match mode {
                        "enforce" | "audit" | "warn" if !matches!(value, "privileged" | "baseline" | "restricted") => {
                            "privileged, baseline or restricted is"
                        }
                        "enforce-version" | "audit-version" | "warn-version" if !is_policy_version(value) => {
                            "latest or a version like v1.37 is"
                        }
                        _ => continue,
                    };
                    let message = format!("`{}` is not allowed here: {wrong}", shown(value));
                    walker.fault_at(key, "invalid-enum-value", message);
                }
            });
        });
    }
    let finalizers = object(map, "spec")
        .map(|spec| items(spec, "finalizers"))
        .unwrap_or_default();
    for (index, finalizer) in finalizers.iter().enumerate() {
        // Go reads a null as an empty text.
        let name = if finalizer.is_null() {
            ""
        } else {
            finalizer.as_str().unwrap_or("kubernetes")
        };
        walker.below(Position::Key("spec"), |walker| {
            walker.below(Position::Key("finalizers"), |walker| {
                walker.below(Position::Index(index), |walker| {
                    walker.text("bad-name", "a finalizer", name, |name| {
                        labels::key(name)?;
                        if name.contains('/') || matches!(name, "kubernetes" | "orphan" | "foregroundDeletion") {
                            return Ok(());
                        }
                        Err("a domain and `/` stand before the names of others than Kubernetes".to_owned())
                    });
                });
            });
        });
    }
}

fn is_policy_version(text: &str) -> bool {
    let minor = text.strip_prefix("v1.").unwrap_or_default();
    text == "latest"
        || minor == "0"
        || (!minor.is_empty() && !minor.starts_with('0') && minor.bytes().all(|byte| byte.is_ascii_digit()))
}

fn node<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let mut seen = BTreeSet::new();
    each_object(walker, map, "taints", |walker, taint| {
        if let Some(value) = string(taint, "value") {
            walker.below(Position::Key("value"), |walker| {
                walker.text("bad-label", "a taint's value", value, labels::value);
            });
        }
        let (Some(key), Some(effect)) = (string(taint, "key"), string(taint, "effect")) else {
            return;
        };
        walker.below(Position::Key("key"), |walker| {
            walker.text("bad-label", "a taint's key", key, labels::key);
        });
        if !seen.insert((key, effect)) {
            walker.fault(
                Side::Value,
                "duplicate-item",
                format!("another taint has the key `{}` and the effect `{effect}`", shown(key)),
            );
        }
    });
    let first = items(map, "podCIDRs").first();
    if let Some(one) = string(map, "podCIDR").filter(|one| !one.is_empty())
        && first.is_some_and(|first| first != one)
    {
        // `Convert_v1_NodeSpec_To_core_NodeSpec` drops the list.
        return;
    }
    walker.below(Position::Key("podCIDRs"), |walker| {
        for (index, block) in items(map, "podCIDRs").iter().enumerate() {
            walker.below(Position::Index(index), |walker| {
                if let Some(block) = block.as_str() {
                    walker.text("bad-ip", "a block of addresses", block, network::cidr);
                }
            });
        }
    });
    let blocks: Vec<&str> = items(map, "podCIDRs").iter().filter_map(Value::as_str).collect();
    let sixes = blocks.iter().filter(|block| block.contains(':')).count();
    if blocks.len() > 2 || (blocks.len() == 2 && sixes != 1) {
        walker.fault_at(
            "podCIDRs",
            "field-conflict",
            "at most one block of each IP family is allowed",
        );
    }
}

/// `v1` accepts events of older clients; without an event time, the namespaces must match.
fn event<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let of = |map, key| string(map, key).filter(|text: &&str| !text.is_empty());
    let own = object(map, "metadata").and_then(|meta| of(meta, "namespace"));
    let Some(involved) = object(map, "involvedObject") else {
        return;
    };
    let other = of(involved, "namespace");
    // Without a namespace of its own, it gets that of the release.
    let agree = match (own, other) {
        (Some(own), Some(other)) => own == other,
        (Some(own), None) => own == "default" || (is_set(map, "eventTime") && own == "kube-system"),
        (None, Some(other)) => names::label(other).is_ok(),
        (None, None) => true,
    };
    if !agree {
        walker.below(Position::Key("involvedObject"), |walker| {
            let message = "the namespace of the involved object is not the event's";
            match involved.get_key_value("namespace") {
                Some((key, _)) => {
                    walker.fault_at(key, "field-conflict", message);
                }
                None => {
                    walker.fault(Side::Key, "field-conflict", message);
                }
            }
        });
    }
    if is_set(map, "eventTime") {
        reporter(walker, map, "reportingComponent");
    }
}

fn reporter<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, controller: &'static str) {
    for field in [controller, "reportingInstance", "action", "reason"] {
        super::needs(walker, map, field);
    }
    if let Some(name) = string(map, controller).filter(|name| !name.is_empty()) {
        walker.below(Position::Key(controller), |walker| {
            walker.text("bad-name", "the name of a controller", name, labels::key);
        });
    }
    for field in ["reportingInstance", "action", "reason"] {
        let size = string(map, field).map_or(0, str::len);
        if size > 128 {
            walker.fault_at(
                field,
                "bad-size",
                format!("it has {size} characters, at most 128 are allowed"),
            );
        }
    }
}

fn new_event<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    super::needs(walker, map, "eventTime");
    reporter(walker, map, "reportingController");
    if let Some(series) = object(map, "series")
        && number(series, "count").is_some_and(|count| count < 2)
    {
        walker.below(Position::Key("series"), |walker| {
            walker.fault_at("count", "int-range", "it is out of range: 2 or more is allowed");
        });
    }
    if !matches!(string(map, "type"), Some("Normal" | "Warning")) {
        match map.get_key_value("type") {
            Some((key, Value::String(_))) => {
                walker.fault_at(key, "invalid-enum-value", "`Normal` or `Warning` is allowed here");
            }
            _ => {
                walker.missing("type");
            }
        }
    }
    for field in [
        "deprecatedCount",
        "deprecatedFirstTimestamp",
        "deprecatedLastTimestamp",
        "deprecatedSource",
    ] {
        if says_something(map, field) {
            super::forbids(walker, map, field, "in `events.k8s.io/v1`");
        }
    }
}
