//! The limits of a chart, and the rule for charts that cannot be loaded.

/// The rule for charts that cannot be loaded.
pub const LOAD: &str = "chart-load";
/// The maximum total size of a chart's files, in bytes, packed or unpacked; Helm's limit.
pub(super) const MAX_CHART_SIZE: u64 = 100 * 1024 * 1024;
/// The maximum nesting depth of charts in charts and of folders in folders.
pub(super) const MAX_DEPTH: usize = 64;
/// The maximum number of charts in a chart.
pub(super) const MAX_CHARTS: usize = 4096;

/// The remaining budget of a chart and everything in it.
pub(super) struct Budget {
    /// The number of bytes that may be unpacked from archives.
    pub(super) bytes: u64,
    /// The number of bytes that the decompressed archives may have.
    pub(super) stream: u64,
    /// The number of charts that may follow.
    pub(super) charts: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: MAX_CHART_SIZE,
            stream: MAX_CHART_SIZE + MAX_CHART_SIZE / 4,
            charts: MAX_CHARTS,
        }
    }
}
