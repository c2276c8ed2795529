//! The state of mixing sets of values, and the numbers that choose what is mixed.

use std::collections::BTreeMap;

use super::candidate::Keys;

/// Numbers that look like chance, and are the same in each run.
#[derive(Debug, Default)]
pub(super) struct Dice(u64);

impl Dice {
    /// A number below a bound, which is not zero.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        // A linear congruential generator (Knuth's MMIX); its high bits are the good ones.
        const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
        const INCREMENT: u64 = 1_442_695_040_888_963_407;
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from((self.0 >> 33) % bound).unwrap_or_default()
    }

    /// Whether something happens that does so in so many of a hundred cases.
    pub(super) fn happens(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub(super) fn pick<T>(&mut self, from: Vec<T>) -> Option<T> {
        let at = self.below(from.len());
        from.into_iter().nth(at)
    }
}

/// The state of mixing.
#[derive(Debug, Default)]
pub(super) struct Mixing {
    /// How many mixtures there were.
    pub(super) count: usize,
    /// How many in a row brought nothing.
    pub(super) in_vain: usize,
    /// How often each set was the first of a mixture that brought nothing.
    pub(super) failures: Vec<usize>,
    /// How often values were taken away since they were last in a set that works.
    pub(super) blamed: BTreeMap<Keys, usize>,
    pub(super) dice: Dice,
}

/// How many branches a way of searching has brought of late, and in how many renders.
#[derive(Debug, Default)]
pub(super) struct Gain {
    renders: usize,
    branches: usize,
}

impl Gain {
    /// Adds what was brought; what is long ago counts less and less.
    pub(super) fn add(&mut self, renders: usize, branches: usize) {
        const SCALE: usize = 1000;
        self.renders = self.renders * 3 / 4 + renders * SCALE;
        self.branches = self.branches * 3 / 4 + branches * SCALE;
    }

    /// Whether it has brought more branches for each render; what was never tried has.
    pub(super) fn is_better_than(&self, other: &Self) -> bool {
        self.renders == 0 || self.branches * other.renders > other.branches * self.renders
    }
}
