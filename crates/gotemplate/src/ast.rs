//! The syntax tree of Go's template language.
//!
//! Every node has a [`Meta`]: a number unique in its file, the bytes that it covers, and the offset that Go reports for it
//! (which is not always the start of the node: for `.Values.a.b` it is that of `.a`). `Display` prints a node as Go's
//! `String` does, which is how Go names the culprit in error messages.

use std::fmt::{self, Display as _, Write as _};
use std::sync::Arc;

use gostd::quote::quote;
use source::Span;

/// The number of a node, unique in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// What every node knows about itself.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// The number of the node.
    pub id: NodeId,
    /// The bytes that it covers.
    pub span: Span,
    /// The offset that Go gives for it in messages.
    pub position: u32,
}

/// All templates of one file: the file itself and those that it defines.
#[derive(Clone, Debug)]
pub struct Template {
    /// The name that Go gives to the file: `chart/templates/x.yaml`. Messages begin with it.
    pub name: Arc<str>,
    /// The trees in the order in which they were completed; the file's own is the last.
    pub trees: Vec<Tree>,
    /// Where comments stand, without their delimiters.
    pub comments: Vec<Span>,
}

/// One template: a file's own text, or a `define` or `block` in it.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The name that `include` and `template` call it by.
    pub name: Arc<str>,
    /// The `define` or `block` action that it begins with; the start of the file for the file's own.
    pub span: Span,
    /// What it consists of.
    pub root: List,
}

/// A sequence of nodes.
#[derive(Clone, Debug)]
pub struct List {
    /// The nodes in their order.
    pub nodes: Vec<Node>,
}

/// Something that a template consists of.
#[derive(Clone, Debug)]
pub enum Node {
    /// Text that is copied.
    Text(Text),
    /// `{{ pipeline }}`.
    Action(Action),
    /// `{{ if }}`.
    If(Branch),
    /// `{{ with }}`.
    With(Branch),
    /// `{{ range }}`.
    Range(Branch),
    /// `{{ template "name" pipeline }}`; also what a `block` leaves behind.
    Template(TemplateCall),
    /// `{{ break }}`.
    Break(Meta),
    /// `{{ continue }}`.
    Continue(Meta),
}

/// Text that is copied.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where it stands.
    pub meta: Meta,
    /// The text.
    pub text: Arc<str>,
}

/// `{{ pipeline }}`.
#[derive(Clone, Debug)]
pub struct Action {
    /// Where it stands.
    pub meta: Meta,
    /// What is evaluated, and printed unless it declares something.
    pub pipeline: Pipeline,
}

/// `if`, `with` or `range`.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Where the first action of the branch stands.
    pub meta: Meta,
    /// What is looked at.
    pub pipeline: Pipeline,
    /// What is done then.
    pub list: List,
    /// What is done otherwise. An `else if` is a list of one `if`.
    pub else_list: Option<List>,
    /// The `else` action, where there is one; that of an `else if` ends before the `if`.
    pub else_span: Option<Span>,
}

/// `{{ template "name" pipeline }}`.
#[derive(Clone, Debug)]
pub struct TemplateCall {
    /// Where it stands.
    pub meta: Meta,
    /// Which template.
    pub name: Arc<str>,
    /// Its dot.
    pub pipeline: Option<Pipeline>,
}

/// Commands joined by `|`, perhaps with variables to hold the result.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Where it stands.
    pub meta: Meta,
    /// Whether the variables are assigned (`=`), not declared (`:=`).
    pub is_assign: bool,
    /// The variables.
    pub declarations: Vec<Variable>,
    /// The commands; at least one.
    pub commands: Vec<Command>,
}

/// A function or value and its arguments.
#[derive(Clone, Debug)]
pub struct Command {
    /// Where it stands.
    pub meta: Meta,
    /// The function or value, and the arguments after it; at least one.
    pub operands: Vec<Operand>,
}

/// `$name` or `$name.field`.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Where it stands.
    pub meta: Meta,
    /// The name with its `$`.
    pub name: Arc<str>,
    /// The fields after it.
    pub fields: Fields,
}

/// One word of a command.
#[derive(Clone, Debug)]
pub enum Operand {
    /// `.`
    Dot(Meta),
    /// `nil`
    Nil(Meta),
    /// `true`, `false`
    Bool(Meta, bool),
    /// A number.
    Number(Meta, Box<Number>),
    /// A quoted text.
    String(Meta, QuotedString),
    /// The name of a function.
    Identifier(Meta, Arc<str>),
    /// `.a.b`
    Field(Meta, Fields),
    /// `$x.a`
    Variable(Variable),
    /// `(pipeline)`
    Pipeline(Box<Pipeline>),
    /// `(pipeline).a.b`, `function.a`
    Chain(Box<Chain>),
}

/// An operand that is no field or variable, and fields after it.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Where it stands.
    pub meta: Meta,
    /// What the fields are taken of.
    pub operand: Operand,
    /// The fields; at least one.
    pub fields: Fields,
}

/// The names of fields as they are written, without the first dot: `a.b`. No name has a dot in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Box<str>);

impl Fields {
    /// Fields that are written so.
    pub fn new(path: &str) -> Self {
        Self(path.into())
    }

    /// The names, joined by dots.
    pub fn path(&self) -> &str {
        &self.0
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('.').filter(|_| !self.is_empty())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            Ok(())
        } else {
            write!(f, ".{}", self.0)
        }
    }
}

/// A quoted text: what it says, and how it is written.
#[derive(Clone, Debug)]
pub struct QuotedString {
    /// What it says.
    pub text: Arc<str>,
    /// With its quotes and escapes, unless it is the text in double quotes.
    quoted: Option<Box<str>>,
}

impl QuotedString {
    /// A text that is written so.
    pub fn new(quoted: &str, text: Arc<str>) -> Self {
        let plain = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let quoted = (plain != Some(&*text)).then(|| quoted.into());
        Self { text, quoted }
    }
}

impl fmt::Display for QuotedString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.quoted {
            Some(quoted) => f.write_str(quoted),
            None => write!(f, "\"{}\"", self.text),
        }
    }
}

/// A numeric constant. It has no type yet: it may be several at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// As written.
    pub text: Arc<str>,
    /// The value as an `int64`, if it is one.
    pub int: Option<i64>,
    /// The value as a `uint64`, if it is one.
    pub uint: Option<u64>,
    /// The value as a `float64`, if it is one.
    pub float: Option<f64>,
    /// The value as a `complex128`, if it was written as one.
    pub complex: Option<(f64, f64)>,
}

impl List {
    /// Whether there is nothing but space and comments; such a definition does not replace another one.
    pub fn is_empty(&self) -> bool {
        self.nodes.iter().all(|node| match node {
            Node::Text(text) => text.text.chars().all(gostd::unicode::is_space),
            _ => false,
        })
    }
}

impl Node {
    /// What the node knows about itself.
    pub fn meta(&self) -> Meta {
        match self {
            Self::Text(text) => text.meta,
            Self::Action(action) => action.meta,
            Self::If(branch) | Self::With(branch) | Self::Range(branch) => branch.meta,
            Self::Template(call) => call.meta,
            Self::Break(meta) | Self::Continue(meta) => *meta,
        }
    }
}

impl Operand {
    /// What the operand knows about itself.
    pub fn meta(&self) -> Meta {
        match self {
            Self::Dot(meta)
            | Self::Nil(meta)
            | Self::Bool(meta, _)
            | Self::Number(meta, _)
            | Self::String(meta, _)
            | Self::Identifier(meta, _)
            | Self::Field(meta, _) => *meta,
            Self::Variable(variable) => variable.meta,
            Self::Pipeline(pipeline) => pipeline.meta,
            Self::Chain(chain) => chain.meta,
        }
    }

    /// Writes the operand as an argument: a pipeline gets its parentheses.
    fn fmt_argument(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pipeline(pipeline) => write!(f, "({pipeline})"),
            operand => operand.fmt(f),
        }
    }
}

fn fmt_joined<T: fmt::Display>(items: &[T], separator: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(separator)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dot(_) => f.write_char('.'),
            Self::Nil(_) => f.write_str("nil"),
            Self::Bool(_, value) => value.fmt(f),
            Self::Number(_, number) => f.write_str(&number.text),
            Self::String(_, string) => string.fmt(f),
            Self::Identifier(_, name) => f.write_str(name),
            Self::Field(_, fields) => fields.fmt(f),
            Self::Variable(variable) => variable.fmt(f),
            Self::Pipeline(pipeline) => pipeline.fmt(f),
            Self::Chain(chain) => {
                chain.operand.fmt_argument(f)?;
                chain.fields.fmt(f)
            }
        }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.fields)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, operand) in self.operands.iter().enumerate() {
            if at > 0 {
                f.write_char(' ')?;
            }
            operand.fmt_argument(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.declarations.is_empty() {
            fmt_joined(&self.declarations, ", ", f)?;
            f.write_str(if self.is_assign { " = " } else { " := " })?;
        }
        fmt_joined(&self.commands, " | ", f)
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.nodes.iter().try_for_each(|node| node.fmt(f))
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let branch = |keyword: &str, branch: &Branch, f: &mut fmt::Formatter<'_>| {
            write!(f, "{{{{{keyword} {}}}}}{}", branch.pipeline, branch.list)?;
            if let Some(otherwise) = &branch.else_list {
                write!(f, "{{{{else}}}}{otherwise}")?;
            }
            f.write_str("{{end}}")
        };
        match self {
            Self::Text(text) => f.write_str(&text.text),
            Self::Action(action) => write!(f, "{{{{{}}}}}", action.pipeline),
            Self::If(node) => branch("if", node, f),
            Self::With(node) => branch("with", node, f),
            Self::Range(node) => branch("range", node, f),
            Self::Template(call) => call.fmt(f),
            Self::Break(_) => f.write_str("{{break}}"),
            Self::Continue(_) => f.write_str("{{continue}}"),
        }
    }
}

impl fmt::Display for TemplateCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{template {}", quote(&self.name))?;
        if let Some(pipeline) = &self.pipeline {
            write!(f, " {pipeline}")?;
        }
        f.write_str("}}")
    }
}
