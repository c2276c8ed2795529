//! The objects of a render, with the position of each field in the rendered text.

mod path;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manifest::{self, MANIFEST_SYNTAX, is_manifest, split};
use crate::render::Rendered;
use diagnostics::{ObjectRef, Report};
use gostd::string as gostring;
use goyaml::{Duplicate, Entry, Node, Value};
use source::{FileId, Source, SourceKind, Sources, Span};

pub use path::{Field, Path, Query, Step, fields};

/// The maximum nesting of `List`s.
const MAX_LISTS: usize = 8;

/// An object of a release.
#[derive(Clone, Debug)]
pub struct Object {
    /// The rendered file that it is in: `chart/templates/x.yaml`.
    pub path: Arc<str>,
    /// Its fields. Spans are in the rendered text.
    pub node: Node,
    /// Its names. The namespace is that of the release if the object has none of its own.
    pub reference: ObjectRef,
    /// The hook events in its annotation.
    pub hook: Option<String>,
}

/// The objects of the rendered files.
#[derive(Debug, Default)]
pub struct Objects {
    /// The objects in the order of files and documents; a `List` is expanded.
    pub all: Vec<Object>,
    /// Duplicate keys in documents.
    pub duplicates: Vec<Duplicate>,
    /// The rendered files by the source of their spans.
    pub files: BTreeMap<FileId, Arc<str>>,
    /// Whether objects may be missing because a document is not valid YAML.
    pub is_partial: bool,
}

impl Objects {
    /// Reads the documents of rendered files; those that are not valid YAML are added to the report. `namespace` is
    /// that of the release.
    pub fn read(rendered: &Rendered, namespace: &str, sources: &Sources, report: &mut Report) -> Self {
        let mut objects = Self::default();
        for (path, text) in &rendered.files {
            if is_manifest(path) {
                objects.read_file(path, text, namespace, sources, report);
            }
        }
        objects
    }

    /// Reads the documents of one text, which need not come from a render.
    pub fn read_file(&mut self, path: &Arc<str>, text: &str, namespace: &str, sources: &Sources, report: &mut Report) {
        let source = Source::new(&**path, SourceKind::Made, gostring::decode(text).into_owned());
        let file = sources.add(source);
        let source = sources.get(file);
        self.files.insert(file, Arc::clone(path));
        for (start, document) in split(source.text()) {
            match goyaml::parse(&source, file, start..start + document.len()) {
                Ok(parsed) => {
                    self.duplicates.extend(parsed.duplicates);
                    if let Err(error) = manifest::check(path, &parsed.node) {
                        report.push(*error);
                    }
                    self.add(path, parsed.node, namespace, 0);
                }
                Err(error) => {
                    self.is_partial = true;
                    let helm = format!("YAML parse error on {path}: {}", error.message);
                    report.push(chart::syntax_error(&error, MANIFEST_SYNTAX, file).helm(helm));
                }
            }
        }
    }

    fn add(&mut self, path: &Arc<str>, node: Node, namespace: &str, depth: usize) {
        if node.as_map().is_none() {
            return;
        }
        if text(node.get("kind")).ends_with("List")
            && let Some(listed) = node.get("items").and_then(Node::as_list)
            && depth < MAX_LISTS
        {
            for item in listed {
                let mut item = item.clone();
                of_list(&mut item, &node);
                self.add(path, item, namespace, depth + 1);
            }
            return;
        }
        self.all.push(Object::new(Arc::clone(path), node, namespace));
    }
}

impl Object {
    fn new(path: Arc<str>, node: Node, namespace: &str) -> Self {
        let own = text(node.at(["metadata", "namespace"]));
        let reference = ObjectRef {
            api_version: text(node.get("apiVersion")).to_owned(),
            kind: text(node.get("kind")).to_owned(),
            namespace: if own.is_empty() { namespace } else { own }.to_owned(),
            name: text(node.at(["metadata", "name"])).to_owned(),
        };
        let hook = node.at(["metadata", "annotations", "helm.sh/hook"]);
        Self {
            path,
            hook: hook.map(|events| events.scalar_text().unwrap_or_default()),
            node,
            reference,
        }
    }

    /// The group of its `apiVersion`; empty for the core group.
    pub fn group(&self) -> &str {
        self.reference
            .api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// The span of its name, or of the whole object if it has none.
    pub fn place(&self) -> Span {
        self.node
            .at(["metadata", "name"])
            .map_or(self.node.span, |name| name.span)
    }
}

fn text(node: Option<&Node>) -> &str {
    node.and_then(Node::as_str).unwrap_or_default()
}

/// Sets the kind of an item of a `ConfigMapList` and the like from the list if the item has none, as `kubectl` and Helm
/// do.
fn of_list(item: &mut Node, list: &Node) {
    let Some(kind) = list.get("kind").filter(|kind| text(Some(*kind)) != "List") else {
        return;
    };
    let Some(map) = item.as_map_mut().filter(|map| !map.contains_key("kind")) else {
        return;
    };
    let name = text(Some(kind)).trim_end_matches("List");
    let mut add = |key: &str, node: Node| drop(map.insert(key, Entry { key: node.span, node }));
    add("kind", Node::new(Value::String(name.into()), kind.span));
    if let Some(version) = list.get("apiVersion") {
        add("apiVersion", version.clone());
    }
}
