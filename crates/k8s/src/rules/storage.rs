//! PersistentVolumeClaims.

use serde_json::{Map, Value};

use super::{Check, is_set, items, object};
use crate::walk::{Place, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.PersistentVolumeClaim", needs_spec),
    ("core.v1.PersistentVolumeClaimSpec", claim),
];

fn needs_spec<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !is_set(map, "spec") {
        walker.missing("spec");
    }
}

fn claim<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if items(map, "accessModes").is_empty() {
        walker.missing("accessModes");
    }
    let Some(resources) = object(map, "resources") else {
        if !is_set(map, "resources") {
            walker.missing("resources").help = Some("`requests.storage` is the size that is wanted".to_owned());
        }
        return;
    };
    if !object(resources, "requests").is_some_and(|requests| requests.contains_key("storage")) {
        walker.below(Place::Key("resources"), |walker| {
            walker.missing("requests.storage");
        });
    }
}
