//! Values: from files, flags and charts to what templates see.
//!
//! Every value keeps the place where it was written: a file and its line, or a flag.

mod dependency;
mod family;
mod import;
mod merge;
mod overrides;
pub mod set;
mod tables;
mod texts;

use crate::Chart;
use diagnostics::{Report, Result};
use goyaml::Node;

pub use dependency::{DEPENDENCY, check_present};
pub use merge::{GLOBAL, MERGE};
pub use overrides::{FLAG, Overrides, read_layers, read_overrides};
pub use texts::locate_texts;

/// Prepares a chart for the values that the user gives: conditions and tags switch subcharts off, aliases rename them,
/// `import-values` brings values up. What Helm would log goes to the report.
///
/// # Errors
/// Values that do not fit the shape of the charts.
pub fn process_dependencies(chart: &mut Chart, given: &Node, report: &mut Report) -> Result<()> {
    dependency::process(chart, given, report)
}

/// Computes the values of the whole release: those given over the defaults of all charts. What Helm would log goes to the
/// report.
///
/// # Errors
/// Values that do not fit the shape of the charts.
pub fn compute(chart: &Chart, given: &Node, report: &mut Report) -> Result<Node> {
    merge::coalesce(&merge::Defaults::of(chart), given, merge::Mode::Coalesce, report)
}
