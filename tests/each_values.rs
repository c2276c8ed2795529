//! `promchart template --each-values` renders each set of values as a separate run does.

use std::path::Path;

use crate::support::{Case, chart, root, write};

/// The output of one process for all files, and of a separate process for each.
fn together_and_alone(folder: &Path, chart: &str, files: &[String], more: &[&str]) -> (String, String) {
    let case = Case::new("template").args(["demo", chart]).args(more).dir(folder);
    let together = files.iter().fold(case, |case, file| case.args(["--each-values", file]));
    let mut alone = String::new();
    for file in files {
        let case = Case::new("template").args(["demo", chart, "-f", file]).args(more);
        alone.push_str(&format!("# Values: {file}\n{}", case.dir(folder).run().stdout()));
    }
    (together.run().stdout(), alone)
}

/// All profiles, twice and in both directions: no state of a render leaks into the next.
#[test]
fn profiles_render_as_alone() {
    let mut files: Vec<String> = std::fs::read_dir(root().join("values"))
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .filter(|path| path.ends_with(".yaml"))
        .collect();
    files.sort();
    assert!(files.len() > 5);
    let again: Vec<String> = files.iter().rev().cloned().collect();
    files.extend(again);
    let (together, alone) = together_and_alone(&root(), "./chart", &files, &["--include-crds"]);
    assert_eq!(together, alone);
}

/// Subcharts that are enabled in some renders, an alias, `tpl` that defines a template, typed loops, random words.
#[test]
fn what_values_switch_is_switched_for_one_render_only() {
    let folder = chart(
        "each_values_switches",
        "{{ range $k, $v := .Values.texts }}\n{{ $k }}: {{ tpl $v $ }}\n{{ end }}\nword: {{ randAlphaNum 8 }}\n\
         {{ range $i, $w := splitList \",\" (default \"\" .Values.words) }}\nw{{ $i }}: {{ $w }}\n{{ end }}\n",
        "texts: {}\n",
    );
    write(
        &folder,
        "Chart.yaml",
        "apiVersion: v2\nname: test\nversion: 1.0.0\ndependencies:\n- {name: sub, version: 1.0.0, condition: sub.enabled}\n\
         - {name: sub, version: 1.0.0, alias: other, condition: other.enabled}\n",
    );
    write(
        &folder,
        "charts/sub/Chart.yaml",
        "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    );
    write(
        &folder,
        "charts/sub/templates/a.yaml",
        "{{ define \"word\" }}of {{ .Chart.Name }}{{ end }}name: {{ include \"word\" . }}\nx: {{ .Values.x }}\n",
    );
    let define = "texts: {a: '{{ define \"word\" }}of the text{{ end }}{{ include \"word\" . }}'}\n";
    for (name, text) in [
        ("both", "sub: {x: 1}\nother: {x: 2}\n"),
        ("sub", "sub: {x: 3}\nother: {enabled: false}\n"),
        ("other", "sub: {enabled: false}\nother: {x: 4}\nwords: a,b\n"),
        ("none", "sub: {enabled: false}\nother: {enabled: false}\n"),
        ("text", define),
    ] {
        write(&folder, &format!("{name}.yaml"), text);
    }
    let names = [
        "both", "sub", "other", "none", "text", "both", "none", "sub", "text", "other",
    ];
    let files: Vec<String> = names.iter().map(|name| format!("{name}.yaml")).collect();
    let (together, alone) = together_and_alone(&folder, ".", &files, &["--seed", "7"]);
    assert_eq!(together, alone);
}

#[test]
fn each_has_a_folder() {
    let folder = chart("each_values_folders", "a: {{ .Values.a }}\n", "a: 0\n");
    write(&folder, "envs/dev.yaml", "a: 1\n");
    write(&folder, "envs/live.yaml", "a: 2\n");
    write(&folder, "more/live.yaml", "a: 3\n");
    let run = |files: &str| {
        let case = Case::new("template").args(["demo", ".", "--output-dir", "out", "--each-values", files]);
        case.dir(&folder).run()
    };
    let same = run("envs/live.yaml,more/live.yaml");
    assert!(
        same.stderr.contains("envs/live.yaml and more/live.yaml would both"),
        "{}",
        same.stderr
    );
    assert!(!folder.join("out").exists());
    let written = run("envs/dev.yaml,envs/live.yaml").stdout();
    assert!(written.contains("wrote out/live/test/templates/a.yaml\n"), "{written}");
    let read =
        |name: &str| std::fs::read_to_string(folder.join("out").join(name).join("test/templates/a.yaml")).unwrap();
    assert!(read("dev").ends_with("a: 1\n\n") && read("live").ends_with("a: 2\n\n"));
}

#[test]
fn one_that_fails_leaves_nothing_behind() {
    let folder = chart("each_values_fails", "a: {{ required \"a is wanted\" .Values.a }}\n", "");
    write(&folder, "good.yaml", "a: 1\n");
    write(&folder, "bad.yaml", "b: 1\n");
    let case = Case::new("template").args([
        "demo",
        ".",
        "--output-dir",
        "out",
        "--each-values",
        "good.yaml,bad.yaml",
    ]);
    let run = case.dir(&folder).run();
    assert_eq!((run.stdout.as_str(), run.code), ("", 1));
    assert!(run.stderr.contains("With bad.yaml:\nError:"), "{}", run.stderr);
    assert!(!run.stderr.contains("With good.yaml"), "{}", run.stderr);
    assert!(!folder.join("out").exists());
}
