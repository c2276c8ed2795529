//! Maps findings from rendered text, which cannot be edited, to templates and values files.

use super::Context;
use diagnostics::{Cause, Diagnostic, Label};
use engine::places::Places;
use source::Span;

/// Rules whose faults are fixed in the template even if the faulty text came from values.
const IN_TEMPLATES: [&str; 2] = ["exponent-number", "manifest-indent"];

/// Maps a diagnostic from the rendered text to the place where the fault can be fixed.
///
/// If the faulty text was set in a values file or flag, that is the position, with a label at the template. Otherwise
/// the position is in the template, with labels at the calls that lead there. An uncertain value, such as one of
/// several in a text, is a label at the template's position, which is correct in any case. Other labels are mapped in
/// the same way.
pub(super) fn locate(diagnostic: &mut Diagnostic, context: &Context<'_>, places: Option<&Places<'_>>) {
    label_null(diagnostic, context);
    let Some(places) = places else { return };
    for label in &mut diagnostic.labels {
        if let Some(place) = places.of(label.span) {
            label.span = place.set_at().filter(|_| place.is_certain).unwrap_or(place.template);
        }
    }
    let Some(place) = diagnostic.span.and_then(|span| places.of(span)) else {
        return;
    };
    if is_whole(diagnostic, context) {
        // The object's name may come from a values file or a helper; a missing field belongs in the object's own
        // template.
        diagnostic.span = Some(place.calls.last().copied().unwrap_or(place.template));
        return;
    }
    let mut labels = Vec::new();
    let mut label = |span: Span, text: &str| {
        labels.push(Label {
            span,
            text: text.to_owned(),
        });
    };
    match place.set_at() {
        Some(value) if place.is_certain && IN_TEMPLATES.contains(&diagnostic.rule) => {
            diagnostic.span = Some(place.template);
            label(value, "set here");
        }
        Some(value) if place.is_certain => {
            diagnostic.span = Some(value);
            label(place.template, "written here");
        }
        likely => {
            diagnostic.span = Some(place.template);
            likely.into_iter().for_each(|value| label(value, "probably from here"));
            place.calls.iter().for_each(|call| label(*call, "called from here"));
        }
    }
    labels.append(&mut diagnostic.labels);
    diagnostic.labels = labels;
}

/// Whether a finding is about an object as a whole, shown at its name, rather than about the name itself.
fn is_whole(diagnostic: &Diagnostic, context: &Context<'_>) -> bool {
    let is_of_lint = super::registry::is_whole(diagnostic.rule);
    let at_name = |span: Span| context.objects.all.iter().any(|object| object.place() == span);
    is_of_lint && diagnostic.span.is_some_and(at_name)
}

/// Names the null value whose field a template could not read.
fn label_null(diagnostic: &mut Diagnostic, context: &Context<'_>) {
    let Some(span) = diagnostic.span.filter(|_| diagnostic.cause == Some(Cause::NilPointer)) else {
        return;
    };
    let source = context.sources.get(span.file);
    let written = source.text().get(span.range()).unwrap_or_default();
    let Some(path) = written.trim_start_matches('$').strip_prefix(".Values.") else {
        return;
    };
    let defaults = context.chart.iter().map(|chart| &chart.chart.values);
    for root in [&context.given].into_iter().chain(defaults) {
        let mut node = root;
        for step in path.split('.') {
            let Some(entry) = node.as_map().and_then(|map| map.get(step)) else {
                break;
            };
            if entry.node.is_null() {
                diagnostic.labels.push(Label {
                    span: entry.key,
                    text: "this is null".to_owned(),
                });
                return;
            }
            node = &entry.node;
        }
    }
}
