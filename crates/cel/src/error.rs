//! Why an expression has no value.

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The evaluation failed, with the API server's message.
    Failed(String),
    /// A function or operator does not take arguments of these types, with the API server's message.
    NoOverload(&'static str),
    /// The cost limit is exceeded.
    Cost,
    /// The expression needs data that is unknown offline; names that data.
    Unknown(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(message) => f.write_str(message),
            Self::NoOverload(message) => f.write_str(message),
            Self::Cost => f.write_str("operation cancelled: actual cost limit exceeded"),
            Self::Unknown(what) => write!(f, "{what} is not known"),
        }
    }
}

pub(crate) fn fail<T>(message: impl Into<String>) -> Result<T, Error> {
    Err(Error::Failed(message.into()))
}

pub(crate) fn no_overload<T>() -> Result<T, Error> {
    Err(Error::NoOverload("no such overload"))
}
