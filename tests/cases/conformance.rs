//! Comparison with the output of Helm 4.3.1: one-line templates (`micro/`) and whole charts, one folder per case.
//! `tests/conformance/README.md` describes how to add one.

use std::path::Path;
use std::sync::Arc;

use libtest_mimic::Trial;

use super::case;
use super::row;
use crate::support::engine::Engine;
use crate::support::{Case, Run, names, read, root, rows, scratch, words};

const CHART: &str = "tests/conformance/micro/chart";

pub(crate) fn cases() -> Vec<Trial> {
    [micro(), charts()].into_iter().flatten().collect()
}

/// One-line templates, each rendered three times: neither a trace nor counters change the text or the error.
fn micro() -> Vec<Trial> {
    let mut chart = Vec::new();
    files(Path::new(CHART), &mut chart);
    let plain = Arc::new(Engine::new(chart.clone()));
    let traced = Arc::new(Engine::new(chart.clone()).traced());
    let counting = Arc::new(Engine::new(chart).counting());
    let rows = rows("tests/conformance/micro");
    let renders = [("micro", plain), ("traced", traced), ("counting", counting)];
    renders
        .into_iter()
        .flat_map(|(render, engine)| {
            let trial = move |(place, line): &(String, String)| {
                let (engine, line) = (Arc::clone(&engine), line.clone());
                case(format!("conformance::{render}::{place}"), move || {
                    row::difference(&engine, &line)
                })
            };
            rows.iter().map(trial).collect::<Vec<_>>()
        })
        .collect()
}

/// Whole charts: `conformance::CHART::CASE`.
fn charts() -> Vec<Trial> {
    let trial = |folder: String| {
        let name = folder.trim_start_matches("tests/").replace('/', "::");
        case(name, move || whole_chart(&folder))
    };
    case_folders().into_iter().map(trial).collect()
}

fn whole_chart(case: &str) -> Option<String> {
    let run = run_case(case);
    let (want_out, want_err) = (
        part(case, "want.out").unwrap(),
        part(case, "want.err").unwrap_or_default(),
    );
    let code = |stderr: &str| i32::from(stderr.lines().any(|line| line.starts_with("Error: ")));
    let helm = difference(&run, code(&want_err), &want_out, &want_err);
    // Deliberate differences are in `ours.*`.
    let (ours_out, ours_err) = (part(case, "ours.out"), part(case, "ours.err"));
    let found = if ours_out.is_none() && ours_err.is_none() {
        helm
    } else if helm.is_none() {
        Some("  it does not differ from Helm any more: remove ours.*".to_owned())
    } else if !read("docs/compatibility.md").contains(case) {
        Some("  docs/compatibility.md does not name this case".to_owned())
    } else {
        let (out, err) = (ours_out.unwrap_or(want_out), ours_err.unwrap_or(want_err));
        difference(&run, code(&err), &out, &err)
    };
    found.map(|text| format!("{}\n{text}", read(format!("{case}/args")).trim()))
}

/// The files of a folder, recursively, by their paths relative to the chart.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for name in names(folder) {
        let path = root().join(folder).join(name);
        if path.is_dir() {
            files(&path, found);
        } else {
            let name = path.strip_prefix(root().join(CHART)).unwrap().display().to_string();
            found.push((name, std::fs::read(&path).unwrap()));
        }
    }
}

/// Whether the output matches Helm's. Our additions follow Helm's text. The order of schema violations is ignored.
fn says(got: &str, want: &str) -> bool {
    // Helm's debug log lines are ignored.
    let lines: Vec<&str> = want.lines().filter(|line| !line.starts_with("level=DEBUG")).collect();
    let want = lines.join("\n");
    let want = want.trim_end_matches('\n');
    if want.is_empty() {
        return got.is_empty();
    }
    if !want.contains("values don't meet the specifications") {
        return got
            .strip_prefix(want)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('\n'));
    }
    let sorted = |text: &str, count: usize| {
        let mut lines: Vec<String> = text.lines().take(count).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let count = want.lines().count();
    sorted(got, count) == sorted(want, count)
}

/// The difference of a run, if any.
fn difference(run: &Run, code: i32, stdout: &str, stderr: &str) -> Option<String> {
    let mut wrong = String::new();
    if run.code != code {
        wrong.push_str(&format!("  exit code {}, not {code}\n", run.code));
    }
    if run.stdout != stdout {
        let lines = run.stdout.lines().zip(stdout.lines()).enumerate();
        let (at, (got, want)) = lines
            .into_iter()
            .find(|(_, (got, want))| got != want)
            .unwrap_or((0, ("more or fewer lines", "")));
        wrong.push_str(&format!("  line {}\n    want {want:?}\n    got  {got:?}\n", at + 1));
    }
    if !says(&run.stderr, stderr) {
        wrong.push_str(&format!("  want {stderr:?}\n  got  {:?}\n", run.stderr));
    }
    (!wrong.is_empty()).then_some(wrong)
}

/// The folders of cases: `tests/conformance/CHART/CASE`.
fn case_folders() -> Vec<String> {
    let folder = "tests/conformance";
    let is_folder = |path: &String| root().join(path).is_dir();
    let charts = names(folder)
        .into_iter()
        .map(|chart| format!("{folder}/{chart}"))
        .filter(is_folder);
    let cases = charts.flat_map(|chart| names(&chart).into_iter().map(move |case| format!("{chart}/{case}")));
    cases.filter(|case| root().join(case).join("args").is_file()).collect()
}

/// Runs a case in its folder. The files written to `{out}` are appended to the output, and paths of this machine are
/// replaced.
fn run_case(case: &str) -> Run {
    let out = scratch(&case.replace('/', "-"));
    let out_text = out.display().to_string();
    let line = read(format!("{case}/args"));
    let arguments = words(&line).into_iter().map(|word| word.replace("{out}", &out_text));
    let mut run = Case::new("template").args(arguments).dir(root().join(case)).run();
    let mut written = Vec::new();
    files_in(&out, &out, &mut written);
    for (name, text) in written {
        run.stdout.push_str(&format!("==> {{out}}/{name}\n{text}"));
    }
    for text in [&mut run.stdout, &mut run.stderr] {
        *text = text
            .replace(&out_text, "{out}")
            .replace(&root().display().to_string(), "{root}");
    }
    run
}

fn files_in(top: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files_in(top, &path, found);
        } else {
            let name = path.strip_prefix(top).unwrap().display().to_string();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// A file of a case; empty if it does not exist.
fn part(case: &str, name: &str) -> Option<String> {
    std::fs::read(root().join(case).join(name))
        .ok()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
