//! Base64 and base32.

use super::registry::sprig;
use super::strings::{bytes, text};
use super::{Call, Function, Outcome};
use gostd::base64;
use govalue::Type::String as Str;

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("b32dec", &[Str], "string", b32dec, "what a base 32 text holds; the message where it is none"),
    sprig("b32enc", &[Str], "string", b32enc, "the string in base 32"),
    sprig("b64dec", &[Str], "string", b64dec, "what a base 64 text holds; the message where it is none"),
    sprig("b64enc", &[Str], "string", b64enc, "the string in base 64"),
];

fn b64enc(call: &mut Call<'_>) -> Outcome {
    call.charge_text(call.str(0).len().saturating_mul(2))?;
    Ok(base64::encode(&bytes(call, 0)).into())
}

fn b32enc(call: &mut Call<'_>) -> Outcome {
    call.charge_text(call.str(0).len().saturating_mul(2))?;
    Ok(base64::encode32(&bytes(call, 0)).into())
}

fn b64dec(call: &mut Call<'_>) -> Outcome {
    call.charge_text(call.str(0).len())?;
    Ok(match base64::decode(&bytes(call, 0)) {
        Ok(bytes) => text(&bytes),
        Err(message) => message.into(),
    })
}

fn b32dec(call: &mut Call<'_>) -> Outcome {
    call.charge_text(call.str(0).len())?;
    Ok(match base64::decode32(&bytes(call, 0)) {
        Ok(bytes) => text(&bytes),
        Err(message) => message.into(),
    })
}
