//! Lists: cel-go's `ext/lists.go` and Kubernetes' own library.

use std::cmp::Ordering;

use crate::error::{Error, fail};
use crate::value::Value;

/// `isSorted`.
pub(crate) fn is_sorted(items: &[Value]) -> bool {
    for pair in items.windows(2) {
        if pair[0].compare(&pair[1]) == Some(Ordering::Greater) {
            return false;
        }
    }
    true
}

/// `min` and `max`: the first of those that are least, or greatest.
pub(crate) fn extreme(items: &[Value], name: &str, replaced_by: Ordering) -> Result<Value, Error> {
    let Some((first, rest)) = items.split_first() else {
        return fail(format!("{name} called on empty list"));
    };
    let mut found = first;
    for item in rest {
        if found.compare(item) == Some(replaced_by) {
            found = item;
        }
    }
    Ok(found.clone())
}

/// `sum`.
pub(crate) fn sum(items: &[Value]) -> Result<Value, Error> {
    let mut total: Option<Value> = None;
    for item in items {
        total = Some(match total {
            None => item.clone(),
            Some(total) => crate::operators::add(&total, item)?,
        });
    }
    Ok(total.unwrap_or(Value::Int(0)))
}

/// `flatten`.
pub(crate) fn flatten(items: &[Value], depth: i64, out: &mut Vec<Value>) {
    for item in items {
        match item {
            Value::List(list) if depth > 0 => flatten(&list.items, depth - 1, out),
            other => out.push(other.clone()),
        }
    }
}

/// `distinct`.
pub(crate) fn distinct(items: &[Value]) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for item in items {
        if !found.iter().any(|other| item.equals(other)) {
            found.push(item.clone());
        }
    }
    found
}

/// `sort` and `sortBy`: the items in the order of their keys.
pub(crate) fn sort(items: &[Value], keys: &[Value]) -> Result<Vec<Value>, Error> {
    let Some(first) = keys.first() else {
        return Ok(Vec::new());
    };
    if first.compare(first).is_none() {
        return fail("list elements must be comparable");
    }
    if keys.iter().any(|key| key.type_name() != first.type_name()) {
        return fail("list elements must have the same type");
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|one, two| keys[*one].compare(&keys[*two]).unwrap_or(Ordering::Equal));
    Ok(order.into_iter().map(|at| items[at].clone()).collect())
}
