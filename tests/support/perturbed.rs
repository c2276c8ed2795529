//! Measures the correctness of origins: changes one scalar of the values, renders again, and compares the scalars of
//! the output that changed with it. These depend on it; the trace must say so too.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use promchart::render::Trace;
use promchart::source::{FileId, Source, SourceKind, Sources, Span};
use promchart::stages::{self, Outcome, Request};
use promchart::system::{Memory, System};
use promchart::yaml::{self, Node, Value};

use super::shares::{Share, request, shown};

/// The suffix appended to strings.
const MARK: &str = "x7q";
/// The path of the chart in memory.
const CHART: &str = "chart";

/// The measurements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Perturbed {
    /// Values that could be changed without an error of the render.
    pub(crate) changed: usize,
    /// Scalars printed unchanged; hits are those with the right position in the values.
    pub(crate) direct: Share,
    /// Scalars that contain a string of the values; hits are those that lead to one of their strings.
    pub(crate) composite: Share,
    /// The positions in the values given for these scalars; hits are the right ones.
    pub(crate) right: Share,
    /// The positions given as certain; hits are the right ones.
    pub(crate) certain: Share,
    /// The misses.
    pub(crate) misses: Vec<String>,
}

/// A scalar of the output.
struct Printed {
    shown: String,
    file: Arc<str>,
    range: Range<usize>,
}

/// The results for a scalar of the output after all changes.
#[derive(Default)]
struct Inputs {
    is_direct: bool,
    places: Vec<Span>,
}

fn read_folder(folder: &Path, name: &str, found: &mut BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_folder(&entry.path(), &name, found)?;
        } else {
            found.insert(name, std::fs::read(entry.path())?);
        }
    }
    Ok(())
}

fn run(files: &BTreeMap<String, Vec<u8>>, request: &Request, sources: &Sources) -> Outcome {
    let system = files.iter().fold(Memory::new(), |system, (name, bytes)| {
        system.with_file(name, bytes.clone())
    });
    let system: Arc<dyn System> = Arc::new(system);
    stages::run(&system, request, sources)
}

/// The scalars of all documents by file, document and path.
fn printed(outcome: &Outcome) -> BTreeMap<String, Printed> {
    let mut found = BTreeMap::new();
    let Some(manifests) = &outcome.manifests else {
        return found;
    };
    let mut counts: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for manifest in manifests.objects.iter().chain(&manifests.hooks) {
        let file: Arc<str> = (*manifest.path).into();
        let nth = counts.entry(Arc::clone(&file)).or_default();
        *nth += 1;
        let source = Source::new("", SourceKind::Made, manifest.text.clone().into_bytes());
        let Ok(parsed) = yaml::parse(&source, FileId::NONE, 0..source.text().len()) else {
            continue;
        };
        walk(&parsed.node, &format!("{file} {nth} "), &mut |path, node| {
            let range = node.span.range().start + manifest.start..node.span.range().end + manifest.start;
            let printed = Printed {
                shown: shown(&node.value),
                file: Arc::clone(&file),
                range,
            };
            found.insert(path.to_owned(), printed);
        });
    }
    found
}

fn walk(node: &Node, path: &str, each: &mut dyn FnMut(&str, &Node)) {
    match &node.value {
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(item, &format!("{path}/{at}"), each);
            }
        }
        Value::Map(map) => {
            for (key, entry) in map.iter() {
                walk(&entry.node, &format!("{path}/{key}"), each);
            }
        }
        _ => each(path, node),
    }
}

/// A file with one scalar replaced, and a description of the change; `None` if it cannot be changed.
fn changed(text: &str, node: &Node) -> Option<(String, String)> {
    let range = node.span.range();
    let written = text.get(range.clone())?;
    let with = |new: &str| format!("{}{new}{}", &text[..range.start], &text[range.end..]);
    match &node.value {
        Value::Bool(value) => Some((with(&(!value).to_string()), (!value).to_string())),
        Value::Int(value) => Some((with(&(value + 1).to_string()), (value + 1).to_string())),
        Value::String(value) if written.starts_with(['|', '>']) => {
            let end = range.start + written.trim_end().len();
            let new = format!("{}{MARK}", value.trim());
            Some((format!("{}{MARK}{}", &text[..end], &text[end..]), new))
        }
        Value::String(value) if !value.is_empty() && !written.contains('\n') => {
            let new = format!("{}{MARK}", value.trim());
            Some((with(&format!("'{}'", new.replace('\'', "''"))), new))
        }
        _ => None,
    }
}

/// Changes scalars of a chart's values and of these values files, at most `most`, evenly distributed.
///
/// # Errors
/// If a file cannot be read, or the unchanged chart does not render.
pub(crate) fn measure(chart: &Path, values: &[String], most: usize) -> Result<Perturbed, String> {
    let mut files = BTreeMap::new();
    read_folder(chart, CHART, &mut files).map_err(|error| error.to_string())?;
    let mut editable = vec![format!("{CHART}/values.yaml")];
    for (at, name) in values.iter().enumerate() {
        let bytes = std::fs::read(name).map_err(|error| error.to_string())?;
        let name = format!("profile{at}.yaml");
        files.insert(name.clone(), bytes);
        editable.push(name);
    }
    let traced = request(CHART.as_ref(), &editable[1..], Trace::On);
    let plain = request(CHART.as_ref(), &editable[1..], Trace::Off);
    let sources = Sources::new();
    let before = run(&files, &traced, &sources);
    let Some(rendered) = &before.rendered else {
        let error = before.errors.diagnostics.first();
        return Err(error.map_or_else(String::new, |error| error.headline().to_owned()));
    };
    let output = printed(&before);
    let mut entries = Vec::new();
    for name in &editable {
        let Some(text) = files.get(name).and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
            continue;
        };
        let Some((file, source)) = sources.iter().find(|(_, source)| source.text() == text) else {
            continue;
        };
        if let Ok(parsed) = yaml::parse(&source, file, 0..text.len()) {
            walk(&parsed.node, "", &mut |_, node| {
                entries.push((name.clone(), node.clone()));
            });
        }
    }
    let step = entries.len().div_ceil(most.max(1)).max(1);
    let mut result = Perturbed::default();
    let mut inputs: BTreeMap<&str, Inputs> = BTreeMap::new();
    for (name, node) in entries.iter().step_by(step) {
        let text = String::from_utf8_lossy(&files[name]).into_owned();
        let Some((edited, new)) = changed(&text, node) else {
            continue;
        };
        let old = shown(&node.value);
        let original = files.insert(name.clone(), edited.into_bytes());
        let after = printed(&run(&files, &plain, &Sources::new()));
        files.insert(name.clone(), original.unwrap_or_default());
        result.changed += usize::from(!after.is_empty());
        for (path, was) in &output {
            let Some(is) = after.get(path).filter(|is| is.shown != was.shown) else {
                continue;
            };
            let is_direct = was.shown == old && is.shown == new;
            if is_direct || is.shown.contains(MARK) {
                let inputs = inputs.entry(path).or_default();
                inputs.is_direct |= is_direct;
                inputs.places.push(node.span);
            }
        }
    }
    let mut seen = BTreeSet::new();
    for (path, inputs) in inputs {
        let printed = &output[path];
        let origin = rendered.origin(&printed.file, printed.range.clone());
        let value = origin.as_ref().and_then(|origin| origin.value);
        let is_right = value.is_some_and(|setting| {
            let span = setting.value;
            let overlaps = |place: &Span| place.file == span.file && place.start < span.end && span.start < place.end;
            inputs.places.iter().any(overlaps)
        });
        if inputs.is_direct {
            result.direct.count(is_right);
        } else {
            result.composite.count(is_right);
        }
        // With a sample of the changes, the trace may have named another string of a composite.
        if value.is_some() && (inputs.is_direct || step == 1) {
            result.right.count(is_right);
            if origin.as_ref().is_some_and(|origin| origin.is_certain) {
                result.certain.count(is_right);
            }
        }
        let place = |span| sources.place(span);
        if !is_right && seen.insert(place(inputs.places[0])) {
            let told = value.map_or_else(|| "-".to_owned(), |setting| place(setting.value));
            let certain = origin.is_some_and(|origin| origin.is_certain);
            result.misses.push(format!(
                "{path} {:?}: from {}, told {told}, certain {certain}",
                printed.shown.chars().take(40).collect::<String>(),
                place(inputs.places[0]),
            ));
        }
    }
    Ok(result)
}
