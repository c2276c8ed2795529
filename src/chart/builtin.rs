//! The Prometheus chart that is part of promchart.

use super::folder;
use super::load::{self, from_files};
use super::{Chart, File};
use crate::diagnostic::{Report, Result};
use crate::source::Sources;

/// The files of chart/, as they were when promchart was built.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/builtin_chart.rs"));
/// What paths of the chart begin with in messages.
const SHOWN: &str = "<built-in chart>";

/// The chart, loaded as from a folder.
///
/// # Errors
/// As [`fn@super::load`]; none, unless promchart was built from a broken chart.
pub fn builtin(sources: &Sources, report: &mut Report) -> Result<Chart> {
    let ignore = FILES
        .iter()
        .find(|(name, _)| *name == ".helmignore")
        .map(|(_, bytes)| bytes.to_vec());
    let rules = folder::rules(ignore, SHOWN)?;
    let is_kept = |name: &str| {
        let folders = name.match_indices('/').map(|(at, _)| &name[..at]);
        !folders.into_iter().any(|folder| rules.ignores(folder, true)) && !rules.ignores(name, false)
    };
    let files = FILES
        .iter()
        .filter(|(name, _)| is_kept(name))
        .map(|(name, bytes)| File::new(*name, format!("{SHOWN}/{name}"), bytes))
        .collect();
    from_files(files, SHOWN, sources, report, 0, &mut load::Budget::default())
}
