//! The functions of the language, with their argument and result types.

use super::Type::{self, Matrix, Scalar, String, Vector};

#[derive(Clone, Copy)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [Type],
    /// How many arguments beyond `arguments.len() - 1` are allowed. 0: exactly those listed; negative: any number.
    pub(super) variadic: i8,
    pub(super) result: Type,
    pub(super) experimental: bool,
}

/// Finds a function by its name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    let at = FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok()?;
    FUNCTIONS.get(at)
}

/// The function name most similar to a misspelt one.
pub(super) fn similar(name: &str) -> Option<&'static str> {
    suggest::closest(name, FUNCTIONS.iter().map(|function| function.name))
}

const fn function(name: &'static str, arguments: &'static [Type], result: Type) -> Function {
    Function {
        name,
        arguments,
        variadic: 0,
        result,
        experimental: false,
    }
}

const fn variadic(name: &'static str, arguments: &'static [Type], variadic: i8) -> Function {
    Function {
        variadic,
        ..function(name, arguments, Vector)
    }
}

const fn experimental(function: Function) -> Function {
    Function {
        experimental: true,
        ..function
    }
}

/// Sorted by name.
const FUNCTIONS: &[Function] = &[
    function("abs", &[Vector], Vector),
    function("absent", &[Vector], Vector),
    function("absent_over_time", &[Matrix], Vector),
    function("acos", &[Vector], Vector),
    function("acosh", &[Vector], Vector),
    function("asin", &[Vector], Vector),
    function("asinh", &[Vector], Vector),
    function("atan", &[Vector], Vector),
    function("atanh", &[Vector], Vector),
    function("avg_over_time", &[Matrix], Vector),
    function("ceil", &[Vector], Vector),
    function("changes", &[Matrix], Vector),
    function("clamp", &[Vector, Scalar, Scalar], Vector),
    function("clamp_max", &[Vector, Scalar], Vector),
    function("clamp_min", &[Vector, Scalar], Vector),
    function("cos", &[Vector], Vector),
    function("cosh", &[Vector], Vector),
    function("count_over_time", &[Matrix], Vector),
    variadic("day_of_month", &[Vector], 1),
    variadic("day_of_week", &[Vector], 1),
    variadic("day_of_year", &[Vector], 1),
    variadic("days_in_month", &[Vector], 1),
    function("deg", &[Vector], Vector),
    function("delta", &[Matrix], Vector),
    function("deriv", &[Matrix], Vector),
    experimental(function(
        "double_exponential_smoothing",
        &[Matrix, Scalar, Scalar],
        Vector,
    )),
    experimental(function("end", &[], Scalar)),
    function("exp", &[Vector], Vector),
    function("first_over_time", &[Matrix], Vector),
    function("floor", &[Vector], Vector),
    function("histogram_avg", &[Vector], Vector),
    function("histogram_count", &[Vector], Vector),
    function("histogram_fraction", &[Scalar, Scalar, Vector], Vector),
    function("histogram_quantile", &[Scalar, Vector], Vector),
    experimental(variadic("histogram_quantiles", &[Vector, String, Scalar, Scalar], 9)),
    function("histogram_stddev", &[Vector], Vector),
    function("histogram_stdvar", &[Vector], Vector),
    function("histogram_sum", &[Vector], Vector),
    variadic("hour", &[Vector], 1),
    function("idelta", &[Matrix], Vector),
    function("increase", &[Matrix], Vector),
    experimental(variadic("info", &[Vector, Vector], 1)),
    experimental(variadic("integral", &[Matrix, Scalar], 1)),
    function("irate", &[Matrix], Vector),
    variadic("label_join", &[Vector, String, String, String], -1),
    function("label_replace", &[Vector, String, String, String, String], Vector),
    function("last_over_time", &[Matrix], Vector),
    function("ln", &[Vector], Vector),
    function("log10", &[Vector], Vector),
    function("log2", &[Vector], Vector),
    experimental(function("mad_over_time", &[Matrix], Vector)),
    experimental(function("max_of", &[Scalar, Scalar], Scalar)),
    function("max_over_time", &[Matrix], Vector),
    experimental(function("min_of", &[Scalar, Scalar], Scalar)),
    function("min_over_time", &[Matrix], Vector),
    variadic("minute", &[Vector], 1),
    variadic("month", &[Vector], 1),
    function("pi", &[], Scalar),
    function("predict_linear", &[Matrix, Scalar], Vector),
    function("present_over_time", &[Matrix], Vector),
    function("quantile_over_time", &[Scalar, Matrix], Vector),
    function("rad", &[Vector], Vector),
    experimental(function("range", &[], Scalar)),
    function("rate", &[Matrix], Vector),
    function("resets", &[Matrix], Vector),
    variadic("round", &[Vector, Scalar], 1),
    function("scalar", &[Vector], Scalar),
    function("sgn", &[Vector], Vector),
    function("sin", &[Vector], Vector),
    function("sinh", &[Vector], Vector),
    function("sort", &[Vector], Vector),
    experimental(variadic("sort_by_label", &[Vector, String], -1)),
    experimental(variadic("sort_by_label_desc", &[Vector, String], -1)),
    function("sort_desc", &[Vector], Vector),
    function("sqrt", &[Vector], Vector),
    experimental(function("start", &[], Scalar)),
    experimental(function("start_timestamp", &[Vector], Vector)),
    function("stddev_over_time", &[Matrix], Vector),
    function("stdvar_over_time", &[Matrix], Vector),
    experimental(function("step", &[], Scalar)),
    function("sum_over_time", &[Matrix], Vector),
    function("tan", &[Vector], Vector),
    function("tanh", &[Vector], Vector),
    function("time", &[], Scalar),
    function("timestamp", &[Vector], Vector),
    experimental(function("ts_of_first_over_time", &[Matrix], Vector)),
    experimental(function("ts_of_last_over_time", &[Matrix], Vector)),
    experimental(function("ts_of_max_over_time", &[Matrix], Vector)),
    experimental(function("ts_of_min_over_time", &[Matrix], Vector)),
    function("vector", &[Scalar], Vector),
    variadic("year", &[Vector], 1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted() {
        assert!(FUNCTIONS.is_sorted_by_key(|function| function.name));
        assert_eq!(find("rate").map(|function| function.result), Some(Vector));
        assert_eq!(similar("ratatouille"), None);
        assert_eq!(similar("histogram_quantil"), Some("histogram_quantile"));
    }
}
