//! One run: the rules over what its stages came to, with the places, selections and comments that apply.

use std::collections::BTreeSet;
use std::path::Path;

use super::context::Context;
use super::locate;
use super::registry::RULES;
use super::rule::{Family, Rule};
use super::run::{Run, Scope};
use super::selection::{Selection, find};
use super::shared::Worker;
use super::suppress::Suppressions;
use super::tally::Tally;
use diagnostics::{Cause, Diagnostic, Report};
use engine::places::Places;
use source::{FileId, Source, SourceKind, Sources, Span};
use system::{FileKind, System};

/// Whether a rule applies to the scope.
pub(super) fn is_asked(rule: &Rule, scope: Scope) -> bool {
    scope == Scope::All || rule.family == Family::Values
}

/// The enabled findings of one target, and its suppression comments.
pub(super) fn check(
    worker: &mut Worker<'_>,
    run: &Run,
    scope: Scope,
    selection: &Selection,
) -> (Report, Suppressions, Tally) {
    let sources = worker.sources;
    let mut found = Report::new();
    let context = Context::read(worker, run, scope, &mut found);
    for rule in RULES {
        if let Some(check) = rule.check.filter(|_| is_asked(rule, scope)) {
            check(&context, &mut found);
        }
    }
    let mut suppressions = Suppressions::of(&context);
    let mut report = Report::new();
    let mut whole = None;
    let places = context.rendered.as_ref().map(|rendered| Places::new(rendered, sources));
    for diagnostic in found.diagnostics {
        let rule = find(diagnostic.rule);
        let is_told = match scope {
            Scope::All => !context.objects.is_partial || rule.is_none_or(|rule| !rule.needs_all),
            // Errors that prevented the computation of the values are relevant too; those of templates are not.
            Scope::Values => rule.is_none_or(|rule| matches!(rule.family, Family::Values | Family::Chart)),
        };
        let Some(mut diagnostic) = selection.apply(diagnostic).filter(|_| is_told) else {
            continue;
        };
        locate::locate(&mut diagnostic, &context, places.as_ref());
        if let (None, Some(path)) = (diagnostic.span, run.request.chart.path()) {
            // Code forges show only findings in files.
            diagnostic.span = Some(*whole.get_or_insert_with(|| chart_as_a_whole(context.system, path, sources)));
        }
        let is_off = |span: Span| selection.is_off_in(diagnostic.rule, Path::new(sources.get(span.file).name()));
        if !suppressions.silence(&diagnostic, sources) && !diagnostic.span.is_some_and(is_off) {
            report.push(diagnostic);
        }
    }
    told_once(&mut report);
    let is_whole = scope == Scope::Values || !context.objects.is_partial;
    suppressions.were_checked(|rule| {
        let is_sure = is_whole || (rule.family == Family::Values && !rule.needs_all);
        is_asked(rule, scope) && selection.is_on(rule) && is_sure
    });
    let tally = Tally::of(&context, run, scope);
    forget_rendered(&context, &report);
    (report, suppressions, tally)
}

/// Drops the rendered texts that no finding shows: with hundreds of values files they would fill the memory.
fn forget_rendered(context: &Context<'_>, report: &Report) {
    let places = |found: &Diagnostic| {
        let labels = found.labels.iter().map(|label| label.span.file);
        found
            .span
            .map(|span| span.file)
            .into_iter()
            .chain(labels)
            .collect::<Vec<_>>()
    };
    let shown: BTreeSet<FileId> = report.diagnostics.iter().flat_map(places).collect();
    let rendered = context.objects.files.keys();
    rendered
        .filter(|file| !shown.contains(*file))
        .for_each(|file| context.sources.forget(*file));
}

/// Drops a render error caused by an undefined template that is already reported: one cause, one finding.
fn told_once(report: &mut Report) {
    let is_undefined = |found: &&Diagnostic| found.rule == "undefined-template";
    let told: Vec<Cause> = report
        .diagnostics
        .iter()
        .filter(is_undefined)
        .filter_map(|found| found.cause.clone())
        .collect();
    let is_told = |found: &Diagnostic| found.cause.as_ref().is_some_and(|cause| told.contains(cause));
    report
        .diagnostics
        .retain(|found| is_undefined(&found) || !is_told(found));
}

/// The position of findings about a chart as a whole: the chart's Chart.yaml (which may not exist) or its archive.
fn chart_as_a_whole(system: &dyn System, path: &Path, sources: &Sources) -> Span {
    let is_archive = system.entry(path).is_ok_and(|entry| entry.kind == FileKind::File);
    let file = if is_archive {
        path.to_owned()
    } else {
        path.join("Chart.yaml")
    };
    let source = Source::new(file.display().to_string(), SourceKind::File, Vec::new());
    Span::file_start(sources.add(source))
}

/// The position and the rule of a finding.
pub(super) type Spot = (String, u32, u32, &'static str);

/// The spot of a finding.
pub(super) fn spot(diagnostic: &Diagnostic, sources: &Sources) -> Spot {
    let (name, start, end, rule, ..) = key(diagnostic, sources);
    (name, start, end, rule)
}

/// The identity of a finding: rule, position and message. Files are compared by name, because each run reads its own
/// copies.
pub(super) type Key = (String, u32, u32, &'static str, String, String);

/// The [`Key`] of a finding.
pub(super) fn key(diagnostic: &Diagnostic, sources: &Sources) -> Key {
    let (name, start, end) = match diagnostic.span {
        Some(Span { file, start, end }) => (sources.get(file).name().to_owned(), start, end),
        None => (String::new(), 0, 0),
    };
    let object = diagnostic
        .object
        .as_ref()
        .map(|object| format!("{} {}", object.kind, object.name));
    (
        name,
        start,
        end,
        diagnostic.rule,
        diagnostic.message.clone(),
        object.unwrap_or_default(),
    )
}
