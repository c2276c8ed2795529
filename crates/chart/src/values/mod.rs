//! Values: read from files, flags and charts, and merged for the templates.
//!
//! Every value has the span where it was written: a file and its line, or a flag.

mod dependency;
mod family;
mod import;
mod merge;
mod notice;
mod overrides;
pub mod set;
mod tables;
mod texts;

use crate::Chart;
use diagnostics::{Report, Result};
use goyaml::Node;

pub use dependency::check_present;
pub use merge::{GLOBAL, MERGE};
pub use notice::DEPENDENCY;
pub use overrides::{FLAG, Overrides, read_layers, read_overrides};
pub use texts::locate_texts;

/// Prepares a chart for the user's values: conditions and tags disable subcharts, aliases rename them, and
/// `import-values` imports their values. Messages that Helm would log go to the report.
///
/// # Errors
/// The values do not fit the structure of the charts.
pub fn process_dependencies(chart: &mut Chart, given: &Node, report: &mut Report) -> Result<()> {
    dependency::process(chart, given, report)
}

/// Computes the values of the whole release: the given values merged over the defaults of all charts. Messages that
/// Helm would log go to the report.
///
/// # Errors
/// The values do not fit the structure of the charts.
pub fn compute(chart: &Chart, given: &Node, report: &mut Report) -> Result<Node> {
    merge::coalesce(&merge::Defaults::of(chart), given, merge::Mode::Coalesce, report)
}
