//! Decodes fields of `Chart.yaml` as Go's decoder does for structs.

use std::borrow::Cow;

use diagnostics::{Diagnostic, Result};
use goyaml::{Map, Node, Value};

/// The rule for errors in Chart.yaml.
pub(super) const METADATA: &str = "chart-metadata";

/// The path of the Go struct field that a value is decoded into, for messages.
pub(super) struct Field(pub(super) String);

impl Field {
    /// A field inside this one.
    pub(super) fn inner(&self, name: &str) -> Self {
        Self(format!("{}.{name}", self.0))
    }

    pub(super) fn mismatch(&self, node: &Node, wanted: &str) -> Box<Diagnostic> {
        let is_item = self
            .0
            .rsplit('.')
            .next()
            .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
        let into = if is_item {
            String::new()
        } else {
            "Go struct field ".to_owned()
        };
        mismatch(node, &format!("{into}{}", self.0), wanted)
    }

    /// Decodes a string. As in sigs.k8s.io/yaml, another scalar is accepted in its JSON form.
    pub(super) fn string(&self, node: &Node) -> Result<String> {
        node.scalar_text().ok_or_else(|| self.mismatch(node, "string"))
    }

    pub(super) fn bool(&self, node: &Node) -> Result<bool> {
        match node.value {
            Value::Null => Ok(false),
            Value::Bool(value) => Ok(value),
            _ => Err(self.mismatch(node, "bool")),
        }
    }

    pub(super) fn list<'a>(&self, node: &'a Node, wanted: &str) -> Result<&'a [Node]> {
        match node.as_list() {
            Some(list) => Ok(list),
            None if node.is_null() => Ok(&[]),
            None => Err(self.mismatch(node, wanted)),
        }
    }

    pub(super) fn strings(&self, node: &Node) -> Result<Vec<String>> {
        self.list(node, "[]string")?
            .iter()
            .enumerate()
            .map(|(at, item)| self.inner(&at.to_string()).string(item))
            .collect()
    }

    pub(super) fn map<'a>(&self, node: &'a Node, wanted: &str) -> Result<Cow<'a, Map>> {
        match node.as_map() {
            Some(map) => Ok(Cow::Borrowed(map)),
            None if node.is_null() => Ok(Cow::Owned(Map::new())),
            None => Err(self.mismatch(node, wanted)),
        }
    }
}

/// The message of Go's `encoding/json` for a value of the wrong type.
pub(super) fn mismatch(node: &Node, into: &str, wanted: &str) -> Box<Diagnostic> {
    let found = node.value.json_kind();
    let message = format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into {into} of type {wanted}"
    );
    Box::new(Diagnostic::error(METADATA, message).at(node.span))
}
