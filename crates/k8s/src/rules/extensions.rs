//! CustomResourceDefinitions: `apiextensions-apiserver/pkg/apis/apiextensions/validation`.

use serde_json::{Map, Value};

use super::{Check, each_object, forbids, is_set, items, needs, object, says_something, string, structural};
use crate::formats::shown;
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("apiextensions.v1.CustomResourceColumnDefinition", column),
    ("apiextensions.v1.CustomResourceConversion", conversion),
    ("apiextensions.v1.CustomResourceDefinition", definition),
    ("apiextensions.v1.CustomResourceDefinitionNames", kinds),
    ("apiextensions.v1.CustomResourceDefinitionSpec", versions),
    ("apiextensions.v1.CustomResourceDefinitionVersion", version),
    ("apiextensions.v1.CustomResourceSubresourceScale", scale),
    ("apiextensions.v1.WebhookConversion", webhook),
];

const APPROVED: &str = "api-approved.kubernetes.io";

/// The name consists of the plural and the group; groups of Kubernetes are reserved for approved APIs.
fn definition<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let meta = object(map, "metadata");
    let name = meta.and_then(|meta| string(meta, "name"));
    let spec = object(map, "spec");
    let group = spec.and_then(|spec| string(spec, "group"));
    let plural = spec.and_then(|spec| string(object(spec, "names")?, "plural"));
    if let (Some(name), Some(group), Some(plural)) = (name, group, plural)
        && name != format!("{plural}.{group}")
    {
        walker.below(Position::Key("metadata"), |walker| {
            walker.fault_at(
                "name",
                "bad-name",
                format!("the name must be the plural and the group: `{plural}.{group}`"),
            );
        });
    }
    let Some(group) = group else { return };
    let of_kubernetes = ["k8s.io", "kubernetes.io"]
        .into_iter()
        .any(|domain| group == domain || group.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')));
    if !of_kubernetes {
        return;
    }
    let approval = meta
        .and_then(|meta| object(meta, "annotations"))
        .and_then(|annotations| string(annotations, APPROVED))
        .unwrap_or_default();
    if approval.starts_with("unapproved") || approval.split_once("://").is_some_and(|(_, host)| !host.is_empty()) {
        return;
    }
    walker.below(Position::Key("metadata"), |walker| {
        walker
            .fault(
                Side::Key,
                "missing-required-field",
                format!(
                    "`{}` is a group of Kubernetes: the annotation `{APPROVED}` is missing",
                    shown(group)
                ),
            )
            .help = Some("a URL of its approval, or a text that starts with `unapproved`".to_owned());
    });
}

fn kinds<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let (Some(kind), Some(list)) = (string(map, "kind"), string(map, "listKind"))
        && !kind.is_empty()
        && kind == list
    {
        walker.fault_at("listKind", "bad-name", "`listKind` must not be the same as `kind`");
    }
}

/// Checks that exactly one version is stored and each has a schema.
fn versions<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let versions = items(map, "versions");
    let stored = versions
        .iter()
        .filter(|version| version["storage"] == Value::Bool(true))
        .count();
    if stored != 1 && !versions.is_empty() {
        walker.fault(
            Side::Key,
            "field-conflict",
            format!("{stored} versions have `storage: true`, one must"),
        );
    }
    if map.get("preserveUnknownFields") == Some(&Value::Bool(true)) {
        walker
            .fault_at("preserveUnknownFields", "field-conflict", "it cannot be true any more")
            .help = Some("set `x-kubernetes-preserve-unknown-fields: true` in the schemas".to_owned());
    }
    for (index, version) in versions.iter().enumerate() {
        let Some(version) = version.as_object() else { continue };
        if object(version, "schema").is_none_or(|schema| object(schema, "openAPIV3Schema").is_none()) {
            walker.below(Position::Key("versions"), |walker| {
                walker.below(Position::Index(index), |walker| {
                    walker.missing("schema.openAPIV3Schema");
                });
            });
        }
    }
}

/// The maximum number of selectable fields.
const MOST_SELECTABLE: usize = 8;

fn version<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    deprecation(walker, map);
    let Some(schema) = object(map, "schema").and_then(|schema| object(schema, "openAPIV3Schema")) else {
        return;
    };
    let has_status = object(map, "subresources").is_some_and(|resources| is_set(resources, "status"));
    walker.below(Position::Key("schema"), |walker| {
        walker.below(Position::Key("openAPIV3Schema"), |walker| {
            structural::check(walker, schema, has_status);
        });
    });
    let mut seen = std::collections::BTreeSet::new();
    each_object(walker, map, "selectableFields", |walker, field| {
        let Some(path) = string(field, "jsonPath") else { return };
        let reason = if path.is_empty() {
            "it is empty"
        } else {
            match structural::field_at(schema, path) {
                None => "the schema has no such field",
                Some(_) if path == ".metadata" || path.starts_with(".metadata.") => "metadata cannot be selected by",
                Some(found) if !matches!(string(found, "type"), Some("string" | "boolean" | "integer")) => {
                    "the field is no string, boolean or integer"
                }
                Some(_) if !seen.insert(path) => {
                    let message = format!("another item has the jsonPath `{}`", shown(path));
                    walker.fault_at("jsonPath", "duplicate-item", message);
                    return;
                }
                Some(_) => return,
            }
        };
        let message = format!("`{}` cannot be selected by: {reason}", shown(path));
        walker.fault_at("jsonPath", "bad-path", message);
    });
    if seen.len() > MOST_SELECTABLE {
        let message = format!("it has {} items, at most {MOST_SELECTABLE} are allowed", seen.len());
        walker.fault_at("selectableFields", "bad-size", message);
    }
}

fn deprecation<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(warning) = string(map, "deprecationWarning") else {
        return;
    };
    if map.get("deprecated") != Some(&Value::Bool(true)) {
        forbids(walker, map, "deprecationWarning", "without `deprecated: true`");
    } else if warning.is_empty() || warning.len() > 256 {
        let message = format!("it has {} characters, from 1 to 256 are allowed", warning.len());
        walker.fault_at("deprecationWarning", "bad-size", message);
    } else if let Some(bad) = warning.chars().find(|c| c.is_control()) {
        walker.fault_at("deprecationWarning", "bad-pattern", format!("it has {bad:?}"));
    }
}

fn column<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    path(walker, map, "jsonPath", &["."]);
}

fn scale<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    path(walker, map, "specReplicasPath", &[".spec."]);
    path(walker, map, "statusReplicasPath", &[".status."]);
    if says_something(map, "labelSelectorPath") {
        path(walker, map, "labelSelectorPath", &[".spec.", ".status."]);
    }
}

/// Checks that a path starts with one of the texts.
fn path<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str, starts: &[&str]) {
    let Some(text) = string(map, field) else { return };
    if text.is_empty() {
        needs(walker, map, field);
    } else if !starts.iter().any(|start| text.starts_with(start)) {
        let starts = suggest::one_of(starts.iter().copied());
        let message = format!("`{}` does not start with {starts}", shown(text));
        walker.fault_at(field, "bad-path", message);
    }
}

fn conversion<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    match string(map, "strategy") {
        Some("Webhook") if !is_set(map, "webhook") => {
            walker.missing("webhook").help = Some("`strategy: Webhook` needs it".to_owned());
        }
        Some("None") => forbids(walker, map, "webhook", "with `strategy: None`"),
        _ => {}
    }
    if let Some(webhook) = object(map, "webhook")
        && !is_set(webhook, "clientConfig")
    {
        walker.below(Position::Key("webhook"), |walker| {
            walker.missing("clientConfig");
        });
    }
}

fn webhook<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    super::admission::reviews(walker, map, "conversionReviewVersions");
}
