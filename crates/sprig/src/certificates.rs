//! Private keys and certificates.

use std::net::IpAddr;

use super::registry::sprig;
use super::strings::bytes;
use super::{Call, Fault, Function, Outcome};
use gostd::base64;
use gostd::string::{decode, encode};
use govalue::Type::{Certificate as Cert, Int, List, String as Str};
use govalue::{Struct, Value, View, object, sprint, view};
use gox509::{Certificate, KeyType, PrivateKey, Template, create, decode_pem, encode_pem};
use system::SystemRng;

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("buildCustomCert", &[Str, Str], CERTIFICATE, build_custom_cert, "the certificate and key of two PEM texts in base 64"),
    sprig("genCA", &[Str, Int], CERTIFICATE, gen_ca, "a new certificate authority: common name, days"),
    sprig("genCAWithKey", &[Str, Int, Str], CERTIFICATE, gen_ca_with_key, "a new certificate authority for a key in PEM"),
    sprig("genPrivateKey", &[Str], "string", gen_private_key, "a new private key in PEM: `rsa`, `ecdsa`, `ed25519` or `dsa`"),
    sprig("genSelfSignedCert", &[Str, List, List, Int], CERTIFICATE, gen_self_signed, "a certificate signed by itself: common name, addresses, host names, days"),
    sprig("genSelfSignedCertWithKey", &[Str, List, List, Int, Str], CERTIFICATE, gen_self_signed_with_key, "a certificate signed by itself, for a key in PEM"),
    sprig("genSignedCert", &[Str, List, List, Int, Cert], CERTIFICATE, gen_signed, "a certificate signed by an authority: common name, addresses, host names, days, authority"),
    sprig("genSignedCertWithKey", &[Str, List, List, Int, Cert, Str], CERTIFICATE, gen_signed_with_key, "a certificate signed by an authority, for a key in PEM"),
];

const CERTIFICATE: &str = "(sprig.certificate, error)";

/// sprig's `certificate` struct.
#[derive(Debug)]
struct Pair {
    certificate: String,
    key: String,
}

impl Struct for Pair {
    fn type_name(&self) -> &'static str {
        "sprig.certificate"
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Cert", Value::from(self.certificate.as_str())),
            ("Key", Value::from(self.key.as_str())),
        ]
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// The cost of generating a key: 100,000 units for an RSA key of 2048 bits, eight times that for twice the bits. Charts
/// that repeatedly include a file with certificates reach a hundred such keys.
fn effort(key_type: KeyType) -> usize {
    match key_type {
        KeyType::Rsa(bits) => bits.saturating_mul(bits).saturating_mul(bits) / 85_899,
        KeyType::Dsa => 2_000_000,
        KeyType::Ecdsa | KeyType::Ed25519 => 1_000,
    }
}

fn generate(call: &mut Call<'_>, key_type: KeyType) -> Result<PrivateKey, Fault> {
    call.host.charge(effort(key_type))?;
    PrivateKey::generate(key_type, &mut SystemRng(call.host.chance()?))
        .map_err(|error| Fault::new(format!("error generating rsa key: {error}")))
}

fn gen_private_key(call: &mut Call<'_>) -> Outcome {
    let key_type = match call.str(0) {
        "" | "rsa" => KeyType::Rsa(4096),
        "dsa" => KeyType::Dsa,
        "ecdsa" => KeyType::Ecdsa,
        "ed25519" => KeyType::Ed25519,
        other => return Ok(format!("Unknown type {other}").into()),
    };
    Ok(generate(call, key_type)?.to_pem().into())
}

/// A new key, or the key in the argument at an index.
fn key(call: &mut Call<'_>, index: Option<usize>) -> Result<PrivateKey, Fault> {
    match index {
        None => generate(call, KeyType::Rsa(2048)),
        Some(index) => {
            PrivateKey::from_pem(call.str(index)).map_err(|error| Fault::new(format!("parsing private key: {error}")))
        }
    }
}

/// The elements of a list that must all be strings; `what` begins the error message.
fn strings(call: &Call<'_>, index: Option<usize>, what: &str) -> Result<Vec<String>, Fault> {
    let values = index.map(|index| call.list(index)).unwrap_or_default();
    let string = |value: &Value| match view(value) {
        View::String(text) => Ok(encode(&decode(text)).into_owned()),
        _ => Err(Fault::new(format!("{what}: {} is not a string", sprint(value)))),
    };
    values.iter().map(string).collect()
}

/// The certificate template that sprig uses.
fn template(call: &Call<'_>, names: Option<(usize, usize)>, days: usize) -> Result<Template, Fault> {
    let addresses = strings(call, names.map(|(addresses, _)| addresses), "error parsing ip")?
        .into_iter()
        .map(|text| match text.parse::<IpAddr>() {
            Ok(address) => Ok(address),
            Err(_) => Err(Fault::new(format!("error parsing ip: {text}"))),
        })
        .collect::<Result<_, _>>()?;
    let dns_names = strings(call, names.map(|(_, dns)| dns), "error processing alternate dns name")?;
    let system = call.host.chance()?;
    let mut serial = [0; 16];
    system.random(&mut serial);
    let now = system.now();
    let begin = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    // In Go an overflowing Duration wraps around.
    let valid = call.int(days).wrapping_mul(86_400_000_000_000);
    let end = begin.saturating_add((valid.saturating_add(i64::from(now.subsec_nanos()))).div_euclid(1_000_000_000));
    Ok(Template {
        serial: serial.to_vec(),
        common_name: call.str(0).to_owned(),
        not_before: begin,
        not_after: end,
        dns_names,
        addresses,
        is_ca: false,
    })
}

fn pair(template: &Template, key: &PrivateKey, signer: Option<(&Certificate, &PrivateKey)>) -> Outcome {
    let der = create(template, key, signer).map_err(|error| format!("error creating certificate: {error}"))?;
    Ok(object(Pair {
        certificate: encode_pem("CERTIFICATE", &der),
        key: key.to_pem(),
    }))
}

fn authority(call: &mut Call<'_>, pem: Option<usize>) -> Outcome {
    let key = key(call, pem)?;
    let template = Template {
        is_ca: true,
        ..template(call, None, 1)?
    };
    pair(&template, &key, None)
}

fn gen_ca(call: &mut Call<'_>) -> Outcome {
    authority(call, None)
}

fn gen_ca_with_key(call: &mut Call<'_>) -> Outcome {
    authority(call, Some(2))
}

fn self_signed(call: &mut Call<'_>, pem: Option<usize>) -> Outcome {
    let key = key(call, pem)?;
    pair(&template(call, Some((1, 2)), 3)?, &key, None)
}

fn gen_self_signed(call: &mut Call<'_>) -> Outcome {
    self_signed(call, None)
}

fn gen_self_signed_with_key(call: &mut Call<'_>) -> Outcome {
    self_signed(call, Some(4))
}

fn signed(call: &mut Call<'_>, pem: Option<usize>) -> Outcome {
    let key = key(call, pem)?;
    let authority = call.structure::<Pair>(4).ok_or("unable to decode certificate")?;
    let block = decode_pem(&authority.certificate).ok_or("unable to decode certificate")?;
    let parent = Certificate::parse(&block.bytes)
        .map_err(|error| format!("error parsing certificate: decodedSignerCert.Bytes: {error}"))?;
    let parent_key =
        PrivateKey::from_pem(&authority.key).map_err(|error| format!("error parsing private key: {error}"))?;
    pair(&template(call, Some((1, 2)), 3)?, &key, Some((&parent, &parent_key)))
}

fn gen_signed(call: &mut Call<'_>) -> Outcome {
    signed(call, None)
}

fn gen_signed_with_key(call: &mut Call<'_>) -> Outcome {
    signed(call, Some(5))
}

fn build_custom_cert(call: &mut Call<'_>) -> Outcome {
    call.charge_text(call.str(0).len() + call.str(1).len())?;
    let certificate = base64::decode(&bytes(call, 0)).map_err(|_| "unable to decode base64 certificate")?;
    let key = base64::decode(&bytes(call, 1)).map_err(|_| "unable to decode base64 private key")?;
    let (certificate, key) = (encode(&certificate).into_owned(), encode(&key).into_owned());
    let block = decode_pem(&certificate).ok_or("unable to decode certificate")?;
    Certificate::parse(&block.bytes)
        .map_err(|error| format!("error parsing certificate: decodedCert.Bytes: {error}"))?;
    PrivateKey::from_pem(&key).map_err(|error| format!("error parsing private key: {error}"))?;
    Ok(object(Pair { certificate, key }))
}
