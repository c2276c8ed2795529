//! A function call: its arguments as Go would pass them, and the host services that it can use.

use std::borrow::Cow;
use std::sync::Arc;

use govalue::{Data, Limit, Map, Meter, Struct, Type, Value, View, assign, view};
use system::System;

use super::Function;

/// The cluster that `lookup` queries.
pub trait Cluster: std::fmt::Debug + Send + Sync {
    /// The object of this name, or the list of the namespace's objects if the name is empty; an empty map if there is
    /// none.
    ///
    /// # Errors
    /// The client's error.
    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Value, String>;
}

/// The renderer's services for a function.
pub trait Host {
    /// Renders a named template with a dot.
    fn include(&mut self, name: &str, dot: &Value) -> Outcome;

    /// Renders a text as a template with a dot.
    fn tpl(&mut self, text: &str, dot: &Value) -> Outcome;

    /// The cluster, if there is one.
    fn cluster(&self) -> Option<Arc<dyn Cluster>>;

    /// The source of time.
    fn system(&self) -> &dyn System;

    /// The source of randomness.
    ///
    /// # Errors
    /// If others would see that bytes are taken from it, and may not.
    fn chance(&self) -> Result<&dyn System, Limit>;

    /// Charges for work. One unit is about a hundred nanoseconds, or a hundred bytes copied.
    ///
    /// # Errors
    /// If the render exceeds its limit.
    fn charge(&mut self, units: usize) -> Result<(), Limit>;
}

/// The error of a function call.
#[derive(Debug)]
pub enum Fault {
    /// The function returned an error, or panicked, with this text.
    Failed(String),
    /// The operand of `call` is not a function.
    NoFunction {
        /// Go's text for a piped operand. For any other operand Go's message shows the source text.
        piped: String,
        /// The operand's type.
        type_name: String,
    },
    /// `include` names a template that does not exist.
    NoTemplate {
        /// The name.
        name: String,
        /// Go's text.
        text: String,
    },
    /// A template rendered by the function failed.
    Template {
        /// The prefix that Go adds: `error during tpl function execution for "...": `, or empty.
        prefix: String,
        /// The error of the inner render.
        error: Box<minijinja::Error>,
    },
    /// The render exceeded a limit of promchart on time, memory or depth.
    Limit(String),
}

impl Fault {
    /// An error with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self::Failed(text.into())
    }
}

impl From<Limit> for Fault {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit.0)
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Self::Failed(text)
    }
}

impl From<&str> for Fault {
    fn from(text: &str) -> Self {
        Self::Failed(text.to_owned())
    }
}

/// The maximum length of a list made by one call.
const MAX_ITEMS: usize = 1 << 20;

/// The result of a function.
pub type Outcome = Result<Value, Fault>;

/// An argument of the wrong type, with Go's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    /// The index of the argument, from 0.
    pub index: usize,
    /// The message: `wrong type for value; expected string; got float64`.
    pub message: String,
}

/// A call of a function.
pub struct Call<'a> {
    /// The validated arguments.
    pub arguments: Cow<'a, [Value]>,
    /// The renderer.
    pub host: &'a mut dyn Host,
}

impl<'a> Call<'a> {
    /// Calls a function. The cost of reading its string arguments is charged here, and the length of its result is
    /// checked.
    ///
    /// # Errors
    /// The function's error.
    pub fn run(mut self, function: &Function) -> Outcome {
        let length = |value: &Value| value.as_str().map_or(0, str::len);
        let read: usize = self.arguments.iter().map(length).sum();
        if read >= 100 {
            self.host.charge(read / 100)?;
        }
        let result = (function.run)(&mut self)?;
        Limit::text(length(&result))?;
        Ok(result)
    }

    /// Checks the arguments as Go's `validateType` does, and converts them to the parameter types.
    ///
    /// With `piped`, the first of `arguments` is the value of the pipeline, which becomes the last argument of the
    /// function.
    ///
    /// # Errors
    /// The first argument of a wrong type.
    pub fn validate(
        function: &Function,
        arguments: &'a [Value],
        piped: bool,
    ) -> Result<Cow<'a, [Value]>, ArgumentError> {
        let mut arguments = Cow::Borrowed(arguments);
        if piped {
            if arguments.len() > 1 {
                arguments.to_mut().rotate_left(1);
            }
            // Go unwraps a piped value from its interface, so a piped nil is an invalid value.
            let last = arguments.len() - 1;
            if arguments[last].is_none() {
                arguments.to_mut()[last] = Value::UNDEFINED;
            }
        }
        for index in 0..arguments.len() {
            let Some(parameter) = function.signature.parameter(index) else {
                break;
            };
            if let Some(replacement) = Self::validate_one(parameter, index, &arguments[index])? {
                arguments.to_mut()[index] = replacement;
            }
        }
        Ok(arguments)
    }

    /// Checks one argument; returns the converted value if a conversion is needed.
    ///
    /// # Errors
    /// If its type does not match the parameter.
    pub fn validate_one(parameter: Type, index: usize, value: &Value) -> Result<Option<Value>, ArgumentError> {
        assign(parameter, value).map_err(|message| ArgumentError { index, message })
    }

    /// The number of arguments.
    pub fn len(&self) -> usize {
        self.arguments.len()
    }

    /// Whether there are no arguments.
    pub fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }

    /// The argument at an index; undefined if there is none.
    pub fn value(&self, index: usize) -> &Value {
        static MISSING: Value = Value::UNDEFINED;
        self.arguments.get(index).unwrap_or(&MISSING)
    }

    /// A typed view of the argument at an index.
    pub fn view(&self, index: usize) -> View<'_> {
        view(self.value(index))
    }

    /// The arguments from an index to the end.
    pub fn rest(&self, from: usize) -> &[Value] {
        self.arguments.get(from..).unwrap_or_default()
    }

    /// A `string` argument.
    pub fn str(&self, index: usize) -> &str {
        self.value(index).as_str().unwrap_or_default()
    }

    /// An `int`, `int64` or other signed integer argument.
    pub fn int(&self, index: usize) -> i64 {
        match self.view(index) {
            View::Int(_, value) => value,
            _ => 0,
        }
    }

    /// A `bool` argument.
    pub fn bool(&self, index: usize) -> bool {
        matches!(self.view(index), View::Bool(true))
    }

    /// A `float64` argument.
    pub fn float(&self, index: usize) -> f64 {
        match self.view(index) {
            View::Float(value) => value,
            _ => 0.0,
        }
    }

    /// A `map[string]interface {}` argument; none for nil.
    pub fn map(&self, index: usize) -> Option<&Map> {
        match self.view(index) {
            View::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A `[]interface {}` argument; empty for nil.
    pub fn list(&self, index: usize) -> &[Value] {
        match self.value(index).downcast_object_ref::<Data>() {
            Some(Data::List(list)) => &list.items,
            _ => &[],
        }
    }

    /// Charges for a string before it is made.
    ///
    /// # Errors
    /// If the string is too long, or the render exceeds its limit.
    pub fn charge_text(&mut self, bytes: usize) -> Result<(), Fault> {
        Limit::text(bytes)?;
        Ok(self.host.charge(bytes / 100 + 1)?)
    }

    /// Charges for a list before it is made.
    ///
    /// # Errors
    /// If the list is too long, or the render exceeds its limit.
    pub fn charge_items(&mut self, items: usize) -> Result<(), Fault> {
        if items > MAX_ITEMS {
            return Err(Fault::Limit(format!("a list of {items} elements is too long")));
        }
        Ok(self.host.charge(items)?)
    }

    /// Traverses the arguments with a meter charged to the render.
    ///
    /// # Errors
    /// The error of the traversal.
    pub fn metered<T, E: Into<Fault>>(
        &mut self,
        walk: impl FnOnce(&[Value], &mut Meter<'_>) -> Result<T, E>,
    ) -> Result<T, Fault> {
        let host = &mut *self.host;
        let mut pay = |units: usize| host.charge(units);
        walk(&self.arguments, &mut Meter::new(&mut pay)).map_err(Into::into)
    }

    /// A struct argument of the type `T`; none for another type.
    pub fn structure<T: 'static>(&self, index: usize) -> Option<&T> {
        match self.view(index) {
            View::Struct(object) => Struct::as_any(object).downcast_ref(),
            _ => None,
        }
    }
}
