//! Checks the schemas of custom resources: whether they are structural
//! (`apiextensions-apiserver/pkg/apiserver/schema`), and the further requirements of
//! `pkg/apis/apiextensions/validation`.

use serde_json::{Map, Value};

use super::{each_object, is_set, items, object, says_something, string, unique_strings};
use crate::cel::{self, Scope};
use crate::custom;
use crate::formats::{pattern, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

/// The maximum depth of a schema that is followed.
const DEEPEST: usize = 100;

type Schema = Map<String, Value>;

/// The context of a schema.
#[derive(Clone, Copy)]
struct At<'s> {
    /// Its position: at the root, of a list's items, of a field, or in a branch.
    level: Level,
    /// Why it cannot have a default, if it cannot.
    no_default: Option<&'static str>,
    /// Whether it is below the metadata of an object.
    in_meta: bool,
    /// Whether it is below a list whose items have no key, so that their old values are unknown.
    uncorrelated: bool,
    /// For a branch, the structural schema at the same place.
    beside: Option<&'s Schema>,
    /// Whether it is the first of `allOf`, which may state that a value is an integer or a string.
    first: bool,
    depth: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Level {
    Root,
    Item,
    Field,
    /// In `allOf`, `anyOf`, `oneOf` or `not`.
    Branch,
}

/// Keywords that no schema can have.
const UNSUPPORTED: [&str; 7] = [
    "$ref",
    "$schema",
    "additionalItems",
    "definitions",
    "dependencies",
    "id",
    "patternProperties",
];

/// Keywords that a branch cannot have.
const ONLY_OUTSIDE: [&str; 12] = [
    "additionalProperties",
    "default",
    "description",
    "nullable",
    "title",
    "type",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
];

/// The keywords allowed at the root if there is a status subresource.
const AT_ROOT_WITH_STATUS: [&str; 22] = [
    "description",
    "type",
    "format",
    "title",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "multipleOf",
    "required",
    "items",
    "properties",
    "externalDocs",
    "example",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

/// Checks the schema of a version at the current path.
pub(super) fn check<'a>(walker: &mut Walker<'a>, schema: &'a Schema, has_status: bool) {
    let root = At {
        level: Level::Root,
        no_default: None,
        in_meta: false,
        uncorrelated: false,
        beside: None,
        first: false,
        depth: 0,
    };
    if has_status {
        for (key, value) in schema {
            if !AT_ROOT_WITH_STATUS.contains(&key.as_str()) && counts(value) {
                let message = format!("`{key}` cannot be at the root when there is a status subresource");
                fault(walker, key, message);
            }
        }
    }
    if is_true(schema, "nullable") {
        fault(walker, "nullable", "`nullable` cannot be true at the root");
    }
    let before = walker.count();
    any_schema(walker, schema, root);
    // Defaults and rules can only be checked against a valid schema.
    if walker.count() == before {
        defaults(walker, schema, true, 0);
    }
}

fn is_true(schema: &Schema, word: &str) -> bool {
    schema.get(word) == Some(&Value::Bool(true))
}

/// Whether a keyword has a value other than Go's zero value.
fn counts(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    }
}

fn says(schema: &Schema, word: &str) -> bool {
    match word {
        // Pointers in Go: any value counts, even a zero value.
        "default" | "additionalProperties" | "not" | "items" | "x-kubernetes-list-type" | "x-kubernetes-map-type" => {
            is_set(schema, word)
        }
        _ => schema.get(word).is_some_and(counts),
    }
}

fn fault<'a>(walker: &mut Walker<'a>, key: &'a str, message: impl Into<String>) {
    walker.fault_at(key, "bad-schema", message).side = Side::Key;
}

fn lacks<'w>(walker: &'w mut Walker<'_>, message: impl Into<String>) -> &'w mut crate::problem::Problem {
    walker.fault(Side::Key, "bad-schema", message)
}

/// Runs a check for each schema in a map of schemas.
fn children<'a>(
    walker: &mut Walker<'a>,
    schema: &'a Schema,
    field: &'static str,
    mut run: impl FnMut(&mut Walker<'a>, &'a str, &'a Schema),
) {
    let Some(map) = object(schema, field) else { return };
    walker.below(Position::Key(field), |walker| {
        for (name, child) in map {
            let Some(child) = child.as_object() else { continue };
            walker.below(Position::Key(name), |walker| run(walker, name, child));
        }
    });
}

fn any_schema<'a>(walker: &mut Walker<'a>, schema: &'a Schema, at: At<'a>) {
    if at.depth > DEEPEST {
        return;
    }
    let before = walker.count();
    for word in UNSUPPORTED {
        if says(schema, word) {
            fault(
                walker,
                word,
                format!("`{word}` is not supported in schemas of custom resources"),
            );
        }
    }
    if schema.get("items").is_some_and(Value::is_array) {
        fault(walker, "items", "`items` must be one schema, not a list of them");
    }
    if is_true(schema, "uniqueItems") {
        fault(
            walker,
            "uniqueItems",
            "`uniqueItems` cannot be true: use `x-kubernetes-list-type: set`",
        );
    }
    if schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(false)) {
        fault(
            walker,
            "x-kubernetes-preserve-unknown-fields",
            "it must be true or left out",
        );
    }
    if let Some(reason) = at.no_default
        && is_set(schema, "default")
    {
        fault(walker, "default", format!("no default is allowed {reason}"));
    }
    if at.in_meta && is_true(schema, "x-kubernetes-embedded-resource") {
        fault(
            walker,
            "x-kubernetes-embedded-resource",
            "it cannot be in the metadata of an object",
        );
    }
    if let Some(text) = string(schema, "pattern")
        && let Err(reason) = pattern::check(text)
    {
        let message = format!("`{}` is not a regular expression: {reason}", shown(text));
        walker.fault_at("pattern", "bad-schema", message);
    }
    if at.level == Level::Branch {
        branch(walker, schema, at);
    } else {
        structure(walker, schema, at);
    }
    lists_and_maps(walker, schema);
    below(walker, schema, at);
    rules(walker, schema, at, before);
}

/// The checks of schemas that are not branches.
fn structure<'a>(walker: &mut Walker<'a>, schema: &'a Schema, at: At<'a>) {
    let kind = string(schema, "type").unwrap_or_default();
    let embedded = is_true(schema, "x-kubernetes-embedded-resource");
    let int_or_string = is_true(schema, "x-kubernetes-int-or-string");
    let preserves = is_true(schema, "x-kubernetes-preserve-unknown-fields");
    if kind == "array" && !is_set(schema, "items") {
        lacks(walker, "`items` is missing: an array needs the schema of its items");
    }
    if schema
        .get("additionalProperties")
        .is_some_and(|value| value.is_object() || value.is_boolean())
    {
        if at.level == Level::Root {
            fault(
                walker,
                "additionalProperties",
                "`additionalProperties` cannot be at the root",
            );
        } else if embedded {
            fault(
                walker,
                "additionalProperties",
                "`additionalProperties` cannot be in an embedded resource",
            );
        } else if says_something(schema, "properties") && schema.get("additionalProperties") != Some(&Value::Bool(true))
        {
            fault(
                walker,
                "additionalProperties",
                "`additionalProperties` and `properties` exclude each other",
            );
        }
    }
    if int_or_string && preserves {
        fault(
            walker,
            "x-kubernetes-preserve-unknown-fields",
            "it does not go with `x-kubernetes-int-or-string`",
        );
    }
    if int_or_string && embedded {
        fault(
            walker,
            "x-kubernetes-embedded-resource",
            "it does not go with `x-kubernetes-int-or-string`",
        );
    }
    if embedded && kind != "object" {
        lacks(walker, "`type: object` is missing: an embedded resource is an object");
    } else if kind.is_empty() && !int_or_string && !preserves {
        lacks(walker, "`type` is missing").help = Some(
            "each field has a type, or `x-kubernetes-int-or-string` or `x-kubernetes-preserve-unknown-fields`"
                .to_owned(),
        );
    } else if at.level == Level::Root && !matches!(kind, "object" | "") {
        walker.fault_at("type", "bad-schema", "the root must be an object");
    }
    if embedded && !preserves && !says_something(schema, "properties") {
        lacks(
            walker,
            "`properties` is missing: an embedded resource has some, or keeps unknown fields",
        );
    }
    let whole = at.level == Level::Root || embedded;
    children(walker, schema, "properties", |walker, name, child| match name {
        "kind" | "apiVersion" if whole && string(child, "type") != Some("string") => {
            lacks(walker, format!("`{name}` must be a string"));
        }
        "metadata" if whole => metadata(walker, child, at.level),
        _ => {}
    });
}

/// Checks the schema of an object's metadata. At the root, only `name` and `generateName` may be described.
fn metadata<'a>(walker: &mut Walker<'a>, schema: &'a Schema, level: Level) {
    if string(schema, "type") != Some("object") {
        lacks(walker, "`metadata` must be an object");
    }
    if level != Level::Root {
        return;
    }
    for (key, value) in schema {
        let fine = match key.as_str() {
            "type" | "default" => true,
            "properties" => value.as_object().is_some_and(|fields| {
                fields
                    .keys()
                    .all(|name| matches!(name.as_str(), "name" | "generateName"))
            }),
            _ => !counts(value),
        };
        if !fine {
            fault(
                walker,
                key,
                "nothing but `name` and `generateName` can be described in `metadata`",
            );
        }
    }
}

/// Whether the branches are an integer and a string, the only pair that may have types.
fn is_int_or_string(branches: &[Value]) -> bool {
    let only = |branch: &Value, kind: &str| {
        branch.as_object().is_some_and(|branch| {
            branch.iter().filter(|(_, value)| counts(value)).count() == 1 && branch["type"] == kind
        })
    };
    branches.len() == 2
        && branches.iter().all(|branch| branch.get("type").is_some())
        && only(&branches[0], "integer")
        && only(&branches[1], "string")
}

fn branch<'a>(walker: &mut Walker<'a>, schema: &'a Schema, at: At<'a>) {
    for word in ONLY_OUTSIDE {
        if says(schema, word) {
            let message = format!("`{word}` cannot be below `allOf`, `anyOf`, `oneOf` or `not`");
            fault(walker, word, message);
        }
    }
    if says(schema, "x-kubernetes-validations") {
        fault(
            walker,
            "x-kubernetes-validations",
            "rules cannot be below `allOf`, `anyOf`, `oneOf` or `not`",
        );
    }
    if let Some(fields) = object(schema, "properties") {
        let known = at.beside.and_then(|beside| object(beside, "properties"));
        walker.below(Position::Key("properties"), |walker| {
            for name in fields.keys() {
                if name == "metadata" {
                    fault(walker, name, "`metadata` cannot be described in a branch");
                } else if at.beside.is_some() && !known.is_some_and(|known| known.contains_key(name)) {
                    let message = format!("the schema outside of the branches has no field `{}`", shown(name));
                    fault(walker, name, message);
                }
            }
        });
    }
    if is_set(schema, "items") && at.beside.is_some_and(|beside| !is_set(beside, "items")) {
        fault(walker, "items", "the schema outside of the branches has no `items`");
    }
}

/// `x-kubernetes-list-type`, `x-kubernetes-list-map-keys` and `x-kubernetes-map-type`.
fn lists_and_maps<'a>(walker: &mut Walker<'a>, schema: &'a Schema) {
    let kind = string(schema, "type").unwrap_or_default();
    if is_set(schema, "x-kubernetes-map-type") && kind != "object" {
        fault(walker, "x-kubernetes-map-type", "it is for `type: object`");
    }
    let list = string(schema, "x-kubernetes-list-type");
    let keys = items(schema, "x-kubernetes-list-map-keys");
    if list.is_some() && kind != "array" {
        fault(walker, "x-kubernetes-list-type", "it is for `type: array`");
    }
    if !keys.is_empty() && list != Some("map") {
        fault(
            walker,
            "x-kubernetes-list-map-keys",
            "it needs `x-kubernetes-list-type: map`",
        );
    }
    if list == Some("map") && keys.is_empty() {
        lacks(
            walker,
            "`x-kubernetes-list-map-keys` is missing: a list of type map has keys",
        );
    }
    let Some(item) = object(schema, "items") else {
        if list == Some("map") && kind == "array" && !is_set(schema, "items") {
            lacks(walker, "`items` is missing: a list of type map has items with keys");
        }
        return;
    };
    let item_kind = string(item, "type").unwrap_or_default();
    if kind == "array" && list == Some("set") {
        let wrong = match item_kind {
            "array" => string(item, "x-kubernetes-list-type").is_some_and(|list| list != "atomic"),
            "object" => string(item, "x-kubernetes-map-type") != Some("atomic"),
            _ => false,
        };
        if wrong {
            fault(
                walker,
                "x-kubernetes-list-type",
                "the items of a set must be scalars, or atomic",
            );
        }
    }
    if matches!(list, Some("set" | "map")) && is_true(item, "nullable") {
        walker.below(Position::Key("items"), |walker| {
            fault(walker, "nullable", "the items of a set or a map cannot be null");
        });
    }
    if list != Some("map") {
        return;
    }
    if item_kind != "object" {
        fault(walker, "items", "the items of a list of type map must be objects");
        return;
    }
    unique_strings(walker, schema, "x-kubernetes-list-map-keys");
    for (index, key) in keys.iter().enumerate() {
        let Some(key) = key.as_str() else { continue };
        let field = object(item, "properties").and_then(|fields| object(fields, key));
        let required = items(item, "required").iter().any(|name| name == key);
        let wrong = match field {
            None => "is not a field of the items",
            Some(field) if matches!(string(field, "type"), Some("array" | "object")) => "must be a scalar",
            Some(field) if is_true(field, "nullable") => "cannot be null",
            Some(field) if !required && !is_set(field, "default") => "must be required, or have a default",
            Some(_) => continue,
        };
        walker.below(Position::Key("x-kubernetes-list-map-keys"), |walker| {
            walker.below(Position::Index(index), |walker| {
                walker.fault(Side::Value, "bad-schema", format!("the key `{}` {wrong}", shown(key)));
            });
        });
    }
}

/// Checks the schemas inside this one.
fn below<'a>(walker: &mut Walker<'a>, schema: &'a Schema, at: At<'a>) {
    let next = At {
        first: false,
        depth: at.depth + 1,
        ..at
    };
    let in_branch = at.level == Level::Branch;
    let whole = at.level == Level::Root || is_true(schema, "x-kubernetes-embedded-resource");
    let level = |level| if in_branch { Level::Branch } else { level };
    let beside = |word: &str, name: Option<&str>| {
        let of = at.beside.and_then(|beside| object(beside, word));
        match name {
            Some(name) => of.and_then(|of| object(of, name)),
            None => of,
        }
    };
    let atomic = string(schema, "x-kubernetes-map-type") == Some("atomic");
    children(walker, schema, "properties", |walker, name, child| {
        let meta = whole && matches!(name, "metadata" | "apiVersion" | "kind");
        let no_default = if meta && at.level == Level::Root {
            Some("in `metadata`, `apiVersion` and `kind`")
        } else {
            at.no_default
        };
        let next = At {
            level: level(Level::Field),
            no_default,
            in_meta: at.in_meta || meta,
            uncorrelated: at.uncorrelated || atomic,
            beside: beside("properties", Some(name)),
            ..next
        };
        any_schema(walker, child, next);
    });
    if let Some(child) = object(schema, "additionalProperties") {
        let no_default = if at.in_meta {
            Some("in the metadata of an object")
        } else {
            at.no_default
        };
        let next = At {
            level: level(Level::Field),
            no_default,
            beside: None,
            ..next
        };
        walker.below(Position::Key("additionalProperties"), |walker| {
            any_schema(walker, child, next);
        });
    }
    if let Some(child) = object(schema, "items") {
        let next = At {
            level: level(Level::Item),
            uncorrelated: at.uncorrelated || string(schema, "x-kubernetes-list-type") != Some("map"),
            beside: beside("items", None),
            ..next
        };
        walker.below(Position::Key("items"), |walker| any_schema(walker, child, next));
    }
    let branches = At {
        level: Level::Branch,
        // Only at the root must the fields of branches also be declared outside of them.
        beside: match at.level {
            Level::Branch => at.beside,
            Level::Root => Some(schema),
            _ => None,
        },
        ..next
    };
    // The "integer or string" form may have types.
    let of_any = items(schema, "anyOf");
    for word in ["allOf", "anyOf", "oneOf"] {
        if word == "anyOf" && is_int_or_string(of_any) && (!in_branch || at.first) {
            continue;
        }
        let mut first = word == "allOf" && !in_branch;
        each_object(walker, schema, word, |walker, child| {
            any_schema(walker, child, At { first, ..branches });
            first = false;
        });
    }
    if let Some(child) = object(schema, "not") {
        walker.below(Position::Key("not"), |walker| any_schema(walker, child, branches));
    }
}

/// `x-kubernetes-validations`. `before` is the number of problems before this schema.
fn rules<'a>(walker: &mut Walker<'a>, schema: &'a Schema, at: At<'a>, before: usize) {
    let fine = walker.count() == before;
    let root = at.level == Level::Root || is_true(schema, "x-kubernetes-embedded-resource");
    each_object(walker, schema, "x-kubernetes-validations", |walker, rule| {
        let text = string(rule, "rule").unwrap_or_default();
        super::admission::message(walker, rule);
        if text.trim().contains(['\n', '\r']) && string(rule, "message").unwrap_or_default().trim().is_empty() {
            walker.missing("message").help = Some("a rule with line breaks needs one".to_owned());
        }
        if string(rule, "messageExpression").is_some_and(|text| !text.is_empty() && text.trim().is_empty()) {
            walker.fault_at(
                "messageExpression",
                "missing-required-field",
                "`messageExpression` is only spaces",
            );
        }
        if let Some(path) = string(rule, "fieldPath").filter(|path| !path.is_empty())
            && !path.contains('[')
            && field_at(schema, path).is_none()
        {
            let message = format!("the schema has no field `{}`", shown(path));
            walker.fault_at("fieldPath", "bad-path", message);
        }
        if text.trim().is_empty() {
            if rule.contains_key("rule") {
                walker.fault_at("rule", "missing-required-field", "`rule` is empty");
            }
            return;
        }
        let old = text.contains("oldSelf");
        if old && at.uncorrelated {
            walker.fault_at(
                "rule",
                "bad-expression",
                "`oldSelf` cannot be used here: the list or map above is not merged item by item",
            );
        } else if !old && is_set(rule, "optionalOldSelf") {
            walker.fault_at(
                "optionalOldSelf",
                "field-conflict",
                "it cannot be set: the rule has no `oldSelf`",
            );
        }
        if !fine || at.level == Level::Branch {
            return;
        }
        let scope = Scope::schema(schema, root, is_true(rule, "optionalOldSelf"));
        for (field, wanted) in [("rule", "bool"), ("messageExpression", "string")] {
            if let Some(text) = string(rule, field).filter(|text| !text.trim().is_empty())
                && let Err(reason) = cel::check(text, &scope, &[wanted])
            {
                walker.fault_at(field, "bad-expression", reason);
            }
        }
    });
}

/// Returns the schema at a path of plain fields: `.spec.size`.
pub(super) fn field_at<'s>(schema: &'s Schema, path: &str) -> Option<&'s Schema> {
    path.strip_prefix('.')?
        .split('.')
        .try_fold(schema, |schema, name| object(object(schema, "properties")?, name))
}

/// Checks that defaults match their own schemas.
fn defaults<'a>(walker: &mut Walker<'a>, schema: &'a Schema, root: bool, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    if let Some(value) = schema.get("default").filter(|value| !value.is_null())
        && let Some(problem) = custom::first_problem(schema, value, root)
    {
        let place = problem.pointer();
        let place = if place.is_empty() {
            place
        } else {
            format!("`{place}`: ")
        };
        let message = format!("the default does not fit its schema: {place}{}", problem.message);
        walker.fault_at("default", "bad-schema", message);
    }
    children(walker, schema, "properties", |walker, _, child| {
        let embedded = is_true(child, "x-kubernetes-embedded-resource");
        defaults(walker, child, embedded, depth + 1);
    });
    if let Some(child) = object(schema, "items") {
        let embedded = is_true(child, "x-kubernetes-embedded-resource");
        walker.below(Position::Key("items"), |walker| {
            defaults(walker, child, embedded, depth + 1);
        });
    }
}
