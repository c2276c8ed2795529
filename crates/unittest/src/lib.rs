//! Unit tests of charts: the suites of helm-unittest, run as it runs them.
//!
//! ```text
//! suite          a file                         -> Suites, each with its tests and their assertions
//! job            a test, the chart, a session   -> documents by template, then a verdict for each assertion
//! check, path    an assertion, documents        -> passed, or what was expected and what is there
//! run            charts                         -> SuiteResults, told to a Listener as they come
//! text, xml      SuiteResults                   -> what people and other programs read
//! watch          files before and after, uses    -> the suites that a change touches
//! coverage       what was counted meanwhile     -> lines and branches that were run, for people and programs
//! ```
//!
//! The real helm-unittest is the reference: `tests/unittest/` contains its output for each case.

mod assertion;
mod check;
mod cluster;
pub mod coverage;
mod diff;
mod fields;
mod glob;
mod job;
mod judge;
mod manifests;
mod message;
mod path;
mod pieces;
mod places;
mod result;
mod run;
mod set_path;
mod settings;
mod snapshot;
mod suite;
mod templates;
mod text;
pub mod watch;
mod xml;

pub use fields::SUITE;
pub use result::{AssertionResult, SuiteResult, TestResult};
pub use run::{ChartCoverage, Listener, Options, Results, Uses, run};
pub use snapshot::{Counts, SNAPSHOT};
pub use suite::VERSION;
pub use text::Printer;
pub use xml::{Format, write};

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
