//! The coverage for other programs. docs/test.md describes the format.

use serde_json::{Map, Value as Json, json};

use super::{Measured, MeasuredBranch, MeasuredFile, Share};

/// The version of the format. It is raised when something changes that is more than an addition.
const VERSION: u32 = 1;

/// Writes the coverage of charts.
pub fn write(charts: &[Measured]) -> String {
    let charts: Vec<Json> = charts.iter().map(chart).collect();
    let report = json!({"version": VERSION, "charts": charts});
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

fn chart(chart: &Measured) -> Json {
    json!({
        "name": chart.name,
        "path": chart.path,
        "lines": share(chart.line_share()),
        "branches": share(chart.branch_share()),
        "files": chart.files.iter().map(file).collect::<Vec<_>>(),
    })
}

fn file(file: &MeasuredFile) -> Json {
    let lines = file
        .lines
        .iter()
        .map(|(number, hits)| (number.to_string(), Json::from(*hits)));
    let definitions = file
        .definitions
        .iter()
        .map(|(name, line, calls)| json!({"name": &**name, "line": line, "calls": calls}));
    json!({
        "path": &*file.path,
        "lines": share(file.line_share()),
        "branches": share(file.branch_share()),
        "actions": share(file.actions),
        "line_hits": lines.collect::<Map<_, _>>(),
        "branch_hits": file.branches.iter().map(branch).collect::<Vec<_>>(),
        "templates": definitions.collect::<Vec<_>>(),
    })
}

fn branch(branch: &MeasuredBranch) -> Json {
    json!({
        "line": branch.line,
        "column": branch.column,
        "action": branch.action,
        "else": branch.branch.is_else,
        "hits": branch.hits,
        "reached": branch.was_reached,
    })
}

fn share(share: Share) -> Json {
    json!({"run": share.run, "all": share.all})
}
