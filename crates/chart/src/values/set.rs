//! The syntax of `--set` and the similar flags: `a.b=1,c[0].d=x,e={y,z}`.
//!
//! One flag is parsed into a tree of values, with the results and errors of Helm's package `strvals`, including its
//! oddities: a key with an empty name is parsed but dropped, an expression that ends inside an index is no error, and
//! the value of `[0].a=` is lost. Each new key and value gets its span in the flag.

use std::sync::Arc;

use parser::{Parser, Stop};

use gostd::unicode as gounicode;
use goyaml::{Entry, Map, Node, Value, json};
use source::{FileId, Source, Span};

mod atom;
mod kind;
mod parser;

pub use kind::SetKind;

/// The reason why a flag cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetError {
    /// The cause, in the words of Helm's `strvals`.
    pub message: String,
    /// The text that Helm prints after `Error: `.
    pub helm: String,
    /// The place where parsing stopped.
    pub span: Span,
}

/// Parses one flag into `target`. The values that the flag sets replace existing ones; maps and lists on the way are
/// kept. `target` should be a mapping; anything else is replaced by an empty one.
///
/// The types are Helm's. `--set` produces [`Value::Int`], which is `int64` there. All other numbers in `target` should
/// be [`Value::Float`], as in Helm, because one error message contains the type.
///
/// # Errors
/// The flag is invalid in Helm too; part of it may have been applied. `read_file` returns the text of a file, or the
/// error that ends the message.
pub fn parse_into(
    kind: SetKind,
    source: &Source,
    file: FileId,
    target: &mut Node,
    read_file: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<(), SetError> {
    let text = source.text();
    if target.as_map().is_none() {
        *target = Node::empty_map(Span::new(file, 0, text.len()));
    }
    let Some(map) = target.as_map_mut() else { return Ok(()) };

    let is_space = |c: char| gounicode::is_space(c);
    let trimmed = text.trim_matches(is_space);
    if kind == SetKind::Json && trimmed.starts_with('{') {
        let start = text.len() - text.trim_start_matches(is_space).len();
        let span = |range: std::ops::Range<usize>| Span::new(file, start + range.start, start + range.end);
        return match json::parse(trimmed, &span) {
            Ok(node) => {
                merge(map, node.as_map().cloned().unwrap_or_default());
                Ok(())
            }
            Err(error) => Err(SetError {
                message: error.message,
                helm: format!("failed parsing --set-json data JSON: {text}"),
                span: span(error.place),
            }),
        };
    }

    let mut parser = Parser::new(kind, file, text, read_file);
    loop {
        match parser.key(map, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Error(message)) => {
                let helm = match kind {
                    SetKind::Json => format!("failed parsing --set-json data {text}"),
                    _ => format!("failed parsing {} data: {message}", kind.flag()),
                };
                let at = parser.offset().min(text.len().saturating_sub(1));
                let span = Span::new(file, text.floor_char_boundary(at), text.len());
                return Err(SetError { message, helm, span });
            }
        }
    }
}

/// Merges mappings recursively; anything else replaces the previous value.
fn merge(into: &mut Map, from: Map) {
    /// A mapping that was taken out of its parent, the mapping to merge into it, and its place in the parent.
    struct Level {
        into: Map,
        from: std::vec::IntoIter<(Arc<str>, Entry)>,
        place: Option<(Arc<str>, Entry)>,
    }
    let level = |into, from: Map, place| Level {
        into,
        from: from.into_iter().collect::<Vec<_>>().into_iter(),
        place,
    };
    let mut stack = vec![level(std::mem::take(into), from, None)];
    while let Some(mut top) = stack.pop() {
        let Some((key, mut entry)) = top.from.next() else {
            match (stack.last_mut(), top.place) {
                (Some(parent), Some((key, mut place))) => {
                    place.node.value = Value::Map(Arc::new(top.into));
                    parent.into.insert(key, place);
                }
                _ => *into = top.into,
            }
            continue;
        };
        let mut known = top.into.remove(&key);
        let maps = known.as_mut().and_then(|known| {
            let known = known.node.as_map_mut()?;
            Some((std::mem::take(known), std::mem::take(entry.node.as_map_mut()?)))
        });
        if let (Some((known_map, new_map)), Some(known)) = (maps, known) {
            stack.push(top);
            stack.push(level(known_map, new_map, Some((key, known))));
        } else {
            top.into.insert(key, entry);
            stack.push(top);
        }
    }
}
