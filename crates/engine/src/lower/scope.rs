//! Go's `$variables` and the dot, and the minijinja variables that hold them.
//!
//! A minijinja variable is a number. It is free again at the end of the scope in which it was declared, so the
//! differences between Jinja's scopes and Go's never matter. A variable that is assigned anywhere lives in a cell,
//! because Go's `=` reaches an outer scope, and minijinja's variables end with the iteration of a loop.

use std::collections::BTreeSet;

use gotemplate::ast::{Command, List, Node, Operand, Pipeline};

/// The names of the first variables, in minijinja. Few templates have more.
const NAMES: [&str; 32] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20",
    "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31",
];

/// The names of a template's minijinja variables.
#[derive(Debug)]
pub(super) struct Locals(Vec<Box<str>>);

impl Locals {
    /// Names for at least a number of variables.
    pub(super) fn new(count: usize) -> Self {
        Self((NAMES.len()..count).map(|number| number.to_string().into()).collect())
    }

    /// The name of a variable.
    pub(super) fn name(&self, local: u32) -> &str {
        let number = local as usize;
        let more = || self.0.get(number - NAMES.len()).map_or("", |name| name);
        NAMES.get(number).copied().unwrap_or_else(more)
    }
}

/// The facts about a template that are known before it is lowered.
#[derive(Debug, Default)]
pub(super) struct Survey<'a> {
    /// The names that are assigned anywhere.
    assigned: BTreeSet<&'a str>,
    /// An upper bound for the number of variables.
    pub(super) locals: usize,
    /// Whether a pipeline in parentheses declares a variable.
    pub(super) has_inner: bool,
}

/// Where a variable or the dot is held.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// The dot that the template was called with.
    Dot,
    /// A minijinja variable.
    Local(u32),
    /// A minijinja variable that holds the item of a loop. Go gives it the element type of its list, and any other value
    /// its own type.
    Item(u32),
    /// A cell in a minijinja variable.
    Cell(u32),
}

impl Place {
    /// The number by which a trace knows it: 0 for the dot of the template.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Dot => 0,
            Self::Local(local) | Self::Item(local) | Self::Cell(local) => local,
        }
    }
}

/// A Go variable.
#[derive(Clone, Copy, Debug)]
struct Binding<'a> {
    /// Its name, with the `$`.
    name: &'a str,
    place: Place,
}

/// The variables and the dot at a point of a template.
#[derive(Debug)]
pub(super) struct Scope<'s, 'a> {
    survey: &'s Survey<'s>,
    bindings: Vec<Binding<'a>>,
    /// The dot.
    pub(super) dot: Place,
    /// The first free minijinja variable. The number 0 is that of the template's dot, and of `$`.
    next: u32,
}

/// The state of a [`Scope`] that [`Scope::leave`] returns to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    bindings: usize,
    next: u32,
}

impl<'s, 'a> Scope<'s, 'a> {
    /// The scope at the start of a template.
    pub(super) fn new(survey: &'s Survey<'s>) -> Self {
        Self {
            survey,
            bindings: Vec::new(),
            dot: Place::Dot,
            next: 1,
        }
    }

    /// Returns a minijinja variable that is free until the scope ends.
    pub(super) fn fresh(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// Whether a variable with this name must live in a cell.
    pub(super) fn is_assigned(&self, name: &str) -> bool {
        self.survey.assigned.contains(name)
    }

    /// Whether a pipeline in parentheses declares a variable anywhere in the template.
    pub(super) fn has_inner(&self) -> bool {
        self.survey.has_inner
    }

    /// Declares a variable.
    pub(super) fn bind(&mut self, name: &'a str, place: Place) {
        self.bindings.push(Binding { name, place });
    }

    /// Looks up a variable. The parser rejects undeclared names.
    pub(super) fn find(&self, name: &str) -> Option<Place> {
        let found = self.bindings.iter().rev().find(|binding| binding.name == name);
        found.map(|binding| binding.place)
    }

    /// Looks up the cell of a variable that is assigned.
    pub(super) fn cell(&self, name: &str) -> Option<u32> {
        match self.find(name)? {
            Place::Cell(cell) => Some(cell),
            _ => None,
        }
    }

    /// Remembers the declared variables, for [`Scope::leave`].
    pub(super) fn mark(&self) -> Mark {
        Mark {
            bindings: self.bindings.len(),
            next: self.next,
        }
    }

    /// Removes the variables declared since the mark.
    pub(super) fn leave(&mut self, mark: Mark) {
        self.bindings.truncate(mark.bindings);
        self.next = mark.next;
    }
}

impl<'a> Survey<'a> {
    /// Surveys a template.
    pub(super) fn of(root: &'a List) -> Self {
        let mut survey = Self {
            locals: 1,
            ..Self::default()
        };
        survey.list(root);
        survey
    }

    fn list(&mut self, list: &'a List) {
        for node in &list.nodes {
            match node {
                Node::Action(action) => self.pipeline(&action.pipeline),
                Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                    // A range has an item, a key and the collection itself.
                    self.locals += 3;
                    self.pipeline(&branch.pipeline);
                    self.list(&branch.list);
                    if let Some(otherwise) = &branch.else_list {
                        // The variables of a range are declared again in its else.
                        self.locals += branch.pipeline.declarations.len();
                        self.list(otherwise);
                    }
                }
                Node::Template(call) => {
                    if let Some(pipeline) = &call.pipeline {
                        self.pipeline(pipeline);
                    }
                }
                Node::Text(_) | Node::Break(_) | Node::Continue(_) => {}
            }
        }
    }

    fn pipeline(&mut self, pipeline: &'a Pipeline) {
        // A command with a piped value may set it aside.
        self.locals += pipeline.declarations.len() + pipeline.commands.len();
        if pipeline.is_assign {
            let names = pipeline.declarations.iter().map(|variable| &*variable.name);
            self.assigned.extend(names);
        }
        let operands = |command: &'a Command| &command.operands;
        for operand in pipeline.commands.iter().flat_map(operands) {
            self.operand(operand);
        }
    }

    fn operand(&mut self, operand: &'a Operand) {
        match operand {
            Operand::Pipeline(pipeline) => {
                self.has_inner |= !pipeline.declarations.is_empty();
                self.pipeline(pipeline);
            }
            Operand::Chain(chain) => self.operand(&chain.operand),
            _ => {}
        }
    }
}
