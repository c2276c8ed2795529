//! A render that other threads help with.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use minijinja::Environment;

use super::context::TemplateFile;
use super::program::{Names, UnitId};
use super::runtime::{Run, Runtime};
use super::{Limits, Rendered, Trace, environment, error, origin};
use crate::threads::{Slot, with_help};
use diagnostics::Report;
use gotemplate::{SyntaxError, Template};
use source::{FileId, Sources};
use world::World;

/// What is smaller than this many bytes is parsed again sooner than another thread wakes this one.
const WORTH_WAITING: usize = 64 << 10;

/// Files on their way to their rendered texts. One thread goes from the first file to the last; those that help it go
/// the other way, so that they seldom want the same.
#[derive(Debug)]
pub struct Rendering<'a> {
    files: &'a [TemplateFile],
    sources: &'a Sources,
    ids: Vec<FileId>,
    parsed: Vec<Slot<Result<Template, Vec<SyntaxError>>>>,
    /// What runs, once all is parsed; nothing, if it does not come to that.
    prepared: OnceLock<Option<Arc<Prepared>>>,
    /// Whether help is no longer wanted.
    is_done: AtomicBool,
}

/// Templates that can be run.
#[derive(Debug)]
struct Prepared {
    runtime: Arc<Runtime>,
    environment: Environment<'static>,
}

/// Sends the helpers home, whatever happens.
struct End<'a, 'b>(&'a Rendering<'b>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        self.0.is_done.store(true, Ordering::Relaxed);
        _ = self.0.prepared.set(None);
    }
}

impl<'a> Rendering<'a> {
    /// Files that are to be rendered in the order given; of two templates with one name the later one wins.
    pub fn new(files: &'a [TemplateFile], sources: &'a Sources) -> Self {
        Self {
            files,
            sources,
            ids: files.iter().map(|file| file.file.source(sources)).collect(),
            parsed: files.iter().map(|_| Slot::default()).collect(),
            prepared: OnceLock::new(),
            is_done: AtomicBool::new(false),
        }
    }

    /// Gives what `main` gives, which should come to [`Rendering::parse`] and [`Rendering::render`] soon. Other threads help
    /// it if there is enough to do; one of them does `meanwhile` too, on so many bytes, unless `main` is done before.
    pub fn with_help<T>(&self, size: usize, meanwhile: impl Fn() + Sync, main: impl FnOnce() -> T) -> T {
        let templates: usize = (0..self.files.len()).map(|at| self.size(at)).sum();
        let help = || {
            for at in (0..self.files.len()).rev() {
                self.parsed[at].fill(|| self.parse_file(at));
            }
            if !self.is_done.load(Ordering::Relaxed) {
                meanwhile();
            }
            if let Some(prepared) = self.prepared.wait() {
                self.compile(prepared);
            }
        };
        with_help(templates + size, help, || {
            let _end = End(self);
            main()
        })
    }

    fn size(&self, at: usize) -> usize {
        self.files[at].file.bytes().len()
    }

    fn parse_file(&self, at: usize) -> Result<Template, Vec<SyntaxError>> {
        let source = self.sources.get(self.ids[at]);
        gotemplate::parse(source.text(), self.ids[at], &self.files[at].name, &|name| {
            sprig::find(name).is_some()
        })
    }

    /// Parses all templates. Gives those that can be parsed, and the errors of all others: of syntax, and functions that do
    /// not exist. The first one is Helm's.
    pub fn parse(&self) -> (Vec<Template>, Report) {
        let mut results: Vec<_> = (0..self.files.len())
            .map(|at| {
                let may_wait = self.size(at) >= WORTH_WAITING;
                self.parsed[at].take_unless_begun(may_wait, || self.parse_file(at))
            })
            .collect();
        let mut parsed = Vec::with_capacity(self.files.len());
        let mut report = Report::new();
        for (at, result) in results.iter_mut().enumerate() {
            match result
                .take()
                .unwrap_or_else(|| self.parsed[at].take(|| self.parse_file(at)))
            {
                Ok(template) => parsed.push(template),
                Err(errors) => errors
                    .iter()
                    .for_each(|error| report.push(error::syntax(error, &self.files[at].name))),
            }
        }
        (parsed, report)
    }

    /// Renders the templates that [`Rendering::parse`] gave; a file without one is left out. Gives the files that can be
    /// rendered, and the errors of all others; the first diagnostic is the one that Helm would stop at.
    pub fn render(
        &self,
        templates: Vec<Template>,
        world: &Arc<dyn World>,
        limits: Limits,
        trace: Trace,
    ) -> (Rendered, Report) {
        let traced = trace == Trace::On;
        let runtime = Arc::new(Runtime::new(Arc::clone(world), self.sources.clone(), limits, traced));
        let mut names = Names::default();
        for template in templates {
            runtime
                .program
                .add(template)
                .iter()
                .for_each(|added| names.define(added));
        }
        runtime.set_names(names);
        let environment = environment(&runtime);
        let prepared = Arc::new(Prepared { runtime, environment });
        _ = self.prepared.set(Some(Arc::clone(&prepared)));
        let (mut rendered, report) = self.run(&prepared);
        rendered.origins = origin::origins(&prepared.runtime, self.sources);
        (rendered, report)
    }

    /// Compiles what will be run: each file, and what it calls by name.
    fn compile(&self, prepared: &Prepared) {
        let runtime = &prepared.runtime;
        let run = self.files.iter().filter(|file| file.dot.is_some());
        let mut wanted: Vec<UnitId> = run.filter_map(|file| runtime.find(&file.name)).collect();
        let mut known = BTreeSet::new();
        while let Some(id) = wanted.pop() {
            if self.is_done.load(Ordering::Relaxed) {
                return;
            }
            if known.insert(id)
                && let Some(unit) = runtime.program.compile(id, &prepared.environment)
            {
                wanted.extend(unit.callees().iter().filter_map(|name| runtime.find(name)));
            }
        }
    }

    /// Renders the files that are no partials, and tells what went wrong.
    fn run(&self, prepared: &Prepared) -> (Rendered, Report) {
        let Prepared { runtime, environment } = prepared;
        let mut rendered = Rendered::default();
        let mut report = Report::new();
        for file in self.files {
            let (Some(dot), Some(id)) = (&file.dot, runtime.find(&file.name)) else {
                continue;
            };
            file.announce();
            let run = Run {
                file: Some(file),
                ..Run::default()
            };
            match runtime.run(environment, id, dot.clone(), run) {
                Ok(text) => {
                    rendered
                        .files
                        .insert(file.name.as_str().into(), text.replace("<no value>", ""));
                }
                Err(error) => {
                    report.push(error::diagnostic(&error, &runtime.program, self.sources));
                    if runtime.budget.is_spent() {
                        break;
                    }
                }
            }
        }
        (rendered, report)
    }
}
