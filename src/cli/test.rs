//! `promchart test`: runs helm-unittest suites.

use std::path::Path;
use std::sync::Arc;

use clap::{ArgAction, Args};

use super::Exit;
use super::args::LimitArguments;
use super::coverage::CoverageArguments;
use super::output::Output;
use super::request::usage;
use super::test_lint;
use super::watch::watch;
use diagnostics::{Diagnostic, Report, Result};
use gostd::boolean;
use source::Sources;
use system::System;
use unittest::{Format, Listener, Options, Printer, SuiteResult};

/// The default pattern of suites.
const SUITES: &str = "tests/*_test.yaml";
/// The folder to which `-d` writes rendered files.
const DEBUG: &str = ".debug";

/// `promchart test [CHART]...`
///
/// Runs helm-unittest suites: each test renders templates with values and checks the result. The flags are those of
/// `helm unittest`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag is a bool")]
#[command(
    after_help = "Exit codes: 0 all tests passed, 1 some failed, could not be run or cover too little, 2 a wrong flag. docs/test.md has the rest.\n\n\
    Examples:\n  \
    promchart test charts/*\n  \
    promchart test -f 'tests/**/*_test.yaml' -q chart\n  \
    promchart test -u chart                        # write the snapshots anew\n  \
    promchart test -t JUnit -o report.xml chart\n  \
    promchart test --coverage --coverage-output html=coverage chart"
)]
pub(super) struct Test {
    /// Folders of charts
    #[arg(value_name = "CHART", default_value = ".")]
    pub(super) charts: Vec<String>,
    /// A file pattern of suites, relative to the folder of each chart; repeatable [default: tests/*_test.yaml]
    #[arg(short = 'f', long = "file", value_name = "PATTERN")]
    pub(super) files: Vec<String>,
    /// A values file or pattern for all tests, merged over those of the suites; repeatable
    #[arg(short = 'v', long, value_name = "FILE")]
    pub(super) values: Vec<String>,
    /// Update changed snapshots
    #[arg(short, long)]
    pub(super) update_snapshot: bool,
    /// Also run the suites of the charts in charts/
    #[arg(short = 's', long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true,
        default_missing_value = "true", default_value = "true", value_parser = boolean::parse)]
    pub(super) with_subchart: bool,
    /// Write a report to this file
    #[arg(short, long, value_name = "FILE")]
    pub(super) output_file: Option<String>,
    /// The format of the report: junit, nunit, xunit or sonar
    #[arg(short = 't', long, value_name = "FORMAT", default_value = "xunit")]
    pub(super) output_type: String,
    /// The subfolder of the chart with a chart whose templates render suites
    #[arg(long, value_name = "FOLDER")]
    pub(super) chart_tests_path: Option<String>,
    /// Refuse unknown fields in suites
    #[arg(long)]
    pub(super) strict: bool,
    /// Keep running: after each change of files, run the affected suites again, until Ctrl-C
    #[arg(long, conflicts_with_all = ["update_snapshot", "failfast", "debug", "chart_tests_path"])]
    pub(super) watch: bool,
    /// Stop at the first test that fails
    #[arg(short = 'q', long)]
    pub(super) failfast: bool,
    /// Write all rendered files into the folder .debug
    #[arg(short = 'd', long = "debugPlugin")]
    pub(super) debug: bool,
    /// Do not check values against JSON schemas
    #[arg(long)]
    pub(super) skip_schema_validation: bool,
    /// Check the objects of each test's render against Kubernetes, as `promchart lint` does
    #[arg(long)]
    pub(super) lint: bool,
    #[command(flatten)]
    pub(super) coverage: CoverageArguments,
    #[command(flatten)]
    pub(super) limits: LimitArguments,
}

/// Prints results as they arrive.
pub(super) struct Told {
    printer: Printer,
    /// Whether a note has named suites that the patterns do not match.
    has_named_others: bool,
}

impl Told {
    pub(super) fn new(printer: Printer) -> Self {
        Self {
            printer,
            has_named_others: false,
        }
    }
}

impl Listener for Told {
    fn chart(&mut self, name: &str, path: &str) {
        Output::result(self.printer.chart(name, path).as_bytes());
    }

    fn chart_failed(&mut self, error: &Diagnostic, sources: &Sources) {
        Output::result(self.printer.chart_failed(error, sources).as_bytes());
    }

    fn passed_over(&mut self, error: &Diagnostic, sources: &Sources) {
        Output::message(&self.printer.chart_failed(error, sources));
    }

    fn elsewhere(&mut self, path: &str, files: &[String]) {
        let Some(first) = files.first() else { return };
        let folder = |file: &str| file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let pattern = if files.iter().all(|file| folder(file) == folder(first)) {
            format!("{}/*_test.yaml", folder(first))
        } else {
            let top = first.split_once('/').map_or("", |(top, _)| top);
            format!("{top}/**/*_test.yaml")
        };
        let pattern = pattern.trim_start_matches('/');
        let and_more = match files.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        self.has_named_others = true;
        Output::message(&format!(
            "Note: {path} has no suites of this pattern, but {first}{and_more}; run them with -f '{pattern}'\n"
        ));
    }

    fn suite(&mut self, result: &SuiteResult) {
        Output::result(self.printer.suite(result).as_bytes());
    }
}

pub(super) fn run(system: &Arc<dyn System>, arguments: &Test, output: Output) -> Exit {
    let sources = Sources::new();
    match tested(system, arguments, output, &sources) {
        Ok(true) => Exit::Clean,
        Ok(false) => Exit::Failed,
        Err(error) => {
            output.errors(&Report::from(error), &sources, "");
            Exit::Usage
        }
    }
}

fn tested(system: &Arc<dyn System>, arguments: &Test, output: Output, sources: &Sources) -> Result<bool> {
    let began = system.now();
    let Some(format) = Format::parse(&arguments.output_type) else {
        let message = format!("unknown format {}", arguments.output_type);
        return Err(Box::new(
            usage(message).help("the formats are junit, nunit, xunit and sonar"),
        ));
    };
    let limits = arguments.limits.limits();
    let files = match &arguments.files[..] {
        [] => vec![SUITES.to_owned()],
        files => files.to_vec(),
    };
    let options = Options {
        charts: arguments.charts.clone(),
        files,
        values: arguments.values.clone(),
        chart_tests_path: arguments.chart_tests_path.clone().unwrap_or_default(),
        update_snapshots: arguments.update_snapshot,
        with_subcharts: arguments.with_subchart,
        strict: arguments.strict,
        fail_fast: arguments.failfast,
        skip_schema: arguments.skip_schema_validation,
        debug_folder: arguments.debug.then(|| DEBUG.to_owned()),
        limits,
        coverage: arguments.coverage.is_wanted() || arguments.watch,
        only: None,
        with_requests: arguments.lint,
    };
    let more = arguments.coverage.values_files(&**system, &options.charts)?;
    if arguments.watch {
        match watch(system, arguments, options, format, more, output)? {}
    }
    let printer = Printer::new(output.color());
    let mut told = Told::new(printer);
    let mut results = unittest::run(system, &options, sources, &mut told);
    arguments.write_report(&**system, format, &results.suites)?;
    let elapsed = system.now().saturating_sub(began);
    Output::result(printer.summary(&results, elapsed).as_bytes());
    if results.suites.is_empty() && results.passed() && !told.has_named_others {
        Output::message(&format!(
            "Note: nothing was tested: no file matches {} in {}\n",
            options.files.join(" or "),
            options.charts.join(" or ")
        ));
    }
    let mut is_fine = results.passed();
    if arguments.lint {
        is_fine &= test_lint::lint(system, &results, output)?;
    }
    if options.coverage {
        let coverage = &arguments.coverage;
        let (charts, all_render) = coverage.measure(system, &options, &mut results, sources, output)?;
        is_fine &= coverage.tell(&charts, output) && all_render;
        coverage.write(&**system, &charts)?;
    }
    Ok(is_fine)
}

impl Test {
    /// Writes the report, if it was asked for.
    pub(super) fn write_report(&self, system: &dyn System, format: Format, suites: &[SuiteResult]) -> Result<()> {
        let Some(file) = self.report_file() else { return Ok(()) };
        let report = unittest::write(format, suites, system);
        let failed = |error: std::io::Error| usage(format!("cannot write {file}: {error}"));
        system.write(Path::new(file), report.as_bytes()).map_err(failed)
    }

    /// The file of the report.
    pub(super) fn report_file(&self) -> Option<&String> {
        self.output_file.as_ref().filter(|file| !file.is_empty())
    }
}
