//! Service accounts, roles and bindings.

use promchart_k8s::Object as Typed;

use super::super::Context;
use super::super::object::{Object, items, paired, span};
use diagnostics::{Diagnostic, Report, did_you_mean};

const ACCOUNT: &str = "missing-service-account";
const DEPRECATED_ACCOUNT: &str = "deprecated-service-account";
const EMPTY: &str = "empty-role";
const WILDCARD: &str = "wildcard-role";
const ROLE_REF: &str = "missing-role";
const SUBJECT: &str = "missing-subject";
const ADMIN: &str = "cluster-admin-binding";

/// Reports pods whose service account the release does not create, although it creates others.
pub(in super::super) fn accounts(context: &Context<'_>, report: &mut Report) {
    let objects = &context.objects;
    for pod in objects.pods() {
        let deprecated = pod.node.as_map().and_then(|spec| spec.get("serviceAccount"));
        if let (Some(entry), None) = (deprecated, &pod.spec.service_account_name) {
            let diagnostic = Diagnostic::warning(DEPRECATED_ACCOUNT, "serviceAccount is deprecated");
            report.push(pod.owner.fault(diagnostic, entry.key).help("write serviceAccountName"));
        }
        let name = pod
            .spec
            .service_account_name
            .as_ref()
            .or(pod.spec.service_account.as_ref());
        let wanted = name.map_or("", String::as_str);
        if matches!(wanted, "" | "default") || !objects.has_kind("ServiceAccount") {
            continue;
        }
        if objects.find("ServiceAccount", pod.owner.namespace(), wanted).is_some() {
            continue;
        }
        let written = pod
            .node
            .get("serviceAccountName")
            .or(deprecated.map(|entry| &entry.node));
        let message = format!("the release has no ServiceAccount {wanted}");
        let diagnostic = Diagnostic::warning(ACCOUNT, message);
        let mut diagnostic = pod
            .owner
            .fault(diagnostic, written.map_or(pod.node.span, |node| node.span));
        diagnostic.help = did_you_mean(wanted, objects.of_kind("ServiceAccount").map(Object::name));
        report.push(diagnostic);
    }
}

/// Reports roles that grant nothing or everything.
pub(in super::super) fn roles(context: &Context<'_>, report: &mut Report) {
    for object in &context.objects.all {
        let (rules, is_aggregated) = match &object.typed {
            Some(Typed::Role(role)) => (role.rules.as_ref(), false),
            Some(Typed::ClusterRole(role)) => (role.rules.as_ref(), role.aggregation_rule.is_some()),
            _ => continue,
        };
        let fault = |rule, message: String, span| object.fault(Diagnostic::warning(rule, message), span);
        let owner = object.title();
        if rules.is_none_or(Vec::is_empty) && !is_aggregated {
            let map = object.node.as_map();
            let key = ["rules", "kind"].into_iter().find_map(|key| map?.get(key));
            let span = key.map_or(object.node.span, |entry| entry.key);
            report.push(fault(EMPTY, format!("{owner} grants nothing"), span));
        }
        for (rule, node) in paired(rules, object.at(["rules"])) {
            let resources = rule.resources.as_deref().unwrap_or_default();
            for (part, is_empty) in [("verbs", rule.verbs.is_empty()), ("resources", resources.is_empty())] {
                if let Some(written) = node.get(part).filter(|_| is_empty) {
                    let message = format!("a rule of {owner} grants nothing: its {part} are empty");
                    report.push(fault(EMPTY, message, written.span));
                }
            }
            let is_star = |item: &String| item == "*";
            if rule.verbs.iter().any(is_star) && resources.iter().any(is_star) {
                let mut verbs = items(node.get("verbs")).iter();
                let star = verbs.find(|verb| verb.as_str() == Some("*"));
                let message = format!("{owner} grants everything on everything");
                let diagnostic = fault(WILDCARD, message, star.map_or(node.span, |star| star.span));
                report.push(diagnostic.help("name the verbs and resources that are needed"));
            }
        }
    }
}

/// Reports bindings to missing roles or accounts, and bindings to cluster-admin.
pub(in super::super) fn bindings(context: &Context<'_>, report: &mut Report) {
    let objects = &context.objects;
    let has_roles = objects.has_kind("Role") || objects.has_kind("ClusterRole");
    for object in &objects.all {
        let (role, subjects) = match &object.typed {
            Some(Typed::RoleBinding(binding)) => (&binding.role_ref, binding.subjects.as_ref()),
            Some(Typed::ClusterRoleBinding(binding)) => (&binding.role_ref, binding.subjects.as_ref()),
            _ => continue,
        };
        let (kind, wanted) = (&*role.kind, &*role.name);
        let place = span(&object.node, &["roleRef", "name"]);
        if wanted == "cluster-admin" {
            let message = format!("{} gives every right in the cluster", object.title());
            report.push(object.fault(Diagnostic::warning(ADMIN, message), place));
        }
        if has_roles && !wanted.is_empty() && !is_built_in(wanted) && !has_role(context, object, kind, wanted) {
            let message = format!("the release has no {kind} {wanted}");
            let mut diagnostic = object.fault(Diagnostic::warning(ROLE_REF, message), place);
            diagnostic.help = did_you_mean(wanted, objects.of_kind(kind).map(Object::name));
            report.push(diagnostic);
        }
        for (subject, node) in paired(subjects, object.at(["subjects"])) {
            let own = subject.namespace.as_deref().filter(|own| !own.is_empty());
            let namespace = own.unwrap_or(object.namespace());
            // Accounts in other namespaces belong to other releases.
            let is_ours = subject.kind == "ServiceAccount" && namespace == context.request.release.namespace;
            let is_asked = is_ours && subject.name != "default" && objects.has_kind("ServiceAccount");
            if is_asked && objects.find("ServiceAccount", namespace, &subject.name).is_none() {
                let message = format!("the release has no ServiceAccount {}", subject.name);
                report.push(object.fault(Diagnostic::warning(SUBJECT, message), span(node, &["name"])));
            }
        }
    }
}

/// Whether the release has a role. A `ClusterRole` has no namespace, whatever its metadata says.
fn has_role(context: &Context<'_>, binding: &Object, kind: &str, name: &str) -> bool {
    match kind {
        "ClusterRole" => context.objects.of_kind(kind).any(|role| role.name() == name),
        _ => context.objects.find(kind, binding.namespace(), name).is_some(),
    }
}

fn is_built_in(role: &str) -> bool {
    let known = [
        "cluster-admin",
        "admin",
        "edit",
        "view",
        "extension-apiserver-authentication-reader",
    ];
    role.starts_with("system:") || known.contains(&role)
}
