//! `tests/cel/`: objects, each with the verdict of a real API server. Anyone can add cases; `tests/cluster/cel.py`
//! records the verdicts.
//!
//! `resources/*.yaml` are definitions and custom resources, whose rules are evaluated here; `policies/*.yaml` are
//! policies and bindings with the objects that they need, followed by objects to review.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "reads the cases, and fails if it cannot"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use promchart_k8s::{Action, Admission, Crds, Severity, Version, check};
use serde_json::Value;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cel").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn documents(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    let documents = serde_yaml::Deserializer::from_str(&text);
    documents
        .map(|document| serde::Deserialize::deserialize(document).unwrap())
        .filter(|document: &Value| !document.is_null())
        .collect()
}

fn verdicts(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file.with_extension("json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn title(object: &Value) -> String {
    let name = object["metadata"]["name"].as_str().unwrap();
    format!("{} {name}", object["kind"].as_str().unwrap())
}

/// The server's field and message, without the prefix of the message.
fn said(cause: &Value) -> (String, String) {
    let message = cause["message"].as_str().unwrap();
    let message = message
        .split_once("value: ")
        .or_else(|| message.split_once("Forbidden: "))
        .map_or(message, |(_, message)| message);
    let mut message = message.to_owned();
    for value in ["\"object\": ", "\"array\": ", "\"string\": ", "\"integer\": "] {
        if let Some(rest) = message.strip_prefix(value) {
            message = rest.to_owned();
        }
    }
    (pointer(cause["field"].as_str().unwrap_or_default()), message)
}

/// Converts the server's path to promchart's notation; the server writes keys of maps in brackets.
fn pointer(field: &str) -> String {
    let mut out = String::new();
    let mut rest = field.trim_start_matches("<nil>");
    while let Some((before, behind)) = rest.split_once('[') {
        let (key, behind) = behind.split_once(']').unwrap();
        let is_index = key.bytes().all(|byte| byte.is_ascii_digit());
        out.push_str(before);
        out.push_str(&if is_index {
            format!("[{key}]")
        } else {
            format!(".{key}")
        });
        rest = behind;
    }
    out + rest
}

#[test]
fn rules_of_definitions_are_evaluated_as_the_server_does() {
    let (mut count, mut wrong) = (0, Vec::new());
    for file in files("resources") {
        let documents = documents(&file);
        let crds = Crds::from(&documents);
        let tried = documents
            .iter()
            .filter(|document| document["kind"] != "CustomResourceDefinition");
        for (object, verdict) in tried.zip(verdicts(&file)) {
            assert_eq!(title(object), verdict["object"], "{}: record it again", file.display());
            count += 1;
            let problems = check(Version::LATEST, &crds, object);
            let errors: Vec<_> = problems
                .iter()
                .filter(|problem| problem.severity() == Severity::Error && problem.rule != "unknown-field")
                // The verdicts are on objects that are created.
                .filter(|problem| {
                    !problem
                        .help
                        .as_ref()
                        .is_some_and(|help| help.starts_with("server-side apply"))
                })
                .collect();
            let unclear: Vec<_> = problems
                .iter()
                .filter(|problem| problem.rule == "unevaluated-expression")
                .collect();
            let causes: Vec<&Value> = verdict["causes"].as_array().into_iter().flatten().collect();
            let is_refused = verdict["status"].as_u64().unwrap() >= 300;
            // The location and message of each rule; the server puts the value before the message.
            let found: BTreeSet<(String, String)> = errors
                .iter()
                .map(|problem| (problem.pointer(), problem.message.clone()))
                .collect();
            let rules = causes.iter().filter(|cause| {
                let message = cause["message"].as_str().unwrap();
                let field = cause["field"].as_str().unwrap_or_default();
                // Of the schema's errors only the places are compared, and here only that there are some.
                if message.contains(" in body ") && !message.contains("must be of type") {
                    let place = pointer(field);
                    assert!(
                        found.iter().any(|(path, _)| *path == place),
                        "{}: {message}",
                        title(object)
                    );
                    return false;
                }
                if field.contains(".embedded") || message.contains("Checked value must be") {
                    return false;
                }
                // Schema errors are compared elsewhere; duplicates have no message; the messages about cost are
                // promchart's own.
                !message.contains("must be of type")
                    && !message.contains("some validation rules were not checked")
                    && !message.contains("cost limit")
                    && cause["reason"] != "FieldValueDuplicate"
            });
            for cause in rules {
                let (field, message) = said(cause);
                let is_found = found
                    .iter()
                    .any(|(path, own)| *path == field && (message == *own || message.ends_with(&format!(": {own}"))));
                if !is_found {
                    wrong.push(format!("{}: missed: {field}: {message}\n  {found:?}", title(object)));
                }
            }
            if is_refused == errors.is_empty() || errors.len() > causes.len() || !unclear.is_empty() {
                wrong.push(format!(
                    "{}: {}: {found:?} {unclear:?}\n  server: {causes:?}",
                    file.display(),
                    title(object)
                ));
            }
            let is_costly = causes
                .iter()
                .any(|cause| cause["message"].as_str().unwrap().contains("cost limit"));
            assert_eq!(
                is_costly,
                errors.iter().any(|problem| problem.rule == "costly-expression"),
                "{}",
                title(object)
            );
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 50, "only {count} objects");
}

#[test]
fn policies_say_what_the_server_says() {
    const SETUP: [&str; 4] = [
        "Namespace",
        "CustomResourceDefinition",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ];
    let (mut count, mut wrong) = (0, Vec::new());
    for file in files("policies") {
        let documents = documents(&file);
        let crds = Crds::from(&documents);
        let is_setup = |object: &Value| {
            SETUP.contains(&object["kind"].as_str().unwrap()) || object["metadata"]["labels"]["setup"] == "true"
        };
        let setup = documents.iter().filter(|object| is_setup(object));
        let admission = Admission::new(Version::LATEST, &crds, setup.map(|object| (object, "default")));
        let tried = documents.iter().filter(|object| !is_setup(object));
        for (object, recorded) in tried.zip(verdicts(&file)) {
            assert_eq!(title(object), recorded["object"], "{}: record it again", file.display());
            count += 1;
            let found = admission.review(object, "default");
            // The server reviews only the object itself.
            let found: Vec<_> = found.into_iter().filter(|verdict| !verdict.of_pod).collect();
            let said = |verdict: &promchart_k8s::Verdict| {
                let (policy, binding) = (&verdict.policy, &verdict.binding);
                match verdict.action {
                    Action::Deny | Action::Costly => format!(
                        "ValidatingAdmissionPolicy '{policy}' with binding '{binding}' denied request: {}",
                        verdict.message
                    ),
                    _ => format!(
                        "Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{binding}': {}",
                        verdict.message
                    ),
                }
            };
            let of = |actions: &[Action]| -> BTreeSet<String> {
                let of_them = found.iter().filter(|verdict| actions.contains(&verdict.action));
                of_them.map(said).collect()
            };
            let (denied, warned) = (of(&[Action::Deny, Action::Costly]), of(&[Action::Warn]));
            let message = recorded["message"].as_str().unwrap_or_default();
            let is_denied = recorded["status"].as_u64().unwrap() >= 300;
            // The server reports only the first denial.
            let is_told = !is_denied || denied.iter().any(|own| message.ends_with(own));
            let warnings = recorded["warnings"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let warnings: BTreeSet<String> = warnings
                .filter(|warning| warning.starts_with("Validation failed"))
                .map(str::to_owned)
                .collect();
            if is_denied == denied.is_empty() || !is_told || warnings != warned {
                wrong.push(format!(
                    "{}:\n  {found:?}\n  server: {message:?} {warnings:?}",
                    title(object)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 11, "only {count} objects");
}
