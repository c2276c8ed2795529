//! Objects and ports that must be unique.

use std::collections::BTreeMap;

use super::super::Context;
use super::super::object::Object;
use diagnostics::{Diagnostic, Report};
use source::Span;

const OBJECT: &str = "duplicate-object";
const ITEM: &str = "duplicate-item";

/// Reports objects with the same kind, namespace and name. Hooks are excluded, because they exist at different times.
pub(in super::super) fn objects(context: &Context<'_>, report: &mut Report) {
    let mut seen: BTreeMap<(&str, &str, &str, &str), &Object> = BTreeMap::new();
    for object in context
        .objects
        .all
        .iter()
        .filter(|object| !object.is_hook && !object.name().is_empty())
    {
        let key = (object.group(), object.kind(), object.namespace(), object.name());
        if let Some(first) = seen.get(&key) {
            let message = format!("{} is there twice", object.title());
            report.push(
                object
                    .fault(Diagnostic::error(OBJECT, message), object.place())
                    .label(first.place(), "the first one"),
            );
        } else {
            seen.insert(key, object);
        }
    }
}

/// Reports ports of a container with the same name. (Kubernetes' definitions cover duplicate numbers.)
pub(in super::super) fn ports(context: &Context<'_>, report: &mut Report) {
    for pod in context.objects.pods() {
        for container in pod.containers() {
            let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
            let named = container
                .ports()
                .filter_map(|(port, node)| Some((port.name.as_deref()?, node.get("name")?)));
            for (shown, name) in named.filter(|(shown, _)| !shown.is_empty()) {
                if let Some(first) = seen.get(shown) {
                    let message = format!("another port of the container has the name {shown}");
                    let diagnostic = Diagnostic::error(ITEM, message);
                    report.push(pod.owner.fault(diagnostic, name.span).label(*first, "the first one"));
                } else {
                    seen.insert(shown, name.span);
                }
            }
        }
    }
}
