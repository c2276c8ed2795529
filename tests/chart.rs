//! The chart of this repository: its profiles, its schema, and the document that it comes from.

use promchart::yaml::Value;
use std::collections::BTreeMap;

use crate::support::{Case, assert_same, names, read, root};

/// The arguments by which the goldens were made (xtask/src/goldens.rs).
fn arguments(profile: &str) -> Vec<String> {
    let namespace = if profile.starts_with("fst-manage") {
        "fst-manage"
    } else {
        "monitoring"
    };
    let mut arguments = vec![
        "prom".to_owned(),
        "chart".to_owned(),
        "-n".to_owned(),
        namespace.to_owned(),
    ];
    if profile != "default" {
        arguments.extend(["-f".to_owned(), format!("values/{profile}.yaml")]);
    }
    arguments
}

#[test]
fn every_profile_renders_to_the_bytes_of_helm() {
    let goldens = names("tests/goldens/chart");
    for file in names("values").into_iter().filter(|file| file.ends_with(".yaml")) {
        assert!(
            goldens.contains(&file),
            "no golden for values/{file}: run `cargo run -p xtask -- goldens`"
        );
    }
    for golden in goldens {
        let profile = golden.strip_suffix(".yaml").unwrap();
        let run = Case::new("template").args(arguments(profile)).run();
        assert_eq!(run.stderr, "", "{profile}");
        assert_same(&run.stdout(), &read(format!("tests/goldens/chart/{golden}")), profile);
    }
}

#[test]
fn the_built_in_chart_is_the_chart_of_the_repository() {
    let built_in = Case::new("template").run().stdout();
    assert_same(
        &built_in,
        &Case::new("template").args(["prom", "chart"]).run().stdout(),
        "without arguments",
    );
    let profile = ["-f", "values/minimal.yaml"];
    let named = Case::new("template")
        .args(["prom", "chart"])
        .args(profile)
        .run()
        .stdout();
    assert_same(
        &Case::new("template").args(profile).run().stdout(),
        &named,
        "with values",
    );
}

#[test]
fn two_renders_are_the_same_bytes() {
    let render = || Case::new("template").args(arguments("fst-manage-fixed")).run().stdout();
    assert_eq!(render(), render());
}

#[test]
fn the_bundled_schema_is_fresh() {
    let run = Case::new("schema").args(["bundle", "--check"]).run();
    assert_eq!((run.code, &*run.stderr), (0, ""));
}

/// Each file says in its first line which key must be named, and some words of the message.
#[test]
fn bad_values_are_refused_where_they_stand() {
    let mut checked = 0;
    for file in names("tests/fixtures/bad-values")
        .into_iter()
        .filter(|file| file.ends_with(".yaml"))
    {
        let path = format!("tests/fixtures/bad-values/{file}");
        let text = read(&path);
        let want = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# want: "))
            .unwrap_or_else(|| {
                panic!("{path} must begin with a line `# want: key words of the message`");
            });
        let run = Case::new("template")
            .args(["prom", "chart", "-n", "monitoring", "-f", &path])
            .run();
        assert_eq!(run.code, 1, "{path} is accepted");
        assert_eq!(run.stdout, "", "{path}");
        let (key, words) = want.split_once(' ').unwrap_or((want, ""));
        assert!(
            run.stderr.contains(&shown(key)),
            "{path}: {} is not in\n{}",
            shown(key),
            run.stderr
        );
        assert!(
            run.stderr.contains(words),
            "{path}: {words:?} is not in\n{}",
            run.stderr
        );
        checked += 1;
    }
    assert!(checked >= 40, "{checked}");
}

/// A key of a fixture (`a.0.b`) as promchart writes it (`a[0].b`).
fn shown(key: &str) -> String {
    let mut shown = String::new();
    for step in key.split('.') {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            shown.push_str(&format!("[{step}]"));
        } else {
            shown.push_str(if shown.is_empty() { "" } else { "." });
            shown.push_str(step);
        }
    }
    shown
}

/// A violation of the schema is shown at the line of the values file, whichever key it is.
#[test]
fn schema_violations_point_into_the_values_file() {
    for file in names("tests/fixtures/bad-values")
        .into_iter()
        .filter(|file| file.ends_with(".yaml"))
    {
        let path = format!("tests/fixtures/bad-values/{file}");
        let run = Case::new("template").args(["prom", "chart", "-f", &path]).run();
        if run.stderr.contains("[values-schema]") {
            assert!(run.stderr.contains(&format!("--> {path}:")), "{path}\n{}", run.stderr);
        }
    }
}

/// The ten objects of the document that the chart comes from, and what `values/fst-manage.yaml` makes of them: field for
/// field the same, but for `rule_files`, which the document leaves empty and the chart leaves out.
#[test]
fn fst_manage_reproduces_the_seed() {
    let parse = |text: &str| {
        let sources = promchart::source::Sources::new();
        let source = promchart::source::Source::new("x", promchart::source::SourceKind::Made, text.as_bytes().to_vec());
        let file = sources.add(source);
        let source = sources.get(file);
        promchart::yaml::parse(&source, file, 0..text.len()).unwrap().node
    };
    let key = |node: &promchart::yaml::Node| {
        let text = |path: [&str; 2]| node.at(path.into_iter().filter(|step| !step.is_empty()));
        let kind = text(["kind", ""]).and_then(|node| node.as_str()).unwrap().to_owned();
        let name = text(["metadata", "name"])
            .and_then(|node| node.as_str())
            .unwrap()
            .to_owned();
        (kind, name)
    };
    let mut seed = BTreeMap::new();
    for file in names("tests/fixtures/seed") {
        let node = parse(&read(format!("tests/fixtures/seed/{file}")));
        seed.insert(key(&node), node);
    }
    assert_eq!(seed.len(), 10);
    let stream = Case::new("template").args(arguments("fst-manage")).run().stdout();
    let documents = promchart::manifest::split(&stream);
    assert_eq!(documents.len(), 10);
    for (_, text) in documents {
        let mut ours = parse(text);
        let name = key(&ours);
        let mut theirs = seed
            .remove(&name)
            .unwrap_or_else(|| panic!("{name:?} is not in the seed"));
        if name.0 == "ConfigMap" {
            // The configuration is a text in both: what it says must be the same, not how it is written.
            for node in [&mut ours, &mut theirs] {
                let data = node.as_map_mut().unwrap().get_mut("data").unwrap();
                let entry = data.node.as_map_mut().unwrap().get_mut("default").unwrap();
                let mut config = parse(entry.node.as_str().unwrap());
                let map = config.as_map_mut().unwrap();
                if map.node("rule_files").is_some_and(promchart::yaml::Node::is_null) {
                    map.remove("rule_files");
                }
                let jobs: Vec<_> = map.node("scrape_configs").unwrap().as_list().unwrap().to_vec();
                assert_eq!(jobs.len(), 8);
                entry.node = config;
            }
        }
        assert_eq!(without_empty(&ours.value), without_empty(&theirs.value), "{name:?}");
    }
    assert!(seed.is_empty(), "not rendered: {:?}", seed.keys());
}

/// The table in `_renamed.tpl`: old or foreign keys, and the answer to each.
fn renamed() -> BTreeMap<String, String> {
    let template = read("chart/templates/_renamed.tpl");
    let (_, table) = template.split_once("{{- define \"prom.renamed\" -}}\n").unwrap();
    let (table, _) = table.split_once("{{- end -}}").unwrap();
    let pair = |line: &str| {
        let (key, answer) = line.split_once(": ")?;
        Some((key.to_owned(), answer.to_owned()))
    };
    table.lines().filter_map(pair).collect()
}

/// Old and foreign keys pass the schema, so that the guard can name the key to set instead; none of them has a default.
#[test]
fn old_and_foreign_keys_are_answered_with_the_new_ones() {
    let table = renamed();
    assert!(table.len() >= 100, "{}", table.len());
    let is_block = |key: &str| table.keys().any(|other| other.starts_with(&format!("{key}.")));
    // A block is answered by itself only where none of its keys is set: blocks and keys in a render each.
    for blocks in [false, true] {
        let keys: Vec<&String> = table.keys().filter(|key| is_block(key) == blocks).collect();
        assert!(keys.len() >= 5, "{blocks} {}", keys.len());
        let mut case = Case::new("template").args(["prom", "chart"]);
        case = case.args(["--set", "pushgateway.enabled=true,nodeExporter.enabled=true"]);
        for key in &keys {
            case = case.args(["--set".to_owned(), format!("{key}=x")]);
        }
        let run = case.run();
        assert_eq!(run.code, 1, "{}", run.stderr);
        for key in keys {
            let answer = &table[key];
            let wanted = if answer.contains(' ') {
                format!("{key}: is not a key of this chart; {answer}\n")
            } else {
                format!("{key}: is now {answer}\n")
            };
            assert!(run.stderr.contains(&wanted), "{wanted} is not in\n{}", run.stderr);
        }
    }
}

/// Everything that the chart prints about itself must be about this version.
#[test]
fn versions_agree() {
    let chart = read("chart/Chart.yaml");
    let cargo = read("Cargo.toml");
    let line = |text: &str, start: &str| text.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    let version = line(&cargo, "version = ").replace("version = ", "").replace('"', "");
    assert_eq!(line(&chart, "version: "), format!("version: {version}"));
    let changelog = read("CHANGELOG.md");
    let newest = changelog.lines().find(|line| line.starts_with("## ")).unwrap();
    assert!(newest.contains(&version), "{newest} against {version}");
    assert!(root().join("chart/Chart.yaml").is_file());
}

/// Absent and empty are the same to Kubernetes here: the document has neither nulls nor empty collections.
fn without_empty(value: &Value) -> String {
    match value {
        Value::Map(map) => {
            let inner: Vec<String> = map
                .iter()
                .map(|(key, entry)| format!("{key}: {}", without_empty(&entry.node.value)))
                .collect();
            format!("{{{}}}", inner.join(", "))
        }
        Value::List(items) => {
            let inner: Vec<String> = items.iter().map(|item| without_empty(&item.value)).collect();
            format!("[{}]", inner.join(", "))
        }
        other => format!("{other:?}"),
    }
}
