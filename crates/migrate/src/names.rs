//! The names of the community chart's objects.

use super::build::is_true;
use super::path::Path;
use goyaml::Node;

/// The names of one release.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// The release; none if it is not given.
    pub(super) release: Option<String>,
    /// The namespace; none if it is not given.
    pub(super) namespace: Option<String>,
    /// `app.kubernetes.io/name` of the server.
    pub(super) name: String,
    /// `app.kubernetes.io/component` of the server.
    pub(super) component: String,
    /// The common prefix of names.
    pub(super) full: String,
    /// The name of the server's workload, Service, ConfigMap, claim and service account.
    pub(super) server: String,
    /// The name of the Pushgateway's objects.
    pub(super) pushgateway: String,
    /// `app.kubernetes.io/name` of the Pushgateway.
    pub(super) pushgateway_name: String,
    /// The name of the node-exporter's objects.
    pub(super) node_exporter: String,
    /// `app.kubernetes.io/name` of the node-exporter.
    pub(super) node_exporter_name: String,
}

impl Names {
    /// Computes the names from the release and the values of the community chart.
    pub(super) fn of(release: Option<&str>, namespace: Option<&str>, old: &Node) -> Self {
        let text = |path: &str| {
            Path::of(path)
                .get(old)
                .filter(|node| is_true(node))
                .and_then(Node::scalar_text)
        };
        let name = text("nameOverride").unwrap_or_else(|| "prometheus".to_owned());
        let component = text("server/name").unwrap_or_else(|| "server".to_owned());
        let given = release.unwrap_or("RELEASE");
        let full = text("fullnameOverride").unwrap_or_else(|| joined(given, &name));
        let server = text("server/fullnameOverride").unwrap_or_else(|| {
            if given.contains(&*name) {
                format!("{given}-{component}")
            } else {
                format!("{given}-{name}-{component}")
            }
        });
        let subchart = |key: &str| {
            let name = text(&format!("{key}/nameOverride")).unwrap_or_else(|| key.to_owned());
            let full = text(&format!("{key}/fullnameOverride")).unwrap_or_else(|| joined(given, &name));
            (cut(&name), cut(&full))
        };
        let (pushgateway_name, pushgateway) = subchart("prometheus-pushgateway");
        let (node_exporter_name, node_exporter) = subchart("prometheus-node-exporter");
        let namespace = text("forceNamespace").or_else(|| namespace.map(str::to_owned));
        Self {
            release: release.map(str::to_owned),
            namespace,
            name: cut(&name),
            component,
            full: cut(&full),
            server: cut(&server),
            pushgateway,
            pushgateway_name,
            node_exporter,
            node_exporter_name,
        }
    }

    /// Placeholder until the names are known.
    pub(super) fn unknown() -> Self {
        Self::default()
    }
}

fn joined(release: &str, name: &str) -> String {
    if release.contains(name) {
        release.to_owned()
    } else {
        format!("{release}-{name}")
    }
}

/// `trunc 63 | trimSuffix "-"`.
fn cut(name: &str) -> String {
    let end = name.char_indices().nth(63).map_or(name.len(), |(at, _)| at);
    let name = &name[..end];
    name.strip_suffix('-').unwrap_or(name).to_owned()
}
