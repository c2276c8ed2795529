//! `promchart template --source-map`: every line has an origin, and the positions of values are verified.

use std::collections::BTreeMap;
use std::path::Path;

use promchart::objects::{Objects, Query};
use promchart::source::Sources;
use serde_json::Value as Json;

use crate::support::{Case, copy, names, root, scratch, write};

/// Runs `template` in a folder. Returns its standard output and the source map. `test` separates the maps of parallel
/// tests.
fn mapped(test: &str, folder: &Path, arguments: &[&str]) -> (String, Json) {
    let file = scratch(&format!("source-map-of-{test}")).join("map.json");
    let case = Case::new("template").args(arguments).arg("--source-map").arg(&file);
    let printed = case.dir(folder).run().stdout();
    let map = std::fs::read_to_string(file).unwrap();
    (printed, serde_json::from_str(&map).unwrap())
}

/// The lines of an output without an origin, and origins without a line.
fn faults(text: &str, lines: &[Json]) -> Vec<String> {
    let by_line: BTreeMap<u64, &Json> = lines
        .iter()
        .map(|line| (line["line"].as_u64().unwrap(), line))
        .collect();
    assert_eq!(by_line.len(), lines.len());
    let mut wrong = Vec::new();
    for (number, line) in (1_u64..).zip(text.lines()) {
        if line == "---" {
            // A separator written by Helm, or one between the documents of a file of crds/.
            continue;
        }
        let is_helms = line.trim().is_empty() || line.starts_with("# Source: ");
        let place = by_line.get(&number).and_then(|line| line["template"].as_array());
        if place.is_some() == is_helms {
            wrong.push(format!("{number}: {line}"));
        }
    }
    wrong
}

#[test]
fn every_line_has_a_template() {
    for profile in names("values").iter().filter(|name| name.ends_with(".yaml")) {
        let (text, map) = mapped("profiles", &root(), &["chart", "-f", &format!("values/{profile}")]);
        let outputs = map["outputs"].as_array().unwrap();
        assert_eq!((outputs.len(), &outputs[0]["path"]), (1, &Json::Null));
        let wrong = faults(&text, outputs[0]["lines"].as_array().unwrap());
        assert!(wrong.is_empty(), "{profile}: {}", wrong.join("\n"));
    }
}

/// A chart with a hook, a CRD of two documents, a subchart, and a file of several documents.
fn chart() -> std::path::PathBuf {
    let folder = scratch("source-map-chart");
    let manifest = |kind: &str, name: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n");
    let chart = folder.join("c");
    write(&chart, "Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
    write(&chart, "values.yaml", "a: one\nb: two\nsub:\n  c: three\n");
    let two = manifest("ConfigMap", "{{ .Values.a }}") + "\n\n---\n\n# Two\n" + &manifest("Secret", "{{ .Values.b }}");
    write(&chart, "templates/two.yaml", two);
    let hook = manifest("Pod", "hook") + "  annotations: {helm.sh/hook: test}\n";
    write(&chart, "templates/hook.yaml", hook);
    write(
        &chart,
        "crds/x.yaml",
        manifest("A", "a") + "---\n" + &manifest("B", "b"),
    );
    write(
        &chart,
        "charts/sub/Chart.yaml",
        "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
    );
    write(&chart, "charts/sub/values.yaml", "c: four\n");
    write(
        &chart,
        "charts/sub/templates/a.yaml",
        manifest("Service", "{{ .Values.c }}"),
    );
    folder
}

#[test]
fn every_form_of_output_is_mapped() {
    let folder = chart();
    for arguments in [
        &["c"][..],
        &["c", "--include-crds"],
        &["c", "--no-hooks"],
        &["c", "-s", "templates/two.yaml"],
        &[
            "c",
            "--include-crds",
            "-s",
            "templates/hook.yaml",
            "-s",
            "charts/sub/templates/*.yaml",
            "-s",
            "crds/x.yaml",
        ],
    ] {
        let (text, map) = mapped("forms", &folder, arguments);
        let wrong = faults(&text, map["outputs"][0]["lines"].as_array().unwrap());
        assert!(wrong.is_empty(), "{arguments:?}: {}\n{text}", wrong.join("\n"));
        // The text of a value's position is part of the line.
        for line in map["outputs"][0]["lines"].as_array().unwrap() {
            for value in line["values"].as_array().into_iter().flatten() {
                let number = usize::try_from(line["line"].as_u64().unwrap()).unwrap();
                let printed = text.lines().nth(number - 1).unwrap();
                let word = match value["key"].as_str().unwrap() {
                    "a" => "one",
                    "b" => "two",
                    "sub.c" => "three",
                    other => panic!("{other}"),
                };
                assert!(printed.ends_with(word), "{printed}");
            }
        }
    }
    let (_, map) = mapped("forms", &folder, &["c", "--include-crds", "--output-dir", "out"]);
    let outputs = map["outputs"].as_array().unwrap();
    assert_eq!(outputs.len(), 4);
    for output in outputs {
        let path = output["path"].as_str().unwrap();
        let text = std::fs::read_to_string(folder.join(path)).unwrap();
        let wrong = faults(&text, output["lines"].as_array().unwrap());
        assert!(wrong.is_empty(), "{path}: {}\n{text}", wrong.join("\n"));
    }
}

/// In the fixtures' chart, each field with a certain value changes when the value at that position is edited.
#[test]
fn places_of_values_are_proven_by_editing_them() {
    let folder = scratch("source-map-proof");
    copy(&root().join("tests/fixtures/charts/web"), &folder.join("web"));
    let (_, map) = mapped("proof", &folder, &["web"]);
    let values = std::fs::read_to_string(folder.join("web/values.yaml")).unwrap();
    let render = || {
        let run = Case::new("template")
            .args(["web", "--skip-schema-validation"])
            .dir(&folder)
            .run();
        (run.code == 0).then_some(run.stdout)
    };
    let field = |text: &str, object: &Json, path: &str| {
        let mut objects = Objects::default();
        let name = "all".into();
        objects.read_file(
            &name,
            text,
            "default",
            &Sources::new(),
            &mut promchart::diagnostic::Report::new(),
        );
        let is_it = |found: &&promchart::objects::Object| {
            object["kind"] == *found.reference.kind && object["name"] == *found.reference.name
        };
        let found = objects.all.iter().find(is_it)?;
        let query = Query::parse(path).unwrap();
        let field = query
            .find(&found.node)
            .ok()?
            .first()?
            .node
            .to_json(&|float| float.into());
        Some(field.to_string())
    };
    let before = render().unwrap();
    let mut proven = 0;
    for line in map["outputs"][0]["lines"].as_array().unwrap() {
        for value in line["values"].as_array().into_iter().flatten() {
            let Some(path) = value["path"].as_str().filter(|_| value["certain"] == true) else {
                continue;
            };
            let object = &map["objects"][usize::try_from(value["object"].as_u64().unwrap()).unwrap()];
            let at = |index: usize| usize::try_from(value["at"][index].as_u64().unwrap()).unwrap();
            assert_eq!(map["files"][at(0)], "web/values.yaml");
            let edited: Vec<String> = values
                .lines()
                .enumerate()
                .map(|(number, line)| {
                    if number + 1 == at(1) {
                        edit(line, at(2) - 1)
                    } else {
                        line.to_owned()
                    }
                })
                .collect();
            write(&folder, "web/values.yaml", edited.join("\n") + "\n");
            let after = render().and_then(|text| field(&text, object, path));
            let was = field(&before, object, path);
            assert!(
                was.is_some() && was != after,
                "{path} of {object} does not change with {value}"
            );
            proven += 1;
        }
    }
    assert!(proven >= 15, "{proven}");
}

/// A line with another scalar from a column on.
fn edit(line: &str, column: usize) -> String {
    let (before, value) = line.split_at(column);
    let end = value.find([',', '}', ']', '#']).unwrap_or(value.len());
    let (value, after) = value.split_at(end);
    let bare = value.trim_end();
    let other = match (bare, bare.parse::<u64>()) {
        (_, Ok(number)) => (number + 1).to_string(),
        ("true", _) => "false".to_owned(),
        ("false", _) => "true".to_owned(),
        _ => format!("{}q", bare.trim_matches(['"', '\''])),
    };
    format!("{before}{other}{}{after}", &value[bare.len()..])
}

#[test]
fn what_cannot_be_mapped_is_refused() {
    for (arguments, message) in [
        (&["--source-map", ""][..], "--source-map takes the name of a file"),
        (
            &["--source-map", "m", "--post-renderer", "cat"],
            "a --post-renderer prints",
        ),
        (
            &["--source-map", "m", "--each-values", "values/minimal.yaml"],
            "--source-map is for one render",
        ),
        (
            &["--source-map", "/nowhere/m/x", "--show-only", "nothing"],
            "could not find template",
        ),
        (&["--source-map", "/proc/nowhere/x"], "cannot write /proc/nowhere/x"),
    ] {
        let run = Case::new("template").args(arguments).run();
        assert_eq!((run.code, &*run.stdout), (1, ""), "{arguments:?}");
        assert!(run.stderr.contains(message), "{arguments:?}: {}", run.stderr);
        assert!(!root().join("m").exists());
    }
}
