//! What gives a container more than it should have.

use super::super::Context;
use super::super::object::{is_true, items, text};
use super::selectors::pods;
use crate::diagnostic::{Diagnostic, Report};
use crate::yaml::Node;

const PRIVILEGED: &str = "privileged-container";
const ESCALATION: &str = "privilege-escalation";
const HOST: &str = "host-namespace";
const SOCKET: &str = "container-runtime-socket";
const SECRET: &str = "secret-in-env";

/// Privileged containers, host namespaces, sockets of the container runtime.
pub(in super::super) fn check(context: &Context<'_>, report: &mut Report) {
    for pod in pods(context) {
        let owner = pod.owner;
        for container in pod.containers() {
            let name = text(container.get("name"));
            for (rule, key, what) in [
                (PRIVILEGED, "privileged", "is privileged"),
                (ESCALATION, "allowPrivilegeEscalation", "may gain privileges"),
            ] {
                let Some(setting) = container
                    .at(["securityContext", key])
                    .filter(|setting| is_true(Some(setting)))
                else {
                    continue;
                };
                let message = format!("the container {name} of {} {what}", owner.title());
                report.push(owner.fault(Diagnostic::warning(rule, message), setting.span));
            }
            for variable in items(container.get("env")) {
                secret(owner, variable, report);
            }
        }
        for key in ["hostNetwork", "hostPID", "hostIPC"] {
            // Agents on nodes are what DaemonSets are for.
            if let Some(setting) = pod
                .spec
                .get(key)
                .filter(|setting| is_true(Some(setting)) && owner.kind() != "DaemonSet")
            {
                let message = format!("{} shares a namespace of its node: {key}", owner.title());
                report.push(owner.fault(Diagnostic::warning(HOST, message), setting.span));
            }
        }
        for volume in items(pod.spec.get("volumes")) {
            let Some(path) = volume.at(["hostPath", "path"]) else {
                continue;
            };
            let sockets = ["docker.sock", "containerd.sock", "crio.sock"];
            if sockets.iter().any(|socket| text(Some(path)).ends_with(socket)) {
                let message = format!("{} mounts {}: it rules over the node", owner.title(), text(Some(path)));
                report.push(owner.fault(Diagnostic::warning(SOCKET, message), path.span));
            }
        }
    }
}

/// A variable whose name says that it is secret, with its value in the manifest.
fn secret(owner: &super::super::Object, variable: &Node, report: &mut Report) {
    let Some(value) = variable
        .get("value")
        .filter(|value| value.as_str().is_some_and(|text| !text.is_empty()))
    else {
        return;
    };
    let name = text(variable.get("name")).to_ascii_uppercase();
    let last = name.rsplit('_').next().unwrap_or_default();
    let is_secret = matches!(
        last,
        "PASSWORD" | "PASSWD" | "SECRET" | "TOKEN" | "APIKEY" | "CREDENTIALS"
    ) || name.ends_with("API_KEY")
        || name.ends_with("SECRET_KEY")
        || name.ends_with("ACCESS_KEY")
        || name.ends_with("PRIVATE_KEY");
    // A path to a file, a reference to another variable and a switch are no secrets.
    let shown = text(Some(value));
    let is_reference = shown.starts_with('/') || shown.starts_with("$(") || matches!(shown, "true" | "false");
    if is_secret && !is_reference {
        let message = format!(
            "the variable {name} of {} holds a secret for all to read",
            owner.title()
        );
        let diagnostic = Diagnostic::warning(SECRET, message);
        report.push(
            owner
                .fault(diagnostic, value.span)
                .help("take it from a Secret with valueFrom"),
        );
    }
}
