//! YAML: everything that is read can be written, and reads again as the same.

use promchart::go::string::encode;
use promchart::source::{FileId, Source, SourceKind, Sources, Span};
use promchart::yaml::{self, Node, Style, Value, json};

pub(crate) fn check(bytes: &[u8]) {
    let sources = Sources::new();
    let file = sources.add(Source::new("a.yaml", SourceKind::File, bytes.to_vec()));
    let source = sources.get(file);
    let whole = 0..source.text().len();
    let all = yaml::parse_all(&source, file, whole.clone());
    for document in &all.documents {
        assert!(document.span.end <= source.text().len());
        within(&document.node, source.text().len());
    }
    if let Ok(ranges) = yaml::split_documents(source.text()) {
        for range in ranges {
            let _ = yaml::parse(&source, file, range);
        }
    }
    let _ = json::parse(&encode(bytes), &|range| Span::new(file, range.start, range.end));
    keys(&encode(bytes));
    let Ok(parsed) = yaml::parse(&source, file, whole) else {
        return;
    };
    // Go writes the key `<<` as it is, and reads it as a merge; of the line breaks of Unicode it makes others; a text of
    // several lines that begins with a tab becomes a block that it refuses to read.
    if changes(&parsed.node) {
        return;
    }
    for style in [Style::V2, Style::V3] {
        let Ok(written) = yaml::to_yaml(style, &parsed.node) else {
            continue;
        };
        let read = yaml::parse_str(&written, Span::file_start(file))
            .unwrap_or_else(|error| panic!("{style:?} wrote {written:?}: {}", error.message));
        assert!(
            same(&read.node, &parsed.node),
            "{:?} is written as {written:?} and read as {:?}",
            parsed.node,
            read.node
        );
        let again = yaml::to_yaml(style, &read.node).expect("what was written before");
        // The float -0 is written as an integer, which has no sign when it is 0.
        if !written.contains("-0") {
            assert_eq!(again, written, "written twice");
        }
    }
}

/// Reading some keys of a text gives the same values, or the same error, as reading all of it.
pub(crate) fn keys(text: &str) {
    let origin = Span::file_start(FileId::NONE);
    let all = yaml::parse_str(text, origin);
    for odd in [false, true] {
        let is_wanted = |key: &str| (key.len() % 2 == 1) == odd;
        match (&all, yaml::parse_str_keys(text, origin, is_wanted)) {
            (Ok(all), Ok(part)) => {
                let wanted = |node: &Node| -> Vec<_> {
                    let entries = node.as_map().into_iter().flat_map(yaml::Map::iter);
                    let shown = |(key, entry): (_, &yaml::Entry)| format!("{key}: {:?}", entry.node.value);
                    entries.filter(|(key, _)| is_wanted(key)).map(shown).collect()
                };
                assert_eq!(wanted(&part), wanted(&all.node), "{text:?}");
            }
            (all, part) => {
                let message = |error: &yaml::YamlError| error.message.clone();
                let all = all.as_ref().err().map(message);
                assert_eq!(part.as_ref().err().map(message), all, "{text:?}");
            }
        }
    }
}

/// Calls for each node of a tree.
fn visit<'a>(node: &'a Node, visitor: &mut dyn FnMut(&'a Node)) {
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        visitor(node);
        match &node.value {
            Value::Map(map) => stack.extend(map.iter().map(|(_, entry)| &entry.node)),
            Value::List(list) => stack.extend(list.iter()),
            _ => {}
        }
    }
}

/// Whether all spans are within the text.
fn within(node: &Node, length: usize) {
    visit(node, &mut |node| assert!(node.span.range().end <= length, "{node:?}"));
}

/// Whether Go itself refuses the tree, or reads it as another one, after writing it.
fn changes(node: &Node) -> bool {
    let breaks = |text: &str| {
        text.contains(['\u{85}', '\u{2028}', '\u{2029}']) || (text.starts_with('\t') && text.contains('\n'))
    };
    let mut found = false;
    visit(node, &mut |node| {
        found |= match &node.value {
            Value::Map(map) => map.iter().any(|(key, _)| &**key == "<<" || breaks(key)),
            Value::String(text) => breaks(text),
            _ => false,
        }
    });
    found
}

/// Whether two trees have equal values: numbers are compared by value, not by representation.
fn same(a: &Node, b: &Node) -> bool {
    let number = |value: &Value| match *value {
        #[expect(clippy::cast_precision_loss, reason = "compared after both have lost it")]
        Value::Int(value) => Some(value as f64),
        #[expect(clippy::cast_precision_loss, reason = "compared after both have lost it")]
        Value::Uint(value) => Some(value as f64),
        Value::Float(value) => Some(value),
        _ => None,
    };
    match (&a.value, &b.value) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            let equal = |(key, entry): (_, &yaml::Entry)| {
                let key: &std::sync::Arc<str> = key;
                b.node(key).is_some_and(|other| same(&entry.node, other))
            };
            a.len() == b.len() && a.iter().all(equal)
        }
        (a, b) => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b).is_none_or(std::cmp::Ordering::is_eq) && a.is_nan() == b.is_nan(),
            _ => false,
        },
    }
}
