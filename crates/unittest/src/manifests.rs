//! Rendered files as documents for assertions.

use std::sync::Arc;

use super::pieces::pieces;
use goyaml::{Entry, Map, Node, Value};
use source::{FileId, Sources, Span};

/// A document.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// The document as rendered.
    pub(super) node: Node,
    /// The document as paths see it: helm-unittest writes and re-reads a document for each path, which turns integral
    /// floats into integers.
    pub(super) reread: Node,
}

impl Document {
    pub(super) fn new(node: Node) -> Self {
        let reread = if has_whole_float(&node) {
            reread(&node)
        } else {
            node.clone()
        };
        Self { node, reread }
    }
}

/// The documents of a rendered file, without empty ones.
///
/// # Errors
/// go-yaml's error if a document is not valid YAML, is not a mapping or has a key twice.
pub(super) fn documents(file: FileId, sources: &Sources) -> Result<Vec<Document>, (String, Option<Span>)> {
    let source = sources.get(file);
    let text = source.text();
    let mut found = Vec::new();
    // helm-unittest reads all parts as one text, separated by lines of `---`.
    let mut lines_before = 0;
    for piece in pieces(text) {
        let first_line = source
            .line_column(u32::try_from(piece.range.start).unwrap_or(u32::MAX))
            .line;
        let lines = text[piece.range.clone()].matches('\n').count();
        let read = goyaml::parse_all_v3(&source, file, piece.range, piece.cut);
        for document in read.documents {
            if let Some(duplicate) = document.duplicates.first() {
                let line = |span: Span| source.line_column(span.start).line - first_line + 1 + lines_before;
                let message = format!(
                    "yaml: unmarshal errors:\n  line {}: mapping key \"{}\" already defined at line {}",
                    line(duplicate.second),
                    duplicate.key,
                    line(duplicate.first)
                );
                return Err((message, Some(duplicate.second)));
            }
            let node = document.node;
            match &node.value {
                Value::Null => {}
                Value::Map(map) if map.is_empty() => {}
                Value::Map(_) => found.push(Document::new(node)),
                value => {
                    let what = match value {
                        Value::List(_) => "!!seq".to_owned(),
                        _ => format!("!!str `{}`", node.scalar_text().unwrap_or_default()),
                    };
                    let message =
                        format!("yaml: unmarshal errors:\n  cannot unmarshal {what} into map[string]interface {{}}");
                    return Err((message, Some(node.span)));
                }
            }
        }
        if let Some(error) = read.error {
            let span = error.span.map(|range| Span::new(file, range.start, range.end));
            let message = error.message.replace("error converting YAML to JSON: ", "");
            return Err((with_line(&message, lines_before), span));
        }
        lines_before += lines + 2;
    }
    Ok(found)
}

/// go-yaml's message with the line number shifted by the lines before the document.
fn with_line(message: &str, lines: usize) -> String {
    const BEGIN: &str = "yaml: line ";
    let line = message.strip_prefix(BEGIN).and_then(|rest| rest.split_once(':'));
    match line.and_then(|(line, rest)| Some((line.parse::<usize>().ok()?, rest))) {
        Some((line, rest)) => format!("{BEGIN}{}:{rest}", line + lines),
        None => message.to_owned(),
    }
}

/// Whether a float would be read as an integer.
fn has_whole_float(node: &Node) -> bool {
    match &node.value {
        Value::Float(_) => integer(node).is_some(),
        Value::List(items) => items.iter().any(has_whole_float),
        Value::Map(map) => map.iter().any(|(_, entry)| has_whole_float(&entry.node)),
        _ => false,
    }
}

/// The integer as which a float is written.
fn integer(node: &Node) -> Option<i64> {
    match node.value {
        Value::Float(value) => gostd::float::shortest(value).parse().ok(),
        _ => None,
    }
}

fn reread(node: &Node) -> Node {
    let value = match &node.value {
        Value::Float(value) => integer(node).map_or(Value::Float(*value), Value::Int),
        Value::List(items) => Value::List(Arc::new(items.iter().map(reread).collect())),
        Value::Map(map) => {
            let entry = |(key, entry): (&Arc<str>, &Entry)| {
                let node = reread(&entry.node);
                (Arc::clone(key), Entry { key: entry.key, node })
            };
            Value::Map(Arc::new(map.iter().map(entry).collect::<Map>()))
        }
        value => value.clone(),
    };
    Node::new(value, node.span)
}
