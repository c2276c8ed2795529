//! Storage: `pkg/apis/storage/validation`, and the volumes and claims of `pkg/apis/core/validation`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::quotas::amount;
use super::{
    Check, each_object, each_string, forbids, is_set, items, needs, number, object, says_something, string,
    unique_strings,
};
use crate::formats::{labels, names, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.AzureFilePersistentVolumeSource", azure_file),
    ("core.v1.CephFSPersistentVolumeSource", ceph_fs),
    ("core.v1.CinderPersistentVolumeSource", cinder),
    ("core.v1.CSIPersistentVolumeSource", csi),
    ("core.v1.FlexPersistentVolumeSource", flex),
    ("core.v1.GlusterfsPersistentVolumeSource", glusterfs),
    ("core.v1.ISCSIPersistentVolumeSource", iscsi),
    ("core.v1.ISCSIVolumeSource", chap),
    ("core.v1.LocalVolumeSource", local),
    ("core.v1.PersistentVolume", needs_spec),
    ("core.v1.PersistentVolume", initiator_of_object),
    ("core.v1.PersistentVolumeClaim", needs_spec),
    ("core.v1.PersistentVolumeClaimSpec", claim),
    ("core.v1.PersistentVolumeSpec", volume),
    ("core.v1.RBDPersistentVolumeSource", rbd),
    ("core.v1.ScaleIOPersistentVolumeSource", scale_io),
    ("core.v1.StorageOSPersistentVolumeSource", storage_os),
    ("core.v1.TopologySelectorTerm", topology),
    ("core.v1.Volume", initiator_of_volume),
    ("core.v1.VolumeNodeAffinity", node_affinity),
    ("storage.v1.CSIDriverSpec", csi_driver),
    ("storage.v1.CSINodeDriver", csi_node_driver),
    ("storage.v1.CSIStorageCapacity", capacity),
    ("storage.v1.StorageClass", class),
    ("storage.v1.VolumeAttachmentSource", attachment),
    ("storage.v1.VolumeAttachmentSpec", attachment_spec),
    ("storage.v1.VolumeAttributesClass", attributes_class),
    ("storage.v1beta1.VolumeAttributesClass", attributes_class),
];

/// `maxProvisionerParameterLen` and `maxProvisionerParameterSize`.
const MOST_PARAMETERS: usize = 512;
const PARAMETERS_SIZE: usize = 256 * 1024;

fn needs_spec<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !is_set(map, "spec") {
        walker.missing("spec");
    }
}

/// Checks a text that is set and not empty.
fn grammar<'a>(
    walker: &mut Walker<'a>,
    map: &'a Map<String, Value>,
    field: &'static str,
    what: &str,
    check: fn(&str) -> Result<(), String>,
) {
    if let Some(text) = string(map, field).filter(|text| !text.is_empty()) {
        walker.below(Position::Key(field), |walker| {
            walker.text("bad-name", what, text, check);
        });
    }
}

/// `ReadWriteOncePod` excludes all other modes.
fn access_modes<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "accessModes");
    let modes = items(map, "accessModes");
    if modes.iter().any(|mode| mode == "ReadWriteOncePod") && modes.iter().any(|mode| mode != "ReadWriteOncePod") {
        walker.fault_at(
            "accessModes",
            "field-conflict",
            "`ReadWriteOncePod` cannot be set together with other modes",
        );
    }
}

/// Checks that an amount of storage is above 0.
fn positive<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'a str) {
    let Some(value) = map.get(field) else { return };
    // A null stands for 0.
    if value.is_null() || amount(value).is_some_and(|amount| amount <= 0.0) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        walker.fault_at(field, "bad-quantity", format!("{} is not above 0", shown(&text)));
    }
}

fn claim<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    access_modes(walker, map);
    grammar(
        walker,
        map,
        "storageClassName",
        "the name of a StorageClass",
        names::subdomain,
    );
    grammar(
        walker,
        map,
        "volumeAttributesClassName",
        "the name of a VolumeAttributesClass",
        names::subdomain,
    );
    // An invalid `dataSource` alone is dropped (`EnforceDataSourceBackwardsCompatibility`).
    // Without the feature `CrossNamespaceVolumeDataSource` the API server drops one with a namespace.
    let Some(reference) = object(map, "dataSourceRef") else {
        return claim_size(walker, map);
    };
    if says_something(reference, "namespace") {
        let message = "Kubernetes ignores it with a `namespace`";
        let problem = walker.fault_at("dataSourceRef", "server-warning", message);
        problem.help = Some("it needs the feature `CrossNamespaceVolumeDataSource`".to_owned());
        return claim_size(walker, map);
    }
    data_source(walker, map, "dataSourceRef");
    if let Some(source) = object(map, "dataSource") {
        let same = |field| string(source, field).unwrap_or_default() == string(reference, field).unwrap_or_default();
        if !["apiGroup", "kind", "name"].into_iter().all(same) {
            walker.fault_at("dataSource", "field-conflict", "it is not what `dataSourceRef` says");
        }
    }
    claim_size(walker, map);
}

fn claim_size<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(resources) = object(map, "resources") else {
        if !is_set(map, "resources") {
            walker.missing("resources").help = Some("`requests.storage` is the size that is wanted".to_owned());
        }
        return;
    };
    walker.below(Position::Key("resources"), |walker| {
        match object(resources, "requests") {
            Some(requests) if requests.contains_key("storage") => {
                walker.below(Position::Key("requests"), |walker| {
                    positive(walker, requests, "storage");
                });
            }
            _ => {
                walker.missing("requests.storage");
            }
        }
    });
}

fn data_source<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str) {
    let Some(source) = object(map, field) else { return };
    walker.below(Position::Key(field), |walker| {
        needs(walker, source, "name");
        needs(walker, source, "kind");
        let kind = string(source, "kind").unwrap_or_default();
        if !says_something(source, "apiGroup") && !matches!(kind, "" | "PersistentVolumeClaim") {
            let message = format!(
                "`{}` needs an `apiGroup`: the core group has only PersistentVolumeClaim",
                shown(kind)
            );
            walker.fault_at("kind", "invalid-enum-value", message);
        }
        grammar(
            walker,
            source,
            "apiGroup",
            "a group (a DNS subdomain)",
            names::subdomain,
        );
    });
}

fn volume<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    access_modes(walker, map);
    // The inline volume of a VolumeAttachment has none.
    if walker.is_at("spec") {
        needs(walker, map, "capacity");
        if let Some(capacity) = object(map, "capacity").filter(|capacity| !capacity.is_empty()) {
            walker.below(Position::Key("capacity"), |walker| {
                if !capacity.contains_key("storage") {
                    walker.missing("storage");
                }
                for key in capacity.keys().filter(|key| *key != "storage") {
                    let message = format!("`{}` is not allowed here: storage is", shown(key));
                    walker.fault_at(key, "bad-resource-name", message).side = Side::Key;
                }
                positive(walker, capacity, "storage");
            });
        }
    }
    grammar(
        walker,
        map,
        "storageClassName",
        "the name of a StorageClass",
        names::subdomain,
    );
    if let Some(path) = object(map, "hostPath").and_then(|source| string(source, "path"))
        && is_root(path)
        && string(map, "persistentVolumeReclaimPolicy") == Some("Recycle")
    {
        walker.fault_at(
            "persistentVolumeReclaimPolicy",
            "field-conflict",
            "`Recycle` would empty the whole host: the volume is `/`",
        );
    }
    if is_set(map, "local") && !is_set(map, "nodeAffinity") {
        walker.missing("nodeAffinity").help = Some("a local volume is on a node".to_owned());
    }
    if is_set(map, "volumeAttributesClassName") {
        needs(walker, map, "volumeAttributesClassName");
        grammar(
            walker,
            map,
            "volumeAttributesClassName",
            "the name of a VolumeAttributesClass",
            names::subdomain,
        );
        if !is_set(map, "csi") {
            walker.missing("csi").help = Some("`volumeAttributesClassName` needs it".to_owned());
        }
    }
    // Sources that pods share, with the same checks.
    for (field, names) in SOURCES {
        let Some((key, source)) = map.get_key_value(*field) else {
            continue;
        };
        let Some(source) = source.as_object() else { continue };
        walker.below(Position::Key(key), |walker| {
            for name in *names {
                if !walker.has_missing(name) {
                    needs(walker, source, name);
                }
            }
            if *field == "nfs"
                && let Some(path) = string(source, "path").filter(|path| !path.is_empty() && !path.starts_with('/'))
            {
                let message = format!("`{}` is not an absolute path: it does not start with `/`", shown(path));
                walker.below(Position::Key("path"), |walker| {
                    if !walker.has("bad-path") {
                        walker.fault(Side::Value, "bad-path", message);
                    }
                });
            }
        });
    }
}

/// A volume source and its required fields.
const SOURCES: &[(&str, &[&str])] = &[
    ("awsElasticBlockStore", &["volumeID"]),
    ("azureDisk", &["diskName", "diskURI"]),
    ("flocker", &[]),
    ("gcePersistentDisk", &["pdName"]),
    ("hostPath", &["path"]),
    ("nfs", &["server", "path"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("quobyte", &["registry", "volume"]),
    ("vsphereVolume", &["volumePath"]),
];

/// Whether a path is `/` after cleaning.
fn is_root(path: &str) -> bool {
    path.starts_with('/') && path.split('/').all(|part| matches!(part, "" | "." | ".."))
}

fn node_affinity<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !is_set(map, "required") {
        walker.missing("required");
    }
    if let Some(required) = object(map, "required") {
        walker.below(Position::Key("required"), |walker| {
            needs(walker, required, "nodeSelectorTerms");
        });
    }
}

fn secret<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str, strict: bool) {
    let Some(reference) = object(map, field) else { return };
    walker.below(Position::Key(field), |walker| {
        needs(walker, reference, "name");
        needs(walker, reference, "namespace");
        if strict {
            grammar(walker, reference, "name", "the name of a Secret", names::subdomain);
            grammar(walker, reference, "namespace", "a namespace", names::label);
        }
    });
}

fn csi<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "driver");
    needs(walker, map, "volumeHandle");
    grammar(walker, map, "driver", "the name of a driver", names::driver);
    for field in [
        "controllerExpandSecretRef",
        "controllerPublishSecretRef",
        "nodeExpandSecretRef",
        "nodePublishSecretRef",
    ] {
        secret(walker, map, field, true);
    }
}

fn azure_file<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "secretName");
    needs(walker, map, "shareName");
    if string(map, "secretNamespace") == Some("") {
        needs(walker, map, "secretNamespace");
    }
}

fn ceph_fs<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "monitors");
}

fn cinder<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "volumeID");
    secret(walker, map, "secretRef", false);
}

fn rbd<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "monitors");
    needs(walker, map, "image");
}

fn scale_io<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    for field in ["gateway", "system", "volumeName"] {
        needs(walker, map, field);
    }
}

fn storage_os<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "volumeName");
    grammar(walker, map, "volumeName", "a DNS label", names::label);
    grammar(walker, map, "volumeNamespace", "a DNS label", names::label);
}

fn local<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "path");
    if let Some(path) = string(map, "path") {
        walker.below(Position::Key("path"), |walker| {
            walker.text(
                "bad-path",
                "a path of a host",
                path,
                crate::formats::network::path_without_backsteps,
            );
        });
    }
}

fn glusterfs<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "endpoints");
    needs(walker, map, "path");
    if let Some(namespace) = string(map, "endpointsNamespace") {
        walker.below(Position::Key("endpointsNamespace"), |walker| {
            walker.text("bad-name", "a namespace", namespace, names::label);
        });
    }
}

fn flex<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "driver");
    let Some(options) = object(map, "options") else { return };
    walker.below(Position::Key("options"), |walker| {
        for key in options.keys() {
            let domain = format!(".{}", key.split('/').next().unwrap_or_default().to_ascii_lowercase());
            if domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io") {
                let message = format!("`{}` is in a domain of Kubernetes' own", shown(key));
                walker.fault_at(key, "bad-name", message).side = Side::Key;
            }
        }
    });
}

pub(super) fn chap<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let on = |field: &str| map.get(field) == Some(&Value::Bool(true));
    if (on("chapAuthDiscovery") || on("chapAuthSession")) && !is_set(map, "secretRef") {
        walker.missing("secretRef").help = Some("CHAP needs it".to_owned());
    }
}

fn initiator_of_object<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let name = object(map, "metadata").and_then(|meta| string(meta, "name"));
    let source = object(map, "spec").and_then(|spec| object(spec, "iscsi"));
    if let (Some(name), Some(source)) = (name, source) {
        walker.below(Position::Key("spec"), |walker| {
            walker.below(Position::Key("iscsi"), |walker| initiator(walker, source, name));
        });
    }
}

fn initiator_of_volume<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let (Some(name), Some(source)) = (string(map, "name"), object(map, "iscsi")) {
        walker.below(Position::Key("iscsi"), |walker| initiator(walker, source, name));
    }
}

/// The name of an interface for an initiator is made of the volume's name and the portal, and may not be long.
fn initiator<'a>(walker: &mut Walker<'a>, source: &'a Map<String, Value>, name: &str) {
    let portal = string(source, "targetPortal").unwrap_or_default();
    let size = name.len() + 1 + portal.len();
    if is_set(source, "initiatorName") && size > 64 {
        let message = format!(
            "the volume's name and the portal have {size} characters, at most 64 are allowed with `initiatorName`"
        );
        walker.fault_at("targetPortal", "bad-size", message);
    }
}

fn iscsi<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "targetPortal");
    needs(walker, map, "iqn");
    for field in ["iqn", "initiatorName"] {
        if let Some(name) = string(map, field).filter(|name| !name.is_empty() || field == "initiatorName")
            && !["iqn", "eui", "naa"].into_iter().any(|start| name.starts_with(start))
        {
            let message = format!("`{}` starts with none of `iqn`, `eui`, `naa`", shown(name));
            walker.fault_at(field, "bad-name", message);
        }
    }
    if number(map, "lun").is_some_and(|lun| !(0..=255).contains(&lun)) {
        walker.fault_at("lun", "int-range", "it is out of range: from 0 to 255 is allowed");
    }
    chap(walker, map);
    if let Some(reference) = object(map, "secretRef") {
        walker.below(Position::Key("secretRef"), |walker| needs(walker, reference, "name"));
    }
}

fn topology<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let mut seen = BTreeSet::new();
    each_object(walker, map, "matchLabelExpressions", |walker, item| {
        needs(walker, item, "values");
        unique_strings(walker, item, "values");
        let Some(key) = string(item, "key") else { return };
        walker.below(Position::Key("key"), |walker| {
            walker.text("bad-label", "a label key", key, labels::key);
        });
        if !seen.insert(key) {
            let message = format!("another item has the key `{}`", shown(key));
            walker.fault_at("key", "duplicate-item", message);
        }
    });
}

/// A qualified name in any case.
fn provisioner(text: &str) -> Result<(), String> {
    labels::key(&text.to_ascii_lowercase())
}

fn parameters<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(parameters) = object(map, "parameters") else {
        return;
    };
    walker.below(Position::Key("parameters"), |walker| {
        let size: usize = parameters
            .iter()
            .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
            .sum();
        if parameters.len() > MOST_PARAMETERS || size > PARAMETERS_SIZE {
            let message = format!(
                "it has {} items of {size} bytes, at most {MOST_PARAMETERS} of {PARAMETERS_SIZE} are allowed",
                parameters.len()
            );
            walker.fault(Side::Key, "bad-size", message);
        }
        if let Some((key, _)) = parameters.get_key_value("") {
            walker.below(Position::Key(key), |walker| {
                walker.fault(Side::Key, "bad-key", "a parameter's name is empty");
            });
        }
    });
}

fn class<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "provisioner");
    grammar(walker, map, "provisioner", "the name of a provisioner", provisioner);
    parameters(walker, map);
    let mut seen: Vec<&Value> = Vec::new();
    for (index, term) in items(map, "allowedTopologies").iter().enumerate() {
        if seen.contains(&term) {
            walker.below(Position::Key("allowedTopologies"), |walker| {
                walker.below(Position::Index(index), |walker| {
                    walker.fault(Side::Value, "duplicate-item", "the same term is in the list already");
                });
            });
        }
        seen.push(term);
    }
}

fn attributes_class<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "driverName");
    grammar(walker, map, "driverName", "the name of a driver", provisioner);
    needs(walker, map, "parameters");
    parameters(walker, map);
}

fn csi_driver<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let mut seen = BTreeSet::new();
    each_object(walker, map, "tokenRequests", |walker, item| {
        let audience = string(item, "audience").unwrap_or_default();
        if !seen.insert(audience) {
            let message = format!("another item has the audience `{}`", shown(audience));
            walker.fault_at("audience", "duplicate-item", message);
        }
    });
    if is_set(map, "serviceAccountTokenInSecrets") && items(map, "tokenRequests").is_empty() {
        walker.fault_at(
            "serviceAccountTokenInSecrets",
            "field-conflict",
            "`serviceAccountTokenInSecrets` needs `tokenRequests`",
        );
    }
}

fn csi_node_driver<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "name");
    needs(walker, map, "nodeID");
    grammar(walker, map, "name", "the name of a driver", names::driver);
    let size = string(map, "nodeID").map_or(0, str::len);
    if size > 256 {
        let message = format!("it has {size} characters, at most 256 are allowed");
        walker.fault_at("nodeID", "bad-size", message);
    }
    unique_strings(walker, map, "topologyKeys");
    each_string(walker, map, "topologyKeys", |walker, key| {
        walker.text("bad-label", "a label key", key, labels::key);
    });
}

fn capacity<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "storageClassName");
    grammar(
        walker,
        map,
        "storageClassName",
        "the name of a StorageClass",
        names::subdomain,
    );
    if let Some((key, value)) = map.get_key_value("capacity")
        && amount(value).is_some_and(|amount| amount < 0.0)
    {
        walker.fault_at(key, "bad-quantity", "the capacity is negative");
    }
}

fn attachment_spec<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "attacher");
    needs(walker, map, "nodeName");
    grammar(walker, map, "attacher", "the name of a driver", names::driver);
    grammar(walker, map, "nodeName", "the name of a node", names::subdomain);
}

fn attachment<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    match (is_set(map, "inlineVolumeSpec"), is_set(map, "persistentVolumeName")) {
        (false, false) => {
            walker.fault(
                Side::Key,
                "missing-required-field",
                "one of `inlineVolumeSpec` or `persistentVolumeName` is missing",
            );
        }
        (true, true) => forbids(walker, map, "inlineVolumeSpec", "together with `persistentVolumeName`"),
        (false, true) => {
            needs(walker, map, "persistentVolumeName");
            grammar(
                walker,
                map,
                "persistentVolumeName",
                "the name of a volume",
                names::subdomain,
            );
        }
        (true, false) => {}
    }
    if let Some(inline) = object(map, "inlineVolumeSpec") {
        walker.below(Position::Key("inlineVolumeSpec"), |walker| {
            for field in ["capacity", "claimRef", "nodeAffinity", "storageClassName"] {
                if says_something(inline, field) {
                    forbids(walker, inline, field, "in an inline volume");
                }
            }
            if !is_set(inline, "csi") {
                walker.missing("csi");
            }
        });
    }
}
