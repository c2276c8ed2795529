//! The state of a render that all its templates share.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{Object, ObjectRepr};
use minijinja::{AutoEscape, Environment, Error, State, machinery};

use super::budget::{Budget, Limits};
use super::context::TemplateFile;
use super::counters::Counters;
use super::fault::Failure;
use super::field::TypedLoops;
use super::origin::Origins;
use super::origin::record::{ALLOWANCE, Recorder};
use super::program::{Added, Names, Program, UnitId};
use crate::lower::Lowered;
use gostd::quote::quote;
use govalue::{Limit, Value, writes};
use source::{FileId, Source, SourceKind, Sources};
use sprig::{Call, Cluster, Fault, Function, Host, Outcome};
use system::System;

/// The steps that a run of a template costs in addition to its nodes.
const RUN_COST: u64 = 40;
/// How many nested includes of the same name Helm allows.
const MAX_INCLUDES: usize = 1000;
/// The total number of bytes of `tpl` texts that stay parsed between renders.
const MAX_KEPT: usize = 4 << 20;
/// The name of the root template in Helm, which is also the name of every text passed to `tpl`.
const ROOT_NAME: &str = "gotpl";

/// The state that all templates of a render share.
#[derive(Debug)]
pub(super) struct Runtime {
    pub(super) program: Arc<Program>,
    pub(super) typed_loops: TypedLoops,
    pub(super) budget: Budget,
    /// The record of a traced render.
    pub(super) recorder: Option<Recorder>,
    /// The counters of a counting session.
    pub(super) counters: Option<Counters>,
    /// The folder of the chart whose file is being rendered, for the trace.
    folder: Mutex<Arc<str>>,
    system: Shared,
    sources: Sources,
    /// The names that are visible to the running template.
    names: Mutex<Arc<Names>>,
    /// The current nesting depth of `include` for each name.
    including: Mutex<BTreeMap<Arc<str>, usize>>,
    /// Texts that were passed to `tpl`.
    texts: Arc<Mutex<Texts>>,
    /// The cluster that `lookup` queries, if there is one.
    cluster: Mutex<Option<Arc<dyn Cluster>>>,
}

/// The templates of a text passed to `tpl`, the text's own last; or Go's error message.
type Parsed = Result<Arc<Text>, String>;

/// Texts that were passed to `tpl`.
#[expect(
    clippy::disallowed_types,
    reason = "only asked whether it has a digest; with a tree 10,000 calls of `tpl` take 3 % longer"
)]
#[derive(Debug, Default)]
struct Texts {
    /// The digests of all texts.
    seen: std::collections::HashSet<u64>,
    /// The texts that are kept, with their parsed templates.
    kept: BTreeMap<String, Parsed>,
}

impl Texts {
    /// Limits the memory after a render. Other values bring other texts, so the old ones are not needed then.
    fn end_render(&mut self) {
        if self.kept.keys().map(String::len).sum::<usize>() > MAX_KEPT {
            self.kept.clear();
        }
    }
}

/// A parsed text that was passed to `tpl`.
#[derive(Debug)]
struct Text {
    units: Vec<Added>,
    /// Its source, if the text is dropped after one use.
    once: Option<FileId>,
}

/// A wrapper, because `System` has no `Debug`.
struct Shared(Arc<dyn System>);

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("System")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The root context of a template, which holds its dot.
#[derive(Debug)]
struct Dot(Value);

impl Object for Dot {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        (key == "dot").then(|| self.0.clone())
    }
}

impl Runtime {
    pub(super) fn new(system: Arc<dyn System>, sources: Sources, limits: Limits, traced: bool, counting: bool) -> Self {
        Self {
            program: Arc::new(Program::new(traced, sources.clone())),
            typed_loops: TypedLoops::default(),
            budget: Budget::new(limits),
            recorder: traced.then(Recorder::default),
            counters: counting.then(Counters::default),
            folder: Mutex::default(),
            system: Shared(system),
            sources,
            names: Mutex::default(),
            including: Mutex::default(),
            texts: Arc::default(),
            cluster: Mutex::default(),
        }
    }

    /// The origins of a traced render; `None` if it is not traced.
    pub(super) fn origins(&self, sources: &Sources) -> Option<Arc<Origins>> {
        let recorder = self.recorder.as_ref()?;
        Some(Arc::new(Origins::new(recorder, &self.program, sources)))
    }

    /// Access to the clock, random numbers and memory use.
    pub(super) fn system(&self) -> &dyn System {
        &*self.system.0
    }

    /// Begins a render. All its templates see these names.
    pub(super) fn begin(&self, names: Names) {
        let allowance = if self.recorder.is_some() { ALLOWANCE } else { 0 };
        self.budget
            .begin(self.system().memory_in_use().unwrap_or_default(), allowance);
        lock(&self.including).clear();
        lock(&self.texts).end_render();
        *lock(&self.names) = Arc::new(names);
    }

    /// The state for runs before their turn in the render that has begun.
    pub(super) fn beside(&self) -> Self {
        let system = Arc::clone(&self.system.0);
        // The running template may be a text passed to `tpl`, with a scope of its own.
        let names = Names::outermost(&lock(&self.names));
        Self {
            program: Arc::clone(&self.program),
            budget: self.budget.beside(),
            names: Mutex::new(names),
            texts: Arc::clone(&self.texts),
            ..Self::new(system, self.sources.clone(), self.budget.limits(), false, false)
        }
    }

    /// Sets the cluster for `lookup`, or removes it.
    pub(super) fn set_cluster(&self, cluster: Option<Arc<dyn Cluster>>) {
        *lock(&self.cluster) = cluster;
    }

    /// Looks up a template by name, in the current scope.
    pub(super) fn find(&self, name: &str) -> Option<UnitId> {
        lock(&self.names).find(name)
    }

    /// Spends steps, and stops a render that uses too much memory.
    pub(super) fn charge(&self, steps: usize) -> Result<(), String> {
        self.budget.charge(u64::try_from(steps).unwrap_or(u64::MAX))?;
        let Some(in_use) = self.system().memory_in_use() else {
            return Ok(());
        };
        let mut checked = self.budget.check_memory(in_use);
        if checked.is_err() && self.budget.end_aside() {
            checked = self
                .budget
                .check_memory(self.system().memory_in_use().unwrap_or_default());
        }
        if checked.is_err() && self.recorder.as_ref().is_some_and(Recorder::give_up) {
            self.budget.end_allowance();
            return self
                .budget
                .check_memory(self.system().memory_in_use().unwrap_or_default());
        }
        checked
    }

    /// Runs a template.
    pub(super) fn run(
        &self,
        environment: &Environment<'_>,
        id: UnitId,
        dot: Value,
        run: Run<'_>,
    ) -> Result<String, Error> {
        let limit = |text| Error::from(Failure::Limit(text));
        let Some(unit) = self.program.unit(id) else {
            return Err(Failure::Node(format!("template {} is not known", id.name())).into());
        };
        let lowered = unit.lowered();
        // ValuePlace up a run takes as long as executing many nodes.
        self.budget.charge(lowered.nodes() + RUN_COST).map_err(limit)?;
        self.budget.enter().map_err(limit)?;
        // Go passes a missing dot through an interface as nil; to the template both are no value.
        let dot = if dot.is_none() { Value::UNDEFINED } else { dot };
        if let Some(recorder) = &self.recorder {
            if let Some(TemplateFile { file, .. }) = run.file {
                *lock(&self.folder) = file.path.strip_suffix(&*file.name).unwrap_or_default().into();
            }
            recorder.begin(id, &dot, run.tpl);
        }
        let rendered = execute(environment, lowered, dot);
        if let Some(recorder) = &self.recorder {
            recorder.end(rendered.as_deref().ok(), run.file.map(|file| &*file.name));
        }
        self.budget.leave();
        if let Ok(text) = &rendered {
            self.charge(text.len() / 100).map_err(limit)?;
        }
        rendered
    }

    /// Runs the template of a file. Also returns whether it has written to maps that others see, or tried to; see [`writes::Run`].
    pub(super) fn run_file(
        &self,
        environment: &Environment<'_>,
        (file, id): (&TemplateFile, UnitId),
        dot: Value,
        may_write: bool,
    ) -> (Result<String, Error>, bool) {
        let _run = writes::Run::begin(may_write);
        let run = Run {
            file: Some(file),
            ..Run::default()
        };
        let rendered = self.run(environment, id, dot, run);
        (rendered.map(without_no_value), writes::has_written())
    }

    fn set_including(&self, name: &str, count: usize) {
        let mut including = lock(&self.including);
        match including.get_mut(name) {
            Some(known) => *known = count,
            None => drop(including.insert(name.into(), count)),
        }
    }

    /// Records in the trace that a file of the chart was read.
    pub(super) fn read_file(&self, name: &str, text: &Value) {
        if let Some(recorder) = &self.recorder {
            recorder.file(&lock(&self.folder).clone(), name, text, &self.sources);
        }
    }

    /// Calls a function with arguments from a template.
    pub(super) fn call(
        &self,
        function: &'static Function,
        state: &mut State<'_, '_>,
        arguments: &[Value],
        piped: bool,
    ) -> Result<Value, Error> {
        self.budget.charge(1).map_err(Failure::Limit)?;
        let arguments = Call::validate(function, arguments, piped).map_err(Failure::Argument)?;
        let arguments_seen = match &self.recorder {
            Some(_) => arguments.to_vec(),
            None => Vec::new(),
        };
        let mut host = Caller {
            runtime: self,
            environment: state.env(),
        };
        let call = Call {
            arguments,
            host: &mut host,
        };
        match call.run(function) {
            // The function returns an interface; a nil in it becomes no value.
            Ok(value) if value.is_none() => Ok(Value::UNDEFINED),
            Ok(value) => {
                if let Some(recorder) = &self.recorder {
                    recorder.called(function.name, &arguments_seen, &value);
                }
                Ok(value)
            }
            Err(Fault::Limit(text)) => Err(Failure::Limit(text).into()),
            Err(fault) => Err(Failure::Call {
                name: function.name.to_owned(),
                fault,
            }
            .into()),
        }
    }

    /// Returns the templates of a text passed to `tpl`. A text is kept from its second use on, because charts also pass
    /// thousands of texts just once.
    fn parse_text(&self, text: &str) -> Parsed {
        let mut texts = lock(&self.texts);
        if let Some(parsed) = texts.kept.get(text) {
            return parsed.clone();
        }
        let is_first = texts.seen.insert(digest(text));
        drop(texts);
        let shared: Arc<str> = text.into();
        let file = self
            .sources
            .add(Source::of_text(ROOT_NAME, SourceKind::Made, Arc::clone(&shared)));
        let is_function = |name: &str| sprig::find(name).is_some();
        let parsed = match gotemplate::parse_shared(&shared, file, ROOT_NAME, &is_function) {
            Ok(template) => {
                // A trace refers to every text.
                let once = is_first && self.recorder.is_none();
                let units = self.program.add(template, None);
                let once = once.then_some(file);
                Ok(Arc::new(Text { units, once }))
            }
            Err(errors) => {
                let error = &errors[0];
                Err(format!("template: {ROOT_NAME}:{}: {}", error.line, error.message))
            }
        };
        if !matches!(&parsed, Ok(text) if text.once.is_some()) {
            lock(&self.texts).kept.insert(text.to_owned(), parsed.clone());
        }
        parsed
    }

    /// Drops a `tpl` text after its first use, unless it failed: its source is needed for the error.
    fn forget_text(&self, text: &Text) {
        if let Some(file) = text.once {
            text.units.iter().for_each(|unit| self.program.forget(unit.id));
            self.sources.forget(file);
        }
    }
}

/// Runs the instructions of a template.
fn execute(environment: &Environment<'_>, lowered: &Lowered, dot: Value) -> Result<String, Error> {
    // The values are often as long as the text between them.
    let mut text = String::with_capacity((lowered.raw() * 2).next_power_of_two());
    let root = Value::from_object(Dot(dot));
    let blocks = BTreeMap::new();
    let mut output = machinery::make_string_output(&mut text);
    let instructions = lowered.instructions();
    machinery::eval(environment, instructions, root, &blocks, &mut output, AutoEscape::None)?;
    Ok(text)
}

/// The text without what Go prints for a missing value, as Helm removes it.
fn without_no_value(mut text: String) -> String {
    const NO_VALUE: &str = "<no value>";
    if text.contains(NO_VALUE) {
        return text.replace(NO_VALUE, "");
    }
    text.shrink_to_fit();
    text
}

/// A digest that is the same in every process.
fn digest(text: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// How a template is run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Run<'a> {
    /// The file that is rendered, if it is a file.
    pub(super) file: Option<&'a TemplateFile>,
    /// The argument of `tpl`, if `tpl` runs the template.
    pub(super) tpl: Option<&'a str>,
}

/// The view of the render that a function gets when a template calls it.
struct Caller<'a, 'env> {
    runtime: &'a Runtime,
    environment: &'env Environment<'env>,
}

impl Host for Caller<'_, '_> {
    fn include(&mut self, name: &str, dot: &Value) -> Outcome {
        let runtime = self.runtime;
        let count = lock(&runtime.including).get(name).copied().unwrap_or_default();
        if count > MAX_INCLUDES {
            return Err(Fault::new(format!(
                "rendering template has a nested reference name: {name}: unable to execute template"
            )));
        }
        let Some(id) = runtime.find(name) else {
            return Err(Fault::NoTemplate {
                name: name.to_owned(),
                text: format!(
                    "template: no template {} associated with template \"{ROOT_NAME}\"",
                    quote(name)
                ),
            });
        };
        runtime.set_including(name, count + 1);
        let rendered = runtime.run(self.environment, id, dot.clone(), Run::default());
        runtime.set_including(name, count);
        rendered.map(Value::from).map_err(|error| Fault::Template {
            prefix: String::new(),
            error: Box::new(error),
        })
    }

    fn tpl(&mut self, text: &str, dot: &Value) -> Outcome {
        let runtime = self.runtime;
        let parsed = runtime.parse_text(text);
        let parsed = parsed.map_err(|error| Fault::new(format!("cannot parse template {}: {error}", quote(text))))?;
        let outer = Arc::clone(&lock(&runtime.names));
        let mut names = Names::over(Arc::clone(&outer));
        parsed.units.iter().for_each(|added| names.define(added));
        *lock(&runtime.names) = Arc::new(names);
        let id = parsed.units.last().map(|added| added.id);
        let rendered = id.map_or_else(
            || Ok(String::new()),
            |id| {
                let run = Run {
                    file: None,
                    tpl: Some(text),
                };
                runtime.run(self.environment, id, dot.clone(), run)
            },
        );
        *lock(&runtime.names) = outer;
        match rendered {
            Ok(rendered) => {
                runtime.forget_text(&parsed);
                Ok(Value::from(without_no_value(rendered)))
            }
            Err(error) => {
                let prefix = format!("error during tpl function execution for {}: ", quote(text));
                Err(Fault::Template {
                    prefix,
                    error: Box::new(error),
                })
            }
        }
    }

    fn cluster(&self) -> Option<Arc<dyn Cluster>> {
        lock(&self.runtime.cluster).clone()
    }

    fn system(&self) -> &dyn System {
        self.runtime.system()
    }

    /// The order in which bytes are taken from the sequence of a seed counts.
    fn chance(&self) -> Result<&dyn System, Limit> {
        let system = self.runtime.system();
        if system.is_seeded() && self.runtime.budget.is_aside() {
            writes::note();
            return Err(Limit("a run before its turn wants random bytes".to_owned()));
        }
        Ok(system)
    }

    fn charge(&mut self, units: usize) -> Result<(), Limit> {
        self.runtime.charge(units).map_err(Limit)
    }
}
