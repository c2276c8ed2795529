//! Runs the suites of charts in parallel; results are reported in helm-unittest's order. Mirrors its
//! `pkg/unittest/test_runner.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::fields::{FieldReader, SUITE};
use super::glob::glob;
use super::job::{self, Bench};
use super::result::{SuiteResult, TestResult};
use super::snapshot::Snapshots;
use super::suite::{self, Job, Suite};
use chart::schema::Checker;
use chart::values;
use chart::{Chart, Dependency};
use diagnostics::{Diagnostic, Report, Result};
use engine::coverage::{Coverage, FileCoverage};
use engine::render::{self, Capabilities, KubeVersion, Limits, Release, Session, Trace};
use engine::threads;
use gostd::path as gopath;
use goyaml::{Node, Value};
use source::{Source, SourceKind, Sources, Span};
use system::System;

/// The options of a run.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Options {
    /// Folders of charts.
    pub charts: Vec<String>,
    /// File patterns of suites, relative to the folder of each chart.
    pub files: Vec<String>,
    /// Values files for all tests, after those of the suites.
    pub values: Vec<String>,
    /// The subfolder with a chart whose templates render suites.
    pub chart_tests_path: String,
    /// Whether snapshots are updated.
    pub update_snapshots: bool,
    /// Whether suites of subcharts are run too.
    pub with_subcharts: bool,
    /// Whether unknown fields are errors.
    pub strict: bool,
    /// Whether the run stops at the first failure.
    pub fail_fast: bool,
    /// Whether values are not checked against schemas.
    pub skip_schema: bool,
    /// The folder to which rendered files are written, if any.
    pub debug_folder: Option<String>,
    /// The limits of each render.
    pub limits: Limits,
    /// Whether [`Results::coverage`] and [`Results::uses`] are computed.
    pub coverage: bool,
    /// The files of the suites to run; `None` runs all.
    pub only: Option<BTreeSet<String>>,
    /// Whether [`TestResult::request`] is to be made.
    pub with_requests: bool,
}

/// Receives results as they arrive.
pub trait Listener {
    /// Called before the suites of a chart are run.
    fn chart(&mut self, name: &str, path: &str);

    /// Called if a chart, or one of its suites, cannot be read.
    fn chart_failed(&mut self, error: &Diagnostic, sources: &Sources);

    /// Called if the suites of a subchart cannot be read; they are skipped.
    fn passed_over(&mut self, error: &Diagnostic, sources: &Sources);

    /// Called after [`Listener::chart`] if a chart has no suite to run, but files elsewhere that are named like suites. Their paths are
    /// relative to the folder of the chart.
    fn elsewhere(&mut self, path: &str, files: &[String]);

    /// Called after a suite was run.
    fn suite(&mut self, result: &SuiteResult);
}

/// The results of all charts.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// The suites of all charts, in order.
    pub suites: Vec<SuiteResult>,
    /// The number of charts that passed.
    pub charts_passed: usize,
    /// The number of charts that failed.
    pub charts_failed: usize,
    /// The number of failed charts that could not be read.
    pub charts_errored: usize,
    /// The coverage of each chart's templates, if requested.
    pub coverage: Vec<ChartCoverage>,
    /// The files that each suite uses, if requested.
    pub uses: Vec<Uses>,
}

/// The files that the suites of a file use.
#[derive(Clone, Debug)]
pub struct Uses {
    /// The folder of the chart.
    pub chart: String,
    /// The file of the suites.
    pub suites: String,
    /// The paths of the templates that were run, at least in part.
    pub templates: BTreeSet<Arc<str>>,
    /// The values files.
    pub values: BTreeSet<String>,
    /// The parts of templates that their renders ran.
    pub coverage: Coverage,
    /// The positions of their results in [`Results::suites`].
    pub results: Range<usize>,
}

/// The coverage of a chart's templates.
#[derive(Clone, Debug)]
pub struct ChartCoverage {
    /// The name of the chart.
    pub name: String,
    /// Its folder.
    pub path: String,
    /// The charts whose suites were run: `parent`, `parent/charts/child`.
    pub routes: BTreeSet<String>,
    /// The counts of the points of each template, including templates that no test selects.
    pub coverage: Coverage,
}

impl Results {
    /// Whether everything passed.
    pub fn passed(&self) -> bool {
        self.charts_failed == 0
    }
}

/// The version of Kubernetes that helm-unittest assumes.
const KUBE_VERSION: (&str, &str) = ("1", "20");

/// Runs the suites of charts, on as many threads as can run at once. If the run stops at the first failure, it uses one
/// thread.
pub fn run(
    system: &Arc<dyn System>,
    options: &Options,
    sources: &Sources,
    listener: &mut (dyn Listener + Send),
) -> Results {
    let mut results = Results::default();
    let mut kube = (KUBE_VERSION.0.to_owned(), KUBE_VERSION.1.to_owned());
    let loader = Loader {
        system,
        options,
        sources,
    };
    let at_once = if options.fail_fast {
        1
    } else {
        options.charts.len().max(1)
    };
    for paths in options.charts.chunks(at_once) {
        let charts: Vec<Loaded> = paths.iter().map(|path| loader.chart(path, &mut kube)).collect();
        loader.run(&charts, listener, &mut results);
        if options.fail_fast && results.charts_failed > 0 {
            break;
        }
    }
    results
}

/// A chart with its suites.
struct Loaded {
    path: String,
    found: Result<(Chart, Vec<Suite>)>,
    /// The version of Kubernetes that each test of each suite sees.
    kubes: Vec<Vec<KubeVersion>>,
    /// Suites of subcharts that cannot be read.
    passed_over: Vec<Diagnostic>,
    /// If there are no suites: files that are named like some.
    elsewhere: Vec<String>,
}

/// Suites of one chart that are run in sequence, because they share a snapshot file.
struct Piece {
    chart: usize,
    suites: Range<usize>,
}

/// The result of a [`Piece`].
#[derive(Default)]
struct Ran {
    suites: Vec<SuiteResult>,
    coverage: Option<Coverage>,
}

/// The state that a thread keeps between the suites of a chart.
struct LastChart {
    chart: usize,
    session: Session,
    checker: Checker,
}

/// Reports results in order, whatever the order in which they arrive.
struct Telling<'a> {
    listener: &'a mut (dyn Listener + Send),
    results: &'a mut Results,
    /// Results that arrived before their turn.
    waiting: BTreeMap<usize, Ran>,
    next: usize,
    passed: bool,
}

#[derive(Clone, Copy)]
struct Loader<'a> {
    system: &'a Arc<dyn System>,
    options: &'a Options,
    sources: &'a Sources,
}

impl Telling<'_> {
    fn came(&mut self, at: usize, ran: Ran, pieces: &[Piece], charts: &[Loaded], sources: &Sources) {
        self.waiting.insert(at, ran);
        while let Some(ran) = self.waiting.remove(&self.next) {
            let piece = &pieces[self.next];
            let is_first = self.next == 0 || pieces[self.next - 1].chart != piece.chart;
            self.next += 1;
            self.tell(ran, piece, is_first, &charts[piece.chart], sources);
            if pieces.get(self.next).is_none_or(|next| next.chart != piece.chart) {
                self.results.charts_passed += usize::from(self.passed);
                self.results.charts_failed += usize::from(!self.passed);
            }
        }
    }

    fn tell(&mut self, ran: Ran, piece: &Piece, is_first: bool, loaded: &Loaded, sources: &Sources) {
        if is_first {
            self.passed = true;
            for error in &loaded.passed_over {
                self.listener.passed_over(error, sources);
            }
            match &loaded.found {
                Ok((chart, _)) => {
                    self.listener.chart(chart.name(), &loaded.path);
                    if !loaded.elsewhere.is_empty() {
                        self.listener.elsewhere(&loaded.path, &loaded.elsewhere);
                    }
                }
                Err(error) => {
                    self.listener.chart_failed(error, sources);
                    self.passed = false;
                    self.results.charts_errored += 1;
                }
            }
        }
        let first = self.results.suites.len();
        for result in ran.suites {
            self.passed &= result.passed;
            self.listener.suite(&result);
            self.results.suites.push(result);
        }
        if let (Some(coverage), Ok((chart, suites))) = (ran.coverage, &loaded.found) {
            if is_first {
                self.results.coverage.push(ChartCoverage {
                    name: chart.name().to_owned(),
                    path: loaded.path.clone(),
                    routes: suites.iter().map(|suite| suite.route.clone()).collect(),
                    coverage: Coverage::default(),
                });
            }
            if let Some(chart) = self.results.coverage.last_mut() {
                chart.coverage.add(&coverage);
            }
            let results = first..self.results.suites.len();
            let uses = uses(&loaded.path, &suites[piece.suites.clone()], coverage, results);
            self.results.uses.extend(uses);
        }
    }
}

impl Loader<'_> {
    fn reader(&self) -> FieldReader<'_> {
        FieldReader {
            sources: self.sources,
            strict: self.options.strict,
        }
    }

    fn chart(&self, path: &str, kube: &mut (String, String)) -> Loaded {
        let mut passed_over = Vec::new();
        let load = |passed_over: &mut Vec<Diagnostic>| {
            let mut log = Report::new();
            let chart = chart::load(&**self.system, Path::new(path), self.sources, &mut log)?;
            let values = self.values_files()?;
            let suites = self.suites_of(path, chart.name(), &chart, &values, None, passed_over)?;
            Ok((chart, suites))
        };
        let found = load(&mut passed_over);
        let elsewhere = match &found {
            Ok((_, suites)) if suites.is_empty() => self.elsewhere(path),
            _ => Vec::new(),
        };
        let suites = found.as_ref().map_or(&[][..], |(_, suites)| suites);
        let kubes = suites.iter().map(|suite| {
            let versions = suite.jobs.iter().map(|job| kube_version(kube, job));
            versions.collect()
        });
        Loaded {
            path: path.to_owned(),
            kubes: kubes.collect(),
            found,
            passed_over,
            elsewhere,
        }
    }

    /// The files in the folder of a chart that are named like suites.
    fn elsewhere(&self, path: &str) -> Vec<String> {
        let base = format!("{}/", gopath::clean(path));
        let files = glob(&**self.system, &format!("{base}**/*_test.y*ml")).unwrap_or_default();
        let own = files.iter().map(|file| file.strip_prefix(&base).unwrap_or(file));
        // Those of subcharts are not of this chart.
        own.filter(|file| !file.starts_with("charts/"))
            .map(str::to_owned)
            .collect()
    }

    fn pieces(&self, charts: &[Loaded]) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for (chart, loaded) in charts.iter().enumerate() {
            let suites = loaded.found.as_ref().map_or(&[][..], |(_, suites)| suites);
            let mut start = 0;
            loop {
                let rest = &suites[start..];
                let together = |suite: &&Suite| self.options.fail_fast || suite.file == rest[0].file;
                let end = start + rest.iter().take_while(together).count();
                let is_wanted = match (&self.options.only, rest.first()) {
                    (Some(only), Some(suite)) => only.contains(&suite.file),
                    _ => true,
                };
                if is_wanted {
                    let suites = start..end;
                    pieces.push(Piece { chart, suites });
                }
                if end == suites.len() {
                    break;
                }
                start = end;
            }
        }
        pieces
    }

    fn run(&self, charts: &[Loaded], listener: &mut (dyn Listener + Send), results: &mut Results) {
        let pieces = self.pieces(charts);
        let telling = Mutex::new(Telling {
            listener,
            results,
            waiting: BTreeMap::new(),
            next: 0,
            passed: true,
        });
        let mut limits = self.options.limits;
        // The memory count is that of the process and includes other renders.
        limits.memory = limits.memory.saturating_mul(threads::workers(pieces.len()));
        let work = |kept: &mut Option<LastChart>, at: usize| {
            let ran = self.piece(&pieces[at], charts, limits, kept);
            let mut telling = telling.lock().unwrap_or_else(PoisonError::into_inner);
            telling.came(at, ran, &pieces, charts, self.sources);
        };
        if self.is_apart(&pieces, charts) {
            threads::each(pieces.len(), || None, work);
        } else {
            let mut kept = None;
            (0..pieces.len()).for_each(|at| work(&mut kept, at));
        }
    }

    /// Whether no two pieces write the same files.
    fn is_apart(&self, pieces: &[Piece], charts: &[Loaded]) -> bool {
        let mut files = BTreeSet::new();
        let mut is_new = |piece: &Piece| {
            let found = charts[piece.chart].found.as_ref();
            let first = found.ok().and_then(|(_, suites)| suites.get(piece.suites.start));
            first.is_none_or(|suite| files.insert(&suite.file))
        };
        self.options.debug_folder.is_none() && pieces.iter().all(&mut is_new)
    }

    /// Runs some suites of a chart.
    fn piece(&self, piece: &Piece, charts: &[Loaded], limits: Limits, kept: &mut Option<LastChart>) -> Ran {
        let loaded = &charts[piece.chart];
        let Ok((chart, suites)) = &loaded.found else {
            return Ran::default();
        };
        let (system, sources, options) = (self.system, self.sources, self.options);
        let kept = match kept {
            Some(kept) if kept.chart == piece.chart => kept,
            kept => kept.insert(LastChart {
                chart: piece.chart,
                session: self.session(limits),
                checker: Checker::default(),
            }),
        };
        if options.coverage && (piece.suites.start == 0 || options.only.is_some()) {
            // Includes files that no suite uses.
            let files = render::templates(chart, &chart.values, &test_release(), &Capabilities::default());
            kept.session.learn(&files);
        }
        let traced = || Session::new(system, sources, limits, Trace::On);
        let bench = Bench {
            system,
            sources,
            chart,
            session: &kept.session,
            checker: &kept.checker,
            skip_schema: options.skip_schema,
            fail_fast: options.fail_fast,
            limits,
            traced: &traced,
            debug_folder: options.debug_folder.as_deref(),
            asked: options.with_requests.then_some(&*loaded.path),
        };
        let mut ran = Ran::default();
        for at in piece.suites.clone() {
            let (result, ended) = self.suite(&bench, &suites[at], &loaded.kubes[at]);
            ran.suites.push(result);
            if ended {
                break;
            }
        }
        ran.coverage = kept.session.take_coverage();
        ran
    }

    fn session(&self, limits: Limits) -> Session {
        let make = if self.options.coverage {
            Session::counting
        } else {
            Session::new
        };
        make(self.system, self.sources, limits, Trace::Off)
    }

    /// The values files of the command line, as absolute paths.
    fn values_files(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for pattern in &self.options.values {
            let files = glob(&**self.system, pattern).map_err(|error| Diagnostic::error(SUITE, error))?;
            if files.is_empty() {
                let message = format!("no values file {pattern}");
                return Err(Diagnostic::error(SUITE, message).help("check the path after -v").into());
            }
            for file in files {
                let whole = self
                    .system
                    .resolve(Path::new(&file))
                    .map(|path| path.to_string_lossy().into_owned());
                found.push(whole.unwrap_or(file));
            }
        }
        Ok(found)
    }

    /// The suites of a chart and, if requested, of its enabled subcharts.
    fn suites_of(
        &self,
        path: &str,
        route: &str,
        chart: &Chart,
        values: &[String],
        merged: Option<&Node>,
        passed_over: &mut Vec<Diagnostic>,
    ) -> Result<Vec<Suite>> {
        let mut suites = Vec::new();
        for file in self.suite_files(path)? {
            let failed = |error: std::io::Error| Diagnostic::error(SUITE, format!("{file}: {error}"));
            let bytes = self.system.read(Path::new(&file)).map_err(failed)?;
            let id = self.sources.add(Source::new(&*file, SourceKind::File, bytes));
            suites.extend(suite::parse(self.reader(), id, &file, route)?);
        }
        suites.extend(self.rendered_suites(path, route)?);
        for suite in &mut suites {
            suite.values.extend_from_slice(values);
        }
        if !self.options.with_subcharts {
            return Ok(suites);
        }
        let own;
        let merged = match merged {
            Some(merged) => merged,
            None => {
                own = self.merged(chart, values);
                &own
            }
        };
        for subchart in &chart.subcharts {
            let name = subchart.name();
            if is_on(chart, name, merged) {
                let path = format!("{}/charts/{name}", path.trim_end_matches('/'));
                let route = format!("{route}/charts/{name}");
                // As in helm-unittest.
                match self.suites_of(&path, &route, subchart, values, Some(merged), passed_over) {
                    Ok(found) => suites.extend(found),
                    Err(error) => passed_over.push(*error),
                }
            }
        }
        Ok(suites)
    }

    fn suite_files(&self, path: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let base = format!("{}/", path.trim_end_matches('/'));
        let mut before: Option<&String> = None;
        for pattern in &self.options.files {
            if before.replace(pattern) == Some(pattern) {
                continue;
            }
            if pattern.starts_with('/') {
                found.push(pattern.clone());
                continue;
            }
            let whole = if pattern.contains(&base) {
                pattern.clone()
            } else {
                format!("{base}{pattern}")
            };
            let files = glob(&**self.system, &gopath::clean(&whole));
            found.extend(files.map_err(|error| Diagnostic::error(SUITE, error))?);
        }
        Ok(found)
    }

    /// The suites that a chart of tests renders.
    fn rendered_suites(&self, path: &str, route: &str) -> Result<Vec<Suite>> {
        let tests = &self.options.chart_tests_path;
        let folder = gopath::clean(&format!("{path}/{tests}"));
        if tests.is_empty() || self.system.entry(Path::new(&folder)).is_err() {
            return Ok(Vec::new());
        }
        let mut log = Report::new();
        let chart = chart::load(&**self.system, Path::new(&folder), self.sources, &mut log)?;
        let given = Node::empty_map(Span::file_start(chart.chart_yaml));
        let values = values::compute(&chart, &given, &mut log)?;
        let files = render::templates(&chart, &values, &test_release(), &Capabilities::default());
        let session = Session::new(self.system, self.sources, self.options.limits, Trace::Off);
        let rendered = session.render(&files, None).map_err(|failed| failed.diagnostic)?;
        let mut suites = Vec::new();
        for (name, text) in &rendered.files {
            let shown = format!("{folder}{}", name.strip_prefix(chart.name()).unwrap_or(name));
            let id = self
                .sources
                .add(Source::of_text(&*shown, SourceKind::Made, text.as_str().into()));
            let found = suite::parse_rendered(self.reader(), id, &shown, route)?;
            if found.is_empty() {
                let message = format!("test suite template ({name}) file did not render a manifest");
                return Err(Diagnostic::error(SUITE, message).into());
            }
            suites.extend(found);
        }
        Ok(suites)
    }

    /// The defaults of a chart, merged below the values files of the command line.
    fn merged(&self, chart: &Chart, values: &[String]) -> Node {
        let mut merged = chart.values.clone();
        for path in values {
            let Ok(bytes) = self.system.read(Path::new(path)) else {
                continue;
            };
            let id = self.sources.add(Source::new(&**path, SourceKind::File, bytes));
            let source = self.sources.get(id);
            let read = goyaml::parse_all_v3(&source, id, 0..source.text().len(), false);
            if let Some(document) = read.documents.into_iter().next()
                && document.node.as_map().is_some()
            {
                chart::merge_maps(&mut merged, document.node);
            }
        }
        merged
    }

    /// Runs a suite. Returns whether it ends the run of the chart.
    fn suite(&self, bench: &Bench<'_>, suite: &Suite, kubes: &[KubeVersion]) -> (SuiteResult, bool) {
        let mut result = SuiteResult {
            name: suite.name.clone(),
            file: suite.file.clone(),
            ..SuiteResult::default()
        };
        let mut path = suite.file.clone();
        if !suite.snapshot_id.is_empty() {
            path = format!("{path}_{}", suite.snapshot_id);
        }
        let updating = self.options.update_snapshots;
        let snapshots = Snapshots::read(&**self.system, Path::new(&path), updating, self.sources);
        let mut snapshots = match snapshots {
            Ok(snapshots) => snapshots,
            Err(error) => {
                result.error = Some(error.headline().to_owned());
                return (result, false);
            }
        };
        let mut ended = false;
        let mut passed = false;
        for (index, (job, kube)) in suite.jobs.iter().zip(kubes).enumerate() {
            let test = if job.skip.is_empty() {
                job::run(bench, suite, job, kube, &mut snapshots)
            } else {
                TestResult {
                    name: job.name.clone(),
                    skipped: true,
                    ..TestResult::default()
                }
            };
            let is_fine = test.passed || !job.skip.is_empty();
            passed = if index == 0 { is_fine } else { passed && is_fine };
            result.tests.push(test);
            if !passed && self.options.fail_fast {
                ended = true;
                break;
            }
        }
        result.passed = passed;
        result.skipped = suite.jobs.iter().all(|job| !job.skip.is_empty());
        result.snapshots = snapshots.counts();
        if let Err(error) = snapshots.store(&**self.system) {
            result.error = Some(error.headline().to_owned());
            result.passed = false;
        }
        (result, ended)
    }
}

/// The files that suites of one file use.
fn uses(chart: &str, suites: &[Suite], coverage: Coverage, results: Range<usize>) -> Option<Uses> {
    let first = suites.first()?;
    let was_run = |file: &FileCoverage| file.counted().any(|(_, _, hits)| hits > 0);
    let run = coverage.files().filter(|(_, file)| was_run(file));
    let values = |suite: &Suite| -> Vec<String> {
        let folder = Path::new(&suite.file).parent().unwrap_or_else(|| Path::new(""));
        let paths = suite.values.iter().chain(suite.jobs.iter().flat_map(|job| &job.values));
        paths
            .map(|path| gopath::clean(&folder.join(path).to_string_lossy()))
            .collect()
    };
    Some(Uses {
        chart: chart.to_owned(),
        suites: first.file.clone(),
        templates: run.map(|(_, file)| Arc::clone(&file.path)).collect(),
        values: suites.iter().flat_map(values).collect(),
        coverage,
        results,
    })
}

/// The release that templates of suites see.
fn test_release() -> Release {
    Release {
        name: "TEST-SUITE-RELEASE".to_owned(),
        namespace: "NAMESPACE".to_owned(),
        is_upgrade: false,
        revision: 1,
    }
}

/// The version that a test sees. Without its own, a test has that of the previous test: helm-unittest keeps the
/// setting, and existing suites rely on it.
fn kube_version(kube: &mut (String, String), job: &Job) -> KubeVersion {
    // A skipped test sets nothing.
    if job.skip.is_empty() {
        for (number, given) in [(&mut kube.0, &job.major), (&mut kube.1, &job.minor)] {
            if !given.is_empty() {
                number.clone_from(given);
            }
        }
    }
    let (major, minor) = &*kube;
    let version = format!("v{major}.{minor}.0");
    KubeVersion {
        normalized: version.clone(),
        version,
        major: major.clone(),
        minor: minor.clone(),
    }
}

/// Whether a subchart is enabled, by its condition or else by its tags.
fn is_on(chart: &Chart, name: &str, values: &Node) -> bool {
    let is_meant = |dependency: &&Dependency| dependency.name_or_alias() == name;
    let Some(dependency) = chart.metadata.dependencies.iter().find(is_meant) else {
        return true;
    };
    let boolean = |node: Option<&Node>| match node.map(|node| &node.value) {
        Some(Value::Bool(value)) => Some(*value),
        _ => None,
    };
    if !dependency.condition.is_empty() {
        return boolean(values.at(dependency.condition.split('.'))).unwrap_or(true);
    }
    match values.get("tags").filter(|tags| tags.as_map().is_some()) {
        Some(tags) if !dependency.tags.is_empty() => {
            dependency.tags.iter().any(|tag| boolean(tags.get(tag)) == Some(true))
        }
        _ => true,
    }
}
