//! `ValidatingAdmissionPolicies` of the chart and of `--policies`, evaluated on the objects of the release.

use std::path::Path;

use promchart_k8s::{Action, Admission, Side, Version};
use serde_json::Value as Json;

use super::super::Context;
use super::super::custom::files;
use super::super::object::to_json;
use super::kubernetes::{crds, place};
use diagnostics::{Diagnostic, Report};
use source::{Source, SourceKind, Span};

/// Evaluates all effective policies on every object.
pub(in super::super) fn check(context: &Context<'_>, report: &mut Report) {
    let given = given(context, report);
    let is_policy = |json: &Json| {
        json["kind"]
            .as_str()
            .is_some_and(|kind| kind.starts_with("ValidatingAdmissionPolicy"))
    };
    let rendered = &context.objects.all;
    if !given.iter().any(|(json, _)| is_policy(json)) && !rendered.iter().any(|object| is_policy(&object.json)) {
        return;
    }
    let version = Version::parse(&context.request.capabilities.kube_version.normalized).unwrap_or(Version::LATEST);
    // Unreadable definitions have been reported already.
    let crds = crds(context, &mut Report::new()).with(given.iter().map(|(json, _)| json));
    let of_release = rendered.iter().map(|object| (&object.json, object.namespace()));
    let of_files = given.iter().map(|(json, _)| (json, "default"));
    let admission = Admission::new(version, &crds, of_files.chain(of_release));
    let span_of = |kind: &str, name: &str| {
        let of_release = rendered
            .iter()
            .find(|object| object.kind() == kind && object.name() == name);
        let of_file = || {
            given
                .iter()
                .find(|(json, _)| json["kind"] == kind && json["metadata"]["name"] == name)
        };
        of_release
            .map(super::super::Object::place)
            .or_else(|| of_file().map(|(_, span)| *span))
    };
    for name in admission.unbound() {
        let message = format!("no binding puts the policy `{name}` in force: it does nothing");
        let diagnostic = Diagnostic::warning("unbound-policy", message);
        report.push(match span_of("ValidatingAdmissionPolicy", name) {
            Some(span) => diagnostic.at(span),
            None => diagnostic,
        });
    }
    for (binding, policy) in admission.without_policy() {
        let message = format!("the policy `{policy}` of the binding `{binding}` is not here, so it was not evaluated");
        let diagnostic = Diagnostic::warning("unevaluated-expression", message);
        report.push(match span_of("ValidatingAdmissionPolicyBinding", binding) {
            Some(span) => diagnostic.at(span),
            None => diagnostic,
        });
    }
    for object in rendered {
        for verdict in admission.review(&object.json, object.namespace()) {
            let of = format!(
                "ValidatingAdmissionPolicy '{}' with binding '{}'",
                verdict.policy, verdict.binding
            );
            let what = if verdict.of_pod {
                "the pods that it makes"
            } else {
                "the object"
            };
            let message = &verdict.message;
            let mut diagnostic = match verdict.action {
                Action::Deny => Diagnostic::error("denied-by-policy", format!("{of} denies {what}: {message}")),
                Action::Costly => Diagnostic::error(
                    "costly-expression",
                    format!("{of} denies {what}, as it was not evaluated: cost: {message}"),
                ),
                Action::Warn => Diagnostic::warning("policy-warning", format!("{of} warns of {what}: {message}")),
                Action::Audit => Diagnostic::info("policy-audit", format!("{of} notes of {what}: {message}")),
                Action::Unevaluated => Diagnostic::warning(
                    "unevaluated-expression",
                    format!("{of} was not evaluated for {what}: {message}"),
                ),
            };
            diagnostic.help = verdict.expression.map(|text| format!("the expression is `{text}`"));
            let span = place(&object.node, &verdict.path, Side::Value);
            report.push(object.fault(diagnostic, span));
        }
    }
}

/// The objects in the files of `--policies`, with their places.
fn given(context: &Context<'_>, report: &mut Report) -> Vec<(Json, Span)> {
    let mut found = Vec::new();
    for path in context.policies {
        let files = match files(context.system, Path::new(path)) {
            Ok(files) => files,
            Err(error) => {
                report.push(Diagnostic::error(
                    "unevaluated-expression",
                    format!("cannot read the policies of {path}: {error}"),
                ));
                continue;
            }
        };
        for (name, text) in files {
            let file = context
                .sources
                .add(Source::new(name, SourceKind::File, text.into_bytes()));
            let source = context.sources.get(file);
            let parsed = goyaml::parse_all(&source, file, 0..source.text().len());
            if let Some(error) = parsed.error {
                report.push(chart::syntax_error(&error, "unevaluated-expression", file));
            }
            for document in parsed.documents {
                found.push((to_json(&document.node), document.node.span));
            }
        }
    }
    found
}
