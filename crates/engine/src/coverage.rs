//! Template coverage: the points of a chart's templates, and how often renders reached each of them.
//!
//! [`Points::of`] enumerates a parsed file: its templates, their actions and texts, and the branches of each `if`,
//! `with` and `range`, including an `else` that is not written. A counting session
//! ([`crate::render::Session::counting`]) lowers templates with a counter at each point, and
//! [`crate::render::Session::take_coverage`] returns the counts. Counting needs no second render, and a render that
//! does not count costs nothing extra.
//!
//! The text passed to `tpl` belongs to no file and is not counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotemplate::ast::{self, List, Meta, NodeId, Template};
use source::Span;

/// The points of a file, numbered in source order, template by template.
#[derive(Debug, Default)]
pub struct Points {
    all: Vec<Point>,
    texts: Vec<(Span, u32)>,
    /// The point numbers of the templates, in source order.
    templates: Vec<u32>,
    /// The numbers of all other points, by node and part.
    numbers: BTreeMap<(NodeId, Part), u32>,
}

/// A part of a node that has a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The node itself is reached.
    Start,
    /// Its list is run.
    Then,
    /// Its `else` is run, whether it is written or not.
    Else,
}

/// A place in a template that a render reaches or misses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// The kind of place.
    pub kind: Kind,
    /// The span of the action. For an unwritten branch, the span of the action that the branch belongs to.
    pub span: Span,
    /// The node of the tree; for a branch, its `if`, `with` or `range`. `None` for a template.
    pub node: Option<NodeId>,
    /// The number of the innermost template or branch around it. `None` for a template.
    pub parent: Option<u32>,
}

/// The kind of a [`Point`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A template and its name: the file's own, a `define` or a `block`.
    Template(Arc<str>),
    /// An action, or the head of an `if`, `with` or `range`.
    Action,
    /// Text after the last action of a list.
    Text,
    /// A branch of an `if`, `with` or `range`.
    Branch(Branch),
}

/// A branch of an `if`, `with` or `range`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch {
    /// The action that branches.
    pub control: Control,
    /// Whether this is the `else` branch, taken when the value is false or empty. If an `else` holds nothing but an
    /// `if` or `with`, as in `else if`, the branches of that action take its place.
    pub is_else: bool,
    /// Whether it is written in the template. An `else` that is not written does nothing.
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
    /// The keyword of the action.
    pub fn word(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::With => "with",
            Self::Range => "range",
        }
    }
}

impl Points {
    /// Enumerates the points of a parsed file.
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

    /// The texts that are not only white space, each with the number of the point that counts how often it was written.
    pub fn texts(&self) -> &[(Span, u32)] {
        &self.texts
    }

    /// Returns the template that a point is in, or the point itself if it is a template.
    pub fn template_of(&self, number: u32) -> Option<&Point> {
        let mut point = self.all.get(number as usize)?;
        while let Some(parent) = point.parent {
            point = self.all.get(parent as usize)?;
        }
        Some(point)
    }

    /// Returns the point number of a tree of the file.
    pub(crate) fn template(&self, tree: usize) -> Option<u32> {
        self.templates.get(tree).copied()
    }

    /// Returns the point number of a part of a node, if there is one.
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
            // Text before an action was written if the action was reached.
            let before = texts.drain(..).map(|text| (shown(text), number));
            self.texts.extend(before);
        }
        let Some(first) = texts.first() else { return };
        let number = if is_first {
            parent
        } else {
            // The last action may have failed or left a loop.
            self.push(
                Kind::Text,
                shown(first),
                Some((first.meta.id, Part::Start)),
                Some(parent),
            )
        };
        self.texts.extend(texts.into_iter().map(|text| (shown(text), number)));
    }

    /// Adds a branch. `otherwise` is the span of the `else`, if the branch is one.
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

    /// Adds an action and everything inside it, and returns its number.
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

/// The span of a text without the white space around it.
fn shown(text: &ast::Text) -> Span {
    let size = |trimmed: &str| u32::try_from(text.text.len() - trimmed.len()).unwrap_or_default();
    let span = text.meta.span;
    Span {
        start: span.start + size(text.text.trim_start_matches(gostd::unicode::is_space)),
        end: span.end - size(text.text.trim_end_matches(gostd::unicode::is_space)),
        ..span
    }
}

/// How often renders reached the points of their template files.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    files: BTreeMap<Arc<str>, FileCoverage>,
}

/// How often renders reached the points of one file.
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

    /// Returns how often a point was reached.
    pub fn hits(&self, number: u32) -> u64 {
        self.hits.get(number as usize).copied().unwrap_or_default()
    }

    /// Returns all points with their numbers and counts.
    pub fn counted(&self) -> impl Iterator<Item = (u32, &Point, u64)> {
        let numbers = 0..u32::MAX;
        let hits = self.hits.iter().copied();
        numbers
            .zip(self.points.points())
            .zip(hits)
            .map(|((number, point), hits)| (number, point, hits))
    }

    /// Returns the branches with their numbers, and how often each was taken.
    pub fn branches(&self) -> impl Iterator<Item = (u32, &Point, Branch, u64)> {
        self.counted().filter_map(|(number, point, hits)| match point.kind {
            Kind::Branch(branch) => Some((number, point, branch, hits)),
            _ => None,
        })
    }

    /// Adds the counts of other renders of this file, whatever its path there. If the file has changed since, the
    /// counts of `other` replace these.
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
    /// The files by their names in Helm, such as `chart/templates/x.yaml`. Includes files that were never run, but not
    /// files that no render was given.
    pub fn files(&self) -> impl Iterator<Item = (&Arc<str>, &FileCoverage)> {
        self.files.iter()
    }

    /// Returns a file by its name in Helm.
    pub fn file(&self, name: &str) -> Option<&FileCoverage> {
        self.files.get(name)
    }

    /// Returns all branches: the file's name, the branch's number in the file, its point, the branch, and how often it
    /// was taken.
    pub fn branches(&self) -> impl Iterator<Item = (&Arc<str>, u32, &Point, Branch, u64)> {
        self.files.iter().flat_map(|(name, file)| {
            file.branches()
                .map(move |(number, point, branch, hits)| (name, number, point, branch, hits))
        })
    }

    /// Adds the counts of other renders.
    pub fn add(&mut self, other: &Self) {
        for (name, file) in &other.files {
            match self.files.get_mut(name) {
                Some(known) => known.add(file),
                None => _ = self.files.insert(Arc::clone(name), file.clone()),
            }
        }
    }

    /// Adds the counts of earlier renders, of which some files may have changed since: what was run of those no longer counts, nor do
    /// files that these renders were not given.
    pub fn add_earlier(&mut self, earlier: &Self) {
        for (name, file) in &mut self.files {
            let same = earlier
                .files
                .get(name)
                .filter(|other| other.points.all.len() == file.points.all.len());
            if let Some(other) = same {
                file.add(other);
            }
        }
    }

    pub(crate) fn insert(&mut self, name: Arc<str>, file: FileCoverage) {
        self.files.insert(name, file);
    }
}
