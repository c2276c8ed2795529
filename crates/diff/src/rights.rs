//! Rights that grow: rules of roles, bindings, what pods may do to their node.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

/// The rights that new rules give beyond the old ones, a line for each resource: `delete, update on secrets`.
pub(super) fn gained(old: &Json, new: &Json) -> Vec<String> {
    let olds: Vec<&Json> = old.as_array().into_iter().flatten().collect();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for rule in new.as_array().into_iter().flatten() {
        let names = words(rule, "resourceNames");
        for verb in words(rule, "verbs") {
            for group in words(rule, "apiGroups") {
                for resource in words(rule, "resources") {
                    let target = target(&group, &resource);
                    if names.is_empty() {
                        if !olds.iter().any(|old| allows(old, &verb, &group, &resource, None)) {
                            found.entry(target).or_default().insert(verb.clone());
                        }
                        continue;
                    }
                    for name in &names {
                        if !olds.iter().any(|old| allows(old, &verb, &group, &resource, Some(name))) {
                            let target = format!("{target} {name}");
                            found.entry(target).or_default().insert(verb.clone());
                        }
                    }
                }
            }
            for url in words(rule, "nonResourceURLs") {
                let has = |old: &Json| {
                    let mut urls = words(old, "nonResourceURLs").into_iter();
                    is_of(old, "verbs", &verb)
                        && urls
                            .any(|own| own == url || own.strip_suffix('*').is_some_and(|start| url.starts_with(start)))
                };
                if !olds.iter().any(|old| has(old)) {
                    found.entry(url).or_default().insert(verb.clone());
                }
            }
        }
    }
    let line = |(target, verbs): (String, BTreeSet<String>)| {
        let verbs: Vec<String> = verbs
            .into_iter()
            .map(|verb| if verb == "*" { "everything (*)".to_owned() } else { verb })
            .collect();
        format!("{} on {target}", verbs.join(", "))
    };
    found.into_iter().map(line).collect()
}

/// `deployments.apps`; `*` is said in words.
fn target(group: &str, resource: &str) -> String {
    match (group, resource) {
        ("*", "*") => "all resources of all groups".to_owned(),
        ("", "*") => "all resources of the core group".to_owned(),
        (group, "*") => format!("all resources of {group}"),
        ("", resource) => resource.to_owned(),
        ("*", resource) => format!("{resource} of all groups"),
        (group, resource) => format!("{resource}.{group}"),
    }
}

fn words(rule: &Json, field: &str) -> Vec<String> {
    let words = rule[field].as_array().into_iter().flatten();
    words.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn is_of(rule: &Json, field: &str, wanted: &str) -> bool {
    words(rule, field).iter().any(|word| word == wanted || word == "*")
}

fn allows(rule: &Json, verb: &str, group: &str, resource: &str, name: Option<&str>) -> bool {
    let subresource = resource.split_once('/').map(|(_, sub)| format!("*/{sub}"));
    let of_resource =
        is_of(rule, "resources", resource) || subresource.is_some_and(|sub| words(rule, "resources").contains(&sub));
    let names = words(rule, "resourceNames");
    let of_name = names.is_empty() || name.is_some_and(|name| names.iter().any(|own| own == name));
    is_of(rule, "verbs", verb) && is_of(rule, "apiGroups", group) && of_resource && of_name
}

/// The subjects of a binding, in words.
pub(super) fn subjects(binding: &Json, namespace: &str) -> BTreeSet<String> {
    let subjects = binding["subjects"].as_array().into_iter().flatten();
    subjects
        .map(|subject| {
            let text = |field: &str| subject[field].as_str().unwrap_or_default();
            let own = text("namespace");
            match text("kind") {
                "ServiceAccount" => format!(
                    "ServiceAccount {}/{}",
                    if own.is_empty() { namespace } else { own },
                    text("name")
                ),
                kind => format!("{kind} {}", text("name")),
            }
        })
        .collect()
}

/// The privileges that the pods of a spec have on their node, in words.
pub(super) fn privileges(spec: &Json) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if spec[field] == Json::Bool(true) {
            found.insert(format!("{field}: true"));
        }
    }
    for volume in spec["volumes"].as_array().into_iter().flatten() {
        if let Some(path) = volume["hostPath"]["path"].as_str() {
            found.insert(format!("the node's {path} (hostPath)"));
        }
    }
    let lists = ["initContainers", "containers"];
    for container in lists
        .iter()
        .flat_map(|list| spec[*list].as_array().into_iter().flatten())
    {
        let name = container["name"].as_str().unwrap_or_default();
        let context = &container["securityContext"];
        for field in ["privileged", "allowPrivilegeEscalation"] {
            if context[field] == Json::Bool(true) {
                found.insert(format!("{field}: true in container {name}"));
            }
        }
        for added in context["capabilities"]["add"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
        {
            found.insert(format!("capability {added} in container {name}"));
        }
        if context["runAsUser"] == 0 || (context["runAsUser"].is_null() && spec["securityContext"]["runAsUser"] == 0) {
            found.insert(format!("user 0 (root) in container {name}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_not_allowed_is_gained() {
        let old = json!([{"apiGroups": [""], "resources": ["pods", "secrets"], "resourceNames": ["a"], "verbs": ["get"]},
            {"apiGroups": ["apps"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["/metrics*"], "verbs": ["get"]}]);
        let new = json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]},
            {"apiGroups": [""], "resources": ["pods"], "resourceNames": ["a", "b"], "verbs": ["get"]},
            {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["update"]},
            {"nonResourceURLs": ["/metrics/cadvisor", "/logs"], "verbs": ["get"]}]);
        assert_eq!(
            gained(&old, &new),
            ["get on /logs", "get on pods b", "get, list on secrets"]
        );
        assert!(gained(&new, &new).is_empty());
        assert_eq!(
            gained(
                &json!(null),
                &json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])
            ),
            ["everything (*) on all resources of all groups"]
        );
    }
}
