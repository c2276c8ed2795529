//! Evaluates `.a.b`: the fields and methods of Go values.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use minijinja::Error;

use super::fault::{Failure, Hint};
use super::files::wrong_type;
use govalue::{Data, Element, Map, MapType, MethodError, Value, View, int_method, nil, view};
use source::{FileId, Span};
use sprig::Fault;

/// The value that a field is read from.
pub(super) struct Receiver<'a> {
    pub(super) value: &'a Value,
    /// Whether its static type in Go is `interface {}`: it came out of a map or list of these.
    is_interface: bool,
}

impl<'a> Receiver<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        Self {
            value,
            is_interface: false,
        }
    }

    fn type_name(&self) -> String {
        match view(self.value) {
            View::Nil => "interface {}".to_owned(),
            _ if self.is_interface => "interface {}".to_owned(),
            found => found.type_name().into_owned(),
        }
    }
}

/// Loops over lists with a typed element, identified by the template and the number of the loop item. The items of all
/// other loops are an `interface {}` to Go.
#[derive(Debug, Default)]
pub(super) struct TypedLoops(Mutex<BTreeSet<(String, u32)>>);

impl TypedLoops {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<(String, u32)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the element type of a loop that begins.
    pub(super) fn begin(&self, template: &str, item: u32, over: &Value) {
        let is_typed = match view(over) {
            View::List(list) => list.element != Element::Any,
            View::Map(map) => map.map_type().element() != Element::Any,
            _ => true,
        };
        let mut loops = self.lock();
        if is_typed {
            loops.insert((template.to_owned(), item));
        } else if !loops.is_empty() {
            loops.remove(&(template.to_owned(), item));
        }
    }

    /// Whether the items of the last loop that began with this number have a static type.
    fn has(&self, template: &str, item: u32) -> bool {
        let loops = self.lock();
        // Most charts have no typed loops.
        !loops.is_empty() && loops.contains(&(template.to_owned(), item))
    }

    /// The item of a loop as a receiver.
    pub(super) fn item<'a>(&self, template: &str, item: u32, value: &'a Value) -> Receiver<'a> {
        Receiver {
            value,
            is_interface: !self.has(template, item),
        }
    }
}

/// Evaluates `.a.b.c` on a value. The path is the names joined by dots.
pub(super) fn chain(receiver: &Receiver<'_>, path: &str) -> Result<Value, Error> {
    walk(receiver, path).map(|(value, _)| value)
}

/// Evaluates `.a.b.c` on a value, where `c` is a method. Returns its result and the value of `.a.b`.
pub(super) fn call(receiver: &Receiver<'_>, path: &str, arguments: &[Value]) -> Result<(Value, Value), Error> {
    let (value, is_interface) = match path.rsplit_once('.') {
        Some((fields, _)) => walk(receiver, fields)?,
        None => (receiver.value.clone(), receiver.is_interface),
    };
    let name = path.rsplit_once('.').map_or(path, |(_, name)| name);
    let last = Receiver {
        value: &value,
        is_interface,
    };
    Ok((select(&last, view(&value), name, Some(arguments))?, value))
}

/// Evaluates `.a.b.c`. Also returns whether its static type in Go is `interface {}`.
fn walk(receiver: &Receiver<'_>, path: &str) -> Result<(Value, bool), Error> {
    let mut is_interface = receiver.is_interface;
    let mut found: Option<Value> = None;
    for name in path.split('.') {
        let value = found.as_ref().unwrap_or(receiver.value);
        let seen = view(value);
        if seen.is_nil() && !value.is_undefined() {
            return Err(Failure::Nil(nil_pointer(name), hint(receiver.value, path)).into());
        }
        let holds_interfaces = matches!(&seen, View::Map(map) if map.map_type().element() == Element::Any);
        let next = select(&Receiver { value, is_interface }, seen, name, None)?;
        found = Some(next);
        is_interface = holds_interfaces;
    }
    Ok((found.unwrap_or_else(|| receiver.value.clone()), is_interface))
}

fn nil_pointer(name: &str) -> String {
    format!("nil pointer evaluating interface {{}}.{name}")
}

/// Returns the first nil value on the path of [`chain`], and the place in the values that would have to set it.
fn hint(receiver: &Value, path: &str) -> Hint {
    let mut value = receiver.clone();
    let mut around: Option<Span> = None;
    let mut hint = Hint::default();
    let is_written = |span: &Span| span.file != FileId::NONE;
    for (at, name) in path.split('.').enumerate() {
        let View::Map(map) = view(&value) else { break };
        let next = map.get(name).unwrap_or_else(nil);
        let entry = map.entry(name);
        let place = entry.as_ref().map(|entry| entry.key).filter(is_written);
        if view(&next).is_nil() {
            let nil = path.split('.').take(at + 1).collect::<Vec<_>>().join(".");
            hint.label = match (place, around) {
                (Some(place), _) => Some((place, format!("`{name}` is nil"))),
                (None, Some(around)) => Some((around, format!("`{name}` is not set in here"))),
                (None, None) => None,
            };
            hint.path = nil.strip_prefix("Values.").map_or_else(|| nil.clone(), str::to_owned);
            break;
        }
        around = place;
        value = next;
    }
    hint
}

/// Evaluates one field, or a method with its arguments, of a value that is `seen` so. Mirrors `evalField` of Go's
/// `text/template`.
fn select(receiver: &Receiver<'_>, seen: View<'_>, name: &str, arguments: Option<&[Value]>) -> Result<Value, Error> {
    let given = arguments.unwrap_or_default();
    let fail = |text: String| Err(Failure::Node(text).into());
    match seen {
        View::Invalid => Ok(Value::UNDEFINED),
        View::Nil => fail(nil_pointer(name)),
        View::Map(map) => {
            if map.map_type() == MapType::Values
                && let Some(result) = values_method(map, receiver.value, name, given)
            {
                return method_result(name, result);
            }
            if map.map_type() == MapType::Files
                && let Some(result) = super::files::call(map, name, given)
            {
                return method_result(name, result);
            }
            if arguments.is_some() {
                return fail(format!("{name} is not a method but has arguments"));
            }
            Ok(map.get(name).unwrap_or_else(|| match map.map_type().element() {
                Element::String => Value::from(""),
                Element::Bytes => Value::from_bytes(Vec::new()),
                _ => nil(),
            }))
        }
        View::Struct(object) => {
            if let Some(result) = object.call(name, given) {
                return method_result(name, result);
            }
            match object.fields().into_iter().find(|(field, _)| *field == name) {
                Some(_) if arguments.is_some() => {
                    fail(format!("{name} has arguments but cannot be invoked as function"))
                }
                Some((_, value)) => Ok(value),
                None => fail(format!("can't evaluate field {name} in type {}", receiver.type_name())),
            }
        }
        View::List(list) if list.element == Element::ApiVersion && name == "Has" => {
            let [wanted] = given else {
                return fail(format!("wrong number of args for {name}: want 1 got {}", given.len()));
            };
            match wanted.as_str() {
                Some(wanted) => Ok(Value::from(list.items.iter().any(|item| item.as_str() == Some(wanted)))),
                None => fail(wrong_type(wanted)),
            }
        }
        View::Int(..) => match int_method(receiver.value, name, given) {
            Some(result) => method_result(name, result),
            None => fail(format!("can't evaluate field {name} in type {}", receiver.type_name())),
        },
        _ => fail(format!("can't evaluate field {name} in type {}", receiver.type_name())),
    }
}

/// Returns Go's error if a method without parameters got arguments.
pub(super) fn no_arguments(method: &str, arguments: &[Value]) -> Result<(), MethodError> {
    if arguments.is_empty() {
        return Ok(());
    }
    Err(MethodError::Call(format!(
        "wrong number of args for {method}: want 0 got {}",
        arguments.len()
    )))
}

fn method_result(name: &str, result: Result<Value, MethodError>) -> Result<Value, Error> {
    result.map_err(|error| match error {
        MethodError::Call(text) => Failure::Node(text).into(),
        MethodError::Failed(text) => Failure::Call {
            name: name.to_owned(),
            fault: Fault::new(text),
        }
        .into(),
    })
}

/// The methods of Helm's `common.Values` that are useful in a template.
fn values_method(map: &Map, value: &Value, name: &str, arguments: &[Value]) -> Option<Result<Value, MethodError>> {
    let wanted = match name {
        "AsMap" | "YAML" => 0,
        "Table" | "PathValue" => 1,
        _ => return None,
    };
    if arguments.len() != wanted {
        let text = format!("wrong number of args for {name}: want {wanted} got {}", arguments.len());
        return Some(Err(MethodError::Call(text)));
    }
    Some(match name {
        "AsMap" => Ok(retyped(map, MapType::ANY)),
        "YAML" => sprig::to_yaml_document(value)
            .map(Value::from)
            .map_err(MethodError::Failed),
        _ => match arguments[0].as_str() {
            None => {
                let text = format!(
                    "wrong type for value; expected string; got {}",
                    view(&arguments[0]).type_name()
                );
                Err(MethodError::Call(text))
            }
            Some(path) if name == "Table" => table(value, path),
            Some(path) => path_value(value, path),
        },
    })
}

fn retyped(map: &Map, map_type: MapType) -> Value {
    Value::from_object(Data::Map(map.retyped(map_type)))
}

fn table(value: &Value, path: &str) -> Result<Value, MethodError> {
    let mut found = value.clone();
    for name in path.split('.') {
        let next = match view(&found) {
            View::Map(map) => map.get(name),
            _ => None,
        };
        match next {
            Some(next) if matches!(view(&next), View::Map(_)) => found = next,
            _ => return Err(MethodError::Failed(format!("\"{name}\" is not a table"))),
        }
    }
    match view(&found) {
        View::Map(map) => Ok(retyped(map, MapType::Values)),
        _ => Ok(found),
    }
}

fn path_value(value: &Value, path: &str) -> Result<Value, MethodError> {
    if path.is_empty() {
        return Err(MethodError::Failed("YAML path cannot be empty".to_owned()));
    }
    let (tables, key) = match path.rsplit_once('.') {
        Some((tables, key)) => (table(value, tables).ok(), key),
        None => (Some(value.clone()), path),
    };
    let found = tables.and_then(|tables| match view(&tables) {
        View::Map(map) => map.get(key),
        _ => None,
    });
    match found {
        Some(found) if !matches!(view(&found), View::Map(_)) => Ok(found),
        _ => Err(MethodError::Failed(format!("\"{key}\" is not a value"))),
    }
}
