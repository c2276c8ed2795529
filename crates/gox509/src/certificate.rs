//! Certificates.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::der::{self, DerReader, Element, tag};
use super::key::PrivateKey;
use gostd::layout::Shown;
use gostd::zone::Location;

/// The contents of a certificate to create.
#[derive(Clone, Debug)]
pub struct Template {
    /// The serial number, as big-endian bytes.
    pub serial: Vec<u8>,
    /// The common name of the subject.
    pub common_name: String,
    /// The start of the validity, in seconds since 1970.
    pub not_before: i64,
    /// The end of the validity, in seconds since 1970.
    pub not_after: i64,
    /// The DNS names in its subject alternative names.
    pub dns_names: Vec<String>,
    /// The IP addresses in its subject alternative names.
    pub addresses: Vec<IpAddr>,
    /// Whether it is a CA certificate.
    pub is_ca: bool,
}

/// The parts of a signing certificate that its issued certificates need.
#[derive(Clone, Debug)]
pub struct Certificate {
    subject: Vec<u8>,
    public_key: Vec<u8>,
    subject_key_id: Vec<u8>,
}

impl Certificate {
    /// Parses a certificate in DER.
    ///
    /// # Errors
    /// `x509: malformed certificate`; Go's message is more specific.
    pub fn parse(der: &[u8]) -> Result<Self, String> {
        Self::read(der).ok_or_else(|| "x509: malformed certificate".to_owned())
    }

    fn read(der: &[u8]) -> Option<Self> {
        let mut parts = DerReader(der).expect(tag::SEQUENCE)?.sequence()?;
        let mut signed = parts.expect(tag::SEQUENCE)?.sequence()?;
        parts.expect(tag::SEQUENCE)?;
        parts.expect(tag::BIT_STRING)?;
        if signed.peek_tag() == Some(tag::CONTEXT) {
            signed.next()?;
        }
        signed.expect(tag::INTEGER)?;
        signed.expect(tag::SEQUENCE)?;
        signed.expect(tag::SEQUENCE)?;
        signed.expect(tag::SEQUENCE)?;
        let subject = signed.expect(tag::SEQUENCE)?.whole.to_vec();
        let public_key = signed.expect(tag::SEQUENCE)?.whole.to_vec();
        let mut subject_key_id = Vec::new();
        while let Some(Element {
            tag: found, content, ..
        }) = signed.next()
        {
            if found == tag::CONTEXT | 3 {
                subject_key_id = read_subject_key_id(content).unwrap_or_default();
            }
        }
        Some(Self {
            subject,
            public_key,
            subject_key_id,
        })
    }
}

fn read_subject_key_id(extensions: &[u8]) -> Option<Vec<u8>> {
    let mut extensions = DerReader(extensions).expect(tag::SEQUENCE)?.sequence()?;
    while let Some(extension) = extensions.next() {
        let mut parts = extension.sequence()?;
        if parts.expect(tag::OID)?.whole == extension_oid(14) {
            let value = parts.expect(tag::OCTET_STRING)?.content;
            return Some(DerReader(value).expect(tag::OCTET_STRING)?.content.to_vec());
        }
    }
    None
}

fn extension_oid(last: u32) -> Vec<u8> {
    der::oid(&[2, 5, 29, last])
}

fn extension(last: u32, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical {
        der::value(tag::BOOLEAN, &[0xff])
    } else {
        Vec::new()
    };
    der::sequence(&[&extension_oid(last), &flag, &der::value(tag::OCTET_STRING, value)])
}

/// A distinguished name that has only a common name.
fn name(common_name: &str) -> Vec<u8> {
    if common_name.is_empty() {
        return der::sequence(&[]);
    }
    let printable = |byte: u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte);
    let kind = if common_name.bytes().all(printable) {
        tag::PRINTABLE_STRING
    } else {
        tag::UTF8_STRING
    };
    let attribute = der::sequence(&[&der::oid(&[2, 5, 4, 3]), &der::value(kind, common_name.as_bytes())]);
    der::sequence(&[&der::value(tag::SET, &attribute)])
}

/// A time: `UTCTime`, with two digits for the year, where possible.
fn time(seconds: i64) -> Result<Vec<u8>, String> {
    let shown = Shown::new(seconds, 0, Location::Utc.lookup(seconds));
    match shown.date.0 {
        1950..2050 => Ok(der::value(tag::UTC_TIME, shown.format("060102150405Z").as_bytes())),
        0..=9999 => Ok(der::value(
            tag::GENERALIZED_TIME,
            shown.format("20060102150405Z").as_bytes(),
        )),
        _ => Err("asn1: structure error: cannot represent time as GeneralizedTime".to_owned()),
    }
}

fn alternative_names(template: &Template) -> Result<Vec<u8>, String> {
    let mut names = Vec::new();
    for dns in &template.dns_names {
        if !dns.is_ascii() {
            let quoted = gostd::quote::quote(dns);
            return Err(format!("x509: {quoted} cannot be encoded as an IA5String"));
        }
        names.extend(der::value(tag::CONTEXT_PLAIN | 2, dns.as_bytes()));
    }
    for address in &template.addresses {
        let bytes = match address.to_canonical() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        names.extend(der::value(tag::CONTEXT_PLAIN | 7, &bytes));
    }
    Ok(der::value(tag::SEQUENCE, &names))
}

/// The extensions, in Go's order.
fn extensions(template: &Template, public_key: &[u8], authority: &[u8]) -> Result<Vec<u8>, String> {
    // Digital signature and key encipherment; a CA signs certificates too.
    let usage = if template.is_ca {
        der::bit_string(2, &[0xa4])
    } else {
        der::bit_string(5, &[0xa0])
    };
    let purpose = |last| der::oid(&[1, 3, 6, 1, 5, 5, 7, 3, last]);
    let constraints = if template.is_ca {
        der::value(tag::BOOLEAN, &[0xff])
    } else {
        Vec::new()
    };
    let mut all = vec![
        extension(15, true, &usage),
        extension(37, false, &der::sequence(&[&purpose(1), &purpose(2)])),
        extension(19, true, &der::value(tag::SEQUENCE, &constraints)),
    ];
    if template.is_ca {
        let id = &Sha256::digest(public_key)[..20];
        all.push(extension(14, false, &der::value(tag::OCTET_STRING, id)));
    }
    if !authority.is_empty() {
        let id = der::sequence(&[&der::value(tag::CONTEXT_PLAIN, authority)]);
        all.push(extension(35, false, &id));
    }
    if !template.dns_names.is_empty() || !template.addresses.is_empty() {
        let critical = template.common_name.is_empty();
        all.push(extension(17, critical, &alternative_names(template)?));
    }
    Ok(der::value(tag::CONTEXT | 3, &der::value(tag::SEQUENCE, &all.concat())))
}

/// `x509.CreateCertificate`: creates the certificate of `key` in DER, signed by `signer` or self-signed.
///
/// # Errors
/// Go's message.
pub fn create(
    template: &Template,
    key: &PrivateKey,
    signer: Option<(&Certificate, &PrivateKey)>,
) -> Result<Vec<u8>, String> {
    let signing_key = signer.map_or(key, |(_, key)| key);
    let no_signer = || "x509: certificate private key does not implement crypto.Signer".to_owned();
    let algorithm = signing_key.signature_algorithm().ok_or_else(no_signer)?;
    let (public_info, public_key) = key
        .public_key()
        .ok_or("x509: unsupported public key type: *dsa.PublicKey")?;
    let subject = name(&template.common_name);
    let (issuer, authority) = match signer {
        Some((parent, key)) => {
            if key.public_key().is_none_or(|(info, _)| info != parent.public_key) {
                return Err("x509: provided PrivateKey doesn't match parent's PublicKey".to_owned());
            }
            let authority = if parent.subject == subject {
                Vec::new()
            } else {
                parent.subject_key_id.clone()
            };
            (parent.subject.clone(), authority)
        }
        None => (subject.clone(), Vec::new()),
    };
    let signed = der::sequence(&[
        &der::value(tag::CONTEXT, &der::integer(&[2])),
        &der::integer(&template.serial),
        &algorithm,
        &issuer,
        &der::sequence(&[&time(template.not_before)?, &time(template.not_after)?]),
        &subject,
        &public_info,
        &extensions(template, &public_key, &authority)?,
    ]);
    let signature = signing_key.sign(&signed).ok_or_else(no_signer)?;
    Ok(der::sequence(&[&signed, &algorithm, &der::bit_string(0, &signature)]))
}
