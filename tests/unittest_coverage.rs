//! `promchart test --coverage`: the coverage of the chart in `tests/unittest/coverage/`, whose lines and branches were
//! counted by hand.

use std::path::PathBuf;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::{Case, Run, copy, read, root, scratch};

const FOLDER: &str = "tests/unittest/coverage";

fn fresh(name: &str) -> PathBuf {
    let folder = scratch(name);
    copy(&root().join(FOLDER).join("chart"), &folder.join("chart"));
    folder
}

fn test(folder: &PathBuf, arguments: &[&str]) -> Run {
    Case::new("test").arg("chart").args(arguments).dir(folder).run()
}

/// The coverage part of the output.
fn table(run: &Run) -> &str {
    run.stdout.split_once("\n### Coverage").map_or("", |(_, table)| table)
}

#[test]
fn the_table_names_lines_and_branches() {
    let folder = fresh("coverage-table");
    let run = test(&folder, &["--coverage"]);
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let wanted = read(format!("{FOLDER}/table.txt"));
    assert_eq!(format!("### Coverage{}", table(&run)), wanted);
    assert!(
        read("docs/test.md").contains(wanted.trim_end()),
        "docs/test.md has another table"
    );
    // From inside the chart, all paths are shorter.
    let run = Case::new("test").arg("--coverage").dir(folder.join("chart")).run();
    let inside = wanted
        .replace("[ shop ] chart", "[ shop ] .")
        .replace("  chart/templates", "  templates");
    assert_eq!(format!("### Coverage{}", table(&run)), inside);
    // Without the flag, coverage is not printed.
    assert_eq!(table(&test(&folder, &[])), "");
}

#[test]
fn renders_with_values_files_count_as_well() {
    let folder = fresh("coverage-values");
    let run = test(&folder, &["--coverage-values", "ci/*-values.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        format!("### Coverage{}", table(&run)),
        read(format!("{FOLDER}/values.txt"))
    );
    let run = test(&folder, &["--coverage-values", "ci/none.yaml"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no values file ci/none.yaml"), "{}", run.stderr);
    // A render that fails is reported, and counts up to the error.
    std::fs::write(folder.join("chart/ci/bad-values.yaml"), "tls: true\n").unwrap();
    let run = test(&folder, &["--coverage-values", "ci/bad-values.yaml"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("With chart/ci/bad-values.yaml:"), "{}", run.stderr);
    assert!(run.stderr.contains("tls needs hosts"), "{}", run.stderr);
}

#[test]
fn too_little_fails_with_a_sentence() {
    let folder = fresh("coverage-least");
    let run = test(&folder, &["--coverage-min", "55.5", "--coverage-min-branches", "33.3%"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = test(&folder, &["--coverage-min", "55.6"]);
    assert_eq!(run.code, 1);
    assert_eq!(
        run.stderr,
        "Error: 55.5% of the lines of chart shop were run (20 of 36), and --coverage-min wants 55.6%\n"
    );
    let run = test(&folder, &["--coverage-min-branches", "34"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr
            .contains("33.3% of the branches of chart shop were taken (5 of 15)"),
        "{}",
        run.stderr
    );
    for (flag, value) in [
        ("--coverage-min", "101"),
        ("--coverage-min", "x"),
        ("--coverage-output", "pdf=x"),
    ] {
        assert_eq!(test(&folder, &[flag, value]).code, 2, "{flag} {value}");
    }
    assert_eq!(test(&folder, &["--coverage-output", "lcov"]).code, 2);
}

#[test]
fn reports_for_other_programs_have_the_same_counts() {
    let folder = fresh("coverage-reports");
    let run = test(
        &folder,
        &[
            "--coverage-output",
            "lcov=out/lcov.info",
            "--coverage-output",
            "cobertura=out/cobertura.xml",
            "--coverage-output",
            "html=out/pages",
            "--coverage-output",
            "json=out/coverage.json",
        ],
    );
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let written = |name: &str| std::fs::read_to_string(folder.join("out").join(name)).unwrap();
    assert_eq!(written("lcov.info"), read(format!("{FOLDER}/lcov.info")));
    // JSON says the same as lcov.
    let report: serde_json::Value = serde_json::from_str(&written("coverage.json")).unwrap();
    assert_eq!(
        (&report["version"], &report["charts"][0]["name"]),
        (&1.into(), &"shop".into())
    );
    let files = report["charts"].as_array().unwrap().iter();
    let files = files.flat_map(|chart| chart["files"].as_array().unwrap());
    let as_lcov = files.flat_map(|file| {
        let mut lines = vec![format!("SF:{}", file["path"].as_str().unwrap())];
        for template in file["templates"].as_array().unwrap() {
            lines.push(format!(
                "FNDA:{},{}",
                template["calls"],
                template["name"].as_str().unwrap()
            ));
        }
        for branch in file["branch_hits"].as_array().unwrap() {
            let taken = if branch["reached"] == true {
                branch["hits"].to_string()
            } else {
                "-".to_owned()
            };
            lines.push(format!("BRDA {} {} {taken}", branch["line"], branch["else"]));
        }
        for (line, hits) in file["line_hits"].as_object().unwrap() {
            lines.push(format!("DA:{line},{hits}"));
        }
        for (name, share) in [("BR", &file["branches"]), ("L", &file["lines"])] {
            lines.push(format!("{name}F:{}", share["all"]));
            lines.push(format!("{name}H:{}", share["run"]));
        }
        lines
    });
    let mut as_lcov: Vec<String> = as_lcov.collect();
    let info = written("lcov.info");
    let lines = info.lines().filter_map(|line| {
        if let Some(branch) = line.strip_prefix("BRDA:") {
            let cells: Vec<&str> = branch.split(',').collect();
            return Some(format!("BRDA {} {} {}", cells[0], cells[2] == "1", cells[3]));
        }
        let kept = ["SF:", "FNDA:", "DA:", "BRF:", "BRH:", "LF:", "LH:"];
        kept.iter()
            .any(|start| line.starts_with(start))
            .then(|| line.to_owned())
    });
    let mut lines: Vec<String> = lines.collect();
    as_lcov.sort();
    lines.sort();
    assert_eq!(as_lcov, lines);
    let cobertura = written("cobertura.xml");
    let (before, after) = cobertura.split_once(" version=\"0").unwrap();
    let (_, after) = after.split_once("\">").unwrap();
    assert_eq!(
        format!("{before} version=\"\" timestamp=\"\">{after}"),
        read(format!("{FOLDER}/cobertura.xml"))
    );
    let index = written("pages/index.html");
    assert!(
        index.contains("<a href=\"shop-templates_ingress.yaml.html\">templates/ingress.yaml</a>"),
        "{index}"
    );
    assert!(index.contains("55.5% (20/36)"), "{index}");
    let page = written("pages/shop-templates_deployment.yaml.html");
    for line in [
        "<tr class=\"part\" id=L6><td class=n>6<td class=n>2\u{d7}<td>  {{- with .Values.annotations }}<td class=b>with .Values.annotations: always empty</tr>",
        "<tr class=\"not\" id=L7><td class=n>7<td class=n>0\u{d7}<td>  annotations:<td class=b></tr>",
        "<tr class=\"\" id=L9><td class=n>9<td class=n><td>  {{- end }}<td class=b></tr>",
        "<tr class=\"run\" id=L12><td class=n>12<td class=n>1\u{d7}<td>  replicas: {{ .Values.replicas }}<td class=b></tr>",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    // The text of a template is escaped.
    let helpers = written("pages/shop-templates__helpers.tpl.html");
    assert!(helpers.contains("define &#34;shop.name&#34;"), "{helpers}");
}

/// A running `promchart test --watch`.
struct Watching {
    process: Child,
    lines: Receiver<String>,
    /// How the last line of a run begins on its standard output.
    last: &'static str,
}

impl Watching {
    fn begin(folder: &PathBuf, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_promchart"))
            .args(["test", "--watch"])
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(process.stdout.take().unwrap()),
            Box::new(process.stderr.take().unwrap()),
        ];
        for stream in streams {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    _ = sender.send(line);
                }
            });
        }
        let is_covered = arguments.iter().any(|argument| argument.starts_with("--coverage"));
        let last = if is_covered { "All templates " } else { "Time: " };
        Self { process, lines, last }
    }

    /// The output until it waits for changes: the suites that were run, and why. The order of the two streams may vary.
    fn round(&self) -> Vec<String> {
        let mut said = Vec::new();
        let (mut waits, mut is_summed_up) = (false, false);
        while !(waits && is_summed_up) {
            let line = self
                .lines
                .recv_timeout(Duration::from_mins(1))
                .unwrap_or_else(|_| panic!("{said:?}"));
            waits |= line.starts_with("Watching ");
            is_summed_up |= line.starts_with(self.last) || line.ends_with("no suite runs any of it");
            let starts = [" PASS ", " FAIL ", "Changed: ", "All templates ", "### Lint of "];
            if starts.iter().any(|start| line.starts_with(start)) {
                said.push(line);
            }
        }
        said.sort();
        said
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        _ = self.process.kill();
    }
}

#[test]
fn a_change_runs_what_it_touches() {
    for chart in ["chart", "."] {
        let folder = fresh(&format!("watch-{}", chart.len()));
        std::fs::write(
            folder.join("chart/tests/ingress_test.yaml"),
            "suite: ingress\ntemplates: [ingress.yaml]\ntests:\n  - it: is absent\n    asserts: [{hasDocuments: {count: 0}}]\n",
        )
        .unwrap();
        let (inside, prefix) = if chart == "." {
            (folder.join("chart"), "")
        } else {
            (folder.clone(), "chart/")
        };
        let mut watching = Watching::begin(&inside, &[chart]);
        assert_eq!(watching.round().len(), 3);
        let change = |file: &str, from: &str, to: &str| {
            let path = folder.join("chart").join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{file}: {from}");
            std::fs::write(&path, text.replace(from, to)).unwrap();
        };
        change("templates/deployment.yaml", "replicas: 1", "replicas: 2");
        let suite = format!("{prefix}tests/deployment_test.yaml");
        assert_eq!(
            watching.round(),
            [
                format!(" FAIL  deployment\t{suite}"),
                format!("Changed: {prefix}templates/deployment.yaml; run again: {suite}"),
            ]
        );
        change("templates/deployment.yaml", "replicas: 2", "replicas: 1");
        assert_eq!(watching.round()[0], format!(" PASS  deployment\t{suite}"));
        // It is never called.
        change("charts/idle/templates/config.yaml", "v1", "v2");
        assert_eq!(
            watching.round(),
            [format!(
                "Changed: {prefix}charts/idle/templates/config.yaml; no suite runs any of it"
            )]
        );
        change("values.yaml", "replicas: 1", "replicas: 5");
        assert_eq!(watching.round().len(), 4);
        // A template that becomes invalid, and valid again.
        change("templates/ingress.yaml", "{{- if .Values.hosts }}", "{{- if }}");
        assert_eq!(watching.round().len(), 4);
        change("templates/ingress.yaml", "{{- if }}", "{{- if .Values.hosts }}");
        assert_eq!(watching.round().len(), 4);
        // Not -INT, which a shell may have told all that it starts in the background to ignore.
        if cfg!(unix) {
            let id = watching.process.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
            let ended = watching.process.wait().unwrap();
            assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended), Some(15));
        }
    }
}

#[test]
fn a_watch_reports_on_all_suites_although_it_runs_some() {
    let folder = fresh("watch-reports");
    // Reports in the folder of the chart are not taken for changes of it.
    let flags = |prefix: &str| {
        [
            "-t".to_owned(),
            "junit".to_owned(),
            format!("--output-file={prefix}report.xml"),
            format!("--coverage-output=lcov={prefix}lcov.info"),
            format!("--coverage-output=html={prefix}pages"),
            "--coverage-values=../more.yaml".to_owned(),
        ]
    };
    let change = |file: &str, from: &str, to: &str| {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
    };
    std::fs::write(folder.join("more.yaml"), "annotations: {a: b}\n").unwrap();
    let own = flags("chart/");
    let mut arguments: Vec<&str> = own.iter().map(String::as_str).collect();
    arguments.extend(["--lint", "chart"]);
    let watching = Watching::begin(&folder, &arguments);
    // What one run of all suites writes.
    let check = || {
        let afresh = flags("afresh/");
        test(&folder, &afresh.iter().map(String::as_str).collect::<Vec<_>>());
        for file in ["lcov.info", "pages/index.html", "report.xml"] {
            let text = |folder_of_file: &str| {
                let path = folder.join(folder_of_file).join(file);
                let text = std::fs::read_to_string(&path).unwrap();
                // The durations differ.
                let words = text.split_inclusive(' ').filter(|word| !word.starts_with("time"));
                words.collect::<String>()
            };
            assert_eq!(text("chart"), text("afresh"), "{file}");
        }
    };
    let first = watching.round();
    assert_eq!(first.len(), 4, "{first:?}");
    assert!(first.iter().any(|line| line.starts_with("### Lint of ")), "{first:?}");
    check();
    change("chart/templates/deployment.yaml", "replicas: 1", "replicas: 2");
    let round = watching.round();
    let deployment = "chart/tests/deployment_test.yaml";
    assert!(round.contains(&format!(" FAIL  deployment\t{deployment}")), "{round:?}");
    assert!(
        round.contains(&format!(
            "Changed: chart/templates/deployment.yaml; run again: {deployment}"
        )),
        "{round:?}"
    );
    check();
    // A line more that no suite runs.
    change(
        "chart/templates/ingress.yaml",
        "{{- if .Values.hosts }}",
        "{{- if .Values.more }}\nmore: 1\n{{- end }}\n{{- if .Values.hosts }}",
    );
    let round = watching.round();
    assert!(
        round
            .iter()
            .any(|line| line.ends_with("all suites of its chart are run again")),
        "{round:?}"
    );
    check();
    // The additional render, and settings of the linter that come into being.
    std::fs::write(folder.join("more.yaml"), "annotations: {}\n").unwrap();
    let round = watching.round();
    assert!(
        round
            .iter()
            .any(|line| line.starts_with("Changed: more.yaml; all suites")),
        "{round:?}"
    );
    check();
    std::fs::write(folder.join("promchart.yaml"), "fail-on: warning\n").unwrap();
    let round = watching.round();
    assert!(
        round
            .iter()
            .any(|line| line.starts_with("Changed: promchart.yaml; all suites")),
        "{round:?}"
    );
}

#[test]
fn watching_is_refused_with_what_it_cannot_do() {
    let folder = fresh("watch-flags");
    for flag in ["--chart-tests-path=x", "-u", "-q", "-d"] {
        let run = test(&folder, &["--watch", flag]);
        assert_eq!(run.code, 2, "{flag}");
        assert!(run.stderr.contains("--watch"), "{flag}: {}", run.stderr);
    }
}

#[test]
fn renders_of_tests_are_linted() {
    let folder = scratch("unittest-lint");
    copy(&root().join("tests/unittest/lint/chart"), &folder.join("chart"));
    let run = test(&folder, &["--lint"]);
    assert_eq!((run.code, &*run.stderr), (1, ""));
    let (tests, found) = run.stdout.split_once("\n### Lint").unwrap();
    assert!(tests.contains("7 passed, 7 total"), "{tests}");
    assert_eq!(format!("### Lint{found}"), read("tests/unittest/lint/found.txt"));
    // The flag that a finding names makes it come up in lint as well.
    let run = Case::new("lint")
        .args(["chart", "--set-json", "{\"port\":70000}"])
        .dir(&folder)
        .run();
    assert!(run.stdout.contains("70000 is out of range"), "{}", run.stdout);
    // Settings of the linter hold.
    std::fs::write(
        folder.join("promchart.yaml"),
        "ignore: [int-range, unknown-field, wrong-type]\n",
    )
    .unwrap();
    let run = test(&folder, &["--lint"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("nothing found"), "{}", run.stdout);
}
