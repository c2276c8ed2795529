//! Creates certificates.

use std::collections::BTreeSet;
use std::time::Duration;

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::der::asn1::Utf8StringRef;
use x509_cert::der::flagset::FlagSet;
use x509_cert::der::oid::db::rfc4519::COMMON_NAME;
use x509_cert::der::referenced::OwnedToRef as _;
use x509_cert::der::{self, Decode as _, Encode as _};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension as _};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoRef;
use x509_cert::time::{Time, Validity};

use super::certificate::{Certificate, Usage};
use super::key::PrivateKey;
use super::names::San;
use system::System;

/// The number of seconds by which a certificate's validity starts early, to allow for clock skew.
pub(super) const BACKDATED: u64 = 300;
/// The seconds of a day.
pub(super) const DAY: u64 = 86_400;

/// An end-entity certificate.
pub(super) struct Leaf<'a> {
    pub(super) common_name: &'a str,
    pub(super) usage: Usage,
    pub(super) names: &'a BTreeSet<San>,
    pub(super) not_after: u64,
}

/// The extensions of CA and end-entity certificates, after RFC 5280 4.2.
struct Profile<'a> {
    subject: Name,
    /// The issuer; none for a self-signed certificate.
    issuer: Option<&'a Certificate>,
    /// The end-entity certificate; none for a CA.
    leaf: Option<&'a Leaf<'a>>,
    is_rsa: bool,
}

impl BuilderProfile for Profile<'_> {
    fn get_issuer(&self, subject: &Name) -> Name {
        self.issuer.map_or_else(
            || subject.clone(),
            |issuer| issuer.inner.tbs_certificate().subject().clone(),
        )
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        own: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let mut all = Vec::new();
        let constraints = BasicConstraints {
            ca: self.leaf.is_none(),
            // The CA signs servers and clients, but no other CA.
            path_len_constraint: self.leaf.is_none().then_some(0),
        };
        all.push(constraints.to_extension(tbs.subject(), &all)?);
        let usage: FlagSet<KeyUsages> = match self.leaf {
            None => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
            Some(_) if self.is_rsa => KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment,
            Some(_) => KeyUsages::DigitalSignature.into(),
        };
        all.push(KeyUsage(usage).to_extension(tbs.subject(), &all)?);
        let own_id = SubjectKeyIdentifier::try_from(own)?;
        let issuer_id = match self.issuer.map(Certificate::key_id) {
            Some(Ok(id)) => id.0,
            Some(Err(_)) | None => own_id.0.clone(),
        };
        if let Some(leaf) = self.leaf {
            all.push(ExtendedKeyUsage(vec![leaf.usage.oid()]).to_extension(tbs.subject(), &all)?);
        }
        all.push(own_id.to_extension(tbs.subject(), &all)?);
        let authority = AuthorityKeyIdentifier {
            key_identifier: Some(issuer_id),
            ..AuthorityKeyIdentifier::default()
        };
        all.push(authority.to_extension(tbs.subject(), &all)?);
        if let Some(leaf) = self.leaf {
            let names = leaf.names.iter().map(San::general_name).collect::<Result<Vec<_>, _>>();
            let names = names.map_err(|_| der::Error::from(der::ErrorKind::Failed))?;
            if !names.is_empty() {
                all.push(SubjectAltName(names).to_extension(tbs.subject(), &all)?);
            }
        }
        Ok(all)
    }
}

/// A distinguished name that has only a common name.
fn name(common_name: &str) -> der::Result<Name> {
    let attribute = AttributeTypeAndValue {
        oid: COMMON_NAME,
        value: Utf8StringRef::new(common_name)?.into(),
    };
    let mut part = RelativeDistinguishedName::default();
    part.insert(attribute)?;
    let mut sequence = RdnSequence::default();
    sequence.push(part);
    Name::from_der(&sequence.to_der()?)
}

fn time(seconds: u64) -> Result<Time, String> {
    der::DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map(Time::from)
        .map_err(|_| "a certificate cannot last beyond the year 9999".to_owned())
}

/// A random serial number of 128 bits.
fn serial(system: &dyn System) -> Result<SerialNumber, String> {
    loop {
        let mut bytes = [0; 16];
        system
            .try_random(&mut bytes)
            .map_err(|error| format!("the system gives no random bytes: {error}"))?;
        // Zero is not a valid serial number.
        if bytes != [0; 16] {
            return SerialNumber::new(&bytes).map_err(|error| error.to_string());
        }
    }
}

fn build(
    system: &dyn System,
    profile: Profile<'_>,
    not_before: u64,
    not_after: u64,
    key: &PrivateKey,
    signer: &PrivateKey,
) -> Result<Certificate, String> {
    let validity = Validity::new(time(not_before)?, time(not_after)?);
    let unsigned = CertificateBuilder::new(profile, serial(system)?, validity, key.public()?);
    let signed = unsigned.and_then(|unsigned| signer.sign(unsigned));
    Certificate::of(signed.map_err(|error| format!("the certificate cannot be made: {error}"))?)
}

/// Creates a self-signed CA.
pub(super) fn authority(
    system: &dyn System,
    common_name: &str,
    now: u64,
    not_after: u64,
    key: &PrivateKey,
) -> Result<Certificate, String> {
    let profile = Profile {
        subject: name(common_name).map_err(|error| error.to_string())?,
        issuer: None,
        leaf: None,
        is_rsa: key.is_rsa(),
    };
    build(system, profile, now.saturating_sub(BACKDATED), not_after, key, key)
}

/// Creates a certificate for a key, signed by a CA.
pub(super) fn leaf(
    system: &dyn System,
    leaf: &Leaf<'_>,
    now: u64,
    key: &PrivateKey,
    (issuer, signer): (&Certificate, &PrivateKey),
) -> Result<Certificate, String> {
    let profile = Profile {
        subject: name(leaf.common_name).map_err(|error| error.to_string())?,
        issuer: Some(issuer),
        leaf: Some(leaf),
        is_rsa: key.is_rsa(),
    };
    build(
        system,
        profile,
        now.saturating_sub(BACKDATED),
        leaf.not_after,
        key,
        signer,
    )
}

/// Eight hexadecimal digits that identify a key.
pub(super) fn short_id(key: &PrivateKey) -> Result<String, String> {
    let public = key.public()?;
    let id = SubjectKeyIdentifier::try_from(public.owned_to_ref()).map_err(|error| error.to_string())?;
    Ok(id
        .0
        .as_bytes()
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
