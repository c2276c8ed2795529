//! The resource names of kinds, from `data/resources.txt` and from definitions of custom resources.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::custom::Crds;
use crate::definitions::group;

const TEXT: &str = include_str!("../../data/resources.txt");

/// The resource of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    /// `deployments`.
    pub(super) name: String,
    pub(super) is_namespaced: bool,
    /// Whether this comes from a definition and is not a guess.
    pub(super) is_known: bool,
}

type Table = BTreeMap<(&'static str, &'static str), (&'static str, bool)>;

fn table() -> &'static Table {
    static READ: OnceLock<Table> = OnceLock::new();
    READ.get_or_init(|| {
        let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| {
                let [group, kind, name, scope] = line.split(' ').collect::<Vec<_>>()[..] else {
                    return None;
                };
                let group = if group == "-" { "" } else { group };
                Some(((group, kind), (name, scope == "Namespaced")))
            })
            .collect()
    })
}

/// Whether the objects of one of Kubernetes' own kinds are in namespaces; none if it is another kind.
pub fn is_namespaced(api_version: &str, kind: &str) -> Option<bool> {
    let group = if api_version.contains('/') {
        group(api_version)
    } else {
        ""
    };
    table().get(&(group, kind)).map(|(_, is_namespaced)| *is_namespaced)
}

/// Returns the resource of a kind, or a guess if no definition of the kind is known.
pub(super) fn of(crds: &Crds, api_version: &str, kind: &str) -> Resource {
    let group = if api_version.contains('/') {
        group(api_version)
    } else {
        ""
    };
    let known = table()
        .get(&(group, kind))
        .copied()
        .or_else(|| crds.resource(api_version, kind));
    if let Some((name, is_namespaced)) = known {
        return Resource {
            name: name.to_owned(),
            is_namespaced,
            is_known: true,
        };
    }
    let singular = kind.to_lowercase();
    let name = if singular.ends_with(['s', 'x']) || singular.ends_with("ch") || singular.ends_with("sh") {
        format!("{singular}es")
    } else if let Some(stem) = singular.strip_suffix('y') {
        format!("{stem}ies")
    } else {
        format!("{singular}s")
    };
    Resource {
        name,
        is_namespaced: true,
        is_known: false,
    }
}
