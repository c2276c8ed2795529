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
use engine::stages::{Outcome, Renderer, Request};
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
        let mut outcome = renderer.run(system, &requests[at]);
        // Only the printed text is needed.
        outcome.values = None;
        outcome.rendered = None;
        outcome
    });
    let complain = |file: &str, errors: &Report| {
        Output::message(&format!("With {file}:\n"));
        output.errors(errors, sources, "");
    };
    for (file, outcome) in files.iter().zip(&outcomes) {
        if outcome.log.has(Severity::Info) {
            Output::message(&format!("With {file}:\n"));
            Output::log(&outcome.log);
        }
        if !outcome.errors.is_empty() {
            complain(file, &outcome.errors);
        }
    }
    if outcomes.iter().any(|outcome| !outcome.errors.is_empty()) {
        return Exit::Failed;
    }
    for (at, (outcome, request)) in outcomes.iter().zip(&requests).enumerate() {
        let folder = folders.get(at).map(String::as_str);
        if let Err(error) = show(&**system, arguments, (request, outcome), &files[at], folder) {
            complain(&files[at], &Report::from(error));
            return Exit::Failed;
        }
    }
    Exit::Clean
}

/// Writes one render to its folder, or to stdout after the name of its values file.
fn show(
    system: &dyn System,
    arguments: &Template,
    (request, outcome): (&Request, &Outcome),
    file: &str,
    folder: Option<&str>,
) -> Result<(), Box<Diagnostic>> {
    let printed = print(system, arguments, request, outcome, folder);
    let text = printed.map_err(|Unprinted { error, .. }| error)?.text;
    let header = match folder {
        None => format!("# Values: {file}\n"),
        Some(_) => String::new(),
    };
    Output::result(&gostring::decode(&format!("{header}{text}")));
    Ok(())
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
