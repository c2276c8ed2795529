//! Suites of case files. Each case is a named test, so that one case, or a folder of cases, can be run alone:
//!
//! ```text
//! cargo test conformance::umbrella
//! cargo test --test cases functions::strings
//! ```
//!
//! A module lists the cases of its suite. Tests over many cases, such as a minimum share, are in `tests/main.rs`.

#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "our own files, named by us"
)]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail and may read files"
)]

mod conformance;
mod diff;
#[path = "../support/facts.rs"]
mod facts;
mod functions;
mod goldens;
mod migrate;
mod origins;
mod prometheus;
mod promql;
mod row;
mod rules;
mod schema;
#[path = "../support/schema_lines.rs"]
mod schema_lines;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "tests/main.rs uses the rest")]
mod support;
mod values;
mod yaml;
#[path = "../properties/yaml.rs"]
#[allow(dead_code, reason = "tests/properties uses the rest")]
mod yaml_properties;

use libtest_mimic::{Arguments, Failed, FormatSetting, Trial};

/// A case; the test fails with its difference, if any.
fn case(name: impl Into<String>, difference: impl FnOnce() -> Option<String> + Send + 'static) -> Trial {
    Trial::test(name, move || {
        difference().map_or(Ok(()), |text| Err(Failed::from(text)))
    })
}

fn main() {
    let mut arguments = Arguments::from_args();
    if arguments.format.is_none() && arguments.filter.is_none() && !arguments.list {
        // Some ten thousand lines of `ok` are not useful.
        arguments.format = Some(FormatSetting::Terse);
    }
    let suites = [
        ("conformance", conformance::cases()),
        ("diff", diff::cases()),
        ("functions", functions::cases()),
        ("goldens", goldens::cases()),
        ("migrate", migrate::cases()),
        ("origins", origins::cases()),
        ("prometheus", prometheus::cases()),
        ("promql", promql::cases()),
        ("rules", rules::cases()),
        ("schema", schema::cases()),
        ("values", values::cases()),
        ("yaml", yaml::cases()),
    ];
    for (suite, cases) in &suites {
        // A missing folder must not pass.
        assert!(!cases.is_empty(), "{suite} has no cases");
    }
    let trials = suites.into_iter().flat_map(|(_, cases)| cases).collect();
    libtest_mimic::run(&arguments, trials).exit();
}
