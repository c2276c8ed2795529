//! Functions on lists. All return new lists; none changes its argument.

use super::print::strings_of;
use super::registry::sprig;
use super::{Call, Fault, Function, Outcome};
use govalue::Type::{Any, Int};
use govalue::cast::to_int;
use govalue::{
    Data, Element, Limit, List, Meter, UintType, Value, View, deep_equal, is_empty, list, list_of, nil, nil_list,
    strings, uint_of, view,
};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("append", &[Any, Any], LIST, append, "the list with the value after it"),
    sprig("chunk", &[Int, Any], "[][]interface {}", chunk, "the list in pieces of so many elements"),
    sprig("compact", &[Any], LIST, compact, "the list without empty elements"),
    sprig("concat", &[Any], "interface {}", concat, "all lists as one").variadic(),
    sprig("first", &[Any], "interface {}", first, "the first element, or nil"),
    sprig("has", &[Any, Any], "bool", has, "whether the list has the value"),
    sprig("initial", &[Any], LIST, initial, "the list without its last element"),
    sprig("last", &[Any], "interface {}", last, "the last element, or nil"),
    sprig("list", &[Any], LIST, list_function, "a list of the values").variadic(),
    sprig("mustAppend", &[Any, Any], LIST_OR_ERROR, append, "the same as append"),
    sprig("mustChunk", &[Int, Any], "([][]interface {}, error)", chunk, "the same as chunk"),
    sprig("mustCompact", &[Any], LIST_OR_ERROR, compact, "the same as compact"),
    sprig("mustFirst", &[Any], "(interface {}, error)", first, "the same as first"),
    sprig("mustHas", &[Any, Any], "(bool, error)", has, "the same as has"),
    sprig("mustInitial", &[Any], LIST_OR_ERROR, initial, "the same as initial"),
    sprig("mustLast", &[Any], "(interface {}, error)", last, "the same as last"),
    sprig("mustPrepend", &[Any, Any], LIST_OR_ERROR, prepend, "the same as prepend"),
    sprig("mustPush", &[Any, Any], LIST_OR_ERROR, append, "the same as append"),
    sprig("mustRest", &[Any], LIST_OR_ERROR, rest, "the same as rest"),
    sprig("mustReverse", &[Any], LIST_OR_ERROR, reverse, "the same as reverse"),
    sprig("mustSlice", &[Any, Any], "(interface {}, error)", slice, "the same as slice").variadic(),
    sprig("mustUniq", &[Any], LIST_OR_ERROR, uniq, "the same as uniq"),
    sprig("mustWithout", &[Any, Any], LIST_OR_ERROR, without, "the same as without").variadic(),
    sprig("prepend", &[Any, Any], LIST, prepend, "the list with the value before it"),
    sprig("push", &[Any, Any], LIST, append, "the same as append"),
    sprig("rest", &[Any], LIST, rest, "the list without its first element"),
    sprig("reverse", &[Any], LIST, reverse, "the list back to front"),
    sprig("slice", &[Any, Any], "interface {}", slice, "the elements from one index to another").variadic(),
    sprig("sortAlpha", &[Any], "[]string", sort_alpha, "the elements as strings in the order of their bytes"),
    sprig("tuple", &[Any], LIST, list_function, "the same as list").variadic(),
    sprig("uniq", &[Any], LIST, uniq, "the list without repetitions"),
    sprig("without", &[Any, Any], LIST, without, "the list without the values").variadic(),
];

const LIST: &str = "[]interface {}";
const LIST_OR_ERROR: &str = "([]interface {}, error)";

/// The elements of a list argument, charged. `refusal` and the value's kind form the error for a value that is not a
/// list.
fn items(call: &mut Call<'_>, index: usize, refusal: &str) -> Result<Vec<Value>, Fault> {
    let count = match call.view(index) {
        View::List(list) => list.items.len(),
        View::Bytes(bytes) => bytes.len(),
        View::Invalid | View::Nil => {
            // Go panics here: it calls `Kind` on a nil reflect.Type.
            return Err("runtime error: invalid memory address or nil pointer dereference".into());
        }
        found => return Err(format!("{refusal} {}", found.kind_name()).into()),
    };
    call.charge_items(count)?;
    Ok(match call.view(index) {
        View::List(list) => list.items.clone(),
        View::Bytes(bytes) => bytes
            .iter()
            .map(|&byte| uint_of(UintType::Uint8, u64::from(byte)))
            .collect(),
        _ => Vec::new(),
    })
}

fn list_function(call: &mut Call<'_>) -> Outcome {
    call.charge_items(call.len())?;
    Ok(list(call.rest(0).to_vec()))
}

fn append(call: &mut Call<'_>) -> Outcome {
    let mut items = items(call, 0, "Cannot push on type")?;
    items.push(call.value(1).clone());
    Ok(list(items))
}

fn prepend(call: &mut Call<'_>) -> Outcome {
    let mut items = items(call, 0, "Cannot prepend on type")?;
    items.insert(0, call.value(1).clone());
    Ok(list(items))
}

fn chunk(call: &mut Call<'_>) -> Outcome {
    let items = items(call, 1, "Cannot chunk type")?;
    let size = call.int(0);
    if let Some(size) = usize::try_from(size).ok().filter(|&size| size > 0) {
        let chunks = items.chunks(size).map(|chunk| list(chunk.to_vec())).collect();
        return Ok(list_of(Element::List, chunks));
    }
    // sprig computes the number of chunks with floats. For some negative sizes the result is still valid.
    #[expect(clippy::cast_precision_loss, reason = "as Go computes")]
    let count = ((items.len() as f64 - 1.0) / size as f64).floor() + 1.0;
    if size < 0 && count == 0.0 {
        return Ok(list_of(Element::List, Vec::new()));
    }
    if size < -1 && items.len() == 1 {
        return Ok(list_of(Element::List, vec![list(items)]));
    }
    Err("runtime error: makeslice: len out of range".into())
}

fn first(call: &mut Call<'_>) -> Outcome {
    let found = one(
        call,
        "Cannot find first on type",
        |list| list.items.first().cloned(),
        <[u8]>::first,
    )?;
    Ok(found.unwrap_or_else(nil))
}

fn last(call: &mut Call<'_>) -> Outcome {
    let found = one(
        call,
        "Cannot find last on type",
        |list| list.items.last().cloned(),
        <[u8]>::last,
    )?;
    Ok(found.unwrap_or_else(nil))
}

/// One element of a list, without copying the rest.
fn one(
    call: &mut Call<'_>,
    refusal: &str,
    of_list: impl Fn(&List) -> Option<Value>,
    of_bytes: impl Fn(&[u8]) -> Option<&u8>,
) -> Result<Option<Value>, Fault> {
    match call.view(0) {
        View::List(list) => Ok(of_list(list)),
        View::Bytes(bytes) => Ok(of_bytes(bytes).map(|&byte| uint_of(UintType::Uint8, u64::from(byte)))),
        _ => items(call, 0, refusal).map(|_| None),
    }
}

fn rest(call: &mut Call<'_>) -> Outcome {
    let mut items = items(call, 0, "Cannot find rest on type")?;
    if items.is_empty() {
        return Ok(nil_list(Element::Any));
    }
    items.remove(0);
    Ok(list(items))
}

fn initial(call: &mut Call<'_>) -> Outcome {
    let mut items = items(call, 0, "Cannot find initial on type")?;
    if items.pop().is_none() {
        return Ok(nil_list(Element::Any));
    }
    Ok(list(items))
}

fn reverse(call: &mut Call<'_>) -> Outcome {
    let mut items = items(call, 0, "Cannot find reverse on type")?;
    items.reverse();
    Ok(list(items))
}

fn compact(call: &mut Call<'_>) -> Outcome {
    let mut items = items(call, 0, "Cannot compact on type")?;
    items.retain(|item| !is_empty(item));
    Ok(list(items))
}

/// Whether any of the values is deeply equal to `wanted`.
fn contains(values: &[Value], wanted: &Value, meter: &mut Meter<'_>) -> Result<bool, Limit> {
    for value in values {
        if deep_equal(wanted, value, meter)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn uniq(call: &mut Call<'_>) -> Outcome {
    let items = items(call, 0, "Cannot find uniq on type")?;
    let kept = call.metered(|_, meter| {
        let mut kept: Vec<Value> = Vec::new();
        for item in items {
            if !contains(&kept, &item, meter)? {
                kept.push(item);
            }
        }
        Ok::<_, Limit>(kept)
    })?;
    Ok(list(kept))
}

fn without(call: &mut Call<'_>) -> Outcome {
    let items = items(call, 0, "Cannot find without on type")?;
    let kept = call.metered(|arguments, meter| {
        let mut kept = Vec::new();
        for item in items {
            if !contains(&arguments[1..], &item, meter)? {
                kept.push(item);
            }
        }
        Ok::<_, Limit>(kept)
    })?;
    Ok(list(kept))
}

fn has(call: &mut Call<'_>) -> Outcome {
    if call.view(1).is_nil() {
        return Ok(false.into());
    }
    let items = items(call, 1, "Cannot find has on type")?;
    let found = call.metered(|arguments, meter| contains(&items, &arguments[0], meter))?;
    Ok(found.into())
}

fn slice(call: &mut Call<'_>) -> Outcome {
    let items = items(call, 0, "list should be type of slice or array but")?;
    if items.is_empty() {
        return Ok(nil());
    }
    let start = if call.len() > 1 { to_int(call.value(1)) } else { 0 };
    let end = if call.len() > 2 {
        to_int(call.value(2))
    } else {
        i64::try_from(items.len()).unwrap_or(i64::MAX)
    };
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let part = range
        .and_then(|(start, end)| items.get(start..end))
        .ok_or("reflect.Value.Slice: slice index out of bounds")?;
    if let View::Bytes(bytes) = call.view(0) {
        let (start, end) = range.unwrap_or_default();
        return Ok(Value::from_bytes(bytes[start..end].to_vec()));
    }
    let element = match call.value(0).downcast_object_ref::<Data>() {
        Some(Data::List(list)) => list.element,
        _ => Element::Any,
    };
    Ok(list_of(element, part.to_vec()))
}

fn concat(call: &mut Call<'_>) -> Outcome {
    let mut all = Vec::new();
    for index in 0..call.len() {
        if let found @ (View::Bool(_)
        | View::Int(..)
        | View::Uint(..)
        | View::Float(_)
        | View::Complex(..)
        | View::String(_)
        | View::Map(_)
        | View::Struct(_)) = call.view(index)
        {
            return Err(format!("Cannot concat type {} as list", found.kind_name()).into());
        }
        all.append(&mut items(call, index, "")?);
    }
    if all.is_empty() {
        return Ok(nil_list(Element::Any));
    }
    Ok(list(all))
}

fn sort_alpha(call: &mut Call<'_>) -> Outcome {
    let mut parts = call.metered(|arguments, meter| match view(&arguments[0]) {
        View::Invalid | View::Nil => Ok::<_, Limit>(vec!["<nil>".into()]),
        _ => strings_of(&arguments[0], meter),
    })?;
    call.host.charge(parts.len())?;
    parts.sort_by_cached_key(|part| part.as_str().map(|text| gostd::string::decode(text).into_owned()));
    Ok(strings(parts))
}
