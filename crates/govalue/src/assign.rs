//! Go's rules for passing a value to a parameter.

use minijinja::Value;

use super::types::{Element, MapType, Type};
use super::value::{Data, View, nil, view};

/// Checks that a value can be passed to a parameter. Returns the value to pass instead if the representation differs.
///
/// # Errors
/// Go's message if the types do not fit.
pub fn assign(parameter: Type, value: &Value) -> Result<Option<Value>, String> {
    let found = view(value);
    let fits = match (parameter, found) {
        (Type::Any, View::Invalid) => return Ok(Some(nil())),
        (Type::Any | Type::Reflect, _)
        | (Type::Bool, View::Bool(_))
        | (Type::Float64, View::Float(_))
        | (Type::String, View::String(_)) => true,
        (_, View::Invalid) if parameter.can_be_nil() => return Ok(Some(nil())),
        (_, View::Invalid) => return Err(format!("invalid value; expected {parameter}")),
        (_, View::Nil) => {
            return Err(format!(
                "wrong type for value; expected {parameter}; got interface {{}}"
            ));
        }
        // A named map is passed as its underlying plain map.
        (Type::Map, View::Map(map)) if map.map_type() == MapType::Values => {
            return Ok(Some(Value::from_object(Data::Map(map.retyped(MapType::ANY)))));
        }
        (Type::Map, View::Map(map)) => map.map_type().element() == Element::Any,
        (Type::List, View::List(list)) => list.element == Element::Any,
        (
            Type::Int | Type::Int64 | Type::Uint32 | Type::Time | Type::Duration | Type::Version | Type::Certificate,
            found,
        ) => found.type_name() == parameter.to_string(),
        _ => false,
    };
    if fits {
        Ok(None)
    } else {
        Err(format!(
            "wrong type for value; expected {parameter}; got {}",
            found.type_name()
        ))
    }
}
