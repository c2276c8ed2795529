//! Private keys.

use ed25519_dalek::Signer;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use rsa::BoxedUint;
use rsa::rand_core::TryCryptoRng;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::der::{self, DerReader, tag};
use super::pem::{self, Block};
use super::prime::two_primes;

const RSA: &[u32] = &[1, 2, 840, 113_549, 1, 1, 1];
const SHA256_WITH_RSA: &[u32] = &[1, 2, 840, 113_549, 1, 1, 11];
const EC: &[u32] = &[1, 2, 840, 10_045, 2, 1];
const ED25519: &[u32] = &[1, 3, 101, 112];

/// The kinds of private keys that can be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// RSA with this number of bits: 1024, 2048, 3072 or 4096.
    Rsa(usize),
    /// DSA with parameters of 2048 and 256 bits.
    Dsa,
    /// The curve P-256.
    Ecdsa,
    /// Ed25519.
    Ed25519,
}

/// The NIST curves for ECDSA keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    fn oid(self) -> Vec<u8> {
        der::oid(match self {
            Self::P256 => &[1, 2, 840, 10_045, 3, 1, 7],
            Self::P384 => &[1, 3, 132, 0, 34],
            Self::P521 => &[1, 3, 132, 0, 35],
        })
    }

    fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The public point of a secret scalar; none if the scalar is out of range.
    fn point(self, secret: &[u8]) -> Option<Vec<u8>> {
        Some(match self {
            Self::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(secret).ok()?;
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
            }
            Self::P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(secret).ok()?;
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
            }
            Self::P521 => {
                let key = p521::ecdsa::SigningKey::from_slice(secret).ok()?;
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
            }
        })
    }

    /// The signature of a message: r and s, concatenated.
    fn sign(self, secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
        Some(match self {
            Self::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(secret).ok()?;
                let signature: p256::ecdsa::Signature = key.sign_prehash(&Sha256::digest(message)).ok()?;
                signature.to_bytes().to_vec()
            }
            Self::P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(secret).ok()?;
                let signature: p384::ecdsa::Signature = key.sign_prehash(&Sha384::digest(message)).ok()?;
                signature.to_bytes().to_vec()
            }
            Self::P521 => {
                let key = p521::ecdsa::SigningKey::from_slice(secret).ok()?;
                let signature: p521::ecdsa::Signature = key.sign_prehash(&Sha512::digest(message)).ok()?;
                signature.to_bytes().to_vec()
            }
        })
    }
}

/// A private key.
pub struct PrivateKey(Secret);

enum Secret {
    Rsa(Box<rsa::PrivateKey>),
    Ec {
        curve: Curve,
        secret: Vec<u8>,
        point: Vec<u8>,
    },
    Ed25519(ed25519_dalek::SigningKey),
    /// In DER: DSA keys are generated and printed, but never used.
    Dsa(Vec<u8>),
}

/// The big-endian bytes of a number.
fn bytes(number: &BoxedUint) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

fn number(bytes: &[u8]) -> Option<BoxedUint> {
    let bits = u32::try_from(bytes.len().max(1) * 8).ok()?;
    BoxedUint::from_be_slice(bytes, bits).ok()
}

fn no_key<T>(what: impl std::fmt::Display) -> Result<T, String> {
    Err(what.to_string())
}

impl PrivateKey {
    /// Generates a key.
    ///
    /// # Errors
    /// If the generation fails.
    pub fn generate<R: TryCryptoRng + ?Sized>(key_type: KeyType, chance: &mut R) -> Result<Self, String> {
        let fill = |chance: &mut R, size: usize| {
            let mut bytes = vec![0; size];
            chance.try_fill_bytes(&mut bytes).map_err(|error| error.to_string())?;
            Ok::<_, String>(bytes)
        };
        Ok(Self(match key_type {
            KeyType::Rsa(bits) => Secret::Rsa(Box::new(generate_rsa(bits, chance)?)),
            KeyType::Ecdsa => loop {
                let secret = fill(chance, 32)?;
                // One number in 2^32 is out of range.
                if let Some(point) = Curve::P256.point(&secret) {
                    let curve = Curve::P256;
                    break Secret::Ec { curve, secret, point };
                }
            },
            KeyType::Ed25519 => {
                let mut seed = [0; 32];
                seed.copy_from_slice(&fill(chance, 32)?);
                Secret::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
            }
            KeyType::Dsa => Secret::Dsa(generate_dsa(chance)?),
        }))
    }

    /// Encodes the key in PEM, in Go's format for its kind.
    pub fn to_pem(&self) -> String {
        match &self.0 {
            Secret::Rsa(key) => pem::encode("RSA PRIVATE KEY", &rsa_to_der(key)),
            Secret::Dsa(der) => pem::encode("DSA PRIVATE KEY", der),
            Secret::Ec { curve, secret, point } => pem::encode(
                "EC PRIVATE KEY",
                &der::sequence(&[
                    &der::integer(&[1]),
                    &der::value(tag::OCTET_STRING, secret),
                    &der::value(tag::CONTEXT, &curve.oid()),
                    &der::value(tag::CONTEXT | 1, &der::bit_string(0, point)),
                ]),
            ),
            Secret::Ed25519(key) => {
                let seed = der::value(tag::OCTET_STRING, &key.to_bytes());
                let der = der::sequence(&[
                    &der::integer(&[0]),
                    &der::sequence(&[&der::oid(ED25519)]),
                    &der::value(tag::OCTET_STRING, &seed),
                ]);
                pem::encode("PRIVATE KEY", &der)
            }
        }
    }

    /// Parses a key in PEM, as sprig does.
    ///
    /// # Errors
    /// sprig's message. The part after the colon matches Go's only in some cases.
    pub fn from_pem(text: &str) -> Result<Self, String> {
        let Some(Block { kind, bytes }) = pem::decode(text) else {
            return no_key("no PEM data in input");
        };
        if kind == "PRIVATE KEY" {
            return from_pkcs8(&bytes).map_err(|error| format!("decoding PEM as PKCS#8: {error}"));
        }
        match kind.strip_suffix(" PRIVATE KEY") {
            Some("RSA") => rsa_from_der(&bytes).map_err(|error| format!("parsing RSA private key from PEM: {error}")),
            Some("EC") => {
                ec_from_der(&bytes, None).map_err(|error| format!("parsing EC private key from PEM: {error}"))
            }
            Some("DSA") => Ok(Self(Secret::Dsa(bytes))),
            Some(kind) => no_key(format_args!("invalid private key type {kind} PRIVATE KEY")),
            None => no_key(format_args!("no private key data in PEM block of type {kind}")),
        }
    }

    /// The `SubjectPublicKeyInfo` in DER and the bytes of the public key; none if certificates do not support the kind
    /// of key.
    pub(super) fn public_key(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let (algorithm, key) = match &self.0 {
            Secret::Rsa(key) => {
                let parts = [der::integer(&bytes(key.n().as_ref())), der::integer(&bytes(key.e()))];
                let null = der::value(tag::NULL, &[]);
                (
                    der::sequence(&[&der::oid(RSA), &null]),
                    der::sequence(&[&parts[0], &parts[1]]),
                )
            }
            Secret::Ec { curve, point, .. } => (der::sequence(&[&der::oid(EC), &curve.oid()]), point.clone()),
            Secret::Ed25519(key) => (
                der::sequence(&[&der::oid(ED25519)]),
                key.verifying_key().to_bytes().to_vec(),
            ),
            Secret::Dsa(_) => return None,
        };
        let info = der::sequence(&[&algorithm, &der::bit_string(0, &key)]);
        Some((info, key))
    }

    /// The bytes of the public key, as in a certificate's `subjectPublicKey`; none for DSA.
    pub fn public_key_bytes(&self) -> Option<Vec<u8>> {
        self.public_key().map(|(_, key)| key)
    }

    /// The `AlgorithmIdentifier` of the key's signatures; none if the key cannot sign.
    pub(super) fn signature_algorithm(&self) -> Option<Vec<u8>> {
        Some(match &self.0 {
            Secret::Rsa(_) => der::sequence(&[&der::oid(SHA256_WITH_RSA), &der::value(tag::NULL, &[])]),
            Secret::Ec { curve, .. } => {
                let last = match curve {
                    Curve::P256 => 2,
                    Curve::P384 => 3,
                    Curve::P521 => 4,
                };
                der::sequence(&[&der::oid(&[1, 2, 840, 10_045, 4, 3, last])])
            }
            Secret::Ed25519(_) => der::sequence(&[&der::oid(ED25519)]),
            Secret::Dsa(_) => return None,
        })
    }

    /// Signs a message; none if the key cannot sign.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.0 {
            Secret::Rsa(key) => {
                let padding = rsa::Pkcs1v15Sign::new::<Sha256>();
                key.sign(padding, &Sha256::digest(message)).ok()
            }
            Secret::Ec { curve, secret, .. } => {
                let signature = curve.sign(secret, message)?;
                let (r, s) = signature.split_at(signature.len() / 2);
                Some(der::sequence(&[&der::integer(r), &der::integer(s)]))
            }
            Secret::Ed25519(key) => Some(key.sign(message).to_bytes().to_vec()),
            Secret::Dsa(_) => None,
        }
    }
}

/// The exponent of public keys.
const PUBLIC_EXPONENT: u64 = 65537;

fn generate_rsa<R: TryCryptoRng + ?Sized>(bits: usize, chance: &mut R) -> Result<rsa::PrivateKey, String> {
    let mut error = String::new();
    // One prime in 65537 is one more than a multiple of the exponent, which has no inverse then.
    for _ in 0..4 {
        let [p, q] = two_primes(bits, chance)?;
        let (Some(p), Some(q)) = (number(&p), number(&q)) else {
            break;
        };
        // Computes the rest, and checks the whole as it does with a key that it reads.
        match rsa::PrivateKey::from_p_q(p, q, BoxedUint::from(PUBLIC_EXPONENT)) {
            Ok(key) => return Ok(key),
            Err(found) => error = found.to_string(),
        }
    }
    Err(error)
}

fn generate_dsa<R: TryCryptoRng + ?Sized>(chance: &mut R) -> Result<Vec<u8>, String> {
    let components = dsa::Components::try_generate_from_rng_with_key_size(chance, dsa::KeySize::DSA_2048_256)
        .map_err(|error| error.to_string())?;
    let key = dsa::SigningKey::try_generate_from_rng_with_components(chance, components)
        .map_err(|error| error.to_string())?;
    let public = key.verifying_key();
    let parts = public.components();
    let numbers: [&BoxedUint; 5] = [parts.p(), parts.q(), parts.g(), public.y(), key.x()];
    let mut all = vec![der::integer(&[0])];
    all.extend(numbers.into_iter().map(|number| der::integer(&bytes(number))));
    Ok(der::value(tag::SEQUENCE, &all.concat()))
}

/// `x509.MarshalPKCS1PrivateKey`
fn rsa_to_der(key: &rsa::PrivateKey) -> Vec<u8> {
    let primes = key.primes();
    let none = BoxedUint::zero();
    let prime = |index: usize| primes.get(index).map_or_else(Vec::new, |prime| bytes(prime.as_ref()));
    let coefficient = match key.qinv() {
        Some(inverse) => inverse.retrieve(),
        None => none.clone(),
    };
    let numbers = [
        bytes(key.n().as_ref()),
        bytes(key.e()),
        bytes(key.d()),
        prime(0),
        prime(1),
        bytes(key.dp().unwrap_or(&none)),
        bytes(key.dq().unwrap_or(&none)),
        bytes(&coefficient),
    ];
    let mut all = vec![der::integer(&[0])];
    all.extend(numbers.iter().map(|number| der::integer(number)));
    der::value(tag::SEQUENCE, &all.concat())
}

/// `x509.ParsePKCS1PrivateKey`
fn rsa_from_der(der: &[u8]) -> Result<PrivateKey, String> {
    let read = || {
        let mut parts = DerReader(der).expect(tag::SEQUENCE)?.sequence()?;
        let version = parts.next()?.unsigned()?;
        let mut next = || number(parts.next()?.unsigned()?);
        let (modulus, public, private) = (next()?, next()?, next()?);
        let primes = vec![next()?, next()?];
        version
            .is_empty()
            .then(|| rsa::PrivateKey::from_components(modulus, public, private, primes))
    };
    match read() {
        Some(Ok(key)) => Ok(PrivateKey(Secret::Rsa(Box::new(key)))),
        Some(Err(error)) => no_key(format_args!("crypto/rsa: invalid key: {error}")),
        None if from_pkcs8(der).is_ok() => {
            no_key("x509: failed to parse private key (use ParsePKCS8PrivateKey instead for this key type)")
        }
        None if ec_from_der(der, None).is_ok() => {
            no_key("x509: failed to parse private key (use ParseECPrivateKey instead for this key type)")
        }
        None => no_key("asn1: structure error: tags don't match"),
    }
}

/// `x509.ParseECPrivateKey`; `curve` is set if the enclosing structure names the curve.
fn ec_from_der(der: &[u8], curve: Option<Curve>) -> Result<PrivateKey, String> {
    let read = || {
        let mut parts = DerReader(der).expect(tag::SEQUENCE)?.sequence()?;
        parts.next()?.unsigned()?;
        let secret = parts.expect(tag::OCTET_STRING)?.content;
        let named = match parts.peek_tag() {
            Some(tag::CONTEXT) => {
                let oid = parts.next()?.content;
                Some(Curve::ALL.into_iter().find(|curve| curve.oid() == oid))
            }
            _ => None,
        };
        Some((secret, named))
    };
    let Some((secret, named)) = read() else {
        if from_pkcs8(der).is_ok() {
            return no_key("x509: failed to parse private key (use ParsePKCS8PrivateKey instead for this key type)");
        }
        if rsa_from_der(der).is_ok() {
            return no_key("x509: failed to parse private key (use ParsePKCS1PrivateKey instead for this key type)");
        }
        return no_key("x509: failed to parse EC private key: asn1: structure error: tags don't match");
    };
    let Some(curve) = curve.or(named.flatten()) else {
        return no_key("x509: unknown elliptic curve");
    };
    let zeros = secret.iter().take_while(|&&byte| byte == 0).count();
    let digits = &secret[zeros..];
    if digits.len() > curve.size() {
        return no_key("x509: invalid private key length");
    }
    let mut padded = vec![0; curve.size() - digits.len()];
    padded.extend_from_slice(digits);
    match curve.point(&padded) {
        Some(point) => Ok(PrivateKey(Secret::Ec {
            curve,
            secret: padded,
            point,
        })),
        None => no_key("x509: invalid elliptic curve private key value"),
    }
}

/// `x509.ParsePKCS8PrivateKey`
fn from_pkcs8(der: &[u8]) -> Result<PrivateKey, String> {
    let read = || {
        let mut parts = DerReader(der).expect(tag::SEQUENCE)?.sequence()?;
        parts.next()?.unsigned()?;
        let mut algorithm = parts.expect(tag::SEQUENCE)?.sequence()?;
        let oid = algorithm.expect(tag::OID)?.whole;
        let parameters = algorithm.next().map(|element| element.whole);
        let key = parts.expect(tag::OCTET_STRING)?.content;
        Some((oid, parameters, key))
    };
    let Some((oid, parameters, key)) = read() else {
        return no_key("asn1: structure error: tags don't match");
    };
    if oid == der::oid(RSA) {
        return rsa_from_der(key)
            .map_err(|error| format!("x509: failed to parse RSA private key embedded in PKCS#8: {error}"));
    }
    if oid == der::oid(EC) {
        let curve = Curve::ALL
            .into_iter()
            .find(|curve| Some(&curve.oid()[..]) == parameters);
        return ec_from_der(key, curve)
            .map_err(|error| format!("x509: failed to parse EC private key embedded in PKCS#8: {error}"));
    }
    if oid == der::oid(ED25519) {
        let seed = DerReader(key)
            .expect(tag::OCTET_STRING)
            .and_then(|seed| <[u8; 32]>::try_from(seed.content).ok());
        return match seed {
            Some(seed) => Ok(PrivateKey(Secret::Ed25519(ed25519_dalek::SigningKey::from_bytes(
                &seed,
            )))),
            None => no_key("x509: invalid Ed25519 private key"),
        };
    }
    no_key("x509: PKCS#8 wrapping contained private key with unknown algorithm")
}
