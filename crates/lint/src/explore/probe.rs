//! Renders of a chart with values that are tried: which branches they take, and what they end with.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::branches::{Arm, hits};
use super::super::context;
use super::super::run::Run;
use super::candidate::Candidate;
use chart::Chart;
use chart::schema::Checker;
use diagnostics::{Diagnostic, Report};
use engine::render::{Session, Trace};
use engine::stages::{Policy, Prepared, Stages};
use source::Sources;
use system::System;

/// A chart whose templates stay parsed.
pub(super) struct Prober<'a> {
    system: &'a Arc<dyn System>,
    run: &'a Run,
    chart: Chart,
    session: Session,
    checker: Checker,
    /// How many renders there were.
    pub(super) renders: usize,
    /// How often values were refused before anything was rendered, by a schema for example.
    pub(super) refusals: usize,
}

/// The result of a render.
#[derive(Debug, Default)]
pub(super) struct Probe {
    /// The branches that it took.
    pub(super) hits: BTreeSet<Arm>,
    /// The errors.
    pub(super) errors: Vec<Diagnostic>,
    /// Whether the templates were rendered: the values were not refused before.
    pub(super) is_rendered: bool,
}

impl<'a> Prober<'a> {
    pub(super) fn new(system: &'a Arc<dyn System>, run: &'a Run, chart: Chart, sources: &Sources) -> Self {
        Self {
            system,
            run,
            chart,
            session: Session::counting(system, sources, run.request.limits, Trace::Off),
            checker: Checker::default(),
            renders: 0,
            refusals: 0,
        }
    }

    /// Whether values are checked against the schemas.
    pub(super) fn has_schemas(&self) -> bool {
        !self.run.request.skip_schema
    }

    /// Renders the chart with what a candidate sets.
    pub(super) fn probe(&mut self, candidate: &Candidate) -> Probe {
        let mut errors = Report::new();
        let rendered = self.render(candidate, &mut errors);
        let is_rendered = rendered.is_ok();
        match rendered {
            Ok(()) => self.renders += 1,
            Err(more) => {
                self.refusals += 1;
                errors.append(more);
            }
        }
        let coverage = self.session.take_coverage().unwrap_or_default();
        Probe {
            hits: hits(&coverage),
            errors: errors.diagnostics,
            is_rendered,
        }
    }

    fn render(&self, candidate: &Candidate, errors: &mut Report) -> Result<(), Report> {
        let mut request = self.run.request.clone();
        candidate.apply(&mut request);
        let mut log = Report::new();
        // The places of what is set are of no use here, and there are many of them.
        let scratch = Sources::new();
        request.capabilities = context::capabilities(&request);
        let stages = Stages::new(self.system, &request, &scratch, Policy::GoOn);
        let given = stages.read()?;
        let prepared = stages.prepare(self.chart.clone(), &given, &mut log)?;
        if !request.skip_schema {
            let Prepared { chart, values } = &prepared;
            let violations = self.checker.validate(&**self.system, chart, values, &scratch);
            if !violations.is_empty() {
                return Err(violations);
            }
        }
        // What cannot be parsed is told of without exploring.
        errors.append(stages.render(&prepared, &self.session)?.failed);
        Ok(())
    }
}
