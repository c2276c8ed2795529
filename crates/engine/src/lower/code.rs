//! Instructions under construction.

use gotemplate::ast::NodeId;
use minijinja::machinery::{Instruction, Instructions, Span};
use minijinja::value::Value;

/// minijinja keeps the last filters of a run that were looked up, by the number in the instruction. This number means
/// that the filter is looked up each time.
const NOT_KEPT: u8 = !0;
/// How many filters minijinja keeps.
const MAX_KEPT: usize = 50;

/// The instructions of a template under construction.
///
/// A failing instruction is found in the template by its span, whose start is not an offset but the number of a node.
pub(super) struct Code<'a> {
    instructions: Instructions<'a>,
    /// The number of instructions.
    len: u32,
    /// The filters that are called; the position is the number in the instruction.
    filters: Vec<&'static str>,
}

/// A jump whose target is not known yet.
#[derive(Debug)]
#[must_use = "the jump goes nowhere until it lands"]
pub(super) struct Jump(u32);

impl<'a> Code<'a> {
    /// No instructions. Errors report `name`.
    pub(super) fn new(name: &'a str) -> Self {
        Self {
            instructions: Instructions::new(name, ""),
            len: 0,
            filters: Vec::new(),
        }
    }

    /// The finished instructions.
    pub(super) fn finish(self) -> Instructions<'a> {
        self.instructions
    }

    /// The position of the next instruction.
    pub(super) fn here(&self) -> u32 {
        self.len
    }

    /// Appends an instruction that cannot fail.
    pub(super) fn add(&mut self, instruction: Instruction<'a>) -> u32 {
        self.len += 1;
        self.instructions.add_with_line(instruction, 1)
    }

    /// Appends an instruction whose failure is the node's.
    pub(super) fn add_at(&mut self, instruction: Instruction<'a>, node: NodeId) -> u32 {
        self.len += 1;
        self.instructions.add_with_span(instruction, span(node))
    }

    /// Pushes a constant.
    pub(super) fn constant(&mut self, value: impl Into<Value>) {
        self.add(Instruction::LoadConst(value.into()));
    }

    /// Drops the topmost value.
    pub(super) fn discard(&mut self) {
        self.add(Instruction::DiscardTop);
    }

    /// Replaces the topmost values, the arguments, by the result of a filter.
    pub(super) fn filter(&mut self, name: &'static str, arguments: usize, node: Option<NodeId>) {
        let kept = self.filters.iter().position(|known| *known == name);
        let kept = kept.unwrap_or_else(|| {
            self.filters.push(name);
            self.filters.len() - 1
        });
        let kept = u8::try_from(kept).ok().filter(|kept| usize::from(*kept) < MAX_KEPT);
        let given = u16::try_from(arguments).ok();
        if given.is_none() {
            // The number of arguments that does not fit into the instruction is on the stack.
            self.constant(arguments);
        }
        let instruction = Instruction::ApplyFilter(name, given, kept.unwrap_or(NOT_KEPT));
        match node {
            Some(node) => self.add_at(instruction, node),
            None => self.add(instruction),
        };
    }

    /// Appends a jump whose target is set by [`Code::land`].
    pub(super) fn jump(&mut self, jump: fn(u32) -> Instruction<'a>) -> Jump {
        Jump(self.add(jump(u32::MAX)))
    }

    /// Appends a jump that may fail in place of a node.
    pub(super) fn jump_at(&mut self, jump: fn(u32) -> Instruction<'a>, node: NodeId) -> Jump {
        Jump(self.add_at(jump(u32::MAX), node))
    }

    /// Makes a jump lead to the next instruction.
    pub(super) fn land(&mut self, Jump(at): Jump) {
        let here = self.len;
        if let Some(
            Instruction::Jump(target)
            | Instruction::JumpIfFalse(target)
            | Instruction::JumpIfFalseOrPop(target)
            | Instruction::JumpIfTrueOrPop(target)
            | Instruction::Iterate(target),
        ) = self.instructions.get_mut(at)
        {
            *target = here;
        }
    }
}

fn span(node: NodeId) -> Span {
    // Without a line the span counts as none.
    Span {
        start_line: 1,
        end_line: 1,
        start_offset: node.0,
        end_offset: node.0,
        ..Span::default()
    }
}

/// The node of a span made by [`Code::add_at`], by its start.
pub(super) fn node(start: usize) -> Option<NodeId> {
    u32::try_from(start).ok().map(NodeId)
}
