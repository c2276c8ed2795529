//! Fields behind feature gates, which the API server drops while the gate is off (`dropDisabledFields`).

use serde_json::{Map, Value};

use crate::version::Version;

/// Minor version: the gate is off in all that are known.
const OFF: u32 = u32::MAX;

/// Definition, field and the first minor version in which its gate is on unless a cluster says otherwise, by
/// `pkg/features/kube_features.go`. All others are on since 1.33.
const GATES: &[(&str, &str, u32)] = &[
    ("apps.v1.RollingUpdateStatefulSetStrategy", "maxUnavailable", 37),
    ("autoscaling.v2.HPAScalingRules", "tolerance", 35),
    ("coordination.v1.LeaseSpec", "preferredHolder", OFF),
    ("coordination.v1.LeaseSpec", "strategy", OFF),
    ("core.v1.ConfigMapVolumeSource", "defaultUser", OFF),
    ("core.v1.Container", "restartPolicyRules", 35),
    ("core.v1.DownwardAPIVolumeSource", "defaultUser", OFF),
    ("core.v1.EmptyDirVolumeSource", "mode", OFF),
    ("core.v1.EnvVarSource", "fileKeyRef", 35),
    ("core.v1.GRPCAction", "mode", OFF),
    ("core.v1.HTTPGetAction", "protocol", OFF),
    ("core.v1.Lifecycle", "stopSignal", OFF),
    ("core.v1.PersistentVolumeClaimSpec", "volumeAttributesClassName", 34),
    ("core.v1.PersistentVolumeSpec", "volumeAttributesClassName", 34),
    ("core.v1.PodSpec", "evictionResponders", OFF),
    ("core.v1.PodSpec", "hostnameOverride", 35),
    ("core.v1.PodSpec", "resourceClaims", 34),
    ("core.v1.PodSpec", "resources", 34),
    ("core.v1.PodSpec", "schedulingGroup", OFF),
    ("core.v1.ProjectedVolumeSource", "defaultUser", OFF),
    ("core.v1.ResourceRequirements", "claims", 34),
    ("core.v1.SecretVolumeSource", "defaultUser", OFF),
    ("core.v1.VolumeMount", "bindMountOptions", OFF),
    ("core.v1.VolumeProjection", "clusterTrustBundle", 37),
    ("core.v1.VolumeProjection", "podCertificate", 37),
    ("storage.v1.CSIDriverSpec", "nodeAllocatableUpdatePeriodSeconds", 35),
    ("storage.v1.CSIDriverSpec", "preventPodSchedulingIfMissing", 37),
    ("storage.v1.CSIDriverSpec", "serviceAccountTokenInSecrets", 35),
];

/// Drops the fields of a definition whose gate is off.
pub(super) fn drop(definition: &str, map: &mut Map<String, Value>, version: Version) {
    for (of, field, since) in GATES {
        if *of == definition && version.minor < *since {
            map.shift_remove(*field);
        }
    }
    // Volumes of images go as a whole.
    if definition == "core.v1.PodSpec"
        && version.minor < 35
        && let Some(Value::Array(volumes)) = map.get_mut("volumes")
    {
        volumes.retain(|volume| volume.get("image").is_none());
    }
}
