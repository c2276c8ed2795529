//! Expressions, judged as Prometheus' own parser judged them: `tests/suite/promql`.

use promchart::promql::{Options, check};
use serde_json::Value;

use crate::support::read;

/// Words that are not Prometheus': where it stops at another of several faults, and what we add.
fn same_words(own: &str, wanted: &str) -> bool {
    own == wanted || own.starts_with(&format!("{wanted}, did you mean"))
}

/// How a verdict differs from the one that is wanted.
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

#[test]
fn verdicts_are_those_of_prometheus() {
    let flags = Options {
        experimental_functions: true,
        fill_modifiers: true,
    };
    let (mut wrong, mut refused, mut words, mut places) = (Vec::new(), 0, 0, 0);
    for file in ["cases", "random"] {
        for line in read(format!("tests/suite/promql/{file}.jsonl")).lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let expression = row["expr"].as_str().unwrap();
            let with_flags = row.get("experimental").unwrap_or(&row);
            let verdicts = [(Options::default(), &row), (flags, with_flags)];
            for (options, wanted) in verdicts {
                wrong.extend(
                    difference(expression, options, wanted).map(|difference| format!("{expression}\n  {difference}")),
                );
            }
            if let (Some(wanted), Err(errors)) = (row["error"].as_str(), check(expression, Options::default())) {
                refused += 1;
                let first = &errors[0];
                words += u32::from(same_words(&first.message, wanted));
                places += u32::from(first.range.start as u64 == row["start"].as_u64().unwrap_or(0));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} verdicts differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    // The order of several faults, and the place of a few, is that of a table-driven parser.
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
