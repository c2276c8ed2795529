//! A call of a function: its arguments as Go would hand them over, and what it may ask of its surroundings.

use std::borrow::Cow;
use std::sync::Arc;

use govalue::{Data, Limit, Map, Meter, Struct, Type, Value, View, assign, view};
use world::World;

use super::Function;

/// A cluster that `lookup` asks.
pub trait Cluster: std::fmt::Debug + Send + Sync {
    /// The object of this name, or the list of those in the namespace if the name is empty; an empty map where there is none.
    ///
    /// # Errors
    /// What the client says.
    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Value, String>;
}

/// What a function may ask of the renderer that calls it.
pub trait Host {
    /// Renders a named template with a dot.
    fn include(&mut self, name: &str, dot: &Value) -> Outcome;

    /// Renders a text as a template with a dot.
    fn tpl(&mut self, text: &str, dot: &Value) -> Outcome;

    /// The cluster, if there is one to ask.
    fn cluster(&self) -> Option<Arc<dyn Cluster>>;

    /// Clock and chance.
    fn world(&self) -> &dyn World;

    /// Pays for work: one unit is about a hundred nanoseconds, or a hundred bytes copied.
    ///
    /// # Errors
    /// When the render has used up what it may use.
    fn charge(&mut self, units: usize) -> Result<(), Limit>;
}

/// Why a function gives no value.
#[derive(Debug)]
pub enum Fault {
    /// It returned an error, or panicked, with this text.
    Failed(String),
    /// `call` was given something else than a function.
    NoFunction {
        /// What Go shows of it if it has come through the pipe; otherwise it shows what is written there.
        piped: String,
        /// Its type.
        type_name: String,
    },
    /// A template that it rendered failed: what Go puts before the error, and the error.
    Template {
        /// `error during tpl function execution for "...": `, or nothing.
        prefix: String,
        /// The error of the inner render.
        error: Box<minijinja::Error>,
    },
    /// The render has used up its time, memory or depth: promchart's own words.
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

/// The longest list that one call may make.
const MAX_ITEMS: usize = 1 << 20;

/// What a function gives.
pub type Outcome = Result<Value, Fault>;

/// An argument of the wrong type, in Go's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    /// Which argument, from 0.
    pub index: usize,
    /// `wrong type for value; expected string; got float64`.
    pub message: String,
}

/// A call of a function.
pub struct Call<'a> {
    /// The arguments, validated.
    pub arguments: Cow<'a, [Value]>,
    /// The renderer.
    pub host: &'a mut dyn Host,
}

impl<'a> Call<'a> {
    /// Calls a function. Whatever it does with them, reading its texts and carrying one away is paid for here.
    ///
    /// # Errors
    /// What the function fails with.
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

    /// Checks the arguments as Go's `validateType` does and gives them the form that the parameters ask for.
    ///
    /// With `piped` the first of them comes out of the pipeline: it is the last argument of the function.
    ///
    /// # Errors
    /// The first argument that does not fit.
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
            // What comes out of a pipeline has been taken out of its interface: nil is no value at all.
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

    /// Checks one argument; gives what to hand over instead where the form differs.
    ///
    /// # Errors
    /// If it does not fit the parameter.
    pub fn validate_one(parameter: Type, index: usize, value: &Value) -> Result<Option<Value>, ArgumentError> {
        assign(parameter, value).map_err(|message| ArgumentError { index, message })
    }

    /// How many arguments there are.
    pub fn len(&self) -> usize {
        self.arguments.len()
    }

    /// Whether there are no arguments.
    pub fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }

    /// The argument at an index; no value where there is none.
    pub fn value(&self, index: usize) -> &Value {
        static MISSING: Value = Value::UNDEFINED;
        self.arguments.get(index).unwrap_or(&MISSING)
    }

    /// A look at the argument at an index.
    pub fn view(&self, index: usize) -> View<'_> {
        view(self.value(index))
    }

    /// The arguments from an index on.
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

    /// A `map[string]interface {}` argument; nothing where nil was given.
    pub fn map(&self, index: usize) -> Option<&Map> {
        match self.view(index) {
            View::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A `[]interface {}` argument; empty where nil was given.
    pub fn list(&self, index: usize) -> &[Value] {
        match self.value(index).downcast_object_ref::<Data>() {
            Some(Data::List(list)) => &list.items,
            _ => &[],
        }
    }

    /// Pays for a text that is about to be made.
    ///
    /// # Errors
    /// When it is too long, or nothing is left to pay with.
    pub fn charge_text(&mut self, bytes: usize) -> Result<(), Fault> {
        Limit::text(bytes)?;
        Ok(self.host.charge(bytes / 100 + 1)?)
    }

    /// Pays for a list that is about to be made.
    ///
    /// # Errors
    /// When it is too long, or nothing is left to pay with.
    pub fn charge_items(&mut self, items: usize) -> Result<(), Fault> {
        if items > MAX_ITEMS {
            return Err(Fault::Limit(format!("a list of {items} elements is too long")));
        }
        Ok(self.host.charge(items)?)
    }

    /// Walks through the arguments with a meter that the renderer pays.
    ///
    /// # Errors
    /// What the walk fails with.
    pub fn metered<T, E: Into<Fault>>(
        &mut self,
        walk: impl FnOnce(&[Value], &mut Meter<'_>) -> Result<T, E>,
    ) -> Result<T, Fault> {
        let host = &mut *self.host;
        let mut pay = |units: usize| host.charge(units);
        walk(&self.arguments, &mut Meter::new(&mut pay)).map_err(Into::into)
    }

    /// A struct argument of a type that the caller knows.
    pub fn structure<T: 'static>(&self, index: usize) -> Option<&T> {
        match self.view(index) {
            View::Struct(object) => Struct::as_any(object).downcast_ref(),
            _ => None,
        }
    }
}
