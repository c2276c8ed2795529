//! Maps positions in values files and flags to keys of the release's values.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::objects::{Path, Step};
use chart::values::GLOBAL;
use goyaml::{Node, Value};
use source::Span;

/// The keys at each position.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<Span, Vec<Path>>);

impl Names {
    /// The keys of the `.Values` of a release.
    pub fn of(values: &Node) -> Self {
        let mut names = Self::default();
        let mut rest = vec![(Path::default(), values)];
        while let Some((path, node)) = rest.pop() {
            match &node.value {
                Value::Map(map) => {
                    let entries = map.iter();
                    rest.extend(entries.map(|(key, entry)| (path.join(Step::Key(Arc::clone(key))), &entry.node)));
                }
                Value::List(list) => {
                    let items = list.iter().enumerate();
                    rest.extend(items.map(|(index, node)| (path.join(Step::Index(index)), node)));
                }
                _ => {}
            }
            names.0.entry(node.span).or_default().push(path);
        }
        names
    }

    /// The key whose value is at a position, or the innermost key that contains it. Of several keys (global values, a
    /// subchart with two aliases) it is that of the chart that rendered the file, as the user would set it.
    pub fn find(&self, place: Span, file: &str) -> Option<&Path> {
        let exact = self.0.get(&place);
        let paths = exact.or_else(|| {
            let around = self.0.range(..=Span { end: u32::MAX, ..place }).rev();
            around
                .take_while(|(span, _)| span.file == place.file)
                .filter(|(span, _)| span.start <= place.start && place.end <= span.end)
                .min_by_key(|(span, _)| span.end - span.start)
                .map(|(_, paths)| paths)
        })?;
        let prefix = subchart(file);
        paths.iter().min_by_key(|path| {
            let is_global = matches!(path.0.first(), Some(Step::Key(key)) if **key == *GLOBAL);
            (!is_global, !starts_with(path, &prefix), path.0.len(), *path)
        })
    }
}

/// The names that lead to the subchart of a rendered file: `a/charts/b/templates/x.yaml` belongs to `b`.
pub fn subchart(file: &str) -> Vec<&str> {
    let mut parts = file.split('/').skip(1);
    let mut found = Vec::new();
    while parts.next() == Some("charts") {
        found.extend(parts.next());
    }
    found
}

/// Whether a path begins with these keys.
pub fn starts_with(path: &Path, prefix: &[&str]) -> bool {
    path.0.len() >= prefix.len()
        && path
            .0
            .iter()
            .zip(prefix)
            .all(|(step, name)| matches!(step, Step::Key(key) if **key == **name))
}
