//! Services, Ingresses, NetworkPolicies.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Check, each_string, forbids, is_set, items, object, says_something, string};
use crate::formats::{names, network, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.Service", needs_spec),
    ("core.v1.ServiceSpec", service),
    ("networking.v1.HTTPIngressPath", ingress_path),
    ("networking.v1.IPBlock", ip_block),
    ("networking.v1.Ingress", class_twice),
    ("networking.v1.Ingress", needs_spec),
    ("networking.v1.IngressBackend", resource),
    ("networking.v1.IngressClass", needs_controller),
    ("networking.v1.IngressClassParametersReference", class_parameters),
    ("networking.v1.IngressRule", ingress_rule),
    ("networking.v1.IngressServiceBackend", backend),
    ("networking.v1.IngressSpec", ingress),
    ("networking.v1.NetworkPolicyPeer", peer),
    ("networking.v1.NetworkPolicyPort", policy_port),
    ("networking.v1.NetworkPolicySpec", policy),
    ("networking.v1.ServiceCIDRSpec", service_cidrs),
];

fn needs_spec<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !is_set(map, "spec") {
        walker.missing("spec");
    }
}

/// Without a spec there is no controller.
fn needs_controller<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !is_set(map, "spec") {
        walker.missing("spec").help = Some("an IngressClass names its `controller`".to_owned());
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
        "ExternalName" => {
            if let Some(name) = string(map, "externalName") {
                walker.below(Position::Key("externalName"), |walker| {
                    // With or without a trailing dot.
                    walker.text("bad-name", "a host name", name, |name| {
                        names::subdomain(name.strip_suffix('.').unwrap_or(name))
                    });
                });
            }
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
                walker.below(Position::Key("ports"), |walker| {
                    walker.below(Position::Index(index), |walker| {
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
        walker.below(Position::Key("ports"), |walker| {
            walker.below(Position::Index(index), |walker| match name {
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
    let Some(kind @ ("Exact" | "Prefix")) = string(map, "pathType") else {
        return;
    };
    let Some(path) = string(map, "path").filter(|path| !path.is_empty()) else {
        if !is_set(map, "path") || string(map, "path").is_some() {
            walker.missing("path").help = Some(format!("`pathType: {kind}` needs it"));
        }
        return;
    };
    if !path.starts_with('/') {
        return;
    }
    let within = ["//", "/./", "/../", "%2f", "%2F"]
        .iter()
        .find(|part| path.contains(**part));
    let at_end = ["/..", "/."].iter().find(|end| path.ends_with(**end));
    let message = match (within, at_end) {
        (Some(part), _) => format!(
            "`{}` has `{part}`, which `pathType: {kind}` does not allow",
            shown(path)
        ),
        (None, Some(end)) => format!(
            "`{}` ends with `{end}`, which `pathType: {kind}` does not allow",
            shown(path)
        ),
        (None, None) => return,
    };
    walker.fault_at("path", "bad-path", message);
}

/// `validateIngressBackend`: the grammar of Service names depends on the version.
fn backend<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(name) = string(map, "name").filter(|name| !name.is_empty()) else {
        return;
    };
    let check = if walker.version.minor < 36 {
        names::label_1035
    } else {
        names::label
    };
    walker.below(Position::Key("name"), |walker| {
        walker.text("bad-name", "a Service's name", name, check);
    });
    if !is_set(map, "port") {
        walker.missing("port");
    }
}

/// `validateIngressTypedLocalObjectReference`
fn resource<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(resource) = object(map, "resource") else {
        return;
    };
    let text = |walker: &mut Walker<'a>, field: &'static str, what: &str, check: fn(&str) -> Result<(), String>| {
        if let Some(text) = string(resource, field).filter(|text| !text.is_empty() || field == "apiGroup") {
            walker.inside(&[Position::Key("resource"), Position::Key(field)], |walker| {
                walker.text("bad-name", what, text, check);
            });
        }
    };
    text(walker, "apiGroup", "a DNS subdomain", names::subdomain);
    text(walker, "kind", "a kind", names::path_segment);
    text(walker, "name", "a name", names::path_segment);
}

/// The class is set in both the annotation and the field: `ValidateIngressCreate`.
fn class_twice<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    const CLASS: &str = "kubernetes.io/ingress.class";
    let annotation = object(map, "metadata")
        .and_then(|meta| object(meta, "annotations"))
        .and_then(|annotations| string(annotations, CLASS));
    let field = object(map, "spec").and_then(|spec| string(spec, "ingressClassName"));
    if let (Some(annotation), Some(field)) = (annotation, field)
        && annotation != field
    {
        walker.inside(&[Position::Key("metadata"), Position::Key("annotations")], |walker| {
            let message = format!("`ingressClassName` is `{}`", shown(field));
            walker.fault_at(CLASS, "field-conflict", message);
        });
    }
}

/// The host of a rule must be a name: `validateIngressRules`.
fn ingress_rule<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(host) = string(map, "host").filter(|host| network::is_ipv6(host).is_some()) {
        let message = format!("`{}` is an address, a host name is needed", shown(host));
        walker.fault_at("host", "bad-name", message);
    }
}

/// `validateIngressClassParametersReference`; the default scope is `Cluster`.
fn class_parameters<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    match string(map, "scope") {
        Some("Namespace") if !is_set(map, "namespace") => {
            walker.missing("namespace").help = Some("`scope: Namespace` needs it".to_owned());
        }
        None | Some("Cluster") => forbids(walker, map, "namespace", "without `scope: Namespace`"),
        _ => {}
    }
}

fn policy<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    super::pod_spec::at_most(walker, map, "policyTypes", 2);
}

/// `validateServiceCIDRSpec`: one block of each family.
fn service_cidrs<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    super::pod_spec::at_most(walker, map, "cidrs", 2);
    let family = |value: &Value| network::is_ipv6(value.as_str()?.split_once('/')?.0);
    if let [one, other] = items(map, "cidrs")
        && let Some(family) = family(one).filter(|_| family(one) == family(other))
    {
        let family = if family { "IPv6" } else { "IPv4" };
        walker.fault_at(
            "cidrs",
            "bad-ip",
            format!("both blocks are {family}: one of each family is allowed"),
        );
    }
}

/// Without any field a peer matches nothing, while an empty selector matches all.
fn peer<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !["ipBlock", "namespaceSelector", "podSelector"]
        .iter()
        .any(|field| is_set(map, field))
    {
        let message = "one of `podSelector`, `namespaceSelector` and `ipBlock` is missing";
        walker.fault(Side::Key, "missing-required-field", message);
    }
}

/// `ValidateIPBlock`
fn ip_block<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(whole) = string(map, "cidr") else { return };
    each_string(walker, map, "except", |walker, part| {
        if network::is_part_of(part, whole) == Some(false) {
            let message = format!("`{}` is not a part of `{}`, or all of it", shown(part), shown(whole));
            walker.fault(Side::Value, "bad-ip", message);
        }
    });
}

fn policy_port<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(end) = map.get("endPort").and_then(Value::as_i64) else {
        return;
    };
    match map.get("port") {
        Some(Value::Number(port)) if port.as_i64().is_some_and(|port| port > end) => {
            walker.fault_at("endPort", "int-range", format!("{end} is below `port`"));
        }
        Some(Value::Number(_)) if !(1..=65535).contains(&end) => {
            let message = format!("{end} is out of range: from 1 to 65535 is allowed");
            walker.fault_at("endPort", "int-range", message);
        }
        Some(Value::Number(_)) => {}
        _ => {
            walker.fault_at("endPort", "field-conflict", "`endPort` needs a `port`, and its number");
        }
    }
}
