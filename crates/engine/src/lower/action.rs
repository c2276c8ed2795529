//! Lowers actions to statements.

use std::sync::Arc;

use super::pipeline::undefined;
use super::scope::stem;
use super::{BLOCK, Lowerer, VARIABLE};
use crate::coverage::Part;
use gotemplate::ast::{Action, Branch, Node, Operand, Pipeline, TemplateCall, Text, Variable};

impl Lowerer<'_> {
    pub(super) fn list(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.out.nodes += 1;
            self.count(node.meta().id, Part::Start);
            match node {
                Node::Text(text) => self.text(text),
                Node::Action(action) => self.action(action),
                Node::If(branch) => self.condition(branch, false),
                Node::With(branch) => self.with(branch),
                Node::Range(branch) => self.range(branch),
                Node::Template(call) => self.template(call),
                Node::Break(_) => self.statement(&["break"]),
                Node::Continue(_) => self.continue_loop(),
            }
        }
    }

    /// Lowers a list with a scope of its own: the variables declared in it end with it.
    pub(super) fn scoped(&mut self, nodes: &[Node]) {
        let mark = self.scope.mark();
        self.list(nodes);
        self.scope.leave(mark);
    }

    fn text(&mut self, text: &Text) {
        self.out.map.texts.push((self.offset(), text.meta.span));
        self.out.text.push_str(&text.text);
    }

    fn offset(&self) -> u32 {
        u32::try_from(self.out.text.len()).unwrap_or(u32::MAX)
    }

    /// Copies the current expression into the output.
    fn push_code(&mut self) {
        let offset = self.offset();
        let at = |at: usize| u32::try_from(at).map_or(u32::MAX, |at| offset.saturating_add(at));
        let sites = self.code.sites.iter().map(|&(start, node)| (at(start), node));
        self.out.map.calls.extend(sites);
        self.out.text.push_str(&self.code.text);
    }

    fn push_all(&mut self, texts: &[&str]) {
        texts.iter().for_each(|text| self.out.text.push_str(text));
    }

    /// Writes the statements that the next one depends on.
    pub(super) fn flush(&mut self) {
        let prelude = std::mem::take(&mut self.prelude);
        if prelude.is_empty() {
            return;
        }
        let code = std::mem::take(&mut self.code);
        for statement in prelude {
            self.code = statement;
            self.statement_of(&[], &[]);
        }
        self.code = code;
    }

    /// Writes a statement that contains no calls.
    pub(super) fn statement(&mut self, texts: &[&str]) {
        self.out.text.push_str(BLOCK.0);
        self.push_all(texts);
        self.out.text.push_str(BLOCK.1);
    }

    /// Writes a statement around the current expression, which is kept.
    pub(super) fn statement_of(&mut self, before: &[&str], after: &[&str]) {
        self.out.text.push_str(BLOCK.0);
        self.push_all(before);
        self.push_code();
        self.push_all(after);
        self.out.text.push_str(BLOCK.1);
    }

    fn action(&mut self, action: &Action) {
        if let Some(text) = constant(&action.pipeline)
            && !self.access.traced
        {
            // The action prints a string constant. Rules and dashboards are full of these, to hide other tools' braces
            // from Go.
            self.out.text.push_str(text);
            return;
        }
        self.pipeline_value(&action.pipeline);
        self.mark(action.meta.span);
        self.flush();
        if action.pipeline.declarations.is_empty() {
            self.out.text.push_str(VARIABLE.0);
            self.out.map.actions.push((self.offset(), action.meta.span));
            self.code.bare();
            self.push_code();
            self.out.text.push_str(VARIABLE.1);
        } else {
            self.declare(&action.pipeline);
        }
        self.code.clear();
    }

    /// Declares or assigns a pipeline's variables from the current expression.
    pub(super) fn declare(&mut self, pipeline: &Pipeline) {
        for variable in &pipeline.declarations {
            let name = &variable.name;
            if pipeline.is_assign {
                if self.scope.find(name).is_none() {
                    let value = self.code.mark();
                    // The value is not read again, so its depth does not matter.
                    self.fault(&undefined(name), pipeline.meta.id, Some(0));
                    self.statement_of(&["set _ = "], &[]);
                    self.code.truncate(value);
                }
                self.assign(variable);
            } else {
                self.bind(name);
            }
        }
    }

    /// Declares a new variable with the current expression as its value.
    pub(super) fn bind(&mut self, name: &Arc<str>) {
        let fresh = self.scope.fresh(&stem(name));
        let note = self.access.noted(&fresh);
        if self.scope.is_assigned(name) {
            self.statement_of(&["set ", &fresh, " = "], &[&note, "|cell"]);
            self.scope.bind(name, format!("{fresh}.value"), Some(fresh));
        } else {
            self.statement_of(&["set ", &fresh, " = "], &[&note]);
            self.scope.bind(name, fresh, None);
        }
    }

    /// Assigns the current expression to a declared variable.
    pub(super) fn assign(&mut self, variable: &Variable) {
        let binding = self.scope.find(&variable.name);
        if let Some(cell) = binding.and_then(|binding| binding.cell.clone()) {
            let note = self.access.noted(&cell);
            self.statement_of(&["set _ = ", &cell, "|assign("], &[&note, ")"]);
        }
    }

    /// Stores the value of a branch's pipeline under a fresh name, declares the pipeline's variables, and returns the
    /// name.
    fn branch_value(&mut self, pipeline: &Pipeline, stem: &str) -> String {
        self.pipeline_value(pipeline);
        self.mark(pipeline.meta.span);
        self.flush();
        let name = self.scope.fresh(stem);
        let note = self.access.noted(&name);
        self.name_value(&name, &note);
        self.declare(pipeline);
        self.code.clear();
        name
    }

    /// Stores the current expression under a name, which becomes the current expression.
    pub(super) fn name_value(&mut self, name: &str, note: &str) {
        self.statement_of(&["set ", name, " = "], &[note]);
        self.code.clear();
        self.code.text(name);
    }

    /// Lowers `if` and its `else if`s. An `elif` is closed by the `endif` of the `if` before it.
    fn condition(&mut self, branch: &Branch, is_elif: bool) {
        let mark = self.scope.mark();
        let word = if is_elif { "elif " } else { "if " };
        let node = branch.meta.id;
        if branch.pipeline.declarations.is_empty() {
            self.pipeline_value(&branch.pipeline);
            self.code.bare();
            self.flush();
            match self.counter(node, Part::Start).filter(|_| is_elif) {
                // No statement can stand before an `elif`.
                Some(counter) => self.statement_of(&[word, "(", &counter.to_string(), "|hit) and ("], &[")"]),
                None => self.statement_of(&[word], &[]),
            }
            self.code.clear();
        } else {
            let name = self.branch_value(&branch.pipeline, "test");
            self.statement(&[word, &name]);
        }
        self.count(node, Part::Then);
        self.scoped(&branch.list.nodes);
        match branch.else_list.as_ref().map(|list| &list.nodes[..]) {
            None if self.counting.is_none() => {}
            Some([Node::If(next)]) if is_plain(&next.pipeline, 0) => {
                self.out.nodes += 1;
                self.condition(next, true);
            }
            nodes => {
                self.statement(&["else"]);
                self.count(node, Part::Else);
                self.scoped(nodes.unwrap_or_default());
            }
        }
        self.scope.leave(mark);
        if !is_elif {
            self.statement(&["endif"]);
        }
    }

    fn with(&mut self, branch: &Branch) {
        let mark = self.scope.mark();
        let dot = self.branch_value(&branch.pipeline, "dot");
        self.statement(&["if ", &dot]);
        let outer = std::mem::replace(&mut self.scope.dot, dot);
        self.count(branch.meta.id, Part::Then);
        self.scoped(&branch.list.nodes);
        self.scope.dot = outer;
        if branch.else_list.is_some() || self.counting.is_some() {
            self.statement(&["else"]);
            self.count(branch.meta.id, Part::Else);
            self.scoped(branch.else_list.as_ref().map_or(&[], |list| &list.nodes));
        }
        self.scope.leave(mark);
        self.statement(&["endif"]);
    }

    fn template(&mut self, call: &TemplateCall) {
        self.out.callees.push(Arc::clone(&call.name));
        self.mark(call.meta.span);
        match &call.pipeline {
            Some(pipeline) => {
                self.pipeline_value(pipeline);
                self.flush();
                if !pipeline.declarations.is_empty() {
                    let fresh = self.scope.fresh("template");
                    self.name_value(&fresh, "");
                    self.declare(pipeline);
                }
            }
            None => _ = self.code.text("missing"),
        }
        let dot = std::mem::take(&mut self.code);
        self.code.string(&call.name);
        // Go looks up the template before it evaluates the dot.
        if !call.pipeline.as_ref().is_none_or(is_simple) {
            self.code.text("|").name("defined", call.meta.id);
        }
        self.code.text("|").name("template", call.meta.id).text("(");
        self.code.append(&dot);
        self.code.text(")");
        self.out.text.push_str(VARIABLE.0);
        self.out.map.actions.push((self.offset(), call.meta.span));
        self.push_code();
        self.out.text.push_str(VARIABLE.1);
        self.code.clear();
    }
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

/// Whether a condition needs no statement before it, so that it can be an `elif`.
fn is_plain(pipeline: &Pipeline, depth: usize) -> bool {
    const DEEP: usize = 12;
    depth < DEEP
        && pipeline.declarations.is_empty()
        && pipeline.commands.iter().enumerate().all(|(at, command)| {
            let piped_choice = at > 0
                && command.operands.len() > 1
                && matches!(&command.operands[0], Operand::Identifier(_, name) if matches!(&**name, "and" | "or"));
            !piped_choice && command.operands.iter().all(|operand| is_plain_operand(operand, depth))
        })
}

fn is_plain_operand(operand: &Operand, depth: usize) -> bool {
    match operand {
        Operand::Pipeline(pipeline) => is_plain(pipeline, depth + 1),
        Operand::Chain(chain) => is_plain_operand(&chain.operand, depth),
        _ => true,
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
