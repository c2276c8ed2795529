//! Prepares a custom resource for validation as the API server does: sets defaults and drops unknown fields.
//!
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{pruning,defaulting}`.

use serde_json::Value;

/// The maximum depth of a schema that is followed.
const DEEPEST: usize = 120;

fn is_true(schema: &Value, word: &str) -> bool {
    schema[word] == Value::Bool(true)
}

/// Prunes a whole object and sets its defaults.
pub(super) fn prepare(object: &mut Value, schema: &Value, prunes: bool) {
    if prunes {
        prune(object, schema, true, 0);
    }
    set_defaults(object, schema, true, 0);
}

/// Drops fields that the schema does not have.
fn prune(value: &mut Value, schema: &Value, root: bool, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(items) => {
            for item in items {
                let embedded = is_true(&schema["items"], "x-kubernetes-embedded-resource");
                prune(item, &schema["items"], embedded, depth + 1);
            }
        }
        Value::Object(map) => {
            let open = is_true(schema, "x-kubernetes-preserve-unknown-fields");
            let properties = &schema["properties"];
            let additional = &schema["additionalProperties"];
            map.retain(|name, value| {
                if root && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
                    return true;
                }
                let of = &properties[name.as_str()];
                let of = if of.is_object() { of } else { additional };
                if of.is_object() {
                    prune(value, of, is_true(of, "x-kubernetes-embedded-resource"), depth + 1);
                    return true;
                }
                open || *additional == Value::Bool(true)
            });
        }
        _ => {}
    }
}

/// Sets absent values that have a default. A null that is not allowed counts as absent.
fn set_defaults(value: &mut Value, schema: &Value, root: bool, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(items) => {
            for item in items {
                if item.is_null() && !is_true(&schema["items"], "nullable") && !schema["items"]["default"].is_null() {
                    *item = schema["items"]["default"].clone();
                }
                set_defaults(item, &schema["items"], false, depth + 1);
            }
        }
        Value::Object(map) => {
            for (name, of) in schema["properties"].as_object().into_iter().flatten() {
                if root && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
                    continue;
                }
                let default = &of["default"];
                let is_missing = match map.get(name) {
                    None => true,
                    Some(value) => value.is_null() && !is_true(of, "nullable"),
                };
                if is_missing && !default.is_null() {
                    map.insert(name.clone(), default.clone());
                } else if is_missing {
                    map.shift_remove(name);
                }
                if let Some(value) = map.get_mut(name) {
                    set_defaults(value, of, false, depth + 1);
                }
            }
            let additional = &schema["additionalProperties"];
            if additional.is_object() {
                for value in map.values_mut() {
                    if value.is_null() && !is_true(additional, "nullable") && !additional["default"].is_null() {
                        *value = additional["default"].clone();
                    }
                    set_defaults(value, additional, false, depth + 1);
                }
                map.retain(|_, value| !value.is_null() || is_true(additional, "nullable"));
            }
        }
        _ => {}
    }
}
