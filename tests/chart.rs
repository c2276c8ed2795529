//! The chart of this repository: its profiles, its schema, and the document that it is based on.

use promchart::yaml::Value;
use std::collections::BTreeMap;

use crate::support::{Case, assert_same, names, profile_arguments, read, root};

#[test]
fn every_profile_has_a_golden() {
    let goldens = names("tests/goldens/chart");
    for file in names("values").into_iter().filter(|file| file.ends_with(".yaml")) {
        assert!(
            goldens.contains(&file),
            "no golden for values/{file}: run `cargo run -p xtask -- goldens`"
        );
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
    let render = || {
        Case::new("template")
            .args(profile_arguments("fst-manage-fixed"))
            .run()
            .stdout()
    };
    assert_eq!(render(), render());
}

#[test]
fn the_bundled_schema_is_fresh() {
    let run = Case::new("schema").args(["bundle", "--check"]).run();
    assert_eq!((run.code, &*run.stderr), (0, ""));
}

/// The ten objects of the original document equal those of `values/fst-manage.yaml`, field for field, except for
/// `rule_files`, which is empty in the document and absent in the chart.
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
    let stream = Case::new("template")
        .args(profile_arguments("fst-manage"))
        .run()
        .stdout();
    let documents = promchart::manifest::split(&stream);
    assert_eq!(documents.len(), 10);
    for (_, text) in documents {
        let mut ours = parse(text);
        let name = key(&ours);
        let mut theirs = seed
            .remove(&name)
            .unwrap_or_else(|| panic!("{name:?} is not in the seed"));
        if name.0 == "ConfigMap" {
            // The configuration is a text in both; its content is compared, not its format.
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

/// Old and foreign keys pass the schema, so that the guard can name the new key; none of them has a default.
#[test]
fn old_and_foreign_keys_are_answered_with_the_new_ones() {
    let table = renamed();
    assert!(table.len() >= 100, "{}", table.len());
    let is_block = |key: &str| table.keys().any(|other| other.starts_with(&format!("{key}.")));
    // A block gets a message of its own only if none of its keys is set, so blocks and keys are rendered separately.
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

/// All versions that the chart prints must be the current one.
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
