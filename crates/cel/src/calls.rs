//! Calls: macros and functions, with their runtime costs.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Error, fail, no_overload};
use crate::eval::{CALL_LIMIT, Evaluator, both, range, tenth};
use crate::library::format as formats;
use crate::library::net::{self, Cidr};
use crate::library::quantity::Quantity;
use crate::library::semver::Semver;
use crate::library::times::{self, Calendar};
use crate::library::url::{self, Url};
use crate::library::{lists, strings};
use crate::operators;
use crate::syntax::Expression;
use crate::timestamp::Timestamp;
use crate::value::{Key, Map, Value};

/// The names that qualify a function (`sets.contains`): `sets` is then a namespace, not an operand.
const NAMESPACES: [&str; 6] = ["format", "ip", "lists", "optional", "sets", "strings"];

fn is_name(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Name(name) => Some(name),
        _ => None,
    }
}

impl Evaluator<'_> {
    pub(crate) fn call(
        &mut self,
        target: Option<&Expression>,
        function: &str,
        arguments: &[Expression],
    ) -> Result<Value, Error> {
        let Some(target) = target else {
            if let ("has", [Expression::Select(operand, field, _)]) = (function, arguments) {
                return self.presence(operand, field);
            }
            let values = self.values(arguments)?;
            let is_literal = matches!(arguments, [Expression::Literal(_)]);
            return self.function(function, &values, is_literal);
        };
        if let Some(namespace) = is_name(target).filter(|name| NAMESPACES.contains(name))
            && !self.is_local(namespace)
        {
            let values = self.values(arguments)?;
            return self.named(namespace, function, &values);
        }
        if let Some(value) = self.comprehension(target, function, arguments) {
            return value;
        }
        if matches!(function, "or" | "orValue") && arguments.len() == 1 {
            return match self.value(target)? {
                Value::Optional(Some(inner)) if function == "orValue" => Ok((*inner).clone()),
                value @ Value::Optional(Some(_)) => Ok(value),
                Value::Optional(None) => self.value(&arguments[0]),
                _ => no_overload(),
            };
        }
        let target = self.value(target)?;
        let mut values = self.values(arguments)?;
        values.insert(0, target);
        self.method(function, &values)
    }

    fn values(&mut self, arguments: &[Expression]) -> Result<Vec<Value>, Error> {
        let mut values = Vec::with_capacity(arguments.len() + 1);
        for argument in arguments {
            values.push(self.value(argument)?);
        }
        Ok(values)
    }

    /// Evaluates a call as a macro; none if it is a plain function call.
    fn comprehension(
        &mut self,
        target: &Expression,
        function: &str,
        arguments: &[Expression],
    ) -> Option<Result<Value, Error>> {
        let names: Vec<&str> = arguments.iter().map_while(is_name).collect();
        let name = *names.first()?;
        Some(match (function, arguments) {
            ("optMap" | "optFlatMap", [_, body]) => self.optional_map(target, name, body, function == "optMap"),
            ("sortBy", [_, body]) => self.sort_by(target, name, body),
            ("all" | "exists", [_, body]) => self.quantifier(target, &[name], body, function == "exists"),
            ("exists_one", [_, body]) => self.exists_one(target, &[name], body),
            ("map", [_, body]) => self.transform(target, &[name], None, body),
            ("map", [_, filter, body]) => self.transform(target, &[name], Some(filter), body),
            ("filter", [item, filter]) => self.transform(target, &[name], Some(filter), item),
            ("all" | "exists" | "existsOne" | "exists_one" | "transformList", [_, _, body]) if names.len() >= 2 => {
                match function {
                    "all" | "exists" => self.quantifier(target, &names[..2], body, function == "exists"),
                    "transformList" => self.transform(target, &names[..2], None, body),
                    _ => self.exists_one(target, &names[..2], body),
                }
            }
            ("transformList", [_, _, filter, body]) if names.len() >= 2 => {
                self.transform(target, &names[..2], Some(filter), body)
            }
            ("transformMap" | "transformMapEntry", [_, _, rest @ ..])
                if names.len() >= 2 && matches!(rest.len(), 1 | 2) =>
            {
                let filter = if rest.len() == 2 { rest.first() } else { None };
                let body = rest.last()?;
                self.transform_map(target, &names[..2], filter, body, function == "transformMap")
            }
            _ => return None,
        })
    }

    /// Evaluates the body with the loop variables set. A single name is bound to the item of a list or the key of a
    /// map; two names are bound to index and item, or key and value.
    fn each<T>(
        &mut self,
        names: &[&str],
        is_map: bool,
        (key, value): (Value, Value),
        body: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match names {
            [key_name, value_name] => self.with(key_name, key, |evaluator| evaluator.with(value_name, value, body)),
            _ => self.with(names[0], if is_map { key } else { value }, body),
        }
    }

    /// Evaluates a condition. The inner error is the condition's own; the outer one (cost limit exceeded) ends the
    /// evaluation.
    fn truth(&mut self, expression: &Expression) -> Result<Result<bool, Error>, Error> {
        match self.value(expression) {
            Ok(Value::Bool(value)) => Ok(Ok(value)),
            Ok(_) => Ok(no_overload()),
            Err(Error::Cost) => Err(Error::Cost),
            Err(error) => Ok(Err(error)),
        }
    }

    fn quantifier(
        &mut self,
        target: &Expression,
        names: &[&str],
        body: &Expression,
        decides: bool,
    ) -> Result<Value, Error> {
        let over = self.value(target)?;
        let is_map = matches!(over, Value::Map(_));
        let mut so_far: Result<bool, Error> = Ok(!decides);
        let turn = if decides { 3 } else { 2 };
        for item in range(&over)? {
            self.charge(turn)?;
            if so_far == Ok(decides) {
                break;
            }
            self.charge(1)?;
            let one = self.each(names, is_map, item, |evaluator| evaluator.truth(body))?;
            so_far = if one == Ok(decides) { one } else { both(so_far, one) };
        }
        self.charge(1)?;
        so_far.map(Value::Bool)
    }

    fn exists_one(&mut self, target: &Expression, names: &[&str], body: &Expression) -> Result<Value, Error> {
        let over = self.value(target)?;
        let is_map = matches!(over, Value::Map(_));
        let mut count = 0;
        for item in range(&over)? {
            if self.each(names, is_map, item, |evaluator| evaluator.truth(body))?? {
                count += 1;
                self.charge(2)?;
            }
        }
        self.charge(2)?;
        Ok(Value::Bool(count == 1))
    }

    fn transform(
        &mut self,
        target: &Expression,
        names: &[&str],
        filter: Option<&Expression>,
        body: &Expression,
    ) -> Result<Value, Error> {
        let over = self.value(target)?;
        let is_map = matches!(over, Value::Map(_));
        let mut found = Vec::new();
        for item in range(&over)? {
            let value = self.each(names, is_map, item, |evaluator| {
                if let Some(filter) = filter
                    && !evaluator.truth(filter)??
                {
                    return Ok(None);
                }
                evaluator.charge(12)?;
                evaluator.value(body).map(Some)
            })?;
            found.extend(value);
        }
        self.charge(1)?;
        Ok(found.into())
    }

    fn transform_map(
        &mut self,
        target: &Expression,
        names: &[&str],
        filter: Option<&Expression>,
        body: &Expression,
        keeps_key: bool,
    ) -> Result<Value, Error> {
        let over = self.value(target)?;
        let mut map = Map::default();
        for item in range(&over)? {
            let old_key = item.0.clone();
            let value = self.each(names, true, item, |evaluator| {
                if let Some(filter) = filter
                    && !evaluator.truth(filter)??
                {
                    return Ok(None);
                }
                evaluator.charge(if keeps_key { 3 } else { 2 })?;
                evaluator.value(body).map(Some)
            })?;
            let Some(value) = value else { continue };
            let new: Vec<(Key, Value)> = match (keeps_key, &value) {
                (true, _) => Key::of(&old_key).map(|key| (key, value)).into_iter().collect(),
                (false, Value::Map(entry)) => entry.entries.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
                (false, _) => return no_overload(),
            };
            for (key, value) in new {
                if map.find(&key.value()).is_some() {
                    let shown = strings::text(&key.value())?;
                    return fail(format!("insert failed: key {shown} already exists"));
                }
                map.entries.insert(key, value);
            }
        }
        self.charge(1)?;
        Ok(Value::Map(Arc::new(map)))
    }

    fn optional_map(
        &mut self,
        target: &Expression,
        name: &str,
        body: &Expression,
        wraps: bool,
    ) -> Result<Value, Error> {
        let Value::Optional(value) = self.value(target)? else {
            return no_overload();
        };
        self.charge(1)?;
        let Some(value) = value else {
            self.charge(1)?;
            return Ok(Value::Optional(None));
        };
        // The macro expands to `target.hasValue() ? optional.of(target.value()) : ...`: the target is evaluated twice.
        self.value(target)?;
        self.charge(if wraps { 2 } else { 1 })?;
        let found = self.with(name, (*value).clone(), |evaluator| evaluator.value(body))?;
        match found {
            found if wraps => Ok(Value::some(found)),
            found @ Value::Optional(_) => Ok(found),
            _ => no_overload(),
        }
    }

    fn sort_by(&mut self, target: &Expression, name: &str, body: &Expression) -> Result<Value, Error> {
        let over = self.value(target)?;
        let Value::List(list) = &over else { return no_overload() };
        let mut keys = Vec::with_capacity(list.items.len());
        for item in &list.items {
            self.charge(12)?;
            keys.push(self.with(name, item.clone(), |evaluator| evaluator.value(body))?);
        }
        self.charge(3)?;
        self.charge(self_compare(&keys))?;
        lists::sort(&list.items, &keys).map(Value::from)
    }

    /// A global function.
    fn function(&mut self, name: &str, arguments: &[Value], is_literal: bool) -> Result<Value, Error> {
        match (name, arguments) {
            ("size", [value]) => self.size(value),
            ("matches", [text, pattern]) => self.matches(text, pattern),
            (
                "bool" | "bytes" | "double" | "duration" | "dyn" | "int" | "string" | "timestamp" | "type" | "uint",
                [value],
            ) => {
                // cel-go folds the conversion of a literal when it plans the program, so it costs nothing at run time.
                let traverses = matches!((name, value), ("bytes", Value::String(_)) | ("string", Value::Bytes(_)));
                let cost = if traverses { tenth(value.size()) } else { 1 };
                self.charge(if is_literal { 0 } else { cost })?;
                operators::convert(name, value)
            }
            ("quantity", [Value::String(text)]) => {
                self.charge(tenth(arguments[0].size()))?;
                Quantity::parse(text).map(Value::Quantity).map_err(Error::Failed)
            }
            ("isQuantity", [Value::String(text)]) => {
                self.charge(tenth(arguments[0].size()))?;
                Ok(Value::Bool(Quantity::parse(text).is_ok()))
            }
            ("sign", [Value::Quantity(amount)]) => {
                self.charge(1)?;
                Ok(Value::Int(amount.sign()))
            }
            ("url", [Value::String(text)]) => {
                self.charge(tenth(arguments[0].size()))?;
                let url = Url::parse(text).map_err(Error::Failed)?;
                Ok(Value::Url(Arc::new(url)))
            }
            ("isURL", [Value::String(text)]) => {
                self.charge(1)?;
                Ok(Value::Bool(url::check(text).is_ok()))
            }
            ("ip", [Value::String(text)]) => {
                self.charge(tenth(arguments[0].size()))?;
                net::ip(text).map(Value::Ip).map_err(Error::Failed)
            }
            ("isIP", [Value::String(text)]) => {
                self.charge(tenth(arguments[0].size()))?;
                Ok(Value::Bool(net::ip(text).is_ok()))
            }
            ("cidr", [Value::String(text)]) => {
                self.charge(tenth(arguments[0].size()))?;
                Cidr::parse(text).map(Value::Cidr).map_err(Error::Failed)
            }
            ("isCIDR", [Value::String(text)]) => {
                self.charge(tenth(arguments[0].size()))?;
                Ok(Value::Bool(Cidr::parse(text).is_ok()))
            }
            ("semver" | "isSemver", [Value::String(text), rest @ ..]) => {
                let normalize = match rest {
                    [] => false,
                    [Value::Bool(normalize)] => *normalize,
                    _ => return no_overload(),
                };
                self.charge(tenth(arguments[0].size()))?;
                let version = Semver::parse(text, normalize);
                if name == "isSemver" {
                    return Ok(Value::Bool(version.is_ok()));
                }
                version
                    .map(|version| Value::Semver(Arc::new(version)))
                    .map_err(Error::Failed)
            }
            _ => no_overload(),
        }
    }

    /// A function with a namespace, such as `sets.contains`.
    fn named(&mut self, namespace: &str, name: &str, arguments: &[Value]) -> Result<Value, Error> {
        match (namespace, name, arguments) {
            ("optional", "none", []) => {
                self.charge(1)?;
                Ok(Value::Optional(None))
            }
            ("optional", "of", [value]) => {
                self.charge(1)?;
                Ok(Value::some(value.clone()))
            }
            ("optional", "ofNonZeroValue", [value]) => {
                self.charge(1)?;
                Ok(if value.is_zero() {
                    Value::Optional(None)
                } else {
                    Value::some(value.clone())
                })
            }
            ("optional", "unwrap", [value]) => self.unwrap(value),
            ("sets", _, [Value::List(one), Value::List(two)]) => {
                let product = (one.items.len() as u64).saturating_mul(two.items.len() as u64);
                let factor = if name == "equivalent" { 2 } else { 1 };
                self.charge(product.saturating_mul(factor).saturating_add(1))?;
                let has = |list: &[Value], item: &Value| list.iter().any(|other| other.equals(item));
                let contains = |list: &[Value], items: &[Value]| items.iter().all(|item| has(list, item));
                Ok(Value::Bool(match name {
                    "contains" => contains(&one.items, &two.items),
                    "equivalent" => contains(&one.items, &two.items) && contains(&two.items, &one.items),
                    "intersects" => one.items.iter().any(|item| has(&two.items, item)),
                    _ => return no_overload(),
                }))
            }
            ("ip", "isCanonical", [Value::String(text)]) => {
                self.charge((arguments[0].size() * 2).div_ceil(10))?;
                let address = net::ip(text).map_err(Error::Failed)?;
                Ok(Value::Bool(net::address_text(&address) == **text))
            }
            ("lists", "range", [Value::Int(number)]) => {
                if *number < 0 {
                    return fail(format!("lists.range: size must be non-negative, got {number}"));
                }
                self.charge(number.unsigned_abs().saturating_add(11).min(CALL_LIMIT + 1))?;
                Ok((0..*number).map(Value::Int).collect::<Vec<_>>().into())
            }
            ("strings", "quote", [Value::String(text)]) => {
                self.charge(tenth(arguments[0].size()))?;
                Ok(strings::quote(text).into())
            }
            ("format", "named", [Value::String(name)]) => {
                self.charge(1)?;
                Ok(formats::find(name).map_or(Value::Optional(None), |format| Value::some(Value::Format(format))))
            }
            ("format", name, []) => {
                self.charge(1)?;
                formats::find(name).map_or_else(no_overload, |format| Ok(Value::Format(format)))
            }
            _ => no_overload(),
        }
    }

    fn unwrap(&mut self, value: &Value) -> Result<Value, Error> {
        let Value::List(list) = value else { return no_overload() };
        self.charge(1)?;
        self.work(list.items.len())?;
        let mut found = Vec::new();
        for item in &list.items {
            match item {
                Value::Optional(Some(value)) => found.push((**value).clone()),
                Value::Optional(None) => {}
                _ => return fail("value is not an optional"),
            }
        }
        Ok(found.into())
    }

    fn size(&mut self, value: &Value) -> Result<Value, Error> {
        self.charge(1)?;
        match value {
            Value::String(_) | Value::Bytes(_) | Value::List(_) | Value::Map(_) => {
                Ok(Value::Int(i64::try_from(value.size()).unwrap_or(i64::MAX)))
            }
            _ => Err(Error::NoOverload("no such overload: size")),
        }
    }

    fn matches(&mut self, text: &Value, pattern: &Value) -> Result<Value, Error> {
        let (Value::String(text), Value::String(pattern)) = (text, pattern) else {
            return no_overload();
        };
        self.charge(search_cost(text, pattern))?;
        Ok(Value::Bool(self.pattern(pattern)?.is_match(text)))
    }

    /// A method: the first argument is the receiver.
    fn method(&mut self, name: &str, arguments: &[Value]) -> Result<Value, Error> {
        let [target, rest @ ..] = arguments else {
            return no_overload();
        };
        match target {
            Value::String(text) => self.of_text(name, target, text, rest),
            Value::List(list) => self.of_list(name, target, &list.items, rest),
            Value::Optional(value) => {
                self.charge(1)?;
                match (name, value) {
                    ("hasValue", value) => Ok(Value::Bool(value.is_some())),
                    ("value", Some(value)) => Ok((**value).clone()),
                    ("value", None) => fail("optional.none() dereference"),
                    _ => no_overload(),
                }
            }
            Value::Timestamp(time) => {
                self.charge(1)?;
                of_time(name, *time, rest)
            }
            Value::Duration(nanos) => {
                self.charge(1)?;
                let seconds = nanos / 1_000_000_000;
                Ok(Value::Int(match name {
                    "getHours" => seconds / 3600,
                    "getMinutes" => seconds / 60,
                    "getSeconds" => seconds,
                    "getMilliseconds" => nanos / 1_000_000,
                    _ => return no_overload(),
                }))
            }
            Value::Quantity(amount) => {
                self.charge(1)?;
                of_quantity(name, *amount, rest)
            }
            Value::Url(url) => {
                self.charge(1)?;
                Ok(match name {
                    "getScheme" => url.scheme.as_str().into(),
                    "getHost" => url.host.as_str().into(),
                    "getHostname" => url.hostname().into(),
                    "getPort" => url.port().into(),
                    "getEscapedPath" => url.path.as_str().into(),
                    "getQuery" => {
                        let pairs = url.pairs().into_iter().map(|(key, values)| {
                            let values: Vec<Value> = values.into_iter().map(Value::from).collect();
                            (Key::String(key.into()), Value::from(values))
                        });
                        Value::Map(Arc::new(Map {
                            entries: pairs.collect::<BTreeMap<_, _>>(),
                            ..Map::default()
                        }))
                    }
                    _ => return no_overload(),
                })
            }
            Value::Ip(address) => {
                self.charge(1)?;
                of_address(name, *address)
            }
            Value::Cidr(cidr) => self.of_cidr(name, target, *cidr, rest),
            Value::Semver(version) => {
                self.charge(1)?;
                let number = |number: u64| Ok(Value::Int(i64::try_from(number).unwrap_or(i64::MAX)));
                match (name, rest) {
                    ("major", []) => number(version.major),
                    ("minor", []) => number(version.minor),
                    ("patch", []) => number(version.patch),
                    (_, [Value::Semver(other)]) => ordered(name, version.compare(other)),
                    _ => no_overload(),
                }
            }
            Value::Format(format) => match (name, rest) {
                ("validate", [Value::String(text)]) => {
                    let length = format.length.div_ceil(4);
                    self.charge(tenth(rest[0].size() + 1).saturating_mul(length))?;
                    let problems: Vec<Value> = format.problems(text).into_iter().map(Value::from).collect();
                    Ok(if problems.is_empty() {
                        Value::Optional(None)
                    } else {
                        Value::some(problems.into())
                    })
                }
                _ => no_overload(),
            },
            Value::Map(_) | Value::Bytes(_) if name == "size" && rest.is_empty() => self.size(target),
            _ => no_overload(),
        }
    }

    fn of_text(&mut self, name: &str, target: &Value, text: &str, rest: &[Value]) -> Result<Value, Error> {
        let size = target.size();
        match (name, rest) {
            ("size", []) => self.size(target),
            ("startsWith" | "endsWith", [Value::String(part)]) => {
                self.charge(tenth(rest[0].size()))?;
                Ok(Value::Bool(if name == "startsWith" {
                    text.starts_with(&**part)
                } else {
                    text.ends_with(&**part)
                }))
            }
            ("contains", [Value::String(part)]) => {
                self.charge(tenth(size).saturating_mul(tenth(rest[0].size())))?;
                Ok(Value::Bool(text.contains(&**part)))
            }
            ("matches", [pattern]) => self.matches(target, pattern),
            ("find", [Value::String(pattern)]) => {
                self.charge(search_cost(text, pattern))?;
                let regexp = self.pattern(pattern).map_err(illegal)?;
                Ok(regexp.find(text).unwrap_or_default().into())
            }
            ("findAll", [Value::String(pattern), count @ ..]) => {
                let most = match count {
                    [] => None,
                    [Value::Int(count)] => usize::try_from(*count).ok(),
                    _ => return no_overload(),
                };
                self.charge(search_cost(text, pattern))?;
                let regexp = self.pattern(pattern).map_err(illegal)?;
                let found = regexp.find_all(text, most).into_iter();
                let found: Vec<Value> = found.map(|(start, end)| Value::from(&text[start..end])).collect();
                Ok(found.into())
            }
            ("charAt", [Value::Int(index)]) => {
                self.charge(tenth(size) + 2)?;
                strings::char_at(text, *index)
            }
            ("indexOf", [Value::String(part), offset @ ..]) => {
                let offset = match offset {
                    [] => 0,
                    [Value::Int(offset)] => *offset,
                    _ => return no_overload(),
                };
                self.charge(target.traversal())?;
                self.work(text.len())?;
                strings::index_of(text, part, offset).map(Value::Int)
            }
            ("lastIndexOf", [Value::String(part), offset @ ..]) => {
                let offset = match offset {
                    [] => None,
                    [Value::Int(offset)] => Some(*offset),
                    _ => return no_overload(),
                };
                self.charge(target.traversal())?;
                self.work(text.len())?;
                strings::last_index_of(text, part, offset).map(Value::Int)
            }
            ("lowerAscii" | "upperAscii" | "trim", []) => {
                self.charge(tenth(size))?;
                Ok(match name {
                    "lowerAscii" => text.to_ascii_lowercase().into(),
                    "upperAscii" => text.to_ascii_uppercase().into(),
                    _ => text.trim().into(),
                })
            }
            ("substring", [Value::Int(start), end @ ..]) => {
                let end = match end {
                    [] => None,
                    [Value::Int(end)] => Some(*end),
                    _ => return no_overload(),
                };
                self.charge(tenth(size))?;
                strings::substring(text, *start, end)
            }
            ("replace", [Value::String(from), Value::String(to), count @ ..]) => {
                let count = match count {
                    [] => -1,
                    [Value::Int(count)] => *count,
                    _ => return no_overload(),
                };
                self.charge((size * 2).div_ceil(10))?;
                // The result may be much longer than the text.
                let most = (text.len() + 1).saturating_mul(to.len() + 1);
                self.work(most / 16)?;
                Ok(strings::replace(text, from, to, count).into())
            }
            ("split", [Value::String(separator), count @ ..]) => {
                let count = match count {
                    [] => -1,
                    [Value::Int(count)] => *count,
                    _ => return no_overload(),
                };
                self.charge((size * 2).div_ceil(10))?;
                Ok(strings::split(text, separator, count).into())
            }
            ("format", [Value::List(list)]) => {
                self.charge(tenth(size))?;
                let out = strings::format(text, &list.items)?;
                self.work(out.len() / 16)?;
                Ok(out.into())
            }
            _ => no_overload(),
        }
    }

    fn of_list(&mut self, name: &str, target: &Value, items: &[Value], rest: &[Value]) -> Result<Value, Error> {
        let count = items.len() as u64;
        match (name, rest) {
            ("size", []) => self.size(target),
            ("isSorted", []) => {
                self.charge(target.traversal())?;
                Ok(Value::Bool(lists::is_sorted(items)))
            }
            ("sum", []) => {
                self.charge(target.traversal())?;
                lists::sum(items)
            }
            ("max", []) => {
                self.charge(target.traversal())?;
                lists::extreme(items, "max", Ordering::Less)
            }
            ("min", []) => {
                self.charge(target.traversal())?;
                lists::extreme(items, "min", Ordering::Greater)
            }
            ("indexOf" | "lastIndexOf", [item]) => {
                self.charge(target.traversal())?;
                let found = if name == "indexOf" {
                    items.iter().position(|other| other.equals(item))
                } else {
                    items.iter().rposition(|other| other.equals(item))
                };
                Ok(Value::Int(found.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)))
            }
            ("join", separator) => {
                let separator = match separator {
                    [] => "",
                    [Value::String(separator)] => separator,
                    _ => return no_overload(),
                };
                let mut out = String::new();
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push_str(separator);
                    }
                    let Value::String(text) = item else {
                        let shown = strings::text(item).unwrap_or_default();
                        return fail(format!("join: invalid input: {shown}"));
                    };
                    out.push_str(text);
                    self.work(1 + (separator.len() + text.len()) / 16)?;
                }
                let out = Value::from(out);
                self.charge((out.size() * 2).div_ceil(10))?;
                Ok(out)
            }
            ("slice", [Value::Int(start), Value::Int(end)]) => {
                if *start < 0 || *end < 0 {
                    return fail(format!("cannot slice({start}, {end}), negative indexes not supported"));
                }
                if start > end {
                    return fail(format!(
                        "cannot slice({start}, {end}), start index must be less than or equal to end index"
                    ));
                }
                let range = usize::try_from(*start).ok().zip(usize::try_from(*end).ok());
                let Some(part) = range.and_then(|(start, end)| items.get(start..end)) else {
                    return fail(format!("cannot slice({start}, {end}), list is length {count}"));
                };
                self.charge(part.len() as u64 + 11)?;
                Ok(part.to_vec().into())
            }
            ("flatten", depth) => {
                let depth = match depth {
                    [] => 1,
                    [Value::Int(depth)] => *depth,
                    _ => return no_overload(),
                };
                if depth < 0 {
                    return fail("level must be non-negative");
                }
                self.charge(count.saturating_mul(depth.unsigned_abs()).saturating_add(11))?;
                let mut out = Vec::new();
                lists::flatten(items, depth, &mut out);
                self.work(out.len())?;
                Ok(out.into())
            }
            ("reverse", []) => {
                self.charge(count + 11)?;
                Ok(items.iter().rev().cloned().collect::<Vec<_>>().into())
            }
            ("distinct", []) => {
                self.charge(self_compare(items))?;
                Ok(lists::distinct(items).into())
            }
            ("sort", []) => {
                self.charge(self_compare(items))?;
                lists::sort(items, items).map(Value::from)
            }
            ("first" | "last", []) => {
                self.charge(1)?;
                let item = if name == "first" { items.first() } else { items.last() };
                Ok(item.map_or(Value::Optional(None), |item| Value::some(item.clone())))
            }
            ("unwrapOpt", []) => self.unwrap(target),
            _ => no_overload(),
        }
    }

    fn of_cidr(&mut self, name: &str, target: &Value, cidr: Cidr, rest: &[Value]) -> Result<Value, Error> {
        let size = target.size();
        let masks = (size * 2).div_ceil(10);
        match (name, rest) {
            ("ip", []) => {
                self.charge(1)?;
                Ok(Value::Ip(cidr.address))
            }
            ("prefixLength", []) => {
                self.charge(1)?;
                Ok(Value::Int(i64::from(cidr.bits)))
            }
            ("masked", []) => {
                self.charge(1)?;
                Ok(Value::Cidr(cidr.masked()))
            }
            ("containsIP", [Value::Ip(address)]) => {
                self.charge(masks)?;
                Ok(Value::Bool(cidr.contains(*address)))
            }
            ("containsIP", [Value::String(text)]) => {
                self.charge(masks + tenth(rest[0].size()))?;
                // The API server gives no reason for an invalid address here.
                let address = net::ip(text).or_else(|_| no_overload())?;
                Ok(Value::Bool(cidr.contains(address)))
            }
            ("containsCIDR", [Value::Cidr(other)]) => {
                self.charge(masks + tenth(size) + 1)?;
                Ok(Value::Bool(cidr.contains_block(*other)))
            }
            ("containsCIDR", [Value::String(text)]) => {
                self.charge(masks + tenth(size) + 1 + tenth(rest[0].size()))?;
                let other = Cidr::parse(text).map_err(Error::Failed)?;
                Ok(Value::Bool(cidr.contains_block(other)))
            }
            _ => no_overload(),
        }
    }
}

/// The error of `find` for an invalid pattern.
fn illegal(error: Error) -> Error {
    match error {
        Error::Failed(message) => Error::Failed(format!("Illegal regex: {message}")),
        other => other,
    }
}

/// The cost of a regular expression search: the length of the text times that of the pattern, each scaled as in cel-go.
fn search_cost(text: &str, pattern: &str) -> u64 {
    let size = |text: &str| text.chars().count() as u64;
    tenth(size(text) + 1).saturating_mul(size(pattern).div_ceil(4))
}

/// The cost of comparing each item with every other: `sort`, `sortBy` and `distinct`.
fn self_compare(items: &[Value]) -> u64 {
    let count = items.len() as u64;
    let square = count.saturating_mul(count);
    let is_text = matches!(items.first(), Some(Value::String(_) | Value::Bytes(_)));
    let cost = if is_text {
        square.saturating_mul(21) / 10
    } else {
        square.saturating_mul(2)
    };
    cost.saturating_add(11)
}

/// `isGreaterThan`, `isLessThan`, `compareTo`.
fn ordered(name: &str, order: Ordering) -> Result<Value, Error> {
    Ok(match name {
        "isGreaterThan" => Value::Bool(order == Ordering::Greater),
        "isLessThan" => Value::Bool(order == Ordering::Less),
        "compareTo" => Value::Int(match order {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }),
        _ => return no_overload(),
    })
}

fn of_quantity(name: &str, amount: Quantity, rest: &[Value]) -> Result<Value, Error> {
    match (name, rest) {
        ("sign", []) => Ok(Value::Int(amount.sign())),
        ("isInteger", []) => Ok(Value::Bool(amount.whole().is_some())),
        ("asInteger", []) => amount.whole().map_or_else(
            || fail("cannot convert value to integer"),
            |number| Ok(Value::Int(number)),
        ),
        ("asApproximateFloat", []) => Ok(Value::Double(amount.float())),
        ("add", [Value::Quantity(other)]) => Ok(Value::Quantity(amount.plus(*other))),
        ("add", [Value::Int(number)]) => Ok(Value::Quantity(amount.plus(Quantity::of(*number)))),
        ("sub", [Value::Quantity(other)]) => Ok(Value::Quantity(amount.minus(*other))),
        ("sub", [Value::Int(number)]) => Ok(Value::Quantity(amount.minus(Quantity::of(*number)))),
        (_, [Value::Quantity(other)]) => ordered(name, amount.amount.cmp(&other.amount)),
        _ => no_overload(),
    }
}

fn of_address(name: &str, address: std::net::IpAddr) -> Result<Value, Error> {
    use std::net::IpAddr;
    let link_local_unicast = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    let is_multicast = address.is_multicast();
    Ok(Value::Bool(match name {
        "family" => return Ok(Value::Int(if address.is_ipv4() { 4 } else { 6 })),
        "isUnspecified" => address.is_unspecified(),
        "isLoopback" => address.is_loopback(),
        "isLinkLocalUnicast" => link_local_unicast,
        "isLinkLocalMulticast" => match address {
            IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
            IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
        },
        "isGlobalUnicast" => {
            let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
            !is_broadcast && !address.is_unspecified() && !address.is_loopback() && !is_multicast && !link_local_unicast
        }
        _ => return no_overload(),
    }))
}

fn of_time(name: &str, time: Timestamp, rest: &[Value]) -> Result<Value, Error> {
    let offset = match rest {
        [] => 0,
        [Value::String(zone)] => times::offset(zone, time.seconds).map_err(Error::Failed)?,
        _ => return no_overload(),
    };
    let at = Calendar::of(time, offset);
    Ok(Value::Int(match name {
        "getFullYear" => at.year,
        "getMonth" => at.month - 1,
        "getDate" => at.day,
        "getDayOfMonth" => at.day - 1,
        "getDayOfYear" => at.day_of_year,
        "getDayOfWeek" => at.weekday,
        "getHours" => at.hour,
        "getMinutes" => at.minute,
        "getSeconds" => at.second,
        "getMilliseconds" => i64::from(time.nanos / 1_000_000),
        _ => return no_overload(),
    }))
}
