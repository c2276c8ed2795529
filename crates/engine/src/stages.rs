//! The stages in order.
//!
//! ```text
//! values::read_overrides -> chart::load -> values::process_dependencies -> values::compute -> schema::validate
//!             -> render::Rendering -> manifest::sort
//! ```

use std::sync::Arc;

use crate::coverage::Coverage;
use crate::manifest::{self, LastRead, Manifests, PostRenderer};
use crate::render::{self, Capabilities, Limits, Release, Rendered, Rendering, Session, Trace};
use crate::threads::Slot;
use chart::schema;
use chart::values::{self, Overrides};
use chart::{Chart, Location};
use diagnostics::{Diagnostic, Report};
use gostd::quote::quote;
use gostd::semver::is_compatible;
use goyaml::Node;
use source::{Sources, Span};
use world::World;

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
}

/// Renders a chart.
pub fn run(world: &Arc<dyn World>, request: &Request, sources: &Sources) -> Outcome {
    let mut outcome = Outcome::default();
    if let Err(errors) = stages(world, request, sources, &mut outcome) {
        outcome.errors = errors;
    }
    outcome
}

fn stages(world: &Arc<dyn World>, request: &Request, sources: &Sources, outcome: &mut Outcome) -> Result<(), Report> {
    request.chart.check(&**world)?;
    let given = values::read_overrides(&**world, &request.overrides, sources)?;
    let chart = request.chart.load(&**world, sources, &mut outcome.log)?;
    let session = session(world, request, sources);
    let rendered = render(world, request, (chart, given), (&session, None), sources, outcome);
    outcome.coverage = session.take_coverage();
    rendered
}

fn session(world: &Arc<dyn World>, request: &Request, sources: &Sources) -> Session {
    let make = if request.coverage {
        Session::counting
    } else {
        Session::new
    };
    make(world, sources, request.limits, request.trace)
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
}

impl<'a> Renderer<'a> {
    /// Loads the chart of a request.
    ///
    /// # Errors
    /// The errors of [`run`] that concern only the chart.
    pub fn load(world: &Arc<dyn World>, request: &Request, sources: &'a Sources) -> Result<Self, Report> {
        request.chart.check(&**world)?;
        let mut log = Report::new();
        let chart = request.chart.load(&**world, sources, &mut log)?;
        Ok(Self {
            chart,
            log,
            session: session(world, request, sources),
            last: LastRead::default(),
            sources,
        })
    }

    /// The same chart for another thread, whose renders use `world` and the limits of `request`.
    #[must_use]
    pub fn beside(&self, world: &Arc<dyn World>, request: &Request) -> Self {
        Self {
            chart: self.chart.clone(),
            log: self.log.clone(),
            session: session(world, request, self.sources),
            last: LastRead::default(),
            sources: self.sources,
        }
    }

    /// The chart as loaded, before conditions, aliases and imports.
    pub fn chart(&self) -> &Chart {
        &self.chart
    }

    /// Renders the chart as [`run`] does. The request must be for this chart, with the same limits and trace.
    pub fn run(&self, world: &Arc<dyn World>, request: &Request) -> Outcome {
        match values::read_overrides(&**world, &request.overrides, self.sources) {
            Ok(given) => self.run_with(world, request, given),
            Err(error) => Outcome {
                log: self.log.clone(),
                errors: error.into(),
                ..Outcome::default()
            },
        }
    }

    /// Renders with the given values instead of those in the request.
    pub fn run_with(&self, world: &Arc<dyn World>, request: &Request, given: Node) -> Outcome {
        let mut outcome = Outcome {
            log: self.log.clone(),
            ..Outcome::default()
        };
        let session = (&self.session, Some(&self.last));
        let chart = self.chart.clone();
        if let Err(errors) = render(world, request, (chart, given), session, self.sources, &mut outcome) {
            outcome.errors = errors;
        }
        outcome.coverage = self.session.take_coverage();
        outcome
    }
}

/// All stages after loading the chart and reading the user's values.
fn render(
    world: &Arc<dyn World>,
    request: &Request,
    (mut chart, given): (Chart, Node),
    (session, last): (&Session, Option<&LastRead>),
    sources: &Sources,
    outcome: &mut Outcome,
) -> Result<(), Report> {
    check_installable(&chart, &mut outcome.log)?;
    values::check_present(&chart)?;
    chart::check_usable(&chart)?;
    check_release_name(&request.release.name)
        .map_err(|error| logged("release name check failed", error, &mut outcome.log))?;
    values::process_dependencies(&mut chart, &given, &mut outcome.log)
        .map_err(|error| logged("chart dependencies processing failed", error, &mut outcome.log))?;
    let values = values::compute(&chart, &given, &mut outcome.log)?;
    let check = || {
        if request.skip_schema {
            Report::new()
        } else {
            schema::validate(&**world, &chart, &values, sources)
        }
    };
    let checked = Slot::default();
    let render = |session: &Session| {
        check_kube_version(&chart, &request.capabilities)?;
        let files = render::templates(&chart, &values, &request.release, &request.capabilities);
        let rendering = Rendering::new(&files, session);
        // A large schema takes as long as the render, whose result is dropped if the values are invalid.
        rendering.with_help(
            schema::size(&chart),
            || checked.fill(check),
            || {
                let (templates, errors) = rendering.parse();
                if !errors.is_empty() {
                    return Err(errors);
                }
                let (rendered, mut errors) = rendering.render(templates);
                values::locate_texts(&mut errors, &values, sources);
                if errors.is_empty() { Ok(rendered) } else { Err(errors) }
            },
        )
    };
    let rendered = render(session);
    let violations = checked.take(check);
    if !violations.is_empty() {
        return Err(violations);
    }
    outcome.had_begun = true;
    let mut rendered = rendered?;
    if let Some(program) = &request.post_renderer {
        rendered.files = program.run(&rendered.files, &**world, sources, &mut outcome.log)?;
        rendered.origins = None;
    }
    let sorted = manifest::sort(&rendered.files, sources, &mut outcome.log, last).map_err(|mut errors| {
        if request.post_renderer.is_some() {
            return errors;
        }
        // The origin of the text is needed only now.
        let again = || render(&Session::new(world, sources, request.limits, Trace::On)).ok();
        let traced = if rendered.origins.is_some() {
            Some(rendered.clone())
        } else {
            again()
        };
        if let Some(traced) = traced {
            manifest::blame(&mut errors, &rendered.files, &traced, sources);
        }
        errors
    });
    outcome.chart = Some(chart);
    outcome.values = Some(values);
    outcome.rendered = Some(rendered);
    outcome.manifests = Some(sorted?);
    Ok(())
}

/// Refuses a library chart, and logs that a chart is deprecated. Mirrors `checkIfInstallable` of Helm's `pkg/cmd/install.go`.
///
/// # Errors
/// If the chart is of a type that cannot be installed.
pub fn check_installable(chart: &Chart, log: &mut Report) -> Result<(), Report> {
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
pub fn check_kube_version(chart: &Chart, capabilities: &Capabilities) -> Result<(), Report> {
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
