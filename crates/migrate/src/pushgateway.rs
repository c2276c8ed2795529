//! The subchart prometheus-pushgateway.

use super::build::{self, is_true};
use super::exporter::{self, extra_arg, timing};
use super::job::{Found, Job};
use super::kind;
use super::path::Path;
use goyaml::Node;

const NEW: &str = "pushgateway";
/// The mount path of the volume in our chart.
const DATA: &str = "/pushgateway";

/// Whether the Pushgateway is enabled.
pub(super) fn is_on(job: &Job<'_>) -> bool {
    job.is_on("prometheus-pushgateway/enabled")
}

pub(super) fn enabled(job: &mut Job<'_>, found: &Found) {
    job.put(
        found,
        "pushgateway.enabled",
        build::bool(found.node.span, is_true(&found.node)),
    );
}

pub(super) fn names(job: &mut Job<'_>, found: &Found) {
    if !is_true(&found.node) {
        job.same(found, "it is empty");
    } else if job.names.release.is_some() {
        job.mapped(found);
    } else {
        job.lose(
            found,
            "the chart computes the names of its objects",
            "give --release to keep the names of that release, or set pushgateway.fullnameOverride",
        );
    }
}

pub(super) fn full_name(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        let name = job.names.pushgateway.clone();
        job.put(
            found,
            "pushgateway.fullnameOverride",
            build::text(found.node.span, name),
        );
    } else {
        job.same(found, "it is empty");
    }
}

pub(super) fn registry(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        // The repository then has no host.
        job.put(found, "pushgateway.image.registry", found.node.clone());
    } else {
        job.same(found, "it is empty");
    }
}

pub(super) fn repository(job: &mut Job<'_>, found: &Found) {
    let registry = job.text("prometheus-pushgateway/image/registry");
    let registry = (!registry.is_empty()).then_some(registry.as_str());
    kind::image(job, found, "pushgateway/image", registry);
}

pub(super) fn tag(job: &mut Job<'_>, found: &Found) {
    kind::tag(job, found, "pushgateway/image");
}

pub(super) fn resources(job: &mut Job<'_>, found: &Found) {
    if found.is_given || is_on(job) {
        kind::component_resources(job, found, "pushgateway.resources");
    }
}

pub(super) fn pod_security(job: &mut Job<'_>, found: &Found) {
    kind::security(job, found, "pushgateway/podSecurityContext");
}

pub(super) fn container_security(job: &mut Job<'_>, found: &Found) {
    kind::security(job, found, "pushgateway/containerSecurityContext");
}

pub(super) fn web(job: &mut Job<'_>, found: &Found) {
    job.only(&found.path, &found.node, &["basicAuthUsers", "existingSecret"]);
    let Some(name) = job.find(&found.path.join("existingSecret").join("name"), "") else {
        job.same(found, "it is empty");
        return;
    };
    let span = name.node.span;
    let claim = job.mapped(&name);
    let secret = build::map(
        span,
        [
            ("name", name.node.clone()),
            ("key", build::text(span, "web-config.yaml")),
        ],
    );
    job.put_for(
        &name,
        claim,
        &Path::place("pushgateway.web.basicAuth.existingSecret"),
        secret,
    );
    job.set(
        "pushgateway.web.basicAuth.enabled",
        build::bool(span, true),
        "the Secret has a web configuration",
    );
    job.mapped(found);
}

pub(super) fn liveness(job: &mut Job<'_>, found: &Found) {
    probe(job, found, "liveness");
}

pub(super) fn readiness(job: &mut Job<'_>, found: &Found) {
    probe(job, found, "readiness");
}

fn probe(job: &mut Job<'_>, found: &Found, name: &str) {
    job.defaults_below(&found.path);
    job.only(&found.path, &found.node, &["enabled", "probe"]);
    let new = format!("{NEW}.probes.{name}");
    if let Some(enabled) = job
        .find(&found.path.join("enabled"), "")
        .filter(|enabled| enabled.is_given)
    {
        job.put(
            &enabled,
            &format!("{new}.enabled"),
            build::bool(enabled.node.span, is_true(&enabled.node)),
        );
    }
    if let Some(probe) = job.find(&found.path.join("probe"), "") {
        timing(job, &probe, &new, &["httpGet"]);
    }
    job.same(found, "it changes nothing");
}

pub(super) fn replicas(job: &mut Job<'_>, found: &Found) {
    match found.node.scalar_text().unwrap_or_default().as_str() {
        "1" | "" => job.same(found, "there is one Pushgateway"),
        "0" => job.put(found, "pushgateway.replicas", found.node.clone()),
        _ => job.lose(
            found,
            "each Pushgateway would hold a part of the groups",
            "one is enough for most; for more install several releases, each with clients of its own",
        ),
    }
}

pub(super) fn stateful_set(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        job.lose(
            found,
            "one Pushgateway with a claim is a Deployment",
            "to keep its groups, name the claim storage-volume-...-0 in pushgateway.persistence.existingClaim",
        );
    } else {
        job.same(found, "it is a Deployment");
    }
}

pub(super) fn args(job: &mut Job<'_>, found: &Found) {
    let items: Vec<Node> = match found.node.as_list() {
        Some(items) => items.to_vec(),
        // The oldest form is a mapping.
        None => found
            .node
            .as_map()
            .into_iter()
            .flat_map(|map| {
                map.iter()
                    .map(|(name, entry)| (name.to_string(), entry.node.clone()))
                    .collect::<Vec<_>>()
            })
            .map(
                |(name, value)| match value.scalar_text().filter(|text| !text.is_empty()) {
                    Some(text) => build::text(value.span, format!("--{name}={text}")),
                    None => build::text(value.span, format!("--{name}")),
                },
            )
            .collect(),
    };
    let is_map = found.node.as_map().is_some();
    for (at, item) in items.iter().enumerate() {
        let text = item.scalar_text().unwrap_or_default();
        let (name, value) = exporter::flag(&text);
        let step = if is_map { name.clone() } else { at.to_string() };
        let Some(mut entry) = job.find(&found.path.join(&step), found.about) else {
            continue;
        };
        entry.key = item.span;
        let span = item.span;
        let given = value.clone().unwrap_or_default();
        let new = match name.as_str() {
            "persistence.file" => {
                file(job, &entry, &given);
                continue;
            }
            "persistence.interval" => "persistence.interval",
            "web.route-prefix" => "routePrefix",
            "web.external-url" => "externalUrl",
            "log.level" => "logLevel",
            "log.format" => "logFormat",
            "web.enable-admin-api" => {
                job.put(&entry, "pushgateway.adminApi", build::bool(span, true));
                continue;
            }
            _ => {
                extra_arg(job, &entry, NEW, &name, value.as_deref());
                continue;
            }
        };
        job.put(&entry, &format!("{NEW}.{new}"), build::text(span, given));
    }
    job.same(found, "there are no flags");
}

/// The persistence file, moved to our chart's mount path of the volume.
fn file(job: &mut Job<'_>, entry: &Found, path: &str) {
    let mount = job.text("prometheus-pushgateway/persistentVolume/mountPath");
    let below = path
        .strip_prefix(mount.trim_end_matches('/'))
        .filter(|rest| rest.starts_with('/'));
    let Some(below) = below else {
        job.lose(
            entry,
            "the file is not on the volume, so it is lost with the container",
            "the chart writes the groups to its volume (pushgateway.persistence)",
        );
        return;
    };
    let directory = job.text("prometheus-pushgateway/persistentVolume/subPath");
    let path = format!("{DATA}/{directory}{below}").replace("//", "/");
    extra_arg(job, entry, NEW, "persistence.file", Some(&path));
}

pub(super) fn persistence(job: &mut Job<'_>, found: &Found) {
    if found.is_given || is_on(job) {
        job.put(
            found,
            "pushgateway.persistence.enabled",
            build::bool(found.node.span, is_true(&found.node)),
        );
    }
}

/// Whether the Pushgateway has a volume claim.
fn has_claim(job: &Job<'_>) -> bool {
    is_on(job) && job.is_on("prometheus-pushgateway/persistentVolume/enabled")
}

/// Whether the groups are on an existing claim.
pub(super) fn uses_claim(job: &Job<'_>) -> bool {
    has_claim(job)
        && (job.is_on("prometheus-pushgateway/persistentVolume/existingClaim")
            || job.names.release.is_some() && !job.is_on("prometheus-pushgateway/runAsStatefulSet"))
}

pub(super) fn existing(job: &mut Job<'_>, found: &Found) {
    let is_set = is_true(&found.node);
    if is_set && !job.is_on("prometheus-pushgateway/persistentVolume/enabled") {
        job.same(
            found,
            "the community chart ignores it, because persistentVolume.enabled is false",
        );
    } else if is_set {
        job.put(found, "pushgateway.persistence.existingClaim", found.node.clone());
    } else if has_claim(job) && job.names.release.is_some() && !job.is_on("prometheus-pushgateway/runAsStatefulSet") {
        job.same(found, "the claim of the release is used");
        job.set(
            "pushgateway.persistence.existingClaim",
            build::text(found.node.span, job.names.pushgateway.clone()),
            "the claim of the old release, with its groups; see the top of this file",
        );
    } else {
        job.same(found, "it is empty");
    }
}

pub(super) fn size(job: &mut Job<'_>, found: &Found) {
    if found.is_given || has_claim(job) {
        job.put(found, "pushgateway.persistence.size", found.node.clone());
    }
}

pub(super) fn sub_path(job: &mut Job<'_>, found: &Found) {
    // The flag for the persistence file includes it.
    if is_true(&found.node) {
        job.mapped(found);
    } else {
        job.same(found, "it is empty");
    }
}

pub(super) fn empty_dir(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) && !job.is_on("prometheus-pushgateway/persistentVolume/enabled") {
        job.put(found, "pushgateway.persistence.emptyDir", found.node.clone());
    } else {
        job.same(found, "it is empty, or there is a claim");
    }
}

pub(super) fn network_policy(job: &mut Job<'_>, found: &Found) {
    job.only(&found.path, &found.node, &["allowAll", "customSelectors"]);
    if !is_true(&found.node) {
        job.same(found, "it is off");
        return;
    }
    let span = found.node.span;
    let claim = job.mapped(found);
    let place = |key: &str| Path::place(&format!("{NEW}.networkPolicy.{key}"));
    job.put_for(found, claim, &place("enabled"), build::bool(span, true));
    let peers = match found.node.get("customSelectors").filter(|selectors| is_true(selectors)) {
        Some(selectors) => selectors.clone(),
        None if found.node.get("allowAll").is_some_and(is_true) => build::list(
            span,
            [build::map(
                span,
                [("namespaceSelector", build::map(span, [] as [(&str, Node); 0]))],
            )],
        ),
        None => return,
    };
    job.put_for(found, claim, &place("ingress").join("from"), peers);
    job.set(
        &format!("{NEW}.networkPolicy.egress.enabled"),
        build::bool(span, false),
        "as in the community chart, which lets everything out",
    );
}
