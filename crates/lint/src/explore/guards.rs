//! Refusals: what a guard or the schema wants, as far as it can be told, and which of the values that were set it blames.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::super::branches::{Arm, Place};
use super::candidate::{Candidate, Keys, Origin};
use super::formula::{Formula, Literal};
use super::interpret::Needs;
use super::probe::Probe;
use super::search::{Plan, Search, ways_of};
use super::solve::Draft;
use chart::schema::SCHEMA;
use diagnostics::{Cause, Diagnostic};
use source::Span;

/// How often what fails is mended before it is given up.
const MAX_REPAIRS: usize = 4;
/// How often what is refused before anything is rendered is mended.
const MAX_CHECKS: usize = 16;

/// The outcome of a render with values.
pub(super) enum Settled {
    /// The chart renders with these.
    Works(Candidate, Probe),
    Fails(Refusals),
}

/// Why the chart does not render.
#[derive(Default)]
pub(super) struct Refusals {
    /// The last errors.
    pub(super) errors: Vec<Diagnostic>,
    /// The keys that they blame.
    pub(super) blamed: BTreeSet<String>,
    /// The branches that the last render took.
    pub(super) hits: BTreeSet<Arm>,
}

impl Search<'_> {
    /// Notes the branches that wrote the words with which a guard refused values. There is no other way to take them.
    pub(super) fn note_refusal(&mut self, probe: &Probe, errors: &[Diagnostic]) -> Vec<Arm> {
        let said: Vec<String> = errors
            .iter()
            .filter(|error| error.rule != SCHEMA && is_guard(error))
            .map(|error| error.message.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        if said.is_empty() {
            return Vec::new();
        }
        let is_said = |arm: &&Arm| {
            let words = self.wanted.get(*arm).and_then(|place| place.words.as_ref());
            words.is_some_and(|words| said.iter().any(|said| said.contains(&**words)))
        };
        let writers: Vec<Arm> = probe.hits.iter().filter(is_said).cloned().collect();
        for arm in &writers {
            if self.reached.insert(arm.clone()) {
                self.refusing.insert(arm.clone());
                self.learn(arm);
            }
        }
        // What is in such a branch is taken with it only. Outer ones come first: a branch in a branch in it is reached, too.
        let mut inner: Vec<&(Arm, Arm)> = self.outer.iter().collect();
        inner.sort_by_key(|(_, outer)| self.wanted[outer].head.start);
        for (arm, outer) in inner {
            let is_taken = probe.hits.contains(arm) && !self.reached.contains(arm);
            if is_taken && probe.hits.contains(outer) && self.refusing.contains(outer) {
                self.reached.insert(arm.clone());
                self.refusing.insert(arm.clone());
            }
        }
        writers
    }

    /// Learns from a branch that refuses values: which values it does refuse, and that its template is a guard.
    fn learn(&mut self, arm: &Arm) {
        if let Some(place) = self.wanted.get(arm) {
            self.guards.insert(Arc::clone(&place.template));
        }
        let goals = self.knowledge.conditions.goals.get(arm);
        let is_sure = |needs: &&Needs| needs.iter().all(|(formula, _)| formula.is_sure());
        let ways = goals.into_iter().flatten().filter(is_sure).flat_map(ways_of);
        // Ways that are open where the chart renders are not all that it takes.
        let is_open = |way: &Vec<Literal>| self.starts.iter().any(|start| self.is_way_open(way, start));
        let ways: Vec<Vec<Literal>> = ways.filter(|way| !way.is_empty() && !is_open(way)).collect();
        self.refused.insert(arm.clone(), ways);
    }

    /// Forgets what is said to be refused, but is not: the chart renders with these values.
    pub(super) fn allow(&mut self, draft: &Draft) {
        let mut refused = std::mem::take(&mut self.refused);
        for ways in refused.values_mut() {
            ways.retain(|way| !self.is_way_open(way, draft));
        }
        self.refused = refused;
    }

    fn is_way_open(&self, way: &[Literal], draft: &Draft) -> bool {
        way.iter()
            .all(|literal| self.knowledge.holds(literal, draft, &self.cluster))
    }

    /// A branch that would refuse a draft, as far as is known.
    fn refuser(&self, draft: &Draft) -> Option<&Arm> {
        let is_open = |ways: &Vec<Vec<Literal>>| ways.iter().any(|way| self.is_way_open(way, draft));
        self.refused.iter().find(|(_, ways)| is_open(ways)).map(|(arm, _)| arm)
    }

    /// Whether nothing that is known would refuse a draft, or the draft with what keeps such branches from being taken.
    pub(super) fn unrefused(&self, draft: Draft, plans: &[Plan]) -> Option<Draft> {
        let mut draft = draft;
        for _ in 0..MAX_REPAIRS {
            let Some(arm) = self.refuser(&draft) else {
                return Some(draft);
            };
            draft = self.without(&draft, arm, plans)?;
        }
        None
    }

    /// Whether a branch is one that likely refuses values: there is no other way to take it.
    pub(super) fn is_suspect(&self, arm: &Arm) -> bool {
        let is_of_guard = |place: &Place| place.words.is_some() && self.guards.contains(&place.template);
        !self.harmless.contains(arm) && self.wanted.get(arm).is_some_and(is_of_guard)
    }

    /// Renders once with the ways to branches that refuse values, all of them at once: guards often write all that is wrong.
    pub(super) fn provoke(&mut self, start: &Draft, mut plans: Vec<Plan>) {
        let all = plans.clone();
        while !plans.is_empty() && !self.is_over() {
            let draft = self.opened(start, &plans);
            let probe = self.prober.probe(&draft.candidate);
            let errors = self.new_errors(&probe);
            if probe.is_rendered {
                if errors.is_empty() {
                    self.keep(&draft.candidate, &probe);
                } else {
                    self.note_refusal(&probe, &errors);
                }
                let is_harmless = |arm: &&Arm| probe.hits.contains(*arm) && !self.refusing.contains(*arm);
                let harmless: Vec<Arm> = plans
                    .iter()
                    .map(|plan| &plan.arm)
                    .filter(is_harmless)
                    .cloned()
                    .collect();
                self.harmless.extend(harmless);
                break;
            }
            let blamed = errors.iter().flat_map(|error| self.named(error)).collect();
            let count = plans.len();
            plans.retain(|plan| !self.is_blamed(plan, start, &blamed));
            if plans.len() == count {
                plans.truncate(count / 2);
            }
        }
        self.tried(&all);
    }

    /// Renders, and does what guards want until the chart renders, without closing the ways of the plans.
    pub(super) fn settled(&mut self, candidate: &Candidate, plans: &[Plan]) -> Settled {
        let mut draft = self.knowledge.draft(candidate);
        let mut refusals = Refusals::default();
        let (mut renders, mut checks) = (0, 0);
        while renders < MAX_REPAIRS && checks < MAX_CHECKS && !self.is_over() {
            let probe = self.prober.probe(&draft.candidate);
            let errors = self.new_errors(&probe);
            if errors.is_empty() {
                return Settled::Works(draft.candidate, probe);
            }
            if probe.is_rendered {
                renders += 1;
            } else {
                checks += 1;
            }
            let writers = self.note_refusal(&probe, &errors);
            refusals.blamed = errors.iter().flat_map(|error| self.named(error)).collect();
            let mut has_changed = false;
            for error in &errors {
                if let Some(next) = self.repaired(&draft, error, plans) {
                    draft = next;
                    has_changed = true;
                }
            }
            for arm in &writers {
                match self.without(&draft, arm, plans) {
                    Some(next) => {
                        draft = next;
                        has_changed = true;
                    }
                    None => refusals.blamed.extend(self.reads(arm)),
                }
            }
            for error in errors.iter().filter(|error| error.rule != SCHEMA && is_guard(error)) {
                if let Some(next) = self.advised(&draft, &error.message, plans).filter(|_| !has_changed) {
                    draft = next;
                    has_changed = true;
                }
            }
            refusals.errors = errors;
            refusals.hits = probe.hits;
            if !has_changed {
                break;
            }
        }
        Settled::Fails(refusals)
    }

    /// The draft with the way to a branch closed that writes a refusal.
    fn without(&self, draft: &Draft, arm: &Arm, plans: &[Plan]) -> Option<Draft> {
        let goals = self.knowledge.conditions.goals.get(arm)?;
        let is_open = |needs: &&Needs| {
            needs.iter().all(|(formula, is_met)| {
                let ways = formula.ways(*is_met);
                ways.iter().any(|way| {
                    way.iter()
                        .all(|literal| self.knowledge.holds(literal, draft, &self.cluster))
                })
            })
        };
        let needs = goals.iter().find(is_open)?;
        self.fulfilled(
            draft,
            needs.iter().rev().map(|(formula, is_met)| (formula, !is_met)),
            plans,
        )
    }

    /// The paths that decide whether a branch is taken.
    fn reads(&self, arm: &Arm) -> Vec<String> {
        let goals = self.knowledge.conditions.goals.get(arm);
        let needs = goals.into_iter().flatten().flatten();
        needs.flat_map(|(formula, _)| formula.paths()).collect()
    }

    /// The keys that a refusal names.
    pub(super) fn named(&self, error: &Diagnostic) -> Vec<String> {
        if error.rule == SCHEMA {
            let place = error.message.split_once(": ").map_or("", |(place, _)| place);
            let place = place.split('[').next().unwrap_or_default();
            return if place.is_empty() {
                Vec::new()
            } else {
                vec![place.to_owned()]
            };
        }
        if !is_guard(error) {
            return self.around(error);
        }
        // A word alone is a key only where it begins a line: `remoteWrite: there is none`.
        let begins = error.message.lines().filter_map(|line| line.split_once(':'));
        let first = begins.filter_map(|(word, _)| keys_in(word).last());
        let is_first = |key: &&str| self.knowledge.defaults.get(key).is_some();
        let dotted = keys_in(&error.message).filter(|key| key.contains('.'));
        dotted.chain(first.filter(is_first)).map(str::to_owned).collect()
    }

    /// The paths that lead to where a template fails.
    fn around(&self, error: &Diagnostic) -> Vec<String> {
        const INNERMOST: usize = 2;
        let Some(span) = error.span else { return Vec::new() };
        let name = |span: Span| self.sources.get(span.file).name().to_owned();
        let file = name(span);
        let is_around = |body: &Span| body.start <= span.start && span.end <= body.end && name(*body) == file;
        let mut around: Vec<(u32, &Arm)> = self
            .wanted
            .iter()
            .filter_map(|(arm, place)| {
                let body = place.body.filter(is_around)?;
                Some((body.end - body.start, arm))
            })
            .collect();
        around.sort();
        let innermost = around.into_iter().take(INNERMOST);
        innermost.flat_map(|(_, arm)| self.reads(arm)).collect()
    }

    /// The draft with what the words of a refusal ask for: `set KEY to VALUE`, or a switch that they name.
    fn advised(&self, draft: &Draft, message: &str, plans: &[Plan]) -> Option<Draft> {
        let words: Vec<&str> = message.split_whitespace().collect();
        let told = words.windows(4).filter_map(|words| match words {
            ["set" | "Set", key, "to", value] => {
                let value = value.trim_end_matches([',', ';', '.']).trim_matches(['"', '\'', '`']);
                let value = serde_json::from_str(value).unwrap_or_else(|_| Json::from(value));
                Some(((*key).trim_matches(['"', '\'', '`']), value))
            }
            _ => None,
        });
        let at = |key: &str| key.split('.').try_fold(&draft.values, |value, key| value.get(key));
        let switches = keys_in(message).filter_map(|key| Some((key, Json::Bool(!at(key)?.as_bool()?))));
        for (key, value) in told.chain(switches) {
            let keys: Keys = key.split('.').map(Into::into).collect();
            if at(key).is_none_or(|current| *current == value || current.is_object() != value.is_object()) {
                continue;
            }
            let mut candidate = draft.candidate.clone();
            candidate.set(keys, value, Origin::Chart);
            let next = self.knowledge.draft(&candidate);
            if self.hold(plans, &next) {
                return Some(next);
            }
        }
        None
    }

    /// The draft with the first of some conditions that can be as said.
    fn fulfilled<'f>(
        &self,
        draft: &Draft,
        conditions: impl Iterator<Item = (&'f Formula, bool)>,
        plans: &[Plan],
    ) -> Option<Draft> {
        for (formula, is_met) in conditions {
            for way in formula.ways(is_met).into_iter().filter(|way| !way.is_empty()) {
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

    /// The draft with what an error asks for.
    pub(super) fn repaired(&self, draft: &Draft, error: &Diagnostic, plans: &[Plan]) -> Option<Draft> {
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
        let conditions = demands
            .flat_map(|demand| &demand.ways)
            .map(|(formula, is_met)| (formula, *is_met));
        self.fulfilled(draft, conditions, plans)
    }
}

/// Whether a path with dots is another one or below it.
pub(super) fn is_below(inner: &str, outer: &str) -> bool {
    !outer.is_empty()
        && inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The words of a message that may be keys of values.
pub(super) fn keys_in(message: &str) -> impl Iterator<Item = &str> {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let words = message
        .split(move |c: char| !is_of_key(c))
        .map(|word| word.trim_matches('.'));
    words
        .map(|word| word.strip_prefix("Values.").unwrap_or(word))
        .filter(|word| word.len() > 2 && word.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Whether an error is one that the chart's author wrote: what is wrong are the values.
pub(super) fn is_guard(error: &Diagnostic) -> bool {
    error.rule == SCHEMA || error.rule == engine::stages::INSTALL || error.cause == Some(Cause::Guard)
}
