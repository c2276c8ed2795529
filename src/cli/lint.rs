//! `promchart lint` and `promchart validate`: runs, rules, reports, exit code.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Exit;
use super::args::{self, Lint, Reports, Rules, Runs, Validate, Values};
use super::output::Output;
use crate::{builtin, pages};
use chart::Location;
use chart::values::Overrides;
use diagnostics::report::{self, Format, RuleInfo};
use diagnostics::{Diagnostic, Report, Result, Severity};
use engine::render::{Capabilities, KubeVersion, Limits, Trace};
use engine::stages::Request;
use engine::threads::processors;
use lint::discover::{self, Patterns};
use lint::explore::{Explored, Unreached};
use lint::settings::{ChartSettings, Settings, ValuesFiles};
use lint::{BASELINE, Baseline, Progress, RULES, Run, Scope, Selection, Tally};
use source::Sources;
use system::{FileKind, System};

/// The default release name of runs.
const RELEASE: &str = "release";
/// The default baseline file.
const BASELINE_FILE: &str = "promchart-baseline.json";
/// The rule for invalid command lines.
const USAGE: &str = "usage";

pub(super) fn run(system: &Arc<dyn System>, arguments: &Lint, output: Output) -> Exit {
    if let Some(mode) = &arguments.fix {
        return super::fix::run(system, arguments, mode, output);
    }
    let sources = Sources::new();
    let plan = can_explore(arguments).and_then(|()| plan(&**system, arguments, &sources));
    let reports = &arguments.reports;
    let extent = Checks {
        scope: Scope::All,
        explore: arguments.explore.and_then(|budget| usize::try_from(budget).ok()),
    };
    finish(system, plan, extent, &arguments.rules, reports, &sources, output)
}

/// Exploring renders with the values of the user again and again: the standard input can be read only once.
fn can_explore(arguments: &Lint) -> Result<()> {
    let mut files = arguments.values.files.iter().chain(&arguments.runs.each_values);
    if arguments.explore.is_some() && files.any(|file| file.trim() == "-") {
        let message = "--explore cannot be used with values from the standard input";
        let help = "write them to a file and give its path with -f";
        return Err(Diagnostic::error(USAGE, message).help(help).into());
    }
    Ok(())
}

pub(super) fn validate(system: &Arc<dyn System>, arguments: &Validate, output: Output) -> Exit {
    let sources = Sources::new();
    let plan = Settings::load(&**system, arguments.rules.config.as_deref(), &sources).and_then(|settings| {
        let runs = Runs {
            each_values: Vec::new(),
            namespace: "default".to_owned(),
            is_upgrade: false,
            kube_version: Vec::new(),
            api_versions: Vec::new(),
            crds: Vec::new(),
            policies: Vec::new(),
        };
        let has_values = !arguments.values.files.is_empty();
        let charts = charts(&**system, &arguments.charts, &settings, has_values, &sources)?;
        let runs = charts
            .into_iter()
            .map(|chart| request(chart, &arguments.values, &[], None, &runs))
            .collect::<Result<Vec<_>>>()?;
        let files = Vec::new();
        Ok(Plan { settings, runs, files })
    });
    finish(
        system,
        plan,
        Checks {
            scope: Scope::Values,
            explore: None,
        },
        &arguments.rules,
        &arguments.reports,
        &sources,
        output,
    )
}

/// All findings, without a report.
pub(super) fn findings(system: &Arc<dyn System>, arguments: &Lint, sources: &Sources) -> Result<Report> {
    let Plan { settings, runs, files } = plan(&**system, arguments, sources)?;
    let selection = selection(&**system, &settings, &arguments.rules, sources)?;
    let bar = Bar { is_shown: false };
    let mut found = lint::findings(system, &runs, Scope::All, &selection, sources, &bar);
    found.append(lint::prometheus_files(&**system, &files, &selection, sources)?);
    sort(&mut found, sources);
    Ok(found)
}

/// The extent of the checks.
#[derive(Clone, Copy)]
struct Checks {
    scope: Scope,
    /// The maximum number of renders of `--explore` for each chart.
    explore: Option<usize>,
}

/// The result of exploring a chart; with `all`, also the branches that were not reached.
fn exploration(explored: &Explored, all: bool) -> String {
    let mut text = format!(
        "explored {}: {} of {} branches ({} %), {} of them without exploring",
        explored.chart,
        explored.reached,
        explored.branches,
        100 * explored.reached / explored.branches.max(1),
        explored.plain
    );
    if explored.refusing > 0 {
        text.push_str(&format!(", not counting {} that only refuse values", explored.refusing));
    }
    text.push_str(&format!(
        "; {} renders, {} sets of values linted\n",
        explored.renders, explored.sets
    ));
    if explored.is_cut && explored.reached < explored.branches {
        let what = if explored.is_too_much {
            "the work was"
        } else {
            "the renders were"
        };
        text.push_str(&format!("{what} used up: --explore=RENDERS allows more\n"));
    }
    for branch in explored.unreached.iter().filter(|_| all) {
        let way = if branch.is_else { "else of " } else { "" };
        let Unreached {
            place, head, reason, ..
        } = branch;
        text.push_str(&format!("not reached: {place}: {way}{head} ({reason})\n"));
    }
    text
}

/// The settings, runs and files of a lint run.
struct Plan {
    settings: Settings,
    runs: Vec<Run>,
    /// Prometheus files.
    files: Vec<String>,
}

/// Runs everything and reports.
fn finish(
    system: &Arc<dyn System>,
    plan: Result<Plan>,
    extent: Checks,
    rules: &Rules,
    reports: &Reports,
    sources: &Sources,
    output: Output,
) -> Exit {
    let outcome = plan.and_then(|plan| {
        let Plan { settings, runs, files } = plan;
        let selection = selection(&**system, &settings, rules, sources)?;
        let fail_on = fail_on(&settings, rules)?;
        let formats = formats(reports)?;
        let bar = Bar {
            is_shown: std::io::stderr().is_terminal() && runs.len() > 1,
        };
        let start = std::time::Instant::now();
        let (mut found, mut tally, explored) = match extent.explore {
            Some(budget) => lint::run_exploring(system, &runs, budget, &selection, sources, &bar),
            // Only a report tells of the branches.
            None if reports.quiet && formats.1.is_empty() => {
                let found = lint::findings(system, &runs, extent.scope, &selection, sources, &bar);
                (found, Tally::default(), Vec::new())
            }
            None => {
                let (found, tally) = lint::run(system, &runs, extent.scope, &selection, sources, &bar);
                (found, tally, Vec::new())
            }
        };
        tally.is_explored = extent.explore.is_some();
        bar.clear();
        found.append(lint::prometheus_files(&**system, &files, &selection, sources)?);
        sort(&mut found, sources);
        let path = rules.baseline.as_deref().or(settings.baseline.as_deref());
        if rules.write_baseline {
            let path = path.unwrap_or(BASELINE_FILE);
            let text = Baseline::of(&found, sources).write(&found, sources);
            write(&**system, path, &text)?;
            Output::message(&format!("{} findings written to {path}\n", found.diagnostics.len()));
            return Ok(Exit::Clean);
        }
        if let Some(path) = path {
            let baseline = baseline(&**system, path)?;
            let known = baseline.apply(&mut found, sources);
            if known > 0 {
                Output::message(&format!("{known} known findings left out ({path})\n"));
            }
            let gone = baseline.len().saturating_sub(known);
            if gone > 0 {
                Output::message(&format!(
                    "{gone} of the known findings are gone ({path}): --write-baseline forgets them\n"
                ));
            }
        }
        let infos = rule_infos();
        for (format, path) in &formats.1 {
            write(
                &**system,
                path,
                &report::write_with_reach(*format, &found, tally.reached(), sources, &infos, false),
            )?;
        }
        if !reports.quiet {
            let text = report::write_with_reach(formats.0, &found, tally.reached(), sources, &infos, output.color());
            Output::result(&gostd::string::decode(&text));
            if rules.statistics {
                Output::message(&statistics(&found));
            }
            if !runs.is_empty() {
                Output::message(&report::text::printable(&tally.lines(start.elapsed())));
                explored.iter().for_each(|explored| {
                    Output::message(&report::text::printable(&exploration(explored, rules.statistics)));
                });
                if rules.statistics && extent.explore.is_none() {
                    Output::message(&report::text::printable(&tally.untaken(sources)));
                }
            }
        }
        Ok(if found.has(fail_on) { Exit::Failed } else { Exit::Clean })
    });
    outcome.unwrap_or_else(|error| {
        output.errors(&Report::from(error), sources, "");
        Exit::Usage
    })
}

/// Sorted by file name, because the order in which threads read the sources varies.
pub(super) fn sort(report: &mut Report, sources: &Sources) {
    report.diagnostics.sort_by_cached_key(|found| {
        let place = found
            .span
            .map(|span| (sources.get(span.file).name().to_owned(), span.start, span.end));
        (place, found.rule, found.message.clone())
    });
}

pub(super) fn rule_infos() -> Vec<RuleInfo> {
    RULES
        .iter()
        .map(|rule| {
            let page = pages::rule(rule.id);
            RuleInfo {
                id: rule.id,
                family: rule.family.as_str(),
                summary: pages::summary(page),
                page,
                severity: rule.severity,
            }
        })
        .collect()
}

/// The number of findings of each rule, the most frequent first.
fn statistics(found: &Report) -> String {
    let mut counts: BTreeMap<&str, (usize, Severity)> = BTreeMap::new();
    for diagnostic in &found.diagnostics {
        let (count, severity) = counts.entry(diagnostic.rule).or_insert((0, diagnostic.severity));
        *count += 1;
        *severity = (*severity).max(diagnostic.severity);
    }
    let mut rows: Vec<(&str, usize, Severity)> = counts
        .into_iter()
        .map(|(rule, (count, worst))| (rule, count, worst))
        .collect();
    rows.sort_by_key(|(rule, count, _)| (std::cmp::Reverse(*count), *rule));
    let row = |(rule, count, worst): &(&str, usize, Severity)| format!("{count:6}  {:7}  {rule}\n", worst.as_str());
    rows.iter().map(row).collect()
}

fn selection(system: &dyn System, settings: &Settings, rules: &Rules, sources: &Sources) -> Result<Selection> {
    let mut selection = settings.selection(system, sources)?;
    selection.select.extend(rules.select.iter().cloned());
    selection.ignore.extend(rules.ignore.iter().cloned());
    if let Some((name, close)) = selection.unknown().into_iter().next() {
        let mut error = Diagnostic::error(USAGE, format!("there is no rule or family {name}"));
        let close = close.map(|close| format!("did you mean `{close}`?"));
        error.help = close.or_else(|| Some("`promchart explain` lists all rules".to_owned()));
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

/// The severity with a name; `error` by default.
pub(super) fn threshold(word: Option<&str>) -> Result<Severity> {
    match word {
        None => Ok(Severity::Error),
        Some(word) => Severity::parse(word).ok_or_else(|| {
            let message = format!("{word} is no severity: write error, warning or info");
            Box::new(Diagnostic::error(USAGE, message))
        }),
    }
}

/// The format on stdout, and those written to files.
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

pub(super) fn baseline(system: &dyn System, path: &str) -> Result<Baseline> {
    let bytes = system
        .read(Path::new(path))
        .map_err(|error| Diagnostic::error(BASELINE, format!("cannot read {path}: {error}")))?;
    Baseline::parse(&String::from_utf8_lossy(&bytes))
}

pub(super) fn write(system: &dyn System, path: &str, text: &str) -> Result<()> {
    let bytes = gostd::string::decode(text);
    system
        .write(Path::new(path), &bytes)
        .map_err(|error| Box::new(Diagnostic::error(USAGE, format!("cannot write {path}: {error}"))))
}

/// The charts to lint: those of the command line; otherwise those of the settings below this folder, the chart that
/// contains the working folder, or those below it. If there are none and values are given, it is the built-in chart.
fn charts(
    system: &dyn System,
    given: &[String],
    settings: &Settings,
    has_values: bool,
    sources: &Sources,
) -> Result<Vec<ChartSettings>> {
    let mut listed = Vec::new();
    for chart in &settings.charts {
        let matching = listed_charts(system, chart).map_err(|error| settings.locate(error, &chart.path, sources))?;
        listed.extend(matching);
    }
    let of = |path: PathBuf| {
        let place = discover::absolute(system, &path);
        let same = |chart: &&ChartSettings| discover::absolute(system, Path::new(&chart.path)) == place;
        let known = listed.iter().find(same).cloned().unwrap_or_default();
        ChartSettings {
            path: path.display().to_string(),
            ..known
        }
    };
    let excluded = settings.excluded(system, sources)?;
    if !given.is_empty() {
        let mut charts = Vec::new();
        for path in given {
            charts.extend(named_charts(system, path, &excluded)?.into_iter().map(of));
        }
        return Ok(charts);
    }
    let around = discover::chart_around(system);
    let here = discover::absolute(system, Path::new("."));
    let is_here = |chart: &&ChartSettings| {
        let place = discover::absolute(system, Path::new(&chart.path));
        settings.folder.as_os_str().is_empty() || place.starts_with(&here)
    };
    let mine: Vec<ChartSettings> = listed.iter().filter(is_here).cloned().collect();
    if !mine.is_empty() {
        return Ok(mine);
    }
    if let Some(chart) = around {
        return Ok(vec![of(chart)]);
    }
    let below = discover::charts_below(system, Path::new("."), &excluded)?;
    if !below.is_empty() {
        return Ok(below.into_iter().map(of).collect());
    }
    if has_values {
        return Ok(vec![ChartSettings::default()]);
    }
    let message = "there is no chart here: no Chart.yaml in this folder, in one above it or in one below it";
    let help = "name the folder of a chart; values for the Prometheus chart that is built in are given with -f";
    Err(Diagnostic::error(USAGE, message).help(help).into())
}

/// The charts of an entry of the settings, whose path may be a pattern.
fn listed_charts(system: &dyn System, chart: &ChartSettings) -> Result<Vec<ChartSettings>> {
    let paths = if discover::is_pattern(&chart.path) && system.entry(Path::new(&chart.path)).is_err() {
        discover::charts_like(system, &chart.path)?
    } else {
        vec![PathBuf::from(&chart.path)]
    };
    let at = |path: PathBuf| ChartSettings {
        path: path.display().to_string(),
        ..chart.clone()
    };
    Ok(paths.into_iter().map(at).collect())
}

/// The charts of an argument: a chart, the charts below a folder, or the matches of a pattern.
fn named_charts(system: &dyn System, path: &str, excluded: &Patterns) -> Result<Vec<PathBuf>> {
    let folder = Path::new(path);
    if discover::is_pattern(path) && system.entry(folder).is_err() {
        return discover::charts_like(system, path);
    }
    let entry = chart::locate(system, folder)?;
    if entry.kind != FileKind::Folder || discover::has_chart(system, folder) {
        return Ok(vec![folder.to_path_buf()]);
    }
    let below = discover::charts_below(system, folder, excluded)?;
    if below.is_empty() {
        let message = format!("there is no chart in {path}: no Chart.yaml in it or below it");
        return Err(Diagnostic::error(USAGE, message).into());
    }
    Ok(below)
}

/// The sets of values files of a chart. Each match of a pattern is a separate set.
fn sets(system: &dyn System, values: &[ValuesFiles]) -> Result<Vec<Vec<String>>> {
    let matching = |file: &String| -> Result<Vec<String>> {
        if !discover::is_pattern(file) || system.entry(Path::new(file)).is_ok() {
            return Ok(vec![file.clone()]);
        }
        let found = discover::files_like(system, file)?;
        Ok(found.into_iter().map(|path| path.display().to_string()).collect())
    };
    let mut sets = Vec::new();
    for values in values {
        match values {
            ValuesFiles::One(file) => sets.extend(matching(file)?.into_iter().map(|file| vec![file])),
            ValuesFiles::Several(files) => {
                let files: Vec<Vec<String>> = files.iter().map(matching).collect::<Result<_>>()?;
                sets.push(files.concat());
            }
        }
    }
    Ok(sets)
}

/// The requested runs: each chart with each of its sets of values and each Kubernetes version.
fn plan(system: &dyn System, arguments: &Lint, sources: &Sources) -> Result<Plan> {
    let settings = Settings::load(system, arguments.rules.config.as_deref(), sources)?;
    let mut planned = Vec::new();
    let of_settings = arguments.charts.is_empty().then_some(&settings.prometheus_configs);
    let files: Vec<String> = if arguments.prometheus_config.is_empty() {
        of_settings.into_iter().flatten().cloned().collect()
    } else {
        arguments.prometheus_config.clone()
    };
    // With Prometheus files alone, no chart is linted.
    let is_for_files = arguments.charts.is_empty() && !arguments.prometheus_config.is_empty();
    let charts = if is_for_files {
        Vec::new()
    } else {
        let has_values = !arguments.values.files.is_empty() || !arguments.runs.each_values.is_empty();
        charts(system, &arguments.charts, &settings, has_values, sources)?
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
            sets(system, &chart.values)?
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
                run.policies = arguments
                    .runs
                    .policies
                    .iter()
                    .chain(&settings.policies)
                    .cloned()
                    .collect();
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
    let mut limits = arguments.limits();
    // Renders run in parallel, and their memory is counted together.
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
    let overrides = Overrides {
        files: values.files.iter().chain(files).cloned().collect(),
        json: values.set_json.clone(),
        set: chart.set.iter().chain(&values.set).cloned().collect(),
        string: values.set_string.clone(),
        file: values.set_file.clone(),
        literal: values.set_literal.clone(),
    };
    let release = chart.release.unwrap_or_else(|| RELEASE.to_owned());
    let location = match &*chart.path {
        "" => Location::Embedded(builtin::CHART),
        path => Location::from(path),
    };
    let mut request = Request::new(location, release, overrides);
    request.release.namespace = chart.namespace.unwrap_or_else(|| runs.namespace.clone());
    request.release.is_upgrade = runs.is_upgrade;
    request.capabilities = capabilities;
    request.trace = Trace::On;
    Ok(Run {
        name: name.into(),
        chart: chart.path.as_str().into(),
        request,
        crds: Vec::new(),
        policies: Vec::new(),
    })
}

/// A progress bar on stderr.
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
