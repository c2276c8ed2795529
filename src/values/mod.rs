//! Values: from files, flags and charts to what templates see.
//!
//! Every value keeps the place where it was written: a file and its line, or a flag.

mod dependency;
mod merge;
mod overrides;
pub mod set;

use crate::chart::Chart;
use crate::diagnostic::{Report, Result};
use crate::yaml::Node;

pub use dependency::{DEPENDENCY, check_present};
pub use merge::{GLOBAL, MERGE};
pub use overrides::{FLAG, Overrides, read_overrides};

/// Prepares a chart for the values that the user gives, and computes the values of the whole release.
///
/// Conditions and tags switch subcharts off, aliases rename them, `import-values` brings values up; then defaults and
/// given values come together. What Helm would log goes to the report.
///
/// # Errors
/// Values that do not fit the shape of the charts.
pub fn compute(chart: &mut Chart, given: &Node, report: &mut Report) -> Result<Node> {
    dependency::process(chart, given, report)?;
    merge::coalesce(chart, given.clone(), merge::Mode::Coalesce, report)
}
