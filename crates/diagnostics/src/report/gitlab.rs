//! GitLab's code quality report.

use serde_json::{Value as Json, json};

use super::{fingerprint, in_file, one_line};
use crate::{Report, Severity};
use source::Sources;

pub(super) fn write(report: &Report, sources: &Sources) -> String {
    let mut seen: Vec<String> = Vec::new();
    let findings: Vec<Json> = report
        .diagnostics
        .iter()
        .map(|found| {
            let severity = match found.severity {
                Severity::Error => "critical",
                Severity::Warning => "minor",
                Severity::Info => "info",
            };
            // GitLab drops all but one of the findings with the same fingerprint.
            let own = fingerprint(found, sources);
            let times = seen.iter().filter(|known| **known == own).count();
            let unique = if times == 0 {
                own.clone()
            } else {
                format!("{own}-{times}")
            };
            seen.push(own);
            // The format requires a path, but flags on the command line have no file.
            let place = in_file(found, sources);
            let (path, line) = place.map_or_else(|| (".".to_owned(), 1), |place| (place.file, place.line));
            json!({
                "description": one_line(found),
                "check_name": found.rule,
                "fingerprint": unique,
                "severity": severity,
                "location": {"path": path.trim_start_matches("./"), "lines": {"begin": line}},
            })
        })
        .collect();
    format!("{:#}\n", Json::from(findings))
}
