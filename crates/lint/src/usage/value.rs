//! Abstract values: everything that is known of a value without rendering.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A step of a path: a key, or any key or index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Step {
    /// This key.
    Key(Arc<str>),
    /// Any key or index.
    Any,
}

/// A path from the values of the top-level chart.
pub(in super::super) type Path = Vec<Step>;

/// The maximum number of alternatives kept apart.
const MAX_ALTERNATIVES: usize = 24;

/// The knowledge about a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Abstract {
    /// A value that does not come from `.Values`.
    Unknown,
    /// The dot of a chart whose values are at this path.
    Dot(Path),
    /// The value at a path.
    At(Path),
    /// A known text.
    Text(Arc<str>),
    /// A partly known text: stars stand for the unknown parts.
    Pattern(Arc<str>),
    /// A mapping with these entries.
    Dict(Arc<BTreeMap<Arc<str>, Abstract>>),
    /// A list of such items.
    List(Box<Abstract>),
    /// One of several.
    Either(Vec<Abstract>),
}

impl Abstract {
    /// One of several values; none if there are too many to keep apart.
    pub(super) fn either(alternatives: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut flat: Vec<Self> = Vec::new();
        for alternative in alternatives {
            match alternative {
                Self::Either(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        flat.sort();
        flat.dedup();
        if flat.iter().any(|value| *value != Self::Unknown) {
            flat.retain(|value| *value != Self::Unknown);
        }
        match flat.len() {
            0 => Some(Self::Unknown),
            1 => flat.pop(),
            2..=MAX_ALTERNATIVES => Some(Self::Either(flat)),
            _ => None,
        }
    }

    /// The nesting depth. Paths count a quarter of their length.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::Dot(path) | Self::At(path) => path.len() / 4,
            Self::Dict(entries) => 1 + entries.values().map(Self::depth).max().unwrap_or_default(),
            Self::List(item) => 1 + item.depth(),
            Self::Either(values) => values.iter().map(Self::depth).max().unwrap_or_default(),
            _ => 0,
        }
    }
}

/// A path extended by a step.
pub(super) fn join(path: &Path, step: Step) -> Path {
    let mut path = path.clone();
    path.push(step);
    path
}

/// A step for a key.
pub(in super::super) fn key(name: &str) -> Step {
    Step::Key(name.into())
}
