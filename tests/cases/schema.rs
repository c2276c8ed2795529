//! JSON schemas of all drafts with Helm's verdicts and messages (`tests/suite/schema/helm.json`); `xtask schema-cases`
//! records them.

use std::sync::Arc;

use libtest_mimic::Trial;
use promchart::source::Sources;
use promchart::stages::{self, Request};
use promchart::system::{Memory, System};
use promchart::values::Overrides;
use serde_json::Value as Json;

use super::case;
use crate::schema_lines::sorted;
use crate::support::read;

pub(crate) fn cases() -> Vec<Trial> {
    let rows: Vec<Json> = serde_json::from_str(&read("tests/suite/schema/helm.json")).unwrap();
    let trial = |(at, row): (usize, Json)| case(format!("schema::{}", at + 1), move || difference(&row));
    rows.into_iter().enumerate().map(trial).collect()
}

fn difference(row: &Json) -> Option<String> {
    let wanted: Vec<String> = serde_json::from_value(row["want"].clone()).unwrap();
    let said = said(row);
    (sorted(&said) != sorted(&wanted)).then(|| {
        format!(
            "{} of {}\n  Helm      {}\n  promchart {}",
            row["schema"],
            row["values"],
            wanted.join("\n            "),
            said.join("\n            ")
        )
    })
}

/// The errors that promchart prints about the values of a subchart.
fn said(case: &Json) -> Vec<String> {
    let schema = match &case["schema"] {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut system = Memory::new()
        .with_file("chart/Chart.yaml", "apiVersion: v2\nname: all\nversion: 1.0.0\n")
        .with_file("chart/templates/a.yaml", "a: b\n")
        .with_file("chart/charts/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
        .with_file("chart/charts/c/values.yaml", format!("{}\n", case["values"]))
        .with_file("chart/charts/c/values.schema.json", schema);
    for (path, text) in case.get("files").and_then(Json::as_object).into_iter().flatten() {
        system = system.with_file(path, text.as_str().unwrap_or_default());
    }
    let request = Request::new("chart", "demo", Overrides::default());
    let system: Arc<dyn System> = Arc::new(system);
    let outcome = stages::run(&system, &request, &Sources::new());
    let error = outcome.errors.diagnostics.first().map_or("", |error| error.headline());
    let lines = error.lines().skip_while(|line| *line != "c:").skip(1);
    lines.map(str::to_owned).collect()
}
