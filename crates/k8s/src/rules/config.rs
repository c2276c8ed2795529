//! ConfigMaps and Secrets.

use serde_json::{Map, Value};

use super::{Check, object, string};
use crate::formats::{encoding, names, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[("core.v1.ConfigMap", config_map), ("core.v1.Secret", secret)];

/// `MaxSecretSize`, which also applies to ConfigMaps.
const MOST_BYTES: usize = 1024 * 1024;

fn config_map<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    keys(walker, map, "data");
    keys(walker, map, "binaryData");
    if let (Some(data), Some(binary)) = (object(map, "data"), object(map, "binaryData")) {
        walker.below(Position::Key("binaryData"), |walker| {
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
    size(walker, map, &["data", "binaryData"], "binaryData");
}

fn secret<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    keys(walker, map, "data");
    keys(walker, map, "stringData");
    size(walker, map, &["data", "stringData"], "data");
    let wanted: &[&str] = match string(map, "type") {
        Some("kubernetes.io/tls") => &["tls.crt", "tls.key"],
        Some("kubernetes.io/dockerconfigjson") => &[".dockerconfigjson"],
        Some("kubernetes.io/dockercfg") => &[".dockercfg"],
        Some("kubernetes.io/ssh-auth") => &["ssh-privatekey"],
        _ => &[],
    };
    by_type(walker, map);
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

/// Checks the requirements of a Secret's type beyond its keys (`ValidateSecret`).
fn by_type<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let has = |key: &str| {
        ["data", "stringData"]
            .into_iter()
            .any(|field| object(map, field).is_some_and(|data| data.contains_key(key)))
    };
    match string(map, "type") {
        Some("kubernetes.io/basic-auth") if !has("username") && !has("password") => {
            walker.fault(
                Side::Key,
                "missing-required-field",
                "a Secret of this type needs the key `username` or `password`",
            );
        }
        Some("kubernetes.io/dockerconfigjson") => is_json(walker, map, ".dockerconfigjson"),
        Some("kubernetes.io/dockercfg") => is_json(walker, map, ".dockercfg"),
        Some("kubernetes.io/ssh-auth") => {
            // `stringData` takes precedence.
            for field in ["stringData", "data"] {
                let Some(key) = object(map, field).and_then(|data| data.get("ssh-privatekey")) else {
                    continue;
                };
                if key.is_null() || key == "" {
                    walker.below(Position::Key(field), |walker| {
                        walker.fault_at("ssh-privatekey", "missing-required-field", "`ssh-privatekey` is empty");
                    });
                }
                break;
            }
        }
        Some("kubernetes.io/service-account-token") => {
            const ACCOUNT: &str = "kubernetes.io/service-account.name";
            let annotations = object(map, "metadata").and_then(|meta| object(meta, "annotations"));
            if annotations
                .and_then(|annotations| string(annotations, ACCOUNT))
                .is_none_or(str::is_empty)
            {
                walker.below(Position::Key("metadata"), |walker| {
                    walker.fault(
                        Side::Key,
                        "missing-required-field",
                        format!("a Secret of this type needs the annotation `{ACCOUNT}`"),
                    );
                });
            }
        }
        _ => {}
    }
}

/// Checks that the value of a key is a JSON object. `stringData` takes precedence over `data`.
fn is_json<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, key: &str) {
    let plain = object(map, "stringData").and_then(|data| {
        Some((
            "stringData",
            data,
            data.get(key)?.as_str().unwrap_or_default().as_bytes().to_vec(),
        ))
    });
    let encoded = || {
        let data = object(map, "data")?;
        Some((
            "data",
            data,
            encoding::decode(data.get(key)?.as_str().unwrap_or_default())?,
        ))
    };
    let Some((field, data, bytes)) = plain.or_else(encoded) else {
        return;
    };
    let reason = match serde_json::from_slice::<Value>(&bytes) {
        Ok(Value::Object(_) | Value::Null) => return,
        Ok(_) => "it is not a map".to_owned(),
        Err(error) => error.to_string(),
    };
    walker.below(Position::Key(field), |walker| {
        // The value is secret, so the message does not show it.
        walker.fault_at_own(
            key,
            data,
            "bad-content",
            format!("the value is not a JSON object: {reason}"),
        );
    });
}

fn keys<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str) {
    let Some(data) = object(map, field) else { return };
    walker.below(Position::Key(field), |walker| {
        for key in data.keys() {
            if let Err(reason) = names::config_key(key) {
                walker.below(Position::Key(key), |walker| {
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

/// The data as the API server stores them: base64 decoded.
fn size(walker: &mut Walker<'_>, map: &Map<String, Value>, fields: &[&str], encoded: &str) {
    let stored = |field: &str, text: &str| {
        if field == encoded {
            text.trim_end_matches('=').len() / 4 * 3
        } else {
            text.len()
        }
    };
    let bytes: usize = fields
        .iter()
        .filter_map(|field| Some((field, object(map, field)?)))
        .flat_map(|(field, data)| data.values().map(move |value| (field, value)))
        .map(|(field, value)| value.as_str().map_or(0, |text| stored(field, text)))
        .sum();
    if bytes > MOST_BYTES {
        walker.fault(
            Side::Key,
            "int-range",
            format!("the data have {bytes} bytes, at most {MOST_BYTES} are allowed"),
        );
    }
}
