//! `promchart lint --explore`: values that reach what the given ones do not, and what lint finds there.
//!
//! ```text
//! interpret  templates       -> for each branch, the ways to it as formulas over the values (formula, functions, shape)
//! invent     schema, comments, templates -> values that a path may have (examples)
//! solve      a way           -> values with which it is open (candidate)
//! rounds     ways, renders   -> sets of values that take new branches (probe), from values of the chart's tests on (seeds)
//! mix        sets that were found -> mixtures of them, with values at random (sample), less what is refused of these (relent)
//! reduce     a set's findings -> the smallest part of the set that still has them
//! ```
//!
//! A refusal by a guard (`fail`, `required`, the schema) is no finding, and neither is a fault of values that were made up.

mod candidate;
mod examples;
mod formula;
mod functions;
mod guards;
mod interpret;
mod invent;
mod likely;
mod mix;
mod mixing;
mod probe;
mod reduce;
mod relent;
mod rounds;
mod sample;
mod schema;
mod search;
mod seeds;
mod shape;
mod solve;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::branches::{Arm, Place, branches};
use super::check::Spot;
use super::context::{self, Context};
use super::run::{Run, Scope};
use super::selection::Selection;
use super::shared::{Shelf, Worker};
use super::suppress::Suppressions;
use super::tally::Tally;
use chart::Chart;
use diagnostics::Report;
use source::Sources;
use system::System;

use candidate::Candidate;
use invent::Knowledge;
use probe::Prober;
use reduce::Linter;
use search::Search;
use solve::Cluster;

/// How many renders a chart is explored with if nothing else is said: docs/lint.md has the measurement.
pub const BUDGET: usize = 300;

/// The result of exploring a chart.
#[derive(Clone, Debug, Default)]
pub struct Explored {
    /// The chart.
    pub chart: Arc<str>,
    /// How many branches there are besides those that were seen to do nothing but refuse values, and those that nothing takes.
    pub branches: usize,
    /// How many of them are taken without exploring.
    pub plain: usize,
    /// How many of them are taken by some values.
    pub reached: usize,
    /// How many further branches are only taken by values that are refused, in the words that they write: there is nothing to lint.
    pub refusing: usize,
    /// The branches that nothing has taken: file, line, and the action with the way of it.
    pub unreached: Vec<Unreached>,
    /// How many renders it took.
    pub renders: usize,
    /// How many sets of values were linted.
    pub sets: usize,
    /// Whether the renders were used up, or the work between them.
    pub is_cut: bool,
    /// Whether the search ended for the work between the renders: very many values were copied.
    pub is_too_much: bool,
}

/// A branch that nothing has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// The place of the `if`, `with` or `range`, as `file:line:column`.
    pub place: String,
    /// The action as it is written.
    pub head: String,
    /// Whether it is the way of its `else`.
    pub is_else: bool,
    /// Why, as far as is known.
    pub reason: &'static str,
}

/// The findings of exploring, and how they were reached.
pub(super) struct Outcome {
    pub(super) report: Report,
    pub(super) suppressions: Vec<Suppressions>,
    /// The branches that each set of values reached.
    pub(super) tallies: Vec<Tally>,
    /// The branches that write a refusal, and those that nothing takes.
    pub(super) untaken: BTreeSet<Arm>,
    pub(super) explored: Explored,
}

/// Explores a chart from the first of its runs; the other runs with the same values, for other versions of Kubernetes, lint what is
/// found as well. `known` are the findings of all runs, `reached` what they take.
pub(super) fn explore(
    worker: &mut Worker<'_>,
    runs: &[&Run],
    (known, reached): (&BTreeSet<Spot>, &BTreeSet<Arm>),
    selection: &Selection,
    budget: usize,
) -> Option<Outcome> {
    let (system, sources) = (worker.system, worker.sources);
    let first = runs.first()?;
    let ground = Ground::of(worker, first)?;
    let Ground { knowledge, wanted, .. } = &ground;
    let mut search = ground.search(system, first, reached.clone(), sources, budget);
    search.run(&ground.seeds);
    let sets = cover(&search, wanted);
    let mut linter = Linter::new(worker, selection, known, budget);
    let mut report = Report::new();
    let mut told = BTreeSet::new();
    let same_values = |run: &&&Run| run.request.overrides.files == first.request.overrides.files;
    let runs: Vec<&Run> = runs.iter().filter(same_values).copied().collect();
    for run in &runs {
        for set in &sets {
            linter.set(run, set, (knowledge, &search), wanted, &mut told, &mut report);
        }
    }
    let explored = summary(&search, first, reached, sets.len(), sources);
    let impossible = wanted.keys().filter(|arm| search.is_impossible(arm)).cloned();
    let untaken = search.refusing.iter().cloned().chain(impossible).collect();
    Some(Outcome {
        report,
        suppressions: linter.suppressions,
        tallies: linter.tallies,
        untaken,
        explored,
    })
}

/// The inputs of the search.
struct Ground {
    chart: Chart,
    knowledge: Knowledge,
    wanted: BTreeMap<Arm, Place>,
    /// Values of the chart's tests.
    seeds: Vec<Candidate>,
}

impl Ground {
    /// Reads the chart of a run; nothing if there is nothing to render.
    fn of(worker: &mut Worker<'_>, run: &Run) -> Option<Self> {
        let (system, sources) = (worker.system, worker.sources);
        let context = Context::read(worker, run, Scope::All, &mut Report::new());
        let chart = context.chart.as_ref().filter(|chart| !chart.chart.is_library())?;
        let values = examples::json_of(context.values.as_ref()?);
        let mut wanted = branches(chart, &context.usage.as_ref()?.reached);
        let conditions = interpret::conditions(chart, &run.request.release);
        for (_, chart) in chart.walk() {
            for template in &chart.templates {
                let arm = Arm::of_file(&template.name);
                if let Some(tree) = template.trees.last().filter(|_| conditions.goals.contains_key(&arm)) {
                    let place = Place {
                        head: tree.span,
                        body: None,
                        words: None,
                        template: Arc::clone(&tree.name),
                    };
                    wanted.insert(arm, place);
                }
            }
        }
        Some(Self {
            chart: chart.chart.clone(),
            knowledge: Knowledge::of(chart, conditions, &values, sources),
            wanted,
            seeds: run
                .request
                .chart
                .path()
                .map_or_else(Vec::new, |path| seeds::seeds(&**system, path)),
        })
    }

    fn search<'a>(
        &'a self,
        system: &'a Arc<dyn System>,
        run: &'a Run,
        reached: BTreeSet<Arm>,
        sources: &'a Sources,
        budget: usize,
    ) -> Search<'a> {
        let capabilities = context::capabilities(&run.request);
        let cluster = Cluster {
            kube_version: capabilities.kube_version.normalized.clone(),
            api_versions: capabilities.api_versions,
            is_upgrade: run.request.release.is_upgrade,
        };
        let prober = Prober::new(system, run, self.chart.clone(), sources);
        Search::new(
            &self.knowledge,
            prober,
            sources,
            cluster,
            (&self.wanted, reached),
            budget,
        )
    }
}

/// Explores a chart without linting it, to measure what is reached.
pub fn measure(system: &Arc<dyn System>, run: &Run, sources: &Sources, budget: usize) -> Option<Explored> {
    let shelf = Shelf::default();
    let ground = Ground::of(&mut Worker::new(system, sources, &shelf, true), run)?;
    let plain = ground.search(system, run, BTreeSet::new(), sources, budget).plain();
    let mut search = ground.search(system, run, plain.clone(), sources, budget);
    search.run(&ground.seeds);
    let sets = cover(&search, &ground.wanted).len();
    Some(summary(&search, run, &plain, sets, sources))
}

fn summary(search: &Search<'_>, run: &Run, plain: &BTreeSet<Arm>, sets: usize, sources: &Sources) -> Explored {
    let wanted = search.wanted;
    let is_possible = |arm: &&Arm| arm.is_branch() && !search.is_impossible(arm);
    let branches = || wanted.keys().filter(is_possible);
    let refusing = branches().filter(|arm| search.refusing.contains(*arm)).count();
    Explored {
        chart: Arc::clone(&run.chart),
        branches: branches().count() - refusing,
        plain: branches().filter(|arm| plain.contains(*arm)).count(),
        reached: branches().filter(|arm| search.reached.contains(*arm)).count() - refusing,
        refusing,
        unreached: unreached(search, wanted, sources),
        renders: search.renders(),
        sets,
        is_cut: search.is_over(),
        is_too_much: search.is_too_much(),
    }
}

/// A set of values to lint.
struct Set {
    candidate: Candidate,
    /// See [`search::Found::is_mixture`].
    is_mixture: bool,
}

/// As few sets of values as take all that was reached, those first that take most; then those with which the chart fails. Mixtures
/// come last, and only for what nothing else takes: a finding under one is hard to make small.
fn cover(search: &Search<'_>, wanted: &BTreeMap<Arm, Place>) -> Vec<Set> {
    let mut open: BTreeSet<&Arm> = search.found.iter().flat_map(|found| &found.hits).collect();
    open.retain(|arm| wanted.contains_key(*arm));
    let mut sets = Vec::new();
    for is_mixture in [false, true] {
        let is_set = |found: &&search::Found| !found.candidate.is_empty() && found.is_mixture == is_mixture;
        let mut left: Vec<_> = search.found.iter().filter(is_set).collect();
        while !left.is_empty() {
            let taken = |at: &usize| left[*at].hits.iter().filter(|arm| open.contains(arm)).count();
            let Some(best) = (0..left.len()).max_by_key(|at| (taken(at), std::cmp::Reverse(*at))) else {
                break;
            };
            if taken(&best) == 0 {
                break;
            }
            let found = left.swap_remove(best);
            found.hits.iter().for_each(|arm| _ = open.remove(arm));
            let candidate = found.candidate.clone();
            sets.push(Set { candidate, is_mixture });
        }
        if !is_mixture {
            sets.extend(
                search
                    .faulty
                    .iter()
                    .cloned()
                    .map(|candidate| Set { candidate, is_mixture }),
            );
        }
    }
    sets
}

fn unreached(search: &Search<'_>, wanted: &BTreeMap<Arm, Place>, sources: &Sources) -> Vec<Unreached> {
    let open = wanted
        .iter()
        .filter(|(arm, _)| arm.is_branch() && !search.reached.contains(*arm) && !search.is_impossible(arm));
    open.map(|(arm, place)| {
        let source = sources.get(place.head.file);
        let head = source.text().get(place.head.range()).unwrap_or_default();
        Unreached {
            place: sources.place(place.head),
            head: head.split_whitespace().collect::<Vec<_>>().join(" "),
            is_else: arm.is_else,
            reason: search.reason(arm),
        }
    })
    .collect()
}
