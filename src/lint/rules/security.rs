//! What gives a container more than it should have.

use super::super::Context;
use super::super::object::{Object, paired, span};
use super::volumes::volumes;
use crate::diagnostic::{Diagnostic, Report};
use crate::yaml::Node;

const PRIVILEGED: &str = "privileged-container";
const ESCALATION: &str = "privilege-escalation";
const HOST: &str = "host-namespace";
const SOCKET: &str = "container-runtime-socket";
const SECRET: &str = "secret-in-env";

/// Privileged containers, host namespaces, sockets of the container runtime.
pub(in super::super) fn check(context: &Context<'_>, report: &mut Report) {
    for pod in context.objects.pods() {
        let owner = pod.owner;
        let mut say = |rule, message: String, node: &Node, path: &[&str]| {
            report.push(owner.fault(Diagnostic::warning(rule, message), span(node, path)));
        };
        for container in pod.containers() {
            let given = container.spec.security_context.as_ref();
            let privileged = given.and_then(|context| context.privileged);
            let escalation = given.and_then(|context| context.allow_privilege_escalation);
            for (rule, key, setting, what) in [
                (PRIVILEGED, "privileged", privileged, "is privileged"),
                (
                    ESCALATION,
                    "allowPrivilegeEscalation",
                    escalation,
                    "may gain privileges",
                ),
            ] {
                if setting == Some(true) {
                    let message = format!("the container {} of {} {what}", container.spec.name, owner.title());
                    say(rule, message, container.node, &["securityContext", key]);
                }
            }
        }
        for (key, setting) in [
            ("hostNetwork", pod.spec.host_network),
            ("hostPID", pod.spec.host_pid),
            ("hostIPC", pod.spec.host_ipc),
        ] {
            // Agents on nodes are what DaemonSets are for.
            if setting == Some(true) && owner.kind() != "DaemonSet" {
                let message = format!("{} shares a namespace of its node: {key}", owner.title());
                say(HOST, message, pod.node, &[key]);
            }
        }
        for (volume, node) in volumes(pod) {
            let path = volume.host_path.as_ref().map_or("", |host| &host.path);
            let sockets = ["docker.sock", "containerd.sock", "crio.sock"];
            if sockets.iter().any(|socket| path.ends_with(socket)) {
                let message = format!("{} mounts {path}: it rules over the node", owner.title());
                say(SOCKET, message, node, &["hostPath", "path"]);
            }
        }
        for container in pod.containers() {
            for (variable, node) in paired(container.spec.env.as_ref(), container.node.get("env")) {
                let value = variable.value.as_deref().unwrap_or_default();
                let is_object = || context.objects.all.iter().any(|object| object.name() == value);
                let written = node
                    .get("value")
                    .filter(|_| is_secret(&variable.name, value) && !is_object());
                if let Some(written) = written {
                    report.push(secret(owner, &variable.name, written));
                }
            }
        }
    }
}

/// Whether a variable has a secret for its value, as far as names tell.
fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let last = name.rsplit('_').next().unwrap_or_default();
    let is_named = matches!(
        last,
        "PASSWORD" | "PASSWD" | "SECRET" | "TOKEN" | "APIKEY" | "CREDENTIALS"
    ) || name.ends_with("API_KEY")
        || name.ends_with("SECRET_KEY")
        || name.ends_with("ACCESS_KEY")
        || name.ends_with("PRIVATE_KEY");
    is_named && !is_setting(&name) && !is_reference(value)
}

/// Whether a variable says what is done with a secret (`ALLOW_EMPTY_PASSWORD`), or is no secret in spite of its name.
fn is_setting(name: &str) -> bool {
    let does = |word: &str| {
        matches!(
            word,
            "ALLOW"
                | "CHANGE"
                | "DISABLE"
                | "ENABLE"
                | "FORCE"
                | "GENERATE"
                | "REQUIRE"
                | "ROTATE"
                | "SKIP"
                | "UPDATE"
                | "USE"
        )
    };
    // The clusters of etcd are told apart by a token, and `ETCD_AUTH_TOKEN` says of which kind tokens are.
    name.split('_').any(does) || name.ends_with("CLUSTER_TOKEN") || name == "ETCD_AUTH_TOKEN"
}

/// Whether a value leads to a secret or is a switch: a path, another variable, an address, the name of a Secret.
fn is_reference(value: &str) -> bool {
    const SWITCHES: [&str; 10] = ["", "true", "false", "yes", "no", "on", "off", "0", "1", "none"];
    let lower = value.to_ascii_lowercase();
    let is_address = value.contains("://") && !value.contains('@');
    let is_name = ["-secret", "-secrets", "-token", "-credentials", "-password", "-key"]
        .iter()
        .any(|end| lower.ends_with(end));
    SWITCHES.contains(&&*lower) || value.starts_with('/') || value.starts_with("$(") || is_address || is_name
}

fn secret(owner: &Object, name: &str, written: &Node) -> Diagnostic {
    let name = name.to_ascii_uppercase();
    let message = format!(
        "the variable {name} of {} holds a secret for all to read",
        owner.title()
    );
    let diagnostic = Diagnostic::warning(SECRET, message);
    owner
        .fault(diagnostic, written.span)
        .help("take it from a Secret with valueFrom")
}
