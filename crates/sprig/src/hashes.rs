//! Hashes and checksums.

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::registry::sprig;
use super::strings::bytes;
use super::{Call, Function, Outcome};
use govalue::Type::String as Str;

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("adler32sum", &[Str], "string", adler32sum, "the Adler-32 checksum of the string, as a decimal number"),
    sprig("sha1sum", &[Str], "string", sha1sum, "the SHA-1 hash of the string, in hexadecimal"),
    sprig("sha256sum", &[Str], "string", sha256sum, "the SHA-256 hash of the string, in hexadecimal"),
    sprig("sha512sum", &[Str], "string", sha512sum, "the SHA-512 hash of the string, in hexadecimal"),
];

fn hex(hash: &[u8]) -> String {
    let mut text = String::with_capacity(hash.len() * 2);
    for byte in hash {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

fn hashed<D: Digest>(call: &mut Call<'_>) -> Outcome {
    call.charge_text(call.str(0).len())?;
    Ok(hex(&D::digest(bytes(call, 0))).into())
}

fn sha1sum(call: &mut Call<'_>) -> Outcome {
    hashed::<Sha1>(call)
}

fn sha256sum(call: &mut Call<'_>) -> Outcome {
    hashed::<Sha256>(call)
}

fn sha512sum(call: &mut Call<'_>) -> Outcome {
    hashed::<Sha512>(call)
}

fn adler32sum(call: &mut Call<'_>) -> Outcome {
    const MODULUS: u32 = 65_521;
    call.charge_text(call.str(0).len())?;
    let (a, b) = bytes(call, 0).iter().fold((1, 0), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % MODULUS;
        (a, (b + a) % MODULUS)
    });
    Ok((b << 16 | a).to_string().into())
}
