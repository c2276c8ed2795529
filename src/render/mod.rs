//! Runs lowered templates on minijinja.

mod budget;
mod capabilities;
mod context;
mod error;
mod fault;
mod field;
mod files;
mod helpers;
mod name;
mod origin;
mod program;
mod runtime;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, State, UndefinedBehavior};

use self::fault::Failure;
use self::program::{Names, UnitId};
use self::runtime::{Run, Runtime};
use crate::diagnostic::Report;
use crate::functions;
use crate::lower::DELIMITERS;
use crate::reflect::{Limit, Meter, Value, try_print};
use crate::source::{FileId, Sources};
use crate::template::{self, Template};
use crate::threads::{ahead, side_by_side};
use crate::world::World;

pub use budget::Limits;
pub use capabilities::{Capabilities, DEFAULT_KUBE_VERSION, KubeVersion};
pub use context::{Release, TemplateFile, templates};
pub use error::{LIMIT, RENDER, SYNTAX, UNKNOWN_FUNCTION, syntax as syntax_diagnostic};
pub use name::name;
pub use origin::{Origin, Origins, Setting};

/// What a render gives: the text of each file that is not a partial, by its name.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The texts, with [`crate::go::string`] escapes.
    pub files: BTreeMap<Arc<str>, String>,
    /// Where each byte of them has come from; only of a traced render.
    pub origins: Option<Arc<Origins>>,
}

impl Rendered {
    /// Where some bytes of a file have come from: the innermost template text or action, the calls that led there, and the
    /// values. `None` if the render was not traced, or too large for that.
    ///
    /// A document's byte `n` is byte `manifest.start + n` of the file.
    pub fn origin(&self, file: &str, range: std::ops::Range<usize>) -> Option<Origin> {
        self.origins.as_ref()?.of(file, range)
    }
}

/// Parses all templates. Gives those that can be parsed, and the errors of all others: of syntax, and functions that do not
/// exist. The first one is Helm's.
pub fn parse(files: &[TemplateFile], sources: &Sources) -> (Vec<Template>, Report) {
    let ids: Vec<FileId> = files.iter().map(|file| file.file.source(sources)).collect();
    let parse = |at: usize| {
        let source = sources.get(ids[at]);
        template::parse(source.text(), ids[at], &files[at].name, &|name| {
            functions::find(name).is_some()
        })
    };
    let size = |at: usize| files[at].file.bytes().len();
    let mut parsed = Vec::with_capacity(files.len());
    let mut report = Report::new();
    for (file, result) in files.iter().zip(side_by_side(files.len(), size, parse)) {
        match result {
            Ok(template) => parsed.push(template),
            Err(errors) => errors
                .iter()
                .for_each(|error| report.push(error::syntax(error, &file.name))),
        }
    }
    (parsed, report)
}

/// Whether a render keeps where its output comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trace {
    /// Nothing is kept, and nothing is slower.
    #[default]
    Off,
    /// [`Rendered::origin`] can tell.
    On,
}

/// Renders files in the order given; of two templates with one name the later one wins. `templates` are those that
/// [`parse`] made of the files; a file without one is left out. Gives the files that can be rendered, and the errors of all
/// others; the first diagnostic is the one that Helm would stop at.
pub fn render(
    files: &[TemplateFile],
    templates: Vec<Template>,
    world: &Arc<dyn World>,
    sources: &Sources,
    limits: Limits,
    trace: Trace,
) -> (Rendered, Report) {
    let traced = trace == Trace::On;
    let runtime = Arc::new(Runtime::new(Arc::clone(world), sources.clone(), limits, traced));
    let mut names = Names::default();
    for template in templates {
        runtime
            .program
            .add(template)
            .iter()
            .for_each(|added| names.define(added));
    }
    runtime.set_names(names);
    let size = files.iter().map(|file| file.file.bytes().len()).sum();
    let environment = environment(&runtime);
    let (mut rendered, report) = ahead(
        size,
        |is_done| compile_ahead(files, &runtime, &environment, is_done),
        || run_files(files, &runtime, &environment, sources),
    );
    rendered.origins = origin::origins(&runtime, sources);
    (rendered, report)
}

/// Compiles what will be run, in about the order in which it will be: each file, and what it calls by name.
fn compile_ahead(files: &[TemplateFile], runtime: &Runtime, environment: &Environment<'_>, is_done: &dyn Fn() -> bool) {
    let run = files.iter().rev().filter(|file| file.dot.is_some());
    let mut wanted: Vec<UnitId> = run.filter_map(|file| runtime.find(&file.name)).collect();
    let mut known = BTreeSet::new();
    while let Some(id) = wanted.pop() {
        if is_done() {
            return;
        }
        if known.insert(id)
            && let Some(unit) = runtime.program.compile(id, environment)
        {
            let callees = unit.callees().iter().rev();
            wanted.extend(callees.filter_map(|name| runtime.find(name)));
        }
    }
}

/// Renders the files that are no partials, and tells what went wrong.
fn run_files(
    files: &[TemplateFile],
    runtime: &Runtime,
    environment: &Environment<'_>,
    sources: &Sources,
) -> (Rendered, Report) {
    let mut rendered = Rendered::default();
    let mut report = Report::new();
    for file in files {
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
                report.push(error::diagnostic(&error, &runtime.program, sources));
                if runtime.budget.is_spent() {
                    break;
                }
            }
        }
    }
    (rendered, report)
}

/// minijinja, made to print as Go does and to know Go's functions.
fn environment(runtime: &Arc<Runtime>) -> Environment<'static> {
    let mut environment = Environment::empty();
    let [
        block_start,
        block_end,
        variable_start,
        variable_end,
        comment_start,
        comment_end,
    ] = DELIMITERS;
    let syntax = SyntaxConfig::builder()
        .block_delimiters(block_start, block_end)
        .variable_delimiters(variable_start, variable_end)
        .comment_delimiters(comment_start, comment_end)
        .keep_trailing_newline(true)
        .build();
    if let Ok(syntax) = syntax {
        environment.set_syntax(syntax);
    }
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_auto_reload(false);
    let printing = Arc::clone(runtime);
    environment.set_formatter(move |out, _, value| {
        let limit = |text| minijinja::Error::from(Failure::Limit(text));
        if let Some(text) = value.as_str() {
            if text.len() >= 100 {
                printing.charge(text.len() / 100).map_err(limit)?;
            }
            out.write_str(text)?;
            if let Some(recorder) = printing.recorder.as_ref().filter(|_| !text.is_empty()) {
                recorder.emit();
            }
        } else {
            let mut text = String::new();
            let mut pay = |steps| printing.charge(steps).map_err(Limit);
            try_print(value, &mut text, &mut Meter::new(&mut pay)).map_err(|Limit(text)| limit(text))?;
            out.write_str(&text)?;
            if let Some(recorder) = printing.recorder.as_ref().filter(|_| !text.is_empty()) {
                recorder.emit();
            }
        }
        Ok(())
    });
    let loading = Arc::clone(runtime);
    environment.set_loader(move |name| Ok(loading.program.take_text(name)));
    helpers::register(&mut environment, runtime);
    for function in functions::all() {
        let called = Arc::clone(runtime);
        environment.add_function(function.name, move |state: &mut State<'_, '_>, arguments: &[Value]| {
            called.call(function, state, arguments, false)
        });
        let piped = Arc::clone(runtime);
        environment.add_filter(function.name, move |state: &mut State<'_, '_>, arguments: &[Value]| {
            piped.call(function, state, arguments, true)
        });
    }
    environment
}
