//! Translates ("lowers") Go templates into instructions of minijinja's virtual machine.
//!
//! Each [`Tree`] becomes instructions of its own, without a detour over the text of a Jinja template. Texts are written,
//! actions become expressions, which leave a value on the machine's stack, and statements:
//!
//! ```text
//! {{ .Values.a.b | default "x" }}     Lookup dot, LoadConst "Values.a.b", ApplyFilter path,
//!                                     LoadConst "x", LoadConst default (piped), ApplyFilter call, Emit
//! {{ if .a }}…{{ else }}…{{ end }}    Lookup dot, LoadConst "a", ApplyFilter path, JumpIfFalse, …, Jump, …
//! {{ range $k, $v := .m }}…{{ end }}  …, ApplyFilter pairs, PushLoop, Iterate, UnpackList 2, StoreLocal 2, StoreLocal 1, …
//! {{ with .x }}{{ . }}{{ end }}       …, StoreLocal 1, Lookup 1, JumpIfFalse, Lookup 1, Emit
//! {{ $x := 1 }}{{ $x = 2 }}           LoadConst 1, ApplyFilter cell, StoreLocal 1, LoadConst 2, Lookup 1, ApplyFilter keep, …
//! ```
//!
//! `promchart lower` prints them. The function of a call is a constant, the last argument of the filter `call`. The value
//! of a pipeline is pushed before the other arguments, which keeps Go's order of evaluation; the called function moves it
//! back to the last argument.
//!
//! An instruction that can fail knows the node of the tree that it was lowered from, to which Go attributes the error:
//! [`Lowered::node`].
//!
//! In Go's error messages an item of an untyped list is an `interface {}` while it is the item of a loop. Its fields
//! are therefore read with `item_path`, `item_field` and `item_method`, which have the number of the variable that holds
//! the item as an argument.
//!
//! The filters that are not Go functions (`field`, `path`, `method`, `items`, `pairs`, `cell`, `keep`, `fault` and so
//! on) are in `render::helpers`.

mod action;
mod callee;
mod code;
mod counting;
mod listing;
mod pipeline;
mod range;
mod scope;
mod tracing;

use std::collections::BTreeMap;
use std::sync::Arc;

use gotemplate::ast::{NodeId, Tree};
use minijinja::machinery::{Instruction, Instructions};
use self_cell::self_cell;
use source::Span;

use self::code::Code;
use self::scope::{Locals, Place, Scope, Survey};

pub(crate) use callee::Callee;
pub(crate) use counting::Counting;
pub use pipeline::arity_error;

/// A Go template as instructions for minijinja.
#[derive(Debug)]
pub struct Lowered(Cell);

/// The owner of everything that the instructions borrow.
struct Owner {
    tree: Arc<Tree>,
    /// The name by which minijinja's errors call the template.
    name: Box<str>,
    locals: Locals,
}

/// The instructions and what is known about them.
struct Parts<'a> {
    instructions: Instructions<'a>,
    /// The number of nodes.
    nodes: u64,
    /// The templates that it calls by a literal name.
    callees: Vec<&'a str>,
    /// The statements of a traced template, indexed by the numbers in its marks.
    statements: Vec<Span>,
    /// The number of bytes of text.
    raw: usize,
}

self_cell!(
    struct Cell {
        owner: Owner,
        #[covariant]
        dependent: Parts,
    }
);

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.borrow_dependent().instructions.fmt(f)
    }
}

/// How a template is lowered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options<'a> {
    /// The name by which minijinja's errors call the template.
    pub(crate) name: &'a str,
    /// Whether it reports what it does: it calls `mark` before each statement, `trace_set` where a variable or the dot gets
    /// its value, and `trace_read` where one is read. `render::origin` evaluates these calls.
    pub(crate) traced: bool,
    /// The counters of a counting session.
    pub(crate) counting: Option<Counting<'a>>,
}

/// Lowers a template for a plain render.
pub fn lower(tree: &Arc<Tree>) -> Lowered {
    lower_as(tree, Options::default())
}

/// Lowers a template, optionally with the calls for tracing or for counting.
pub(crate) fn lower_as(tree: &Arc<Tree>, options: Options<'_>) -> Lowered {
    let survey = Survey::of(&tree.root);
    let owner = Owner {
        tree: Arc::clone(tree),
        name: options.name.into(),
        locals: Locals::new(survey.locals),
    };
    Lowered(Cell::new(owner, |owner| {
        let mut lowerer = Lowerer {
            traced: options.traced,
            counting: options.counting,
            locals: &owner.locals,
            scope: Scope::new(&survey),
            code: Code::new(&owner.name),
            inner: BTreeMap::new(),
            loops: Vec::new(),
            nodes: 0,
            raw: 0,
            callees: Vec::new(),
            statements: Vec::new(),
        };
        lowerer.tree(&owner.tree);
        Parts {
            instructions: lowerer.code.finish(),
            nodes: lowerer.nodes,
            callees: lowerer.callees,
            statements: lowerer.statements,
            raw: lowerer.raw,
        }
    }))
}

impl Lowered {
    /// The tree that it was lowered from.
    pub fn tree(&self) -> &Tree {
        &self.0.borrow_owner().tree
    }

    fn parts(&self) -> &Parts<'_> {
        self.0.borrow_dependent()
    }

    /// The instructions.
    pub fn instructions(&self) -> &Instructions<'_> {
        &self.parts().instructions
    }

    /// The number of nodes in the template, which is the cost of one run.
    pub fn nodes(&self) -> u64 {
        self.parts().nodes
    }

    /// The number of bytes of text in the template.
    pub fn raw(&self) -> usize {
        self.parts().raw
    }

    /// The templates that it calls by a literal name.
    pub fn callees(&self) -> &[&str] {
        &self.parts().callees
    }

    /// The node to which an error at a span of the instructions belongs, by the start of the span.
    pub fn node(start: usize) -> Option<NodeId> {
        code::node(start)
    }

    /// The statement with the number in a mark of a traced template.
    pub fn statement(&self, number: usize) -> Option<Span> {
        self.parts().statements.get(number).copied()
    }
}

/// Lowers one tree.
struct Lowerer<'s, 'a> {
    /// Whether the template reports what it does.
    traced: bool,
    /// The counters to add, if any.
    counting: Option<Counting<'s>>,
    locals: &'a Locals,
    scope: Scope<'s, 'a>,
    code: Code<'a>,
    /// The cells of the variables that the parenthesized pipelines of the current statement declare.
    inner: BTreeMap<NodeId, u32>,
    /// The loops around the current statement, innermost last.
    loops: Vec<range::Loop>,
    nodes: u64,
    raw: usize,
    callees: Vec<&'a str>,
    statements: Vec<Span>,
}

impl<'a> Lowerer<'_, 'a> {
    fn tree(&mut self, tree: &'a Tree) {
        self.count_template();
        let mut dollar = Place::Dot;
        if self.scope.is_assigned("$") {
            self.code.add(Instruction::Lookup("dot"));
            self.code.filter("cell", 1, None);
            self.store(0);
            dollar = Place::Cell(0);
        }
        self.scope.bind("$", dollar);
        self.list(&tree.root);
    }
}
