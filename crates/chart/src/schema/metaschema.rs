//! What the schema of schemas has against a schema, in the form of the validator that Helm uses.

use jsonschema::ValidationError;
use serde_json::Value as Json;

use super::message::quote;
use super::tree;
use gostd::regexp::Regexp;

/// The draft of a schema that does not name one.
const NEWEST: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schemas of schemas by their addresses without a scheme: with http or https, they are the same.
const DRAFTS: [(&str, &str); 6] = [
    ("json-schema.org/schema", NEWEST),
    ("json-schema.org/draft/2020-12/schema", NEWEST),
    (
        "json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2019-09/schema",
    ),
    (
        "json-schema.org/draft-07/schema",
        "http://json-schema.org/draft-07/schema",
    ),
    (
        "json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-06/schema",
    ),
    (
        "json-schema.org/draft-04/schema",
        "http://json-schema.org/draft-04/schema",
    ),
];

/// The usual address of a draft, which may be named with another scheme. Mirrors `draftFromURL` of santhosh-tekuri/jsonschema's `draft.go`.
pub(super) fn known(address: &str) -> Option<&'static str> {
    let bare = address.strip_prefix("http://");
    let bare = bare.or_else(|| address.strip_prefix("https://"))?;
    DRAFTS.iter().find(|(name, _)| *name == bare).map(|(_, usual)| *usual)
}

/// The draft that a schema names, without an empty fragment; its usual address if it is known.
pub(super) fn draft(schema: &Json) -> &str {
    let Some(named) = schema.get("$schema").and_then(Json::as_str) else {
        return NEWEST;
    };
    let named = named.strip_suffix('#').unwrap_or(named);
    known(named).unwrap_or(named)
}

/// All that is wrong with a schema, as lines; none where its draft is not known.
pub(super) fn lines(schema: &Json) -> Vec<String> {
    let validator = match draft(schema) {
        "http://json-schema.org/draft-04/schema" => jsonschema::draft4::meta::validator(),
        "http://json-schema.org/draft-06/schema" => jsonschema::draft6::meta::validator(),
        "http://json-schema.org/draft-07/schema" => jsonschema::draft7::meta::validator(),
        "https://json-schema.org/draft/2019-09/schema" => jsonschema::draft201909::meta::validator(),
        NEWEST => jsonschema::draft202012::meta::validator(),
        _ => return Vec::new(),
    };
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(schema).collect();
    tree::lines(&errors.iter().collect::<Vec<_>>(), &Json::Null)
}

/// A line about a part of a schema, below what leads there: since draft 2019-09 the schema of schemas is made of several, all
/// of which must hold for each schema on the way.
pub(super) fn nested(schema: &Json, pointer: &str, line: &str) -> Vec<String> {
    if !draft(schema).contains("/draft/20") {
        return vec![line.to_owned()];
    }
    let tokens: Vec<&str> = pointer.split('/').skip(1).collect();
    let mut lines = Vec::new();
    let mut at = 0;
    // The last token is the keyword that is wrong.
    while at < tokens.len() {
        let place: String = tokens[..at].iter().map(|token| format!("/{token}")).collect();
        lines.push(format!(
            "{}- at {}: 'allOf' failed",
            "  ".repeat(lines.len()),
            quote(&place)
        ));
        let is_index = |token: &&str| token.bytes().all(|byte| byte.is_ascii_digit());
        at += match tokens[at] {
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => 2,
            _ if tokens.get(at + 1).is_some_and(is_index) => 2,
            _ => 1,
        };
    }
    lines.push(format!("{}{line}", "  ".repeat(lines.len())));
    lines
}

/// A fault that only Helm's schemas of schemas see.
pub(super) struct Unseen {
    /// Where it is in the schema.
    pub(super) pointer: String,
    /// What is said of it.
    pub(super) message: String,
    /// The same as lines of Helm's.
    pub(super) lines: Vec<String>,
}

/// The first regular expression in a schema that Go cannot read, or the first `enum` without options before draft 2019-09,
/// wherever the schema of schemas looks for one: also where nothing refers to.
pub(super) fn unseen(schema: &Json) -> Option<Unseen> {
    let draft = draft(schema);
    let is_new = draft.contains("/draft/20");
    let has_conditions = is_new || draft.contains("/draft-07/");
    let mut left = vec![(String::new(), schema)];
    while let Some((at, part)) = left.pop() {
        let Some(object) = part.as_object() else { continue };
        let mut inner = Vec::new();
        for (keyword, value) in object {
            let place = format!("{at}/{keyword}");
            match &**keyword {
                "pattern" => {
                    if let Some(message) = value.as_str().and_then(unreadable) {
                        let line = format!("- at {}: {message}", quote(&place));
                        return Some(Unseen::new(schema, place, message, &line));
                    }
                }
                "enum" if !is_new && value.as_array().is_some_and(Vec::is_empty) => {
                    let message = "minItems: got 0, want 1".to_owned();
                    let line = format!("- at {}: {message}", quote(&place));
                    return Some(Unseen::new(schema, place, message, &line));
                }
                "patternProperties" => {
                    let mut keys = value.as_object().into_iter().flat_map(serde_json::Map::keys);
                    if let Some((key, message)) = keys.find_map(|key| Some((key, unreadable(key)?))) {
                        let line = format!("- at {}: invalid propertyName {}", quote(&place), quote(key));
                        let mut unseen = Unseen::new(schema, place, message, &line);
                        let below = format!("{}- at '': {}", "  ".repeat(unseen.lines.len()), unseen.message);
                        unseen.lines.push(below);
                        return Some(unseen);
                    }
                    inner.extend(parts(&place, value));
                }
                "properties" | "definitions" | "dependencies" => {
                    inner.extend(parts(&place, value));
                }
                "$defs" | "dependentSchemas" if is_new => inner.extend(parts(&place, value)),
                "allOf" | "anyOf" | "oneOf" => inner.extend(parts(&place, value)),
                "items" if value.is_array() => inner.extend(parts(&place, value)),
                "prefixItems" if draft == NEWEST => inner.extend(parts(&place, value)),
                "items" | "additionalItems" | "additionalProperties" | "contains" | "propertyNames" | "not" => {
                    inner.push((place, value));
                }
                "if" | "then" | "else" if has_conditions => inner.push((place, value)),
                "unevaluatedItems" | "unevaluatedProperties" | "contentSchema" if is_new => inner.push((place, value)),
                _ => {}
            }
        }
        left.extend(inner.into_iter().rev());
    }
    None
}

impl Unseen {
    fn new(schema: &Json, pointer: String, message: String, line: &str) -> Self {
        let lines = nested(schema, &pointer, line);
        Self {
            pointer,
            message,
            lines,
        }
    }
}

/// What Go says of a regular expression that it cannot read.
fn unreadable(pattern: &str) -> Option<String> {
    let error = Regexp::compile(pattern).err()?;
    Some(format!("{} is not valid regex: {error}", quote(pattern)))
}

/// The parts of a map or list, with their places.
fn parts<'a>(at: &str, value: &'a Json) -> Vec<(String, &'a Json)> {
    match value {
        Json::Object(map) => map
            .iter()
            .map(|(key, value)| (format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), value))
            .collect(),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (format!("{at}/{index}"), value))
            .collect(),
        _ => Vec::new(),
    }
}
