//! The properties of one key in the schema of a chart.

use serde_json::{Map, Value as Json};

use engine::objects::Step;

/// The maximum depth of references and alternatives that are followed.
const MAX_DEPTH: usize = 16;

/// The keywords of all schemas that apply to a key, the first of each. References within the file are followed.
pub(super) fn at(root: &Json, path: &[Step]) -> Option<Json> {
    let mut schemas = vec![root];
    for step in path {
        let mut all = Vec::new();
        schemas.iter().for_each(|schema| expand(root, schema, 0, &mut all));
        schemas = all.into_iter().filter_map(|schema| below(schema, step)).collect();
    }
    let mut all = Vec::new();
    schemas.iter().for_each(|schema| expand(root, schema, 0, &mut all));
    let mut found = Map::new();
    for (word, value) in all.iter().filter_map(|schema| schema.as_object()).flatten() {
        found.entry(word).or_insert_with(|| value.clone());
    }
    (!found.is_empty()).then_some(Json::Object(found))
}

fn expand<'a>(root: &'a Json, schema: &'a Json, depth: usize, found: &mut Vec<&'a Json>) {
    if depth > MAX_DEPTH {
        return;
    }
    found.push(schema);
    let reference = schema.get("$ref").and_then(Json::as_str);
    if let Some(target) = reference.and_then(|reference| root.pointer(reference.strip_prefix('#')?)) {
        expand(root, target, depth + 1, found);
    }
    for word in ["allOf", "anyOf", "oneOf"] {
        for inner in schema.get(word).and_then(Json::as_array).into_iter().flatten() {
            expand(root, inner, depth + 1, found);
        }
    }
}

fn below<'a>(schema: &'a Json, step: &Step) -> Option<&'a Json> {
    match step {
        Step::Key(key) => schema
            .get("properties")
            .and_then(|properties| properties.get(&**key))
            .or_else(|| schema.get("additionalProperties").filter(|schema| schema.is_object())),
        Step::Index(_) => schema.get("items").filter(|schema| schema.is_object()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_alternatives_are_followed() {
        let schema = serde_json::json!({
            "properties": {"a": {"$ref": "#/$defs/a"}},
            "$defs": {"a": {"anyOf": [{"type": "null"}, {"properties": {"b": {"type": "string", "enum": ["x"]}}}]}},
        });
        let path = [Step::Key("a".into()), Step::Key("b".into())];
        assert_eq!(at(&schema, &path).unwrap()["enum"], serde_json::json!(["x"]));
        assert_eq!(at(&schema, &[Step::Key("c".into())]), None);
    }
}
