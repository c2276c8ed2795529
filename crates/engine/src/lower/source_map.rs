//! Maps lowered text back to the template.

use gotemplate::ast::NodeId;
use source::Span;

/// Maps offsets of a lowered text to nodes and spans of the template. All tables are sorted by offset.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    /// The offset of each called name, and the command or operand that it was lowered from.
    pub(super) calls: Vec<(u32, NodeId)>,
    /// The offset of each printed expression, and the span of its action.
    pub(super) actions: Vec<(u32, Span)>,
    /// The offset of each copied text, and its span in the template.
    pub(super) texts: Vec<(u32, Span)>,
    /// The statements of a traced template, indexed by the numbers in its marks.
    pub(super) statements: Vec<Span>,
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl SourceMap {
    /// Returns the node whose call begins at an offset.
    pub fn call(&self, at: usize) -> Option<NodeId> {
        let found = self.calls.binary_search_by_key(&offset(at), |&(start, _)| start).ok()?;
        Some(self.calls[found].1)
    }

    /// Returns the action whose expression contains an offset.
    pub fn action(&self, at: usize) -> Option<Span> {
        let found = self.actions.partition_point(|&(start, _)| start <= offset(at));
        Some(self.actions.get(found.checked_sub(1)?)?.1)
    }

    /// Returns the statement with the number in a mark.
    pub fn statement(&self, number: usize) -> Option<Span> {
        self.statements.get(number).copied()
    }

    /// Returns the span in the template of the copied text that starts at an offset.
    pub fn text(&self, at: usize) -> Option<Span> {
        let found = self.texts.partition_point(|&(start, _)| start <= offset(at));
        let (start, span) = *self.texts.get(found.checked_sub(1)?)?;
        let skipped = offset(at) - start;
        let begin = (span.start + skipped).min(span.end);
        Some(Span { start: begin, ..span })
    }
}
