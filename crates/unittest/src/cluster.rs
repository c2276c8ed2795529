//! The cluster that `lookup` queries in a test: the objects of `kubernetesProvider`, found as by client-go's fake
//! client.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::settings::{ClusterSettings, Kind};
use gostd::path;
use govalue::{MapType, Value, from_node};
use goyaml::{Entry, Map, Node};
use source::Span;
use sprig::Cluster;

/// The objects of a simulated cluster.
#[derive(Debug)]
pub(super) struct Objects {
    settings: ClusterSettings,
}

impl Objects {
    /// A cluster with the objects of a test; `None` if it has no objects.
    pub(super) fn of(settings: &ClusterSettings) -> Option<Arc<dyn Cluster>> {
        let settings = settings.clone();
        (!settings.objects.is_empty()).then(|| Arc::new(Self { settings }) as Arc<dyn Cluster>)
    }
}

fn text<'n>(object: &'n Node, path: &[&str]) -> &'n str {
    object
        .at(path.iter().copied())
        .and_then(Node::as_str)
        .unwrap_or_default()
}

/// The likely resource name of a kind, guessed as client-go does.
fn resource(kind: &str) -> String {
    let name = kind.to_lowercase();
    match name.as_bytes().last() {
        _ if name.ends_with("endpoints") => name,
        Some(b's') => format!("{name}es"),
        Some(b'y') => format!("{}ies", &name[..name.len() - 1]),
        _ => format!("{name}s"),
    }
}

fn group_version(object: &Node) -> (&str, &str) {
    let api_version = text(object, &["apiVersion"]);
    api_version.split_once('/').unwrap_or(("", api_version))
}

fn is_of(object: &Node, kind: &Kind) -> bool {
    let (group, version) = group_version(object);
    group == kind.group && version == kind.version && resource(text(object, &["kind"])) == kind.resource
}

impl Cluster for Objects {
    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Value, String> {
        let known = self.settings.kinds.get(&path::clean(&format!("{api_version}/{kind}")));
        let known = known.cloned().unwrap_or_default();
        let namespace = if known.is_namespaced { namespace } else { "" };
        let mut objects = self.settings.objects.iter().filter(|object| is_of(object, &known));
        let value = |node: &Node| from_node(node, MapType::ANY);
        if !name.is_empty() {
            let found = objects.find(|object| {
                let metadata = |field| text(object, &["metadata", field]);
                metadata("name") == name && metadata("namespace") == namespace
            });
            return Ok(found.map_or_else(|| govalue::map(govalue::Entries::new()), value));
        }
        let objects: Vec<&Node> = objects.collect();
        let Some(first) = objects.first() else {
            let group = |object: &Node| {
                let (group, version) = group_version(object);
                let kind = text(object, &["kind"]);
                format!("{group}/{version}, Resource={}:{kind}List", resource(kind))
            };
            let known_kinds: BTreeSet<String> = self.settings.objects.iter().map(group).collect();
            return Err(format!(
                "coding error: you must register resource to list kind for every resource you're going to LIST when creating the \
                 client.  See NewSimpleDynamicClientWithCustomListKinds or register the list into the scheme: {}/{}, Resource={} \
                 out of map[{}]",
                known.group,
                known.version,
                known.resource,
                known_kinds.into_iter().collect::<Vec<_>>().join(" ")
            ));
        };
        let in_namespace =
            |object: &&&Node| namespace.is_empty() || text(object, &["metadata", "namespace"]) == namespace;
        let items = objects
            .iter()
            .filter(in_namespace)
            .map(|object| (*object).clone())
            .collect();
        // The fake client numbers the objects of a kind, starting at one.
        let version = (objects.len() + 1).to_string();
        Ok(value(&list(first, items, version)))
    }
}

/// The list of objects that a client returns.
fn list(first: &Node, items: Vec<Node>, version: String) -> Node {
    let span: Span = first.span;
    let string = |text: String| Node::new(goyaml::Value::String(text.into()), span);
    let map = |entries: Vec<(&str, Node)>| {
        let entry = |(key, node): (&str, Node)| (Arc::from(key), Entry { key: span, node });
        Node::new(
            goyaml::Value::Map(Arc::new(entries.into_iter().map(entry).collect::<Map>())),
            span,
        )
    };
    map(vec![
        ("apiVersion", string(text(first, &["apiVersion"]).to_owned())),
        ("kind", string(format!("{}List", text(first, &["kind"])))),
        (
            "metadata",
            map(vec![
                ("continue", string(String::new())),
                ("resourceVersion", string(version)),
            ]),
        ),
        ("items", Node::new(goyaml::Value::List(Arc::new(items)), span)),
    ])
}
