//! Moves findings from rendered text, which nobody can edit, to templates and values files.

use super::Context;
use crate::diagnostic::{Diagnostic, Label};
use crate::places::Places;
use crate::source::Span;

/// Rules whose faults are mended in the template even if the text at fault came from values.
const IN_TEMPLATES: [&str; 2] = ["exponent-number", "manifest-indent"];

/// Moves a diagnostic from the rendered text to where the fault can be mended.
///
/// The place is that of the value where the text at fault was set in a values file or flag, with a label at the template;
/// otherwise the template's, with labels at the calls that lead there. A value that is only likely to be the one, such as
/// one of several in a text, is a label at the template's place: that line is right in any case. Other labels go to the
/// value or the template too.
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
        // Its name may be set in a values file or made by a helper; what is missing belongs into its own template.
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

/// Whether a finding is about an object as a whole, which is shown at its name: not about the name itself.
fn is_whole(diagnostic: &Diagnostic, context: &Context<'_>) -> bool {
    let is_of_lint = super::registry::is_whole(diagnostic.rule);
    let at_name = |span: Span| context.objects.all.iter().any(|object| object.place() == span);
    is_of_lint && diagnostic.span.is_some_and(at_name)
}

/// Names the null in the values that a template could not look into.
fn label_null(diagnostic: &mut Diagnostic, context: &Context<'_>) {
    let Some(span) = diagnostic
        .span
        .filter(|_| diagnostic.message.starts_with("nil pointer evaluating"))
    else {
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
