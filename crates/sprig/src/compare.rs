//! Comparison: Go's builtins and sprig's `deepEqual`.

use std::cmp::Ordering;

use super::registry::{go, sprig};
use super::{Call, Fault, Function, Outcome};
use govalue::Type::{Any, Reflect};
use govalue::compare::{equal, order};
use govalue::{CompareError, deep_equal};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    go("eq", &[Reflect, Reflect], "(bool, error)", eq, "whether the first value equals one of the others").variadic(),
    go("ge", &[Reflect, Reflect], "(bool, error)", ge, "whether the first value is greater or equal"),
    go("gt", &[Reflect, Reflect], "(bool, error)", gt, "whether the first value is greater"),
    go("le", &[Reflect, Reflect], "(bool, error)", le, "whether the first value is less or equal"),
    go("lt", &[Reflect, Reflect], "(bool, error)", lt, "whether the first value is less"),
    go("ne", &[Reflect, Reflect], "(bool, error)", ne, "whether two values differ"),
    sprig("deepEqual", &[Any, Any], "bool", deep, "whether two values have the same type and contents"),
];

impl From<CompareError> for Fault {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Types(text) => Self::Failed(text),
            CompareError::Limit(limit) => limit.into(),
        }
    }
}

fn is_equal(call: &mut Call<'_>) -> Result<bool, Fault> {
    if call.len() < 2 {
        return Err("missing argument for comparison".into());
    }
    call.metered(|arguments, meter| {
        for other in &arguments[1..] {
            if equal(&arguments[0], other, meter)? {
                return Ok(true);
            }
        }
        Ok::<_, CompareError>(false)
    })
}

fn eq(call: &mut Call<'_>) -> Outcome {
    is_equal(call).map(Into::into)
}

fn ne(call: &mut Call<'_>) -> Outcome {
    is_equal(call).map(|equal| (!equal).into())
}

fn is_less(call: &Call<'_>) -> Result<bool, Fault> {
    Ok(order(call.value(0), call.value(1))? == Some(Ordering::Less))
}

fn is_less_or_equal(call: &Call<'_>) -> Result<bool, Fault> {
    Ok(order(call.value(0), call.value(1))?.is_some_and(Ordering::is_le))
}

fn lt(call: &mut Call<'_>) -> Outcome {
    is_less(call).map(Into::into)
}

fn le(call: &mut Call<'_>) -> Outcome {
    is_less_or_equal(call).map(Into::into)
}

fn gt(call: &mut Call<'_>) -> Outcome {
    is_less_or_equal(call).map(|less| (!less).into())
}

fn ge(call: &mut Call<'_>) -> Outcome {
    is_less(call).map(|less| (!less).into())
}

fn deep(call: &mut Call<'_>) -> Outcome {
    call.metered(|arguments, meter| deep_equal(&arguments[0], &arguments[1], meter))
        .map(Into::into)
}
