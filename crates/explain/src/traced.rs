//! A release rendered once with a trace, with all data that queries need.

use std::cell::OnceCell;
use std::sync::Arc;

use chart::Chart;
use chart::values;
use diagnostics::{Diagnostic, Report};
use engine::names::Names;
use engine::objects::Objects;
use engine::places::{Place, Places};
use engine::render::{Rendered, Trace};
use engine::stages::{INSTALL, Outcome, Renderer, Request};
use gotemplate::ast::{List, Node as TemplateNode, Tree};
use goyaml::Node;
use lint::{ParsedChart, Usage};
use source::{FileId, SourceKind, Sources, Span};
use system::System;

/// Creates systems with the same randomness and clock, so that renders differ only by their values.
pub type Systems<'a> = &'a dyn Fn() -> Arc<dyn System>;

/// A traced render and its inputs.
#[derive(Debug)]
pub struct Traced<'a> {
    pub(super) sources: &'a Sources,
    pub(super) request: Request,
    renderer: Renderer<'a>,
    /// The merged values files and flags.
    pub(super) given: Node,
    /// Each values file and each flag separately; the last one wins.
    pub(super) layers: Vec<Node>,
    /// The values as templates see them.
    pub(super) values: Node,
    pub(super) rendered: Rendered,
    pub(super) objects: Objects,
    pub(super) names: Names,
    parsed: OnceCell<ParsedChart>,
    usage: OnceCell<Usage>,
    /// The messages that Helm logs.
    pub log: Report,
}

impl<'a> Traced<'a> {
    /// Renders a chart with a trace.
    ///
    /// # Errors
    /// The errors of the render, and documents that are not valid YAML.
    pub fn read(systems: Systems<'_>, request: &Request, sources: &'a Sources) -> Result<Self, Report> {
        let system = systems();
        let mut request = request.clone();
        request.trace = Trace::On;
        request.chart.check(&*system)?;
        let (given, layers) = values::read_layers(&*system, &request.overrides, sources)?;
        let renderer = Renderer::load(&system, &request, sources)?;
        let outcome = renderer.run_with(&system, &request, given.clone());
        let Outcome {
            values,
            rendered,
            errors,
            log,
            ..
        } = outcome;
        let (Some(values), Some(rendered)) = (values, rendered) else {
            return Err(errors);
        };
        if !errors.is_empty() {
            return Err(errors);
        }
        if rendered.origins.is_none() {
            let message = "the render is too large to be traced";
            let help = "give it more memory with --max-memory, or switch parts of the chart off";
            return Err(Diagnostic::error(INSTALL, message).help(help).into());
        }
        let mut report = Report::new();
        let objects = Objects::read(&rendered, &request.release.namespace, sources, &mut report);
        if objects.is_partial {
            return Err(report);
        }
        Ok(Self {
            names: Names::of(&values),
            sources,
            request,
            renderer,
            given,
            layers,
            values,
            rendered,
            objects,
            parsed: OnceCell::new(),
            usage: OnceCell::new(),
            log,
        })
    }

    /// The chart as loaded, with all subcharts and its own values.
    pub(super) fn chart(&self) -> &Chart {
        self.renderer.chart()
    }

    /// The origins of rendered text.
    pub(super) fn places(&self) -> Places<'_> {
        Places::new(&self.rendered, self.sources)
    }

    /// The values that templates read.
    pub(super) fn usage(&self) -> &Usage {
        self.usage
            .get_or_init(|| Usage::of(self.parsed(), &self.given, self.sources))
    }

    /// The chart with its templates.
    pub(super) fn parsed(&self) -> &ParsedChart {
        self.parsed
            .get_or_init(|| ParsedChart::of(self.chart(), self.sources, &mut Report::new()))
    }

    /// Renders the chart, or only one template of it, with other values in place of the given ones, without a trace.
    /// Schemas are not checked: a value that they refuse still shows its effects.
    ///
    /// # Errors
    /// The first error of the render.
    pub(super) fn render_with(
        &self,
        systems: Systems<'_>,
        given: Node,
        only: Option<&str>,
    ) -> Result<Objects, Box<Diagnostic>> {
        let system = systems();
        let mut request = self.request.clone();
        request.trace = Trace::Off;
        request.skip_schema = true;
        let mut renderer = self.renderer.beside(&system, &request);
        if let Some(template) = only {
            renderer = renderer.only(template);
        }
        let outcome = renderer.run_with(&system, &request, given);
        if let Some(error) = outcome.errors.diagnostics.into_iter().next() {
            return Err(error.into());
        }
        let rendered = outcome.rendered.unwrap_or_default();
        let namespace = &request.release.namespace;
        Ok(Objects::read(&rendered, namespace, &Sources::new(), &mut Report::new()))
    }
}

impl Traced<'_> {
    /// Whether two sources are the same file, read once for the render and once for parsing.
    pub(super) fn is_same(&self, one: FileId, other: FileId) -> bool {
        if one == other {
            return true;
        }
        let (one, other) = (self.sources.get(one), self.sources.get(other));
        one.kind() == SourceKind::File && other.kind() == SourceKind::File && one.name() == other.name()
    }

    /// The prefix of the paths of the chart's files.
    pub(super) fn folder(&self) -> String {
        let chart_yaml = self.sources.get(self.chart().chart_yaml);
        let name = chart_yaml.name();
        name.strip_suffix("Chart.yaml").unwrap_or_default().to_owned()
    }

    /// The `if`, `with` and `range` actions around a position in a template and around the calls that lead there,
    /// outermost first, each with whether the position is in its `else`.
    pub(super) fn conditions(&self, place: &Place) -> Vec<(Span, bool)> {
        let mut found = Vec::new();
        for span in place.calls.iter().rev().chain([&place.template]) {
            self.with_tree(*span, |tree| around(&tree.root, span.start, &mut found));
        }
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|condition| seen.insert(*condition));
        found
    }

    /// The `define` or file that contains a position.
    fn with_tree(&self, place: Span, look: impl FnOnce(&Tree)) {
        let charts = self.parsed().walk();
        let templates = charts.iter().flat_map(|(_, chart)| &chart.templates);
        let trees = templates.flat_map(|template| &template.trees);
        // It contains the nearest node before the position.
        let nearest = trees
            .filter(|tree| self.is_same(tree.span.file, place.file))
            .max_by_key(|tree| before(&tree.root, place.start).map(|node| node.meta().span.start));
        if let Some(tree) = nearest {
            look(tree);
        }
    }

    /// The templates called by name in a part of a template, as the ranges from their first to their last nodes.
    pub(super) fn called_in(&self, part: Span) -> Vec<Span> {
        let is_in =
            |span: &Span| self.is_same(span.file, part.file) && part.start <= span.start && span.end <= part.end;
        let called = self.usage().called.iter().filter(|(_, span)| is_in(span));
        let names: std::collections::BTreeSet<&str> = called.map(|(name, _)| &**name).collect();
        let charts = self.parsed().walk();
        let templates = charts.iter().flat_map(|(_, chart)| &chart.templates);
        let trees = templates.flat_map(|template| &template.trees);
        trees
            .filter(|tree| names.contains(&*tree.name))
            .filter_map(extent)
            .collect()
    }

    /// The range from the first to the last node of the `define` or file that contains a position.
    pub(super) fn tree(&self, place: Span) -> Option<Span> {
        let mut found = None;
        self.with_tree(place, |tree| found = extent(tree));
        found
    }
}

fn extent(tree: &Tree) -> Option<Span> {
    let nodes = &tree.root.nodes;
    let (first, last) = nodes.first().zip(nodes.last())?;
    Some(first.meta().span.to(end_of(last)))
}

/// The end of a node including its children.
fn end_of(node: &TemplateNode) -> Span {
    let mut node = node;
    loop {
        let inner = match node {
            TemplateNode::If(branch) | TemplateNode::With(branch) | TemplateNode::Range(branch) => {
                let list = branch.else_list.as_ref().filter(|list| !list.nodes.is_empty());
                list.unwrap_or(&branch.list).nodes.last()
            }
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => return node.meta().span,
        }
    }
}

/// The last node that begins at or before an offset.
fn before(list: &List, offset: u32) -> Option<&TemplateNode> {
    let at = list.nodes.partition_point(|node| node.meta().span.start <= offset);
    list.nodes.get(at.checked_sub(1)?)
}

/// Adds the branches that contain an offset.
fn around(list: &List, offset: u32, found: &mut Vec<(Span, bool)>) {
    let mut list = list;
    loop {
        let Some(node) = before(list, offset) else { return };
        let (TemplateNode::If(branch) | TemplateNode::With(branch) | TemplateNode::Range(branch)) = node else {
            return;
        };
        // The action itself is not in its branch.
        if offset < branch.meta.span.end {
            return;
        }
        let starts = |list: &List| {
            list.nodes
                .first()
                .is_some_and(|first| first.meta().span.start <= offset)
        };
        let other = branch.else_list.as_ref().filter(|other| starts(other));
        list = other.unwrap_or(&branch.list);
        found.push((branch.meta.span, other.is_some()));
    }
}
