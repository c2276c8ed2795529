//! X.509 certificates: the parts that Go checks in a TLS handshake.

use std::net::IpAddr;

use x509_cert::Certificate as Parsed;
use x509_cert::der::{Decode, Encode, SliceReader};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};

use gostd::civil::date_from_days;
use gox509::decode_pem_all;

/// The maximum number of certificates read from a bundle.
const MAX_CERTIFICATES: usize = 1000;

/// The checked purposes of certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// TLS servers.
    Server,
    /// TLS clients.
    Client,
}

impl Purpose {
    /// The name as openssl prints it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Server => "serverAuth",
            Self::Client => "clientAuth",
        }
    }

    fn oid(self) -> &'static str {
        match self {
            Self::Server => "1.3.6.1.5.5.7.3.1",
            Self::Client => "1.3.6.1.5.5.7.3.2",
        }
    }
}

/// A parsed certificate.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    parsed: Parsed,
    /// The signed bytes.
    pub(super) signed: Vec<u8>,
    /// The start of the validity, in seconds since 1970.
    pub(super) not_before: i64,
    /// The end of the validity, in seconds since 1970.
    pub(super) not_after: i64,
    pub(super) dns_names: Vec<String>,
    pub(super) addresses: Vec<IpAddr>,
    /// Whether `basicConstraints` makes it a CA.
    pub(super) is_ca: bool,
    /// Whether it may sign certificates: `keyUsage` is absent or has `keyCertSign`.
    pub(super) signs_certificates: bool,
    purposes: Option<Vec<String>>,
}

impl Certificate {
    /// Parses the certificates of a PEM text, in order.
    ///
    /// # Errors
    /// The certificate that cannot be parsed, or that there is none.
    pub(super) fn read_all(bytes: &[u8]) -> Result<Vec<Self>, String> {
        let text = String::from_utf8_lossy(bytes);
        let blocks = decode_pem_all(&text);
        let other = blocks
            .iter()
            .find(|block| block.kind != "CERTIFICATE")
            .map(|block| block.kind.clone());
        let certificates: Vec<_> = blocks.into_iter().filter(|block| block.kind == "CERTIFICATE").collect();
        if certificates.is_empty() {
            return Err(match other {
                Some(kind) => format!("it has a PEM block of type {kind}, but no certificate"),
                None if bytes.first() == Some(&0x30) => "it is DER, not PEM".to_owned(),
                None => "it has no PEM block".to_owned(),
            });
        }
        let read =
            |(at, der): (usize, Vec<u8>)| Self::read(&der).map_err(|error| format!("certificate {}: {error}", at + 1));
        let ders = certificates.into_iter().map(|block| block.bytes);
        ders.enumerate().take(MAX_CERTIFICATES).map(read).collect()
    }

    fn read(der: &[u8]) -> Result<Self, String> {
        let malformed = |error: x509_cert::der::Error| format!("malformed: {error}");
        let parsed = Parsed::from_der(der).map_err(malformed)?;
        let signed = signed_part(der).ok_or("malformed")?;
        let body = parsed.tbs_certificate();
        let seconds =
            |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        let validity = body.validity();
        let names = body.get_extension::<SubjectAltName>().map_err(malformed)?;
        let constraints = body.get_extension::<BasicConstraints>().map_err(malformed)?;
        let usage = body.get_extension::<KeyUsage>().map_err(malformed)?;
        let purposes = body.get_extension::<ExtendedKeyUsage>().map_err(malformed)?;
        let mut dns_names = Vec::new();
        let mut addresses = Vec::new();
        for name in names.into_iter().flat_map(|(_, names)| names.0) {
            match name {
                GeneralName::DnsName(name) => dns_names.push(name.as_str().to_owned()),
                GeneralName::IpAddress(bytes) => addresses.extend(address(bytes.as_bytes())),
                _ => {}
            }
        }
        Ok(Self {
            not_before: seconds(validity.not_before),
            not_after: seconds(validity.not_after),
            is_ca: constraints.is_some_and(|(_, constraints)| constraints.ca),
            signs_certificates: usage.is_none_or(|(_, usage)| usage.key_cert_sign()),
            purposes: purposes.map(|(_, purposes)| purposes.0.iter().map(ToString::to_string).collect()),
            dns_names,
            addresses,
            signed,
            parsed,
        })
    }

    /// The subject in RFC 4514 notation.
    pub(super) fn subject(&self) -> String {
        self.parsed.tbs_certificate().subject().to_string()
    }

    /// The issuer in RFC 4514 notation.
    pub(super) fn issuer(&self) -> String {
        self.parsed.tbs_certificate().issuer().to_string()
    }

    /// The common name of the subject.
    pub(super) fn common_name(&self) -> Option<String> {
        let name = self.parsed.tbs_certificate().subject().common_name().ok()??;
        Some(name.value().into_owned())
    }

    /// Whether its subject is the issuer of `child`.
    pub(super) fn is_named_by(&self, child: &Self) -> bool {
        self.parsed.tbs_certificate().subject() == child.parsed.tbs_certificate().issuer()
    }

    /// Whether subject and issuer are the same.
    pub(super) fn is_self_issued(&self) -> bool {
        self.is_named_by(self)
    }

    /// The algorithm of the public key, its parameters in DER, and the bytes of the key.
    pub(super) fn public_key(&self) -> (String, Vec<u8>, &[u8]) {
        let info = self.parsed.tbs_certificate().subject_public_key_info();
        let parameters = info.algorithm.parameters.as_ref().and_then(|any| any.to_der().ok());
        (
            info.algorithm.oid.to_string(),
            parameters.unwrap_or_default(),
            info.subject_public_key.raw_bytes(),
        )
    }

    /// The algorithm of the signature and its bytes.
    pub(super) fn signature(&self) -> (String, &[u8]) {
        (
            self.parsed.signature_algorithm().oid.to_string(),
            self.parsed.signature().raw_bytes(),
        )
    }

    /// Whether the certificate allows a purpose: its extended key usage includes it or `any`, or is absent.
    pub(super) fn serves(&self, purpose: Purpose) -> bool {
        const ANY: &str = "2.5.29.37.0";
        let named = |oids: &Vec<String>| oids.iter().any(|oid| oid == purpose.oid() || oid == ANY);
        self.purposes.as_ref().is_none_or(named)
    }

    /// Whether a name of the certificate matches a host name by the rules of Go's `VerifyHostname`: `*` stands for the
    /// first label.
    pub(super) fn names(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.dns_names.iter().any(|pattern| {
            let pattern = pattern.to_ascii_lowercase();
            let wild = pattern.strip_prefix("*.");
            pattern == host || wild.is_some() && host.split_once('.').map(|(_, rest)| rest) == wild
        })
    }
}

/// The `TBSCertificate` with its header, byte for byte: the first element of the outer sequence.
fn signed_part(der: &[u8]) -> Option<Vec<u8>> {
    use x509_cert::der::{Header, Reader};
    let mut reader = SliceReader::new(der).ok()?;
    Header::decode(&mut reader).ok()?;
    Some(reader.tlv_bytes().ok()?.to_vec())
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

/// Formats a time in UTC: `2026-11-28 08:40:00 UTC`.
pub(super) fn show_time(seconds: i64) -> String {
    let (year, month, day) = date_from_days(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}
