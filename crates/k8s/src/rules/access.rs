//! Roles and their bindings.

use serde_json::{Map, Value};

use super::{Check, each_object, items, needs, says_something, string};
use crate::formats::names;
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("rbac.v1.AggregationRule", aggregation),
    ("rbac.v1.ClusterRoleBinding", cluster_binding),
    ("rbac.v1.PolicyRule", policy_rule),
    ("rbac.v1.Role", role_of_namespace),
    ("rbac.v1.RoleBinding", binding),
    ("rbac.v1.Subject", subject),
];

fn aggregation<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "clusterRoleSelectors");
}

/// A Role is namespaced, and URLs are not.
fn role_of_namespace<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    each_object(walker, map, "rules", |walker, rule| {
        if !items(rule, "nonResourceURLs").is_empty() {
            let message = "a Role is of a namespace, URLs are not: use a ClusterRole";
            walker.below(Position::Key("nonResourceURLs"), |walker| {
                if !walker.has("field-conflict") {
                    walker.fault(Side::Key, "field-conflict", message);
                }
            });
        }
    });
}

fn policy_rule<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let urls = !items(map, "nonResourceURLs").is_empty();
    let groups = !items(map, "apiGroups").is_empty();
    let resources = !items(map, "resources").is_empty();
    if urls && (groups || resources || !items(map, "resourceNames").is_empty()) {
        walker
            .fault_at(
                "nonResourceURLs",
                "field-conflict",
                "a rule is for resources or for URLs, not for both",
            )
            .side = Side::Key;
    } else if !urls {
        if !groups {
            walker.missing("apiGroups").help = Some("`[\"\"]` is the core group".to_owned());
        }
        if !resources {
            walker.missing("resources");
        }
    }
}

fn subject<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let group = string(map, "apiGroup").unwrap_or_default();
    if string(map, "name") == Some("") {
        walker.fault_at("name", "missing-required-field", "`name` is empty");
    } else if let (Some("ServiceAccount"), Some(name)) = (string(map, "kind"), string(map, "name")) {
        walker.below(Position::Key("name"), |walker| {
            walker.text("bad-name", "the name of a ServiceAccount", name, names::subdomain);
        });
    }
    match string(map, "kind") {
        Some("ServiceAccount") if !group.is_empty() => {
            walker.fault_at(
                "apiGroup",
                "invalid-enum-value",
                "a ServiceAccount is in the core group: leave `apiGroup` out",
            );
        }
        Some("User" | "Group") if !group.is_empty() && group != "rbac.authorization.k8s.io" => {
            walker.fault_at(
                "apiGroup",
                "invalid-enum-value",
                "`rbac.authorization.k8s.io` is the group of users and groups",
            );
        }
        _ => {}
    }
}

fn binding<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    role(walker, map, &["Role", "ClusterRole"]);
}

fn cluster_binding<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    role(walker, map, &["ClusterRole"]);
    for (index, subject) in items(map, "subjects").iter().enumerate() {
        let Some(subject) = subject.as_object() else { continue };
        // In a RoleBinding the namespace defaults to the binding's own.
        if string(subject, "kind") == Some("ServiceAccount") && !says_something(subject, "namespace") {
            walker.below(Position::Key("subjects"), |walker| {
                walker.below(Position::Index(index), |walker| {
                    walker.missing("namespace").help = Some("a ServiceAccount has a namespace".to_owned());
                });
            });
        }
    }
}

fn role<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, kinds: &[&str]) {
    let Some(role) = super::object(map, "roleRef") else {
        return;
    };
    walker.below(Position::Key("roleRef"), |walker| {
        if let Some(group) = string(role, "apiGroup")
            && !group.is_empty()
            && group != "rbac.authorization.k8s.io"
        {
            walker.fault_at(
                "apiGroup",
                "invalid-enum-value",
                "`rbac.authorization.k8s.io` is the group of roles",
            );
        }
        if let Some(kind) = string(role, "kind")
            && !kinds.contains(&kind)
        {
            let allowed = suggest::one_of(kinds.iter().copied());
            walker.fault_at(
                "kind",
                "invalid-enum-value",
                format!("`{}` is not allowed here: {allowed} is", crate::formats::shown(kind)),
            );
        }
        match string(role, "name") {
            Some("") => {
                walker.fault_at("name", "missing-required-field", "`name` is empty");
            }
            Some(name) => walker.below(Position::Key("name"), |walker| {
                walker.text("bad-name", "the name of a role", name, names::path_segment);
            }),
            None => {}
        }
    });
}
