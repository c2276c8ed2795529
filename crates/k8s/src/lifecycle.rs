//! When APIs were added, deprecated and removed: `data/lifecycle.txt`, and the kinds in the definitions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::definitions::{Definitions, group};
use crate::problem::Side;
use crate::version::Version;
use crate::walker::{Position, Walker};

const TEXT: &str = include_str!("../data/lifecycle.txt");

/// The lifecycle of an apiVersion and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    /// The first version that serves it.
    pub introduced: Option<Version>,
    /// The first version in which the API server warns about it.
    pub deprecated: Option<Version>,
    /// The first version that no longer serves it.
    pub removed: Option<Version>,
    /// The apiVersion and kind to use instead.
    pub replacement: Option<(&'static str, &'static str)>,
}

type Table = BTreeMap<(&'static str, &'static str), Lifecycle>;

fn table() -> &'static Table {
    static READ: OnceLock<Table> = OnceLock::new();
    READ.get_or_init(|| {
        TEXT.lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(read)
            .collect()
    })
}

fn read(line: &'static str) -> Option<((&'static str, &'static str), Lifecycle)> {
    let words: Vec<&str> = line.split(' ').collect();
    let [api_version, kind, introduced, deprecated, removed, replacement @ ..] = words.as_slice() else {
        return None;
    };
    let replacement = match replacement {
        [api_version, kind] => Some((*api_version, *kind)),
        _ => None,
    };
    let life = Lifecycle {
        introduced: Version::parse(introduced),
        deprecated: Version::parse(deprecated),
        removed: Version::parse(removed),
        replacement,
    };
    Some(((*api_version, *kind), life))
}

/// Returns the lifecycle of an apiVersion and kind; `None` for custom resources, and for APIs that were never
/// deprecated and are older than the markers in Kubernetes' sources.
pub fn lifecycle(api_version: &str, kind: &str) -> Option<Lifecycle> {
    table().get(&(api_version, kind)).copied()
}

/// Whether a group belongs to Kubernetes itself. Groups of custom resources may end in `.k8s.io` too.
pub(crate) fn is_own_group(group: &str) -> bool {
    static READ: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    READ.get_or_init(|| {
        let kinds = Definitions::get().kinds.keys().chain(table().keys());
        kinds.map(|(api_version, _)| self::group(api_version)).collect()
    })
    .contains(group)
}

/// Whether a version serves an apiVersion and kind; `None` if the group is not one of Kubernetes' own.
pub fn served(version: Version, api_version: &str, kind: &str) -> Option<bool> {
    if !is_own_group(group(api_version)) {
        return None;
    }
    // The definitions are exact for the versions that they cover; for later versions the markers are only a plan.
    if version == version.known() {
        return Some(Definitions::get().of_kind(api_version, kind, version).is_some());
    }
    Some(match lifecycle(api_version, kind) {
        Some(life) => life.introduced.is_none_or(|from| from <= version) && life.removed.is_none_or(|to| version < to),
        None => Definitions::get().of_kind(api_version, kind, version.known()).is_some(),
    })
}

/// All built-in kinds that a version serves, in the form of a chart's `.Capabilities.APIVersions`:
/// `policy/v1/PodDisruptionBudget`.
pub fn all_served(version: Version) -> Vec<String> {
    let kinds = Definitions::get().kinds.keys();
    let served = kinds.filter(|(api_version, kind)| served(version, api_version, kind) == Some(true));
    served
        .map(|(api_version, kind)| format!("{api_version}/{kind}"))
        .collect()
}

/// Reports problems with the apiVersion and kind of an object in one of Kubernetes' own groups.
pub(crate) fn check(walker: &mut Walker<'_>, api_version: &str, kind: &str) {
    let version = walker.version;
    let life = lifecycle(api_version, kind);
    let replacement = life.and_then(|life| life.replacement);
    let instead = replacement
        .filter(|(newer, other)| served(version, newer, other) == Some(true))
        .map(|(newer, other)| {
            if other == kind {
                format!("use `{newer}`")
            } else {
                format!("use {other} of `{newer}`")
            }
        });
    if served(version, api_version, kind) == Some(true) {
        if let Some(life) = life
            && let Some(deprecated) = life.deprecated.filter(|deprecated| *deprecated <= version)
        {
            let removed = life
                .removed
                .map(|removed| format!(", and gone from {removed} on"))
                .unwrap_or_default();
            let message = format!("{kind} of `{api_version}` is deprecated since Kubernetes {deprecated}{removed}");
            walker.below(Position::Key("apiVersion"), |walker| {
                walker.fault(Side::Value, "deprecated-api", message).help = instead;
            });
        }
        return;
    }
    if let Some(removed) = life.and_then(|life| life.removed).filter(|removed| *removed <= version) {
        let message = format!("{kind} of `{api_version}` was removed in Kubernetes {removed}");
        walker.below(Position::Key("apiVersion"), |walker| {
            walker.fault(Side::Value, "removed-api", message).help = instead;
        });
        return;
    }
    unknown(walker, api_version, kind);
}

fn unknown(walker: &mut Walker<'_>, api_version: &str, kind: &str) {
    let version = walker.version;
    let kinds = || {
        Definitions::get()
            .kinds
            .keys()
            .filter(move |(api_version, kind)| served(version, api_version, kind) == Some(true))
    };
    let shown_version = crate::formats::shown(api_version);
    let shown_kind = crate::formats::shown(kind);
    if !kinds().any(|(known, _)| *known == api_version) {
        let of_kind = kinds()
            .filter(|(_, other)| *other == kind)
            .map(|(api_version, _)| *api_version);
        let help = match suggest::one_of(of_kind) {
            places if places.is_empty() => suggest::did_you_mean(api_version, kinds().map(|(known, _)| *known)),
            places => Some(format!("{shown_kind} is in {places}")),
        };
        walker.below(Position::Key("apiVersion"), |walker| {
            walker
                .fault(
                    Side::Value,
                    "unknown-api",
                    format!("Kubernetes {version} has no API `{shown_version}`"),
                )
                .help = help;
        });
        return;
    }
    let introduced = lifecycle(api_version, kind)
        .and_then(|life| life.introduced)
        .filter(|from| *from > version);
    let of_kind = kinds()
        .filter(|(_, other)| *other == kind)
        .map(|(api_version, _)| *api_version);
    let (key, help) = match (introduced, suggest::one_of(of_kind)) {
        (Some(from), _) => ("apiVersion", Some(format!("Kubernetes has it from {from} on"))),
        (None, places) if !places.is_empty() => ("apiVersion", Some(format!("{shown_kind} is in {places}"))),
        _ => (
            "kind",
            suggest::did_you_mean(
                kind,
                kinds()
                    .filter(|(known, _)| *known == api_version)
                    .map(|(_, kind)| *kind),
            ),
        ),
    };
    walker.below(Position::Key(key), |walker| {
        walker
            .fault(
                Side::Value,
                "unknown-api",
                format!("`{shown_version}` of Kubernetes {version} has no kind {shown_kind}"),
            )
            .help = help;
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_fit_the_definitions() {
        let mut wrong = Vec::new();
        for (api_version, kind) in table().keys() {
            let Some(life) = lifecycle(api_version, kind) else {
                continue;
            };
            for minor in Version::EARLIEST.minor..=Version::LATEST.minor {
                let version = Version { minor };
                let planned =
                    life.introduced.is_none_or(|from| from <= version) && life.removed.is_none_or(|to| version < to);
                let defined = Definitions::get().of_kind(api_version, kind, version).is_some();
                if planned != defined {
                    wrong.push(format!(
                        "{api_version} {kind} {version}: marks {planned}, definitions {defined}"
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn lines_are_sorted_and_whole() {
        let lines: Vec<_> = TEXT.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.is_sorted());
        assert_eq!(lines.len(), table().len());
        for ((api_version, kind), life) in table() {
            let later = life
                .deprecated
                .is_none_or(|deprecated| life.introduced.is_none_or(|from| from < deprecated));
            assert!(
                later
                    && life
                        .removed
                        .is_none_or(|removed| life.deprecated.is_none_or(|deprecated| deprecated < removed)),
                "{api_version} {kind}"
            );
            if let Some((newer, other)) = life.replacement {
                assert!(
                    lifecycle(newer, other).is_some() || served(Version::LATEST, newer, other) == Some(true),
                    "{api_version} {kind}"
                );
            }
        }
    }
}
