//! Validation faults as a tree, with the messages of santhosh-tekuri/jsonschema. Mirrors its `kind.go` and `output.go`.

use serde_json::{Number, Value as Json};

use super::message::quote;
use super::number;
use super::program::Id;

/// A fault and its causes.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// The JSON pointer of the value.
    pub(super) at: String,
    /// The schema that rejects it.
    pub(super) schema: Id,
    pub(super) what: Box<What>,
    pub(super) causes: Vec<Fault>,
}

/// The kinds of faults.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// Several faults of one value.
    Group,
    /// Faults found by following a reference.
    Reference,
    FalseSchema,
    /// References lead back to the same schema for the same value.
    Cycle {
        first: String,
        second: String,
        location: String,
    },
    Type {
        got: &'static str,
        want: Vec<&'static str>,
    },
    Const(Json),
    Enum(Vec<Json>),
    Format {
        got: Json,
        name: String,
        why: String,
    },
    /// A wrong length or number of entries.
    Count {
        keyword: &'static str,
        got: usize,
        want: i64,
    },
    Missing(Vec<String>),
    /// Keys that are required because another key is present.
    Dependent {
        by: String,
        missing: Vec<String>,
    },
    Additional(Vec<String>),
    PropertyName(String),
    Unique(usize, usize),
    Contains,
    MinContains {
        got: Vec<usize>,
        want: i64,
    },
    MaxContains {
        got: Vec<usize>,
        want: i64,
    },
    AdditionalItems(usize),
    Pattern {
        got: String,
        want: String,
    },
    Bound {
        keyword: &'static str,
        got: Number,
        want: Number,
    },
    Not,
    AllOf,
    AnyOf,
    /// The two branches that match, or `None` if no branch matches.
    OneOf(Option<(usize, usize)>),
}

impl What {
    /// Helm's text for the fault.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Group | Self::Reference => "validation failed".to_owned(),
            Self::FalseSchema => "false schema".to_owned(),
            Self::Cycle {
                first,
                second,
                location,
            } => format!(
                "both {first} and {second} resolve to {} causing reference cycle",
                gostd::quote::quote(location)
            ),
            Self::Type { got, want } => format!("got {got}, want {}", want.join(" or ")),
            Self::Const(want) if is_collection(want) => "'const' failed".to_owned(),
            Self::Const(want) => format!("value must be {}", written(want)),
            Self::Enum(want) if want.iter().any(is_collection) => "'enum' failed".to_owned(),
            Self::Enum(want) => {
                let options: Vec<String> = want.iter().map(written).collect();
                let one_of = if options.len() == 1 { "" } else { "one of " };
                format!("value must be {one_of}{}", options.join(", "))
            }
            Self::Format { got, name, why } => format!("{} is not valid {name}: {why}", shown(got)),
            Self::Count { keyword, got, want } => {
                format!("{keyword}: got {}, want {}", index(*got), number::count(*want))
            }
            Self::Missing(names) if names.len() == 1 => format!("missing property {}", joined(names)),
            Self::Missing(names) => format!("missing properties {}", joined(names)),
            Self::Dependent { by, missing } => {
                format!("properties {} required, if {} exists", joined(missing), quote(by))
            }
            Self::Additional(names) => format!("additional properties {} not allowed", joined(names)),
            Self::PropertyName(name) => format!("invalid propertyName {}", quote(name)),
            Self::Unique(first, second) => format!("items at {} and {} are equal", index(*first), index(*second)),
            Self::Contains => "no items match contains schema".to_owned(),
            Self::MinContains { got, want } => {
                let want = number::count(*want);
                let matched = match &got[..] {
                    [] => "none matched".to_owned(),
                    got => format!("matched {} items at {}", index(got.len()), places(got)),
                };
                format!("min {want} items required to match contains schema, but {matched}")
            }
            Self::MaxContains { got, want } => format!(
                "max {} items required to match contains schema, but matched {} items at {}",
                number::count(*want),
                index(got.len()),
                places(got)
            ),
            Self::AdditionalItems(count) => format!("last {} additionalItem(s) not allowed", index(*count)),
            Self::Pattern { got, want } => format!("{} does not match pattern {}", quote(got), quote(want)),
            Self::Bound { keyword, got, want } => format!(
                "{keyword}: got {}, want {}",
                number::grouped(number::value(got)),
                number::grouped(number::value(want))
            ),
            Self::Not => "'not' failed".to_owned(),
            Self::AllOf => "'allOf' failed".to_owned(),
            Self::AnyOf => "'anyOf' failed".to_owned(),
            Self::OneOf(None) => "'oneOf' failed, none matched".to_owned(),
            Self::OneOf(Some((first, second))) => {
                format!(
                    "'oneOf' failed, subschemas {}, {} matched",
                    index(*first),
                    index(*second)
                )
            }
        }
    }
}

/// The lines that Helm prints for faults: `- at '/a/b': got string, want integer`, with the causes indented below.
pub(super) fn lines(faults: &[Fault]) -> Vec<String> {
    let mut lines = Vec::new();
    faults.iter().for_each(|fault| write(fault, 0, &mut lines));
    lines
}

fn write(fault: &Fault, indent: usize, lines: &mut Vec<String>) {
    let is_hidden = *fault.what == What::Reference && fault.causes.len() == 1;
    if !is_hidden {
        let text = fault.what.text();
        lines.push(format!("{}- at {}: {text}", "  ".repeat(indent), quote(&fault.at)));
    }
    let below = indent + usize::from(!is_hidden);
    fault.causes.iter().for_each(|cause| write(cause, below, lines));
}

fn is_collection(value: &Json) -> bool {
    value.is_array() || value.is_object()
}

fn joined(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| quote(name)).collect();
    quoted.join(", ")
}

fn index(number: usize) -> String {
    number::count(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Go's `%v` of a list of numbers.
fn places(numbers: &[usize]) -> String {
    let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
    numbers.join(" ")
}

/// A value in the schema; numbers keep their spelling.
pub(super) fn written(value: &Json) -> String {
    match value {
        Json::Number(number) => number.to_string(),
        other => shown(other),
    }
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => quote(text),
        Json::Array(_) | Json::Object(_) => "value".to_owned(),
        Json::Null => "<nil>".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(number) => number::shown(number),
    }
}
