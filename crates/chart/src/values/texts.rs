//! Values that are templates: diagnostics in a text rendered by `tpl` are shown where the text is written.

use diagnostics::Report;
use goyaml::{Node, Value};
use source::{SourceKind, Sources, Span};

/// Moves spans in texts that `tpl` has rendered to the values in a file or flag that contain these texts. Spans in a
/// text that a template has put together are left unchanged.
pub fn locate_texts(report: &mut Report, values: &Node, sources: &Sources) {
    for diagnostic in &mut report.diagnostics {
        let spans = diagnostic.span.iter_mut();
        for span in spans.chain(diagnostic.labels.iter_mut().map(|label| &mut label.span)) {
            if let Some(place) = in_values(*span, values, sources) {
                *span = place;
            }
        }
    }
}

fn in_values(span: Span, values: &Node, sources: &Sources) -> Option<Span> {
    let rendered = sources.get(span.file);
    if rendered.kind() != SourceKind::Made || !rendered.text().contains("{{") {
        return None;
    }
    let mut stack = vec![values];
    while let Some(node) = stack.pop() {
        match &node.value {
            Value::String(text) if **text == *rendered.text() => {
                let written = sources.get(node.span.file);
                let place = goyaml::within(written.text(), node.span, text, span.range());
                return (written.kind() != SourceKind::Made).then_some(place);
            }
            Value::List(list) => stack.extend(list.iter().rev()),
            Value::Map(map) => stack.extend(map.iter().map(|(_, entry)| &entry.node)),
            _ => {}
        }
    }
    None
}
