//! GitHub workflow commands: each becomes an annotation at its line.

use super::{in_file, one_line};
use crate::{Report, Severity};
use source::Sources;

pub(super) fn write(report: &Report, sources: &Sources) -> String {
    let mut out = String::new();
    for found in &report.diagnostics {
        let command = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut properties = Vec::new();
        if let Some(place) = in_file(found, sources) {
            properties.push(format!("file={}", property(place.file.trim_start_matches("./"))));
            properties.push(format!("line={}", place.line));
            properties.push(format!("endLine={}", place.end_line));
            // Columns are allowed only within a single line.
            if place.line == place.end_line {
                properties.push(format!("col={}", place.column));
                properties.push(format!("endColumn={}", place.end_column));
            }
        }
        properties.push(format!("title={}", property(found.rule)));
        out.push_str(&format!(
            "::{command} {}::{}\n",
            properties.join(","),
            data(&one_line(found))
        ));
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
