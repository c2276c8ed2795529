//! Counters in the lowered templates of a counting session.
//!
//! The filter `hit` adds one to a counter before each point. Counters are numbered as in [`Points`], starting at the
//! file's first counter.

use super::Lowerer;
use crate::coverage::{Part, Points};
use gotemplate::ast::NodeId;

/// The counters of a template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counting<'a> {
    /// The points of its file.
    pub(crate) points: &'a Points,
    /// The counter of the file's first point.
    pub(crate) base: usize,
    /// The index of the template's tree in the file.
    pub(crate) tree: usize,
}

impl Lowerer<'_, '_> {
    /// Counts the template itself.
    pub(super) fn count_template(&mut self) {
        if let Some(counting) = self.counting
            && let Some(number) = counting.points.template(counting.tree)
        {
            self.hit(counting.base + number as usize);
        }
    }

    /// Counts a node or one of its branches.
    pub(super) fn count(&mut self, node: NodeId, part: Part) {
        if let Some(counting) = self.counting
            && let Some(number) = counting.points.number(node, part)
        {
            self.hit(counting.base + number as usize);
        }
    }

    fn hit(&mut self, counter: usize) {
        self.code.constant(counter);
        self.code.filter("hit", 1, None);
        self.code.discard();
    }
}
