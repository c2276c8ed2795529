//! Functions on maps. `set`, `unset` and the merges change their first argument in place, which all its references see.

use super::merge::merge_into;
use super::print::string_of;
use super::registry::sprig;
use super::{Call, Fault, Function, Outcome};
use govalue::Type::{Any, Map as Dict, String as Str};
use govalue::{Data, Entries, Limit, Map, MapType, Value, View, deep_copy, list, map, map_from, strings, view};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("deepCopy", &[Any], "interface {}", copy, "a copy that shares no map with the value"),
    sprig("dict", &[Any], DICT, dict, "a map of keys and values in turn").variadic(),
    sprig("dig", &[Any], ANY_OR_ERROR, dig, "the value under the keys in the map that comes last, or the value before it where there is none").variadic(),
    sprig("get", &[Dict, Str], "interface {}", get, "the value under the key, or an empty string"),
    sprig("hasKey", &[Dict, Str], "bool", has_key, "whether the map has the key"),
    sprig("keys", &[Dict], "[]string", keys, "the keys of all maps; in order, where Go has none").variadic(),
    sprig("merge", &[Dict, Dict], "interface {}", merge, "the first map with what it lacks from the others").variadic(),
    sprig("mergeOverwrite", &[Dict, Dict], "interface {}", merge_overwrite, "the first map with all of the others over it").variadic(),
    sprig("mustDeepCopy", &[Any], ANY_OR_ERROR, copy, "the same as deepCopy"),
    sprig("mustMerge", &[Dict, Dict], ANY_OR_ERROR, must_merge, "the same as merge; fails where maps do not fit each other").variadic(),
    sprig("mustMergeOverwrite", &[Dict, Dict], ANY_OR_ERROR, must_merge_overwrite, "the same as mergeOverwrite; fails where maps do not fit each other").variadic(),
    sprig("omit", &[Dict, Str], DICT, omit, "a map without the keys").variadic(),
    sprig("pick", &[Dict, Str], DICT, pick, "a map of the keys alone").variadic(),
    sprig("pluck", &[Str, Dict], "[]interface {}", pluck, "the values under the key in those maps that have it").variadic(),
    sprig("set", &[Dict, Str, Any], DICT, set, "the map, with the key set in it"),
    sprig("unset", &[Dict, Str], DICT, unset, "the map, without the key"),
    sprig("values", &[Dict], "[]interface {}", values, "the values of the map; in the order of the keys, where Go has none"),
];

const DICT: &str = "map[string]interface {}";
const ANY_OR_ERROR: &str = "(interface {}, error)";

fn copy(call: &mut Call<'_>) -> Outcome {
    if call.view(0).is_nil() {
        return Err("reflect: call of reflect.Value.Type on zero Value".into());
    }
    call.metered(|arguments, meter| deep_copy(&arguments[0], meter))
}

fn dict(call: &mut Call<'_>) -> Outcome {
    let entries = call.metered(|arguments, meter| {
        let mut entries = Entries::new();
        for pair in arguments.chunks(2) {
            let value = pair.get(1).cloned().unwrap_or_else(|| "".into());
            entries.insert(string_of(&pair[0], meter)?.into(), value);
        }
        Ok::<_, Limit>(entries)
    })?;
    Ok(map(entries))
}

/// Go's panic for a failed type assertion.
fn no_conversion(value: &Value, wanted: &str) -> Fault {
    let found = match view(value) {
        View::Invalid | View::Nil => "nil".into(),
        found => found.type_name(),
    };
    Fault::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}

/// The map of a value whose type is exactly `map[string]interface {}`.
fn plain_map(value: &Value) -> Result<&Map, Fault> {
    match view(value) {
        View::Map(_) => {}
        _ => return Err(no_conversion(value, DICT)),
    }
    match value.downcast_object_ref::<Data>() {
        Some(Data::Map(map)) if map.map_type() == MapType::ANY => Ok(map),
        _ => Err(no_conversion(value, DICT)),
    }
}

fn dig(call: &mut Call<'_>) -> Outcome {
    if call.len() < 3 {
        return Err("dig needs at least three arguments".into());
    }
    let (last, default) = (call.len() - 1, call.len() - 2);
    plain_map(call.value(last))?;
    for key in &call.rest(0)[..default] {
        if key.as_str().is_none() {
            return Err(no_conversion(key, "string"));
        }
    }
    let mut found = call.value(last).clone();
    for key in &call.rest(0)[..default] {
        match plain_map(&found)?.get(key.as_str().unwrap_or_default()) {
            Some(value) => found = value,
            None => return Ok(call.value(default).clone()),
        }
    }
    Ok(found)
}

fn get(call: &mut Call<'_>) -> Outcome {
    let found = call.map(0).and_then(|map| map.get(call.str(1)));
    Ok(found.unwrap_or_else(|| "".into()))
}

fn has_key(call: &mut Call<'_>) -> Outcome {
    Ok(call.map(0).is_some_and(|map| map.contains_key(call.str(1))).into())
}

fn keys(call: &mut Call<'_>) -> Outcome {
    let count = (0..call.len()).filter_map(|index| Some(call.map(index)?.len())).sum();
    call.charge_items(count)?;
    let maps = (0..call.len()).filter_map(|index| call.map(index));
    Ok(strings(
        maps.flat_map(|map| map.read().keys().cloned().collect::<Vec<_>>()),
    ))
}

fn values(call: &mut Call<'_>) -> Outcome {
    let count = call.map(0).map_or(0, Map::len);
    call.charge_items(count)?;
    Ok(list(
        call.map(0)
            .map(|map| map.read().values().cloned().collect())
            .unwrap_or_default(),
    ))
}

/// Merges the sources into the target, one after the other.
fn merged(call: &mut Call<'_>, overwrite: bool) -> Outcome {
    let target = match call.view(0) {
        View::Map(map) if !map.is_nil() => call.value(0).clone(),
        // A nil map stays nil until there is something to merge into it.
        _ if call
            .rest(1)
            .iter()
            .all(|source| !matches!(view(source), View::Map(map) if !map.is_nil())) =>
        {
            return Ok(Value::from_object(Data::Map(Map::nil(MapType::ANY))));
        }
        _ => map(Entries::new()),
    };
    call.metered(|arguments, meter| {
        let View::Map(target) = view(&target) else {
            return Ok(());
        };
        for source in &arguments[1..] {
            if let View::Map(source) = view(source) {
                merge_into(target, source, overwrite, meter, 0)?;
            }
        }
        Ok::<_, Fault>(())
    })?;
    Ok(target)
}

/// sprig discards mergo's errors and returns an empty string; a panic still fails the render.
fn lenient(outcome: Outcome) -> Outcome {
    match outcome {
        Err(Fault::Failed(text)) if text == super::merge::DIFFERENT_TYPES => Ok("".into()),
        outcome => outcome,
    }
}

fn merge(call: &mut Call<'_>) -> Outcome {
    lenient(merged(call, false))
}

fn merge_overwrite(call: &mut Call<'_>) -> Outcome {
    lenient(merged(call, true))
}

fn must_merge(call: &mut Call<'_>) -> Outcome {
    merged(call, false)
}

fn must_merge_overwrite(call: &mut Call<'_>) -> Outcome {
    merged(call, true)
}

/// The entries of the map argument for which `keep` holds, as a new map with the same provenance.
fn filtered(call: &mut Call<'_>, keep: impl Fn(&Call<'_>, &str) -> bool) -> Outcome {
    let count = call.map(0).map_or(0, Map::len);
    call.charge_items(count)?;
    let Some(source) = call.map(0) else {
        return Ok(map(Entries::new()));
    };
    let mut entries = source.read().clone();
    entries.retain(|key, _| keep(call, key));
    Ok(map_from(source, MapType::ANY, entries))
}

fn omit(call: &mut Call<'_>) -> Outcome {
    filtered(call, |call, key| {
        !call.rest(1).iter().any(|omitted| omitted.as_str() == Some(key))
    })
}

fn pick(call: &mut Call<'_>) -> Outcome {
    filtered(call, |call, key| {
        call.rest(1).iter().any(|picked| picked.as_str() == Some(key))
    })
}

fn pluck(call: &mut Call<'_>) -> Outcome {
    let maps = (1..call.len()).filter_map(|index| call.map(index));
    Ok(list(maps.filter_map(|map| map.get(call.str(0))).collect()))
}

fn set(call: &mut Call<'_>) -> Outcome {
    let (key, value) = (call.str(1), call.value(2).clone());
    match call.map(0) {
        Some(map) if !map.is_nil() => map.insert(key, value),
        _ => return Err("assignment to entry in nil map".into()),
    }
    Ok(call.value(0).clone())
}

fn unset(call: &mut Call<'_>) -> Outcome {
    match call.map(0) {
        Some(map) => {
            map.remove(call.str(1));
            Ok(call.value(0).clone())
        }
        None => Ok(Value::from_object(Data::Map(Map::nil(MapType::ANY)))),
    }
}
