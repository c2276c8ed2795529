//! What of the templates renders have run: their points, and how often each was come to.
//!
//! [`Points::of`] enumerates a parsed file: its templates, the actions and texts in them, and the branches of each `if`, `with` and
//! `range`, with the `else` that nobody wrote. A counting session ([`crate::render::Session::counting`]) has the lowered templates
//! count on their way, and [`crate::render::Session::take_coverage`] gives what its renders came to. Nothing is rendered twice, and a
//! render that does not count pays nothing.
//!
//! A text that `tpl` is given belongs to no file, and is not counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotemplate::ast::{self, List, Meta, NodeId, Template};
use source::Span;

/// The points of a file, numbered in the order in which they stand, template after template.
#[derive(Debug, Default)]
pub struct Points {
    all: Vec<Point>,
    texts: Vec<(Span, u32)>,
    /// The numbers of the templates, in their order.
    templates: Vec<u32>,
    /// The numbers of the rest, by what they stand for.
    numbers: BTreeMap<(NodeId, Part), u32>,
}

/// A part of a node that has a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// That it is come to.
    Start,
    /// Its list.
    Then,
    /// Its `else`, written or not.
    Else,
}

/// A place of a template that a render comes to, or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// What is there.
    pub kind: Kind,
    /// Where it is: the action; of a branch that nobody wrote the action that it belongs to.
    pub span: Span,
    /// The node of the tree; that of a branch is its `if`, `with` or `range`. A template has none.
    pub node: Option<NodeId>,
    /// The number of the template or branch that it is directly in. A template is in none.
    pub parent: Option<u32>,
}

/// What a [`Point`] stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A template by its name: the file's own, a `define` or a `block`.
    Template(Arc<str>),
    /// An action, or the head of an `if`, `with` or `range`.
    Action,
    /// Text behind the last action of a list.
    Text,
    /// A way that an `if`, `with` or `range` can go.
    Branch(Branch),
}

/// A way that an `if`, `with` or `range` can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch {
    /// The word of the action.
    pub control: Control,
    /// Whether it is the way of an `else`: what is not true, or empty. Where nothing but an `if` or `with` stands in an `else`, as in
    /// `else if`, its branches take the place of this one.
    pub is_else: bool,
    /// Whether it is written: an `else` that is not does nothing.
    pub is_written: bool,
}

/// An action that has branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// `if`
    If,
    /// `with`
    With,
    /// `range`
    Range,
}

impl Control {
    /// The word of the action.
    pub fn word(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::With => "with",
            Self::Range => "range",
        }
    }
}

impl Points {
    /// The points of a parsed file.
    pub fn of(template: &Template) -> Self {
        let mut points = Self::default();
        for tree in &template.trees {
            let number = points.push(Kind::Template(Arc::clone(&tree.name)), tree.span, None, None);
            points.templates.push(number);
            points.list(&tree.root, number);
        }
        points
    }

    /// All points, in the order of their numbers.
    pub fn points(&self) -> &[Point] {
        &self.all
    }

    /// Texts that are more than space, with the number of the point that tells how often each was written.
    pub fn texts(&self) -> &[(Span, u32)] {
        &self.texts
    }

    /// The template that a point is in, or is.
    pub fn template_of(&self, number: u32) -> Option<&Point> {
        let mut point = self.all.get(number as usize)?;
        while let Some(parent) = point.parent {
            point = self.all.get(parent as usize)?;
        }
        Some(point)
    }

    /// The number of a tree of the file.
    pub(crate) fn template(&self, tree: usize) -> Option<u32> {
        self.templates.get(tree).copied()
    }

    /// The number of a part of a node, if it has one.
    pub(crate) fn number(&self, node: NodeId, part: Part) -> Option<u32> {
        self.numbers.get(&(node, part)).copied()
    }

    fn push(&mut self, kind: Kind, span: Span, key: Option<(NodeId, Part)>, parent: Option<u32>) -> u32 {
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        if let Some(key) = key {
            self.numbers.insert(key, number);
        }
        self.all.push(Point {
            kind,
            span,
            node: key.map(|(node, _)| node),
            parent,
        });
        number
    }

    fn list(&mut self, list: &List, parent: u32) {
        let mut texts: Vec<&ast::Text> = Vec::new();
        let mut is_first = true;
        for node in &list.nodes {
            if let ast::Node::Text(text) = node {
                if !text.text.chars().all(gostd::unicode::is_space) {
                    texts.push(text);
                }
                continue;
            }
            is_first = false;
            let number = self.node(node, parent);
            // What stands before an action was written when that is come to.
            let before = texts.drain(..).map(|text| (shown(text), number));
            self.texts.extend(before);
        }
        let Some(first) = texts.first() else { return };
        let number = if is_first {
            parent
        } else {
            // The last action may have failed, or left a loop.
            self.push(
                Kind::Text,
                shown(first),
                Some((first.meta.id, Part::Start)),
                Some(parent),
            )
        };
        self.texts.extend(texts.into_iter().map(|text| (shown(text), number)));
    }

    /// Adds a branch; `otherwise` is where the `else` stands, if it is that.
    fn branch(&mut self, meta: Meta, control: Control, otherwise: Option<Span>, is_written: bool, parent: u32) -> u32 {
        let kind = Kind::Branch(Branch {
            control,
            is_else: otherwise.is_some(),
            is_written,
        });
        let part = if otherwise.is_some() { Part::Else } else { Part::Then };
        let span = otherwise.unwrap_or(meta.span);
        self.push(kind, span, Some((meta.id, part)), Some(parent))
    }

    /// Adds an action with all that is in it, and gives its number.
    fn node(&mut self, node: &ast::Node, parent: u32) -> u32 {
        let meta = node.meta();
        let number = self.push(Kind::Action, meta.span, Some((meta.id, Part::Start)), Some(parent));
        let (control, branch) = match node {
            ast::Node::If(branch) => (Control::If, branch),
            ast::Node::With(branch) => (Control::With, branch),
            ast::Node::Range(branch) => (Control::Range, branch),
            _ => return number,
        };
        let then = self.branch(meta, control, None, true, parent);
        self.list(&branch.list, then);
        match branch.else_list.as_ref().map(|list| &list.nodes[..]) {
            Some([next @ (ast::Node::If(_) | ast::Node::With(_))]) => _ = self.node(next, parent),
            written => {
                let span = branch.else_span.unwrap_or(meta.span);
                let otherwise = self.branch(meta, control, Some(span), written.is_some(), parent);
                if let Some(list) = &branch.else_list {
                    self.list(list, otherwise);
                }
            }
        }
        number
    }
}

/// Where a text stands, without the space around it.
fn shown(text: &ast::Text) -> Span {
    let size = |trimmed: &str| u32::try_from(text.text.len() - trimmed.len()).unwrap_or_default();
    let span = text.meta.span;
    Span {
        start: span.start + size(text.text.trim_start_matches(gostd::unicode::is_space)),
        end: span.end - size(text.text.trim_end_matches(gostd::unicode::is_space)),
        ..span
    }
}

/// How often renders came to the points of the files that they had.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    files: BTreeMap<Arc<str>, FileCoverage>,
}

/// How often renders came to the points of a file.
#[derive(Clone, Debug)]
pub struct FileCoverage {
    /// The path of the file, as the user would type it.
    pub path: Arc<str>,
    points: Arc<Points>,
    hits: Vec<u64>,
}

impl FileCoverage {
    /// A file with its counts, one for each point.
    pub(crate) fn new(path: Arc<str>, points: Arc<Points>, hits: Vec<u64>) -> Self {
        Self { path, points, hits }
    }

    /// The points of the file.
    pub fn points(&self) -> &Points {
        &self.points
    }

    /// How often a point was come to, by its number.
    pub fn hits(&self, number: u32) -> u64 {
        self.hits.get(number as usize).copied().unwrap_or_default()
    }

    /// All points with their numbers, and how often each was come to.
    pub fn counted(&self) -> impl Iterator<Item = (u32, &Point, u64)> {
        let numbers = 0..u32::MAX;
        let hits = self.hits.iter().copied();
        numbers
            .zip(self.points.points())
            .zip(hits)
            .map(|((number, point), hits)| (number, point, hits))
    }

    /// The branches with their numbers, and how often each was taken.
    pub fn branches(&self) -> impl Iterator<Item = (u32, &Point, Branch, u64)> {
        self.counted().filter_map(|(number, point, hits)| match point.kind {
            Kind::Branch(branch) => Some((number, point, branch, hits)),
            _ => None,
        })
    }

    /// Adds what other renders came to in this file, whatever it was called there. Of a file that has changed since, the other one is
    /// kept.
    pub fn add(&mut self, other: &Self) {
        if self.points.all.len() == other.points.all.len() {
            self.hits
                .iter_mut()
                .zip(&other.hits)
                .for_each(|(hits, more)| *hits = hits.saturating_add(*more));
        } else {
            *self = other.clone();
        }
    }
}

impl Coverage {
    /// The files by the names that Helm gives to them: `chart/templates/x.yaml`. A file that none of the renders had is missing, one
    /// that was never run is not.
    pub fn files(&self) -> impl Iterator<Item = (&Arc<str>, &FileCoverage)> {
        self.files.iter()
    }

    /// A file by its name.
    pub fn file(&self, name: &str) -> Option<&FileCoverage> {
        self.files.get(name)
    }

    /// All branches: the file's name, the number of the branch in it, the branch, and how often it was taken.
    pub fn branches(&self) -> impl Iterator<Item = (&Arc<str>, u32, &Point, Branch, u64)> {
        self.files.iter().flat_map(|(name, file)| {
            file.branches()
                .map(move |(number, point, branch, hits)| (name, number, point, branch, hits))
        })
    }

    /// Adds what other renders came to.
    pub fn add(&mut self, other: &Self) {
        for (name, file) in &other.files {
            match self.files.get_mut(name) {
                Some(known) => known.add(file),
                None => _ = self.files.insert(Arc::clone(name), file.clone()),
            }
        }
    }

    pub(crate) fn insert(&mut self, name: Arc<str>, file: FileCoverage) {
        self.files.insert(name, file);
    }
}
