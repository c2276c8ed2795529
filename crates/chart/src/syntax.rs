//! YAML errors as diagnostics.

use diagnostics::Diagnostic;
use goyaml::YamlError;
use source::{FileId, Span};

/// A YAML error as a diagnostic of the given rule: the cause at its place in `file`, and Go's message as Helm's.
pub fn syntax_error(error: &YamlError, rule: &'static str, file: FileId) -> Diagnostic {
    let diagnostic = Diagnostic::error(rule, error.cause()).helm(&error.message);
    match &error.span {
        Some(range) => diagnostic.at(Span::new(file, range.start, range.end)),
        None => diagnostic,
    }
}
