//! The functions that templates can call: Go's builtins, sprig's and Helm's.
//!
//! There is one file for each family and one row for each function: a family's `TABLE` lists its functions,
//! [`FAMILIES`] lists the tables. A row holds the function's Go signature. [`Call::validate`] checks the number and
//! types of the arguments against it, with Go's messages, so a function's body can rely on them.

#![expect(
    clippy::unnecessary_wraps,
    reason = "the bodies of functions share a type, also those that cannot fail"
)]

mod builtins;
mod call;
mod certificates;
mod compare;
mod dates;
mod dicts;
mod durations;
mod encoding;
mod flow;
mod hashes;
mod json;
mod lists;
mod math;
mod merge;
mod passwords;
mod paths;
mod print;
mod random;
mod regex;
mod registry;
mod semver;
mod strings;
mod toml;
mod types;
mod urls;
mod words;
mod yaml;

pub use call::{ArgumentError, Call, Cluster, Fault, Host, Outcome};
pub use flow::WARNING;
pub use registry::{Body, Family, Function, Origin, all, find, markdown, suggestion};
pub use yaml::to_yaml_document;

pub use gostd::base64::encode as base64;

/// All families, in the order of the documentation.
pub const FAMILIES: &[Family] = &[
    ("Flow", flow::TABLE),
    ("Go's own", builtins::TABLE),
    ("Comparison", compare::TABLE),
    ("Printing", print::TABLE),
    ("Strings", strings::TABLE),
    ("Words", words::TABLE),
    ("Lists", lists::TABLE),
    ("Maps", dicts::TABLE),
    ("Numbers", math::TABLE),
    ("Types", types::TABLE),
    ("YAML", yaml::TABLE),
    ("JSON", json::TABLE),
    ("TOML", toml::TABLE),
    ("Encodings", encoding::TABLE),
    ("Regular expressions", regex::TABLE),
    ("Paths", paths::TABLE),
    ("URLs", urls::TABLE),
    ("Dates", dates::TABLE),
    ("Durations", durations::TABLE),
    ("Versions", semver::TABLE),
    ("Hashes", hashes::TABLE),
    ("Passwords", passwords::TABLE),
    ("Keys and certificates", certificates::TABLE),
    ("Chance", random::TABLE),
];

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
