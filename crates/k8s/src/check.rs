//! Checks one object against everything that is known about its kind.

use serde_json::{Map, Value};

use crate::Crds;
use crate::definitions::Definitions;
use crate::definitions::group;
use crate::lifecycle::{self, is_own_group};
use crate::problem::{Problem, Side};
use crate::rules::metadata;
use crate::version::Version;
use crate::walker::{Position, Walker};
use crate::words::found;

/// Checks an object and returns all problems in the order of the object. The items of a `List` are checked one by one.
/// Custom resources are checked against `crds`; those of the Prometheus operator that are not in it against the
/// operator's own definitions. Other custom resources get only the checks that apply to all objects: apiVersion, kind,
/// metadata.
pub fn check(version: Version, crds: &Crds, object: &Value) -> Vec<Problem> {
    let mut walker = Walker::new(version.known());
    match object {
        Value::Object(map) => check_object(&mut walker, version, crds, map, true),
        other => {
            walker.fault(
                Side::Value,
                "wrong-type",
                format!("an object is a map, this is {}", found(other)),
            );
        }
    }
    walker.finish()
}

fn check_object<'a>(walker: &mut Walker<'a>, version: Version, crds: &Crds, map: &'a Map<String, Value>, outer: bool) {
    let (Some(api_version), Some(kind)) = (head(walker, map, "apiVersion"), head(walker, map, "kind")) else {
        return;
    };
    if outer && let Some(items) = list_items(api_version, kind, map) {
        walker.below(Position::Key("items"), |walker| {
            for (index, item) in items.iter().enumerate() {
                if let Value::Object(item) = item {
                    walker.below(Position::Index(index), |walker| {
                        check_object(walker, version, crds, item, false);
                    });
                }
            }
        });
        return;
    }
    let definitions = Definitions::get();
    let own = is_own_group(group(api_version));
    // The group of a custom resource is a domain (`validateCustomResourceDefinitionSpec`), so a group without a dot is
    // a typo.
    if own || !group(api_version).contains('.') {
        // The API lifecycle depends on the requested version, the fields on the nearest version with known definitions.
        let known = std::mem::replace(&mut walker.version, version);
        lifecycle::check(walker, api_version, kind);
        walker.version = known;
    }
    let is_of_cluster = crds
        .resource(api_version, kind)
        .is_some_and(|(_, is_namespaced)| !is_namespaced);
    metadata::check_name(walker, api_version, kind, is_of_cluster, map);
    // Definitions in the chart take precedence.
    let custom = || {
        definitions
            .of_custom(api_version, kind)
            .filter(|_| !crds.knows(api_version, kind))
    };
    if let Some(definition) = definitions.of_kind(api_version, kind, walker.version).or_else(custom) {
        walker.object(definition, map);
        return;
    }
    if let (Some(meta), Some(definition)) = (map.get("metadata"), definitions.index("meta.v1.ObjectMeta")) {
        walker.below(Position::Key("metadata"), |walker| match meta {
            Value::Object(meta) => walker.object(definition, meta),
            Value::Null => {}
            other => {
                walker.fault(
                    Side::Value,
                    "wrong-type",
                    format!("a map (an ObjectMeta) is wanted, this is {}", found(other)),
                );
            }
        });
    }
    if !own {
        crds.check(walker, api_version, kind, map);
    }
}

/// Whether the fields of a kind are known: from Kubernetes, from a definition in `crds`, or from an operator whose
/// definitions are built in. For other kinds only the metadata is checked.
pub fn is_defined(version: Version, crds: &Crds, api_version: &str, kind: &str) -> bool {
    let definitions = Definitions::get();
    definitions.of_kind(api_version, kind, version.known()).is_some()
        || definitions.of_custom(api_version, kind).is_some()
        || crds.knows(api_version, kind)
}

/// Checks apiVersion or kind, which every object must have.
fn head<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, key: &'static str) -> Option<&'a str> {
    match map.get(key) {
        Some(Value::String(text)) if !text.is_empty() => return Some(text),
        None | Some(Value::Null) => {
            walker.missing(key);
        }
        Some(Value::String(_)) => {
            walker.fault_at(key, "missing-required-field", format!("`{key}` is empty"));
        }
        Some(other) => {
            walker.fault_at(
                key,
                "wrong-type",
                format!("a string is wanted, this is {}", found(other)),
            );
        }
    }
    None
}

/// The items of a `List`, or of a list of one kind.
fn list_items<'a>(api_version: &str, kind: &str, map: &'a Map<String, Value>) -> Option<&'a [Value]> {
    let of = kind.strip_suffix("List")?;
    let items = map.get("items")?.as_array()?;
    let known = (api_version == "v1" && of.is_empty())
        || (!of.is_empty() && Definitions::get().kinds.contains_key(&(api_version, of)))
        || !is_own_group(group(api_version));
    known.then_some(items)
}
