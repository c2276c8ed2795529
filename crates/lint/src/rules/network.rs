//! Ports and references between Services, Ingresses and probes.

use promchart_k8s::Object as Typed;
use promchart_k8s::k8s_openapi::api::core::v1::Probe;
use promchart_k8s::k8s_openapi::api::networking::v1::IngressBackend;
use promchart_k8s::k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::super::Context;
use super::super::object::{Container, Object, Pod, paired, shown};
use super::selectors::{labels, picks_all};
use diagnostics::{Diagnostic, Report, did_you_mean};
use goyaml::Node;

const TARGET_PORT: &str = "invalid-target-port";
const PROBE_PORT: &str = "invalid-probe-port";
const INGRESS: &str = "ingress-without-service";

/// A reference to something that the release does not have: an error if a similar name exists (a typo), otherwise a
/// warning, because another release may have it.
pub(super) fn absent(rule: &'static str, message: String, close: Option<String>) -> Diagnostic {
    match close {
        Some(close) => Diagnostic::error(rule, message).help(close),
        None => Diagnostic::warning(rule, message).help("it must come from another release"),
    }
}

/// Reports ports of Services that the selected pods do not have.
pub(in super::super) fn target_ports(context: &Context<'_>, report: &mut Report) {
    for object in context.objects.of_kind("Service") {
        let Some(Typed::Service(service)) = &object.typed else {
            continue;
        };
        let Some(spec) = &service.spec else { continue };
        let selector = labels(spec.selector.clone().unwrap_or_default());
        let picked = context.objects.pods_of(object.namespace(), &selector);
        let Some(first) = picked.first().filter(|_| !picks_all(&selector)) else {
            continue;
        };
        for (port, node) in paired(spec.ports.as_ref(), object.at(["spec", "ports"])) {
            let target = port.target_port.clone().unwrap_or(IntOrString::Int(port.port));
            let Some(written) = node.get("targetPort").or_else(|| node.get("port")) else {
                continue;
            };
            if picked
                .iter()
                .any(|pod| pod.running().any(|container| container.has_port(&target)))
            {
                continue;
            }
            let (owner, known) = (first.owner.title(), known_ports(*first));
            let diagnostic = match &target {
                // A headless Service has the addresses of its pods even so; only the port is missing in its records.
                IntOrString::String(name) if spec.cluster_ip.as_deref() == Some("None") => Diagnostic::warning(
                    TARGET_PORT,
                    format!("no container of {owner} has a port named {name}, so the Service has no such port"),
                ),
                IntOrString::String(name) => {
                    Diagnostic::error(TARGET_PORT, format!("no container of {owner} has a port named {name}"))
                }
                // Kubernetes accepts this: a container need not declare the ports that it listens on.
                IntOrString::Int(number) if known.is_some() => Diagnostic::warning(
                    TARGET_PORT,
                    format!("no container of {owner} declares the port {number}"),
                ),
                IntOrString::Int(_) => continue,
            };
            let mut diagnostic = object.fault(diagnostic, written.span);
            diagnostic.help = known;
            report.push(diagnostic);
        }
    }
}

fn known_ports(pod: Pod<'_>) -> Option<String> {
    ports_text(pod.running())
}

fn ports_text<'a>(containers: impl Iterator<Item = Container<'a>>) -> Option<String> {
    let ports = containers.flat_map(Container::ports);
    let ports: Vec<String> = ports
        .filter(|(port, _)| port.container_port != 0)
        .map(|(port, _)| match &port.name {
            Some(name) => format!("{name} ({})", port.container_port),
            None => port.container_port.to_string(),
        })
        .collect();
    (!ports.is_empty()).then(|| format!("it has {}", ports.join(", ")))
}

/// Reports probes of ports that the container does not have.
pub(in super::super) fn probes(context: &Context<'_>, report: &mut Report) {
    for pod in context.objects.pods() {
        for container in pod.running() {
            let spec = container.spec;
            for (key, probe) in [
                ("livenessProbe", &spec.liveness_probe),
                ("readinessProbe", &spec.readiness_probe),
                ("startupProbe", &spec.startup_probe),
            ] {
                for (handler, port) in probe.iter().flat_map(asked) {
                    if let Some(written) = container.at([key, handler, "port"]) {
                        report
                            .diagnostics
                            .extend(probe_fault(pod.owner, container, port, written));
                    }
                }
            }
        }
    }
}

/// The ports that a probe uses, each with the key of its handler.
fn asked(probe: &Probe) -> impl Iterator<Item = (&'static str, &IntOrString)> {
    let http = probe.http_get.iter().map(|get| ("httpGet", &get.port));
    http.chain(probe.tcp_socket.iter().map(|socket| ("tcpSocket", &socket.port)))
}

fn probe_fault(owner: &Object, container: Container<'_>, port: &IntOrString, written: &Node) -> Option<Diagnostic> {
    if container.has_port(port) {
        return None;
    }
    let name = &container.spec.name;
    let known = ports_text(std::iter::once(container));
    let diagnostic = match port {
        IntOrString::String(port) if port.parse::<u16>().is_err() => {
            Diagnostic::error(PROBE_PORT, format!("the container {name} has no port named {port}"))
        }
        IntOrString::Int(port) if known.is_some() => Diagnostic::warning(
            PROBE_PORT,
            format!("the container {name} does not declare the port {port}"),
        ),
        _ => return None,
    };
    let mut diagnostic = owner.fault(diagnostic, written.span);
    diagnostic.help = known;
    Some(diagnostic)
}

/// Reports Ingresses that refer to Services or ports that the release does not have.
pub(in super::super) fn ingresses(context: &Context<'_>, report: &mut Report) {
    for object in context.objects.of_kind("Ingress") {
        let Some(Typed::Ingress(ingress)) = &object.typed else {
            continue;
        };
        let Some(spec) = &ingress.spec else { continue };
        let default = spec.default_backend.iter().zip(object.at(["spec", "defaultBackend"]));
        let rules = paired(spec.rules.as_ref(), object.at(["spec", "rules"]));
        let paths = rules.flat_map(|(rule, node)| {
            let paths = rule.http.as_ref().map(|http| &http.paths);
            paired(paths, node.at(["http", "paths"]))
        });
        let backends = paths.filter_map(|(path, node)| Some((&path.backend, node.get("backend")?)));
        for (backend, node) in default.chain(backends) {
            report.diagnostics.extend(backend_fault(context, object, backend, node));
        }
    }
}

fn backend_fault(context: &Context<'_>, object: &Object, backend: &IngressBackend, node: &Node) -> Option<Diagnostic> {
    let wanted = backend.service.as_ref()?;
    let written = node.get("service")?;
    let Some(service) = context.objects.find("Service", object.namespace(), &wanted.name) else {
        // A release without any Service is only the Ingress of another one.
        if !context.objects.has_kind("Service") {
            return None;
        }
        let owner = object.title();
        let message = format!(
            "{owner} leads to the Service {}, which the release does not have",
            wanted.name
        );
        let close = did_you_mean(&wanted.name, context.objects.of_kind("Service").map(Object::name));
        return Some(object.fault(absent(INGRESS, message, close), written.get("name")?.span));
    };
    let Some(Typed::Service(known)) = &service.typed else {
        return None;
    };
    let port = wanted.port.as_ref()?;
    let (port, key) = match (&port.name, port.number) {
        (Some(name), _) => (IntOrString::String(name.clone()), "name"),
        (None, Some(number)) => (IntOrString::Int(number), "number"),
        (None, None) => return None,
    };
    let mut ports = known.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    let has_port = ports.any(|known| match &port {
        IntOrString::String(name) => known.name.as_ref() == Some(name),
        IntOrString::Int(number) => known.port == *number,
    });
    if has_port {
        return None;
    }
    let message = format!("{} has no port {}", service.title(), shown(&port));
    Some(object.fault(Diagnostic::error(INGRESS, message), written.at(["port", key])?.span))
}
