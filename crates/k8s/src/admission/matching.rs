//! Matches objects with policies and bindings: `policy/matching` and `webhook/predicates`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::resources::Resource;
use crate::custom::Crds;
use crate::definitions::group;

/// The attributes of an object that policies match.
#[derive(Debug)]
pub(super) struct Attributes<'a> {
    pub(super) api_version: &'a str,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    /// Empty for a cluster-scoped object.
    pub(super) namespace: &'a str,
    pub(super) labels: &'a Value,
    pub(super) resource: Resource,
}

impl Attributes<'_> {
    pub(super) fn group(&self) -> &str {
        if self.api_version.contains('/') {
            group(self.api_version)
        } else {
            ""
        }
    }

    fn is_namespace(&self) -> bool {
        self.api_version == "v1" && self.kind == "Namespace"
    }
}

/// Whether a policy applies to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Match {
    No,
    /// It applies; the apiVersion is the one its expressions see.
    Yes(String),
    /// Unknown, with the reason.
    Unknown(String),
}

/// The objects that are needed to evaluate match rules.
pub(super) struct Matcher<'a> {
    pub(super) crds: &'a Crds,
    pub(super) namespaces: &'a BTreeMap<String, &'a Value>,
}

impl Matcher<'_> {
    /// Evaluates the `matchConstraints` of a policy or the `matchResources` of a binding. Without criteria, everything
    /// matches.
    pub(super) fn matches(&self, criteria: &Value, attributes: &Attributes<'_>) -> Match {
        let own = || Match::Yes(attributes.api_version.to_owned());
        let namespace = self.namespace_fits(&criteria["namespaceSelector"], attributes);
        if namespace == Ok(false) || !selects(&criteria["objectSelector"], attributes.labels) {
            return Match::No;
        }
        if self
            .rules(&criteria["excludeResourceRules"], criteria, attributes)
            .is_some()
        {
            return Match::No;
        }
        let rules = &criteria["resourceRules"];
        let version = if rules.as_array().is_none_or(Vec::is_empty) {
            own()
        } else {
            match self.rules(rules, criteria, attributes) {
                Some(version) => Match::Yes(version),
                None => return Match::No,
            }
        };
        match namespace {
            Err(reason) => Match::Unknown(reason),
            Ok(_) => version,
        }
    }

    /// Returns the apiVersion for which one of the rules matches.
    fn rules(&self, rules: &Value, criteria: &Value, attributes: &Attributes<'_>) -> Option<String> {
        let rules = rules.as_array()?;
        let fits = |version: &str| {
            let of = if version.contains('/') { group(version) } else { "" };
            let number = version.rsplit('/').next().unwrap_or_default();
            rules.iter().any(|rule| fits(rule, of, number, attributes))
        };
        if fits(attributes.api_version) {
            return Some(attributes.api_version.to_owned());
        }
        if criteria["matchPolicy"] == "Exact" {
            return None;
        }
        let versions = self.crds.versions(attributes.group(), attributes.kind);
        versions.into_iter().find(|version| fits(version)).map(str::to_owned)
    }

    /// Whether a selector matches the namespace of an object; an error if the namespace's labels are unknown.
    fn namespace_fits(&self, selector: &Value, attributes: &Attributes<'_>) -> Result<bool, String> {
        if is_empty(selector) {
            return Ok(true);
        }
        if attributes.is_namespace() {
            return Ok(selects(selector, attributes.labels));
        }
        if attributes.namespace.is_empty() {
            // A cluster-scoped object always matches.
            return Ok(true);
        }
        let mut labels = match self.namespaces.get(attributes.namespace) {
            Some(namespace) => namespace["metadata"]["labels"].clone(),
            None if only_names(selector) => Value::Null,
            None => {
                return Err(format!(
                    "the labels of the namespace `{}` are not known here, which its namespaceSelector asks for",
                    attributes.namespace
                ));
            }
        };
        labels["kubernetes.io/metadata.name"] = attributes.namespace.into();
        Ok(selects(selector, &labels))
    }
}

/// Whether a selector has no requirements.
fn is_empty(selector: &Value) -> bool {
    let none = |word: &str| match &selector[word] {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    };
    none("matchLabels") && none("matchExpressions")
}

/// Whether a selector only requires the name of a namespace, which every namespace has as a label.
fn only_names(selector: &Value) -> bool {
    const NAME: &str = "kubernetes.io/metadata.name";
    let labels = selector["matchLabels"].as_object();
    let expressions = selector["matchExpressions"].as_array();
    labels.into_iter().flatten().all(|(key, _)| key == NAME)
        && expressions
            .into_iter()
            .flatten()
            .all(|requirement| requirement["key"] == NAME)
}

/// Whether a label selector matches labels.
pub(super) fn selects(selector: &Value, labels: &Value) -> bool {
    let equal = selector["matchLabels"]
        .as_object()
        .into_iter()
        .flatten()
        .all(|(key, value)| labels.get(key) == Some(value));
    let holds = |requirement: &Value| {
        let key = requirement["key"].as_str().unwrap_or_default();
        let value = labels.get(key).filter(|value| !value.is_null());
        let listed = || {
            let values = requirement["values"].as_array();
            value.is_some_and(|value| values.is_some_and(|values| values.contains(value)))
        };
        match requirement["operator"].as_str() {
            Some("In") => listed(),
            Some("NotIn") => !listed(),
            Some("Exists") => value.is_some(),
            Some("DoesNotExist") => value.is_none(),
            _ => false,
        }
    };
    equal && selector["matchExpressions"].as_array().into_iter().flatten().all(holds)
}

/// Whether a rule matches the creation of an object, as an object of the given group and version.
fn fits(rule: &Value, group: &str, version: &str, attributes: &Attributes<'_>) -> bool {
    let has = |word: &str, wanted: &str| {
        let items = rule[word].as_array().into_iter().flatten().filter_map(Value::as_str);
        items.into_iter().any(|item| item == "*" || item == wanted)
    };
    let scope = match rule["scope"].as_str() {
        Some("Namespaced") => !attributes.namespace.is_empty(),
        Some("Cluster") => attributes.namespace.is_empty(),
        _ => true,
    };
    let resource = || {
        let resources = rule["resources"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        resources.into_iter().any(|resource| {
            let (name, sub) = resource.split_once('/').unwrap_or((resource, ""));
            (name == "*" || name == attributes.resource.name) && (sub.is_empty() || sub == "*")
        })
    };
    let names = rule["resourceNames"].as_array().filter(|names| !names.is_empty());
    let name = || names.is_none_or(|names| names.iter().any(|name| *name == attributes.name));
    scope
        && has("operations", "CREATE")
        && has("apiGroups", group)
        && has("apiVersions", version)
        && resource()
        && name()
}
