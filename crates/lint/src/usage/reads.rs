//! The paths of values that templates read, as a tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::value::{Path, Step};
use goyaml::{Entry, Node, Value};
use source::Span;

/// The paths that are read.
#[derive(Debug, Default)]
pub struct Reads {
    root: Branch,
    /// The reads of each path without stars: the place, and whether the template guards against a missing value.
    places: BTreeMap<Vec<Arc<str>>, Vec<(Span, bool)>>,
}

#[derive(Debug, Default)]
struct Branch {
    keys: BTreeMap<Arc<str>, Branch>,
    any: Option<Box<Branch>>,
    /// Whether everything below is read.
    is_whole: bool,
}

/// A value that no template reads.
#[derive(Debug)]
pub struct Unread<'a> {
    /// Its path, with dots.
    pub path: String,
    /// Its key and value.
    pub entry: &'a Entry,
    /// A similar key in the same mapping that is read.
    pub close: Option<String>,
}

impl Reads {
    fn branch(&mut self, path: &Path) -> &mut Branch {
        path.iter().fold(&mut self.root, |branch, step| match step {
            Step::Key(name) => branch.keys.entry(Arc::clone(name)).or_default(),
            Step::Any => branch.any.get_or_insert_default(),
        })
    }

    /// Marks a path as read, without its contents.
    pub(super) fn touch(&mut self, path: &Path) {
        self.branch(path);
    }

    /// Marks a path as read, with all of its contents.
    pub(super) fn whole(&mut self, path: &Path) {
        self.branch(path).is_whole = true;
    }

    /// Records the place of a read, and whether the template can do without the value.
    pub(super) fn place(&mut self, path: &Path, span: Span, is_guarded: bool) {
        let keys: Option<Vec<Arc<str>>> = path
            .iter()
            .map(|step| match step {
                Step::Key(name) => Some(Arc::clone(name)),
                Step::Any => None,
            })
            .collect();
        if let Some(keys) = keys {
            self.places.entry(keys).or_default().push((span, is_guarded));
        }
    }

    /// The paths read by constant keys, with their places. Computed keys are not included.
    pub fn places(&self) -> impl Iterator<Item = (&[Arc<str>], Span)> {
        let places = self.places.iter();
        places.flat_map(|(path, places)| places.iter().map(move |(span, _)| (&**path, *span)))
    }

    /// The outermost keys of the values that no template reads.
    pub fn unread<'a>(&self, values: &'a Node) -> Vec<Unread<'a>> {
        let mut found = Vec::new();
        let mut stack: Vec<(&Node, Vec<&Branch>, String)> = vec![(values, vec![&self.root], String::new())];
        while let Some((node, branches, path)) = stack.pop() {
            // Read without a look inside: testing for the value counts as reading all of it.
            let is_leaf = branches
                .iter()
                .all(|branch| branch.keys.is_empty() && branch.any.is_none());
            if branches.iter().any(|branch| branch.is_whole) || is_leaf && !path.is_empty() {
                continue;
            }
            match &node.value {
                Value::Map(map) => {
                    for (name, entry) in map.iter() {
                        let next = step(&branches, name);
                        let path = if path.is_empty() {
                            name.to_string()
                        } else {
                            format!("{path}.{name}")
                        };
                        if next.is_empty() {
                            let known = branches.iter().flat_map(|branch| branch.keys.keys());
                            let known = known.map(|known| &**known).filter(|known| !map.contains_key(known));
                            let close = diagnostics::closest(name, known).map(str::to_owned);
                            found.push(Unread { path, entry, close });
                        } else {
                            stack.push((&entry.node, next, path));
                        }
                    }
                }
                Value::List(list) => {
                    for (at, item) in list.iter().enumerate() {
                        let next = step(&branches, &at.to_string());
                        if !next.is_empty() {
                            stack.push((item, next, format!("{path}[{at}]")));
                        }
                    }
                }
                _ => {}
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    /// The paths that templates read without a guard although they are defined nowhere. `is_defined` tells which are
    /// defined.
    pub fn missing(&self, is_defined: &dyn Fn(&[Arc<str>]) -> bool) -> Vec<(&[Arc<str>], Span)> {
        let is_guarded = |path: &[Arc<str>]| {
            let places = self.places.get(path);
            places.is_some_and(|places| places.iter().any(|(_, is_guarded)| *is_guarded))
        };
        let guarded = |path: &[Arc<str>]| {
            let mut starts = (1..=path.len()).map(|end| &path[..end]);
            starts.any(|path| is_guarded(path) && !is_defined(path))
        };
        self.places
            .iter()
            .filter(|(path, _)| !path.is_empty() && !guarded(path) && !is_defined(path))
            .filter_map(|(path, places)| Some((&**path, places.first()?.0)))
            .collect()
    }
}

fn step<'a>(branches: &[&'a Branch], name: &str) -> Vec<&'a Branch> {
    branches
        .iter()
        .flat_map(|branch| branch.keys.get(name).into_iter().chain(branch.any.as_deref()))
        .collect()
}
