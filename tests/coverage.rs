//! Coverage of templates: expected counts written by hand, and a check that counting changes nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use promchart::coverage::{Control, Coverage, FileCoverage, Kind};
use promchart::render::Trace;
use promchart::source::{Source, Sources};
use promchart::stages::{self, Renderer, Request};
use promchart::system::{Disk, Memory, System};
use promchart::template::ast::NodeId;
use promchart::values::Overrides;

use crate::support::sections;
use crate::support::{names, read, root, shares};

/// A point in the format of the cases.
fn shown(file: &FileCoverage, number: u32, source: &Source) -> String {
    let point = &file.points().points()[number as usize];
    let what = match &point.kind {
        Kind::Template(_) => "template".to_owned(),
        Kind::Action => "action".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Branch(branch) => {
            let otherwise = match (branch.is_else, branch.is_written) {
                (false, _) => "",
                (true, true) => " else",
                (true, false) => " (else)",
            };
            format!("{}{otherwise}", branch.control.word())
        }
    };
    let line = source.line_column(point.span.start).line;
    let name = file.path.rsplit('/').next().unwrap();
    format!("{name}:{line} {what} {}", file.hits(number))
}

fn difference(case: &str) -> Option<String> {
    let text = read(format!("tests/suite/coverage/{case}"));
    let sections = sections(&text);
    let section = |name: &str| sections.iter().find(|(found, _)| *found == name).map(|(_, text)| text);
    let mut system = Memory::new().with_file("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n");
    for (name, text) in sections.iter().filter(|(name, _)| name.contains('.')) {
        system = system.with_file(format!("chart/{name}"), text.clone());
    }
    let system: Arc<dyn System> = Arc::new(system);
    let sources = Sources::new();
    let mut request = Request::new("chart", "demo", Overrides::default());
    request.coverage = true;
    let renderer = Renderer::load(&system, &request, &sources).unwrap();
    let mut coverage = Coverage::default();
    for set in section("set").map_or("\n", String::as_str).lines() {
        request.overrides.set = set.split_whitespace().map(str::to_owned).collect();
        coverage.add(&renderer.run(&system, &request).coverage.unwrap());
    }
    let mut got: Vec<String> = Vec::new();
    for (_, file) in coverage.files() {
        let source = sources
            .iter()
            .find(|(_, source)| source.name() == &*file.path)
            .unwrap()
            .1;
        got.extend(file.counted().map(|(number, ..)| shown(file, number, &source)));
    }
    let want: Vec<&str> = section("want").unwrap().lines().collect();
    // The order of the files does not matter here.
    let (mut sorted, mut wanted) = (got.clone(), want.clone());
    sorted.sort();
    wanted.sort_unstable();
    let of_file = |lines: &[String], name: &str| -> Vec<String> {
        lines.iter().filter(|line| line.starts_with(name)).cloned().collect()
    };
    let want: Vec<String> = want.into_iter().map(str::to_owned).collect();
    let same_order = coverage.files().all(|(_, file)| {
        let name = format!("{}:", file.path.rsplit('/').next().unwrap());
        of_file(&got, &name) == of_file(&want, &name)
    });
    let is_same = same_order && sorted == wanted;
    (!is_same).then(|| format!("{case}\n{}", similar(&want, &got)))
}

fn similar(want: &[String], got: &[String]) -> String {
    let missing = want
        .iter()
        .filter(|line| !got.contains(line))
        .map(|line| format!("- {line}\n"));
    let more = got
        .iter()
        .filter(|line| !want.contains(line))
        .map(|line| format!("+ {line}\n"));
    missing.chain(more).collect::<String>() + "\nall:\n" + &got.join("\n")
}

#[test]
fn points_are_counted() {
    let cases = names("tests/suite/coverage");
    let wrong: Vec<String> = cases
        .iter()
        .filter(|name| name.ends_with(".txt"))
        .filter_map(|case| difference(case))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Renders a chart without counters, with counters, and with counters and a trace, and reports differences. Returns the
/// coverage if the chart renders.
fn compared(chart: &Path, files: &[String], wrong: &mut Vec<String>) -> Option<Coverage> {
    let system: Arc<dyn System> = Arc::new(Disk::default());
    let outcomes = [(Trace::Off, false), (Trace::Off, true), (Trace::On, true)].map(|(trace, coverage)| {
        let mut request = shares::request(chart, files, trace);
        request.coverage = coverage;
        let sources = Sources::new();
        let outcome = stages::run(&system, &request, &sources);
        let errors: Vec<String> = outcome
            .errors
            .diagnostics
            .iter()
            .map(|error| format!("{} {:?}", error.headline(), error.span.map(|span| sources.place(span))))
            .collect();
        (
            outcome.rendered.map(|rendered| rendered.files),
            errors,
            outcome.coverage,
        )
    });
    let [plain, counted, traced] = &outcomes;
    if (&plain.0, &plain.1) != (&counted.0, &counted.1) || (&plain.0, &plain.1) != (&traced.0, &traced.1) {
        wrong.push(format!("{} {files:?}: another result", chart.display()));
    }
    if plain.2.is_some() {
        wrong.push(format!("{}: counted though not asked", chart.display()));
    }
    let [_, (rendered, _, coverage), (_, _, again)] = outcomes;
    let hits = |coverage: &Option<Coverage>| -> Vec<u64> {
        let files = coverage.iter().flat_map(Coverage::files);
        files
            .flat_map(|(_, file)| file.counted().map(|(_, _, hits)| hits))
            .collect()
    };
    if hits(&coverage) != hits(&again) {
        wrong.push(format!("{} {files:?}: other counts with a trace", chart.display()));
    }
    coverage.filter(|_| rendered.is_some())
}

/// In a successful render, each `if` and `with` takes exactly one branch each time.
fn balance(coverage: &Coverage, wrong: &mut Vec<String>) {
    for (name, file) in coverage.files() {
        let mut ways: BTreeMap<Option<NodeId>, (u64, usize)> = BTreeMap::new();
        for (_, point, branch, hits) in file.branches() {
            if branch.control != Control::Range {
                let way = ways.entry(point.node).or_default();
                *way = (way.0 + hits, way.1 + 1);
            }
        }
        for (number, point, hits) in file.counted().filter(|(_, point, _)| point.kind == Kind::Action) {
            // The other branch of one with a single branch is an `else if`.
            if let Some((left, 2)) = ways.get(&point.node)
                && *left != hits
            {
                wrong.push(format!(
                    "{name}: point {number} was come to {hits} times and left {left} times"
                ));
            }
        }
    }
}

#[test]
fn counting_changes_no_render() {
    let mut wrong = Vec::new();
    let mut cases: Vec<(std::path::PathBuf, Vec<String>)> = Vec::new();
    for profile in names("values").into_iter().step_by(4) {
        let file = root().join("values").join(profile).to_string_lossy().into_owned();
        cases.push((root().join("chart"), vec![file]));
    }
    for case in names("tests/conformance") {
        let folder = root().join("tests/conformance").join(case);
        let chart = if folder.join("chart").is_dir() {
            folder.join("chart")
        } else {
            folder
        };
        if chart.join("Chart.yaml").is_file() {
            cases.push((chart, Vec::new()));
        }
    }
    assert!(cases.len() > 60, "{}", cases.len());
    for (chart, files) in &cases {
        if let Some(coverage) = compared(chart, files, &mut wrong) {
            balance(&coverage, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
