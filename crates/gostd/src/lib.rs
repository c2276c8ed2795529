//! The parts of Go's standard library that are visible in templates: strings, numbers, quoting, formatting.
//!
//! These are plain functions on Rust's own types; Go's dynamic values are in the crate `govalue`.

pub mod base64;
pub mod boolean;
pub mod case;
pub mod civil;
pub mod csv;
pub mod decimal;
pub mod duration;
pub mod errno;
pub mod filepath;
pub mod float;
pub mod fmt;
pub mod glob;
pub mod hexfloat;
pub mod int;
pub mod json;
pub mod layout;
pub mod layout_parse;
pub mod netip;
pub mod path;
pub mod quote;
pub mod regexp;
pub mod semver;
pub mod string;
pub mod time;
pub mod unicode;
pub mod url;
pub mod zone;

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
