//! Lowers loops: `range`, `break` and `continue`.

use minijinja::machinery::Instruction;

use super::Lowerer;
use super::action::first;
use super::code::Jump;
use super::scope::Place;
use crate::coverage::Part;
use gotemplate::ast::{Branch, List, Node, Variable};

/// The flag of minijinja's `PushLoop` that provides the variable `loop`.
const WITH_LOOP: u8 = 1;

/// Where `break` and `continue` lead to.
#[derive(Debug)]
pub(super) struct Loop {
    /// The instruction that begins the next iteration.
    next: u32,
    breaks: Vec<Jump>,
}

impl<'a> Lowerer<'_, 'a> {
    pub(super) fn range(&mut self, branch: &'a Branch) {
        let mark = self.scope.mark();
        let pipeline = &branch.pipeline;
        self.mark(pipeline.meta.span);
        self.pipeline(pipeline, false);
        // Before the first iteration the variables hold the ranged value; only an `else` or an assignment can observe
        // it.
        let mut ranged = None;
        if !pipeline.declarations.is_empty() && (branch.else_list.is_some() || pipeline.is_assign) {
            let local = self.scope.fresh();
            self.code.add(Instruction::DupTop);
            self.store(local);
            if pipeline.is_assign {
                for variable in &pipeline.declarations {
                    self.load(Place::Local(local));
                    self.set(variable, pipeline);
                }
            }
            ranged = Some(local);
        }
        let element = self.scope.fresh();
        let key = (pipeline.declarations.len() > 1).then(|| self.scope.fresh());
        self.report("trace_range", element);
        self.code.constant(cost(&branch.list));
        self.code.constant(element);
        // An error of the helper is Go's "range can't iterate over", which Go reports at the end of the pipeline.
        let helper = if key.is_some() { "pairs" } else { "items" };
        self.code.filter(helper, 3, Some(pipeline.meta.id));
        self.code
            .add(Instruction::PushLoop(if self.traced { WITH_LOOP } else { 0 }));
        let next = self.code.here();
        let end = self.code.jump_at(Instruction::Iterate, first(pipeline));
        if let Some(key) = key {
            self.code.add(Instruction::UnpackList(2));
            self.store(key);
        }
        self.store(element);
        self.count(branch.meta.id, Part::Then);
        self.turn_begins(element, key);
        let inner = self.scope.mark();
        let values = key.map(Place::Local).into_iter().chain([Place::Item(element)]);
        for (variable, value) in pipeline.declarations.iter().zip(values) {
            self.turn(pipeline.is_assign, variable, value);
        }
        let outer = std::mem::replace(&mut self.scope.dot, Place::Item(element));
        let breaks = self.inside(next, &branch.list);
        self.code.add(Instruction::Jump(next));
        self.scope.dot = outer;
        self.scope.leave(inner);
        self.code.land(end);
        if branch.else_list.is_none() && self.counting.is_none() {
            breaks.into_iter().for_each(|jump| self.code.land(jump));
            self.code.add(Instruction::PopLoopFrame);
        } else {
            self.code.add(Instruction::PushDidNotIterate);
            self.code.add(Instruction::PopLoopFrame);
            let mut done = vec![self.code.jump(Instruction::JumpIfFalse)];
            self.count(branch.meta.id, Part::Else);
            if let Some(otherwise) = &branch.else_list {
                if !pipeline.is_assign
                    && let Some(ranged) = ranged
                {
                    for variable in &pipeline.declarations {
                        self.bind_else(&variable.name, ranged);
                    }
                }
                done.extend(self.otherwise(otherwise));
            }
            if !breaks.is_empty() {
                // minijinja would take a loop that is left in its first iteration for one that had none.
                done.push(self.code.jump(Instruction::Jump));
                breaks.into_iter().for_each(|jump| self.code.land(jump));
                self.code.add(Instruction::PopLoopFrame);
            }
            done.into_iter().for_each(|jump| self.code.land(jump));
        }
        self.scope.leave(mark);
    }

    /// Lowers the body of a loop, and returns its breaks.
    fn inside(&mut self, next: u32, list: &'a List) -> Vec<Jump> {
        self.loops.push(Loop {
            next,
            breaks: Vec::new(),
        });
        self.scoped(list);
        self.loops.pop().map_or_else(Vec::new, |inner| inner.breaks)
    }

    /// Lowers the `else` of a loop, and returns its breaks. In Go, a `break` inside it ends the `else`, and a `continue`
    /// belongs to the outer loop.
    fn otherwise(&mut self, list: &'a List) -> Vec<Jump> {
        match self.loops.last() {
            Some(outer) => self.inside(outer.next, list),
            None => {
                self.scoped(list);
                Vec::new()
            }
        }
    }

    /// Sets a variable of a `range` for one iteration.
    fn turn(&mut self, is_assign: bool, variable: &'a Variable, value: Place) {
        let name = &variable.name;
        if !is_assign && !self.scope.is_assigned(name) {
            self.scope.bind(name, value);
            return;
        }
        self.read(value);
        if is_assign {
            self.assign(variable);
        } else {
            self.bind(name);
        }
    }

    /// Declares a variable of a `range` in its `else`.
    fn bind_else(&mut self, name: &'a str, ranged: u32) {
        let mut place = Place::Local(ranged);
        if self.scope.is_assigned(name) {
            self.load(place);
            self.code.filter("cell", 1, None);
            let cell = self.scope.fresh();
            self.store(cell);
            place = Place::Cell(cell);
        }
        self.scope.bind(name, place);
    }

    /// Lowers `break`. The parser rejects one outside of a loop.
    pub(super) fn break_loop(&mut self) {
        let jump = self.code.jump(Instruction::Jump);
        match self.loops.last_mut() {
            Some(inner) => inner.breaks.push(jump),
            None => self.code.land(jump),
        }
    }

    /// Lowers `continue`. The parser rejects one outside of a loop.
    pub(super) fn continue_loop(&mut self) {
        if let Some(inner) = self.loops.last() {
            self.code.add(Instruction::Jump(inner.next));
        }
    }
}

/// The cost of one iteration: its nodes, plus a step for every hundred bytes of text.
fn cost(list: &List) -> usize {
    let cost_of = |node: &Node| match node {
        Node::Text(text) => text.text.len() / 100,
        Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
            cost(&branch.list) + branch.else_list.as_ref().map_or(0, cost)
        }
        _ => 0,
    };
    list.nodes.iter().map(|node| 1 + cost_of(node)).sum()
}
