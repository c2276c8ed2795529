//! `promchart migrate`: converts values of the community chart to ours.

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::Exit;
use super::args::Reports;
use super::output::Output;
use crate::builtin;
use diagnostics::report::{self, Format};
use diagnostics::{Diagnostic, Report, Result};
use migrate::Options;
use source::{FileId, Source, SourceKind, Sources};
use system::System;

/// The rule for invalid command lines.
const USAGE: &str = "usage";

/// `promchart migrate FILE...`
///
/// Converts values of prometheus-community/prometheus (29.x) to values of the built-in chart, with comments. Values that are
/// not carried over are reported on stderr and at the top of the output.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Values files; later ones win; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(super) paths: Vec<String>,
    /// The same, as Helm names them
    #[arg(short = 'f', long = "values", value_name = "FILE")]
    pub(super) files: Vec<String>,
    /// Write the values to this file instead of stdout
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    pub(super) out: Option<String>,
    /// Overwrite the file of -o
    #[arg(long)]
    pub(super) force: bool,
    /// The release to replace: its names, selectors and volumes are kept
    #[arg(long, value_name = "NAME")]
    pub(super) release: Option<String>,
    /// The namespace of that release
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(super) namespace: Option<String>,
    /// Write only what the files set, not the community chart's defaults that differ
    #[arg(long)]
    pub(super) only_set: bool,
    /// Fail if a value is not carried over
    #[arg(long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) reports: Reports,
}

pub(super) fn run(system: &Arc<dyn System>, arguments: &Migrate, output: Output) -> Exit {
    let sources = Sources::new();
    match migrated(system, arguments, output, &sources) {
        Ok(exit) => exit,
        Err(error) => {
            output.errors(&Report::from(error), &sources, "");
            Exit::Usage
        }
    }
}

fn migrated(system: &Arc<dyn System>, arguments: &Migrate, output: Output, sources: &Sources) -> Result<Exit> {
    let (format, files) = super::lint::formats(&arguments.reports)?;
    if let Some(path) = &arguments.out
        && !arguments.force
        && system.entry(Path::new(path)).is_ok()
    {
        return Err(Box::new(
            Diagnostic::error(USAGE, format!("{path} is there already")).help("give --force to overwrite it"),
        ));
    }
    let inputs = read(&**system, arguments, sources)?;
    let options = Options {
        release: arguments.release.clone(),
        namespace: arguments.namespace.clone(),
        only_set: arguments.only_set,
    };
    let migration = migrate::migrate(&inputs, builtin::CHART, &options, sources, system)?;
    let refused = migrate::check(&migration.text, builtin::CHART, &options, sources, system);
    let is_refused = !refused.is_empty();
    let is_lost = migration
        .report
        .diagnostics
        .iter()
        .any(|found| [migrate::LOST, migrate::UNKNOWN].contains(&found.rule));
    let mut found = migration.report;
    found.append(refused);
    for (format, path) in &files {
        super::lint::write(
            &**system,
            path,
            &report::write(*format, &found, &[], sources, &migrate::RULES, false),
        )?;
    }
    if !arguments.reports.quiet {
        let text = report::write(format, &found, &[], sources, &migrate::RULES, output.color());
        Output::message(&text);
    }
    let text = gostd::string::decode(&migration.text);
    match &arguments.out {
        None => Output::result(&text),
        Some(path) => system
            .write(Path::new(path), &text)
            .map_err(|error| Diagnostic::error(USAGE, format!("cannot write {path}: {error}")))?,
    }
    if is_refused && format == Format::Text && !arguments.reports.quiet {
        Output::message("the chart refuses these values: see the errors above\n");
    }
    Ok(if is_refused || arguments.strict && is_lost {
        Exit::Failed
    } else {
        Exit::Clean
    })
}

/// Reads the files in order.
fn read(system: &dyn System, arguments: &Migrate, sources: &Sources) -> Result<Vec<FileId>> {
    let paths: Vec<&String> = arguments.paths.iter().chain(&arguments.files).collect();
    if paths.is_empty() {
        return Err(Box::new(
            Diagnostic::error(USAGE, "no values file is given")
                .help("give one or more files, or - for the standard input"),
        ));
    }
    let mut files = Vec::new();
    for path in paths {
        let (name, bytes) = if path == "-" {
            ("<stdin>", system.read_stdin())
        } else {
            (path.as_str(), system.read(Path::new(path)))
        };
        let bytes = bytes.map_err(|error| Diagnostic::error(USAGE, format!("cannot read {path}: {error}")))?;
        files.push(sources.add(Source::new(name, SourceKind::File, bytes)));
    }
    Ok(files)
}
