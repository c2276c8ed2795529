//! The only integration test binary, so that everything is linked once.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail and may read files"
)]
#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "our own files, named by us"
)]

mod architecture;
mod bounds;
mod certs;
mod chart;
mod chart_config;
mod cli;
mod command;
mod comparison;
mod completions;
mod coverage;
mod diff;
mod differences;
mod each_values;
mod explain;
mod explore;
mod functions;
mod lint;
mod migrate;
mod mutation;
mod order;
mod origins;
mod preflight;
mod prometheus;
mod promql;
mod properties;
mod readme;
#[cfg(unix)]
mod recipes;
mod rules;
mod schema;
mod seed_defects;
mod source_map;
mod stages;
#[allow(dead_code, reason = "tests/cases uses the rest")]
mod support;
mod unittest;
mod unittest_coverage;
mod yaml;
