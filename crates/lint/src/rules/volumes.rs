//! Volumes, and the keys of ConfigMaps and Secrets that pods refer to.

use promchart_k8s::Object as Typed;
use promchart_k8s::k8s_openapi::api::core::v1::Volume;

use super::super::Context;
use super::super::object::{Object, Pod, is_true, items, paired, text};
use diagnostics::{Diagnostic, Report, did_you_mean};
use goyaml::Node;

const VOLUME: &str = "missing-volume";
const UNUSED: &str = "unused-volume";
const KEY: &str = "missing-key";
const SOURCE: &str = "missing-config";

/// Reports mounts of volumes that the pod does not have, and volumes that are never mounted.
pub(in super::super) fn mounts(context: &Context<'_>, report: &mut Report) {
    for pod in context.objects.pods() {
        let owner = pod.owner;
        let volumes = || volumes(pod).map(|(volume, _)| &*volume.name);
        let claims = claims(owner);
        let mut mounted: Vec<&str> = Vec::new();
        for container in pod.containers() {
            let spec = container.spec;
            let mounts = paired(spec.volume_mounts.as_ref(), container.node.get("volumeMounts"));
            let devices = paired(spec.volume_devices.as_ref(), container.node.get("volumeDevices"));
            let mounts = mounts.map(|(mount, node)| (&*mount.name, node));
            for (wanted, node) in mounts.chain(devices.map(|(device, node)| (&*device.name, node))) {
                let Some(name) = node.get("name") else { continue };
                mounted.push(wanted);
                if !volumes().any(|known| known == wanted) && !claims.contains(&wanted) {
                    let message = format!("{} has no volume {wanted}", owner.title());
                    let mut diagnostic = owner.fault(Diagnostic::error(VOLUME, message), name.span);
                    diagnostic.help = did_you_mean(wanted, volumes().chain(claims.iter().copied()));
                    report.push(diagnostic);
                }
            }
        }
        for (volume, node) in self::volumes(pod) {
            let name = &*volume.name;
            if let Some(written) = node.get("name").filter(|_| !mounted.contains(&name)) {
                let message = format!("no container of {} mounts the volume {name}", owner.title());
                report.push(owner.fault(Diagnostic::info(UNUSED, message), written.span));
            }
        }
    }
}

/// The volumes of a pod, with their nodes.
pub(super) fn volumes(pod: Pod<'_>) -> impl Iterator<Item = (&Volume, &Node)> {
    paired(pod.spec.volumes.as_ref(), pod.node.get("volumes"))
}

/// The names of a StatefulSet's volume claim templates.
fn claims(owner: &Object) -> Vec<&str> {
    let Some(Typed::StatefulSet(set)) = &owner.typed else {
        return Vec::new();
    };
    let claims = set.spec.volume_claim_templates.iter().flatten();
    claims.filter_map(|claim| claim.metadata.name.as_deref()).collect()
}

/// A ConfigMap or Secret that a pod refers to, optionally with a key.
struct Wanted<'a> {
    kind: &'static str,
    name: &'a Node,
    key: Option<&'a Node>,
}

/// Reports references to ConfigMaps, Secrets and keys that the release does not have.
pub(in super::super) fn keys(context: &Context<'_>, report: &mut Report) {
    for pod in context.objects.pods() {
        for wanted in wanted(pod) {
            let name = text(Some(wanted.name));
            let Some(source) = context.objects.find(wanted.kind, pod.owner.namespace(), name) else {
                let message = format!("the release has no {} {name}", wanted.kind);
                report.push(pod.owner.fault(Diagnostic::warning(SOURCE, message), wanted.name.span));
                continue;
            };
            // All written keys count, even if their value has the wrong type.
            let known: Vec<&str> = ["data", "stringData", "binaryData"]
                .into_iter()
                .filter_map(|part| source.at([part]).and_then(Node::as_map))
                .flat_map(|map| map.iter().map(|(key, _)| &**key))
                .collect();
            // An empty object is filled at run time, for example by a controller that creates certificates.
            let Some(key) = wanted
                .key
                .filter(|key| !known.is_empty() && !known.contains(&text(Some(key))))
            else {
                continue;
            };
            let message = format!("the {} {name} has no key {}", wanted.kind, text(Some(key)));
            let mut diagnostic = pod.owner.fault(Diagnostic::error(KEY, message), key.span);
            diagnostic.help = did_you_mean(text(Some(key)), known.iter().copied());
            report.push(diagnostic);
        }
    }
}

impl<'a> Wanted<'a> {
    /// Collects the references of a source, unless it is optional.
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

/// The single files that containers mount from a volume. Each is a key of its ConfigMap or Secret; for a missing key,
/// the mount is an empty folder.
fn sub_paths<'a>(pod: Pod<'a>, volume: &str) -> impl Iterator<Item = &'a Node> {
    let mounts = pod.containers().flat_map(|container| {
        paired(
            container.spec.volume_mounts.as_ref(),
            container.node.get("volumeMounts"),
        )
    });
    let paths = mounts
        .filter(move |(mount, _)| mount.name == volume)
        .filter_map(|(_, node)| node.get("subPath"));
    paths.filter(|path| {
        path.as_str()
            .is_some_and(|path| !path.is_empty() && !path.contains('/'))
    })
}

fn wanted(pod: Pod<'_>) -> Vec<Wanted<'_>> {
    let mut found = Vec::new();
    for container in pod.containers() {
        for variable in items(container.node.get("env")) {
            Wanted::of(
                "ConfigMap",
                variable.at(["valueFrom", "configMapKeyRef"]),
                "name",
                &mut found,
            );
            Wanted::of("Secret", variable.at(["valueFrom", "secretKeyRef"]), "name", &mut found);
        }
        for source in items(container.node.get("envFrom")) {
            Wanted::of("ConfigMap", source.get("configMapRef"), "name", &mut found);
            Wanted::of("Secret", source.get("secretRef"), "name", &mut found);
        }
    }
    for (typed, volume) in volumes(pod) {
        for path in sub_paths(pod, &typed.name) {
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
