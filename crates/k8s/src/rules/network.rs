//! Services, Ingresses, NetworkPolicies.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Check, is_set, items, says_something, string};
use crate::problem::Side;
use crate::walk::{Place, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.Service", needs_spec),
    ("core.v1.ServiceSpec", service),
    ("networking.v1.HTTPIngressPath", ingress_path),
    ("networking.v1.Ingress", needs_spec),
    ("networking.v1.IngressSpec", ingress),
    ("networking.v1.NetworkPolicyPort", policy_port),
];

fn needs_spec<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !is_set(map, "spec") {
        walker.missing("spec");
    }
}

fn service<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let kind = string(map, "type")
        .filter(|kind| !kind.is_empty())
        .unwrap_or("ClusterIP");
    let ports = items(map, "ports");
    let headless = string(map, "clusterIP") == Some("None");
    match kind {
        "ExternalName" if !says_something(map, "externalName") => {
            walker.missing("externalName").help = Some("a Service of the type ExternalName needs it".to_owned());
        }
        "ClusterIP" | "NodePort" | "LoadBalancer" if ports.is_empty() && !headless => {
            walker.missing("ports");
        }
        _ => {}
    }
    if headless && matches!(kind, "NodePort" | "LoadBalancer") {
        walker.fault_at(
            "clusterIP",
            "field-conflict",
            format!("a headless Service cannot be a {kind}"),
        );
    }
    if kind == "ClusterIP" {
        let conflict = "needs the type NodePort or LoadBalancer";
        for (index, port) in ports.iter().enumerate() {
            if port.as_object().is_some_and(|port| says_something(port, "nodePort")) {
                walker.below(Place::Key("ports"), |walker| {
                    walker.below(Place::Index(index), |walker| {
                        walker
                            .fault_at("nodePort", "field-conflict", format!("`nodePort` {conflict}"))
                            .side = Side::Key;
                    });
                });
            }
        }
        if says_something(map, "externalTrafficPolicy") && items(map, "externalIPs").is_empty() {
            walker
                .fault_at(
                    "externalTrafficPolicy",
                    "field-conflict",
                    format!("`externalTrafficPolicy` {conflict}"),
                )
                .side = Side::Key;
        }
    }
    port_names(walker, ports);
}

fn port_names<'a>(walker: &mut Walker<'a>, ports: &'a [Value]) {
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let Some(port) = port.as_object() else { continue };
        let name = string(port, "name").filter(|name| !name.is_empty());
        walker.below(Place::Key("ports"), |walker| {
            walker.below(Place::Index(index), |walker| match name {
                None if ports.len() > 1
                    && !port
                        .get("name")
                        .is_some_and(|name| !name.is_null() && !name.is_string()) =>
                {
                    walker.missing("name").help = Some("a Service of several ports must name each".to_owned());
                }
                Some(name) if !names.insert(name) => {
                    walker.fault_at("name", "duplicate-item", format!("another port has the name `{name}`"));
                }
                _ => {}
            });
        });
    }
}

fn ingress<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if items(map, "rules").is_empty() && !is_set(map, "defaultBackend") {
        walker.fault(
            Side::Key,
            "missing-required-field",
            "`rules` or `defaultBackend` is missing",
        );
    }
}

fn ingress_path<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(kind @ ("Exact" | "Prefix")) = string(map, "pathType")
        && !says_something(map, "path")
    {
        walker.missing("path").help = Some(format!("`pathType: {kind}` needs it"));
    }
}

fn policy_port<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(end) = map.get("endPort").and_then(Value::as_i64) else {
        return;
    };
    match map.get("port") {
        Some(Value::Number(port)) if port.as_i64().is_some_and(|port| port > end) => {
            walker.fault_at("endPort", "int-range", format!("{end} is below `port`"));
        }
        Some(Value::Number(_)) => {}
        _ => {
            walker.fault_at("endPort", "field-conflict", "`endPort` needs a `port`, and its number");
        }
    }
}
