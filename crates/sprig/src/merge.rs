//! mergo: the algorithm of `merge` and `mergeOverwrite`.

use super::Fault;
use govalue::{Element, Map, Meter, Value, View, is_empty, view};

/// mergo's error for values that cannot be merged.
pub(super) const DIFFERENT_TYPES: &str = "src and dst must be of same type";

/// Merges `source` into `target`. Without `overwrite`, only keys that are missing or empty in the target are set.
pub(super) fn merge_into(
    target: &Map,
    source: &Map,
    overwrite: bool,
    meter: &mut Meter<'_>,
    depth: usize,
) -> Result<(), Fault> {
    meter.descend(depth)?;
    for (key, value) in source.snapshot() {
        meter.step(0)?;
        let before = target.get(&key);
        if view(&value).is_nil() {
            if overwrite {
                store(target, source, &key, value)?;
            }
            continue;
        }
        match (before.as_ref().map(view), view(&value)) {
            (Some(View::Map(below)), View::Map(_)) if below.is_nil() => {}
            (Some(View::Map(below)), View::Map(value)) => merge_into(below, value, overwrite, meter, depth + 1)?,
            (Some(View::Struct(object)), View::Map(_)) if object.is_pointer() && !overwrite => {
                return Err(DIFFERENT_TYPES.into());
            }
            // A list replaces any existing value.
            (Some(_), View::List(_) | View::Bytes(_)) if overwrite => {
                store(target, source, &key, value)?;
                continue;
            }
            _ => {}
        }
        let filled = before.as_ref().filter(|before| !is_empty(before)).map(view);
        let done = match (filled, view(&value)) {
            (Some(_), View::List(_) | View::Bytes(_)) | (Some(View::Map(_)), View::Map(_)) => true,
            (filled, _) => filled.is_some() && !overwrite,
        };
        if !done {
            store(target, source, &key, value)?;
        }
    }
    Ok(())
}

/// Sets a key if the value's type matches the element type of the map.
fn store(target: &Map, source: &Map, key: &str, value: Value) -> Result<(), Fault> {
    let (wanted, given) = (target.map_type().element(), source.map_type().element());
    if wanted != Element::Any && wanted != given {
        return Err(format!(
            "reflect.Value.SetMapIndex: value of type {} is not assignable to type {}",
            given.name(),
            wanted.name()
        )
        .into());
    }
    target.insert(key, value);
    target.copy_entry_spans(source, key);
    Ok(())
}
