//! Device claims, their templates and device classes: `pkg/apis/resource/validation`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::admission::expression;
use super::{Check, each_object, each_string, is_set, items, needs, number, says_something, string, unique_strings};
use crate::cel::Scope;
use crate::formats::{labels, names, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("resource.v1.DeviceClaim", claim),
    ("resource.v1.DeviceClassSpec", class),
    ("resource.v1.DeviceRequest", request),
    ("resource.v1.DeviceSelector", selector),
    ("resource.v1.DeviceSubRequest", sub_request),
    ("resource.v1.DeviceToleration", toleration),
    ("resource.v1.ExactDeviceRequest", amount_of_devices),
    ("resource.v1.ResourceClaimTemplateSpec", template),
    ("resource.v1beta1.DeviceClaim", claim),
    ("resource.v1beta1.DeviceClassSpec", class),
    ("resource.v1beta1.DeviceRequest", flat_request),
    ("resource.v1beta1.DeviceSelector", selector),
    ("resource.v1beta1.DeviceSubRequest", sub_request),
    ("resource.v1beta1.DeviceToleration", toleration),
    ("resource.v1beta1.ResourceClaimTemplateSpec", template),
    ("resource.v1beta2.DeviceClaim", claim),
    ("resource.v1beta2.DeviceClassSpec", class),
    ("resource.v1beta2.DeviceRequest", request),
    ("resource.v1beta2.DeviceSelector", selector),
    ("resource.v1beta2.DeviceSubRequest", sub_request),
    ("resource.v1beta2.DeviceToleration", toleration),
    ("resource.v1beta2.ExactDeviceRequest", amount_of_devices),
    ("resource.v1beta2.ResourceClaimTemplateSpec", template),
];

const MOST: usize = 32;
const MOST_ALTERNATIVES: usize = 8;
const MOST_TOLERATIONS: usize = 16;
const EXPRESSION_LENGTH: usize = 10 * 1024;

fn at_most<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str, most: usize) {
    let count = items(map, field).len();
    if count > most {
        walker.fault_at(
            field,
            "bad-size",
            format!("it has {count} items, at most {most} are allowed"),
        );
    }
}

fn claim<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    for field in ["requests", "constraints", "config"] {
        at_most(walker, map, field, MOST);
    }
    // The names of requests, and of their alternatives in the form `request/alternative`.
    let mut known = BTreeSet::new();
    each_object(walker, map, "requests", |walker, request| {
        let name = string(request, "name").unwrap_or_default();
        if !known.insert(name.to_owned()) {
            let message = format!("another request has the name `{}`", shown(name));
            walker.fault_at("name", "duplicate-item", message);
        }
        each_object(walker, request, "firstAvailable", |walker, alternative| {
            let own = string(alternative, "name").unwrap_or_default();
            if !known.insert(format!("{name}/{own}")) {
                let message = format!("another alternative has the name `{}`", shown(own));
                walker.fault_at("name", "duplicate-item", message);
            }
        });
    });
    let refers = |walker: &mut Walker<'a>, item: &'a Map<String, Value>| {
        unique_strings(walker, item, "requests");
        each_string(walker, item, "requests", |walker, name| {
            if !known.contains(name) {
                let message = format!("there is no request `{}` in the claim", shown(name));
                walker.fault(Side::Value, "field-conflict", message);
            }
        });
    };
    each_object(walker, map, "constraints", |walker, constraint| {
        refers(walker, constraint);
        let attribute = ["matchAttribute", "distinctAttribute"]
            .into_iter()
            .find(|field| is_set(constraint, field));
        match attribute {
            None => {
                walker.missing("matchAttribute");
            }
            Some(field) => {
                if let Some(name) = string(constraint, field) {
                    walker.below(Position::Key(field), |walker| {
                        walker.text("bad-name", "an attribute's name", name, |name| {
                            let (domain, id) = name
                                .split_once('/')
                                .ok_or("it must have a domain and `/` before its name")?;
                            names::subdomain(domain)?;
                            super::slices::identifier(id)
                        });
                    });
                }
            }
        }
    });
    each_object(walker, map, "config", |walker, config| {
        refers(walker, config);
        opaque(walker, config);
    });
}

fn opaque<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !is_set(map, "opaque") {
        walker.missing("opaque");
    }
}

/// `ValidateTemplateObjectMeta`: a claim gets its name and the rest from its pod.
fn template<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(meta) = super::object(map, "metadata") else {
        return;
    };
    walker.below(Position::Key("metadata"), |walker| {
        for (key, value) in meta {
            if !matches!(key.as_str(), "labels" | "annotations") && !value.is_null() {
                let message = format!(
                    "`{}` cannot be set in a template: only labels and annotations",
                    shown(key)
                );
                walker.fault_at(key, "field-conflict", message).side = Side::Key;
            }
        }
    });
}

fn class<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    at_most(walker, map, "selectors", MOST);
    at_most(walker, map, "config", MOST);
    each_object(walker, map, "config", opaque);
    if let Some(name) = string(map, "extendedResourceName") {
        walker.below(Position::Key("extendedResourceName"), |walker| {
            walker.text("bad-resource-name", "the name of an extended resource", name, |name| {
                labels::key(name)?;
                if !name.contains('/') || name.contains("kubernetes.io/") || name.starts_with("requests.") {
                    return Err("a domain that is not Kubernetes' own and `/` stand before it".to_owned());
                }
                Ok(())
            });
        });
    }
}

fn request<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let alternatives = !items(map, "firstAvailable").is_empty();
    match (is_set(map, "exactly"), alternatives) {
        (false, false) => {
            walker.fault(
                Side::Key,
                "missing-required-field",
                "one of `exactly` or `firstAvailable` is missing",
            );
        }
        (true, true) => super::forbids(walker, map, "firstAvailable", "together with `exactly`"),
        _ => {}
    }
    at_most(walker, map, "firstAvailable", MOST_ALTERNATIVES);
    request_name(walker, map);
}

/// Checks a request of `v1beta1`, where the fields of `exactly` are beside the name.
fn flat_request<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    at_most(walker, map, "firstAvailable", MOST_ALTERNATIVES);
    request_name(walker, map);
    if items(map, "firstAvailable").is_empty() {
        amount_of_devices(walker, map);
    }
}

fn request_name<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(name) = string(map, "name") {
        walker.below(Position::Key("name"), |walker| {
            walker.text("bad-name", "the name of a request (a DNS label)", name, names::label);
        });
    }
}

fn sub_request<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    request_name(walker, map);
    amount_of_devices(walker, map);
}

fn amount_of_devices<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "deviceClassName");
    if let Some(name) = string(map, "deviceClassName").filter(|name| !name.is_empty()) {
        walker.below(Position::Key("deviceClassName"), |walker| {
            walker.text("bad-name", "the name of a DeviceClass", name, names::subdomain);
        });
    }
    at_most(walker, map, "selectors", MOST);
    at_most(walker, map, "tolerations", MOST_TOLERATIONS);
    let count = number(map, "count").filter(|count| *count != 0);
    match string(map, "allocationMode").unwrap_or_default() {
        "All" if count.is_some() => {
            walker.fault_at(
                "count",
                "field-conflict",
                "`count` cannot be set with `allocationMode: All`",
            );
        }
        "" | "ExactCount" if count.is_some_and(|count| count < 0) => {
            walker.fault_at("count", "int-range", "it is out of range: 1 or more is allowed");
        }
        _ => {}
    }
}

fn selector<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !is_set(map, "cel") {
        walker.missing("cel");
    }
    let Some(cel) = super::object(map, "cel") else { return };
    walker.below(Position::Key("cel"), |walker| {
        let size = string(cel, "expression").map_or(0, str::len);
        if size > EXPRESSION_LENGTH {
            let message = format!("it has {size} bytes, at most {EXPRESSION_LENGTH} are allowed");
            walker.fault_at("expression", "bad-size", message);
        } else {
            expression(walker, cel, "expression", &Scope::device(), &["bool"]);
        }
    });
}

fn toleration<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(key) = string(map, "key").filter(|key| !key.is_empty()) {
        walker.below(Position::Key("key"), |walker| {
            walker.text("bad-label", "a taint's key", key, labels::key);
        });
    }
    if string(map, "operator") == Some("Exists") {
        if says_something(map, "value") {
            walker.fault_at("value", "bad-selector", "`Exists` takes no `value`");
        }
    } else if let Some(value) = string(map, "value") {
        walker.below(Position::Key("value"), |walker| {
            walker.text("bad-label", "a taint's value", value, labels::value);
        });
    }
}
