//! Runtime failures of templates, in the form in which minijinja passes them on.

use std::fmt;

use minijinja::{Error, ErrorKind};

use gostd::quote::quote;
use source::Span;
use sprig::{ArgumentError, Fault};

/// The place in the values that causes a nil error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hint {
    /// The span in the values, and how it relates to the failure.
    pub(super) label: Option<(Span, String)>,
    /// The path of the nil value.
    pub(super) path: String,
}

/// A failure and the part of the failing node that Go blames for it.
#[derive(Debug)]
pub(super) enum Failure {
    /// The node itself.
    Node(String),
    /// The node itself: it reads a field of nil.
    Nil(String, Hint),
    /// The node itself: it names a template that does not exist.
    NoTemplate(String),
    /// An argument: Go blames the last node evaluated for it.
    Argument(ArgumentError),
    /// The ranged value: Go blames the last node evaluated for it.
    Range(String),
    /// The call: its function returned an error or panicked.
    Call {
        /// The name of the function.
        name: String,
        /// Its error.
        fault: Fault,
    },
    /// The render exceeded a limit.
    Limit(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(text) | Self::Nil(text, _) | Self::Range(text) | Self::Limit(text) => f.write_str(text),
            Self::NoTemplate(name) => write!(f, "template {} not defined", quote(name)),
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

/// Returns the failure that a minijinja error wraps, if the error was raised here.
pub(super) fn failure(error: &Error) -> Option<&Failure> {
    std::error::Error::source(error)?.downcast_ref()
}
