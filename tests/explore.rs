//! `promchart lint --explore`: charts with a fault behind a condition.
//!
//! Each folder of `tests/fixtures/explore` is a chart; its `wanted.txt` has a line for each finding that exploring is to bring: the
//! rule, the place, and the flags that it names. Plain lint is then given these flags, and must find the same: that proves them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;

use crate::support::{Case, names, read, root};

const FOLDER: &str = "tests/fixtures/explore";

/// A finding: its rule and place, and the flags that it names.
type Found = (String, String, String);

/// The findings of errors, with paths from the chart's folder on.
fn findings(chart: &str, arguments: &[String]) -> BTreeSet<Found> {
    let run = Case::new("lint")
        .args([chart, "--format", "json"])
        .args(arguments)
        .dir(root())
        .run();
    let report: Json =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{chart}: {error}: {}", run.stderr));
    let findings = report["findings"].as_array().unwrap().iter();
    let told = findings.filter(|found| found["severity"] == "error").map(|found| {
        let file = found["place"]["file"].as_str().unwrap_or_default();
        let file = file.strip_prefix(&format!("{chart}/")).unwrap_or(file);
        let runs = found["runs"].as_array().into_iter().flatten();
        let runs: Vec<&str> = runs.filter_map(Json::as_str).collect();
        (
            found["rule"].as_str().unwrap().to_owned(),
            format!("{file}:{}", found["place"]["line"]),
            runs.join("; "),
        )
    });
    told.collect()
}

/// The words of a line as a shell reads them: blanks apart, single quotes together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut is_escaped = false;
    for c in line.chars() {
        if is_escaped {
            word.get_or_insert_default().push(c);
            is_escaped = false;
            continue;
        }
        match c {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' if !is_quoted => is_escaped = true,
            ' ' if !is_quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn faults_behind_conditions_are_found() {
    for name in names(FOLDER) {
        let chart = format!("{FOLDER}/{name}");
        let wanted: BTreeSet<Found> = read(Path::new(&chart).join("wanted.txt"))
            .lines()
            .map(|line| {
                let mut parts = line.splitn(3, ' ').map(str::to_owned);
                (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
            })
            .collect();
        assert_eq!(findings(&chart, &[]), BTreeSet::new(), "{name}: without exploring");
        assert_eq!(findings(&chart, &["--explore".to_owned()]), wanted, "{name}");
        for (rule, place, flags) in &wanted {
            let found = findings(&chart, &words(flags));
            let shown = found.iter().any(|(r, p, _)| r == rule && p == place);
            assert!(
                shown,
                "{name}: lint {flags} does not show {rule} at {place}, but {found:?}"
            );
        }
    }
}

#[test]
fn the_report_tells_what_was_not_reached() {
    let chart = format!("{FOLDER}/flag");
    let run = |arguments: &[&str]| {
        let run = Case::new("lint").args([&*chart]).args(arguments).dir(root()).run();
        (run.code, run.stderr)
    };
    let (code, plain) = run(&[]);
    assert_eq!(code, 0);
    let line = "not checked: 1 of 2 branches of templates, which was not taken: --explore finds values that take them, and lints those\n";
    assert!(plain.ends_with(line), "{plain}");
    let (_, all) = run(&["--set", "web.enabled=true"]);
    assert!(all.contains("1 of 2 branches"), "{all}");
    let (_, statistics) = run(&["--statistics"]);
    let line = "not taken: tests/fixtures/explore/flag/templates/a.yaml:1:1: {{ if .Values.web.enabled }}\n";
    assert!(statistics.ends_with(line), "{statistics}");
    let json = Case::new("lint")
        .args([&*chart, "--format", "json"])
        .dir(root())
        .run()
        .stdout;
    let report: Json = serde_json::from_str(&json).unwrap();
    let wanted = serde_json::json!({"templates": 1, "templatesInAll": 1, "branches": 1, "branchesInAll": 2});
    assert_eq!(report["notReached"], wanted);
    let (code, explored) = run(&["--explore"]);
    assert_eq!(code, 1);
    assert!(!explored.contains("not checked"), "{explored}");
    assert!(
        explored.contains("2 of 2 branches (100 %), 1 of them without exploring"),
        "{explored}"
    );
    // Within one render there is nothing but what the values reach.
    let (code, cut) = run(&["--explore=1"]);
    assert!(code == 0 && cut.contains("the renders were used up"), "{cut}");
    let (code, refused) = run(&["--explore=0"]);
    assert!(code == 2 && refused.contains("--explore"), "{refused}");
    let (code, refused) = run(&["--explore", "--fix"]);
    assert!(code == 2 && refused.contains("cannot be used with"), "{refused}");
    let (code, refused) = run(&["--explore", "-f", "-"]);
    assert!(code == 2 && refused.contains("write them to a file"), "{refused}");
}

#[test]
fn branches_that_refuse_values_are_told_apart() {
    let chart = format!("{FOLDER}/guards-together");
    let run = Case::new("lint").args([&*chart, "--explore"]).dir(root()).run();
    let told = "explored tests/fixtures/explore/guards-together: 7 of 7 branches (100 %), 5 of them without exploring, not counting 2 that only refuse values; ";
    assert!(run.stderr.contains(told), "{}", run.stderr);
    assert!(!run.stderr.contains("branches of templates"), "{}", run.stderr);
}

#[test]
fn branches_that_nothing_takes_do_not_count() {
    let chart = format!("{FOLDER}/constants");
    let run = Case::new("lint").args([&*chart, "--explore"]).dir(root()).run();
    let told = "explored tests/fixtures/explore/constants: 3 of 3 branches (100 %), 2 of them without exploring; ";
    assert!(run.stderr.contains(told), "{}", run.stderr);
    assert!(!run.stderr.contains("branches of templates"), "{}", run.stderr);
}

#[test]
fn what_a_schema_demands_is_never_empty() {
    let chart = format!("{FOLDER}/never-empty");
    let run = Case::new("lint").args([&*chart, "--explore"]).dir(root()).run();
    let told = "explored tests/fixtures/explore/never-empty: 3 of 3 branches (100 %), 2 of them without exploring; ";
    assert!(run.stderr.contains(told), "{}", run.stderr);
}

/// The branches depend on a text that a helper makes, of which nothing is known: only values at random take them.
#[test]
fn mixtures_reach_what_is_not_understood() {
    let chart = format!("{FOLDER}/mixture");
    let run = || Case::new("lint").args([&*chart, "--explore"]).dir(root()).run().stderr;
    let explored = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("explored"))
            .map(str::to_owned)
    };
    let first = explored(&run());
    let told = "explored tests/fixtures/explore/mixture: 10 of 10 branches (100 %), 1 of them without exploring; ";
    assert!(first.as_ref().is_some_and(|line| line.starts_with(told)), "{first:?}");
    // The numbers that look like chance are the same in each run.
    assert_eq!(first, explored(&run()));
}

#[test]
fn baselines_and_rules_hold_for_what_is_explored() {
    let folder = crate::support::scratch("explore_baseline");
    crate::support::copy(&root().join(FOLDER).join("flag"), &folder);
    let run = |arguments: &[&str]| {
        Case::new("lint")
            .args([".", "--explore"])
            .args(arguments)
            .dir(&folder)
            .run()
            .code
    };
    assert_eq!(run(&[]), 1);
    assert_eq!(run(&["--ignore", "unknown-field"]), 0);
    assert_eq!(run(&["--write-baseline"]), 0);
    assert_eq!(run(&["--baseline", "promchart-baseline.json"]), 0);
}
