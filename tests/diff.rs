//! `promchart diff` where a case of `tests/suite/diff` does not reach: git, bounds, our own chart.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::support::{Case, Run, names, read, root, scratch, write};

fn diff(folder: &Path, arguments: &[&str]) -> Run {
    let path = std::env::var("PATH").unwrap_or_default();
    Case::new("diff").args(arguments).dir(folder).env("PATH", &path).run()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let names = [
        "user.name=Test",
        "user.email=test@example.org",
        "init.defaultBranch=main",
        "commit.gpgsign=false",
    ];
    let mut command = Command::new("git");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").current_dir(folder);
    for name in names {
        command.args(["-c", name]);
    }
    let output = command.args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A repository outside of this one, with a chart and values in a commit.
fn repository(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("promchart-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    write(
        &folder,
        "charts/web/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    );
    write(&folder, "charts/web/values.yaml", "replicas: 1\nimage: web:1\n");
    let template = "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata:\n  name: web\nspec:\n  replicas: {{ .Values.replicas }}\n  selector: {}\n  image: {{ .Values.image }}\n";
    write(&folder, "charts/web/templates/a.yaml", template);
    write(&folder, "live.yaml", "image: web:live\n");
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "one"]);
    folder
}

#[test]
fn revisions_come_from_git_and_nothing_is_checked_out() {
    let folder = repository("revisions");
    write(&folder, "charts/web/values.yaml", "replicas: 2\nimage: web:1\n");
    write(&folder, "live.yaml", "image: web:live2\n");
    let before = git(&folder, &["status", "--porcelain"]);
    let run = diff(&folder, &["charts/web", "--from", "HEAD", "-f", "live.yaml"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    for line in [
        "--- charts/web at HEAD",
        "    - 1  # charts/web/values.yaml:1 via charts/web/templates/a.yaml:6",
        "    + 2  # charts/web/values.yaml:1 via charts/web/templates/a.yaml:6",
        // Values files are those of the revision, too.
        "    - \"web:live\"  # live.yaml:1 via charts/web/templates/a.yaml:8",
        "    + \"web:live2\"  # live.yaml:1 via charts/web/templates/a.yaml:8",
    ] {
        assert!(run.stdout.lines().any(|own| own == line), "{line}\n{}", run.stdout);
    }
    assert_eq!(git(&folder, &["status", "--porcelain"]), before);
    // From within the chart, and between two revisions.
    git(&folder, &["commit", "-q", "-a", "-m", "two"]);
    let inside = diff(&folder.join("charts/web"), &["--from", "HEAD~1", "--to", "HEAD"]);
    assert!(
        inside.stdout.contains("--- . at HEAD~1\n+++ . at HEAD\n") && inside.code == 1,
        "{}{}",
        inside.stdout,
        inside.stderr
    );
    let same = diff(&folder, &["charts/web", "--from", "HEAD"]);
    assert_eq!((same.code, same.stderr.as_str()), (0, ""), "{}", same.stdout);
    // What main has got since is not what this branch changes.
    git(&folder, &["checkout", "-q", "-b", "branch", "HEAD~1"]);
    let main = diff(&folder, &["charts/web", "--from", "main"]);
    let base = diff(&folder, &["charts/web", "--from", "main", "--merge-base"]);
    assert_eq!((main.code, base.code), (1, 0), "{}{}", base.stdout, base.stderr);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_no_revision_has_is_lent_and_told() {
    let folder = repository("lent");
    let chart = "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: sub, version: 1.0.0}\n";
    write(&folder, "charts/web/Chart.yaml", chart);
    write(&folder, ".gitignore", "charts/web/charts/\n");
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "a dependency"]);
    let missing = diff(&folder, &["charts/web", "--from", "HEAD"]);
    assert_eq!(missing.code, 2, "{}", missing.stdout);
    write(
        &folder,
        "charts/web/charts/sub/Chart.yaml",
        "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    );
    write(
        &folder,
        "charts/web/charts/sub/templates/s.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub}\n",
    );
    write(&folder, "extra.yaml", "replicas: 5\n");
    // A file of the chart that is in no revision belongs to the new side alone.
    write(
        &folder,
        "charts/web/templates/new.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n",
    );
    let run = diff(
        &folder,
        &["charts/web", "--from", "HEAD", "-f", "extra.yaml", "--show", "names"],
    );
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stdout.contains("+ ConfigMap/new") && !run.stdout.contains("ConfigMap/sub"),
        "{}",
        run.stdout
    );
    let note = run
        .stdout
        .lines()
        .find(|line| line.starts_with("note: not in HEAD"))
        .unwrap();
    assert!(
        note.contains("extra.yaml") && note.contains("charts/web/charts/sub/Chart.yaml"),
        "{note}"
    );
    let unknown = diff(&folder, &["charts/web", "--from", "nowhere"]);
    assert!(
        unknown.stderr.contains("git knows no revision `nowhere`") && unknown.code == 2,
        "{}",
        unknown.stderr
    );
    let option = diff(&folder, &["charts/web", "--from=--output=x"]);
    assert!(
        option.stderr.contains("is no git revision") && option.code == 2,
        "{}",
        option.stderr
    );
    let absent = diff(&folder, &["charts/other", "--from", "HEAD"]);
    assert!(
        absent.stderr.contains("charts/other is not in HEAD") && absent.code == 2,
        "{}",
        absent.stderr
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A comment has at most 65,536 characters, and says what is not in it.
#[test]
fn markdown_is_bounded() {
    let folder = scratch("diff_markdown");
    let objects = |value: &str| -> String {
        let object = |at: usize| {
            format!(
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: map-{at}}}\ndata:\n  text: |\n    {value} {at}\n    same\n"
            )
        };
        (0..2000).map(object).collect()
    };
    write(&folder, "old.yaml", objects("old"));
    write(&folder, "new.yaml", objects("new"));
    let run = diff(&folder, &["old.yaml", "new.yaml", "--format", "markdown"]);
    let length = run.stdout.chars().count();
    assert!(length <= 65_536 && length > 60_000, "{length}");
    assert!(
        run.stdout.contains("of the differences do not fit in here"),
        "{}",
        &run.stdout[run.stdout.len() - 500..]
    );
    assert_eq!(
        run.stdout.matches("<details>").count(),
        run.stdout.matches("</details>").count()
    );
}

#[test]
fn reports_go_to_files_too() {
    let folder = scratch("diff_reports");
    write(
        &folder,
        "old.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    );
    write(
        &folder,
        "new.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
    );
    let outputs = [
        "old.yaml",
        "new.yaml",
        "-q",
        "--output",
        "json=diff.json",
        "--output",
        "markdown=diff.md",
    ];
    let run = diff(&folder, &outputs);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (1, "", ""));
    let json: Json = serde_json::from_str(&std::fs::read_to_string(folder.join("diff.json")).unwrap()).unwrap();
    assert_eq!(
        json["summary"],
        serde_json::json!({"added": 1, "removed": 1, "changed": 0, "unchanged": 0})
    );
    assert!(
        std::fs::read_to_string(folder.join("diff.md"))
            .unwrap()
            .starts_with("<!-- promchart diff -->\n")
    );
}

/// One value of our chart is changed at a time: the line that sets it is named.
#[test]
fn the_line_that_made_a_change_is_named() {
    let folder = scratch("diff_causes");
    let chart = root().join("chart").display().to_string();
    for (key, value) in [
        ("server.retention.time", "20d"),
        ("server.persistence.size", "20Gi"),
        ("server.terminationGracePeriodSeconds", "200"),
        ("server.revisionHistoryLimit", "3"),
        ("server.service.type", "NodePort"),
        ("server.serviceAccount.labels.a", "b"),
        ("commonLabels.team", "x"),
    ] {
        let mut text = String::new();
        let steps: Vec<&str> = key.split('.').collect();
        for (depth, step) in steps.iter().enumerate() {
            text.push_str(&format!("{}{step}:", "  ".repeat(depth)));
            text.push_str(&if depth + 1 == steps.len() {
                format!(" {value}\n")
            } else {
                "\n".to_owned()
            });
        }
        write(&folder, "changed.yaml", text);
        let run = diff(&folder, &[&chart, "--to-values", "changed.yaml", "--format", "json"]);
        // 2: the chart has no such key, and the case is of no use.
        assert!(run.code < 2, "{key}: {}", run.stderr);
        let json: Json = serde_json::from_str(&run.stdout).unwrap();
        let fields = json["objects"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|object| object["fields"].as_array().unwrap());
        let named = fields.filter(|field| {
            field["new"]["cause"]["value"]["file"] == "changed.yaml"
                && field["new"]["cause"]["value"]["line"] == steps.len()
        });
        assert!(named.count() > 0, "{key}: {}", run.stdout);
    }
}

/// From each recorded release of our chart one can upgrade to this one: nothing is refused, no data are lost.
/// `tests/fixtures/upgrades/README.md` tells how one is recorded.
#[test]
fn our_chart_upgrades() {
    let folder = "tests/fixtures/upgrades";
    let mut count = 0;
    for file in names(folder).iter().filter(|name| name.ends_with(".yaml")) {
        let path = format!("{folder}/{file}");
        let first = read(&path).lines().next().unwrap().to_owned();
        let arguments: Vec<&str> = first.trim_start_matches("# ").split(' ').collect();
        let mut all = vec![path.as_str(), "chart", "--format", "json"];
        all.extend(&arguments);
        let run = diff(&root(), &all);
        assert!(run.code < 2, "{file}: {}", run.stderr);
        let json: Json = serde_json::from_str(&run.stdout).unwrap();
        let bad = json["effects"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|effect| effect["level"] == "refused" || effect["level"] == "data");
        let bad: Vec<String> = bad.map(ToString::to_string).collect();
        assert!(bad.is_empty(), "{file}:\n{}", bad.join("\n"));
        count += 1;
    }
    assert!(count > 2, "{count}");
}
