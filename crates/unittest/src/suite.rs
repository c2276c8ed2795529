//! Suites: a file contains tests, and each part after a `---` is a suite of its own. Mirrors `ParseTestSuiteFile` of
//! helm-unittest's `pkg/unittest/test_suite.go`.

use super::assertion::{Assertion, Selector};
use super::fields::{FieldReader, SUITE, wrong};
use super::pieces::pieces;
use super::settings::{
    CapabilitySettings, ChartSettings, ClusterSettings, ReleaseSettings, capability_settings, chart_settings,
    cluster_settings, post_renderer, release_settings, settings, skip,
};
use diagnostics::{Diagnostic, Result};
use engine::manifest::PostRenderer;
use gostd::semver::Version;
use goyaml::{Map, Node, Value};
use source::{FileId, Source, SourceKind, Sources, Span};

/// The version of helm-unittest that is implemented; `skip.minimumVersion` is compared with it.
pub const VERSION: &str = "1.1.2";

/// A suite.
#[derive(Clone, Debug)]
pub(super) struct Suite {
    pub(super) name: String,
    /// The file name for output.
    pub(super) file: String,
    /// The suffix of the name of the snapshot file.
    pub(super) snapshot_id: String,
    /// The chart that the suite belongs to: `parent/charts/child`.
    pub(super) route: String,
    pub(super) values: Vec<String>,
    pub(super) set: Vec<(String, Span, Node)>,
    pub(super) templates: Vec<String>,
    pub(super) exclude: Vec<String>,
    pub(super) include_crds: bool,
    pub(super) skip: String,
    pub(super) post_renderer: Option<PostRenderer>,
    pub(super) jobs: Vec<Job>,
}

/// A test, with the settings inherited from its suite.
#[derive(Clone, Debug, Default)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) span: Option<Span>,
    pub(super) values: Vec<String>,
    pub(super) set: Vec<(String, Span, Node)>,
    /// The templates of assertions that name none.
    pub(super) templates: Vec<String>,
    pub(super) document_index: Option<i64>,
    pub(super) selector: Option<Selector>,
    pub(super) release: ReleaseSettings,
    pub(super) chart: ChartSettings,
    pub(super) major: String,
    pub(super) minor: String,
    pub(super) api_versions: Option<Vec<String>>,
    pub(super) skip: String,
    pub(super) cluster: ClusterSettings,
    pub(super) post_renderer: Option<PostRenderer>,
    pub(super) assertions: Vec<Option<Assertion>>,
}

#[rustfmt::skip]
const SUITE_FIELDS: &[&str] = &[
    "suite", "values", "set", "templates", "excludeTemplates", "includeCrds", "release", "chart", "capabilities",
    "kubernetesProvider", "postRenderer", "tests", "snapshotId", "skip",
];
#[rustfmt::skip]
const JOB_FIELDS: &[&str] = &[
    "it", "values", "set", "template", "templates", "documentIndex", "documentindices", "documentSelector", "release", "chart",
    "capabilities", "asserts", "skip", "kubernetesProvider", "postRenderer",
];

/// The suites of a file.
///
/// # Errors
/// The first error that helm-unittest reports too.
pub(super) fn parse(reader: FieldReader<'_>, file: FileId, shown: &str, route: &str) -> Result<Vec<Suite>> {
    let source = reader.sources.get(file);
    let mut suites = Vec::new();
    for piece in pieces(source.text()) {
        if source.text()[piece.range.clone()].trim().is_empty() {
            continue;
        }
        let (node, is_escaped) = match document(reader.sources, &source, file, piece.range.clone()) {
            Err(error) if error.message.contains("unknown escape character") => {
                let text = with_backslashes(&source.text()[piece.range]);
                let made = reader
                    .sources
                    .add(Source::of_text(source.name(), SourceKind::Made, text.into()));
                let source = reader.sources.get(made);
                let range = 0..source.text().len();
                (document(reader.sources, &source, made, range)?, true)
            }
            node => (node?, false),
        };
        if let Some(node) = node {
            suites.push(suite(reader, &node, shown, route, is_escaped)?);
        }
    }
    Ok(suites)
}

/// A suite that a template of tests rendered; it must have a name.
pub(super) fn parse_rendered(reader: FieldReader<'_>, file: FileId, shown: &str, route: &str) -> Result<Vec<Suite>> {
    let mut suites = parse(reader, file, shown, route)?;
    for (number, suite) in suites.iter_mut().enumerate() {
        if suite.name.is_empty() {
            let message = "helm chart based test suites must include `suite` field";
            return Err(Diagnostic::error(SUITE, message).at(Span::file_start(file)).into());
        }
        if suite.snapshot_id.is_empty() {
            suite.snapshot_id = number.to_string();
        }
    }
    Ok(suites)
}

/// The first document of a part, if any.
fn document(sources: &Sources, source: &Source, file: FileId, range: std::ops::Range<usize>) -> Result<Option<Node>> {
    let read = goyaml::parse_all_v3(source, file, range, true);
    let Some(first) = read.documents.into_iter().next() else {
        return match read.error {
            Some(error) => {
                let place = error.span.clone().map(|range| Span::new(file, range.start, range.end));
                let message = error.message.replace("error converting YAML to JSON: ", "");
                let diagnostic = Diagnostic::error(SUITE, message);
                Err(diagnostic.at(place.unwrap_or_else(|| Span::file_start(file))).into())
            }
            None => Ok(None),
        };
    };
    match first.duplicates.first() {
        Some(duplicate) => {
            let line = sources.get(file).line_column(duplicate.first.start).line;
            let message = format!("mapping key \"{}\" already defined at line {line}", duplicate.key);
            Err(Diagnostic::error(SUITE, message)
                .at(duplicate.second)
                .label(duplicate.first, "defined here first")
                .into())
        }
        None => Ok(Some(first.node)),
    }
}

/// Doubles backslashes of escapes that go-yaml does not know.
fn with_backslashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let count = rest[at..].bytes().take_while(|&byte| byte == b'\\').count();
        out.push_str(&rest[..at]);
        out.push_str(&"\\".repeat(count + count % 2));
        rest = &rest[at + count..];
    }
    out.push_str(rest);
    out
}

fn suite(reader: FieldReader<'_>, node: &Node, shown: &str, route: &str, is_escaped: bool) -> Result<Suite> {
    let mut suite = Suite {
        name: String::new(),
        file: shown.to_owned(),
        snapshot_id: String::new(),
        route: route.to_owned(),
        values: Vec::new(),
        set: Vec::new(),
        templates: Vec::new(),
        exclude: Vec::new(),
        include_crds: false,
        skip: String::new(),
        post_renderer: None,
        jobs: Vec::new(),
    };
    let mut release = ReleaseSettings::default();
    let mut chart = ChartSettings::default();
    let mut capabilities = CapabilitySettings::default();
    let mut cluster = ClusterSettings::default();
    let mut minimum = String::new();
    let mut tests = None;
    for (key, entry) in reader
        .fields(node, "a suite", SUITE_FIELDS)?
        .into_iter()
        .flat_map(Map::iter)
    {
        let value = &entry.node;
        match &**key {
            "suite" => suite.name = reader.text(value, "suite")?,
            "values" => suite.values = reader.texts(value, "values")?,
            "set" => suite.set = settings(reader, value)?,
            "templates" => suite.templates = reader.texts(value, "templates")?,
            "excludeTemplates" => suite.exclude = reader.texts(value, "excludeTemplates")?,
            "includeCrds" => suite.include_crds = reader.boolean(value, "includeCrds")?,
            "release" => release = release_settings(reader, value)?,
            "chart" => chart = chart_settings(reader, value)?,
            "capabilities" => capabilities = capability_settings(reader, value)?,
            "kubernetesProvider" => cluster = cluster_settings(reader, value)?,
            "postRenderer" => suite.post_renderer = post_renderer(reader, value)?,
            "snapshotId" => suite.snapshot_id = reader.text(value, "snapshotId")?,
            "skip" => (suite.skip, minimum) = skip(reader, value, true)?,
            "tests" => tests = Some(value),
            _ => {}
        }
    }
    for test in tests
        .into_iter()
        .map(|tests| reader.items(tests, "tests"))
        .collect::<Result<Vec<_>>>()?
        .concat()
    {
        suite.jobs.push(job(reader, &test, &capabilities)?);
    }
    if !is_escaped {
        if suite.jobs.is_empty() {
            return Err(wrong(node, "no tests found"));
        }
        if !minimum.is_empty() && !meets(&minimum) {
            suite.skip = format!(
                "Test suite requires minimum unittest plugin version {minimum}, but current version is {VERSION}"
            );
        }
        if let Some(job) = suite.jobs.iter().find(|job| job.assertions.is_empty()) {
            return Err(Diagnostic::error(SUITE, "no asserts found")
                .at(job.span.unwrap_or(node.span))
                .into());
        }
    }
    if suite.skip.is_empty() && suite.jobs.iter().all(|job| !job.skip.is_empty()) {
        "all tests are skipped".clone_into(&mut suite.skip);
    }
    for job in &mut suite.jobs {
        inherit(job, &release, &chart, &cluster);
        if !suite.skip.is_empty() {
            job.skip.clone_from(&suite.skip);
        }
    }
    Ok(suite)
}

/// Whether the implemented version of helm-unittest is at least the one that a suite requires.
fn meets(minimum: &str) -> bool {
    match (Version::parse(VERSION), Version::parse(minimum)) {
        (Ok(own), Ok(minimum)) => own.compare(&minimum).is_ge(),
        _ => false,
    }
}

fn inherit(job: &mut Job, release: &ReleaseSettings, chart: &ChartSettings, cluster: &ClusterSettings) {
    let or = |own: &mut String, inherited: &String| {
        if own.is_empty() {
            own.clone_from(inherited);
        }
    };
    or(&mut job.release.name, &release.name);
    or(&mut job.release.namespace, &release.namespace);
    if job.release.revision == 0 {
        job.release.revision = release.revision;
    }
    job.release.is_upgrade |= release.is_upgrade;
    or(&mut job.chart.version, &chart.version);
    or(&mut job.chart.app_version, &chart.app_version);
    job.cluster.objects.extend_from_slice(&cluster.objects);
    for (name, kind) in &cluster.kinds {
        job.cluster.kinds.insert(name.clone(), kind.clone());
    }
}

fn job(reader: FieldReader<'_>, node: &Node, suite: &CapabilitySettings) -> Result<Job> {
    let Some(fields) = reader.fields(node, "a test", JOB_FIELDS)? else {
        return Err(wrong(node, "a test must be a mapping, not nothing"));
    };
    let mut job = Job {
        span: Some(node.span),
        ..Job::default()
    };
    let mut template = String::new();
    let mut capabilities = None;
    for (key, entry) in fields.iter() {
        let value = &entry.node;
        match &**key {
            "it" => job.name = reader.text(value, "it")?,
            "values" => job.values = reader.texts(value, "values")?,
            "set" => job.set = settings(reader, value)?,
            "template" => template = reader.text(value, "template")?,
            "templates" => job.templates = reader.texts(value, "templates")?,
            "documentIndex" => job.document_index = reader.integer(value, "documentIndex")?,
            "documentSelector" => job.selector = Selector::of_test(reader, value)?,
            "release" => job.release = release_settings(reader, value)?,
            "chart" => job.chart = chart_settings(reader, value)?,
            "capabilities" => capabilities = Some(reader.mapping(value, "capabilities")?),
            "asserts" => {
                for item in reader.items(value, "asserts")? {
                    let assertion = match item.value {
                        Value::Null => None,
                        _ => Some(Assertion::read(item)?),
                    };
                    job.assertions.push(assertion);
                }
            }
            "skip" => job.skip = skip(reader, value, false)?.0,
            "kubernetesProvider" => job.cluster = cluster_settings(reader, value)?,
            "postRenderer" => job.post_renderer = post_renderer(reader, value)?,
            _ => {}
        }
    }
    if job.templates.is_empty() && !template.is_empty() {
        job.templates.push(template);
    }
    // A test's own numbers may be integers; the API versions of the suite are added to its own, unless these are nonsense.
    let own = capabilities.unwrap_or_default();
    let number = |name: &str| match own.node(name).map(|node| &node.value) {
        Some(Value::String(text)) => text.to_string(),
        Some(Value::Int(value)) => value.to_string(),
        _ => String::new(),
    };
    let or = |own: String, inherited: &String| if own.is_empty() { inherited.clone() } else { own };
    job.major = or(number("majorVersion"), &suite.major);
    job.minor = or(number("minorVersion"), &suite.minor);
    let mut api_versions = match own.node("apiVersions").map(|node| &node.value) {
        None => Some(Vec::new()),
        Some(Value::List(items)) => Some(items.iter().filter_map(Node::as_str).map(str::to_owned).collect()),
        Some(_) => None,
    };
    if let Some(versions) = &mut api_versions {
        versions.extend_from_slice(&suite.api_versions);
    }
    job.api_versions = api_versions;
    Ok(job)
}
