//! promchart renders, validates and lints Helm charts without Helm and without a cluster.
//!
//! This crate contains the command and the modules that only it uses. The stages are separate crates, re-exported here
//! under the names that the code uses.

pub mod builtin;
pub mod certs;
pub mod cli;
pub mod diff;
pub mod explain;
pub mod lint;
pub mod migrate;
pub mod objects;
pub mod pipeline;
pub mod places;
pub mod preflight;
pub mod source_map;
pub mod unittest;

pub use chart::{self, schema, values};
pub use diagnostics::{self as diagnostic, report};
pub use engine::{coverage, lower, manifest, render, threads};
pub use gostd as go;
pub use gotemplate as template;
pub use govalue as reflect;
pub use goyaml as yaml;
pub use sprig as functions;
pub use {gox509, prometheus, promql, source, world};
