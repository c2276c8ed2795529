//! Renders the templates of a Helm chart on minijinja, byte for byte as Helm does.
//!
//! [`lower`] translates a Go template into instructions for minijinja, [`render`] runs it, and [`manifest`] splits the output
//! into documents in Helm's order. Errors in that output point at templates and values. [`coverage`] counts which parts of the
//! templates were run.

pub mod coverage;
pub mod lower;
pub mod manifest;
pub mod names;
pub mod objects;
pub mod places;
pub mod render;
pub mod stages;

mod blame;

pub use system::threads;

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
