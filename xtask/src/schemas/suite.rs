//! The tests of the official suite as cases. Their values need not be maps, so each is wrapped in a list.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::Case;

const DRAFTS: [(&str, &str); 5] = [
    ("draft4", "http://json-schema.org/draft-04/schema#"),
    ("draft6", "http://json-schema.org/draft-06/schema#"),
    ("draft7", "http://json-schema.org/draft-07/schema#"),
    ("draft2019-09", "https://json-schema.org/draft/2019-09/schema"),
    ("draft2020-12", "https://json-schema.org/draft/2020-12/schema"),
];

/// Reads the cases of all drafts, except those that need a server.
pub(super) fn read(folder: &Path) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for (name, address) in DRAFTS {
        let mut left = vec![folder.join(name)];
        while let Some(path) = left.pop() {
            let failed = |error: std::io::Error| format!("{}: {error}", path.display());
            if path.is_dir() {
                for entry in fs::read_dir(&path).map_err(failed)? {
                    left.push(entry.map_err(failed)?.path());
                }
                left.sort();
                continue;
            }
            let text = fs::read_to_string(&path).map_err(failed)?;
            let Ok(Json::Array(groups)) = serde_json::from_str::<Json>(&text) else {
                continue;
            };
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            for group in groups {
                add(&group, address, &format!("{name}/{stem}"), &mut cases);
            }
        }
    }
    Ok(cases)
}

fn add(group: &Json, address: &str, name: &str, cases: &mut Vec<Case>) {
    let Some(own) = group.get("schema") else { return };
    if own.to_string().contains("localhost:1234") {
        return;
    }
    let is_old = address.contains("draft-0");
    let (definitions, id) = match address.contains("draft-04") {
        true => ("definitions", "id"),
        false if is_old => ("definitions", "$id"),
        false => ("$defs", "$id"),
    };
    let mut schema = own.clone();
    let text = schema.to_string();
    let needs_address = ["$recursiveRef", "$dynamicRef", "\"#", "$anchor"]
        .iter()
        .any(|word| text.contains(word));
    if let Json::Object(map) = &mut schema
        && needs_address
        && !map.contains_key(id)
        && !(is_old && map.contains_key("$ref"))
    {
        map.insert(id.to_owned(), json!("http://example.com/case"));
    }
    let outer = Map::from_iter([
        ("$schema".to_owned(), json!(address)),
        (
            "properties".to_owned(),
            json!({"v": {"items": {"$ref": format!("#/{definitions}/s")}}}),
        ),
        (definitions.to_owned(), json!({"s": schema})),
    ]);
    let schema = Json::Object(outer).to_string();
    for test in group.get("tests").and_then(Json::as_array).into_iter().flatten() {
        let about = test.get("description").and_then(Json::as_str).unwrap_or_default();
        cases.push(Case {
            name: format!("{name} {about}"),
            schema: schema.clone(),
            values: json!({"v": [test.get("data").unwrap_or(&Json::Null)]}),
        });
    }
}
