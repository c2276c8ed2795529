//! What maps where, as data: a row for each key of the community chart. docs/migrate.md is written from it.

use super::job::{Found, Job};
use super::path::Path;
use super::{rows_node_exporter, rows_pushgateway, rows_server, rows_top};

/// What becomes of a key.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// The same value under the other name.
    Move,
    /// A function that knows what it means.
    Call(fn(&mut Job<'_>, &Found)),
    /// Nothing: the chart does it without being told.
    Needless,
    /// Nothing: there is no counterpart.
    Lost,
}

/// A key of the community chart.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// Its path, with slashes.
    pub(super) old: &'static str,
    /// The default there, as YAML; empty if it has none.
    pub(super) was: &'static str,
    /// Where it goes, or what to do instead.
    pub(super) new: &'static str,
    /// What becomes of it.
    pub(super) how: How,
    /// What is different, or why it is needless or lost.
    pub(super) about: &'static str,
    /// Its default is written to the output where the input says nothing, because the chart's own default differs in a way
    /// that users rely on.
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

    /// The same, with its default written where the input says nothing.
    pub(super) const fn stated(mut self) -> Self {
        self.is_stated = true;
        self
    }

    /// Its path.
    pub(super) fn path(&self) -> Path {
        Path::of(self.old)
    }
}

/// A key that has another name, and nothing else.
pub(super) const fn to(old: &'static str, was: &'static str, new: &'static str) -> Row {
    Row::new(old, was, new, How::Move, "")
}

/// A key that has another name, with something to say about it.
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

/// A key without counterpart, and what to do instead.
pub(super) const fn lost(old: &'static str, was: &'static str, why: &'static str, instead: &'static str) -> Row {
    Row::new(old, was, instead, How::Lost, why)
}

/// The parts of the table, with their headings.
pub(super) fn parts() -> [(&'static str, &'static [Row]); 4] {
    [
        ("The chart as a whole, configuration, scraping, rules", rows_top::ROWS),
        ("`server`", rows_server::ROWS),
        ("`prometheus-pushgateway`", rows_pushgateway::ROWS),
        ("`prometheus-node-exporter`", rows_node_exporter::ROWS),
    ]
}

/// All rows. A row about a key comes before the row about the mapping that the key is in.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    parts().into_iter().flat_map(|(_, rows)| rows)
}

/// The row that a path belongs to: that of the path itself, or of the nearest mapping around it.
pub(super) fn row_of(path: &Path) -> Option<&'static Row> {
    rows()
        .filter(|row| path.is_in(&row.path()))
        .max_by_key(|row| row.path().steps().len())
}
