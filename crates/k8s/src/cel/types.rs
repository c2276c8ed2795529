//! Infers the types of expressions: `checker/` of cel-go, and the declarations of `k8s.io/apiserver/pkg/cel`.

use serde_json::{Map, Value};

use super::Scope;
use crate::formats::shown;
use ::cel::syntax::{Expression, Literal};

/// A type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind<'a> {
    /// Unknown, or CEL's `dyn`.
    Any,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Duration,
    Timestamp,
    Type,
    List(Box<Self>),
    /// The key type is string or unknown.
    Map(Box<Self>),
    Optional(Box<Self>),
    /// An object with the fields of a schema.
    Object(Schema<'a>),
    /// A device of a device claim.
    Device,
    /// `variables` of a policy.
    Variables,
}

/// A schema of a custom resource, and whether it describes a whole object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Schema<'a> {
    pub(crate) schema: &'a Map<String, Value>,
    pub(crate) root: bool,
}

impl<'a> Kind<'a> {
    /// The type that expressions see for a value of a schema (`SchemaDeclType`).
    pub(crate) fn of_schema(from: Schema<'a>) -> Self {
        let Schema { schema, root } = from;
        let child = |name: &str| {
            let child = schema.get(name).and_then(Value::as_object);
            Box::new(child.map_or(Self::Any, Self::of_child))
        };
        if is_true(schema, "x-kubernetes-int-or-string") {
            return Self::Any;
        }
        let text = |name: &str| schema.get(name).and_then(Value::as_str);
        match text("type") {
            Some("array") => Self::List(child("items")),
            Some("object") if schema.get("additionalProperties").is_some_and(Value::is_object) => {
                Self::Map(child("additionalProperties"))
            }
            Some("object") => Self::Object(Schema { schema, root }),
            Some("string") => match text("format") {
                Some("byte") => Self::Bytes,
                Some("duration") => Self::Duration,
                Some("date" | "date-time") => Self::Timestamp,
                _ => Self::String,
            },
            Some("boolean") => Self::Bool,
            Some("number") => Self::Double,
            Some("integer") => Self::Int,
            _ => Self::Any,
        }
    }

    fn of_child(schema: &'a Map<String, Value>) -> Self {
        let root = is_true(schema, "x-kubernetes-embedded-resource");
        Self::of_schema(Schema { schema, root })
    }

    /// The name of the type, if it is known.
    pub(super) fn name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Any => return None,
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Duration => "duration",
            Self::Timestamp => "timestamp",
            Self::Type => "type",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Optional(_) => "optional",
            Self::Object(_) | Self::Device | Self::Variables => "object",
        })
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }

    /// Whether both types are known and have no value in common.
    fn differs(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(two)) | (Self::Map(one), Self::Map(two)) => one.differs(two),
            (Self::Any | Self::Null, _)
            | (_, Self::Any | Self::Null)
            | (Self::Object(_) | Self::Map(_), Self::Object(_) | Self::Map(_)) => false,
            (one, two) => one.name() != two.name(),
        }
    }
}

type Result<T> = std::result::Result<T, String>;

/// Infers the type of an expression, or returns the type error.
pub(super) fn infer<'a>(expression: &Expression, scope: &Scope<'a>) -> Result<Kind<'a>> {
    let mut checker = Checker {
        scope,
        locals: Vec::new(),
        mixes: false,
    };
    checker.infer(expression)
}

struct Checker<'s, 'a> {
    scope: &'s Scope<'a>,
    /// The variables of macros.
    locals: Vec<(String, Kind<'a>)>,
    /// Whether lists and maps may mix several types.
    mixes: bool,
}

/// Functions of CEL, of cel-go's extensions and of Kubernetes' libraries, from 1.33 to 1.37, called with or without a
/// target. The second text is the result type if it is always the same, and otherwise empty.
const FUNCTIONS: &[(&str, &str)] = &[
    ("add", ""),
    ("allowed", "bool"),
    ("asApproximateFloat", "double"),
    ("asInteger", "int"),
    ("bool", "bool"),
    ("bytes", "bytes"),
    ("charAt", "string"),
    ("check", ""),
    ("cidr", ""),
    ("compareTo", "int"),
    ("contains", "bool"),
    ("containsCIDR", "bool"),
    ("containsIP", "bool"),
    ("distinct", ""),
    ("double", "double"),
    ("duration", "duration"),
    ("dyn", ""),
    ("endsWith", "bool"),
    ("error", ""),
    ("errored", "bool"),
    ("family", "int"),
    ("fieldSelector", ""),
    ("find", "string"),
    ("findAll", ""),
    ("first", ""),
    ("flatten", ""),
    ("format", ""),
    ("getDate", "int"),
    ("getDayOfMonth", "int"),
    ("getDayOfWeek", "int"),
    ("getDayOfYear", "int"),
    ("getEscapedPath", "string"),
    ("getFullYear", "int"),
    ("getHost", "string"),
    ("getHostname", "string"),
    ("getHours", "int"),
    ("getMilliseconds", "int"),
    ("getMinutes", "int"),
    ("getMonth", "int"),
    ("getPort", "string"),
    ("getQuery", ""),
    ("getScheme", "string"),
    ("getSeconds", "int"),
    ("group", ""),
    ("hasValue", "bool"),
    ("indexOf", "int"),
    ("int", "int"),
    ("ip", ""),
    ("isCIDR", "bool"),
    ("isCanonical", "bool"),
    ("isGlobalUnicast", "bool"),
    ("isGreaterThan", "bool"),
    ("isIP", "bool"),
    ("isInteger", "bool"),
    ("isLessThan", "bool"),
    ("isLinkLocalMulticast", "bool"),
    ("isLinkLocalUnicast", "bool"),
    ("isLoopback", "bool"),
    ("isQuantity", "bool"),
    ("isSemver", "bool"),
    ("isSorted", "bool"),
    ("isURL", "bool"),
    ("isUnspecified", "bool"),
    ("join", "string"),
    ("labelSelector", ""),
    ("last", ""),
    ("lastIndexOf", "int"),
    ("lowerAscii", "string"),
    ("major", "int"),
    ("masked", ""),
    ("matches", "bool"),
    ("max", ""),
    ("min", ""),
    ("minor", "int"),
    ("name", ""),
    ("namespace", ""),
    ("or", ""),
    ("orValue", ""),
    ("patch", "int"),
    ("path", ""),
    ("prefixLength", "int"),
    ("quantity", ""),
    ("reason", "string"),
    ("replace", "string"),
    ("resource", ""),
    ("reverse", ""),
    ("semver", ""),
    ("serviceAccount", ""),
    ("sign", "int"),
    ("size", "int"),
    ("slice", ""),
    ("sort", ""),
    ("split", ""),
    ("startsWith", "bool"),
    ("string", "string"),
    ("sub", ""),
    ("subresource", ""),
    ("substring", "string"),
    ("sum", ""),
    ("timestamp", "timestamp"),
    ("trim", "string"),
    ("type", "type"),
    ("uint", "uint"),
    ("unwrap", ""),
    ("unwrapOpt", ""),
    ("upperAscii", "string"),
    ("url", ""),
    ("validate", ""),
    ("value", ""),
];

/// The namespaces of functions.
const NAMESPACES: [&str; 7] = ["format", "ip", "jsonpatch", "lists", "optional", "sets", "strings"];

/// Functions whose target is a string.
const OF_STRINGS: [&str; 12] = [
    "charAt",
    "endsWith",
    "find",
    "findAll",
    "lowerAscii",
    "matches",
    "replace",
    "split",
    "startsWith",
    "substring",
    "trim",
    "upperAscii",
];

/// The names of types, which are values as well.
const TYPES: [&str; 14] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
    "dyn",
    "google",
    "net",
    "kubernetes",
];

impl<'a> Checker<'_, 'a> {
    fn infer(&mut self, expression: &Expression) -> Result<Kind<'a>> {
        match expression {
            Expression::Literal(literal) => Ok(match literal {
                Literal::Null => Kind::Null,
                Literal::Bool(_) => Kind::Bool,
                Literal::Int(_) => Kind::Int,
                Literal::Uint(_) => Kind::Uint,
                Literal::Double(_) => Kind::Double,
                Literal::String(_) => Kind::String,
                Literal::Bytes(_) => Kind::Bytes,
            }),
            Expression::Name(name) => self.name(name),
            Expression::Select(operand, field, optional) => {
                let operand = self.infer(operand)?;
                let field = self.field(&operand, field)?;
                Ok(if *optional {
                    Kind::Optional(Box::new(field))
                } else {
                    field
                })
            }
            Expression::Index(operand, index, optional) => {
                let operand = self.infer(operand)?;
                let index = self.infer(index)?;
                let item = at_index(&operand, &index)?;
                Ok(if *optional {
                    Kind::Optional(Box::new(item))
                } else {
                    item
                })
            }
            Expression::Unary(operator, operand) => {
                let kind = self.infer(operand)?;
                let fits = match *operator {
                    "!" => matches!(kind, Kind::Bool | Kind::Any),
                    _ => matches!(kind, Kind::Int | Kind::Double | Kind::Duration | Kind::Any),
                };
                match kind.name() {
                    Some(name) if !fits => Err(format!("`{operator}` does not go with {name}")),
                    _ => Ok(kind),
                }
            }
            Expression::Binary(operator, left, right) => {
                let (one, two) = (self.infer(left)?, self.infer(right)?);
                binary(operator, &one, &two)
            }
            Expression::Conditional(condition, yes, no) => {
                let kind = self.infer(condition)?;
                if !matches!(kind, Kind::Bool | Kind::Any) {
                    return Err(format!(
                        "the condition before `?` must be a bool, it is {}",
                        kind.name().unwrap_or_default()
                    ));
                }
                let (one, two) = (self.infer(yes)?, self.infer(no)?);
                if one.differs(&two) {
                    return Err(format!(
                        "the values behind `?` have different types: {} and {}",
                        one.name().unwrap_or_default(),
                        two.name().unwrap_or_default()
                    ));
                }
                Ok(if one == two { one } else { Kind::Any })
            }
            Expression::List(items) => {
                let kind = self.alike(
                    items.iter().map(|(item, optional)| (item, *optional)),
                    "the items of a list",
                )?;
                Ok(Kind::List(Box::new(kind)))
            }
            Expression::Map(entries) => {
                self.alike(entries.iter().map(|(key, ..)| (key, false)), "the keys of a map")?;
                let values = entries.iter().map(|(_, value, optional)| (value, *optional));
                let kind = self.alike(values, "the values of a map")?;
                Ok(Kind::Map(Box::new(kind)))
            }
            Expression::Message(values) => {
                for value in values {
                    self.infer(value)?;
                }
                Ok(Kind::Any)
            }
            Expression::Call(target, function, arguments) => self.call(target.as_deref(), function, arguments),
        }
    }

    /// Infers the common type of a list or map literal's items (`HomogeneousAggregateLiterals`).
    fn alike<'e>(&mut self, items: impl Iterator<Item = (&'e Expression, bool)>, what: &str) -> Result<Kind<'a>> {
        let mut all: Option<Kind<'a>> = None;
        for (item, optional) in items {
            let kind = match self.infer(item)? {
                Kind::Optional(inner) if optional => *inner,
                _ if optional => Kind::Any,
                kind => kind,
            };
            match &all {
                None => all = Some(kind),
                Some(known) if known.differs(&kind) && self.mixes => all = Some(Kind::Any),
                Some(known) if known.differs(&kind) => {
                    return Err(format!(
                        "{what} have different types: {} and {}",
                        known.name().unwrap_or_default(),
                        kind.name().unwrap_or_default()
                    ));
                }
                Some(known) if *known != kind => all = Some(Kind::Any),
                Some(_) => {}
            }
        }
        Ok(all.unwrap_or(Kind::Any))
    }

    fn name(&self, name: &str) -> Result<Kind<'a>> {
        if let Some((_, kind)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return Ok(kind.clone());
        }
        if let Some(kind) = self.scope.variables.get(name) {
            return Ok(kind.clone());
        }
        if name == "variables" && self.scope.composed.is_some() {
            return Ok(Kind::Variables);
        }
        if TYPES.contains(&name) {
            return Ok(Kind::Any);
        }
        let known: Vec<&str> = self.scope.variables.keys().map(String::as_str).collect();
        let near = suggest::closest(name, known)
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        Err(format!("there is no variable `{}` here{near}", shown(name)))
    }

    fn field(&self, operand: &Kind<'a>, field: &str) -> Result<Kind<'a>> {
        match operand {
            Kind::Any | Kind::Null => Ok(Kind::Any),
            Kind::Optional(inner) => self.field(inner, field).map(|kind| Kind::Optional(Box::new(kind))),
            Kind::Map(value) => Ok((**value).clone()),
            Kind::Device => match field {
                "driver" => Ok(Kind::String),
                "attributes" | "capacity" => Ok(Kind::Map(Box::new(Kind::Any))),
                "allowMultipleAllocations" => Ok(Kind::Bool),
                _ => Err(format!("a device has no field `{}`", shown(field))),
            },
            Kind::Variables => {
                let known = self.scope.composed.as_ref().and_then(|composed| composed.get(field));
                known
                    .cloned()
                    .ok_or_else(|| format!("there is no variable `{}` before this one", shown(field)))
            }
            Kind::Object(schema) => object_field(*schema, field),
            other => Err(format!(
                "`{}` is asked of a value that has no fields: it is {}",
                shown(field),
                other.name().unwrap_or_default()
            )),
        }
    }

    fn call(&mut self, target: Option<&Expression>, function: &str, arguments: &[Expression]) -> Result<Kind<'a>> {
        if let Some(Expression::Name(namespace)) = target
            && NAMESPACES.contains(&namespace.as_str())
            && !self.locals.iter().any(|(local, _)| local == namespace)
        {
            return self.namespaced(namespace, function, arguments);
        }
        if target.is_none() && function == "has" {
            return match arguments {
                [Expression::Select(operand, field, _)] => {
                    let operand = self.infer(operand)?;
                    self.field(&operand, field)?;
                    Ok(Kind::Bool)
                }
                _ => Err("`has` takes a field: `has(object.spec)`".to_owned()),
            };
        }
        if let Some(target) = target
            && is_macro(function, arguments)
        {
            return self.comprehension(target, function, arguments);
        }
        let Some((_, answer)) = FUNCTIONS.iter().find(|(name, _)| *name == function) else {
            let near = suggest::closest(function, FUNCTIONS.iter().map(|(name, _)| *name))
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            return Err(format!("there is no function `{}`{near}", shown(function)));
        };
        let of = target.map(|target| self.infer(target)).transpose()?;
        for argument in arguments {
            match argument {
                // Arguments of `format` may have any types.
                Expression::List(_) if function == "format" => {
                    let before = std::mem::replace(&mut self.mixes, true);
                    let kind = self.infer(argument);
                    self.mixes = before;
                    kind?;
                }
                argument => drop(self.infer(argument)?),
            }
        }
        if let Some(kind) = &of
            && OF_STRINGS.contains(&function)
            && !matches!(kind, Kind::String | Kind::Any)
        {
            return Err(format!(
                "`{function}` is for strings, this is {}",
                kind.name().unwrap_or_default()
            ));
        }
        if function == "matches"
            && let Some(Expression::Literal(Literal::String(pattern))) = arguments.last()
            && !pattern.contains('\\')
            && let Err(reason) = crate::formats::pattern::check(pattern)
        {
            return Err(format!("`{}` is not a regular expression: {reason}", shown(pattern)));
        }
        Ok(match *answer {
            "bool" => Kind::Bool,
            "int" => Kind::Int,
            "uint" => Kind::Uint,
            "double" => Kind::Double,
            "string" => Kind::String,
            "bytes" => Kind::Bytes,
            "duration" => Kind::Duration,
            "timestamp" => Kind::Timestamp,
            "type" => Kind::Type,
            _ => Kind::Any,
        })
    }

    fn namespaced(&mut self, namespace: &str, function: &str, arguments: &[Expression]) -> Result<Kind<'a>> {
        for argument in arguments {
            self.infer(argument)?;
        }
        Ok(match (namespace, function) {
            ("sets", _) | ("ip", "isCanonical") => Kind::Bool,
            _ => Kind::Any,
        })
    }

    /// Infers the type of an expression with additional variables.
    fn within(&mut self, locals: Vec<(String, Kind<'a>)>, body: &Expression) -> Result<Kind<'a>> {
        let before = self.locals.len();
        self.locals.extend(locals);
        let kind = self.infer(body);
        self.locals.truncate(before);
        kind
    }

    fn comprehension(&mut self, target: &Expression, function: &str, arguments: &[Expression]) -> Result<Kind<'a>> {
        let range = self.infer(target)?;
        let optional = function.starts_with("opt");
        let (one, value) = match &range {
            Kind::Any | Kind::Null | Kind::Variables | Kind::Device => (Kind::Any, Kind::Any),
            Kind::List(item) => ((**item).clone(), (**item).clone()),
            Kind::Map(value) => (Kind::String, (**value).clone()),
            Kind::Object(_) => (Kind::String, Kind::Any),
            Kind::Optional(value) if optional => ((**value).clone(), (**value).clone()),
            other => {
                return Err(format!(
                    "`{function}` goes through a list or a map, this is {}",
                    other.name().unwrap_or_default()
                ));
            }
        };
        let (names, rest): (Vec<&Expression>, Vec<&Expression>) = {
            let two = is_two_variable(function, arguments);
            let count = if two { 2 } else { 1 };
            (
                arguments.iter().take(count).collect(),
                arguments.iter().skip(count).collect(),
            )
        };
        let first = match (&range, names.len()) {
            (Kind::List(_), 2) => Kind::Int,
            _ => one,
        };
        let mut locals = Vec::new();
        for (name, kind) in names.iter().zip([first, value]) {
            if let Expression::Name(name) = name {
                locals.push((name.clone(), kind));
            }
        }
        let mut last = Kind::Any;
        let predicates = if matches!(function, "map" | "transformList" | "transformMap" | "transformMapEntry") {
            rest.len().saturating_sub(1)
        } else if matches!(function, "optMap" | "optFlatMap" | "sortBy") {
            0
        } else {
            rest.len()
        };
        for (index, body) in rest.iter().enumerate() {
            last = self.within(locals.clone(), body)?;
            if index < predicates && !matches!(last, Kind::Bool | Kind::Any) {
                return Err(format!(
                    "the condition of `{function}` must be a bool, it is {}",
                    last.name().unwrap_or_default()
                ));
            }
        }
        Ok(match function {
            "all" | "exists" | "exists_one" | "existsOne" => Kind::Bool,
            "filter" => match range {
                Kind::List(item) => Kind::List(item),
                Kind::Map(_) | Kind::Object(_) => Kind::List(Box::new(Kind::String)),
                _ => Kind::List(Box::new(Kind::Any)),
            },
            "map" | "transformList" => Kind::List(Box::new(last)),
            "transformMap" => Kind::Map(Box::new(last)),
            _ => Kind::Any,
        })
    }
}

/// Whether a call is a macro. With a wrong number of arguments it is a call of an unknown function instead.
fn is_macro(function: &str, arguments: &[Expression]) -> bool {
    let names = |count: usize| {
        arguments
            .iter()
            .take(count)
            .all(|argument| matches!(argument, Expression::Name(_)))
    };
    match function {
        "all" | "exists" | "exists_one" | "existsOne" => {
            (arguments.len() == 2 && names(1)) || (arguments.len() == 3 && names(2))
        }
        "filter" | "optMap" | "optFlatMap" | "sortBy" => arguments.len() == 2 && names(1),
        "map" => matches!(arguments.len(), 2 | 3) && names(1),
        "transformList" | "transformMap" | "transformMapEntry" => matches!(arguments.len(), 3 | 4) && names(2),
        _ => false,
    }
}

fn is_two_variable(function: &str, arguments: &[Expression]) -> bool {
    function.starts_with("transform") || (arguments.len() == 3 && function != "map")
}

fn at_index<'a>(operand: &Kind<'a>, index: &Kind<'a>) -> Result<Kind<'a>> {
    match operand {
        Kind::Any | Kind::Null | Kind::Device | Kind::Variables | Kind::Object(_) => Ok(Kind::Any),
        Kind::List(item) if matches!(index, Kind::Any | Kind::Int | Kind::Uint | Kind::Double) => Ok((**item).clone()),
        Kind::List(_) => Err(format!("a list has no item at {}", index.name().unwrap_or_default())),
        Kind::Map(value) => Ok((**value).clone()),
        Kind::Optional(inner) => at_index(inner, index).map(|kind| Kind::Optional(Box::new(kind))),
        other => Err(format!("`[...]` does not go with {}", other.name().unwrap_or_default())),
    }
}

/// Returns the type of a field of an object, by its name in expressions.
fn object_field<'a>(object: Schema<'a>, field: &str) -> Result<Kind<'a>> {
    let Schema { schema, root } = object;
    if root {
        match field {
            "apiVersion" | "kind" => return Ok(Kind::String),
            "metadata" => return Ok(Kind::Any),
            _ => {}
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let own = properties.and_then(|properties| {
        properties.iter().find(|(name, schema)| {
            (::cel::escape(name).as_deref() == Some(field) || *name == field) && has_kind(schema)
        })
    });
    match own {
        Some((_, schema)) => Ok(schema.as_object().map_or(Kind::Any, Kind::of_child)),
        None => Err(format!(
            "the schema has no field `{}` that an expression can see",
            shown(field)
        )),
    }
}

fn is_true(schema: &Map<String, Value>, word: &str) -> bool {
    schema.get(word) == Some(&Value::Bool(true))
}

/// Whether a value of a schema is visible to expressions: a value without a type is not.
fn has_kind(schema: &Value) -> bool {
    if schema["x-kubernetes-int-or-string"] == Value::Bool(true) {
        return true;
    }
    match schema["type"].as_str() {
        Some("array") => has_kind(&schema["items"]),
        Some("object") => !schema["additionalProperties"].is_object() || has_kind(&schema["additionalProperties"]),
        Some(_) => true,
        None => false,
    }
}

fn binary<'a>(operator: &str, one: &Kind<'a>, two: &Kind<'a>) -> Result<Kind<'a>> {
    let wrong = || {
        let (one, two) = (one.name().unwrap_or("any"), two.name().unwrap_or("any"));
        Err(format!("`{operator}` does not go with {one} and {two}"))
    };
    let any = matches!(one, Kind::Any) || matches!(two, Kind::Any);
    match operator {
        "&&" | "||" => {
            let fits = |kind: &Kind<'_>| matches!(kind, Kind::Bool | Kind::Any);
            if fits(one) && fits(two) {
                Ok(Kind::Bool)
            } else {
                wrong()
            }
        }
        "==" | "!=" => {
            if one.differs(two) {
                wrong()
            } else {
                Ok(Kind::Bool)
            }
        }
        "<" | "<=" | ">" | ">=" => {
            let ordered = |kind: &Kind<'_>| {
                matches!(
                    kind,
                    Kind::Any
                        | Kind::Bool
                        | Kind::Int
                        | Kind::Uint
                        | Kind::Double
                        | Kind::String
                        | Kind::Bytes
                        | Kind::Duration
                        | Kind::Timestamp
                )
            };
            let fits =
                ordered(one) && ordered(two) && (any || !one.differs(two) || (one.is_number() && two.is_number()));
            if fits { Ok(Kind::Bool) } else { wrong() }
        }
        "in" => match two {
            Kind::List(item) if one.differs(item) => wrong(),
            Kind::List(_)
            | Kind::Map(_)
            | Kind::Any
            | Kind::Object(_)
            | Kind::Null
            | Kind::Device
            | Kind::Variables => Ok(Kind::Bool),
            _ => wrong(),
        },
        "+" => match (one, two) {
            _ if any => Ok(Kind::Any),
            (Kind::List(first), Kind::List(_)) => {
                if one.differs(two) {
                    wrong()
                } else {
                    Ok(Kind::List(first.clone()))
                }
            }
            (Kind::Timestamp, Kind::Duration) | (Kind::Duration, Kind::Timestamp) => Ok(Kind::Timestamp),
            (Kind::Int | Kind::Uint | Kind::Double | Kind::String | Kind::Bytes | Kind::Duration, _) if one == two => {
                Ok(one.clone())
            }
            _ => wrong(),
        },
        "-" => match (one, two) {
            _ if any => Ok(Kind::Any),
            (Kind::Timestamp, Kind::Timestamp) => Ok(Kind::Duration),
            (Kind::Timestamp, Kind::Duration) => Ok(Kind::Timestamp),
            (Kind::Int | Kind::Uint | Kind::Double | Kind::Duration, _) if one == two => Ok(one.clone()),
            _ => wrong(),
        },
        "%" => match (one, two) {
            _ if any => Ok(Kind::Any),
            (Kind::Int | Kind::Uint, _) if one == two => Ok(one.clone()),
            _ => wrong(),
        },
        _ => match (one, two) {
            _ if any => Ok(Kind::Any),
            (Kind::Int | Kind::Uint | Kind::Double, _) if one == two => Ok(one.clone()),
            _ => wrong(),
        },
    }
}
