//! Maps errors in rendered text to the template line that wrote it, and to the values.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::render::{Origin, Rendered};
use diagnostics::{Diagnostic, Label, Report};
use source::{SourceKind, Sources};

/// The maximum number of calls shown on the way to a place.
const MAX_CALLS: usize = 6;

/// Moves errors of [`crate::manifest::sort`] to the templates; the rendered text becomes a label. `traced` is the same render
/// repeated with origins. Errors in a file that rendered differently the second time, for example because of random
/// functions, stay where they are.
pub(crate) fn blame(errors: &mut Report, files: &BTreeMap<Arc<str>, String>, traced: &Rendered, sources: &Sources) {
    for error in &mut errors.diagnostics {
        let Some(span) = error.span else { continue };
        let source = sources.get(span.file);
        let name = source.name();
        let is_same = files.get(name).map(String::len) == traced.files.get(name).map(String::len);
        if source.kind() != SourceKind::Made || !is_same {
            continue;
        }
        if let Some(origin) = traced.origin(name, span.range()) {
            point(error, &origin);
            error.labels.push(Label {
                span,
                text: "this is what came out".to_owned(),
            });
        }
    }
}

/// Points a diagnostic at an origin.
fn point(diagnostic: &mut Diagnostic, origin: &Origin) {
    diagnostic.span = Some(origin.template);
    let label = |span, text: &str| Label {
        span,
        text: text.to_owned(),
    };
    if let Some(value) = origin.value {
        diagnostic.labels.push(label(value.value, "the value is set here"));
    }
    let calls = origin.calls.iter().take(MAX_CALLS);
    diagnostic
        .labels
        .extend(calls.map(|&call| label(call, "called from here")));
}
