//! Authorization: the chart's ClusterRoles take effect only under RBAC.

use super::bench::Bench;
use super::file;
use super::flag::Flag;
use super::pair::Need;
use super::server::Server;
use diagnostics::{Diagnostic, Severity, did_you_mean};
use goyaml::Node;
use source::{Source, SourceKind, Span};

const SUBJECT: &str = "--authorization-mode";
const RULE: &str = "apiserver-authorization";
const MODES: [&str; 6] = ["AlwaysAllow", "AlwaysDeny", "ABAC", "Webhook", "RBAC", "Node"];

/// A mode, with its place.
type Mode = (String, Span);

pub(super) fn check(bench: &mut Bench<'_>, server: &Server) {
    let config = server
        .flag("authorization-config")
        .filter(|flag| !flag.value.is_empty());
    if let Some(config) = config {
        if let Some(mode) = server.flag("authorization-mode") {
            let message =
                "`--authorization-mode` and `--authorization-config` exclude each other: kube-apiserver does not start";
            let found = Diagnostic::error("apiserver-flag-value", message)
                .at(mode.place)
                .label(config.place, "the other one");
            bench.found(SUBJECT, found.help("remove --authorization-mode"));
        }
        if let Some(modes) = of_file(bench, server, config) {
            judge(bench, server, &modes, config.place, "--authorization-config");
        }
        return;
    }
    let values = match server.flags.list("authorization-mode") {
        Ok(values) => values,
        Err((flag, error)) => {
            let found = Diagnostic::error(
                "apiserver-flag-value",
                format!("`--authorization-mode` is no list: {error}"),
            );
            bench.found(
                SUBJECT,
                Server::at(flag, found.help("write --authorization-mode=Node,RBAC")),
            );
            return;
        }
    };
    let Some(flag) = server.flag("authorization-mode") else {
        let message = "`--authorization-mode` is missing, so it is AlwaysAllow: every request is allowed, whatever the chart's roles say";
        let found = Diagnostic::error(RULE, message)
            .at(server.place)
            .help(server.set("authorization-mode", "Node,RBAC"));
        bench.found(SUBJECT, found);
        return;
    };
    if flag.is_open {
        bench.unchecked(SUBJECT, "its value has a variable in it", flag.value_place, "");
        return;
    }
    if values.is_empty() {
        let found = Diagnostic::error(
            "apiserver-flag-value",
            "`--authorization-mode` is empty: kube-apiserver does not start",
        );
        bench.found(
            SUBJECT,
            found.at(flag.place).help(server.set("authorization-mode", "Node,RBAC")),
        );
        return;
    }
    let modes: Vec<Mode> = values
        .into_iter()
        .map(|(mode, flag)| (mode, flag.value_place))
        .collect();
    judge(bench, server, &modes, flag.value_place, SUBJECT);
}

/// The types of the authorizers in the file of `--authorization-config`.
fn of_file(bench: &mut Bench<'_>, server: &Server, flag: &Flag) -> Option<Vec<Mode>> {
    let read = file::open(bench, server, flag)?;
    let id = bench
        .sources
        .add(Source::new(&*read.path, SourceKind::File, read.bytes));
    let source = bench.sources.get(id);
    let subject = "--authorization-config";
    let parsed = match goyaml::parse(&source, id, 0..source.text().len()) {
        Ok(parsed) => parsed.node,
        Err(error) => {
            let range = error.span.unwrap_or(0..0);
            let found = Diagnostic::error("apiserver-file", error.message).at(Span::new(id, range.start, range.end));
            bench.found(subject, found);
            return None;
        }
    };
    let list = parsed.get("authorizers").and_then(Node::as_list).unwrap_or_default();
    let mode = |node: &Node| {
        let mode = node.get("type")?;
        Some((mode.as_str()?.to_owned(), mode.span))
    };
    let modes: Vec<Mode> = list.iter().filter_map(mode).collect();
    if modes.is_empty() {
        let found = Diagnostic::error(
            "apiserver-file",
            "the file of `--authorization-config` has no authorizers",
        )
        .at(Span::file_start(id));
        bench.found(
            subject,
            found.help("expected `authorizers: [{type: Node, name: node}, {type: RBAC, name: rbac}]`"),
        );
        return None;
    }
    Some(modes)
}

fn judge(bench: &mut Bench<'_>, server: &Server, modes: &[Mode], place: Span, subject: &str) {
    /// The maximum number of modes looked at; Kubernetes has six.
    const MOST: usize = 50;
    let modes = &modes[..modes.len().min(MOST)];
    let mut is_good = true;
    let mut report = |bench: &mut Bench<'_>, found: Diagnostic| {
        is_good = false;
        bench.found(subject, found);
    };
    for (at, (mode, place)) in modes.iter().enumerate() {
        if !MODES.contains(&&**mode) {
            let message = format!("unknown authorization mode `{mode}`: kube-apiserver does not start");
            let mut found = Diagnostic::error("apiserver-flag-value", message).at(*place);
            let plain = mode.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            let exact = MODES.iter().find(|known| known.eq_ignore_ascii_case(plain));
            found.help = match exact {
                Some(exact) => Some(format!("did you mean `{exact}`?")),
                None => did_you_mean(mode, MODES).or_else(|| Some(format!("known are {}", MODES.join(", ")))),
            };
            report(bench, found);
        } else if (mode != "Webhook" || subject == SUBJECT) && modes[..at].iter().any(|(before, _)| before == mode) {
            let message = format!("authorization mode `{mode}` is given twice: kube-apiserver does not start");
            report(
                bench,
                Diagnostic::error("apiserver-flag-value", message)
                    .at(*place)
                    .help("remove one of them"),
            );
        }
    }
    let has = |wanted: &str| modes.iter().find(|(mode, _)| mode == wanted);
    let names = modes.iter().map(|(mode, _)| &**mode).collect::<Vec<_>>().join(",");
    if let Some((_, place)) = has("AlwaysAllow") {
        let message = format!(
            "authorization mode `{names}` has AlwaysAllow: every request is allowed, whatever the chart's roles say"
        );
        report(bench, Diagnostic::error(RULE, message).at(*place).help("use Node,RBAC"));
    }
    if has("RBAC").is_none() {
        let message = format!(
            "authorization mode `{names}` is without RBAC: the roles that the chart grants Prometheus have no effect"
        );
        report(bench, Diagnostic::error(RULE, message).at(place).help("use Node,RBAC"));
    }
    if has("Node").is_none() && has("AlwaysAllow").is_none() {
        let message = format!(
            "authorization mode `{names}` is without Node: kubelets have no rights, unless a role is bound to system:nodes"
        );
        report(
            bench,
            Diagnostic::warning(RULE, message).at(place).help("use Node,RBAC"),
        );
    }
    if is_good {
        bench.pass(subject, &*names);
    }
    if has("Webhook").is_some() {
        bench.inconclusive(subject, "what the webhook answers");
    }
    if subject == SUBJECT {
        files(bench, server, modes);
    }
}

/// ABAC and Webhook each require a file flag, which no other mode may have (`BuiltInAuthorizationOptions.Validate`).
fn files(bench: &mut Bench<'_>, server: &Server, modes: &[Mode]) {
    const NEEDS: [(&str, Need); 2] = [
        (
            "ABAC",
            Need {
                name: "authorization-policy-file",
                example: "/etc/kubernetes/abac_policy.jsonl",
                why: "mode ABAC needs it, kube-apiserver does not start",
                severity: Severity::Error,
            },
        ),
        (
            "Webhook",
            Need {
                name: "authorization-webhook-config-file",
                example: "/etc/kubernetes/webhook_authz.conf",
                why: "mode Webhook needs it, kube-apiserver does not start",
                severity: Severity::Error,
            },
        ),
    ];
    for (mode, need) in NEEDS {
        if modes.iter().any(|(known, _)| known == mode) {
            if let Some(flag) = super::pair::needed(bench, server, &need) {
                file::open(bench, server, flag);
            }
        } else if let Some(flag) = server.flag(need.name).filter(|flag| !flag.value.is_empty()) {
            let message = format!("`--{}` without mode {mode}: kube-apiserver does not start", need.name);
            let help = format!("remove it, or add {mode} to --authorization-mode");
            let found = Diagnostic::error("apiserver-flag-value", message)
                .at(flag.place)
                .help(help);
            bench.found(format!("--{}", need.name), found);
        }
    }
}
