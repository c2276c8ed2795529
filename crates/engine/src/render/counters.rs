//! The counters of a counting session.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::program::Counted;
use crate::coverage::Points;
use gotemplate::Template;

/// How often each point was reached, for all files one after the other.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<Vec<u64>>);

impl Counters {
    fn counts(&self) -> MutexGuard<'_, Vec<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Allocates the counters of a file's points.
    pub(super) fn count(&self, template: &Template) -> Counted {
        let points = Arc::new(Points::of(template));
        let mut counts = self.counts();
        let base = counts.len();
        counts.resize(base + points.points().len(), 0);
        Counted { points, base }
    }

    /// Adds one to a counter.
    pub(super) fn hit(&self, counter: usize) {
        if let Some(count) = self.counts().get_mut(counter) {
            *count = count.saturating_add(1);
        }
    }

    /// Returns the counts of a file and resets them.
    pub(super) fn take(&self, counted: &Counted) -> Vec<u64> {
        let mut counts = self.counts();
        let end = counted.base + counted.points.points().len();
        let own = counts.get_mut(counted.base..end);
        own.map(|own| own.iter_mut().map(std::mem::take).collect())
            .unwrap_or_default()
    }
}
