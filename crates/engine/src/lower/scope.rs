//! The names of Go's `$variables` and the dot in the lowered text.
//!
//! Each declaration gets a unique name, so the differences between Jinja's scopes and Go's never matter. A variable
//! that is assigned anywhere lives in a cell, because Go's `=` reaches an outer scope and Jinja's `set` does not.

use std::collections::BTreeSet;
use std::sync::Arc;

use gotemplate::ast::{Command, List, Node, Operand, Pipeline};

/// The prefix of loop item names. Go gives a loop item the element type of its list, and any other value its own type.
pub(super) const ITEM: &str = "item";

/// A Go variable.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    /// The Go name, with its `$`.
    name: Arc<str>,
    /// How the lowered text reads it.
    pub(super) read: String,
    /// The cell that holds it, if it lives in one.
    pub(super) cell: Option<String>,
}

/// The variables and the dot at a point of a template.
#[derive(Debug)]
pub(super) struct Scope {
    bindings: Vec<Binding>,
    /// The lowered name of the dot.
    pub(super) dot: String,
    /// The names that are assigned anywhere in the template.
    assigned: BTreeSet<Arc<str>>,
    next: usize,
}

impl Scope {
    /// The scope at the start of a template.
    pub(super) fn new(root: &List) -> Self {
        let mut assigned = BTreeSet::new();
        assigned_in_list(root, &mut assigned);
        Self {
            bindings: Vec::new(),
            dot: "dot".to_owned(),
            assigned,
            next: 0,
        }
    }

    /// Returns a unique name.
    pub(super) fn fresh(&mut self, stem: &str) -> String {
        self.next += 1;
        format!("{stem}{}", self.next)
    }

    /// Whether a variable with this name must live in a cell.
    pub(super) fn is_assigned(&self, name: &str) -> bool {
        self.assigned.contains(name)
    }

    /// Declares a variable that the lowered text reads as `read`.
    pub(super) fn bind(&mut self, name: &Arc<str>, read: String, cell: Option<String>) {
        self.bindings.push(Binding {
            name: Arc::clone(name),
            read,
            cell,
        });
    }

    /// Looks up a variable. The parser rejects undeclared names.
    pub(super) fn find(&self, name: &str) -> Option<&Binding> {
        self.bindings.iter().rev().find(|binding| &*binding.name == name)
    }

    /// Returns the number of declared variables, for [`Scope::leave`].
    pub(super) fn mark(&self) -> usize {
        self.bindings.len()
    }

    /// Removes the variables declared since the mark.
    pub(super) fn leave(&mut self, mark: usize) {
        self.bindings.truncate(mark);
    }
}

/// Turns a Go name into the stem of a Jinja name.
pub(super) fn stem(name: &str) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("v_{plain}_")
}

fn assigned_in_list(list: &List, names: &mut BTreeSet<Arc<str>>) {
    for node in &list.nodes {
        match node {
            Node::Action(action) => assigned_in_pipeline(&action.pipeline, names),
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                assigned_in_pipeline(&branch.pipeline, names);
                assigned_in_list(&branch.list, names);
                if let Some(otherwise) = &branch.else_list {
                    assigned_in_list(otherwise, names);
                }
            }
            Node::Template(call) => {
                if let Some(pipeline) = &call.pipeline {
                    assigned_in_pipeline(pipeline, names);
                }
            }
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => {}
        }
    }
}

fn assigned_in_pipeline(pipeline: &Pipeline, names: &mut BTreeSet<Arc<str>>) {
    if pipeline.is_assign {
        names.extend(pipeline.declarations.iter().map(|variable| Arc::clone(&variable.name)));
    }
    pipeline.commands.iter().for_each(|command: &Command| {
        command
            .operands
            .iter()
            .for_each(|operand| assigned_in_operand(operand, names));
    });
}

fn assigned_in_operand(operand: &Operand, names: &mut BTreeSet<Arc<str>>) {
    match operand {
        Operand::Pipeline(pipeline) => assigned_in_pipeline(pipeline, names),
        Operand::Chain(chain) => assigned_in_operand(&chain.operand, names),
        _ => {}
    }
}
