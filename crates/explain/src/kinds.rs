//! The user's names of kinds and objects: `deploy/web`, `deployment.apps/web`, `Deployment.v1.apps/web`.

use engine::objects::Object;

/// The short names of kinds that `kubectl` accepts (`kubectl api-resources`).
const SHORT: [(&str, &str); 33] = [
    ("cj", "CronJob"),
    ("cm", "ConfigMap"),
    ("crd", "CustomResourceDefinition"),
    ("crds", "CustomResourceDefinition"),
    ("csr", "CertificateSigningRequest"),
    ("deploy", "Deployment"),
    ("ds", "DaemonSet"),
    ("ep", "Endpoints"),
    ("ev", "Event"),
    ("hpa", "HorizontalPodAutoscaler"),
    ("ing", "Ingress"),
    ("limits", "LimitRange"),
    ("netpol", "NetworkPolicy"),
    ("no", "Node"),
    ("ns", "Namespace"),
    ("pc", "PriorityClass"),
    ("pdb", "PodDisruptionBudget"),
    ("po", "Pod"),
    ("pv", "PersistentVolume"),
    ("pvc", "PersistentVolumeClaim"),
    ("quota", "ResourceQuota"),
    ("rc", "ReplicationController"),
    ("rs", "ReplicaSet"),
    ("sa", "ServiceAccount"),
    ("sc", "StorageClass"),
    ("sts", "StatefulSet"),
    ("svc", "Service"),
    ("pmon", "PodMonitor"),
    ("prom", "Prometheus"),
    ("promrule", "PrometheusRule"),
    ("smon", "ServiceMonitor"),
    ("cert", "Certificate"),
    ("gtw", "Gateway"),
];

/// The kind of a short name, or the name itself.
pub(super) fn long(name: &str) -> &str {
    let known = SHORT.iter().find(|(short, _)| short.eq_ignore_ascii_case(name));
    known.map_or(name, |(_, kind)| kind)
}

/// Whether a name is that of a kind, in the singular or plural, in any case.
pub(super) fn is_kind(name: &str, kind: &str) -> bool {
    let (name, kind) = (long(name).to_lowercase(), kind.to_lowercase());
    let stem = kind.strip_suffix('y');
    name == kind
        || name.strip_suffix('s') == Some(&kind)
        || name.strip_suffix("es") == Some(&kind)
        || stem.is_some_and(|stem| name.strip_suffix("ies") == Some(stem))
}

/// Whether `kind[.version][.group]` names the kind of an object.
pub(super) fn is_of(name: &str, object: &Object) -> bool {
    let (kind, rest) = name.split_once('.').unwrap_or((name, ""));
    if !is_kind(kind, &object.reference.kind) {
        return false;
    }
    let version = object.reference.api_version.rsplit('/').next().unwrap_or_default();
    let group = object.group();
    rest.is_empty() || rest == group || rest == version || rest == format!("{version}.{group}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_all_their_names() {
        for name in ["Deployment", "deployment", "deployments", "deploy", "DEPLOY"] {
            assert!(is_kind(name, "Deployment"), "{name}");
        }
        assert!(is_kind("ingresses", "Ingress") && is_kind("networkpolicies", "NetworkPolicy"));
        assert!(!is_kind("Deploymentx", "Deployment") && !is_kind("svc", "ServiceAccount"));
    }
}
