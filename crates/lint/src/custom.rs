//! The custom resource definitions of a chart and of `--crds`.

use std::path::Path;
use std::sync::Arc;

use promchart_k8s::Crds;

use super::object::{text, to_json};
use chart::Chart;
use diagnostics::{Diagnostic, Report};
use goyaml::Node;
use source::{FileId, Source, SourceKind, Sources};
use system::{FileKind, System};

/// The rule for files of crds/, and for `--crds` paths that cannot be read.
const CRD: &str = "crd-file";
/// The extensions of files with custom resource definitions.
const ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];

/// The custom resource definitions in crds/ and `--crds`.
#[derive(Debug)]
pub(super) struct Custom {
    pub(super) crds: Arc<Crds>,
    /// The errors in the files of crds/.
    pub(super) faults: Report,
    /// The paths of `--crds` that cannot be read.
    pub(super) unreadable: Report,
}

impl Custom {
    /// Reads the definitions of a chart and its subcharts, and those of paths.
    pub(super) fn read(system: &dyn System, chart: Option<&Chart>, paths: &[String], sources: &Sources) -> Self {
        let mut crds = Crds::default();
        let (mut faults, mut unreadable) = (Report::new(), Report::new());
        for (_, file) in chart.map(Chart::crds).unwrap_or_default() {
            add(sources, file.source(sources), &mut crds, Some(&mut faults));
        }
        for path in paths {
            match files(system, Path::new(path)) {
                Ok(files) => files.into_iter().for_each(|(name, text)| {
                    let file = sources.add(Source::new(name, SourceKind::File, text.into_bytes()));
                    add(sources, file, &mut crds, None);
                }),
                Err(error) => unreadable.push(Diagnostic::error(CRD, format!("cannot read {path}: {error}"))),
            }
        }
        Self {
            crds: Arc::new(crds),
            faults,
            unreadable,
        }
    }
}

/// Adds the definitions of a file. The faults of one of crds/ go to a report.
fn add(sources: &Sources, file: FileId, crds: &mut Crds, mut report: Option<&mut Report>) {
    let source = sources.get(file);
    let documents = goyaml::parse_all(&source, file, 0..source.text().len());
    if let (Some(error), Some(report)) = (documents.error, report.as_deref_mut()) {
        let diagnostic = chart::syntax_error(&error, CRD, file);
        let is_template = source.text().contains("{{");
        let help = is_template.then(|| "files in crds/ are not rendered".to_owned());
        report.push(Diagnostic { help, ..diagnostic });
    }
    for document in documents.documents {
        crds.add(&to_json(&document.node));
        if let Some(report) = report.as_deref_mut() {
            check(&document.node, report);
        }
    }
}

/// crds/ may contain only custom resource definitions.
fn check(node: &Node, report: &mut Report) {
    if node.is_null() {
        return;
    }
    let place = |key: &str| node.get(key).map_or(node.span, |node| node.span);
    if !text(node.get("apiVersion")).starts_with("apiextensions.k8s.io") {
        let message = "apiVersion is not in 'apiextensions.k8s.io'";
        report.push(Diagnostic::error(CRD, message).at(place("apiVersion")));
    }
    if text(node.get("kind")) != "CustomResourceDefinition" {
        let message = "object kind is not 'CustomResourceDefinition'";
        report.push(Diagnostic::error(CRD, message).at(place("kind")));
    }
}

/// The files at a path; those of a folder in the order of their names.
pub(super) fn files(system: &dyn System, path: &Path) -> std::io::Result<Vec<(String, String)>> {
    let read = |path: &Path| {
        let bytes = system.read(path)?;
        Ok((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()))
    };
    if system.entry(path)?.kind != FileKind::Folder {
        return Ok(vec![read(path)?]);
    }
    let names = system.list(path)?;
    let is_definition = |name: &&String| ENDINGS.iter().any(|ending| name.ends_with(ending));
    names
        .iter()
        .filter(is_definition)
        .map(|name| read(&path.join(name)))
        .collect()
}
