//! Routes to services: the service address range, and the aggregator's routing to aggregated API servers.

use std::net::IpAddr;

use super::authentication::switch;
use super::bench::Bench;
use super::cidr::Range;
use super::server::Server;
use diagnostics::Diagnostic;

/// The API server's default.
const DEFAULT_RANGE: &str = "10.0.0.0/24";
/// The maximum number of host bits in a range before Kubernetes 1.34.
const MAX_BITS: u8 = 20;

/// Checks both; returns the address of the service `kubernetes`.
pub(super) fn check(bench: &mut Bench<'_>, server: &Server) -> Option<IpAddr> {
    aggregator_routing(bench, server);
    service_range(bench, server)
}

fn aggregator_routing(bench: &mut Bench<'_>, server: &Server) {
    let name = "enable-aggregator-routing";
    let flag = server.flag(name);
    let place = match flag {
        Some(flag) => match switch(bench, server, flag) {
            Some(true) => return bench.pass(format!("--{name}"), "true"),
            Some(false) => flag.value_place,
            None => return,
        },
        None => server.place,
    };
    let how = if flag.is_some() {
        "is false"
    } else {
        "is not set (default false)"
    };
    let message = format!(
        "`--{name}` {how}: the API server reaches aggregated APIs through their service addresses, which needs kube-proxy or the like on its node"
    );
    let rule = "apiserver-aggregator-routing";
    let help = format!(
        "if nothing routes service addresses on the control plane nodes, {}",
        server.set(name, "true")
    );
    bench.found(
        format!("--{name}"),
        Diagnostic::info(rule, message).at(place).help(help),
    );
}

/// The service address ranges that can be parsed.
pub(super) fn ranges(server: &Server) -> Vec<Range> {
    let value = server
        .flag("service-cluster-ip-range")
        .map_or(DEFAULT_RANGE, |flag| &flag.value);
    value.split(',').filter_map(Range::parse).collect()
}

fn service_range(bench: &mut Bench<'_>, server: &Server) -> Option<IpAddr> {
    let name = "service-cluster-ip-range";
    let subject = format!("--{name}");
    let Some(flag) = server.flag(name).filter(|flag| !flag.value.is_empty()) else {
        let message =
            format!("`--{name}` is missing: the API server takes {DEFAULT_RANGE}, a default that is deprecated");
        let found = Diagnostic::warning("apiserver-flag-missing", message).at(server.place);
        bench.found(subject, found.help(server.set(name, "10.96.0.0/12")));
        return Range::parse(DEFAULT_RANGE).map(Range::first);
    };
    if flag.is_open {
        bench.unchecked(subject, "its value has a variable in it", flag.value_place, "");
        return None;
    }
    let texts: Vec<&str> = flag.value.split(',').collect();
    let bad = |bench: &mut Bench<'_>, message: String| {
        let found = Diagnostic::error(
            "apiserver-flag-value",
            format!("{message}: kube-apiserver does not start"),
        );
        bench.found(
            format!("--{name}"),
            Server::at(flag, found).help("write a range such as 10.96.0.0/12, or one of IPv4 and one of IPv6"),
        );
    };
    let mut ranges = Vec::new();
    for text in &texts {
        match Range::parse(text) {
            None => {
                bad(bench, format!("`{text}` is no range of addresses"));
                return None;
            }
            Some(range) if range.free_bits() < 3 => {
                bad(bench, format!("`{text}` has fewer than 8 addresses"));
                return None;
            }
            // Before addresses had their own objects, each range was one object in etcd.
            Some(range) if range.free_bits() > MAX_BITS && server.minor.is_some_and(|minor| minor < 34) => {
                let smallest = range.all_bits() - MAX_BITS;
                bad(
                    bench,
                    format!("`{text}` is too large: the prefix must be at least /{smallest}"),
                );
                return Some(range.first());
            }
            Some(range) => ranges.push(range),
        }
    }
    let first = ranges.first()?.first();
    match &ranges[1..] {
        [] => {}
        [second] if second.first().is_ipv4() != first.is_ipv4() => {}
        _ => {
            bad(
                bench,
                format!("`{}` is neither one range nor one of each address family", flag.value),
            );
            return Some(first);
        }
    }
    let default = if flag.is_default { ", kubeadm's default" } else { "" };
    bench.pass(
        subject,
        format!("{} (service kubernetes: {first}{default})", flag.value),
    );
    Some(first)
}
