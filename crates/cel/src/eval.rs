//! The evaluator and its cost model: `interpreter` of cel-go.
//!
//! Costs are those of cel-go's `runtimecost.go` and Kubernetes' `library/cost.go`: 1 for a variable or a field, the
//! function's own cost for a call, nothing for a constant. A macro costs as much as the comprehension that cel-go
//! expands it to.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use gostd::regexp::Regexp;

use crate::error::{Error, fail, no_overload};
use crate::operators;
use crate::syntax::{Expression, Literal};
use crate::value::{Key, List, Map, Value};

/// The cost limit of one expression (`PerCallLimit`).
pub const CALL_LIMIT: u64 = 1_000_000;
/// The cost limit of all expressions of an object, or of a policy binding (`RuntimeCELCostBudget`).
pub const BUDGET: u64 = 10_000_000;
/// The limit on evaluation steps. It bounds the time of expressions whose steps cost nothing.
const STEPS: u64 = 20_000_000;

/// The variables of an expression.
pub trait Variables {
    /// The value of a variable; none if it is not declared.
    fn get(&self, name: &str) -> Option<Result<Value, Error>>;

    /// The value of `variables.NAME`; none if it is not declared. Its evaluation is not charged to the expression.
    fn composed(&self, _name: &str) -> Option<Result<Value, Error>> {
        None
    }
}

impl Variables for BTreeMap<&str, Value> {
    fn get(&self, name: &str) -> Option<Result<Value, Error>> {
        BTreeMap::get(self, name).cloned().map(Ok)
    }
}

/// Evaluates an expression. Returns its value and its cost.
pub fn evaluate(expression: &Expression, variables: &dyn Variables) -> (Result<Value, Error>, u64) {
    let mut evaluator = Evaluator {
        variables,
        locals: Vec::new(),
        cost: 0,
        steps: 0,
        patterns: BTreeMap::new(),
    };
    let result = evaluator.value(expression);
    // An `Invalid` value (data that violates its schema) becomes an error when it is used.
    let result = result.and_then(checked);
    (result, evaluator.cost)
}

fn checked(value: Value) -> Result<Value, Error> {
    match value {
        Value::Invalid(message) => fail(&*message),
        Value::Unknown(what) => Err(Error::Unknown(what.to_string())),
        value => Ok(value),
    }
}

pub(crate) struct Evaluator<'a> {
    variables: &'a dyn Variables,
    /// The loop variables of the enclosing macros, innermost last.
    locals: Vec<(String, Value)>,
    cost: u64,
    steps: u64,
    patterns: BTreeMap<String, Arc<Regexp>>,
}

/// The type names that are also values.
const TYPES: [&str; 10] = [
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
];

impl Evaluator<'_> {
    /// Adds to the cost; fails when the limit is exceeded.
    pub(crate) fn charge(&mut self, cost: u64) -> Result<(), Error> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > CALL_LIMIT {
            Err(Error::Cost)
        } else {
            Ok(())
        }
    }

    /// Counts steps that cost nothing; fails when the step limit is exceeded.
    pub(crate) fn work(&mut self, steps: usize) -> Result<(), Error> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > STEPS { Err(Error::Cost) } else { Ok(()) }
    }

    pub(crate) fn value(&mut self, expression: &Expression) -> Result<Value, Error> {
        self.step(expression, 1)
    }

    /// Evaluates an expression. `attribute` is the charge for a variable or a chain of fields: 1, or 0 in a branch of
    /// `?:`.
    fn step(&mut self, expression: &Expression, attribute: u64) -> Result<Value, Error> {
        self.work(1)?;
        match expression {
            Expression::Literal(literal) => Ok(of_literal(literal)),
            Expression::Name(name) => {
                self.charge(attribute)?;
                self.name(name)
            }
            Expression::Select(..) | Expression::Index(..) => {
                let value = self.attribute(expression)?;
                self.charge(attribute)?;
                checked(value)
            }
            Expression::Unary("!", operand) => match self.value(operand)? {
                Value::Bool(value) => self.charge(1).map(|()| Value::Bool(!value)),
                _ => no_overload(),
            },
            Expression::Unary(_, operand) => {
                let value = self.value(operand)?;
                self.charge(1)?;
                operators::negate(&value)
            }
            Expression::Binary("&&", one, two) => self.logical(one, two, false),
            Expression::Binary("||", one, two) => self.logical(one, two, true),
            Expression::Binary(operator, one, two) => self.binary(operator, one, two),
            Expression::Conditional(condition, yes, no) => match self.value(condition)? {
                Value::Bool(true) => self.step(yes, 0),
                Value::Bool(false) => self.step(no, 0),
                _ => no_overload(),
            },
            Expression::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for (item, optional) in items {
                    let value = self.value(item)?;
                    match (optional, value) {
                        (false, value) => values.push(value),
                        (true, Value::Optional(Some(value))) => values.push((*value).clone()),
                        (true, Value::Optional(None)) => {}
                        (true, _) => return fail("cannot initialize optional list element from non-optional value"),
                    }
                }
                if !is_constant(expression) {
                    self.charge(10)?;
                }
                Ok(values.into())
            }
            Expression::Map(entries) => {
                let mut map = Map::default();
                for (key, value, optional) in entries {
                    let key = self.value(key)?;
                    let value = self.value(value)?;
                    let Some(key) = Key::of(&key) else {
                        return fail(format!("unsupported key type: {}", key.type_name()));
                    };
                    match (optional, value) {
                        (false, value) => drop(map.entries.insert(key, value)),
                        (true, Value::Optional(Some(value))) => drop(map.entries.insert(key, (*value).clone())),
                        (true, Value::Optional(None)) => drop(map.entries.remove(&key)),
                        (true, _) => return fail("cannot initialize optional entry from non-optional value"),
                    }
                }
                if !is_constant(expression) {
                    self.charge(30)?;
                }
                Ok(Value::Map(Arc::new(map)))
            }
            Expression::Message(_) => Err(Error::Unknown("a message".to_owned())),
            Expression::Call(target, function, arguments) => self.call(target.as_deref(), function, arguments),
        }
    }

    fn name(&self, name: &str) -> Result<Value, Error> {
        if let Some((_, value)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return checked(value.clone());
        }
        if let Some(value) = self.variables.get(name) {
            return value.and_then(checked);
        }
        if TYPES.contains(&name) {
            return Ok(Value::Type(name.into()));
        }
        fail(format!("no such attribute(s): {name}"))
    }

    /// A variable, field or item. Each field or index costs 1; a variable at the start of the chain costs nothing here.
    fn attribute(&mut self, expression: &Expression) -> Result<Value, Error> {
        self.work(1)?;
        match expression {
            Expression::Name(name) => self.name(name),
            Expression::Select(operand, field, optional) => {
                if let Some(value) = self.qualified(operand, field) {
                    return value;
                }
                let operand = checked(self.attribute(operand)?)?;
                self.select(&operand, &Value::from(field.as_str()), *optional)
            }
            Expression::Index(operand, index, optional) => {
                let operand = self.attribute(operand).and_then(checked);
                let index = self.step(index, 0)?;
                self.select(&operand?, &index, *optional)
            }
            other => self.value(other),
        }
    }

    /// `variables.NAME` of a policy, or a type with a qualified name.
    fn qualified(&mut self, operand: &Expression, field: &str) -> Option<Result<Value, Error>> {
        match operand {
            Expression::Name(name) if name == "variables" && !self.locals.iter().any(|(local, _)| local == name) => {
                let value = self.variables.composed(field)?;
                if let Err(error) = self.charge(1) {
                    return Some(Err(error));
                }
                Some(value)
            }
            Expression::Select(google, protobuf, false) if protobuf == "protobuf" => {
                let is_type = matches!(&**google, Expression::Name(name) if name == "google")
                    && matches!(field, "Duration" | "Timestamp");
                is_type.then(|| Ok(Value::Type(format!("google.protobuf.{field}").into())))
            }
            _ => None,
        }
    }

    /// Looks up a key and charges for it. On an optional operand the result is optional too.
    fn select(&mut self, operand: &Value, key: &Value, optional: bool) -> Result<Value, Error> {
        if let Value::Optional(inner) = operand {
            let Some(inner) = inner else {
                return Ok(Value::Optional(None));
            };
            return self.select(inner, key, true);
        }
        let found = at(operand, key);
        if optional {
            return match found {
                Ok(Some(value)) => {
                    self.charge(1)?;
                    checked(value).map(Value::some)
                }
                Ok(None) => Ok(Value::Optional(None)),
                Err(error) => Err(error),
            };
        }
        self.charge(1)?;
        match found? {
            Some(value) => Ok(value),
            None if matches!(operand, Value::List(_)) => fail(format!("index out of bounds: {}", key_text(key))),
            None => fail(format!("no such key: {}", key_text(key))),
        }
    }

    /// `&&` and `||`: if one side decides the result, an error of the other side is ignored.
    fn logical(&mut self, one: &Expression, two: &Expression, decides: bool) -> Result<Value, Error> {
        let one = self.boolean(one)?;
        if one == Ok(decides) {
            return Ok(Value::Bool(decides));
        }
        let two = self.boolean(two)?;
        if two == Ok(decides) {
            return Ok(Value::Bool(decides));
        }
        both(one, two).map(Value::Bool)
    }

    /// Evaluates a condition. The inner error is the condition's own; the outer one (cost limit exceeded) ends the
    /// evaluation.
    fn boolean(&mut self, expression: &Expression) -> Result<Result<bool, Error>, Error> {
        match self.value(expression) {
            Ok(Value::Bool(value)) => Ok(Ok(value)),
            Ok(_) => Ok(no_overload()),
            Err(Error::Cost) => Err(Error::Cost),
            Err(error) => Ok(Err(error)),
        }
    }

    fn binary(&mut self, operator: &str, one: &Expression, two: &Expression) -> Result<Value, Error> {
        let is_set = operator == "in" && is_constant(two);
        let one = self.value(one);
        if matches!(one, Err(Error::Cost)) {
            return one;
        }
        let two = self.value(two);
        let (one, two) = (one?, two?);
        let smaller = one.size().min(two.size());
        match operator {
            "==" | "!=" => {
                let is_plain = matches!(
                    one,
                    Value::Quantity(_)
                        | Value::Url(_)
                        | Value::Ip(_)
                        | Value::Cidr(_)
                        | Value::Semver(_)
                        | Value::Format(_)
                );
                self.charge(if is_plain { 1 } else { tenth(smaller) })?;
                self.work(weight(&one))?;
                Ok(Value::Bool(one.equals(&two) == (operator == "==")))
            }
            "<" | "<=" | ">" | ">=" => {
                let is_text = matches!(one, Value::String(_) | Value::Bytes(_));
                self.charge(if is_text { tenth(smaller) } else { 1 })?;
                if matches!((&one, &two), (Value::Double(number), _) | (_, Value::Double(number)) if number.is_nan()) {
                    return fail("NaN values cannot be ordered");
                }
                let Some(order) = one.compare(&two) else {
                    return no_overload();
                };
                Ok(Value::Bool(match operator {
                    "<" => order == Ordering::Less,
                    "<=" => order != Ordering::Greater,
                    ">" => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                }))
            }
            "in" => match &two {
                Value::List(list) => {
                    self.charge(if is_set { 0 } else { two.size() })?;
                    self.work(list.items.len())?;
                    Ok(Value::Bool(list.items.iter().any(|item| item.equals(&one))))
                }
                Value::Map(map) => {
                    self.charge(1)?;
                    Ok(Value::Bool(map.find(&one).is_some()))
                }
                _ => no_overload(),
            },
            "+" => {
                let is_text = matches!(one, Value::String(_) | Value::Bytes(_));
                self.charge(if is_text { tenth(one.size() + two.size()) } else { 1 })?;
                self.work(weight(&one) + weight(&two))?;
                operators::add(&one, &two)
            }
            _ => {
                self.charge(1)?;
                operators::arithmetic(operator, &one, &two)
            }
        }
    }

    /// Evaluates `body` with a local variable.
    pub(crate) fn with<T>(
        &mut self,
        name: &str,
        value: Value,
        body: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.locals.push((name.to_owned(), value));
        let result = body(self);
        self.locals.pop();
        result
    }

    pub(crate) fn is_local(&self, name: &str) -> bool {
        self.locals.iter().any(|(local, _)| local == name)
    }

    pub(crate) fn presence(&mut self, operand: &Expression, field: &str) -> Result<Value, Error> {
        if let Expression::Name(name) = operand
            && name == "variables"
            && !self.is_local(name)
        {
            self.charge(2)?;
            return Ok(Value::Bool(self.variables.composed(field).is_some()));
        }
        let operand = self.attribute(operand).and_then(checked)?;
        self.charge(2)?;
        let found = match &operand {
            Value::Optional(inner) => match inner {
                Some(inner) => at(inner, &Value::from(field))?,
                None => None,
            },
            operand => at(operand, &Value::from(field))?,
        };
        Ok(Value::Bool(found.is_some()))
    }

    pub(crate) fn pattern(&mut self, text: &str) -> Result<Arc<Regexp>, Error> {
        if let Some(pattern) = self.patterns.get(text) {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Regexp::compile(text).map_err(Error::Failed)?;
        if pattern.prepare("").is_none() {
            return Err(Error::Unknown("whether so large a pattern matches".to_owned()));
        }
        self.patterns.insert(text.to_owned(), Arc::clone(&pattern));
        Ok(pattern)
    }
}

/// Combines both sides when neither decides the result.
pub(crate) fn both(one: Result<bool, Error>, two: Result<bool, Error>) -> Result<bool, Error> {
    match (one, two) {
        (Ok(_), Ok(value)) => Ok(value),
        (Err(one), Err(two)) => Err(if matches!(two, Error::Unknown(_)) { two } else { one }),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

/// The value at a key of a map or an index of a list; an error if the operand is of another type.
fn at(operand: &Value, key: &Value) -> Result<Option<Value>, Error> {
    match operand {
        Value::Map(map) => match key {
            Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::String(_) => {
                Ok(map.find(key).cloned())
            }
            _ => no_overload(),
        },
        Value::List(list) => {
            let index = match key {
                Value::Int(number) => usize::try_from(*number).ok(),
                Value::Uint(number) => usize::try_from(*number).ok(),
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "whole, not negative and small"
                )]
                Value::Double(number) if number.fract() == 0.0 && (0.0..1e15).contains(number) => {
                    Some(*number as usize)
                }
                _ => return fail(format!("unsupported index type '{}' in list", key.type_name())),
            };
            Ok(index.and_then(|index| list.items.get(index)).cloned())
        }
        // Values of other types have no fields.
        _ => Ok(None),
    }
}

fn key_text(key: &Value) -> String {
    crate::library::strings::text(key).unwrap_or_default()
}

fn of_literal(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(number) => Value::Int(*number),
        Literal::Uint(number) => Value::Uint(*number),
        Literal::Double(number) => Value::Double(*number),
        Literal::String(text) => text.as_str().into(),
        Literal::Bytes(bytes) => Value::Bytes(bytes.as_slice().into()),
    }
}

/// Whether cel-go folds a list or map into a constant before evaluation.
fn is_constant(expression: &Expression) -> bool {
    match expression {
        Expression::Literal(_) => true,
        Expression::List(items) => items.iter().all(|(item, optional)| !optional && is_constant(item)),
        Expression::Map(entries) => entries
            .iter()
            .all(|(key, value, optional)| !optional && is_constant(key) && is_constant(value)),
        _ => false,
    }
}

/// A tenth of a size, rounded up.
pub(crate) fn tenth(size: u64) -> u64 {
    size.div_ceil(10)
}

/// The steps counted for copying or comparing a value.
fn weight(value: &Value) -> usize {
    match value {
        Value::List(list) => list.items.len(),
        Value::String(text) => text.len() / 64,
        Value::Map(map) => map.size(),
        _ => 0,
    }
}

/// The entries that a macro iterates over: index and item of a list, key and value of a map.
pub(crate) fn range(value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    match value {
        Value::List(list) => Ok(indexed(list)),
        Value::Map(map) => Ok(map
            .entries
            .iter()
            .map(|(key, value)| (key.value(), value.clone()))
            .collect()),
        other => fail(format!("got '{}', expected iterable type", other.type_name())),
    }
}

fn indexed(list: &List) -> Vec<(Value, Value)> {
    let items = list.items.iter().enumerate();
    items
        .map(|(at, item)| (Value::Int(i64::try_from(at).unwrap_or(i64::MAX)), item.clone()))
        .collect()
}
