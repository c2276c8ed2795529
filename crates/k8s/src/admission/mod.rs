//! Evaluates `ValidatingAdmissionPolicies` and their bindings for objects that are about to be created.
//!
//! Mirrors `k8s.io/apiserver/pkg/admission/plugin/policy`: which objects a policy matches (`matching`), the variables
//! and results of its expressions (`policy`), and the field that a failed expression refers to (`blame`).

mod blame;
pub(crate) mod defaults;
mod dependent;
mod gates;
mod matching;
mod policy;
mod resources;
mod token;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub use self::resources::is_namespaced;

use self::matching::Attributes;
use crate::cel::Expressions;
use crate::custom::Crds;
use crate::definitions::Definitions;
use crate::definitions::group;
use crate::problem::Step;
use crate::version::Version;

/// The API group of policies.
const GROUP: &str = "admissionregistration.k8s.io";

/// The effect of a policy on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The API server rejects the object.
    Deny,
    /// The API server rejects the object because an expression costs too much.
    Costly,
    /// The API server accepts the object with a warning.
    Warn,
    /// The API server accepts the object and records the failure in its audit log.
    Audit,
    /// The server's decision cannot be determined.
    Unevaluated,
}

/// The verdict of a policy on an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The name of the policy.
    pub policy: String,
    /// The name of its binding.
    pub binding: String,
    /// The effect.
    pub action: Action,
    /// The API server's message.
    pub message: String,
    /// The expression, if one failed.
    pub expression: Option<String>,
    /// The field that the expression refers to, as far as it can be determined.
    pub path: Vec<Step>,
    /// Whether the verdict is on the pods that the object creates and not on the object itself.
    pub of_pod: bool,
}

/// Policies and bindings, with the objects that they need: namespaces, parameters, definitions.
#[derive(Debug)]
pub struct Admission<'a> {
    version: Version,
    crds: &'a Crds,
    policies: BTreeMap<String, &'a Value>,
    bindings: Vec<&'a Value>,
    namespaces: BTreeMap<String, &'a Value>,
    /// All objects, as candidates for parameters, with their namespaces.
    objects: Vec<(&'a Value, String)>,
    expressions: Expressions,
}

impl<'a> Admission<'a> {
    /// Collects policies and the objects that they need. Each object comes with the namespace that it is in if it does
    /// not name one.
    pub fn new(version: Version, crds: &'a Crds, objects: impl Iterator<Item = (&'a Value, &'a str)>) -> Self {
        let mut admission = Self {
            version: version.known(),
            crds,
            policies: BTreeMap::new(),
            bindings: Vec::new(),
            namespaces: BTreeMap::new(),
            objects: Vec::new(),
            expressions: Expressions::default(),
        };
        for (object, namespace) in objects {
            let api_version = object["apiVersion"].as_str().unwrap_or_default();
            let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            match (group(api_version), object["kind"].as_str().unwrap_or_default()) {
                (GROUP, "ValidatingAdmissionPolicy") => drop(admission.policies.insert(name, object)),
                (GROUP, "ValidatingAdmissionPolicyBinding") => admission.bindings.push(object),
                (_, "Namespace") if api_version == "v1" => drop(admission.namespaces.insert(name, object)),
                _ => {}
            }
            let own = object["metadata"]["namespace"].as_str().unwrap_or(namespace);
            admission.objects.push((object, own.to_owned()));
        }
        admission
    }

    /// Whether no policy is in force.
    pub fn is_empty(&self) -> bool {
        self.bindings.is_empty()
    }

    /// Returns the policies without a binding, which have no effect.
    pub fn unbound(&self) -> Vec<&str> {
        let bound: BTreeSet<&str> = self
            .bindings
            .iter()
            .filter_map(|binding| binding["spec"]["policyName"].as_str())
            .collect();
        let names = self.policies.keys().map(String::as_str);
        names.filter(|name| !bound.contains(name)).collect()
    }

    /// Returns the bindings whose policy does not exist, with the name of that policy.
    pub fn without_policy(&self) -> Vec<(&str, &str)> {
        let names = self.bindings.iter().filter_map(|binding| {
            let policy = binding["spec"]["policyName"].as_str()?;
            Some((binding["metadata"]["name"].as_str()?, policy))
        });
        names
            .filter(|(_, policy)| !self.policies.contains_key(*policy))
            .collect()
    }

    /// Returns the verdicts of the policies in force on an object that is created in a namespace, and on the pods that
    /// it creates.
    pub fn review(&self, object: &Value, namespace: &str) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        if self.is_empty() {
            return verdicts;
        }
        self.review_one(object, namespace, &mut verdicts);
        if let Some((path, pod)) = pod_of(object) {
            let before = verdicts.len();
            self.review_one(&pod, namespace, &mut verdicts);
            for verdict in &mut verdicts[before..] {
                verdict.of_pod = true;
                let mut whole: Vec<Step> = path.iter().map(|key| Step::Key((*key).to_owned())).collect();
                whole.append(&mut verdict.path);
                verdict.path = whole;
            }
        }
        verdicts
    }

    fn review_one(&self, object: &Value, namespace: &str, verdicts: &mut Vec<Verdict>) {
        let (Some(api_version), Some(kind)) = (object["apiVersion"].as_str(), object["kind"].as_str()) else {
            return;
        };
        // Policies do not apply to policies.
        if group(api_version) == GROUP && (kind.contains("AdmissionPolicy") || kind.contains("WebhookConfiguration")) {
            return;
        }
        let resource = resources::of(self.crds, api_version, kind);
        let own = object["metadata"]["namespace"].as_str().unwrap_or(namespace);
        let attributes = Attributes {
            api_version,
            kind,
            name: object["metadata"]["name"].as_str().unwrap_or_default(),
            namespace: if resource.is_namespaced { own } else { "" },
            labels: &object["metadata"]["labels"],
            resource,
        };
        for binding in &self.bindings {
            let policy = binding["spec"]["policyName"]
                .as_str()
                .and_then(|name| self.policies.get(name));
            if let Some(policy) = policy {
                self.apply(policy, binding, &attributes, object, verdicts);
            }
        }
    }

    /// Whether a pod gets a token: as it says, or its `ServiceAccount`.
    fn gets_token(&self, spec: &Map<String, Value>, namespace: &str) -> bool {
        if let Some(own) = spec.get("automountServiceAccountToken").and_then(Value::as_bool) {
            return own;
        }
        let name = spec.get("serviceAccountName");
        let mut accounts = self.objects.iter().filter(|(object, own)| {
            object["kind"] == "ServiceAccount" && own == namespace && object["metadata"].get("name") == name
        });
        accounts.all(|(account, _)| account["automountServiceAccountToken"] != false)
    }

    /// The object as expressions see it.
    fn prepared(&self, object: &Value, attributes: &Attributes<'_>) -> Value {
        let custom = self.crds.prepared(attributes.api_version, attributes.kind, object);
        let mut object = custom.unwrap_or_else(|| defaulted(self.version, object));
        if attributes.resource.is_namespaced
            && let Some(Value::Object(metadata)) = object.get_mut("metadata")
        {
            metadata.insert("namespace".to_owned(), json!(attributes.namespace));
        }
        if attributes.api_version == "v1"
            && attributes.kind == "Pod"
            && let Some(Value::Object(spec)) = object.get_mut("spec")
            && self.gets_token(spec, attributes.namespace)
        {
            token::mount(spec);
        }
        object
    }
}

/// Returns an object of one of Kubernetes' own kinds as the policies of a server of a version see it: with defaults, without unknown
/// and empty fields. What depends on the cluster is left out: addresses, ports, identifiers. Other objects are returned unchanged.
pub fn defaulted(version: Version, object: &Value) -> Value {
    let version = version.known();
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    match (
        Definitions::get().of_kind(text("apiVersion"), text("kind"), version),
        object,
    ) {
        (Some(definition), Value::Object(map)) => {
            let mut map = map.clone();
            defaults::prepare(&mut map, definition, version);
            Value::Object(map)
        }
        _ => object.clone(),
    }
}

/// Returns the pod that an object creates, and the path of its template.
fn pod_of(object: &Value) -> Option<(&'static [&'static str], Value)> {
    let path: &'static [&'static str] = match (object["apiVersion"].as_str()?, object["kind"].as_str()?) {
        ("apps/v1", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
        | ("batch/v1", "Job")
        | ("v1", "ReplicationController") => &["spec", "template"],
        ("batch/v1", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
        _ => return None,
    };
    let template = path.iter().try_fold(object, |value, key| value.get(key))?;
    let mut pod = Map::new();
    pod.insert("apiVersion".to_owned(), json!("v1"));
    pod.insert("kind".to_owned(), json!("Pod"));
    let mut metadata = template["metadata"].as_object().cloned().unwrap_or_default();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    metadata.insert("generateName".to_owned(), json!(format!("{name}-")));
    if let Some(namespace) = object["metadata"]
        .get("namespace")
        .filter(|namespace| namespace.is_string())
    {
        metadata.insert("namespace".to_owned(), namespace.clone());
    }
    pod.insert("metadata".to_owned(), Value::Object(metadata));
    pod.insert("spec".to_owned(), template.get("spec")?.clone());
    Some((path, Value::Object(pod)))
}
