//! The CEL values of custom resources: `k8s.io/apiserver/pkg/cel/common`.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::cel::{Key, List, ListKind, Map, Timestamp, Value, escape};
use serde_json::Value as Json;

use crate::formats::encoding;

fn is_true(schema: &Json, word: &str) -> bool {
    schema[word] == Json::Bool(true)
}

fn invalid(message: impl Into<String>) -> Value {
    Value::Invalid(Arc::from(message.into()))
}

/// Converts a value by the type in its schema. `root` is whether it is a whole object.
pub(crate) fn of_schema(value: &Json, schema: &Json, root: bool) -> Value {
    if value.is_null() {
        return if is_true(schema, "nullable") {
            Value::Null
        } else {
            invalid("invalid data, got null for schema with nullable=false")
        };
    }
    if is_true(schema, "x-kubernetes-int-or-string") {
        return match value {
            Json::String(text) => Value::from(text.as_str()),
            Json::Number(number) => number.as_i64().map_or_else(
                || invalid("invalid data, expected XIntOrString value to be either a string or integer"),
                Value::Int,
            ),
            _ => invalid("invalid data, expected XIntOrString value to be either a string or integer"),
        };
    }
    match (schema["type"].as_str(), value) {
        (Some("object"), Json::Object(map)) => Value::Map(Arc::new(object(map, schema, root))),
        (Some("array"), Json::Array(items)) => Value::List(Arc::new(list(items, schema))),
        (Some("string"), Json::String(text)) => string(text, schema["format"].as_str()),
        (Some("number"), Json::Number(number)) => number
            .as_f64()
            .map_or_else(|| invalid("invalid data, expected float"), Value::Double),
        (Some("integer"), Json::Number(number)) => {
            whole(number).map_or_else(|| invalid("invalid data, expected int, got float64"), Value::Int)
        }
        (Some("boolean"), Json::Bool(value)) => Value::Bool(*value),
        (Some(wanted), _) => invalid(format!("invalid data, expected {wanted}")),
        (None, value) => Value::Raw(Arc::new(value.clone())),
    }
}

/// The integer as the API server parses it: an integer field accepts `2.0`.
fn whole(number: &serde_json::Number) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
    let of_float = |float: f64| (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64);
    number.as_i64().or_else(|| number.as_f64().and_then(of_float))
}

fn object(map: &serde_json::Map<String, Json>, schema: &Json, root: bool) -> Map {
    let properties = schema["properties"].as_object();
    let embedded = root || is_true(schema, "x-kubernetes-embedded-resource");
    let mut out = Map {
        is_object: properties.is_some() || embedded,
        ..Map::default()
    };
    let key = |name: &str| Key::String(Arc::from(name));
    let hide = |hidden: &mut BTreeMap<String, Json>, name: &String, value: &Json| {
        hidden.insert(name.clone(), value.clone());
    };
    for (name, value) in map {
        if !out.is_object {
            let additional = &schema["additionalProperties"];
            if additional.is_object() {
                out.entries.insert(key(name), of_schema(value, additional, false));
            } else {
                hide(&mut out.hidden, name, value);
            }
            continue;
        }
        let seen = match name.as_str() {
            "apiVersion" | "kind" if embedded => value.as_str().map(Value::from),
            "metadata" if embedded => Some(Value::Map(Arc::new(metadata(value)))),
            _ => properties
                .and_then(|properties| properties.get(name))
                .map(|schema| of_schema(value, schema, false)),
        };
        match (seen, escape(name)) {
            // A null is treated as absent.
            (Some(_), _) if value.is_null() => {}
            (Some(seen), Some(escaped)) => drop(out.entries.insert(key(&escaped), seen)),
            _ => hide(&mut out.hidden, name, value),
        }
    }
    out
}

/// The part of the metadata that expressions see: `name` and `generateName`.
fn metadata(value: &Json) -> Map {
    let mut out = Map {
        is_object: true,
        ..Map::default()
    };
    for (name, value) in value.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("name" | "generateName", Json::String(text)) => {
                out.entries
                    .insert(Key::String(Arc::from(name.as_str())), Value::from(text.as_str()));
            }
            _ => drop(out.hidden.insert(name.clone(), value.clone())),
        }
    }
    out
}

fn list(items: &[Json], schema: &Json) -> List {
    let of = &schema["items"];
    let kind = match schema["x-kubernetes-list-type"].as_str() {
        Some("set") => ListKind::Set,
        Some("map") => {
            let keys = schema["x-kubernetes-list-map-keys"].as_array();
            let names = keys.into_iter().flatten().filter_map(Json::as_str);
            ListKind::Map(
                names
                    .map(|name| escape(name).unwrap_or_else(|| name.to_owned()))
                    .collect(),
            )
        }
        _ => ListKind::Atomic,
    };
    List {
        items: items.iter().map(|item| of_schema(item, of, false)).collect(),
        kind,
    }
}

fn string(text: &str, format: Option<&str>) -> Value {
    match format {
        Some("duration") => {
            ::cel::named_duration(text).map_or_else(|| invalid(format!("Invalid duration {text}")), Value::Duration)
        }
        Some("date") => ::cel::date(text).map_or_else(
            || invalid(format!("Invalid date formatted string {text}")),
            |days| {
                Value::Timestamp(Timestamp {
                    seconds: days * 86400,
                    nanos: 0,
                    offset: 0,
                })
            },
        ),
        Some("date-time") => ::cel::timestamp(text).map_or_else(
            || invalid(format!("Invalid date-time formatted string {text}")),
            Value::Timestamp,
        ),
        Some("byte") => encoding::decode(text).map_or_else(
            || invalid(format!("Invalid byte formatted string {text}")),
            |bytes| Value::Bytes(bytes.into()),
        ),
        _ => Value::from(text),
    }
}
