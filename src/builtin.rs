//! The Prometheus chart that is part of promchart.

use chart::Chart;
use diagnostics::{Report, Result};
use source::Sources;

/// The files of chart/, as they were when promchart was built.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/builtin_chart.rs"));
/// What paths of the chart begin with in messages.
const SHOWN: &str = "<built-in chart>";

/// The chart, loaded as from a folder.
///
/// # Errors
/// As [`fn@chart::load`]; none, unless promchart was built from a broken chart.
pub fn chart(sources: &Sources, report: &mut Report) -> Result<Chart> {
    chart::embedded(FILES, SHOWN, sources, report)
}
