//! A render that other threads help with.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::context::TemplateFile;
use super::program::{Added, Names, UnitId};
use super::session::{Known, Session};
use super::{Rendered, error, origin};
use crate::threads::{Slot, with_help};
use diagnostics::Report;
use gotemplate::{SyntaxError, Template};
use source::FileId;

/// What is smaller than this many bytes is parsed again sooner than another thread wakes this one.
const WORTH_WAITING: usize = 64 << 10;

/// Files on their way to their rendered texts. One thread goes from the first file to the last; those that help it go
/// the other way, so that they seldom want the same.
#[derive(Debug)]
pub struct Rendering<'a> {
    session: &'a Session,
    files: &'a [TemplateFile],
    /// What the session knows of the files already.
    known: Vec<Option<Known>>,
    ids: Vec<FileId>,
    parsed: Vec<Slot<Result<Template, Vec<SyntaxError>>>>,
    /// Whether the names are known, once all is parsed: only then can anything be compiled.
    is_prepared: OnceLock<bool>,
    /// Whether help is no longer wanted.
    is_done: AtomicBool,
}

/// Files whose templates can be run.
#[derive(Debug)]
pub struct Templates(Vec<(usize, Parsed)>);

/// The templates of one file.
#[derive(Debug)]
enum Parsed {
    /// Parsed now.
    Fresh(Template),
    /// Parsed for an earlier render.
    Known(Arc<[Added]>),
}

/// Sends the helpers home, whatever happens.
struct End<'a, 'b>(&'a Rendering<'b>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        self.0.is_done.store(true, Ordering::Relaxed);
        _ = self.0.is_prepared.set(false);
    }
}

impl<'a> Rendering<'a> {
    /// Files that are to be rendered in the order given; of two templates with one name the later one wins.
    pub fn new(files: &'a [TemplateFile], session: &'a Session) -> Self {
        let known: Vec<_> = files.iter().map(|file| session.find(file)).collect();
        let id = |(file, known): (&TemplateFile, &Option<Known>)| {
            let known = known.as_ref().map(|known| known.id);
            known.unwrap_or_else(|| file.file.source(&session.sources))
        };
        Self {
            session,
            files,
            ids: files.iter().zip(&known).map(id).collect(),
            known,
            parsed: files.iter().map(|_| Slot::default()).collect(),
            is_prepared: OnceLock::new(),
            is_done: AtomicBool::new(false),
        }
    }

    /// Gives what `main` gives, which should come to [`Rendering::parse`] and [`Rendering::render`] soon. Other threads help
    /// it if there is enough to do; one of them does `meanwhile` too, on so many bytes, unless `main` is done before.
    pub fn with_help<T>(&self, size: usize, meanwhile: impl Fn() + Sync, main: impl FnOnce() -> T) -> T {
        let templates: usize = (0..self.files.len()).map(|at| self.size(at)).sum();
        let help = || {
            for at in (0..self.files.len()).rev().filter(|at| self.known[*at].is_none()) {
                self.parsed[at].fill(|| self.parse_file(at));
            }
            if !self.is_done.load(Ordering::Relaxed) {
                meanwhile();
            }
            if *self.is_prepared.wait() {
                self.compile();
            }
        };
        with_help(templates + size, help, || {
            let _end = End(self);
            main()
        })
    }

    /// How many bytes of a file are still to be parsed.
    fn size(&self, at: usize) -> usize {
        match self.known[at] {
            Some(_) => 0,
            None => self.files[at].file.bytes().len(),
        }
    }

    fn parse_file(&self, at: usize) -> Result<Template, Vec<SyntaxError>> {
        self.session.parse(&self.files[at], self.ids[at])
    }

    /// Parses all templates. Gives those that can be parsed, and the errors of all others: of syntax, and functions that do
    /// not exist. The first one is Helm's.
    pub fn parse(&self) -> (Templates, Report) {
        let mut results: Vec<_> = (0..self.files.len())
            .map(|at| {
                if self.known[at].is_some() {
                    return None;
                }
                let may_wait = self.size(at) >= WORTH_WAITING;
                self.parsed[at].take_unless_begun(may_wait, || self.parse_file(at))
            })
            .collect();
        let mut parsed = Vec::with_capacity(self.files.len());
        let mut report = Report::new();
        for (at, result) in results.iter_mut().enumerate() {
            if let Some(known) = &self.known[at] {
                parsed.push((at, Parsed::Known(Arc::clone(&known.units))));
                continue;
            }
            match result
                .take()
                .unwrap_or_else(|| self.parsed[at].take(|| self.parse_file(at)))
            {
                Ok(template) => parsed.push((at, Parsed::Fresh(template))),
                Err(errors) => errors
                    .iter()
                    .for_each(|error| report.push(error::syntax(error, &self.files[at].name))),
            }
        }
        (Templates(parsed), report)
    }

    /// Renders the templates that [`Rendering::parse`] gave; a file without one is left out. Gives the files that can be
    /// rendered, and the errors of all others; the first diagnostic is the one that Helm would stop at.
    pub fn render(&self, templates: Templates) -> (Rendered, Report) {
        let Session { runtime, sources, .. } = self.session;
        let mut names = Names::default();
        for (at, parsed) in templates.0 {
            let units = match parsed {
                Parsed::Known(units) => units,
                Parsed::Fresh(template) => self.session.keep(&self.files[at], self.ids[at], template),
            };
            units.iter().for_each(|added| names.define(added));
        }
        runtime.begin(names);
        _ = self.is_prepared.set(true);
        let (mut rendered, report) = self.run();
        rendered.origins = origin::origins(runtime, sources);
        (rendered, report)
    }

    /// Compiles what will be run: each file, and what it calls by name.
    fn compile(&self) {
        let Session {
            runtime, environment, ..
        } = self.session;
        let run = self.files.iter().filter(|file| file.dot.is_some());
        let mut wanted: Vec<UnitId> = run.filter_map(|file| runtime.find(&file.name)).collect();
        let mut known = BTreeSet::new();
        while let Some(id) = wanted.pop() {
            if self.is_done.load(Ordering::Relaxed) {
                return;
            }
            if known.insert(id)
                && let Some(unit) = runtime.program.compile(id, environment)
            {
                wanted.extend(unit.callees().iter().filter_map(|name| runtime.find(name)));
            }
        }
    }

    /// Renders the files that are no partials, and tells what went wrong.
    fn run(&self) -> (Rendered, Report) {
        let Session { runtime, sources, .. } = self.session;
        let mut rendered = Rendered::default();
        let mut report = Report::new();
        for file in self.files {
            match self.session.run(file) {
                None => {}
                Some(Ok(text)) => drop(rendered.files.insert(file.name.as_str().into(), text)),
                Some(Err(error)) => {
                    report.push(error::diagnostic(&error, &runtime.program, sources));
                    if runtime.budget.is_spent() {
                        break;
                    }
                }
            }
        }
        (rendered, report)
    }
}
