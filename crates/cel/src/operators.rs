//! Operators, and conversions between types.

use std::sync::Arc;

use crate::error::{Error, fail, no_overload};
use crate::library::{net, strings, times};
use crate::timestamp::Timestamp;
use crate::value::{List, ListKind, Value, same_keys};

/// `a + b`.
pub(crate) fn add(one: &Value, two: &Value) -> Result<Value, Error> {
    Ok(match (one, two) {
        (Value::Int(one), Value::Int(two)) => Value::Int(one.checked_add(*two).map_or_else(overflow, Ok)?),
        (Value::Uint(one), Value::Uint(two)) => Value::Uint(one.checked_add(*two).map_or_else(unsigned_overflow, Ok)?),
        (Value::Double(one), Value::Double(two)) => Value::Double(one + two),
        (Value::String(one), Value::String(two)) => format!("{one}{two}").into(),
        (Value::Bytes(one), Value::Bytes(two)) => Value::Bytes([&**one, &**two].concat().into()),
        (Value::Duration(one), Value::Duration(two)) => {
            Value::Duration(one.checked_add(*two).map_or_else(|| fail("duration overflow"), Ok)?)
        }
        (Value::Duration(nanos), Value::Timestamp(time)) | (Value::Timestamp(time), Value::Duration(nanos)) => {
            moved(*time, i128::from(*nanos))?
        }
        (Value::List(one), Value::List(two)) => Value::List(Arc::new(joined(one, two))),
        _ => return no_overload(),
    })
}

/// Concatenates two lists. In a set or a map-type list, an item that exists already keeps its place.
fn joined(one: &List, two: &List) -> List {
    let mut items = one.items.clone();
    match &one.kind {
        ListKind::Atomic => items.extend(two.items.iter().cloned()),
        ListKind::Set => {
            for item in &two.items {
                if !items.iter().any(|other| other.equals(item)) {
                    items.push(item.clone());
                }
            }
        }
        ListKind::Map(keys) => {
            for item in &two.items {
                match items.iter_mut().find(|other| same_keys(other, item, keys)) {
                    Some(other) => *other = item.clone(),
                    None => items.push(item.clone()),
                }
            }
        }
    }
    List {
        items,
        kind: one.kind.clone(),
    }
}

fn moved(time: Timestamp, nanos: i128) -> Result<Value, Error> {
    let total = time.total() + nanos;
    let seconds = total.div_euclid(1_000_000_000);
    match (i64::try_from(seconds), u32::try_from(total.rem_euclid(1_000_000_000))) {
        (Ok(seconds), Ok(nanos)) if times::is_in_range(seconds) => {
            Ok(Value::Timestamp(Timestamp { seconds, nanos, ..time }))
        }
        _ => fail("timestamp overflow"),
    }
}

/// `a - b`, `a * b`, `a / b`, `a % b`.
pub(crate) fn arithmetic(operator: &str, one: &Value, two: &Value) -> Result<Value, Error> {
    match (one, two) {
        (Value::Int(one), Value::Int(two)) => {
            let number = match operator {
                "-" => one.checked_sub(*two),
                "*" => one.checked_mul(*two),
                "/" if *two == 0 => return fail("division by zero"),
                "/" => one.checked_div(*two),
                _ if *two == 0 => return fail("modulus by zero"),
                _ => one.checked_rem(*two),
            };
            number.map_or_else(overflow, |number| Ok(Value::Int(number)))
        }
        (Value::Uint(one), Value::Uint(two)) => {
            let number = match operator {
                "-" => one.checked_sub(*two),
                "*" => one.checked_mul(*two),
                "/" if *two == 0 => return fail("division by zero"),
                "/" => one.checked_div(*two),
                _ if *two == 0 => return fail("modulus by zero"),
                _ => one.checked_rem(*two),
            };
            number.map_or_else(unsigned_overflow, |number| Ok(Value::Uint(number)))
        }
        (Value::Double(one), Value::Double(two)) => match operator {
            "-" => Ok(Value::Double(one - two)),
            "*" => Ok(Value::Double(one * two)),
            "/" => Ok(Value::Double(one / two)),
            _ => no_overload(),
        },
        (Value::Duration(one), Value::Duration(two)) if operator == "-" => one
            .checked_sub(*two)
            .map_or_else(|| fail("duration overflow"), |nanos| Ok(Value::Duration(nanos))),
        (Value::Timestamp(time), Value::Duration(nanos)) if operator == "-" => moved(*time, -i128::from(*nanos)),
        (Value::Timestamp(one), Value::Timestamp(two)) if operator == "-" => i64::try_from(one.total() - two.total())
            .map_or_else(|_| fail("duration overflow"), |nanos| Ok(Value::Duration(nanos))),
        _ => no_overload(),
    }
}

/// `-a`.
pub(crate) fn negate(value: &Value) -> Result<Value, Error> {
    match value {
        Value::Int(number) => number
            .checked_neg()
            .map_or_else(overflow, |number| Ok(Value::Int(number))),
        Value::Double(number) => Ok(Value::Double(-number)),
        Value::Duration(nanos) => nanos
            .checked_neg()
            .map_or_else(|| fail("duration overflow"), |nanos| Ok(Value::Duration(nanos))),
        // cel-go words the error by what else the type can do.
        Value::Bool(_) | Value::String(_) | Value::Timestamp(_) => no_overload(),
        _ => fail("no such overload: -_"),
    }
}

fn overflow<T>() -> Result<T, Error> {
    fail("integer overflow")
}

fn unsigned_overflow<T>() -> Result<T, Error> {
    fail("unsigned integer overflow")
}

/// `int(a)`, `string(a)` and the like.
pub(crate) fn convert(to: &str, value: &Value) -> Result<Value, Error> {
    let target = match to {
        "duration" => "google.protobuf.Duration",
        "timestamp" => "google.protobuf.Timestamp",
        other => other,
    };
    let wrong = || {
        fail(format!(
            "type conversion error from '{}' to '{target}'",
            value.type_name()
        ))
    };
    Ok(match (to, value) {
        ("dyn", value) => value.clone(),
        ("type", value) => Value::Type(value.type_name().into()),
        ("int", Value::Int(_))
        | ("uint", Value::Uint(_))
        | ("double", Value::Double(_))
        | ("string", Value::String(_))
        | ("bytes", Value::Bytes(_))
        | ("bool", Value::Bool(_))
        | ("duration", Value::Duration(_))
        | ("timestamp", Value::Timestamp(_)) => value.clone(),
        ("int", Value::Uint(number)) => Value::Int(i64::try_from(*number).or_else(|_| overflow())?),
        ("int", Value::Double(number)) => {
            if !number.is_finite() || *number >= 9_223_372_036_854_775_807.0 || *number <= -9_223_372_036_854_775_808.0
            {
                return overflow();
            }
            #[expect(clippy::cast_possible_truncation, reason = "it is in range")]
            let whole = *number as i64;
            Value::Int(whole)
        }
        ("int", Value::String(text)) => match text.parse::<i64>() {
            Ok(number) => Value::Int(number),
            Err(_) => return wrong(),
        },
        ("int", Value::Timestamp(time)) => Value::Int(time.seconds),
        ("int", Value::Duration(nanos)) => Value::Int(*nanos),
        ("uint", Value::Int(number)) => Value::Uint(u64::try_from(*number).or_else(|_| unsigned_overflow())?),
        ("uint", Value::Double(number)) => {
            if !number.is_finite() || *number < 0.0 || *number >= 18_446_744_073_709_551_615.0 {
                return unsigned_overflow();
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in range")]
            let whole = *number as u64;
            Value::Uint(whole)
        }
        ("uint", Value::String(text)) if !text.starts_with('+') => match text.parse::<u64>() {
            Ok(number) => Value::Uint(number),
            Err(_) => return wrong(),
        },
        #[expect(clippy::cast_precision_loss, reason = "as CEL does")]
        ("double", Value::Int(number)) => Value::Double(*number as f64),
        #[expect(clippy::cast_precision_loss, reason = "as CEL does")]
        ("double", Value::Uint(number)) => Value::Double(*number as f64),
        ("double", Value::String(text)) => match text.parse::<f64>() {
            Ok(number) if !text.ends_with('.') || text.len() > 1 => Value::Double(number),
            _ => return wrong(),
        },
        ("string", Value::Ip(address)) => net::address_text(address).into(),
        ("string", Value::Cidr(cidr)) => cidr.text().into(),
        ("string", Value::Bytes(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => return fail("invalid UTF-8 in bytes, cannot convert to string"),
        },
        (
            "string",
            Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::Duration(_)
            | Value::Timestamp(_)
            | Value::Type(_),
        ) => strings::text(value)?.into(),
        ("bytes", Value::String(text)) => Value::Bytes(text.as_bytes().into()),
        ("bool", Value::String(text)) => match &**text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Value::Bool(true),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Value::Bool(false),
            _ => return wrong(),
        },
        ("duration", Value::String(text)) => match times::duration(text) {
            Some(nanos) => Value::Duration(nanos),
            None => return wrong(),
        },
        ("timestamp", Value::String(text)) => match times::timestamp(text) {
            Some(time) if times::is_in_range(time.seconds) => Value::Timestamp(time),
            Some(_) => return fail("timestamp overflow"),
            None => return wrong(),
        },
        ("timestamp", Value::Int(seconds)) if times::is_in_range(*seconds) => Value::Timestamp(Timestamp {
            seconds: *seconds,
            nanos: 0,
            offset: 0,
        }),
        ("timestamp", Value::Int(_)) => return fail("timestamp overflow"),
        _ => return no_overload(),
    })
}
