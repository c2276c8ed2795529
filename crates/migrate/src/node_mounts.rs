//! Volumes, mounts and additional containers of node-exporter.

use super::build::{self, is_true};
use super::job::{Found, Job};
use super::path::Path;
use goyaml::{Entry, Node};

/// Adds volumes and, with `mounted`, their mounts. `source` returns the type and the source of a volume.
fn pairs(
    job: &mut Job<'_>,
    found: &Found,
    known: &[&str],
    source: &dyn Fn(&Node) -> (&'static str, Node),
    mounted: bool,
) {
    for (at, item) in found.node.as_list().unwrap_or_default().iter().enumerate() {
        let Some(entry) = job.find(&found.path.join(&at.to_string()), found.about) else {
            continue;
        };
        job.only(&entry.path, item, known);
        let span = item.span;
        let name = item.get("name").cloned().unwrap_or_else(|| build::text(span, ""));
        let (kind, content) = source(item);
        let claim = job.mapped(&entry);
        let volume = build::map(span, [("name", name.clone()), (kind, content)]);
        let volumes = job.out.get(&Path::place("nodeExporter.extraVolumes"));
        let is_there = volumes
            .as_ref()
            .and_then(Node::as_list)
            .unwrap_or_default()
            .iter()
            .any(|volume| volume.get("name").is_some_and(|known| known.value == name.value));
        if !is_there {
            job.push(&entry, claim, "nodeExporter.extraVolumes", volume);
        }
        if mounted {
            job.push(&entry, claim, "nodeExporter.extraVolumeMounts", mount(item, &name));
        }
    }
    job.same(found, "the list is empty");
}

fn mount(item: &Node, name: &Node) -> Node {
    let mut fields = vec![("name", name.clone())];
    for key in ["mountPath", "readOnly", "mountPropagation"] {
        if let Some(value) = item.get(key).filter(|value| is_true(value)) {
            fields.push((key, value.clone()));
        }
    }
    build::map(item.span, fields)
}

fn host_path(item: &Node) -> (&'static str, Node) {
    let mut fields = vec![(
        "path",
        item.get("hostPath")
            .cloned()
            .unwrap_or_else(|| build::text(item.span, "")),
    )];
    if let Some(kind) = item.get("type").filter(|kind| is_true(kind)) {
        fields.push(("type", kind.clone()));
    }
    ("hostPath", build::map(item.span, fields))
}

const HOST: [&str; 6] = ["name", "hostPath", "type", "mountPath", "readOnly", "mountPropagation"];

pub(super) fn host_mounts(job: &mut Job<'_>, found: &Found) {
    pairs(job, found, &HOST, &host_path, true);
}

pub(super) fn config_maps(job: &mut Job<'_>, found: &Found) {
    let source = |item: &Node| {
        let name = item.get("name").cloned().unwrap_or_else(|| build::text(item.span, ""));
        ("configMap", build::map(item.span, [("name", name)]))
    };
    pairs(job, found, &["name", "mountPath"], &source, true);
}

pub(super) fn secrets(job: &mut Job<'_>, found: &Found) {
    let source = |item: &Node| {
        let name = item.get("name").cloned().unwrap_or_else(|| build::text(item.span, ""));
        ("secret", build::map(item.span, [("secretName", name)]))
    };
    pairs(job, found, &["name", "mountPath"], &source, true);
}

pub(super) fn sidecar_volumes(job: &mut Job<'_>, found: &Found) {
    let source = |item: &Node| {
        (
            "emptyDir",
            build::map(item.span, [("medium", build::text(item.span, "Memory"))]),
        )
    };
    // `sidecars` reads the list again, for mounts that are writable.
    pairs(job, found, &["name", "mountPath", "readOnly"], &source, true);
}

pub(super) fn sidecar_host_mounts(job: &mut Job<'_>, found: &Found) {
    pairs(job, found, &HOST, &host_path, false);
}

/// Additional containers. They get the mounts shared by all of them, and node-exporter's image if they have none.
pub(super) fn sidecars(job: &mut Job<'_>, found: &Found) {
    let list = |job: &Job<'_>, path: &str| {
        let node = Path::of(path).get(&job.old).cloned();
        node.and_then(|node| node.as_list().map(<[Node]>::to_vec))
            .unwrap_or_default()
    };
    let mut shared: Vec<Node> = Vec::new();
    for path in [
        "prometheus-node-exporter/sidecarVolumeMount",
        "prometheus-node-exporter/sidecarHostVolumeMounts",
    ] {
        for item in list(job, path) {
            let name = item.get("name").cloned().unwrap_or_else(|| build::text(item.span, ""));
            shared.push(mount(&item, &name));
        }
    }
    for (at, item) in found.node.as_list().unwrap_or_default().iter().enumerate() {
        let Some(entry) = job.find(&found.path.join(&at.to_string()), found.about) else {
            continue;
        };
        if item.get("image").is_none() {
            job.lose(
                &entry,
                "a container of extraContainers names its image",
                "write image: and put the container into nodeExporter.extraContainers",
            );
            continue;
        }
        let mut node = item.clone();
        let own = node
            .get("volumeMounts")
            .and_then(Node::as_list)
            .unwrap_or_default()
            .to_vec();
        let span = node.span;
        if !shared.is_empty()
            && let Some(map) = node.as_map_mut()
        {
            let mounts = build::list(span, shared.iter().cloned().chain(own));
            map.insert(
                "volumeMounts",
                Entry {
                    key: span,
                    node: mounts,
                },
            );
        }
        let claim = job.mapped(&entry);
        job.push(&entry, claim, "nodeExporter.extraContainers", node);
    }
    job.same(found, "the list is empty");
}
