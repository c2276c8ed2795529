//! Charts embedded in a program.

use diagnostics::{Report, Result};
use source::Sources;

use super::load::{self, from_files};
use super::{Chart, File, folder};

/// Loads a chart whose files are embedded in the program, as if from a folder named `shown`. Each file comes with its
/// path in that folder.
///
/// # Errors
/// As [`fn@super::load`].
pub fn embedded(files: &[(&str, &[u8])], shown: &str, sources: &Sources, report: &mut Report) -> Result<Chart> {
    let ignore = files
        .iter()
        .find(|(name, _)| *name == ".helmignore")
        .map(|(_, bytes)| bytes.to_vec());
    let rules = folder::rules(ignore, shown)?;
    let is_kept = |name: &str| {
        let folders = name.match_indices('/').map(|(at, _)| &name[..at]);
        !folders.into_iter().any(|folder| rules.ignores(folder, true)) && !rules.ignores(name, false)
    };
    let files = files
        .iter()
        .filter(|(name, _)| is_kept(name))
        .map(|(name, bytes)| File::new(*name, format!("{shown}/{name}"), bytes))
        .collect();
    from_files(files, shown, sources, report, 0, &mut load::Budget::default())
}
