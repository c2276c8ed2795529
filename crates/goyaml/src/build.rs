//! Helpers of the decoder: a map builder, and go-yaml's limit on alias expansion.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::key::Key;
use super::node::Map;

/// A mapping under construction.
#[derive(Default)]
pub(super) struct MapBuilder {
    pub(super) map: Map,
    /// Keys that a merge key added and that were not set since.
    pub(super) merged: BTreeSet<Arc<str>>,
    /// The distinct Go keys that share one string form, where there is more than one. Go's maps tell `1` from `"1"`.
    kinds: BTreeMap<Arc<str>, Vec<Key>>,
}

impl MapBuilder {
    /// A builder for a mapping of so many keys.
    pub(super) fn new(keys: usize) -> Self {
        Self {
            map: Map::with_capacity(keys),
            ..Self::default()
        }
    }

    /// Records a key and returns whether the very same key was set before; `known` says whether a key of the same text
    /// was.
    pub(super) fn saw(&mut self, text: &Arc<str>, key: &Key, known: bool) -> bool {
        if matches!(key, Key::String(_)) && !self.kinds.contains_key(text) {
            return known;
        }
        let kinds = self.kinds.entry(Arc::clone(text)).or_insert_with(|| {
            if known {
                vec![Key::String(Arc::clone(text))]
            } else {
                Vec::new()
            }
        });
        let same = kinds.contains(key);
        if !same {
            kinds.push(key.clone());
        }
        same
    }
}

/// go-yaml's limit on alias expansion: the "billion laughs" guard.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) decoded: u64,
    through_alias: u64,
    pub(super) alias_depth: u64,
}

impl Counts {
    /// Counts decoding steps; returns false when the document exceeds the limit.
    pub(super) fn add(&mut self, count: u64) -> bool {
        const LOW: u64 = 400_000;
        const HIGH: u64 = 4_000_000;
        self.decoded += count;
        if self.alias_depth > 0 {
            self.through_alias += count;
        }
        if self.through_alias <= 100 || self.decoded <= 1000 {
            return true;
        }
        #[allow(clippy::cast_precision_loss)] // far below 2^53
        let [decoded, through_alias, range, above] = [
            self.decoded,
            self.through_alias,
            HIGH - LOW,
            self.decoded.saturating_sub(LOW),
        ]
        .map(|n| n as f64);
        let allowed = if self.decoded <= LOW {
            0.99
        } else if self.decoded >= HIGH {
            0.10
        } else {
            0.99 - 0.89 * (above / range)
        };
        through_alias / decoded <= allowed
    }
}
