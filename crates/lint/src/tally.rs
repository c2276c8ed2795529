//! The summary of what was checked and what was not, so that "nothing found" is meaningful.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use promchart_k8s::Version;

use super::branches::{self, Arm, Place};
use super::context::Context;
use super::parsed::ParsedChart;
use super::rules::kubernetes::undefined_kinds;
use super::run::{Run, Scope};
use super::shared::Analysis;
use diagnostics::report::Reach;
use engine::manifest::is_manifest;
use source::Sources;

/// The maximum number of names on a line of the summary.
const MAX_NAMES: usize = 5;

/// The parts that some runs have checked.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The charts.
    pub charts: BTreeSet<Arc<str>>,
    /// The number of runs: charts with their values for one Kubernetes version each.
    pub runs: usize,
    /// The number of objects that were checked, over all runs.
    pub objects: usize,
    /// The number of enabled rules.
    pub rules: usize,
    /// Runs that ended before rendering, although they should have rendered.
    pub unrendered: usize,
    /// Runs in which a template failed, so that objects may be missing.
    pub partial: usize,
    /// Kinds for which only the metadata could be checked, with their objects.
    pub undefined: BTreeMap<String, BTreeSet<String>>,
    /// Dependencies that are missing from charts/ and were not checked.
    pub absent: BTreeSet<String>,
    /// Whether `--explore` searched for values that reach further branches.
    pub is_explored: bool,
    /// The templates, each with whether any run rendered an object from it.
    templates: BTreeMap<(Arc<str>, Arc<str>), bool>,
    /// The branches of the templates by chart, each with its position and whether any run took it.
    branches: BTreeMap<(Arc<str>, Arm), (Place, bool)>,
    /// The branches that one run took. There are thousands, so the others are not listed for each run.
    counted: Option<Counted>,
    /// The analysis whose branches were added last.
    last: Option<Arc<Analysis>>,
    /// Kubernetes versions without definitions in this build.
    versions: BTreeSet<String>,
}

/// The branches that a run took, of those of its chart.
#[derive(Clone, Debug)]
struct Counted {
    chart: Arc<str>,
    parsed: Arc<ParsedChart>,
    analysis: Arc<Analysis>,
    taken: Vec<Arm>,
}

impl Tally {
    /// The parts that a run has checked.
    pub(super) fn of(context: &Context<'_>, run: &Run, scope: Scope) -> Self {
        let mut tally = Self {
            runs: 1,
            objects: context.objects.all.len(),
            ..Self::default()
        };
        tally.charts.insert(Arc::clone(&run.chart));
        tally.absent.extend(context.absent.iter().cloned());
        if scope == Scope::Values {
            return tally;
        }
        let is_library = context.chart.as_ref().is_some_and(|chart| chart.chart.is_library());
        let Some(rendered) = &context.rendered else {
            tally.unrendered = usize::from(!is_library);
            return tally;
        };
        tally.partial = usize::from(context.objects.is_partial);
        let productive: BTreeSet<&str> = context.objects.all.iter().map(|object| &*object.path).collect();
        for path in rendered.files.keys() {
            if is_manifest(path) {
                let key = (Arc::clone(&run.chart), Arc::clone(path));
                tally.templates.insert(key, productive.contains(&**path));
            }
        }
        tally.add_branches(context, run);
        for object in undefined_kinds(context) {
            let kind = format!("{} ({})", object.kind(), object.reference.api_version);
            let name = format!("{}/{}", object.namespace(), object.name());
            tally.undefined.entry(kind).or_default().insert(name);
        }
        let asked = &context.request.capabilities.kube_version.normalized;
        if let Some(version) = Version::parse(asked).filter(|version| version.known() != *version) {
            let note = format!(
                "Kubernetes {version} is not known, fields are those of {}",
                version.known()
            );
            tally.versions.insert(note);
        }
        tally
    }

    fn add_branches(&mut self, context: &Context<'_>, run: &Run) {
        let (Some(chart), Some(coverage), Some(analysis)) = (&context.chart, &context.coverage, &context.analysis)
        else {
            return;
        };
        let all = analysis.branches(chart);
        let mut taken: Vec<Arm> = branches::hits(coverage).into_iter().collect();
        taken.retain(|arm| all.contains_key(arm));
        self.counted = Some(Counted {
            chart: Arc::clone(&run.chart),
            parsed: Arc::clone(chart),
            analysis: Arc::clone(analysis),
            taken,
        });
    }

    /// Adds the branches of a run.
    fn count(&mut self, run: Option<Counted>) {
        let Some(Counted {
            chart,
            parsed,
            analysis,
            taken,
        }) = run
        else {
            return;
        };
        if !self.last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &analysis)) {
            for (arm, place) in analysis.branches(&parsed) {
                let branch = (Arc::clone(&chart), arm.clone());
                self.branches.entry(branch).or_insert_with(|| (place.clone(), false));
            }
            self.last = Some(analysis);
        }
        self.take(&chart, taken);
    }

    /// The branches that the run took.
    pub(super) fn taken(&self) -> impl Iterator<Item = Arm> {
        self.counted.iter().flat_map(|run| run.taken.iter().cloned())
    }

    /// Adds the templates and branches that other values reached; these renders do not count as runs.
    pub(super) fn reach(&mut self, other: Self) {
        for (template, is_productive) in other.templates {
            *self.templates.entry(template).or_default() |= is_productive;
        }
        self.count(other.counted);
    }

    /// Notes branches that were taken: by a run, or where a chart refused values, whose words they write; or that nothing takes.
    pub(super) fn take(&mut self, chart: &Arc<str>, arms: impl IntoIterator<Item = Arm>) {
        for arm in arms {
            if let Some((_, is_taken)) = self.branches.get_mut(&(Arc::clone(chart), arm)) {
                *is_taken = true;
            }
        }
    }

    /// The number of branches that no run took, and the total: the branches of each `if`, `with` and `range` in
    /// templates that are called, without those that end with `fail`.
    pub fn branches(&self) -> (usize, usize) {
        let untaken = self.branches.values().filter(|(_, is_taken)| !is_taken).count();
        (untaken, self.branches.len())
    }

    /// How much of the templates was reached.
    pub fn reached(&self) -> Reach {
        let (not_taken, branches) = self.branches();
        Reach {
            templates: self.templates.len(),
            without_object: self.silent().len(),
            branches,
            not_taken,
        }
    }

    /// The branches that no run took, one per line.
    pub fn untaken(&self, sources: &Sources) -> String {
        let untaken = self.branches.iter().filter(|(_, (_, is_taken))| !is_taken);
        let mut out = String::new();
        for ((_, arm), (place, _)) in untaken {
            let source = sources.get(place.head.file);
            let head = source.text().get(place.head.range()).unwrap_or_default();
            let head = head.split_whitespace().collect::<Vec<_>>().join(" ");
            let way = if arm.is_else { "else of " } else { "" };
            out.push_str(&format!("not taken: {}: {way}{head}\n", sources.place(place.head)));
        }
        out
    }

    /// Adds the results of another run.
    pub(super) fn add(&mut self, other: Self) {
        self.charts.extend(other.charts);
        self.runs += other.runs;
        self.objects += other.objects;
        self.unrendered += other.unrendered;
        self.partial += other.partial;
        self.absent.extend(other.absent);
        self.versions.extend(other.versions);
        for (kind, objects) in other.undefined {
            self.undefined.entry(kind).or_default().extend(objects);
        }
        for (template, is_productive) in other.templates {
            *self.templates.entry(template).or_default() |= is_productive;
        }
        self.count(other.counted);
    }

    /// The templates from which no run rendered an object, with the names of their charts.
    pub fn silent(&self) -> Vec<&str> {
        let silent = self.templates.iter().filter(|(_, is_productive)| !**is_productive);
        silent.map(|((_, template), _)| &**template).collect()
    }

    /// The lines of the summary: what was checked, then what was not.
    pub fn lines(&self, took: Duration) -> String {
        let mut out = format!(
            "checked {} in {}: {}",
            counted(self.charts.len(), "chart"),
            counted(self.runs, "run"),
            counted(self.objects, "object"),
        );
        out.push_str(&format!(
            ", {}, {:.2} s\n",
            counted(self.rules, "rule"),
            took.as_secs_f64()
        ));
        let mut not = |text: String| out.push_str(&format!("not checked: {text}\n"));
        if self.unrendered > 0 {
            not(format!(
                "what {} would render, for it ended before",
                counted(self.unrendered, "run")
            ));
        }
        if self.partial > 0 {
            let message = "what templates that failed would render: rules about what is missing were silent";
            not(format!("{message} in {}", counted(self.partial, "run")));
        }
        if !self.absent.is_empty() {
            let names = named(self.absent.iter().map(|name| &**name));
            not(format!(
                "dependencies that are not in charts/ (helm dependency build): {names}"
            ));
        }
        if !self.undefined.is_empty() {
            let objects = self.undefined.values().map(BTreeSet::len).sum();
            let names = named(self.undefined.keys().map(|kind| &**kind));
            not(format!(
                "the fields of {} of kinds without a definition (--crds): {names}",
                counted(objects, "object")
            ));
        }
        for version in &self.versions {
            not(version.clone());
        }
        let silent = self.silent();
        if !silent.is_empty() {
            let message = format!(
                "{} of {} templates, which made no object",
                silent.len(),
                self.templates.len()
            );
            not(format!("{message}: {}", named(silent.into_iter())));
        }
        let (untaken, all) = self.branches();
        if untaken > 0 {
            let are = if untaken == 1 { "which was" } else { "which were" };
            let more = if self.is_explored {
                ""
            } else {
                ": --explore finds values that take them, and lints those"
            };
            not(format!(
                "{untaken} of {all} branches of templates, {are} not taken{more}"
            ));
        }
        out
    }
}

fn counted(count: usize, name: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {name}{plural}")
}

/// The first of many names.
fn named<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let more = names.len().saturating_sub(MAX_NAMES);
    let mut shown = names[..names.len() - more].join(", ");
    if more > 0 {
        shown.push_str(&format!(" and {more} more"));
    }
    shown
}
