//! The way back from lowered text to the template.

use crate::source::Span;
use crate::template::ast::NodeId;

/// What the ranges of a lowered text were made from. All tables are sorted by their offset.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    /// Where the name of a call begins, and the command or operand that it was made from.
    pub(super) calls: Vec<(u32, NodeId)>,
    /// Where a printed expression begins, and its action.
    pub(super) actions: Vec<(u32, Span)>,
    /// Where copied text begins, and where it stands in the template.
    pub(super) texts: Vec<(u32, Span)>,
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl SourceMap {
    /// The node whose call begins at an offset of the lowered text.
    pub fn call(&self, at: usize) -> Option<NodeId> {
        let found = self.calls.binary_search_by_key(&offset(at), |&(start, _)| start).ok()?;
        Some(self.calls[found].1)
    }

    /// The action whose expression begins at an offset of the lowered text.
    pub fn action(&self, at: usize) -> Option<Span> {
        let found = self
            .actions
            .binary_search_by_key(&offset(at), |&(start, _)| start)
            .ok()?;
        Some(self.actions[found].1)
    }

    /// The place in the template of copied text that begins at an offset of the lowered text.
    pub fn text(&self, at: usize) -> Option<Span> {
        let found = self.texts.binary_search_by_key(&offset(at), |&(start, _)| start).ok()?;
        Some(self.texts[found].1)
    }
}
