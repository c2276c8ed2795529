//! Checks the prerequisites of the Prometheus chart on the files of a control plane node.
//!
//! The chart's jobs reach kubelets through the API server and authenticate with a service account. That works only if
//! the API server runs with RBAC, has a serving certificate that pods can verify, and has a client certificate that
//! kubelets accept. This module reads the API server's static pod manifest or a kubeadm configuration, the certificates
//! it refers to, and resolv.conf. It changes nothing and uses no network, except for one DNS query on request.

mod aggregator;
mod authentication;
mod authorization;
mod bench;
mod certificate;
mod chain;
mod cidr;
mod command_line;
mod file;
mod flag;
mod input;
mod kubeadm;
mod manifest;
mod mount;
mod pair;
mod repeated;
mod resolver;
mod routing;
mod rule;
mod server;
mod serving;
mod shell;
mod signature;
mod word;

use std::time::Duration;

use diagnostics::{Report, Result};
use source::Sources;
use system::System;

use bench::Bench;
pub use bench::{Check, State};
pub use rule::{RULES, Rule, find};

/// The manifests read by default: FusionStage's and that of Kubernetes.
pub const MANIFESTS: [&str; 2] = [
    "/opt/kubernetes/manifests/kube-apiserver.manifest",
    "/etc/kubernetes/manifests/kube-apiserver.yaml",
];

/// The resolver configuration to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ResolvConf {
    /// `/etc/resolv.conf` below the root.
    #[default]
    Default,
    /// This file, by the path that the user gave.
    File(String),
    /// No file.
    Off,
}

/// The user's options.
#[derive(Clone, Debug)]
pub struct Options {
    /// Manifests or kubeadm configurations; `-` is the standard input. If empty, [`MANIFESTS`] are read.
    pub files: Vec<String>,
    /// The folder that contains the node's file system; empty on the node itself.
    pub root: String,
    /// Certificates that expire within this many seconds are reported.
    pub expires_within: i64,
    /// The DNS domain of the cluster. If none, kubeadm's setting or `cluster.local`.
    pub cluster_domain: Option<String>,
    /// The resolver configuration.
    pub resolv_conf: ResolvConf,
    /// The timeout of the DNS query; none disables the query.
    pub resolve: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            root: String::new(),
            expires_within: 30 * 86_400,
            cluster_domain: None,
            resolv_conf: ResolvConf::Off,
            resolve: None,
        }
    }
}

/// The result of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The findings, sorted by place.
    pub report: Report,
    /// All checks with their results, in the order in which they were done.
    pub checks: Vec<Check>,
}

/// Runs all checks.
///
/// # Errors
/// If no file is found, or one is neither a manifest of kube-apiserver nor a kubeadm configuration.
pub fn run(system: &dyn System, options: &Options, sources: &Sources) -> Result<Outcome> {
    let mut bench = Bench::new(system, options, sources);
    let mut servers = Vec::new();
    for file in input::read(system, options, sources)? {
        servers.extend(input::servers(&mut bench, file)?);
    }
    for server in &servers {
        bench.begin(server);
        let domain = resolver::domain(&bench, server);
        repeated::check(&mut bench, server);
        authorization::check(&mut bench, server);
        authentication::check(&mut bench, server);
        let service = routing::check(&mut bench, server);
        let client_ca = pair::authority(&mut bench, server, "client-ca-file");
        serving::check(&mut bench, server, client_ca.as_deref(), service, &domain);
        pair::kubelet_client(&mut bench, server, client_ca.as_deref());
        aggregator::check(&mut bench, server, client_ca.as_deref());
    }
    resolver::check(&mut bench, &servers);
    Ok(bench.finish())
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
