//! SARIF 2.1.0, for GitHub code scanning and editors.

use serde_json::{Value as Json, json};

use super::{Place, RuleInfo, fingerprint, in_file, one_line};
use crate::{Diagnostic, Report, Severity};
use source::{SourceKind, Sources, Span};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(report: &Report, sources: &Sources, rules: &[RuleInfo]) -> String {
    let mut used: Vec<&'static str> = report.diagnostics.iter().map(|found| found.rule).collect();
    used.sort_unstable();
    used.dedup();
    let described: Vec<Json> = used
        .iter()
        .map(|id| match rules.iter().find(|rule| rule.id == *id) {
            Some(rule) => json!({
                "id": id,
                "shortDescription": {"text": rule.summary},
                "help": {"text": rule.page, "markdown": rule.page},
                "defaultConfiguration": {"level": level(rule.severity)},
                "properties": {"tags": [rule.family]},
            }),
            None => json!({"id": id}),
        })
        .collect();
    let results: Vec<Json> = report
        .diagnostics
        .iter()
        .map(|found| result(found, used.iter().position(|id| *id == found.rule), sources))
        .collect();
    let json = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "promchart",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": described,
            }},
            // Columns count characters.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{json:#}\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(diagnostic: &Diagnostic, rule: Option<usize>, sources: &Sources) -> Json {
    let mut json = json!({
        "ruleId": diagnostic.rule,
        "level": level(diagnostic.severity),
        "message": {"text": one_line(diagnostic)},
        "partialFingerprints": {"promchart/v1": fingerprint(diagnostic, sources)},
    });
    if let Some(index) = rule {
        json["ruleIndex"] = index.into();
    }
    if let Some(span) = diagnostic.span {
        let mut place = in_file(diagnostic, sources).map_or_else(|| location(span, sources), |place| physical(&place));
        if let Some(object) = &diagnostic.object {
            let name = format!("{}/{}/{}", object.namespace, object.kind, object.name);
            place["logicalLocations"] = json!([{"fullyQualifiedName": name, "kind": "resource"}]);
        }
        json["locations"] = json!([place]);
    }
    if !diagnostic.labels.is_empty() {
        let related = diagnostic.labels.iter().enumerate().map(|(id, label)| {
            let mut place = location(label.span, sources);
            place["id"] = id.into();
            place["message"] = json!({"text": label.text});
            place
        });
        json["relatedLocations"] = related.collect();
    }
    json
}

fn location(span: Span, sources: &Sources) -> Json {
    let place = Place::of(span, sources);
    if place.kind == SourceKind::Flag {
        // A flag has no file, so only its text can be shown.
        return json!({"message": {"text": place.file}});
    }
    physical(&place)
}

fn physical(place: &Place) -> Json {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(&place.file)},
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    }})
}

/// Converts a path to a URI reference.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' | b'+' | b'@' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
