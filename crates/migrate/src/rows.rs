//! The mapping of keys, as data: one row for each key of the community chart. docs/migrate.md is generated from it.

use super::row::Row;
use super::{rows_node_exporter, rows_pushgateway, rows_server, rows_top};

/// The parts of the table, with their headings.
pub(super) fn parts() -> [(&'static str, &'static [Row]); 4] {
    [
        ("The chart as a whole, configuration, scraping, rules", rows_top::ROWS),
        ("`server`", rows_server::ROWS),
        ("`prometheus-pushgateway`", rows_pushgateway::ROWS),
        ("`prometheus-node-exporter`", rows_node_exporter::ROWS),
    ]
}

/// All rows. The row of a key comes before the row of the mapping that contains it.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    parts().into_iter().flat_map(|(_, rows)| rows)
}
