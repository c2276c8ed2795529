//! The objects of a release, as the rules look at them: YAML nodes with their places in the rendered text.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, ObjectRef, Report};
use crate::go::string as gostring;
use crate::manifest::{self, MANIFEST_SYNTAX, split};
use crate::render::Rendered;
use crate::source::{FileId, Source, SourceKind, Sources, Span};
use crate::yaml::{self, Duplicate, Map, Node, Value};

/// An object that the release creates.
#[derive(Clone, Debug)]
pub struct Object {
    /// The template that it came from: `chart/templates/x.yaml`.
    pub path: Arc<str>,
    /// The whole of it. Spans are places in the rendered text.
    pub node: Node,
    /// Its names. The namespace is that of the release where the object has none of its own.
    pub reference: ObjectRef,
    /// Whether it is a hook.
    pub is_hook: bool,
}

/// The rendered texts with their objects.
#[derive(Debug, Default)]
pub struct Objects {
    /// The objects in the order of files and documents; those in a `List` one by one.
    pub all: Vec<Object>,
    /// Keys that a document has twice.
    pub duplicates: Vec<Duplicate>,
    /// The rendered files by the source that the spans of objects lie in.
    pub files: BTreeMap<FileId, Arc<str>>,
}

impl Objects {
    /// Reads the documents of rendered files; those that are no YAML go to the report.
    pub fn read(rendered: &Rendered, namespace: &str, sources: &Sources, report: &mut Report) -> Self {
        let mut objects = Self::default();
        for (path, text) in &rendered.files {
            let is_partial = path.rsplit('/').next().is_some_and(|name| name.starts_with('_'));
            if is_partial || path.ends_with("NOTES.txt") {
                continue;
            }
            let source = Source::new(&**path, SourceKind::Made, gostring::decode(text).into_owned());
            let file = sources.add(source);
            let source = sources.get(file);
            objects.files.insert(file, Arc::clone(path));
            for (start, document) in split(source.text()) {
                match yaml::parse(&source, file, start..start + document.len()) {
                    Ok(parsed) => {
                        objects.duplicates.extend(parsed.duplicates);
                        if let Err(error) = manifest::check(path, &parsed.node) {
                            report.push(*error);
                        }
                        objects.add(path, parsed.node, namespace, 0);
                    }
                    Err(error) => {
                        let helm = format!("YAML parse error on {path}: {}", error.message);
                        report.push(error.diagnostic(MANIFEST_SYNTAX, file).helm(helm));
                    }
                }
            }
        }
        objects
    }

    fn add(&mut self, path: &Arc<str>, node: Node, namespace: &str, depth: usize) {
        const MAX_LISTS: usize = 8;
        if node.as_map().is_none() {
            return;
        }
        let text = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or_default().to_owned();
        let kind = text(node.get("kind"));
        if kind.ends_with("List")
            && let Some(items) = node.get("items").and_then(Node::as_list)
            && depth < MAX_LISTS
        {
            for item in items {
                self.add(path, item.clone(), namespace, depth + 1);
            }
            return;
        }
        let own = text(node.at(["metadata", "namespace"]));
        let reference = ObjectRef {
            api_version: text(node.get("apiVersion")),
            namespace: if own.is_empty() { namespace.to_owned() } else { own },
            name: text(node.at(["metadata", "name"])),
            kind,
        };
        let is_hook = node.at(["metadata", "annotations", "helm.sh/hook"]).is_some();
        self.all.push(Object {
            path: Arc::clone(path),
            node,
            reference,
            is_hook,
        });
    }
}

/// What a pod is made from: a pod itself or the template in a workload.
#[derive(Clone, Copy, Debug)]
pub struct Pod<'a> {
    /// The object that makes it.
    pub owner: &'a Object,
    /// Its labels.
    pub labels: Option<&'a Map>,
    /// Its spec.
    pub spec: &'a Node,
}

impl Object {
    /// Its kind.
    pub fn kind(&self) -> &str {
        &self.reference.kind
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.reference.name
    }

    /// Its namespace, or that of the release.
    pub fn namespace(&self) -> &str {
        &self.reference.namespace
    }

    /// The group of its `apiVersion`; empty for the core group.
    pub fn group(&self) -> &str {
        self.reference
            .api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// `Deployment web`, as messages name it.
    pub fn title(&self) -> String {
        format!("{} {}", self.kind(), self.name())
    }

    /// Whether it is one of these kinds of Kubernetes itself, and not a custom resource of the same name.
    pub fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.kind()) && (!self.group().contains('.') || self.group().ends_with(".k8s.io"))
    }

    /// What is at a path.
    pub fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Node> {
        self.node.at(path)
    }

    /// What pods it makes.
    pub fn pod(&self) -> Option<Pod<'_>> {
        let template = match self.kind() {
            "Pod" if self.group().is_empty() => &self.node,
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" if self.group() == "apps" => {
                self.at(["spec", "template"])?
            }
            "Job" if self.group() == "batch" => self.at(["spec", "template"])?,
            "ReplicationController" => self.at(["spec", "template"])?,
            "CronJob" if self.group() == "batch" => self.at(["spec", "jobTemplate", "spec", "template"])?,
            _ => return None,
        };
        Some(Pod {
            owner: self,
            labels: template.at(["metadata", "labels"]).and_then(Node::as_map),
            spec: template.get("spec")?,
        })
    }

    /// A diagnostic of a fault of this object.
    pub fn fault(&self, diagnostic: Diagnostic, span: Span) -> Diagnostic {
        diagnostic.at(span).object(self.reference.clone())
    }
}

impl<'a> Pod<'a> {
    /// The containers: those that start first, then the others.
    pub fn containers(self) -> impl Iterator<Item = &'a Node> {
        ["initContainers", "containers"]
            .into_iter()
            .flat_map(move |key| items(self.spec.get(key)))
    }

    /// The containers that run side by side: sidecars too.
    pub fn running(self) -> impl Iterator<Item = &'a Node> {
        let sidecars = items(self.spec.get("initContainers"))
            .iter()
            .filter(|container| text(container.get("restartPolicy")) == "Always");
        sidecars.chain(items(self.spec.get("containers")))
    }

    /// Whether a selector of labels (`key: value` pairs) picks these pods.
    pub fn has_labels(self, selector: &Map) -> bool {
        selector.iter().all(|(key, wanted)| {
            self.labels.and_then(|labels| labels.node(key)).map(|node| &node.value) == Some(&wanted.node.value)
        })
    }

    /// Whether a `LabelSelector` picks these pods.
    pub fn is_selected_by(self, selector: &Node) -> bool {
        let labels = |key: &str| self.labels.and_then(|labels| labels.node(key)).and_then(Node::as_str);
        let pairs = selector.get("matchLabels").and_then(Node::as_map);
        pairs.is_none_or(|pairs| self.has_labels(pairs))
            && items(selector.get("matchExpressions")).iter().all(|expression| {
                let value = labels(text(expression.get("key")));
                let listed = || {
                    items(expression.get("values"))
                        .iter()
                        .any(|item| item.as_str() == value)
                };
                match text(expression.get("operator")) {
                    "In" => value.is_some() && listed(),
                    "NotIn" => value.is_none() || !listed(),
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    _ => true,
                }
            })
    }
}

/// The items of a list; none where there is none.
pub(super) fn items(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_list).unwrap_or_default()
}

/// A string; empty where there is none.
pub(super) fn text(node: Option<&Node>) -> &str {
    node.and_then(Node::as_str).unwrap_or_default()
}

/// An integer, however YAML wrote it.
pub(super) fn integer(node: Option<&Node>) -> Option<i64> {
    match node?.value {
        Value::Int(value) => Some(value),
        #[expect(clippy::cast_possible_truncation, reason = "whole numbers of a sane size only")]
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 9.0e15 => Some(value as i64),
        _ => None,
    }
}

/// Whether it is `true`.
pub(super) fn is_true(node: Option<&Node>) -> bool {
    node.is_some_and(|node| node.value == Value::Bool(true))
}
