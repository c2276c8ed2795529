//! The search: which values take the branches that others have not taken.
//!
//! Each branch has ways to it, as the templates' conditions say. In a round, ways to as many branches as go together are put on top
//! of values that are known to work, those that need least for it: the chart's defaults, values of its tests, what was found before.
//! A failed set is mended if a guard says what it wants; else the ways that it blames are left out, or the ways are halved until the
//! one is found that does not work. Rounds go on as long as there are ways that have not been tried, and renders left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::branches::Arm;
use super::super::usage::value::Step;
use super::candidate::{Candidate, Change, Keys};
use super::formula::Literal;
use super::guards::{Settled, is_below, is_guard};
use super::mixing::Gain;
use super::probe::Probe;
use super::search::{Found, Near, Plan, Search, VARIANTS, WIDTHS, Ways, ways_of};
use super::solve::Draft;
use diagnostics::Diagnostic;

/// How many ways to a branch are tried.
const MAX_WAYS: usize = 8;
/// How many sets of values are kept that fail by the chart's own fault.
const MAX_FAULTY: usize = 12;
/// So many renders for the ways that are tried at once are few, and so many are much.
const EFFORTS: (usize, usize) = (3, 8);
/// How many values to start from are kept.
const MAX_STARTS: usize = 48;
/// So many rounds are there before anything is mixed.
const FIRST_ROUNDS: usize = 4;
/// One of so many renders is for the values of tests.
const SEEDS_PART: usize = 3;

impl Search<'_> {
    /// Searches until everything is reached, nothing is left to try, or the renders are used up. `seeds` are sets of values that the
    /// chart's author tests it with.
    pub(super) fn run(&mut self, seeds: &[Candidate]) {
        let base = self.base();
        self.starts.push(self.knowledge.draft(&base));
        self.sow(&base, seeds);
        self.prepare(&base);
        // Branches that likely refuse values are tried by themselves: each of them would spoil what is tried with it.
        let (mut of_ways, mut of_mixing) = (Gain::default(), Gain::default());
        for round in 0.. {
            if self.is_over() {
                break;
            }
            let at = (self.prober.renders, self.reached.len());
            if round >= FIRST_ROUNDS && of_mixing.is_better_than(&of_ways) && self.mix() {
                of_mixing.add(self.prober.renders - at.0, self.reached.len() - at.1);
                continue;
            }
            let suspects_first = round % 2 == 1;
            let next = self.next(suspects_first).map(|found| (suspects_first, found));
            let next = next.or_else(|| Some((!suspects_first, self.next(!suspects_first)?)));
            let Some((are_suspects, (start, plans))) = next else {
                if self.mix() {
                    continue;
                }
                break;
            };
            if are_suspects {
                self.provoke(&start, plans);
                of_ways.add(self.prober.renders - at.0, self.reached.len() - at.1);
                continue;
            }
            let before = self.prober.renders;
            self.attempt(&start, plans);
            let effort = self.prober.renders - before;
            of_ways.add(effort, self.reached.len() - at.1);
            if effort <= EFFORTS.0 {
                self.width = (self.width * 2).min(WIDTHS.1);
            } else if effort >= EFFORTS.1 {
                self.width = (self.width / 2).max(WIDTHS.0);
            }
        }
    }

    /// Renders with each seed. Those that work are values to start from.
    fn sow(&mut self, base: &Candidate, seeds: &[Candidate]) {
        let most = self.budget / SEEDS_PART;
        for seed in seeds.iter().take(most) {
            let mut candidate = base.clone();
            for change in seed.settings() {
                if let Change::Value(keys, value, origin) = change {
                    candidate.set(keys, value, origin);
                }
            }
            if self.is_over() {
                return;
            }
            let probe = self.prober.probe(&candidate);
            let errors = self.new_errors(&probe);
            self.note_refusal(&probe, &errors);
            if errors.is_empty() {
                self.keep(&candidate, &probe);
            }
        }
    }

    /// The values to start from that are nearest to most of the branches that are not reached, and ways to these. Either of branches
    /// that likely refuse values, or of the others.
    fn next(&mut self, are_suspects: bool) -> Option<(Draft, Vec<Plan>)> {
        let mut of_starts: BTreeMap<usize, usize> = BTreeMap::new();
        let open: Vec<Arm> = self
            .ways
            .iter()
            .filter(|(arm, ways)| !self.reached.contains(*arm) && ways.next().is_some())
            .filter(|(arm, _)| self.is_suspect(arm) == are_suspects)
            .map(|(arm, _)| arm.clone())
            .collect();
        let mut near = BTreeMap::new();
        for arm in open {
            if let Some(found) = self.nearest(&arm) {
                *of_starts.entry(found.start).or_default() += 1;
                near.insert(arm, found);
            }
        }
        let (&at, _) = of_starts
            .iter()
            .max_by_key(|(at, count)| (**count, std::cmp::Reverse(**at)))?;
        near.retain(|_, near| near.start == at);
        let mut order: Vec<Arm> = near.keys().cloned().collect();
        // What was not tried yet, then what had to stand back.
        order.sort_by_key(|arm| {
            let ways = &self.ways[arm];
            (ways.tried, std::cmp::Reverse(ways.passed_over), near[arm].unmet)
        });
        let start = self.starts[at].clone();
        let plans = self.plan(&start, order, are_suspects);
        Some((start, plans))
    }

    /// From which values it is least to the next way to a branch. Ways that are open already are passed over: those values were
    /// rendered, and did not take the branch.
    fn nearest(&mut self, arm: &Arm) -> Option<Near> {
        loop {
            let ways = self.ways.get(arm)?;
            let (way, _) = ways.next()?;
            let known = ways.near.clone().filter(|near| near.tried == ways.tried);
            let mut near = known.unwrap_or(Near {
                tried: ways.tried,
                seen: 0,
                start: 0,
                unmet: usize::MAX,
            });
            for (at, start) in self.starts.iter().enumerate().skip(near.seen) {
                let is_unmet = |literal: &&Literal| !self.knowledge.holds(literal, start, &self.cluster);
                let unmet = way.iter().filter(is_unmet).count();
                if unmet > 0 && unmet < near.unmet {
                    (near.start, near.unmet) = (at, unmet);
                }
            }
            near.seen = self.starts.len();
            let ways = self.ways.get_mut(arm)?;
            if near.unmet < usize::MAX {
                ways.near = Some(near.clone());
                return Some(near);
            }
            ways.tried += 1;
        }
    }

    /// Values with which the chart renders: its defaults, with what its guards want.
    fn base(&mut self) -> Candidate {
        let empty = Candidate::default();
        let probe = self.prober.probe(&empty);
        if probe.errors.is_empty() {
            self.reached.extend(probe.hits);
            return empty;
        }
        if let Settled::Works(candidate, probe) = self.settled(&empty, &[]) {
            self.keep(&candidate, &probe);
            return candidate;
        }
        self.known_errors = probe.errors.iter().map(|error| self.key(error)).collect();
        empty
    }

    /// The ways to each branch that is not reached yet, those first that change least.
    fn prepare(&mut self, base: &Candidate) {
        let draft = self.knowledge.draft(base);
        for arm in self.wanted.keys().filter(|arm| !self.reached.contains(*arm)) {
            let goals = self.knowledge.conditions.goals.get(arm);
            let mut ways: Vec<Vec<Literal>> = goals.into_iter().flatten().flat_map(ways_of).collect();
            let unmet = |way: &Vec<Literal>| {
                let is_unmet = |literal: &&Literal| !self.knowledge.holds(literal, &draft, &self.cluster);
                way.iter().filter(is_unmet).count()
            };
            let mut seen = BTreeSet::new();
            ways.retain(|way| seen.insert(way.clone()));
            ways.sort_by_cached_key(unmet);
            let can_be_met = |way: &Vec<Literal>| {
                let about = draft.about(way);
                (0..VARIANTS).any(|variant| {
                    let mut draft = about.clone();
                    way.iter()
                        .all(|literal| self.knowledge.meet(literal, &mut draft, &self.cluster, variant))
                })
            };
            // To look at many costs more than it is worth.
            let all = ways.into_iter().take(2 * MAX_WAYS).filter(can_be_met).take(MAX_WAYS);
            let ways = Ways {
                all: all.collect(),
                ..Ways::default()
            };
            self.ways.insert(arm.clone(), ways);
        }
    }

    /// The next way to each branch that is not reached, as far as they go together, and as far as no guard that is known refuses
    /// them; what guards likely refuse is only tried if there is nothing else.
    fn plan(&mut self, start: &Draft, order: Vec<Arm>, are_suspects: bool) -> Vec<Plan> {
        let mut draft = start.clone();
        let mut plans: Vec<Plan> = Vec::new();
        let mut doubtful: Vec<Plan> = Vec::new();
        let width = if are_suspects { WIDTHS.1 } else { self.width };
        // Which plans are about which values, so that a change has only those looked at again.
        let mut about: BTreeMap<Keys, Vec<usize>> = BTreeMap::new();
        for arm in order {
            if plans.len() >= width {
                break;
            }
            let Some((way, variant)) = self.ways[&arm].next() else {
                continue;
            };
            let plan = Plan {
                arm: arm.clone(),
                way: way.clone(),
                variant,
            };
            let fits = if self.hold(std::slice::from_ref(&plan), &draft) {
                Some(None)
            } else {
                let extended = self.extended(&draft, &plan);
                // What is set is the same as before if there is nothing else to set.
                let before = variant.checked_sub(1).and_then(|variant| {
                    let plan = Plan {
                        variant,
                        ..plan.clone()
                    };
                    self.extended(&draft, &plan)
                });
                if let (Some(now), Some(before)) = (&extended, &before)
                    && now.candidate == before.candidate
                {
                    if let Some(ways) = self.ways.get_mut(&arm) {
                        ways.tried += 1;
                    }
                    continue;
                }
                let extended = extended.filter(|extended| {
                    let changed = changed(&draft.candidate, &extended.candidate);
                    let is_related = |keys: &Keys| {
                        let related = |changed: &Keys| changed.starts_with(keys) || keys.starts_with(changed);
                        changed.iter().any(related)
                    };
                    let related = about
                        .iter()
                        .filter(|(keys, _)| is_related(keys))
                        .flat_map(|(_, plans)| plans);
                    let related: BTreeSet<usize> = related.copied().collect();
                    related
                        .iter()
                        .all(|at| self.hold(std::slice::from_ref(&plans[*at]), extended))
                });
                extended.map(Some)
            };
            let fits = match fits {
                Some(Some(extended)) if !are_suspects => {
                    plans.push(plan.clone());
                    let unrefused = self.unrefused(extended, &plans);
                    plans.pop();
                    if unrefused.is_none() {
                        doubtful.push(plan);
                        if let Some(ways) = self.ways.get_mut(&arm) {
                            ways.passed_over += 1;
                        }
                        continue;
                    }
                    Some(unrefused)
                }
                fits => fits,
            };
            match fits {
                Some(extended) => {
                    draft = extended.unwrap_or(draft);
                    for keys in heads(&plan.way) {
                        about.entry(keys).or_default().push(plans.len());
                    }
                    plans.push(plan);
                }
                None if plans.is_empty() => {
                    // It does not even go with what it starts from.
                    if let Some(ways) = self.ways.get_mut(&arm) {
                        ways.tried += 1;
                    }
                }
                None => {
                    if let Some(ways) = self.ways.get_mut(&arm) {
                        ways.passed_over += 1;
                    }
                }
            }
        }
        if plans.is_empty() {
            // One at a time: what is said against one may not be said against another.
            doubtful.truncate(1);
            return doubtful;
        }
        plans
    }

    /// Renders with the ways of some plans, and with fewer of them where that fails: without those that a refusal blames, or else
    /// with each half.
    fn attempt(&mut self, start: &Draft, mut plans: Vec<Plan>) {
        while !plans.is_empty() && !self.is_over() {
            let draft = self.opened(start, &plans);
            let draft = self.unrefused(draft.clone(), &plans).unwrap_or(draft);
            let refusals = match self.settled(&draft.candidate, &plans) {
                Settled::Works(candidate, probe) => {
                    self.keep(&candidate, &probe);
                    self.tried(&plans);
                    return;
                }
                Settled::Fails(refusals) => refusals,
            };
            // What a guard has written is reached, and cannot be with anything else.
            let (done, left): (Vec<Plan>, Vec<Plan>) =
                plans.into_iter().partition(|plan| self.refusing.contains(&plan.arm));
            self.tried(&done);
            plans = left;
            let is_blamed = |plan: &Plan| self.is_blamed(plan, start, &refusals.blamed);
            let (mut blamed, mut left): (Vec<Plan>, Vec<Plan>) = plans.into_iter().partition(is_blamed);
            if blamed.is_empty() || left.is_empty() {
                // What did not even do what it was tried for.
                let all = blamed.into_iter().chain(left);
                (left, blamed) = all.partition(|plan| refusals.hits.contains(&plan.arm));
            }
            if done.is_empty() && (blamed.is_empty() || left.is_empty()) {
                let mut all = blamed;
                all.extend(left);
                if all.len() == 1 {
                    if self.is_fault(&draft.candidate, &refusals.errors) {
                        self.faulty.push(draft.candidate);
                    }
                    self.tried(&all);
                    return;
                }
                let second = all.split_off(all.len() / 2);
                self.attempt(start, all);
                plans = second;
                continue;
            }
            if left.is_empty() {
                plans = blamed;
                continue;
            }
            // One that is blamed may work without the others: its turn comes again, with the next of its ways.
            self.tried(&blamed);
            plans = left;
        }
    }

    /// A draft with the ways of some plans open, one by one.
    pub(super) fn opened(&self, start: &Draft, plans: &[Plan]) -> Draft {
        let mut draft = start.clone();
        for plan in plans {
            if !self.hold(std::slice::from_ref(plan), &draft)
                && let Some(extended) = self.extended(&draft, plan)
            {
                draft = extended;
            }
        }
        draft
    }

    /// Whether a plan sets one of the keys that a refusal blames.
    pub(super) fn is_blamed(&self, plan: &Plan, start: &Draft, blamed: &BTreeSet<String>) -> bool {
        let is_unmet = |literal: &&Literal| !self.knowledge.holds(literal, start, &self.cluster);
        plan.way.iter().filter(is_unmet).any(|literal| {
            let path = dotted(literal);
            let is_about = |blamed: &String| is_below(blamed, &path) || is_below(&path, blamed);
            blamed.iter().any(is_about)
        })
    }

    /// Notes that the ways of some plans were tried.
    pub(super) fn tried(&mut self, plans: &[Plan]) {
        for plan in plans {
            if let Some(ways) = self.ways.get_mut(&plan.arm) {
                ways.tried += 1;
            }
        }
    }

    /// Whether errors are the chart's own fault: nobody said that these values are not to be, and nothing was made up.
    fn is_fault(&self, candidate: &Candidate, errors: &[Diagnostic]) -> bool {
        let is_new = self.faulty.len() < MAX_FAULTY && !self.faulty.contains(candidate);
        candidate.is_of_chart() && is_new && !errors.iter().any(is_guard)
    }

    /// Keeps values if they take branches that nothing took before.
    pub(super) fn keep(&mut self, candidate: &Candidate, probe: &Probe) {
        // A branch that was only seen in a refusal is new where nothing refuses.
        let is_new = |arm: &&Arm| {
            let is_reached = self.reached.contains(*arm) && !self.refusing.contains(*arm);
            self.wanted.contains_key(*arm) && !is_reached
        };
        if probe.hits.iter().any(|arm| is_new(&arm)) {
            self.found.push(Found {
                candidate: candidate.clone(),
                hits: probe.hits.clone(),
                is_mixture: false,
            });
            if self.starts.len() < MAX_STARTS {
                self.starts.push(self.knowledge.draft(candidate));
            }
        }
        self.allow(&self.knowledge.draft(candidate));
        self.refusing.retain(|arm| !probe.hits.contains(arm));
        self.reached.extend(probe.hits.iter().cloned());
    }
}

/// The path of a test, with dots, up to the first item.
fn dotted(literal: &Literal) -> String {
    let steps = literal.atom.path().into_iter().flatten();
    let keys = steps.map_while(|step| match step {
        Step::Key(name) => Some(&**name),
        Step::Any => None,
    });
    keys.collect::<Vec<_>>().join(".")
}

/// The first keys of the paths in a way.
fn heads(way: &[Literal]) -> BTreeSet<Keys> {
    const FIRST: usize = 3;
    let heads = way.iter().filter_map(|literal| {
        let path = literal.atom.path()?;
        let keys = path.iter().take(FIRST).map_while(|step| match step {
            Step::Key(name) => Some(Arc::clone(name)),
            Step::Any => None,
        });
        Some(keys.collect())
    });
    heads.collect()
}

/// The paths that two candidates set to different values.
fn changed(one: &Candidate, other: &Candidate) -> Vec<Keys> {
    let of = |one: &Candidate, other: &Candidate| -> Vec<Keys> {
        let different = one
            .values
            .iter()
            .filter(|(keys, value)| other.values.get(*keys) != Some(value));
        different.map(|(keys, _)| keys.clone()).collect()
    };
    [of(one, other), of(other, one)].concat()
}
