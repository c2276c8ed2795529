//! Assertions: the check, the template and the documents. Mirrors helm-unittest's `pkg/unittest/assertion.go`.

use std::sync::Arc;

use super::fields::{FieldReader, SUITE, wrong};
use diagnostics::{Diagnostic, Result, did_you_mean};
use goyaml::{Map, Node, Value};
use source::Span;

/// The document selector: documents with a value at a path.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    pub(super) path: String,
    pub(super) value: Option<Node>,
    pub(super) match_many: bool,
    pub(super) skip_empty_templates: bool,
}

/// An assertion.
#[derive(Clone, Debug)]
pub(super) struct Assertion {
    /// The name as written: `notEqual`.
    pub(super) name: &'static str,
    pub(super) template: String,
    pub(super) selector: Option<Selector>,
    pub(super) document_index: Option<i64>,
    /// `not: true`
    pub(super) not: bool,
    /// Whether the name contains a "not".
    pub(super) is_antonym: bool,
    /// Whether the templates must render.
    pub(super) wants_success: bool,
    pub(super) check: Check,
}

/// The kinds of assertions.
#[derive(Clone, Debug)]
pub(super) enum Check {
    Contains {
        path: String,
        content: Node,
        count: Option<i64>,
        any: bool,
    },
    ContainsDocument {
        kind: String,
        api_version: String,
        name: String,
        namespace: String,
        any: bool,
    },
    Equal {
        path: String,
        value: Node,
        decode: bool,
    },
    EqualRaw {
        value: String,
    },
    /// At least the value, or at most.
    Order {
        path: String,
        value: Node,
        greater: bool,
    },
    Exists {
        path: String,
    },
    FailedTemplate {
        message: String,
        pattern: String,
    },
    HasDocuments {
        count: i64,
        filter_aware: bool,
    },
    /// `isKind` or `isAPIVersion`: a field of the document, and its name in the message.
    Is {
        field: &'static str,
        of: String,
    },
    IsNullOrEmpty {
        path: String,
    },
    IsSubset {
        path: String,
        content: Node,
    },
    IsType {
        path: String,
        wanted: String,
    },
    LengthEqual {
        path: String,
        paths: Vec<String>,
        count: Option<i64>,
    },
    MatchRegex {
        path: String,
        pattern: String,
        decode: bool,
    },
    MatchRegexRaw {
        pattern: String,
    },
    MatchSnapshot {
        path: String,
        pattern: String,
        not_pattern: String,
    },
    MatchSnapshotRaw,
}

/// A name of an assertion.
struct Name {
    text: &'static str,
    /// The name without its "not".
    base: &'static str,
    is_antonym: bool,
    wants_success: bool,
}

const fn name(name: &'static str, base: &'static str) -> Name {
    Name {
        text: name,
        base,
        is_antonym: false,
        wants_success: true,
    }
}

const fn antonym(name: &'static str, base: &'static str) -> Name {
    Name {
        text: name,
        base,
        is_antonym: true,
        wants_success: true,
    }
}

const NAMES: &[Name] = &[
    name("matchSnapshot", "matchSnapshot"),
    name("matchSnapshotRaw", "matchSnapshotRaw"),
    name("equal", "equal"),
    antonym("notEqual", "equal"),
    name("greaterOrEqual", "greaterOrEqual"),
    antonym("notGreaterOrEqual", "greaterOrEqual"),
    name("lessOrEqual", "lessOrEqual"),
    antonym("notLessOrEqual", "lessOrEqual"),
    name("equalRaw", "equalRaw"),
    antonym("notEqualRaw", "equalRaw"),
    name("exists", "exists"),
    antonym("notExists", "exists"),
    name("matchRegex", "matchRegex"),
    antonym("notMatchRegex", "matchRegex"),
    name("matchRegexRaw", "matchRegexRaw"),
    antonym("notMatchRegexRaw", "matchRegexRaw"),
    name("contains", "contains"),
    antonym("notContains", "contains"),
    name("isKind", "isKind"),
    name("isAPIVersion", "isAPIVersion"),
    name("hasDocuments", "hasDocuments"),
    name("isSubset", "isSubset"),
    antonym("isNotSubset", "isSubset"),
    name("isNullOrEmpty", "isNullOrEmpty"),
    antonym("isNotNullOrEmpty", "isNullOrEmpty"),
    Name {
        text: "failedTemplate",
        base: "failedTemplate",
        is_antonym: false,
        wants_success: false,
    },
    antonym("notFailedTemplate", "failedTemplate"),
    name("containsDocument", "containsDocument"),
    name("lengthEqual", "lengthEqual"),
    antonym("notLengthEqual", "lengthEqual"),
    antonym("isNull", "exists"),
    name("isNotNull", "exists"),
    name("isEmpty", "isNullOrEmpty"),
    antonym("isNotEmpty", "isNullOrEmpty"),
    name("isType", "isType"),
    antonym("isNotType", "isType"),
];

impl Selector {
    fn read(node: &Node) -> Result<Option<Self>> {
        let Some(map) = node.as_map() else { return Ok(None) };
        let Some(path) = map.node("path").and_then(Node::as_str) else {
            return Err(wrong(node, "empty 'documentSelector.path' not supported"));
        };
        let is_true = |name: &str| matches!(map.node(name).map(|node| &node.value), Some(Value::Bool(true)));
        Ok(Some(Self {
            path: path.to_owned(),
            value: map.node("value").filter(|value| !value.is_null()).cloned(),
            match_many: is_true("matchMany"),
            skip_empty_templates: is_true("skipEmptyTemplates"),
        }))
    }

    /// The selector of a test.
    pub(super) fn of_test(reader: FieldReader<'_>, node: &Node) -> Result<Option<Self>> {
        let known = ["path", "value", "matchMany", "skipEmptyTemplates"];
        let Some(map) = reader.fields(node, "documentSelector", &known)? else {
            return Ok(None);
        };
        let mut selector = Self::default();
        for (key, entry) in map.iter() {
            let value = &entry.node;
            match &**key {
                "path" => selector.path = reader.text(value, "documentSelector.path")?,
                "value" if !value.is_null() => selector.value = Some(value.clone()),
                "matchMany" => selector.match_many = reader.boolean(value, "documentSelector.matchMany")?,
                "skipEmptyTemplates" => {
                    selector.skip_empty_templates = reader.boolean(value, "documentSelector.skipEmptyTemplates")?;
                }
                _ => {}
            }
        }
        Ok(Some(selector))
    }
}

impl Assertion {
    /// Parses an assertion.
    ///
    /// # Errors
    /// If it contains no assertion, two of them, or an unknown one.
    pub(super) fn read(node: &Node) -> Result<Self> {
        let Some(map) = node.as_map() else {
            return Err(wrong(node, "an assertion must be a mapping"));
        };
        let found: Vec<(&Name, &Node)> = NAMES
            .iter()
            .filter_map(|name| Some((name, map.node(name.text)?)))
            .collect();
        let (name, parameters) = match found[..] {
            [found] => found,
            [] => return Err(unknown(node, map)),
            [(a, _), (b, _), ..] => {
                let message = format!("assertion type `{}` and `{}` is declared duplicately", a.text, b.text);
                return Err(wrong(node, message));
            }
        };
        let selector = map.node("documentSelector").map(Selector::read).transpose()?.flatten();
        Ok(Self {
            name: name.text,
            template: map
                .node("template")
                .and_then(Node::as_str)
                .unwrap_or_default()
                .to_owned(),
            selector,
            document_index: match map.node("documentIndex").map(|node| &node.value) {
                Some(Value::Int(index)) if *index != -1 => Some(*index),
                _ => None,
            },
            not: matches!(map.node("not").map(|node| &node.value), Some(Value::Bool(true))),
            is_antonym: name.is_antonym,
            wants_success: name.wants_success,
            check: check(name.base, &Parameters::of(parameters)?)?,
        })
    }
}

fn unknown(node: &Node, map: &Map) -> Box<Diagnostic> {
    let is_option = |key: &str| matches!(key, "template" | "documentIndex" | "not" | "documentSelector");
    match map.iter().find(|(key, _)| !is_option(key)) {
        Some((key, entry)) => {
            let mut error = Diagnostic::error(SUITE, format!("Assertion type `{key}` is invalid")).at(entry.key);
            error.help = did_you_mean(key, NAMES.iter().map(|name| name.text));
            error.into()
        }
        None => wrong(node, "no assertion type defined"),
    }
}

/// The parameters of an assertion. As in Go, their names are case-insensitive.
struct Parameters<'a> {
    node: &'a Node,
    map: Option<&'a Map>,
}

impl<'a> Parameters<'a> {
    fn of(node: &'a Node) -> Result<Self> {
        match &node.value {
            Value::Null => Ok(Self { node, map: None }),
            Value::Map(map) => Ok(Self { node, map: Some(map) }),
            _ => Err(wrong(node, "what an assertion is given must be a mapping")),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Node> {
        let map = self.map?;
        let exact = map.node(name);
        let found = exact.or_else(|| {
            let mut entries = map.iter();
            entries
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, entry)| &entry.node)
        });
        found.filter(|node| !node.is_null())
    }

    fn node(&self, name: &str) -> Node {
        self.get(name)
            .cloned()
            .unwrap_or_else(|| Node::new(Value::Null, self.node.span))
    }

    fn text(&self, name: &str) -> Result<String> {
        match self.get(name) {
            None => Ok(String::new()),
            Some(node) => match node.as_str() {
                Some(text) => Ok(text.to_owned()),
                None => Err(wrong(node, format!("`{name}` must be a string"))),
            },
        }
    }

    fn flag(&self, name: &str) -> Result<bool> {
        match self.get(name).map(|node| (&node.value, node)) {
            None => Ok(false),
            Some((Value::Bool(value), _)) => Ok(*value),
            Some((_, node)) => Err(wrong(node, format!("`{name}` must be true or false"))),
        }
    }

    fn number(&self, name: &str) -> Result<Option<i64>> {
        match self.get(name).map(|node| (&node.value, node)) {
            None => Ok(None),
            Some((Value::Int(value), _)) => Ok(Some(*value)),
            #[expect(clippy::cast_possible_truncation, reason = "as Go does")]
            Some((Value::Float(value), _)) => Ok(Some(*value as i64)),
            Some((_, node)) => Err(wrong(node, format!("`{name}` must be a number"))),
        }
    }

    fn texts(&self, name: &str) -> Result<Vec<String>> {
        let Some(node) = self.get(name) else {
            return Ok(Vec::new());
        };
        let text = |item: &Node| match &item.value {
            Value::String(text) => Ok(text.to_string()),
            Value::Null => Ok(String::new()),
            _ => Err(wrong(item, format!("`{name}` must be a list of strings"))),
        };
        match node.as_list() {
            Some(items) => items.iter().map(text).collect(),
            None => Err(wrong(node, format!("`{name}` must be a list"))),
        }
    }

    /// The pattern of `matchRegex` or `notMatchRegex` in a snapshot.
    fn pattern_of(&self, name: &str) -> Result<String> {
        match self.get(name) {
            None => Ok(String::new()),
            Some(node) => Ok(Self::of(node)?.text("pattern")?.trim().to_owned()),
        }
    }
}

fn check(base: &str, given: &Parameters<'_>) -> Result<Check> {
    let path = || given.text("path");
    Ok(match base {
        "contains" => Check::Contains {
            path: path()?,
            content: given.node("content"),
            count: given.number("count")?,
            any: given.flag("any")?,
        },
        "containsDocument" => Check::ContainsDocument {
            kind: given.text("kind")?,
            api_version: given.text("apiVersion")?,
            name: given.text("name")?,
            namespace: given.text("namespace")?,
            any: given.flag("any")?,
        },
        "equal" => Check::Equal {
            path: path()?,
            value: given.node("value"),
            decode: given.flag("decodeBase64")?,
        },
        "equalRaw" => Check::EqualRaw {
            value: given.text("value")?,
        },
        "greaterOrEqual" | "lessOrEqual" => Check::Order {
            path: path()?,
            value: given.node("value"),
            greater: base == "greaterOrEqual",
        },
        "exists" => Check::Exists { path: path()? },
        "failedTemplate" => Check::FailedTemplate {
            message: given.text("errorMessage")?,
            pattern: given.text("errorPattern")?,
        },
        "hasDocuments" => Check::HasDocuments {
            count: given.number("count")?.unwrap_or_default(),
            filter_aware: given.flag("filterAware")?,
        },
        "isKind" | "isAPIVersion" => Check::Is {
            field: if base == "isKind" { "kind" } else { "apiVersion" },
            of: given.text("of")?,
        },
        "isNullOrEmpty" => Check::IsNullOrEmpty { path: path()? },
        "isSubset" => Check::IsSubset {
            path: path()?,
            content: given.node("content"),
        },
        "isType" => Check::IsType {
            path: path()?,
            wanted: given.text("type")?,
        },
        "lengthEqual" => Check::LengthEqual {
            path: path()?,
            paths: given.texts("paths")?,
            count: given.number("count")?,
        },
        "matchRegex" => Check::MatchRegex {
            path: path()?,
            pattern: given.text("pattern")?,
            decode: given.flag("decodeBase64")?,
        },
        "matchRegexRaw" => Check::MatchRegexRaw {
            pattern: given.text("pattern")?,
        },
        "matchSnapshotRaw" => Check::MatchSnapshotRaw,
        _ => Check::MatchSnapshot {
            path: path()?,
            pattern: given.pattern_of("matchRegex")?,
            not_pattern: given.pattern_of("notMatchRegex")?,
        },
    })
}

/// A mapping with one entry, for the text of a file that is not valid YAML.
pub(super) fn raw(text: &str, span: Span) -> Node {
    let node = Node::new(Value::String(text.into()), span);
    let map = Map::from_iter([(Arc::from(RAW), goyaml::Entry { key: span, node })]);
    Node::new(Value::Map(Arc::new(map)), span)
}

/// The key of the text of a file or an error.
pub(super) const RAW: &str = "raw";
