//! `promchart test` compared with the real helm-unittest on the same suites.
//!
//! `tests/unittest` has a chart with suites, invalid suites, and `wanted.json`, which `record.py` there records with
//! helm-unittest 1.1.2: verdicts and texts.

use std::path::Path;
use std::sync::Arc;

use promchart::diagnostic::Diagnostic;
use promchart::render::Limits;
use promchart::source::Sources;
use promchart::system::{Disk, System};
use promchart::unittest::{self, Listener, Options, Results, SuiteResult, TestResult};
use serde_json::Value as Json;

use crate::support::{Case, copy, names, read, root, scratch};

/// Ignores all events.
struct Deaf;

impl Listener for Deaf {
    fn chart(&mut self, _: &str, _: &str) {}

    fn chart_failed(&mut self, _: &Diagnostic, _: &Sources) {}

    fn passed_over(&mut self, _: &Diagnostic, _: &Sources) {}

    fn elsewhere(&mut self, _: &str, _: &[String]) {}

    fn suite(&mut self, _: &SuiteResult) {}
}

fn wanted() -> Json {
    serde_json::from_str(&read("tests/unittest/wanted.json")).unwrap()
}

/// A copy of the chart in a new folder.
fn fresh(name: &str) -> std::path::PathBuf {
    let folder = scratch(name);
    copy(&root().join("tests/unittest/chart"), &folder.join("chart"));
    folder
}

fn run(folder: &Path, change: impl FnOnce(&mut Options)) -> Results {
    let system: Arc<dyn System> = Arc::new(Disk::default());
    let mut options = Options {
        charts: vec![folder.join("chart").to_string_lossy().into_owned()],
        files: vec!["tests/*_test.yaml".to_owned()],
        with_subcharts: true,
        limits: Limits::default(),
        ..Options::default()
    };
    change(&mut options);
    unittest::run(&system, &options, &Sources::new(), &mut Deaf)
}

/// The output of helm-unittest about a test, without the positions that only promchart adds.
fn told(test: &TestResult, folder: &Path) -> (String, String, String) {
    let mut test = test.clone();
    for assertion in &mut test.assertions {
        assertion.places.clear();
    }
    let result = match (test.skipped, test.passed) {
        (true, _) => "Skipped",
        (_, true) => "Success",
        _ => "Failed",
    };
    let text = if test.has_failed() || test.skipped {
        test.text()
    } else {
        String::new()
    };
    let text = text.replace(&format!("{}/", folder.display()), "");
    (test.name.clone(), result.to_owned(), text)
}

/// All differences of the results.
fn differences(wanted: &Json, results: &Results, folder: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let suites = wanted["suites"].as_array().unwrap();
    let names: Vec<&str> = suites.iter().map(|suite| suite["suite"].as_str().unwrap()).collect();
    let found: Vec<&str> = results.suites.iter().map(|suite| &*suite.name).collect();
    if names != found {
        wrong.push(format!("suites: {names:?}\n  here {found:?}"));
    }
    for (wanted, suite) in suites.iter().zip(&results.suites) {
        let tests = wanted["tests"].as_array().unwrap();
        for (number, wanted) in tests.iter().enumerate() {
            let text = |key: &str| wanted[key].as_str().unwrap().to_owned();
            let wanted = (text("test"), text("result"), text("text"));
            let found = suite.tests.get(number).map(|test| told(test, folder));
            if found.as_ref() != Some(&wanted) {
                wrong.push(format!("{}: {wanted:?}\n  here {found:?}", suite.name));
            }
        }
    }
    if wanted["passed"] != results.passed() {
        wrong.push(format!("passed: {}", results.passed()));
    }
    wrong
}

#[test]
fn tests_are_judged_as_helm_unittest_judges_them() {
    let wanted = wanted();
    let folder = fresh("unittest");
    let results = run(&folder, |_| {});
    let mut wrong = differences(&wanted["run"], &results, &folder);
    let count = results.suites.iter().map(|suite| suite.tests.len()).sum::<usize>();
    assert!(count > 60, "{count}");
    let snapshot = std::fs::read_to_string(folder.join("chart/tests/__snapshot__/snapshot_test.yaml.snap")).unwrap();
    if wanted["snapshot"] != *snapshot {
        wrong.push(format!("snapshots:\n{snapshot}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn snapshots_are_updated_as_by_helm_unittest() {
    let folder = fresh("unittest-updated");
    run(&folder, |options| options.update_snapshots = true);
    let snapshot = std::fs::read_to_string(folder.join("chart/tests/__snapshot__/snapshot_test.yaml.snap")).unwrap();
    assert_eq!(wanted()["updated"], *snapshot);
}

#[test]
fn broken_suites_are_refused_where_helm_unittest_refuses_them() {
    let wanted = wanted();
    let mut wrong = Vec::new();
    let broken = wanted["broken"].as_object().unwrap();
    assert!(broken.len() > 10);
    for (name, wanted) in broken {
        let folder = alone(&format!("unittest-broken-{name}"), &format!("broken/{name}.yaml"));
        let results = run(&folder, |options| options.strict = name.starts_with("strict-"));
        let found = differences(wanted, &results, &folder);
        wrong.extend(found.iter().map(|found| format!("{name}: {found}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A copy of the chart with one suite.
fn alone(name: &str, file: &str) -> std::path::PathBuf {
    let folder = fresh(name);
    std::fs::remove_dir_all(folder.join("chart/tests")).unwrap();
    std::fs::remove_dir_all(folder.join("chart/charts/child/tests")).unwrap();
    std::fs::create_dir_all(folder.join("chart/tests")).unwrap();
    std::fs::copy(
        root().join("tests/unittest").join(file),
        folder.join("chart/tests/x_test.yaml"),
    )
    .unwrap();
    folder
}

#[test]
fn differences_are_those_that_are_known() {
    let files = names("tests/unittest/differences");
    assert!(files.len() >= 5);
    for file in files {
        let text = read(format!("tests/unittest/differences/{file}"));
        let said = text.lines().next().unwrap().rsplit(' ').next().unwrap();
        let folder = alone(&format!("unittest-different-{file}"), &format!("differences/{file}"));
        let results = run(&folder, |_| {});
        let (_, found, text) = told(&results.suites[0].tests[0], &folder);
        assert_eq!(found, said, "{file}: {text}");
    }
}

#[test]
fn a_failure_tells_the_lines_that_it_comes_from() {
    let folder = fresh("unittest-places");
    let results = run(&folder, |options| {
        options.files = vec!["tests/equal_test.yaml".to_owned()];
    });
    let test = &results.suites[0].tests[1];
    let places = test.assertions[0]
        .places
        .join("\n")
        .replace(&format!("{}/", folder.display()), "");
    assert_eq!(
        places,
        "Rendered:\tparent/templates/deployment.yaml:15:13\treplicas: 2\n\
         Template:\tchart/templates/deployment.yaml:18:13\treplicas: {{ .Values.replicas }}\n\
         Values:\tchart/values.yaml:1:11\treplicas: 2"
    );
    // The position of the only difference in a list.
    let places = test.assertions[2]
        .places
        .join("\n")
        .replace(&format!("{}/", folder.display()), "");
    assert!(
        places.contains("Values:\tchart/values.yaml:9:11\tport: 9090"),
        "{places}"
    );
}

#[test]
fn the_command_prints_and_writes_reports() {
    let folder = fresh("unittest-command");
    for (format, element) in [
        ("JUnit", "<testsuites>"),
        ("NUnit", "<test-results "),
        ("XUnit", "<assemblies>"),
        ("Sonar", "<testExecutions "),
    ] {
        let report = folder.join(format!("{format}.xml"));
        let case = Case::new("test")
            .args(["-f", "tests/equal_test.yaml", "-t", format, "-o"])
            .arg(&report);
        let output = case.arg(folder.join("chart")).run();
        assert_eq!(output.code, 1);
        assert!(output.stdout.contains(" FAIL  equal\t"), "{}", output.stdout);
        let report = std::fs::read_to_string(report).unwrap();
        assert!(report.starts_with(element), "{report}");
        assert!(report.contains("equal fails with a difference"), "{report}");
    }
    let output = Case::new("test")
        .args(["-q", "-f", "tests/equal_test.yaml"])
        .arg(folder.join("chart"))
        .run();
    assert!(
        output.stdout.contains("1 failed, 0 passed, 1 total"),
        "{}",
        output.stdout
    );
    let output = Case::new("test").args(["-t", "pdf"]).arg(folder.join("chart")).run();
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("unknown format pdf"), "{}", output.stderr);
}

/// helm-unittest passes without a word if a chart has its suites in folders of folders, as cert-manager has.
#[test]
fn suites_that_the_pattern_does_not_find_are_told() {
    let folder = scratch("unittest-elsewhere");
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    write("chart/templates/a.yaml", "a: 1\n");
    let run = || Case::new("test").arg("chart").dir(&folder).run();
    let nothing = "Note: nothing was tested: no file matches tests/*_test.yaml in chart\n";
    assert_eq!((run().code, &*run().stderr), (0, nothing));
    let suite = "templates: [a.yaml]\ntests:\n  - it: is one\n    asserts: [{equal: {path: a, value: 1}}]\n";
    write("chart/tests/one/a_test.yaml", suite);
    let said = "Note: chart has no suites of this pattern, but tests/one/a_test.yaml";
    assert_eq!(
        (run().code, &*run().stderr),
        (0, &*format!("{said}; run them with -f 'tests/one/*_test.yaml'\n"))
    );
    write("chart/tests/two/a_test.yaml", suite);
    let wanted = format!("{said} and 1 more; run them with -f 'tests/**/*_test.yaml'\n");
    assert_eq!((run().code, &*run().stderr), (0, &*wanted));
    let all = Case::new("test")
        .args(["-f", "tests/**/*_test.yaml", "chart"])
        .dir(&folder)
        .run();
    assert!(all.stdout.contains("2 passed, 2 total"), "{}", all.stdout);
    assert_eq!((all.code, &*all.stderr), (0, ""));
}
