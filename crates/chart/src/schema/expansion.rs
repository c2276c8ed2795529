//! Measures the size of a schema after its references are expanded. The validator expands each of them, so a few lines
//! can exceed any memory.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// The maximum number of schemas after expansion.
const MAX_SCHEMAS: u64 = 2_000_000;
/// The maximum length of a chain of references.
const MAX_CHAIN: usize = 5_000;
/// Keywords whose subschemas apply to the same value and not to one inside it.
const IN_PLACE: [&str; 8] = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref"];

/// The reason why a schema is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It refers to itself for the same value without end.
    Cycle,
    /// Its expansion is too large.
    TooLarge,
}

/// Checks that the expansion of a schema is finite and not too large.
///
/// # Errors
/// The expansion is infinite or too large.
pub(super) fn check(schema: &Json) -> Result<(), Fault> {
    let mut expansion = Expansion {
        root: schema,
        known: BTreeMap::new(),
        open: Vec::new(),
    };
    expansion.of(schema, true).map(|_| ())
}

struct Expansion<'a> {
    root: &'a Json,
    /// The sizes of referenced schemas.
    known: BTreeMap<&'a str, u64>,
    /// The references that are being followed, and whether each applies to the same value as the one before.
    open: Vec<(&'a str, bool)>,
}

impl<'a> Expansion<'a> {
    fn of(&mut self, schema: &'a Json, in_place: bool) -> Result<u64, Fault> {
        let mut size = 1;
        match schema {
            Json::Object(map) => {
                for (keyword, value) in map {
                    if matches!(
                        &**keyword,
                        "enum" | "const" | "default" | "examples" | "example" | "definitions" | "$defs"
                    ) {
                        continue;
                    }
                    let here = in_place && IN_PLACE.contains(&&**keyword);
                    size += match value {
                        Json::String(reference) if keyword == "$ref" => self.target(reference, here)?,
                        Json::Object(schemas) if keyword == "dependentSchemas" => {
                            let mut sum = 0;
                            for schema in schemas.values() {
                                sum += self.of(schema, in_place)?;
                            }
                            sum
                        }
                        _ => self.of(value, here)?,
                    };
                }
            }
            Json::Array(items) => {
                for item in items {
                    size += self.of(item, in_place)?;
                }
            }
            _ => {}
        }
        if size > MAX_SCHEMAS {
            Err(Fault::TooLarge)
        } else {
            Ok(size)
        }
    }

    fn target(&mut self, reference: &'a str, in_place: bool) -> Result<u64, Fault> {
        let Some(pointer) = reference.strip_prefix('#') else {
            return Ok(1);
        };
        if let Some(at) = self.open.iter().position(|(open, _)| *open == pointer) {
            // A recursive reference adds one level per level of the value, unless no step on the way leads into the
            // value.
            let is_cycle = in_place && self.open[at + 1..].iter().all(|(_, in_place)| *in_place);
            return if is_cycle { Err(Fault::Cycle) } else { Ok(1) };
        }
        if let Some(size) = self.known.get(pointer) {
            return Ok(*size);
        }
        let Some(target) = self.root.pointer(pointer) else {
            return Ok(1);
        };
        if self.open.len() >= MAX_CHAIN {
            return Err(Fault::TooLarge);
        }
        self.open.push((pointer, in_place));
        let size = self.of(target, true)?;
        self.open.pop();
        self.known.insert(pointer, size);
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn doubling(levels: usize) -> Json {
        let level = |at: usize| {
            let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
            (format!("d{at}"), json!({"allOf": [next, next]}))
        };
        let mut definitions: serde_json::Map<String, Json> = (0..levels).map(level).collect();
        definitions.insert(format!("d{levels}"), json!({"type": "string"}));
        json!({"$ref": "#/$defs/d0", "$defs": definitions})
    }

    #[test]
    fn sizes_and_cycles() {
        let recursive = json!({"properties": {"child": {"$ref": "#"}}, "items": {"$ref": "#"}});
        let through_a_property =
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"properties": {"x": {"$ref": "#/$defs/a"}}}]}}});
        for fine in [json!(true), json!({}), recursive, through_a_property, doubling(15)] {
            assert_eq!(check(&fine), Ok(()), "{fine}");
        }
        let in_turn =
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}}});
        assert_eq!(check(&in_turn), Err(Fault::Cycle));
        assert_eq!(check(&json!({"$ref": "#"})), Err(Fault::Cycle));
        assert_eq!(check(&doubling(40)), Err(Fault::TooLarge));
    }
}
