//! `ResourceSlices` and device taints: `pkg/apis/resource/validation`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Check, each_object, each_string, forbids, is_set, items, needs, number, object, string, unique_strings};
use crate::formats::{labels, names, quantity, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("resource.v1.CounterSet", counters),
    ("resource.v1.Device", device),
    ("resource.v1.DeviceAttribute", attribute),
    ("resource.v1.DeviceCounterConsumption", counters),
    ("resource.v1.DeviceTaint", taint),
    ("resource.v1.DeviceTaintSelector", taint_selector),
    ("resource.v1.NodeAllocatableMapping", mapping),
    ("resource.v1.ResourcePool", pool),
    ("resource.v1.ResourceSliceSpec", slice),
    ("resource.v1alpha3.DeviceTaint", taint),
    ("resource.v1alpha3.DeviceTaintSelector", taint_selector),
    ("resource.v1beta1.CounterSet", counters),
    ("resource.v1beta1.DeviceAttribute", attribute),
    ("resource.v1beta1.DeviceCounterConsumption", counters),
    ("resource.v1beta1.DeviceTaint", taint),
    ("resource.v1beta1.ResourcePool", pool),
    ("resource.v1beta1.ResourceSliceSpec", slice),
    ("resource.v1beta2.CounterSet", counters),
    ("resource.v1beta2.Device", device),
    ("resource.v1beta2.DeviceAttribute", attribute),
    ("resource.v1beta2.DeviceCounterConsumption", counters),
    ("resource.v1beta2.DeviceTaint", taint),
    ("resource.v1beta2.DeviceTaintSelector", taint_selector),
    ("resource.v1beta2.ResourcePool", pool),
    ("resource.v1beta2.ResourceSliceSpec", slice),
];

const MOST_DEVICES: usize = 128;
/// With taints, counters or lists as attributes.
const MOST_RICH_DEVICES: usize = 64;
const MOST_COUNTER_SETS: usize = 8;
const MOST_COUNTERS: usize = 32;
const MOST_CONSUMPTIONS: usize = 2;
const MOST_ATTRIBUTES: usize = 32;
const MOST_ATTRIBUTE_VALUES: usize = 48;
const MOST_TAINTS: usize = 16;
const MOST_CONDITIONS: usize = 4;
const MOST_VALUES: usize = 10;
const ATTRIBUTE_LENGTH: usize = 64;
const NAME_LENGTH: usize = 32;
const POOL_LENGTH: usize = 253;

const ATTRIBUTES: [&str; 8] = [
    "bool", "bools", "int", "ints", "string", "strings", "version", "versions",
];

fn at_most<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str, most: usize) {
    let count = match map.get(field) {
        Some(Value::Array(items)) => items.len(),
        Some(Value::Object(map)) => map.len(),
        _ => 0,
    };
    if count > most {
        let message = format!("it has {count} items, at most {most} are allowed");
        walker.fault_at(field, "bad-size", message);
    }
}

fn text_at<'a>(
    walker: &mut Walker<'a>,
    map: &'a Map<String, Value>,
    field: &'static str,
    rule: &'static str,
    what: &str,
    check: fn(&str) -> Result<(), String>,
) {
    if let Some(text) = string(map, field) {
        walker.below(Position::Key(field), |walker| walker.text(rule, what, text, check));
    }
}

/// Fields that are either absent or true.
fn true_or_absent<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str) {
    if map.get(field) == Some(&Value::Bool(false)) {
        walker.fault_at(field, "invalid-enum-value", "`true` or nothing is allowed here");
    }
}

/// Exactly one of the fields says which nodes have the devices.
fn one_place<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, fields: &[&'static str], why: &str) {
    let says = |field: &&&str| match map.get(**field) {
        Some(Value::Bool(on)) => *on,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(_)) => true,
        _ => false,
    };
    let set: Vec<&&str> = fields.iter().filter(says).collect();
    let all = fields
        .iter()
        .map(|field| format!("`{field}`"))
        .collect::<Vec<_>>()
        .join(", ");
    match set.as_slice() {
        [] => {
            let message = format!("one of {all} is missing{why}");
            walker.fault(Side::Key, "missing-required-field", message);
        }
        [_] => {}
        [first, second, ..] => forbids(walker, map, second, &format!("together with `{first}`")),
    }
    for field in fields {
        match map.get(*field) {
            Some(Value::Bool(_)) => true_or_absent(walker, map, field),
            Some(Value::String(_)) => text_at(walker, map, field, "bad-name", "a node's name", names::subdomain),
            _ => {}
        }
    }
}

/// `validateResourceSliceSpec`
fn slice<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    text_at(walker, map, "driver", "bad-name", "the name of a driver", names::driver);
    one_place(
        walker,
        map,
        &["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"],
        "",
    );
    if let Some(selector) = object(map, "nodeSelector") {
        let count = items(selector, "nodeSelectorTerms").len();
        if count > 1 {
            walker.below(Position::Key("nodeSelector"), |walker| {
                let message = format!("it has {count} items, exactly 1 is allowed");
                walker.fault_at("nodeSelectorTerms", "bad-size", message);
            });
        }
    }
    if is_set(map, "sharedCounters") && is_set(map, "devices") {
        forbids(walker, map, "sharedCounters", "together with `devices`");
    }
    let rich = items(map, "devices").iter().any(|device| {
        let filled = |field: &str| device[field].as_array().is_some_and(|items| !items.is_empty());
        let lists = |attribute: &Value| {
            ["bools", "ints", "strings", "versions"]
                .iter()
                .any(|field| attribute[*field].as_array().is_some_and(|items| !items.is_empty()))
        };
        filled("taints")
            || filled("consumesCounters")
            || device["attributes"]
                .as_object()
                .is_some_and(|all| all.values().any(lists))
    });
    at_most(
        walker,
        map,
        "devices",
        if rich { MOST_RICH_DEVICES } else { MOST_DEVICES },
    );
    at_most(walker, map, "sharedCounters", MOST_COUNTER_SETS);
    unique(walker, map, "devices", "name", "device");
    unique(walker, map, "sharedCounters", "name", "set of counters");
    let each = map.get("perDeviceNodeSelection") == Some(&Value::Bool(true));
    let fields = ["nodeName", "nodeSelector", "allNodes"];
    each_object(walker, map, "devices", |walker, device| {
        // In `v1beta1` the fields of a device are in `basic`.
        let (device, basic) = match object(device, "basic") {
            Some(basic) => (basic, true),
            None => (device, false),
        };
        let run = |walker: &mut Walker<'a>| {
            if each {
                one_place(walker, device, &fields, ", as `perDeviceNodeSelection` is true");
            } else {
                for field in fields {
                    forbids(walker, device, field, "without `perDeviceNodeSelection: true`");
                }
            }
        };
        if basic {
            walker.below(Position::Key("basic"), run);
        } else {
            run(walker);
        }
    });
    partition_type(walker, map);
    let skips = |name: &str| items(map, "skipNodeOperations").iter().any(|one| one == name);
    if skips("NodePrepareResources") && !skips("NodeUnprepareResources") && !skips("*") {
        let message = "`NodePrepareResources` cannot be skipped without `NodeUnprepareResources`";
        walker.fault_at("skipNodeOperations", "field-conflict", message);
    }
}

/// `validatePartitionTypeAttribute`
fn partition_type<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(name) = string(map, "partitionTypeAttribute") else {
        return;
    };
    let consumes = |device: &Value| {
        device["consumesCounters"]
            .as_array()
            .is_some_and(|items| !items.is_empty())
    };
    if !items(map, "devices").iter().any(consumes) {
        let why = "in a slice whose devices consume no counters";
        forbids(walker, map, "partitionTypeAttribute", why);
        return;
    }
    let checked = name.contains('/') && qualified(name).is_ok();
    if !checked {
        let message = format!("`{}` is not an attribute's name with a domain and `/`", shown(name));
        walker.fault_at("partitionTypeAttribute", "bad-name", message);
        return;
    }
    let bare = string(map, "driver").and_then(|driver| name.strip_prefix(driver)?.strip_prefix('/'));
    each_object(walker, map, "devices", |walker, device| {
        if items(device, "consumesCounters").is_empty() {
            return;
        }
        let attributes = object(device, "attributes");
        let found = attributes.and_then(|all| all.get(name).or_else(|| all.get(bare?)));
        if found.is_none_or(|found| !found["string"].is_string()) {
            let message = format!(
                "the attribute `{}` is missing or no string, and `partitionTypeAttribute` names it",
                shown(name)
            );
            walker.fault(Side::Key, "missing-required-field", message);
        }
    });
}

fn unique<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, list: &'static str, key: &'static str, what: &str) {
    let mut seen = BTreeSet::new();
    each_object(walker, map, list, |walker, item| {
        let name = string(item, key).unwrap_or_default();
        if !seen.insert(name) && item.contains_key(key) {
            let message = format!("another {what} has the {key} `{}`", shown(name));
            walker.fault_at(key, "duplicate-item", message);
        }
    });
}

/// `validateResourcePool`
fn pool<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    text_at(walker, map, "name", "bad-name", "the name of a pool", pool_name);
    if number(map, "resourceSliceCount").is_none_or(|count| count < 1) && !walker.has_missing("resourceSliceCount") {
        let message = "it is out of range: 1 or more is allowed";
        walker.fault_at("resourceSliceCount", "int-range", message);
    }
    if number(map, "generation").is_some_and(|generation| generation < 0) {
        walker.fault_at("generation", "int-range", "it is out of range: 0 or more is allowed");
    }
}

/// `validatePoolName`: subdomains with `/` between them.
fn pool_name(text: &str) -> Result<(), String> {
    if text.len() > POOL_LENGTH {
        return Err(format!(
            "it has {} characters, at most {POOL_LENGTH} are allowed",
            text.len()
        ));
    }
    text.split('/').try_for_each(names::subdomain)
}

/// `validateQualifiedName`: an identifier, optionally with a driver's name and `/` before it.
fn qualified(text: &str) -> Result<(), String> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        [name] => identifier(name),
        [domain, name] => {
            names::driver(domain).map_err(|reason| format!("before its `/`, {reason}"))?;
            identifier(name)
        }
        // As in the API server, which checks no more than these.
        _ => Ok(()),
    }
}

/// Checks a C identifier of at most 32 characters.
pub(super) fn identifier(text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > NAME_LENGTH {
        return Err(format!("its name must have 1 to {NAME_LENGTH} characters"));
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err("its name must be an identifier: letters, digits and `_`".to_owned());
    }
    Ok(())
}

fn map_keys<'a>(
    walker: &mut Walker<'a>,
    map: &'a Map<String, Value>,
    field: &'static str,
    what: &str,
    check: fn(&str) -> Result<(), String>,
) {
    let Some(all) = object(map, field) else { return };
    walker.below(Position::Key(field), |walker| {
        for key in all.keys() {
            if let Err(reason) = check(key) {
                let message = format!("`{}` is not {what}: {reason}", shown(key));
                walker.fault_at(key, "bad-name", message).side = Side::Key;
            }
        }
    });
}

/// `validateCounterSet`, `validateDeviceCounterConsumption`
fn counters<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let field = if map.contains_key("counterSet") {
        "counterSet"
    } else {
        "name"
    };
    text_at(
        walker,
        map,
        field,
        "bad-name",
        "the name of a set of counters",
        names::label,
    );
    if object(map, "counters").is_some_and(Map::is_empty) {
        needs(walker, map, "counters");
    }
    at_most(walker, map, "counters", MOST_COUNTERS);
    map_keys(walker, map, "counters", "a counter's name", names::label);
    at_most(walker, map, "compatibilityGroups", 2);
    unique_strings(walker, map, "compatibilityGroups");
    each_string(walker, map, "compatibilityGroups", |walker, name| {
        walker.text("bad-name", "the name of a group", name, names::label);
    });
}

/// `validateDevice`
fn device<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    text_at(walker, map, "name", "bad-name", "a device's name", names::label);
    let size = |field: &str| object(map, field).map_or(0, Map::len);
    let count = size("attributes") + size("capacity");
    if count > MOST_ATTRIBUTES {
        let message = format!("it has {count} attributes and capacities, at most {MOST_ATTRIBUTES} are allowed");
        walker.fault(Side::Value, "bad-size", message);
    }
    let values = |attribute: &Value| {
        let of = |field: &&str| attribute[*field].as_array().map_or(0, Vec::len);
        ATTRIBUTES.iter().map(of).sum::<usize>().max(1)
    };
    let count: usize = object(map, "attributes").map_or(0, |all| all.values().map(values).sum());
    if count > MOST_ATTRIBUTE_VALUES {
        let message = format!("it has {count} values of attributes, at most {MOST_ATTRIBUTE_VALUES} are allowed");
        walker.fault(Side::Value, "bad-size", message);
    }
    map_keys(walker, map, "attributes", "an attribute's name", qualified);
    map_keys(walker, map, "capacity", "a capacity's name", qualified);
    at_most(walker, map, "taints", MOST_TAINTS);
    at_most(walker, map, "consumesCounters", MOST_CONSUMPTIONS);
    unique(walker, map, "consumesCounters", "counterSet", "consumption");
    capacities(walker, map);
    binding(walker, map);
    allocatable(walker, map);
}

/// `validateDeviceBindingParameters`
fn binding<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let pair = ["bindingConditions", "bindingFailureConditions"];
    for (field, other) in [(pair[0], pair[1]), (pair[1], pair[0])] {
        at_most(walker, map, field, MOST_CONDITIONS);
        unique_strings(walker, map, field);
        each_string(walker, map, field, |walker, text| {
            walker.text("bad-label", "a condition's name", text, labels::key);
            if field == pair[1] && items(map, other).iter().any(|one| one == text) {
                let message = format!("`{}` is in `{other}` too", shown(text));
                walker.fault(Side::Value, "field-conflict", message);
            }
        });
        if !items(map, field).is_empty() && items(map, other).is_empty() {
            let message = format!("`{field}` needs `{other}`");
            walker.fault_at(field, "field-conflict", message).side = Side::Key;
        }
    }
}

/// The policies of a device's capacities: `validateRequestPolicy`.
fn capacities<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let shared = map.get("allowMultipleAllocations") == Some(&Value::Bool(true));
    for (name, capacity) in object(map, "capacity").into_iter().flatten() {
        let Some(capacity) = capacity.as_object() else { continue };
        let Some(policy) = object(capacity, "requestPolicy") else {
            continue;
        };
        walker.inside(&[Position::Key("capacity"), Position::Key(name)], |walker| {
            if shared {
                // Without a value it is 0.
                let most = if is_set(capacity, "value") {
                    amount(capacity.get("value"))
                } else {
                    Some(0.0)
                };
                walker.below(Position::Key("requestPolicy"), |walker| {
                    policy_values(walker, policy, most);
                });
            } else {
                forbids(
                    walker,
                    capacity,
                    "requestPolicy",
                    "without `allowMultipleAllocations: true`",
                );
            }
        });
    }
}

fn amount(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::String(text) => quantity::parse(text.trim()).ok(),
        Value::Number(number) => quantity::parse(&number.to_string()).ok(),
        _ => None,
    }
}

fn policy_values<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, most: Option<f64>) {
    let values = items(map, "validValues");
    let range = object(map, "validRange");
    if !values.is_empty() && range.is_some() {
        forbids(walker, map, "validRange", "together with `validValues`");
        return;
    }
    let usual = amount(map.get("default"));
    if (!values.is_empty() || range.is_some()) && !is_set(map, "default") {
        walker.missing("default");
        return;
    }
    let more =
        |one: Option<f64>, other: Option<f64>| matches!((one, other), (Some(a), Some(b)) if quantity::above(a, b));
    if !values.is_empty() {
        at_most(walker, map, "validValues", MOST_VALUES);
        let amounts: Vec<Option<f64>> = values.iter().map(|value| amount(Some(value))).collect();
        for (index, value) in amounts.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| amounts[before]);
            let message = if more(*value, most) {
                "it is more than the capacity"
            } else if more(before, *value) {
                "it is less than the value before it: the values are sorted"
            } else if before.is_some() && before == *value {
                "the value before it is the same"
            } else {
                continue;
            };
            walker.inside(&[Position::Key("validValues"), Position::Index(index)], |walker| {
                walker.fault(Side::Value, "int-range", message);
            });
        }
        let same = |value: &Option<f64>| !more(*value, usual) && !more(usual, *value);
        if !amounts.iter().any(same) {
            walker.fault_at("default", "invalid-enum-value", "it is none of `validValues`");
        }
    }
    let Some(range) = range else { return };
    let (least, top, step) = (
        amount(range.get("min")),
        amount(range.get("max")),
        amount(range.get("step")),
    );
    let mut wrong = Vec::new();
    if least.is_some_and(|least| least < 0.0) {
        wrong.push(("min", "it is out of range: 0 or more is allowed"));
    }
    if more(least, most) {
        wrong.push(("min", "it is more than the capacity"));
    }
    if more(top, most) {
        wrong.push(("max", "it is more than the capacity"));
    }
    if more(least, top) {
        wrong.push(("max", "it is less than `min`"));
    }
    if step.is_some_and(|step| step <= 0.0) {
        wrong.push(("step", "it is out of range: more than 0 is allowed"));
    } else if let (Some(step), Some(least)) = (step, least) {
        let off = |value: Option<f64>| {
            value.is_some_and(|value| {
                let steps = (value - least) / step;
                (steps - steps.round()).abs() > 1e-9
            })
        };
        if more(Some(least + step), most) {
            wrong.push(("step", "one step from `min` is more than the capacity"));
        } else if off(usual) || off(top) {
            wrong.push(("step", "`default` or `max` is not a number of steps from `min`"));
        }
    }
    if more(least, usual) || more(usual, top) {
        walker.fault_at("default", "int-range", "it is not in `validRange`");
    }
    walker.below(Position::Key("validRange"), |walker| {
        for (field, message) in wrong {
            walker.fault_at(field, "int-range", message);
        }
    });
}

/// `validateDeviceAttribute`
fn attribute<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    // Without the feature `DRAListTypeAttributes` the API server drops the lists, so they do not count beside others.
    let is_list = |field: &str| field.ends_with('s');
    let set: Vec<&&str> = ATTRIBUTES
        .iter()
        .filter(|field| is_set(map, field) && !is_list(field))
        .collect();
    let lists: Vec<&&str> = ATTRIBUTES
        .iter()
        .filter(|field| is_set(map, field) && is_list(field))
        .collect();
    let set = if set.is_empty() { lists } else { set };
    match set.as_slice() {
        [] => {
            let message = "one of `bool`, `int`, `string`, `version` or a list of them is missing";
            walker.fault(Side::Key, "missing-required-field", message);
        }
        [one] => {
            if map.get(**one).and_then(Value::as_array).is_some_and(Vec::is_empty) {
                walker.fault_at(one, "missing-required-field", "the list is empty");
            }
        }
        [first, second, ..] => forbids(walker, map, second, &format!("together with `{first}`")),
    }
    text_at(walker, map, "string", "bad-size", "an attribute's value", short);
    text_at(walker, map, "version", "bad-content", "a version", version);
    if set.iter().any(|field| !is_list(field)) {
        return;
    }
    each_string(walker, map, "strings", |walker, text| {
        walker.text("bad-size", "an attribute's value", text, short);
    });
    each_string(walker, map, "versions", |walker, text| {
        walker.text("bad-content", "a version", text, version);
    });
}

fn short(text: &str) -> Result<(), String> {
    if text.len() > ATTRIBUTE_LENGTH {
        return Err(format!(
            "it has {} bytes, at most {ATTRIBUTE_LENGTH} are allowed",
            text.len()
        ));
    }
    Ok(())
}

/// A version as semver.org 2.0.0 has it.
fn version(text: &str) -> Result<(), String> {
    short(text)?;
    let (rest, build) = text
        .split_once('+')
        .map_or((text, None), |(rest, build)| (rest, Some(build)));
    let (core, pre) = rest
        .split_once('-')
        .map_or((rest, None), |(core, pre)| (core, Some(pre)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = |part: &str| digits(part) && (part.len() == 1 || !part.starts_with('0'));
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let numbers: Vec<&str> = core.split('.').collect();
    let good = numbers.len() == 3
        && numbers.into_iter().all(plain)
        && pre.is_none_or(|pre| pre.split('.').all(|part| word(part) && (!digits(part) || plain(part))))
        && build.is_none_or(|build| build.split('.').all(word));
    if good {
        Ok(())
    } else {
        Err("it is like `1.2.3` or `1.2.3-beta.1`".to_owned())
    }
}

/// `validateDeviceTaint`
fn taint<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    text_at(walker, map, "key", "bad-label", "a taint's key", labels::key);
    text_at(walker, map, "value", "bad-label", "a taint's value", labels::value);
}

/// `validateDeviceTaintSelector`
fn taint_selector<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    text_at(walker, map, "driver", "bad-name", "the name of a driver", names::driver);
    text_at(walker, map, "pool", "bad-name", "the name of a pool", pool_name);
    text_at(walker, map, "device", "bad-name", "a device's name", names::label);
}

/// `validateNodeAllocatableMapping`
fn mapping<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if is_set(map, "capacityKey") != is_set(map, "capacityMultiplier") {
        let missing = if is_set(map, "capacityKey") {
            "capacityMultiplier"
        } else {
            "capacityKey"
        };
        walker.missing(missing);
    }
    for field in ["capacityMultiplier", "deviceMultiplier"] {
        if amount(map.get(field)).is_some_and(|amount| amount <= 0.0) {
            walker.fault_at(field, "int-range", "it is out of range: more than 0 is allowed");
        }
    }
}

/// `validateNodeAllocatableResources`
fn allocatable<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    for (name, resource) in object(map, "nodeAllocatableResources").into_iter().flatten() {
        let Some(resource) = resource.as_object() else { continue };
        walker.inside(
            &[Position::Key("nodeAllocatableResources"), Position::Key(name)],
            |walker| {
                let known =
                    matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
                if !known {
                    let message = format!("`{}` is not a resource of nodes that pods share", shown(name));
                    walker.fault(Side::Key, "bad-resource-name", message);
                }
                if !is_set(resource, "mapping") && !is_set(resource, "overhead") {
                    walker.missing("mapping");
                }
                let Some(key) = object(resource, "mapping").and_then(|mapping| string(mapping, "capacityKey")) else {
                    return;
                };
                if object(map, "capacity").is_none_or(|capacity| !capacity.contains_key(key)) {
                    walker.below(Position::Key("mapping"), |walker| {
                        let message = format!("the device has no capacity `{}`", shown(key));
                        walker.fault_at("capacityKey", "field-conflict", message);
                    });
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_semver() {
        for good in ["0.0.0", "1.2.3", "1.2.3-a.1", "1.2.3-0a+b.01", "1.2.3+001"] {
            assert_eq!(version(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "1",
            "1.2",
            "v1.2.3",
            "01.2.3",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3+",
            "1.2.3-a..b",
            "1.2.3.4",
        ] {
            assert!(version(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_have_domains_or_not() {
        for good in ["memory", "gpu.example.com/memory", "a_1", "a/b/c"] {
            assert_eq!(qualified(good), Ok(()), "{good}");
        }
        for bad in ["", "1a", "a-b", "/a", "a/", "A B/c", &"a".repeat(33)] {
            assert!(qualified(bad).is_err(), "{bad}");
        }
        for good in ["pool", "node-1/pool.a"] {
            assert_eq!(pool_name(good), Ok(()), "{good}");
        }
        for bad in ["", "a/", "A", "a//b"] {
            assert!(pool_name(bad).is_err(), "{bad}");
        }
    }
}
