//! Sets of values that were found, put together: branches that want several things at once are often taken where each of these
//! things was found alone. Nothing has to be understood of their conditions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::branches::Arm;
use super::candidate::{Candidate, Change, Keys};
use super::mixing::Mixing;
use super::relent::places;
use super::search::Search;
use chart::schema::SCHEMA;

/// How often what is blamed is left out of a mixture that was rendered, and of one that was refused before that.
const MAX_TRIES: usize = 7;
const MAX_CHECKS: usize = 40;
/// So many mixtures in a row without a new branch are enough; less, if few branches are left.
const MOST_IN_VAIN: usize = 16;
const LEAST_IN_VAIN: usize = 8;
/// How a mixture is made: so many of a hundred of the values that it begins with are kept, so many of the other sets are added, and
/// so many values are set at random.
const RECIPES: [(usize, usize, usize); 8] = [
    (100, 0, 30),
    (0, 0, 60),
    (100, 50, 0),
    (40, 10, 40),
    (0, 0, 35),
    (100, 10, 15),
    (20, 0, 80),
    (100, 100, 0),
];
/// Keys that were blamed so often, and are in no set that works, are set less often at random.
const OFTEN_BLAMED: usize = 2;

impl Search<'_> {
    /// Renders a mixture of sets that were found. Tells whether there was one to try.
    pub(super) fn mix(&mut self) -> bool {
        let is_open = |arm: &&Arm| !self.reached.contains(*arm) && !self.is_impossible(arm);
        let open = self.wanted.keys().filter(is_open).count();
        if self.found.is_empty() || open == 0 || self.mixing.in_vain >= MOST_IN_VAIN.min(open + LEAST_IN_VAIN) {
            return false;
        }
        let before = self.reached.len();
        let first = self.promising();
        let (of_own, of_others, at_random) = RECIPES[self.mixing.count % RECIPES.len()];
        self.mixing.count += 1;
        let mut own = self.found[first].candidate.clone();
        if of_own < 100 {
            let dice = &mut self.mixing.dice;
            own.values.retain(|_, _| dice.happens(of_own));
        }
        let mut candidate = own.clone();
        let mut others: Vec<usize> = (0..self.found.len()).filter(|at| *at != first).collect();
        for end in (1..others.len()).rev() {
            let other = self.mixing.dice.below(end + 1);
            others.swap(end, other);
        }
        for at in others {
            if self.mixing.dice.happens(of_others) {
                add(&mut candidate, &self.found[at].candidate);
            }
        }
        if at_random > 0 {
            let paths = self.open_paths();
            let mut random = Candidate::default();
            self.knowledge
                .scatter(&mut random, &paths, at_random, &mut self.mixing.dice);
            let Mixing { blamed, dice, .. } = &mut self.mixing;
            random
                .values
                .retain(|keys, _| blamed.get(keys).is_none_or(|count| *count < OFTEN_BLAMED) || dice.happens(20));
            add(&mut candidate, &random);
        }
        self.try_mixture(candidate, &own);
        let is_new = self.reached.len() > before;
        self.mixing.failures.resize(self.found.len(), 0);
        if is_new {
            self.mixing.in_vain = 0;
        } else {
            self.mixing.in_vain += 1;
            self.mixing.failures[first] += 1;
        }
        true
    }

    /// The paths that decide over branches that nothing has taken.
    fn open_paths(&self) -> BTreeSet<Keys> {
        let goals = self.knowledge.conditions.goals.iter();
        let open = goals.filter(|(arm, _)| self.wanted.contains_key(*arm) && !self.reached.contains(*arm));
        let paths = open
            .flat_map(|(_, goals)| goals)
            .flatten()
            .flat_map(|(formula, _)| formula.paths());
        let keys = paths.map(|path| path.split('.').map(Arc::from).collect::<Keys>());
        keys.filter(|keys| keys.len() > 1 || !keys[0].is_empty()).collect()
    }

    /// The set from which most branches that nothing has taken are one condition away, compared with how often it was tried.
    fn promising(&self) -> usize {
        let score = |at: &usize| {
            let hits = &self.found[*at].hits;
            let failures = self.mixing.failures.get(*at).copied().unwrap_or_default();
            let near = self
                .outer
                .iter()
                .filter(|(arm, outer)| !self.reached.contains(arm) && hits.contains(outer))
                .count();
            (near + 1) * 1000 / (1 + failures)
        };
        (0..self.found.len())
            .max_by_key(|at| (score(at), std::cmp::Reverse(*at)))
            .unwrap_or_default()
    }

    /// Renders a mixture, and again without what a refusal blames; what it begins with is left out last.
    fn try_mixture(&mut self, candidate: Candidate, own: &Candidate) {
        let mut candidate = candidate;
        let (mut renders, mut checks) = (0, 0);
        let mut named: BTreeMap<String, usize> = BTreeMap::new();
        while renders < MAX_TRIES && checks < MAX_CHECKS && !self.is_over() {
            let probe = self.prober.probe(&candidate);
            let errors = self.new_errors(&probe);
            if errors.is_empty() {
                let before = self.found.len();
                self.keep(&candidate, &probe);
                self.found[before..]
                    .iter_mut()
                    .for_each(|found| found.is_mixture = true);
                self.mixing
                    .blamed
                    .retain(|keys, _| !candidate.values.contains_key(keys));
                return;
            }
            let tried: Vec<Keys> = candidate.values.keys().cloned().collect();
            if probe.is_rendered {
                renders += 1;
            } else {
                checks += 1;
            }
            self.note_refusal(&probe, &errors);
            let mut is_changed = false;
            for error in &errors {
                if error.rule == SCHEMA {
                    let is_missing = error.message.contains("missing propert");
                    let mended = is_missing.then(|| self.repaired(&self.knowledge.draft(&candidate), error, &[]));
                    let mended = mended.flatten();
                    if let Some(mended) = mended {
                        candidate = mended.candidate;
                        is_changed = true;
                        continue;
                    }
                }
                for (place, line) in places(error) {
                    let count = named.entry(place.clone()).or_default();
                    *count += 1;
                    is_changed |= self.relent(&mut candidate, &place, line, *count - 1);
                }
                if !is_changed {
                    for place in self.named(error) {
                        is_changed |= self
                            .knowledge
                            .give_way(&mut candidate, (&place, "", 1), &mut self.mixing.dice);
                    }
                }
            }
            for keys in tried {
                if !candidate.values.contains_key(&keys) {
                    *self.mixing.blamed.entry(keys).or_default() += 1;
                }
            }
            if !is_changed {
                // Nobody knows: half of what is not its own.
                let before = candidate.values.len();
                let dice = &mut self.mixing.dice;
                candidate
                    .values
                    .retain(|keys, _| own.values.contains_key(keys) || dice.happens(50));
                if candidate.values.len() == before {
                    return;
                }
            }
        }
    }
}

/// Adds what a candidate sets, where nothing is set yet.
fn add(candidate: &mut Candidate, other: &Candidate) {
    for change in other.settings() {
        match change {
            Change::Value(keys, value, origin) => {
                if !candidate.touches(&keys) {
                    candidate.set(keys, value, origin);
                }
            }
            Change::Served(api) => _ = candidate.served.insert(api),
            Change::Upgrade => candidate.is_upgrade = true,
        }
    }
}
