//! Typed objects for rules that look at several of them: the types of k8s-openapi's newest version.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{
    ConfigMap, Pod, PodSpec, PodTemplateSpec, ReplicationController, Secret, Service, ServiceAccount,
};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta};
use k8s_openapi::serde::Deserialize;
use serde_json::{Map, Value};

use crate::definitions::Definitions;
use crate::definitions::group;
use crate::lifecycle::lifecycle;
use crate::problem::{Problem, Step};
use crate::version::Version;
use crate::walker::Walker;

/// Declares the kinds, one per line.
macro_rules! kinds {
    ($($kind:ident $api_version:literal,)*) => {
        /// An object of a kind that rules use.
        #[derive(Debug, Clone)]
        pub enum Object {
            $(#[doc = concat!(stringify!($kind), " of ", $api_version)] $kind(Box<$kind>),)*
        }

        impl Object {
            /// Its metadata.
            pub fn metadata(&self) -> &ObjectMeta {
                match self { $(Self::$kind(object) => &object.metadata,)* }
            }

            /// Its kind.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$kind(_) => stringify!($kind),)* }
            }
        }

        /// The apiVersions and kinds of the table.
        const KINDS: &[(&str, &str)] = &[$(($api_version, stringify!($kind)),)*];

        fn typed(api_version: &str, kind: &str, value: &Value) -> Option<Result<Object, serde_json::Error>> {
            match (api_version, kind) {
                $(($api_version, stringify!($kind)) => {
                    Some($kind::deserialize(value).map(|object| Object::$kind(Box::new(object))))
                })*
                _ => None,
            }
        }
    };
}

kinds! {
    ClusterRole "rbac.authorization.k8s.io/v1",
    ClusterRoleBinding "rbac.authorization.k8s.io/v1",
    ConfigMap "v1",
    CronJob "batch/v1",
    DaemonSet "apps/v1",
    Deployment "apps/v1",
    HorizontalPodAutoscaler "autoscaling/v2",
    Ingress "networking.k8s.io/v1",
    Job "batch/v1",
    NetworkPolicy "networking.k8s.io/v1",
    Pod "v1",
    PodDisruptionBudget "policy/v1",
    ReplicaSet "apps/v1",
    ReplicationController "v1",
    Role "rbac.authorization.k8s.io/v1",
    RoleBinding "rbac.authorization.k8s.io/v1",
    Secret "v1",
    Service "v1",
    ServiceAccount "v1",
    StatefulSet "apps/v1",
}

/// Decodes an object of a kind in the table; `None` for other kinds, and for a value that does not resemble its kind at
/// all.
///
/// Values of a wrong type, which [`crate::check()`] reports, are left out: one fault in a Deployment must not hide the
/// Deployment from the Service that selects its pods. A wrong item in a list of objects becomes an object without
/// fields, so that the other items keep their indices. Older versions of a kind are decoded as the one in the table, also
/// those of the group that it had before: a Deployment of `extensions/v1beta1`.
pub fn decode(value: &Value) -> Option<Object> {
    let (own, kind) = (value["apiVersion"].as_str()?, value["kind"].as_str()?);
    let now = lifecycle(own, kind).and_then(|life| life.replacement);
    let (current, kind) = now.unwrap_or((own, kind));
    let is_it = |known: &&(&str, &str)| known.1 == kind && group(known.0) == group(current);
    let (api_version, kind) = *KINDS.iter().find(is_it)?;
    if own != api_version {
        let mut current = value.clone();
        current["apiVersion"] = api_version.into();
        return decode_current(api_version, kind, &current);
    }
    decode_current(api_version, kind, value)
}

fn decode_current(api_version: &str, kind: &str, value: &Value) -> Option<Object> {
    if let Ok(object) = typed(api_version, kind, value)? {
        return Some(object);
    }
    let mut walker = Walker::new(Version::LATEST);
    walker.object(
        Definitions::get().of_kind(api_version, kind, Version::LATEST)?,
        value.as_object()?,
    );
    let mut mended = value.clone();
    let mut problems = walker.finish();
    // From the last to the first, so that the indices stay valid.
    problems.sort_by(|one, other| other.path.cmp(&one.path));
    for problem in problems.iter().filter(|problem| undecodable(problem)) {
        remove(&mut mended, &problem.path);
    }
    typed(api_version, kind, &mended)?.ok()
}

fn undecodable(problem: &Problem) -> bool {
    matches!(
        problem.rule,
        "wrong-type" | "int-range" | "bad-base64" | "bad-date-time" | "null-item" | "null-value"
    )
}

fn remove(value: &mut Value, path: &[Step]) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let mut place = value;
    for step in parents {
        let next = match step {
            Step::Key(key) => place.get_mut(key),
            Step::Index(index) => place.get_mut(index),
        };
        let Some(next) = next else { return };
        place = next;
    }
    match (last, place) {
        (Step::Key(key), Value::Object(map)) => {
            map.shift_remove(key);
        }
        (Step::Index(index), Value::Array(items)) if *index < items.len() => {
            if items.iter().any(Value::is_object) {
                items[*index] = Value::Object(Map::new());
            } else {
                items.remove(*index);
            }
        }
        _ => {}
    }
}

impl Object {
    /// Its name; empty if it has none.
    pub fn name(&self) -> &str {
        self.metadata().name.as_deref().unwrap_or_default()
    }

    /// The namespace in its metadata.
    pub fn namespace(&self) -> Option<&str> {
        self.metadata()
            .namespace
            .as_deref()
            .filter(|namespace| !namespace.is_empty())
    }

    /// The template of the pods that it creates. For a CronJob, the template of its Jobs' pods.
    pub fn pod_template(&self) -> Option<&PodTemplateSpec> {
        match self {
            Self::CronJob(object) => Some(&object.spec.job_template.spec.as_ref()?.template),
            Self::DaemonSet(object) => Some(&object.spec.template),
            Self::Deployment(object) => Some(&object.spec.template),
            Self::Job(object) => Some(&object.spec.as_ref()?.template),
            Self::ReplicaSet(object) => object.spec.template.as_ref(),
            Self::ReplicationController(object) => object.spec.as_ref()?.template.as_ref(),
            Self::StatefulSet(object) => Some(&object.spec.template),
            _ => None,
        }
    }

    /// The metadata of the pod, or of the pods that the object creates.
    pub fn pod_metadata(&self) -> Option<&ObjectMeta> {
        match self {
            Self::Pod(object) => Some(&object.metadata),
            _ => self.pod_template()?.metadata.as_ref(),
        }
    }

    /// The spec of the pod, or of the pods that the object creates.
    pub fn pod_spec(&self) -> Option<&PodSpec> {
        match self {
            Self::Pod(object) => object.spec.as_ref(),
            _ => self.pod_template()?.spec.as_ref(),
        }
    }

    /// The path from the object to its pod spec, as in [`Problem::path`].
    pub fn pod_spec_path(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Pod(_) => Some(&["spec"]),
            Self::CronJob(_) => Some(&["spec", "jobTemplate", "spec", "template", "spec"]),
            _ => self.pod_template().map(|_| &["spec", "template", "spec"][..]),
        }
    }

    /// The number of pods, if the object specifies it.
    pub fn replicas(&self) -> Option<i32> {
        match self {
            Self::Deployment(object) => object.spec.replicas,
            Self::ReplicaSet(object) => object.spec.replicas,
            Self::ReplicationController(object) => object.spec.as_ref()?.replicas,
            Self::StatefulSet(object) => object.spec.replicas,
            _ => None,
        }
    }

    /// The label selector that it finds pods with: for workloads, PodDisruptionBudgets and NetworkPolicies.
    pub fn selector(&self) -> Option<&LabelSelector> {
        match self {
            Self::DaemonSet(object) => Some(&object.spec.selector),
            Self::Deployment(object) => Some(&object.spec.selector),
            Self::Job(object) => object.spec.as_ref()?.selector.as_ref(),
            Self::NetworkPolicy(object) => object.spec.as_ref()?.pod_selector.as_ref(),
            Self::PodDisruptionBudget(object) => object.spec.as_ref()?.selector.as_ref(),
            Self::ReplicaSet(object) => Some(&object.spec.selector),
            Self::StatefulSet(object) => Some(&object.spec.selector),
            _ => None,
        }
    }
}

/// Parses a LabelSelector from a custom resource.
pub fn label_selector(value: &Value) -> Option<LabelSelector> {
    LabelSelector::deserialize(value).ok()
}

/// Whether a selector matches an object with these labels. An empty selector matches everything; a requirement with an
/// unknown operator matches nothing.
pub fn selects(selector: &LabelSelector, labels: &std::collections::BTreeMap<String, String>) -> bool {
    let equal = selector
        .match_labels
        .iter()
        .flatten()
        .all(|(key, value)| labels.get(key) == Some(value));
    let holds = |requirement: &LabelSelectorRequirement| {
        let value = labels.get(&requirement.key);
        let listed = || {
            let values = requirement.values.as_deref().unwrap_or_default();
            value.is_some_and(|value| values.contains(value))
        };
        match requirement.operator.as_str() {
            "In" => listed(),
            "NotIn" => !listed(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    };
    equal && selector.match_expressions.iter().flatten().all(holds)
}

#[cfg(test)]
mod tests {
    use super::{Object, decode};
    use serde_json::json;

    #[test]
    fn a_kind_is_known_by_the_group_that_it_had_before() {
        let object = decode(&json!({
            "apiVersion": "extensions/v1beta1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}},
        }));
        let metadata = object.as_ref().and_then(Object::pod_metadata);
        assert_eq!(metadata.unwrap().labels.as_ref().unwrap()["app"], "web");
    }
}
