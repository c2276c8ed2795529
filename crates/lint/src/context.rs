//! The input of the rules: all data about one target.

use std::sync::Arc;

use promchart_k8s::Version;

use super::custom::Custom;
use super::objects::Objects;
use super::parsed::ParsedChart;
use super::run::{Run, Scope};
use super::shared::{Analysis, Shared, Worker};
use super::usage::Usage;
use chart::Chart;
use diagnostics::{Cause, Report};
use engine::coverage::Coverage;
use engine::render::{Capabilities, Rendered};
use engine::stages::{Policy, Request, Stages, Texts};
use goyaml::Node;
use source::{FileId, SourceKind, Sources, Span};
use system::System;

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
    pub chart: Option<Arc<ParsedChart>>,
    /// The user's values.
    pub given: Node,
    /// The computed values, as templates see them.
    pub values: Option<Node>,
    /// The values that templates read.
    pub usage: Option<Arc<Usage>>,
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
    /// The data that the runs of the chart share.
    pub(super) shared: Arc<Shared>,
    /// The values that the templates read, and their branches.
    pub(super) analysis: Option<Arc<Analysis>>,
}

impl<'a> Context<'a> {
    /// Runs the stages for a target as far as possible. Their errors are added to the report.
    pub(super) fn read<'w: 'a>(worker: &mut Worker<'w>, run: &'a Run, scope: Scope, report: &mut Report) -> Self {
        let sources = worker.sources;
        let mut context = Self {
            system: &**worker.system,
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
            shared: worker.shared(run),
            analysis: None,
        };
        let mut log = Report::new();
        if let Err(errors) = context.stages(worker, scope, &mut log, report) {
            report.append(errors);
        }
        // A log message of Helm is a finding if it has a position.
        log.diagnostics.retain(|diagnostic| diagnostic.span.is_some());
        report.append(log);
        if let Some(chart) = &context.chart {
            // A missing chart or an unparsable template may read any value.
            let is_whole = context.absent.is_empty() && chart.walk().iter().all(|(_, chart)| chart.is_parsed());
            let analysis = context.shared.analysis(chart, &context.given, is_whole, sources);
            context.usage = Some(analysis.usage());
            context.analysis = Some(analysis);
        }
        context
    }

    /// The definitions of custom resources in crds/ and in the paths of `--crds`.
    pub(super) fn custom(&self) -> &Custom {
        let chart = self.chart.as_ref().map(|chart| &chart.chart);
        self.shared.custom(self.system, chart, self.crds, self.sources)
    }

    fn stages(
        &mut self,
        worker: &mut Worker<'_>,
        scope: Scope,
        log: &mut Report,
        report: &mut Report,
    ) -> Result<(), Report> {
        let request = Request {
            capabilities: capabilities(self.request),
            ..self.request.clone()
        };
        let stages = Stages::new(worker.system, &request, self.sources, Policy::GoOn);
        let given = stages.read();
        let shared = Arc::clone(&self.shared);
        let loaded = shared.loaded(self.system, &request.chart, self.sources);
        self.chart_yaml.clone_from(&loaded.chart_yaml);
        log.append(loaded.log.clone());
        let chart = loaded.chart.as_ref().map_err(Report::clone)?;
        report.append(loaded.syntax.clone());
        self.absent.clone_from(&loaded.absent);
        self.chart = Some(Arc::clone(chart));
        self.given = given?;
        let chart = chart.chart.clone();
        if chart.is_library() {
            return Ok(());
        }
        let prepared = stages.prepare(chart, &self.given, log)?;
        self.values = Some(prepared.values.clone());
        let violations = worker.check(&stages, &request, &prepared);
        report.append(self.violations(violations, &prepared.chart));
        if scope == Scope::Values {
            return Ok(());
        }
        let Some(session) = worker.session(&request) else {
            return Ok(());
        };
        let texts = stages.render(&prepared, session);
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
                let files = files_of(&self.given);
                let given = files
                    .into_iter()
                    .find(|file| self.sources.get(*file).kind() == SourceKind::File);
                violation.span = Some(Span::file_start(given.unwrap_or(chart.values.span.file)));
            }
        }
        violations
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

/// The sources of the parts of a value.
pub(super) fn files_of(node: &Node) -> Vec<FileId> {
    let mut files = Vec::new();
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        if node.span.file != FileId::NONE && !files.contains(&node.span.file) {
            files.push(node.span.file);
        }
        if let Some(map) = node.as_map() {
            stack.extend(map.iter().map(|(_, entry)| &entry.node));
        }
        stack.extend(node.as_list().unwrap_or_default());
    }
    files
}
