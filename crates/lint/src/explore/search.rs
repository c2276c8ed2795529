//! The search: which values take the branches that others have not taken.
//!
//! Each branch has ways to it, as the templates' conditions say. In a round, ways to as many branches as go together are put on top
//! of values that are known to work, and rendered. What fails is mended if a guard says what it wants, else halved until the way is
//! found that does not work. Rounds go on as long as there are ways that have not been tried, and renders left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::usage::value::Step;
use super::arms::{Arm, Place};
use super::candidate::{Candidate, Keys};
use super::formula::{Atom, Formula, Literal};
use super::interpret::Needs;
use super::invent::{Knowledge, keys_of};
use super::probe::{Probe, Prober};
use super::solve::{Cluster, Draft};
use chart::schema::SCHEMA;
use diagnostics::{Cause, Diagnostic};
use gostd::semver::is_compatible;
use source::{Sources, Span};

/// How many ways to a branch are tried.
const MAX_WAYS: usize = 8;
/// How many values are tried for what is made up.
const VARIANTS: usize = 3;
/// How often what fails is mended before it is given up.
const MAX_REPAIRS: usize = 6;
/// How many sets of values are kept that fail by the chart's own fault.
const MAX_FAULTY: usize = 12;

/// Values that take branches which nothing before them took.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) candidate: Candidate,
    pub(super) hits: BTreeSet<Arm>,
}

/// A way to a branch that is tried.
#[derive(Clone, Debug)]
struct Plan {
    arm: Arm,
    way: Vec<Literal>,
    variant: usize,
}

/// The ways to a branch, and how many of them have been tried.
#[derive(Debug, Default)]
struct Ways {
    all: Vec<Vec<Literal>>,
    tried: usize,
    passed_over: usize,
}

impl Ways {
    fn attempts(&self) -> usize {
        self.all.len() * VARIANTS
    }

    fn next(&self) -> Option<(&Vec<Literal>, usize)> {
        let at = self.tried;
        (at < self.attempts()).then(|| (&self.all[at % self.all.len()], at / self.all.len()))
    }
}

pub(super) struct Search<'a> {
    knowledge: &'a Knowledge,
    prober: Prober<'a>,
    sources: &'a Sources,
    cluster: Cluster,
    budget: usize,
    /// The branches that are wanted.
    pub(super) wanted: &'a BTreeMap<Arm, Place>,
    pub(super) reached: BTreeSet<Arm>,
    pub(super) found: Vec<Found>,
    /// Values with which the chart fails by its own fault.
    pub(super) faulty: Vec<Candidate>,
    ways: BTreeMap<Arm, Ways>,
    /// The errors of a render without anything set.
    known_errors: BTreeSet<String>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        knowledge: &'a Knowledge,
        prober: Prober<'a>,
        sources: &'a Sources,
        cluster: Cluster,
        (wanted, reached): (&'a BTreeMap<Arm, Place>, BTreeSet<Arm>),
        budget: usize,
    ) -> Self {
        Self {
            knowledge,
            prober,
            sources,
            cluster,
            budget,
            wanted,
            reached,
            found: Vec::new(),
            faulty: Vec::new(),
            ways: BTreeMap::new(),
            known_errors: BTreeSet::new(),
        }
    }

    /// The paths that have to be set for a branch to be taken, whichever way.
    pub(super) fn needed(&self, needs: &Needs) -> BTreeSet<Keys> {
        let draft = self.knowledge.draft(&Candidate::default());
        let unmet = ways_of(needs)
            .into_iter()
            .flatten()
            .filter(|literal| !self.knowledge.holds(literal, &draft, &self.cluster));
        let keys = unmet.filter_map(|literal| {
            let path = literal.atom.path()?;
            let mut before = path.split(|step| *step == Step::Any);
            before.next().and_then(keys_of)
        });
        keys.collect()
    }

    /// How many renders there were.
    pub(super) fn renders(&self) -> usize {
        self.prober.renders
    }

    /// Why a branch was not reached.
    pub(super) fn reason(&self, arm: &Arm) -> &'static str {
        let goals = self.knowledge.conditions.goals.get(arm);
        let is_version = |needs: &Needs| {
            let is_version = |(formula, is_met): &(Formula, bool)| match formula {
                Formula::Atom(Atom::Version(constraint)) => {
                    is_compatible(constraint, &self.cluster.kube_version) != *is_met
                }
                Formula::Atom(Atom::Served(api)) => {
                    !is_met && self.cluster.api_versions.iter().any(|known| **known == **api)
                }
                _ => false,
            };
            needs.iter().any(is_version)
        };
        match goals {
            None => "no way to it is known",
            Some(goals) if !goals.is_empty() && goals.iter().all(is_version) => {
                "it is for other versions of Kubernetes"
            }
            Some(_) => match self.ways.get(arm) {
                Some(ways) if ways.all.is_empty() => "its condition cannot be met, or is not understood",
                Some(ways) if ways.next().is_some() => "not tried to the end",
                _ => "the values that were tried do not reach it, or are refused",
            },
        }
    }

    /// What is taken without anything set.
    pub(super) fn plain(&mut self) -> BTreeSet<Arm> {
        self.prober.probe(&Candidate::default()).hits
    }

    /// Whether the renders are used up.
    pub(super) fn is_over(&self) -> bool {
        self.prober.renders >= self.budget
    }

    /// Searches until everything is reached, nothing is left to try, or the renders are used up.
    pub(super) fn run(&mut self) {
        let base = self.base();
        self.prepare(&base);
        let mut round = 0;
        while !self.is_over() {
            let start = match round % 3 {
                // On top of what takes most branches: what it does may be needed.
                2 => self.richest().unwrap_or_else(|| base.clone()),
                _ => base.clone(),
            };
            let plans = self.plan(&start);
            if plans.is_empty() {
                break;
            }
            self.attempt(&start, &plans);
            round += 1;
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
        if let Some((candidate, probe)) = self.mended(&empty, probe.errors.clone(), &[]) {
            self.keep(&candidate, &probe);
            return candidate;
        }
        self.known_errors = probe.errors.iter().map(|error| self.key(error)).collect();
        empty
    }

    fn key(&self, error: &Diagnostic) -> String {
        let place = error.span.map(|span| self.sources.place(span)).unwrap_or_default();
        format!("{place} {} {}", error.rule, error.message)
    }

    /// The errors that are not there anyway.
    fn new_errors(&self, probe: &Probe) -> Vec<Diagnostic> {
        let is_new =
            |error: &&Diagnostic| self.known_errors.is_empty() || !self.known_errors.contains(&self.key(error));
        probe.errors.iter().filter(is_new).cloned().collect()
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
            // To look at many costs more than it is worth.
            ways.truncate(2 * MAX_WAYS);
            ways.retain(|way| {
                let mut draft = draft.clone();
                way.iter()
                    .all(|literal| self.knowledge.meet(literal, &mut draft, &self.cluster, 0))
            });
            ways.truncate(MAX_WAYS);
            self.ways.insert(
                arm.clone(),
                Ways {
                    all: ways,
                    ..Ways::default()
                },
            );
        }
    }

    /// The candidate that takes most branches.
    fn richest(&self) -> Option<Candidate> {
        let richest = self.found.iter().max_by_key(|found| found.hits.len())?;
        Some(richest.candidate.clone())
    }

    /// The next way to each branch that is not reached, as far as they go together. What had to stand back comes first.
    fn plan(&mut self, start: &Candidate) -> Vec<Plan> {
        let mut order: Vec<&Arm> = self
            .ways
            .iter()
            .filter(|(arm, ways)| !self.reached.contains(*arm) && ways.next().is_some())
            .map(|(arm, _)| arm)
            .collect();
        order.sort_by_key(|arm| std::cmp::Reverse(self.ways[*arm].passed_over));
        let order: Vec<Arm> = order.into_iter().cloned().collect();
        let mut draft = self.knowledge.draft(start);
        let mut plans: Vec<Plan> = Vec::new();
        // Which plans are about which values, so that a change has only those looked at again.
        let mut about: BTreeMap<Keys, Vec<usize>> = BTreeMap::new();
        for arm in order {
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
                let extended = self.extended(&draft, &plan).filter(|extended| {
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
        plans
    }

    /// The draft with the way of a plan open, if it can be.
    fn extended(&self, draft: &Draft, plan: &Plan) -> Option<Draft> {
        let mut draft = draft.clone();
        let meets = |literal: &Literal| self.knowledge.meet(literal, &mut draft, &self.cluster, plan.variant);
        if !plan.way.iter().all(meets) {
            return None;
        }
        // One literal may have undone another.
        self.hold(std::slice::from_ref(plan), &draft).then_some(draft)
    }

    /// Whether the ways of all plans are open.
    fn hold(&self, plans: &[Plan], draft: &Draft) -> bool {
        let holds = |literal: &Literal| self.knowledge.holds(literal, draft, &self.cluster);
        plans.iter().all(|plan| plan.way.iter().all(holds))
    }

    /// Renders with the ways of some plans, and with fewer of them where that fails.
    fn attempt(&mut self, start: &Candidate, plans: &[Plan]) {
        if self.is_over() {
            return;
        }
        let mut draft = self.knowledge.draft(start);
        for plan in plans {
            if !self.hold(std::slice::from_ref(plan), &draft)
                && let Some(extended) = self.extended(&draft, plan)
            {
                draft = extended;
            }
        }
        let probe = self.prober.probe(&draft.candidate);
        let errors = self.new_errors(&probe);
        let outcome = if errors.is_empty() {
            Some((draft.candidate.clone(), probe))
        } else {
            self.mended(&draft.candidate, errors.clone(), plans)
        };
        if let Some((candidate, probe)) = outcome {
            self.keep(&candidate, &probe);
        } else if plans.len() > 1 {
            let (first, second) = plans.split_at(plans.len() / 2);
            self.attempt(start, first);
            self.attempt(start, second);
            return;
        } else if self.is_fault(&draft.candidate, &errors) {
            self.faulty.push(draft.candidate);
        }
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
    fn keep(&mut self, candidate: &Candidate, probe: &Probe) {
        let is_new = |arm: &&Arm| self.wanted.contains_key(*arm) && !self.reached.contains(*arm);
        if probe.hits.iter().any(|arm| is_new(&arm)) {
            self.found.push(Found {
                candidate: candidate.clone(),
                hits: probe.hits.clone(),
            });
        }
        self.reached.extend(probe.hits.iter().cloned());
    }

    /// Does what guards want until the chart renders, without closing the ways of the plans.
    fn mended(
        &mut self,
        candidate: &Candidate,
        mut errors: Vec<Diagnostic>,
        plans: &[Plan],
    ) -> Option<(Candidate, Probe)> {
        let mut draft = self.knowledge.draft(candidate);
        for _ in 0..MAX_REPAIRS {
            if self.is_over() {
                return None;
            }
            let mut has_changed = false;
            for error in &errors {
                if let Some(next) = self.repaired(&draft, error, plans) {
                    draft = next;
                    has_changed = true;
                }
            }
            if !has_changed {
                return None;
            }
            let probe = self.prober.probe(&draft.candidate);
            errors = self.new_errors(&probe);
            if errors.is_empty() {
                return Some((draft.candidate, probe));
            }
        }
        None
    }

    /// The draft with what an error asks for.
    fn repaired(&self, draft: &Draft, error: &Diagnostic, plans: &[Plan]) -> Option<Draft> {
        if error.rule == SCHEMA {
            return self
                .knowledge
                .obeying(draft, &error.message)
                .filter(|draft| self.hold(plans, draft));
        }
        let span = error.span?;
        let place = |span: Span| (self.sources.get(span.file).name().to_owned(), span);
        let (file, at) = place(span);
        let demands = self.knowledge.conditions.demands.iter().filter(|demand| {
            let (of, span) = place(demand.span);
            of == file && span.start <= at.start && at.start <= span.end
        });
        for (formula, is_met) in demands.flat_map(|demand| &demand.ways) {
            for way in formula.ways(*is_met) {
                for variant in 0..2 {
                    let plan = Plan {
                        arm: Arm {
                            file: Arc::from(""),
                            node: gotemplate::ast::NodeId(0),
                            is_else: false,
                        },
                        way: way.clone(),
                        variant,
                    };
                    let next = self.extended(draft, &plan).filter(|next| self.hold(plans, next));
                    if let Some(next) = next.filter(|next| next.candidate != draft.candidate) {
                        return Some(next);
                    }
                }
            }
        }
        None
    }
}

/// What a way is about: the first keys of the paths in it.
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

/// Whether an error is one that the chart's author wrote: what is wrong are the values.
pub(super) fn is_guard(error: &Diagnostic) -> bool {
    error.rule == SCHEMA || error.rule == engine::stages::INSTALL || error.cause == Some(Cause::Guard)
}

/// The ways to meet all needs.
fn ways_of(needs: &Needs) -> Vec<Vec<Literal>> {
    let signed = needs.iter().map(|(formula, is_met)| {
        if *is_met {
            formula.clone()
        } else {
            formula.clone().not()
        }
    });
    let mut found: Vec<Vec<Literal>> = vec![Vec::new()];
    for formula in signed {
        if formula == Formula::Unknown {
            continue;
        }
        let ways = formula.ways(true);
        found = super::formula::joined(&found, &ways);
    }
    found
}
