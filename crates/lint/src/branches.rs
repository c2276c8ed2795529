//! The branches of a chart's templates: those that are to be taken by some values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::parsed::ParsedChart;
use engine::coverage::{Coverage, FileCoverage, Kind};
use gotemplate::ast::{Branch, Command, List, Node, NodeId, Operand, Pipeline};
use source::Span;

/// A way that an `if`, `with` or `range` can go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arm {
    /// The name of the file, as Helm gives it.
    pub(super) file: Arc<str>,
    /// The `if`, `with` or `range`.
    pub(super) node: NodeId,
    /// Whether it is the way of the `else`.
    pub(super) is_else: bool,
}

/// The node that stands for a file as a whole.
const WHOLE: NodeId = NodeId(u32::MAX);

impl Arm {
    /// That a file is rendered at all: those of subcharts may not be.
    pub(super) fn of_file(file: &Arc<str>) -> Self {
        Self {
            file: Arc::clone(file),
            node: WHOLE,
            is_else: false,
        }
    }

    /// Whether it is a branch, and no file.
    pub(super) fn is_branch(&self) -> bool {
        self.node != WHOLE
    }
}

/// Where a branch is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// `if`, `with` or `range`, as it is written.
    pub(super) head: Span,
    /// Its body; none for an `else` that nobody wrote.
    pub(super) body: Option<Span>,
    /// The longest text that it surely writes, with single blanks: if a refusal has it in its words, this branch refuses.
    pub(super) words: Option<Arc<str>>,
    /// The template that it is in.
    pub(super) template: Arc<str>,
}

/// The branches of all templates that something calls. A branch that ends the render with `fail` is a guard and none of them, and
/// neither is what is in it: there is nothing to lint. An `else` of nothing but an `if` is that `if`.
pub(super) fn branches(chart: &ParsedChart, called: &BTreeSet<Arc<str>>) -> BTreeMap<Arm, Place> {
    let charts = chart.walk();
    let mut files = Vec::new();
    for (_, chart) in &charts {
        let is_library = chart.chart.is_library();
        files.extend(chart.templates.iter().map(|template| (template, is_library)));
    }
    // As the engine reads them: of two definitions with one name the last one counts, unless it is empty.
    files.sort_by(|(a, _), (b, _)| {
        let depth = |name: &str| name.matches('/').count();
        depth(&b.name).cmp(&depth(&a.name)).then_with(|| b.name.cmp(&a.name))
    });
    let mut winners = BTreeMap::new();
    let mut found = Found::default();
    for (template, is_library) in files {
        let is_partial = template
            .name
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with('_'));
        for tree in &template.trees {
            if tree.name == template.name {
                if !is_partial && !is_library {
                    found.list(&tree.root, (&template.name, &tree.name));
                }
            } else if called.contains(&tree.name) && !(tree.root.is_empty() && winners.contains_key(&tree.name)) {
                winners.insert(&tree.name, (&template.name, &tree.root));
            }
        }
    }
    for (name, (file, root)) in winners {
        found.list(root, (file, name));
    }
    found.0
}

#[derive(Default)]
struct Found(BTreeMap<Arm, Place>);

impl Found {
    /// Goes through a list in a file and a template.
    fn list(&mut self, list: &List, within: (&Arc<str>, &Arc<str>)) {
        for node in &list.nodes {
            if let Node::If(branch) | Node::With(branch) | Node::Range(branch) = node {
                self.branch(branch, within);
            }
        }
    }

    fn branch(&mut self, branch: &Branch, within: (&Arc<str>, &Arc<str>)) {
        let mut add = |is_else: bool, list: Option<&List>| {
            if list.is_some_and(ends_render) {
                return;
            }
            let arm = Arm {
                file: Arc::clone(within.0),
                node: branch.meta.id,
                is_else,
            };
            let body = list.and_then(extent);
            let head = branch.meta.span;
            let words = list.and_then(words);
            let place = Place {
                head,
                body,
                words,
                template: Arc::clone(within.1),
            };
            self.0.insert(arm, place);
            if let Some(list) = list {
                self.list(list, within);
            }
        };
        add(false, Some(&branch.list));
        match branch.else_list.as_ref() {
            Some(list) => match &list.nodes[..] {
                [Node::If(next) | Node::With(next)] => self.branch(next, within),
                _ => add(true, Some(list)),
            },
            None => add(true, None),
        }
    }
}

/// Whether a list surely ends the render, with `fail`.
pub(super) fn ends_render(list: &List) -> bool {
    list.nodes.iter().any(|node| match node {
        Node::Action(action) => {
            let last = action.pipeline.commands.last().map(|command| &command.operands[0]);
            matches!(last, Some(Operand::Identifier(_, name)) if &**name == "fail")
        }
        Node::If(branch) | Node::With(branch) => {
            ends_render(&branch.list) && branch.else_list.as_ref().is_some_and(ends_render)
        }
        _ => false,
    })
}

/// The longest text of a list itself, or of a format in it.
fn words(list: &List) -> Option<Arc<str>> {
    const LEAST: usize = 6;
    let mut texts = Vec::new();
    for node in &list.nodes {
        match node {
            Node::Text(text) => texts.extend(text.text.lines().map(str::to_owned)),
            Node::Action(action) => literals(&action.pipeline, &mut texts),
            _ => {}
        }
    }
    let words = texts
        .iter()
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let longest = words.max_by_key(String::len)?;
    (longest.len() >= LEAST).then(|| longest.into())
}

/// The texts of a pipeline, without the verbs of formats. Those that only `required` or `fail` say are not written by the branch.
fn literals(pipeline: &Pipeline, texts: &mut Vec<String>) {
    let is_guard = |command: &&Command| {
        let first = command.operands.first();
        matches!(first, Some(Operand::Identifier(_, name)) if matches!(&**name, "required" | "fail"))
    };
    if pipeline.commands.iter().any(|command| is_guard(&command)) {
        return;
    }
    for operand in pipeline.commands.iter().flat_map(|command| &command.operands) {
        match operand {
            Operand::String(_, string) => {
                let parts = string.text.lines().flat_map(|line| line.split('%'));
                texts.extend(parts.enumerate().map(|(at, part)| {
                    // A verb is one letter, without flags.
                    let verb = usize::from(at > 0 && part.starts_with(|c: char| c.is_ascii_alphabetic()));
                    part[verb..].to_owned()
                }));
            }
            Operand::Pipeline(inner) => literals(inner, texts),
            _ => {}
        }
    }
}

/// From the start of a list to its end.
fn extent(list: &List) -> Option<Span> {
    let first = list.nodes.first()?.meta().span;
    let last = list.nodes.last()?;
    Some(first.to(end(last)))
}

/// The last thing in a node.
fn end(node: &Node) -> Span {
    match node {
        Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
            let list = branch.else_list.as_ref().unwrap_or(&branch.list);
            let last = list.nodes.last().or(branch.list.nodes.last());
            last.map_or(branch.meta.span, |last| branch.meta.span.to(end(last)))
        }
        node => node.meta().span,
    }
}

/// The branches that renders took, and the files that they rendered.
pub(super) fn hits(coverage: &Coverage) -> BTreeSet<Arm> {
    let taken = coverage.branches().filter(|(.., hits)| *hits > 0);
    let branches = taken.filter_map(|(file, _, point, branch, _)| {
        Some(Arm {
            file: Arc::clone(file),
            node: point.node?,
            is_else: branch.is_else,
        })
    });
    let is_rendered = |file: &FileCoverage, name: &Arc<str>| {
        let own = |kind: &Kind| matches!(kind, Kind::Template(template) if template == name);
        file.counted().any(|(_, point, hits)| hits > 0 && own(&point.kind))
    };
    let files = coverage.files().filter(|(name, file)| is_rendered(file, name));
    branches.chain(files.map(|(name, _)| Arm::of_file(name))).collect()
}
