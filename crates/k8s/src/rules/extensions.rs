//! CustomResourceDefinitions.

use serde_json::{Map, Value};

use super::{Check, items, object, string};
use crate::problem::Side;
use crate::walk::{Place, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("apiextensions.v1.CustomResourceDefinition", definition),
    ("apiextensions.v1.CustomResourceDefinitionSpec", versions),
];

/// Its name is made of its plural and its group.
fn definition<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let name = object(map, "metadata").and_then(|meta| string(meta, "name"));
    let spec = object(map, "spec");
    let group = spec.and_then(|spec| string(spec, "group"));
    let plural = spec.and_then(|spec| string(object(spec, "names")?, "plural"));
    if let (Some(name), Some(group), Some(plural)) = (name, group, plural)
        && name != format!("{plural}.{group}")
    {
        walker.below(Place::Key("metadata"), |walker| {
            walker.fault_at(
                "name",
                "bad-name",
                format!("the name must be the plural and the group: `{plural}.{group}`"),
            );
        });
    }
}

/// One version is stored, and each has a schema.
fn versions<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let versions = items(map, "versions");
    let stored = versions
        .iter()
        .filter(|version| version["storage"] == Value::Bool(true))
        .count();
    if stored != 1 && !versions.is_empty() {
        walker.fault(
            Side::Key,
            "field-conflict",
            format!("{stored} versions have `storage: true`, one must"),
        );
    }
    for (index, version) in versions.iter().enumerate() {
        let Some(version) = version.as_object() else { continue };
        if object(version, "schema").is_none_or(|schema| object(schema, "openAPIV3Schema").is_none()) {
            walker.below(Place::Key("versions"), |walker| {
                walker.below(Place::Index(index), |walker| {
                    walker.missing("schema.openAPIV3Schema");
                });
            });
        }
    }
}
