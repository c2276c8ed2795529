//! Checks each object against the types of Kubernetes and of custom resources: places the findings of `promchart-k8s`.

use std::path::Path;

use promchart_k8s::{Crds, Severity, Side, Step, Version, check, is_defined};

use super::super::Context;
use super::super::object::{Object, to_json};
use diagnostics::{Diagnostic, ObjectRef, Report};
use goyaml::{Node, Value};
use source::{FileId, Source, SourceKind, Span};

/// The extensions of files with custom resource definitions.
const ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];
/// The rule for `--crds` paths that cannot be read.
const CRD: &str = "crd-file";

/// Checks every object of the release.
pub(in super::super) fn objects(context: &Context<'_>, report: &mut Report) {
    if context.objects.all.is_empty() {
        return;
    }
    let version = Version::parse(&context.request.capabilities.kube_version.normalized).unwrap_or(Version::LATEST);
    let crds = crds(context, report);
    for object in &context.objects.all {
        for problem in check(version, &crds, &object.json) {
            let span = place(&object.node, &problem.path, problem.side);
            let mut diagnostic = match problem.severity() {
                Severity::Error => Diagnostic::error(problem.rule, problem.message.clone()),
                Severity::Warning => Diagnostic::warning(problem.rule, problem.message.clone()),
            };
            let pointer = problem.pointer();
            if !pointer.is_empty() {
                diagnostic.message = format!("{pointer}: {}", diagnostic.message);
            }
            if let Some(other) = &problem.other {
                diagnostic = diagnostic.label(place(&object.node, other, Side::Value), "and this");
            }
            diagnostic.help = problem.help;
            report.push(object.fault(diagnostic, span));
        }
    }
}

/// The objects whose kind has no known definition.
pub(in super::super) fn undefined_kinds<'a>(context: &'a Context<'_>) -> Vec<&'a Object> {
    let custom: Vec<&Object> = context.objects.all.iter().filter(|object| !object.is_own()).collect();
    if custom.is_empty() {
        return custom;
    }
    let version = Version::parse(&context.request.capabilities.kube_version.normalized).unwrap_or(Version::LATEST);
    // Unreadable files have been reported already.
    let crds = crds(context, &mut Report::new());
    let is_undefined = |object: &&Object| {
        let ObjectRef { api_version, kind, .. } = &object.reference;
        !is_defined(version, &crds, api_version, kind)
    };
    custom.into_iter().filter(is_undefined).collect()
}

/// The custom resource definitions of the chart, in crds/ or as objects, and those of `--crds`.
pub(super) fn crds(context: &Context<'_>, report: &mut Report) -> Crds {
    let mut crds = Crds::default();
    let mut add = |file: FileId| {
        let source = context.sources.get(file);
        for document in goyaml::parse_all(&source, file, 0..source.text().len()).documents {
            crds.add(&to_json(&document.node));
        }
    };
    if let Some(chart) = &context.chart {
        for (_, file) in chart.chart.crds() {
            add(file.source(context.sources));
        }
    }
    for path in context.crds {
        match definitions(context, Path::new(path)) {
            Ok(files) => files.into_iter().for_each(|(name, text)| {
                add(context
                    .sources
                    .add(Source::new(name, SourceKind::File, text.into_bytes())));
            }),
            Err(error) => report.push(Diagnostic::error(CRD, format!("cannot read {path}: {error}"))),
        }
    }
    for object in &context.objects.all {
        if object.kind() == "CustomResourceDefinition" {
            crds.add(&object.json);
        }
    }
    crds
}

/// The files at a path; those of a folder in the order of their names.
pub(super) fn definitions(context: &Context<'_>, path: &Path) -> std::io::Result<Vec<(String, String)>> {
    let read = |path: &Path| {
        let bytes = context.system.read(path)?;
        Ok((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()))
    };
    if context.system.entry(path)?.kind != system::FileKind::Folder {
        return Ok(vec![read(path)?]);
    }
    let names = context.system.list(path)?;
    let is_definition = |name: &&String| ENDINGS.iter().any(|ending| name.ends_with(ending));
    names
        .iter()
        .filter(is_definition)
        .map(|name| read(&path.join(name)))
        .collect()
}

/// The place of a problem: the key or value at its path, or the closest existing parent.
pub(super) fn place(object: &Node, path: &[Step], side: Side) -> Span {
    let mut node = object;
    let first = ["kind", "apiVersion", "metadata"]
        .into_iter()
        .find_map(|key| object.as_map()?.get(key));
    let mut key = first.map_or(object.span, |entry| entry.key);
    for (at, step) in path.iter().enumerate() {
        match step {
            Step::Key(name) => match node.as_map().and_then(|map| map.get(name)) {
                Some(entry) => {
                    key = entry.key;
                    node = &entry.node;
                }
                None => return key,
            },
            Step::Index(index) => match node.as_list().and_then(|list| list.get(*index)) {
                Some(item) => {
                    key = first_key(item);
                    node = item;
                }
                None => return key,
            },
        }
        if at + 1 == path.len() && side == Side::Value && !is_collection(node) {
            // A value that is not written has no span of its own.
            return if node.span.start == node.span.end {
                key
            } else {
                node.span
            };
        }
    }
    key
}

fn is_collection(node: &Node) -> bool {
    matches!(node.value, Value::Map(_) | Value::List(_))
}

/// The first key of a mapping in source order; otherwise the node itself.
fn first_key(node: &Node) -> Span {
    let keys = node
        .as_map()
        .into_iter()
        .flat_map(goyaml::Map::iter)
        .map(|(_, entry)| entry.key);
    keys.min().unwrap_or(node.span)
}
