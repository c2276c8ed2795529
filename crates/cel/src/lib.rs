//! CEL as the Kubernetes API server evaluates it: cel-go's values and macros, Kubernetes' function libraries, and their
//! cost model.
//!
//! The crate knows no schemas or objects: the caller converts them to [`Value`]s. The cost of one expression is
//! limited to [`CALL_LIMIT`]; an expression that exceeds it fails with [`Error::Cost`], which also bounds its running
//! time.

mod calls;
mod error;
mod escape;
mod eval;
mod library;
mod operators;
pub mod syntax;
mod timestamp;
mod value;

pub use error::Error;
pub use escape::escape;
pub use eval::{BUDGET, CALL_LIMIT, Variables, evaluate};
pub use library::times::{date, duration, named_duration, timestamp};
pub use library::url::check as check_url;
pub use library::{format::Format, net::Cidr, quantity::Quantity, semver::Semver, url::Url};
pub use timestamp::Timestamp;
pub use value::{Key, List, ListKind, Map, Value};

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
