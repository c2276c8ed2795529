//! Violations in the form in which the validator that Helm uses reports them (santhosh-tekuri/jsonschema): as a tree, in which
//! each application of a schema is a node if more than one thing is wrong there.
//!
//! Our validator gives a flat list; the paths that it took through the schema lead back to the tree.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value as Json;

use super::message::{quote, text};

/// The lines that Helm prints for violations: `- at '/a/b': got string, want integer`, and what belongs to one below it.
pub(super) fn lines(errors: &[&ValidationError<'_>], schema: &Json) -> Vec<String> {
    let mut root = Application::default();
    for error in errors {
        root.insert(error, &path(error, schema), &tokens(error.instance_path().as_str()));
    }
    let mut violations = root.violations(schema);
    // The root is a node of its own already.
    if let [only] = &mut violations[..]
        && only.kind == NodeKind::Group
    {
        violations = std::mem::take(&mut only.inner);
    }
    let mut lines = Vec::new();
    violations.iter().for_each(|violation| violation.write(0, &mut lines));
    lines
}

/// The lines of one violation, without what the path to it would add.
pub(super) fn lines_of(error: &ValidationError<'_>, schema: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    own(error, schema)
        .iter()
        .for_each(|violation| violation.write(0, &mut lines));
    lines
}

/// What a node of the tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NodeKind {
    /// Something that is wrong.
    Leaf,
    /// Several things that are wrong with one value.
    Group,
    /// The same, by way of a `$ref`.
    Reference,
}

struct Violation {
    at: String,
    text: String,
    inner: Vec<Violation>,
    kind: NodeKind,
}

impl Violation {
    fn leaf(at: &str, text: String) -> Self {
        Self {
            at: at.to_owned(),
            text,
            inner: Vec::new(),
            kind: NodeKind::Leaf,
        }
    }

    fn write(&self, indent: usize, lines: &mut Vec<String>) {
        lines.push(format!(
            "{}- at {}: {}",
            "  ".repeat(indent),
            quote(&self.at),
            self.text
        ));
        self.inner
            .iter()
            .for_each(|violation| violation.write(indent + 1, lines));
    }
}

/// How a schema leads to one inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// To a part of the value.
    Part,
    /// To the same value.
    Same,
    /// By a reference.
    Reference,
    /// To one of the schemas that must all hold.
    AllOf,
}

/// A schema that is applied to a value.
#[derive(Default)]
struct Application<'a> {
    at: String,
    errors: Vec<&'a ValidationError<'a>>,
    /// Applications inside, by the path from here and the place of the value.
    inner: Vec<(Step, String, Application<'a>)>,
}

impl<'a> Application<'a> {
    /// Puts an error where its path through the schema leads; both paths begin here.
    fn insert(&mut self, error: &'a ValidationError<'a>, path: &[String], place: &[String]) {
        let first = path.first().map_or("", String::as_str);
        let is_index = |at: usize| {
            path.get(at)
                .is_some_and(|token| token.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (step, length) = match first {
            "properties" | "patternProperties" | "prefixItems" => (Step::Part, 2),
            "items" if is_index(1) => (Step::Part, 2),
            "items"
            | "additionalProperties"
            | "additionalItems"
            | "contains"
            | "unevaluatedProperties"
            | "unevaluatedItems" => (Step::Part, 1),
            "$ref" | "$dynamicRef" | "$recursiveRef" => (Step::Reference, 1),
            "if" | "then" | "else" => (Step::Same, 1),
            "dependentSchemas" | "dependencies" => (Step::Same, 2),
            "allOf" => (Step::AllOf, 2),
            _ => (Step::Same, 0),
        };
        let parts = usize::from(step == Step::Part);
        if length == 0 || path.len() <= length || place.len() < parts {
            self.errors.push(error);
            return;
        }
        let at = place[..parts]
            .iter()
            .fold(self.at.clone(), |at, token| format!("{at}/{token}"));
        let key = format!("{} {at}", path[..length].join("/"));
        let known = self.inner.iter().position(|(_, known, _)| *known == key);
        let position = known.unwrap_or(self.inner.len());
        if known.is_none() {
            let application = Application { at, ..Self::default() };
            self.inner.push((step, key, application));
        }
        self.inner[position].2.insert(error, &path[length..], &place[parts..]);
    }

    fn violations(&self, schema: &Json) -> Vec<Violation> {
        // A value of the wrong type or none of those allowed is not looked at any further.
        let first = |wanted: fn(&Kind) -> bool| {
            let here =
                |error: &&&ValidationError<'_>| error.instance_path().as_str() == self.at && wanted(error.kind());
            self.errors.iter().find(here)
        };
        let last_word = first(|kind| matches!(kind, Kind::Type { .. }))
            .or_else(|| first(|kind| matches!(kind, Kind::Constant { .. })))
            .or_else(|| first(|kind| matches!(kind, Kind::Enum { .. })))
            .or_else(|| first(|kind| matches!(kind, Kind::Format { .. })));
        if let Some(error) = last_word {
            return own(error, schema);
        }
        let mut violations = Vec::new();
        let mut missing: Vec<(Option<String>, Vec<String>)> = Vec::new();
        for error in &self.errors {
            let Kind::Required { property } = error.kind() else {
                violations.extend(own(error, schema));
                continue;
            };
            let dependent = requiring(error, property, schema);
            let name = quote(property.as_str().unwrap_or_default());
            match missing.iter_mut().find(|(by, _)| *by == dependent) {
                Some((_, names)) => names.push(name),
                None => missing.push((dependent, vec![name])),
            }
        }
        for (dependent, names) in missing {
            let text = match dependent {
                Some(by) => format!("properties {} required, if {} exists", names.join(", "), quote(&by)),
                None if names.len() == 1 => format!("missing property {}", names[0]),
                None => format!("missing properties {}", names.join(", ")),
            };
            violations.push(Violation::leaf(&self.at, text));
        }
        let mut all_of = Vec::new();
        for (step, _, application) in &self.inner {
            match step {
                Step::AllOf => all_of.push(application.violation(NodeKind::Group, schema)),
                Step::Reference => violations.push(application.violation(NodeKind::Reference, schema)),
                Step::Part | Step::Same => violations.push(application.violation(NodeKind::Group, schema)),
            }
        }
        if !all_of.is_empty() {
            violations.push(Violation {
                inner: all_of,
                ..Violation::leaf(&self.at, "'allOf' failed".to_owned())
            });
        }
        violations
    }

    /// All that is wrong as one violation.
    fn violation(&self, kind: NodeKind, schema: &Json) -> Violation {
        let mut violations = self.violations(schema);
        match violations.pop() {
            // A reference takes over what belongs to the only group behind it.
            Some(only) if violations.is_empty() && kind == NodeKind::Reference && only.kind == NodeKind::Group => {
                Violation {
                    at: self.at.clone(),
                    kind,
                    ..only
                }
            }
            Some(only) if violations.is_empty() => only,
            last => {
                violations.extend(last);
                Violation {
                    inner: violations,
                    kind,
                    ..Violation::leaf(&self.at, "validation failed".to_owned())
                }
            }
        }
    }
}

/// What one error of our validator is in Helm's.
fn own(error: &ValidationError<'_>, schema: &Json) -> Vec<Violation> {
    let at = error.instance_path().as_str();
    match error.kind() {
        Kind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| {
                Violation::leaf(
                    &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                    "false schema".to_owned(),
                )
            })
            .collect(),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            let (above, outside) = (tokens(error.evaluation_path().as_str()).len() + 1, tokens(at).len());
            let branch = |errors: &Vec<ValidationError<'_>>| {
                let mut application = Application {
                    at: at.to_owned(),
                    ..Application::default()
                };
                for error in errors {
                    let (full, value) = (path(error, schema), tokens(error.instance_path().as_str()));
                    application.insert(
                        error,
                        full.get(above..).unwrap_or_default(),
                        value.get(outside..).unwrap_or_default(),
                    );
                }
                application.violation(NodeKind::Group, schema)
            };
            let inner = context.iter().map(branch).collect();
            vec![Violation {
                inner,
                ..Violation::leaf(at, text(error))
            }]
        }
        Kind::PropertyNames { error: inner } => {
            let name = |violation| Violation {
                at: String::new(),
                ..violation
            };
            vec![Violation {
                inner: own(inner, schema).into_iter().map(name).collect(),
                ..Violation::leaf(at, text(error))
            }]
        }
        _ => vec![Violation::leaf(at, text(error))],
    }
}

/// The property whose presence makes another one necessary, where that is why it is missing.
fn requiring(error: &ValidationError<'_>, missing: &Json, schema: &Json) -> Option<String> {
    let path = error.schema_path().as_str();
    if !(path.ends_with("/dependentRequired") || path.ends_with("/dependencies")) {
        return None;
    }
    let requires = |(name, needed): (&String, &Json)| {
        let is_there = error.instance().get(name).is_some();
        let needs_it = needed.as_array().is_some_and(|names| names.contains(missing));
        (is_there && needs_it).then(|| name.clone())
    };
    schema.pointer(path)?.as_object()?.iter().find_map(requires)
}

/// The way of an error through the schema. For keywords of our own the validator only tells where they stand.
fn path(error: &ValidationError<'_>, schema: &Json) -> Vec<String> {
    let known = tokens(error.evaluation_path().as_str());
    if !matches!(error.kind(), Kind::Custom { .. }) {
        return known;
    }
    let Some((standing, keyword)) = error.schema_path().as_str().rsplit_once('/') else {
        return known;
    };
    let mut search = Search {
        schema,
        standing,
        left: MAX_SCHEMAS,
    };
    match search.from("", &tokens(error.instance_path().as_str()), 0) {
        Some(mut found) => {
            found.push(keyword.to_owned());
            found
        }
        None => known,
    }
}

/// How many schemas are looked at for the way to a keyword, and how deep.
const MAX_SCHEMAS: usize = 10_000;
const MAX_DEPTH: usize = 64;

/// Looks for the way to where a keyword stands.
struct Search<'a> {
    schema: &'a Json,
    standing: &'a str,
    left: usize,
}

impl Search<'_> {
    /// The way from the schema at a pointer, for a value with a place of which the given part is still to go.
    fn from(&mut self, at: &str, place: &[String], depth: usize) -> Option<Vec<String>> {
        if place.is_empty() && at == self.standing {
            return Some(Vec::new());
        }
        self.left = self.left.checked_sub(1)?;
        if depth == MAX_DEPTH {
            return None;
        }
        let object = self.schema.pointer(at)?.as_object()?;
        let part = place.first();
        for (keyword, inner) in object {
            let keys: Vec<String> = match inner {
                Json::Object(map) => map
                    .keys()
                    .map(|key| key.replace('~', "~0").replace('/', "~1"))
                    .collect(),
                Json::Array(items) => (0..items.len()).map(|at| at.to_string()).collect(),
                _ => Vec::new(),
            };
            let (parts, keys): (usize, Vec<Option<String>>) = match &**keyword {
                "$ref" => {
                    let target = inner.as_str().and_then(|target| target.strip_prefix('#'));
                    if let Some(mut found) = target.and_then(|target| self.from(target, place, depth + 1)) {
                        found.insert(0, keyword.clone());
                        return Some(found);
                    }
                    continue;
                }
                "if" | "then" | "else" => (0, vec![None]),
                "allOf" | "anyOf" | "oneOf" | "dependentSchemas" | "dependencies" => {
                    (0, keys.into_iter().map(Some).collect())
                }
                "patternProperties" => (1, keys.into_iter().map(Some).collect()),
                "properties" | "prefixItems" => (1, vec![part.cloned()]),
                "items" if inner.is_array() => (1, vec![part.cloned()]),
                "items"
                | "additionalProperties"
                | "additionalItems"
                | "contains"
                | "unevaluatedProperties"
                | "unevaluatedItems" => (1, vec![None]),
                _ => continue,
            };
            let Some(rest) = place.get(parts..) else { continue };
            for key in keys {
                let steps: Vec<String> = std::iter::once(keyword.clone()).chain(key).collect();
                let next = format!("{at}/{}", steps.join("/"));
                if let Some(found) = self.from(&next, rest, depth + 1) {
                    return Some(steps.into_iter().chain(found).collect());
                }
            }
        }
        None
    }
}

/// The parts of a JSON pointer, still escaped.
fn tokens(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(str::to_owned).collect()
}
