//! Answers about a release: where a field comes from, what a value reaches, which values reach nothing.
//!
//! ```text
//! Traced::read     one traced render, its objects, the values and each of their layers
//! setters          a key -> everything that sets it, strongest first
//! change           a key with another value, rendered again -> the fields that differ
//! field, object    what `explain Kind/name [PATH]` prints
//! reach, unused    what `explain values` prints
//! kubernetes       what `explain KIND.PATH` prints: of a field, without a release
//! custom           the same of a custom resource
//! ```
//!
//! If an origin is not certain, the value is changed and the chart rendered again; the answer says which method was
//! used.

mod change;
mod comments;
mod compared;
mod custom;
mod field;
mod kinds;
mod kubernetes;
mod object;
mod reach;
mod schema;
mod screen;
mod setters;
pub mod source_map;
mod traced;
mod unused;

pub use custom::custom;
pub use field::field;
pub use kubernetes::{is_known_kind, kubernetes};
pub use object::find;
pub use promchart_k8s::Version;
pub use reach::{effective, reach};
pub use traced::{Systems, Traced};
pub use unused::unused;

/// The answer to a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The text for the terminal.
    pub text: String,
    /// The same for programs, one for each object, field or key. docs/explain.md describes them.
    pub json: Vec<serde_json::Value>,
    /// Whether there is a finding, for the exit code.
    pub is_finding: bool,
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
