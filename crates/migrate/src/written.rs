//! Values as text: the user's own text where possible, otherwise written as Helm does.

use std::sync::Arc;

use goyaml::{Entry, Map, Node, Style, Value, Writer};
use source::{FileId, Source, SourceKind, Sources, Span};

/// The text of a value, to be placed after its key.
pub(super) enum Text {
    /// A text on the line of the key.
    Line(String),
    /// Lines below the key, not indented; `header` stays on the line of the key (` |` and the like).
    Block {
        /// The header with its leading space; empty for mappings and lists.
        header: String,
        /// The lines.
        lines: String,
    },
}

/// The keys that people write first, in order. Used for mappings that are not from the input.
const FIRST: [&str; 24] = [
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "namespace",
    "host",
    "preset",
    "drop",
    "action",
    "source_labels",
    "regex",
    "target_label",
    "replacement",
    "port",
    "targetPort",
    "mountPath",
    "path",
    "honor_labels",
    "scheme",
    "metrics_path",
    "scrape_interval",
    "scrape_timeout",
    "params",
    "kubernetes_sd_configs",
];

/// The entries of a mapping in source order.
pub(super) fn in_order(map: &Map) -> Vec<(&Arc<str>, &Entry)> {
    let mut entries: Vec<_> = map.iter().collect();
    let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    entries.sort_by_key(|(key, entry)| (entry.key.file, entry.key.start, rank(key)));
    entries
}

/// A key, quoted if necessary.
pub(super) fn key(key: &str) -> String {
    let mut writer = Writer::new(Style::V3);
    writer.string(key);
    match writer.finish() {
        Ok(text) if !text.trim_end().contains('\n') => text.trim_end().to_owned(),
        _ => gostd::quote::quote(key),
    }
}

/// The text of a value.
pub(super) fn value(node: &Node, sources: &Sources) -> Text {
    original(node, sources).unwrap_or_else(|| made(node))
}

/// A list item with its dash.
pub(super) fn item(node: &Node, sources: &Sources) -> String {
    match value(node, sources) {
        Text::Line(text) => format!("- {text}\n"),
        Text::Block { header, lines } if header.is_empty() => {
            let mut out = String::new();
            let mut is_first = true;
            for line in lines.lines() {
                // A comment cannot stand beside the dash.
                if is_first && !line.trim_start().starts_with('#') {
                    out.push_str(&format!("- {line}\n"));
                    is_first = false;
                } else if is_first {
                    out.push_str(&format!("{line}\n"));
                } else if line.is_empty() {
                    out.push('\n');
                } else {
                    out.push_str(&format!("  {line}\n"));
                }
            }
            out
        }
        Text::Block { header, lines } => {
            let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
            format!("-{header}\n{lines}")
        }
    }
}

/// A value as Helm writes it.
fn made(node: &Node) -> Text {
    let mut writer = Writer::new(Style::V3);
    writer.begin_map(1);
    writer.key("k");
    write(node, &mut writer);
    writer.end_map();
    let Ok(text) = writer.finish() else {
        return Text::Line("null".to_owned());
    };
    let text = text.strip_prefix("k:").unwrap_or(&text);
    match text.split_once('\n') {
        Some((header, "")) => Text::Line(header.trim_start().to_owned()),
        Some((header, lines)) => Text::Block {
            header: header.to_owned(),
            lines: dedent(lines, 2).unwrap_or_default(),
        },
        None => Text::Line(text.trim().to_owned()),
    }
}

fn write(node: &Node, writer: &mut Writer) {
    match &node.value {
        Value::Null => writer.null(),
        Value::Bool(value) => writer.bool(*value),
        Value::Int(value) => writer.int(*value),
        Value::Uint(value) => writer.uint(*value),
        Value::Float(value) => {
            const EXACT: f64 = 9_007_199_254_740_992.0;
            if value.fract() == 0.0 && value.abs() < EXACT {
                #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
                writer.int(*value as i64);
            } else {
                writer.float(*value);
            }
        }
        Value::String(text) => writer.string(text),
        Value::List(items) => {
            writer.begin_list(items.len());
            items.iter().for_each(|item| write(item, writer));
            writer.end_list();
        }
        Value::Map(map) => {
            writer.begin_map(map.len());
            for (key, entry) in in_order(map) {
                writer.key(key);
                write(&entry.node, writer);
            }
            writer.end_map();
        }
    }
}

/// The source text of a value, if it has the same meaning at another place.
fn original(node: &Node, sources: &Sources) -> Option<Text> {
    if node.span.file == FileId::NONE || node.span.start == node.span.end {
        return None;
    }
    let source = sources.get(node.span.file);
    if source.kind() != SourceKind::File {
        return None;
    }
    let text = source.text();
    let written = text.get(node.span.range())?.trim_end();
    let line_start = text[..node.span.range().start].rfind('\n').map_or(0, |at| at + 1);
    let column = node.span.range().start - line_start;
    let is_block = match &node.value {
        Value::Map(map) => !map.is_empty() && !written.starts_with('{'),
        Value::List(items) => !items.is_empty() && !written.starts_with('['),
        _ => false,
    };
    let found = if is_block {
        // The first line begins at the value. Comments may precede and follow it.
        let rest = written.split_once('\n').map_or("", |(_, rest)| rest);
        let first = written.lines().next()?;
        let rest = dedent(rest, column)?;
        let mut lines = String::new();
        for comment in comments_above(&source, node.span.start, &[column]) {
            lines.push_str(&format!("# {comment}\n"));
        }
        lines.push_str(&format!("{first}\n{rest}"));
        let end = node.span.range().start + written.len();
        let behind = text[end..].lines().next().unwrap_or_default();
        if behind.trim_start().starts_with('#') && behind.starts_with([' ', '\t']) {
            lines.truncate(lines.trim_end().len());
            lines.push_str(&format!("{}\n", behind.trim_end()));
        }
        Text::Block {
            header: String::new(),
            lines,
        }
    } else if !written.contains('\n') {
        Text::Line(written.to_owned())
    } else if written.starts_with(['|', '>']) {
        let (header, lines) = written.split_once('\n')?;
        let depth = lines
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.len() - line.trim_start_matches(' ').len())
            .min()?;
        // Trailing line breaks matter only for `|+`, which is checked below.
        Text::Block {
            header: format!(" {header}"),
            lines: dedent(lines, depth)?,
        }
    } else {
        return None;
    };
    means_the_same(&found, node).then_some(found)
}

/// Whether a text after a key parses to the value.
fn means_the_same(text: &Text, node: &Node) -> bool {
    let document = match text {
        Text::Line(line) => format!("k: {line}\n"),
        Text::Block { header, lines } => {
            let lines: String = lines.lines().map(|line| format!("  {line}\n")).collect();
            format!("k:{header}\n{lines}")
        }
    };
    let origin = Span::file_start(FileId::NONE);
    goyaml::parse_str(&document, origin).is_ok_and(|parsed| {
        let read = parsed.node.numbers_as_floats();
        read.as_map().is_some_and(|map| map.len() == 1)
            && read
                .get("k")
                .is_some_and(|read| read.value == node.clone().numbers_as_floats().value)
    })
}

/// Removes leading spaces from each line; none if a line has fewer.
fn dedent(lines: &str, spaces: usize) -> Option<String> {
    let mut out = String::new();
    for line in lines.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            out.push('\n');
            continue;
        }
        let (before, rest) = line.split_at_checked(spaces)?;
        if !before.trim_matches(' ').is_empty() {
            return None;
        }
        out.push_str(rest);
        out.push('\n');
    }
    Some(out)
}

/// The comment lines directly above an offset, without `#`, that are indented by one of `columns`.
fn comments_above(source: &Source, offset: u32, columns: &[usize]) -> Vec<String> {
    let line = source.line_column(offset).line;
    let mut above = Vec::new();
    for number in (1..line).rev() {
        let text = source.line(number);
        let trimmed = text.trim_start();
        // The community chart's own comments begin with `##`. They describe its keys, not the user's choice.
        let is_own = trimmed.starts_with('#') && !trimmed.starts_with("##");
        if !is_own || !columns.contains(&(text.len() - trimmed.len())) {
            break;
        }
        above.push(trimmed.trim_start_matches('#').trim().to_owned());
    }
    above.reverse();
    above
}

/// The user's comments above a list item.
pub(super) fn above(item: Span, sources: &Sources) -> Vec<String> {
    if item.file == FileId::NONE {
        return Vec::new();
    }
    let source = sources.get(item.file);
    if source.kind() != SourceKind::File {
        return Vec::new();
    }
    let line = source.line_column(item.start).line;
    let text = source.line(line);
    let dash = text.len() - text.trim_start().len();
    if text.trim_start().starts_with('-') {
        comments_above(&source, item.start, &[dash])
    } else {
        Vec::new()
    }
}

/// The user's comments above a key and after its value.
pub(super) fn comments(key: Span, value: Span, sources: &Sources) -> (Vec<String>, Option<String>) {
    if key.file == FileId::NONE {
        return (Vec::new(), None);
    }
    let source = sources.get(key.file);
    if source.kind() != SourceKind::File {
        return (Vec::new(), None);
    }
    let line = source.line_column(key.start).line;
    let column = source.line_column(key.start).column - 1;
    let above = comments_above(&source, key.start, &[column]);
    let end = source.line_column(value.end.max(value.start)).line;
    let behind = (key.file == value.file && end == line)
        .then(|| {
            let range = source.line_range(line)?;
            let rest = source.text().get(value.range().end..range.end)?;
            let remark = rest.trim_start().strip_prefix('#')?;
            rest.starts_with([' ', '\t']).then(|| remark.trim().to_owned())
        })
        .flatten();
    (above, behind)
}
