//! What a value may be, for all that can be told without rendering.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A step into values: a key, or whatever key or index there is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Step {
    /// This key.
    Key(Arc<str>),
    /// Any key or index.
    Any,
}

/// A path from the values of the first chart on.
pub(in super::super) type Path = Vec<Step>;

/// The most alternatives that are kept apart.
const MAX_ALTERNATIVES: usize = 24;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Abstract {
    /// Nothing that leads to values.
    Unknown,
    /// The dot of a chart, whose values are at this path.
    Dot(Path),
    /// The value at a path.
    At(Path),
    /// This text.
    Text(Arc<str>),
    /// A text of which only what lies between the stars is known.
    Pattern(Arc<str>),
    /// A mapping with these entries.
    Dict(Arc<BTreeMap<Arc<str>, Abstract>>),
    /// A list of such items.
    List(Box<Abstract>),
    /// One of these.
    Either(Vec<Abstract>),
}

impl Abstract {
    /// One of several; `None` if there are too many to keep apart.
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

    /// How deep it nests, as far as that matters.
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

/// A path with one step more.
pub(super) fn join(path: &Path, step: Step) -> Path {
    let mut path = path.clone();
    path.push(step);
    path
}

/// A key as a step.
pub(in super::super) fn key(name: &str) -> Step {
    Step::Key(name.into())
}
