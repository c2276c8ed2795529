//! `promchart test --lint`: the objects of each test's render against Kubernetes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::lint::{baseline, rule_infos, sort, threshold};
use super::output::Output;
use diagnostics::report::{self, Format};
use diagnostics::{Result, Severity};
use engine::threads;
use lint::settings::{NAMES, Settings};
use lint::{Family, Progress, Run, Scope};
use source::Sources;
use system::System;
use unittest::Results;

/// Shows nothing.
struct Silent;

impl Progress for Silent {
    fn done(&self, _: usize, _: usize, _: &Run) {}
}

/// The files and folders besides the charts that findings depend on.
pub(super) fn inputs(system: &dyn System) -> Vec<String> {
    let sources = Sources::new();
    // One of them may be made later. An error in the settings is told by `lint`.
    let mut inputs: Vec<String> = NAMES.map(str::to_owned).to_vec();
    if let Ok(settings) = Settings::load(system, None, &sources) {
        inputs.extend(settings.file.map(|file| sources.get(file).name().to_owned()));
        inputs.extend(settings.baseline);
        inputs.extend(settings.crds);
    }
    inputs
}

/// Lints the render of each test by the rules of the family `kubernetes`, prints what is found, and tells whether that is fine. A finding that
/// several tests share is told once.
pub(super) fn lint(system: &Arc<dyn System>, results: &Results, output: Output) -> Result<bool> {
    let sources = Sources::new();
    let settings = Settings::load(&**system, None, &sources)?;
    let mut selection = settings.selection(&**system, &sources)?;
    let others = Family::ALL.iter().filter(|family| **family != Family::Kubernetes);
    selection.ignore.extend(others.map(|family| family.as_str().to_owned()));
    // A rule that is selected by its name would be on all the same.
    selection
        .select
        .retain(|name| lint::find(name).is_none_or(|rule| rule.family == Family::Kubernetes));
    let mut seen = BTreeSet::new();
    let mut runs = Vec::new();
    let mut tests = 0;
    for suite in &results.suites {
        for test in &suite.tests {
            let Some(request) = &test.request else { continue };
            tests += 1;
            let mut request = (**request).clone();
            request.limits.memory = request.limits.memory.saturating_mul(threads::processors() + 1);
            // Many tests look at one render from several sides.
            if seen.insert(format!("{request:?}")) {
                let chart = request.chart.path().map(|path| path.display().to_string());
                runs.push(Run {
                    name: format!("{}: {}", suite.file, test.name).into(),
                    chart: chart.unwrap_or_default().into(),
                    request,
                    crds: settings.crds.clone(),
                    policies: Vec::new(),
                });
            }
        }
    }
    let mut found = lint::findings(system, &runs, Scope::All, &selection, &sources, &Silent);
    if let Some(path) = &settings.baseline {
        baseline(&**system, path)?.apply(&mut found, &sources);
    }
    sort(&mut found, &sources);
    // To lint, objects of other names are others; here they are one line of a template, met by several tests.
    let mut told = BTreeSet::new();
    found.diagnostics.retain(|finding| {
        let place = finding
            .span
            .map(|span| (sources.get(span.file).name().to_owned(), span.start));
        told.insert((finding.rule, place, finding.message.clone()))
    });
    let text = report::write(Format::Text, &found, &[], &sources, &rule_infos(), output.color());
    Output::result(&gostd::string::decode(&format!(
        "\n### Lint of {tests} tests, {} different renders\n\n{text}",
        runs.len()
    )));
    let fail_on: Severity = threshold(settings.fail_on.as_deref())?;
    Ok(!found.has(fail_on))
}
