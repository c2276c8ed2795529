//! Prometheus' query language: syntax and types.
//!
//! Mirrors `promql/parser` of Prometheus 3.16 in what it accepts, in its words and in the bytes that it blames. No tree is
//! built: types are known from the bottom up, and nobody here evaluates. As in Prometheus, types are of interest only where
//! the syntax is right.
//!
//! ```
//! use promql::{Options, Type, check};
//!
//! let options = Options::default();
//! assert_eq!(check("sum by (job) (rate(http_requests_total[5m]))", options), Ok(Type::Vector));
//! let errors = check("rate(http_requests_total)", options).unwrap_err();
//! assert_eq!(errors[0].range, 5..24);
//! assert_eq!(
//!     errors[0].message,
//!     "expected type range vector in call to function \"rate\", got instant vector"
//! );
//! ```

mod binary;
mod call;
pub mod duration;
mod functions;
mod lexer;
mod number;
mod parser;
mod range;
mod selector;
mod token;

use std::fmt;
use std::ops::Range;

pub use parser::check;

/// The language's features that Prometheus has behind a flag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--enable-feature=promql-experimental-functions`.
    pub experimental_functions: bool,
    /// `--enable-feature=promql-binop-fill-modifiers`.
    pub fill_modifiers: bool,
}

/// The type of an expression's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A number.
    Scalar,
    /// An instant vector.
    Vector,
    /// A range vector.
    Matrix,
    /// A text.
    String,
}

impl Type {
    /// The name in Prometheus' code and in its API: `vector`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Vector => "vector",
            Self::Matrix => "matrix",
            Self::String => "string",
        }
    }
}

impl fmt::Display for Type {
    /// The name in Prometheus' documentation and messages: `instant vector`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scalar => "scalar",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::String => "string",
        })
    }
}

/// What is wrong with an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It cannot be read.
    Syntax,
    /// It can, but a value of the wrong type is used somewhere.
    Type,
}

/// One fault of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Syntax or types.
    pub kind: ErrorKind,
    /// Prometheus' words, without the place.
    pub message: String,
    /// The bytes of the expression that are at fault.
    pub range: Range<usize>,
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
