//! What goes wrong while a template runs, in the form in which it travels through minijinja.

use std::fmt;

use minijinja::{Error, ErrorKind};

use source::Span;
use sprig::{ArgumentError, Fault};

/// Where something would have to be set that is nil.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hint {
    /// The place in the values, and what it has to do with the failure.
    pub(super) label: Option<(Span, String)>,
    /// What is nil, as a path.
    pub(super) path: String,
}

/// A failure and the part of the failing node that Go blames for it.
#[derive(Debug)]
pub(super) enum Failure {
    /// The node itself.
    Node(String),
    /// The node itself, which wants a field of something that is nil.
    Nil(String, Hint),
    /// An argument: the last thing evaluated for it.
    Argument(ArgumentError),
    /// What was ranged over: the last thing evaluated for it.
    Range(String),
    /// The call: its function returned an error or panicked.
    Call {
        /// The name of the function.
        name: String,
        /// What it said.
        fault: Fault,
    },
    /// The render has used up what it may use.
    Limit(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(text) | Self::Nil(text, _) | Self::Range(text) | Self::Limit(text) => f.write_str(text),
            Self::Argument(error) => f.write_str(&error.message),
            Self::Call { name, .. } => write!(f, "error calling {name}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Error::new(ErrorKind::InvalidOperation, "template failed").with_source(failure)
    }
}

/// The failure inside a minijinja error, if it came from here.
pub(super) fn failure(error: &Error) -> Option<&Failure> {
    std::error::Error::source(error)?.downcast_ref()
}
