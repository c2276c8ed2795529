//! Values that are never read, values that are never set, duplicate keys, and scalars that change their form.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::Context;
use super::super::parsed::ParsedChart;
use super::super::usage::Unread;
use chart::File;
use chart::values::GLOBAL;
use diagnostics::{Diagnostic, Report, closest};
use goyaml::{Node, Value};
use source::{FileId, Source, SourceKind, Sources, Span};

const UNKNOWN: &str = "unknown-value";
const UNUSED: &str = "unused-value";
const UNDEFINED: &str = "undefined-value";
const DUPLICATE: &str = "duplicate-key";
const EXPONENT: &str = "exponent-number";
const MISREAD: &str = "misread-scalar";

/// Reports keys set by the user that no template reads.
pub(in super::super) fn unknown(context: &Context<'_>, report: &mut Report) {
    let Some(usage) = context.usage.as_ref().filter(|usage| usage.is_complete) else {
        return;
    };
    for unread in usage.reads.unread(&context.given) {
        // Global values are for any chart that reads them, so an empty table of them is fine.
        let is_empty = unread.path == GLOBAL && unread.entry.node.as_map().is_some_and(goyaml::Map::is_empty);
        if !is_empty && !is_free(&unread.path) && !is_misread(context, &unread) {
            report.push(unknown_key(unread));
        }
    }
}

fn unknown_key(unread: Unread<'_>) -> Diagnostic {
    let message = format!("no template reads {}", unread.path);
    let mut diagnostic = Diagnostic::warning(UNKNOWN, message).at(unread.entry.key);
    diagnostic.help = unread.close.map(|close| format!("did you mean `{close}`?"));
    diagnostic
}

/// Whether a key was read as another one (`on` as `true`), which the rule for misread scalars reports.
fn is_misread(context: &Context<'_>, unread: &Unread<'_>) -> bool {
    let last = unread.path.rsplit('.').next().unwrap_or_default();
    let span = unread.entry.key;
    let source = context.sources.get(span.file);
    matches!(last, "true" | "false") && source.text().get(span.range()).is_some_and(|written| written != last)
}

/// Reports keys of the chart's own values.yaml that no template reads.
pub(in super::super) fn unused(context: &Context<'_>, report: &mut Report) {
    let Some(usage) = context.usage.as_ref().filter(|usage| usage.is_complete) else {
        return;
    };
    let Some(chart) = context.chart.as_ref().filter(|chart| !chart.chart.is_library()) else {
        return;
    };
    for unread in usage.reads.unread(&chart.chart.values) {
        if is_free(&unread.path) || is_misread(context, &unread) || is_global(&unread.path) {
            continue;
        }
        // A chart sets values of a subchart like a user does, so an unread key is a mistake.
        let first = unread.path.split('.').next().unwrap_or_default();
        if first != unread.path && chart.subcharts.iter().any(|subchart| subchart.name == first) {
            report.push(unknown_key(unread));
        } else {
            let message = format!("no template reads {}", unread.path);
            report.push(Diagnostic::info(UNUSED, message).at(unread.entry.key));
        }
    }
}

/// Keys that are always allowed: `x-` keys hold anchors, `enabled` is for the condition of a parent chart.
fn is_free(path: &str) -> bool {
    let first = path.split('.').next().unwrap_or_default();
    matches!(path, "enabled") || first.starts_with("x-")
}

/// Whether a key is global: a chart may have defaults for charts that use it.
fn is_global(path: &str) -> bool {
    path.split('.').any(|step| step == GLOBAL)
}

/// Reports paths that templates read without a guard, but that are defined nowhere.
pub(in super::super) fn undefined(context: &Context<'_>, report: &mut Report) {
    let (Some(usage), Some(chart)) = (&context.usage, &context.chart) else {
        return;
    };
    if !usage.is_complete || chart.chart.is_library() {
        return;
    }
    let charts = chart.walk();
    // A chart that is not rendered has no final values.
    let Some(values) = &context.values else { return };
    let documented: Vec<(Vec<&str>, Documented)> = charts
        .iter()
        .map(|(path, chart)| (path.clone(), Documented::of(chart, context.sources)))
        .collect();
    // What is cheap comes first: most paths are defined, and the texts may have megabytes.
    let is_defined = |path: &[Arc<str>]| {
        let steps = || path.iter().map(|step| &**step);
        let Some(last) = path.last() else { return true };
        let in_defaults = || {
            charts.iter().any(|(prefix, chart)| {
                path.len() >= prefix.len()
                    && prefix.iter().zip(path).all(|(a, b)| *a == &**b)
                    && (path.len() == prefix.len() || chart.chart.values.at(steps().skip(prefix.len())).is_some())
            })
        };
        let below = |prefix: &[&str]| path.len() > prefix.len() && prefix.iter().zip(path).all(|(a, b)| *a == &**b);
        let in_texts = || {
            let mut charts = documented.iter().filter(|(prefix, _)| below(prefix));
            charts.any(|(_, texts)| texts.mention(last))
        };
        values.at(steps()).is_some()
            || path.iter().any(|step| &**step == GLOBAL)
            || context.given.at(steps()).is_some()
            || in_defaults()
            || in_texts()
    };
    for (path, span) in usage.reads.missing(&is_defined) {
        // Only paths below an existing mapping are reported. This excludes methods of values that are not maps, and
        // keys of tables that users fill.
        let (Some(last), parent) = (path.last(), &path[..path.len() - 1]) else {
            continue;
        };
        let parent_node = values.at(parent.iter().map(|step| &**step));
        let Some(siblings) = parent_node.and_then(Node::as_map) else {
            continue;
        };
        let is_free_form = siblings.is_empty() && !parent.is_empty();
        if is_free_form || !is_of(chart, context, span) {
            continue;
        }
        let joined = path.iter().map(|step| &**step).collect::<Vec<_>>().join(".");
        let message = format!(".Values.{joined} is defined nowhere");
        let mut diagnostic = Diagnostic::warning(UNDEFINED, message).at(span);
        let close = closest(last, siblings.iter().map(|(key, _)| &**key));
        diagnostic.help = Some(match close {
            Some(close) => format!("did you mean `{close}`?"),
            None => "give it a default in values.yaml".to_owned(),
        });
        report.push(diagnostic);
    }
}

/// The texts of a chart that document keys without setting them.
struct Documented {
    values: Arc<Source>,
    schema: Option<Arc<str>>,
    /// The words before a colon in the lines of values.yaml, comments included; collected when they are first needed.
    keys: OnceCell<BTreeSet<String>>,
}

impl Documented {
    fn of(chart: &ParsedChart, sources: &Sources) -> Self {
        Self {
            values: sources.get(chart.chart.values.span.file),
            schema: chart.chart.schema.as_ref().map(File::text),
            keys: OnceCell::new(),
        }
    }

    /// Whether a key is in a line of values.yaml, or quoted in the schema. Many charts document optional keys in comments.
    fn mention(&self, key: &str) -> bool {
        let keys = self.keys.get_or_init(|| {
            let lines = self.values.text().lines();
            let lines = lines.map(|line| line.trim_start_matches(['#', ' ', '-', '\t', '@']));
            let keys = lines.flat_map(|line| line.match_indices(':').map(|(at, _)| line[..at].trim_end()));
            keys.map(str::to_owned).collect()
        });
        let is_quoted = |schema: &Arc<str>| schema.contains(&format!("\"{key}\""));
        keys.contains(key) || self.schema.as_ref().is_some_and(is_quoted)
    }
}

/// Whether a place is in a template of the chart itself rather than of a subchart.
fn is_of(chart: &ParsedChart, context: &Context<'_>, span: Span) -> bool {
    let _ = context;
    let own =
        |template: &Arc<gotemplate::Template>| template.trees.last().is_some_and(|tree| tree.span.file == span.file);
    chart.templates.iter().any(own)
}

/// Reports duplicate keys in values files, Chart.yaml and rendered objects.
pub(in super::super) fn duplicates(context: &Context<'_>, report: &mut Report) {
    let mut files: Vec<FileId> = context.chart_yaml.iter().map(|(file, _)| *file).collect();
    files.extend(context.chart.iter().map(|chart| chart.chart.values.span.file));
    files.extend(super::super::context::files_of(&context.given));
    for file in files {
        let source = context.sources.get(file);
        if source.kind() != SourceKind::File {
            continue;
        }
        for range in documents(&source) {
            let Ok(parsed) = goyaml::parse(&source, file, range) else {
                continue;
            };
            for duplicate in parsed.duplicates {
                let message = format!("the key {} is there twice; the last one wins", duplicate.key);
                report.push(
                    Diagnostic::error(DUPLICATE, message)
                        .at(duplicate.second)
                        .label(duplicate.first, "also here"),
                );
            }
        }
    }
    // Helm and kubectl silently use the last one; kustomize (and so Flux and post-renderers) rejects the object.
    for duplicate in &context.objects.duplicates {
        let message = format!("the key {} is there twice; the last one wins", duplicate.key);
        report.push(
            Diagnostic::error(DUPLICATE, message)
                .at(duplicate.second)
                .label(duplicate.first, "also here"),
        );
    }
}

/// Reports keys and numbers in values files, and keys of objects, that are read differently than written: `on` is
/// `true`, `1.10` is `1.1`.
pub(in super::super) fn misread(context: &Context<'_>, report: &mut Report) {
    let defaults = context.chart.iter().map(|chart| &chart.chart.values);
    for root in defaults.chain([&context.given]) {
        scalars(context, root, true, report);
    }
    for object in &context.objects.all {
        scalars(context, &object.node, false, report);
    }
}

fn scalars(context: &Context<'_>, root: &Node, with_numbers: bool, report: &mut Report) {
    let written = |span: Span| {
        let source = context.sources.get(span.file);
        source.text().get(span.range()).unwrap_or_default().to_owned()
    };
    let mut stack: Vec<(&str, &Node)> = vec![("", root)];
    while let Some((name, node)) = stack.pop() {
        match &node.value {
            Value::Map(map) => {
                for (key, entry) in map.iter() {
                    stack.push((&**key, &entry.node));
                    if !matches!(&**key, "true" | "false") {
                        continue;
                    }
                    let text = written(entry.key);
                    let is_word = ["on", "off", "yes", "no", "y", "n"].contains(&&*text.to_ascii_lowercase());
                    if is_word {
                        let message = format!("the key `{text}` is read as `{key}`");
                        let help = format!("put it in quotes: `\"{text}\"`");
                        report.push(Diagnostic::warning(MISREAD, message).at(entry.key).help(help));
                    }
                }
            }
            Value::List(items) => stack.extend(items.iter().map(|item| (name, item))),
            Value::Float(value) if with_numbers => {
                let text = written(node.span);
                let Some((whole, fraction)) = text.split_once('.') else {
                    continue;
                };
                let is_plain = !whole.is_empty() && !fraction.is_empty();
                let is_plain = is_plain && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
                // `1.0` is usually meant as a number, except in a version.
                let is_version = ["version", "tag"]
                    .iter()
                    .any(|word| name.to_ascii_lowercase().ends_with(word));
                let loses = fraction.ends_with('0') && (!fraction.trim_end_matches('0').is_empty() || is_version);
                if is_plain && loses {
                    let shown = gostd::float::shortest(*value);
                    let message = format!("the number {text} is read as {shown}");
                    let help = format!("put it in quotes: `\"{text}\"`");
                    report.push(Diagnostic::warning(MISREAD, message).at(node.span).help(help));
                }
            }
            _ => {}
        }
    }
}

fn documents(source: &Source) -> Vec<std::ops::Range<usize>> {
    goyaml::split_documents(source.text()).unwrap_or_default()
}

/// Reports integers of a million or more that templates print in Go's float notation: `1e+06`.
pub(in super::super) fn exponents(context: &Context<'_>, report: &mut Report) {
    const LEAST: f64 = 1e6;
    let Some(values) = &context.values else { return };
    let mut large: Vec<(String, f64)> = Vec::new();
    let mut stack = vec![values];
    while let Some(node) = stack.pop() {
        match &node.value {
            Value::Float(value) if value.abs() >= LEAST && value.fract() == 0.0 => {
                large.push((gostd::float::shortest(*value), *value));
            }
            Value::List(list) => stack.extend(list.iter()),
            Value::Map(map) => stack.extend(map.iter().map(|(_, entry)| &entry.node)),
            _ => {}
        }
    }
    large.retain(|(text, _)| text.contains('e'));
    large.sort_by(|a, b| a.0.cmp(&b.0));
    large.dedup_by(|a, b| a.0 == b.0);
    if large.is_empty() {
        return;
    }
    for file in context.objects.files.keys() {
        let source = context.sources.get(*file);
        for (text, value) in &large {
            for (at, _) in source.text().match_indices(&**text) {
                let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '.');
                let (before, after) = (&source.text()[..at], &source.text()[at + text.len()..]);
                if is_part(before.chars().next_back()) || is_part(after.chars().next()) {
                    continue;
                }
                let message = format!("the number {value:.0} is printed as {text}");
                report.push(
                    Diagnostic::warning(EXPONENT, message)
                        .at(Span::new(*file, at, at + text.len()))
                        .help("convert it in the template: `| int64`"),
                );
            }
        }
    }
}
