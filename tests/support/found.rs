//! The findings in a file of Prometheus.

use promchart::diagnostic::Report;
use promchart::prometheus::{Kind, check_file};
use promchart::source::{Source, SourceKind, Sources};

/// Checks a file; without a kind, its content tells the kind.
pub(crate) fn checked(name: &str, text: String, kind: Option<Kind>) -> (Sources, Report) {
    let sources = Sources::new();
    let file = sources.add(Source::new(name, SourceKind::File, text.into_bytes()));
    let report = check_file(&sources, file, kind);
    (sources, report)
}

/// `rule line:column message` of each finding.
pub(crate) fn lines(sources: &Sources, report: &Report) -> Vec<String> {
    let found = report.diagnostics.iter();
    found
        .map(|found| {
            let place = found.span.unwrap();
            let at = sources.get(place.file).line_column(place.start);
            format!("{} {}:{} {}", found.rule, at.line, at.column, found.message)
        })
        .collect()
}
