//! The syntax tree of Go's template language.
//!
//! Every node has a [`Meta`]: a number unique in its file, its bytes, and the offset that Go reports for it (not always
//! the start of the node: for `.Values.a.b` it is that of `.a`). `Display` prints a node as Go's `String` does; Go's
//! error messages name a node by that text.

use std::fmt::{self, Display as _, Write as _};
use std::ops::Deref;
use std::sync::Arc;

use gostd::quote::quote;
use source::Span;

/// The number of a node, unique in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// The number and position of a node.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// The number of the node.
    pub id: NodeId,
    /// The bytes of the node.
    pub span: Span,
    /// The offset that Go reports for it in messages.
    pub position: u32,
}

/// All templates of one file: its own text and its definitions.
#[derive(Clone, Debug)]
pub struct Template {
    /// The name that Go gives the file: `chart/templates/x.yaml`. Messages begin with it.
    pub name: Arc<str>,
    /// The trees in the order of their completion; the file's own tree is the last.
    pub trees: Vec<Tree>,
    /// The spans of the comments, without their delimiters.
    pub comments: Vec<Span>,
}

/// One template: a file's own text, or a `define` or `block` in it.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The name by which `include` and `template` call it.
    pub name: Arc<str>,
    /// The opening `define` or `block` action; for the file's own tree, the start of the file.
    pub span: Span,
    /// The nodes of the template.
    pub root: List,
}

/// A sequence of nodes.
#[derive(Clone, Debug)]
pub struct List {
    /// The nodes in source order.
    pub nodes: Vec<Node>,
}

/// A node of a list.
#[derive(Clone, Debug)]
pub enum Node {
    /// Literal text.
    Text(Text),
    /// `{{ pipeline }}`.
    Action(Action),
    /// `{{ if }}`.
    If(Box<Branch>),
    /// `{{ with }}`.
    With(Box<Branch>),
    /// `{{ range }}`.
    Range(Box<Branch>),
    /// `{{ template "name" pipeline }}`; also the call that a `block` expands to.
    Template(TemplateCall),
    /// `{{ break }}`.
    Break(Meta),
    /// `{{ continue }}`.
    Continue(Meta),
}

/// Literal text.
#[derive(Clone, Debug)]
pub struct Text {
    /// Number and position.
    pub meta: Meta,
    /// The text.
    pub text: Part,
}

/// A part of the text of a file, which it shares.
#[derive(Clone)]
pub struct Part {
    whole: Arc<str>,
    start: u32,
    end: u32,
}

impl Part {
    /// The range of a token.
    pub(crate) fn new(whole: &Arc<str>, range: std::ops::Range<usize>) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            whole: Arc::clone(whole),
            start: offset(range.start),
            end: offset(range.end),
        }
    }
}

impl Deref for Part {
    type Target = str;

    fn deref(&self) -> &str {
        self.whole
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// `{{ pipeline }}`.
#[derive(Clone, Debug)]
pub struct Action {
    /// Number and position.
    pub meta: Meta,
    /// The evaluated pipeline. Its value is printed unless it declares or assigns a variable.
    pub pipeline: Pipeline,
}

/// `if`, `with` or `range`.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Number of the branch; position of its first action.
    pub meta: Meta,
    /// The condition, or the collection of a `range`.
    pub pipeline: Pipeline,
    /// The body.
    pub list: List,
    /// The `else` body. An `else if` is a list of one `if`.
    pub else_list: Option<List>,
    /// The `else` action, if there is one; that of an `else if` ends before the `if`.
    pub else_span: Option<Span>,
}

/// `{{ template "name" pipeline }}`.
#[derive(Clone, Debug)]
pub struct TemplateCall {
    /// Number and position.
    pub meta: Meta,
    /// The name of the called template.
    pub name: Arc<str>,
    /// The dot of the called template.
    pub pipeline: Option<Pipeline>,
}

/// Commands joined by `|`, optionally with variables that receive the result.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Number and position.
    pub meta: Meta,
    /// Whether the variables are assigned (`=`) rather than declared (`:=`).
    pub is_assign: bool,
    /// The variables.
    pub declarations: Vec<Variable>,
    /// The commands; at least one.
    pub commands: Vec<Command>,
}

/// A function or a value, with arguments.
#[derive(Clone, Debug)]
pub struct Command {
    /// Number and position.
    pub meta: Meta,
    /// The function or value, then its arguments; at least one.
    pub operands: Vec<Operand>,
}

/// `$name` or `$name.field`.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Number and position.
    pub meta: Meta,
    /// The name, including its `$`.
    pub name: Arc<str>,
    /// The fields selected from it.
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
    /// A string literal.
    String(Meta, QuotedString),
    /// The name of a function.
    Identifier(Meta, Part),
    /// `.a.b`
    Field(Meta, Fields),
    /// `$x.a`
    Variable(Variable),
    /// `(pipeline)`
    Pipeline(Box<Pipeline>),
    /// `(pipeline).a.b`, `function.a`
    Chain(Box<Chain>),
}

/// An operand other than a field or variable, with fields selected from it.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Number and position.
    pub meta: Meta,
    /// The operand that the fields are selected from.
    pub operand: Operand,
    /// The fields; at least one.
    pub fields: Fields,
}

/// Field names as written, without the leading dot: `a.b`. No name contains a dot.
#[derive(Clone, Debug, Default)]
pub struct Fields(Option<Part>);

impl Fields {
    /// The fields of a path; none if it is empty.
    pub(crate) fn new(path: Part) -> Self {
        Self((!path.is_empty()).then_some(path))
    }

    /// The names joined by dots.
    pub fn path(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|path| path.split('.'))
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            Ok(())
        } else {
            write!(f, ".{}", self.path())
        }
    }
}

/// A string literal: its value and its source form.
#[derive(Clone, Debug)]
pub struct QuotedString {
    /// The value.
    pub text: Arc<str>,
    /// The source form with quotes and escapes; none if it is just the value in double quotes.
    quoted: Option<Box<str>>,
}

impl QuotedString {
    /// A literal with its source form and its value.
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

/// A numeric constant. It is untyped: several representations may be possible.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// The source form.
    pub text: Arc<str>,
    /// The value as an `int64`, if it is representable.
    pub int: Option<i64>,
    /// The value as a `uint64`, if it is representable.
    pub uint: Option<u64>,
    /// The value as a `float64`, if it is representable.
    pub float: Option<f64>,
    /// The value as a `complex128`, if it is written as a complex number.
    pub complex: Option<(f64, f64)>,
}

impl List {
    /// Whether there is only white space and comments. An empty definition does not replace another one.
    pub fn is_empty(&self) -> bool {
        self.nodes.iter().all(|node| match node {
            Node::Text(text) => text.text.chars().all(gostd::unicode::is_space),
            _ => false,
        })
    }
}

impl Node {
    /// The number and position of the node.
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
    /// The number and position of the operand.
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

    /// Writes the operand as an argument: a pipeline is parenthesized.
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
