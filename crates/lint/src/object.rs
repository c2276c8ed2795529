//! An object of a release as rules see it: k8s-openapi's type for the meaning, the YAML nodes for the positions.

use std::collections::BTreeMap;
use std::sync::Arc;

use promchart_k8s::Object as Typed;
use promchart_k8s::k8s_openapi::api::core::v1::{Container as ContainerSpec, ContainerPort, PodSpec};
use promchart_k8s::k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value as Json;

use diagnostics::{Diagnostic, ObjectRef};
use engine::objects;
use goyaml::{Node, Value};
use source::Span;

/// An object that the release creates.
#[derive(Clone, Debug)]
pub struct Object {
    /// The template that rendered it: `chart/templates/x.yaml`.
    pub path: Arc<str>,
    /// Its YAML. Spans are in the rendered text.
    pub node: Node,
    /// Its JSON.
    pub json: Json,
    /// Its k8s-openapi type, for the kinds that rules use. Fields of a wrong type, which other rules report, are left
    /// out.
    pub typed: Option<Typed>,
    /// Its names. Without a namespace of its own, it has that of the release.
    pub reference: ObjectRef,
    /// Whether it is a hook.
    pub is_hook: bool,
}

/// The pod of an object: the object itself, or the template in a workload.
#[derive(Clone, Copy, Debug)]
pub struct Pod<'a> {
    /// The object that creates it.
    pub owner: &'a Object,
    /// Its labels.
    pub labels: &'a BTreeMap<String, String>,
    /// Its spec.
    pub spec: &'a PodSpec,
    /// The YAML of its metadata and spec.
    pub template: &'a Node,
    /// The YAML of its spec.
    pub node: &'a Node,
}

/// A container of a pod.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    /// Its k8s-openapi type.
    pub spec: &'a ContainerSpec,
    /// Its YAML.
    pub node: &'a Node,
    /// Whether it is an init container.
    pub is_init: bool,
}

static NO_LABELS: BTreeMap<String, String> = BTreeMap::new();

impl Object {
    /// Reads an object of a rendered text.
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

    /// Whether its kind is built into Kubernetes, rather than a custom resource of the same name.
    pub fn is_own(&self) -> bool {
        !self.group().contains('.') || self.group().ends_with(".k8s.io")
    }

    /// Whether it is one of these built-in kinds.
    pub fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.kind()) && self.is_own()
    }

    /// The node at a path.
    pub fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Node> {
        self.node.at(path)
    }

    /// The position of its name.
    pub fn place(&self) -> Span {
        span(&self.node, &["metadata", "name"])
    }

    /// Its pod, or the pod that it creates.
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

    /// Creates a diagnostic about this object.
    pub fn fault(&self, diagnostic: Diagnostic, span: Span) -> Diagnostic {
        diagnostic.at(span).object(self.reference.clone())
    }
}

impl<'a> Pod<'a> {
    /// The containers: init containers first, then the others.
    pub fn containers(self) -> impl Iterator<Item = Container<'a>> {
        let init = paired(self.spec.init_containers.as_ref(), self.node.get("initContainers"));
        let main = paired(Some(&self.spec.containers), self.node.get("containers"));
        let of = |is_init: bool| move |(spec, node)| Container { spec, node, is_init };
        init.map(of(true)).chain(main.map(of(false)))
    }

    /// The containers that run concurrently, including sidecars.
    pub fn running(self) -> impl Iterator<Item = Container<'a>> {
        self.containers()
            .filter(|container| !container.is_init || container.spec.restart_policy.as_deref() == Some("Always"))
    }
}

impl<'a> Container<'a> {
    /// The node at a path.
    pub fn at(self, path: impl IntoIterator<Item = &'a str>) -> Option<&'a Node> {
        self.node.at(path)
    }

    /// The position of its name.
    pub fn place(self) -> Span {
        span(self.node, &["name"])
    }

    /// Its ports with their nodes.
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

/// The items of a typed list, each with its node.
pub(super) fn paired<'a, T>(
    typed: Option<&'a Vec<T>>,
    node: Option<&'a Node>,
) -> impl Iterator<Item = (&'a T, &'a Node)> {
    typed.into_iter().flatten().zip(items(node))
}

/// The node of a part; the node of the whole if the part is not written.
pub(super) fn span(node: &Node, path: &[&str]) -> Span {
    node.at(path.iter().copied()).map_or(node.span, |part| part.span)
}

/// A number or name as text.
pub(super) fn shown(value: &IntOrString) -> String {
    match value {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.clone(),
    }
}

/// The items of a list; empty if there is no list.
pub(super) fn items(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_list).unwrap_or_default()
}

/// A string; empty if there is none.
pub(super) fn text(node: Option<&Node>) -> &str {
    node.and_then(Node::as_str).unwrap_or_default()
}

/// Whether it is `true`.
pub(super) fn is_true(node: Option<&Node>) -> bool {
    node.is_some_and(|node| node.value == Value::Bool(true))
}

/// A value of a manifest as Kubernetes receives it.
pub(super) fn to_json(node: &Node) -> Json {
    node.to_json(&|float| Json::from(float))
}
