//! Loads a [`Chart`] from a folder or an archive. Mirrors Helm's `pkg/chart/v2/loader`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::Arc;

use super::budget::{Budget, LOAD, MAX_CHARTS, MAX_DEPTH};
use super::field::METADATA;
use super::metadata::{Metadata, UNUSABLE_VERSION, check_api_version, check_lock};
use super::{Chart, File, Parsed, archive, folder};
use diagnostics::{Diagnostic, Report, Result};
use gostd::errno;
use gostd::quote::quote;
use goyaml::{Node, Value};
use source::{FileId, Sources, Span};
use system::{FileKind, LateError, System};

/// Loads the chart at a path, which is a folder or a packed chart. Messages that Helm would log go to `report`.
///
/// # Errors
/// The first error that Helm stops at: no such path, no Chart.yaml, invalid YAML, an invalid archive and so on.
pub fn load(system: &dyn System, path: &Path, sources: &Sources, report: &mut Report) -> Result<Chart> {
    let shown = path.display().to_string();
    let entry = locate(system, path)?;
    // Helm's messages contain the absolute path.
    let whole = system.resolve(path).unwrap_or_else(|_| path.to_path_buf());
    let mut budget = Budget::default();
    let files = match entry.kind {
        FileKind::Folder => {
            let missing = |error: &std::io::Error| {
                let file = whole.join("Chart.yaml").display().to_string();
                let failed = match error.kind() {
                    std::io::ErrorKind::IsADirectory => "read",
                    _ => "open",
                };
                let reason = errno::message(error);
                Diagnostic::error(LOAD, "Chart.yaml file is missing")
                    .helm(format!("unable to detect chart at {file}: {failed} {file}: {reason}"))
                    .help(format!("{shown} is not the folder of a chart"))
            };
            // Helm reads Chart.yaml before anything else.
            let file = path.join("Chart.yaml");
            if system.entry(&file).is_ok_and(|entry| entry.kind == FileKind::Other) {
                // Opening a pipe blocks until another process writes to it.
                return Err(folder::irregular(&file));
            }
            let bytes = system.read(&file).map_err(|error| missing(&error))?;
            check_version(&File::new("Chart.yaml", file.display().to_string(), bytes), sources)?;
            folder::read(system, path, &whole, sources, report)?
        }
        _ => {
            let files = archive::read(system, path, &whole, &mut budget)?;
            if !files.iter().any(|file| &*file.name == "Chart.yaml") {
                let message = "unable to detect chart version, no Chart.yaml found";
                return Err(Diagnostic::error(LOAD, message).into());
            }
            if let Some(file) = files.iter().find(|file| &*file.name == "Chart.yaml") {
                check_version(file, sources)?;
            }
            files
        }
    };
    from_files(files, &shown, sources, report, 0, &mut budget)
}

/// Checks the chart API version in a Chart.yaml.
fn check_version(file: &File, sources: &Sources) -> Result<()> {
    let node = document(sources, file.source(sources), "cannot load Chart.yaml", METADATA)?;
    check_api_version(&node).map_err(|error| match error.helm {
        Some(_) => error,
        None => prefixed(error, "cannot load Chart.yaml"),
    })
}

/// Returns the entry at the path of a chart. Mirrors `LocateChart` of Helm's `pkg/action/install.go`, without the parts
/// that need a network.
///
/// # Errors
/// The path does not exist, or is a URL of a remote chart.
pub fn locate(system: &dyn System, path: &Path) -> Result<system::Entry> {
    const FETCH: &str = "promchart fetches nothing: get the chart with `helm pull` and give its path";
    let shown = path.display().to_string();
    if shown.contains("://") {
        return Err(Diagnostic::error(LOAD, format!("cannot fetch {shown}"))
            .help(FETCH)
            .into());
    }
    system.entry(path).map_err(|error| {
        if error.kind() != std::io::ErrorKind::NotFound {
            return Box::new(Diagnostic::error(LOAD, format!("cannot open \"{shown}\": {error}")));
        }
        let missing = Diagnostic::error(LOAD, format!("path \"{shown}\" not found"));
        if path.is_absolute() || shown.starts_with('.') {
            return Box::new(missing.help("give the folder of a chart or a packed chart (.tgz)"));
        }
        // Helm interprets anything that is not a path as the name of a chart in a repository.
        let helm = match shown.split_once('/') {
            Some((repository, _)) => format!("repo {repository} not found"),
            None => format!("non-absolute URLs should be in form of repo_name/path_to_chart, got: {shown}"),
        };
        Box::new(missing.helm(helm).help(FETCH))
    })
}

/// Builds a chart from its files; `shown` is the path of the chart as typed by the user.
pub(super) fn from_files(
    files: Vec<File>,
    shown: &str,
    sources: &Sources,
    report: &mut Report,
    depth: usize,
    budget: &mut Budget,
) -> Result<Chart> {
    if depth == MAX_DEPTH {
        return Err(Diagnostic::error(LOAD, format!("{shown}: charts nested more than {MAX_DEPTH} deep")).into());
    }
    budget.charts = budget.charts.checked_sub(1).ok_or_else(|| {
        let message = format!("{shown}: more than {MAX_CHARTS} charts in one");
        Diagnostic::error(LOAD, message)
    })?;
    let mut metadata = Metadata::default();
    let mut chart_yaml = None;
    if let Some(file) = files.iter().find(|file| &*file.name == "Chart.yaml") {
        let id = file.source(sources);
        chart_yaml = Some(id);
        let node = match &file.parsed {
            Some(parsed) => parsed.document.clone()?,
            None => chart_document(sources, id)?,
        };
        metadata
            .read(&node)
            .map_err(|error| prefixed(error, "cannot load Chart.yaml"))?;
        if metadata.api_version.is_empty() {
            "v1".clone_into(&mut metadata.api_version);
        }
    }
    let mut parts = Parts::default();
    for file in files {
        parts.sort_in(file, &mut metadata, sources, report)?;
    }
    let Some(chart_yaml) = chart_yaml else {
        return Err(Diagnostic::error(LOAD, "Chart.yaml file is missing")
            .help(format!("{shown} is not the folder of a chart"))
            .into());
    };
    metadata.validate(Span::file_start(chart_yaml))?;
    let mut subcharts = Vec::new();
    for (name, files) in parts.subcharts {
        let loaded = subchart(&name, files, shown, sources, report, depth, budget);
        let loaded = loaded
            .map_err(|error| prefixed(error, &format!("error unpacking subchart {name} in {}", metadata.name)))?;
        subcharts.extend(loaded);
    }
    let values = parts
        .values
        .unwrap_or_else(|| Node::empty_map(Span::file_start(chart_yaml)));
    let mut chart = Chart {
        metadata: Arc::new(metadata),
        path: String::new(),
        chart_yaml,
        values,
        schema: parts.schema,
        templates: parts.templates,
        files: parts.files,
        subcharts,
    };
    if depth == 0 {
        chart.set_paths(chart.metadata.name.clone());
    }
    Ok(chart)
}

/// The files of a chart, grouped by purpose.
#[derive(Default)]
struct Parts {
    values: Option<Node>,
    schema: Option<File>,
    templates: Vec<File>,
    files: Vec<File>,
    /// In the order of their first files.
    subcharts: Vec<(String, Vec<File>)>,
    /// The place of each in `subcharts`.
    folders: BTreeMap<String, usize>,
}

impl Parts {
    fn sort_in(&mut self, file: File, metadata: &mut Metadata, sources: &Sources, report: &mut Report) -> Result<()> {
        let is_v1 = metadata.api_version == "v1";
        let is_v3 = metadata.api_version == UNUSABLE_VERSION;
        match &*file.name {
            "Chart.yaml" => {}
            "Chart.lock" => lock(sources, &file, "cannot load Chart.lock")?,
            "values.yaml" => self.values = Some(values(sources, file)?),
            "values.schema.json" => self.schema = Some(file),
            "requirements.yaml" if !is_v3 => {
                if !is_v1 {
                    report.push(moved(
                        "Dependencies are handled in Chart.yaml",
                        "migrating dependencies to Chart.yaml",
                    ));
                }
                let id = file.source(sources);
                let node = document(sources, id, "cannot load requirements.yaml", METADATA)?;
                metadata
                    .read(&node)
                    .map_err(|error| prefixed(error, "cannot load requirements.yaml"))?;
                if is_v1 {
                    self.files.push(file);
                }
            }
            "requirements.lock" if !is_v3 => {
                lock(sources, &file, "cannot load requirements.lock")?;
                if is_v1 {
                    self.files.push(file);
                } else {
                    report.push(moved(
                        "Dependency locking is handled in Chart.lock",
                        "migrating to Chart.lock",
                    ));
                }
            }
            name if name.starts_with("templates/") => self.templates.push(file),
            name if name.starts_with("charts/") => {
                if name.rsplit('.').next() == Some("prov") {
                    self.files.push(file);
                    return Ok(());
                }
                let inner: Arc<str> = name["charts/".len()..].into();
                let folder = inner.split('/').next().unwrap_or_default().to_owned();
                let file = File { name: inner, ..file };
                match self.folders.entry(folder) {
                    Entry::Occupied(place) => self.subcharts[*place.get()].1.push(file),
                    Entry::Vacant(place) => {
                        let name = place.key().clone();
                        place.insert(self.subcharts.len());
                        self.subcharts.push((name, vec![file]));
                    }
                }
            }
            _ => self.files.push(file),
        }
        Ok(())
    }
}

/// Helm's log message for the dependency files of Helm 2 charts.
fn moved(what: &str, advice: &str) -> Diagnostic {
    let message = format!("Warning: {what} since apiVersion \"v2\". We recommend {advice}.");
    let logged = format!("level=INFO msg={}", quote(&message));
    Diagnostic::warning(LOAD, message).helm(logged)
}

/// Loads a chart under charts/, from a folder or an archive; `None` if it is neither.
fn subchart(
    name: &str,
    files: Vec<File>,
    shown: &str,
    sources: &Sources,
    report: &mut Report,
    depth: usize,
    budget: &mut Budget,
) -> Result<Option<Chart>> {
    if name.starts_with(['_', '.']) {
        return Ok(None);
    }
    let shown = format!("{shown}/charts/{name}");
    let is_archive = name.rsplit_once('.').is_some_and(|(_, extension)| extension == "tgz");
    let inner = if is_archive {
        let [file] = &files[..] else {
            let message = format!("expected {name}, got {}", files[0].name);
            return Err(Diagnostic::error(LOAD, message).into());
        };
        archive::unpack(file.bytes(), &shown, budget)?
    } else {
        let inside = |file: File| {
            let (_, name) = file.name.split_once('/')?;
            Some(File {
                name: name.into(),
                ..file
            })
        };
        files.into_iter().filter_map(inside).collect()
    };
    from_files(inner, &shown, sources, report, depth + 1, budget).map(Some)
}

/// Parses the first document of a YAML file of a chart.
fn document(sources: &Sources, file: FileId, what: &str, rule: &'static str) -> Result<Node> {
    let source = sources.get(file);
    match goyaml::parse(&source, file, 0..source.text().len()) {
        Ok(parsed) => Ok(parsed.node),
        Err(error) => Err(prefixed(Box::new(crate::syntax_error(&error, rule, file)), what)),
    }
}

fn lock(sources: &Sources, file: &File, what: &str) -> Result<()> {
    let node = document(sources, file.source(sources), what, METADATA)?;
    check_lock(&node).map_err(|error| prefixed(error, what))
}

/// Prefixes Helm's message with what Helm was doing.
fn prefixed(mut error: Box<Diagnostic>, what: &str) -> Box<Diagnostic> {
    let text = format!("{what}: {}", error.headline());
    error.helm = Some(text);
    error
}

/// Parses Chart.yaml.
fn chart_document(sources: &Sources, file: FileId) -> Result<Node> {
    document(sources, file, "cannot load Chart.yaml", METADATA)
}

/// Parses values.yaml; several documents are merged.
fn values(sources: &Sources, file: File) -> Result<Node> {
    match file.parsed {
        Some(parsed) => parsed.document,
        None => chart_values(sources, file.source(sources)),
    }
}

fn chart_values(sources: &Sources, file: FileId) -> Result<Node> {
    values_document(sources, file).map_err(|error| prefixed(error, "cannot load values.yaml"))
}

/// Whether a file is sure to be parsed before any template, unless the chart fails to load before: Chart.yaml and values.yaml
/// of the chart and its subcharts.
pub(super) fn is_parsed_first(name: &str) -> bool {
    let mut rest = name;
    while let Some(below) = rest.strip_prefix("charts/") {
        let Some((folder, inner)) = below.split_once('/') else {
            return false;
        };
        if folder.starts_with(['_', '.']) || folder.strip_suffix(".tgz").is_some() {
            return false;
        }
        rest = inner;
    }
    matches!(rest, "Chart.yaml" | "values.yaml")
}

/// Whether loading a chart only keeps a file, and most renders do too: CRDs, documents, files for `.Files`.
pub(super) fn is_kept_only(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    let is_loaded = matches!(last, "Chart.lock" | "requirements.yaml" | "requirements.lock");
    !is_loaded && !crate::is_source(name) && last.strip_suffix(".tgz").is_none()
}

/// Checks that the files of a chart that were opened could be read when something asked for them.
///
/// # Errors
/// The first that could not be read. What was made with its content is wrong.
pub fn check_late(system: &dyn System) -> Result<()> {
    match system.late_failure() {
        Some(LateError { path, message }) => {
            Err(Diagnostic::error(LOAD, format!("error reading {path}: {message}")).into())
        }
        None => Ok(()),
    }
}

/// Parses such a file, whose source is reserved. What is wrong with it is told when it is its turn.
pub(super) fn parsed(mut file: File, source: FileId, sources: &Sources) -> File {
    sources.fill(source, file.as_source());
    let document = if file.name.rsplit('/').next() == Some("Chart.yaml") {
        chart_document(sources, source)
    } else {
        chart_values(sources, source)
    };
    file.parsed = Some(Box::new(Parsed { source, document }));
    file
}

/// Parses a values file: its documents are merged, and numbers become JSON numbers. Mirrors `LoadValues`.
///
/// # Errors
/// Invalid YAML, or a document that is not a mapping.
pub fn values_document(sources: &Sources, file: FileId) -> Result<Node> {
    let source = sources.get(file);
    let mut values = Node::empty_map(Span::new(file, 0, source.text().len()));
    let ranges = goyaml::split_documents(source.text()).map_err(|bad| {
        let span = Span::new(file, bad.range.start, bad.range.end);
        let helm = format!("error reading yaml document: {}", bad.message);
        Diagnostic::error(VALUES_SYNTAX, bad.message).at(span).helm(helm)
    })?;
    for range in ranges {
        let parsed = goyaml::parse_lines(&source, file, range).map_err(|error| {
            prefixed(
                Box::new(crate::syntax_error(&error, VALUES_SYNTAX, file)),
                "cannot unmarshal yaml document",
            )
        })?;
        let node = parsed.node.numbers_as_floats();
        match node.value {
            Value::Map(_) => merge_maps(&mut values, node),
            Value::Null => {}
            _ => {
                let found = node.value.json_kind();
                let message = format!(
                    "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type \
                     map[string]interface {{}}"
                );
                let diagnostic = Diagnostic::error(VALUES_SYNTAX, "a values file must be a mapping")
                    .at(node.span)
                    .helm(format!("cannot unmarshal yaml document: {message}"));
                return Err(Box::new(diagnostic));
            }
        }
    }
    Ok(values)
}

/// The rule for values files that are not valid YAML or not a mapping.
pub const VALUES_SYNTAX: &str = "values-syntax";

/// Merges a mapping over another one: mappings are merged key by key, anything else is replaced. Mirrors `MergeMaps`.
pub fn merge_maps(below: &mut Node, mut above: Node) {
    let (Some(target), Some(source)) = (below.as_map_mut(), above.as_map_mut()) else {
        return;
    };
    for (key, entry) in std::mem::take(source) {
        match target.get_mut(&key) {
            Some(existing) if existing.node.as_map().is_some() && entry.node.as_map().is_some() => {
                existing.key = entry.key;
                merge_maps(&mut existing.node, entry.node);
            }
            _ => {
                target.insert(key, entry);
            }
        }
    }
}
