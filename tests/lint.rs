//! `promchart lint`, `validate` and `explain` from the user's point of view.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::support::{Case, Run, chart, names, read, scratch, write};

const CHART: &str = "tests/fixtures/lint/chart";
const BAD: &str = "tests/fixtures/lint/bad.yaml";

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: web\n    image: nginx\n";

fn lint(arguments: &[&str]) -> Run {
    Case::new("lint").args(arguments).run()
}

#[test]
fn each_format() {
    for format in ["text", "json", "sarif", "junit", "github", "gitlab"] {
        let run = lint(&[CHART, "-f", BAD, "--format", format]);
        assert_eq!(run.code, 1, "{format}");
        assert!(
            run.stderr.starts_with("checked 1 chart in 1 run: 1 object, "),
            "{format}: {}",
            run.stderr
        );
        insta::assert_snapshot!(format!("lint_{format}"), run.stdout);
    }
}

#[test]
fn json_is_what_its_schema_says() {
    let schema: Json = serde_json::from_str(&read("schema/report.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for arguments in [&[CHART, "-f", BAD][..], &[CHART], &["chart"]] {
        let run = lint(&[arguments, &["--format", "json"]].concat());
        let report: Json = serde_json::from_str(&run.stdout).unwrap();
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

/// `.ci/reports` validates whole reports against the schemas of their formats; this covers the checks that need no
/// schema.
#[test]
fn reports_for_machines_are_whole() {
    let folder = chart("reports_for_machines", "", "");
    let text = POD
        .replace("nginx", "nginx:1")
        .replace("image:", "\"im\\u0001ge<&]]>\":");
    write(&folder, "templates/a.yaml", text);
    write(&folder, "templates/b.yaml", b"{{ fail \"a\xff\\n\\x1b\" }}");
    write(&folder, "no,such: 100%/Chart.yaml", "apiVersion: v3\n");
    let of = |format: &str| {
        let run = Case::new("lint")
            .args([".", "no,such: 100%", "--format", format])
            .dir(&folder)
            .output();
        String::from_utf8(run.stdout).unwrap_or_else(|error| panic!("{format}: {error}"))
    };
    let sarif: Json = serde_json::from_str(&of("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let uris: Vec<&str> = results
        .iter()
        .map(|result| {
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert!(uris.contains(&"no%2Csuch%3A%20100%25/Chart.yaml"), "{uris:?}");
    let gitlab: Json = serde_json::from_str(&of("gitlab")).unwrap();
    for found in gitlab.as_array().unwrap() {
        assert!(!found["location"]["path"].as_str().unwrap().is_empty(), "{found}");
    }
    let github = of("github");
    assert!(github.contains("file=no%2Csuch%3A 100%25/Chart.yaml,"), "{github}");
    let junit = of("junit");
    let is_allowed = |c: char| matches!(c, '\n' | ' '..='\u{FFFD}' | '\u{10000}'..);
    assert!(junit.chars().all(is_allowed) && junit.contains("a\u{FFFD}"), "{junit}");
    let text = of("text");
    assert!(text.contains("--> no,such: 100%/Chart.yaml:1:"), "{text}");
}

#[test]
fn reports_go_to_files_too() {
    let folder = scratch("reports_go_to_files_too");
    let sarif = folder.join("report.sarif");
    let output = format!("sarif={}", sarif.display());
    let run = lint(&[CHART, "-f", BAD, "-q", "--output", &output]);
    assert_eq!((run.code, &*run.stdout), (1, ""));
    let report: Json = serde_json::from_slice(&std::fs::read(sarif).unwrap()).unwrap();
    let run = &report["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].is_u64());
    }
}

/// Objects of a template that fails are missing and must not be reported as missing.
#[test]
fn other_templates_are_looked_at_when_one_fails() {
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  port:\n  - port: 80\n";
    let other = POD.replace("  name: web\nspec", "  name: other\n  labels: {app: other}\nspec");
    let folder = chart("other_templates", &format!("{service}---\n{other}"), "");
    let run = || {
        let options = ["lint", ".", "--select", "missing-config"];
        Case::new(options[0]).args(&options[1..]).dir(&folder).run().stdout
    };
    let whole = run();
    let found = |text: &str, rule: &str| text.contains(&format!("[{rule}]"));
    assert!(
        found(&whole, "service-without-pods") && found(&whole, "unknown-field"),
        "{whole}"
    );
    write(&folder, "templates/b.yaml", format!("{POD}  {{{{ fail \"no\" }}}}\n"));
    write(&folder, "templates/c.yaml", &other);
    let partial = run();
    for rule in [
        "template-render",
        "unknown-field",
        "latest-image-tag",
        "duplicate-object",
    ] {
        assert!(found(&partial, rule), "{rule}\n{partial}");
    }
    assert!(!found(&partial, "service-without-pods"), "{partial}");
    // The same for output that is not valid YAML.
    write(&folder, "templates/b.yaml", "a: [\n");
    let partial = run();
    assert!(
        found(&partial, "manifest-syntax") && found(&partial, "unknown-field"),
        "{partial}"
    );
    assert!(!found(&partial, "service-without-pods"), "{partial}");
    // The same for a template that cannot be parsed, and for calls of templates that it defines.
    write(&folder, "templates/b.yaml", "{{ define \"b\" }}{{ end }}{{ if }}");
    write(&folder, "templates/d.yaml", "{{ include \"b\" . }}");
    write(&folder, "templates/e.yaml", "{{ template \"b\" . }}");
    let partial = run();
    assert!(
        found(&partial, "template-syntax") && found(&partial, "unknown-field"),
        "{partial}"
    );
    for rule in ["template-render", "service-without-pods"] {
        assert!(!found(&partial, rule), "{rule}\n{partial}");
    }
    write(&folder, "templates/b.yaml", "");
    let broken = run();
    assert_eq!(broken.matches("[undefined-template]").count(), 2, "{broken}");
    assert!(!found(&broken, "template-render"), "{broken}");
}

/// A certain line comes before a likely one.
#[test]
fn guesses_are_told_as_guesses() {
    let image = "{{ .Values.repository }}:{{ .Values.tag }}";
    let values = "repository: team/Web\ntag: '1.0'\npolicy: Alway\n";
    let pod = POD.replace(
        "nginx",
        &format!("\"{image}\"\n    imagePullPolicy: {{{{ .Values.policy }}}}"),
    );
    let folder = chart("guesses", &pod, values);
    let text = Case::new("lint").arg(".").dir(&folder).run().stdout;
    let (_, bad_image) = text.split_once("error[bad-image]").unwrap_or_else(|| panic!("{text}"));
    let (_, policy) = text
        .split_once("error[invalid-enum-value]")
        .unwrap_or_else(|| panic!("{text}"));
    let place = |text: &str| text.lines().nth(1).unwrap_or_default().trim().to_owned();
    assert_eq!(place(bad_image), "--> ./templates/a.yaml:8:13", "{text}");
    assert!(bad_image.contains("probably from here"), "{text}");
    assert!(bad_image.contains("::: ./values.yaml:1:13"), "{text}");
    assert_eq!(place(policy), "--> ./values.yaml:3:9", "{text}");
}

#[test]
fn exit_codes() {
    assert_eq!(lint(&[CHART, "-f", BAD]).code, 1);
    let good = "tests/fixtures/lint/good.yaml";
    assert_eq!(lint(&[CHART, "-f", good, "--ignore", "unknown-field"]).code, 0);
    assert_eq!(
        lint(&[CHART, "--select", "single-replica", "--ignore", "unknown-field"]).code,
        0
    );
    assert_eq!(
        lint(&[CHART, "--select", "opinion", "--ignore", "unknown-field", "--strict"]).code,
        1
    );
    for usage in [
        &["--select", "no-such-rule"][..],
        &["--format", "no"],
        &["--fail-on", "no"],
        &["--output", "x"],
    ] {
        let run = lint(&[&[CHART], usage].concat());
        assert_eq!(run.code, 2, "{usage:?}: {}", run.stderr);
    }
}

#[test]
fn our_own_chart_is_clean() {
    let clean = lint(&["chart", "-n", "monitoring", "--fail-on", "info"]);
    assert_eq!(clean.code, 0, "{}", clean.stdout);
    for file in names("values").into_iter().filter(|name| name.ends_with(".yaml")) {
        let values = format!("values/{file}");
        let run = lint(&["chart", "-f", &values, "-n", "fst-manage", "--fail-on", "info"]);
        assert_eq!(run.code, 0, "{file}\n{}", run.stdout);
    }
}

/// Runs in a subfolder of the test's folder. Returns the lines of stderr without the duration.
fn lint_in(folder: &Path, below: &str, arguments: &[&str]) -> (i32, String) {
    let run = Case::new("lint").args(arguments).dir(folder.join(below)).run();
    let summary = run
        .stderr
        .split_once(" rules, ")
        .and_then(|(counts, rest)| Some((counts, rest.split_once(" s\n")?.1)));
    let shown = summary.map(|(counts, rest)| {
        format!(
            "{}\n{rest}",
            counts.rsplit_once(", ").map_or(counts, |(counts, _)| counts)
        )
    });
    (run.code, shown.unwrap_or(run.stderr))
}

/// Three charts in one repository.
fn repository(name: &str) -> PathBuf {
    let folder = chart(name, POD, "");
    for name in ["Chart.yaml", "values.yaml"] {
        std::fs::remove_file(folder.join(name)).unwrap();
    }
    std::fs::remove_dir_all(folder.join("templates")).unwrap();
    for chart in ["charts/a", "charts/b", "vendored/c"] {
        let metadata = format!(
            "apiVersion: v2\nname: {}\nversion: 1.0.0\n",
            chart.rsplit('/').next().unwrap()
        );
        write(&folder, &format!("{chart}/Chart.yaml"), metadata);
        write(&folder, &format!("{chart}/values.yaml"), "image: nginx\n");
        write(
            &folder,
            &format!("{chart}/templates/a.yaml"),
            POD.replace("nginx", "{{ .Values.image }}"),
        );
    }
    write(&folder, "empty/readme", "");
    folder
}

#[test]
fn charts_are_found_where_one_works() {
    let folder = repository("found");
    let checked = |charts: usize| {
        let s = if charts == 1 { "" } else { "s" };
        (
            0,
            format!("checked {charts} chart{s} in {charts} run{s}: {charts} object{s}\n"),
        )
    };
    assert_eq!(lint_in(&folder, ".", &[]), checked(3));
    assert_eq!(lint_in(&folder, "charts", &[]), checked(2));
    assert_eq!(lint_in(&folder, "charts/a/templates", &[]), checked(1));
    assert_eq!(lint_in(&folder, ".", &["vendored", "charts/a"]), checked(2));
    assert_eq!(lint_in(&folder, ".", &["charts/*"]), checked(2));
    for (below, arguments, message) in [
        ("empty", &[][..], "there is no chart here"),
        (".", &["empty"], "there is no chart in empty"),
        (".", &["charts/nothing"], "path \"charts/nothing\" not found"),
        (".", &["no/*"], "cannot look for charts in no"),
        (".", &["charts/n*"], "no chart is like charts/n*"),
    ] {
        let (code, stderr) = lint_in(&folder, below, arguments);
        assert!(code == 2 && stderr.contains(message), "{arguments:?}: {code} {stderr}");
    }
    // Values without a chart are linted with the built-in chart.
    let (code, stderr) = lint_in(&folder, "empty", &["-f", "readme"]);
    assert!(
        code == 0 && stderr.starts_with("checked 1 chart in 1 run: "),
        "{code} {stderr}"
    );
}

#[test]
fn settings_hold_below_their_folder() {
    let folder = repository("settings_below");
    let settings = |text: &str| write(&folder, "promchart.yaml", text);
    settings("exclude: [vendored]\nper-file-ignores:\n  charts/a/**: [latest-image-tag]\n");
    let of = |below: &str, arguments: &[&str]| {
        let run = Case::new("lint").args(arguments).dir(folder.join(below)).run();
        run.stdout.matches("[latest-image-tag]").count()
    };
    assert_eq!(of(".", &[]), 1);
    assert_eq!(of("charts", &[]), 1);
    assert_eq!(of("charts/a/templates", &[]), 0);
    assert_eq!(of("vendored/c", &[]), 1);
    assert_eq!(of(".", &["vendored"]), 0, "what is excluded is not looked for");
    assert_eq!(of(".", &["vendored/c"]), 1);
    settings("charts:\n- path: charts/*\n  values: ['values/*.yaml']\n");
    write(&folder, "values/one.yaml", "image: one\n");
    write(&folder, "values/two.yaml", "image: two\n");
    let (_, all) = lint_in(&folder, ".", &[]);
    assert_eq!(all, "checked 2 charts in 4 runs: 4 objects\n");
    let (_, one) = lint_in(&folder, "charts/a/templates", &[]);
    assert_eq!(one, "checked 1 chart in 2 runs: 2 objects\n");
    for (text, place) in [
        ("exclude: ['a{']\n", "promchart.yaml:1:12"),
        ("charts:\n- path: no*\n", "promchart.yaml:2:9"),
        (
            "per-file-ignores: {a: [no-rule]}\n",
            "there is no rule or family no-rule",
        ),
    ] {
        settings(text);
        let (code, stderr) = lint_in(&folder, ".", &[]);
        assert!(code == 2 && stderr.contains(place), "{text}: {code} {stderr}");
    }
    write(&folder, ".promchart.yml", "");
    let (code, stderr) = lint_in(&folder, ".", &[]);
    assert!(code == 2 && stderr.contains("are both there"), "{code} {stderr}");
}

#[test]
fn what_was_not_checked_is_said() {
    let rollout = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\n";
    let folder = chart("unchecked", rollout, "");
    write(&folder, "templates/b.yaml", "{{ if .Values.never }}a: b{{ end }}");
    let (_, text) = lint_in(&folder, ".", &["--kube-version", "1.30"]);
    let wanted = "checked 1 chart in 1 run: 1 object\n\
        not checked: the fields of 1 object of kinds without a definition (--crds): Rollout (argoproj.io/v1alpha1)\n\
        not checked: Kubernetes 1.30 is not known, fields are those of 1.33\n\
        not checked: 1 of 2 templates, which made no object: test/templates/b.yaml\n\
        not checked: 1 of 2 branches of templates, which was not taken: --explore finds values that take them, and lints those\n";
    assert_eq!(text, wanted);
    write(&folder, "templates/b.yaml", "{{ fail \"x\" }}");
    let (code, text) = lint_in(&folder, ".", &[]);
    assert!(
        code == 1 && text.contains("\nnot checked: what templates that failed would render"),
        "{text}"
    );
    let run = Case::new("lint").args([".", "--statistics"]).dir(&folder).run();
    assert!(
        run.stderr.contains("     1  error    template-render\n"),
        "{}",
        run.stderr
    );
}

/// Labels that are in no template: those of controllers, and those that programs set at run time.
#[test]
fn labels_that_come_later_are_no_errors() {
    let labelled = POD
        .replace("  name: web\n", "  name: web\n  labels: {app: web, role: main}\n")
        .replace("nginx", "nginx:1");
    let service = |selector: &str| {
        format!(
            "{labelled}---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{{selector}}}, ports: [{{port: 80}}]}}\n"
        )
    };
    for (at, selector, wanted) in [
        (0, "app: web, statefulset.kubernetes.io/pod-name: web-0", None),
        (1, "job-name: web", None),
        (2, "app: web, leader: 'true'", Some("warning[service-without-pods]")),
        (3, "app: web, role: other", Some("error[service-without-pods]")),
    ] {
        let folder = chart(&format!("later_labels_{at}"), &service(selector), "");
        let text = Case::new("lint").arg(".").dir(&folder).run().stdout;
        let found = text.lines().find(|line| line.contains("service-without-pods"));
        assert_eq!(
            found.map(|line| line.starts_with(wanted.unwrap_or("nothing"))),
            wanted.map(|_| true),
            "{text}"
        );
    }
}

/// Forges show only findings in files: a finding about a flag is shown at the template, one in a packaged chart at its
/// archive.
#[test]
fn forges_are_told_of_files() {
    let folder = chart(
        "forges",
        &POD.replace("nginx", "nginx:1\n    imagePullPolicy: {{ .Values.policy }}"),
        "policy: Always\n",
    );
    let of = |format: &str| {
        Case::new("lint")
            .args([".", "--set", "policy=Alway", "--format", format])
            .dir(&folder)
            .run()
            .stdout
    };
    let gitlab: Json = serde_json::from_str(&of("gitlab")).unwrap();
    let wrong = gitlab
        .as_array()
        .unwrap()
        .iter()
        .find(|found| found["check_name"] == "invalid-enum-value")
        .unwrap();
    assert_eq!(
        wrong["location"],
        serde_json::json!({"path": "templates/a.yaml", "lines": {"begin": 9}}),
        "{gitlab}"
    );
    assert!(
        of("github").contains("::error file=templates/a.yaml,line=9,"),
        "{}",
        of("github")
    );
    assert!(of("sarif").contains("\"uri\": \"templates/a.yaml\""), "{}", of("sarif"));
}

/// Findings in `tpl` text are shown at its place in the values.
#[test]
fn texts_of_values_are_shown_where_they_are_written() {
    let folder = chart("texts", POD, "a: {}\n");
    write(
        &folder,
        "templates/b.yaml",
        "{{ tpl .Values.more . }}{{ tpl (printf \"%s{{ .Values.a.c.d }}\" \"y\") . }}",
    );
    let given = "more: 'x: {{ .Values.a.b.c }}'\n";
    write(&folder, "given.yaml", given);
    for command in ["lint", "template"] {
        let run = Case::new(command).args([".", "-f", "given.yaml"]).dir(&folder).run();
        let text = run.stdout + &run.stderr;
        assert!(text.contains("--> given.yaml:1:14\n"), "{command}: {text}");
        assert!(text.contains("templates/b.yaml:1:4\n"), "{command}: {text}");
    }
}

/// As in `helm lint`, and unlike in `helm template`.
#[test]
fn an_absent_dependency_keeps_nothing_else_from_being_checked() {
    let folder = chart(
        "absent",
        &POD.replace("nginx", "nginx:1\n    imagee: {{ .Values.read }}"),
        "read: 1\nunread: 2\n",
    );
    let dependency =
        "apiVersion: v2\nname: absent\nversion: 1.0.0\ndependencies: [{name: lib, version: 1.0.0, repository: ''}]\n";
    write(&folder, "Chart.yaml", dependency);
    write(&folder, "templates/b.yaml", "{{ include \"lib.all\" . }}");
    let run = Case::new("lint").arg(".").dir(&folder).run();
    assert!(run.stdout.contains("warning[chart-dependency]"), "{}", run.stdout);
    assert!(run.stdout.contains("error[unknown-field]"), "{}", run.stdout);
    for rule in ["undefined-template", "template-render", "unused-value"] {
        assert!(!run.stdout.contains(rule), "{}", run.stdout);
    }
    assert!(
        run.stderr
            .contains("not checked: dependencies that are not in charts/ (helm dependency build): lib\n")
    );
}

#[test]
fn one_broken_template_hides_nothing_in_others() {
    let folder = chart("broken", POD, "read: 1\n");
    write(
        &folder,
        "templates/broken.yaml",
        "{{ define \"there\" }}{{ .Values.read }}{{ end }}{{ if }}",
    );
    write(
        &folder,
        "templates/calls.yaml",
        "{{ include \"there\" . }}{{ include \"ther\" . }}",
    );
    let text = Case::new("lint").arg(".").dir(&folder).run().stdout;
    assert!(
        text.contains("no template \"ther\" is defined") && text.contains("did you mean \"there\"?"),
        "{text}"
    );
    assert!(
        !text.contains("unused-value") && text.matches("[undefined-template]").count() == 1,
        "{text}"
    );
}

#[test]
fn comments_silence() {
    let silent = |name: &str, template: &str, values: &str| {
        let folder = chart(name, template, values);
        let run = Case::new("lint")
            .arg(".")
            .dir(&folder)
            .args(["--ignore", "missing-icon"])
            .run();
        run.stdout
    };
    let line = POD.replace("nginx", "nginx # promchart: ignore latest-image-tag -- a test");
    assert_eq!(silent("silence_line", &line, ""), "nothing found\n");
    let above = POD.replace(
        "    image",
        "    # promchart: ignore latest-image-tag -- a test\n    image",
    );
    assert_eq!(silent("silence_above", &above, ""), "nothing found\n");
    let template = format!("{{{{/* promchart: ignore-file latest-image-tag -- a test */}}}}\n{POD}");
    assert_eq!(silent("silence_file", &template, ""), "nothing found\n");
    let from_values = POD.replace("nginx", "{{ .Values.image }}");
    let values = "# promchart: ignore latest-image-tag -- a test\nimage: nginx\n";
    assert_eq!(silent("silence_values", &from_values, values), "nothing found\n");
    // `ignore-file` in a values file applies to everything rendered with it.
    let folder = chart("silence_run", POD, "");
    let given = |text: &str| {
        write(&folder, "given.yaml", text);
        let arguments = [".", "-f", "given.yaml", "--ignore", "missing-icon"];
        Case::new("lint").args(arguments).dir(&folder).run().stdout
    };
    let of_run = given("# promchart: ignore-file latest-image-tag -- a test\nglobal: {}\n");
    assert_eq!(of_run, "nothing found\n");
    assert!(given("global: {}\n").contains("[latest-image-tag]"));
    let unused = silent(
        "silence_unused",
        &POD.replace("nginx", "nginx:1 # promchart: ignore latest-image-tag -- x"),
        "",
    );
    assert!(unused.contains("info[unused-suppression]"), "{unused}");
    // A rule that was not checked may have a finding: with `--ignore`, by `validate`, where the template fails.
    let folder = chart("silence_unchecked", &from_values, values);
    let told = |command: &str, arguments: &[&str]| {
        let run = Case::new(command).arg(".").args(arguments).dir(&folder).run();
        run.stdout.contains("unused-suppression")
    };
    assert!(!told("lint", &[]));
    assert!(told("lint", &["--set", "image=nginx:1"]));
    assert!(!told(
        "lint",
        &["--set", "image=nginx:1", "--ignore", "latest-image-tag"]
    ));
    assert!(!told("validate", &[]));
    write(&folder, "templates/b.yaml", "{{ fail .Values.image }}\n");
    assert!(!told("lint", &["--set", "image=nginx:1"]));
    let unknown = silent(
        "silence_unknown",
        &POD.replace("nginx", "nginx:1 # promchart: ignore latest-tag"),
        "",
    );
    assert!(unknown.contains("there is no rule latest-tag"), "{unknown}");
}

#[test]
fn baseline_hides_what_was_there() {
    let folder = chart("baseline", POD, "");
    let run = |arguments: &[&str]| {
        let all = [&[".", "--ignore", "missing-icon", "--strict"], arguments].concat();
        Case::new("lint").args(all).dir(&folder).run()
    };
    assert_eq!(run(&[]).code, 1);
    assert_eq!(run(&["--write-baseline", "--baseline", "known.json"]).code, 0);
    let known = run(&["--baseline", "known.json"]);
    assert_eq!((known.code, &*known.stdout), (0, "nothing found\n"), "{}", known.stderr);
    // Lines may move, but new findings are reported.
    write(&folder, "templates/a.yaml", format!("# moved\n\n{POD}"));
    assert_eq!(run(&["--baseline", "known.json"]).code, 0);
    write(&folder, "templates/b.yaml", POD.replace("name: web", "name: other"));
    assert_eq!(run(&["--baseline", "known.json"]).code, 1);
}

#[test]
fn settings_make_many_runs() {
    let folder = chart(
        "settings",
        &POD.replace("nginx", "{{ .Values.image }}"),
        "image: nginx:1\n",
    );
    write(&folder, "a.yaml", "image: nginx:2\n");
    write(&folder, "b.yaml", "image: nginx\n");
    let settings = "ignore: [missing-icon]\nseverity: {latest-image-tag: error}\ncharts:\n- path: .\n  values: [a.yaml, b.yaml]\n  kube-versions: ['1.33', '1.37']\n";
    write(&folder, "promchart.yaml", settings);
    let run = Case::new("lint").dir(&folder).run();
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("error[latest-image-tag]"), "{}", run.stdout);
    assert!(run.stdout.contains("--> b.yaml:1:8"), "{}", run.stdout);
    let runs = "found with b.yaml, Kubernetes 1.33; b.yaml, Kubernetes 1.37";
    assert!(run.stdout.contains(runs), "{}", run.stdout);
    assert!(run.stdout.ends_with("1 error found\n"), "{}", run.stdout);
    write(&folder, "promchart.yaml", "ignroe: []\n");
    let run = Case::new("lint").dir(&folder).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("ignroe"), "{}", run.stderr);
}

#[test]
fn validate_looks_at_values_alone() {
    // The template is invalid, the values are not.
    let folder = chart("validate", "{{ .Chart.Name.x }}", "a: 1\n");
    write(
        &folder,
        "values.schema.json",
        r#"{"properties": {"a": {"type": "integer"}}}"#,
    );
    let run = |values: &str| {
        write(&folder, "given.yaml", values);
        Case::new("validate")
            .args([".", "-f", "given.yaml", "--ignore", "chart"])
            .dir(&folder)
            .run()
    };
    let good = run("a: 2\n");
    assert_eq!(good.code, 0, "{}", good.stdout);
    let bad = run("b: 1\na: two\n");
    assert_eq!(bad.code, 1);
    assert!(bad.stdout.contains("--> given.yaml:2:4"), "{}", bad.stdout);
}

#[test]
fn explain_knows_rules_and_functions() {
    let rule = Case::new("explain").arg("unknown-field").run().stdout();
    assert!(
        rule.starts_with("# unknown-field\n") && rule.contains("## Bad"),
        "{rule}"
    );
    let function = Case::new("explain").arg("trunc").run().stdout();
    assert!(function.contains("func(int, string) string"), "{function}");
    let list = Case::new("explain").run().stdout();
    assert!(list.lines().count() > 100, "{list}");
    let run = Case::new("explain").arg("unknown-feild").run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean `unknown-field`?"), "{}", run.stderr);
}

#[test]
fn files_of_prometheus_alone() {
    let folder = scratch("files_of_prometheus");
    write(&folder, "good.yml", "scrape_configs:\n- job_name: a\n");
    write(&folder, "bad.yml", "scrape_configs:\n- job_nam: a\n");
    let run = |file: &str| Case::new("lint").args(["--prometheus-config", file]).dir(&folder).run();
    assert_eq!(run("good.yml").code, 0);
    let bad = run("bad.yml");
    assert_eq!(bad.code, 1);
    assert!(bad.stdout.contains("bad.yml:2"), "{}", bad.stdout);
    assert_eq!(run("none.yml").code, 2);
}

#[test]
fn custom_resources_are_checked() {
    let template = "apiVersion: example.org/v1\nkind: Web\nmetadata:\n  name: web\nspec:\n  sise: 1\n";
    let folder = chart("custom_resources", template, "");
    let definition = read("docs/rules/bad-size.md");
    let definition = definition
        .split("```yaml crds/webs.yaml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    write(&folder, "definitions/web.yaml", definition);
    let run = Case::new("lint")
        .args([".", "--crds", "definitions"])
        .dir(&folder)
        .run();
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stdout.contains("error[unknown-field]"), "{}", run.stdout);
}

/// The findings in a separate chart: `rule place`, one per line.
fn found_in(name: &str, files: &[(&str, &str)], arguments: &[&str]) -> Vec<String> {
    let folder = chart(name, "", "");
    let _ = std::fs::remove_file(folder.join("templates/a.yaml"));
    for (file, text) in files {
        write(&folder, file, text);
    }
    let run = Case::new("lint")
        .args([&[".", "--format", "json"], arguments].concat())
        .dir(&folder)
        .run();
    let report: Json = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("{report}"));
    let line = |finding: &Json| {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let place = &finding["place"];
        let file = place["file"].as_str().unwrap_or_default().trim_start_matches("./");
        format!("{} {file}:{} {}", text("rule"), place["line"], text("message"))
    };
    findings
        .iter()
        .map(line)
        .filter(|line| !line.starts_with("missing-icon"))
        .collect()
}

/// A variable has the values that the branches assigned, not its initial one.
#[test]
fn names_of_templates_follow_branches() {
    let template = "\
{{- define \"a.x\" }}a: b{{ end }}
{{- $name := \"\" }}
{{- if .Values.x }}{{ $name = \"a.x\" }}
{{- else if .Values.z }}{{ $name = printf \"a.%s\" .Values.z }}
{{- else }}{{ fail \"x or z\" }}{{ end }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  a: {{ include $name . | quote }}
";
    let files = [("templates/c.yaml", template), ("values.yaml", "x: 1\nz: \"\"\n")];
    assert_eq!(found_in("names_follow_branches", &files, &[]), Vec::<String>::new());
    let bad = template.replace("$name = \"a.x\"", "$name = \"a.z\"");
    let files = [("templates/c.yaml", &*bad), ("values.yaml", "x: \"\"\nz: x\n")];
    let found = found_in("names_follow_branches_bad", &files, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("no template \"a.z\" is defined"), "{found:?}");
}

/// Every cluster serves the kinds of its version.
#[test]
fn kinds_are_served() {
    let template = "\
{{- if .Capabilities.APIVersions.Has \"policy/v1/PodDisruptionBudget\" }}
apiVersion: policy/v1
{{- else }}
apiVersion: policy/v1beta1
{{- end }}
kind: PodDisruptionBudget
metadata:
  name: web
spec:
  minAvailable: 1
  selector: {}
";
    let found = found_in("kinds_are_served", &[("templates/b.yaml", template)], &[]);
    assert_eq!(found, Vec::<String>::new());
}

/// Files of other programs are not checked by Prometheus' rules.
#[test]
fn files_of_other_programs_are_theirs() {
    let vm = |image: &str| {
        format!(
            "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  scrape.yml: |
    scrape_configs:
    - job_name: a
      kubernetes_sd_configs:
      - role: endpointslices
---
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: {image}
    volumeMounts:
    - name: config
      mountPath: /config
  volumes:
  - name: config
    configMap:
      name: web
"
        )
    };
    let of = |image: &str| {
        let name = format!("files_of_others_{}", image.len());
        let found = found_in(&name, &[("templates/b.yaml", &vm(image))], &[]);
        found.into_iter().filter(|line| line.starts_with("prometheus-")).count()
    };
    assert_eq!(of("victoriametrics/vmagent:v1.100.0"), 0);
    assert_eq!(of("prom/prometheus:v3.16.0"), 1);
    // Whose file it is cannot be told if the template of the pods fails.
    let whole = vm("prom/prometheus:v3.16.0");
    let (map, pod) = whole.split_once("---\n").unwrap();
    let pod = format!("{{{{ required \"give a URL\" .Values.url }}}}\n{pod}");
    let files = [("templates/b.yaml", map), ("templates/c.yaml", &*pod)];
    let found = found_in("files_of_unknown_programs", &files, &[]);
    assert!(found.len() == 1 && found[0].starts_with("template-render"), "{found:?}");
    let promtail = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  promtail.yaml: |
    server:
      http_listen_port: 3101
    clients:
    - url: http://loki/
    positions:
      filename: /run/positions.yaml
    scrape_configs:
    - job_name: a
      pipeline_stages: []
";
    let found = found_in("files_of_promtail", &[("templates/b.yaml", promtail)], &[]);
    assert_eq!(found, Vec::<String>::new());
}

/// A headless Service has the addresses of its pods even if they have no port of that name.
#[test]
fn headless_services_have_addresses_without_ports() {
    let severity = |spec: &str| {
        let text = format!(
            "\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  {spec}
  selector: {{app: web}}
  ports:
  - port: 80
    targetPort: metrics
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {{app: web}}
spec:
  containers:
  - name: web
    image: web:1.0.0
    ports:
    - containerPort: 8080
      name: http
"
        );
        let folder = chart(&format!("headless_{}", spec.len()), &text, "");
        let run = Case::new("lint").args([".", "--format", "json"]).dir(&folder).run();
        let report: Json = serde_json::from_str(&run.stdout).unwrap();
        let mut findings = report["findings"].as_array().unwrap().iter();
        let found = findings.find(|found| found["rule"] == "invalid-target-port");
        found.unwrap_or_else(|| panic!("{report}"))["severity"].clone()
    };
    assert_eq!(severity("clusterIP: None"), "warning");
    assert_eq!(severity("type: ClusterIP"), "error");
}

/// A variable whose name suggests a secret may hold a setting, or the name of a Secret.
#[test]
fn settings_are_no_secrets() {
    let pod = |name: &str, value: &str| format!("{POD}    env:\n    - name: {name}\n      value: {value:?}\n");
    let secrets = |name: &str, value: &str| {
        let text = pod(name, value).replace("image: nginx", "image: nginx:1.29");
        let found = found_in("settings_are_no_secrets", &[("templates/b.yaml", &text)], &[]);
        found.iter().filter(|line| line.starts_with("secret-in-env")).count()
    };
    for (name, value) in [
        ("ALLOW_EMPTY_PASSWORD", "yes"),
        ("POSTGRES_UPDATE_PASSWORD", "always"),
        ("ETCD_INITIAL_CLUSTER_TOKEN", "etcd-cluster-k8s"),
        ("ETCD_AUTH_TOKEN", "jwt,priv-key=/k,sign-method=RS256"),
        ("TLS_SECRET", "web-tls-secret"),
        ("OIDC_TOKEN", "https://login.example.org/token"),
    ] {
        assert_eq!(secrets(name, value), 0, "{name}");
    }
    assert_eq!(secrets("DB_PASSWORD", "hunter2"), 1);
}

/// Keys at every level: the parent's, a subchart's, by alias, global ones.
#[test]
fn keys_of_umbrella_charts_are_followed() {
    let files = [
        (
            "Chart.yaml",
            "apiVersion: v2\nname: um\nversion: 1.0.0\ndependencies:\n- {name: web, version: 1.0.0, alias: front, condition: front.on}\n- {name: web, version: 1.0.0, import-values: [data]}\n",
        ),
        ("values.yaml", "unread: 2\nfront: {image: {tga: b}}\nown: {b: 1}\n"),
        ("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        (
            "charts/web/values.yaml",
            "image: {tag: a}\nexports: {data: {own: {a: 1}}}\n",
        ),
        (
            "charts/web/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{ .Chart.Name }}\"}\ndata: {a: \"{{ .Values.image.tag }}{{ .Values.global.known }}\"}\n",
        ),
        (
            "templates/b.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {a: \"{{ .Values.own.a }}\"}\n",
        ),
        (
            "given.yaml",
            "front: {\"on\": true, image: {tag: b}, foo: 1}\nweb: {image: {tga: b}}\nwbe: {}\nglobal: {known: 1, unknown: 2}\n",
        ),
    ];
    let found = found_in("keys_of_umbrellas", &files, &["-f", "given.yaml"]);
    let keys: Vec<&str> = found
        .iter()
        .filter_map(|line| line.split("no template reads ").nth(1))
        .collect();
    assert_eq!(
        keys,
        [
            "unread",
            "front.image.tga",
            "own.b",
            "front.foo",
            "web.image.tga",
            "wbe",
            "global.unknown"
        ],
        "{found:#?}"
    );
    assert!(found[1].starts_with("unknown-value values.yaml:2"), "{found:#?}");
}

/// Items of a `ConfigMapList` are ConfigMaps; a null is reported once.
#[test]
fn lists_and_nulls() {
    let list = "apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n  data: {a: 1}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: null\n";
    let found = found_in("lists_and_nulls", &[("templates/b.yaml", list)], &[]);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("wrong-type templates/b.yaml:5"), "{found:#?}");
    assert!(
        found[1].starts_with("missing-required-field templates/b.yaml:9"),
        "{found:#?}"
    );
}

/// A missing field of an object is reported at its own template, not where its name is generated.
#[test]
fn whole_objects_are_shown_at_their_templates() {
    let files = [
        (
            "templates/_helpers.tpl",
            "{{- define \"name\" }}{{ .Release.Name }}-web{{ end }}\n",
        ),
        (
            "templates/b.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ include \"name\" . }}\nspec:\n  replicas: 2\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      containers:\n      - name: a\n        image: nginx:1.29\n",
        ),
    ];
    let found = found_in("whole_objects", &files, &["--select", "missing-spread"]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("missing-spread templates/b.yaml:4"), "{found:#?}");
}

/// Mistyped keys, API versions with a successor and unquoted scalars are fixed; harmful edits are dropped.
#[test]
fn what_is_plain_is_mended() {
    let folder = chart("fix", "", "image:\n  tag: 1.10\n\"on\": x\n");
    write(
        &folder,
        "templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.image.tag }}\n  lables: {a: b}\ndata:\n  a: {{ .Values.on }}\n  b: 1.10\n  c: {{ .Values.image.tagg }}\n",
    );
    write(&folder, "given.yaml", "imaeg: {tag: b}\n");
    let run = |mode: &str| {
        Case::new("lint")
            .args([".", "-f", "given.yaml", mode])
            .dir(&folder)
            .run()
    };
    let shown = run("--fix");
    assert_eq!(shown.code, 1, "{}", shown.stderr);
    for line in [
        "+image: {tag: b}",
        "-  b: 1.10",
        "+  b: \"1.10\"",
        "+  labels: {a: b}",
        "+  tag: \"1.10\"",
    ] {
        assert!(
            shown.stdout.lines().any(|shown| shown == line),
            "{line}\n{}",
            shown.stdout
        );
    }
    assert_eq!(
        std::fs::read_to_string(folder.join("given.yaml")).unwrap(),
        "imaeg: {tag: b}\n"
    );
    let written = run("--fix=write");
    assert_eq!(
        (written.code, &written.stdout),
        (0, &shown.stdout),
        "{}",
        written.stderr
    );
    assert_eq!(
        std::fs::read_to_string(folder.join("given.yaml")).unwrap(),
        "image: {tag: b}\n"
    );
    let again = run("--fix");
    assert_eq!((again.code, &*again.stdout), (0, ""), "{}", again.stderr);
}

/// Files referenced by a prometheus.yml are checked if they exist. The expected findings are those of promtool 3.16.
#[test]
fn files_that_a_configuration_names_are_checked() {
    let folder = scratch("named_files");
    let rules = "groups:\n- name: a\n  rules:\n  - {record: x, expr: \"up(\"}\n";
    write(&folder, "bad.yml", rules);
    write(&folder, "ok.yml", "groups: []\n");
    write(&folder, "jobs.yml", "scrape_configs:\n- job_name: a\n- job_nam: b\n");
    write(&folder, "targets/t.yml", "- targets: [x]\n  labls: {}\n- null\n");
    write(
        &folder,
        "prometheus.yml",
        "rule_files: [none.yml, none*.yml, b*.yml, ok.yml]\nscrape_config_files: [jobs.yml, none.yml]\nscrape_configs:\n- job_name: a\n  file_sd_configs:\n  - files: [targets/t.yml, none.yml]\n",
    );
    let run = Case::new("lint")
        .args(["--prometheus-config", "prometheus.yml", "--format", "json"])
        .dir(&folder)
        .run();
    let report: Json = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    let line = |finding: &Json| {
        let place = &finding["place"];
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        format!(
            "{} {}:{} {}",
            text(&finding["severity"]),
            text(&place["file"]),
            place["line"],
            text(&finding["message"])
        )
    };
    let mut found: Vec<String> = report["findings"].as_array().unwrap().iter().map(line).collect();
    found.sort();
    let wanted = [
        "error bad.yml:4 unclosed left parenthesis",
        "error jobs.yml:2 found multiple scrape configs with job name \"a\"",
        "error jobs.yml:3 ",
        "error prometheus.yml:1 \"none.yml\" does not point to an existing file",
        "error targets/t.yml:2 ",
        "error targets/t.yml:3 nil target group item found",
        "warning prometheus.yml:6 the file \"none.yml\" does not exist",
    ];
    let mut left = found.clone();
    for want in wanted {
        let at = left.iter().position(|line| line.starts_with(want));
        assert!(at.is_some(), "{want}\n{found:#?}");
        at.map(|at| left.remove(at));
    }
    let of_a_job = |line: &String| line.starts_with("error jobs.yml:3 ");
    assert!(left.iter().all(of_a_job), "{left:#?}");
}

/// In a ConfigMap the other keys are those files.
#[test]
fn keys_that_a_configuration_names_are_checked() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  prometheus.yml: |\n    scrape_config_files: [/etc/config/jobs.yml]\n    scrape_configs:\n    - job_name: a\n      file_sd_configs:\n      - files: [t.yml]\n  jobs.yml: |\n    scrape_configs:\n    - job_name: b\n      scrape_intervall: 1m\n  t.yml: |\n    - targets: [x]\n      labls: {}\n  other.yml: |\n    - labls: {}\n";
    let found = found_in("named_keys", &[("templates/b.yaml", map)], &[]);
    let places: Vec<&str> = found.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(places, ["templates/b.yaml:15", "templates/b.yaml:18"], "{found:#?}");
}

/// A name that another release may define is a warning; a name similar to one in the release is an error.
#[test]
fn objects_of_other_releases_are_warnings() {
    let scaler = |target: &str| {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: a}}\nspec:\n  maxReplicas: 3\n  \
             scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}\n---\napiVersion: apps/v1\nkind: \
             Deployment\nmetadata: {{name: frontend}}\nspec:\n  selector: {{matchLabels: {{a: b}}}}\n  template:\n    metadata: \
             {{labels: {{a: b}}}}\n    spec: {{containers: [{{name: a, image: \"nginx:1.29\"}}]}}\n"
        )
    };
    let severity = |target: &str| {
        let folder = chart("other_releases", &scaler(target), "");
        let run = Case::new("lint")
            .args([".", "--select", "autoscaler-without-target"])
            .dir(&folder)
            .run();
        let lines = run.stdout.lines();
        let mut found = lines
            .filter(|line| line.contains("[autoscaler-without-target]"))
            .map(str::to_owned);
        found.next().unwrap_or_default()
    };
    assert!(severity("elsewhere").starts_with("warning["));
    assert!(severity("frontent").starts_with("error["));
    assert_eq!(severity("frontend"), "");
}

#[test]
fn a_subchart_that_accepts_no_global_values_is_named() {
    let files = [
        ("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("charts/web/values.yaml", "a: 1\n"),
        (
            "charts/web/values.schema.json",
            "{\"properties\": {\"a\": {}}, \"additionalProperties\": false}",
        ),
    ];
    let found = found_in("no_global", &files, &["--select", "values-schema"]);
    let found: Vec<&String> = found.iter().filter(|line| line.starts_with("values-schema")).collect();
    assert_eq!(
        found,
        ["values-schema charts/web/values.schema.json:1 unknown key global"]
    );
}

#[test]
fn words_that_are_nearly_known_get_a_hint() {
    let explained = Case::new("explain").arg("unused").run();
    assert!(explained.stderr.contains("`unused-value`"), "{}", explained.stderr);
    let selected = lint(&["chart", "--select", "foo"]);
    assert_eq!(selected.code, 2);
    assert!(
        selected.stderr.contains("`promchart explain` lists all rules"),
        "{}",
        selected.stderr
    );
    let folder = chart("stale_baseline", POD, "");
    let known = |arguments: &[&str]| {
        let all = [&[".", "--baseline", "known.json"], arguments].concat();
        Case::new("lint").args(all).dir(&folder).run()
    };
    assert_eq!(known(&["--write-baseline"]).code, 0);
    write(&folder, "templates/a.yaml", POD.replace("nginx", "nginx:1.29"));
    assert!(
        known(&[]).stderr.contains("of the known findings are gone"),
        "{}",
        known(&[]).stderr
    );
}

#[test]
fn an_unknown_include_is_told_once() {
    let files = [("templates/b.yaml", "a: {{ include \"nothing\" . }}\n")];
    let found = found_in("unknown_include", &files, &[]);
    assert_eq!(
        found,
        ["undefined-template templates/b.yaml:1 no template \"nothing\" is defined"]
    );
    // If that rule is off, the render error itself is reported.
    let found = found_in("unknown_include", &files, &["--ignore", "undefined-template"]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("template-render "), "{found:#?}");
}

/// The finding `rule: message (place)` of each set of values, and the sets that have it.
fn found_with(report: &Json, of: &str) -> std::collections::BTreeSet<(String, String)> {
    let mut all = std::collections::BTreeSet::new();
    for found in report["findings"].as_array().unwrap() {
        let name = format!(
            "{}: {} ({}, {})",
            found["rule"], found["message"], found["place"], found["labels"]
        );
        match found["runs"].as_array().filter(|runs| !runs.is_empty()) {
            Some(runs) => all.extend(runs.iter().map(|run| (name.clone(), run.as_str().unwrap().to_owned()))),
            None => all.extend(of.split_whitespace().map(|run| (name.clone(), run.to_owned()))),
        }
    }
    all
}

/// The runs of a chart share its templates, what they read, its custom resources, its compiled schemas and sessions.
#[test]
fn many_values_find_what_each_of_them_finds_alone() {
    let folder = chart("lint_many_values", POD, "text: a\nextra: ''\nport: 1\ncrd: false\n");
    write(
        &folder,
        "values.schema.json",
        r#"{"properties": {"port": {"type": "integer"}}}"#,
    );
    write(
        &folder,
        "templates/b.yaml",
        "{{ tpl .Values.extra . }}\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: {{ .Values.text }}\n\
         spec:\n  size: {{ .Values.port }}\n",
    );
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things.example.com\n\
        spec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Thing, plural: things, singular: thing}\n  versions:\n  \
        - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        \
        properties:\n          spec: {type: object, properties: {size: {type: integer, maximum: MAX}}}\n";
    write(&folder, "crds/thing.yaml", crd.replace("MAX", "10"));
    write(
        &folder,
        "templates/crd.yaml",
        format!("{{{{ if .Values.crd }}}}\n{}{{{{ end }}}}\n", crd.replace("MAX", "5")),
    );
    write(
        &folder,
        "templates/_x.tpl",
        "{{ define \"used.in.values\" }}x: 1{{ end }}",
    );
    let values = [
        ("plain.yaml", "port: 2\n"),
        ("large.yaml", "port: 20\n"),
        ("rendered-crd.yaml", "port: 7\ncrd: true\n"),
        ("template.yaml", "extra: '{{ include \"used.in.values\" . }}'\n"),
        ("missing.yaml", "extra: '{{ .Values.none.x }}'\n"),
        ("schema.yaml", "port: no\n"),
        ("unread.yaml", "prot: 3\n"),
        ("bad.yaml", "a: [\n"),
    ];
    values.iter().for_each(|(name, text)| write(&folder, name, text));
    let report = |names: &[&str]| -> Json {
        let each = names.iter().flat_map(|name| ["--each-values", name]);
        let arguments: Vec<&str> = [".", "--format", "json"].into_iter().chain(each).collect();
        let run = Case::new("lint").args(arguments).dir(&folder).run();
        serde_json::from_str(&run.stdout).unwrap()
    };
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let alone = names.iter().flat_map(|name| found_with(&report(&[*name]), name));
    let alone: std::collections::BTreeSet<_> = alone.collect();
    // Also in the other order: what the first run leaves behind must not matter.
    let reversed: Vec<&str> = names.iter().rev().copied().collect();
    for order in [&names, &reversed] {
        assert_eq!(found_with(&report(order), &names.join(" ")), alone);
    }
    for wanted in [
        "int-range",
        "values-schema",
        "unknown-value",
        "values-syntax",
        "template-render",
    ] {
        assert!(
            alone.iter().any(|(name, _)| name.contains(wanted)),
            "{wanted}: {alone:#?}"
        );
    }
}
