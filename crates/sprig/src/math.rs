//! Arithmetic. Integer functions convert their arguments to int64; functions ending in `f` use decimal arithmetic.

use super::registry::sprig;
use super::{Call, Fault, Function, Outcome};
use gostd::decimal::Decimal;
use gostd::int::{IntError, parse_int};
use govalue::Type::{Any, Float64, Int, String as Str};
use govalue::cast::{to_float, to_int};
use govalue::{Element, Value, int64, list_of, sprint_metered};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("add", &[Any], "int64", add, "the sum").variadic(),
    sprig("add1", &[Any], "int64", add1, "the number and 1"),
    sprig("add1f", &[Any], "float64", add1f, "the number and 1"),
    sprig("addf", &[Any], "float64", addf, "the sum").variadic(),
    sprig("atoi", &[Str], "int", atoi, "the decimal number that the string holds, or 0"),
    sprig("biggest", &[Any, Any], "int64", max, "the same as max").variadic(),
    sprig("ceil", &[Any], "float64", ceil, "the number rounded up"),
    sprig("div", &[Any, Any], "int64", div, "the whole part of the quotient"),
    sprig("divf", &[Any, Any], "float64", divf, "the quotient").variadic(),
    sprig("float64", &[Any], "float64", float64, "the value as a float64, or 0"),
    sprig("floor", &[Any], "float64", floor, "the number rounded down"),
    sprig("int", &[Any], "int", int, "the value as an int, or 0"),
    sprig("int64", &[Any], "int64", int_64, "the value as an int64, or 0"),
    sprig("max", &[Any, Any], "int64", max, "the greatest number").variadic(),
    sprig("maxf", &[Any, Any], "float64", maxf, "the greatest number").variadic(),
    sprig("min", &[Any, Any], "int64", min, "the least number").variadic(),
    sprig("minf", &[Any, Any], "float64", minf, "the least number").variadic(),
    sprig("mod", &[Any, Any], "int64", modulo, "the rest of the division"),
    sprig("mul", &[Any, Any], "int64", mul, "the product").variadic(),
    sprig("mulf", &[Any, Any], "float64", mulf, "the product").variadic(),
    sprig("round", &[Any, Int, Float64], "float64", round, "the number to so many decimals; the last argument is where rounding up begins, 0.5 without it").variadic(),
    sprig("seq", &[Int], "string", seq, "the numbers from the first to the last with a step between them, as one string").variadic(),
    sprig("sub", &[Any, Any], "int64", sub, "the difference"),
    sprig("subf", &[Any, Any], "float64", subf, "the difference").variadic(),
    sprig("toDecimal", &[Any], "int64", to_decimal, "the number whose octal digits these are, or 0"),
    sprig("until", &[Int], "[]int", until, "the numbers from 0 to before the number"),
    sprig("untilStep", &[Int, Int, Int], "[]int", until_step, "the numbers from the first to before the second, with a step"),
];

fn add(call: &mut Call<'_>) -> Outcome {
    Ok(int64(call.rest(0).iter().map(to_int).fold(0, i64::wrapping_add)))
}

fn add1(call: &mut Call<'_>) -> Outcome {
    Ok(int64(to_int(call.value(0)).wrapping_add(1)))
}

fn sub(call: &mut Call<'_>) -> Outcome {
    Ok(int64(to_int(call.value(0)).wrapping_sub(to_int(call.value(1)))))
}

fn mul(call: &mut Call<'_>) -> Outcome {
    Ok(int64(call.rest(0).iter().map(to_int).fold(1, i64::wrapping_mul)))
}

/// Both operands of a division. The second is not 0.
fn dividend_and_divisor(call: &Call<'_>) -> Result<(i64, i64), Fault> {
    match to_int(call.value(1)) {
        0 => Err("runtime error: integer divide by zero".into()),
        divisor => Ok((to_int(call.value(0)), divisor)),
    }
}

fn div(call: &mut Call<'_>) -> Outcome {
    dividend_and_divisor(call).map(|(a, b)| int64(a.wrapping_div(b)))
}

fn modulo(call: &mut Call<'_>) -> Outcome {
    dividend_and_divisor(call).map(|(a, b)| int64(a.wrapping_rem(b)))
}

fn max(call: &mut Call<'_>) -> Outcome {
    Ok(int64(call.rest(0).iter().map(to_int).max().unwrap_or(0)))
}

fn min(call: &mut Call<'_>) -> Outcome {
    Ok(int64(call.rest(0).iter().map(to_int).min().unwrap_or(0)))
}

/// Go's `math.Max` and `math.Min`: an infinity takes precedence over NaN, NaN over any other number; -0 is less than 0.
fn extreme(call: &Call<'_>, infinity: f64) -> f64 {
    let numbers = call.rest(0).iter().map(to_float);
    numbers
        .reduce(|a, b| {
            #[expect(clippy::float_cmp, reason = "infinities are equal to themselves")]
            if a == infinity || b == infinity {
                infinity
            } else if a.is_nan() || b.is_nan() {
                f64::NAN
            } else if (a.total_cmp(&b) == std::cmp::Ordering::Less) == (infinity > 0.0) {
                b
            } else {
                a
            }
        })
        .unwrap_or(0.0)
}

fn maxf(call: &mut Call<'_>) -> Outcome {
    Ok(extreme(call, f64::INFINITY).into())
}

fn minf(call: &mut Call<'_>) -> Outcome {
    Ok(extreme(call, f64::NEG_INFINITY).into())
}

fn floor(call: &mut Call<'_>) -> Outcome {
    Ok(to_float(call.value(0)).floor().into())
}

fn ceil(call: &mut Call<'_>) -> Outcome {
    Ok(to_float(call.value(0)).ceil().into())
}

fn round(call: &mut Call<'_>) -> Outcome {
    let on = if call.len() > 2 { call.float(2) } else { 0.5 };
    #[expect(clippy::cast_precision_loss, reason = "as sprig computes")]
    let power = pow10(call.int(1) as f64);
    let digits = power * to_float(call.value(0));
    let fraction = if digits.is_infinite() { f64::NAN } else { digits.fract() };
    let rounded = if fraction >= on { digits.ceil() } else { digits.floor() };
    Ok((rounded / power).into())
}

/// Go's `math.Pow(10, places)` for integers: exact where possible.
fn pow10(places: f64) -> f64 {
    if places.abs() < 400.0 {
        format!("1e{places}").parse().unwrap_or(1.0)
    } else {
        10f64.powf(places)
    }
}

fn int(call: &mut Call<'_>) -> Outcome {
    Ok(to_int(call.value(0)).into())
}

fn int_64(call: &mut Call<'_>) -> Outcome {
    Ok(int64(to_int(call.value(0))))
}

fn float64(call: &mut Call<'_>) -> Outcome {
    Ok(to_float(call.value(0)).into())
}

fn atoi(call: &mut Call<'_>) -> Outcome {
    let text = call.str(0);
    Ok(match parse_int(text, 10) {
        Ok(value) => value,
        Err(IntError::Range) if text.starts_with('-') => i64::MIN,
        Err(IntError::Range) => i64::MAX,
        Err(IntError::Syntax) => 0,
    }
    .into())
}

fn to_decimal(call: &mut Call<'_>) -> Outcome {
    let text = call.metered(|arguments, meter| sprint_metered(&arguments[0], meter))?;
    Ok(int64(parse_int(&text, 8).unwrap_or(0)))
}

/// Folds the arguments as decimal numbers, from the left.
fn decimals(
    call: &mut Call<'_>,
    start: Option<f64>,
    operation: impl Fn(&Decimal, &Decimal) -> Result<Decimal, String>,
) -> Outcome {
    // Products grow with each factor.
    call.host
        .charge(call.arguments.len().saturating_mul(call.arguments.len()) / 8)?;
    let mut numbers = start.into_iter().chain(call.rest(0).iter().map(to_float));
    let mut result = Decimal::from_float(numbers.next().unwrap_or(0.0))?;
    for number in numbers {
        result = operation(&result, &Decimal::from_float(number)?)?;
    }
    Ok(result.to_float().into())
}

fn addf(call: &mut Call<'_>) -> Outcome {
    decimals(call, Some(0.0), |a, b| Ok(a.plus(b)))
}

fn add1f(call: &mut Call<'_>) -> Outcome {
    decimals(call, Some(1.0), |a, b| Ok(a.plus(b)))
}

fn subf(call: &mut Call<'_>) -> Outcome {
    decimals(call, None, |a, b| Ok(a.minus(b)))
}

fn mulf(call: &mut Call<'_>) -> Outcome {
    decimals(call, None, |a, b| Ok(a.times(b)))
}

fn divf(call: &mut Call<'_>) -> Outcome {
    decimals(call, None, Decimal::over)
}

/// The numbers from `start` up to but not including `stop`, charged.
fn range(call: &mut Call<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Fault> {
    let count = if step == 0 || (stop < start) != (step < 0) {
        0
    } else {
        start.abs_diff(stop).div_ceil(step.unsigned_abs())
    };
    call.charge_items(usize::try_from(count).unwrap_or(usize::MAX))?;
    let numbers = (0..count).map(|at| start.wrapping_add(step.wrapping_mul(at.cast_signed())));
    Ok(numbers.collect())
}

fn ints(numbers: Vec<i64>) -> Value {
    list_of(Element::Int, numbers.into_iter().map(Value::from).collect())
}

fn until(call: &mut Call<'_>) -> Outcome {
    let stop = call.int(0);
    range(call, 0, stop, if stop < 0 { -1 } else { 1 }).map(ints)
}

fn until_step(call: &mut Call<'_>) -> Outcome {
    let (start, stop, step) = (call.int(0), call.int(1), call.int(2));
    range(call, start, stop, step).map(ints)
}

fn seq(call: &mut Call<'_>) -> Outcome {
    let (start, step, end) = match call.len() {
        1 => (1, None, call.int(0)),
        2 => (call.int(0), None, call.int(1)),
        3 => (call.int(0), Some(call.int(1)), call.int(2)),
        _ => return Ok("".into()),
    };
    let direction = if end < start { -1 } else { 1 };
    if end < start && step.is_some_and(|step| step > 0) {
        return Ok("".into());
    }
    let numbers = range(call, start, end.wrapping_add(direction), step.unwrap_or(direction))?;
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    Ok(texts.join(" ").into())
}
