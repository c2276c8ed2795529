//! Actions: what becomes a statement.

use std::sync::Arc;

use super::code::{Code, string};
use super::pipeline::{fault, undefined};
use super::scope::stem;
use super::{BLOCK, Lowerer, VARIABLE};
use crate::template::ast::{Action, Branch, List, Node, Operand, Pipeline, TemplateCall, Text, Variable};

impl Lowerer<'_> {
    pub(super) fn list(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.out.nodes += 1;
            match node {
                Node::Text(text) => self.text(text),
                Node::Action(action) => self.action(action),
                Node::If(branch) => self.condition(branch, false),
                Node::With(branch) => self.with(branch),
                Node::Range(branch) => self.range(branch),
                Node::Template(call) => self.template(call),
                Node::Break(_) => self.statement(&Code::plain("break")),
                Node::Continue(_) => self.continue_loop(),
            }
        }
    }

    /// `continue`; out of the `else` of an inner loop, the outer one is told by a cell.
    fn continue_loop(&mut self) {
        let word = match self.continue_cell.clone() {
            Some(cell) => {
                self.set(
                    "_",
                    &Code::plain(cell).text("|assign").arguments(&[Code::plain("true")]),
                );
                "break"
            }
            None => "continue",
        };
        self.statement(&Code::plain(word));
    }

    /// The `else` of a loop. To Go, a `break` in it ends the `else`, while a `continue` belongs to the loop outside.
    fn otherwise(&mut self, list: &List) {
        if !has_break(list) {
            self.scoped(&list.nodes);
            return;
        }
        let cell = self.scope.fresh("next");
        self.set(&cell, &Code::plain("false|cell"));
        let once = self.scope.fresh("once");
        self.statement(&Code::plain(format!("for {once} in [0]")));
        let outer = self.continue_cell.replace(cell.clone());
        self.scoped(&list.nodes);
        self.continue_cell = outer;
        self.statement(&Code::plain("endfor"));
        self.statement(&Code::plain(format!("if {cell}.value")));
        self.continue_loop();
        self.statement(&Code::plain("endif"));
    }

    /// A list whose variables end with it.
    fn scoped(&mut self, nodes: &[Node]) {
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

    fn push(&mut self, code: &Code) {
        let start = self.out.text.len();
        let at = |at: usize| u32::try_from(start + at).unwrap_or(u32::MAX);
        self.out
            .map
            .calls
            .extend(code.sites.iter().map(|&(offset, node)| (at(offset), node)));
        self.out.text.push_str(&code.text);
    }

    /// Writes the statements that the next one needs before it.
    fn flush(&mut self) {
        for code in std::mem::take(&mut self.prelude) {
            self.statement(&code);
        }
    }

    pub(super) fn statement(&mut self, code: &Code) {
        self.out.text.push_str(BLOCK.0);
        self.push(code);
        self.out.text.push_str(BLOCK.1);
    }

    fn set(&mut self, name: &str, value: &Code) {
        self.statement(&Code::plain(format!("set {name} = ")).code(value));
    }

    fn action(&mut self, action: &Action) {
        if let Some(text) = constant(&action.pipeline)
            && !self.traced
        {
            // A text that says itself: rules and dashboards are full of them, to keep other people's braces from Go.
            self.out.text.push_str(text);
            return;
        }
        let value = self.pipeline_value(&action.pipeline);
        self.mark(action.meta.span);
        self.flush();
        if action.pipeline.declarations.is_empty() {
            self.out.text.push_str(VARIABLE.0);
            self.out.map.actions.push((self.offset(), action.meta.span));
            self.push(&value.bare());
            self.out.text.push_str(VARIABLE.1);
        } else {
            self.declare(&action.pipeline, &value);
        }
    }

    /// Gives the value of a pipeline to its variables.
    fn declare(&mut self, pipeline: &Pipeline, value: &Code) {
        for variable in &pipeline.declarations {
            let name = &variable.names[0];
            if pipeline.is_assign {
                if self.scope.find(name).is_none() {
                    self.set("_", &fault(&undefined(name), pipeline.meta.id, Some(value.clone())));
                }
                self.assign(variable, value);
            } else {
                let fresh = self.scope.fresh(&stem(name));
                let value = self.noted(&fresh, value);
                if self.scope.is_assigned(name) {
                    self.set(&fresh, &value.text("|cell"));
                    self.scope.bind(name, format!("{fresh}.value"), Some(fresh));
                } else {
                    self.set(&fresh, &value);
                    self.scope.bind(name, fresh, None);
                }
            }
        }
    }

    fn assign(&mut self, variable: &Variable, value: &Code) {
        if let Some(cell) = self
            .scope
            .find(&variable.names[0])
            .and_then(|binding| binding.cell.clone())
        {
            let value = self.noted(&cell, value);
            let call = Code::plain(cell).text("|assign").arguments(&[value]);
            self.set("_", &call);
        }
    }

    /// Evaluates the pipeline of a branch into a form that may be written twice, and declares its variables.
    fn branch_value(&mut self, pipeline: &Pipeline, stem: &str) -> Code {
        let value = self.pipeline_value(pipeline);
        self.mark(pipeline.meta.span);
        self.flush();
        let name = self.scope.fresh(stem);
        self.set(&name, &self.noted(&name, &value));
        let value = Code::plain(name);
        self.declare(pipeline, &value);
        value
    }

    /// `if` with its `else if`s; an `elif` leaves the `endif` to the `if` that it follows.
    fn condition(&mut self, branch: &Branch, is_elif: bool) {
        let mark = self.scope.mark();
        let value = if branch.pipeline.declarations.is_empty() {
            let value = self.pipeline_value(&branch.pipeline).bare();
            self.flush();
            value
        } else {
            self.branch_value(&branch.pipeline, "test")
        };
        self.statement(&Code::plain(if is_elif { "elif " } else { "if " }).code(&value));
        self.scoped(&branch.list.nodes);
        match branch.else_list.as_ref().map(|list| &list.nodes[..]) {
            None => {}
            Some([Node::If(next)]) if is_plain(&next.pipeline, 0) => {
                self.out.nodes += 1;
                self.condition(next, true);
            }
            Some(nodes) => {
                self.statement(&Code::plain("else"));
                self.scoped(nodes);
            }
        }
        self.scope.leave(mark);
        if !is_elif {
            self.statement(&Code::plain("endif"));
        }
    }

    fn with(&mut self, branch: &Branch) {
        let mark = self.scope.mark();
        let value = self.branch_value(&branch.pipeline, "dot");
        self.statement(&Code::plain("if ").code(&value));
        let outer = std::mem::replace(&mut self.scope.dot, value.text);
        self.scoped(&branch.list.nodes);
        self.scope.dot = outer;
        if let Some(otherwise) = &branch.else_list {
            self.statement(&Code::plain("else"));
            self.scoped(&otherwise.nodes);
        }
        self.scope.leave(mark);
        self.statement(&Code::plain("endif"));
    }

    fn range(&mut self, branch: &Branch) {
        let mark = self.scope.mark();
        let pipeline = &branch.pipeline;
        let mut value = self.pipeline_value(pipeline);
        self.mark(pipeline.meta.span);
        self.flush();
        // Until the first turn the variables hold what is ranged over; only an else, or an assignment, can see that.
        if !pipeline.declarations.is_empty() && (branch.else_list.is_some() || pipeline.is_assign) {
            let name = self.scope.fresh("range");
            self.set(&name, &value);
            value = Code::plain(name);
            if pipeline.is_assign {
                self.declare(pipeline, &value);
            }
        }
        let element = self.scope.fresh("dot");
        let with_keys = pipeline.declarations.len() > 1;
        let key = if with_keys {
            self.scope.fresh("key")
        } else {
            String::new()
        };
        let (names, helper) = if with_keys {
            (format!("{key}, {element}"), "pairs")
        } else {
            (element.clone(), "items")
        };
        // An error of the helper is Go's "range can't iterate over": reported where the pipeline ends.
        let mut turns = Code::default()
            .code(&self.ranged(&element, value.clone()))
            .text("|")
            .name(helper, pipeline.meta.id)
            .arguments(&[Code::plain(cost(&branch.list).to_string())]);
        // To minijinja, a loop that was left in its first turn had none, and its `else` is due.
        let breaks = branch.else_list.is_some() && has_break(&branch.list);
        if breaks {
            let name = self.scope.fresh("turns");
            self.set(&name, &turns);
            turns = Code::plain(name);
        }
        self.statement(&Code::plain(format!("for {names} in ")).code(&turns));
        self.turn_begins(&element, &key);
        let inner = self.scope.mark();
        let values = if with_keys {
            vec![&key, &element]
        } else {
            vec![&element]
        };
        for (variable, value) in pipeline.declarations.iter().zip(values) {
            self.turn(pipeline.is_assign, variable, value);
        }
        let outer = std::mem::replace(&mut self.scope.dot, element);
        let continue_cell = self.continue_cell.take();
        self.scoped(&branch.list.nodes);
        self.continue_cell = continue_cell;
        self.scope.dot = outer;
        self.scope.leave(inner);
        if let Some(otherwise) = &branch.else_list {
            if breaks {
                self.statement(&Code::plain("endfor"));
                self.statement(&Code::plain("if not ").code(&turns));
            } else {
                self.statement(&Code::plain("else"));
            }
            if !pipeline.is_assign {
                for variable in &pipeline.declarations {
                    self.bind_else(&variable.names[0], &value);
                }
            }
            self.otherwise(otherwise);
        }
        self.scope.leave(mark);
        self.statement(&Code::plain(if breaks { "endif" } else { "endfor" }));
    }

    /// Gives a variable of a `range` its value for one turn.
    fn turn(&mut self, is_assign: bool, variable: &Variable, value: &str) {
        let name = &variable.names[0];
        if is_assign {
            self.assign(variable, &self.seen(value));
        } else if self.scope.is_assigned(name) {
            let cell = self.scope.fresh(&stem(name));
            let value = self.noted(&cell, &self.seen(value));
            self.set(&cell, &value.text("|cell"));
            self.scope.bind(name, format!("{cell}.value"), Some(cell));
        } else {
            self.scope.bind(name, value.to_owned(), None);
        }
    }

    fn bind_else(&mut self, name: &Arc<str>, value: &Code) {
        if self.scope.is_assigned(name) {
            let cell = self.scope.fresh(&stem(name));
            self.set(&cell, &value.clone().text("|cell"));
            self.scope.bind(name, format!("{cell}.value"), Some(cell));
        } else {
            self.scope.bind(name, value.text.clone(), None);
        }
    }

    fn template(&mut self, call: &TemplateCall) {
        self.out.callees.push(Arc::clone(&call.name));
        let name = Code::plain(string(&call.name));
        self.mark(call.meta.span);
        // Go looks for the template before it evaluates the dot.
        let simple = call.pipeline.as_ref().is_none_or(is_simple);
        let name = if simple {
            name
        } else {
            name.text("|").name("defined", call.meta.id)
        };
        let dot = match &call.pipeline {
            Some(pipeline) => {
                let value = self.pipeline_value(pipeline);
                self.flush();
                if pipeline.declarations.is_empty() {
                    value
                } else {
                    let fresh = self.scope.fresh("template");
                    self.set(&fresh, &value);
                    let value = Code::plain(fresh);
                    self.declare(pipeline, &value);
                    value
                }
            }
            None => Code::plain("missing"),
        };
        let code = name.text("|").name("template", call.meta.id).arguments(&[dot]);
        self.out.text.push_str(VARIABLE.0);
        self.out.map.actions.push((self.offset(), call.meta.span));
        self.push(&code);
        self.out.text.push_str(VARIABLE.1);
    }
}

/// Whether a pipeline cannot fail: the dot or a variable.
fn is_simple(pipeline: &Pipeline) -> bool {
    match &pipeline.commands[..] {
        [command] => match &command.operands[..] {
            [Operand::Dot(_)] => true,
            [Operand::Variable(variable)] => variable.names.len() == 1,
            _ => false,
        },
        _ => false,
    }
}

/// Whether a condition needs no statement before it, so that it may be an `elif`.
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

/// Whether a list has a `break` that is not that of a loop in it.
fn has_break(list: &List) -> bool {
    list.nodes.iter().any(|node| match node {
        Node::Break(_) => true,
        Node::If(branch) | Node::With(branch) => {
            has_break(&branch.list) || branch.else_list.as_ref().is_some_and(has_break)
        }
        _ => false,
    })
}

/// The text of an action that is nothing but a quoted text.
fn constant(pipeline: &Pipeline) -> Option<&str> {
    match (&pipeline.declarations[..], &pipeline.commands[..]) {
        ([], [command]) => match &command.operands[..] {
            [Operand::String(_, string)] => Some(&string.text),
            _ => None,
        },
        _ => None,
    }
}

/// What a turn of a loop costs: its nodes, and a step for about a hundred bytes of text.
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
