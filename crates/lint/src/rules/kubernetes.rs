//! Checks each object against the types of Kubernetes and of custom resources: places the findings of `promchart-k8s`.

use std::sync::Arc;

use promchart_k8s::{Crds, Severity, Side, Step, Version, check, is_defined};

use super::super::Context;
use super::super::object::Object;
use diagnostics::{Diagnostic, ObjectRef, Report};
use goyaml::{Node, Value};
use source::Span;

/// Checks every object of the release.
pub(in super::super) fn objects(context: &Context<'_>, report: &mut Report) {
    if context.objects.all.is_empty() {
        return;
    }
    let version = Version::parse(&context.request.capabilities.kube_version.normalized).unwrap_or(Version::LATEST);
    let crds = crds(context, report);
    for object in &context.objects.all {
        for problem in check(version, &crds, &object.json) {
            let span = place(&object.node, &problem.path, problem.side);
            let mut diagnostic = match problem.severity() {
                Severity::Error => Diagnostic::error(problem.rule, problem.message.clone()),
                Severity::Warning => Diagnostic::warning(problem.rule, problem.message.clone()),
            };
            let pointer = problem.pointer();
            if !pointer.is_empty() {
                diagnostic.message = format!("{pointer}: {}", diagnostic.message);
            }
            if let Some(other) = &problem.other {
                diagnostic = diagnostic.label(place(&object.node, other, Side::Value), "and this");
            }
            diagnostic.help = problem.help;
            report.push(object.fault(diagnostic, span));
        }
    }
}

/// The objects whose kind has no known definition.
pub(in super::super) fn undefined_kinds<'a>(context: &'a Context<'_>) -> Vec<&'a Object> {
    let custom: Vec<&Object> = context.objects.all.iter().filter(|object| !object.is_own()).collect();
    if custom.is_empty() {
        return custom;
    }
    let version = Version::parse(&context.request.capabilities.kube_version.normalized).unwrap_or(Version::LATEST);
    // Unreadable files have been reported already.
    let crds = crds(context, &mut Report::new());
    let is_undefined = |object: &&Object| {
        let ObjectRef { api_version, kind, .. } = &object.reference;
        !is_defined(version, &crds, api_version, kind)
    };
    custom.into_iter().filter(is_undefined).collect()
}

/// The custom resource definitions of the chart, in crds/ or as objects, and those of `--crds`.
pub(super) fn crds(context: &Context<'_>, report: &mut Report) -> Arc<Crds> {
    let custom = context.custom();
    report.append(custom.unreadable.clone());
    let is_definition = |object: &&Object| object.kind() == "CustomResourceDefinition";
    let rendered: Vec<&Object> = context.objects.all.iter().filter(is_definition).collect();
    if rendered.is_empty() {
        // Patterns and expressions of the schemas stay compiled.
        return Arc::clone(&custom.crds);
    }
    Arc::new(custom.crds.with(rendered.iter().map(|object| &object.json)))
}

/// The place of a problem: the key or value at its path, or the closest existing parent.
pub(super) fn place(object: &Node, path: &[Step], side: Side) -> Span {
    let mut node = object;
    let first = ["kind", "apiVersion", "metadata"]
        .into_iter()
        .find_map(|key| object.as_map()?.get(key));
    let mut key = first.map_or(object.span, |entry| entry.key);
    for (at, step) in path.iter().enumerate() {
        match step {
            Step::Key(name) => match node.as_map().and_then(|map| map.get(name)) {
                Some(entry) => {
                    key = entry.key;
                    node = &entry.node;
                }
                None => return key,
            },
            Step::Index(index) => match node.as_list().and_then(|list| list.get(*index)) {
                Some(item) => {
                    key = first_key(item);
                    node = item;
                }
                None => return key,
            },
        }
        if at + 1 == path.len() && side == Side::Value && !is_collection(node) {
            // A value that is not written has no span of its own.
            return if node.span.start == node.span.end {
                key
            } else {
                node.span
            };
        }
    }
    key
}

fn is_collection(node: &Node) -> bool {
    matches!(node.value, Value::Map(_) | Value::List(_))
}

/// The first key of a mapping in source order; otherwise the node itself.
fn first_key(node: &Node) -> Span {
    let keys = node
        .as_map()
        .into_iter()
        .flat_map(goyaml::Map::iter)
        .map(|(_, entry)| entry.key);
    keys.min().unwrap_or(node.span)
}
