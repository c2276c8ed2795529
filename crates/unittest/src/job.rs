//! A test: values and a render; `judge` has its assertions. Mirrors helm-unittest's `pkg/unittest/test_job.go`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use super::assertion::raw;
use super::cluster::Objects;
use super::manifests::{Document, documents};
use super::places::{self, Places};
use super::result::TestResult;
use super::set_path::nest;
use super::snapshot::Snapshots;
use super::suite::{Job, Suite};
use super::templates::{ALL, Pattern, full_name};
use chart::schema::Checker;
use chart::values::{self, Overrides};
use chart::{Chart, merge_maps};
use diagnostics::{Diagnostic, Report};
use engine::manifest::PostRenderer;
use engine::render::{self, Capabilities, Failed, KubeVersion, Limits, Release, Session, TemplateFile, Trace};
use engine::stages::{DEFAULT_RELEASE, Request, check_release_name};
use gostd::path as gopath;
use gostd::regexp::Regexp;
use gostd::string as gostring;
use goyaml::{Entry, Map, Node, Value};
use source::{FileId, Source, SourceKind, Sources, Span};
use system::{FileKind, System};

/// The state that all tests of a chart share.
pub(super) struct Bench<'a> {
    pub(super) system: &'a Arc<dyn System>,
    pub(super) sources: &'a Sources,
    /// The chart as loaded.
    pub(super) chart: &'a Chart,
    pub(super) session: &'a Session,
    /// The schemas of the chart, compiled once.
    pub(super) checker: &'a Checker,
    pub(super) skip_schema: bool,
    pub(super) fail_fast: bool,
    pub(super) limits: Limits,
    /// The folder to which rendered files are written, if any.
    pub(super) debug_folder: Option<&'a str>,
    /// The folder of the chart, if tests must return the request that renders the chart as the test does.
    pub(super) asked: Option<&'a str>,
    /// Creates a session that records origins.
    pub(super) traced: &'a dyn Fn() -> Session,
}

/// The output of a test, before its assertions.
#[derive(Default)]
pub(super) struct Output {
    /// The documents of each file.
    pub(super) files: BTreeMap<String, Vec<Document>>,
    /// The names of all rendered files, before a post-renderer.
    pub(super) names: Vec<String>,
    pub(super) succeeded: bool,
    /// The reason why nothing could be rendered.
    pub(super) error: Option<Trouble>,
    pub(super) did_post_render: bool,
}

/// An error that ends a test.
pub(super) struct Trouble {
    pub(super) text: String,
    pub(super) diagnostic: Option<Box<Diagnostic>>,
}

impl From<String> for Trouble {
    fn from(text: String) -> Self {
        let diagnostic = None;
        Self { text, diagnostic }
    }
}

impl From<Box<Diagnostic>> for Trouble {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self {
            text: diagnostic.headline().to_owned(),
            diagnostic: Some(diagnostic),
        }
    }
}

impl From<Box<Failed>> for Trouble {
    fn from(failed: Box<Failed>) -> Self {
        Self {
            text: failed.text,
            diagnostic: Some(Box::new(failed.diagnostic)),
        }
    }
}

/// A chart with its values, ready to render.
pub(super) struct Prepared {
    pub(super) files: Vec<TemplateFile>,
    pub(super) crds: Vec<(String, Arc<str>)>,
    /// The name of the chart.
    pub(super) name: String,
}

/// Runs a test. `kube` is the version of Kubernetes that it sees.
pub(super) fn run(
    bench: &Bench<'_>,
    suite: &Suite,
    job: &Job,
    kube: &KubeVersion,
    snapshots: &mut Snapshots,
) -> TestResult {
    let began = bench.system.now();
    let mut result = TestResult {
        name: job.name.clone(),
        ..TestResult::default()
    };
    let test = Test {
        bench,
        suite,
        job,
        kube,
        rendered: RefCell::default(),
    };
    match test.output() {
        Err(trouble) => {
            result.places = test.places(&trouble);
            result.error = Some(trouble.text);
        }
        Ok(output) => {
            if let Some(trouble) = &output.error {
                result.error = Some(trouble.text.clone());
                result.places = test.places(trouble);
            }
            if let Some(path) = bench.asked.filter(|_| output.succeeded) {
                result.request = test.request(path).map(Box::new);
            }
            test.assert(&output, snapshots, &mut result);
        }
    }
    for file in test.rendered.take() {
        bench.sources.forget(file);
    }
    result.duration = bench.system.now().saturating_sub(began);
    result
}

pub(super) struct Test<'a> {
    pub(super) bench: &'a Bench<'a>,
    pub(super) suite: &'a Suite,
    pub(super) job: &'a Job,
    pub(super) kube: &'a KubeVersion,
    /// The sources of rendered texts, which are not used after the test.
    pub(super) rendered: RefCell<Vec<FileId>>,
}

impl Test<'_> {
    /// The names of the subcharts on the way to the suite's chart, outermost first.
    fn routes(&self) -> Vec<&str> {
        self.suite.route.split('/').step_by(2).collect()
    }

    /// Nests values for the suite's chart into values of the release.
    fn scoped(&self, mut node: Node) -> Node {
        for name in self.routes().iter().skip(1).rev() {
            let span = node.span;
            let mut outer = Map::new();
            if let Some(entry) = node.as_map().and_then(|map| map.get(values::GLOBAL)) {
                outer.insert(values::GLOBAL, entry.clone());
            }
            outer.insert(*name, Entry { key: span, node });
            node = Node::new(Value::Map(Arc::new(outer)), span);
        }
        node
    }

    pub(super) fn values(&self) -> Result<Node, Trouble> {
        let Bench { system, sources, .. } = self.bench;
        let origin = sources.add(Source::new("values", SourceKind::Made, Vec::new()));
        let mut given = Node::empty_map(Span::file_start(origin));
        let folder = Path::new(&self.suite.file).parent().unwrap_or_else(|| Path::new(""));
        for path in self.suite.values.iter().chain(&self.job.values) {
            let whole = gopath::clean(&folder.join(path).to_string_lossy());
            let bytes = system
                .read(Path::new(&whole))
                .map_err(|error| Trouble::from(format!("open {whole}: {}", gostd::errno::message(&error))))?;
            let file = sources.add(Source::new(whole, SourceKind::File, bytes));
            let source = sources.get(file);
            let read = goyaml::parse_all_v3(&source, file, 0..source.text().len(), false);
            let failed = |message: &str| Trouble::from(format!("failed to parse {path}: {message}"));
            let Some(document) = read.documents.into_iter().next() else {
                match read.error {
                    Some(error) => return Err(failed(&error.message.replace("error converting YAML to JSON: ", ""))),
                    None => continue,
                }
            };
            if let Some(duplicate) = document.duplicates.first() {
                return Err(failed(&format!("mapping key \"{}\" already defined", duplicate.key)));
            }
            match document.node.value {
                Value::Map(_) => merge_maps(&mut given, self.scoped(document.node)),
                Value::Null => {}
                _ => return Err(failed("it is no mapping")),
            }
        }
        for (path, key, value) in self.suite.set.iter().chain(&self.job.set) {
            let nested = nest(path, *key, value).map_err(|message| {
                let error = Diagnostic::error(super::SUITE, message).at(*key);
                Trouble::from(Box::new(error))
            })?;
            merge_maps(&mut given, self.scoped(nested));
        }
        Ok(given.numbers_as_floats())
    }

    /// The request that renders the chart in this folder as this test does: all templates, without the settings that
    /// only tests have (objects of a cluster, post-renderers, another chart version). A test without a release name or
    /// Kubernetes version gets those of `promchart lint`, because the ones that helm-unittest assumes are an invalid
    /// name and an outdated version.
    fn request(&self, path: &str) -> Option<Request> {
        let job = self.job;
        let or = |text: &str, default: &str| if text.is_empty() { default } else { text }.to_owned();
        let folder = Path::new(&self.suite.file).parent().unwrap_or_else(|| Path::new(""));
        let mut overrides = Overrides::default();
        let is_main = self.routes().len() == 1;
        let set = if is_main {
            let files = self.suite.values.iter().chain(&job.values);
            overrides.files = files
                .map(|path| gopath::clean(&folder.join(path).to_string_lossy()))
                .collect();
            let mut set = Node::empty_map(Span::file_start(FileId::NONE));
            for (path, key, value) in self.suite.set.iter().chain(&job.set) {
                merge_maps(&mut set, nest(path, *key, value).ok()?);
            }
            set
        } else {
            self.values().ok()?
        };
        if set.as_map().is_some_and(|map| map.iter().next().is_some()) {
            overrides.json.push(set.to_json(&number).to_string());
        }
        let name = or(&job.release.name, DEFAULT_RELEASE);
        let mut request = Request::new(path, name, overrides);
        request.release.namespace = or(&job.release.namespace, "default");
        request.release.is_upgrade = job.release.is_upgrade;
        request
            .capabilities
            .api_versions
            .extend(job.api_versions.iter().flatten().cloned());
        if !job.major.is_empty() || !job.minor.is_empty() {
            request.capabilities.kube_version = self.kube.clone();
        }
        request.limits = self.bench.limits;
        request.skip_schema = true;
        request.trace = Trace::On;
        Some(request)
    }

    pub(super) fn selected(&self) -> Vec<&str> {
        if self.suite.templates.is_empty() {
            return vec![ALL];
        }
        self.suite.templates.iter().map(String::as_str).collect()
    }

    /// The templates that the suite selects, with their dots.
    pub(super) fn prepare(&self, given: &Node) -> Result<Prepared, Trouble> {
        let bench = self.bench;
        let release = &self.job.release;
        if !release.name.is_empty() {
            check_release_name(&release.name).map_err(|error| {
                // Helm 3 does not name it.
                let text = error.headline();
                let begin = text.find("invalid release name").unwrap_or_default();
                Trouble::from(text[begin..].to_owned())
            })?;
        }
        let mut chart = bench.chart.clone();
        let mut log = Report::new();
        values::process_dependencies(&mut chart, given, &mut log)?;
        let values = values::compute(&chart, given, &mut log)?;
        if !bench.skip_schema {
            let violations = bench.checker.validate(&**bench.system, &chart, &values, bench.sources);
            if let Some(first) = violations.diagnostics.into_iter().next() {
                // Helm 3 ends its list with an empty line.
                return Err(Trouble {
                    text: format!("{}\n", first.headline()),
                    diagnostic: Some(Box::new(first)),
                });
            }
        }
        let crds = if self.suite.include_crds {
            chart.crds()
        } else {
            Vec::new()
        };
        let settings = &self.job.chart;
        let charts =
            std::iter::once(&mut chart.metadata).chain(chart.subcharts.iter_mut().map(|chart| &mut chart.metadata));
        for metadata in charts {
            if !settings.version.is_empty() {
                Arc::make_mut(metadata).version.clone_from(&settings.version);
            }
            if !settings.app_version.is_empty() {
                Arc::make_mut(metadata).app_version.clone_from(&settings.app_version);
            }
        }
        let or = |text: &str, default: &str| {
            if text.is_empty() {
                default.to_owned()
            } else {
                text.to_owned()
            }
        };
        let release = Release {
            name: or(&release.name, "RELEASE-NAME"),
            namespace: or(&release.namespace, "NAMESPACE"),
            is_upgrade: release.is_upgrade,
            revision: release.revision,
        };
        let capabilities = Capabilities {
            kube_version: self.kube.clone(),
            api_versions: self.job.api_versions.clone().unwrap_or_default(),
        };
        let route = &self.suite.route;
        let wanted: Vec<Pattern> = self.selected().iter().map(|name| Pattern::new(route, name)).collect();
        let excluded: Vec<Pattern> = self
            .suite
            .exclude
            .iter()
            .map(|name| Pattern::new(route, name))
            .collect();
        let mut files = render::templates(&chart, &values, &release, &capabilities);
        files.retain(|file| {
            let matches = |pattern: &Pattern| pattern.matches(&file.name);
            is_partial(&file.name) || wanted.iter().any(matches) && !excluded.iter().any(matches)
        });
        Ok(Prepared {
            files,
            crds: crds.into_iter().map(|(name, file)| (name, file.text())).collect(),
            name: chart.name().to_owned(),
        })
    }

    fn output(&self) -> Result<Output, Trouble> {
        let given = self.values()?;
        let mut output = Output::default();
        let prepared = match self.prepare(&given) {
            Ok(prepared) => prepared,
            Err(trouble) => {
                output.error = Some(trouble);
                return Ok(output);
            }
        };
        let cluster = Objects::of(&self.job.cluster);
        // The span to which an error message belongs.
        let mut failed_at = given.span;
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        match self.bench.session.render(&prepared.files, cluster) {
            Ok(rendered) => {
                output.succeeded = true;
                texts.extend(rendered.files.into_iter().map(|(name, text)| (name.to_string(), text)));
            }
            Err(failed) => {
                let wants_success = self
                    .job
                    .assertions
                    .iter()
                    .flatten()
                    .all(|assertion| assertion.wants_success);
                match failed_file(&failed.text).filter(|_| !wants_success) {
                    None => output.error = Some(failed.into()),
                    Some((file, message)) => {
                        failed_at = failed.diagnostic.span.unwrap_or(failed_at);
                        self.failed_files(&file, &message, &mut texts);
                    }
                }
            }
        }
        output.names = texts.keys().cloned().collect();
        for (name, text) in self.bench.debug_folder.iter().flat_map(|_| &texts) {
            let file = Path::new(self.bench.debug_folder.unwrap_or_default()).join(name);
            let written = self.bench.system.write(&file, &gostring::decode(text));
            written.map_err(|error| Trouble::from(format!("{}: {error}", file.display())))?;
        }
        if output.error.is_none()
            && let Some(program) = self.job.post_renderer.as_ref().or(self.suite.post_renderer.as_ref())
        {
            texts = self.post_render(program, &texts)?;
            output.did_post_render = true;
        }
        for (name, text) in &prepared.crds {
            let documents = self.documents(name, text)?;
            output.files.insert(name.clone(), documents);
            output.names.push(name.clone());
        }
        for (name, text) in &texts {
            let full = if name.starts_with(&prepared.name) {
                name.clone()
            } else {
                gopath::clean(&format!("{}/{name}", prepared.name))
            };
            let found = if output.succeeded {
                match gopath::extension(&full) {
                    ".yaml" | ".yml" | ".tpl" => self.documents(&full, text)?,
                    ".txt" => vec![self.text_document(&full, text)],
                    _ => continue,
                }
            } else {
                vec![Document::new(raw(text.trim_start_matches('\n'), failed_at))]
            };
            output.files.insert(full, found);
        }
        Ok(output)
    }

    fn documents(&self, name: &str, text: &str) -> Result<Vec<Document>, Trouble> {
        let source = Source::of_text(name, SourceKind::Made, text.into());
        let file = self.bench.sources.add(source);
        self.rendered.borrow_mut().push(file);
        documents(file, self.bench.sources).map_err(|(text, span)| {
            let mut error = Diagnostic::error(super::SUITE, text.clone());
            error.span = span;
            Trouble {
                text,
                diagnostic: Some(Box::new(error)),
            }
        })
    }

    fn text_document(&self, name: &str, text: &str) -> Document {
        let source = Source::of_text(name, SourceKind::Made, text.into());
        let file = self.bench.sources.add(source);
        self.rendered.borrow_mut().push(file);
        Document::new(raw(text, Span::new(file, 0, text.len())))
    }

    /// The files in which the message of a render error is found: the file that failed or, if that is a partial, all
    /// files that the suite selects.
    fn failed_files(&self, file: &str, message: &str, texts: &mut BTreeMap<String, String>) {
        if !is_partial(file) {
            texts.insert(file.to_owned(), message.to_owned());
            return;
        }
        for name in self.selected() {
            texts.insert(full_name(&self.suite.route, name), message.to_owned());
        }
    }

    /// Sends all files through a post-renderer, as one stream with a comment before each.
    fn post_render(
        &self,
        program: &PostRenderer,
        texts: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Trouble> {
        const SEPARATOR: &str = "---\n#### file:";
        let mut stream = String::new();
        for (name, text) in texts {
            let text = text.trim_matches(gostd::unicode::is_space);
            stream.push_str(&format!("{SEPARATOR} {name}\n{text}\n"));
        }
        let PostRenderer { program, arguments } = program;
        let failed = |reason: String| Trouble::from(format!("post-render failed: {reason}"));
        let piped = self.bench.system.pipe(program, arguments, &gostring::decode(&stream));
        let piped = piped.map_err(|error| Trouble::from(format!("unable to find binary at {program}: {error}")))?;
        if let Some(failure) = piped.failure {
            let messages = gostring::encode_owned(piped.messages);
            let program = self.whole_path(program);
            let reason = format!("error while running command {program}. error output:\n{messages}: {failure}");
            return Err(failed(reason));
        }
        let output = gostring::encode_owned(piped.output);
        if output.trim().is_empty() {
            return Err(failed(format!("post-renderer \"{program}\" produced empty output")));
        }
        let mut found = BTreeMap::new();
        for block in output.split(SEPARATOR).skip(usize::from(output.starts_with(SEPARATOR))) {
            if let Some((name, text)) = block.strip_prefix(' ').and_then(|block| block.split_once('\n')) {
                found.insert(name.to_owned(), text.to_owned());
            }
        }
        if !output.contains(SEPARATOR) {
            found = BTreeMap::from([("manifest.yaml".to_owned(), output)]);
        }
        Ok(found)
    }

    /// The position of an error: in a template, in a suite, or in a rendered text, which comes from a template.
    fn places(&self, trouble: &Trouble) -> Vec<String> {
        let Some(error) = &trouble.diagnostic else {
            return Vec::new();
        };
        let sources = self.bench.sources;
        match error.span {
            Some(span) if self.rendered.borrow().contains(&span.file) => {
                let traced = self.traced();
                Places::new(sources, traced.as_ref()).lines(&[span])
            }
            _ => places::of(error, sources),
        }
    }

    /// The path of a program, looked up in `PATH`.
    fn whole_path(&self, program: &str) -> String {
        let folders = self.bench.system.variable("PATH").unwrap_or_default();
        let is_file = |path: &String| {
            self.bench
                .system
                .entry(Path::new(path))
                .is_ok_and(|entry| entry.kind == FileKind::File)
        };
        let mut paths = folders.split(':').map(|folder| format!("{folder}/{program}"));
        let found = if program.contains('/') {
            None
        } else {
            paths.find(is_file)
        };
        found.unwrap_or_else(|| program.to_owned())
    }
}

/// A number as JSON; an integral float becomes an integer.
fn number(float: f64) -> serde_json::Value {
    /// The largest float up to which all integers are distinct.
    const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;
    if float.fract() == 0.0 && float.abs() < MAX_WHOLE {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
        serde_json::Value::from(float as i64)
    } else {
        serde_json::Value::from(float)
    }
}

fn is_partial(name: &str) -> bool {
    gopath::base(name).starts_with('_')
}

/// The file in a render error, and the message.
fn failed_file(error: &str) -> Option<(String, String)> {
    const PATTERN: &str = "(?msU)^(?:.+: |.+ \\()(?:(.+):\\d+:\\d+).+(?:.+>)*: (.+)$";
    static REGEXP: LazyLock<Option<Arc<Regexp>>> = LazyLock::new(|| Regexp::compile(PATTERN).ok());
    let groups = REGEXP.as_ref()?.groups(error)?;
    let file = (*groups.get(1)?)?;
    let message = match error.split_once('\n') {
        Some((_, rest)) => rest,
        None => groups.get(2).copied().flatten().unwrap_or_default(),
    };
    (!file.is_empty() || !message.is_empty()).then(|| (file.to_owned(), message.to_owned()))
}
