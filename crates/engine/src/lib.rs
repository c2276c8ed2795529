//! Renders the templates of a Helm chart on minijinja, byte for byte as Helm does.
//!
//! [`lower`] writes a Go template as a minijinja template, [`render`] runs it, [`manifest`] splits what came out into documents in
//! Helm's order. [`coverage`] is what of the templates renders have run.

pub mod coverage;
pub mod lower;
pub mod manifest;
pub mod render;
pub mod threads;

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
