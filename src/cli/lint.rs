//! `promchart lint` and `promchart validate`: runs, rules, reports, exit code.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::args::{self, Lint, Reports, Rules, Runs, Validate, Values};
use super::output::Output;
use crate::diagnostic::{Diagnostic, Report, Result, Severity};
use crate::lint::settings::{ChartSettings, Settings, ValuesFiles};
use crate::lint::{self, BASELINE, Baseline, Progress, RULES, Run, Scope, Selection};
use crate::pipeline::Request;
use crate::render::{Capabilities, KubeVersion, Limits, Release, Trace};
use crate::report::{self, Format, RuleInfo};
use crate::source::Sources;
use crate::threads::processors;
use crate::values::Overrides;
use crate::world::World;

/// The release name of runs whose settings give none.
const RELEASE: &str = "release";
/// Where known findings are kept if nothing else is said.
const BASELINE_FILE: &str = "promchart-baseline.json";
/// The rule of command lines that make no sense.
const USAGE: &str = "usage";

pub(super) fn run(world: &Arc<dyn World>, arguments: &Lint, output: Output) -> Exit {
    let sources = Sources::new();
    let plan = plan(&**world, arguments, &sources);
    let reports = &arguments.reports;
    finish(world, plan, Scope::All, &arguments.rules, reports, &sources, output)
}

pub(super) fn validate(world: &Arc<dyn World>, arguments: &Validate, output: Output) -> Exit {
    let sources = Sources::new();
    let plan = Settings::load(&**world, arguments.rules.config.as_deref(), &sources).and_then(|settings| {
        let runs = Runs {
            each_values: Vec::new(),
            namespace: "default".to_owned(),
            kube_version: Vec::new(),
            api_versions: Vec::new(),
            crds: Vec::new(),
        };
        let charts = charts(&**world, &arguments.charts, &settings);
        let runs = charts
            .into_iter()
            .map(|chart| request(chart, &arguments.values, &[], None, &runs))
            .collect::<Result<Vec<_>>>()?;
        let files = Vec::new();
        Ok(Plan { settings, runs, files })
    });
    finish(
        world,
        plan,
        Scope::Values,
        &arguments.rules,
        &arguments.reports,
        &sources,
        output,
    )
}

/// What is to be done.
struct Plan {
    settings: Settings,
    runs: Vec<Run>,
    /// Files of Prometheus'.
    files: Vec<String>,
}

/// Runs everything and reports.
fn finish(
    world: &Arc<dyn World>,
    plan: Result<Plan>,
    scope: Scope,
    rules: &Rules,
    reports: &Reports,
    sources: &Sources,
    output: Output,
) -> Exit {
    let outcome = plan.and_then(|plan| {
        let Plan { settings, runs, files } = plan;
        let selection = selection(&settings, rules)?;
        let fail_on = fail_on(&settings, rules)?;
        let formats = formats(reports)?;
        let bar = Bar {
            is_shown: std::io::stderr().is_terminal() && runs.len() > 1,
        };
        let mut found = lint::run(world, &runs, scope, &selection, sources, &bar);
        bar.clear();
        found.append(lint::prometheus_files(&**world, &files, &selection, sources)?);
        sort(&mut found, sources);
        let path = rules.baseline.as_deref().or(settings.baseline.as_deref());
        if rules.write_baseline {
            let path = path.unwrap_or(BASELINE_FILE);
            let text = Baseline::of(&found, sources).write(&found, sources);
            write(&**world, path, &text)?;
            Output::message(&format!("{} findings written to {path}\n", found.diagnostics.len()));
            return Ok(Exit::Clean);
        }
        if let Some(path) = path {
            let known = baseline(&**world, path)?.apply(&mut found, sources);
            if known > 0 {
                Output::message(&format!("{known} known findings left out ({path})\n"));
            }
        }
        let infos = rule_infos();
        for (format, path) in &formats.1 {
            write(
                &**world,
                path,
                &report::write(*format, &found, &[], sources, &infos, false),
            )?;
        }
        if !reports.quiet {
            let text = report::write(formats.0, &found, &[], sources, &infos, output.color());
            Output::result(&crate::go::string::decode(&text));
        }
        Ok(if found.has(fail_on) { Exit::Failed } else { Exit::Clean })
    });
    outcome.unwrap_or_else(|error| {
        output.errors(&Report::from(error), sources, "");
        Exit::Usage
    })
}

/// By file, as people read them: sources come in the order in which threads happen to read them.
pub(super) fn sort(report: &mut Report, sources: &Sources) {
    report.diagnostics.sort_by_cached_key(|found| {
        let place = found
            .span
            .map(|span| (sources.get(span.file).name().to_owned(), span.start, span.end));
        (place, found.rule, found.message.clone())
    });
}

fn rule_infos() -> Vec<RuleInfo> {
    RULES
        .iter()
        .map(|rule| RuleInfo {
            id: rule.id,
            family: rule.family.as_str(),
            summary: rule.summary(),
            page: rule.page,
            severity: rule.severity,
        })
        .collect()
}

fn selection(settings: &Settings, rules: &Rules) -> Result<Selection> {
    let mut selection = settings.selection()?;
    selection.select.extend(rules.select.iter().cloned());
    selection.ignore.extend(rules.ignore.iter().cloned());
    if let Some((name, close)) = selection.unknown().into_iter().next() {
        let mut error = Diagnostic::error(USAGE, format!("there is no rule or family {name}"));
        error.help = close.map(|close| format!("did you mean `{close}`?"));
        return Err(Box::new(error));
    }
    Ok(selection)
}

fn fail_on(settings: &Settings, rules: &Rules) -> Result<Severity> {
    if rules.strict {
        return Ok(Severity::Warning);
    }
    threshold(rules.fail_on.as_deref().or(settings.fail_on.as_deref()))
}

/// The severity that a word names; errors if there is none.
pub(super) fn threshold(word: Option<&str>) -> Result<Severity> {
    match word {
        None => Ok(Severity::Error),
        Some(word) => Severity::parse(word).ok_or_else(|| {
            let message = format!("{word} is no severity: write error, warning or info");
            Box::new(Diagnostic::error(USAGE, message))
        }),
    }
}

/// The format on stdout, and those that go to files.
pub(super) fn formats(reports: &Reports) -> Result<(Format, Vec<(Format, String)>)> {
    let parse = |name: &str| {
        Format::parse(name).ok_or_else(|| {
            let known = Format::ALL.map(Format::as_str).join(", ");
            Box::new(Diagnostic::error(USAGE, format!("there is no format {name}")).help(format!("known are {known}")))
        })
    };
    let mut files = Vec::new();
    for output in &reports.output {
        let Some((name, path)) = output.split_once('=') else {
            return Err(Box::new(Diagnostic::error(
                USAGE,
                format!("--output {output}: write FORMAT=FILE"),
            )));
        };
        files.push((parse(name)?, path.to_owned()));
    }
    Ok((parse(&reports.format)?, files))
}

fn baseline(world: &dyn World, path: &str) -> Result<Baseline> {
    let bytes = world
        .read(Path::new(path))
        .map_err(|error| Diagnostic::error(BASELINE, format!("cannot read {path}: {error}")))?;
    Baseline::parse(&String::from_utf8_lossy(&bytes))
}

pub(super) fn write(world: &dyn World, path: &str, text: &str) -> Result<()> {
    let bytes = crate::go::string::decode(text);
    world
        .write(Path::new(path), &bytes)
        .map_err(|error| Box::new(Diagnostic::error(USAGE, format!("cannot write {path}: {error}"))))
}

/// The charts to lint: those of the command line, of the settings, of the working folder, or the one that is built in.
fn charts(world: &dyn World, given: &[String], settings: &Settings) -> Vec<ChartSettings> {
    if given.is_empty() && !settings.charts.is_empty() {
        return settings.charts.clone();
    }
    let of = |path: &str| {
        let known = settings
            .charts
            .iter()
            .find(|chart| chart.path.trim_end_matches('/') == path.trim_end_matches('/'));
        known.cloned().unwrap_or_else(|| ChartSettings {
            path: path.to_owned(),
            ..ChartSettings::default()
        })
    };
    if given.is_empty() {
        let here = world.entry(Path::new("Chart.yaml")).is_ok();
        return vec![if here { of(".") } else { ChartSettings::default() }];
    }
    given.iter().map(|path| of(path)).collect()
}

/// The runs that are asked for: each chart with each of its sets of values for each Kubernetes version.
fn plan(world: &dyn World, arguments: &Lint, sources: &Sources) -> Result<Plan> {
    let settings = Settings::load(world, arguments.rules.config.as_deref(), sources)?;
    let mut planned = Vec::new();
    let of_settings = arguments.charts.is_empty().then_some(&settings.prometheus_configs);
    let files: Vec<String> = if arguments.prometheus_config.is_empty() {
        of_settings.into_iter().flatten().cloned().collect()
    } else {
        arguments.prometheus_config.clone()
    };
    // Files of Prometheus' alone are no reason to lint a chart.
    let is_for_files = arguments.charts.is_empty() && !arguments.prometheus_config.is_empty();
    let charts = if is_for_files {
        Vec::new()
    } else {
        charts(world, &arguments.charts, &settings)
    };
    for chart in charts {
        let of_command_line = !arguments.runs.each_values.is_empty() || !arguments.values.files.is_empty();
        let values: Vec<Vec<String>> = if of_command_line {
            arguments
                .runs
                .each_values
                .iter()
                .map(|file| vec![file.clone()])
                .collect()
        } else {
            chart.values.iter().map(ValuesFiles::files).collect()
        };
        let values = if values.is_empty() { vec![Vec::new()] } else { values };
        let mut versions = arguments.runs.kube_version.clone();
        for more in [&chart.kube_versions, &settings.kube_versions] {
            if versions.is_empty() {
                versions.clone_from(more);
            }
        }
        let versions: Vec<Option<&str>> = if versions.is_empty() {
            vec![None]
        } else {
            versions.iter().map(|version| Some(&**version)).collect()
        };
        for files in &values {
            for version in &versions {
                let mut run = request(chart.clone(), &arguments.values, files, *version, &arguments.runs)?;
                run.request.skip_schema = arguments.skip_schema_validation;
                run.request.limits = limits(&arguments.limits);
                run.crds = arguments.runs.crds.iter().chain(&settings.crds).cloned().collect();
                planned.push(run);
            }
        }
    }
    Ok(Plan {
        settings,
        runs: planned,
        files,
    })
}

fn limits(arguments: &args::LimitArguments) -> Limits {
    let mut limits = Limits::default();
    if let Some(steps) = arguments.max_steps {
        limits.steps = steps;
    }
    if let Some(mebibytes) = arguments.max_memory {
        limits.memory = mebibytes.saturating_mul(1 << 20);
    }
    // Renders run side by side, and the memory of all is counted together.
    let threads = processors();
    limits.memory = limits.memory.saturating_mul(threads + 1);
    limits
}

fn request(chart: ChartSettings, values: &Values, files: &[String], version: Option<&str>, runs: &Runs) -> Result<Run> {
    let mut capabilities = Capabilities::default();
    if let Some(version) = version {
        capabilities.kube_version = KubeVersion::parse(version)
            .map_err(|error| Diagnostic::error(USAGE, format!("invalid kube version '{version}': {error}")))?;
    }
    capabilities
        .api_versions
        .extend(chart.api_versions.iter().chain(&runs.api_versions).cloned());
    let mut name = files.join(" + ");
    if let Some(version) = version {
        let and = if name.is_empty() { "" } else { ", " };
        name.push_str(&format!("{and}Kubernetes {version}"));
    }
    Ok(Run {
        name: name.into(),
        chart: chart.path.as_str().into(),
        request: Request {
            chart: (!chart.path.is_empty()).then(|| chart.path.clone().into()),
            overrides: Overrides {
                files: values.files.iter().chain(files).cloned().collect(),
                json: values.set_json.clone(),
                set: chart.set.iter().chain(&values.set).cloned().collect(),
                string: values.set_string.clone(),
                file: values.set_file.clone(),
                literal: values.set_literal.clone(),
            },
            release: Release {
                name: chart.release.unwrap_or_else(|| RELEASE.to_owned()),
                namespace: chart.namespace.unwrap_or_else(|| runs.namespace.clone()),
                is_upgrade: false,
            },
            capabilities,
            skip_schema: false,
            post_renderer: None,
            limits: Limits::default(),
            trace: Trace::On,
        },
        crds: Vec::new(),
    })
}

/// A bar on stderr that shows how far the runs have come.
struct Bar {
    is_shown: bool,
}

impl Progress for Bar {
    fn done(&self, done: usize, total: usize, run: &Run) {
        const WIDTH: usize = 24;
        if self.is_shown {
            let full = done * WIDTH / total.max(1);
            let bar = format!("{}{}", "#".repeat(full), "-".repeat(WIDTH - full));
            Output::message(&format!("\r\u{1b}[K[{bar}] {done}/{total} {} {}", run.chart, run.name));
        }
    }
}

impl Bar {
    fn clear(&self) {
        if self.is_shown {
            Output::message("\r\u{1b}[K");
        }
    }
}
