//! Ports and who leads to whom: Services, Ingresses, probes.

use super::super::Context;
use super::super::object::{Object, Pod, integer, items, text};
use super::selectors::pods;
use crate::diagnostic::{Diagnostic, Report};
use crate::yaml::{Node, Value};

const TARGET_PORT: &str = "invalid-target-port";
const PROBE_PORT: &str = "invalid-probe-port";
const INGRESS: &str = "ingress-without-service";

/// Ports of Services that the pods behind them do not have.
pub(in super::super) fn target_ports(context: &Context<'_>, report: &mut Report) {
    for object in context.objects.all.iter().filter(|object| object.is(&["Service"])) {
        let Some(selector) = object.at(["spec", "selector"]).and_then(Node::as_map) else {
            continue;
        };
        let picked: Vec<Pod<'_>> = pods(context)
            .filter(|pod| pod.owner.namespace() == object.namespace() && pod.has_labels(selector))
            .collect();
        if selector.is_empty() || picked.is_empty() {
            continue;
        }
        for port in items(object.at(["spec", "ports"])) {
            let Some(target) = port.get("targetPort").or_else(|| port.get("port")) else {
                continue;
            };
            if picked.iter().any(|pod| has_port(*pod, target)) {
                continue;
            }
            let owner = picked[0].owner.title();
            if let Some(name) = target.as_str() {
                let message = format!("no container of {owner} has a port named {name}");
                let mut diagnostic = object.fault(Diagnostic::error(TARGET_PORT, message), target.span);
                diagnostic.help = known_ports(picked[0]);
                report.push(diagnostic);
            } else if let Some(number) = integer(Some(target)) {
                // Kubernetes does not mind: what a container listens to need not be declared.
                if known_ports(picked[0]).is_some() {
                    let message = format!("no container of {owner} declares the port {number}");
                    let mut diagnostic = object.fault(Diagnostic::warning(TARGET_PORT, message), target.span);
                    diagnostic.help = known_ports(picked[0]);
                    report.push(diagnostic);
                }
            }
        }
    }
}

/// Whether a container of the pod has the port; pods with the host's network may leave it out.
fn has_port(pod: Pod<'_>, wanted: &Node) -> bool {
    pod.running().any(|container| container_has_port(container, wanted))
}

fn container_has_port(container: &Node, wanted: &Node) -> bool {
    items(container.get("ports")).iter().any(|port| match &wanted.value {
        Value::String(name) => text(port.get("name")) == &**name,
        _ => integer(port.get("containerPort")) == integer(Some(wanted)),
    })
}

fn known_ports(pod: Pod<'_>) -> Option<String> {
    ports_text(pod.running().flat_map(|container| items(container.get("ports"))))
}

fn ports_text<'a>(ports: impl Iterator<Item = &'a Node>) -> Option<String> {
    let ports: Vec<String> = ports
        .filter_map(|port| {
            let number = integer(port.get("containerPort"))?;
            let name = text(port.get("name"));
            Some(if name.is_empty() {
                number.to_string()
            } else {
                format!("{name} ({number})")
            })
        })
        .collect();
    (!ports.is_empty()).then(|| format!("it has {}", ports.join(", ")))
}

/// Probes of ports that the container does not have.
pub(in super::super) fn probes(context: &Context<'_>, report: &mut Report) {
    for pod in pods(context) {
        for container in pod.running() {
            let handlers = [
                ("livenessProbe", "httpGet"),
                ("livenessProbe", "tcpSocket"),
                ("readinessProbe", "httpGet"),
                ("readinessProbe", "tcpSocket"),
                ("startupProbe", "httpGet"),
                ("startupProbe", "tcpSocket"),
            ];
            for (probe, handler) in handlers {
                let Some(port) = container.at([probe, handler, "port"]) else {
                    continue;
                };
                if container_has_port(container, port) {
                    continue;
                }
                let name = text(container.get("name"));
                let ports = ports_text(items(container.get("ports")).iter());
                let diagnostic = match (&port.value, &ports) {
                    (Value::String(port), _) if port.parse::<u16>().is_err() => {
                        Diagnostic::error(PROBE_PORT, format!("the container {name} has no port named {port}"))
                    }
                    (_, Some(_)) if integer(Some(port)).is_some() => {
                        let number = integer(Some(port)).unwrap_or_default();
                        Diagnostic::warning(
                            PROBE_PORT,
                            format!("the container {name} does not declare the port {number}"),
                        )
                    }
                    _ => continue,
                };
                let mut diagnostic = pod.owner.fault(diagnostic, port.span);
                diagnostic.help = ports;
                report.push(diagnostic);
            }
        }
    }
}

/// Ingresses that lead to Services or ports that the release does not have.
pub(in super::super) fn ingresses(context: &Context<'_>, report: &mut Report) {
    let services: Vec<&Object> = context
        .objects
        .all
        .iter()
        .filter(|object| object.is(&["Service"]))
        .collect();
    for object in context.objects.all.iter().filter(|object| object.is(&["Ingress"])) {
        let rules = items(object.at(["spec", "rules"])).iter();
        let paths = rules
            .flat_map(|rule| items(rule.at(["http", "paths"])))
            .filter_map(|path| path.get("backend"));
        for backend in object.at(["spec", "defaultBackend"]).into_iter().chain(paths) {
            let Some(name) = backend.at(["service", "name"]) else {
                continue;
            };
            let wanted = text(Some(name));
            let found = services
                .iter()
                .find(|service| service.name() == wanted && service.namespace() == object.namespace());
            let Some(service) = found else {
                // Without any Service at all the release is only the front of another one.
                if !services.is_empty() {
                    let message = format!(
                        "{} leads to the Service {wanted}, which the release does not have",
                        object.title()
                    );
                    let mut diagnostic = object.fault(Diagnostic::error(INGRESS, message), name.span);
                    let close = super::super::closest(wanted, services.iter().map(|service| service.name()));
                    diagnostic.help = close.map(|close| format!("did you mean `{close}`?"));
                    report.push(diagnostic);
                }
                continue;
            };
            let port = backend
                .at(["service", "port", "name"])
                .or_else(|| backend.at(["service", "port", "number"]));
            let Some(port) = port else { continue };
            let has = |known: &Node| match &port.value {
                Value::String(name) => text(known.get("name")) == &**name,
                _ => integer(known.get("port")) == integer(Some(port)),
            };
            if !items(service.at(["spec", "ports"])).iter().any(has) {
                let shown = port
                    .as_str()
                    .map_or_else(|| integer(Some(port)).unwrap_or_default().to_string(), str::to_owned);
                let message = format!("{} has no port {shown}", service.title());
                report.push(object.fault(Diagnostic::error(INGRESS, message), port.span));
            }
        }
    }
}
