//! The kubelet's configuration.

use std::io::ErrorKind;

use super::super::bench::Bench;
use super::super::file;
use super::super::server::Server;
use super::RULE;
use diagnostics::Diagnostic;
use gostd::errno;
use goyaml::Node;
use source::{Source, SourceKind, Span};

/// The path in kubeadm clusters.
const CONFIG: &str = "/var/lib/kubelet/config.yaml";

/// Checks the kubelet's configuration, if this machine is a node. It determines the resolver of pods.
pub(super) fn check(bench: &mut Bench<'_>, server: &Server, domain: &str) {
    let subject = "kubelet: clusterDomain";
    let read = match file::on_this_node(bench, CONFIG) {
        Ok(read) => read,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return bench.inconclusive(subject, format!("there is no {CONFIG}: is this a node?"));
        }
        Err(error) => {
            let reason = format!("cannot read {CONFIG}: {}", errno::message(&error));
            return bench.unchecked(subject, reason, server.place, "run this as root");
        }
    };
    let id = bench
        .sources
        .add(Source::new(&*read.path, SourceKind::File, read.bytes));
    let source = bench.sources.get(id);
    let node = match goyaml::parse(&source, id, 0..source.text().len()) {
        Ok(parsed) => parsed.node,
        Err(error) => {
            return bench.unchecked(
                subject,
                error.message,
                Span::file_start(id),
                "expected a KubeletConfiguration",
            );
        }
    };
    let own = node.get("clusterDomain").filter(|node| !node.is_null());
    match own.and_then(|node| Some((node.as_str()?, node.span))) {
        Some((own, _)) if own.trim_end_matches('.').eq_ignore_ascii_case(domain) => bench.pass(subject, own),
        Some((own, place)) => {
            let message = format!("the kubelet gives pods the cluster domain `{own}`, the checks took `{domain}`");
            let help = format!(
                "if `{own}` is right, give --cluster-domain={own} here and set global.clusterDomain in the chart"
            );
            bench.found(subject, Diagnostic::error(RULE, message).at(place).help(help));
        }
        None => {
            let place = own.map_or(Span::file_start(id), |node| node.span);
            let message =
                "the kubelet has no clusterDomain: pods get no search domains, short names of services do not resolve";
            bench.found(
                subject,
                Diagnostic::warning(RULE, message)
                    .at(place)
                    .help(format!("set `clusterDomain: {domain}`")),
            );
        }
    }
    let servers = node.get("clusterDNS").and_then(Node::as_list).unwrap_or_default();
    if servers.is_empty() {
        let message = "the kubelet has no clusterDNS: pods get the node's resolver, which does not know services";
        let found = Diagnostic::error("dns-resolv-conf", message).at(Span::file_start(id));
        bench.found(
            "kubelet: clusterDNS",
            found.help("set it to the address of the cluster's DNS service"),
        );
    } else {
        let shown: Vec<String> = servers.iter().filter_map(Node::scalar_text).collect();
        bench.pass("kubelet: clusterDNS", shown.join(", "));
    }
}
