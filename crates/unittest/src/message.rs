//! The message of a failed assertion, line by line. Mirrors helm-unittest's `pkg/unittest/validators/common.go`, so
//! that its users recognize the output.

use std::borrow::Cow;
use std::sync::Arc;

use goyaml::{Entry, Map, Node, Style, Value, to_yaml};

/// The parts of a message besides the expected value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts {
    pub(super) path: bool,
    pub(super) actual: bool,
    pub(super) diff: bool,
}

impl Parts {
    pub(super) const NONE: Self = Self {
        path: false,
        actual: false,
        diff: false,
    };
    pub(super) const PATH: Self = Self {
        path: true,
        ..Self::NONE
    };
    pub(super) const ACTUAL: Self = Self {
        actual: true,
        ..Self::NONE
    };
    pub(super) const PATH_ACTUAL: Self = Self {
        path: true,
        actual: true,
        diff: false,
    };
}

/// The indexes of the document and value that a message is about, if there are several.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) document: Option<usize>,
    pub(super) value: Option<usize>,
}

/// The lines of a message: what was expected (or not expected), and the texts of its parts in order.
pub(super) fn lines(not: bool, parts: Parts, custom: &str, place: Place, texts: &[&str]) -> Vec<String> {
    let mut template = String::new();
    if parts.path {
        template.push_str("Path:\0\n");
    }
    template.push_str("Expected");
    template.push_str(if not { " NOT" } else { "" });
    template.push_str(custom);
    template.push_str(":\n\0\n");
    if parts.actual {
        template.push_str("Actual:\n\0\n");
    }
    if parts.diff {
        template.push_str("Diff:\n\0\n");
    }
    fill(&template, place, texts)
}

/// The lines of an error.
pub(super) fn error_lines(place: Place, message: &str) -> Vec<String> {
    fill("Error:\n\0", place, &[message])
}

/// The lines of a text with a replacement for each NUL.
pub(super) fn fill(template: &str, place: Place, texts: &[&str]) -> Vec<String> {
    let mut text = String::new();
    let mut texts = texts.iter();
    for (at, part) in template.trim_matches(['\t', '\n', ' ']).split('\0').enumerate() {
        if at > 0 {
            text.push('\t');
            let filled = texts.next().copied().unwrap_or_default().replace('\n', "\n\t");
            text.push_str(filled.trim_matches(['\n', '\t', ' ']));
        }
        text.push_str(part);
    }
    let mut lines = Vec::new();
    lines.extend(place.document.map(|index| format!("DocumentIndex:\t{index}")));
    lines.extend(place.value.map(|index| format!("ValuesIndex:\t{index}")));
    lines.extend(text.split('\n').map(str::to_owned));
    lines
}

/// A value as YAML, as helm-unittest shows it: without line breaks at the start of texts.
pub(super) fn yaml_text(node: &Node) -> String {
    let node = without_leading_breaks(node);
    to_yaml(Style::V3, &node).unwrap_or_default()
}

/// A text as YAML.
pub(super) fn yaml_of_text(text: &str, near: &Node) -> String {
    yaml_text(&Node::new(Value::String(text.into()), near.span))
}

fn without_leading_breaks(node: &Node) -> Cow<'_, Node> {
    fn has_some(node: &Node) -> bool {
        match &node.value {
            Value::String(text) => text.starts_with('\n'),
            Value::List(items) => items.iter().any(has_some),
            Value::Map(map) => map.iter().any(|(_, entry)| has_some(&entry.node)),
            _ => false,
        }
    }
    if !has_some(node) {
        return Cow::Borrowed(node);
    }
    Cow::Owned(mapped(node, &|text| text.trim_start_matches('\n').into()))
}

/// A value with all its strings mapped.
pub(super) fn mapped(node: &Node, change: &dyn Fn(&str) -> Arc<str>) -> Node {
    let value = match &node.value {
        Value::String(text) => Value::String(change(text)),
        Value::List(items) => Value::List(Arc::new(items.iter().map(|item| mapped(item, change)).collect())),
        Value::Map(map) => {
            let entry = |(key, entry): (&Arc<str>, &Entry)| {
                let node = mapped(&entry.node, change);
                (Arc::clone(key), Entry { key: entry.key, node })
            };
            Value::Map(Arc::new(map.iter().map(entry).collect::<Map>()))
        }
        value => value.clone(),
    };
    Node::new(value, node.span)
}

/// A text without trailing spaces on its lines and without leading line breaks.
pub(super) fn uniform(text: &str) -> Cow<'_, str> {
    let text = text.trim_start_matches('\n');
    if !text.contains(" \n") && !text.contains(" \r\n") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let body = line
            .strip_suffix('\n')
            .map(|body| body.strip_suffix('\r').unwrap_or(body));
        match body.filter(|body| body.ends_with(' ')) {
            Some(body) => {
                out.push_str(body.trim_end_matches(' '));
                out.push('\n');
            }
            None => out.push_str(line),
        }
    }
    let start = out.len() - out.trim_start_matches('\n').len();
    out.drain(..start);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::uniform;

    #[test]
    fn blanks_at_line_ends_are_dropped() {
        assert_eq!(uniform("\n\na  \nb \r\n c \n"), "a\nb\n c\n");
        assert_eq!(uniform(" \na "), "a ");
    }
}
