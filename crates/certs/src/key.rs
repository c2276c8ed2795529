//! Private keys and signatures.

use ecdsa_signature::hazmat::PrehashVerifier;
use p256::ecdsa::signature as ecdsa_signature;
use p256::elliptic_curve::Generate as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::signature::Verifier as _;
use rsa::traits::PublicKeyParts as _;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::builder::{self, Builder as _, CertificateBuilder};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::oid::db::{rfc5912, rfc8410};
use x509_cert::der::{self, Decode as _, Encode as _};
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};

use super::pem;
use system::SystemRng;

/// The kinds of keys that can be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// ECDSA on the curve P-256.
    EcdsaP256,
    /// ECDSA on the curve P-384.
    EcdsaP384,
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 4096 bits.
    Rsa4096,
    /// Ed25519.
    Ed25519,
}

impl KeyType {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::EcdsaP256,
        Self::EcdsaP384,
        Self::Rsa2048,
        Self::Rsa4096,
        Self::Ed25519,
    ];

    /// The value of the command-line flag.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ecdsa-p256",
            Self::EcdsaP384 => "ecdsa-p384",
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa4096 => "rsa-4096",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// The minimum size of RSA keys: Go and OpenSSL (at its default security level) reject smaller ones.
const LEAST_RSA_BITS: u32 = 2048;
/// The maximum size of a key in DER. RSA with 16,384 bits takes 9,400 bytes; checking longer numbers would take
/// minutes.
const MAX_DER: usize = 10_000;

/// A private key.
#[derive(Clone)]
pub struct PrivateKey(Kind);

#[derive(Clone)]
enum Kind {
    Rsa(Box<rsa::PrivateKey>),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl PrivateKey {
    /// Generates a key.
    ///
    /// # Errors
    /// If the generation fails.
    pub fn generate(key_type: KeyType, chance: &mut SystemRng<'_>) -> Result<Self, String> {
        let rsa = |chance: &mut SystemRng<'_>, bits| match rsa::PrivateKey::new(chance, bits) {
            Ok(key) => Ok(Kind::Rsa(Box::new(key))),
            Err(error) => Err(error.to_string()),
        };
        Ok(Self(match key_type {
            KeyType::EcdsaP256 => Kind::P256(p256::SecretKey::generate_from_rng(chance)),
            KeyType::EcdsaP384 => Kind::P384(p384::SecretKey::generate_from_rng(chance)),
            KeyType::Rsa2048 => rsa(chance, 2048)?,
            KeyType::Rsa4096 => rsa(chance, 4096)?,
            KeyType::Ed25519 => {
                let mut seed = [0; 32];
                chance.0.random(&mut seed);
                Kind::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed)))
            }
        }))
    }

    /// Parses the first private key of a PEM text: PKCS #8, PKCS #1 or SEC 1.
    ///
    /// # Errors
    /// A description of what is wrong.
    pub fn from_pem(text: &str) -> Result<Self, String> {
        let blocks = pem::blocks(text)?;
        let key = blocks.iter().find(|block| block.label.ends_with("PRIVATE KEY"));
        let key = key.ok_or("it holds no private key in PEM")?;
        if key.has_headers || key.label.starts_with("ENCRYPTED") {
            return Err("the private key is encrypted; decrypt it first, as with `openssl pkey -in FILE`".to_owned());
        }
        let der = &key.bytes[..];
        if der.len() > MAX_DER {
            return Err(format!("the private key takes {} bytes; no key does", der.len()));
        }
        let kind = match &*key.label {
            "RSA PRIVATE KEY" => rsa::PrivateKey::from_pkcs1_der(der).ok().map(Box::new).map(Kind::Rsa),
            "EC PRIVATE KEY" => from_sec1(der),
            _ => from_pkcs8(der),
        };
        let kind = kind.ok_or("the private key is damaged, or of a kind other than RSA, ECDSA and Ed25519")?;
        if let Kind::Rsa(key) = &kind
            && key.n().bit_width_vartime() < LEAST_RSA_BITS
        {
            let bits = key.n().bit_width_vartime();
            return Err(format!(
                "the RSA key has {bits} bits; TLS libraries want {LEAST_RSA_BITS} at least"
            ));
        }
        Ok(Self(kind))
    }

    /// Encodes the key in PEM, as PKCS #8.
    ///
    /// # Errors
    /// If the key cannot be encoded.
    pub fn to_pem(&self) -> Result<String, String> {
        let document = match &self.0 {
            Kind::Rsa(key) => key.to_pkcs8_der(),
            Kind::P256(key) => key.to_pkcs8_der(),
            Kind::P384(key) => key.to_pkcs8_der(),
            Kind::P521(key) => key.to_pkcs8_der(),
            // Version 2 of PKCS #8, which includes the public key, is not supported by OpenSSL 1.1.
            Kind::Ed25519(key) => ed25519_dalek::pkcs8::KeypairBytes {
                secret_key: key.to_bytes(),
                public_key: None,
            }
            .to_pkcs8_der(),
        };
        let document = document.map_err(|error| format!("the key cannot be encoded: {error}"))?;
        Ok(pem::encode("PRIVATE KEY", document.as_bytes()))
    }

    /// The public key as certificates contain it.
    pub(super) fn public(&self) -> Result<SubjectPublicKeyInfoOwned, String> {
        let document = match &self.0 {
            Kind::Rsa(key) => key.to_public_key().to_public_key_der(),
            Kind::P256(key) => key.public_key().to_public_key_der(),
            Kind::P384(key) => key.public_key().to_public_key_der(),
            Kind::P521(key) => key.public_key().to_public_key_der(),
            Kind::Ed25519(key) => key.verifying_key().to_public_key_der(),
        };
        document
            .map_err(|error| error.to_string())
            .and_then(|document| {
                SubjectPublicKeyInfoOwned::from_der(document.as_bytes()).map_err(|error| error.to_string())
            })
            .map_err(|error| format!("the public key cannot be encoded: {error}"))
    }

    /// Whether it is the private key of a certificate with this public key. Algorithm parameters are not compared.
    pub(super) fn is_of(&self, public: &SubjectPublicKeyInfoOwned) -> bool {
        self.public().is_ok_and(|own| {
            own.algorithm.oid == public.algorithm.oid && own.subject_public_key == public.subject_public_key
        })
    }

    /// Whether it is an RSA key, which TLS 1.2 may use for key encipherment.
    pub(super) fn is_rsa(&self) -> bool {
        matches!(self.0, Kind::Rsa(_))
    }

    /// The kind for display: `ECDSA P-256`.
    pub fn describe(&self) -> String {
        match &self.0 {
            Kind::Rsa(key) => format!("RSA {}", key.n().bit_width_vartime()),
            Kind::P256(_) => "ECDSA P-256".to_owned(),
            Kind::P384(_) => "ECDSA P-384".to_owned(),
            Kind::P521(_) => "ECDSA P-521".to_owned(),
            Kind::Ed25519(_) => "Ed25519".to_owned(),
        }
    }

    /// Whether it is of this kind.
    pub(super) fn is(&self, key_type: KeyType) -> bool {
        match &self.0 {
            Kind::Rsa(key) => match key_type {
                KeyType::Rsa2048 => key.n().bit_width_vartime() == 2048,
                KeyType::Rsa4096 => key.n().bit_width_vartime() == 4096,
                _ => false,
            },
            Kind::P256(_) => key_type == KeyType::EcdsaP256,
            Kind::P384(_) => key_type == KeyType::EcdsaP384,
            Kind::P521(_) => false,
            Kind::Ed25519(_) => key_type == KeyType::Ed25519,
        }
    }

    /// Signs the certificate of a builder, with the hash that fits the key's size.
    pub(super) fn sign<P: builder::profile::BuilderProfile>(
        &self,
        unsigned: CertificateBuilder<P>,
    ) -> builder::Result<x509_cert::Certificate> {
        match &self.0 {
            Kind::Rsa(key) => {
                let signer = rsa::pkcs1v15::SigningKey::<Sha256>::new((**key).clone());
                unsigned.build::<_, rsa::pkcs1v15::Signature>(&signer)
            }
            Kind::P256(key) => unsigned.build::<_, p256::ecdsa::DerSignature>(&p256::ecdsa::SigningKey::from(key)),
            Kind::P384(key) => unsigned.build::<_, p384::ecdsa::DerSignature>(&p384::ecdsa::SigningKey::from(key)),
            Kind::P521(key) => unsigned.build::<_, p521::ecdsa::DerSignature>(&p521::ecdsa::SigningKey::from(key)),
            Kind::Ed25519(key) => unsigned.build::<_, ed25519_dalek::Signature>(&**key),
        }
    }
}

fn from_pkcs8(der: &[u8]) -> Option<Kind> {
    if let Ok(key) = p256::SecretKey::from_pkcs8_der(der) {
        return Some(Kind::P256(key));
    }
    if let Ok(key) = p384::SecretKey::from_pkcs8_der(der) {
        return Some(Kind::P384(key));
    }
    if let Ok(key) = p521::SecretKey::from_pkcs8_der(der) {
        return Some(Kind::P521(key));
    }
    if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_der(der) {
        return Some(Kind::Ed25519(Box::new(key)));
    }
    rsa::PrivateKey::from_pkcs8_der(der).ok().map(Box::new).map(Kind::Rsa)
}

fn from_sec1(der: &[u8]) -> Option<Kind> {
    if let Ok(key) = p256::SecretKey::from_sec1_der(der) {
        return Some(Kind::P256(key));
    }
    if let Ok(key) = p384::SecretKey::from_sec1_der(der) {
        return Some(Kind::P384(key));
    }
    p521::SecretKey::from_sec1_der(der).ok().map(Kind::P521)
}

/// Whether a signature of a message is valid. False for unsupported algorithms, such as those with SHA-1.
pub(super) fn verifies(
    public: SubjectPublicKeyInfoRef<'_>,
    algorithm: &ObjectIdentifier,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Ok(der) = public.to_der() else { return false };
    match *algorithm {
        rfc5912::ECDSA_WITH_SHA_256 => ecdsa(&der, &Sha256::digest(message), signature),
        rfc5912::ECDSA_WITH_SHA_384 => ecdsa(&der, &Sha384::digest(message), signature),
        rfc5912::ECDSA_WITH_SHA_512 => ecdsa(&der, &Sha512::digest(message), signature),
        rfc5912::SHA_256_WITH_RSA_ENCRYPTION => rsa_verifies::<Sha256>(public, message, signature),
        rfc5912::SHA_384_WITH_RSA_ENCRYPTION => rsa_verifies::<Sha384>(public, message, signature),
        rfc5912::SHA_512_WITH_RSA_ENCRYPTION => rsa_verifies::<Sha512>(public, message, signature),
        rfc8410::ID_ED_25519 => {
            use p256::pkcs8::DecodePublicKey as _;
            let key = ed25519_dalek::VerifyingKey::from_public_key_der(&der);
            let signature = ed25519_dalek::Signature::from_slice(signature);
            matches!((key, signature), (Ok(key), Ok(signature)) if key.verify_strict(message, &signature).is_ok())
        }
        _ => false,
    }
}

fn ecdsa(public: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    use p256::pkcs8::DecodePublicKey as _;
    if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(public) {
        return p256::ecdsa::DerSignature::from_bytes(signature)
            .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok());
    }
    if let Ok(key) = p384::ecdsa::VerifyingKey::from_public_key_der(public) {
        return p384::ecdsa::DerSignature::from_bytes(signature)
            .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok());
    }
    if let Ok(key) = p521::ecdsa::VerifyingKey::from_public_key_der(public) {
        return p521::ecdsa::DerSignature::from_bytes(signature)
            .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok());
    }
    false
}

fn rsa_verifies<D>(public: SubjectPublicKeyInfoRef<'_>, message: &[u8], signature: &[u8]) -> bool
where
    D: sha2::Digest + der::oid::AssociatedOid,
{
    let Ok(key) = rsa::PublicKey::try_from(public) else {
        return false;
    };
    let key = rsa::pkcs1v15::VerifyingKey::<D>::new(key);
    rsa::pkcs1v15::Signature::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}
