//! Decides what a run does to a folder: which certificates are kept, created and renewed. Writes nothing.

use std::collections::BTreeMap;

use super::commit::{Locked, NewFile};
use diagnostics::{Report, Result};

/// The planned action for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is created.
    Created,
    /// It is kept unchanged.
    Kept,
    /// It replaces another one, for this reason.
    Renewed(String),
}

/// The planned change of one certificate, for display.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The path of its file.
    pub path: String,
    /// The action.
    pub action: Action,
    /// The kind of its key and the end of its validity.
    pub detail: String,
}

/// A certificate and its key in PEM.
#[derive(Clone, Debug)]
pub(super) struct Material {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// The planned changes.
pub struct Plan {
    /// The action for each certificate.
    pub steps: Vec<Planned>,
    /// Notices for the user.
    pub notes: Report,
    pub(super) files: Vec<NewFile>,
    /// The contents of `ca.crt`.
    pub(super) bundle: String,
    pub(super) material: BTreeMap<String, Material>,
}

impl Plan {
    /// Whether any file changes.
    pub fn is_change(&self) -> bool {
        !self.files.is_empty()
    }

    /// Writes the files: all of them, or none.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub fn commit(&self, locked: Locked<'_>) -> Result<()> {
        locked.commit(&self.files)
    }
}
