//! The places that a chart can be loaded from.

use std::path::{Path, PathBuf};

use diagnostics::{Report, Result};
use source::Sources;
use system::System;

use super::budget::Budget;
use super::load::{self, from_files};
use super::{Chart, File, folder};

/// Where a chart is.
#[derive(Clone, Debug)]
pub enum Location {
    /// A folder or a packed chart.
    Path(PathBuf),
    /// In the program itself.
    Embedded(Embedded),
}

/// A chart whose files are embedded in a program.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    /// The path of each file in the chart's folder, and its contents.
    pub files: &'static [(&'static str, &'static [u8])],
    /// The prefix of the chart's paths in messages.
    pub shown: &'static str,
}

impl Location {
    /// The path, unless the chart is embedded.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Embedded(_) => None,
        }
    }

    /// Checks that there is something at the path, which Helm does before it reads values.
    ///
    /// # Errors
    /// As [`load::locate`].
    pub fn check(&self, system: &dyn System) -> Result<()> {
        match self {
            Self::Path(path) => load::locate(system, path).map(drop),
            Self::Embedded(_) => Ok(()),
        }
    }

    /// Loads the chart. Messages that Helm would log go to `report`.
    ///
    /// # Errors
    /// As [`load::load`].
    pub fn load(&self, system: &dyn System, sources: &Sources, report: &mut Report) -> Result<Chart> {
        match self {
            Self::Path(path) => load::load(system, path, sources, report),
            Self::Embedded(embedded) => embedded.load(sources, report),
        }
    }
}

impl<P: Into<PathBuf>> From<P> for Location {
    fn from(path: P) -> Self {
        Self::Path(path.into())
    }
}

impl Embedded {
    /// Loads the chart as from a folder.
    ///
    /// # Errors
    /// As [`load::load`].
    pub fn load(&self, sources: &Sources, report: &mut Report) -> Result<Chart> {
        let Self { files, shown } = self;
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
            .map(|(name, bytes)| File::new(*name, format!("{shown}/{name}"), *bytes))
            .collect();
        from_files(files, shown, sources, report, 0, &mut Budget::default())
    }
}
