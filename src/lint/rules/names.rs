//! Things that must be there once: objects, and names within a pod.

use std::collections::BTreeMap;

use super::super::object::{Object, items, text};
use super::super::Context;
use super::selectors::pods;
use crate::diagnostic::{Diagnostic, Report};
use crate::yaml::Node;

const OBJECT: &str = "duplicate-object";
const NAME: &str = "duplicate-name";
const VARIABLE: &str = "duplicate-env";

/// Two objects of one kind, namespace and name. Hooks come and go at different times: they are left out.
pub(in super::super) fn objects(context: &Context<'_>, report: &mut Report) {
    let mut seen: BTreeMap<(&str, &str, &str, &str), &Object> = BTreeMap::new();
    for object in context.objects.all.iter().filter(|object| !object.is_hook && !object.name().is_empty()) {
        let key = (object.group(), object.kind(), object.namespace(), object.name());
        if let Some(first) = seen.get(&key) {
            let place = |object: &Object| object.at(["metadata", "name"]).map_or(object.node.span, |node| node.span);
            let message = format!("{} is there twice", object.title());
            report.push(
                object
                    .fault(Diagnostic::error(OBJECT, message), place(object))
                    .label(place(first), "the first one"),
            );
        } else {
            seen.insert(key, object);
        }
    }
}

/// Containers, volumes and ports of one name.
pub(in super::super) fn within(context: &Context<'_>, report: &mut Report) {
    for pod in pods(context) {
        let containers: Vec<&Node> = pod.containers().collect();
        let named = |nodes: Vec<&Node>, key: &str, what: &str, owner: &Object, report: &mut Report| {
            let names = nodes.iter().filter_map(|node| node.get(key)).collect();
            twice(names, NAME, what, owner, report);
        };
        named(containers.clone(), "name", "container", pod.owner, report);
        named(items(pod.spec.get("volumes")).iter().collect(), "name", "volume", pod.owner, report);
        for container in containers {
            named(items(container.get("ports")).iter().collect(), "name", "port", pod.owner, report);
            named(items(container.get("volumeMounts")).iter().collect(), "mountPath", "mount path", pod.owner, report);
            let names = items(container.get("env")).iter().filter_map(|node| node.get("name")).collect();
            twice(names, VARIABLE, "variable", pod.owner, report);
        }
    }
    for object in context.objects.all.iter().filter(|object| object.is(&["Service"])) {
        let names = items(object.at(["spec", "ports"])).iter().filter_map(|node| node.get("name")).collect();
        twice(names, NAME, "port", object, report);
    }
}

fn twice(names: Vec<&Node>, rule: &'static str, what: &str, owner: &Object, report: &mut Report) {
    let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
    for name in names {
        let key = text(Some(name));
        if key.is_empty() {
            continue;
        }
        if let Some(first) = seen.get(key) {
            let message = format!("{} has two entries for the {what} {key}", owner.title());
            let diagnostic = if rule == NAME {
                Diagnostic::error(rule, message)
            } else {
                Diagnostic::warning(rule, message).help("the last one wins, but patches and upgrades may drop either")
            };
            report.push(owner.fault(diagnostic, name.span).label(first.span, "the first one"));
        } else {
            seen.insert(key, name);
        }
    }
}
