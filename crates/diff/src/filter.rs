//! The filters of `--only` and `--ignore`: `Kind`, `Kind/name`, `Kind:path`, `*:path`.

use std::fmt;

use diagnostics::did_you_mean;
use engine::objects::{Object, Path, Query};
use gostd::glob::Glob;

/// Objects, or fields of objects.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    kind: String,
    name: String,
    /// The fields; none for objects as a whole.
    pub path: Option<Query>,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// An invalid filter, with the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (object, path) = match text.split_once(':') {
            Some((object, path)) => (object, Some(path)),
            None => (text, None),
        };
        let (kind, name) = object.split_once('/').unwrap_or((object, "*"));
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '*' | '?' | '.' | '-');
        if kind.contains(|c: char| !is_word(c)) || (kind.is_empty() && path.is_none()) {
            return Err(format!(
                "`{text}` is neither Kind, Kind/name, Kind:path nor *:path, such as Deployment/web:spec.replicas"
            ));
        }
        let path = path.map(Query::parse).transpose()?;
        if path.as_ref().is_some_and(Query::is_empty) {
            return Err(format!("`{text}` has no path behind the colon"));
        }
        let all = |word: &str| {
            if word.is_empty() {
                "*".to_owned()
            } else {
                word.to_lowercase()
            }
        };
        Ok(Self {
            text: text.to_owned(),
            kind: all(kind),
            name: all(name),
            path,
        })
    }

    /// Whether it is about an object.
    pub fn takes(&self, object: &Object) -> bool {
        let group = object.group();
        let kind = object.reference.kind.to_lowercase();
        let is = |pattern: &str, text: &str| Glob::new(pattern, '\0').is_ok_and(|glob| glob.matches(text));
        let of_kind = is(&self.kind, &kind) || (!group.is_empty() && is(&self.kind, &format!("{kind}.{group}")));
        of_kind && is(&self.name, &object.reference.name)
    }

    /// Whether it is about the field at a path of an object, or about something above that.
    pub fn covers(&self, object: &Object, path: &Path) -> bool {
        let Some(query) = &self.path else { return true };
        let found = query.find(&object.node);
        found.is_ok_and(|found| found.iter().any(|field| path.0.starts_with(&field.path.0)))
    }

    /// The nearest existing objects, as a suggestion.
    pub fn nearest<'a>(&self, objects: impl Iterator<Item = &'a Object>) -> String {
        let mut kinds: Vec<&str> = objects.map(|object| &*object.reference.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        did_you_mean(&self.kind, kinds.iter().copied()).unwrap_or_else(|| format!("there are: {}", kinds.join(", ")))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
