//! The paths of `set`: `a.b[0].c`, and `[a.b]` for a key with dots. Mirrors `BuildValueOfSetPath` of helm-unittest's
//! `pkg/unittest/valueutils`.

use std::sync::Arc;

use goyaml::{Entry, Map, Node, Value};
use source::Span;

/// A step of a path.
enum SetStep {
    Key(String),
    Index(usize),
}

/// The maximum length of a list that a path creates.
const MAX_LENGTH: usize = 1 << 16;

/// The mapping that has the value at a path.
///
/// # Errors
/// The syntax error.
pub(super) fn nest(path: &str, key: Span, value: &Node) -> Result<Node, String> {
    let steps = parse(path)?;
    let mut node = value.clone();
    for step in steps.iter().rev() {
        let span = node.span;
        let nested = match step {
            SetStep::Key(name) => Value::Map(Arc::new(Map::from_iter([(
                Arc::from(name.as_str()),
                Entry { key, node },
            )]))),
            SetStep::Index(index) => {
                let mut items = vec![Node::new(Value::Null, span); *index];
                items.push(node);
                Value::List(Arc::new(items))
            }
        };
        node = Node::new(nested, span);
    }
    Ok(node)
}

fn parse(path: &str) -> Result<Vec<SetStep>, String> {
    if path.is_empty() {
        return Err("set path is empty".to_owned());
    }
    let mut steps = Vec::new();
    let mut rest = path;
    // Whether a key is expected; otherwise a dot or a bracket is.
    let mut wants_key = true;
    loop {
        let Some(at) = rest.find(['.', '[', ']', ',', '{', '}', '=']) else {
            return match (wants_key, rest.is_empty()) {
                (true, false) => {
                    steps.push(SetStep::Key(rest.to_owned()));
                    Ok(steps)
                }
                (false, true) => Ok(steps),
                _ => Err("unexpected end of path".to_owned()),
            };
        };
        let (text, stop) = (&rest[..at], rest.as_bytes()[at]);
        rest = &rest[at + 1..];
        match stop {
            b',' | b'{' | b'}' | b'=' => return Err(format!("invalid token found {}", char::from(stop))),
            b'.' if wants_key => steps.push(SetStep::Key(text.to_owned())),
            b'.' => wants_key = true,
            b'[' if wants_key && text.is_empty() => {
                let end = rest
                    .find([']', '[', ',', '{', '}', '='])
                    .filter(|&end| rest[end..].starts_with(']'));
                let end = end.ok_or("a key in brackets has no end")?;
                steps.push(SetStep::Key(rest[..end].to_owned()));
                rest = &rest[end + 1..];
                wants_key = false;
            }
            b'[' => {
                if wants_key {
                    steps.push(SetStep::Key(text.to_owned()));
                }
                let end = rest.find(']').ok_or("missing index value")?;
                let index = rest[..end].parse().ok().filter(|&index| index < MAX_LENGTH);
                steps.push(SetStep::Index(
                    index.ok_or_else(|| format!("invalid index {}", &rest[..end]))?,
                ));
                rest = &rest[end + 1..];
                wants_key = false;
            }
            _ => return Err(format!("invalid key {}", char::from(stop))),
        }
    }
}
