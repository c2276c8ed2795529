//! Functions that render templates, end the render, or choose a value.

use super::registry::{helm, sprig};
use super::{Call, Fault, Function, Outcome};
use govalue::Type::{Any, Bool, String as Str};
use govalue::{Entries, View, is_empty, map, nil};

/// The markers that Helm puts around the message of `fail` and `required`, to find it in the error chain.
pub const WARNING: (&str, &str) = ("HELM_ERR_START", "HELM_ERR_END");

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    helm("fail", &[Str], "(string, error)", fail, "ends the render with the message"),
    helm("include", &[Str, Any], "(string, error)", include, "what the named template renders with the given dot"),
    helm("lookup", &[Str; 4], "(map[string]interface {}, error)", lookup, "an empty map: there is no cluster to ask"),
    helm("required", &[Str, Any], "(interface {}, error)", required, "the value; ends the render with the message where it is nil or an empty string"),
    helm("tpl", &[Str, Any], "(string, error)", tpl, "what the text renders as a template with the given dot"),
    sprig("all", &[Any], "bool", all, "whether no value is empty").variadic(),
    sprig("any", &[Any], "bool", any, "whether some value is not empty").variadic(),
    sprig("coalesce", &[Any], "interface {}", coalesce, "the first value that is not empty, or nil").variadic(),
    sprig("default", &[Any, Any], "interface {}", default, "the last value, or the first where that is empty").variadic(),
    sprig("empty", &[Any], "bool", empty, "whether the value is nil, zero, false, or has no elements"),
    sprig("ternary", &[Any, Any, Bool], "interface {}", ternary, "the first value where the last is true, else the second"),
];

fn warning(message: &str) -> Fault {
    Fault::new(format!("{}{message}{}", WARNING.0, WARNING.1))
}

fn fail(call: &mut Call<'_>) -> Outcome {
    Err(warning(call.str(0)))
}

fn include(call: &mut Call<'_>) -> Outcome {
    let (name, dot) = (call.arguments[0].clone(), call.arguments[1].clone());
    call.host.include(name.as_str().unwrap_or_default(), &dot)
}

fn lookup(call: &mut Call<'_>) -> Outcome {
    match call.host.cluster() {
        None => Ok(map(Entries::new())),
        Some(cluster) => cluster
            .lookup(call.str(0), call.str(1), call.str(2), call.str(3))
            .map_err(Fault::new),
    }
}

fn required(call: &mut Call<'_>) -> Outcome {
    match call.view(1) {
        View::Invalid | View::Nil | View::String("") => Err(warning(call.str(0))),
        _ => Ok(call.value(1).clone()),
    }
}

fn tpl(call: &mut Call<'_>) -> Outcome {
    let (text, dot) = (call.arguments[0].clone(), call.arguments[1].clone());
    call.host.tpl(text.as_str().unwrap_or_default(), &dot)
}

fn all(call: &mut Call<'_>) -> Outcome {
    Ok(call.rest(0).iter().all(|value| !is_empty(value)).into())
}

fn any(call: &mut Call<'_>) -> Outcome {
    Ok(call.rest(0).iter().any(|value| !is_empty(value)).into())
}

fn coalesce(call: &mut Call<'_>) -> Outcome {
    Ok(call
        .rest(0)
        .iter()
        .find(|value| !is_empty(value))
        .cloned()
        .unwrap_or_else(nil))
}

fn default(call: &mut Call<'_>) -> Outcome {
    // Only the first of the values counts: `default "d" "" "x"` is "d".
    Ok(call.value(usize::from(!is_empty(call.value(1)))).clone())
}

fn empty(call: &mut Call<'_>) -> Outcome {
    Ok(is_empty(call.value(0)).into())
}

fn ternary(call: &mut Call<'_>) -> Outcome {
    Ok(call.value(usize::from(!call.bool(2))).clone())
}
