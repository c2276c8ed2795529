//! Prometheus' query language: syntax and types.
//!
//! Mirrors `promql/parser` of Prometheus 3.16: it accepts the same expressions and reports the same messages at the
//! same bytes. No tree is built, because nothing is evaluated; types are computed bottom-up. As in Prometheus, type
//! errors are reported only if the syntax is valid.
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

/// The language features that Prometheus enables by flags.
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
    /// A string.
    String,
}

impl Type {
    /// The name in Prometheus' code and API: `vector`.
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
    /// Writes the name of Prometheus' documentation and messages: `instant vector`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scalar => "scalar",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::String => "string",
        })
    }
}

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A syntax error.
    Syntax,
    /// A type error in a syntactically valid expression.
    Type,
}

/// An error of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The kind.
    pub kind: ErrorKind,
    /// Prometheus' message, without the place.
    pub message: String,
    /// The bytes of the expression that the message is about.
    pub range: Range<usize>,
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
