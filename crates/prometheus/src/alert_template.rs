//! Templates in the labels and annotations of alerts: Go's template language with Prometheus' functions.

use super::check::Check;
use super::rules_table::TEMPLATE;
use diagnostics::Diagnostic;
use gostd::quote::quote;
use goyaml::Node;
use source::{FileId, Span};

/// The definitions that Prometheus prepends to each template; they declare its variables.
const DEFINITIONS: &str = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}\
                           {{$externalURL := .ExternalURL}}{{$value := .Value}}";

/// Prometheus' template functions and Go's builtins, sorted.
const FUNCTIONS: &[&str] = &[
    "and",
    "args",
    "call",
    "eq",
    "externalURL",
    "first",
    "ge",
    "graphLink",
    "gt",
    "html",
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "index",
    "js",
    "label",
    "le",
    "len",
    "lt",
    "match",
    "ne",
    "not",
    "now",
    "or",
    "parseDuration",
    "pathPrefix",
    "print",
    "printf",
    "println",
    "query",
    "reReplaceAll",
    "safeHtml",
    "slice",
    "sortByLabel",
    "stripDomain",
    "stripPort",
    "strvalue",
    "tableLink",
    "title",
    "tmpl",
    "toDuration",
    "toLower",
    "toTime",
    "toUpper",
    "urlQueryEscape",
    "urlquery",
    "value",
];

/// Checks the template in a scalar.
pub(super) fn check(check: &mut Check<'_>, alert: &str, node: &Node) {
    let Some(text) = check.text(node).filter(|text| text.contains("{{")) else {
        return;
    };
    let whole = format!("{DEFINITIONS}{text}");
    let is_function = |name: &str| FUNCTIONS.binary_search(&name).is_ok();
    let name = format!("__alert_{alert}");
    let Err(errors) = gotemplate::parse(&whole, FileId::NONE, &name, &is_function) else {
        return;
    };
    for error in errors.into_iter().take(super::rules_table::MOST_ERRORS) {
        let inside = |offset: u32| (offset as usize).saturating_sub(DEFINITIONS.len()).min(text.len());
        let span = |span: Span, check: &Check<'_>| check.within(node, &text, inside(span.start)..inside(span.end));
        let message = format!("error parsing template {name}: {}", error.message);
        // An unclosed action is fixed where it was opened, not at the end of the text.
        let place = span(error.opened.unwrap_or(error.span), check);
        let mut diagnostic = Diagnostic::error(TEMPLATE, message).at(place);
        if let Some(unknown) = &error.unknown_function
            && let Some(similar) = suggest::closest(unknown, FUNCTIONS.iter().copied())
        {
            diagnostic = diagnostic.help(format!("did you mean {}?", quote(similar)));
        }
        check.report.push(diagnostic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_sorted() {
        assert!(FUNCTIONS.is_sorted());
    }
}
