//! A render that several threads work on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::context::{TemplateFile, named_templates};
use super::early::{Done, Early, TOGETHER, Worker};
use super::program::{Added, Names, UnitId};
use super::session::{Known, Session};
use super::{Rendered, error};
use crate::manifest::{Documents, Read, is_manifest};
use crate::threads::Slot;
use chart::{Chart, File};
use diagnostics::Report;
use gotemplate::{SyntaxError, Template};
use source::FileId;

/// A file smaller than this, in bytes, is parsed again rather than waited for: that is faster than a wake-up by another
/// thread.
const WORTH_WAITING: usize = 64 << 10;

/// The result of parsing a file, or its place.
type Parsing = Arc<Slot<Result<Template, Vec<SyntaxError>>>>;

/// The templates of a chart whose dependencies have not been processed yet, so that one thread can parse while another one
/// computes the values. Most of them are rendered later under the name that they have here.
#[derive(Debug)]
pub struct Ahead {
    /// By name.
    files: BTreeMap<String, Parse>,
    is_done: AtomicBool,
}

#[derive(Debug)]
struct Parse {
    file: File,
    id: FileId,
    parsing: Parsing,
}

impl Ahead {
    /// The templates of a chart that the session has not parsed yet.
    pub fn new(chart: &Chart, session: &Session) -> Self {
        let is_new = |(name, file): &(String, File)| !session.knows(name, file);
        let early = |(name, file): (String, File)| {
            let id = file.source(&session.sources);
            let parsing = Parsing::default();
            (name, Parse { file, id, parsing })
        };
        Self {
            files: named_templates(chart).into_iter().filter(is_new).map(early).collect(),
            is_done: AtomicBool::new(false),
        }
    }

    /// The number of bytes to parse.
    pub fn size(&self) -> usize {
        self.files.values().map(|early| early.file.bytes().len()).sum()
    }

    /// Parses until all is parsed or [`Ahead::end`] is called.
    pub fn parse(&self, session: &Session) {
        for (name, Parse { id, parsing, .. }) in self.files.iter().rev() {
            if self.is_done.load(Ordering::Relaxed) {
                return;
            }
            parsing.fill(|| session.parse(name, *id));
        }
    }

    /// Ends [`Ahead::parse`]: the files to render are known.
    pub fn end(&self) {
        self.is_done.store(true, Ordering::Relaxed);
    }

    fn find(&self, template: &TemplateFile) -> Option<&Parse> {
        let early = self.files.get(&template.name)?;
        early.file.shares_content(&template.file).then_some(early)
    }
}

/// A render of a list of files. One thread works from the first file to the last; the helping threads work in the
/// opposite direction, so that they rarely want the same file.
#[derive(Debug)]
pub struct Rendering<'a> {
    session: &'a Session,
    files: &'a [TemplateFile],
    /// The units of files that the session has parsed before.
    known: Vec<Option<Known>>,
    ids: Vec<FileId>,
    parsed: Vec<Parsing>,
    /// The rendered text of each file, if other threads help to read them; `None` for files without documents.
    texts: Vec<OnceLock<Option<Arc<str>>>>,
    /// The documents of the texts.
    documents: Vec<Slot<Option<Documents>>>,
    /// The runs of files before their turn, if there are any.
    early: Option<Early>,
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
        self.0.early.iter().for_each(Early::close);
    }
}

impl<'a> Rendering<'a> {
    /// Creates a render of files in the given order. If two templates have the same name, the later one wins. What is parsed
    /// `ahead` is not parsed again.
    pub fn new(files: &'a [TemplateFile], session: &'a Session, ahead: Option<&Ahead>) -> Self {
        let known: Vec<_> = files.iter().map(|file| session.find(file)).collect();
        let early: Vec<_> = files
            .iter()
            .map(|file| ahead.and_then(|ahead| ahead.find(file)))
            .collect();
        let id = |at: usize| {
            let known = known[at].as_ref().map(|known| known.id);
            let known = known.or_else(|| early[at].map(|early| early.id));
            known.unwrap_or_else(|| files[at].file.source(&session.sources))
        };
        let parsing = |at: usize| early[at].map(|early| Arc::clone(&early.parsing)).unwrap_or_default();
        Self {
            session,
            files,
            early: None,
            ids: (0..files.len()).map(id).collect(),
            parsed: (0..files.len()).map(parsing).collect(),
            known,
            texts: Vec::new(),
            documents: Vec::new(),
            is_prepared: OnceLock::new(),
            is_done: AtomicBool::new(false),
        }
    }

    /// Reads the documents of the rendered files as well, and runs files before their turn. Only if other threads [`Rendering::help`].
    #[must_use]
    pub fn reading(mut self) -> Self {
        let runtime = &self.session.runtime;
        if runtime.recorder.is_none() && runtime.counters.is_none() {
            let is_run = |file: &TemplateFile| file.dot.is_some();
            self.early = Some(Early::new(runtime.budget.runs_aside(), self.files.iter().map(is_run)));
        }
        self.texts.resize_with(self.files.len(), OnceLock::new);
        self.documents.resize_with(self.files.len(), Slot::default);
        self
    }

    /// Helps the thread that calls [`Rendering::run_all`], on another thread, until that ends. Runs `meanwhile` too, unless it
    /// has ended.
    pub fn help(&self, meanwhile: impl Fn()) {
        for at in (0..self.files.len()).rev().filter(|at| self.known[*at].is_none()) {
            self.parsed[at].fill(|| self.parse_file(at));
        }
        if !self.is_done.load(Ordering::Relaxed) {
            meanwhile();
        }
        if *self.is_prepared.wait() {
            match &self.early {
                Some(early) => self.run_early(early),
                None => {
                    self.lower();
                    self.read();
                }
            }
        }
    }

    /// Runs files before their turn, and reads the documents of those that were run in their turn.
    fn run_early(&self, early: &Early) {
        let worker = OnceLock::new();
        let run = |at: usize, writes: usize| {
            let worker = worker.get_or_init(|| Worker::new(&self.session.runtime));
            let (text, steps) = worker.run(&self.files[at], writes)?;
            let is_read = is_manifest(&self.files[at].name);
            let documents = is_read.then(|| self.read_file(at, &text)).flatten();
            Some(Done { text, steps, documents })
        };
        let all: Vec<usize> = (0..self.files.len()).collect();
        for files in all.chunks(TOGETHER) {
            let Some(last) = files.last() else { return };
            while !early.is_past(*last) {
                while early.run(run) {}
                early.wait_for(*last);
            }
            self.read_some(files);
        }
    }

    /// Runs `main`, which calls [`Rendering::parse`] and [`Rendering::render`], and ends [`Rendering::help`].
    pub fn run_all<T>(&self, main: impl FnOnce(&Self) -> T) -> T {
        let _end = End(self);
        main(self)
    }

    /// The number of bytes that are not parsed yet.
    pub fn bytes(&self) -> usize {
        (0..self.files.len()).map(|at| self.size(at)).sum()
    }

    /// The number of bytes of a file that are not parsed yet.
    fn size(&self, at: usize) -> usize {
        match self.known[at] {
            Some(_) => 0,
            None => self.files[at].file.bytes().len(),
        }
    }

    fn parse_file(&self, at: usize) -> Result<Template, Vec<SyntaxError>> {
        self.session.parse(&self.files[at].name, self.ids[at])
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
            self.read_some(texts);
        }
    }

    /// Reads the documents of files, as far as they are rendered.
    fn read_some(&self, files: &[usize]) {
        for at in files {
            if let Some(Some(text)) = self.texts[*at].get() {
                self.documents[*at].fill(|| self.read_file(*at, text));
            }
        }
    }

    fn read_file(&self, at: usize, text: &str) -> Option<Documents> {
        Documents::read(&self.files[at].name.as_str().into(), text)
    }

    /// The documents of all files; what no other thread has begun to read is read here, from the last to the first.
    fn documents(&self, mut read: Read) -> Read {
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
        let mut read = Read::default();
        for (at, file) in self.files.iter().enumerate() {
            if let Some(Done { text, steps, documents }) = self.early.as_ref().and_then(|early| early.take(at))
                && runtime.budget.try_charge(steps)
            {
                let name: Arc<str> = file.name.as_str().into();
                if let Some(documents) = documents {
                    read.insert(Arc::clone(&name), documents);
                }
                rendered.files.insert(name, text);
                _ = self.texts[at].set(None);
                self.session.retire(file);
                self.early.iter().for_each(|early| early.pass(at, false));
                continue;
            }
            let (result, has_written) = self.session.run(file).unzip();
            if let Some(shared) = self.texts.get(at) {
                let text = result.as_ref().and_then(|result| result.as_deref().ok());
                let has_documents = report.is_empty() && is_manifest(&file.name);
                _ = shared.set(text.filter(|_| has_documents).map(Arc::from));
            }
            self.early
                .iter()
                .for_each(|early| early.pass(at, has_written == Some(true)));
            match result {
                None => {}
                Some(Ok(text)) => {
                    rendered.files.insert(file.name.as_str().into(), text);
                    self.session.retire(file);
                }
                Some(Err(error)) => {
                    report.push(error::diagnostic(&error, &runtime.program, sources));
                    if runtime.budget.is_spent() {
                        break;
                    }
                }
            }
        }
        if report.is_empty() {
            rendered.read = self.documents(read);
        }
        (rendered, report)
    }
}
