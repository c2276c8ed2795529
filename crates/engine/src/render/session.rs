//! What several renders of one chart share: templates stay parsed, lowered and compiled.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::{Environment, Error};

use super::context::TemplateFile;
use super::program::{Added, Counted, Names};
use super::runtime::{Run, Runtime};
use super::{Limits, Rendered, Trace, environment, error, origin};
use crate::coverage::{Coverage, FileCoverage};
use chart::File;
use diagnostics::Diagnostic;
use gotemplate::{SyntaxError, Template};
use source::{FileId, Sources};
use sprig::Cluster;
use world::World;

/// Why a render failed.
#[derive(Clone, Debug)]
pub struct Failed {
    /// What Helm 3 prints for it: Go's text on one line, or `execution error at (...): ...` for `fail` and `required`.
    pub text: String,
    /// The same with its places.
    pub diagnostic: Diagnostic,
}

/// Templates that have been parsed once, for as many renders as are wanted, one after the other.
///
/// One thread renders at a time; threads that render side by side have a session each.
#[derive(Debug)]
pub struct Session {
    pub(super) runtime: Arc<Runtime>,
    pub(super) environment: Environment<'static>,
    pub(super) sources: Sources,
    /// What has been parsed, by the names that Helm gives to the files.
    known: Mutex<BTreeMap<String, Known>>,
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
    /// A session in which nothing has been parsed yet. Each render has all of `limits` to itself.
    pub fn new(world: &Arc<dyn World>, sources: &Sources, limits: Limits, trace: Trace) -> Self {
        Self::build(world, sources, limits, trace, false)
    }

    /// A session that counts what its renders come to, for [`Session::take_coverage`]. What they print is the same.
    pub fn counting(world: &Arc<dyn World>, sources: &Sources, limits: Limits, trace: Trace) -> Self {
        Self::build(world, sources, limits, trace, true)
    }

    fn build(world: &Arc<dyn World>, sources: &Sources, limits: Limits, trace: Trace, counting: bool) -> Self {
        let traced = trace == Trace::On;
        let runtime = Runtime::new(Arc::clone(world), sources.clone(), limits, traced, counting);
        let runtime = Arc::new(runtime);
        let environment = environment(&runtime);
        Self {
            runtime,
            environment,
            sources: sources.clone(),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a file, if it has been parsed under this name with the same content.
    pub(super) fn find(&self, template: &TemplateFile) -> Option<Known> {
        let known = self.known();
        let found = known.get(&template.name)?;
        found.file.shares_content(&template.file).then(|| found.clone())
    }

    /// Keeps what a file was parsed into, and gives its templates.
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

    /// Parses files that no render has had yet, so that they are part of the coverage. What cannot be parsed is left to the render
    /// that wants it.
    pub fn learn(&self, files: &[TemplateFile]) {
        for file in files {
            _ = self.units(file);
        }
    }

    /// What the renders since the last call have come to, also those that have failed; nothing if the session does not count.
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

    /// Parses a file, whose source this is.
    pub(super) fn parse(&self, file: &TemplateFile, id: FileId) -> Result<Template, Vec<SyntaxError>> {
        let source = self.sources.get(id);
        gotemplate::parse(source.text(), id, &file.name, &|name| sprig::find(name).is_some())
    }

    /// Renders one file of a render that has begun; nothing if it is a partial, or could not be parsed.
    pub(super) fn run(&self, file: &TemplateFile) -> Option<Result<String, Error>> {
        let dot = file.dot.as_ref()?;
        let id = self.runtime.find(&file.name)?;
        file.announce();
        let run = Run {
            file: Some(file),
            ..Run::default()
        };
        let rendered = self.runtime.run(&self.environment, id, dot.clone(), run);
        Some(rendered.map(|text| text.replace("<no value>", "")))
    }

    /// Renders files in their order until one fails, as Helm 3 does; `lookup` asks the cluster, if there is one.
    ///
    /// # Errors
    /// The first file that is no template, or else cannot be rendered.
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
            let Some(result) = self.run(file) else { continue };
            let text = result.map_err(|error| Failed {
                text: error::helm3(&error, &runtime.program, &self.sources),
                diagnostic: error::diagnostic(&error, &runtime.program, &self.sources),
            })?;
            rendered.files.insert(file.name.as_str().into(), text);
        }
        rendered.origins = origin::origins(runtime, &self.sources);
        Ok(rendered)
    }

    /// The templates of a file, parsed if they have not been.
    fn units(&self, file: &TemplateFile) -> Result<Arc<[Added]>, Box<Failed>> {
        if let Some(known) = self.find(file) {
            return Ok(known.units);
        }
        let id = file.file.source(&self.sources);
        match self.parse(file, id) {
            Ok(template) => Ok(self.keep(file, id, template)),
            Err(errors) => {
                let diagnostic = error::syntax(&errors[0], &file.name);
                let text = diagnostic.headline().to_owned();
                Err(Box::new(Failed { text, diagnostic }))
            }
        }
    }
}
