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

/// Renders each chart with each values file that matches a pattern, relative to the chart's folder or else to the
/// working folder, and adds the coverage. Returns the failed renders, by values file.
///
/// # Errors
/// If a pattern matches no file for any chart.
pub fn render(
    system: &Arc<dyn System>,
    options: &Options,
    patterns: &[String],
    charts: &mut [ChartCoverage],
    sources: &Sources,
) -> Result<Vec<(String, Report)>> {
    let mut failed = Vec::new();
    let mut used = BTreeSet::new();
    for chart in charts.iter_mut() {
        let mut files: Vec<String> = Vec::new();
        for pattern in patterns {
            let inside = gopath::clean(&format!("{}/{pattern}", chart.path.trim_end_matches('/')));
            for pattern_of_file in [&inside, pattern] {
                let found = glob(&**system, pattern_of_file).map_err(|error| Diagnostic::error(SUITE, error))?;
                if !found.is_empty() {
                    used.insert(pattern);
                    files.extend(found);
                    break;
                }
            }
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
    match patterns.iter().find(|pattern| !used.contains(pattern)) {
        Some(pattern) if !charts.is_empty() => {
            let message = format!("no values file {pattern}, in no chart and not in this folder");
            let help = "check the pattern after --coverage-values";
            Err(Diagnostic::error(SUITE, message).help(help).into())
        }
        _ => Ok(failed),
    }
}
