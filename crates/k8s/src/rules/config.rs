//! ConfigMaps and Secrets.

use serde_json::{Map, Value};

use super::{Check, object, string};
use crate::formats::{names, shown};
use crate::problem::Side;
use crate::walk::{Place, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[("core.v1.ConfigMap", config_map), ("core.v1.Secret", secret)];

/// `MaxSecretSize`; of a ConfigMap too.
const MOST_BYTES: usize = 1024 * 1024;

fn config_map<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    keys(walker, map, "data");
    keys(walker, map, "binaryData");
    if let (Some(data), Some(binary)) = (object(map, "data"), object(map, "binaryData")) {
        walker.below(Place::Key("binaryData"), |walker| {
            for key in binary.keys().filter(|key| data.contains_key(*key)) {
                walker
                    .fault_at(
                        key,
                        "field-conflict",
                        format!("`data` has the key `{}` too", shown(key)),
                    )
                    .side = Side::Key;
            }
        });
    }
    size(walker, map, &["data", "binaryData"]);
}

fn secret<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    keys(walker, map, "data");
    keys(walker, map, "stringData");
    size(walker, map, &["data", "stringData"]);
    let wanted: &[&str] = match string(map, "type") {
        Some("kubernetes.io/tls") => &["tls.crt", "tls.key"],
        Some("kubernetes.io/dockerconfigjson") => &[".dockerconfigjson"],
        Some("kubernetes.io/dockercfg") => &[".dockercfg"],
        Some("kubernetes.io/ssh-auth") => &["ssh-privatekey"],
        _ => &[],
    };
    for key in wanted {
        let has = |field| object(map, field).is_some_and(|data: &Map<String, Value>| data.contains_key(*key));
        if !has("data") && !has("stringData") {
            walker.fault(
                Side::Key,
                "missing-required-field",
                format!("a Secret of this type needs the key `{key}`"),
            );
        }
    }
}

fn keys<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str) {
    let Some(data) = object(map, field) else { return };
    walker.below(Place::Key(field), |walker| {
        for key in data.keys() {
            if let Err(reason) = names::config_key(key) {
                walker.below(Place::Key(key), |walker| {
                    walker.fault(
                        Side::Key,
                        "bad-key",
                        format!("`{}` is not a key of a ConfigMap or Secret: {reason}", shown(key)),
                    );
                });
            }
        }
    });
}

fn size(walker: &mut Walker<'_>, map: &Map<String, Value>, fields: &[&str]) {
    let bytes: usize = fields
        .iter()
        .filter_map(|field| object(map, field))
        .flat_map(|data| data.values())
        .map(|value| value.as_str().map_or(0, str::len))
        .sum();
    // Base64 is a third longer than what it stands for.
    if bytes / 4 * 3 > MOST_BYTES {
        walker.fault(
            Side::Key,
            "int-range",
            format!("the data have {bytes} bytes, at most {MOST_BYTES} are allowed"),
        );
    }
}
