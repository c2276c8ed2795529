//! Service accounts, roles and bindings.

use super::super::Context;
use super::super::object::{Object, items, text};
use super::selectors::pods;
use crate::diagnostic::{Diagnostic, Report};
use crate::yaml::Node;

const ACCOUNT: &str = "missing-service-account";
const DEPRECATED_ACCOUNT: &str = "deprecated-service-account";
const EMPTY: &str = "empty-role";
const WILDCARD: &str = "wildcard-role";
const ROLE_REF: &str = "missing-role";
const SUBJECT: &str = "missing-subject";
const ADMIN: &str = "cluster-admin-binding";

/// Pods that run as service accounts that the release does not make, though it makes others.
pub(in super::super) fn accounts(context: &Context<'_>, report: &mut Report) {
    let accounts: Vec<&Object> = context
        .objects
        .all
        .iter()
        .filter(|object| object.is(&["ServiceAccount"]))
        .collect();
    for pod in pods(context) {
        let deprecated = pod.spec.as_map().and_then(|spec| spec.get("serviceAccount"));
        let name = pod.spec.get("serviceAccountName");
        if let (Some(entry), None) = (deprecated, name) {
            let diagnostic = Diagnostic::warning(DEPRECATED_ACCOUNT, "serviceAccount is deprecated");
            report.push(pod.owner.fault(diagnostic, entry.key).help("write serviceAccountName"));
        }
        let Some(name) = name.or(deprecated.map(|entry| &entry.node)) else {
            continue;
        };
        let wanted = text(Some(name));
        let is_it = |account: &&Object| account.name() == wanted && account.namespace() == pod.owner.namespace();
        if matches!(wanted, "" | "default") || accounts.is_empty() || accounts.iter().any(is_it) {
            continue;
        }
        let message = format!("the release has no ServiceAccount {wanted}");
        let mut diagnostic = pod.owner.fault(Diagnostic::warning(ACCOUNT, message), name.span);
        let close = super::super::closest(wanted, accounts.iter().map(|account| account.name()));
        diagnostic.help = close.map(|close| format!("did you mean `{close}`?"));
        report.push(diagnostic);
    }
}

/// Roles that grant nothing, or everything.
pub(in super::super) fn roles(context: &Context<'_>, report: &mut Report) {
    for object in context
        .objects
        .all
        .iter()
        .filter(|object| object.is(&["Role", "ClusterRole"]))
    {
        let rules = object.at(["rules"]);
        if items(rules).is_empty() && object.at(["aggregationRule"]).is_none() {
            let map = object.node.as_map();
            let key = ["rules", "kind"].into_iter().find_map(|key| map?.get(key));
            let span = key.map_or(object.node.span, |entry| entry.key);
            let message = format!("{} grants nothing", object.title());
            report.push(object.fault(Diagnostic::warning(EMPTY, message), span));
        }
        for rule in items(rules) {
            let star = |key: &str| items(rule.get(key)).iter().find(|item| item.as_str() == Some("*"));
            for part in ["verbs", "resources"] {
                let listed = items(rule.get(part));
                if rule.get(part).is_some() && listed.is_empty() {
                    let message = format!("a rule of {} grants nothing: its {part} are empty", object.title());
                    let span = rule.get(part).map_or(rule.span, |node| node.span);
                    report.push(object.fault(Diagnostic::warning(EMPTY, message), span));
                }
            }
            if let (Some(verb), Some(_)) = (star("verbs"), star("resources")) {
                let message = format!("{} grants everything on everything", object.title());
                let diagnostic = Diagnostic::warning(WILDCARD, message);
                report.push(
                    object
                        .fault(diagnostic, verb.span)
                        .help("name the verbs and resources that are needed"),
                );
            }
        }
    }
}

/// Bindings that lead to roles or accounts which are not there, or that make somebody the master of the cluster.
pub(in super::super) fn bindings(context: &Context<'_>, report: &mut Report) {
    let all = &context.objects.all;
    let has_roles = all.iter().any(|object| object.is(&["Role", "ClusterRole"]));
    let has_accounts = all.iter().any(|object| object.is(&["ServiceAccount"]));
    for object in all
        .iter()
        .filter(|object| object.is(&["RoleBinding", "ClusterRoleBinding"]))
    {
        let (kind, name) = (text(object.at(["roleRef", "kind"])), object.at(["roleRef", "name"]));
        let wanted = text(name);
        if wanted == "cluster-admin" {
            let span = name.map_or(object.node.span, |node| node.span);
            let message = format!("{} gives every right in the cluster", object.title());
            report.push(object.fault(Diagnostic::warning(ADMIN, message), span));
        }
        let is_role = |role: &&Object| {
            role.kind() == kind
                && role.name() == wanted
                && (kind == "ClusterRole" || role.namespace() == object.namespace())
        };
        let is_built_in = wanted.starts_with("system:")
            || matches!(
                wanted,
                "cluster-admin" | "admin" | "edit" | "view" | "extension-apiserver-authentication-reader"
            );
        if let Some(name) = name.filter(|_| has_roles && !wanted.is_empty() && !is_built_in)
            && !all.iter().any(|role| is_role(&role))
        {
            let message = format!("the release has no {kind} {wanted}");
            let mut diagnostic = object.fault(Diagnostic::warning(ROLE_REF, message), name.span);
            let names = all.iter().filter(|role| role.kind() == kind).map(Object::name);
            let close = super::super::closest(wanted, names);
            diagnostic.help = close.map(|close| format!("did you mean `{close}`?"));
            report.push(diagnostic);
        }
        for subject in items(object.at(["subjects"]))
            .iter()
            .filter(|subject| text(subject.get("kind")) == "ServiceAccount")
        {
            let (wanted, own) = (text(subject.get("name")), text(subject.get("namespace")));
            let namespace = if own.is_empty() { object.namespace() } else { own };
            let is_it = |account: &Object| {
                account.is(&["ServiceAccount"]) && account.name() == wanted && account.namespace() == namespace
            };
            // Accounts in other namespaces belong to others.
            let is_ours = namespace == context.request.release.namespace;
            if has_accounts && is_ours && wanted != "default" && !all.iter().any(is_it) {
                let span = subject.get("name").map_or(subject.span, |node: &Node| node.span);
                let message = format!("the release has no ServiceAccount {wanted}");
                report.push(object.fault(Diagnostic::warning(SUBJECT, message), span));
            }
        }
    }
}
