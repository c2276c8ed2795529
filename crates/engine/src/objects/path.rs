//! Paths of fields as `kubectl` writes them: `spec.template.spec.containers[0].image`, `metadata.labels['app.kubernetes.io/name']`.

use std::fmt;
use std::sync::Arc;

use goyaml::{Node, Value};
use source::Span;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A key of a mapping.
    Key(Arc<str>),
    /// An index of a list, from 0.
    Index(usize),
}

/// The path from an object to one of its fields; empty for the object itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<Step>);

/// A field of an object.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// Its path.
    pub path: Path,
    /// The span of its key; `None` for an item of a list.
    pub key: Option<Span>,
    /// Its value.
    pub node: &'a Node,
}

/// A path as the user writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query(Vec<Pick>);

/// A step of a [`Query`].
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pick {
    Key(String),
    Index(usize),
    /// All items of a list or entries of a mapping.
    All,
    /// The items of a list in which a key has a value, compared as text.
    Where(String, String),
}

impl Path {
    /// The path with another step.
    #[must_use]
    pub fn join(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The field at this path.
    pub fn get<'a>(&self, node: &'a Node) -> Option<Field<'a>> {
        let mut field = Field {
            path: self.clone(),
            key: None,
            node,
        };
        for step in &self.0 {
            match step {
                Step::Key(key) => {
                    let entry = field.node.as_map()?.get(key)?;
                    field.key = Some(entry.key);
                    field.node = &entry.node;
                }
                Step::Index(index) => {
                    field.key = None;
                    field.node = field.node.as_list()?.get(*index)?;
                }
            }
        }
        Some(field)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if is_plain(key) => write!(f, "{}{key}", if at == 0 { "" } else { "." })?,
                Step::Key(key) => write!(f, "['{}']", key.replace('\\', "\\\\").replace('\'', "\\'"))?,
            }
        }
        Ok(())
    }
}

/// Whether a key can be written between dots.
fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '$'))
}

/// The scalars and empty collections of a value with their paths, in the order of keys and items.
pub fn fields(node: &Node) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    let root = Field {
        path: Path::default(),
        key: None,
        node,
    };
    let mut rest = vec![root];
    while let Some(field) = rest.pop() {
        let before = rest.len();
        rest.extend(children(&field));
        rest[before..].reverse();
        if rest.len() == before {
            found.push(field);
        }
    }
    found
}

fn children<'a>(field: &Field<'a>) -> Vec<Field<'a>> {
    match &field.node.value {
        Value::Map(map) => map
            .iter()
            .map(|(key, entry)| Field {
                path: field.path.join(Step::Key(Arc::clone(key))),
                key: Some(entry.key),
                node: &entry.node,
            })
            .collect(),
        Value::List(list) => list
            .iter()
            .enumerate()
            .map(|(index, node)| Field {
                path: field.path.join(Step::Index(index)),
                key: None,
                node,
            })
            .collect(),
        _ => Vec::new(),
    }
}

impl Query {
    /// Parses a path: keys separated by dots (`\.` is a dot in a key), `['key']`, `[0]`, `[*]`, `[name=web]`;
    /// optionally in the braces of a JSONPath, or with a leading `.` or `$`.
    ///
    /// # Errors
    /// The syntax error, with the number of the character (from 1).
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let inner = inner.unwrap_or(text);
        let inner = inner.strip_prefix('$').unwrap_or(inner);
        let inner = inner.strip_prefix('.').unwrap_or(inner);
        let offset = text.find(inner).unwrap_or_default();
        let mut picks = Vec::new();
        let mut rest = inner;
        let wrong = |rest: &str, what: &str| {
            let at = text[..offset + inner.len() - rest.len()].chars().count() + 1;
            format!("invalid path `{text}`: character {at}: {what}")
        };
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('[') {
                let (pick, after) = bracket(after).map_err(|what| wrong(rest, &what))?;
                picks.push(pick);
                rest = after;
            } else {
                let (key, after) = key(rest);
                if key.is_empty() {
                    return Err(wrong(rest, "expected a key"));
                }
                picks.push(if key == "*" { Pick::All } else { Pick::Key(key) });
                rest = after;
            }
            if let Some(after) = rest.strip_prefix('.') {
                if after.is_empty() {
                    return Err(wrong(after, "expected a key"));
                }
                rest = after;
            } else if !rest.is_empty() && !rest.starts_with('[') {
                return Err(wrong(rest, "expected `.` or `[`"));
            }
        }
        Ok(Self(picks))
    }

    /// The fields that it selects, in the order of keys and items.
    ///
    /// # Errors
    /// The fields reached before the first step that selects nothing, and the rest of the path from that step.
    pub fn find<'a>(&self, node: &'a Node) -> Result<Vec<Field<'a>>, (Vec<Field<'a>>, Self)> {
        let mut found = vec![Field {
            path: Path::default(),
            key: None,
            node,
        }];
        for (at, pick) in self.0.iter().enumerate() {
            let next: Vec<Field<'a>> = found
                .iter()
                .flat_map(children)
                .filter(|field| pick.takes(field))
                .collect();
            if next.is_empty() {
                return Err((found, Self(self.0[at..].to_vec())));
            }
            found = next;
        }
        Ok(found)
    }

    /// The key of the first step, if it is one.
    pub fn first_key(&self) -> Option<&str> {
        match self.0.first()? {
            Pick::Key(key) => Some(key),
            _ => None,
        }
    }

    /// Its keys, without steps into lists.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|pick| match pick {
            Pick::Key(key) => Some(&**key),
            _ => None,
        })
    }

    /// Whether it selects the object itself.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Pick {
    fn takes(&self, field: &Field<'_>) -> bool {
        match (self, field.path.0.last()) {
            (Self::All, Some(_)) => true,
            (Self::Key(wanted), Some(Step::Key(key))) => **wanted == **key,
            (Self::Index(wanted), Some(Step::Index(index))) => wanted == index,
            (Self::Where(key, wanted), Some(Step::Index(_))) => {
                let is = |node: &Node| node.scalar_text().as_ref() == Some(wanted) || shown(node) == *wanted;
                field.node.get(key).is_some_and(is)
            }
            _ => false,
        }
    }
}

fn shown(node: &Node) -> String {
    match &node.value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::String(text) => text.to_string(),
        _ => String::new(),
    }
}

/// A key up to the next dot or bracket, and the rest.
fn key(text: &str) -> (String, &str) {
    let mut key = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '.' | '[' => return (key, &text[at..]),
            '\\' => key.extend(characters.next().map(|(_, c)| c)),
            c => key.push(c),
        }
    }
    (key, "")
}

/// The contents of brackets, and the rest.
fn bracket(text: &str) -> Result<(Pick, &str), String> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'));
    if let Some(quote) = quote {
        let mut key = String::new();
        let mut characters = text[1..].char_indices();
        while let Some((at, c)) = characters.next() {
            if c == quote {
                let after = text[1 + at + 1..].strip_prefix(']');
                return after
                    .map(|after| (Pick::Key(key), after))
                    .ok_or_else(|| "expected `]` behind the quoted key".to_owned());
            }
            match c {
                '\\' => key.extend(characters.next().map(|(_, c)| c)),
                c => key.push(c),
            }
        }
        return Err(format!("the quote {quote} is not closed"));
    }
    let (inside, after) = text.split_once(']').ok_or("the bracket `[` is not closed")?;
    if inside == "*" {
        return Ok((Pick::All, after));
    }
    if let Ok(index) = inside.parse() {
        return Ok((Pick::Index(index), after));
    }
    if let Some((key, value)) = inside.split_once('=').filter(|(key, _)| !key.is_empty()) {
        let value = value.strip_prefix('=').unwrap_or(value);
        let value = value.trim_matches(['"', '\'']);
        return Ok((Pick::Where(key.to_owned(), value.to_owned()), after));
    }
    Err(format!(
        "`[{inside}]` is neither an index such as [0], nor [*], nor [key=value], nor ['key']"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::{Source, SourceKind, Sources};

    fn paths(query: &str) -> Vec<String> {
        let text =
            "spec:\n  containers:\n  - {name: a, ports: [{port: 80}]}\n  - {name: b}\nmeta:\n  l: {a.b/c: 1, x y: 2}\n";
        let sources = Sources::new();
        let file = sources.add(Source::new("x", SourceKind::Made, text.into()));
        let node = goyaml::parse(&sources.get(file), file, 0..text.len()).unwrap().node;
        let found = Query::parse(query).unwrap().find(&node);
        found.map_or_else(
            |(reached, rest)| {
                let reached = reached
                    .iter()
                    .map(|field| format!("{} then {:?}", field.path, rest.first_key()));
                reached.collect()
            },
            |found| found.iter().map(|field| field.path.to_string()).collect(),
        )
    }

    #[test]
    fn a_path_is_read_in_all_forms() {
        assert_eq!(paths("spec.containers[1].name"), ["spec.containers[1].name"]);
        assert_eq!(
            paths("{.spec.containers[0].ports[0].port}"),
            ["spec.containers[0].ports[0].port"]
        );
        assert_eq!(paths("$.spec.containers[name=b]"), ["spec.containers[1]"]);
        assert_eq!(
            paths("spec.containers[*].name"),
            ["spec.containers[0].name", "spec.containers[1].name"]
        );
        assert_eq!(paths("meta.l['a.b/c']"), ["meta.l['a.b/c']"]);
        assert_eq!(paths("meta.l.a\\.b/c"), ["meta.l['a.b/c']"]);
        assert_eq!(paths("meta.l[\"x y\"]"), ["meta.l['x y']"]);
        assert_eq!(paths(""), [""]);
        assert_eq!(paths("spec.replicas"), ["spec then Some(\"replicas\")"]);
    }

    #[test]
    fn a_wrong_path_says_where() {
        let error = |text| Query::parse(text).unwrap_err();
        assert_eq!(error("a..b"), "invalid path `a..b`: character 3: expected a key");
        assert_eq!(error("a."), "invalid path `a.`: character 3: expected a key");
        assert_eq!(
            error("a[x"),
            "invalid path `a[x`: character 2: the bracket `[` is not closed"
        );
        assert_eq!(
            error("a['x"),
            "invalid path `a['x`: character 2: the quote ' is not closed"
        );
        assert_eq!(error("a[0]b"), "invalid path `a[0]b`: character 5: expected `.` or `[`");
        assert!(error("a[?]").contains("neither an index"));
    }
}
