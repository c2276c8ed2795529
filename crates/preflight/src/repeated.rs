//! Flags that are repeated, removed, or have quotes in their value.

use super::bench::Bench;
use super::flag::{Kind, kind};
use super::server::Server;
use diagnostics::Diagnostic;
use gostd::boolean;

/// Removed flags, the first minor version without them, and what to do. Before, the flags of the insecure port were
/// still accepted with the value 0, which disabled it.
const REMOVED: &[(&str, u32, &str)] = &[
    ("address", 24, "remove it: the API server has its secure port only"),
    (
        "basic-auth-file",
        19,
        "remove it: use client certificates, tokens or OpenID Connect",
    ),
    (
        "insecure-bind-address",
        24,
        "remove it: the API server has its secure port only",
    ),
    (
        "insecure-port",
        24,
        "remove it: the API server has its secure port only",
    ),
    (
        "kubelet-https",
        22,
        "remove it: kubelets are always reached through HTTPS",
    ),
    ("port", 24, "remove it: the API server has its secure port only"),
];

pub(super) fn check(bench: &mut Bench<'_>, server: &Server) {
    twice(bench, server);
    quoted(bench, server);
    removed(bench, server);
}

fn twice(bench: &mut Bench<'_>, server: &Server) {
    let mut seen: Vec<&str> = Vec::new();
    for flag in server.flags.iter() {
        let Some(kind) = kind(&flag.name) else { continue };
        if seen.contains(&&*flag.name) {
            continue;
        }
        seen.push(&flag.name);
        let last = server.flags.last(&flag.name).unwrap_or(flag);
        if std::ptr::eq(last, flag) {
            continue;
        }
        let name = &flag.name;
        let found = if kind == Kind::List {
            Diagnostic::info(
                "apiserver-flag-repeated",
                format!("`--{name}` is given more than once: its values add up"),
            )
            .help("write one flag with all values")
        } else if flag.value == last.value {
            Diagnostic::info(
                "apiserver-flag-repeated",
                format!("`--{name}` is given more than once with the same value"),
            )
            .help("remove one of them")
        } else {
            let message = format!(
                "`--{name}` is given more than once: `{}` is ignored, the last value wins",
                flag.value
            );
            Diagnostic::warning("apiserver-flag-repeated", message).help("remove all but one")
        };
        bench.found(
            format!("--{name}"),
            found.at(last.place).label(flag.place, "given here first"),
        );
    }
}

/// Reports quotes inside an argument. No shell reads the list of a manifest, so they are part of the value.
fn quoted(bench: &mut Bench<'_>, server: &Server) {
    for flag in server.flags.iter() {
        let Some(kind) = kind(&flag.name) else { continue };
        let value = &flag.value;
        let has = |mark: char| value.len() > 1 && value.starts_with(mark) && value.ends_with(mark);
        let is_quoted = has('\'') || kind != Kind::List && has('"');
        let message = if is_quoted {
            format!(
                "the quotes are part of the value of `--{}`: no shell removes them",
                flag.name
            )
        } else if value.trim() != value {
            format!("the value of `--{}` begins or ends with a space", flag.name)
        } else {
            continue;
        };
        let plain = value.trim().trim_matches(['\'', '"']);
        let help = format!("write `--{}={plain}`, or put the whole word in quotes", flag.name);
        let found = Diagnostic::error("apiserver-flag-value", message).help(help);
        bench.found(format!("--{}", flag.name), Server::at(flag, found));
    }
}

fn removed(bench: &mut Bench<'_>, server: &Server) {
    for flag in server.flags.iter() {
        let name = &*flag.name;
        let Some((_, gone, help)) = REMOVED.iter().find(|(removed, ..)| *removed == name) else {
            continue;
        };
        let rule = "apiserver-flag-removed";
        let found = match server.minor {
            Some(minor) if minor >= *gone => {
                let message =
                    format!("`--{name}` was removed in Kubernetes 1.{gone}: kube-apiserver 1.{minor} does not start");
                Diagnostic::error(rule, message)
            }
            _ if is_insecure(name, &flag.value) => {
                let message = format!(
                    "`--{name}={}` serves the API without authentication and authorization",
                    flag.value
                );
                Diagnostic::error("apiserver-insecure", message)
            }
            Some(_) => Diagnostic::info(rule, format!("`--{name}` was removed in Kubernetes 1.{gone}")),
            None => Diagnostic::warning(rule, format!("`--{name}` was removed in Kubernetes 1.{gone}")),
        };
        bench.found(format!("--{name}"), Server::at(flag, found.help(*help)));
    }
}

/// Whether a removed flag opens an insecure port in the versions that have it.
fn is_insecure(name: &str, value: &str) -> bool {
    match name {
        "insecure-port" | "port" => value != "0",
        "kubelet-https" => boolean::parse(value) == Ok(false),
        _ => name == "basic-auth-file",
    }
}
