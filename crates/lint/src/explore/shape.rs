//! The shape that templates expect of a value: the fields that they read, whether they range over it, the constants that they compare it with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::usage::value::{Path, Step};
use super::formula::Constant;

/// How a value is used.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// The fields that are read of it.
    pub(super) fields: BTreeMap<Arc<str>, Shape>,
    /// Its items, where it is ranged over or indexed.
    pub(super) item: Option<Box<Shape>>,
    /// Whether it is ranged over with names for keys, so that it is likely a map.
    pub(super) has_keys: bool,
    /// The constants that it is compared with.
    pub(super) constants: BTreeSet<Constant>,
    /// Whether it is used as a text.
    pub(super) is_text: bool,
    /// Whether it is used as a number.
    pub(super) is_number: bool,
    /// Whether it is printed as YAML.
    pub(super) is_yaml: bool,
}

impl Shape {
    /// The shape at a path, made if it is not there.
    pub(super) fn make(&mut self, path: &[Step]) -> &mut Self {
        path.iter().fold(self, |shape, step| match step {
            Step::Key(name) => shape.fields.entry(Arc::clone(name)).or_default(),
            Step::Any => shape.item.get_or_insert_default(),
        })
    }

    /// The shape at a path. An item stands for the fields of a map, too.
    pub(super) fn at(&self, path: &Path) -> Option<&Self> {
        path.iter().try_fold(self, |shape, step| match step {
            Step::Key(name) => shape.fields.get(name).or(shape.item.as_deref()),
            Step::Any => shape.item.as_deref(),
        })
    }
}
