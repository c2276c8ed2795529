//! Parsed certificates.

use std::collections::BTreeSet;

use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5280::{ANY_EXTENDED_KEY_USAGE, ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use x509_cert::der::referenced::OwnedToRef as _;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::ext::pkix::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, NameConstraints, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::key::{self, PrivateKey};
use super::names::San;
use super::pem::{self, CERTIFICATE};
use gostd::layout::Shown;
use gostd::zone::Location;

/// A parsed certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub(super) inner: x509_cert::Certificate,
    der: Vec<u8>,
    names: BTreeSet<San>,
    /// Subject alternative names other than DNS names and addresses, as text.
    other_names: BTreeSet<String>,
}

/// Whether a certificate can be used as a CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fitness {
    /// It can sign certificates for servers and clients.
    Fit,
    /// It cannot, with the reason.
    Unfit(&'static str),
}

impl Certificate {
    /// Parses DER.
    ///
    /// # Errors
    /// A description of what is wrong.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        let inner =
            x509_cert::Certificate::from_der(der).map_err(|error| format!("the certificate is damaged: {error}"))?;
        Self::of(inner)
    }

    pub(super) fn of(inner: x509_cert::Certificate) -> Result<Self, String> {
        let damaged = |error: x509_cert::der::Error| format!("the certificate is damaged: {error}");
        let der = inner.to_der().map_err(damaged)?;
        let mut names = BTreeSet::new();
        let mut other_names = BTreeSet::new();
        let extension = inner
            .tbs_certificate()
            .get_extension::<SubjectAltName>()
            .map_err(damaged)?;
        for name in extension.iter().flat_map(|(_, extension)| &extension.0) {
            match San::of(name) {
                Ok(name) => names.insert(name),
                Err(other) => other_names.insert(other),
            };
        }
        Ok(Self {
            inner,
            der,
            names,
            other_names,
        })
    }

    /// Parses all certificates of a PEM text.
    ///
    /// # Errors
    /// A description of what is wrong, or that the text has no certificate.
    pub fn from_pem(text: &str) -> Result<Vec<Self>, String> {
        let certificates: Vec<Self> = pem::blocks(text)?
            .iter()
            .filter(|block| matches!(&*block.label, CERTIFICATE | "X509 CERTIFICATE"))
            .map(|block| Self::from_der(&block.bytes))
            .collect::<Result<_, _>>()?;
        if certificates.is_empty() {
            return Err("it holds no certificate in PEM".to_owned());
        }
        Ok(certificates)
    }

    /// The certificate in PEM.
    pub fn to_pem(&self) -> String {
        pem::encode(CERTIFICATE, &self.der)
    }

    /// The start of its validity, in seconds since 1970.
    pub fn not_before(&self) -> u64 {
        self.inner
            .tbs_certificate()
            .validity()
            .not_before
            .to_unix_duration()
            .as_secs()
    }

    /// The end of its validity, in seconds since 1970.
    pub fn not_after(&self) -> u64 {
        self.inner
            .tbs_certificate()
            .validity()
            .not_after
            .to_unix_duration()
            .as_secs()
    }

    /// Its DNS names and IP addresses.
    pub fn names(&self) -> &BTreeSet<San> {
        &self.names
    }

    /// Its subject alternative names of other kinds, as text.
    pub fn other_names(&self) -> &BTreeSet<String> {
        &self.other_names
    }

    /// The subject for display: the common name if there is one.
    pub fn subject(&self) -> String {
        let subject = self.inner.tbs_certificate().subject();
        match subject.common_name() {
            Ok(Some(name)) => match name {
                DirectoryString::PrintableString(name) => name.to_string(),
                DirectoryString::Utf8String(name) => name,
                DirectoryString::TeletexString(name) => name.to_string(),
                DirectoryString::BmpString(_) => subject.to_string(),
            },
            _ => subject.to_string(),
        }
    }

    /// The public key.
    pub(super) fn public(&self) -> &SubjectPublicKeyInfoOwned {
        self.inner.tbs_certificate().subject_public_key_info()
    }

    /// Whether a key is its private key.
    pub fn has_key(&self, key: &PrivateKey) -> bool {
        key.is_of(self.public())
    }

    /// Whether it is self-issued: subject and issuer are the same name.
    pub(super) fn is_root(&self) -> bool {
        let signed = self.inner.tbs_certificate();
        signed.subject() == signed.issuer()
    }

    /// Whether another certificate signed it, by name and by signature.
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        let signed = self.inner.tbs_certificate();
        let Ok(message) = signed.to_der() else { return false };
        signed.issuer() == issuer.inner.tbs_certificate().subject()
            && key::verifies(
                issuer.public().owned_to_ref(),
                &self.inner.signature_algorithm().oid,
                &message,
                self.inner.signature().raw_bytes(),
            )
    }

    /// Its subject key identifier: the extension's value, otherwise the usual hash of the key.
    pub(super) fn key_id(&self) -> Result<SubjectKeyIdentifier, String> {
        match self.inner.tbs_certificate().get_extension::<SubjectKeyIdentifier>() {
            Ok(Some((_, id))) => Ok(id),
            _ => SubjectKeyIdentifier::try_from(self.public().owned_to_ref()).map_err(|error| error.to_string()),
        }
    }

    /// Whether it can sign certificates of servers and clients.
    pub(super) fn fitness(&self) -> Fitness {
        let signed = self.inner.tbs_certificate();
        match signed.get_extension::<BasicConstraints>() {
            Ok(Some((_, constraints))) if constraints.ca => {}
            Ok(_) => return Fitness::Unfit("it is no CA: its basic constraints do not say CA:TRUE"),
            Err(_) => return Fitness::Unfit("its basic constraints cannot be read"),
        }
        match signed.get_extension::<KeyUsage>() {
            Ok(Some((_, usage))) if !usage.key_cert_sign() => {
                return Fitness::Unfit("its key usage lacks keyCertSign, so what it signs is refused");
            }
            Ok(_) => {}
            Err(_) => return Fitness::Unfit("its key usage cannot be read"),
        }
        if [Usage::Server, Usage::Client].iter().all(|usage| self.allows(*usage)) {
            Fitness::Fit
        } else {
            Fitness::Unfit("its extended key usage lacks serverAuth or clientAuth, so what it signs is refused")
        }
    }

    /// Whether it has the key usage extension.
    pub(super) fn has_key_usage(&self) -> bool {
        matches!(self.inner.tbs_certificate().get_extension::<KeyUsage>(), Ok(Some(_)))
    }

    /// Whether its extended key usage, if it has one, includes this use.
    pub fn allows(&self, usage: Usage) -> bool {
        let wanted = usage.oid();
        let fits = |oid: &ObjectIdentifier| *oid == wanted || *oid == ANY_EXTENDED_KEY_USAGE;
        match self.inner.tbs_certificate().get_extension::<ExtendedKeyUsage>() {
            Ok(Some((_, usages))) => usages.0.iter().any(fits),
            Ok(None) => true,
            Err(_) => false,
        }
    }

    pub(super) fn name_constraints(&self) -> Result<Option<NameConstraints>, String> {
        match self.inner.tbs_certificate().get_extension::<NameConstraints>() {
            Ok(found) => Ok(found.map(|(_, constraints)| constraints)),
            Err(error) => Err(format!("its name constraints cannot be read: {error}")),
        }
    }
}

/// The use of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// TLS server authentication.
    Server,
    /// TLS client authentication.
    Client,
}

impl Usage {
    pub(super) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Server => ID_KP_SERVER_AUTH,
            Self::Client => ID_KP_CLIENT_AUTH,
        }
    }
}

/// Concatenates certificates in PEM.
pub(super) fn bundle(certificates: &[Certificate]) -> String {
    certificates.iter().map(Certificate::to_pem).collect()
}

/// The date of a time in seconds since 1970: `2027-11-28`.
pub fn date(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    Shown::new(seconds, 0, Location::Utc.lookup(seconds)).format("2006-01-02")
}
