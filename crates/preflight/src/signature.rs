//! Verifies the signature of a certificate with the public key of another one.

use ed25519_dalek::Verifier;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::BoxedUint;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_cert::der::asn1::UintRef;
use x509_cert::der::{Decode, Reader, SliceReader};

use super::certificate::Certificate;

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    Bad,
    /// The algorithm is not supported.
    Unknown(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    fn padding(self) -> rsa::Pkcs1v15Sign {
        match self {
            Self::Sha1 => rsa::Pkcs1v15Sign::new::<Sha1>(),
            Self::Sha256 => rsa::Pkcs1v15Sign::new::<Sha256>(),
            Self::Sha384 => rsa::Pkcs1v15Sign::new::<Sha384>(),
            Self::Sha512 => rsa::Pkcs1v15Sign::new::<Sha512>(),
        }
    }
}

/// The signature algorithms: identifier, key algorithm, hash.
const ALGORITHMS: &[(&str, &str, Hash)] = &[
    ("1.2.840.113549.1.1.5", RSA, Hash::Sha1),
    ("1.2.840.113549.1.1.11", RSA, Hash::Sha256),
    ("1.2.840.113549.1.1.12", RSA, Hash::Sha384),
    ("1.2.840.113549.1.1.13", RSA, Hash::Sha512),
    ("1.2.840.10045.4.1", EC, Hash::Sha1),
    ("1.2.840.10045.4.3.2", EC, Hash::Sha256),
    ("1.2.840.10045.4.3.3", EC, Hash::Sha384),
    ("1.2.840.10045.4.3.4", EC, Hash::Sha512),
];

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const ED25519: &str = "1.3.101.112";

/// Whether the certificate is signed with SHA-1 or MD5, which Go has rejected since 1.18.
pub(super) fn is_weak(certificate: &Certificate) -> bool {
    const MD5_WITH_RSA: &str = "1.2.840.113549.1.1.4";
    let (algorithm, _) = certificate.signature();
    let is_sha1 = |(oid, _, hash): &(&str, &str, Hash)| *oid == algorithm && *hash == Hash::Sha1;
    algorithm == MD5_WITH_RSA || ALGORITHMS.iter().any(is_sha1)
}

/// Verifies that the key of `parent` signed `child`.
pub(super) fn verify(child: &Certificate, parent: &Certificate) -> Verdict {
    let (algorithm, signature) = child.signature();
    let (key_algorithm, parameters, key) = parent.public_key();
    if algorithm == ED25519 {
        return verdict(key_algorithm == ED25519 && ed25519(key, &child.signed, signature).is_some());
    }
    let Some((_, wanted, hash)) = ALGORITHMS.iter().find(|(oid, ..)| *oid == algorithm) else {
        return Verdict::Unknown(algorithm);
    };
    if *wanted != key_algorithm {
        return Verdict::Bad;
    }
    let digest = hash.digest(&child.signed);
    if *wanted == RSA {
        return match rsa_key(key) {
            Some(key) => verdict(key.verify(hash.padding(), &digest, signature).is_ok()),
            None => Verdict::Unknown("an RSA key that is too small or too large".to_owned()),
        };
    }
    match ec(&parameters, key, &digest, signature) {
        Some(is_good) => verdict(is_good),
        None => Verdict::Unknown("an elliptic curve that is not known".to_owned()),
    }
}

fn verdict(is_good: bool) -> Verdict {
    if is_good { Verdict::Good } else { Verdict::Bad }
}

fn ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(&<[u8; 32]>::try_from(key).ok()?).ok()?;
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    key.verify(message, &signature).ok()
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`
fn rsa_key(der: &[u8]) -> Option<rsa::PublicKey> {
    let mut reader = SliceReader::new(der).ok()?;
    let numbers = reader
        .sequence(|parts| {
            Ok::<_, x509_cert::der::Error>((
                UintRef::decode(parts)?.as_bytes().to_vec(),
                UintRef::decode(parts)?.as_bytes().to_vec(),
            ))
        })
        .ok()?;
    let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, u32::try_from(bytes.len().max(1) * 8).ok()?).ok();
    rsa::PublicKey::new(number(&numbers.0)?, number(&numbers.1)?).ok()
}

/// Verifies an ECDSA signature; none if the curve is not a NIST curve.
fn ec(parameters: &[u8], key: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
    /// The identifiers of the curves in DER.
    const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
    const P521: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];
    // The library truncates a hash longer than the curve's numbers, but requires at least half of their length.
    macro_rules! check {
        ($curve:ident, $size:literal) => {{
            let mut padded = digest.to_vec();
            if padded.len() < $size {
                let mut longer = vec![0; $size - padded.len()];
                longer.append(&mut padded);
                padded = longer;
            }
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(key);
            let signature = fixed(signature, $size).and_then(|bytes| $curve::ecdsa::Signature::from_slice(&bytes).ok());
            match (key, signature) {
                (Ok(key), Some(signature)) => key.verify_prehash(&padded, &signature).is_ok(),
                _ => false,
            }
        }};
    }
    match parameters {
        P256 => Some(check!(p256, 32)),
        P384 => Some(check!(p384, 48)),
        P521 => Some(check!(p521, 66)),
        _ => None,
    }
}

/// `ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` as two numbers of a fixed size.
fn fixed(der: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut reader = SliceReader::new(der).ok()?;
    let (r, s) = reader
        .sequence(|parts| {
            Ok::<_, x509_cert::der::Error>((
                UintRef::decode(parts)?.as_bytes().to_vec(),
                UintRef::decode(parts)?.as_bytes().to_vec(),
            ))
        })
        .ok()?;
    let mut out = Vec::with_capacity(2 * size);
    for number in [r, s] {
        let missing = size.checked_sub(number.len())?;
        out.extend(std::iter::repeat_n(0, missing));
        out.extend_from_slice(&number);
    }
    Some(out)
}
