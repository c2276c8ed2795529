//! The account of the input: each leaf of each file with what has become of it.

use std::collections::BTreeMap;

use super::path::Path;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// What has become of a part of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in the output.
    Mapped,
    /// It is not in the output because the chart does the same without it.
    Same(String),
    /// It is what the community chart does without being told.
    Default,
    /// It is not carried over.
    Lost {
        /// Why.
        reason: String,
        /// What to do instead.
        help: String,
    },
    /// The community chart has no such key.
    Unknown {
        /// The key that may be meant.
        help: Option<String>,
    },
    /// A later file says something else.
    Overridden,
}

/// What was decided about a value and all that is below it.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The value.
    pub path: Path,
    /// Its key in the input.
    pub key: Span,
    /// What has become of it.
    pub fate: Fate,
    /// Where it went.
    pub new: Vec<Path>,
    /// What is different there.
    pub note: Option<String>,
    /// How many leaves it is about.
    pub leaves: usize,
}

/// A scalar of the input, or an empty collection.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Its path.
    pub path: Path,
    /// Its value in the input.
    pub span: Span,
    /// The key that it belongs to.
    pub key: Span,
    /// The claim that accounts for it.
    pub claim: Option<usize>,
}

/// The account.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// All leaves of all files.
    pub leaves: Vec<Leaf>,
    /// What was decided.
    pub claims: Vec<Claim>,
    /// The leaves that count, by their paths: those that no later file has overridden.
    live: BTreeMap<Path, usize>,
}

impl Ledger {
    /// The account of some files, of which later ones win.
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

    /// The leaves at a path and below it that nobody has accounted for.
    fn open(&self, path: &Path) -> Vec<usize> {
        self.live
            .range(path.clone()..)
            .take_while(|(leaf, _)| leaf.is_in(path))
            .map(|(_, at)| *at)
            .filter(|at| self.leaves[*at].claim.is_none())
            .collect()
    }

    /// Whether there are leaves at a path or below it that nobody has accounted for.
    pub(super) fn is_open(&self, path: &Path) -> bool {
        !self.open(path).is_empty()
    }

    /// Whether the input says anything at a path or below it.
    pub(super) fn says(&self, path: &Path) -> bool {
        self.live
            .range(path.clone()..)
            .next()
            .is_some_and(|(leaf, _)| leaf.is_in(path))
    }

    /// Accounts for all leaves at a path and below it that nobody has accounted for. Nothing happens if there are none.
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

    /// The leaves that nobody has accounted for, by their paths.
    pub(super) fn rest(&self) -> Vec<(Path, Span)> {
        self.open(&Path::default())
            .into_iter()
            .map(|at| (self.leaves[at].path.clone(), self.leaves[at].key))
            .collect()
    }
}

/// The leaves of a value; the steps into a list are numbers.
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
