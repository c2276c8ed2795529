//! Shared state of several renders of one chart: templates stay parsed, lowered and compiled.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::{Environment, Error};

use super::context::TemplateFile;
use super::environment::environment;
use super::program::{Added, Counted, Names, parse_file};
use super::runtime::Runtime;
use super::{Limits, Rendered, Trace, error};
use crate::coverage::{Coverage, FileCoverage};
use chart::File;
use diagnostics::Diagnostic;
use gotemplate::{SyntaxError, Template};
use source::{FileId, Sources};
use sprig::Cluster;
use system::System;

/// The error of a failed render.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Helm 3's text for it: Go's error text on one line, or `execution error at (...): ...` for `fail` and `required`.
    pub text: String,
    /// The same error with its source locations.
    pub diagnostic: Diagnostic,
}

/// Templates that are parsed once, for any number of consecutive renders.
///
/// Only one thread renders in a session at a time; threads that render in parallel need a session each.
#[derive(Debug)]
pub struct Session {
    pub(super) runtime: Arc<Runtime>,
    pub(super) environment: Environment<'static>,
    pub(super) sources: Sources,
    /// The parsed files, by their names in Helm.
    known: Mutex<BTreeMap<String, Known>>,
    /// Whether there is only one render.
    is_once: bool,
}

/// A file that has been parsed.
#[derive(Clone, Debug)]
pub(super) struct Known {
    file: File,
    pub(super) id: FileId,
    pub(super) units: Arc<[Added]>,
    counted: Option<Counted>,
}

impl Session {
    /// Creates a session. Each render gets the whole of `limits`.
    pub fn new(system: &Arc<dyn System>, sources: &Sources, limits: Limits, trace: Trace) -> Self {
        Self::build(system, sources, limits, trace, false)
    }

    /// Creates a session that counts the points its renders reach, for [`Session::take_coverage`]. The output is the
    /// same.
    pub fn counting(system: &Arc<dyn System>, sources: &Sources, limits: Limits, trace: Trace) -> Self {
        Self::build(system, sources, limits, trace, true)
    }

    fn build(system: &Arc<dyn System>, sources: &Sources, limits: Limits, trace: Trace, counting: bool) -> Self {
        let traced = trace == Trace::On;
        let runtime = Runtime::new(Arc::clone(system), sources.clone(), limits, traced, counting);
        let runtime = Arc::new(runtime);
        let environment = environment(&runtime);
        Self {
            runtime,
            environment,
            sources: sources.clone(),
            known: Mutex::default(),
            is_once: false,
        }
    }

    /// The session for a single render, which drops the template of each file after its run.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.is_once = self.runtime.recorder.is_none() && self.runtime.counters.is_none();
        self
    }

    /// Drops the template of a file that has been run, if it is not needed for another render.
    pub(super) fn retire(&self, file: &TemplateFile) {
        if self.is_once
            && let Some(id) = self.runtime.find(&file.name)
        {
            self.runtime.program.retire(id);
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the parsed file with the same name and content, if there is one.
    pub(super) fn find(&self, template: &TemplateFile) -> Option<Known> {
        let known = self.known();
        let found = known.get(&template.name)?;
        found.file.shares_content(&template.file).then(|| found.clone())
    }

    /// Whether the file with this name has been parsed.
    pub(super) fn knows(&self, name: &str, file: &File) -> bool {
        self.known()
            .get(name)
            .is_some_and(|known| known.file.shares_content(file))
    }

    /// Keeps the parsed templates of a file and returns them.
    pub(super) fn keep(&self, file: &TemplateFile, id: FileId, parsed: Template) -> Arc<[Added]> {
        let counters = self.runtime.counters.as_ref();
        let counted = counters.map(|counters| counters.count(&parsed));
        let units: Arc<[Added]> = self.runtime.program.add(parsed, counted.as_ref()).into();
        let known = Known {
            file: file.file.clone(),
            id,
            units: Arc::clone(&units),
            counted,
        };
        self.known().insert(file.name.clone(), known);
        units
    }

    /// Parses files that no render has used yet, so that the coverage includes them. Syntax errors are left to the
    /// render that uses the file.
    pub fn learn(&self, files: &[TemplateFile]) {
        for file in files {
            _ = self.units(file);
        }
    }

    /// Returns and resets the coverage of the renders since the last call, including failed ones; `None` if the session
    /// does not count.
    pub fn take_coverage(&self) -> Option<Coverage> {
        let counters = self.runtime.counters.as_ref()?;
        let mut coverage = Coverage::default();
        for (name, known) in &*self.known() {
            if let Some(counted) = &known.counted {
                let hits = counters.take(counted);
                let file = FileCoverage::new(Arc::clone(&known.file.path), Arc::clone(&counted.points), hits);
                coverage.insert(name.as_str().into(), file);
            }
        }
        Some(coverage)
    }

    /// Parses a file whose source has been added under `id`.
    pub(super) fn parse(&self, name: &str, id: FileId) -> Result<Template, Vec<SyntaxError>> {
        parse_file(&self.sources, name, id)
    }

    /// Renders one file of a render that has begun; `None` if it is a partial or could not be parsed. Also returns whether it has
    /// written to maps that others see.
    pub(super) fn run(&self, file: &TemplateFile) -> Option<(Result<String, Error>, bool)> {
        let dot = file.dot.as_ref()?;
        let id = self.runtime.find(&file.name)?;
        file.set_template();
        Some(self.runtime.run_file(&self.environment, (file, id), dot.clone(), true))
    }

    /// Renders files in order until one fails, as Helm 3 does. `lookup` queries the cluster, if there is one.
    ///
    /// # Errors
    /// The error of the first file that has invalid syntax or fails to render.
    pub fn render(&self, files: &[TemplateFile], cluster: Option<Arc<dyn Cluster>>) -> Result<Rendered, Box<Failed>> {
        let runtime = &self.runtime;
        let mut names = Names::default();
        for file in files {
            self.units(file)?.iter().for_each(|added| names.define(added));
        }
        runtime.set_cluster(cluster);
        runtime.begin(names);
        let mut rendered = Rendered::default();
        for file in files {
            let Some((result, _)) = self.run(file) else { continue };
            let text = result.map_err(|error| Failed {
                text: error::helm3(&error, &runtime.program, &self.sources),
                diagnostic: error::diagnostic(&error, &runtime.program, &self.sources),
            })?;
            rendered.files.insert(file.name.as_str().into(), text);
        }
        rendered.origins = runtime.origins(&self.sources);
        Ok(rendered)
    }

    /// Returns the templates of a file, which is parsed if necessary.
    fn units(&self, file: &TemplateFile) -> Result<Arc<[Added]>, Box<Failed>> {
        if let Some(known) = self.find(file) {
            return Ok(known.units);
        }
        let id = file.file.source(&self.sources);
        match self.parse(&file.name, id) {
            Ok(template) => Ok(self.keep(file, id, template)),
            Err(errors) => {
                let diagnostic = error::syntax(&errors[0], &file.name);
                let text = diagnostic.headline().to_owned();
                Err(Box::new(Failed { text, diagnostic }))
            }
        }
    }
}
