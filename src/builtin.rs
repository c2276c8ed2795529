//! The Prometheus chart embedded in promchart.

use chart::Embedded;

/// The files of chart/ at build time.
pub const CHART: Embedded = Embedded {
    files: include!(concat!(env!("OUT_DIR"), "/builtin_chart.rs")),
    shown: "<built-in chart>",
};
