//! Go's dynamic values as minijinja values.
//!
//! | Go | minijinja |
//! |---|---|
//! | no value at all (an invalid `reflect.Value`) | undefined |
//! | nil in an `interface {}` | none |
//! | `bool`, `string`, `int`, `float64` | bool, string, 64-bit integer, 64-bit float |
//! | `[]uint8` | bytes |
//! | everything else | an object that holds a [`Data`] |
//!
//! minijinja does not compute with them: it only tests their truth (which is Go's for all of them) and passes them on.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};

use super::map::{Entries, Map, drop_flat, is_from};
use super::types::{Element, IntType, MapType, UintType};

/// A Go value without a counterpart in minijinja.
#[derive(Debug)]
pub enum Data {
    /// A map with string keys.
    Map(Map),
    /// A slice.
    List(List),
    /// A signed integer other than `int`.
    Int(IntType, i64),
    /// An unsigned integer.
    Uint(UintType, u64),
    /// A `complex128`.
    Complex(f64, f64),
    /// A struct, or a pointer to one.
    Struct(Box<dyn Struct>),
}

impl Object for Data {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        match &**self {
            Self::Map(map) => !map.is_empty(),
            Self::List(list) => !list.items.is_empty(),
            Self::Int(_, value) => *value != 0,
            Self::Uint(_, value) => *value != 0,
            Self::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Self::Struct(_) => true,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A slice. No template function changes a slice in place, so there is no lock.
#[derive(Debug)]
pub struct List {
    /// The element type.
    pub element: Element,
    /// Whether it is a nil slice, which JSON represents as null.
    pub nil: bool,
    /// The values.
    pub items: Vec<Value>,
    /// The YAML that it was parsed from, which has the span of each item.
    pub origin: Option<Arc<Vec<goyaml::Node>>>,
}

impl Drop for List {
    fn drop(&mut self) {
        drop_flat(std::mem::take(&mut self.items));
    }
}

/// A Go struct, or a pointer to one, whose fields and methods are visible to templates.
pub trait Struct: fmt::Debug + Send + Sync {
    /// The name of the type: `*semver.Version`, `time.Time`.
    fn type_name(&self) -> &'static str;

    /// Whether it is a pointer to a struct.
    fn is_pointer(&self) -> bool {
        self.type_name().starts_with('*')
    }

    /// Whether it is a nil pointer.
    fn is_nil(&self) -> bool {
        false
    }

    /// The exported fields, in declaration order.
    fn fields(&self) -> Vec<(&'static str, Value)>;

    /// Calls a method; `None` if it has no method with this name. The error holds Go's message.
    fn call(&self, method: &str, arguments: &[Value]) -> Option<Result<Value, MethodError>> {
        let _ = (method, arguments);
        None
    }

    /// The result of the `String` or `Error` method, if there is one.
    fn display(&self) -> Option<String> {
        None
    }

    /// The result of the `GoString` method, if there is one; `%#v` prints it.
    fn go_string(&self) -> Option<String> {
        None
    }

    /// The text that a template action prints, if it differs from [`Struct::display`]. An action can call the `String`
    /// method of a pointer to the value, unlike a function that gets the value as an argument.
    fn printed(&self) -> Option<String> {
        self.display()
    }

    /// The names of the fields that `%+v` and `%#v` print, including those that templates cannot see.
    fn printed_names(&self) -> Vec<&'static str> {
        self.fields().into_iter().map(|(name, _)| name).collect()
    }

    /// The fields that `%v` prints, including unexported ones. By default those of [`Struct::fields`].
    fn printed_fields(&self) -> Vec<Value> {
        self.fields().into_iter().map(|(_, value)| value).collect()
    }

    /// The result of `copystructure.Copy`, if it differs from the value: it omits unexported fields.
    fn deep_copied(&self) -> Option<Value> {
        None
    }

    /// The result of `encoding/json`, if there is a `MarshalJSON` or `MarshalText` method.
    fn marshal(&self) -> Option<Value> {
        None
    }

    /// For downcasting to the concrete type.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// The reason why a method call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MethodError {
    /// The call is invalid, with the message of Go's template package.
    Call(String),
    /// The method returned an error.
    Failed(String),
}

/// A value as Go sees it.
#[derive(Clone, Copy, Debug)]
pub enum View<'a> {
    /// No value at all.
    Invalid,
    /// nil in an `interface {}`.
    Nil,
    /// `bool`
    Bool(bool),
    /// A signed integer.
    Int(IntType, i64),
    /// An unsigned integer.
    Uint(UintType, u64),
    /// `float64`
    Float(f64),
    /// `complex128`
    Complex(f64, f64),
    /// `string`, with [`gostd::string`] escapes.
    String(&'a str),
    /// `[]uint8`
    Bytes(&'a [u8]),
    /// A slice.
    List(&'a List),
    /// A map.
    Map(&'a Map),
    /// A struct or a pointer to one.
    Struct(&'a dyn Struct),
}

/// Returns the view of a value.
pub fn view(value: &Value) -> View<'_> {
    // Maps come first: they are viewed most.
    match value.downcast_object_ref::<Data>() {
        Some(Data::Map(map)) => return View::Map(map),
        Some(Data::List(list)) => return View::List(list),
        Some(Data::Int(int_type, value)) => return View::Int(*int_type, *value),
        Some(Data::Uint(uint_type, value)) => return View::Uint(*uint_type, *value),
        Some(Data::Complex(real, imaginary)) => return View::Complex(*real, *imaginary),
        Some(Data::Struct(object)) => return View::Struct(&**object),
        None => {}
    }
    match value.kind() {
        ValueKind::None => View::Nil,
        ValueKind::Bool => View::Bool(value.is_true()),
        ValueKind::Number if value.is_integer() => View::Int(IntType::Int, value.as_i64().unwrap_or_default()),
        ValueKind::Number => View::Float(f64::try_from(value.clone()).unwrap_or_default()),
        ValueKind::String => View::String(value.as_str().unwrap_or_default()),
        ValueKind::Bytes => View::Bytes(value.as_bytes().unwrap_or_default()),
        _ => View::Invalid,
    }
}

impl View<'_> {
    /// Whether there is no value, or nil.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Invalid | Self::Nil)
    }

    /// The name of the type, as `%T` prints it; `<nil>` if there is none.
    pub fn type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Invalid | Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(int_type, _) => int_type.name(),
            Self::Uint(uint_type, _) => uint_type.name(),
            Self::Float(_) => "float64",
            Self::Complex(..) => "complex128",
            Self::String(_) => "string",
            Self::Bytes(_) => "[]uint8",
            Self::List(list) => return list.type_name(),
            Self::Map(map) => return map.map_type().name(),
            Self::Struct(object) => object.type_name(),
        })
    }

    /// The name of the kind, as `reflect.Kind` prints it.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Invalid | Self::Nil => "invalid",
            Self::Bool(_) => "bool",
            Self::Int(int_type, _) => int_type.kind(),
            Self::Uint(uint_type, _) => uint_type.name(),
            Self::Float(_) => "float64",
            Self::Complex(..) => "complex128",
            Self::String(_) => "string",
            Self::Bytes(_) | Self::List(_) => "slice",
            Self::Map(_) => "map",
            Self::Struct(object) if object.is_pointer() => "ptr",
            Self::Struct(_) => "struct",
        }
    }
}

impl List {
    /// The YAML node of an item, if it is known.
    pub fn item(&self, index: usize) -> Option<&goyaml::Node> {
        let node = self.origin.as_ref()?.get(index)?;
        is_from(self.items.get(index)?, node).then_some(node)
    }

    /// The name of the type.
    pub fn type_name(&self) -> Cow<'static, str> {
        match self.element {
            Element::Any => Cow::Borrowed("[]interface {}"),
            Element::String => Cow::Borrowed("[]string"),
            Element::Int => Cow::Borrowed("[]int"),
            Element::ApiVersion => Cow::Borrowed("common.VersionSet"),
            element => Cow::Owned(format!("[]{}", element.name())),
        }
    }
}

/// nil.
pub fn nil() -> Value {
    Value::from(())
}

/// An `int64`.
pub fn int64(value: i64) -> Value {
    int_of(IntType::Int64, value)
}

/// A signed integer of any type.
pub fn int_of(int_type: IntType, value: i64) -> Value {
    match int_type {
        IntType::Int => Value::from(value),
        other => Value::from_object(Data::Int(other, value)),
    }
}

/// An unsigned integer.
pub fn uint_of(uint_type: UintType, value: u64) -> Value {
    Value::from_object(Data::Uint(uint_type, value))
}

/// A `[]interface {}`.
pub fn list(items: Vec<Value>) -> Value {
    list_of(Element::Any, items)
}

/// A slice of any type.
pub fn list_of(element: Element, items: Vec<Value>) -> Value {
    Value::from_object(Data::List(List {
        element,
        nil: false,
        items,
        origin: None,
    }))
}

/// Creates a slice with items of another one, and keeps their spans.
pub fn list_from(source: &List, items: Vec<Value>) -> Value {
    Value::from_object(Data::List(List {
        element: source.element,
        nil: false,
        items,
        origin: source.origin.clone(),
    }))
}

/// A `[]string`.
pub fn strings<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Value {
    list_of(Element::String, items.into_iter().map(Into::into).collect())
}

/// A nil slice.
pub fn nil_list(element: Element) -> Value {
    Value::from_object(Data::List(List {
        element,
        nil: true,
        items: Vec::new(),
        origin: None,
    }))
}

/// A `map[string]interface {}`.
pub fn map(entries: Entries) -> Value {
    map_of(MapType::ANY, entries)
}

/// A map of any type.
pub fn map_of(map_type: MapType, entries: Entries) -> Value {
    Value::from_object(Data::Map(Map::new(map_type, entries)))
}

/// Creates a map that was derived from another one, and keeps the spans of its keys.
pub fn map_from(source: &Map, map_type: MapType, entries: Entries) -> Value {
    Value::from_object(Data::Map(Map::new(map_type, entries).with_places_of(source)))
}

/// A struct or a pointer to one.
pub fn object(object: impl Struct + 'static) -> Value {
    Value::from_object(Data::Struct(Box::new(object)))
}

/// Converts a node as `encoding/json` would decode it: all numbers in a YAML text are `float64`, integers from `--set`
/// are `int64`.
///
/// The top-level map gets the type `map_type`, all maps below it `map[string]interface {}`. Maps are filled on first
/// access.
pub fn from_node(node: &goyaml::Node, map_type: MapType) -> Value {
    from_node_with(node, map_type, |node| from_node(node, MapType::ANY))
}

/// Like [`from_node`], with a function that converts the elements of maps and lists.
pub fn from_node_with(
    node: &goyaml::Node,
    map_type: MapType,
    inner: impl Fn(&goyaml::Node) -> Value + Send + 'static,
) -> Value {
    match &node.value {
        goyaml::Value::Null => nil(),
        goyaml::Value::Bool(value) => Value::from(*value),
        goyaml::Value::Int(value) => int64(*value),
        #[expect(clippy::cast_precision_loss, reason = "encoding/json rounds too")]
        goyaml::Value::Uint(value) => Value::from(*value as f64),
        goyaml::Value::Float(value) => Value::from(*value),
        goyaml::Value::String(text) => Value::from(Arc::clone(text)),
        goyaml::Value::List(origin) => Value::from_object(Data::List(List {
            element: Element::Any,
            nil: false,
            items: origin.iter().map(inner).collect(),
            origin: Some(Arc::clone(origin)),
        })),
        goyaml::Value::Map(origin) => {
            let source = Arc::clone(origin);
            let entries = move || {
                source
                    .iter()
                    .map(|(key, entry)| (Arc::clone(key), inner(&entry.node)))
                    .collect()
            };
            let map = Map::lazy(map_type, entries).with_origin(Arc::clone(origin));
            Value::from_object(Data::Map(map))
        }
    }
}
