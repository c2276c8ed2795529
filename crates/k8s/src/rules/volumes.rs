//! Volumes of pods.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::pod_spec::each_container;
use super::{Check, each_object, forbids, is_set, items, needs, number, object, says_something, string};
use crate::formats::{names, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.AppArmorProfile", app_armor),
    ("core.v1.AzureDiskVolumeSource", azure_disk),
    ("core.v1.CSIVolumeSource", csi),
    ("core.v1.ClusterTrustBundleProjection", trust_bundle),
    ("core.v1.FCVolumeSource", fibre_channel),
    ("core.v1.FlexVolumeSource", flex),
    ("core.v1.PersistentVolumeClaimTemplate", claim_template),
    ("core.v1.PodCertificateProjection", certificate),
    ("core.v1.PodSpec", used),
    ("core.v1.ProjectedVolumeSource", projected),
    ("core.v1.QuobyteVolumeSource", quobyte),
];

/// `ValidateAppArmorProfileField`. It belongs to a container or pod and is here because it is similar.
fn app_armor<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let profile = string(map, "localhostProfile");
    match string(map, "type") {
        Some("Localhost") => match profile {
            None | Some("") => needs(walker, map, "localhostProfile"),
            Some(profile) if profile.trim() != profile => {
                walker.fault_at("localhostProfile", "bad-name", "there are spaces around the name");
            }
            Some(profile) if profile.len() > 4095 => {
                walker.fault_at("localhostProfile", "bad-size", "it is longer than 4095 characters");
            }
            Some(_) => {}
        },
        Some(kind) if profile.is_some() => {
            forbids(
                walker,
                map,
                "localhostProfile",
                &format!("together with `type: {}`", shown(kind)),
            );
        }
        _ => {}
    }
}

fn azure_disk<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let (Some(kind), Some(uri)) = (string(map, "kind"), string(map, "diskURI")) else {
        return;
    };
    let start = match kind {
        "Managed" => "/subscriptions/",
        "Shared" | "Dedicated" => "https://",
        _ => return,
    };
    if !uri.starts_with(start) {
        let message = format!("for `kind: {kind}` it starts with `{start}`");
        walker.fault_at("diskURI", "invalid-enum-value", message);
    }
}

fn csi<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(driver) = string(map, "driver").filter(|driver| !driver.is_empty()) {
        walker.below(Position::Key("driver"), |walker| {
            walker.text("bad-name", "the name of a CSI driver", driver, |text| {
                if text.len() > names::LABEL_LENGTH {
                    return Err(format!("it has {} characters, at most 63 are allowed", text.len()));
                }
                names::subdomain(&text.to_ascii_lowercase())
            });
        });
    }
    if let Some(secret) = object(map, "nodePublishSecretRef") {
        walker.below(Position::Key("nodePublishSecretRef"), |walker| {
            needs(walker, secret, "name");
            if let Some(name) = string(secret, "name").filter(|name| !name.is_empty()) {
                walker.below(Position::Key("name"), |walker| {
                    walker.text("bad-name", "a DNS subdomain", name, names::subdomain);
                });
            }
        });
    }
}

fn fibre_channel<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let by_port = !items(map, "targetWWNs").is_empty();
    let by_id = !items(map, "wwids").is_empty();
    match (by_port, by_id) {
        (false, false) => {
            walker.fault(
                Side::Key,
                "missing-required-field",
                "one of `targetWWNs` and `wwids` is missing",
            );
        }
        (true, true) => forbids(walker, map, "wwids", "together with `targetWWNs`"),
        _ => {}
    }
    if by_port {
        match number(map, "lun") {
            None if !is_set(map, "lun") => {
                walker.missing("lun").help = Some("`targetWWNs` need it".to_owned());
            }
            Some(lun) if !(0..=255).contains(&lun) => {
                let message = format!("{lun} is out of range: from 0 to 255 is allowed");
                walker.fault_at("lun", "int-range", message);
            }
            _ => {}
        }
    }
}

fn flex<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(options) = object(map, "options") else { return };
    walker.below(Position::Key("options"), |walker| {
        for key in options.keys() {
            let domain = key.split_once('/').map_or(key.as_str(), |(domain, _)| domain);
            let domain = format!(".{}", domain.to_ascii_lowercase());
            if domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io") {
                let message = format!("`{}` is reserved for Kubernetes", shown(key));
                walker.fault_at(key, "bad-key", message).side = Side::Key;
            }
        }
    });
}

/// `ValidateTemplateObjectMeta`: the name of the claim is composed of the pod's and the volume's name.
fn claim_template<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(meta) = object(map, "metadata") else { return };
    walker.below(Position::Key("metadata"), |walker| {
        for key in meta
            .keys()
            .filter(|key| !matches!(key.as_str(), "annotations" | "labels"))
        {
            if says_something(meta, key) {
                forbids(walker, meta, key, "for a claim that is made for a pod");
            }
        }
    });
}

/// `validateQuobyteVolumeSource`
fn quobyte<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(registry) = string(map, "registry").filter(|registry| !registry.is_empty())
        && let Some(bad) = registry.split(',').find(|part| !part.contains(':'))
    {
        let message = format!("`{}` is not a host and a port, `host:7861`", shown(bad));
        walker.fault_at("registry", "bad-name", message);
    }
    if let Some(length) = string(map, "tenant").map(str::len).filter(|length| *length > 64) {
        let message = format!("it has {length} characters, at most 64 are allowed");
        walker.fault_at("tenant", "bad-size", message);
    }
}

fn trust_bundle<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    match (is_set(map, "name"), is_set(map, "signerName")) {
        (false, false) => {
            walker.fault(
                Side::Key,
                "missing-required-field",
                "one of `name` and `signerName` is missing",
            );
        }
        (true, true) => forbids(walker, map, "signerName", "together with `name`"),
        (true, false) => forbids(walker, map, "labelSelector", "together with `name`"),
        (false, true) => {}
    }
    for field in ["name", "signerName"] {
        if string(map, field) == Some("") {
            needs(walker, map, field);
        }
    }
    relative(walker, map, &["path"]);
}

fn certificate<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    const PATHS: [&str; 3] = ["certificateChainPath", "credentialBundlePath", "keyPath"];
    if !PATHS.iter().any(|path| says_something(map, path)) {
        walker.fault(
            Side::Key,
            "missing-required-field",
            "one of `credentialBundlePath`, `keyPath` and `certificateChainPath` is missing",
        );
    }
    relative(walker, map, &PATHS);
    if let Some(seconds) = number(map, "maxExpirationSeconds") {
        let most = if string(map, "signerName").is_some_and(|name| name.starts_with("kubernetes.io/")) {
            86_400
        } else {
            91 * 86_400
        };
        if !(3600..=most).contains(&seconds) {
            let message = format!("{seconds} is out of range: from 3600 to {most} is allowed");
            walker.fault_at("maxExpirationSeconds", "int-range", message);
        }
    }
}

fn relative<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, fields: &[&'static str]) {
    for field in fields {
        if let Some(path) = string(map, field) {
            walker.below(Position::Key(field), |walker| {
                walker.text(
                    "bad-path",
                    "a path in a volume",
                    path,
                    crate::formats::network::unreserved_path,
                );
            });
        }
    }
}

/// Checks that each file of a projected volume occurs only once: `validateProjectionSources`.
fn projected<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let mut paths: BTreeMap<&str, usize> = BTreeMap::new();
    let mut index = 0;
    each_object(walker, map, "sources", |walker, source| {
        for field in ["secret", "configMap", "downwardAPI"] {
            let Some(own) = object(source, field) else { continue };
            walker.below(Position::Key(field), |walker| {
                each_object(walker, own, "items", |walker, item| {
                    once(walker, item, "path", &mut paths, index);
                });
            });
        }
        if let Some(own) = object(source, "clusterTrustBundle") {
            walker.below(Position::Key("clusterTrustBundle"), |walker| {
                once(walker, own, "path", &mut paths, index);
            });
        }
        if let Some(own) = object(source, "podCertificate") {
            walker.below(Position::Key("podCertificate"), |walker| {
                for field in ["credentialBundlePath", "keyPath", "certificateChainPath"] {
                    once(walker, own, field, &mut paths, index);
                }
            });
        }
        index += 1;
    });
}

fn once<'a>(
    walker: &mut Walker<'a>,
    map: &'a Map<String, Value>,
    field: &'static str,
    paths: &mut BTreeMap<&'a str, usize>,
    index: usize,
) {
    let Some(path) = string(map, field).filter(|path| !path.is_empty()) else {
        return;
    };
    if let Some(first) = paths.insert(path, index) {
        let message = format!("the path `{}` is in the volume twice", shown(path));
        walker.fault_at(field, "duplicate-item", message).help = Some(format!("the first is in source {first}"));
    }
}

/// Checks the requirements of containers on the volumes that they use: `isMatchedDevice`, `validateFileKeyRefVolumes`.
fn used<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let volumes: BTreeMap<&str, &Map<String, Value>> = items(map, "volumes")
        .iter()
        .filter_map(|volume| Some((volume["name"].as_str()?, volume.as_object()?)))
        .collect();
    let volume = |map: &'a Map<String, Value>, field: &str| volumes.get(string(map, field)?).copied();
    each_container(walker, map, |walker, (_, _, container)| {
        each_object(walker, container, "volumeDevices", |walker, device| {
            if let Some(volume) = volume(device, "name")
                && !is_set(volume, "persistentVolumeClaim")
                && !is_set(volume, "ephemeral")
            {
                walker.fault_at(
                    "name",
                    "field-conflict",
                    "a device is a volume of the kind `persistentVolumeClaim` or `ephemeral`",
                );
            }
        });
        each_object(walker, container, "volumeMounts", |walker, mount| {
            if !items(mount, "bindMountOptions").is_empty()
                && volume(mount, "name").is_some_and(|volume| is_set(volume, "image"))
            {
                forbids(walker, mount, "bindMountOptions", "for a volume of the kind `image`");
            }
        });
        each_object(walker, container, "env", |walker, variable| {
            let Some(key) = object(variable, "valueFrom").and_then(|from| object(from, "fileKeyRef")) else {
                return;
            };
            let Some(name) = string(key, "volumeName").filter(|name| !name.is_empty()) else {
                return;
            };
            let message = match volumes.get(name) {
                None => format!("the pod has no volume `{}`", shown(name)),
                Some(volume) if !is_set(volume, "emptyDir") => format!("the volume `{}` is no emptyDir", shown(name)),
                Some(_) => return,
            };
            walker.inside(&[Position::Key("valueFrom"), Position::Key("fileKeyRef")], |walker| {
                walker.fault_at("volumeName", "field-conflict", message);
            });
        });
    });
}
