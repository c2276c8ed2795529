//! The one integration test binary: all of it links once.

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
mod chart;
mod cli;
mod conformance;
mod functions;
mod properties;
mod support;
mod yaml;
