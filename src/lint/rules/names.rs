//! Objects that must be there once.

use std::collections::BTreeMap;

use super::super::object::Object;
use super::super::Context;
use crate::diagnostic::{Diagnostic, Report};

const OBJECT: &str = "duplicate-object";

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
