//! Expressions with the verdicts of Prometheus' own parser: `tests/suite/promql`, whose verdicts are separate cases
//! (`tests/cases/promql.rs`).

use promchart::promql::{Options, check};
use serde_json::Value;

use crate::support::{read, rows};

const SUITE: &str = "tests/suite/promql";

/// Messages that differ from Prometheus': those where it stops at another of several faults, and our additions.
fn same_words(own: &str, wanted: &str) -> bool {
    own == wanted || own.starts_with(&format!("{wanted}, did you mean"))
}

/// The order of several faults, and the position of a few, depend on its table-driven parser.
#[test]
fn words_and_places_are_nearly_those_of_prometheus() {
    let (mut refused, mut words, mut places) = (0, 0, 0);
    for (_, line) in rows(SUITE) {
        let row: Value = serde_json::from_str(&line).unwrap();
        let expression = row["expr"].as_str().unwrap();
        if let (Some(wanted), Err(errors)) = (row["error"].as_str(), check(expression, Options::default())) {
            refused += 1;
            let first = &errors[0];
            words += u32::from(same_words(&first.message, wanted));
            places += u32::from(first.range.start as u64 == row["start"].as_u64().unwrap_or(0));
        }
    }
    assert!(
        words * 100 >= refused * 98,
        "{words} of {refused} have Prometheus' words"
    );
    assert!(
        places * 100 >= refused * 97,
        "{places} of {refused} have Prometheus' place"
    );
}

#[test]
fn places_lie_in_the_expression() {
    for line in read("tests/suite/promql/cases.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let expression = row["expr"].as_str().unwrap();
        for end in (0..=expression.len().min(200)).filter(|&end| expression.is_char_boundary(end)) {
            for error in check(&expression[..end], Options::default()).err().unwrap_or_default() {
                assert!(
                    error.range.start <= error.range.end && error.range.end <= end,
                    "{error:?}"
                );
            }
        }
    }
}

#[test]
fn depth_has_a_bound() {
    for (open, close) in [("(", ")"), ("-", ""), ("sum(", ")"), ("2 ^ ", ""), ("foo[(", ")]")] {
        let deep = format!("{}foo{}", open.repeat(100_000), close.repeat(100_000));
        assert!(check(&deep, Options::default()).is_err());
    }
    let long = vec!["foo"; 100_000].join(" + ");
    assert!(check(&long, Options::default()).is_ok());
}
