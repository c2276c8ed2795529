//! JSON, as `schema/report.schema.json` describes it.

use serde_json::{Map, Value as Json, json};

use super::{Check, Place, Reach, fingerprint};
use crate::{Diagnostic, Report, Severity};
use source::{SourceKind, Sources, Span};

pub(super) fn write(report: &Report, checks: &[Check], reach: Option<Reach>, sources: &Sources) -> String {
    let count = |severity: Severity| {
        report
            .diagnostics
            .iter()
            .filter(|found| found.severity == severity)
            .count()
    };
    let findings: Vec<Json> = report.diagnostics.iter().map(|found| finding(found, sources)).collect();
    let mut json = json!({
        "version": 1,
        "tool": {"name": "promchart", "version": env!("CARGO_PKG_VERSION")},
        "summary": {
            "errors": count(Severity::Error),
            "warnings": count(Severity::Warning),
            "infos": count(Severity::Info),
        },
        "findings": findings,
    });
    if let Some(reach) = reach.filter(|reach| reach.without_object + reach.not_taken > 0) {
        json["notReached"] = json!({
            "templates": reach.without_object,
            "templatesInAll": reach.templates,
            "branches": reach.not_taken,
            "branchesInAll": reach.branches,
        });
    }
    if !checks.is_empty() {
        json["checks"] = checks.iter().map(check).collect();
    }
    format!("{json:#}\n")
}

fn check(check: &Check) -> Json {
    json!({"file": check.file, "subject": check.subject, "state": check.state, "detail": check.detail})
}

fn finding(diagnostic: &Diagnostic, sources: &Sources) -> Json {
    let mut json = Map::new();
    let mut add = |key: &str, value: Json| json.insert(key.to_owned(), value);
    add("rule", diagnostic.rule.into());
    add("severity", diagnostic.severity.as_str().into());
    add("message", diagnostic.message.as_str().into());
    if let Some(help) = &diagnostic.help {
        add("help", help.as_str().into());
    }
    if let Some(helm) = &diagnostic.helm {
        add("helm", helm.as_str().into());
    }
    if let Some(span) = diagnostic.span {
        add("place", place(span, sources).into());
    }
    if !diagnostic.labels.is_empty() {
        let related = diagnostic.labels.iter().map(|label| {
            let mut json = place(label.span, sources);
            json.insert("text".to_owned(), label.text.as_str().into());
            Json::from(json)
        });
        add("related", related.collect());
    }
    if let Some(object) = &diagnostic.object {
        let object = json!({
            "apiVersion": object.api_version,
            "kind": object.kind,
            "namespace": object.namespace,
            "name": object.name,
        });
        add("object", object);
    }
    if !diagnostic.runs.is_empty() {
        add("runs", diagnostic.runs.iter().map(|run| Json::from(&**run)).collect());
    }
    add("fingerprint", fingerprint(diagnostic, sources).into());
    json.into()
}

fn place(span: Span, sources: &Sources) -> Map<String, Json> {
    let place = Place::of(span, sources);
    let kind = match place.kind {
        SourceKind::File => "file",
        SourceKind::Flag => "flag",
        SourceKind::Made => "rendered",
    };
    let mut json = Map::new();
    json.insert("file".to_owned(), place.file.into());
    json.insert("kind".to_owned(), kind.into());
    for (key, number) in [
        ("line", place.line),
        ("column", place.column),
        ("endLine", place.end_line),
        ("endColumn", place.end_column),
    ] {
        json.insert(key.to_owned(), number.into());
    }
    json
}
