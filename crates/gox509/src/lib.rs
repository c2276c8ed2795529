//! Go's `crypto/x509`, as far as charts need it: keys and certificates in PEM and DER.
//!
//! All randomness comes from the caller's generator, and signatures are deterministic: the same random bytes and clock
//! give the same output.

mod certificate;
mod der;
mod key;
mod pem;
mod prime;

pub use certificate::{Certificate, Template, create};
pub use key::{KeyType, PrivateKey};
pub use pem::{Block, decode as decode_pem, decode_all as decode_pem_all, encode as encode_pem};

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
