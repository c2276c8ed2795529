//! `promchart template --each-values`: one chart with many sets of values. The chart is loaded once, and its templates
//! are parsed and compiled once per thread.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::args::Template;
use super::output::Output;
use super::request::usage;
use super::template::{Unprinted, print};
use diagnostics::{Diagnostic, Report, Severity};
use engine::stages::{Outcome, Renderer, Request, Used};
use engine::threads;
use gostd::string as gostring;
use source::Sources;
use system::System;

/// Renders the chart of `request` with each of the values files. Prints and writes nothing unless all renders succeed.
pub(super) fn run(
    system: &Arc<dyn System>,
    new_system: &(dyn Fn() -> Arc<dyn System> + Sync),
    arguments: &Template,
    request: &Request,
    sources: &Sources,
    output: Output,
) -> Exit {
    let files = &arguments.each_values;
    let folders = match folders(arguments) {
        Ok(folders) => folders,
        Err(error) => {
            output.errors(&Report::from(error), sources, "");
            return Exit::Usage;
        }
    };
    let mut request = request.clone();
    // The memory count is that of the process and includes other renders.
    request.limits.memory = request.limits.memory.saturating_mul(threads::workers(files.len()));
    let renderer = match Renderer::load(system, &request, sources) {
        Ok(renderer) => renderer,
        Err(errors) => {
            output.errors(&errors, sources, "");
            return Exit::Failed;
        }
    };
    let requests: Vec<Request> = files
        .iter()
        .map(|file| {
            let mut request = request.clone();
            request.overrides.files.push(file.clone());
            request
        })
        .collect();
    let state = || {
        let system = new_system();
        let renderer = renderer.beside(&system, &request);
        (system, renderer)
    };
    let outcomes = threads::each(files.len(), state, |(system, renderer), at| {
        system.restart_random();
        let outcome = renderer.run(system, &requests[at]);
        Done::new(outcome, |outcome| {
            let text = || show(&**system, arguments, (&requests[at], outcome), &files[at], None);
            folders.is_empty().then(text)
        })
    });
    let complain = |file: &str, errors: &Report| {
        Output::message(&format!("With {file}:\n"));
        output.errors(errors, sources, "");
    };
    for (file, Done { outcome, .. }) in files.iter().zip(&outcomes) {
        if outcome.log.has(Severity::Info) {
            Output::message(&format!("With {file}:\n"));
            Output::log(&outcome.log);
        }
        if !outcome.errors.is_empty() {
            complain(file, &outcome.errors);
        }
    }
    if outcomes.iter().any(|Done { outcome, .. }| !outcome.errors.is_empty()) {
        return Exit::Failed;
    }
    for (at, (done, request)) in outcomes.into_iter().zip(&requests).enumerate() {
        let folder = folders.get(at).map(String::as_str);
        let text = done
            .text
            .unwrap_or_else(|| show(&**system, arguments, (request, &done.outcome), &files[at], folder));
        match text {
            Ok(text) => Output::result(&text),
            Err(error) => {
                complain(&files[at], &Report::from(error));
                return Exit::Failed;
            }
        }
    }
    Exit::Clean
}

/// What is left of a render until all are done.
struct Done {
    /// The log and the errors, and what is still to be written.
    outcome: Outcome,
    /// The bytes to print, if nothing is written. One block for each render: the many small ones that it is made of leave holes.
    text: Option<Result<Vec<u8>, Box<Diagnostic>>>,
}

impl Done {
    fn new(mut outcome: Outcome, text: impl FnOnce(&Outcome) -> Option<Result<Vec<u8>, Box<Diagnostic>>>) -> Self {
        let text = outcome.errors.is_empty().then(|| text(&outcome)).flatten();
        outcome.values = None;
        outcome.rendered = None;
        outcome.used = Used::default();
        if text.is_some() {
            outcome.chart = None;
            outcome.manifests = None;
        }
        Self { outcome, text }
    }
}

/// Writes one render to its folder, and returns what to print: with the name of its values file if nothing is written.
fn show(
    system: &dyn System,
    arguments: &Template,
    (request, outcome): (&Request, &Outcome),
    file: &str,
    folder: Option<&str>,
) -> Result<Vec<u8>, Box<Diagnostic>> {
    let printed = print(system, arguments, request, outcome, folder);
    let text = printed.map_err(|Unprinted { error, .. }| error)?.text;
    let header = match folder {
        None => format!("# Values: {file}\n"),
        Some(_) => String::new(),
    };
    Ok(gostring::decode(&format!("{header}{text}")).into_owned())
}

/// The folder of each values file below `--output-dir`: the file name without its extension. `None` without
/// `--output-dir`.
fn folders(arguments: &Template) -> Result<Vec<String>, Box<Diagnostic>> {
    let files = &arguments.each_values;
    if let Some(file) = files.iter().find(|file| file.is_empty() || *file == "-") {
        return Err(usage(format!("--each-values takes files, and `{file}` is none")));
    }
    let Some(folder) = arguments.output_dir.as_deref().filter(|folder| !folder.is_empty()) else {
        return Ok(Vec::new());
    };
    let mut taken = BTreeMap::new();
    let mut folders = Vec::with_capacity(files.len());
    for file in files {
        let name = Path::new(file)
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_else(|| file.clone());
        if let Some(other) = taken.insert(name.clone(), file) {
            return Err(usage(format!(
                "--each-values {other} and {file} would both be written to {folder}/{name}: give one of the files another name"
            )));
        }
        folders.push(format!("{folder}/{name}"));
    }
    Ok(folders)
}
