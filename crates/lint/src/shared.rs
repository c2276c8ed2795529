//! Data that the runs of one chart share and that is made once: its files, its parsed templates, the values that they read, its
//! branches, and its custom resources; and the session that a thread keeps from one run to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use super::branches::{Arm, Place, branches};
use super::custom::Custom;
use super::parsed::ParsedChart;
use super::run::Run;
use super::usage::{self, Usage};
use chart::schema::Checker;
use chart::{Chart, Location};
use diagnostics::Report;
use engine::render::{Limits, Session, Trace};
use engine::stages::{Prepared, Request, Stages};
use goyaml::Node;
use source::{FileId, Source, SourceKind, Sources};
use system::{FileKind, System};

/// The key of a chart: its path, and the files and folders with further custom resources.
type Key = (Option<PathBuf>, Vec<String>);

fn key(run: &Run) -> Key {
    (run.request.chart.path().map(Path::to_path_buf), run.crds.clone())
}

/// The charts that threads lint at the moment. A chart is freed when the last thread has gone on to another.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<BTreeMap<Key, Weak<Shared>>>);

impl Shelf {
    fn get(&self, key: &Key) -> Arc<Shared> {
        let mut charts = lock(&self.0);
        if let Some(shared) = charts.get(key).and_then(Weak::upgrade) {
            return shared;
        }
        let shared = Arc::new(Shared::default());
        charts.insert(key.clone(), Arc::downgrade(&shared));
        shared
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The data that the runs of a chart share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    loaded: OnceLock<Loaded>,
    custom: OnceLock<Custom>,
    /// The analysis for the last values.
    analysis: Mutex<Option<Arc<Analysis>>>,
}

/// A chart as loaded.
#[derive(Debug)]
pub(super) struct Loaded {
    /// Chart.yaml, if it could be read.
    pub(super) chart_yaml: Option<(FileId, Node)>,
    /// The chart, or why it cannot be used.
    pub(super) chart: Result<Arc<ParsedChart>, Report>,
    /// Dependencies that are missing from charts/, by their names in the values, including those of subcharts.
    pub(super) absent: Vec<String>,
    /// Helm's log messages from loading the chart.
    pub(super) log: Report,
    /// Templates that cannot be parsed.
    pub(super) syntax: Report,
}

/// The values that the templates read and the branches that they have, with the texts in the values that may be templates.
#[derive(Debug)]
pub(super) struct Analysis {
    texts: BTreeSet<Arc<str>>,
    usage: Arc<Usage>,
    branches: OnceLock<BTreeMap<Arm, Place>>,
}

impl Shared {
    /// The chart, loaded if this is the first run.
    pub(super) fn loaded(&self, system: &dyn System, location: &Location, sources: &Sources) -> &Loaded {
        self.loaded.get_or_init(|| Loaded::read(system, location, sources))
    }

    /// The custom resources of a chart, and of the paths of `--crds`.
    pub(super) fn custom(
        &self,
        system: &dyn System,
        chart: Option<&Chart>,
        paths: &[String],
        sources: &Sources,
    ) -> &Custom {
        self.custom.get_or_init(|| Custom::read(system, chart, paths, sources))
    }

    /// The analysis of a chart with some values. Of these only the texts count that may be templates, so it is mostly that of
    /// the run before.
    pub(super) fn analysis(
        &self,
        chart: &ParsedChart,
        given: &Node,
        is_whole: bool,
        sources: &Sources,
    ) -> Arc<Analysis> {
        let texts = usage::texts(given);
        let mut last = lock(&self.analysis);
        if let Some(known) = last.as_ref().filter(|known| known.texts == texts) {
            return Arc::clone(known);
        }
        let mut usage = Usage::of(chart, given, sources);
        usage.is_complete &= is_whole;
        let made = Arc::new(Analysis {
            texts,
            usage: Arc::new(usage),
            branches: OnceLock::new(),
        });
        *last = Some(Arc::clone(&made));
        made
    }
}

impl Analysis {
    /// The values that the templates read.
    pub(super) fn usage(&self) -> Arc<Usage> {
        Arc::clone(&self.usage)
    }

    /// The branches of the templates of the chart.
    pub(super) fn branches(&self, chart: &ParsedChart) -> &BTreeMap<Arm, Place> {
        self.branches.get_or_init(|| branches(chart, &self.usage.reached))
    }
}

impl Loaded {
    fn read(system: &dyn System, location: &Location, sources: &Sources) -> Self {
        let mut loaded = Self {
            chart_yaml: None,
            chart: Err(Report::new()),
            absent: Vec::new(),
            log: Report::new(),
            syntax: Report::new(),
        };
        let chart = loaded.load(system, location, sources).and_then(|chart| {
            chart::check_usable(&chart)?;
            Ok(chart)
        });
        loaded.chart = chart.map(|chart| {
            let parsed = ParsedChart::of(&chart, sources, &mut loaded.syntax);
            loaded.absent = parsed.absent();
            Arc::new(parsed)
        });
        loaded
    }

    fn load(&mut self, system: &dyn System, location: &Location, sources: &Sources) -> Result<Chart, Report> {
        let Some(path) = location.path() else {
            let chart = location.load(system, sources, &mut self.log)?;
            self.chart_yaml = document(sources, chart.chart_yaml);
            return Ok(chart);
        };
        // Read separately from the chart, which may fail to load because of it.
        let file = path.join("Chart.yaml");
        let is_file = system.entry(&file).is_ok_and(|entry| entry.kind == FileKind::File);
        if let Some(Ok(bytes)) = is_file.then(|| system.read(&file)) {
            let source = Source::new(file.display().to_string(), SourceKind::File, bytes);
            self.chart_yaml = document(sources, sources.add(source));
        }
        let chart = chart::load(system, path, sources, &mut self.log)?;
        if self.chart_yaml.is_none() {
            self.chart_yaml = document(sources, chart.chart_yaml);
        }
        Ok(chart)
    }
}

fn document(sources: &Sources, file: FileId) -> Option<(FileId, Node)> {
    let source = sources.get(file);
    let parsed = goyaml::parse(&source, file, 0..source.text().len()).ok()?;
    Some((file, parsed.node))
}

/// A thread that lints one run after the other, and keeps what the next run of the same chart needs.
pub(super) struct Worker<'a> {
    pub(super) system: &'a Arc<dyn System>,
    pub(super) sources: &'a Sources,
    /// Whether the branches that a run takes are counted.
    pub(super) counts: bool,
    shelf: &'a Shelf,
    last: Option<Kept>,
}

/// The data that a thread keeps of the last chart.
struct Kept {
    key: Key,
    shared: Arc<Shared>,
    session: Option<(Limits, Trace, Session)>,
    /// The compiled schemas. To compile them pays only if they are used again.
    checker: Option<Checker>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(system: &'a Arc<dyn System>, sources: &'a Sources, shelf: &'a Shelf, counts: bool) -> Self {
        Self {
            system,
            sources,
            counts,
            shelf,
            last: None,
        }
    }

    /// The data that this run shares with others of its chart.
    pub(super) fn shared(&mut self, run: &Run) -> Arc<Shared> {
        let key = key(run);
        if let Some(kept) = self.last.as_mut().filter(|kept| kept.key == key) {
            kept.checker.get_or_insert_default();
            return Arc::clone(&kept.shared);
        }
        // The templates of the last chart are not needed while this one is read.
        self.last = None;
        let shared = self.shelf.get(&key);
        self.last = Some(Kept {
            key,
            shared: Arc::clone(&shared),
            session: None,
            checker: None,
        });
        shared
    }

    /// The violations of the schemas.
    pub(super) fn check(&self, stages: &Stages<'_>, request: &Request, prepared: &Prepared) -> Report {
        match self.last.as_ref().and_then(|kept| kept.checker.as_ref()) {
            Some(_) if request.skip_schema => Report::new(),
            Some(checker) => checker.validate(&**self.system, &prepared.chart, &prepared.values, self.sources),
            None => stages.check(prepared),
        }
    }

    /// The session in which the thread renders the chart of the last run.
    pub(super) fn session(&mut self, request: &Request) -> Option<&Session> {
        let kept = self.last.as_mut()?;
        let (limits, trace) = (request.limits, request.trace);
        if !matches!(&kept.session, Some((of, with, _)) if (*of, *with) == (limits, trace)) {
            let make = if self.counts { Session::counting } else { Session::new };
            kept.session = Some((limits, trace, make(self.system, self.sources, limits, trace)));
        }
        kept.session.as_ref().map(|(.., session)| session)
    }
}
