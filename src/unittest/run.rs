//! Charts with their suites, one after the other. Mirrors helm-unittest's `pkg/unittest/test_runner.go`.

use std::path::Path;
use std::sync::Arc;

use super::fields::{Reader, SUITE};
use super::glob::glob;
use super::job::{self, Bench};
use super::result::{SuiteResult, TestResult};
use super::snapshot::Snapshots;
use super::suite::{self, Job, Suite};
use crate::chart::{self, Chart, Dependency};
use crate::diagnostic::{Diagnostic, Report, Result};
use crate::go::path as gopath;
use crate::render::{self, Capabilities, KubeVersion, Limits, Release, Session, Trace};
use crate::schema::Checker;
use crate::source::{Source, SourceKind, Sources, Span};
use crate::values;
use crate::world::World;
use crate::yaml::{self, Node, Value};

/// What is to be tested.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Options {
    /// Folders of charts.
    pub charts: Vec<String>,
    /// Patterns of files of suites, in the folder of each chart.
    pub files: Vec<String>,
    /// Values files for all tests, behind those of the suites.
    pub values: Vec<String>,
    /// The folder in a chart that is a chart itself, whose templates render suites.
    pub chart_tests_path: String,
    /// Whether snapshots are written anew.
    pub update_snapshots: bool,
    /// Whether suites of subcharts are run too.
    pub with_subcharts: bool,
    /// Whether fields that do not exist are errors.
    pub strict: bool,
    /// Whether the first failure ends it.
    pub fail_fast: bool,
    /// Whether values are not checked against schemas.
    pub skip_schema: bool,
    /// Where all that is rendered is written, if it is.
    pub debug_folder: Option<String>,
    /// What each render may use.
    pub limits: Limits,
}

/// Who is told of results as they come.
pub trait Listener {
    /// The suites of a chart are about to be run.
    fn chart(&mut self, name: &str, path: &str);

    /// A chart, or one of its suites, cannot be read.
    fn chart_failed(&mut self, error: &Diagnostic, sources: &Sources);

    /// The suites of a subchart cannot be read, and are not run.
    fn passed_over(&mut self, error: &Diagnostic, sources: &Sources);

    /// A suite was run.
    fn suite(&mut self, result: &SuiteResult);
}

/// What came of all charts.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// The suites of all charts, in their order.
    pub suites: Vec<SuiteResult>,
    /// How many charts have passed.
    pub charts_passed: usize,
    /// How many have not.
    pub charts_failed: usize,
    /// How many of these could not be read.
    pub charts_errored: usize,
}

impl Results {
    /// Whether everything has passed.
    pub fn passed(&self) -> bool {
        self.charts_failed == 0
    }
}

/// The version of Kubernetes that helm-unittest assumes.
const KUBE_VERSION: (&str, &str) = ("1", "20");

/// Runs the suites of charts.
pub fn run(world: &Arc<dyn World>, options: &Options, sources: &Sources, listener: &mut dyn Listener) -> Results {
    let mut results = Results::default();
    let mut kube = (KUBE_VERSION.0.to_owned(), KUBE_VERSION.1.to_owned());
    for path in &options.charts {
        let mut runner = Runner {
            world,
            options,
            sources,
            listener: &mut *listener,
            kube: &mut kube,
            suites: &mut results.suites,
        };
        match runner.chart(path) {
            Ok(true) => results.charts_passed += 1,
            Ok(false) => results.charts_failed += 1,
            Err(error) => {
                listener.chart_failed(&error, sources);
                results.charts_failed += 1;
                results.charts_errored += 1;
            }
        }
        if options.fail_fast && results.charts_failed > 0 {
            break;
        }
    }
    results
}

struct Runner<'a> {
    world: &'a Arc<dyn World>,
    options: &'a Options,
    sources: &'a Sources,
    listener: &'a mut dyn Listener,
    /// Major and minor number of the version that tests see. One that gives none has that of the test before: helm-unittest
    /// keeps what a test has set, and suites in the wild rest on it.
    kube: &'a mut (String, String),
    suites: &'a mut Vec<SuiteResult>,
}

impl Runner<'_> {
    fn reader(&self) -> Reader<'_> {
        Reader {
            sources: self.sources,
            strict: self.options.strict,
        }
    }

    fn chart(&mut self, path: &str) -> Result<bool> {
        let mut log = Report::new();
        let chart = chart::load(&**self.world, Path::new(path), self.sources, &mut log)?;
        let values = self.values_files()?;
        let suites = self.suites_of(path, chart.name(), &chart, &values, None)?;
        self.listener.chart(chart.name(), path);
        let limits = self.options.limits;
        let (world, sources) = (self.world, self.sources);
        let session = Session::new(world, sources, limits, Trace::Off);
        let traced = || Session::new(world, sources, limits, Trace::On);
        let checker = Checker::default();
        let bench = Bench {
            world,
            sources,
            chart: &chart,
            session: &session,
            checker: &checker,
            skip_schema: self.options.skip_schema,
            fail_fast: self.options.fail_fast,
            traced: &traced,
            debug_folder: self.options.debug_folder.as_deref(),
        };
        let mut passed = true;
        for suite in &suites {
            let (result, ended) = self.suite(&bench, suite);
            passed &= result.passed;
            self.listener.suite(&result);
            self.suites.push(result);
            if ended {
                break;
            }
        }
        Ok(passed)
    }

    /// Values files of the command line, by their whole paths.
    fn values_files(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for pattern in &self.options.values {
            let files = glob(&**self.world, pattern).map_err(|error| Diagnostic::error(SUITE, error))?;
            if files.is_empty() {
                let message = format!("no values file {pattern}");
                return Err(Diagnostic::error(SUITE, message).help("check the path after -v").into());
            }
            for file in files {
                let whole = self
                    .world
                    .resolve(Path::new(&file))
                    .map(|path| path.to_string_lossy().into_owned());
                found.push(whole.unwrap_or(file));
            }
        }
        Ok(found)
    }

    /// The suites of a chart and, if they are wanted, of its subcharts that are switched on.
    fn suites_of(
        &mut self,
        path: &str,
        route: &str,
        chart: &Chart,
        values: &[String],
        merged: Option<&Node>,
    ) -> Result<Vec<Suite>> {
        let mut suites = Vec::new();
        for file in self.suite_files(path)? {
            let failed = |error: std::io::Error| Diagnostic::error(SUITE, format!("{file}: {error}"));
            let bytes = self.world.read(Path::new(&file)).map_err(failed)?;
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
                // As helm-unittest does.
                match self.suites_of(&path, &route, subchart, values, Some(merged)) {
                    Ok(found) => suites.extend(found),
                    Err(error) => self.listener.passed_over(&error, self.sources),
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
            let files = glob(&**self.world, &gopath::clean(&whole));
            found.extend(files.map_err(|error| Diagnostic::error(SUITE, error))?);
        }
        Ok(found)
    }

    /// The suites that a chart of tests renders.
    fn rendered_suites(&self, path: &str, route: &str) -> Result<Vec<Suite>> {
        let tests = &self.options.chart_tests_path;
        let folder = gopath::clean(&format!("{path}/{tests}"));
        if tests.is_empty() || self.world.entry(Path::new(&folder)).is_err() {
            return Ok(Vec::new());
        }
        let mut log = Report::new();
        let chart = chart::load(&**self.world, Path::new(&folder), self.sources, &mut log)?;
        let given = Node::empty_map(Span::file_start(chart.chart_yaml));
        let values = values::compute(&chart, &given, &mut log)?;
        let release = Release {
            name: "TEST-SUITE-RELEASE".to_owned(),
            namespace: "NAMESPACE".to_owned(),
            is_upgrade: false,
            revision: 1,
        };
        let files = render::templates(&chart, &values, &release, &Capabilities::default());
        let session = Session::new(self.world, self.sources, self.options.limits, Trace::Off);
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

    /// The defaults of a chart below the values files of the command line.
    fn merged(&self, chart: &Chart, values: &[String]) -> Node {
        let mut merged = chart.values.clone();
        for path in values {
            let Ok(bytes) = self.world.read(Path::new(path)) else {
                continue;
            };
            let id = self.sources.add(Source::new(&**path, SourceKind::File, bytes));
            let source = self.sources.get(id);
            let read = yaml::parse_all_v3(&source, id, 0..source.text().len(), false);
            if let Some(document) = read.documents.into_iter().next()
                && document.node.as_map().is_some()
            {
                chart::merge_maps(&mut merged, document.node);
            }
        }
        merged
    }

    /// Runs a suite, and tells whether that is the end of the chart.
    fn suite(&mut self, bench: &Bench<'_>, suite: &Suite) -> (SuiteResult, bool) {
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
        let snapshots = Snapshots::read(&**self.world, Path::new(&path), updating, self.sources);
        let mut snapshots = match snapshots {
            Ok(snapshots) => snapshots,
            Err(error) => {
                result.error = Some(error.headline().to_owned());
                return (result, false);
            }
        };
        let mut ended = false;
        let mut passed = false;
        for (index, job) in suite.jobs.iter().enumerate() {
            let test = if job.skip.is_empty() {
                let kube = self.kube_version(job);
                job::run(bench, suite, job, &kube, &mut snapshots)
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
        if let Err(error) = snapshots.store(&**self.world) {
            result.error = Some(error.headline().to_owned());
            result.passed = false;
        }
        (result, ended)
    }

    fn kube_version(&mut self, job: &Job) -> KubeVersion {
        for (number, given) in [(&mut self.kube.0, &job.major), (&mut self.kube.1, &job.minor)] {
            if !given.is_empty() {
                number.clone_from(given);
            }
        }
        let (major, minor) = &*self.kube;
        let version = format!("v{major}.{minor}.0");
        KubeVersion {
            normalized: version.clone(),
            version,
            major: major.clone(),
            minor: minor.clone(),
        }
    }
}

/// Whether a subchart is switched on, by its condition, else by its tags.
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
