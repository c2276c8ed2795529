//! Counters in the lowered templates of a counting session.
//!
//! ```text
//! {{ .Values.a }}                {% set _ = 1|hit %}{{ dot|path("Values.a") }}
//! {{ if .a }}x{{ end }}          {% set _ = 2|hit %}{% if dot|field("a") %}{% set _ = 3|hit %}x{% else %}{% set _ = 4|hit %}{% endif %}
//! {{ else if .b }}               {% elif (5|hit) and (dot|field("b")) %}
//! ```
//!
//! `hit` adds one to the counter with that number and returns true. Counters are numbered as in [`Points`], starting at
//! the file's first counter.

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

impl Counting<'_> {
    fn counter(self, node: NodeId, part: Part) -> Option<usize> {
        Some(self.base + self.points.number(node, part)? as usize)
    }
}

impl Lowerer<'_> {
    /// Writes the counter of the template itself.
    pub(super) fn count_template(&mut self) {
        if let Some(counting) = self.counting
            && let Some(number) = counting.points.template(counting.tree)
        {
            self.hit(counting.base + number as usize);
        }
    }

    /// Writes the counter of a node or of one of its branches.
    pub(super) fn count(&mut self, node: NodeId, part: Part) {
        if let Some(counter) = self.counter(node, part) {
            self.hit(counter);
        }
    }

    /// Returns the counter of a part of a node.
    pub(super) fn counter(&self, node: NodeId, part: Part) -> Option<usize> {
        self.counting?.counter(node, part)
    }

    fn hit(&mut self, counter: usize) {
        self.statement(&["set _ = ", &counter.to_string(), "|hit"]);
    }
}
