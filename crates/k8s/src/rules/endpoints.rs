//! Endpoints, whole and in `EndpointSlice`s.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::pod_spec::at_most;
use super::{Check, each_object, each_string, items, object, string};
use crate::formats::{names, network, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.EndpointAddress", address),
    ("core.v1.EndpointSubset", subset),
    ("discovery.v1.EndpointHints", hints),
    ("discovery.v1.EndpointSlice", slice),
];

fn reachable<'a>(walker: &mut Walker<'a>, text: &'a str) {
    let strict = walker.version.minor >= super::STRICT_ADDRESSES;
    let check = if strict { network::strict_ip } else { network::ip };
    let good = check(text).and_then(|()| network::endpoint(text));
    walker.text("bad-ip", "the address of an endpoint", text, |_| good.clone());
}

/// `validateEndpointAddress`
fn address<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(ip) = string(map, "ip") {
        walker.below(Position::Key("ip"), |walker| reachable(walker, ip));
    }
}

/// `validateEndpointSubsets`
fn subset<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if items(map, "addresses").is_empty() && items(map, "notReadyAddresses").is_empty() {
        walker.fault(
            Side::Key,
            "missing-required-field",
            "one of `addresses` and `notReadyAddresses` is missing",
        );
    }
    let many = items(map, "ports").len() > 1;
    each_object(walker, map, "ports", |walker, port| {
        if many && string(port, "name").is_none_or(str::is_empty) {
            walker.missing("name").help = Some("of several ports each has a name".to_owned());
        }
    });
}

/// `validateHints`
fn hints<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    for field in ["forNodes", "forZones"] {
        at_most(walker, map, field, 8);
        let mut names = BTreeSet::new();
        each_object(walker, map, field, |walker, hint| {
            if let Some(name) = string(hint, "name").filter(|name| !names.insert(*name)) {
                let message = format!("another item has the name `{}`", shown(name));
                walker.fault_at("name", "duplicate-item", message);
            }
        });
    }
}

/// `ValidateEndpointSlice`
fn slice<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    at_most(walker, map, "endpoints", 1000);
    at_most(walker, map, "ports", 20_000);
    let mut names = BTreeSet::new();
    each_object(walker, map, "ports", |walker, port| {
        let name = string(port, "name").unwrap_or_default();
        if names.insert(name) {
            return;
        }
        if name.is_empty() {
            walker.missing("name").help = Some("of several ports one at most has no name".to_owned());
        } else {
            let message = format!("another port has the name `{}`", shown(name));
            walker.fault_at("name", "duplicate-item", message);
        }
    });
    let kind = string(map, "addressType").unwrap_or_default();
    each_object(walker, map, "endpoints", |walker, endpoint| {
        at_most(walker, endpoint, "addresses", 100);
        if let Some(topology) = object(endpoint, "deprecatedTopology")
            && topology.len() > 16
        {
            let message = format!("it has {} labels, at most 16 are allowed", topology.len());
            walker.fault_at("deprecatedTopology", "bad-size", message);
        }
        each_string(walker, endpoint, "addresses", |walker, address| match kind {
            "IPv4" | "IPv6" => {
                let six = network::is_ipv6(address);
                if six.is_some_and(|six| six != (kind == "IPv6")) {
                    let message = format!("`{}` is not of the family {kind}", shown(address));
                    walker.fault(Side::Value, "bad-ip", message);
                } else if kind == "IPv6" && !network::is_canonical(address) {
                    let message = format!("`{}` is not the short form of the address", shown(address));
                    walker.fault(Side::Value, "bad-ip", message);
                } else {
                    reachable(walker, address);
                }
            }
            "FQDN" => {
                // With or without a trailing dot, and with at least one dot inside.
                let name = address.strip_suffix('.').unwrap_or(address);
                walker.text("bad-name", "a full domain name", name, |name| {
                    names::subdomain(name)?;
                    if name.contains('.') && name.split('.').all(|part| names::label(part).is_ok()) {
                        return Ok(());
                    }
                    Err("it has no two parts with a dot between them".to_owned())
                });
            }
            _ => {}
        });
    });
}
