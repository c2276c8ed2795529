//! JSON: sprig's functions, some of them replaced by Helm's.

use super::registry::{helm, sprig};
use super::{Call, Fault, Function, Outcome};
use govalue::Type::{Any, String as Str};
use govalue::json::{DecodeError, Decoded, EncodeError, Style, decode, encode};
use govalue::{Data, Element, Entries, Map, MapType, Value, View, list, map, nil_list, view};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    helm("fromJson", &[Str], "map[string]interface {}", from_json, "the object that a JSON text holds; the message under `Error` where it does not"),
    helm("fromJsonArray", &[Str], "[]interface {}", from_json_array, "the array that a JSON text holds; a list of the message where it does not"),
    helm("mustToJson", &[Any], "string", must_to_json, "the value as JSON; fails where that cannot be"),
    helm("toJson", &[Any], "string", to_json, "the value as JSON; nothing where that cannot be"),
    sprig("mustFromJson", &[Str], "(interface {}, error)", must_from_json, "the value that a JSON text holds"),
    sprig("mustToPrettyJson", &[Any], "(string, error)", must_to_pretty_json, "the value as indented JSON; fails where that cannot be"),
    sprig("mustToRawJson", &[Any], "(string, error)", must_to_raw_json, "the value as JSON without escapes for HTML; fails where that cannot be"),
    sprig("toPrettyJson", &[Any], "string", to_pretty_json, "the value as indented JSON; nothing where that cannot be"),
    sprig("toRawJson", &[Any], "string", must_to_raw_json, "the value as JSON without escapes for HTML; fails where that cannot be"),
];

impl From<EncodeError> for Fault {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Unsupported(text) => Self::Failed(text),
            EncodeError::Limit(limit) => limit.into(),
        }
    }
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Syntax(text) => Self::Failed(text),
            DecodeError::Limit(limit) => limit.into(),
        }
    }
}

/// Encodes a value as JSON.
fn json(call: &mut Call<'_>, style: Style) -> Result<String, Fault> {
    call.metered(|arguments, meter| encode(&arguments[0], style, meter))
}

/// Converts a result to a string: empty for an error.
fn lenient(encoded: Result<String, Fault>) -> Outcome {
    match encoded {
        Ok(text) => Ok(text.into()),
        Err(Fault::Failed(_)) => Ok("".into()),
        Err(fault) => Err(fault),
    }
}

fn to_json(call: &mut Call<'_>) -> Outcome {
    lenient(json(call, Style::Compact))
}

fn must_to_json(call: &mut Call<'_>) -> Outcome {
    json(call, Style::Compact).map(Into::into)
}

fn to_pretty_json(call: &mut Call<'_>) -> Outcome {
    lenient(json(call, Style::Pretty))
}

fn must_to_pretty_json(call: &mut Call<'_>) -> Outcome {
    json(call, Style::Pretty).map(Into::into)
}

fn must_to_raw_json(call: &mut Call<'_>) -> Outcome {
    json(call, Style::Raw).map(Into::into)
}

fn decoded(call: &mut Call<'_>) -> Result<Decoded, Fault> {
    call.metered(|arguments, meter| decode(arguments[0].as_str().unwrap_or_default(), meter))
}

fn must_from_json(call: &mut Call<'_>) -> Outcome {
    let decoded = decoded(call)?;
    match decoded.error {
        Some(error) => Err(error.into()),
        None => Ok(decoded.value),
    }
}

/// Go's message for a JSON value of an unexpected type.
fn mismatch(value: &Value, wanted: &str) -> String {
    let found = match view(value) {
        View::Bool(_) => "bool",
        View::Float(_) => "number",
        View::String(_) => "string",
        View::List(_) => "array",
        _ => "object",
    };
    format!("json: cannot unmarshal {found} into Go value of type {wanted}")
}

/// The map that holds an error message.
pub(super) fn error_map(message: String) -> Value {
    map(Entries::from([("Error".into(), message.into())]))
}

fn from_json(call: &mut Call<'_>) -> Outcome {
    let Decoded { value, error } = match decoded(call) {
        Ok(decoded) => decoded,
        Err(Fault::Failed(error)) => return Ok(error_map(error)),
        Err(fault) => return Err(fault),
    };
    match view(&value) {
        View::Map(map) => {
            if let Some(error) = error {
                map.insert("Error", error.into());
            }
            Ok(value)
        }
        View::Nil => Ok(Value::from_object(Data::Map(Map::nil(MapType::ANY)))),
        _ => Ok(error_map(mismatch(&value, "map[string]interface {}"))),
    }
}

fn from_json_array(call: &mut Call<'_>) -> Outcome {
    let Decoded { value, error } = match decoded(call) {
        Ok(decoded) => decoded,
        Err(Fault::Failed(error)) => return Ok(list(vec![error.into()])),
        Err(fault) => return Err(fault),
    };
    Ok(match (view(&value), error) {
        (View::List(_), Some(error)) => list(vec![error.into()]),
        (View::List(_), None) => value,
        (View::Nil, _) => nil_list(Element::Any),
        _ => list(vec![mismatch(&value, "[]interface {}").into()]),
    })
}
