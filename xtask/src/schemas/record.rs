//! Records Helm's verdict on each case in `tests/suite/schema/helm.json`.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::{Case, Run};
use crate::helm::{helm, root};

/// The folder of the cases' files. Their schemas refer to it by absolute addresses, so it cannot be elsewhere.
const FILES: &str = "/tmp/promchart-schemas/";

/// Runs Helm on all cases.
pub(crate) fn record() -> Result<(), String> {
    let path = root().join("tests/suite/schema/helm.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut cases: Vec<Json> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let folder = root().join("target/schemas/record");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let run = Run { helm: helm()?, folder };
    let drawn: Vec<Case> = cases.iter().map(case).collect::<Result<_, _>>()?;
    for (first, batch) in drawn.chunks(super::BATCH).enumerate() {
        let said = run.theirs(batch, &super::files(batch))?;
        for (at, lines) in said {
            cases[first * super::BATCH + at]["want"] = json!(lines);
        }
    }
    let lines: Vec<String> = cases.iter().map(|case| format!("  {case}")).collect();
    fs::write(&path, format!("[\n{}\n]\n", lines.join(",\n"))).map_err(|error| error.to_string())
}

fn case(case: &Json) -> Result<Case, String> {
    for (file, text) in case.get("files").and_then(Json::as_object).into_iter().flatten() {
        if !file.starts_with(FILES) {
            return Err(format!("{file} is not in {FILES}"));
        }
        let path = Path::new(file);
        fs::create_dir_all(path.parent().unwrap_or(path)).map_err(|error| error.to_string())?;
        fs::write(path, text.as_str().unwrap_or_default()).map_err(|error| error.to_string())?;
    }
    let schema = match &case["schema"] {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ok(Case {
        name: String::new(),
        schema,
        values: case["values"].clone(),
    })
}
