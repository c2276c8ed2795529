//! Paths of keys in values files.

use std::fmt;
use std::sync::Arc;

use goyaml::Node;

/// The keys from the top to a value. Keys may contain dots (`prometheus.yml`), so a path is not a single string.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Arc<str>>);

impl Path {
    /// Parses a slash-separated path, as in the tables: `serverFiles/prometheus.yml/scrape_configs`.
    pub fn of(text: &str) -> Self {
        Self(text.split('/').filter(|step| !step.is_empty()).map(Arc::from).collect())
    }

    /// Parses a path of our chart, with dots or slashes between the keys.
    pub fn place(text: &str) -> Self {
        Self(
            text.split(['.', '/'])
                .filter(|step| !step.is_empty())
                .map(Arc::from)
                .collect(),
        )
    }

    /// The path extended by a key.
    #[must_use]
    pub fn join(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Arc::from(key));
        Self(steps)
    }

    /// Whether this path is `other` or below it.
    pub fn is_in(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The keys.
    pub fn steps(&self) -> &[Arc<str>] {
        &self.0
    }

    /// The last key; empty for the top.
    pub fn last(&self) -> &str {
        self.0.last().map_or("", |step| step)
    }

    /// The path without its last key; none for the top.
    pub fn parent(&self) -> Option<Self> {
        let (_, parent) = self.0.split_last()?;
        Some(Self(parent.to_vec()))
    }

    /// The value at this path.
    pub fn get<'a>(&self, root: &'a Node) -> Option<&'a Node> {
        root.at(self.0.iter().map(|step| &**step))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            if step.contains(['.', ' ', '/']) {
                write!(f, "\"{step}\"")?;
            } else {
                f.write_str(step)?;
            }
        }
        Ok(())
    }
}
