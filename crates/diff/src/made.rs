//! The ingredients of a field: the keys of the values that went into a text, where no single one is its origin.

use super::cause::{Cause, Ingredient, Input};
use super::side::Causes;
use source::Span;

/// A part of a text of one side.
pub(super) type At<'a> = Option<(&'a Causes<'a>, Span)>;

/// The causes of a field on both sides.
///
/// A text that only one side has, and that is not known to be one value, names the keys that it was made of: those that
/// differ between the sides. A side that has nothing to compare with names those whose text it holds.
pub(super) fn causes(old: At<'_>, new: At<'_>) -> (Option<Cause>, Option<Cause>) {
    let of = |at: At<'_>| at.and_then(|(causes, span)| causes.of(span));
    let (mut old_cause, mut new_cause) = (of(old), of(new));
    let is_open = |cause: &Option<Cause>| {
        cause
            .as_ref()
            .is_some_and(|cause| !cause.is_certain || cause.value.is_none())
    };
    if !is_open(&old_cause) && !is_open(&new_cause) {
        return (old_cause, new_cause);
    }
    let inputs = |at: At<'_>| at.map(|(causes, span)| causes.inputs(span)).unwrap_or_default();
    let (before, after) = (inputs(old), inputs(new));
    let has_both = [old, new]
        .iter()
        .all(|at| at.is_some_and(|(causes, _)| causes.is_traced()));
    // What the other side did not read, or read and did not print, may be the same there.
    let is_set = |at: At<'_>, key: &str, text: &str| at.is_some_and(|(causes, _)| causes.is_set_to(key, text));
    for (cause, own, (other, at)) in [
        (&mut old_cause, &before, (&after, new)),
        (&mut new_cause, &after, (&before, old)),
    ] {
        if !is_open(cause) {
            continue;
        }
        let Some(cause) = cause else { continue };
        let named = |is_named: &dyn Fn(&str, &Input) -> bool| -> Vec<Ingredient> {
            own.iter()
                .filter(|(key, input)| is_named(key, input))
                .map(|(key, input)| Ingredient {
                    key: key.clone(),
                    spot: input.spot.clone(),
                })
                .collect()
        };
        cause.made_of = if has_both {
            let differing = named(&|key, input| match other.get(key) {
                Some(other) => other.text != input.text,
                None => !is_set(at, key, &input.text),
            });
            if differing.is_empty() {
                // Values are the same, and the other side prints others of them.
                named(&|key, input| input.is_printed && !other.contains_key(key))
            } else {
                differing
            }
        } else {
            named(&|_, input| input.is_printed)
        };
        // A value that only looks like the one that was printed, and is the same on both sides, is not the cause.
        if has_both && !cause.made_of.is_empty() {
            cause.value = None;
        }
    }
    (old_cause, new_cause)
}
