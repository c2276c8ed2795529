//! The checks of each kind, counted from the tables and functions themselves.

use std::collections::{BTreeMap, BTreeSet};

use crate::Version;
use crate::admission::is_namespaced;
use crate::definitions::{Definitions, Type};
use crate::lifecycle::lifecycle;
use crate::rules::Rules;

/// The pod of a workload, which is counted once, for the kind `Pod`.
const POD: &str = "core.v1.PodSpec";

/// The checks of a kind of Kubernetes, without those of the `status` and, for workloads, of their pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// `Deployment`
    pub kind: &'static str,
    /// Its apiVersions, the stable ones first.
    pub api_versions: Vec<Served>,
    /// Fields, each once, however many paths lead to it.
    pub fields: usize,
    /// Fields that must be set.
    pub required: usize,
    /// Fields with a grammar or a range.
    pub formats: usize,
    /// Fields with a list of allowed strings.
    pub enums: usize,
    /// Sets of fields of which one excludes the others.
    pub unions: usize,
    /// Lists whose items have keys, or are all different.
    pub lists: usize,
    /// The parts that functions check as a whole.
    pub whole: Vec<&'static str>,
    /// It has pods.
    pub has_pods: bool,
}

/// An apiVersion and the versions of Kubernetes that serve it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// `apps/v1`
    pub api_version: &'static str,
    /// The first version that serves it, if it is newer than those that are known.
    pub since: Option<Version>,
    /// The last version that serves it, if a later one is known.
    pub until: Option<Version>,
}

/// The checks of each of Kubernetes' own kinds, sorted by kind and group.
pub fn coverage() -> Vec<Coverage> {
    let definitions = Definitions::get();
    // Kinds of the same name in two groups, as Event, are two rows.
    let mut kinds: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (api_version, kind) in definitions.kinds.keys() {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        // Other kinds are not objects: lists, options, answers.
        if is_namespaced(api_version, kind).is_some() {
            kinds.entry((kind, group)).or_default().push(api_version);
        }
    }
    let stability = |api_version: &str| (api_version.contains("alpha"), api_version.contains("beta"));
    kinds
        .into_iter()
        .map(|((kind, _), mut api_versions)| {
            api_versions.sort_by_key(|api_version| (stability(api_version), std::cmp::Reverse(*api_version)));
            of(kind, &api_versions)
        })
        .collect()
}

fn of(kind: &'static str, api_versions: &[&'static str]) -> Coverage {
    let definitions = Definitions::get();
    let served = |api_version: &&'static str| {
        let kinds = &definitions.kinds[&(*api_version, kind)];
        let from = kinds.iter().map(|kind| kind.from).min().unwrap_or_default();
        let to = kinds.iter().map(|kind| kind.to).max().unwrap_or(u32::MAX);
        let introduced = lifecycle(api_version, kind).and_then(|life| life.introduced);
        Served {
            api_version,
            since: (from > Version::EARLIEST.minor)
                .then_some(Version { minor: from })
                .or(introduced.filter(|version| *version > Version::EARLIEST)),
            until: (to < Version::LATEST.minor).then_some(Version { minor: to }),
        }
    };
    let mut coverage = Coverage {
        kind,
        api_versions: api_versions.iter().map(served).collect(),
        fields: 0,
        required: 0,
        formats: 0,
        enums: 0,
        unions: 0,
        lists: 0,
        whole: Vec::new(),
        has_pods: false,
    };
    // The newest definition stands for the kind.
    let first = api_versions
        .first()
        .and_then(|api_version| definitions.kinds[&(*api_version, kind)].last());
    let mut waiting: Vec<usize> = first.map(|kind| kind.definition).into_iter().collect();
    let mut seen: BTreeSet<usize> = waiting.iter().copied().collect();
    while let Some(index) = waiting.pop() {
        let definition = definitions.at(index);
        let own = Rules::get().of(index);
        for field in &definition.fields {
            let is_head = matches!(field.name, "apiVersion" | "kind" | "metadata" | "status");
            if index == first.map_or(index, |kind| kind.definition) && is_head {
                continue;
            }
            coverage.fields += 1;
            let told = own.told(field.name);
            let has = |rule: &str| told.iter().any(|(name, _)| *name == rule);
            coverage.required += usize::from(field.required || has("missing-required-field"));
            coverage.enums += usize::from(has("invalid-enum-value"));
            coverage.lists += usize::from(has("duplicate-item"));
            let others = [
                "missing-required-field",
                "invalid-enum-value",
                "duplicate-item",
                "field-conflict",
            ];
            coverage.formats += usize::from(told.iter().any(|(name, _)| !others.contains(name)));
            let Some(below) = below(&field.kind) else { continue };
            if definitions.at(below).name == POD && kind != "Pod" {
                coverage.has_pods = true;
            } else if seen.insert(below) {
                waiting.push(below);
            }
        }
        coverage.unions += own.unions();
        if !own.checks.is_empty() {
            coverage
                .whole
                .push(definition.name.rsplit('.').next().unwrap_or_default());
        }
    }
    coverage.whole.sort_unstable();
    coverage.whole.dedup();
    coverage
}

/// The definition of what a value holds.
fn below(kind: &Type) -> Option<usize> {
    match kind {
        Type::Reference(index) => Some(*index),
        Type::List(kind) | Type::Map(kind) => below(kind),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_counted_with_what_they_hold() {
        let all = coverage();
        let of = |kind: &str| all.iter().find(|one| one.kind == kind).unwrap();
        let deployment = of("Deployment");
        assert_eq!(deployment.api_versions[0].api_version, "apps/v1");
        assert!(deployment.has_pods && !of("Pod").has_pods);
        assert!(of("Pod").fields > 300 && deployment.fields < 100);
        assert!(of("Service").enums > 5, "{:?}", of("Service"));
        let slice = of("ResourceSlice");
        assert_eq!(slice.api_versions[0].since, Some(Version { minor: 34 }));
        assert!(slice.whole.contains(&"Device"), "{slice:?}");
    }
}
