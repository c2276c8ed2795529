//! `promchart test --coverage`: which parts of the templates the tests have run.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;

use super::output::Output;
use super::request::usage;
use diagnostics::Result;
use source::Sources;
use system::System;
use unittest::coverage::{self, Measured, Share};
use unittest::{Options, Results};

/// The coverage reports and their destinations.
#[derive(Debug, Args)]
pub(super) struct CoverageArguments {
    /// Report which lines and branches of the templates the tests have run
    #[arg(long)]
    coverage: bool,
    /// Also write the coverage to a file or folder: lcov=FILE, cobertura=FILE, json=FILE or html=FOLDER; repeatable
    #[arg(long, value_name = "FORMAT=PATH")]
    coverage_output: Vec<Target>,
    /// Also count a render with each of these values files: a file or pattern in the folder of the chart; repeatable
    #[arg(long, value_name = "PATTERN")]
    coverage_values: Vec<String>,
    /// Minimum line coverage of each chart, in per cent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    coverage_min: Option<f64>,
    /// Minimum branch coverage of each chart, in per cent
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    coverage_min_branches: Option<f64>,
}

/// A format and its destination.
#[derive(Clone, Debug)]
struct Target {
    format: Format,
    path: String,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Lcov,
    Cobertura,
    Json,
    Html,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (format, path) = text.split_once('=').unwrap_or((text, ""));
        let format = match format {
            "lcov" => Format::Lcov,
            "cobertura" => Format::Cobertura,
            "json" => Format::Json,
            "html" => Format::Html,
            _ => return Err("the formats are lcov=FILE, cobertura=FILE, json=FILE and html=FOLDER".to_owned()),
        };
        if path.is_empty() {
            return Err(format!("where to? {}=PATH", text.trim_end_matches('=')));
        }
        let path = path.to_owned();
        Ok(Self { format, path })
    }
}

fn percent(text: &str) -> std::result::Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<f64>();
    let number = number.ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "not a number from 0 to 100".to_owned())
}

impl CoverageArguments {
    /// Whether coverage is requested.
    pub(super) fn is_wanted(&self) -> bool {
        self.coverage
            || !self.coverage_output.is_empty()
            || !self.coverage_values.is_empty()
            || self.coverage_min.is_some()
            || self.coverage_min_branches.is_some()
    }

    /// The values files of additional renders.
    ///
    /// # Errors
    /// A pattern that matches no file.
    pub(super) fn values_files(&self, system: &dyn System, charts: &[String]) -> Result<BTreeSet<String>> {
        coverage::more_files(system, charts, &self.coverage_values)
    }

    /// The files and folders that are written.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &String> {
        self.coverage_output.iter().map(|target| &target.path)
    }

    /// Makes the additional renders, and measures each chart. Returns also whether all of these charts render.
    pub(super) fn measure(
        &self,
        system: &Arc<dyn System>,
        options: &Options,
        results: &mut Results,
        sources: &Sources,
        output: Output,
    ) -> Result<(Vec<Measured>, bool)> {
        let charts = &mut results.coverage;
        let failed = coverage::render_more(system, options, &self.coverage_values, charts, sources)?;
        for (file, errors) in &failed {
            Output::message(&format!("With {file}:\n"));
            output.errors(errors, sources, "");
        }
        let charts = results.coverage.iter().map(|chart| Measured::of(chart, sources));
        Ok((charts.collect(), failed.is_empty()))
    }

    /// Prints the coverage of charts. Returns whether it meets the limits.
    pub(super) fn tell(&self, charts: &[Measured], output: Output) -> bool {
        for chart in charts {
            Output::result(coverage::write_text(chart, output.color()).as_bytes());
        }
        let mut is_fine = true;
        for chart in charts {
            let shares = [
                (chart.line_share(), self.coverage_min, "lines", "run", "--coverage-min"),
                (
                    chart.branch_share(),
                    self.coverage_min_branches,
                    "branches",
                    "taken",
                    "--coverage-min-branches",
                ),
            ];
            for (share, least, what, done, flag) in shares {
                if let Some(least) = least.filter(|least| !share.reaches(*least)) {
                    let Share { run, all } = share;
                    Output::message(&format!(
                        "Error: {} of the {what} of chart {} were {done} ({run} of {all}), and {flag} wants {least}%\n",
                        share.percent(),
                        chart.name
                    ));
                    is_fine = false;
                }
            }
        }
        is_fine
    }

    /// Writes the coverage of all charts to the files and folders that were asked for.
    pub(super) fn write(&self, system: &dyn System, charts: &[Measured]) -> Result<()> {
        self.coverage_output
            .iter()
            .try_for_each(|target| target.write(system, charts))
    }
}

impl Target {
    fn write(&self, system: &dyn System, charts: &[Measured]) -> Result<()> {
        let write = |path: &Path, text: &str| {
            let failed = |error: std::io::Error| usage(format!("cannot write {}: {error}", path.display()));
            system.write(path, text.as_bytes()).map_err(failed)
        };
        let path = Path::new(&self.path);
        match self.format {
            Format::Lcov => write(path, &coverage::write_lcov(charts))?,
            Format::Cobertura => write(path, &coverage::write_cobertura(charts, system))?,
            Format::Json => write(path, &coverage::write_json(charts))?,
            Format::Html => {
                for (name, page) in coverage::html_pages(charts) {
                    write(&path.join(name), &page)?;
                }
            }
        }
        Ok(())
    }
}
