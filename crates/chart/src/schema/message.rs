//! What is wrong with a value, in the words of the validator that Helm uses (santhosh-tekuri/jsonschema).

use std::collections::BTreeMap;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value as Json;

/// The violation without its place.
pub(super) fn text(error: &ValidationError<'_>) -> String {
    let instance = error.instance();
    match error.kind() {
        Kind::Type { kind } => format!("got {}, want {}", type_name(instance), types(kind)),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("additional properties {} not allowed", joined(unexpected))
        }
        Kind::Required { property } => format!("missing property {}", quote(property.as_str().unwrap_or_default())),
        Kind::Enum { options } => match options.as_array().map(|options| &options[..]) {
            Some(options) if options.iter().any(is_collection) => "'enum' failed".to_owned(),
            Some([only]) => format!("value must be {}", shown(only)),
            Some(options) => {
                let options: Vec<String> = options.iter().map(shown).collect();
                format!("value must be one of {}", options.join(", "))
            }
            None => "'enum' failed".to_owned(),
        },
        Kind::Constant { expected_value } if is_collection(expected_value) => "'const' failed".to_owned(),
        Kind::Constant { expected_value } => format!("value must be {}", shown(expected_value)),
        Kind::Custom { message, .. } => message.clone(),
        Kind::Minimum { limit } => format!("minimum: got {}, want {}", grouped(instance), grouped(limit)),
        Kind::Maximum { limit } => format!("maximum: got {}, want {}", grouped(instance), grouped(limit)),
        Kind::ExclusiveMinimum { limit } => {
            format!("exclusiveMinimum: got {}, want {}", grouped(instance), grouped(limit))
        }
        Kind::ExclusiveMaximum { limit } => {
            format!("exclusiveMaximum: got {}, want {}", grouped(instance), grouped(limit))
        }
        Kind::MultipleOf { multiple_of } => {
            format!(
                "multipleOf: got {}, want {}",
                grouped(instance),
                grouped(&Json::from(*multiple_of))
            )
        }
        Kind::MinLength { limit } => format!("minLength: got {}, want {limit}", length(instance)),
        Kind::MaxLength { limit } => format!("maxLength: got {}, want {limit}", length(instance)),
        Kind::MinItems { limit } => format!("minItems: got {}, want {limit}", length(instance)),
        Kind::MaxItems { limit } => format!("maxItems: got {}, want {limit}", length(instance)),
        Kind::MinProperties { limit } => format!("minProperties: got {}, want {limit}", length(instance)),
        Kind::MaxProperties { limit } => format!("maxProperties: got {}, want {limit}", length(instance)),
        Kind::AdditionalItems { limit } => {
            format!(
                "last {} additionalItem(s) not allowed",
                length(instance).saturating_sub(u64::try_from(*limit).unwrap_or(u64::MAX))
            )
        }
        Kind::Format { format } => format!("{} is not valid {format}", shown(instance)),
        Kind::AnyOf { .. } => "'anyOf' failed".to_owned(),
        Kind::OneOfNotValid { .. } => "'oneOf' failed, none matched".to_owned(),
        Kind::OneOfMultipleValid { context } => {
            let matched = context.iter().enumerate().filter(|(_, errors)| errors.is_empty());
            let matched: Vec<String> = matched.take(2).map(|(at, _)| at.to_string()).collect();
            format!("'oneOf' failed, subschemas {} matched", matched.join(", "))
        }
        Kind::Not { .. } => "'not' failed".to_owned(),
        Kind::FalseSchema => "false schema".to_owned(),
        Kind::Contains => "no items match contains schema".to_owned(),
        Kind::UniqueItems => match instance.as_array().and_then(|items| equal_items(items)) {
            Some((first, second)) => format!("items at {first} and {second} are equal"),
            None => "items are not unique".to_owned(),
        },
        Kind::PropertyNames { error } => {
            let name = error.instance().as_str().unwrap_or_default();
            format!("invalid propertyName {}", quote(name))
        }
        _ => error.to_string(),
    }
}

/// A text between single quotes, with Go's escapes.
pub(super) fn quote(text: &str) -> String {
    let quoted = gostd::quote::quote(text);
    let inner = quoted[1..quoted.len() - 1].replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{inner}'")
}

/// A JSON pointer as people write a path in values: `a.b[1].c`.
pub(super) fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{step}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&step);
        }
    }
    path
}

fn is_collection(value: &Json) -> bool {
    value.is_array() || value.is_object()
}

fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(name) => name.to_string(),
        TypeKind::Multiple(names) => names
            .iter()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
            .join(" or "),
    }
}

fn joined(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| quote(name)).collect();
    quoted.join(", ")
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => quote(text),
        Json::Array(_) | Json::Object(_) => "value".to_owned(),
        Json::Null => "<nil>".to_owned(),
        other => other.to_string(),
    }
}

/// A number with its thousands apart: that is how the validator's English looks.
fn grouped(value: &Json) -> String {
    let text = value.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", &*text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let fraction = if fraction.is_empty() || fraction == "0" {
        String::new()
    } else {
        format!(".{fraction}")
    };
    format!("{sign}{grouped}{fraction}")
}

/// The first two items that are equal.
fn equal_items(items: &[Json]) -> Option<(usize, usize)> {
    let mut seen = BTreeMap::new();
    let mut pairs: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        let first = *seen.entry(item.to_string()).or_insert(at);
        if first < at {
            pairs.entry(first).or_insert(at);
        }
    }
    pairs.pop_first()
}

fn length(value: &Json) -> u64 {
    let length = match value {
        Json::String(text) => text.chars().count(),
        Json::Array(items) => items.len(),
        Json::Object(map) => map.len(),
        _ => 0,
    };
    u64::try_from(length).unwrap_or(u64::MAX)
}
