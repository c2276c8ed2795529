//! Volumes, mounts and additional containers.

use std::sync::Arc;

use super::build::{self, is_true};
use super::job::{Found, Job};
use super::kind;
use super::path::Path;
use super::storage::VOLUME;
use goyaml::{Entry, Node, Value};

/// Volume names of the community chart, and those of our chart.
const RENAMED: [(&str, &str); 2] = [("storage-volume", VOLUME), ("config-volume", "config")];

pub(super) fn volumes(job: &mut Job<'_>, found: &Found) {
    kind::plain_list(job, found);
}

pub(super) fn volume_mounts(job: &mut Job<'_>, found: &Found) {
    kind::plain_list(job, found);
}

/// A volume mount in the form of the community chart.
fn mount(item: &Node, name: &str) -> Node {
    let mut fields = vec![("name", build::text(item.span, name))];
    for key in ["mountPath", "subPath", "readOnly"] {
        if let Some(value) = item.get(key).filter(|value| is_true(value)) {
            fields.push((key, value.clone()));
        }
    }
    build::map(item.span, fields)
}

/// Volumes that are configured together with their mounts. `source` returns the type and the source of a volume.
fn mounts(
    job: &mut Job<'_>,
    found: &Found,
    (volumes, volume_mounts): (&str, &str),
    known: &[&str],
    prefix: &str,
    source: &dyn Fn(&Node) -> (&'static str, Node),
) {
    for (at, item) in found.node.as_list().unwrap_or_default().iter().enumerate() {
        let Some(entry) = job.find(&found.path.join(&at.to_string()), found.about) else {
            continue;
        };
        job.only(&entry.path, item, known);
        let name = format!(
            "{prefix}{}",
            item.get("name").and_then(Node::scalar_text).unwrap_or_default()
        );
        let (kind, content) = source(item);
        let claim = job.mapped(&entry);
        let volume = build::map(item.span, [("name", build::text(item.span, &name)), (kind, content)]);
        // A volume can be mounted several times.
        let known = job.out.get(&Path::place(volumes));
        let is_there = known.is_some_and(|known| {
            known
                .as_list()
                .unwrap_or_default()
                .iter()
                .any(|known| known.get("name").and_then(Node::as_str) == Some(&name))
        });
        if !is_there {
            job.push(&entry, claim, volumes, volume);
        }
        job.push(&entry, claim, volume_mounts, mount(item, &name));
    }
    job.same(found, "the list is empty");
}

const SERVER: (&str, &str) = ("server.extraVolumes", "server.extraVolumeMounts");
const FIELDS: [&str; 4] = ["name", "mountPath", "subPath", "readOnly"];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    FIELDS.iter().copied().chain(more.iter().copied()).collect()
}

fn field(item: &Node, key: &str) -> Node {
    item.get(key).cloned().unwrap_or_else(|| build::text(item.span, ""))
}

pub(super) fn host_paths(job: &mut Job<'_>, found: &Found) {
    mounts(job, found, SERVER, &with(&["hostPath"]), "", &|item| {
        ("hostPath", build::map(item.span, [("path", field(item, "hostPath"))]))
    });
}

/// ConfigMap mounts. A ConfigMap whose directory is in `rule_files` is also loaded by `rules.existingConfigMaps`.
pub(super) fn config_maps(job: &mut Job<'_>, found: &Found) {
    let prefix = format!("{}-", job.names.component);
    mounts(job, found, SERVER, &with(&["configMap"]), &prefix, &|item| {
        ("configMap", build::map(item.span, [("name", field(item, "configMap"))]))
    });
}

pub(super) fn secrets(job: &mut Job<'_>, found: &Found) {
    mounts(job, found, SERVER, &with(&["secretName", "optional"]), "", &|item| {
        let mut fields = vec![("secretName", field(item, "secretName"))];
        if let Some(optional) = item.get("optional").filter(|optional| is_true(optional)) {
            fields.push(("optional", optional.clone()));
        }
        ("secret", build::map(item.span, fields))
    });
}

/// Renames volumes in the mounts of a container to the names of our chart.
fn renamed(job: &Job<'_>, container: &Node) -> Node {
    let override_name = job.text("server/persistentVolume/statefulSetNameOverride");
    let mut container = container.clone();
    let Some(mounts) = container
        .as_map_mut()
        .and_then(|map| map.get_mut("volumeMounts"))
        .and_then(|entry| entry.node.as_list_mut())
    else {
        return container;
    };
    for mount in mounts {
        let Some(name) = mount.as_map_mut().and_then(|map| map.get_mut("name")) else {
            continue;
        };
        let old = name.node.as_str().unwrap_or_default();
        let new = RENAMED.iter().find(|(known, _)| *known == old).map(|(_, new)| *new);
        let new = new.or_else(|| (!old.is_empty() && old == override_name).then_some(VOLUME));
        if let Some(new) = new {
            name.node = build::text(name.node.span, new);
        }
    }
    container
}

pub(super) fn init_containers(job: &mut Job<'_>, found: &Found) {
    for (at, item) in found.node.as_list().unwrap_or_default().iter().enumerate() {
        let Some(entry) = job.find(&found.path.join(&at.to_string()), found.about) else {
            continue;
        };
        let claim = job.mapped(&entry);
        let item = renamed(job, item);
        job.push(&entry, claim, "server.initContainers", item);
    }
    job.same(found, "the list is empty");
}

pub(super) fn sidecars(job: &mut Job<'_>, found: &Found) {
    let Some(map) = found.node.as_map() else {
        job.same(found, "there are none");
        return;
    };
    for (name, entry) in super::written::in_order(&map.clone()) {
        let Some(inner) = job.find(&found.path.join(name), found.about) else {
            continue;
        };
        let node = match &entry.node.value {
            Value::String(text) => {
                let Some(text) = job.expand(&inner, text) else { continue };
                let Some(node) = job.parse(&inner, &text, "write it as a mapping") else {
                    continue;
                };
                node
            }
            _ => entry.node.clone(),
        };
        let mut node = renamed(job, &node);
        let span = entry.node.span;
        if let Some(fields) = node.as_map_mut() {
            let key = Entry {
                key: source::Span::new(span.file, 0, 0),
                node: build::text(span, name),
            };
            fields.insert("name", key);
        }
        let is_thanos = node
            .get("image")
            .and_then(Node::as_str)
            .is_some_and(|image| image.contains("thanos"));
        let claim = job.mapped(&inner);
        job.push(&inner, claim, "server.extraContainers", node);
        if is_thanos {
            job.advise(
                inner.key,
                "the Thanos sidecar is carried over as a container",
                "server.thanos makes it, with the flags that Prometheus needs beside it",
            );
        }
    }
    job.same(found, "there are none");
}

/// Files of the ConfigMap that are neither configuration nor rules. They go into a separate ConfigMap, mounted at their
/// old place.
pub(super) fn files(job: &mut Job<'_>, files: &[(Found, String)]) {
    if files.is_empty() {
        return;
    }
    let name = job.names.release.as_ref().map_or_else(
        || "prometheus-files".to_owned(),
        |release| format!("{release}-prometheus-files"),
    );
    let span = files[0].0.node.span;
    let data = files.iter().map(|(found, text)| {
        (
            Arc::<str>::from(found.path.last()),
            build::text(found.node.span, super::templates::escaped(text)),
        )
    });
    let object = build::map(
        span,
        [
            ("apiVersion", build::text(span, "v1")),
            ("kind", build::text(span, "ConfigMap")),
            ("metadata", build::map(span, [("name", build::text(span, &name))])),
            ("data", build::map(span, data.collect::<Vec<_>>())),
        ],
    );
    let first = files[0].0.clone();
    let mut claim = None;
    for (found, _) in files {
        claim = job.mapped(found).or(claim);
    }
    job.push(&first, claim, "extraObjects", object);
    let volume = build::map(
        span,
        [
            ("name", build::text(span, "files")),
            ("configMap", build::map(span, [("name", build::text(span, &name))])),
        ],
    );
    job.push(&first, claim, "server.extraVolumes", volume);
    let mount = build::map(
        span,
        [
            ("name", build::text(span, "files")),
            ("mountPath", build::text(span, "/etc/config")),
            ("readOnly", build::bool(span, true)),
        ],
    );
    job.push(&first, claim, "server.extraVolumeMounts", mount);
}
