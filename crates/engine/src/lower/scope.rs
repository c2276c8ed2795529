//! What Go's `$variables` and the dot are called in the lowered text.
//!
//! Each declaration gets a name of its own, so that Jinja's scopes, which differ from Go's, never matter. A variable that
//! is assigned anywhere lives in a cell, because Go's `=` reaches an outer scope and Jinja's `set` does not.

use std::collections::BTreeSet;
use std::sync::Arc;

use gotemplate::ast::{Command, List, Node, Operand, Pipeline};

/// What the names of the items of loops begin with. Go knows these as what they are a list of, all else by its own type.
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
    /// What the dot is called.
    pub(super) dot: String,
    /// The names that are assigned somewhere in the template.
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

    /// A name that nothing else has.
    pub(super) fn fresh(&mut self, stem: &str) -> String {
        self.next += 1;
        format!("{stem}{}", self.next)
    }

    /// Whether a variable of this name must live in a cell.
    pub(super) fn is_assigned(&self, name: &str) -> bool {
        self.assigned.contains(name)
    }

    /// Declares a variable whose value the lowered text calls `read`.
    pub(super) fn bind(&mut self, name: &Arc<str>, read: String, cell: Option<String>) {
        self.bindings.push(Binding {
            name: Arc::clone(name),
            read,
            cell,
        });
    }

    /// The variable of a name. The parser lets no undeclared name pass.
    pub(super) fn find(&self, name: &str) -> Option<&Binding> {
        self.bindings.iter().rev().find(|binding| &*binding.name == name)
    }

    /// How many variables are declared, to be given to [`Scope::leave`].
    pub(super) fn mark(&self) -> usize {
        self.bindings.len()
    }

    /// Forgets the variables declared since the mark.
    pub(super) fn leave(&mut self, mark: usize) {
        self.bindings.truncate(mark);
    }
}

/// A Go name as part of a Jinja name.
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
