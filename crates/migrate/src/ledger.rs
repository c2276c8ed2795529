//! The ledger of the input: each leaf of each file with its fate.

use std::collections::BTreeMap;

use super::path::Path;
use goyaml::{Node, Value};
use source::Span;

/// The fate of a part of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is carried over to the output.
    Mapped,
    /// It is not needed in the output, because the chart does the same without it.
    Same(String),
    /// It repeats a default of the community chart.
    Default,
    /// It is not carried over.
    Lost {
        /// The reason.
        reason: String,
        /// The alternative.
        help: String,
    },
    /// The community chart has no such key.
    Unknown {
        /// A suggestion.
        help: Option<String>,
    },
    /// A later file overrides it.
    Overridden,
}

/// The decision on a value and everything below it.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The path of the value.
    pub path: Path,
    /// Its key in the input.
    pub key: Span,
    /// The fate.
    pub fate: Fate,
    /// Its places in the output.
    pub new: Vec<Path>,
    /// How the new value differs.
    pub note: Option<String>,
    /// The number of leaves covered.
    pub leaves: usize,
}

/// A scalar of the input, or an empty collection.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Its path.
    pub path: Path,
    /// The span of its value in the input.
    pub span: Span,
    /// The span of its key.
    pub key: Span,
    /// The index of the claim that covers it.
    pub claim: Option<usize>,
}

/// The ledger.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// All leaves of all files.
    pub leaves: Vec<Leaf>,
    /// All claims.
    pub claims: Vec<Claim>,
    /// The leaves that take effect, by path: those that no later file overrides.
    live: BTreeMap<Path, usize>,
}

impl Ledger {
    /// A ledger of files; later ones override earlier ones.
    pub(super) fn new(files: &[Node], merged: &Node) -> Self {
        let mut ledger = Self::default();
        for file in files {
            collect(file, &Path::default(), file.span, &mut ledger.leaves);
        }
        let mut overridden = Vec::new();
        for (at, leaf) in ledger.leaves.iter().enumerate() {
            let value = leaf.path.get(merged);
            if value.is_some_and(|node| node.span == leaf.span) {
                ledger.live.insert(leaf.path.clone(), at);
            } else {
                overridden.push(at);
            }
        }
        for at in overridden {
            let (path, key) = (ledger.leaves[at].path.clone(), ledger.leaves[at].key);
            ledger.leaves[at].claim = Some(ledger.claims.len());
            ledger.claims.push(Claim {
                path,
                key,
                fate: Fate::Overridden,
                new: Vec::new(),
                note: None,
                leaves: 1,
            });
        }
        ledger
    }

    /// The unclaimed leaves at or below a path.
    fn open(&self, path: &Path) -> Vec<usize> {
        self.live
            .range(path.clone()..)
            .take_while(|(leaf, _)| leaf.is_in(path))
            .map(|(_, at)| *at)
            .filter(|at| self.leaves[*at].claim.is_none())
            .collect()
    }

    /// Whether there are unclaimed leaves at or below a path.
    pub(super) fn is_open(&self, path: &Path) -> bool {
        !self.open(path).is_empty()
    }

    /// Whether the input sets a path or anything below it.
    pub(super) fn says(&self, path: &Path) -> bool {
        self.live
            .range(path.clone()..)
            .next()
            .is_some_and(|(leaf, _)| leaf.is_in(path))
    }

    /// Claims all unclaimed leaves at or below a path. Does nothing if there are none.
    pub(super) fn claim(&mut self, path: &Path, key: Span, fate: Fate, note: Option<String>) -> Option<usize> {
        let open = self.open(path);
        if open.is_empty() {
            return None;
        }
        let id = self.claims.len();
        self.claims.push(Claim {
            path: path.clone(),
            key,
            fate,
            new: Vec::new(),
            note,
            leaves: open.len(),
        });
        for at in open {
            self.leaves[at].claim = Some(id);
        }
        Some(id)
    }

    /// The unclaimed leaves, by path.
    pub(super) fn rest(&self) -> Vec<(Path, Span)> {
        self.open(&Path::default())
            .into_iter()
            .map(|at| (self.leaves[at].path.clone(), self.leaves[at].key))
            .collect()
    }
}

/// Collects the leaves of a value; list indices are steps of the path.
fn collect(node: &Node, path: &Path, key: Span, found: &mut Vec<Leaf>) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for (name, entry) in map.iter() {
                collect(&entry.node, &path.join(name), entry.key, found);
            }
        }
        Value::Map(_) if path.steps().is_empty() => {}
        Value::List(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                collect(item, &path.join(&at.to_string()), item.span, found);
            }
        }
        _ => found.push(Leaf {
            path: path.clone(),
            span: node.span,
            key,
            claim: None,
        }),
    }
}
