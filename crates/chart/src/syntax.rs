//! YAML errors as diagnostics.

use diagnostics::Diagnostic;
use goyaml::YamlError;
use source::{FileId, Span};

/// Converts a YAML error to a diagnostic of the given rule. The message is the cause, at its place in `file`; Helm's
/// text is Go's message.
pub fn syntax_error(error: &YamlError, rule: &'static str, file: FileId) -> Diagnostic {
    let diagnostic = Diagnostic::error(rule, error.cause()).helm(&error.message);
    match &error.span {
        Some(range) => diagnostic.at(Span::new(file, range.start, range.end)),
        None => diagnostic,
    }
}
