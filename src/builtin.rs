//! The Prometheus chart embedded in promchart.

use chart::Chart;
use diagnostics::{Report, Result};
use source::Sources;

/// The files of chart/ at build time.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/builtin_chart.rs"));
/// The prefix of the chart's paths in messages.
const SHOWN: &str = "<built-in chart>";

/// The chart, loaded as from a folder.
///
/// # Errors
/// As [`fn@chart::load`]; none, unless promchart was built with a broken chart.
pub fn chart(sources: &Sources, report: &mut Report) -> Result<Chart> {
    chart::embedded(FILES, SHOWN, sources, report)
}
