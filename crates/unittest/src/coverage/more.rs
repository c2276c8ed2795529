//! Additional renders that count for the coverage: one for each of some values files.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::fields::SUITE;
use super::super::glob::glob;
use super::super::run::{ChartCoverage, Options};
use chart::values::Overrides;
use diagnostics::{Diagnostic, Report, Result};
use engine::stages::{DEFAULT_RELEASE, Renderer, Request};
use gostd::path as gopath;
use source::Sources;
use system::System;

/// The values files that patterns match, for the folder of a chart: relative to it, or else to the working folder.
///
/// # Errors
/// If a pattern is invalid.
fn files_of(system: &dyn System, chart: &str, pattern: &str) -> Result<Vec<String>> {
    let inside = gopath::clean(&format!("{}/{pattern}", chart.trim_end_matches('/')));
    let found = |pattern: &str| glob(system, pattern).map_err(|error| Box::new(Diagnostic::error(SUITE, error)));
    let files = found(&inside)?;
    Ok(if files.is_empty() { found(pattern)? } else { files })
}

/// The values files with which charts are rendered besides their tests, for all charts.
///
/// # Errors
/// If a pattern is invalid or matches no file for any chart.
pub fn more_files(system: &dyn System, charts: &[String], patterns: &[String]) -> Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for pattern in patterns {
        let mut is_used = false;
        for chart in charts {
            let files = files_of(system, chart, pattern)?;
            is_used |= !files.is_empty();
            all.extend(files);
        }
        if !is_used {
            let message = format!("no values file {pattern}, in no chart and not in this folder");
            let help = "check the pattern after --coverage-values";
            return Err(Diagnostic::error(SUITE, message).help(help).into());
        }
    }
    Ok(all)
}

/// Renders each chart with each values file that a pattern matches, and adds the coverage. Returns the failed renders, by values file.
///
/// # Errors
/// If a pattern is invalid.
pub fn render(
    system: &Arc<dyn System>,
    options: &Options,
    patterns: &[String],
    charts: &mut [ChartCoverage],
    sources: &Sources,
) -> Result<Vec<(String, Report)>> {
    let mut failed = Vec::new();
    for chart in charts.iter_mut() {
        let mut files: Vec<String> = Vec::new();
        for pattern in patterns {
            files.extend(files_of(&**system, &chart.path, pattern)?);
        }
        if files.is_empty() {
            continue;
        }
        let mut request = Request::new(&chart.path, DEFAULT_RELEASE, Overrides::default());
        request.coverage = true;
        request.limits = options.limits;
        request.skip_schema = options.skip_schema;
        let renderer = match Renderer::load(system, &request, sources) {
            Ok(renderer) => renderer,
            Err(errors) => {
                failed.push((chart.path.clone(), errors));
                continue;
            }
        };
        for file in files {
            request.overrides.files = vec![file.clone()];
            let outcome = renderer.run(system, &request);
            if let Some(coverage) = &outcome.coverage {
                chart.coverage.add(coverage);
            }
            if !outcome.errors.is_empty() {
                failed.push((file, outcome.errors));
            }
        }
    }
    Ok(failed)
}
