//! Examples that comments of a values file show: what is commented out, and may be commented in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::candidate::Keys;
use goyaml::Node;
use source::{FileId, Sources, Span};

/// The longest example, in lines.
const MAX_LINES: usize = 60;

/// The commented lines of a values file.
#[derive(Debug)]
pub(super) struct Comments {
    /// For each line, what is behind the `#`, with the column of the `#`; none where there is something else.
    lines: Vec<Option<(usize, String)>>,
    /// The lines of the keys that are there: first line and the one behind the last.
    extents: BTreeMap<Keys, (usize, usize)>,
}

impl Comments {
    /// The comments of a values file, whose values these are.
    pub(super) fn of(values: &Node, sources: &Sources) -> Self {
        let file = values.span.file;
        if file == FileId::NONE {
            return Self {
                lines: Vec::new(),
                extents: BTreeMap::new(),
            };
        }
        let source = sources.get(file);
        let lines: Vec<Option<(usize, String)>> = source.text().lines().map(comment).collect();
        let mut comments = Self {
            lines,
            extents: BTreeMap::new(),
        };
        let count = comments.lines.len();
        let line = |span: Span| source.line_column(span.start).line - 1;
        let mut stack = vec![(Keys::new(), values, count)];
        while let Some((path, node, end)) = stack.pop() {
            let Some(map) = node.as_map() else { continue };
            let mut entries: Vec<(usize, &Arc<str>, &Node)> = map
                .iter()
                .filter(|(_, entry)| entry.key.file == file)
                .map(|(key, entry)| (line(entry.key), key, &entry.node))
                .collect();
            entries.sort_by_key(|(line, ..)| *line);
            for at in 0..entries.len() {
                let (first, key, node) = entries[at];
                let next = entries.get(at + 1).map_or(end, |(line, ..)| *line);
                let mut path = path.clone();
                path.push(Arc::clone(key));
                comments.extents.insert(path.clone(), (first, next));
                stack.push((path, node, next));
            }
        }
        comments
    }

    /// The examples for a path, the likeliest first.
    pub(super) fn examples(&self, path: &[Arc<str>], current: &Json) -> Vec<Json> {
        let Some((key, outer)) = path.split_last() else {
            return Vec::new();
        };
        let mut found = Vec::new();
        if let Some(&(first, end)) = self.extents.get(path) {
            // `key: {}`, and below it what could be in it.
            if self.lines.get(first).is_some_and(Option::is_none) {
                found.extend(self.block(first + 1, end));
            }
            // `# key:` in the comment above it.
            let above = (0..first).rev().take_while(|at| self.lines[*at].is_some()).last();
            if let Some(above) = above {
                found.extend((above..first).filter_map(|at| self.entry(at, first, key)));
            }
        }
        // `# key:` anywhere where the key belongs.
        let within = match outer {
            [] => Some((0, self.lines.len())),
            outer => self.extents.get(outer).copied(),
        };
        if let Some((first, end)) = within {
            found.extend((first..end).filter_map(|at| self.entry(at, end, key)).take(3));
        }
        found.retain(|value| fits(value, current));
        found.dedup();
        found
    }

    /// The comment that begins at a line, read as YAML; words of explanation before it are left out.
    fn block(&self, first: usize, end: usize) -> Option<Json> {
        let lines: Vec<&(usize, String)> = (first..end)
            .map_while(|at| self.lines.get(at).and_then(Option::as_ref))
            .take(MAX_LINES)
            .collect();
        (0..lines.len()).find_map(|from| {
            let begins = lines[from].1.trim_start();
            if !(begins.starts_with("- ") || key_of(begins).is_some()) {
                return None;
            }
            // What follows may be words again.
            (from + 1..=lines.len()).rev().find_map(|to| read(&lines[from..to]))
        })
    }

    /// The value of a key that is commented out at a line.
    fn entry(&self, at: usize, end: usize, key: &str) -> Option<Json> {
        let (_, text) = self.lines.get(at)?.as_ref()?;
        if key_of(text.trim_start()) != Some(key) {
            return None;
        }
        let indent = indent(text);
        let mut lines = vec![self.lines[at].as_ref()?];
        for line in (at + 1..end.min(at + MAX_LINES)).map_while(|at| self.lines.get(at).and_then(Option::as_ref)) {
            let is_below = indent_of_block(line) > indent || line.1.trim_start().starts_with("- ");
            if !is_below || line.1.trim().is_empty() {
                break;
            }
            lines.push(line);
        }
        let value = read(&lines)?;
        value.get(key).filter(|value| !value.is_null()).cloned()
    }
}

fn indent(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn indent_of_block(line: &(usize, String)) -> usize {
    indent(&line.1)
}

/// The text behind the `#` of a line that is a comment.
fn comment(line: &str) -> Option<(usize, String)> {
    let at = line.len() - line.trim_start().len();
    let text = line[at..].strip_prefix('#')?;
    Some((at, text.trim_start_matches('#').to_owned()))
}

/// The key that a line begins with.
fn key_of(text: &str) -> Option<&str> {
    let text = text.strip_prefix("- ").unwrap_or(text);
    let (key, rest) = text.split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    (is_key && (rest.is_empty() || rest.starts_with(' '))).then_some(key)
}

/// Reads commented lines as YAML: a map or a list.
fn read(lines: &[&(usize, String)]) -> Option<Json> {
    let text: String = lines.iter().map(|(_, text)| format!("{text}\n")).collect();
    let node = goyaml::parse_str(&text, Span::file_start(FileId::NONE)).ok()?.node;
    let is_words =
        |node: &Node| matches!(&node.value, goyaml::Value::Map(map) if map.iter().any(|(key, _)| key.contains(' ')));
    let is_data = match &node.value {
        goyaml::Value::Map(map) => !map.is_empty(),
        goyaml::Value::List(list) => !list.is_empty() && !list.iter().any(is_words),
        _ => false,
    };
    (is_data && !is_words(&node)).then(|| json_of(&node))
}

/// A value as JSON.
pub(super) fn json_of(node: &Node) -> Json {
    node.to_json(&|float| serde_json::Number::from_f64(float).map_or(Json::Null, Json::Number))
}

/// Whether an example is of the kind of what it stands for.
fn fits(example: &Json, current: &Json) -> bool {
    match current {
        Json::Object(_) => example.is_object(),
        Json::Array(_) => example.is_array(),
        Json::Bool(_) => example.is_boolean(),
        Json::Number(_) => example.is_number(),
        Json::String(_) => example.is_string() || example.is_number() || example.is_boolean(),
        Json::Null => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use source::{Source, SourceKind};

    #[test]
    fn comments_show_examples() {
        let text = "\
## Tolerations of the pods
## tolerations:
##   - key: dedicated
##     operator: Exists
tolerations: []
resources: {}
  # We leave it to the user.
  # limits:
  #   cpu: 100m
ingress:
  enabled: false
  # className: nginx
  tls: []
  #  - secretName: chart-tls
  #    hosts: [a.example]
# existingSecret: mine
";
        let sources = Sources::new();
        let file = sources.add(Source::new("values.yaml", SourceKind::File, text.as_bytes().to_vec()));
        let source = sources.get(file);
        let node = goyaml::parse(&source, file, 0..text.len()).unwrap().node;
        let comments = Comments::of(&node, &sources);
        let first = |path: &str, current: Json| {
            let path: Keys = path.split('.').map(Into::into).collect();
            comments.examples(&path, &current).into_iter().next()
        };
        assert_eq!(
            first("tolerations", json!([])),
            Some(json!([{"key": "dedicated", "operator": "Exists"}]))
        );
        assert_eq!(first("resources", json!({})), Some(json!({"limits": {"cpu": "100m"}})));
        assert_eq!(first("ingress.className", Json::Null), Some(json!("nginx")));
        let tls = json!([{"secretName": "chart-tls", "hosts": ["a.example"]}]);
        assert_eq!(first("ingress.tls", json!([])), Some(tls));
        assert_eq!(first("existingSecret", Json::Null), Some(json!("mine")));
        assert_eq!(first("nothing", Json::Null), None);
    }
}
