//! Time of each stage on its own, over the chart of this repository with every component: `cargo bench`.
//!
//! The processes as a whole, against Helm, are measured by `.ci/bench`. These figures say which stage a change has made slower:
//! criterion keeps the last run in `target/criterion` and prints the change against it, `--save-baseline` and `--baseline` name others.
//! Throughput is in bytes of the stage's input.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark may fail and may read files"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use promchart::chart::{self, Chart};
use promchart::diagnostic::Report;
use promchart::lint::{self, Progress, Run, Scope, Selection};
use promchart::lower::lower;
use promchart::manifest::{self, Read};
use promchart::render::{self, Capabilities, Limits, Release, Rendered, Session, TemplateFile, Trace};
use promchart::source::{Source, SourceKind, Sources, Span};
use promchart::stages::Request;
use promchart::system::{Disk, System};
use promchart::template::{Template, lex, parse};
use promchart::values::{self, Overrides};
use promchart::yaml::{self, Node, Style};
use promchart::{functions, schema};

/// The values that switch everything on.
const VALUES: &str = "chart/ci/all-components-values.yaml";

/// The chart after each of the stages that precede a render.
struct Stages {
    system: Arc<dyn System>,
    sources: Sources,
    overrides: Overrides,
    chart: Chart,
    given: Node,
    values: Node,
    files: Vec<TemplateFile>,
}

impl Stages {
    fn new() -> Self {
        let system: Arc<dyn System> = Arc::new(Disk::default());
        let sources = Sources::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let overrides = Overrides {
            files: vec![root.join(VALUES).display().to_string()],
            ..Overrides::default()
        };
        let mut log = Report::new();
        let given = values::read_overrides(&*system, &overrides, &sources).unwrap();
        let mut chart = chart::load(&*system, &path(), &sources, &mut log).unwrap();
        values::process_dependencies(&mut chart, &given, &mut log).unwrap();
        let values = values::compute(&chart, &given, &mut log).unwrap();
        let files = render::templates(&chart, &values, &release(), &Capabilities::default());
        Self {
            system,
            sources,
            overrides,
            chart,
            given,
            values,
            files,
        }
    }

    fn session(&self) -> Session {
        Session::new(&self.system, &self.sources, Limits::default(), Trace::Off)
    }

    fn rendered(&self) -> Rendered {
        let rendered = self.session().render(&self.files, None);
        rendered.unwrap_or_else(|failed| panic!("{VALUES} does not render: {failed:?}"))
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("chart")
}

fn release() -> Release {
    Request::new(path(), "prom", Overrides::default()).release
}

/// The texts of the templates, as sources of their own.
fn texts(sources: &Sources) -> Vec<Arc<Source>> {
    let chart = chart::load(&Disk::default(), &path(), sources, &mut Report::new()).unwrap();
    let texts = chart.templates.iter().map(|file| {
        let source = Source::new(&*file.name, SourceKind::File, file.text().as_bytes().to_vec());
        sources.get(sources.add(source))
    });
    texts.collect()
}

fn templates(criterion: &mut Criterion) {
    let sources = Sources::new();
    let texts = texts(&sources);
    let bytes: usize = texts.iter().map(|source| source.text().len()).sum();
    let known = |name: &str| functions::find(name).is_some();
    let file = Span::file_start(sources.add(Source::new("templates", SourceKind::Made, Vec::new()))).file;
    let parse_all = || -> Vec<Template> {
        let parsed = texts
            .iter()
            .map(|source| parse(source.text(), file, source.name(), &known));
        parsed.map(|template| template.ok().unwrap()).collect()
    };
    let mut group = criterion.benchmark_group("templates");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("lex", |bench| {
        bench.iter(|| texts.iter().map(|source| lex(source.text()).len()).sum::<usize>());
    });
    group.bench_function("parse", |bench| bench.iter(parse_all));
    let parsed = parse_all().into_iter().flat_map(|template| template.trees);
    let trees: Vec<_> = parsed.map(Arc::new).collect();
    group.bench_function("lower", |bench| {
        bench.iter(|| trees.iter().map(|tree| lower(tree).nodes()).sum::<u64>());
    });
    group.finish();
}

fn renders(criterion: &mut Criterion) {
    let stages = Stages::new();
    let rendered = stages.rendered();
    let bytes: usize = rendered.files.values().map(String::len).sum();
    let mut group = criterion.benchmark_group("render");
    group.throughput(Throughput::Bytes(bytes as u64));
    // Parsed, lowered and run; then run only.
    group.bench_function("first", |bench| bench.iter(|| stages.rendered()));
    let session = stages.session();
    group.bench_function("again", |bench| {
        bench.iter(|| session.render(&stages.files, None).is_ok());
    });
    group.bench_function("traced", |bench| {
        let traced = Session::new(&stages.system, &stages.sources, Limits::default(), Trace::On);
        bench.iter(|| traced.render(&stages.files, None).is_ok());
    });
    group.bench_function("manifests", |bench| {
        bench.iter(|| {
            let sources = Sources::new();
            manifest::sort(&rendered.files, &sources, &mut Report::new(), None, Read::default()).is_ok()
        });
    });
    group.finish();
}

fn values_and_schemas(criterion: &mut Criterion) {
    let stages = Stages::new();
    let mut group = criterion.benchmark_group("values");
    group.bench_function("load chart", |bench| {
        bench.iter(|| chart::load(&*stages.system, &path(), &Sources::new(), &mut Report::new()).is_ok());
    });
    group.bench_function("read overrides", |bench| {
        bench.iter(|| values::read_overrides(&*stages.system, &stages.overrides, &Sources::new()).is_ok());
    });
    group.bench_function("compute", |bench| {
        bench.iter(|| values::compute(&stages.chart, &stages.given, &mut Report::new()).is_ok());
    });
    group.bench_function("schema", |bench| {
        bench.iter(|| schema::validate(&*stages.system, &stages.chart, &stages.values, &stages.sources).is_empty());
    });
    let checker = schema::Checker::default();
    group.bench_function("schema again", |bench| {
        bench.iter(|| {
            let report = checker.validate(&*stages.system, &stages.chart, &stages.values, &stages.sources);
            report.is_empty()
        });
    });
    group.finish();
}

fn yaml_both_ways(criterion: &mut Criterion) {
    let stages = Stages::new();
    let rendered = stages.rendered();
    let text: String = rendered.files.values().map(|text| format!("---\n{text}\n")).collect();
    let sources = Sources::new();
    let file = sources.add(Source::new("all", SourceKind::Made, text.into_bytes()));
    let source = sources.get(file);
    let mut group = criterion.benchmark_group("yaml");
    group.throughput(Throughput::Bytes(source.text().len() as u64));
    let read = || yaml::parse_all(&source, file, 0..source.text().len());
    group.bench_function("read", |bench| bench.iter(|| read().documents.len()));
    let documents = read().documents;
    group.bench_function("write", |bench| {
        bench.iter(|| {
            let written = documents.iter().map(|parsed| yaml::to_yaml(Style::V2, &parsed.node));
            written.map(|text| text.map_or(0, |text| text.len())).sum::<usize>()
        });
    });
    group.finish();
}

struct Silent;

impl Progress for Silent {
    fn done(&self, _: usize, _: usize, _: &Run) {}
}

fn lints(criterion: &mut Criterion) {
    let stages = Stages::new();
    let mut request = Request::new(path(), "prom", stages.overrides.clone());
    request.trace = Trace::On;
    let run = Run {
        name: "".into(),
        chart: "chart".into(),
        request,
        crds: Vec::new(),
        policies: Vec::new(),
    };
    let all = Selection {
        select: vec!["all".to_owned()],
        ..Selection::default()
    };
    let mut group = criterion.benchmark_group("lint");
    group.sample_size(20);
    group.bench_function("chart, all rules", |bench| {
        bench.iter(|| {
            let runs = [run.clone()];
            black_box(lint::run(&stages.system, &runs, Scope::All, &all, &Sources::new(), &Silent).0)
        });
    });
    group.finish();
}

criterion_group!(benches, templates, renders, values_and_schemas, yaml_both_ways, lints);
criterion_main!(benches);
