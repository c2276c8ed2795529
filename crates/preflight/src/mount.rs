//! The volumes of the API server's container. A path in the manifest is a path in the container.

use gostd::path::clean;
use goyaml::Node;
use source::Span;

/// The source of a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Volume {
    /// A path of the node.
    Host(String),
    /// Another kind of volume: `emptyDir`, `secret`.
    Other(String),
    /// The pod has no volume of this name.
    Missing(String),
}

/// A volume mount.
#[derive(Clone, Debug)]
pub(super) struct Mount {
    /// The path in the container.
    pub(super) path: String,
    pub(super) volume: Volume,
    pub(super) place: Span,
}

/// The mounts of a container.
#[derive(Clone, Debug, Default)]
pub(super) struct Mounts(Vec<Mount>);

impl Mounts {
    /// Reads the mounts of a container.
    pub(super) fn of_pod(spec: &Node, container: &Node) -> Self {
        let volumes = spec.get("volumes").and_then(Node::as_list).unwrap_or_default();
        let mounts = container
            .get("volumeMounts")
            .and_then(Node::as_list)
            .unwrap_or_default();
        let mount = |mount: &Node| {
            let path = clean(mount.get("mountPath")?.as_str()?);
            let name = mount.get("name").and_then(Node::as_str).unwrap_or_default();
            let volume = volumes
                .iter()
                .find(|volume| volume.get("name").and_then(Node::as_str) == Some(name));
            let volume = match volume {
                None => Volume::Missing(name.to_owned()),
                Some(volume) => match volume.at(["hostPath", "path"]).and_then(Node::as_str) {
                    Some(host) => {
                        let inner = mount.get("subPath").and_then(Node::as_str).unwrap_or_default();
                        Volume::Host(clean(&format!("/{host}/{inner}")))
                    }
                    None => Volume::Other(type_of(volume)),
                },
            };
            let place = mount.span;
            Some(Mount { path, volume, place })
        };
        Self(mounts.iter().filter_map(mount).collect())
    }

    /// Adds a mount of a node's path.
    pub(super) fn add(&mut self, host: &str, path: &str, place: Span) {
        let volume = Volume::Host(clean(host));
        let path = clean(path);
        self.0.push(Mount { path, volume, place });
    }

    /// Finds the mount that contains a path, and the rest of the path below it.
    pub(super) fn find<'p>(&self, path: &'p str) -> Option<(&Mount, &'p str)> {
        let inside = |mount: &Mount| {
            let rest = path.strip_prefix(mount.path.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/'))
        };
        let all = self.0.iter().filter_map(|mount| Some((mount, inside(mount)?)));
        all.max_by_key(|(mount, _)| mount.path.trim_end_matches('/').len())
    }
}

/// The type of a volume: the key next to its name.
fn type_of(volume: &Node) -> String {
    let keys = volume.as_map().into_iter().flat_map(goyaml::Map::iter);
    let mut types = keys.map(|(key, _)| &**key).filter(|key| *key != "name");
    types.next().unwrap_or("emptyDir").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Mounts, Volume};
    use source::{Source, SourceKind, Sources};

    #[test]
    fn the_longest_mount_wins() {
        let text = "spec:\n  containers:\n  - volumeMounts:\n    - {name: a, mountPath: /etc}\n    - {name: b, mountPath: /etc/kubernetes/, subPath: pki}\n    \
                    - {name: c, mountPath: /run}\n    - {name: d, mountPath: /x}\n  volumes:\n  - {name: a, hostPath: {path: /node/etc}}\n  \
                    - {name: b, hostPath: {path: /data/}}\n  - {name: c, emptyDir: {}}\n";
        let file = Sources::new();
        let source = Source::new("x", SourceKind::File, text.into());
        let id = file.add(Source::new("x", SourceKind::File, Vec::new()));
        let node = goyaml::parse(&source, id, 0..text.len()).unwrap().node;
        let spec = node.get("spec").unwrap();
        let mounts = Mounts::of_pod(spec, node.at(["spec", "containers", "0"]).unwrap());
        let find = |path| mounts.find(path).map(|(mount, rest)| (mount.volume.clone(), rest));
        assert_eq!(
            find("/etc/ssl/a"),
            Some((Volume::Host("/node/etc".to_owned()), "ssl/a"))
        );
        assert_eq!(
            find("/etc/kubernetes/a"),
            Some((Volume::Host("/data/pki".to_owned()), "a"))
        );
        assert_eq!(
            find("/etc/kubernetesx"),
            Some((Volume::Host("/node/etc".to_owned()), "kubernetesx"))
        );
        assert_eq!(find("/run/a"), Some((Volume::Other("emptyDir".to_owned()), "a")));
        assert_eq!(find("/x"), Some((Volume::Missing("d".to_owned()), "")));
        assert_eq!(find("/srv/a"), None);
    }
}
