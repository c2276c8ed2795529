//! Thousands of one-line templates, rendered as Helm 4.3.1 rendered them: `tests/conformance/micro/cases.json`.

use std::path::Path;

use promchart::reflect::{View, sprint, view};

use crate::support::engine::{Engine, field, from_json, with_deep_stack};
use crate::support::{names, read, root};

const CHART: &str = "tests/conformance/micro/chart";

/// The files of a folder and of those in it, by their paths from the chart.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for name in names(folder) {
        let path = root().join(folder).join(name);
        if path.is_dir() {
            files(&path, found);
        } else {
            let name = path.strip_prefix(root().join(CHART)).unwrap().display().to_string();
            found.push((name, std::fs::read(&path).unwrap()));
        }
    }
}

fn compare(prepare: impl FnOnce(Engine) -> Engine) {
    let mut chart = Vec::new();
    files(Path::new(CHART), &mut chart);
    let engine = prepare(Engine::new(chart));
    let cases = from_json(&read("tests/conformance/micro/cases.json"));
    let View::List(rows) = view(&cases) else {
        panic!("a list of cases")
    };
    let wrong: Vec<String> = with_deep_stack(|| {
        let differs = |row| {
            let id = field(row, "id").map(|id| sprint(&id)).unwrap_or_default();
            Some(format!("{id}: {}", engine.difference(row)?))
        };
        rows.items.iter().filter_map(differs).collect()
    });
    assert!(
        wrong.is_empty(),
        "{} of {} cases differ\n{}",
        wrong.len(),
        rows.items.len(),
        wrong.join("\n")
    );
}

#[test]
fn one_line_templates_render_as_in_helm() {
    compare(|engine| engine);
}

/// A trace changes neither text nor error.
#[test]
fn traced_templates_render_as_in_helm() {
    compare(Engine::traced);
}
