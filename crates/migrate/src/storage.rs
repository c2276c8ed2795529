//! The server's volume and data.

use super::build::{self, is_true};
use super::job::{Found, Job};
use super::kind;
use super::path::Path;
use source::Span;

/// The mount path of the data volume in our chart.
pub(super) const DATA: &str = "/prometheus";
/// The name of the data volume in our chart.
pub(super) const VOLUME: &str = "data";

pub(super) fn retention(job: &mut Job<'_>, found: &Found) {
    if kind::is_agent(job) {
        job.same(found, "an agent keeps no history");
    } else {
        kind::moved(job, found);
    }
}

pub(super) fn retention_size(job: &mut Job<'_>, found: &Found) {
    if kind::is_agent(job) {
        job.same(found, "an agent keeps no history");
        return;
    }
    let size = found.node.scalar_text().unwrap_or_default();
    job.put(found, "server.retention.size", build::text(found.node.span, size));
}

pub(super) fn tsdb(job: &mut Job<'_>, found: &Found) {
    let Some(map) = found.node.as_map() else {
        job.same(found, "it is empty");
        return;
    };
    for (key, entry) in map.clone().iter() {
        let Some(inner) = job.find(&found.path.join(key), "") else {
            continue;
        };
        let new = match &**key {
            "out_of_order_time_window" => "server.tsdb.outOfOrderTimeWindow",
            "retention" => {
                for (name, new) in [
                    ("time", "server.retention.time"),
                    ("size", "server.retention.size"),
                    ("percentage", "server.retention.percentage"),
                ] {
                    if let Some(part) = job.find(&inner.path.join(name), "") {
                        job.put(&part, new, part.node.clone());
                    }
                }
                continue;
            }
            name => {
                let new = format!("server.tsdb.{}", camel(name));
                job.put(&inner, &new, entry.node.clone());
                continue;
            }
        };
        job.put(&inner, new, entry.node.clone());
    }
    job.same(found, "it is empty");
}

/// Converts `stale_series` to `staleSeries`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut out, part| {
        let mut letters = part.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
        out
    })
}

pub(super) fn exemplars(job: &mut Job<'_>, found: &Found) {
    if let Some(max) = job.find(&found.path.join("max_exemplars"), "") {
        job.put(&max, "server.exemplars.max", max.node.clone());
    }
    job.only(&found.path, &found.node, &["max_exemplars"]);
    job.same(found, "it is empty");
}

pub(super) fn enabled(job: &mut Job<'_>, found: &Found) {
    job.put(
        found,
        "server.persistence.enabled",
        build::bool(found.node.span, is_true(&found.node)),
    );
}

/// The volume claim of a release of the community chart: of a Deployment or, with one replica, of a StatefulSet.
fn old_claim(job: &Job<'_>) -> Option<String> {
    job.names.release.as_ref()?;
    if !job.is_on("server/persistentVolume/enabled") {
        return None;
    }
    if !job.is_on("server/statefulSet/enabled") {
        return (!job.is_on("server/daemonSet/enabled")).then(|| job.names.server.clone());
    }
    let template = match job.text("server/persistentVolume/statefulSetNameOverride") {
        name if name.is_empty() => "storage-volume".to_owned(),
        name => name,
    };
    (job.text("server/replicaCount") == "1").then(|| format!("{template}-{}-0", job.names.server))
}

pub(super) fn existing(job: &mut Job<'_>, found: &Found) {
    let is_set = is_true(&found.node);
    if is_set && !job.is_on("server/persistentVolume/enabled") {
        job.same(
            found,
            "the community chart ignores it, because persistentVolume.enabled is false",
        );
    } else if is_set && !job.is_on("server/statefulSet/enabled") {
        let Some(name) = found.node.scalar_text().and_then(|name| job.expand(found, &name)) else {
            return;
        };
        job.put(
            found,
            "server.persistence.existingClaim",
            build::text(found.node.span, name),
        );
    } else if let Some(claim) = old_claim(job) {
        job.same(found, "the claim of the release is used");
        job.set(
            "server.persistence.existingClaim",
            build::text(found.node.span, claim),
            "the claim of the old release, with its data; see the top of this file",
        );
    } else {
        job.same(found, "it is empty, or ignored by a StatefulSet");
    }
}

pub(super) fn template_name(job: &mut Job<'_>, found: &Found) {
    if !is_true(&found.node) || !job.is_on("server/statefulSet/enabled") {
        job.same(found, "it is empty, or no StatefulSet");
    } else if old_claim(job).is_some() {
        job.mapped(found);
    } else {
        job.lose(
            found,
            "a StatefulSet names its claims data-NAME-0 and so on, after its own name",
            "with --release the claim of a single replica is used; those of several have to be bound by their volumes (server.persistence.selector)",
        );
    }
}

pub(super) fn when_deleted(job: &mut Job<'_>, found: &Found) {
    retention_policy(job, found, "whenDeleted");
}

pub(super) fn when_scaled(job: &mut Job<'_>, found: &Found) {
    retention_policy(job, found, "whenScaled");
}

fn retention_policy(job: &mut Job<'_>, found: &Found, when: &str) {
    if !job.is_on("server/statefulSet/enabled") {
        job.same(found, "it is for a StatefulSet only");
        return;
    }
    if old_claim(job).is_some() {
        if is_true(&found.node) {
            job.lose(
                found,
                "the claim of the old release is used, which nothing deletes",
                "delete it yourself, or leave server.persistence.existingClaim out and set server.persistence.volumeClaimRetention",
            );
        } else {
            job.same(found, "the claim of the old release is used, which nothing deletes");
        }
        return;
    }
    let word = if is_true(&found.node) { "Delete" } else { "Retain" };
    job.put(
        found,
        &format!("server.persistence.volumeClaimRetention.{when}"),
        build::text(found.node.span, word),
    );
}

/// Points the server at a directory of the volume.
fn directory(job: &mut Job<'_>, found: &Found, directory: &str) {
    let path = format!("{DATA}/{}", directory.trim_matches('/'));
    let claim = job.mapped(found);
    job.put_for(
        found,
        claim,
        &Path::place("server.extraArgs").join("storage.tsdb.path"),
        build::text(found.node.span, path),
    );
}

pub(super) fn path(job: &mut Job<'_>, found: &Found) {
    let given = found.node.scalar_text().unwrap_or_default();
    let mount = job.text("server/persistentVolume/mountPath");
    match given.strip_prefix(mount.trim_end_matches('/')) {
        _ if given.is_empty() => job.same(found, "it is empty"),
        Some(rest) if rest.trim_matches('/').is_empty() => job.same(found, "it is the root of the volume"),
        Some(rest) if rest.starts_with('/') => {
            let rest = format!("{}/{rest}", job.text("server/persistentVolume/subPath"));
            directory(job, found, &rest.replace("//", "/"));
        }
        _ => job.lose(
            found,
            "it is not on the volume of the data",
            "mount a volume with server.extraVolumes and set server.extraArgs.\"storage.tsdb.path\"",
        ),
    }
}

pub(super) fn sub_path(job: &mut Job<'_>, found: &Found) {
    let given = found.node.scalar_text().unwrap_or_default();
    if given.is_empty() {
        job.same(found, "it is empty");
    } else if job.is_on("server/storagePath") {
        // The flag for the path includes it.
        job.mapped(found);
    } else {
        directory(job, found, &given);
    }
}

pub(super) fn mount_path(job: &mut Job<'_>, found: &Found) {
    job.same(
        found,
        format!("the volume is mounted at {DATA}; what is on it stays the same"),
    );
}

pub(super) fn empty_dir(job: &mut Job<'_>, found: &Found) {
    if job.is_on("server/persistentVolume/enabled") {
        job.same(
            found,
            "the community chart ignores it, because persistentVolume.enabled is true",
        );
        return;
    }
    job.only(&found.path, &found.node, &["medium", "sizeLimit"]);
    let text = |job: &Job<'_>, key: &str| job.text(&format!("server/emptyDir/{key}"));
    let span = found.node.span;
    let claim = job.mapped(found);
    let medium = text(job, "medium");
    if !medium.is_empty() {
        job.put_for(
            found,
            claim,
            &Path::place("server.persistence.emptyDir.medium"),
            build::text(span, medium),
        );
    }
    let limit = text(job, "sizeLimit");
    let limit = if limit.is_empty() {
        build::null(span)
    } else {
        build::text(span, limit)
    };
    job.put_for(
        found,
        claim,
        &Path::place("server.persistence.emptyDir.sizeLimit"),
        limit,
    );
}

/// The component (`server` or a subchart) if a key configures the claim that its chart creates.
pub(super) fn of_claim(old: &str) -> Option<&'static str> {
    const KEYS: [&str; 8] = [
        "size",
        "accessModes",
        "storageClass",
        "labels",
        "annotations",
        "selector",
        "volumeName",
        "retain",
    ];
    if old == "prometheus-pushgateway/persistentVolumeLabels" {
        return Some("prometheus-pushgateway");
    }
    let (component, key) = old.split_once("/persistentVolume/")?;
    let known = ["server", "prometheus-pushgateway"]
        .into_iter()
        .find(|known| *known == component)?;
    KEYS.contains(&key).then_some(known)
}

/// Whether a component's data is on an existing claim.
pub(super) fn uses_claim(job: &Job<'_>, component: &str) -> bool {
    if component == "server" {
        let is_given = job.is_on("server/persistentVolume/existingClaim") && !job.is_on("server/statefulSet/enabled");
        is_given && job.is_on("server/persistentVolume/enabled") || old_claim(job).is_some()
    } else {
        super::pushgateway::uses_claim(job)
    }
}

/// The claims that Helm deletes with the old release, each with the key of its values there.
pub(super) fn kept_claims(job: &Job<'_>) -> Vec<(String, &'static str)> {
    let mut claims = Vec::new();
    if !job.is_on("server/statefulSet/enabled")
        && !job.is_on("server/persistentVolume/existingClaim")
        && let Some(claim) = old_claim(job)
    {
        claims.push((claim, "server.persistentVolume"));
    }
    if super::pushgateway::uses_claim(job) && !job.is_on("prometheus-pushgateway/persistentVolume/existingClaim") {
        claims.push((job.names.pushgateway.clone(), "prometheus-pushgateway.persistentVolume"));
    }
    claims
}

/// The claim of a StatefulSet, which Helm does not own.
pub(super) fn claim_of_stateful_set(job: &Job<'_>) -> Option<String> {
    job.is_on("server/statefulSet/enabled")
        .then(|| old_claim(job))
        .flatten()
}

/// A span for values that have no origin in the input.
pub(super) fn nowhere(job: &Job<'_>) -> Span {
    Span::file_start(job.defaults_file)
}
