//! Checks of templates without rendering: wrong argument counts, undefined and unused templates.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::Context;
use super::super::parsed::ParsedChart;
use chart::File;
use diagnostics::{Cause, Diagnostic, Report, closest};
use gotemplate::ast::{Command, List, Node, Operand, Pipeline};

const ARGUMENTS: &str = "wrong-argument-count";
const UNDEFINED: &str = "undefined-template";
const UNUSED: &str = "unused-template";

/// Reports calls with too few or too many arguments, even in templates that are not rendered.
pub(in super::super) fn arguments(context: &Context<'_>, report: &mut Report) {
    for (_, chart) in context.chart.iter().flat_map(|chart| chart.walk()) {
        for template in &chart.templates {
            for tree in &template.trees {
                list(&tree.root, report);
            }
        }
    }
}

fn list(root: &List, report: &mut Report) {
    let mut stack = vec![root];
    while let Some(list) = stack.pop() {
        for node in &list.nodes {
            match node {
                Node::Action(action) => pipeline(&action.pipeline, report),
                Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                    pipeline(&branch.pipeline, report);
                    stack.push(&branch.list);
                    stack.extend(&branch.else_list);
                }
                Node::Template(call) => call.pipeline.iter().for_each(|inner| pipeline(inner, report)),
                Node::Text(_) | Node::Break(_) | Node::Continue(_) => {}
            }
        }
    }
}

fn pipeline(pipeline: &Pipeline, report: &mut Report) {
    let mut stack = vec![pipeline];
    while let Some(pipeline) = stack.pop() {
        for (at, command) in pipeline.commands.iter().enumerate() {
            call(command, at > 0, report);
            for operand in &command.operands {
                let mut operand = operand;
                while let Operand::Chain(chain) = operand {
                    operand = &chain.operand;
                }
                match operand {
                    Operand::Pipeline(inner) => stack.push(inner),
                    // A function used as an argument is called without arguments.
                    Operand::Identifier(..) if !std::ptr::eq(operand, &raw const command.operands[0]) => {
                        count(operand, 0, false, report);
                    }
                    _ => {}
                }
            }
        }
    }
}

fn call(command: &Command, is_piped: bool, report: &mut Report) {
    if let first @ Operand::Identifier(..) = &command.operands[0] {
        count(first, command.operands.len() - 1, is_piped, report);
    }
}

fn count(function: &Operand, given: usize, is_piped: bool, report: &mut Report) {
    let Operand::Identifier(meta, name) = function else {
        return;
    };
    let Some(function) = sprig::find(name) else { return };
    if let Some(message) = engine::lower::arity_error(name, &function.signature, given, is_piped) {
        let help = format!("`{name}` is {}", function.go_type());
        report.push(Diagnostic::error(ARGUMENTS, message).at(meta.span).help(help));
    }
}

/// Reports names that `include` and `template` use without a definition.
pub(in super::super) fn undefined(context: &Context<'_>, report: &mut Report) {
    let (Some(chart), Some(usage)) = (&context.chart, &context.usage) else {
        return;
    };
    // A library may use templates of the charts that include it, and a missing dependency may define anything.
    if chart.chart.is_library() || !context.absent.is_empty() {
        return;
    }
    let defined = defined(context);
    for (name, span) in &usage.called {
        if !defined.contains(name) {
            let message = format!("no template {name:?} is defined");
            let cause = Cause::UndefinedTemplate(name.to_string());
            let mut diagnostic = Diagnostic::error(UNDEFINED, message).at(*span).cause(cause);
            let close = closest(name, defined.iter().map(|name| &**name));
            diagnostic.help = close.map(|close| format!("did you mean {close:?}?"));
            report.push(diagnostic);
        }
    }
}

/// The names of all defined templates. In files that do not parse, they are found by a text search.
fn defined(context: &Context<'_>) -> BTreeSet<Arc<str>> {
    let mut names = BTreeSet::new();
    for (_, chart) in context.chart.iter().flat_map(|chart| chart.walk()) {
        let trees = chart.templates.iter().flat_map(|template| &template.trees);
        names.extend(trees.map(|tree| Arc::clone(&tree.name)));
        if !chart.is_parsed() {
            let texts = chart.chart.templates.iter().map(File::text);
            texts.for_each(|text| names.extend(definitions(&text)));
        }
    }
    names
}

/// The quoted names after the words `define` and `block`.
fn definitions(text: &str) -> Vec<Arc<str>> {
    let mut found = Vec::new();
    for word in ["define", "block"] {
        for (at, _) in text.match_indices(word) {
            let after = text[at + word.len()..].trim_start();
            let quoted = after
                .strip_prefix(['"', '`'])
                .and_then(|rest| rest.split(['"', '`']).next());
            found.extend(quoted.map(Arc::from));
        }
    }
    found
}

/// Reports definitions of the chart itself that are never used.
pub(in super::super) fn unused(context: &Context<'_>, report: &mut Report) {
    let (Some(chart), Some(usage)) = (&context.chart, &context.usage) else {
        return;
    };
    if chart.chart.is_library() || !usage.is_complete || usage.calls_unknown {
        return;
    }
    // Texts in values or files that `tpl` renders may also use it. They may have megabytes, and are rarely asked.
    let texts = LazyCell::new(|| {
        let mut texts: Vec<Arc<str>> = Vec::new();
        for (_, chart) in chart.walk() {
            texts.push(context.sources.get(chart.chart.values.span.file).text().into());
            texts.extend(chart.chart.files.iter().map(File::text));
        }
        for file in super::super::context::files_of(&context.given) {
            texts.push(context.sources.get(file).text().into());
        }
        texts
    });
    let overridden = definitions_below(chart);
    for template in &chart.templates {
        for tree in &template.trees {
            let is_called = tree.name == template.name
                || usage.reached.contains(&tree.name)
                || overridden.contains(&*tree.name)
                || texts.iter().any(|text| text.contains(&*tree.name));
            if !is_called {
                let message = format!("nothing calls the template {:?}", tree.name);
                report.push(Diagnostic::info(UNUSED, message).at(tree.span));
            }
        }
    }
}

/// The names of the templates that the subcharts define: one of the chart itself overrides them.
fn definitions_below(chart: &ParsedChart) -> BTreeSet<&str> {
    let below = chart.walk().into_iter().skip(1);
    let templates = below.flat_map(|(_, subchart)| &subchart.templates);
    let trees = templates.flat_map(|template| &template.trees);
    trees.map(|tree| &*tree.name).collect()
}
