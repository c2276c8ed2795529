//! The Go types that occur in templates.

use std::borrow::Cow;
use std::fmt;

/// The type of a parameter of a template function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `interface {}`: accepts anything; a missing value is passed as nil.
    Any,
    /// `reflect.Value`, which Go's own functions take: accepts anything; a missing value stays missing.
    Reflect,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// `uint32`
    Uint32,
    /// `float64`
    Float64,
    /// `string`
    String,
    /// `map[string]interface {}`
    Map,
    /// `[]interface {}`
    List,
    /// `time.Time`
    Time,
    /// `time.Duration`
    Duration,
    /// `*semver.Version`
    Version,
    /// `sprig.certificate`
    Certificate,
}

impl Type {
    /// Whether nil can be passed, as Go's `canBeNil` decides.
    pub fn can_be_nil(self) -> bool {
        matches!(self, Self::Any | Self::Reflect | Self::Map | Self::List)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "interface {}",
            Self::Reflect => "reflect.Value",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Float64 => "float64",
            Self::String => "string",
            Self::Map => "map[string]interface {}",
            Self::List => "[]interface {}",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Version => "*semver.Version",
            Self::Certificate => "sprig.certificate",
        })
    }
}

/// The parameters of a template function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The types of the parameters.
    pub parameters: &'static [Type],
    /// Whether the last parameter is variadic: it takes any number of arguments, including none.
    pub variadic: bool,
}

impl Signature {
    /// The type of the argument at an index; `None` past the last parameter.
    pub fn parameter(&self, index: usize) -> Option<Type> {
        match self.parameters.get(index) {
            Some(found) => Some(*found),
            None if self.variadic => self.parameters.last().copied(),
            None => None,
        }
    }

    /// The minimum number of arguments.
    pub fn required(&self) -> usize {
        self.parameters.len() - usize::from(self.variadic)
    }
}

/// The signed integer types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntType {
    /// `int`
    Int,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `time.Duration`, an int64 of nanoseconds
    Duration,
    /// `time.Month`
    Month,
    /// `time.Weekday`
    Weekday,
}

impl IntType {
    /// The name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Duration => "time.Duration",
            Self::Month => "time.Month",
            Self::Weekday => "time.Weekday",
        }
    }

    /// The name of its kind, which is the underlying type.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Duration => "int64",
            Self::Month | Self::Weekday => "int",
            other => other.name(),
        }
    }
}

/// The unsigned integer types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UintType {
    /// `uint`
    Uint,
    /// `uint8`, Go's `byte`
    Uint8,
    /// `uint16`
    Uint16,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
}

impl UintType {
    /// The name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
        }
    }
}

/// The element type of a list, or of a map with string keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// `interface {}`
    Any,
    /// `string`
    String,
    /// `int`
    Int,
    /// `float64`
    Float64,
    /// `map[string]interface {}`
    Map,
    /// `[]interface {}`
    List,
    /// `[]uint8`
    Bytes,
    /// `string` in a list of type `common.VersionSet`, which has a method of its own.
    ApiVersion,
}

impl Element {
    /// The name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::String | Self::ApiVersion => "string",
            Self::Int => "int",
            Self::Float64 => "float64",
            Self::Map => "map[string]interface {}",
            Self::List => "[]interface {}",
            Self::Bytes => "[]uint8",
        }
    }
}

/// The type of a map with string keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MapType {
    /// `map[string]T`
    Of(Element),
    /// `common.Values`, Helm's named `map[string]interface {}`, which has methods of its own.
    Values,
    /// `engine.files`, Helm's named `map[string][]uint8`, which has methods of its own.
    Files,
}

impl MapType {
    /// `map[string]interface {}`
    pub const ANY: Self = Self::Of(Element::Any);

    /// The element type of the map.
    pub fn element(self) -> Element {
        match self {
            Self::Of(element) => element,
            Self::Values => Element::Any,
            Self::Files => Element::Bytes,
        }
    }

    /// The name of the type.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::Of(Element::Any) => Cow::Borrowed("map[string]interface {}"),
            Self::Of(element) => Cow::Owned(format!("map[string]{}", element.name())),
            Self::Values => Cow::Borrowed("common.Values"),
            Self::Files => Cow::Borrowed("engine.files"),
        }
    }
}
