//! The values that an expression used.

use std::sync::Arc;

use super::place::ValuePlace;
use super::record::RunId;
use govalue::Value;

/// A possible input of a text.
#[derive(Clone, Debug)]
pub(super) enum Ingredient {
    /// A value, and the place at which it is written.
    Value(Value, Option<ValuePlace>),
    /// The key of an entry that was ranged over.
    Key(Arc<str>, ValuePlace),
    /// A run, and the run and event that started it.
    Run(RunId, (RunId, usize)),
}

/// The end of a window: just before an event of a run.
pub(super) type Before = (RunId, usize);
