//! The options of a migration.

/// The options of a migration.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The release to replace. Its names, selectors and claims are kept.
    pub release: Option<String>,
    /// The namespace of the release.
    pub namespace: Option<String>,
    /// Write only values that the input sets, without the defaults of the community chart that differ from ours.
    pub only_set: bool,
}
