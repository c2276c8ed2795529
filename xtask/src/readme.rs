//! The tables of values in the chart's README.

#[path = "../../tests/support/value_tables.rs"]
mod value_tables;

use std::path::Path;

use crate::helm;

/// Regenerates them from the values file and the schema.
pub(crate) fn write() -> Result<(), String> {
    let chart = helm::root().join("chart");
    let path = chart.join("README.md");
    let schema = read(&chart.join("values.schema.json"))?;
    let schema = serde_json::from_str(&schema).map_err(|error| format!("chart/values.schema.json: {error}"))?;
    let readme = value_tables::renewed(&read(&path)?, &read(&chart.join("values.yaml"))?, &schema)?;
    std::fs::write(&path, readme).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
