//! Findings about dependencies.

use diagnostics::{Diagnostic, Report};
use source::Span;

/// The rule for dependencies that do not match Chart.yaml.
pub const DEPENDENCY: &str = "chart-dependency";

/// Adds the line that Helm logs.
pub(super) fn log(report: &mut Report, message: &str, attributes: &str, span: Option<Span>) {
    let mut diagnostic = Diagnostic::warning(DEPENDENCY, format!("{message}: {attributes}"))
        .helm(format!("level=WARN msg=\"{message}\" {attributes}"));
    diagnostic.span = span;
    report.push(diagnostic);
}
