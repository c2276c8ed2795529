//! The linter: all findings of a chart in one run, each at the line to fix.
//!
//! ```text
//! Target (chart, values, release, cluster)
//!   stages     load, values, schema, parse, render: as far as they come, all errors of each
//!   rules      RULES in their order over the [`Context`]; they point into the rendered text
//!   locate     places in rendered text become places in templates and values files
//!   select     --select, --ignore, severities; comments; baseline
//! -> Report
//! ```
//!
//! Rules check whatever is available: if a chart does not render, its Chart.yaml, values and templates are still
//! checked.

mod baseline;
mod branches;
mod check;
mod context;
mod custom;
pub mod discover;
pub mod explore;
pub mod fix;
mod locate;
mod matrix;
mod object;
mod objects;
mod parsed;
mod references;
mod registry;
mod rule;
mod rules;
mod run;
mod selection;
pub mod settings;
mod shared;
mod suppress;
mod tally;
mod usage;

pub use baseline::{BASELINE, Baseline};
pub use context::Context;
pub use matrix::{Progress, findings, prometheus_files, run, run_exploring};
pub use object::{Container, Object, Pod};
pub use objects::Objects;
pub use parsed::ParsedChart;
pub use registry::RULES;
pub use rule::{Family, Rule};
pub use run::{Run, Scope};
pub use selection::{FileIgnores, Selection, find};
pub use tally::Tally;
pub use usage::{Reads, Unread, Usage};

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
