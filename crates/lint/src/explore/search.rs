//! The state of a search: what is wanted and what was reached, the ways to each branch, and the values to start from. Its rounds are in
//! `rounds`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::branches::{Arm, Place};
use super::super::usage::value::Step;
use super::candidate::{Candidate, Keys};
use super::formula::{Atom, Formula, Literal, contradicts};
use super::interpret::Needs;
use super::invent::{Knowledge, keys_of, size};
use super::mixing::Mixing;
use super::probe::{Probe, Prober};
use super::solve::{Cluster, Draft};
use diagnostics::Diagnostic;
use gostd::semver::is_compatible;
use source::Sources;

/// How many ways are tried at once, at least and at most: more of them as long as they work together.
pub(super) const WIDTHS: (usize, usize) = (12, 192);
/// How many values are tried for what is made up.
pub(super) const VARIANTS: usize = 3;
/// How many sets of values may be refused before they are rendered, for each render: a schema is checked much faster.
const REFUSALS_PER_RENDER: usize = 8;

/// How many values may be copied for each render: a search through a chart with very many values ends by this.
const COPIES_PER_RENDER: usize = 300_000;

/// Values that take branches which nothing before them took.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) candidate: Candidate,
    pub(super) hits: BTreeSet<Arm>,
    /// Whether it was mixed of others, with values at random: much is in it that its branches do not need.
    pub(super) is_mixture: bool,
}

/// A way to a branch that is tried.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) arm: Arm,
    pub(super) way: Vec<Literal>,
    pub(super) variant: usize,
}

/// The ways to a branch, and how many of them have been tried.
#[derive(Debug, Default)]
pub(super) struct Ways {
    pub(super) all: Vec<Vec<Literal>>,
    pub(super) tried: usize,
    pub(super) passed_over: usize,
    pub(super) near: Option<Near>,
}

/// The values to start from that are nearest to the next way.
#[derive(Clone, Debug)]
pub(super) struct Near {
    /// Which way it is about: so many had been tried.
    pub(super) tried: usize,
    /// How many values to start from were compared.
    pub(super) seen: usize,
    pub(super) start: usize,
    /// How many tests do not come out as wanted yet.
    pub(super) unmet: usize,
}

impl Ways {
    fn attempts(&self) -> usize {
        self.all.len() * VARIANTS
    }

    pub(super) fn next(&self) -> Option<(&Vec<Literal>, usize)> {
        let at = self.tried;
        (at < self.attempts()).then(|| (&self.all[at % self.all.len()], at / self.all.len()))
    }
}

/// The state of a search.
pub(super) struct Search<'a> {
    pub(super) knowledge: &'a Knowledge,
    pub(super) prober: Prober<'a>,
    pub(super) sources: &'a Sources,
    pub(super) cluster: Cluster,
    pub(super) budget: usize,
    /// The branches that are wanted.
    pub(super) wanted: &'a BTreeMap<Arm, Place>,
    pub(super) reached: BTreeSet<Arm>,
    /// The branches of `reached` that write a refusal, so that nothing is rendered with them.
    pub(super) refusing: BTreeSet<Arm>,
    pub(super) found: Vec<Found>,
    /// Values that work, to start from.
    pub(super) starts: Vec<Draft>,
    /// Values with which the chart fails by its own fault.
    pub(super) faulty: Vec<Candidate>,
    pub(super) ways: BTreeMap<Arm, Ways>,
    /// The errors of a render without anything set.
    pub(super) known_errors: BTreeSet<String>,
    /// The templates with a branch that refuses values: their other branches that write something likely do, too.
    pub(super) guards: BTreeSet<Arc<str>>,
    /// Branches of these that wrote something else.
    pub(super) harmless: BTreeSet<Arm>,
    /// The ways to the branches that refuse values, as far as they are known for sure.
    pub(super) refused: BTreeMap<Arm, Vec<Vec<Literal>>>,
    /// How many ways are tried at once.
    pub(super) width: usize,
    /// Branches, each with the innermost one around it.
    pub(super) outer: Vec<(Arm, Arm)>,
    pub(super) mixing: Mixing,
    /// How many values there are by default, and how many were copied to try something with them.
    size: usize,
    work: Cell<usize>,
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
            refusing: BTreeSet::new(),
            found: Vec::new(),
            starts: Vec::new(),
            faulty: Vec::new(),
            ways: BTreeMap::new(),
            known_errors: BTreeSet::new(),
            guards: BTreeSet::new(),
            harmless: BTreeSet::new(),
            refused: BTreeMap::new(),
            width: WIDTHS.0 * 4,
            outer: outer(wanted),
            mixing: Mixing::default(),
            size: size(&knowledge.defaults),
            work: Cell::new(0),
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

    /// Whether a branch is an `else` that nobody wrote, and that nothing takes: that of a `range` over a list of constants, or over what
    /// the schema does not let be empty.
    pub(super) fn is_impossible(&self, arm: &Arm) -> bool {
        let is_unwritten = self.wanted.get(arm).is_some_and(|place| place.body.is_none());
        let goals = self.knowledge.conditions.goals.get(arm);
        let is_checked = self.prober.has_schemas();
        let is_refused = |needs: &Needs| {
            needs.iter().any(|(formula, is_met)| match formula {
                Formula::Atom(Atom::Truthy(path)) => !is_met && is_checked && self.knowledge.is_never_empty(path),
                _ => false,
            })
        };
        let is_closed = |needs: &Needs| is_closed(needs) || is_refused(needs);
        let is_closed = |goals: &Vec<Needs>| !goals.is_empty() && goals.iter().all(is_closed);
        arm.is_else && is_unwritten && !self.reached.contains(arm) && goals.is_some_and(is_closed)
    }

    /// The arms that are taken with nothing set.
    pub(super) fn plain(&mut self) -> BTreeSet<Arm> {
        self.prober.probe(&Candidate::default()).hits
    }

    /// Whether the renders are used up, or the work between them.
    pub(super) fn is_over(&self) -> bool {
        let Prober { renders, refusals, .. } = &self.prober;
        let most = self.budget.saturating_mul(REFUSALS_PER_RENDER);
        *renders >= self.budget || *refusals >= most || self.is_too_much()
    }

    /// Whether more values were copied than a search with so many renders may copy.
    pub(super) fn is_too_much(&self) -> bool {
        self.work.get() >= self.budget.saturating_mul(COPIES_PER_RENDER)
    }

    pub(super) fn key(&self, error: &Diagnostic) -> String {
        let place = error.span.map(|span| self.sources.place(span)).unwrap_or_default();
        format!("{place} {} {}", error.rule, error.message)
    }

    /// The errors that are not there anyway.
    pub(super) fn new_errors(&self, probe: &Probe) -> Vec<Diagnostic> {
        let is_new =
            |error: &&Diagnostic| self.known_errors.is_empty() || !self.known_errors.contains(&self.key(error));
        probe.errors.iter().filter(is_new).cloned().collect()
    }

    /// The draft with the way of a plan open, if it can be.
    pub(super) fn extended(&self, draft: &Draft, plan: &Plan) -> Option<Draft> {
        let open = |draft: &mut Draft| {
            let mut way = plan.way.iter();
            way.all(|literal| self.knowledge.meet(literal, draft, &self.cluster, plan.variant))
        };
        // Most ways cannot be opened, which a part of the values tells as well.
        self.work.set(self.work.get() + 1);
        if !open(&mut draft.about(&plan.way)) {
            return None;
        }
        self.work.set(self.work.get() + self.size);
        let mut draft = draft.clone();
        if !open(&mut draft) {
            return None;
        }
        // One literal may have undone another.
        self.hold(std::slice::from_ref(plan), &draft).then_some(draft)
    }

    /// Whether the ways of all plans are open.
    pub(super) fn hold(&self, plans: &[Plan], draft: &Draft) -> bool {
        let holds = |literal: &Literal| self.knowledge.holds(literal, draft, &self.cluster);
        plans.iter().all(|plan| plan.way.iter().all(holds))
    }
}

/// For each branch, the innermost one around it.
fn outer(wanted: &BTreeMap<Arm, Place>) -> Vec<(Arm, Arm)> {
    let mut by_file: BTreeMap<&Arc<str>, Vec<(&Arm, &Place)>> = BTreeMap::new();
    for (arm, place) in wanted.iter().filter(|(arm, _)| arm.is_branch()) {
        by_file.entry(&arm.file).or_default().push((arm, place));
    }
    let mut found = Vec::new();
    for arms in by_file.values() {
        for (arm, Place { head, .. }) in arms {
            let around = arms.iter().filter_map(|(outer, place)| {
                let body = place.body?;
                let is_inside = body.start <= head.start && head.end <= body.end;
                is_inside.then_some((body.end - body.start, *outer))
            });
            if let Some((_, outer)) = around.min_by_key(|(size, _)| *size) {
                found.push(((*arm).clone(), outer.clone()));
            }
        }
    }
    found
}

/// The ways to meet all needs.
pub(super) fn ways_of(needs: &Needs) -> Vec<Vec<Literal>> {
    // Innermost first: it leaves least to choose from, and only a few ways are kept.
    let mut found: Vec<Vec<Literal>> = vec![Vec::new()];
    for (formula, is_met) in needs.iter().rev() {
        found = formula.ways_with(*is_met, &found);
    }
    for way in &mut found {
        way.reverse();
    }
    found
}

/// Whether needs cannot be met, whatever the values: a constant is to be another one, or a test is to come out both ways.
fn is_closed(needs: &Needs) -> bool {
    let mut tests: Vec<Literal> = Vec::new();
    needs.iter().any(|(formula, is_met)| match formula {
        Formula::Always(value) => value != is_met,
        Formula::Atom(atom) => {
            let (atom, is_met) = (atom.clone(), *is_met);
            tests.push(Literal { atom, is_met });
            contradicts(&tests)
        }
        _ => false,
    })
}
