//! `--set` and similar flags: no expression panics or creates more than its length allows, and the resulting values can
//! be written.

use promchart::source::{Source, SourceKind, Sources, Span};
use promchart::values::set::{SetKind, parse_into};
use promchart::yaml::{self, Node, Style, Value};

/// The maximum index, which bounds the size that one index can create.
const MOST_PER_INDEX: usize = 65_537;

pub(crate) fn check(bytes: &[u8]) {
    let Some((kind, expressions)) = bytes.split_first() else {
        return;
    };
    let kinds = [
        SetKind::Set,
        SetKind::String,
        SetKind::Json,
        SetKind::File,
        SetKind::Literal,
    ];
    let kind = kinds[usize::from(*kind) % kinds.len()];
    let sources = Sources::new();
    let mut target: Option<Node> = None;
    // One flag after the other, applied to the same values.
    for expression in expressions.split(|byte| *byte == 0) {
        let file = sources.add(Source::new(kind.flag(), SourceKind::Flag, expression.to_vec()));
        let source = sources.get(file);
        let into = target.get_or_insert_with(|| Node::empty_map(Span::file_start(file)));
        let mut read = |name: &str| match name.len() % 2 {
            0 => Ok(name.to_owned()),
            _ => Err("no such file".to_owned()),
        };
        if let Err(error) = parse_into(kind, &source, file, into, &mut read) {
            assert!(error.span.range().end <= source.text().len(), "{error:?}");
            assert!(!error.helm.is_empty());
        }
    }
    let Some(target) = target else { return };
    assert!(target.as_map().is_some());
    let indices = expressions.split(|byte| *byte == b'[').count() - 1;
    assert!(
        size(&target) <= expressions.len() + 1 + indices * MOST_PER_INDEX,
        "{} nodes of {} bytes",
        size(&target),
        expressions.len()
    );
    let _ = yaml::to_yaml(Style::V2, &target);
}

fn size(node: &Node) -> usize {
    let mut nodes = 0;
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        nodes += 1;
        match &node.value {
            Value::Map(map) => stack.extend(map.iter().map(|(_, entry)| &entry.node)),
            Value::List(list) => stack.extend(list.iter()),
            _ => {}
        }
    }
    nodes
}
