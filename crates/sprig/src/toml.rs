//! TOML.

use super::dates::local;
use super::json::error_map;
use super::registry::helm;
use super::{Call, Fault, Function, Outcome};
use govalue::Type::{Any, String as Str};
use govalue::toml::{EncodeError, decode, encode};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    helm("fromToml", &[Str], "map[string]interface {}", from_toml, "the table that a TOML text holds; the message under `Error` where it does not"),
    helm("mustToToml", &[Any], "string", must_to_toml, "the value as TOML; fails where that cannot be"),
    helm("toToml", &[Any], "string", to_toml, "the value as TOML; the message where that cannot be"),
];

impl From<EncodeError> for Fault {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Refused(text) | EncodeError::Panic(text) => Self::Failed(text),
            EncodeError::Limit(limit) => limit.into(),
        }
    }
}

fn must_to_toml(call: &mut Call<'_>) -> Outcome {
    call.metered(|arguments, meter| encode(&arguments[0], meter))
        .map(Into::into)
}

fn to_toml(call: &mut Call<'_>) -> Outcome {
    let text = call.metered(|arguments, meter| match encode(&arguments[0], meter) {
        Err(EncodeError::Refused(message)) => Ok(message),
        encoded => encoded,
    })?;
    Ok(text.into())
}

fn from_toml(call: &mut Call<'_>) -> Outcome {
    call.charge_items(call.str(0).len() / 4)?;
    let local = local(call.host.system());
    Ok(decode(call.str(0), &local).unwrap_or_else(error_map))
}
