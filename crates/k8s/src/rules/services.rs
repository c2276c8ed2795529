//! Services: `validateService`, except for port names.

use serde_json::{Map, Value};

use super::{Check, each_object, each_string, forbids, items, number, object, says_something, string};
use crate::formats::{labels, network, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.Service", annotations),
    ("core.v1.ServiceSpec", addresses),
    ("core.v1.ServiceSpec", balanced),
    ("core.v1.ServiceSpec", node_ports),
];

fn kind(map: &Map<String, Value>) -> &str {
    string(map, "type")
        .filter(|kind| !kind.is_empty())
        .unwrap_or("ClusterIP")
}

/// Checks a CIDR block, which may have surrounding spaces.
fn block<'a>(walker: &mut Walker<'a>, text: &'a str) {
    let strict = walker.version.minor >= super::STRICT_ADDRESSES;
    let check = if strict { network::strict_cidr } else { network::cidr };
    walker.text("bad-ip", "a block of addresses", text.trim(), check);
}

const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
const MODE: &str = "service.kubernetes.io/topology-mode";

fn annotations<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(annotations) = object(map, "metadata").and_then(|meta| object(meta, "annotations")) else {
        return;
    };
    let spec = object(map, "spec");
    walker.inside(&[Position::Key("metadata"), Position::Key("annotations")], |walker| {
        if let (Some(mode), Some(hints)) = (string(annotations, MODE), string(annotations, HINTS))
            && mode != hints
        {
            let message = format!("it must be the same as `{HINTS}`");
            walker.fault_at(MODE, "field-conflict", message);
        }
        let Some((key, Value::String(ranges))) = annotations.get_key_value(RANGES) else {
            return;
        };
        if spec.is_some_and(|spec| !items(spec, "loadBalancerSourceRanges").is_empty()) {
            return;
        }
        if spec.is_some_and(|spec| kind(spec) != "LoadBalancer") {
            let message = "the annotation is for the type LoadBalancer";
            walker.fault_at(key, "field-conflict", message).side = Side::Key;
        }
        walker.below(Position::Key(key), |walker| {
            for range in ranges.trim().split(',').filter(|_| !ranges.trim().is_empty()) {
                block(walker, range);
            }
        });
    });
}

/// Checks the fields that only load balancers have.
fn balanced<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    each_string(walker, map, "loadBalancerSourceRanges", block);
    if let Some(address) = string(map, "loadBalancerIP").filter(|address| !address.is_empty())
        && let Err(reason) = network::ip(address)
    {
        let message = format!("`{}` is not an address: {reason}", shown(address));
        walker.fault_at("loadBalancerIP", "server-warning", message);
    }
    let local = string(map, "externalTrafficPolicy") == Some("Local");
    if kind(map) == "LoadBalancer" {
        if let Some(class) = string(map, "loadBalancerClass") {
            walker.below(Position::Key("loadBalancerClass"), |walker| {
                walker.text("bad-label", "a qualified name", class, labels::key);
            });
        }
    } else {
        let why = "without `type: LoadBalancer`";
        for field in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
            forbids(walker, map, field, why);
        }
        if !items(map, "loadBalancerSourceRanges").is_empty() {
            forbids(walker, map, "loadBalancerSourceRanges", why);
        }
    }
    if says_something(map, "healthCheckNodePort") && !(local && kind(map) == "LoadBalancer") {
        forbids(
            walker,
            map,
            "healthCheckNodePort",
            "without `type: LoadBalancer` and `externalTrafficPolicy: Local`",
        );
    }
    if kind(map) == "ExternalName" && says_something(map, "externalTrafficPolicy") {
        forbids(
            walker,
            map,
            "externalTrafficPolicy",
            "together with `type: ExternalName`",
        );
    }
}

/// `ValidateServiceClusterIPsRelatedFields`
fn addresses<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let single = string(map, "clusterIP").filter(|address| !address.is_empty());
    let all: Vec<&str> = items(map, "clusterIPs").iter().filter_map(Value::as_str).collect();
    if kind(map) == "ExternalName" {
        for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            if says_something(map, field) {
                forbids(walker, map, field, "together with `type: ExternalName`");
            }
        }
        return;
    }
    match (single, all.first()) {
        (None, Some(_)) => {
            walker.missing("clusterIP").help = Some("`clusterIPs` need it: it is the first of them".to_owned());
        }
        (Some(single), Some(first)) if single != *first => {
            walker.inside(&[Position::Key("clusterIPs"), Position::Index(0)], |walker| {
                walker.fault(Side::Value, "field-conflict", "it is not the `clusterIP`");
            });
        }
        (Some(single), None) if single != "None" => {
            walker.below(Position::Key("clusterIP"), |walker| address(walker, single));
        }
        _ => {}
    }
    super::pod_spec::at_most(walker, map, "clusterIPs", 2);
    each_string(walker, map, "clusterIPs", |walker, own| {
        if own != "None" {
            address(walker, own);
        } else if all.len() > 1 {
            walker.fault(Side::Value, "field-conflict", "`None` goes with no other");
        }
    });
    let given: &[&str] = match (single.as_ref(), all.is_empty()) {
        (Some(single), true) => std::slice::from_ref(single),
        _ => &all,
    };
    let six: Vec<bool> = given.iter().filter_map(|own| network::is_ipv6(own)).collect();
    if six.len() == 2 && all.len() == 2 && six[0] == six[1] {
        walker.fault_at(
            "clusterIPs",
            "field-conflict",
            "the two addresses are of the same family",
        );
    }
    families(walker, map, &six);
    for (index, own) in items(map, "externalIPs").iter().enumerate() {
        if let Some(own) = own.as_str() {
            walker.inside(&[Position::Key("externalIPs"), Position::Index(index)], |walker| {
                walker.text("bad-ip", "an address for a Service", own, network::endpoint);
            });
        }
    }
}

fn address<'a>(walker: &mut Walker<'a>, text: &'a str) {
    let strict = walker.version.minor >= super::STRICT_ADDRESSES;
    let check = if strict { network::strict_ip } else { network::ip };
    walker.text("bad-ip", "an address", text, check);
}

/// Several address families or addresses need a policy that allows them. `six` tells for each address whether it is
/// IPv6.
fn families<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, six: &[bool]) {
    super::unique_strings(walker, map, "ipFamilies");
    let families: Vec<&str> = items(map, "ipFamilies").iter().filter_map(Value::as_str).collect();
    let policy = string(map, "ipFamilyPolicy").filter(|policy| !policy.is_empty());
    // A headless Service without a selector may have both.
    let headless = string(map, "clusterIP") == Some("None") && !says_something(map, "selector");
    let one = policy == Some("SingleStack") || (policy.is_none() && !headless);
    if one && (families.len() > 1 || six.len() > 1) {
        let message = "several families need `PreferDualStack` or `RequireDualStack`";
        match policy {
            Some(_) => walker.fault_at("ipFamilyPolicy", "field-conflict", message),
            None => {
                let problem = walker.missing("ipFamilyPolicy");
                problem.help = Some(message.to_owned());
                problem
            }
        };
    }
    let pairs = families.iter().zip(six).enumerate();
    for (index, (family, six)) in pairs {
        if matches!((*family, six), ("IPv4", true) | ("IPv6", false)) {
            walker.inside(&[Position::Key("ipFamilies"), Position::Index(index)], |walker| {
                let message = "the address in the same place is of the other family";
                walker.fault(Side::Value, "field-conflict", message);
            });
        }
    }
}

fn node_ports<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let mut taken: Vec<(i128, Option<i128>, &str)> = Vec::new();
    each_object(walker, map, "ports", |walker, port| {
        let protocol = string(port, "protocol").unwrap_or("TCP");
        let Some(node) = number(port, "nodePort").filter(|node| *node != 0) else {
            return;
        };
        // A port may occur twice with different protocols.
        let own = number(port, "port");
        let free = taken
            .iter()
            .all(|(other, port, with)| *other != node || (*port == own && *with != protocol));
        taken.push((node, own, protocol));
        if !free {
            let message = format!("another port of the Service takes {node}");
            walker.fault_at("nodePort", "duplicate-item", message);
        }
    });
}
