//! A release, stage by stage.
//!
//! ```text
//! Stages::read     files and flags         -> the user's values
//! Stages::load     a folder or an archive  -> Chart
//! Stages::prepare  both                    -> Prepared: the chart that is left, and the values that templates see
//! Stages::check    Prepared                -> violations of the schemas
//! Stages::render   Prepared                -> Texts: parse, lower, run; other threads help
//! Stages::sort     rendered texts          -> Manifests in Helm's order
//! ```
//!
//! [`run`] goes through all of them and stops where Helm does; the linter goes on as far as it can ([`Policy`]).

use std::any::Any;
use std::sync::{Arc, OnceLock};

use crate::blame::blame;
use crate::coverage::Coverage;
use crate::manifest::{self, LastRead, Manifests, PostRenderer, Read};
use crate::render::{self, Ahead, Capabilities, Limits, Release, Rendered, Rendering, Session, TemplateFile, Trace};
use crate::threads::{Slot, helpers, with_help};
use chart::schema;
use chart::values::{self, Overrides};
use chart::{Chart, Location};
use diagnostics::{Diagnostic, Report, Severity};
use gostd::quote::quote;
use gostd::semver::is_compatible;
use goyaml::Node;
use source::{Sources, Span};
use system::System;

/// The name of a release without a given name, as in `helm template`.
pub const DEFAULT_RELEASE: &str = "release-name";
/// The rule for charts and releases that Helm would not install.
pub const INSTALL: &str = "chart-install";

/// The input of a render.
#[derive(Clone, Debug)]
pub struct Request {
    /// The chart.
    pub chart: Location,
    /// The user's values.
    pub overrides: Overrides,
    /// The release.
    pub release: Release,
    /// The cluster.
    pub capabilities: Capabilities,
    /// The program that processes the manifests before they are sorted.
    pub post_renderer: Option<PostRenderer>,
    /// Whether values are not checked against schemas.
    pub skip_schema: bool,
    /// The limits on the render.
    pub limits: Limits,
    /// Whether to record the data for [`Rendered::origin`].
    pub trace: Trace,
    /// Whether to compute [`Outcome::coverage`].
    pub coverage: bool,
}

impl Request {
    /// A chart as a release with this name in the namespace `default`, with the defaults of all flags.
    pub fn new(chart: impl Into<Location>, name: impl Into<String>, overrides: Overrides) -> Self {
        Self {
            chart: chart.into(),
            overrides,
            release: Release {
                name: name.into(),
                namespace: "default".to_owned(),
                is_upgrade: false,
                revision: 1,
            },
            capabilities: Capabilities::default(),
            post_renderer: None,
            skip_schema: false,
            limits: Limits::default(),
            trace: Trace::Off,
            coverage: false,
        }
    }
}

/// The results of the stages that were reached.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The chart, after its dependencies were processed.
    pub chart: Option<Chart>,
    /// The `.Values` of the templates.
    pub values: Option<Node>,
    /// The rendered files.
    pub rendered: Option<Rendered>,
    /// The manifests, if there is no error.
    pub manifests: Option<Manifests>,
    /// The errors. The first one is the error at which Helm stops.
    pub errors: Report,
    /// Whether the errors occurred after rendering had begun; Helm then suggests `--debug`.
    pub had_begun: bool,
    /// The messages that Helm logs.
    pub log: Report,
    /// The coverage of the templates, if requested. A failed render has the coverage up to the error.
    pub coverage: Option<Coverage>,
    /// The intermediate results of the stages.
    pub used: Used,
}

/// Intermediate results that the result of a render does not need: the parsed and lowered templates, and their contexts. They are kept
/// because a process that is about to end need not free them, which takes as long as lowering them.
#[derive(Debug, Default)]
pub struct Used(Vec<Box<dyn Any + Send + Sync>>);

impl Used {
    fn keep(&mut self, what: impl Any + Send + Sync) {
        self.0.push(Box::new(what));
    }
}

/// Renders a chart.
pub fn run(system: &Arc<dyn System>, request: &Request, sources: &Sources) -> Outcome {
    let mut outcome = Outcome::default();
    if let Err(errors) = all(system, request, sources, &mut outcome) {
        outcome.errors = errors;
    }
    outcome
}

fn all(system: &Arc<dyn System>, request: &Request, sources: &Sources, outcome: &mut Outcome) -> Result<(), Report> {
    request.chart.check(&**system)?;
    let stages = Stages::new(system, request, sources, Policy::Stop);
    let given = stages.read()?;
    let chart = stages.load(&mut outcome.log)?;
    let session = stages.session().once();
    let rendered = stages.finish((chart, given), (&session, None), outcome);
    outcome.coverage = session.take_coverage();
    outcome.used.keep(session);
    rendered
}

/// Whether the stages stop at an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Stop, as Helm does.
    Stop,
    /// Go on with everything that does not depend on what failed, as the linter does.
    GoOn,
}

/// Ends the wait for a render when dropped, also after an error or a panic.
struct End<'a, 'b>(&'a OnceLock<Option<Rendering<'b>>>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        _ = self.0.set(None);
    }
}

/// The stages of a release, one by one: each takes references and returns a value.
#[derive(Clone, Copy)]
pub struct Stages<'a> {
    system: &'a Arc<dyn System>,
    request: &'a Request,
    sources: &'a Sources,
    policy: Policy,
    /// The name of the only template that is run.
    only: Option<&'a str>,
}

impl std::fmt::Debug for Stages<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stages")
            .field("request", self.request)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// A chart and the values that its templates see.
#[derive(Debug)]
pub struct Prepared {
    /// The chart, after its dependencies were processed.
    pub chart: Chart,
    /// The `.Values` of the templates.
    pub values: Node,
}

/// The rendered texts of a chart, and what failed.
#[derive(Debug)]
pub struct Texts {
    /// The rendered files of the templates that could be rendered. Empty if a template cannot be parsed and the stages
    /// stop at an error.
    pub rendered: Rendered,
    /// The errors of templates that cannot be parsed.
    pub unparsed: Report,
    /// The errors of templates that failed.
    pub failed: Report,
}

impl Texts {
    /// The rendered files, if no template failed.
    ///
    /// # Errors
    /// The errors at which Helm stops.
    pub fn whole(self) -> Result<Rendered, Report> {
        let errors = if self.unparsed.is_empty() {
            self.failed
        } else {
            self.unparsed
        };
        if errors.is_empty() {
            Ok(self.rendered)
        } else {
            Err(errors)
        }
    }
}

impl<'a> Stages<'a> {
    /// The stages of a request.
    pub fn new(system: &'a Arc<dyn System>, request: &'a Request, sources: &'a Sources, policy: Policy) -> Self {
        Self {
            system,
            request,
            sources,
            policy,
            only: None,
        }
    }

    /// Reads the user's values: files and flags.
    ///
    /// # Errors
    /// A file that is missing or no YAML, or a flag that cannot be parsed.
    pub fn read(&self) -> Result<Node, Report> {
        Ok(values::read_overrides(
            &**self.system,
            &self.request.overrides,
            self.sources,
        )?)
    }

    /// Loads the chart. Messages that Helm would log go to `log`.
    ///
    /// # Errors
    /// As [`fn@chart::load`].
    pub fn load(&self, log: &mut Report) -> Result<Chart, Report> {
        Ok(self.request.chart.load(&**self.system, self.sources, log)?)
    }

    /// Computes the values: conditions, tags, aliases and imports of dependencies, and the user's values over the defaults.
    /// If the stages go on, a missing dependency is a warning in `log`.
    ///
    /// # Errors
    /// A chart that cannot be installed, an invalid name of the release, dependencies or values that do not fit together.
    pub fn prepare(&self, mut chart: Chart, given: &Node, log: &mut Report) -> Result<Prepared, Report> {
        check_installable(&chart, log)?;
        if let Err(mut missing) = values::check_present(&chart) {
            if self.policy == Policy::Stop {
                return Err(missing.into());
            }
            missing.severity = Severity::Warning;
            log.push(*missing);
        }
        chart::check_usable(&chart)?;
        check_release_name(&self.request.release.name)
            .map_err(|error| logged("release name check failed", error, log))?;
        values::process_dependencies(&mut chart, given, log)
            .map_err(|error| logged("chart dependencies processing failed", error, log))?;
        let values = values::compute(&chart, given, log)?;
        Ok(Prepared { chart, values })
    }

    /// Validates the values against the schemas of the chart and its subcharts. Returns all violations.
    pub fn check(&self, prepared: &Prepared) -> Report {
        if self.request.skip_schema {
            return Report::new();
        }
        schema::validate(&**self.system, &prepared.chart, &prepared.values, self.sources)
    }

    /// A session for the renders of the request.
    pub fn session(&self) -> Session {
        let make = if self.request.coverage {
            Session::counting
        } else {
            Session::new
        };
        make(self.system, self.sources, self.request.limits, self.request.trace)
    }

    /// Parses and runs the templates.
    ///
    /// # Errors
    /// If the chart is not for the version of Kubernetes of the request.
    pub fn render(&self, prepared: &Prepared, session: &Session) -> Result<Texts, Report> {
        let files = self.files(prepared)?;
        let rendering = Rendering::new(&files, session, None);
        let help = || rendering.help(|| ());
        Ok(with_help(rendering.bytes(), help, || self.texts(&rendering)))
    }

    /// The templates with their contexts.
    fn files(&self, prepared: &Prepared) -> Result<Vec<TemplateFile>, Report> {
        let Request {
            release, capabilities, ..
        } = self.request;
        check_kube_version(&prepared.chart, capabilities)?;
        let mut files = render::templates(&prepared.chart, &prepared.values, release, capabilities);
        if let Some(only) = self.only {
            for file in files.iter_mut().filter(|file| file.name != only) {
                file.dot = None;
            }
        }
        Ok(files)
    }

    fn texts(&self, rendering: &Rendering<'_>) -> Texts {
        let (unparsed, rendered) = rendering.run_all(|rendering| {
            let (templates, unparsed) = rendering.parse();
            let is_run = unparsed.is_empty() || self.policy == Policy::GoOn;
            (unparsed, is_run.then(|| rendering.render(templates)))
        });
        let (rendered, failed) = rendered.unwrap_or_default();
        Texts {
            rendered,
            unparsed,
            failed,
        }
    }

    /// Points errors in texts that `tpl` took from the values at the values.
    pub fn locate(&self, prepared: &Prepared, texts: &mut Texts) {
        values::locate_texts(&mut texts.failed, &prepared.values, self.sources);
    }

    /// Splits the rendered files into manifests and sorts them, after the post-renderer has processed them. `last` saves reading
    /// what is as it was in the last render.
    ///
    /// # Errors
    /// Those of the post-renderer, and documents that are not valid YAML, at the lines of the templates and values that wrote
    /// them.
    pub fn sort(
        &self,
        prepared: &Prepared,
        rendered: &mut Rendered,
        last: Option<&LastRead>,
        log: &mut Report,
    ) -> Result<Manifests, Report> {
        let Some(program) = &self.request.post_renderer else {
            let read = std::mem::take(&mut rendered.read);
            return manifest::sort(&rendered.files, self.sources, log, last, read).map_err(|mut errors| {
                self.blame(prepared, rendered, &mut errors);
                errors
            });
        };
        rendered.files = program.run(&rendered.files, &**self.system, self.sources, log)?;
        rendered.origins = None;
        manifest::sort(&rendered.files, self.sources, log, last, Read::default())
    }

    /// Points errors at the templates and values. The origin of a text is needed only here, so a render without a trace is
    /// repeated with one.
    fn blame(&self, prepared: &Prepared, rendered: &Rendered, errors: &mut Report) {
        if rendered.origins.is_some() {
            return blame(errors, &rendered.files, rendered, self.sources);
        }
        let session = Session::new(self.system, self.sources, self.request.limits, Trace::On);
        let traced = self.render(prepared, &session).and_then(Texts::whole);
        if let Ok(traced) = traced {
            blame(errors, &rendered.files, &traced, self.sources);
        }
    }

    /// All stages after reading and loading, up to the first error.
    fn finish(
        &self,
        (chart, given): (Chart, Node),
        (session, last): (&Session, Option<&LastRead>),
        outcome: &mut Outcome,
    ) -> Result<(), Report> {
        let ahead = Ahead::new(&chart, session);
        let size = ahead.size() + schema::size(&chart);
        // What a post-renderer returns is read instead. After the first render most files are as they were.
        let reads = self.request.post_renderer.is_none() && last.is_none() && helpers(size) > 0;
        let (prepared, files) = (OnceLock::new(), OnceLock::new());
        let rendering: OnceLock<Option<Rendering<'_>>> = OnceLock::new();
        let checked = Slot::default();
        let help = || {
            ahead.parse(session);
            if let (Some(rendering), Some(prepared)) = (rendering.wait(), prepared.get()) {
                // A large schema takes as long as the render, whose result is dropped if the values are invalid.
                rendering.help(|| checked.fill(|| self.check(prepared)));
            }
        };
        let log = &mut outcome.log;
        let texts = with_help(size, help, || {
            let _end = End(&rendering);
            let made = self.prepare(chart, &given, log)?;
            ahead.end();
            let prepared = prepared.get_or_init(|| made);
            let files = match self.files(prepared) {
                Ok(made) => files.get_or_init(|| made),
                Err(errors) => return Ok(Err(errors)),
            };
            let rendering = rendering.get_or_init(|| {
                let made = Rendering::new(files, session, Some(&ahead));
                Some(if reads { made.reading() } else { made })
            });
            let texts = rendering.as_ref().map(|rendering| self.texts(rendering));
            Ok::<_, Report>(texts.ok_or_else(Report::new))
        })?;
        drop(rendering);
        outcome.used.keep((ahead, files));
        let Some(prepared) = prepared.into_inner() else {
            return Ok(());
        };
        let texts = texts.map(|mut texts| {
            self.locate(&prepared, &mut texts);
            texts
        });
        let violations = checked.take(|| self.check(&prepared));
        if !violations.is_empty() {
            return Err(violations);
        }
        outcome.had_begun = true;
        let mut rendered = texts.and_then(Texts::whole)?;
        let sorted = self.sort(&prepared, &mut rendered, last, &mut outcome.log);
        outcome.chart = Some(prepared.chart);
        outcome.values = Some(prepared.values);
        outcome.rendered = Some(rendered);
        outcome.manifests = Some(sorted?);
        Ok(())
    }
}

/// A chart that is loaded once and rendered with many sets of values: its templates stay parsed, lowered and compiled.
///
/// Only one thread uses it at a time; each parallel thread has its own copy ([`Renderer::beside`]), which shares the
/// files.
#[derive(Debug)]
pub struct Renderer<'a> {
    chart: Chart,
    log: Report,
    session: Session,
    last: LastRead,
    sources: &'a Sources,
    only: Option<Arc<str>>,
}

impl<'a> Renderer<'a> {
    /// Loads the chart of a request.
    ///
    /// # Errors
    /// The errors of [`run`] that concern only the chart.
    pub fn load(system: &Arc<dyn System>, request: &Request, sources: &'a Sources) -> Result<Self, Report> {
        let mut log = Report::new();
        let stages = Stages::new(system, request, sources, Policy::Stop);
        let chart = stages.load(&mut log)?;
        Ok(Self {
            chart,
            log,
            session: stages.session(),
            last: LastRead::default(),
            sources,
            only: None,
        })
    }

    /// The same chart, of which only the template with this name is run (`web/templates/deployment.yaml`); the others are
    /// parsed for what they define. The output is that of a whole render unless templates write to the values.
    #[must_use]
    pub fn only(self, template: &str) -> Self {
        Self {
            only: Some(template.into()),
            ..self
        }
    }

    /// The same chart for another thread, whose renders use `system` and the limits of `request`.
    #[must_use]
    pub fn beside(&self, system: &Arc<dyn System>, request: &Request) -> Self {
        Self {
            chart: self.chart.clone(),
            log: self.log.clone(),
            session: Stages::new(system, request, self.sources, Policy::Stop).session(),
            last: LastRead::default(),
            sources: self.sources,
            only: self.only.clone(),
        }
    }

    /// The chart as loaded, before conditions, aliases and imports.
    pub fn chart(&self) -> &Chart {
        &self.chart
    }

    /// Renders the chart as [`run`] does. The request must be for this chart, with the same limits and trace.
    pub fn run(&self, system: &Arc<dyn System>, request: &Request) -> Outcome {
        match Stages::new(system, request, self.sources, Policy::Stop).read() {
            Ok(given) => self.run_with(system, request, given),
            Err(errors) => Outcome {
                log: self.log.clone(),
                errors,
                ..Outcome::default()
            },
        }
    }

    /// Renders with the given values instead of those in the request.
    pub fn run_with(&self, system: &Arc<dyn System>, request: &Request, given: Node) -> Outcome {
        let mut outcome = Outcome {
            log: self.log.clone(),
            ..Outcome::default()
        };
        let session = (&self.session, Some(&self.last));
        let chart = self.chart.clone();
        let mut stages = Stages::new(system, request, self.sources, Policy::Stop);
        stages.only = self.only.as_deref();
        if let Err(errors) = stages.finish((chart, given), session, &mut outcome) {
            outcome.errors = errors;
        }
        outcome.coverage = self.session.take_coverage();
        outcome
    }
}

/// Refuses a library chart, and logs that a chart is deprecated. Mirrors `checkIfInstallable` of Helm's `pkg/cmd/install.go`.
///
/// # Errors
/// If the chart is of a type that cannot be installed.
fn check_installable(chart: &Chart, log: &mut Report) -> Result<(), Report> {
    let place = |span: Option<Span>| span.unwrap_or_else(|| Span::file_start(chart.chart_yaml));
    let metadata = &chart.metadata;
    if !matches!(&*metadata.chart_type, "" | "application") {
        let message = format!("{} charts are not installable", metadata.chart_type);
        return Err(Diagnostic::error(INSTALL, message)
            .at(place(metadata.places.chart_type))
            .into());
    }
    if metadata.deprecated {
        let message = "this chart is deprecated";
        log.push(
            Diagnostic::warning(INSTALL, message)
                .at(place(metadata.places.deprecated))
                .helm(format!("level=WARN msg=\"{message}\"")),
        );
    }
    Ok(())
}

/// An error of a step that Helm also logs before it stops.
fn logged(what: &str, mut error: Box<Diagnostic>, log: &mut Report) -> Box<Diagnostic> {
    let cause = error.headline().to_owned();
    let line = format!("level=ERROR msg={} error={}", quote(what), quote(&cause));
    log.push(Diagnostic::error(error.rule, what).helm(line));
    error.helm = Some(format!("{what}: {cause}"));
    error
}

/// Checks the name of a release. Mirrors `ValidateReleaseName` of Helm's `pkg/chart/v2/util`.
///
/// # Errors
/// If it is empty, too long or not made of DNS labels.
pub fn check_release_name(name: &str) -> Result<(), Box<Diagnostic>> {
    const MAX_LENGTH: usize = 53;
    if name.is_empty() {
        return Err(Diagnostic::error(INSTALL, "release name \"\": no name provided").into());
    }
    let is_label = |label: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !label.is_empty() && label.chars().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    if name.len() <= MAX_LENGTH && name.split('.').all(is_label) {
        return Ok(());
    }
    let message = format!(
        "release name {}: invalid release name, must match regex \
         ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53",
        quote(name)
    );
    Err(Diagnostic::error(INSTALL, message).into())
}

/// Refuses a chart that is not for this version of Kubernetes. Mirrors `renderResources` of Helm's `pkg/action/action.go`.
///
/// # Errors
/// If `kubeVersion` of Chart.yaml excludes the version.
fn check_kube_version(chart: &Chart, capabilities: &Capabilities) -> Result<(), Report> {
    let wanted = &chart.metadata.kube_version;
    let version = &capabilities.kube_version;
    if wanted.is_empty() || is_compatible(wanted, &version.normalized) {
        return Ok(());
    }
    let message = format!(
        "chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {}",
        version.version
    );
    let place = chart
        .metadata
        .places
        .kube_version
        .unwrap_or_else(|| Span::file_start(chart.chart_yaml));
    Err(Diagnostic::error(INSTALL, message)
        .at(place)
        .help("give the version of your cluster with --kube-version")
        .into())
}
