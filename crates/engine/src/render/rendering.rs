//! A render that several threads work on.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::context::TemplateFile;
use super::program::{Added, Names, UnitId};
use super::session::{Known, Session};
use super::{Rendered, error};
use crate::manifest::{Documents, Read, is_manifest};
use crate::threads::{Slot, helpers, with_help};
use diagnostics::Report;
use gotemplate::{SyntaxError, Template};
use source::FileId;

/// A file smaller than this, in bytes, is parsed again rather than waited for: that is faster than a wake-up by another
/// thread.
const WORTH_WAITING: usize = 64 << 10;

/// How many files are rendered before other threads are told.
const TOGETHER: usize = 8;

/// A render of a list of files. One thread works from the first file to the last; the helping threads work in the
/// opposite direction, so that they rarely want the same file.
#[derive(Debug)]
pub struct Rendering<'a> {
    session: &'a Session,
    files: &'a [TemplateFile],
    /// The units of files that the session has parsed before.
    known: Vec<Option<Known>>,
    ids: Vec<FileId>,
    parsed: Vec<Slot<Result<Template, Vec<SyntaxError>>>>,
    /// Whether the documents of rendered files are read too, by threads that have nothing else to do.
    reads: bool,
    /// The rendered text of each file, if other threads help to read them; `None` for files without documents.
    texts: Vec<OnceLock<Option<Arc<str>>>>,
    /// The documents of the texts.
    documents: Vec<Slot<Option<Documents>>>,
    /// Whether the templates have been named, after all files are parsed. Nothing can be lowered before that.
    is_prepared: OnceLock<bool>,
    /// Whether the helping threads should stop.
    is_done: AtomicBool,
}

/// Templates that are ready to run.
#[derive(Debug)]
pub struct Templates(Vec<(usize, Parsed)>);

/// The templates of one file.
#[derive(Debug)]
enum Parsed {
    /// Parsed in this render.
    Fresh(Template),
    /// Parsed in an earlier render.
    Known(Arc<[Added]>),
}

/// Stops the helping threads when dropped, even after a panic.
struct End<'a, 'b>(&'a Rendering<'b>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        self.0.is_done.store(true, Ordering::Relaxed);
        _ = self.0.is_prepared.set(false);
        self.0.texts.iter().for_each(|text| _ = text.set(None));
    }
}

impl<'a> Rendering<'a> {
    /// Creates a render of files in the given order. If two templates have the same name, the later one wins.
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
            reads: false,
            texts: Vec::new(),
            documents: Vec::new(),
            is_prepared: OnceLock::new(),
            is_done: AtomicBool::new(false),
        }
    }

    /// Reads the documents of the rendered files as well, if other threads help.
    #[must_use]
    pub fn reading(mut self) -> Self {
        self.reads = true;
        self
    }

    /// Runs `main`, which should call [`Rendering::parse`] and [`Rendering::render`] soon, and returns its result.
    /// Other threads help if there is enough work; one of them also runs `meanwhile`, whose work is `size` bytes,
    /// unless `main` ends first.
    pub fn with_help<T>(&mut self, size: usize, meanwhile: impl Fn() + Sync, main: impl FnOnce(&Self) -> T) -> T {
        let templates: usize = (0..self.files.len()).map(|at| self.size(at)).sum();
        if self.reads && helpers(templates + size) > 0 {
            self.texts.resize_with(self.files.len(), OnceLock::new);
            self.documents.resize_with(self.files.len(), Slot::default);
        }
        let this = &*self;
        this.helped(templates + size, meanwhile, || main(this))
    }

    fn helped<T>(&self, size: usize, meanwhile: impl Fn() + Sync, main: impl FnOnce() -> T) -> T {
        let help = || {
            for at in (0..self.files.len()).rev().filter(|at| self.known[*at].is_none()) {
                self.parsed[at].fill(|| self.parse_file(at));
            }
            if !self.is_done.load(Ordering::Relaxed) {
                meanwhile();
            }
            if *self.is_prepared.wait() {
                self.lower();
                self.read();
            }
        };
        with_help(size, help, || {
            let _end = End(self);
            main()
        })
    }

    /// The number of bytes of a file that are not parsed yet.
    fn size(&self, at: usize) -> usize {
        match self.known[at] {
            Some(_) => 0,
            None => self.files[at].file.bytes().len(),
        }
    }

    fn parse_file(&self, at: usize) -> Result<Template, Vec<SyntaxError>> {
        self.session.parse(&self.files[at], self.ids[at])
    }

    /// Parses all templates. Returns those without errors, and the errors of the others: invalid syntax and unknown
    /// functions. The first error is the one that Helm reports.
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

    /// Renders the templates from [`Rendering::parse`]; a file without one is left out. Returns the files that
    /// rendered, and the errors of the others. The first diagnostic is the error that Helm stops at.
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
        rendered.origins = runtime.origins(sources);
        (rendered, report)
    }

    /// Lowers the templates that will be run: each file, and the templates that it calls by a literal name.
    fn lower(&self) {
        let Session { runtime, .. } = self.session;
        let run = self.files.iter().filter(|file| file.dot.is_some());
        let mut wanted: Vec<UnitId> = run.filter_map(|file| runtime.find(&file.name)).collect();
        let mut known = BTreeSet::new();
        while let Some(id) = wanted.pop() {
            if self.is_done.load(Ordering::Relaxed) {
                return;
            }
            if known.insert(id)
                && let Some(unit) = runtime.program.unit(id)
                && let Some(lowered) = unit.prepare()
            {
                wanted.extend(lowered.callees().iter().filter_map(|name| runtime.find(name)));
            }
        }
    }

    /// Reads the documents of the files that are rendered meanwhile.
    fn read(&self) {
        for texts in (0..self.texts.len()).collect::<Vec<_>>().chunks(TOGETHER) {
            // Every wait can cost the thread that renders a system call.
            texts.last().map(|last| self.texts[*last].wait());
            for at in texts {
                if let Some(Some(text)) = self.texts[*at].get() {
                    self.documents[*at].fill(|| self.read_file(*at, text));
                }
            }
        }
    }

    fn read_file(&self, at: usize, text: &str) -> Option<Documents> {
        Documents::read(&self.files[at].name.as_str().into(), text)
    }

    /// The documents of all files; what no other thread has begun to read is read here, from the last to the first.
    fn documents(&self) -> Read {
        let mut read = Read::default();
        for (at, text) in self.texts.iter().enumerate().rev() {
            if let Some(Some(text)) = text.get() {
                let may_wait = text.len() >= WORTH_WAITING;
                let make = || self.read_file(at, text);
                let documents = self.documents[at].take_unless_begun(may_wait, make);
                let documents = documents.unwrap_or_else(|| self.documents[at].take(make));
                if let Some(documents) = documents {
                    read.insert(self.files[at].name.as_str().into(), documents);
                }
            }
        }
        read
    }

    /// Renders the files that are not partials, and reports the errors.
    fn run(&self) -> (Rendered, Report) {
        let Session { runtime, sources, .. } = self.session;
        let mut rendered = Rendered::default();
        let mut report = Report::new();
        for (at, file) in self.files.iter().enumerate() {
            let result = self.session.run(file);
            if let Some(shared) = self.texts.get(at) {
                let text = result.as_ref().and_then(|result| result.as_deref().ok());
                let has_documents = report.is_empty() && is_manifest(&file.name);
                _ = shared.set(text.filter(|_| has_documents).map(Arc::from));
            }
            match result {
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
        if report.is_empty() {
            rendered.read = self.documents();
        }
        (rendered, report)
    }
}
