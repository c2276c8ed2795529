//! A quick check that accepts most valid values without compiling the schema.
//!
//! Compiling a schema takes longer than rendering a chart, and values are nearly always valid. This check evaluates the
//! uncompiled schema. It knows the keywords that are common in schemas of charts, accepts values only if both the
//! schema and the values are certainly valid, and leaves everything else, including all error messages, to the
//! validator. The test below compares the two.

use std::cell::Cell;

use super::borrowed_json::{BorrowedJson, Map};
use super::metaschema;
use gostd::regexp::Regexp;
use goyaml::{Node, Value};

/// Keywords that only carry information for readers.
const REMARKS: [&str; 8] = [
    "$comment",
    "default",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
];
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
/// The maximum number of schema evaluations, so that nested alternatives cannot take forever.
const MAX_STEPS: usize = 2_000_000;
/// The maximum nesting depth of values and references.
const MAX_DEPTH: usize = 200;
/// From here on a float may differ from the number as written.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// The result of the quick check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The values are certainly valid.
    Accepted,
    /// The validator must decide.
    Unknown,
    /// The limits are exceeded.
    TooMuch,
}

/// Checks values against the text of a schema.
pub(super) fn look(schema: &str, values: &Node) -> Look {
    let Some(schema) = &BorrowedJson::read(schema) else {
        return Look::Unknown;
    };
    let draft = match schema.as_map().and_then(|map| map.get("$schema")) {
        None => Some(true),
        Some(draft) => {
            // Draft 4 gives some of the keywords below another meaning. Since draft 2019-09, keywords beside a `$ref`
            // apply.
            let draft = metaschema::draft(draft.as_str().unwrap_or_default());
            draft.filter(|draft| *draft > 4).map(|draft| draft >= 2019)
        }
    };
    let Some(beside_reference) = draft else {
        return Look::Unknown;
    };
    let check = Check {
        root: schema,
        beside_reference,
        steps: Cell::new(0),
    };
    let is_accepted = check.is_known(schema, true) == Some(()) && check.holds(schema, values, 0) == Some(true);
    match is_accepted {
        true => Look::Accepted,
        false if check.steps.get() > MAX_STEPS => Look::TooMuch,
        false => Look::Unknown,
    }
}

struct Check<'a> {
    root: &'a BorrowedJson<'a>,
    /// Whether keywords beside a `$ref` apply.
    beside_reference: bool,
    steps: Cell<usize>,
}

fn is_count(value: &BorrowedJson<'_>) -> Option<()> {
    value.as_u64().map(drop)
}

fn strings<'v>(value: &'v BorrowedJson<'_>) -> Option<Vec<&'v str>> {
    value.as_list()?.iter().map(BorrowedJson::as_str).collect()
}

/// Whether all options are scalars and distinct.
fn are_distinct(options: &[BorrowedJson<'_>]) -> Option<()> {
    const MANY: usize = 1000;
    let is_plain = |option: &BorrowedJson<'_>| option.as_list().is_none() && option.as_map().is_none();
    let distinct = |at: usize| !options[..at].contains(&options[at]);
    (options.len() < MANY && options.iter().all(is_plain) && (0..options.len()).all(distinct)).then_some(())
}

/// A number that is identical as an integer and as a float.
fn exact(value: &BorrowedJson<'_>) -> Option<f64> {
    value.as_f64().filter(|value| value.abs() < MAX_EXACT)
}

impl Check<'_> {
    /// Whether a schema and its subschemas are certainly well-formed and use only known keywords.
    fn is_known(&self, schema: &BorrowedJson<'_>, is_root: bool) -> Option<()> {
        let map = match schema {
            BorrowedJson::Bool(_) => return Some(()),
            other => other.as_map()?,
        };
        for (keyword, value) in map.iter() {
            match keyword {
                "$schema" if is_root => {}
                "$ref" => self.target(value).map(drop)?,
                "properties" | "definitions" | "$defs" => {
                    value
                        .as_map()?
                        .iter()
                        .try_for_each(|(_, inner)| self.is_known(inner, false))?;
                }
                "patternProperties" => value.as_map()?.iter().try_for_each(|(pattern, inner)| {
                    Regexp::compile(pattern).ok()?;
                    self.is_known(inner, false)
                })?,
                "additionalProperties" | "items" => self.is_known(value, false)?,
                "allOf" | "anyOf" | "oneOf" => {
                    let branches = value.as_list().filter(|branches| !branches.is_empty())?;
                    branches.iter().try_for_each(|branch| self.is_known(branch, false))?;
                }
                "type" => {
                    let types = match value.as_list() {
                        None => std::slice::from_ref(value),
                        Some(several) => Some(several).filter(|types| !types.is_empty())?,
                    };
                    let is_type = |at: usize| types[at].as_str().is_some_and(|name| TYPES.contains(&name));
                    let distinct = |at: usize| !types[..at].contains(&types[at]);
                    (0..types.len()).all(|at| is_type(at) && distinct(at)).then_some(())?;
                }
                "enum" => {
                    let options = value.as_list().filter(|options| !options.is_empty())?;
                    are_distinct(options)?;
                }
                "required" => {
                    let names = strings(value)?;
                    (0..names.len())
                        .all(|at| !names[..at].contains(&names[at]))
                        .then_some(())?;
                }
                "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => exact(value).map(drop)?,
                "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
                    is_count(value)?;
                }
                "pattern" => Regexp::compile(value.as_str()?).ok().map(drop)?,
                // In the drafts in which keywords beside a `$ref` apply, this one has another meaning.
                "dependencies" if !self.beside_reference => value
                    .as_map()?
                    .iter()
                    .try_for_each(|(_, names)| strings(names).map(drop))?,
                "const" => {}
                "format" | "title" | "description" | "$comment" => value.as_str().map(drop)?,
                "examples" => value.as_list().map(drop)?,
                "uniqueItems" | "deprecated" | "readOnly" | "writeOnly" => value.as_bool().map(drop)?,
                remark => (REMARKS.contains(&remark) || remark.starts_with("x-")).then_some(())?,
            }
        }
        Some(())
    }

    /// Resolves a `$ref` to the root or a definition.
    fn target(&self, reference: &BorrowedJson<'_>) -> Option<&BorrowedJson<'_>> {
        let reference = reference.as_str()?;
        if reference == "#" {
            return Some(self.root);
        }
        let name = ["#/definitions/", "#/$defs/"]
            .into_iter()
            .find_map(|prefix| reference.strip_prefix(prefix))?;
        if name.contains(['/', '~', '%']) {
            return None;
        }
        let definitions = reference.strip_prefix("#/")?.strip_suffix(name)?.strip_suffix('/')?;
        self.root.as_map()?.get(definitions)?.as_map()?.get(name)
    }

    /// Whether a value is valid; `None` if that cannot be decided here.
    fn holds(&self, schema: &BorrowedJson<'_>, node: &Node, depth: usize) -> Option<bool> {
        self.steps.set(self.steps.get() + 1);
        if depth > MAX_DEPTH || self.steps.get() > MAX_STEPS {
            return None;
        }
        let map = match schema {
            BorrowedJson::Bool(accepts) => return Some(*accepts),
            other => other.as_map()?,
        };
        if let Some(reference) = map.get("$ref") {
            let referred = self.holds(self.target(reference)?, node, depth + 1)?;
            if !referred || !self.beside_reference {
                return Some(referred);
            }
        }
        for (keyword, argument) in map.iter() {
            let met = match keyword {
                "type" => is_of_type(argument, node)?,
                "enum" => one_of(argument.as_list()?, node)?,
                "const" => one_of(std::slice::from_ref(argument), node)?,
                "allOf" => self.count(argument, node, depth)? == argument.as_list()?.len(),
                "anyOf" => self.count(argument, node, depth)? > 0,
                "oneOf" => self.count(argument, node, depth)? == 1,
                _ => match &node.value {
                    Value::Map(_) => self.of_map(keyword, argument, map, node, depth)?,
                    Value::List(items) => self.of_list(keyword, argument, items, depth)?,
                    Value::String(text) => of_string(keyword, argument, text)?,
                    Value::Int(_) | Value::Uint(_) | Value::Float(_) => of_number(keyword, argument, node)?,
                    Value::Null | Value::Bool(_) => true,
                },
            };
            if !met {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Counts the branches that a value matches.
    fn count(&self, branches: &BorrowedJson<'_>, node: &Node, depth: usize) -> Option<usize> {
        branches.as_list()?.iter().try_fold(0, |count, branch| {
            Some(count + usize::from(self.holds(branch, node, depth + 1)?))
        })
    }

    fn of_map(
        &self,
        keyword: &str,
        argument: &BorrowedJson<'_>,
        schema: &Map<'_>,
        node: &Node,
        depth: usize,
    ) -> Option<bool> {
        let entries = node.as_map()?;
        Some(match keyword {
            "properties" => {
                let properties = argument.as_map()?;
                for (key, entry) in entries.iter() {
                    if let Some(property) = properties.get(key)
                        && !self.holds(property, &entry.node, depth + 1)?
                    {
                        return Some(false);
                    }
                }
                true
            }
            "patternProperties" => {
                for (pattern, property) in argument.as_map()?.iter() {
                    let pattern = Regexp::compile(pattern).ok()?;
                    for (key, entry) in entries.iter() {
                        if pattern.is_match(key) && !self.holds(property, &entry.node, depth + 1)? {
                            return Some(false);
                        }
                    }
                }
                true
            }
            "additionalProperties" => {
                let named = schema.get("properties").and_then(BorrowedJson::as_map);
                let patterns = schema.get("patternProperties").and_then(BorrowedJson::as_map);
                let patterns = patterns.into_iter().flat_map(Map::iter);
                let patterns: Option<Vec<_>> = patterns.map(|(pattern, _)| Regexp::compile(pattern).ok()).collect();
                let patterns = patterns?;
                for (key, entry) in entries.iter() {
                    let is_known = named.is_some_and(|named| named.get(key).is_some())
                        || patterns.iter().any(|pattern| pattern.is_match(key));
                    if !is_known && !self.holds(argument, &entry.node, depth + 1)? {
                        return Some(false);
                    }
                }
                true
            }
            "required" => strings(argument)?.into_iter().all(|name| entries.contains_key(name)),
            "dependencies" => {
                for (key, names) in argument.as_map()?.iter() {
                    if entries.contains_key(key) && !strings(names)?.into_iter().all(|name| entries.contains_key(name))
                    {
                        return Some(false);
                    }
                }
                true
            }
            "minProperties" => entries.len() as u64 >= argument.as_u64()?,
            "maxProperties" => entries.len() as u64 <= argument.as_u64()?,
            _ => true,
        })
    }

    fn of_list(&self, keyword: &str, argument: &BorrowedJson<'_>, items: &[Node], depth: usize) -> Option<bool> {
        Some(match keyword {
            "items" => {
                for item in items {
                    if !self.holds(argument, item, depth + 1)? {
                        return Some(false);
                    }
                }
                true
            }
            "minItems" => items.len() as u64 >= argument.as_u64()?,
            "maxItems" => items.len() as u64 <= argument.as_u64()?,
            "uniqueItems" if argument.as_bool()? && items.len() > 1 => {
                let texts: Option<Vec<&str>> = items.iter().map(Node::as_str).collect();
                let mut texts = texts?;
                texts.sort_unstable();
                texts.windows(2).all(|pair| pair[0] != pair[1])
            }
            _ => true,
        })
    }
}

fn of_string(keyword: &str, argument: &BorrowedJson<'_>, text: &str) -> Option<bool> {
    let length = || text.chars().count() as u64;
    Some(match keyword {
        "pattern" => Regexp::compile(argument.as_str()?).ok()?.is_match(text),
        "minLength" => length() >= argument.as_u64()?,
        "maxLength" => length() <= argument.as_u64()?,
        // Formats are left to the validator.
        "format" => return None,
        _ => true,
    })
}

fn of_number(keyword: &str, argument: &BorrowedJson<'_>, node: &Node) -> Option<bool> {
    let bound = || exact(argument);
    let value = || number(node);
    Some(match keyword {
        "minimum" => value()? >= bound()?,
        "maximum" => value()? <= bound()?,
        "exclusiveMinimum" => value()? > bound()?,
        "exclusiveMaximum" => value()? < bound()?,
        _ => true,
    })
}

/// The value of a number that is identical as an integer and as a float.
fn number(node: &Node) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "what would lose precision is refused")]
    let value = match node.value {
        Value::Int(value) => value as f64,
        Value::Uint(value) => value as f64,
        Value::Float(value) => value,
        _ => return None,
    };
    (value.abs() < MAX_EXACT).then_some(value)
}

fn is_of_type(types: &BorrowedJson<'_>, node: &Node) -> Option<bool> {
    let is = |name: &str| {
        Some(match (&node.value, name) {
            (Value::Null, "null")
            | (Value::Bool(_), "boolean")
            | (Value::String(_), "string")
            | (Value::List(_), "array")
            | (Value::Map(_), "object")
            | (Value::Int(_) | Value::Uint(_) | Value::Float(_), "number") => true,
            (Value::Int(_) | Value::Uint(_) | Value::Float(_), "integer") => number(node)?.fract() == 0.0,
            _ => false,
        })
    };
    match types {
        BorrowedJson::String(one) => is(one),
        several => strings(several)?
            .into_iter()
            .try_fold(false, |found, name| Some(found || is(name)?)),
    }
}

fn one_of(options: &[BorrowedJson<'_>], node: &Node) -> Option<bool> {
    if matches!(node.value, Value::List(_) | Value::Map(_)) {
        return None;
    }
    options.iter().try_fold(false, |found, option| {
        let same = match (option, &node.value) {
            (BorrowedJson::Null, Value::Null) => true,
            (BorrowedJson::Bool(option), Value::Bool(value)) => option == value,
            (BorrowedJson::String(option), Value::String(text)) => **option == **text,
            (
                BorrowedJson::Uint(_) | BorrowedJson::Int(_) | BorrowedJson::Float(_),
                Value::Int(_) | Value::Uint(_) | Value::Float(_),
            ) => exact(option)?.to_bits() == number(node)?.to_bits(),
            _ => false,
        };
        Some(found || same)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use source::{Source, SourceKind, Sources, Span};

    fn values(sources: &Sources, json: &Json) -> Node {
        let text = json.to_string();
        let file = sources.add(Source::new("values", SourceKind::Made, text.clone().into_bytes()));
        let span = |range: std::ops::Range<usize>| Span::new(file, range.start, range.end);
        goyaml::json::parse_first(&text, &span)
            .unwrap_or_else(|_| panic!("{text}"))
            .0
    }

    /// Accepts only values that the validator accepts, and most of those.
    #[test]
    fn agrees_with_the_validator() {
        let cases: Vec<Json> = serde_json::from_str(include_str!("../../../../tests/suite/schema/quick.json")).unwrap();
        let (mut valid, mut seen) = (0, 0);
        for case in &cases {
            let sources = Sources::new();
            let schema = &case["schema"];
            let compiled = super::super::compile(None, schema.clone()).ok();
            for json in case["values"].as_array().unwrap() {
                let holds = |compiled: &super::super::Compiled| {
                    super::super::decide::holds(&compiled.program, compiled.root, json) == Some(true)
                };
                let is_valid = compiled.as_ref().is_some_and(holds);
                let quick = look(&schema.to_string(), &values(&sources, json)) == Look::Accepted;
                assert!(is_valid || !quick, "{schema} does not accept {json}");
                valid += usize::from(is_valid);
                seen += usize::from(quick);
            }
        }
        assert!(
            valid > 30 && seen * 10 > valid * 7,
            "{seen} of {valid} valid ones are seen at once"
        );
    }

    /// The values of the chart in this repository are the reason for this check.
    #[test]
    fn accepts_the_values_of_the_chart() {
        let schema = include_str!("../../../../chart/values.schema.json");
        let sources = Sources::new();
        let text = include_str!("../../../../chart/values.yaml");
        let file = sources.add(Source::new("values.yaml", SourceKind::Made, text.as_bytes().to_vec()));
        let parsed = goyaml::parse(&sources.get(file), file, 0..text.len()).unwrap();
        assert_eq!(look(schema, &parsed.node.numbers_as_floats()), Look::Accepted);
    }
}
