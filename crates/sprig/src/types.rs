//! Functions that inspect the type of a value.

use super::registry::sprig;
use super::{Call, Function, Outcome};
use govalue::Type::{Any, String as Str};
use govalue::Value;

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("kindIs", &[Str, Any], "bool", kind_is, "whether the value is of this kind"),
    sprig("kindOf", &[Any], "string", kind_of, "the kind of the value: `string`, `map`, `slice`, `float64` and so on"),
    sprig("typeIs", &[Str, Any], "bool", type_is, "whether the value is of this type"),
    sprig("typeIsLike", &[Str, Any], "bool", type_is_like, "whether the value is of this type or points to one"),
    sprig("typeOf", &[Any], "string", type_of, "the type of the value, as Go writes it"),
];

fn type_of(call: &mut Call<'_>) -> Outcome {
    Ok(Value::from(call.view(0).type_name().as_ref()))
}

fn kind_of(call: &mut Call<'_>) -> Outcome {
    Ok(call.view(0).kind_name().into())
}

fn type_is(call: &mut Call<'_>) -> Outcome {
    Ok((call.str(0) == call.view(1).type_name()).into())
}

fn kind_is(call: &mut Call<'_>) -> Outcome {
    Ok((call.str(0) == call.view(1).kind_name()).into())
}

fn type_is_like(call: &mut Call<'_>) -> Outcome {
    let found = call.view(1).type_name();
    Ok((call.str(0) == found || found.strip_prefix('*') == Some(call.str(0))).into())
}
