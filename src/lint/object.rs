//! An object of a release, as the rules look at it: k8s-openapi's type says what it is, the YAML beside it says where that is
//! written.

use std::collections::BTreeMap;
use std::sync::Arc;

use promchart_k8s::Object as Typed;
use promchart_k8s::k8s_openapi::api::core::v1::{Container as ContainerSpec, ContainerPort, PodSpec};
use promchart_k8s::k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, ObjectRef};
use crate::objects;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// An object that the release creates.
#[derive(Clone, Debug)]
pub struct Object {
    /// The template that it came from: `chart/templates/x.yaml`.
    pub path: Arc<str>,
    /// The whole of it. Spans are places in the rendered text.
    pub node: Node,
    /// The same as JSON.
    pub json: Json,
    /// The same as the type of its kind, for the kinds that rules look at. What has a wrong type, which other rules report,
    /// is left out.
    pub typed: Option<Typed>,
    /// Its names. The namespace is that of the release where the object has none of its own.
    pub reference: ObjectRef,
    /// Whether it is a hook.
    pub is_hook: bool,
}

/// What a pod is made from: a pod itself or the template in a workload.
#[derive(Clone, Copy, Debug)]
pub struct Pod<'a> {
    /// The object that makes it.
    pub owner: &'a Object,
    /// Its labels.
    pub labels: &'a BTreeMap<String, String>,
    /// Its spec.
    pub spec: &'a PodSpec,
    /// Where its metadata and spec are written.
    pub template: &'a Node,
    /// Where its spec is written.
    pub node: &'a Node,
}

/// A container of a pod.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    /// What it is.
    pub spec: &'a ContainerSpec,
    /// Where it is written.
    pub node: &'a Node,
    /// Whether it starts before the others.
    pub is_init: bool,
}

static NO_LABELS: BTreeMap<String, String> = BTreeMap::new();

impl Object {
    /// What rules look at of an object in a rendered text.
    pub(super) fn new(object: objects::Object) -> Self {
        let json = to_json(&object.node);
        Self {
            path: object.path,
            typed: promchart_k8s::decode(&json),
            is_hook: object.hook.is_some(),
            node: object.node,
            json,
            reference: object.reference,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> &str {
        &self.reference.kind
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.reference.name
    }

    /// Its namespace, be it that of the release.
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

    /// Whether its kind is one of Kubernetes itself, and not a custom resource that may have the same name.
    pub fn is_own(&self) -> bool {
        !self.group().contains('.') || self.group().ends_with(".k8s.io")
    }

    /// Whether it is one of these kinds of Kubernetes itself.
    pub fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.kind()) && self.is_own()
    }

    /// What is at a path.
    pub fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Node> {
        self.node.at(path)
    }

    /// The place of its name.
    pub fn place(&self) -> Span {
        span(&self.node, &["metadata", "name"])
    }

    /// What pods it is or makes.
    pub fn pod(&self) -> Option<Pod<'_>> {
        let typed = self.typed.as_ref()?;
        let (_, path) = typed.pod_spec_path()?.split_last()?;
        let template = self.at(path.iter().copied())?;
        Some(Pod {
            owner: self,
            labels: typed
                .pod_metadata()
                .and_then(|metadata| metadata.labels.as_ref())
                .unwrap_or(&NO_LABELS),
            spec: typed.pod_spec()?,
            template,
            node: template.get("spec")?,
        })
    }

    /// A diagnostic of a fault of this object.
    pub fn fault(&self, diagnostic: Diagnostic, span: Span) -> Diagnostic {
        diagnostic.at(span).object(self.reference.clone())
    }
}

impl<'a> Pod<'a> {
    /// The containers: those that start first, then the others.
    pub fn containers(self) -> impl Iterator<Item = Container<'a>> {
        let init = paired(self.spec.init_containers.as_ref(), self.node.get("initContainers"));
        let main = paired(Some(&self.spec.containers), self.node.get("containers"));
        let of = |is_init: bool| move |(spec, node)| Container { spec, node, is_init };
        init.map(of(true)).chain(main.map(of(false)))
    }

    /// The containers that run side by side: sidecars too.
    pub fn running(self) -> impl Iterator<Item = Container<'a>> {
        self.containers()
            .filter(|container| !container.is_init || container.spec.restart_policy.as_deref() == Some("Always"))
    }
}

impl<'a> Container<'a> {
    /// What is written at a path.
    pub fn at(self, path: impl IntoIterator<Item = &'a str>) -> Option<&'a Node> {
        self.node.at(path)
    }

    /// The place of its name.
    pub fn place(self) -> Span {
        span(self.node, &["name"])
    }

    /// Its ports, and where each is written.
    pub fn ports(self) -> impl Iterator<Item = (&'a ContainerPort, &'a Node)> {
        paired(self.spec.ports.as_ref(), self.node.get("ports"))
    }

    /// Whether it declares a port.
    pub fn has_port(self, wanted: &IntOrString) -> bool {
        self.ports().any(|(port, _)| match wanted {
            IntOrString::String(name) => port.name.as_ref() == Some(name),
            IntOrString::Int(number) => port.container_port == *number,
        })
    }
}

/// The items of a typed list, each with the node that it was read from.
pub(super) fn paired<'a, T>(
    typed: Option<&'a Vec<T>>,
    node: Option<&'a Node>,
) -> impl Iterator<Item = (&'a T, &'a Node)> {
    typed.into_iter().flatten().zip(items(node))
}

/// Where a part of something is written; the whole where the part is not written at all.
pub(super) fn span(node: &Node, path: &[&str]) -> Span {
    node.at(path.iter().copied()).map_or(node.span, |part| part.span)
}

/// A number or name, as people write it.
pub(super) fn shown(value: &IntOrString) -> String {
    match value {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.clone(),
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

/// Whether it is `true`.
pub(super) fn is_true(node: Option<&Node>) -> bool {
    node.is_some_and(|node| node.value == Value::Bool(true))
}

/// A value of a manifest as Kubernetes gets it.
pub(super) fn to_json(node: &Node) -> Json {
    node.to_json(&|float| Json::from(float))
}
