//! Excessive privileges of containers.

use super::super::Context;
use super::super::object::{Object, paired, span};
use super::volumes::volumes;
use diagnostics::{Diagnostic, Report};
use goyaml::Node;

const PRIVILEGED: &str = "privileged-container";
const ESCALATION: &str = "privilege-escalation";
const HOST: &str = "host-namespace";
const SOCKET: &str = "container-runtime-socket";
const SECRET: &str = "secret-in-env";

/// Reports privileged containers, host namespaces and sockets of the container runtime.
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
            // DaemonSets are exempt: agents on nodes need the host's namespaces.
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

/// Whether a variable holds a secret, judged by names.
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

/// Whether a variable is a setting about a secret (`ALLOW_EMPTY_PASSWORD`), or not a secret in spite of its name.
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
    // The cluster token of etcd only identifies clusters, and `ETCD_AUTH_TOKEN` selects the type of tokens.
    name.split('_').any(does) || name.ends_with("CLUSTER_TOKEN") || name == "ETCD_AUTH_TOKEN"
}

/// Whether a value is not itself a secret: a switch, a path, another variable, an address, the name of a Secret.
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
