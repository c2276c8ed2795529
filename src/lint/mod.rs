//! The linter: every fault of a chart in one run, each at the line to mend.
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
//! Rules see only what is there: a chart that does not render still has its Chart.yaml, its values and its templates checked.

mod baseline;
mod context;
mod locate;
mod matrix;
mod object;
mod registry;
mod rule;
mod rules;
pub mod settings;
mod suppress;
mod usage;

pub use baseline::{BASELINE, Baseline};
pub use context::Context;
pub use matrix::{Progress, Run, Scope, prometheus_files, run};
pub use object::{Object, Objects, Pod};
pub use registry::RULES;
pub use rule::{Family, Rule, Selection, find};

/// The name that a mistyped one is most likely meant for.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|known| (strsim::osa_distance(&lower, &known.to_lowercase()), known))
        .min()
        .filter(|(distance, _)| *distance > 0 && *distance <= 1 + name.len() / 4)
        .map(|(_, known)| known)
}
