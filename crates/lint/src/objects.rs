//! The objects of a release, with lookup by name and by label selector.

use std::collections::BTreeMap;
use std::sync::Arc;

use promchart_k8s::Object as Typed;
use promchart_k8s::k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::object::{Object, Pod};
use diagnostics::Report;
use engine::objects;
use engine::render::Rendered;
use goyaml::Duplicate;
use source::{FileId, Sources};

/// The rendered texts and their objects.
#[derive(Debug, Default)]
pub struct Objects {
    /// The objects in the order of files and documents; a `List` is expanded.
    pub all: Vec<Object>,
    /// Duplicate keys in documents.
    pub duplicates: Vec<Duplicate>,
    /// The rendered files by the source of their spans.
    pub files: BTreeMap<FileId, Arc<str>>,
    /// Whether objects may be missing: a template could not be rendered, or its output is not valid YAML.
    pub is_partial: bool,
    /// The objects of built-in kinds, as indexes into `all`.
    by_kind: BTreeMap<String, Vec<usize>>,
    /// The first object of each kind, namespace and name, including custom resources.
    by_name: BTreeMap<(String, String, String), usize>,
    /// The autoscaler of a kind, namespace and name.
    scalers: BTreeMap<(String, String, String), usize>,
    pods: Labelled,
    services: Labelled,
}

impl Objects {
    /// Reads the documents of rendered files; those that are not valid YAML are added to the report.
    pub fn read(rendered: &Rendered, namespace: &str, sources: &Sources, report: &mut Report) -> Self {
        let read = objects::Objects::read(rendered, namespace, sources, report);
        let mut objects = Self {
            all: read.all.into_iter().map(Object::new).collect(),
            duplicates: read.duplicates,
            files: read.files,
            is_partial: read.is_partial,
            ..Self::default()
        };
        objects.index();
        objects
    }

    fn index(&mut self) {
        // A custom resource may have the name of a built-in kind, which takes precedence.
        let (own, custom): (Vec<_>, Vec<_>) = self.all.iter().enumerate().partition(|(_, object)| object.is_own());
        for (at, object) in own.into_iter().chain(custom) {
            let names = |kind: &str, name: &str| (kind.to_owned(), object.namespace().to_owned(), name.to_owned());
            self.by_name.entry(names(object.kind(), object.name())).or_insert(at);
            if object.is_own() {
                self.by_kind.entry(object.kind().to_owned()).or_default().push(at);
            }
            match &object.typed {
                Some(Typed::HorizontalPodAutoscaler(scaler)) => {
                    let target = &scaler.spec.scale_target_ref;
                    self.scalers.entry(names(&target.kind, &target.name)).or_insert(at);
                }
                Some(typed @ Typed::Service(_)) => {
                    self.services.add(at, object, typed.metadata().labels.iter().flatten());
                }
                _ => {}
            }
            if let Some(pod) = object.pod() {
                self.pods.add(at, object, pod.labels.iter());
            }
        }
    }

    /// The objects of a built-in kind.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Object> {
        self.by_kind.get(kind).into_iter().flatten().map(|at| &self.all[*at])
    }

    /// Whether there is an object of a built-in kind.
    pub fn has_kind(&self, kind: &str) -> bool {
        self.by_kind.contains_key(kind)
    }

    /// The first object with these names, including custom resources.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Object> {
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        self.by_name.get(&key).map(|at| &self.all[*at])
    }

    /// The autoscaler of an object.
    pub fn scaler_of(&self, object: &Object) -> Option<&Object> {
        let key = (
            object.kind().to_owned(),
            object.namespace().to_owned(),
            object.name().to_owned(),
        );
        self.scalers.get(&key).map(|at| &self.all[*at])
    }

    /// The pods of all objects.
    pub fn pods(&self) -> impl Iterator<Item = Pod<'_>> {
        self.all.iter().filter_map(Object::pod)
    }

    /// Whether a namespace has any pods.
    pub fn has_pods_in(&self, namespace: &str) -> bool {
        self.pods.by_namespace.contains_key(namespace)
    }

    /// The pods of a namespace that match a selector.
    pub fn pods_of(&self, namespace: &str, selector: &LabelSelector) -> Vec<Pod<'_>> {
        let of = |at: usize| self.all[at].pod();
        let candidates = self.pods.candidates(namespace, selector).iter();
        let pods = candidates.filter_map(|at| of(*at));
        pods.filter(|pod| promchart_k8s::selects(selector, pod.labels))
            .collect()
    }

    /// The pods of a namespace that match most of these labels, at least half of them.
    pub fn nearest_pod(&self, namespace: &str, labels: &BTreeMap<String, String>) -> Option<Pod<'_>> {
        let mut agreeing: BTreeMap<usize, usize> = BTreeMap::new();
        for (key, value) in labels {
            for at in self.pods.with_label(namespace, key, value) {
                *agreeing.entry(*at).or_default() += 1;
            }
        }
        let (at, count) = agreeing.into_iter().max_by_key(|(_, count)| *count)?;
        (count * 2 >= labels.len()).then(|| self.all[at].pod()).flatten()
    }

    /// The Services of a namespace that match a selector.
    pub fn services_of(&self, namespace: &str, selector: &LabelSelector) -> Vec<&Object> {
        let candidates = self.services.candidates(namespace, selector).iter();
        let services = candidates.map(|at| &self.all[*at]);
        let picked = services.filter(|service| {
            let labels = service
                .typed
                .as_ref()
                .and_then(|typed| typed.metadata().labels.as_ref());
            promchart_k8s::selects(selector, labels.unwrap_or(&BTreeMap::new()))
        });
        picked.collect()
    }
}

/// Objects by their labels, as indexes into [`Objects::all`].
#[derive(Debug, Default)]
struct Labelled {
    by_namespace: BTreeMap<String, Vec<usize>>,
    /// Namespace, key, value.
    by_label: BTreeMap<(String, String, String), Vec<usize>>,
}

impl Labelled {
    fn add<'a>(&mut self, at: usize, object: &Object, labels: impl Iterator<Item = (&'a String, &'a String)>) {
        let namespace = object.namespace();
        self.by_namespace.entry(namespace.to_owned()).or_default().push(at);
        for (key, value) in labels {
            let label = (namespace.to_owned(), key.clone(), value.clone());
            self.by_label.entry(label).or_default().push(at);
        }
    }

    fn with_label(&self, namespace: &str, key: &str, value: &str) -> &[usize] {
        let label = (namespace.to_owned(), key.to_owned(), value.to_owned());
        self.by_label.get(&label).map(Vec::as_slice).unwrap_or_default()
    }

    /// The candidates of a selector: those of its most selective label.
    fn candidates(&self, namespace: &str, selector: &LabelSelector) -> &[usize] {
        let labels = selector.match_labels.iter().flatten();
        let of_label = labels.map(|(key, value)| self.with_label(namespace, key, value));
        let all = || self.by_namespace.get(namespace).map(Vec::as_slice).unwrap_or_default();
        of_label.min_by_key(|found| found.len()).unwrap_or_else(all)
    }
}
