//! Lints sets of values that were found, and tells of each finding under how few of them it appears.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use super::super::branches::{Arm, Place};
use super::super::check::{self, Spot};
use super::super::rule::Family;
use super::super::run::{Run, Scope};
use super::super::selection::{Selection, find};
use super::super::shared::Worker;
use super::super::suppress::Suppressions;
use super::super::tally::Tally;
use super::Set;
use super::candidate::{Candidate, Change, Keys, Origin};
use super::guards::is_guard;
use super::invent::Knowledge;
use super::likely::WORD;
use super::search::Search;
use diagnostics::{Diagnostic, Report};
use source::{Sources, Span};

/// The rule of templates that fail.
const RENDER: &str = "template-render";

/// Rules about the shape of what is in an object.
const ABOUT_SHAPES: [&str; 4] = [
    "wrong-type",
    "missing-required-field",
    "field-conflict",
    "invalid-value",
];

/// Lint's findings with some values.
#[derive(Default)]
struct Linted {
    /// The findings that are not there without them.
    findings: BTreeMap<Spot, Diagnostic>,
    /// Whether a guard refuses them.
    is_refused: bool,
    /// Whether a template fails with them.
    fails: bool,
}

pub(super) struct Linter<'a, 's> {
    worker: &'a mut Worker<'s>,
    selection: &'a Selection,
    sources: &'a Sources,
    known: &'a BTreeSet<Spot>,
    done: BTreeMap<(Arc<str>, String), Arc<Linted>>,
    /// How many more sets of values may be linted to make others smaller.
    left: usize,
    pub(super) suppressions: Vec<Suppressions>,
    /// The branches that the sets reach and that nothing refuses.
    pub(super) tallies: Vec<Tally>,
}

impl<'a, 's: 'a> Linter<'a, 's> {
    pub(super) fn new(
        worker: &'a mut Worker<'s>,
        selection: &'a Selection,
        known: &'a BTreeSet<Spot>,
        left: usize,
    ) -> Self {
        Self {
            sources: worker.sources,
            worker,
            selection,
            known,
            done: BTreeMap::new(),
            left,
            suppressions: Vec::new(),
            tallies: Vec::new(),
        }
    }

    /// Lints a set of values, and adds what is found with it and not without it, each with the smallest part of the set.
    pub(super) fn set(
        &mut self,
        run: &Run,
        Set { candidate, is_mixture }: &Set,
        (knowledge, search): (&Knowledge, &Search<'_>),
        wanted: &BTreeMap<Arm, Place>,
        told: &mut BTreeSet<Spot>,
        report: &mut Report,
    ) {
        let linted = self.lint(run, candidate);
        if linted.is_refused {
            return;
        }
        for (key, diagnostic) in &linted.findings {
            if told.contains(key) || linted.fails && diagnostic.rule != RENDER {
                continue;
            }
            let around = self.around(diagnostic, wanted);
            let hint = hints(&around, candidate, knowledge)
                .into_iter()
                .find(|hint| self.has(run, hint, key));
            // What stands only under all of a mixture is most likely about a value at random, and takes hundreds of runs to make small.
            let Some(start) = hint.or_else(|| (!is_mixture).then(|| candidate.clone())) else {
                continue;
            };
            let smallest = self.reduced(run, &start, key);
            let found = self.lint(run, &smallest);
            let Some(diagnostic) = found.findings.get(key) else {
                continue;
            };
            let around = self.around(diagnostic, wanted);
            if self.is_made_up(diagnostic, &smallest) || !self.is_of_code(run, &around, &smallest, (knowledge, search))
            {
                continue;
            }
            told.insert(key.clone());
            let mut diagnostic = diagnostic.clone();
            let flags = smallest.flags();
            let name = if run.name.is_empty() {
                flags
            } else {
                format!("{}, {flags}", run.name)
            };
            diagnostic.runs = vec![name.into()];
            report.push(diagnostic);
        }
    }

    /// Whether a finding is about a value that the chart does not offer, or may well come of one.
    fn is_made_up(&self, diagnostic: &Diagnostic, candidate: &Candidate) -> bool {
        if diagnostic.rule == RENDER || diagnostic.rule.starts_with("manifest-") {
            return !candidate.is_of_chart();
        }
        // What is of a wrong shape, or lacks something, is most likely so because what was made up is.
        let is_whole =
            |(value, origin): &(Json, Origin)| *origin == Origin::Chart || !(value.is_array() || value.is_object());
        if ABOUT_SHAPES.contains(&diagnostic.rule) && !candidate.values.values().all(is_whole) {
            return true;
        }
        // A text that was put together with a placeholder, such as the reference of an image.
        let is_placeholder =
            |(value, origin): &(Json, Origin)| *origin != Origin::Chart && value.to_string().contains(WORD);
        if diagnostic.message.contains(WORD) && candidate.values.values().any(is_placeholder) {
            return true;
        }
        let made_up = candidate.made_up();
        let is_made_up = |span: &Span| {
            let source = self.sources.get(span.file);
            made_up.iter().any(|name| name == source.name())
        };
        let labels = diagnostic.labels.iter().map(|label| &label.span);
        diagnostic.span.iter().chain(labels).any(is_made_up)
    }

    /// Whether a finding is there with some values, which nothing refuses.
    fn has(&mut self, run: &Run, candidate: &Candidate, key: &Spot) -> bool {
        if self.left == 0 {
            return false;
        }
        let linted = self.lint(run, candidate);
        let fails = linted.fails && linted.findings.get(key).is_none_or(|found| found.rule != RENDER);
        !linted.is_refused && !fails && linted.findings.contains_key(key)
    }

    fn lint(&mut self, run: &Run, candidate: &Candidate) -> Arc<Linted> {
        let name = (Arc::clone(&run.name), candidate.flags());
        if let Some(known) = self.done.get(&name) {
            return Arc::clone(known);
        }
        self.left = self.left.saturating_sub(1);
        let mut with = run.clone();
        candidate.apply(&mut with.request);
        let (report, suppressions, tally) = check::check(self.worker, &with, Scope::All, self.selection);
        self.suppressions.push(suppressions);
        let mut linted = Linted::default();
        for diagnostic in report.diagnostics {
            let key = check::spot(&diagnostic, self.sources);
            if self.known.contains(&key) {
                continue;
            }
            linted.is_refused |= is_guard(&diagnostic);
            linted.fails |= diagnostic.rule == RENDER;
            if is_told(&diagnostic) {
                linted.findings.insert(key, diagnostic);
            }
        }
        if !linted.is_refused {
            self.tallies.push(tally);
        }
        let linted = Arc::new(linted);
        self.done.insert(name, Arc::clone(&linted));
        linted
    }

    /// The branches that a finding is in, the innermost first.
    fn around<'w>(&self, diagnostic: &Diagnostic, wanted: &'w BTreeMap<Arm, Place>) -> Vec<&'w Arm> {
        let file = |span: Span| self.sources.get(span.file).name().to_owned();
        let labels = diagnostic.labels.iter().map(|label| label.span);
        let places: Vec<(String, Span)> = diagnostic
            .span
            .into_iter()
            .chain(labels)
            .map(|span| (file(span), span))
            .collect();
        let is_in = |body: &Span| {
            let name = file(*body);
            let inside =
                |(file, span): &(String, Span)| *file == name && body.start <= span.start && span.end <= body.end;
            places.iter().any(inside)
        };
        let mut around: Vec<(&Arm, u32)> = wanted
            .iter()
            .filter_map(|(arm, place)| {
                let body = place.body.filter(is_in)?;
                Some((arm, body.end - body.start))
            })
            .collect();
        // Around all of these is the file.
        let of_files = wanted.iter().filter(|(arm, place)| {
            let name = file(place.head);
            !arm.is_branch() && places.iter().any(|(file, _)| *file == name)
        });
        around.extend(of_files.map(|(arm, _)| (arm, u32::MAX)));
        around.sort_by_key(|(_, size)| *size);
        around.into_iter().map(|(arm, _)| arm).collect()
    }

    /// The smallest part of a set with which a finding is there: nothing more can be left out.
    fn reduced(&mut self, run: &Run, candidate: &Candidate, key: &Spot) -> Candidate {
        let mut kept = candidate.settings();
        let mut chunk = kept.len().div_ceil(2);
        while chunk > 0 && kept.len() > 1 {
            let mut at = 0;
            while at < kept.len() {
                let end = (at + chunk).min(kept.len());
                let fewer: Vec<Change> = kept[..at].iter().chain(&kept[end..]).cloned().collect();
                if !fewer.is_empty() && self.has(run, &Candidate::of(&fewer), key) {
                    kept = fewer;
                } else {
                    at = end;
                }
            }
            chunk = if chunk == 1 { 0 } else { chunk.div_ceil(2) };
        }
        for at in 0..kept.len() {
            self.reduce_value(run, &mut kept, at, key);
        }
        Candidate::of(&kept)
    }

    /// Whether a finding is about code that was reached, and not about what is in the values: besides what it takes to reach it, and
    /// what guards want, only what the chart offers may be set.
    fn is_of_code(
        &mut self,
        run: &Run,
        around: &[&Arm],
        candidate: &Candidate,
        (knowledge, search): (&Knowledge, &Search<'_>),
    ) -> bool {
        let is_offered = |setting: &Change| match setting {
            Change::Value(_, _, origin) => *origin == Origin::Chart,
            Change::Served(_) | Change::Upgrade => true,
        };
        let settings = candidate.settings();
        if settings.iter().all(is_offered) {
            return true;
        }
        let goals = around.iter().filter_map(|arm| knowledge.conditions.goals.get(*arm));
        let needed: BTreeSet<Keys> = goals.flatten().flat_map(|needs| search.needed(needs)).collect();
        let mut more = settings.iter().enumerate().filter(|(_, setting)| match setting {
            Change::Value(keys, ..) if !is_offered(setting) => !needed
                .iter()
                .any(|path| path.starts_with(keys) || keys.starts_with(path)),
            _ => false,
        });
        more.all(|(at, _)| {
            let mut fewer = settings.clone();
            fewer.remove(at);
            self.lint(run, &Candidate::of(&fewer)).is_refused
        })
    }

    /// Leaves out parts of a list or map, as long as the finding stays.
    fn reduce_value(&mut self, run: &Run, kept: &mut Vec<Change>, at: usize, spot: &Spot) {
        const MOST: usize = 24;
        const MOST_NODES: usize = 200;
        let mut tried = 0;
        let mut next = 0;
        while tried < MOST {
            let Change::Value(_, value, _) = &kept[at] else { return };
            if nodes(value) > MOST_NODES {
                return;
            }
            let Some(smaller) = smaller(value).into_iter().nth(next) else {
                return;
            };
            tried += 1;
            let mut fewer = kept.clone();
            if let Change::Value(_, value, _) = &mut fewer[at] {
                *value = smaller;
            }
            if self.has(run, &Candidate::of(&fewer), spot) {
                *kept = fewer;
            } else {
                next += 1;
            }
        }
    }
}

/// Small sets that may do: those that open the way to the branch that the finding is in.
fn hints(around: &[&Arm], candidate: &Candidate, knowledge: &Knowledge) -> Vec<Candidate> {
    const MOST: usize = 6;
    let goals = &knowledge.conditions.goals;
    let ways = around.iter().filter_map(|arm| goals.get(*arm)).flatten();
    let settings = candidate.settings();
    let mut hints: Vec<Candidate> = Vec::new();
    for needs in ways {
        // What the set has for the paths that the way is about.
        let paths: Vec<String> = needs.iter().flat_map(|(formula, _)| formula.paths()).collect();
        let is_about = |setting: &&Change| match setting {
            Change::Value(keys, ..) => {
                let set = keys.join(".");
                paths.iter().any(|path| {
                    let below = |inner: &str, outer: &str| {
                        inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
                    };
                    below(path, &set) || below(&set, path)
                })
            }
            Change::Served(api) => paths.iter().any(|path| **path == **api),
            Change::Upgrade => paths.iter().any(|path| path == "Upgrade"),
        };
        let kept: Vec<Change> = settings.iter().filter(is_about).cloned().collect();
        let hint = Candidate::of(&kept);
        if !hint.is_empty() && !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    hints.truncate(MOST);
    hints
}

fn nodes(value: &Json) -> usize {
    match value {
        Json::Array(items) => 1 + items.iter().map(nodes).sum::<usize>(),
        Json::Object(map) => 1 + map.values().map(nodes).sum::<usize>(),
        _ => 1,
    }
}

/// A list or map with one thing in it left out, each such.
fn smaller(value: &Json) -> Vec<Json> {
    let mut found = Vec::new();
    match value {
        Json::Array(items) => {
            for at in (0..items.len()).filter(|_| items.len() > 1) {
                let mut fewer = items.clone();
                fewer.remove(at);
                found.push(Json::Array(fewer));
            }
            for (at, item) in items.iter().enumerate() {
                found.extend(smaller(item).into_iter().map(|item| {
                    let mut items = items.clone();
                    items[at] = item;
                    Json::Array(items)
                }));
            }
        }
        Json::Object(map) => {
            // What has a name keeps it, if it can.
            let (names, others): (Vec<&String>, Vec<&String>) = map.keys().partition(|key| *key == "name");
            for key in others.into_iter().chain(names).filter(|_| map.len() > 1) {
                let mut fewer = map.clone();
                fewer.shift_remove(key);
                found.push(Json::Object(fewer));
            }
            for (key, inner) in map {
                found.extend(smaller(inner).into_iter().map(|inner| {
                    let mut map = map.clone();
                    map.insert(key.clone(), inner);
                    Json::Object(map)
                }));
            }
        }
        _ => {}
    }
    found
}

/// Whether a finding of explored values is one of the chart: not what a guard says, or what is said of values alone.
fn is_told(diagnostic: &Diagnostic) -> bool {
    let family = find(diagnostic.rule).map(|rule| rule.family);
    let is_other = matches!(family, Some(Family::Chart | Family::Values));
    !is_other && !is_guard(diagnostic)
}
