//! The way back from lowered text to the template.

use gotemplate::ast::NodeId;
use source::Span;

/// What the ranges of a lowered text were made from. All tables are sorted by their offset.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    /// Where the name of a call begins, and the command or operand that it was made from.
    pub(super) calls: Vec<(u32, NodeId)>,
    /// Where a printed expression begins, and its action.
    pub(super) actions: Vec<(u32, Span)>,
    /// Where copied text begins, and where it stands in the template.
    pub(super) texts: Vec<(u32, Span)>,
    /// The statements of a traced template, by the numbers that its marks give.
    pub(super) statements: Vec<Span>,
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

    /// The action whose expression is at an offset of the lowered text.
    pub fn action(&self, at: usize) -> Option<Span> {
        let found = self.actions.partition_point(|&(start, _)| start <= offset(at));
        Some(self.actions.get(found.checked_sub(1)?)?.1)
    }

    /// The statement of a number that a mark gave.
    pub fn statement(&self, number: usize) -> Option<Span> {
        self.statements.get(number).copied()
    }

    /// The place in the template of copied text from an offset of the lowered text on.
    pub fn text(&self, at: usize) -> Option<Span> {
        let found = self.texts.partition_point(|&(start, _)| start <= offset(at));
        let (start, span) = *self.texts.get(found.checked_sub(1)?)?;
        let skipped = offset(at) - start;
        let begin = (span.start + skipped).min(span.end);
        Some(Span { start: begin, ..span })
    }
}
