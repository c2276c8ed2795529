//! Volumes, and the keys of ConfigMaps and Secrets that pods ask for.

use super::super::Context;
use super::super::object::{Object, Pod, is_true, items, text};
use super::selectors::pods;
use crate::diagnostic::{Diagnostic, Report};
use crate::yaml::Node;

const VOLUME: &str = "missing-volume";
const UNUSED: &str = "unused-volume";
const KEY: &str = "missing-key";
const SOURCE: &str = "missing-config";

/// Mounts of volumes that the pod does not have, and volumes that nothing mounts.
pub(in super::super) fn mounts(context: &Context<'_>, report: &mut Report) {
    for pod in pods(context) {
        let mut known: Vec<&Node> = items(pod.spec.get("volumes"))
            .iter()
            .filter_map(|volume| volume.get("name"))
            .collect();
        let claims = items(pod.owner.at(["spec", "volumeClaimTemplates"])).iter();
        let claims: Vec<&str> = claims.map(|claim| text(claim.at(["metadata", "name"]))).collect();
        let mut mounted: Vec<&str> = Vec::new();
        for container in pod.containers().chain(items(pod.spec.get("ephemeralContainers"))) {
            let mounts = items(container.get("volumeMounts"))
                .iter()
                .chain(items(container.get("volumeDevices")));
            for name in mounts.filter_map(|mount| mount.get("name")) {
                let wanted = text(Some(name));
                mounted.push(wanted);
                if !known.iter().any(|known| text(Some(known)) == wanted) && !claims.contains(&wanted) {
                    let message = format!("{} has no volume {wanted}", pod.owner.title());
                    let mut diagnostic = pod.owner.fault(Diagnostic::error(VOLUME, message), name.span);
                    let names = known
                        .iter()
                        .map(|known| text(Some(known)))
                        .chain(claims.iter().copied());
                    let close = super::super::closest(wanted, names);
                    diagnostic.help = close.map(|close| format!("did you mean `{close}`?"));
                    report.push(diagnostic);
                }
            }
        }
        known.retain(|name| !mounted.contains(&text(Some(name))));
        for name in known {
            let message = format!(
                "no container of {} mounts the volume {}",
                pod.owner.title(),
                text(Some(name))
            );
            report.push(pod.owner.fault(Diagnostic::info(UNUSED, message), name.span));
        }
    }
}

/// A ConfigMap or Secret that a pod asks for, and perhaps a key in it.
struct Wanted<'a> {
    kind: &'static str,
    name: &'a Node,
    key: Option<&'a Node>,
}

/// Keys that the ConfigMaps and Secrets of the release do not have, and such objects that the release does not have.
pub(in super::super) fn keys(context: &Context<'_>, report: &mut Report) {
    for pod in pods(context) {
        for wanted in wanted(pod) {
            let name = text(Some(wanted.name));
            let is_it = |object: &&Object| {
                object.is(&[wanted.kind]) && object.name() == name && object.namespace() == pod.owner.namespace()
            };
            let Some(source) = context.objects.all.iter().find(is_it) else {
                let message = format!("the release has no {} {name}", wanted.kind);
                report.push(pod.owner.fault(Diagnostic::warning(SOURCE, message), wanted.name.span));
                continue;
            };
            let known: Vec<&str> = ["data", "stringData", "binaryData"]
                .into_iter()
                .filter_map(|part| source.at([part]).and_then(Node::as_map))
                .flat_map(|map| map.iter().map(|(key, _)| &**key))
                .collect();
            // An empty one is filled by somebody else, such as a controller that makes certificates.
            let Some(key) = wanted
                .key
                .filter(|key| !known.is_empty() && !known.contains(&text(Some(key))))
            else {
                continue;
            };
            let message = format!("the {} {name} has no key {}", wanted.kind, text(Some(key)));
            let mut diagnostic = pod.owner.fault(Diagnostic::error(KEY, message), key.span);
            let close = super::super::closest(text(Some(key)), known.iter().copied());
            diagnostic.help = close.map(|close| format!("did you mean `{close}`?"));
            report.push(diagnostic);
        }
    }
}

impl<'a> Wanted<'a> {
    /// What a reference asks for, unless it can do without.
    fn of(kind: &'static str, source: Option<&'a Node>, name_key: &str, found: &mut Vec<Self>) {
        let Some(source) = source.filter(|source| !is_true(source.get("optional"))) else {
            return;
        };
        let Some(name) = source.get(name_key) else { return };
        let listed = items(source.get("items"));
        if listed.is_empty() {
            let key = source.get("key");
            found.push(Self { kind, name, key });
        }
        for key in listed.iter().filter_map(|item| item.get("key")) {
            let key = Some(key);
            found.push(Self { kind, name, key });
        }
    }
}

/// The single files that containers mount out of a volume: each is a key of its ConfigMap or Secret, and an empty folder
/// where there is no such key.
fn sub_paths<'a>(pod: Pod<'a>, volume: &str) -> impl Iterator<Item = &'a Node> {
    let mounts = pod
        .containers()
        .flat_map(|container| items(container.get("volumeMounts")));
    let paths = mounts
        .filter(move |mount| text(mount.get("name")) == volume)
        .filter_map(|mount| mount.get("subPath"));
    paths.filter(|path| {
        path.as_str()
            .is_some_and(|path| !path.is_empty() && !path.contains('/'))
    })
}

fn wanted(pod: Pod<'_>) -> Vec<Wanted<'_>> {
    let mut found = Vec::new();
    for container in pod.containers() {
        for variable in items(container.get("env")) {
            Wanted::of(
                "ConfigMap",
                variable.at(["valueFrom", "configMapKeyRef"]),
                "name",
                &mut found,
            );
            Wanted::of("Secret", variable.at(["valueFrom", "secretKeyRef"]), "name", &mut found);
        }
        for source in items(container.get("envFrom")) {
            Wanted::of("ConfigMap", source.get("configMapRef"), "name", &mut found);
            Wanted::of("Secret", source.get("secretRef"), "name", &mut found);
        }
    }
    for volume in items(pod.spec.get("volumes")) {
        for path in sub_paths(pod, text(volume.get("name"))) {
            for (kind, part, name) in [("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")] {
                let source = volume
                    .get(part)
                    .filter(|source| items(source.get("items")).is_empty() && !is_true(source.get("optional")));
                if let Some(name) = source.and_then(|source| source.get(name)) {
                    let key = Some(path);
                    found.push(Wanted { kind, name, key });
                }
            }
        }
        Wanted::of("ConfigMap", volume.get("configMap"), "name", &mut found);
        Wanted::of("Secret", volume.get("secret"), "secretName", &mut found);
        for source in items(volume.at(["projected", "sources"])) {
            Wanted::of("ConfigMap", source.get("configMap"), "name", &mut found);
            Wanted::of("Secret", source.get("secret"), "name", &mut found);
        }
    }
    found
}
