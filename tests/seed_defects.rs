//! The defects of the manifests that the chart is based on are fixed: `tests/suite/chart/seed-defects.yaml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::support::{Case, read, root};

/// A defect, and the checks that the chart does not have it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defect {
    id: String,
    was: String,
    checks: Vec<Check>,
}

/// A check of a part of the output.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    r#in: String,
    has: Option<String>,
    lacks: Option<String>,
    #[serde(default)]
    absent: bool,
}

/// A text with all white space reduced to single spaces.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The value of a line `key: value` of a document, at this indentation.
fn field<'a>(document: &'a str, key: &str) -> Option<&'a str> {
    document.lines().find_map(|line| line.strip_prefix(key)).map(str::trim)
}

/// The parts of a rendered chart by name: objects, prometheus.yml, its jobs.
fn parts(stream: &str) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::from([("everything".to_owned(), stream.to_owned())]);
    for (_, document) in promchart::manifest::split(stream) {
        let kind = field(document, "kind:").unwrap_or_default();
        let name = field(document, "  name:").unwrap_or_default();
        parts.insert(format!("{kind}/{name}"), document.to_owned());
    }
    let config = parts["ConfigMap/prom-config"].clone();
    let (_, config) = config.split_once("prometheus.yml: |\n").unwrap();
    for job in config.split("      - job_name: ").skip(1) {
        let name = job.lines().next().unwrap().trim();
        parts.insert(format!("job {name}"), job.to_owned());
    }
    parts.insert("prometheus.yml".to_owned(), config.to_owned());
    parts
}

/// The reason why a check fails, if it does.
fn fault(check: &Check, parts: &BTreeMap<String, String>) -> Option<String> {
    let file = root().join(&check.r#in).is_file().then(|| read(&check.r#in));
    let text = file.as_ref().or_else(|| parts.get(&check.r#in));
    match text {
        None if check.absent => None,
        None => Some(format!("there is no {}", check.r#in)),
        Some(_) if check.absent => Some(format!("there is a {}", check.r#in)),
        Some(text) => {
            let text = plain(text);
            let is_there = |wanted: &Option<String>| wanted.as_ref().map(|wanted| text.contains(&plain(wanted)));
            if is_there(&check.has) == Some(false) {
                Some(format!("{} lacks {:?}", check.r#in, check.has))
            } else if is_there(&check.lacks) == Some(true) {
                Some(format!("{} has {:?}", check.r#in, check.lacks))
            } else {
                None
            }
        }
    }
}

#[test]
fn all_defects_of_the_seed_are_gone() {
    let defects: Vec<Defect> = serde_yaml::from_str(&read("tests/suite/chart/seed-defects.yaml")).unwrap();
    let ids: std::collections::BTreeSet<&str> = defects.iter().map(|defect| &*defect.id).collect();
    assert_eq!((defects.len(), ids.len()), (69, 69));
    let arguments = [
        "prom",
        "chart",
        "-n",
        "monitoring",
        "-f",
        "chart/ci/all-components-values.yaml",
    ];
    let parts = parts(&Case::new("template").args(arguments).run().stdout());
    let mut faults = Vec::new();
    for defect in &defects {
        assert!(!defect.checks.is_empty(), "{}: nothing is checked", defect.id);
        for check in &defect.checks {
            assert!(
                check.absent || check.has.is_some() || check.lacks.is_some(),
                "{}: an empty check",
                defect.id
            );
            faults.extend(fault(check, &parts).map(|fault| format!("{} ({}): {fault}", defect.id, defect.was)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The checks detect the defects in the profile that keeps all of them.
#[test]
fn the_seed_itself_has_its_defects() {
    let arguments = ["prom", "chart", "-n", "fst-manage", "-f", "values/fst-manage.yaml"];
    let seed = Case::new("template").args(arguments).run().stdout();
    for text in [
        "nodes/proxy",
        "172.168.1.21",
        "bearer_token_file",
        "runAsUser: 0",
        "type: NodePort",
        "subPath: default",
        "prom/node-exporter:latest",
        "hostPID: true",
    ] {
        assert!(seed.contains(text), "{text}");
    }
}
