//! Compares texts that were derived from one another: which line became which, and which YAML node is where.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use govalue::{Value, View, sprint, view};
use goyaml::Node;
use source::{FileId, Source, SourceKind, Sources, Span};

use super::place::ValuePlace;

/// Texts longer than this, in bytes, are not parsed as YAML.
const MAX_YAML: usize = 1 << 20;

/// The text that Helm removes from the output.
pub(super) const NO_VALUE: &str = "<no value>";

/// A line of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// The text without surrounding white space.
    pub(super) text: &'a str,
    /// The offset of that text.
    pub(super) start: usize,
}

/// Returns the line at an offset.
pub(super) fn line_at(text: &str, at: usize) -> Line<'_> {
    let at = text.floor_char_boundary(at.min(text.len()));
    let start = text[..at].rfind('\n').map_or(0, |found| found + 1);
    let end = text[at..].find('\n').map_or(text.len(), |found| at + found);
    trimmed(&text[start..end], start)
}

fn trimmed(line: &str, start: usize) -> Line<'_> {
    Line {
        text: line.trim(),
        start: start + line.len() - line.trim_start().len(),
    }
}

/// Returns the lines of a text that are not blank.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(move |line| {
            let at = start;
            start += line.len();
            trimmed(line, at)
        })
        .filter(|line| !line.text.is_empty())
}

/// Removes the quotes around a text.
pub(super) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

/// A step of a path in YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum YamlStep {
    Key(Arc<str>),
    Index(usize),
}

/// The node at a place in a YAML text.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) path: Vec<YamlStep>,
    /// Whether the place is in the key of the last step.
    pub(super) is_key: bool,
    pub(super) node: Node,
}

/// Parses a YAML text whose first line begins at a column.
pub(super) fn parse(text: &str, column: usize) -> Option<Node> {
    if text.len() > MAX_YAML || !text.contains([':', '-', '[', '{']) {
        return None;
    }
    let text = " ".repeat(column) + text;
    let source = Source::new("", SourceKind::Made, gostd::string::decode(&text).into_owned());
    let parsed = goyaml::parse(&source, FileId::NONE, 0..source.text().len()).ok()?;
    Some(parsed.node)
}

/// Returns the path to the node at an offset of the text that `root` was parsed from.
pub(super) fn target(root: &Node, at: usize) -> Option<Target> {
    let holds = |span: Span| span.range().contains(&at) || span.range().end == at && span.start < span.end;
    let mut path = Vec::new();
    let mut node = root;
    loop {
        let next = match &node.value {
            goyaml::Value::Map(map) => map.iter().find_map(|(key, entry)| {
                if entry.key.range().contains(&at) || entry.key.range().end == at {
                    Some((YamlStep::Key(Arc::clone(key)), &entry.node, true))
                } else if holds(entry.node.span) {
                    Some((YamlStep::Key(Arc::clone(key)), &entry.node, false))
                } else {
                    None
                }
            }),
            goyaml::Value::List(items) => {
                // Items are in the order of their positions, except for aliases.
                let near = items.partition_point(|item| item.span.range().end < at);
                let is_near = items.get(near).is_some_and(|item| holds(item.span));
                let index = is_near.then_some(near);
                let index = index.or_else(|| items.iter().position(|item| holds(item.span)));
                index.map(|index| (YamlStep::Index(index), &items[index], false))
            }
            _ => None,
        };
        match next {
            Some((step, inner, is_key)) => {
                path.push(step);
                node = inner;
                if is_key {
                    return Some(Target {
                        path,
                        is_key,
                        node: node.clone(),
                    });
                }
            }
            None if path.is_empty() && !holds(root.span) => return None,
            None => {
                return Some(Target {
                    path,
                    is_key: false,
                    node: node.clone(),
                });
            }
        }
    }
}

/// Returns the range, in the text that `root` was parsed from, of the node at the target's path. Used for texts that
/// were sorted or folded again.
pub(super) fn follow(root: &Node, target: &Target) -> Option<Range<usize>> {
    let mut node = root;
    let mut span = root.span;
    for (at, step) in target.path.iter().enumerate() {
        match (step, &node.value) {
            (YamlStep::Key(key), goyaml::Value::Map(map)) => {
                let entry = map.get(key)?;
                node = &entry.node;
                let last = at + 1 == target.path.len();
                span = if last && target.is_key { entry.key } else { node.span };
            }
            (YamlStep::Index(index), goyaml::Value::List(items)) => {
                node = items.get(*index)?;
                span = node.span;
            }
            _ => return None,
        }
    }
    (target.is_key || node.value == target.node.value).then(|| span.range())
}

/// Returns the place of the value at the end of a path, if it equals the target's node.
pub(super) fn walk(value: &Value, path: &[YamlStep], target: &Target) -> Option<ValuePlace> {
    let mut value = value.clone();
    let mut place = None;
    for step in path {
        (value, place) = match (step, view(&value)) {
            (YamlStep::Key(key), View::Map(map)) => (map.get(key)?, ValuePlace::of_entry(map, key)),
            (YamlStep::Index(index), View::List(list)) => {
                (list.items.get(*index)?.clone(), ValuePlace::of_item(list, *index))
            }
            _ => return None,
        };
    }
    (target.is_key || is_like(&value, &target.node)).then_some(place)?
}

/// Whether two values are identical: the same map, the same list of the values, or scalars that print the same.
pub(super) fn is_same(a: &Value, b: &Value) -> bool {
    match (view(a), view(b)) {
        (View::Map(a), View::Map(b)) => a.address() == b.address(),
        (View::List(a), View::List(b)) => match (&a.origin, &b.origin) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        },
        (View::Map(_) | View::List(_), _) | (_, View::Map(_) | View::List(_)) => false,
        _ => printed(a).is_some_and(|text| !text.is_empty() && Some(text) == printed(b)),
    }
}

/// Returns the last map on the path through a value, and the key that the path takes from it.
pub(super) fn last_map(value: &Value, target: &Target) -> Option<(usize, Arc<str>, Value)> {
    let mut value = value.clone();
    let mut last = None;
    for step in &target.path {
        value = match (step, view(&value)) {
            (YamlStep::Key(key), View::Map(map)) => {
                let value = map.get(key)?;
                last = Some((map.address(), Arc::clone(key), value.clone()));
                value
            }
            (YamlStep::Index(index), View::List(list)) => list.items.get(*index)?.clone(),
            _ => return None,
        };
    }
    last
}

/// Whether a value printed as YAML equals a node.
fn is_like(value: &Value, node: &Node) -> bool {
    match (view(value), &node.value) {
        (View::Map(_), goyaml::Value::Map(_)) | (View::List(_), goyaml::Value::List(_)) => true,
        (View::Map(_) | View::List(_), _) | (_, goyaml::Value::Map(_) | goyaml::Value::List(_)) => false,
        (view, goyaml::Value::Null) => view.is_nil(),
        (_, goyaml::Value::Bool(written)) => sprint(value) == written.to_string(),
        (View::Float(float), goyaml::Value::Float(written)) => float.to_bits() == written.to_bits(),
        #[expect(clippy::cast_precision_loss, reason = "encoding/json rounds too")]
        (View::Float(float), goyaml::Value::Int(written)) => float.to_bits() == (*written as f64).to_bits(),
        (View::Int(_, int), goyaml::Value::Int(written)) => int == *written,
        (View::String(text), goyaml::Value::String(written)) => text.trim() == written.trim(),
        (View::String(text), goyaml::Value::Int(written)) => text == written.to_string(),
        _ => false,
    }
}

/// A scalar as it is printed; `None` for collections and for no value.
pub(super) fn printed(value: &Value) -> Option<Cow<'_, str>> {
    if let Some(text) = value.as_str() {
        return Some(Cow::Borrowed(text));
    }
    match view(value) {
        View::Bool(_) | View::Int(..) | View::Uint(..) | View::Float(_) | View::String(_) => {
            Some(Cow::Owned(sprint(value)))
        }
        _ => None,
    }
}

/// Returns the source line of a scalar that holds a line of its value. Line n of a literal block is line n of the text.
pub(super) fn line_of_scalar(span: Span, value: &str, line: Line<'_>, sources: &Sources) -> Span {
    let source = sources.get(span.file);
    let Some(text) = source.text().get(span.range()) else {
        return span;
    };
    if !text.contains('\n') {
        return span;
    }
    let nth = value[..line.start.min(value.len())].matches('\n').count();
    let is_block = text.starts_with(['|', '>']);
    let mut start = span.start as usize;
    let mut found = None;
    for (at, whole) in text.split_inclusive('\n').enumerate() {
        let here = trimmed(whole, start);
        start += whole.len();
        let is_same = here.text == line.text || here.text.contains(line.text) && !line.text.is_empty();
        if is_same {
            found = Some(here);
            if at >= nth + usize::from(is_block) {
                break;
            }
        }
    }
    found.map_or(span, |here| {
        Span::new(span.file, here.start, here.start + here.text.len())
    })
}

/// Converts an offset in a text without `<no value>` to the offset in the original text, which has it at these places.
pub(super) fn with_removed(removed: &[usize], at: usize) -> usize {
    // n earlier removals precede the n-th one.
    let mut first = 0;
    let mut end = removed.len();
    while first < end {
        let middle = first + (end - first) / 2;
        if removed[middle] <= at + middle * NO_VALUE.len() {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    at + first * NO_VALUE.len()
}
