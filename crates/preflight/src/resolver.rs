//! DNS: the cluster domain, resolv.conf, and the host name that the chart's jobs use.
//!
//! The kubelet configures the resolver of a pod (`clusterDNS`, `clusterDomain`). The node's resolv.conf is only what
//! CoreDNS forwards to. A pod's resolv.conf is therefore conclusive and a node's is not; the findings say which one it
//! is.

mod conf;
mod kubelet;

use std::io::ErrorKind;
use std::net::IpAddr;

use self::conf::Conf;
use super::ResolvConf;
use super::bench::Bench;
use super::cidr::Range;
use super::file;
use super::routing;
use super::server::Server;
use diagnostics::Diagnostic;
use gostd::errno;
use source::{FileId, Source, SourceKind, Span};

const DOMAIN: &str = "cluster.local";
const ETC: &str = "/etc/resolv.conf";
const RULE: &str = "dns-cluster-domain";

/// The cluster domain for the checks of a server.
pub(super) fn domain(bench: &Bench<'_>, server: &Server) -> String {
    let given = bench.options.cluster_domain.clone();
    let configured = || server.domain.as_ref().map(|(domain, _)| domain.clone());
    let domain = given.or_else(configured).unwrap_or_else(|| DOMAIN.to_owned());
    domain.trim_end_matches('.').to_ascii_lowercase()
}

/// Checks the cluster domain of each server, then the resolver of this machine.
pub(super) fn check(bench: &mut Bench<'_>, servers: &[Server]) {
    for server in servers {
        bench.begin(server);
        let domain = domain(bench, server);
        configured(bench, server, &domain);
        issuer(bench, server, &domain);
    }
    let Some(server) = servers.first() else { return };
    let domain = domain(bench, server);
    let ranges = routing::ranges(server);
    kubelet::check(bench, server, &domain);
    let is_pod = resolv_conf(bench, server, &domain, &ranges);
    lookup(bench, server, &domain, &ranges, is_pod);
}

/// Compares kubeadm's domain with that of the command line.
fn configured(bench: &mut Bench<'_>, server: &Server, domain: &str) {
    if let Some((own, place)) = &server.domain {
        if own.trim_end_matches('.').eq_ignore_ascii_case(domain) {
            bench.pass("networking.dnsDomain", &**own);
        } else {
            let message =
                format!("networking.dnsDomain is `{own}`, not the cluster domain `{domain}` of --cluster-domain");
            bench.found(
                "networking.dnsDomain",
                Diagnostic::error(RULE, message)
                    .at(*place)
                    .help("correct the one that is wrong"),
            );
        }
    }
}

/// Checks the service account issuer, which by default contains the cluster domain.
fn issuer(bench: &mut Bench<'_>, server: &Server, domain: &str) {
    let Some(flag) = server.flags.first("service-account-issuer") else {
        return;
    };
    let Some(rest) = flag.value.strip_prefix("https://kubernetes.default.svc.") else {
        return;
    };
    let own = rest.split(['/', ':']).next().unwrap_or_default();
    if own.eq_ignore_ascii_case(domain) {
        bench.pass("--service-account-issuer", format!("cluster domain {own}"));
        return;
    }
    let message = format!("`--service-account-issuer` names the cluster domain `{own}`, the checks took `{domain}`");
    let help =
        format!("if `{own}` is right, give --cluster-domain={own} here and set global.clusterDomain in the chart");
    bench.found(
        "--service-account-issuer",
        Diagnostic::warning(RULE, message).at(flag.value_place).help(help),
    );
}

/// Checks resolv.conf; returns whether it is a pod's.
fn resolv_conf(bench: &mut Bench<'_>, server: &Server, domain: &str, ranges: &[Range]) -> bool {
    let (path, read) = match &bench.options.resolv_conf {
        ResolvConf::Off => return false,
        ResolvConf::Default => (ETC, file::on_this_node(bench, ETC)),
        ResolvConf::File(path) => (&**path, file::as_typed(bench, path)),
    };
    let read = match read {
        Ok(read) => read,
        Err(error) => {
            let reason = format!("cannot read {path}: {}", errno::message(&error));
            bench.unchecked(
                "resolv.conf",
                reason,
                server.place,
                "give the file with --resolv-conf, or --no-resolv-conf",
            );
            return false;
        }
    };
    let file = bench
        .sources
        .add(Source::new(&*read.path, SourceKind::File, read.bytes));
    bench.begin_file(file);
    let conf = Conf::parse(&bench.sources.get(file), file);
    limits(bench, &conf, file);
    let of_pod = conf
        .search
        .iter()
        .find_map(|(name, place)| Some((name.strip_prefix("svc.")?.to_owned(), *place)));
    match of_pod {
        Some((own, place)) => {
            pod(bench, &conf, &own, place, domain, ranges);
            true
        }
        None => {
            node(bench, &conf, domain, ranges);
            false
        }
    }
}

/// Reports entries beyond the limits of the C library's resolver, which ignores them.
fn limits(bench: &mut Bench<'_>, conf: &Conf, file: FileId) {
    const MAX_SERVERS: usize = 3;
    let rule = "dns-resolv-conf";
    if let Some((bad, place)) = conf.bad.first() {
        let found =
            Diagnostic::warning(rule, format!("`{bad}` is no address: the resolver ignores the line")).at(*place);
        bench.found(
            "resolv.conf: nameserver",
            found.help("write `nameserver` and an address"),
        );
    }
    if let Some((_, place)) = conf.servers.get(MAX_SERVERS) {
        let message = format!(
            "only the first {MAX_SERVERS} of {} nameservers are used",
            conf.servers.len()
        );
        let found = Diagnostic::warning(rule, message).at(*place);
        bench.found(
            "resolv.conf: nameserver",
            found.help("remove the others: the kubelet warns of them for every pod"),
        );
    } else if conf.servers.is_empty() {
        let message = "there is no nameserver: the resolver asks 127.0.0.1";
        let found = Diagnostic::warning(rule, message).at(Span::file_start(file));
        bench.found(
            "resolv.conf: nameserver",
            found.help("write `nameserver` and an address"),
        );
    } else {
        let shown: Vec<String> = conf.servers.iter().map(|(address, _)| address.to_string()).collect();
        bench.pass("resolv.conf: nameserver", shown.join(", "));
    }
}

/// Checks a pod's resolv.conf, whose search domains contain the cluster domain.
fn pod(bench: &mut Bench<'_>, conf: &Conf, own: &str, place: Span, domain: &str, ranges: &[Range]) {
    let name = format!("kubernetes.default.svc.{domain}");
    if own.eq_ignore_ascii_case(domain) {
        let ndots = conf.ndots.map_or(1, |(ndots, _)| ndots);
        let first = if ndots > 4 {
            "tried with the search domains first"
        } else {
            "tried as it is first"
        };
        bench.pass(
            "resolv.conf: search",
            format!("cluster domain {own}; {name} is {first} (ndots:{ndots})"),
        );
    } else {
        let message = format!("this pod's search domains have the cluster domain `{own}`: {name} does not exist there");
        let help = format!("give --cluster-domain={own} here, and set global.clusterDomain in the chart");
        bench.found(
            "resolv.conf: search",
            Diagnostic::error(RULE, message).at(place).help(help),
        );
    }
    if let Some((ndots, place)) = conf.ndots.filter(|(ndots, _)| *ndots < 2) {
        let message = format!("ndots:{ndots}: short names such as kubernetes.default are asked for as they are first");
        let found = Diagnostic::info("dns-resolv-conf", message).at(place);
        bench.found(
            "resolv.conf: options",
            found.help("the kubelet sets ndots:5; use full names in the chart's jobs"),
        );
    }
    let is_cluster = |address: &IpAddr| ranges.iter().any(|range| range.contains(*address)) || is_link_local(*address);
    if let Some((address, place)) = conf.servers.iter().find(|(address, _)| !is_cluster(address)) {
        let message =
            format!("the nameserver {address} is not in the range of service addresses: is it the cluster's DNS?");
        bench.found(
            "resolv.conf: nameserver",
            Diagnostic::info("dns-resolv-conf", message).at(*place),
        );
    }
}

/// Checks the node's resolv.conf, which CoreDNS uses but pods do not.
fn node(bench: &mut Bench<'_>, conf: &Conf, domain: &str, ranges: &[Range]) {
    let rule = "dns-resolv-conf";
    let name = format!("kubernetes.default.svc.{domain}");
    let subject = "resolv.conf: nameserver";
    if let Some((address, place)) = conf.servers.iter().find(|(address, _)| address.is_loopback()) {
        let is_systemd = address.to_string() == "127.0.0.53";
        let message = format!(
            "the nameserver {address} is the node itself: CoreDNS, which forwards to the node's nameservers, asks itself"
        );
        let help = "let the kubelet's resolvConf be a file with the real nameservers, with systemd-resolved /run/systemd/resolve/resolv.conf";
        // kubeadm sets resolvConf if systemd-resolved runs.
        let found = if is_systemd {
            Diagnostic::info(rule, message)
        } else {
            Diagnostic::warning(rule, message)
        };
        bench.found(subject, found.at(*place).help(help));
    }
    let is_service = |address: &IpAddr| ranges.iter().any(|range| range.contains(*address));
    if let Some((address, place)) = conf.servers.iter().find(|(address, _)| is_service(address)) {
        let message = format!(
            "the nameserver {address} is a service of the cluster: CoreDNS forwards to itself, and the node resolves nothing while it is down"
        );
        let help = "let the node use nameservers outside of the cluster; pods get the cluster's DNS from the kubelet";
        bench.found(subject, Diagnostic::warning(rule, message).at(*place).help(help));
    }
    bench.inconclusive(
        name,
        "this is the resolv.conf of a node, pods get theirs from the kubelet (clusterDNS, clusterDomain); give a pod's with --resolv-conf",
    );
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

/// Makes the DNS query, if requested.
fn lookup(bench: &mut Bench<'_>, server: &Server, domain: &str, ranges: &[Range], is_pod: bool) {
    let Some(timeout) = bench.options.resolve else {
        return;
    };
    let rule = "dns-lookup";
    let name = format!("kubernetes.default.svc.{domain}");
    let subject = format!("{name}: lookup");
    let place = server
        .flag("service-cluster-ip-range")
        .map_or(server.place, |flag| flag.value_place);
    let services: Vec<IpAddr> = ranges.iter().map(|range| range.first()).collect();
    // The trailing dot prevents the use of search domains.
    match bench.system.lookup(&format!("{name}."), timeout) {
        Ok(found) if found.iter().any(|address| services.contains(address)) => {
            let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
            bench.pass(subject, shown.join(", "));
        }
        Ok(found) => {
            let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
            let message = format!(
                "{name} resolves to {}, not to the first address of --service-cluster-ip-range",
                shown.join(", ")
            );
            let help = "check the DNS server of this machine, and the record of the service kubernetes";
            bench.found(subject, Diagnostic::error(rule, message).at(place).help(help));
        }
        Err(error) if error.kind() == ErrorKind::TimedOut => {
            bench.unchecked(
                subject,
                errno::message(&error),
                place,
                "give more time with --resolve-timeout",
            );
        }
        Err(error) if is_pod => {
            let message = format!("{name} does not resolve: {}", errno::message(&error));
            let help = "check CoreDNS and the cluster domain: https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/";
            bench.found(subject, Diagnostic::error(rule, message).at(place).help(help));
        }
        Err(error) => {
            let message = format!("{name} does not resolve on this node: {}", errno::message(&error));
            let help = "that is usual and says nothing of pods; run this in a pod to know";
            bench.found(subject, Diagnostic::info(rule, message).at(place).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Options, Outcome, ResolvConf, State, run};
    use diagnostics::Severity;
    use source::Sources;
    use system::Memory;

    const NAME: &str = "kubernetes.default.svc.cluster.local";
    const POD: &str =
        "nameserver 10.96.0.10\nsearch a.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n";
    const NODE: &str = "nameserver 192.168.1.1\n";

    fn resolved(conf: &str, address: Option<&str>) -> (State, Outcome) {
        let manifest = "kind: ClusterConfiguration\nnetworking: {serviceSubnet: 10.96.0.0/12}\n";
        let mut system = Memory::new().with_file("m.yaml", manifest).with_file("conf", conf);
        if let Some(address) = address {
            system = system.with_host(NAME, [address.parse().unwrap()]);
        }
        let options = Options {
            files: vec!["m.yaml".to_owned()],
            resolv_conf: ResolvConf::File("conf".to_owned()),
            resolve: Some(Duration::from_secs(1)),
            ..Options::default()
        };
        let outcome = run(&system, &options, &Sources::new()).unwrap();
        let subject = format!("{NAME}: lookup");
        let check = outcome.checks.iter().find(|check| check.subject == subject).unwrap();
        (check.state, outcome.clone())
    }

    #[test]
    fn the_first_service_address_is_right() {
        assert_eq!(resolved(POD, Some("10.96.0.1")).0, State::Passed);
        assert_eq!(resolved(NODE, Some("10.96.0.1")).0, State::Passed);
    }

    #[test]
    fn another_address_is_wrong_everywhere() {
        let (state, outcome) = resolved(NODE, Some("192.0.2.1"));
        assert_eq!(state, State::Found(Severity::Error));
        assert!(
            outcome
                .report
                .diagnostics
                .iter()
                .any(|found| found.message.contains("resolves to 192.0.2.1"))
        );
    }

    #[test]
    fn no_answer_matters_in_a_pod_only() {
        assert_eq!(resolved(POD, None).0, State::Found(Severity::Error));
        assert_eq!(resolved(NODE, None).0, State::Found(Severity::Info));
    }

    #[test]
    fn no_query_is_made_unless_asked_for() {
        let system = Memory::new().with_file("m.yaml", "kind: ClusterConfiguration\n");
        let options = Options {
            files: vec!["m.yaml".to_owned()],
            ..Options::default()
        };
        let outcome = run(&system, &options, &Sources::new()).unwrap();
        assert!(outcome.checks.iter().all(|check| !check.subject.contains("lookup")));
    }
}
