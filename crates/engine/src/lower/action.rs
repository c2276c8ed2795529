//! Lowers actions to statements. A statement leaves no value behind.

use gotemplate::ast::{Action, Branch, List, Node, NodeId, Operand, Pipeline, TemplateCall, Text, Variable};
use minijinja::machinery::Instruction;

use super::Lowerer;
use super::pipeline::undefined;
use super::scope::Place;
use crate::coverage::Part;

impl<'a> Lowerer<'_, 'a> {
    pub(super) fn list(&mut self, list: &'a List) {
        for node in &list.nodes {
            self.nodes += 1;
            self.count(node.meta().id, Part::Start);
            match node {
                Node::Text(text) => self.text(text),
                Node::Action(action) => self.action(action),
                Node::If(branch) => self.condition(branch),
                Node::With(branch) => self.with(branch),
                Node::Range(branch) => self.range(branch),
                Node::Template(call) => self.template(call),
                Node::Break(_) => self.break_loop(),
                Node::Continue(_) => self.continue_loop(),
            }
        }
    }

    /// Lowers a list with a scope of its own: the variables declared in it end with it.
    pub(super) fn scoped(&mut self, list: &'a List) {
        let mark = self.scope.mark();
        self.list(list);
        self.scope.leave(mark);
    }

    fn text(&mut self, text: &'a Text) {
        self.copied(text);
        self.emit_raw(&text.text);
    }

    fn emit_raw(&mut self, text: &'a str) {
        if !text.is_empty() {
            self.raw += text.len();
            self.code.add(Instruction::EmitRaw(text));
        }
    }

    /// Pushes the value of a variable or the dot.
    pub(super) fn load(&mut self, place: Place) {
        let name = match place {
            Place::Dot => "dot",
            Place::Local(local) | Place::Item(local) | Place::Cell(local) => self.locals.name(local),
        };
        self.code.add(Instruction::Lookup(name));
        if let Place::Cell(_) = place {
            self.code.add(Instruction::GetAttr("value"));
        }
    }

    /// Pops a value into a minijinja variable.
    pub(super) fn store(&mut self, local: u32) {
        self.code.add(Instruction::StoreLocal(self.locals.name(local)));
    }

    fn action(&mut self, action: &'a Action) {
        if let Some(text) = constant(&action.pipeline)
            && !self.traced
        {
            // The action prints a string constant. Rules and dashboards are full of these, to hide other tools' braces
            // from Go.
            self.emit_raw(text);
            return;
        }
        let pipeline = &action.pipeline;
        self.mark(action.meta.span);
        self.pipeline(pipeline, pipeline.declarations.is_empty());
        if pipeline.declarations.is_empty() {
            self.code.add_at(Instruction::Emit, first(pipeline));
        } else {
            self.declare(pipeline);
        }
    }

    /// Declares or assigns a pipeline's variables, with the topmost value, which is popped.
    fn declare(&mut self, pipeline: &'a Pipeline) {
        for variable in &pipeline.declarations {
            self.code.add(Instruction::DupTop);
            self.set(variable, pipeline);
        }
        self.code.discard();
    }

    /// Declares or assigns one variable of a pipeline, with the topmost value, which is popped.
    pub(super) fn set(&mut self, variable: &'a Variable, pipeline: &Pipeline) {
        let name = &variable.name;
        if !pipeline.is_assign {
            self.bind(name);
        } else if self.scope.find(name).is_some() {
            self.assign(variable);
        } else {
            self.fault(&undefined(name), pipeline.meta.id, true);
            self.code.discard();
        }
    }

    /// Declares a new variable with the topmost value, which is popped.
    pub(super) fn bind(&mut self, name: &'a str) {
        let local = self.scope.fresh();
        self.report("trace_set", local);
        let mut place = Place::Local(local);
        if self.scope.is_assigned(name) {
            self.code.filter("cell", 1, None);
            place = Place::Cell(local);
        }
        self.store(local);
        self.scope.bind(name, place);
    }

    /// Assigns the topmost value, which is popped, to a declared variable.
    pub(super) fn assign(&mut self, variable: &Variable) {
        if let Some(cell) = self.scope.cell(&variable.name) {
            self.keep(cell);
        }
        self.code.discard();
    }

    /// Stores the topmost value in a cell.
    pub(super) fn keep(&mut self, cell: u32) {
        self.report("trace_set", cell);
        self.load(Place::Local(cell));
        self.code.filter("keep", 2, None);
    }

    /// Stores the value of a branch's pipeline, declares the pipeline's variables, and pushes the value again. Returns
    /// the variable that holds it.
    fn branch_value(&mut self, pipeline: &'a Pipeline) -> u32 {
        self.mark(pipeline.meta.span);
        self.pipeline(pipeline, false);
        let local = self.scope.fresh();
        self.report("trace_set", local);
        self.store(local);
        for variable in &pipeline.declarations {
            self.load(Place::Local(local));
            self.set(variable, pipeline);
        }
        self.load(Place::Local(local));
        local
    }

    fn condition(&mut self, branch: &'a Branch) {
        let mark = self.scope.mark();
        if branch.pipeline.declarations.is_empty() {
            self.pipeline(&branch.pipeline, true);
        } else {
            self.branch_value(&branch.pipeline);
        }
        self.branches(branch, None);
        self.scope.leave(mark);
    }

    fn with(&mut self, branch: &'a Branch) {
        let mark = self.scope.mark();
        let local = self.branch_value(&branch.pipeline);
        self.branches(branch, Some(Place::Local(local)));
        self.scope.leave(mark);
    }

    /// Runs one of the lists of a branch, depending on the topmost value, which is popped.
    fn branches(&mut self, branch: &'a Branch, dot: Option<Place>) {
        let otherwise = self.code.jump(Instruction::JumpIfFalse);
        self.count(branch.meta.id, Part::Then);
        let outer = self.scope.dot;
        self.scope.dot = dot.unwrap_or(outer);
        self.scoped(&branch.list);
        self.scope.dot = outer;
        if branch.else_list.is_none() && self.counting.is_none() {
            self.code.land(otherwise);
            return;
        }
        let end = self.code.jump(Instruction::Jump);
        self.code.land(otherwise);
        self.count(branch.meta.id, Part::Else);
        if let Some(list) = &branch.else_list {
            self.scoped(list);
        }
        self.code.land(end);
    }

    fn template(&mut self, call: &'a TemplateCall) {
        self.callees.push(&call.name);
        self.mark(call.meta.span);
        self.code.constant(call.name.clone());
        // Go looks up the template before it evaluates the dot.
        if !call.pipeline.as_ref().is_none_or(is_simple) {
            self.code.filter("defined", 1, Some(call.meta.id));
        }
        match &call.pipeline {
            Some(pipeline) => {
                self.pipeline(pipeline, false);
                if !pipeline.declarations.is_empty() {
                    self.code.add(Instruction::DupTop);
                    self.declare(pipeline);
                }
            }
            None => self.code.constant(minijinja::Value::UNDEFINED),
        }
        self.code.filter("template", 2, Some(call.meta.id));
        self.code.add_at(Instruction::Emit, call.meta.id);
    }
}

/// The first command of a pipeline.
pub(super) fn first(pipeline: &Pipeline) -> NodeId {
    pipeline.commands[0].meta.id
}

/// Whether a pipeline cannot fail: it is the dot or a plain variable.
fn is_simple(pipeline: &Pipeline) -> bool {
    match &pipeline.commands[..] {
        [command] => match &command.operands[..] {
            [Operand::Dot(_)] => true,
            [Operand::Variable(variable)] => variable.fields.is_empty(),
            _ => false,
        },
        _ => false,
    }
}

/// Returns the string if a pipeline is nothing but a string constant.
fn constant(pipeline: &Pipeline) -> Option<&str> {
    match (&pipeline.declarations[..], &pipeline.commands[..]) {
        ([], [command]) => match &command.operands[..] {
            [Operand::String(_, string)] => Some(&string.text),
            _ => None,
        },
        _ => None,
    }
}
