//! Describes fields of Kubernetes' own kinds: type, documentation, versions, checks.

use std::fmt::Write as _;

use promchart_k8s::{Unknown, Version, describe, lifecycle};
use serde_json::json;

use super::object::EXPLAIN;
use super::screen::cut_at;
use super::{Answer, kinds};
use diagnostics::{Diagnostic, Result, closest};
use engine::objects::Query;

/// A field's text is no longer in the list of fields.
const MAX_TEXT: usize = 100;
/// So many names are suggested for a field that does not exist.
const MAX_NEAR: usize = 3;

/// Whether `KIND.PATH` begins with a kind of Kubernetes or of the Prometheus operator.
pub fn is_known_kind(question: &str) -> bool {
    let kind = kind_of(question);
    describe(Version::LATEST, &|known| kinds::is_kind(kind, known), None, &[]).is_ok()
}

/// The error for a field that does not exist, with the nearest names.
pub(super) fn no_field(holder: &str, name: &str, known: &[&str]) -> Diagnostic {
    let mut message = format!("`{holder}` has no field `{name}`");
    let wanted = name.to_lowercase();
    let is_near = |known: &&&str| {
        let known = known.to_lowercase();
        known != wanted && wanted.len() > 2 && (known.contains(&wanted) || wanted.contains(&known) && known.len() > 2)
    };
    let close = closest(name, known.iter().copied());
    let near = close.into_iter().chain(known.iter().filter(is_near).copied());
    let mut seen = std::collections::BTreeSet::new();
    let near: Vec<String> = near
        .filter(|name| seen.insert(*name))
        .take(MAX_NEAR)
        .map(|name| format!("`{name}`"))
        .collect();
    if !near.is_empty() {
        message.push_str(&format!("; did you mean {}?", near.join(" or ")));
    }
    let help = if known.is_empty() {
        "it is not an object with fields that are known".to_owned()
    } else {
        format!("it has {}", known.join(", "))
    };
    Diagnostic::error(EXPLAIN, message).help(help)
}

fn kind_of(question: &str) -> &str {
    question.split(['.', '[']).next().unwrap_or_default()
}

/// Answers `explain KIND.PATH`, of a version of Kubernetes and perhaps of one apiVersion.
///
/// # Errors
/// If there is no such kind or field.
pub fn kubernetes(question: &str, version: Version, api_version: Option<&str>) -> Result<Answer> {
    let kind = kind_of(question);
    let query = Query::parse(question).map_err(|error| Diagnostic::error(EXPLAIN, error))?;
    // Items of lists have the fields of the list.
    let path: Vec<&str> = query.keys().skip(1).collect();
    let found = match describe(version, &|known| kinds::is_kind(kind, known), api_version, &path) {
        Ok(found) => found,
        Err(Unknown::Kind) => {
            let with = api_version.map(|version| format!(" in {version}")).unwrap_or_default();
            let message = format!("Kubernetes {} has no kind `{kind}`{with}", version.known());
            let help =
                "kinds of Kubernetes 1.33 to 1.37 and of the Prometheus operator are known; --crds FILE adds others";
            return Err(Diagnostic::error(EXPLAIN, message).help(help).into());
        }
        Err(Unknown::Field(reached, name, known)) => {
            let holder = [&[kind][..], &reached].concat().join(".");
            return Err(no_field(&holder, &name, &known).into());
        }
    };
    let mut text = [&[found.kind][..], &found.path].concat().join(".");
    let _ = writeln!(text, "  ({}, Kubernetes {})", found.api_version, version.known());
    if let Some(words) = found.text {
        let _ = writeln!(text, "  {words}");
    }
    text.push('\n');
    let required = if found.is_required { ", required" } else { "" };
    let _ = writeln!(text, "  type       {}{required}", found.type_name);
    match (found.since, found.until) {
        (Some(since), Some(until)) => drop(writeln!(text, "  versions   Kubernetes {since} to {until}")),
        (Some(since), None) => drop(writeln!(text, "  versions   since Kubernetes {since}")),
        (None, Some(until)) => drop(writeln!(text, "  versions   up to Kubernetes {until}")),
        (None, None) => {}
    }
    if found.path.is_empty() {
        if let Some(life) = lifecycle(found.api_version, found.kind) {
            let mut parts = Vec::new();
            parts.extend(life.introduced.map(|version| format!("since Kubernetes {version}")));
            parts.extend(life.deprecated.map(|version| format!("deprecated in {version}")));
            parts.extend(life.removed.map(|version| format!("removed in {version}")));
            parts.extend(
                life.replacement
                    .map(|(api_version, kind)| format!("use {kind} of {api_version}")),
            );
            let _ = writeln!(text, "  versions   {}", parts.join(", "));
        }
        if !found.others.is_empty() {
            let _ = writeln!(text, "  also in    {}", found.others.join(", "));
        }
    }
    for (rule, must) in &found.checks {
        let _ = writeln!(text, "  checked    {must}   ({rule})");
    }
    if let Some(whole) = found.checked_whole {
        let _ = writeln!(text, "  checked    further rules look at the {whole} as a whole");
    }
    if !found.fields.is_empty() {
        text.push_str("\n  fields (! is required)\n");
        let name = |field: &promchart_k8s::Below| format!("{}{}", field.name, if field.is_required { "!" } else { "" });
        let width = found
            .fields
            .iter()
            .map(|field| name(field).len())
            .max()
            .unwrap_or_default();
        for field in &found.fields {
            let _ = writeln!(text, "    {:width$}  {}", name(field), field.type_name);
            if let Some(words) = field.text {
                let _ = writeln!(text, "    {:width$}    {}", "", cut_at(words, MAX_TEXT));
            }
        }
    }
    let fields = found.fields.iter().map(
        |field| json!({"name": field.name, "type": field.type_name, "required": field.is_required, "text": field.text}),
    );
    let json = json!({
        "apiVersion": found.api_version,
        "kind": found.kind,
        "path": found.path.join("."),
        "kubernetes": version.known().to_string(),
        "type": found.type_name,
        "required": found.is_required,
        "text": found.text,
        "since": found.since.map(|version| version.to_string()),
        "until": found.until.map(|version| version.to_string()),
        "also_in": found.others,
        "checks": found.checks.iter().map(|(rule, must)| json!({"rule": rule, "must": must})).collect::<Vec<_>>(),
        "fields": fields.collect::<Vec<_>>(),
    });
    Ok(Answer {
        text,
        json: vec![json],
        is_finding: false,
    })
}
