//! YAML functions, which templates use to write manifests.

use std::sync::Arc;

use super::json::error_map;
use super::registry::helm;
use super::{Call, Fault, Function, Outcome};
use govalue::Type::{Any, String as Str};
use govalue::json::{EncodeError, Style as Json, encode};
use govalue::{IntType, Limit, MapType, Meter, Time, Value, View, from_node, list, view};
use goyaml::{Style, Writer, natural_order};
use source::{FileId, Span};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    helm("fromYaml", &[Str], "map[string]interface {}", from_yaml, "the mapping that a YAML text holds; the message under `Error` where it does not"),
    helm("fromYamlArray", &[Str], "[]interface {}", from_yaml_array, "the list that a YAML text holds; a list of the message where it does not"),
    helm("mustToYaml", &[Any], "string", must_to_yaml, "the value as YAML; fails where that cannot be"),
    helm("toYaml", &[Any], "string", to_yaml, "the value as YAML; nothing where that cannot be"),
    helm("toYamlPretty", &[Any], "string", to_yaml_pretty, "the value as YAML with lists indented; nothing where that cannot be"),
];

/// The reason why a value cannot be written as YAML.
enum Unwritten {
    /// Unsupported value, with Go's message.
    Unsupported(String),
    /// Go panics with this message.
    Panic(&'static str),
    /// The value is too large, or contains itself.
    Limit(Limit),
}

impl From<Limit> for Unwritten {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

/// The YAML document that `toYaml` makes of a value, including the final line break.
///
/// # Errors
/// Go's message, if YAML cannot represent the value.
pub fn to_yaml_document(value: &Value) -> Result<String, String> {
    const ALLOWANCE: usize = 10_000_000;
    let mut left = ALLOWANCE;
    let mut pay = |units: usize| {
        left = left
            .checked_sub(units)
            .ok_or_else(|| Limit("value is too large to be written as YAML".to_owned()))?;
        Ok(())
    };
    document(value, Style::V2, &mut Meter::new(&mut pay)).map_err(|unwritten| match unwritten {
        Unwritten::Unsupported(text) | Unwritten::Limit(Limit(text)) => text,
        Unwritten::Panic(text) => text.to_owned(),
    })
}

fn document(value: &Value, style: Style, meter: &mut Meter<'_>) -> Result<String, Unwritten> {
    let mut writer = Writer::new(style);
    match write(&mut writer, value, style, meter, 0) {
        // Go converts to JSON first, which detects a value that contains itself.
        Err(Unwritten::Limit(limit)) if style == Style::V2 && limit == Limit::depth() => {
            return Err(match encode(value, Json::Compact, meter) {
                Err(EncodeError::Unsupported(text)) => {
                    Unwritten::Unsupported(format!("error marshaling into JSON: {text}"))
                }
                _ => Unwritten::Limit(limit),
            });
        }
        written => written?,
    }
    writer.finish().map_err(|error| Unwritten::Unsupported(error.message))
}

fn write(
    writer: &mut Writer,
    value: &Value,
    style: Style,
    meter: &mut Meter<'_>,
    depth: usize,
) -> Result<(), Unwritten> {
    meter.descend(depth)?;
    match view(value) {
        View::Invalid | View::Nil => writer.null(),
        View::Bool(flag) => writer.bool(flag),
        View::Int(IntType::Duration, number) if style == Style::V3 => {
            writer.string(&gostd::time::format_duration(number));
        }
        View::Int(_, number) => writer.int(number),
        View::Uint(_, number) => writer.uint(number),
        View::Float(number) => writer.float(number),
        // yaml.v3 panics.
        View::Complex(..) if style == Style::V3 => {
            return Err(Unwritten::Panic("cannot marshal type: complex128"));
        }
        View::Complex(..) => {
            let text = "error marshaling into JSON: json: unsupported type: complex128";
            return Err(Unwritten::Unsupported(text.to_owned()));
        }
        View::String(text) => {
            meter.step(text.len())?;
            writer.string(text);
        }
        View::Bytes(bytes) => {
            meter.step(bytes.len())?;
            writer.string(&gostd::base64::encode(bytes));
        }
        View::List(list) if list.nil && style == Style::V2 => writer.null(),
        View::List(list) => {
            writer.begin_list(list.items.len());
            for item in &list.items {
                write(writer, item, style, meter, depth + 1)?;
            }
            writer.end_list();
        }
        View::Map(map) if map.is_nil() && style == Style::V2 => writer.null(),
        View::Map(map) => entries(writer, map.snapshot(), style, meter, depth)?,
        // yaml.v3 supports times and writes them unquoted.
        View::Struct(object) if style == Style::V3 && Time::of(value).is_some() => {
            let time = object.marshal().unwrap_or_default();
            writer.verbatim(time.as_str().unwrap_or_default());
        }
        View::Struct(object) => match object.marshal() {
            Some(marshaled) => write(writer, &marshaled, style, meter, depth + 1)?,
            None => {
                let fields = object
                    .fields()
                    .into_iter()
                    .map(|(name, value)| (Arc::from(name), value))
                    .collect();
                entries(writer, fields, style, meter, depth)?;
            }
        },
    }
    Ok(())
}

fn entries(
    writer: &mut Writer,
    mut entries: Vec<(Arc<str>, Value)>,
    style: Style,
    meter: &mut Meter<'_>,
    depth: usize,
) -> Result<(), Unwritten> {
    entries.sort_by(|(a, _), (b, _)| natural_order(style, a, b));
    writer.begin_map(entries.len());
    for (key, value) in &entries {
        writer.key(key);
        write(writer, value, style, meter, depth + 1)?;
    }
    writer.end_map();
    Ok(())
}

/// A value as `toYaml` returns it: without the final line break.
fn written(call: &mut Call<'_>, style: Style) -> Result<Result<String, String>, Fault> {
    call.metered(|arguments, meter| match document(&arguments[0], style, meter) {
        Ok(text) => Ok(Ok(text.strip_suffix('\n').map_or_else(|| text.clone(), str::to_owned))),
        Err(Unwritten::Unsupported(text)) => Ok(Err(text)),
        Err(Unwritten::Panic(text)) => Err(Fault::from(text)),
        Err(Unwritten::Limit(limit)) => Err(limit.into()),
    })
}

fn to_yaml(call: &mut Call<'_>) -> Outcome {
    Ok(written(call, Style::V2)?.unwrap_or_default().into())
}

fn must_to_yaml(call: &mut Call<'_>) -> Outcome {
    Ok(written(call, Style::V2)?.map_err(Fault::new)?.into())
}

fn to_yaml_pretty(call: &mut Call<'_>) -> Outcome {
    Ok(written(call, Style::V3)?.unwrap_or_default().into())
}

/// The first document of a text, as `yaml.Unmarshal` into an `interface {}` reads it.
fn parsed(call: &mut Call<'_>) -> Result<Result<goyaml::Node, String>, Fault> {
    let text = call.value(0).clone();
    let text = text.as_str().unwrap_or_default();
    call.host.charge(text.len() / 20)?;
    // The nodes do not outlive the call, so they need no real spans.
    let nowhere = Span::file_start(FileId::NONE);
    Ok(match goyaml::parse_str(text, nowhere) {
        Ok(parsed) => Ok(parsed.node.numbers_as_floats()),
        Err(error) => Err(error.message),
    })
}

/// The error for a node of an unexpected type, with JSON's name for the type.
fn mismatch(node: &goyaml::Node, wanted: &str) -> String {
    let found = node.value.json_kind();
    format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type {wanted}"
    )
}

fn from_yaml(call: &mut Call<'_>) -> Outcome {
    Ok(match parsed(call)? {
        Ok(node) if node.is_null() => govalue::map(govalue::Entries::new()),
        Ok(node) if node.as_map().is_some() => from_node(&node, MapType::ANY),
        Ok(node) => error_map(mismatch(&node, "map[string]interface {}")),
        Err(message) => error_map(message),
    })
}

fn from_yaml_array(call: &mut Call<'_>) -> Outcome {
    Ok(match parsed(call)? {
        Ok(node) if node.is_null() => list(Vec::new()),
        Ok(node) if node.as_list().is_some() => from_node(&node, MapType::ANY),
        Ok(node) => list(vec![mismatch(&node, "[]interface {}").into()]),
        Err(message) => list(vec![message.into()]),
    })
}
