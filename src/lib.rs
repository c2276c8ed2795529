//! promchart renders, validates and lints Helm charts without Helm and without a cluster.
//!
//! This crate contains the command and the modules that only it uses. The stages are separate crates, re-exported here
//! under the names that the code uses.

pub mod builtin;
pub mod cli;
pub mod pages;

pub use chart::{self, schema, values};
pub use diagnostics::{self as diagnostic, report};
pub use engine::{coverage, lower, manifest, objects, places, render, stages, threads};
pub use explain::{self, source_map};
pub use gostd as go;
pub use gotemplate as template;
pub use govalue as reflect;
pub use goyaml as yaml;
pub use sprig as functions;
pub use {certs, diff, gox509, lint, migrate, preflight, prometheus, promql, source, system, unittest};
