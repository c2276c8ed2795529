//! Fields that exclude each other.

use serde_json::{Map, Value};

use super::is_set;
use crate::problem::Side;
use crate::walker::Walker;

/// Fields of a definition, of which at most one may be set.
#[derive(Debug)]
pub(super) struct Union {
    pub(super) definition: &'static str,
    /// Whether one of them must be set.
    needs_one: bool,
    pub(super) fields: &'static [&'static str],
}

pub(super) const fn one(definition: &'static str, fields: &'static [&'static str]) -> Union {
    Union {
        definition,
        needs_one: true,
        fields,
    }
}

pub(super) const fn at_most_one(definition: &'static str, fields: &'static [&'static str]) -> Union {
    Union {
        definition,
        needs_one: false,
        fields,
    }
}

/// Volumes without a source are emptyDirs (`SetDefaults_Volume`). The other unions that may be empty have a meaning
/// then.
pub(super) const UNIONS: &[Union] = &[
    one("admissionregistration.v1.WebhookClientConfig", &["service", "url"]),
    one("apiextensions.v1.WebhookClientConfig", &["service", "url"]),
    one("batch.v1.PodFailurePolicyRule", &["onExitCodes", "onPodConditions"]),
    one("core.v1.DownwardAPIVolumeFile", &["fieldRef", "resourceFieldRef"]),
    one("core.v1.EnvFromSource", &["configMapRef", "secretRef"]),
    at_most_one("core.v1.EnvVar", &["value", "valueFrom"]),
    one(
        "core.v1.EnvVarSource",
        &[
            "configMapKeyRef",
            "fieldRef",
            "fileKeyRef",
            "resourceFieldRef",
            "secretKeyRef",
        ],
    ),
    one("core.v1.FlockerVolumeSource", &["datasetName", "datasetUUID"]),
    one("core.v1.LifecycleHandler", &["exec", "httpGet", "sleep", "tcpSocket"]),
    one(
        "core.v1.PersistentVolumeSpec",
        &[
            "awsElasticBlockStore",
            "azureDisk",
            "azureFile",
            "cephfs",
            "cinder",
            "csi",
            "fc",
            "flexVolume",
            "flocker",
            "gcePersistentDisk",
            "glusterfs",
            "hostPath",
            "iscsi",
            "local",
            "nfs",
            "photonPersistentDisk",
            "portworxVolume",
            "quobyte",
            "rbd",
            "scaleIO",
            "storageos",
            "vsphereVolume",
        ],
    ),
    one(
        "core.v1.PodResourceClaim",
        &["resourceClaimName", "resourceClaimTemplateName"],
    ),
    one("core.v1.Probe", &["exec", "grpc", "httpGet", "tcpSocket"]),
    at_most_one(
        "core.v1.Volume",
        &[
            "awsElasticBlockStore",
            "azureDisk",
            "azureFile",
            "cephfs",
            "cinder",
            "configMap",
            "csi",
            "downwardAPI",
            "emptyDir",
            "ephemeral",
            "fc",
            "flexVolume",
            "flocker",
            "gcePersistentDisk",
            "gitRepo",
            "glusterfs",
            "hostPath",
            "image",
            "iscsi",
            "nfs",
            "persistentVolumeClaim",
            "photonPersistentDisk",
            "portworxVolume",
            "projected",
            "quobyte",
            "rbd",
            "scaleIO",
            "secret",
            "storageos",
            "vsphereVolume",
        ],
    ),
    at_most_one("core.v1.VolumeMount", &["subPath", "subPathExpr"]),
    at_most_one(
        "core.v1.VolumeProjection",
        &[
            "clusterTrustBundle",
            "configMap",
            "downwardAPI",
            "podCertificate",
            "secret",
            "serviceAccountToken",
        ],
    ),
    one("networking.v1.IngressBackend", &["resource", "service"]),
    at_most_one("networking.v1.NetworkPolicyPeer", &["ipBlock", "namespaceSelector"]),
    at_most_one("networking.v1.NetworkPolicyPeer", &["ipBlock", "podSelector"]),
    one("networking.v1.ServiceBackendPort", &["name", "number"]),
    at_most_one("policy.v1.PodDisruptionBudgetSpec", &["maxUnavailable", "minAvailable"]),
];

/// The sources of a `PersistentVolume` that Kubernetes checks after `flexVolume`.
const BEHIND_FLEX_VOLUME: &[&str] = &[
    "azureDisk",
    "azureFile",
    "csi",
    "local",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
    "vsphereVolume",
];

impl Union {
    pub(super) fn check<'a>(&self, walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
        let all = || self.fields.iter().copied().filter(|field| self.counts(map, field));
        // `ValidatePersistentVolumeSpec` counts `flexVolume` without a look at those before it.
        let is_apart = self.definition == "core.v1.PersistentVolumeSpec"
            && is_set(map, "flexVolume")
            && all().count() > 1
            && !all().any(|field| BEHIND_FLEX_VOLUME.contains(&field));
        let set = || all().filter(|field| !is_apart || *field != "flexVolume");
        match set().count() {
            0 if self.needs_one => {
                // The first fields of a long list are the common ones and are enough.
                let fields = suggest::one_of(self.fields.iter().copied().take(6));
                walker.fault(
                    Side::Key,
                    "missing-required-field",
                    format!("one of {fields} is missing"),
                );
            }
            0 | 1 => {}
            _ => {
                let mut set = set();
                if let (Some(first), Some(second)) = (set.next(), set.next()) {
                    let place = map
                        .get_key_value(second)
                        .map(|(key, _)| key.as_str())
                        .unwrap_or_default();
                    walker
                        .fault_at(
                            place,
                            "field-conflict",
                            format!("`{second}` cannot be set together with `{first}`"),
                        )
                        .side = Side::Key;
                }
            }
        }
    }

    /// Whether a field counts as set. `value: ""` beside `valueFrom` counts as absent, and so does a port's `number: 0`
    /// or an empty list.
    fn counts(&self, map: &Map<String, Value>, field: &str) -> bool {
        is_set(map, field)
            && match &map[field] {
                // The address of a webhook is a pointer in Go: empty, it is set nevertheless.
                Value::String(text) => !text.is_empty() || self.definition.ends_with(".WebhookClientConfig"),
                Value::Number(number) => {
                    number.as_i64() != Some(0) || self.definition != "networking.v1.ServiceBackendPort"
                }
                Value::Array(items) => !items.is_empty(),
                _ => true,
            }
    }
}
