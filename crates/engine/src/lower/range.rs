//! Lowers loops: `range`, `break` and `continue`.

use std::sync::Arc;

use super::Lowerer;
use super::scope::{ITEM, stem};
use super::tracing::slot;
use crate::coverage::Part;
use gotemplate::ast::{Branch, List, Node, Variable};

impl Lowerer<'_> {
    pub(super) fn range(&mut self, branch: &Branch) {
        let mark = self.scope.mark();
        let pipeline = &branch.pipeline;
        self.pipeline_value(pipeline);
        self.mark(pipeline.meta.span);
        self.flush();
        // Before the first iteration the variables hold the ranged value; only an `else` or an assignment can observe
        // it.
        let mut ranged = None;
        if !pipeline.declarations.is_empty() && (branch.else_list.is_some() || pipeline.is_assign) {
            let name = self.scope.fresh("range");
            self.name_value(&name, "");
            if pipeline.is_assign {
                self.declare(pipeline);
            }
            ranged = Some(name);
        }
        let element = self.scope.fresh(ITEM);
        let with_keys = pipeline.declarations.len() > 1;
        let key = if with_keys {
            self.scope.fresh("key")
        } else {
            String::new()
        };
        let (comma, helper) = if with_keys { (", ", "pairs") } else { ("", "items") };
        // An error of the helper is Go's "range can't iterate over", which Go reports at the end of the pipeline.
        self.access.ranged(&mut self.code, &element);
        self.code.text("|").name(helper, pipeline.meta.id);
        self.code.text("(").print(cost(&branch.list));
        self.code.text(", ").text(slot(&element)).text(")");
        // minijinja runs the `else` of a loop that is left in its first iteration, as if it had none.
        let mut turns = None;
        let has_else = branch.else_list.is_some() || self.counting.is_some();
        if has_else && has_break(&branch.list) {
            let name = self.scope.fresh("turns");
            self.name_value(&name, "");
            turns = Some(name);
        }
        self.statement_of(&["for ", &key, comma, &element, " in "], &[]);
        self.code.clear();
        self.count(branch.meta.id, Part::Then);
        self.turn_begins(&element, &key);
        let inner = self.scope.mark();
        let values: &[&str] = if with_keys { &[&key, &element] } else { &[&element] };
        for (variable, value) in pipeline.declarations.iter().zip(values) {
            self.turn(pipeline.is_assign, variable, value);
        }
        let outer = std::mem::replace(&mut self.scope.dot, element);
        let continue_cell = self.continue_cell.take();
        self.scoped(&branch.list.nodes);
        self.continue_cell = continue_cell;
        self.scope.dot = outer;
        self.scope.leave(inner);
        if has_else {
            match &turns {
                Some(turns) => {
                    self.statement(&["endfor"]);
                    self.statement(&["if not ", turns]);
                }
                None => self.statement(&["else"]),
            }
            self.count(branch.meta.id, Part::Else);
        }
        if let Some(otherwise) = &branch.else_list {
            if !pipeline.is_assign
                && let Some(ranged) = &ranged
            {
                for variable in &pipeline.declarations {
                    self.bind_else(&variable.name, ranged);
                }
            }
            self.otherwise(otherwise);
        }
        self.scope.leave(mark);
        self.statement(&[if turns.is_some() { "endif" } else { "endfor" }]);
    }

    /// Sets a variable of a `range` for one iteration.
    fn turn(&mut self, is_assign: bool, variable: &Variable, value: &str) {
        let name = &variable.name;
        if !is_assign && !self.scope.is_assigned(name) {
            self.scope.bind(name, value.to_owned(), None);
            return;
        }
        self.access.seen(&mut self.code, value);
        if is_assign {
            self.assign(variable);
        } else {
            self.bind(name);
        }
        self.code.clear();
    }

    fn bind_else(&mut self, name: &Arc<str>, value: &str) {
        if self.scope.is_assigned(name) {
            let cell = self.scope.fresh(&stem(name));
            self.statement(&["set ", &cell, " = ", value, "|cell"]);
            self.scope.bind(name, format!("{cell}.value"), Some(cell));
        } else {
            self.scope.bind(name, value.to_owned(), None);
        }
    }

    /// Lowers `continue`. In the `else` of an inner loop, a cell passes it on to the outer loop.
    pub(super) fn continue_loop(&mut self) {
        match self.continue_cell.clone() {
            Some(cell) => {
                self.statement(&["set _ = ", &cell, "|assign(true)"]);
                self.statement(&["break"]);
            }
            None => self.statement(&["continue"]),
        }
    }

    /// Lowers the `else` of a loop. In Go, a `break` inside it ends the `else`, and a `continue` belongs to the outer
    /// loop.
    fn otherwise(&mut self, list: &List) {
        if !has_break(list) {
            self.scoped(&list.nodes);
            return;
        }
        let cell = self.scope.fresh("next");
        self.statement(&["set ", &cell, " = false|cell"]);
        let once = self.scope.fresh("once");
        self.statement(&["for ", &once, " in [0]"]);
        let outer = self.continue_cell.replace(cell.clone());
        self.scoped(&list.nodes);
        self.continue_cell = outer;
        self.statement(&["endfor"]);
        self.statement(&["if ", &cell, ".value"]);
        self.continue_loop();
        self.statement(&["endif"]);
    }
}

/// Whether a list contains a `break` that does not belong to a loop inside it.
fn has_break(list: &List) -> bool {
    list.nodes.iter().any(|node| match node {
        Node::Break(_) => true,
        Node::If(branch) | Node::With(branch) => {
            has_break(&branch.list) || branch.else_list.as_ref().is_some_and(has_break)
        }
        _ => false,
    })
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
