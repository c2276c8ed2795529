//! Anonymous requests, such as the kubelet's probes.

use super::bench::Bench;
use super::flag::Flag;
use super::server::{Kind, Server};
use diagnostics::Diagnostic;
use gostd::boolean;

pub(super) fn check(bench: &mut Bench<'_>, server: &Server) {
    let name = "anonymous-auth";
    let Some(flag) = server.flag(name) else {
        bench.pass(
            "--anonymous-auth",
            "not set: true, requests without credentials have the rights of system:anonymous",
        );
        return;
    };
    match switch(bench, server, flag) {
        Some(false) if server.probe.is_some() || server.kind == Kind::Kubeadm => {
            let message = "`--anonymous-auth=false` with probes that send no credentials: they get 401, and the kubelet restarts the API server \
                           again and again";
            let help = "remove it, or allow anonymous requests to /livez, /readyz and /healthz alone with --authentication-config";
            let mut found = Diagnostic::error("apiserver-anonymous-auth", message)
                .at(flag.value_place)
                .help(help);
            if let Some(probe) = server.probe {
                found = found.label(probe, "a probe without credentials");
            }
            bench.found("--anonymous-auth", found);
        }
        Some(value) => bench.pass("--anonymous-auth", value.to_string()),
        None => {}
    }
}

/// The value of a switch; reports an invalid one.
pub(super) fn switch(bench: &mut Bench<'_>, server: &Server, flag: &Flag) -> Option<bool> {
    let subject = format!("--{}", flag.name);
    if flag.is_open {
        bench.unchecked(subject, "its value has a variable in it", flag.value_place, "");
        return None;
    }
    match boolean::parse(&flag.value) {
        Ok(value) => Some(value),
        Err(error) => {
            let message = format!("`{subject}` must be true or false: {error}; kube-apiserver does not start");
            let help = server.set(&flag.name, "true");
            bench.found(
                subject,
                Diagnostic::error("apiserver-flag-value", message)
                    .at(flag.value_place)
                    .help(help),
            );
            None
        }
    }
}
