//! ObjectMeta: names, labels, annotations.

use serde_json::{Map, Value};

use super::{Check, object, says_something, string};
use crate::admission::is_namespaced;
use crate::definitions::group;
use crate::formats::network;
use crate::formats::{Reason, labels, names, shown};
use crate::lifecycle::is_own_group;
use crate::problem::Side;
use crate::version::Version;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[("meta.v1.ObjectMeta", meta)];

/// The maximum total size of an object's annotations, in bytes: `TotalAnnotationSizeLimitB`.
const ANNOTATIONS_SIZE: usize = 256 * 1024;

fn meta<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(labels) = object(map, "labels") {
        walker.below(Position::Key("labels"), |walker| check_labels(walker, labels));
    }
    if let Some(annotations) = object(map, "annotations") {
        walker.below(Position::Key("annotations"), |walker| {
            let mut size = 0;
            for (key, value) in annotations {
                check_key(walker, key, "an annotation key", labels::annotation_key);
                size += key.len() + value.as_str().map_or(0, str::len);
            }
            if size > ANNOTATIONS_SIZE {
                walker.fault(
                    Side::Value,
                    "bad-label",
                    format!("the annotations have {size} bytes, at most {ANNOTATIONS_SIZE} are allowed"),
                );
            }
        });
    }
}

/// Checks the labels and annotations that only Kubernetes may write.
fn written_by_kubernetes<'a>(walker: &mut Walker<'a>, meta: &'a Map<String, Value>) {
    if super::is_set(meta, "managedFields") {
        let problem = walker.fault_at(
            "managedFields",
            "field-conflict",
            "Kubernetes writes `managedFields` itself",
        );
        problem.side = Side::Key;
        problem.help = Some("server-side apply, which Helm 4 uses, refuses the object".to_owned());
    }
    // Helm 3 creates without it; server-side apply, which Helm 4 uses, compares it with an object that is there.
    if let Some(version) = string(meta, "resourceVersion").filter(|version| !matches!(*version, "" | "0")) {
        let is_number = version.parse::<u64>().is_ok();
        let (rule, message) = if is_number {
            ("server-warning", "Kubernetes gives an object its `resourceVersion`")
        } else {
            (
                "bad-content",
                "a `resourceVersion` is a whole number, which Kubernetes gives an object",
            )
        };
        walker.fault_at("resourceVersion", rule, message).help = Some(if is_number {
            "an upgrade fails when the object in the cluster has another: remove it".to_owned()
        } else {
            "remove it".to_owned()
        });
    }
}

/// Kinds whose objects get the generation 1 when they are created, whatever they say.
fn counts_generations(kind: &str) -> bool {
    const OTHERS: [&str; 24] = [
        "CronJob",
        "CustomResourceDefinition",
        "DaemonSet",
        "Deployment",
        "DeviceClass",
        "DeviceTaintRule",
        "EndpointSlice",
        "FlowSchema",
        "HorizontalPodAutoscaler",
        "Ingress",
        "IngressClass",
        "Job",
        "MutatingWebhookConfiguration",
        "NetworkPolicy",
        "Pod",
        "PodDisruptionBudget",
        "PodTemplate",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ReplicaSet",
        "ReplicationController",
        "ResourceSlice",
        "StatefulSet",
        "ValidatingWebhookConfiguration",
    ];
    OTHERS.contains(&kind) || kind.ends_with("AdmissionPolicy") || kind.ends_with("AdmissionPolicyBinding")
}

/// Kinds that only the check of all metadata looks at, which takes finalizers without a domain.
fn takes_any_finalizer(api_version: &str, kind: &str) -> bool {
    matches!(
        (api_version, kind),
        ("v1", "Event") | ("policy/v1", "PodDisruptionBudget")
    )
}

/// `ValidateFinalizers`, and `validateKubeFinalizerName` for the groups that use it.
fn finalizers<'a>(walker: &mut Walker<'a>, meta: &'a Map<String, Value>, api_version: &str, kind: &str) {
    let group = group(api_version);
    let strict = is_own_group(group)
        && !takes_any_finalizer(api_version, kind)
        && !matches!(
            group,
            "admissionregistration.k8s.io"
                | "apiextensions.k8s.io"
                | "apiregistration.k8s.io"
                | "coordination.k8s.io"
                | "node.k8s.io"
        );
    super::each_string(walker, meta, "finalizers", |walker, name| {
        let known = matches!(name, "kubernetes" | "orphan" | "foregroundDeletion");
        walker.text("bad-name", "the name of a finalizer", name, |name| {
            labels::key(name)?;
            if strict && !known && !name.contains('/') {
                return Err("it needs a domain and `/`".to_owned());
            }
            Ok(())
        });
    });
    let ended = |name: &str| super::items(meta, "finalizers").iter().any(|one| one == name);
    if ended("orphan") && ended("foregroundDeletion") {
        let message = "`orphan` and `foregroundDeletion` exclude each other";
        walker.fault_at("finalizers", "field-conflict", message);
    }
}

/// `ValidateOwnerReferences`
fn owners<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let mut controlled = false;
    super::each_object(walker, map, "ownerReferences", |walker, owner| {
        for field in ["apiVersion", "kind", "name", "uid"] {
            super::needs(walker, owner, field);
        }
        let version = string(owner, "apiVersion").unwrap_or_default();
        if version.matches('/').count() > 1 || version.ends_with('/') {
            let message = format!("`{}` is not an apiVersion", shown(version));
            walker.fault_at("apiVersion", "bad-name", message);
        }
        if version == "v1" && string(owner, "kind") == Some("Event") {
            walker.fault_at("kind", "invalid-enum-value", "an Event cannot be an owner");
        }
        if owner.get("controller") == Some(&Value::Bool(true)) {
            if controlled {
                let message = "another owner is the controller: there is one at most";
                walker.fault_at("controller", "field-conflict", message);
            }
            controlled = true;
        }
    });
}

/// Checks the keys and values of labels or of a label selector.
pub(super) fn check_labels<'a>(walker: &mut Walker<'a>, labels: &'a Map<String, Value>) {
    for (key, value) in labels {
        check_key(walker, key, "a label key", labels::key);
        if let Some(text) = value.as_str() {
            walker.below(Position::Key(key), |walker| {
                walker.text("bad-label", "a label value", text, labels::value);
            });
        }
    }
}

fn check_key<'a>(walker: &mut Walker<'a>, key: &'a str, what: &str, check: fn(&str) -> Result<(), Reason>) {
    if let Err(reason) = check(key) {
        walker.below(Position::Key(key), |walker| {
            walker.fault(
                Side::Key,
                "bad-label",
                format!("`{}` is not {what}: {reason}", shown(key)),
            );
        });
    }
}

/// Checks the name of an object by its kind; `map` is the whole object. `is_of_cluster` is whether a definition says so.
pub(crate) fn check_name<'a>(
    walker: &mut Walker<'a>,
    api_version: &str,
    kind: &str,
    is_of_cluster: bool,
    map: &'a Map<String, Value>,
) {
    let Some(meta) = object(map, "metadata") else {
        // A null is reported when the fields are checked.
        if !map.contains_key("metadata") {
            walker.missing("metadata").help = Some("every object has a name".to_owned());
        }
        return;
    };
    walker.below(Position::Key("metadata"), |walker| {
        // The namespace of an object of the cluster is ignored.
        if let Some(namespace) = string(meta, "namespace").filter(|namespace| {
            !namespace.is_empty() && !is_of_cluster && is_namespaced(api_version, kind) != Some(false)
        }) {
            walker.below(Position::Key("namespace"), |walker| {
                walker.text("bad-name", "a namespace", namespace, names::label);
            });
        }
        if says_something(meta, "uid") {
            let problem = walker.fault_at("uid", "field-conflict", "Kubernetes gives an object its `uid`");
            problem.side = Side::Key;
            problem.help = Some("server-side apply, which Helm 4 uses, refuses the object".to_owned());
        }
        written_by_kubernetes(walker, meta);
        // Custom resources begin with the first generation, whatever they say.
        let counts = counts_generations(kind) || !is_own_group(group(api_version));
        if super::number(meta, "generation").is_some_and(|generation| generation < 0) && !counts {
            walker.fault_at("generation", "int-range", "it is out of range: 0 or more is allowed");
        }
        finalizers(walker, meta, api_version, kind);
        owners(walker, meta);
        if let Some(prefix) = string(meta, "generateName").filter(|prefix| !prefix.is_empty()) {
            let (what, check) = rule(api_version, kind, walker.version);
            if let Err(reason) = names::masked(prefix, check) {
                let message = format!("`{}` is not the start of {what}: {reason}", shown(prefix));
                walker.fault_at("generateName", "bad-name", message);
            }
        }
    });
    let name = match (meta.get("name"), meta.get("generateName")) {
        (Some(Value::String(name)), _) if !name.is_empty() => name,
        (Some(Value::String(_) | Value::Null) | None, Some(Value::String(prefix))) if !prefix.is_empty() => return,
        (Some(Value::String(_)), _) => {
            walker.below(Position::Key("metadata"), |walker| {
                walker.fault_at("name", "missing-required-field", "`name` is empty");
            });
            return;
        }
        (None | Some(Value::Null), _) => {
            walker.below(Position::Key("metadata"), |walker| {
                walker.missing("name");
            });
            return;
        }
        _ => return,
    };
    let (what, check) = rule(api_version, kind, walker.version);
    if let Err(reason) = check(name) {
        walker.below(Position::Key("metadata"), |walker| {
            walker.fault_at("name", "bad-name", format!("`{}` is not {what}: {reason}", shown(name)));
        });
    }
}

type NameRule = (&'static str, fn(&str) -> Result<(), Reason>);

/// Returns the rule for names of a kind.
fn rule(api_version: &str, kind: &str, version: Version) -> NameRule {
    match (api_version.split('/').next().unwrap_or_default(), kind) {
        // Relaxed by KEP-5311.
        ("v1", "Service") if version.minor < 36 => ("a Service's name (a DNS-1035 label)", names::label_1035),
        ("v1", "Service" | "Namespace") => ("a DNS label", names::label),
        // The pods carry the name in a label.
        ("apps", "StatefulSet") => ("a StatefulSet's name (a DNS label)", names::label),
        ("batch", "Job") => ("a Job's name", job),
        ("batch", "CronJob") => ("a CronJob's name", cron_job),
        ("rbac.authorization.k8s.io", _) => ("a name of RBAC", names::path_segment),
        ("certificates.k8s.io", "ClusterTrustBundle") => ("a name", any),
        ("certificates.k8s.io", "CertificateSigningRequest") | ("policy", "PodDisruptionBudget") | ("v1", "Event") => {
            ("a name", names::path_segment)
        }
        ("networking.k8s.io", "IPAddress") => ("an address", canonical),
        _ => ("a DNS subdomain", names::subdomain),
    }
}

/// The name of a Job, which its pods carry as a label value.
fn job(name: &str) -> Result<(), Reason> {
    names::subdomain(name)?;
    labels::value(name)
}

/// The name of a CronJob. Its Jobs append 11 characters to it, and the result must be a label.
fn cron_job(name: &str) -> Result<(), Reason> {
    if name.len() > 52 {
        return Err(format!("it has {} characters, at most 52 are allowed", name.len()));
    }
    names::subdomain(name)
}

/// `ValidateIPAddressName`
fn canonical(name: &str) -> Result<(), Reason> {
    network::strict_ip(name)?;
    if network::is_canonical(name) {
        Ok(())
    } else {
        Err("it is not in its shortest form".to_owned())
    }
}

fn any(_: &str) -> Result<(), Reason> {
    Ok(())
}
