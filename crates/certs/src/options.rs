//! The options of a run.

use super::key::KeyType;

/// The user's options. Times are in seconds; `now` is since 1970.
#[derive(Clone, Debug)]
pub struct Options {
    /// The current time.
    pub now: u64,
    /// The name of the release, for the name of a new CA.
    pub release: String,
    /// The validity of a certificate, in days.
    pub days: u64,
    /// The validity of a CA, in days.
    pub ca_days: u64,
    /// The kind of new keys. If none, new keys are ECDSA P-256, and kept keys may be of any kind.
    pub key_type: Option<KeyType>,
    /// The common name of a new CA.
    pub ca_name: Option<String>,
    /// A certificate that expires within this time is renewed.
    pub renew_before: u64,
    /// A CA that expires within this time is renewed.
    pub ca_renew_before: u64,
    /// Renew certificates that need it.
    pub renew: bool,
    /// Renew all certificates except the CA's.
    pub reissue: bool,
    /// Keep the keys of renewed certificates.
    pub reuse_key: bool,
    /// Create a new CA.
    pub rotate_ca: bool,
    /// Stop trusting CAs that no longer sign.
    pub drop_old_ca: bool,
    /// Start over, replacing invalid or foreign files.
    pub force: bool,
    /// Whether the wanted certificates are all of the release's, so that any others are left over.
    pub is_all: bool,
}
