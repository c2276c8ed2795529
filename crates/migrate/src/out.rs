//! The output: a tree of values that keeps insertion order and comments.

use super::path::Path;
use super::written;
use goyaml::Node;
use source::Sources;

/// A value with its comments.
#[derive(Clone, Debug, Default)]
pub(super) struct Branch {
    /// The comment lines above the key, without `#`.
    pub(super) comments: Vec<String>,
    /// The comment after the value, without `#`.
    pub(super) remark: Option<String>,
    /// The claim on the input that it comes from.
    pub(super) claim: Option<usize>,
    /// The value, unless it is a mapping of keys from several places.
    whole: Option<Whole>,
    /// Keys that come from several places.
    entries: Vec<(String, Branch)>,
}

#[derive(Clone, Debug)]
enum Whole {
    /// A list of items that come from several places.
    List(Vec<Branch>),
    /// A single value.
    Value(Node),
}

/// The order of the top-level keys, as in the chart's values.yaml.
const ORDER: [&str; 22] = [
    "global",
    "nameOverride",
    "fullnameOverride",
    "namespaceOverride",
    "standardLabels",
    "commonLabels",
    "commonAnnotations",
    "server",
    "config",
    "scrape",
    "rules",
    "alerting",
    "remoteWrite",
    "remoteRead",
    "receivers",
    "web",
    "networkPolicy",
    "rbac",
    "pushgateway",
    "nodeExporter",
    "tests",
    "extraObjects",
];

impl Branch {
    /// A value without comments.
    pub(super) fn value(node: Node) -> Self {
        Self {
            whole: Some(Whole::Value(node)),
            ..Self::default()
        }
    }

    /// The branch at a path, created if missing.
    fn grow(&mut self, path: &Path) -> &mut Self {
        let mut branch = self;
        for step in path.steps() {
            branch = branch.child(step);
        }
        branch
    }

    /// The branch of a key. A value that is not a mapping becomes one.
    fn child(&mut self, step: &str) -> &mut Self {
        self.open();
        let found = self.entries.iter().position(|(key, _)| key == step);
        let at = found.unwrap_or_else(|| {
            self.entries.push((step.to_owned(), Self::default()));
            self.entries.len() - 1
        });
        &mut self.entries[at].1
    }

    /// Splits a mapping into branches, so that keys can be added.
    fn open(&mut self) {
        let Some(Whole::Value(node)) = self.whole.take() else {
            return;
        };
        let Some(map) = node.as_map() else { return };
        let entries = written::in_order(map).into_iter().map(|(key, entry)| {
            let mut branch = Self::value(entry.node.clone());
            branch.claim = self.claim;
            (key.to_string(), branch)
        });
        self.entries = entries.collect();
    }

    /// Puts a value at a path: mappings are merged key by key, any other value is replaced.
    pub(super) fn put(&mut self, path: &Path, new: Self) {
        let target = self.grow(path);
        if let Some(Whole::Value(node)) = &new.whole
            && !target.entries.is_empty()
            && let Some(map) = node.as_map()
        {
            target.comments.extend(new.comments);
            for (key, entry) in written::in_order(map) {
                let mut branch = Self::value(entry.node.clone());
                branch.claim = new.claim;
                target.put(&Path::default().join(key), branch);
            }
            return;
        }
        let mut comments = std::mem::take(&mut target.comments);
        comments.extend(new.comments);
        *target = Self { comments, ..new };
    }

    /// Adds an item to the list at a path.
    pub(super) fn push(&mut self, path: &Path, item: Self) {
        let target = self.grow(path);
        match &mut target.whole {
            Some(Whole::List(items)) => items.push(item),
            Some(Whole::Value(node)) => {
                let items = node.as_list().unwrap_or_default().iter();
                let mut items: Vec<Self> = items.map(|item| Self::value(item.clone())).collect();
                items.push(item);
                target.whole = Some(Whole::List(items));
            }
            None => target.whole = Some(Whole::List(vec![item])),
        }
    }

    /// The current value at a path.
    pub(super) fn get(&self, path: &Path) -> Option<Node> {
        let mut branch = self;
        for (at, step) in path.steps().iter().enumerate() {
            match &branch.whole {
                None => branch = &branch.entries.iter().find(|(key, _)| **key == **step)?.1,
                Some(Whole::Value(node)) => return node.at(path.steps()[at..].iter().map(|step| &**step)).cloned(),
                Some(Whole::List(_)) => return None,
            }
        }
        branch.node()
    }

    /// The whole branch as one value; none if it has no value.
    pub(super) fn node(&self) -> Option<Node> {
        use source::{FileId, Span};
        let nowhere = Span::file_start(FileId::NONE);
        match &self.whole {
            Some(Whole::Value(node)) => Some(node.clone()),
            Some(Whole::List(items)) => Some(super::build::list(nowhere, items.iter().filter_map(Self::node))),
            None if self.entries.is_empty() => None,
            None => Some(super::build::map(
                nowhere,
                self.entries
                    .iter()
                    .filter_map(|(key, branch)| Some((key.as_str(), branch.node()?))),
            )),
        }
    }

    /// Removes values that equal the chart's defaults. Calls `told` with the claim of each value and whether it was
    /// removed.
    pub(super) fn reduce(
        &mut self,
        defaults: Option<&Node>,
        path: &Path,
        told: &mut dyn FnMut(usize, &Path, bool),
    ) -> bool {
        match &self.whole {
            None => {
                self.entries.retain_mut(|(key, branch)| {
                    let default = defaults.and_then(|defaults| defaults.get(key));
                    !branch.reduce(default, &path.join(key), told)
                });
                self.entries.is_empty()
            }
            Some(Whole::List(_)) => false,
            Some(Whole::Value(node)) => {
                let same = defaults.is_some_and(|default| default.value == node.value);
                if let Some(claim) = self.claim {
                    told(claim, path, same);
                }
                same
            }
        }
    }

    /// Writes the tree as YAML.
    pub(super) fn write(&mut self, sources: &Sources) -> String {
        self.entries
            .sort_by_key(|(key, _)| ORDER.iter().position(|known| known == key));
        let mut out = String::new();
        self.write_entries(sources, 0, &mut out);
        out
    }

    fn write_entries(&self, sources: &Sources, depth: usize, out: &mut String) {
        for (key, branch) in &self.entries {
            if depth == 0 && !out.is_empty() {
                out.push('\n');
            }
            branch.write_comments(depth, out);
            let key = written::key(key);
            branch.write_value(sources, &format!("{}{key}:", indent(depth)), depth, out);
        }
    }

    fn write_comments(&self, depth: usize, out: &mut String) {
        for line in &self.comments {
            let line = line.replace(['\n', '\r'], " ");
            out.push_str(format!("{}# {line}", indent(depth)).trim_end());
            out.push('\n');
        }
    }

    /// Writes the value after `head`, which is `key:` or `-` with its indentation.
    fn write_value(&self, sources: &Sources, head: &str, depth: usize, out: &mut String) {
        let remark = self
            .remark
            .as_ref()
            .map(|remark| format!("  # {}", remark.replace(['\n', '\r'], " ")))
            .unwrap_or_default();
        match &self.whole {
            None if self.entries.is_empty() => out.push_str(&format!("{head} {{}}{remark}\n")),
            None => {
                out.push_str(&format!("{head}{remark}\n"));
                self.write_entries(sources, depth + 1, out);
            }
            Some(Whole::List(items)) if items.is_empty() => out.push_str(&format!("{head} []{remark}\n")),
            Some(Whole::List(items)) => {
                out.push_str(&format!("{head}{remark}\n"));
                for item in items {
                    item.write_comments(depth + 1, out);
                    let text = match &item.whole {
                        Some(Whole::Value(node)) => written::item(node, sources),
                        _ => String::new(),
                    };
                    push_lines(&text, depth + 1, out);
                }
            }
            Some(Whole::Value(node)) => match written::value(node, sources) {
                written::Text::Line(text) => out.push_str(&format!("{head} {text}{remark}\n")),
                written::Text::Block { header, lines } => {
                    out.push_str(&format!("{head}{header}{remark}\n"));
                    push_lines(&lines, depth + 1, out);
                }
            },
        }
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

fn push_lines(text: &str, depth: usize, out: &mut String) {
    for line in text.lines() {
        if line.is_empty() {
            out.push('\n');
        } else {
            out.push_str(&indent(depth));
            out.push_str(line);
            out.push('\n');
        }
    }
}
