//! Certificates for the components of a release: a CA, a server certificate for each component, and a client
//! certificate for the Prometheus that scrapes them.
//!
//! ```text
//! services::components (manifests)               -> [Wanted]   which certificates with which names
//! Store::read          (System, folder)           -> Store      the existing files
//! plan::plan           (Store, [Wanted], Options) -> Plan       what to keep, create or renew; or the obstacles
//! Locked::commit       (Plan)                                  all files, or none
//! check::check         (Store, [Wanted])         -> Report     expiry, names, keys
//! ```
//!
//! Helm's `genCA` and similar functions do not use this module; see `go::x509`.

mod authority;
mod certificate;
mod check;
mod commit;
mod constraints;
mod decide;
mod issue;
mod key;
mod names;
mod options;
mod pem;
mod plan;
mod run;
mod secrets;
mod services;
mod store;

pub use authority::Given;
pub use certificate::Usage;
pub use certificate::{Certificate, date};
pub use check::{Checked, check};
pub use commit::Locked;
pub use decide::plan;
pub use key::{KeyType, PrivateKey};
pub use names::San;
pub use options::Options;
pub use plan::{Action, Plan, Planned};
pub use secrets::{NameTemplate, write as write_secrets};
pub use services::{Additions, Cluster, Wanted, wanted};
pub use store::{Store, read_bundle, read_key};

use diagnostics::Diagnostic;

/// The rule of certificates that cannot be created, and of unexpected files.
pub const CERTIFICATES: &str = "certificates";

/// An error of this module.
fn error(message: impl Into<String>, help: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(CERTIFICATES, message).help(help))
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
