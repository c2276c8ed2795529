//! The input of the rules: all data about one target.

use std::sync::Arc;

use promchart_k8s::Version;

use super::objects::Objects;
use super::parsed::ParsedChart;
use super::run::{Run, Scope};
use super::suppress;
use super::usage::Usage;
use chart::Chart;
use diagnostics::{Cause, Report};
use engine::coverage::Coverage;
use engine::render::{Capabilities, Rendered, Session};
use engine::stages::{Policy, Request, Stages, Texts};
use goyaml::Node;
use source::{FileId, Source, SourceKind, Sources, Span};
use system::{FileKind, System};

/// API versions that every cluster serves but Helm without a cluster does not know. Without them, templates that check
/// for them would render for a very old version of Kubernetes.
const SERVED: [&str; 2] = ["apiregistration.k8s.io/v1", "apiregistration.k8s.io/v1/APIService"];

/// All data about one target. The result of a stage that failed is empty.
pub struct Context<'a> {
    /// Access to disk and clock.
    pub system: &'a dyn System,
    /// The source texts.
    pub sources: &'a Sources,
    /// The target.
    pub request: &'a Request,
    /// Chart.yaml, if it could be read.
    pub chart_yaml: Option<(FileId, Node)>,
    /// The chart as loaded.
    pub chart: Option<ParsedChart>,
    /// The user's values.
    pub given: Node,
    /// The computed values, as templates see them.
    pub values: Option<Node>,
    /// The values that templates read.
    pub usage: Option<Usage>,
    /// The rendered files of the templates that could be rendered; `None` if an earlier stage failed.
    pub rendered: Option<Rendered>,
    /// The coverage of the templates; `None` if an earlier stage failed.
    pub coverage: Option<Coverage>,
    /// The objects of the release that could be read.
    pub objects: Objects,
    /// Files and folders with CustomResourceDefinitions.
    pub crds: &'a [String],
    /// Files and folders with admission policies.
    pub policies: &'a [String],
    /// Dependencies that are missing from charts/, by their names in the values, including those of subcharts.
    pub absent: Vec<String>,
}

impl<'a> Context<'a> {
    /// Runs the stages for a target as far as possible. Their errors are added to the report.
    pub(super) fn read(
        system: &'a Arc<dyn System>,
        run: &'a Run,
        scope: Scope,
        sources: &'a Sources,
        report: &mut Report,
    ) -> Self {
        let mut context = Self {
            system: &**system,
            sources,
            request: &run.request,
            chart_yaml: None,
            chart: None,
            given: Node::empty_map(Span::file_start(FileId::NONE)),
            values: None,
            usage: None,
            rendered: None,
            coverage: None,
            objects: Objects::default(),
            crds: &run.crds,
            policies: &run.policies,
            absent: Vec::new(),
        };
        let mut log = Report::new();
        if let Err(errors) = context.stages(system, scope, &mut log, report) {
            report.append(errors);
        }
        // A log message of Helm is a finding if it has a position.
        log.diagnostics.retain(|diagnostic| diagnostic.span.is_some());
        report.append(log);
        if let Some(chart) = &context.chart {
            let mut usage = Usage::of(chart, &context.given, context.sources);
            // A missing chart or an unparsable template may read any value.
            usage.is_complete &= context.absent.is_empty() && chart.walk().iter().all(|(_, chart)| chart.is_parsed());
            context.usage = Some(usage);
        }
        context
    }

    fn stages(
        &mut self,
        system: &Arc<dyn System>,
        scope: Scope,
        log: &mut Report,
        report: &mut Report,
    ) -> Result<(), Report> {
        let request = Request {
            capabilities: capabilities(self.request),
            ..self.request.clone()
        };
        let stages = Stages::new(system, &request, self.sources, Policy::GoOn);
        let given = stages.read();
        let chart = self.load(log)?;
        chart::check_usable(&chart)?;
        let parsed = ParsedChart::of(&chart, self.sources, report);
        self.absent = parsed.absent();
        self.chart = Some(parsed);
        self.given = given?;
        if chart.is_library() {
            return Ok(());
        }
        let prepared = stages.prepare(chart, &self.given, log)?;
        self.values = Some(prepared.values.clone());
        report.append(self.violations(stages.check(&prepared), &prepared.chart));
        if scope == Scope::Values {
            return Ok(());
        }
        let session = Session::counting(system, self.sources, request.limits, request.trace);
        let texts = stages.render(&prepared, &session);
        self.coverage = session.take_coverage();
        let mut texts = texts?;
        stages.locate(&prepared, &mut texts);
        let Texts {
            rendered,
            unparsed,
            mut failed,
        } = texts;
        let is_whole = unparsed.is_empty() && self.absent.is_empty();
        if !is_whole {
            // A call of a template that an unparsable file or a missing chart defines is not an error of the caller.
            failed
                .diagnostics
                .retain(|error| !matches!(error.cause, Some(Cause::UndefinedTemplate(_))));
        }
        self.objects = Objects::read(&rendered, &request.release.namespace, self.sources, report);
        self.objects.is_partial |= !is_whole || !failed.is_empty();
        self.rendered = Some(rendered);
        report.append(unparsed);
        report.append(failed);
        Ok(())
    }

    /// The violations of the schemas. A required key that is missing at the top level has no position in a file, so it is
    /// reported at the values file.
    fn violations(&self, mut violations: Report, chart: &Chart) -> Report {
        for violation in &mut violations.diagnostics {
            let is_nowhere = violation.span.is_some_and(|span| span.file == self.given.span.file);
            if is_nowhere && self.sources.get(self.given.span.file).kind() == SourceKind::Made {
                let files = suppress::files_of(&self.given);
                let given = files
                    .into_iter()
                    .find(|file| self.sources.get(*file).kind() == SourceKind::File);
                violation.span = Some(Span::file_start(given.unwrap_or(chart.values.span.file)));
            }
        }
        violations
    }

    fn load(&mut self, log: &mut Report) -> Result<Chart, Report> {
        let Some(path) = self.request.chart.path() else {
            let chart = self.request.chart.load(self.system, self.sources, log)?;
            self.chart_yaml = document(self.sources, chart.chart_yaml);
            return Ok(chart);
        };
        // Read separately from the chart, which may fail to load because of it.
        let file = path.join("Chart.yaml");
        let is_file = self.system.entry(&file).is_ok_and(|entry| entry.kind == FileKind::File);
        if let Some(Ok(bytes)) = is_file.then(|| self.system.read(&file)) {
            let source = Source::new(file.display().to_string(), SourceKind::File, bytes);
            self.chart_yaml = document(self.sources, self.sources.add(source));
        }
        let chart = chart::load(self.system, path, self.sources, log)?;
        if self.chart_yaml.is_none() {
            self.chart_yaml = document(self.sources, chart.chart_yaml);
        }
        Ok(chart)
    }
}

/// The cluster that a chart is linted for. Helm without a cluster knows no kinds, but every cluster does, and templates
/// check for `policy/v1/PodDisruptionBudget`.
pub(super) fn capabilities(request: &Request) -> Capabilities {
    let mut capabilities = request.capabilities.clone();
    capabilities.api_versions.extend(SERVED.map(str::to_owned));
    let version = Version::parse(&capabilities.kube_version.normalized).unwrap_or(Version::LATEST);
    capabilities.api_versions.extend(promchart_k8s::all_served(version));
    capabilities
}

fn document(sources: &Sources, file: FileId) -> Option<(FileId, Node)> {
    let source = sources.get(file);
    let parsed = goyaml::parse(&source, file, 0..source.text().len()).ok()?;
    Some((file, parsed.node))
}
