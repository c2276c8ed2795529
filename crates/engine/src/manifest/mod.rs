//! Turns rendered files into the stream of manifests that `helm template` prints. Mirrors Helm's `pkg/release/v1/util`.

mod order;
mod post_render;
mod split;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::threads::side_by_side;
use diagnostics::{Diagnostic, Report};
use gostd::quote::log_value;
use goyaml::Node;
use source::{FileId, Source, SourceKind, Sources, Span};

pub use order::install_order;
pub use post_render::{POST_RENDER, PostRenderer};
pub use split::split;

/// The rule for rendered text that is not valid YAML.
pub const MANIFEST_SYNTAX: &str = "manifest-syntax";

/// The events at which Helm runs hooks. Documents with any other event are left out.
const EVENTS: [&str; 10] = [
    "pre-install",
    "post-install",
    "pre-delete",
    "post-delete",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "test",
    "test-success",
];

/// One document of a rendered file.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The name of its file, such as `chart/templates/x.yaml`.
    pub path: Arc<str>,
    /// Its text, without leading white space.
    pub text: String,
    /// The offset of the text in the rendered file.
    pub start: usize,
    /// Its `apiVersion`.
    pub api_version: String,
    /// Its `kind`; empty if it has none.
    pub kind: String,
    /// Its `metadata.name`.
    pub name: String,
    /// The events that it is a hook for; empty if it is not a hook.
    pub events: Vec<String>,
}

/// The manifests of a release.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// The objects to install, in order of installation.
    pub objects: Vec<Manifest>,
    /// The hooks, in the same order.
    pub hooks: Vec<Manifest>,
}

/// The last text of each file and its parsed documents. Most files of a chart render to the same text for the next set
/// of values.
#[derive(Debug, Default)]
pub struct LastRead(Mutex<BTreeMap<Arc<str>, Last>>);

#[derive(Debug)]
struct Last {
    text: String,
    documents: Vec<Document>,
}

/// A manifest, and its annotation `helm.sh/hook` if it has one.
type Document = (Manifest, Option<String>);

/// Files whose documents were read while other files were rendered, with the documents.
#[derive(Clone, Debug, Default)]
pub struct Read(BTreeMap<Arc<str>, Vec<Document>>);

impl Read {
    /// Adds a file.
    pub(crate) fn insert(&mut self, path: Arc<str>, documents: Documents) {
        self.0.insert(path, documents.0);
    }
}

/// The documents of a rendered file.
#[derive(Debug)]
pub(crate) struct Documents(Vec<Document>);

impl Documents {
    /// Reads the documents of a rendered file; `None` if one of them is not a valid manifest, whose errors need a source to
    /// point into.
    pub(crate) fn read(path: &Arc<str>, text: &str) -> Option<Self> {
        let read = |(start, text)| {
            let node =
                goyaml::parse_str_keys(text, Span::file_start(FileId::NONE), |key| Key::new(key).is_some()).ok()?;
            let head = Head::decode(path, &node).ok()?;
            Some(head.manifest(path, text, start))
        };
        split(text).into_iter().map(read).collect::<Option<_>>().map(Self)
    }
}

impl LastRead {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the documents of a file if its text has not changed.
    fn find(&self, path: &str, text: &str) -> Option<Vec<Document>> {
        let files = self.lock();
        let last = files.get(path).filter(|last| last.text == text)?;
        Some(last.documents.clone())
    }

    fn keep(&self, path: &Arc<str>, text: &str, documents: &[Document]) {
        let last = Last {
            text: text.to_owned(),
            documents: documents.to_vec(),
        };
        self.lock().insert(Arc::clone(path), last);
    }
}

/// Whether a rendered file contains manifests: partials (`_helpers.tpl`) and notes do not.
pub fn is_manifest(path: &str) -> bool {
    let is_partial = path.rsplit('/').next().is_some_and(|name| name.starts_with('_'));
    !is_partial && !path.ends_with("NOTES.txt")
}

/// Splits rendered files into manifests and sorts them. `read` and `last` save reading files: those that have been read
/// before, and those that are as they were in the last render.
///
/// # Errors
/// Every document that is not a valid manifest: YAML, with strings in the fields that Helm reads. The first error is
/// the one that Helm reports. Messages that Helm would log go to the report.
pub fn sort(
    files: &BTreeMap<Arc<str>, String>,
    sources: &Sources,
    report: &mut Report,
    last: Option<&LastRead>,
    mut read: Read,
) -> Result<Manifests, Report> {
    let files: Vec<_> = files.iter().filter(|(path, _)| is_manifest(path)).collect();
    let mut known: Vec<_> = files
        .iter()
        .map(|(path, text)| {
            let read = read.0.remove(*path);
            read.or_else(|| last.and_then(|last| last.find(path, text)))
        })
        .collect();
    let size = |at: usize| if known[at].is_none() { files[at].1.len() } else { 0 };
    let read = |at: usize| match known[at] {
        Some(_) => None,
        None => Documents::read(files[at].0, files[at].1),
    };
    let fresh = side_by_side(files.len(), size, read);
    let mut manifests = Manifests::default();
    let mut errors = Report::new();
    for (at, fresh) in fresh.into_iter().enumerate() {
        let (path, text) = files[at];
        let documents = match (known[at].take(), fresh) {
            (Some(known), _) => known,
            (None, Some(Documents(fresh))) => {
                if let Some(last) = last {
                    last.keep(path, text, &fresh);
                }
                fresh
            }
            (None, None) => {
                let (good, faults) = read_with_source(path, text, sources);
                errors.append(faults);
                good
            }
        };
        documents
            .into_iter()
            .for_each(|document| manifests.add(document, report));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    manifests.objects.sort_by(install_order);
    manifests.hooks.sort_by(install_order);
    Ok(manifests)
}

/// Reads the documents of a rendered file, which becomes a source, so that errors can point into it. Returns the errors of
/// those that are not valid manifests.
fn read_with_source(path: &Arc<str>, text: &str, sources: &Sources) -> (Vec<Document>, Report) {
    let bytes = gostd::string::decode(text).into_owned();
    let file = sources.add(Source::new(&**path, SourceKind::Made, bytes));
    let source = sources.get(file);
    // A source has its byte order mark removed.
    let mark = text.len() - source.text().len();
    let mut good = Vec::new();
    let mut faults = Report::new();
    for (start, text) in split(text) {
        let document = start.saturating_sub(mark)..(start + text.len()).saturating_sub(mark);
        match Head::read(path, (&source, file), document) {
            Ok(head) => good.push(head.manifest(path, text, start)),
            Err(fault) => faults.push(*fault),
        }
    }
    (good, faults)
}

impl Manifests {
    fn add(&mut self, (mut manifest, hook): (Manifest, Option<String>), report: &mut Report) {
        let Some(hook) = hook else {
            self.objects.push(manifest);
            return;
        };
        for event in hook.split(',') {
            let event = event.trim_matches(gostd::unicode::is_space).to_lowercase();
            if !EVENTS.contains(&&*event) {
                let message = format!("skipping unknown hooks: {hook}");
                let logged = format!(
                    "level=INFO msg=\"skipping unknown hooks\" hookTypes={}",
                    log_value(&hook)
                );
                report.push(Diagnostic::info(MANIFEST_SYNTAX, message).helm(logged));
                return;
            }
            manifest.events.push(event);
        }
        self.hooks.push(manifest);
    }
}

/// Checks that the fields that Helm reads from a document are strings.
///
/// # Errors
/// The first value of another type, in Go's words.
pub fn check(path: &str, node: &Node) -> Result<(), Box<Diagnostic>> {
    Head::decode(path, node).map(|_| ())
}

/// A top-level key that Helm reads from a manifest.
enum Key {
    ApiVersion,
    Kind,
    Metadata,
}

impl Key {
    /// Go's `encoding/json` matches names of fields in any case.
    fn new(key: &str) -> Option<Self> {
        Some(match &*key.to_ascii_lowercase() {
            "apiversion" => Self::ApiVersion,
            "kind" => Self::Kind,
            "metadata" => Self::Metadata,
            _ => return None,
        })
    }
}

/// The fields that Helm reads from a manifest.
struct Head {
    api_version: String,
    kind: String,
    name: String,
    hook: Option<String>,
}

impl Head {
    fn read(
        path: &Arc<str>,
        (source, file): (&Source, FileId),
        document: Range<usize>,
    ) -> Result<Self, Box<Diagnostic>> {
        let prefix = |text: &str| format!("YAML parse error on {path}: {text}");
        let parsed = goyaml::parse(source, file, document).map_err(|error| {
            let helm = prefix(&error.message);
            Box::new(chart::syntax_error(&error, MANIFEST_SYNTAX, file).helm(helm))
        })?;
        Self::decode(path, &parsed.node)
    }

    fn decode(path: &str, node: &Node) -> Result<Self, Box<Diagnostic>> {
        let prefix = |text: &str| format!("YAML parse error on {path}: {text}");
        let decode = Decode { prefix: &prefix };
        let mut head = Self {
            api_version: String::new(),
            kind: String::new(),
            name: String::new(),
            hook: None,
        };
        for (key, value) in decode.map(node, "value", "util.SimpleHead")? {
            match Key::new(key) {
                Some(Key::ApiVersion) => head.api_version = decode.string(value, ".apiVersion")?,
                Some(Key::Kind) => head.kind = decode.string(value, ".kind")?,
                Some(Key::Metadata) => {
                    let metadata = "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \
                                    \"json:\\\"annotations\\\"\" }";
                    for (key, value) in decode.map(value, "struct field .metadata", metadata)? {
                        match &*key.to_ascii_lowercase() {
                            "name" => head.name = decode.string(value, ".metadata.name")?,
                            "annotations" => {
                                let field = "struct field .metadata.annotations";
                                for (key, value) in decode.map(value, field, "map[string]string")? {
                                    let value = decode.string(value, &format!(".metadata.annotations.{key}"))?;
                                    if key == "helm.sh/hook" {
                                        head.hook = Some(value);
                                    }
                                }
                            }
                            _ => {}
                        }
                    }
                }
                None => {}
            }
        }
        Ok(head)
    }

    fn manifest(self, path: &Arc<str>, text: &str, start: usize) -> (Manifest, Option<String>) {
        let manifest = Manifest {
            path: Arc::clone(path),
            text: text.to_owned(),
            start,
            api_version: self.api_version,
            kind: self.kind,
            name: self.name,
            events: Vec::new(),
        };
        (manifest, self.hook)
    }
}

/// Decodes values as Go's `encoding/json` does, with its error messages.
struct Decode<'a> {
    prefix: &'a dyn Fn(&str) -> String,
}

impl Decode<'_> {
    fn mismatch(&self, node: &Node, into: &str, wanted: &str) -> Box<Diagnostic> {
        let found = node.value.json_kind();
        let message = format!("json: cannot unmarshal {found} into Go {into} of type {wanted}");
        let helm = (self.prefix)(&format!("error unmarshaling JSON: while decoding JSON: {message}"));
        Box::new(Diagnostic::error(MANIFEST_SYNTAX, message).at(node.span).helm(helm))
    }

    fn map<'a>(&self, node: &'a Node, into: &str, wanted: &str) -> Result<Vec<(&'a str, &'a Node)>, Box<Diagnostic>> {
        match node.as_map() {
            Some(map) => Ok(map.iter().map(|(key, entry)| (&**key, &entry.node)).collect()),
            None if node.is_null() => Ok(Vec::new()),
            None => Err(self.mismatch(node, into, wanted)),
        }
    }

    fn string(&self, node: &Node, field: &str) -> Result<String, Box<Diagnostic>> {
        let mismatch = || self.mismatch(node, &format!("struct field {field}"), "string");
        node.scalar_text().ok_or_else(mismatch)
    }
}
