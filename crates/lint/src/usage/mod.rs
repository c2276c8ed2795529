//! Static analysis of how templates use values: which paths of `.Values` they read.
//!
//! All templates of a chart and its subcharts are evaluated with abstract values, of which only the origin is known
//! ([`value::Abstract`]). The analysis follows `include`, `template`, `tpl`, `with`, `range` and variables. A path
//! passed to a function that might read all of it counts as read with everything below. In doubt a path counts as read,
//! so a path reported as unused is unused on every execution path.

mod calls;
mod eval;
mod reads;
pub(super) mod value;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::parsed::ParsedChart;
use gotemplate::Template;
use goyaml::{Node, Value};
use source::{FileId, Source, SourceKind, Sources, Span};

use eval::Evaluator;
pub(super) use eval::fits;
pub use reads::{Reads, Unread};
use value::{Abstract, key};

/// The result of the analysis.
#[derive(Debug, Default)]
pub struct Usage {
    /// The paths that are read.
    pub reads: Reads,
    /// Whether the analysis completed. Otherwise the absence of a read means nothing.
    pub is_complete: bool,
    /// The names of called templates, with the places of the calls.
    pub called: Vec<(Arc<str>, Span)>,
    /// The names of templates that may be called, by a constant or a computed name.
    pub reached: BTreeSet<Arc<str>>,
    /// Whether a template with an unknown name is called.
    pub calls_unknown: bool,
}

impl Usage {
    /// Analyses the templates of a chart and its subcharts. `given` has the user's values, whose strings may be
    /// templates.
    pub fn of(chart: &ParsedChart, given: &Node, sources: &Sources) -> Self {
        let charts = chart.walk();
        let mut evaluator = Evaluator::default();
        let mut texts = Texts::default();
        texts.of_node(given);
        for (path, chart) in &charts {
            texts.of_node(&chart.chart.values);
            evaluator.charts.insert(path.iter().map(|name| key(name)).collect());
            for template in &chart.templates {
                for tree in &template.trees {
                    evaluator.define(template, tree);
                }
            }
        }
        evaluator.texts = texts.parse(sources);
        let renders_texts = charts.iter().any(|(_, chart)| calls_tpl(chart, sources));
        for (path, chart) in &charts {
            let prefix: value::Path = path.iter().map(|name| key(name)).collect();
            dependencies(chart, &prefix, &mut evaluator.reads);
            let loose = if renders_texts {
                loose_texts(chart, sources)
            } else {
                Vec::new()
            };
            loose
                .iter()
                .for_each(|text| mentions(text, &prefix, &mut evaluator.reads));
            for template in &chart.templates {
                if let Some(tree) = template.trees.last() {
                    evaluator.template(tree, &Abstract::Dot(prefix.clone()));
                }
            }
        }
        Self {
            is_complete: !evaluator.gave_up(),
            called: evaluator.called,
            reached: evaluator.reached,
            calls_unknown: evaluator.calls_unknown,
            reads: evaluator.reads,
        }
    }
}

/// Marks the values that Helm itself reads (conditions, tags, imports), and those of missing subcharts.
fn dependencies(chart: &ParsedChart, prefix: &value::Path, reads: &mut Reads) {
    let below = |path: &str| -> value::Path {
        let steps = path.split('.').filter(|step| !step.is_empty()).map(key);
        prefix.iter().cloned().chain(steps).collect()
    };
    if prefix.is_empty() {
        reads.whole(&below("tags"));
    }
    for dependency in &chart.chart.metadata.dependencies {
        // An empty condition would mark all values.
        let conditions = dependency
            .condition
            .split(',')
            .filter(|condition| !condition.trim().is_empty());
        for condition in conditions {
            reads.whole(&below(condition.trim()));
            // The condition of a nested subchart may be set from the top-level chart.
            reads.whole(&condition.trim().split('.').map(key).collect());
        }
        let name = dependency.name_or_alias();
        if !chart.subcharts.iter().any(|subchart| subchart.name == name) {
            reads.whole(&below(name));
        }
        for import in &dependency.import_values {
            let child = match import {
                chart::ImportValue::Export(name) => format!("exports.{name}"),
                chart::ImportValue::Table { child, .. } => child.clone(),
            };
            reads.whole(&below(&format!("{name}.{child}")));
            reads.whole(&below(&format!("{name}.exports")));
        }
    }
}

/// The strings of some values that may be templates: nothing else of what a user sets changes what the templates read.
pub(super) fn texts(given: &Node) -> BTreeSet<Arc<str>> {
    let mut texts = Texts::default();
    texts.of_node(given);
    texts.0
}

/// String values that may be templates.
#[derive(Default)]
struct Texts(BTreeSet<Arc<str>>);

impl Texts {
    fn of_node(&mut self, node: &Node) {
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            match &node.value {
                Value::String(text) if text.contains("{{") => {
                    self.0.insert(Arc::clone(text));
                }
                Value::List(list) => stack.extend(list.iter()),
                Value::Map(map) => stack.extend(map.iter().map(|(_, entry)| &entry.node)),
                _ => {}
            }
        }
    }

    /// Parses the texts that are templates. Their spans mean nothing to the user.
    fn parse(self, sources: &Sources) -> Vec<Arc<Template>> {
        let parse = |text: &Arc<str>| {
            let source = Source::new("values", SourceKind::Made, text.as_bytes().to_vec());
            let file: FileId = sources.add(source);
            gotemplate::parse_shared(text, file, "values", &|name| sprig::find(name).is_some()).ok()
        };
        self.0.iter().filter_map(parse).map(Arc::new).collect()
    }
}

/// Whether a template of the chart uses `tpl`.
fn calls_tpl(chart: &ParsedChart, sources: &Sources) -> bool {
    chart
        .templates
        .iter()
        .filter_map(|template| template.trees.last())
        .any(|tree| {
            let source = sources.get(tree.span.file);
            source.text().contains("tpl ") || source.text().contains("| tpl")
        })
}

/// Other texts that `tpl` may render: files of the chart, and constants in templates.
fn loose_texts(chart: &ParsedChart, sources: &Sources) -> Vec<Arc<str>> {
    const MAX_FILE: usize = 1 << 20;
    let mut found = Vec::new();
    for file in &chart.chart.files {
        if file.bytes().len() <= MAX_FILE && !matches!(&*file.name, "README.md" | "README.md.gotmpl" | "CHANGELOG.md") {
            found.push(file.text());
        }
    }
    // The whole template text is searched: a constant may be nested, as in `{{ "{{ .Values.x }}" }}`.
    for template in &chart.templates {
        if let Some(tree) = template.trees.last() {
            let source = sources.get(tree.span.file);
            for quoted in source.text().split(['"', '`']).filter(|part| part.contains("{{")) {
                found.push(quoted.into());
            }
        }
    }
    found
}

/// Marks the values that a text mentions as read.
fn mentions(text: &str, prefix: &value::Path, reads: &mut Reads) {
    const VALUES: &str = ".Values.";
    for (at, _) in text.match_indices(VALUES) {
        let rest = &text[at + VALUES.len()..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(rest.len());
        let steps = rest[..end].split('.').filter(|step| !step.is_empty()).map(key);
        reads.whole(&prefix.iter().cloned().chain(steps).collect());
    }
}
