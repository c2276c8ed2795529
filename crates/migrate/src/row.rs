//! A row of the table: what becomes of one key of the community chart.

use super::job::{Found, Job};
use super::path::Path;

/// The treatment of a key.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// The value is moved unchanged to the new key.
    Move,
    /// A function translates the value.
    Call(fn(&mut Job<'_>, &Found)),
    /// The value is not needed: the chart behaves so by default.
    Needless,
    /// There is no counterpart.
    Lost,
}

/// A key of the community chart.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// Its path, with slashes.
    pub(super) old: &'static str,
    /// The community chart's default, as YAML; empty if it has none.
    pub(super) was: &'static str,
    /// The new keys, or the alternative.
    pub(super) new: &'static str,
    /// The treatment.
    pub(super) how: How,
    /// How it differs, or why it is not needed or lost.
    pub(super) about: &'static str,
    /// Whether the default is written to the output even if the input does not set it, because our chart's default
    /// differs in a way that users rely on.
    pub(super) is_stated: bool,
}

impl Row {
    const fn new(old: &'static str, was: &'static str, new: &'static str, how: How, about: &'static str) -> Self {
        Self {
            old,
            was,
            new,
            how,
            about,
            is_stated: false,
        }
    }

    /// Marks the default as written even if the input does not set it.
    pub(super) const fn stated(mut self) -> Self {
        self.is_stated = true;
        self
    }

    /// Its path.
    pub(super) fn path(&self) -> Path {
        Path::of(self.old)
    }
}

/// A key that is only renamed.
pub(super) const fn to(old: &'static str, was: &'static str, new: &'static str) -> Row {
    Row::new(old, was, new, How::Move, "")
}

/// A key that is only renamed, with a note.
pub(super) const fn to_with(old: &'static str, was: &'static str, new: &'static str, about: &'static str) -> Row {
    Row::new(old, was, new, How::Move, about)
}

/// A key that a function translates.
pub(super) const fn call(
    old: &'static str,
    was: &'static str,
    new: &'static str,
    function: fn(&mut Job<'_>, &Found),
    about: &'static str,
) -> Row {
    Row::new(old, was, new, How::Call(function), about)
}

/// A key that is not needed.
pub(super) const fn needless(old: &'static str, was: &'static str, why: &'static str) -> Row {
    Row::new(old, was, "", How::Needless, why)
}

/// A key without a counterpart, and the alternative.
pub(super) const fn lost(old: &'static str, was: &'static str, why: &'static str, instead: &'static str) -> Row {
    Row::new(old, was, instead, How::Lost, why)
}
