//! Where a field of a side comes from.

use std::collections::BTreeMap;

/// A place in a file that people can edit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The file, or the flag with its key, such as `--set image.tag`: its value may be secret.
    pub file: String,
    /// The line, from 1; none of a flag.
    pub line: Option<usize>,
    /// The column, from 1.
    pub column: usize,
}

impl std::fmt::Display for Spot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// Where a field comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The line of the template, or of the recorded manifest.
    pub template: Option<Spot>,
    /// The line of a values file, or the flag.
    pub value: Option<Spot>,
    /// Whether the value is known to be the origin, and not only likely.
    pub is_certain: bool,
    /// Where no single value is known to be the origin: the keys that the field was made of. Of two renders, those that differ.
    pub made_of: Vec<Ingredient>,
}

/// A key of the values that a field was made of, or of Chart.yaml.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ingredient {
    /// The key as templates read it: `image.tag`, `Chart.appVersion`.
    pub key: String,
    /// Where it is set.
    pub spot: Spot,
}

/// A value that went into a text.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) spot: Spot,
    pub(super) text: String,
    pub(super) is_printed: bool,
}

/// Inputs by their keys.
pub(super) type Inputs = BTreeMap<String, Input>;
