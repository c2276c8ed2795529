//! Expressions with the verdicts of Prometheus' own parser: `tests/suite/promql`.

use libtest_mimic::Trial;
use promchart::promql::{Options, check};
use serde_json::Value;

use super::case;
use crate::support::rows;

pub(crate) fn cases() -> Vec<Trial> {
    let trial = |(place, line): (String, String)| case(format!("promql::{place}"), move || verdicts(&line));
    rows("tests/suite/promql").into_iter().map(trial).collect()
}

/// The verdicts on an expression, with and without the functions behind a feature flag of Prometheus.
fn verdicts(line: &str) -> Option<String> {
    let flags = Options {
        experimental_functions: true,
        fill_modifiers: true,
    };
    let row: Value = serde_json::from_str(line).unwrap();
    let expression = row["expr"].as_str().unwrap();
    let with_flags = row.get("experimental").unwrap_or(&row);
    let verdicts = [(Options::default(), &row), (flags, with_flags)];
    verdicts
        .into_iter()
        .find_map(|(options, wanted)| difference(expression, options, wanted))
        .map(|difference| format!("{expression}\n  {difference}"))
}

/// The difference from the expected verdict.
fn difference(expression: &str, options: Options, wanted: &Value) -> Option<String> {
    match (
        check(expression, options),
        wanted["type"].as_str(),
        wanted["error"].as_str(),
    ) {
        (Ok(ty), Some(wanted), _) => (ty.as_str() != wanted).then(|| format!("is {ty}, wanted {wanted}")),
        (Err(_), None, Some(_)) => None,
        (found, _, _) => Some(format!("is {found:?}, wanted {wanted}")),
    }
}
