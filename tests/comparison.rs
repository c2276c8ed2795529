//! `docs/comparison.md` names a test for each feature of the chart; all of them must exist.

use crate::support::{read, root};

/// The rows of the table, as their cells.
fn rows() -> Vec<Vec<String>> {
    read("docs/comparison.md")
        .lines()
        .filter(|line| line.starts_with("| ") && line[2..].starts_with(|first: char| first.is_ascii_digit()))
        .map(|line| {
            line.trim_matches('|')
                .split(" | ")
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .collect()
}

/// Whether a proof exists: a file, or `FILE.rs: function`.
fn is_there(proof: &str) -> bool {
    match proof.split_once(": ") {
        Some((file, function)) => {
            root().join(file).is_file() && read(file).contains(&format!("#[test]\nfn {function}()"))
        }
        None => root().join(proof).is_file(),
    }
}

#[test]
fn every_feature_is_shown_by_what_exists() {
    let rows = rows();
    let numbers: Vec<usize> = rows.iter().filter_map(|row| row[0].parse().ok()).collect();
    assert_eq!(numbers, (1..=109).collect::<Vec<_>>());
    let mut missing = Vec::new();
    for row in &rows {
        let [number, _, answer, _, shown] = &row[..] else {
            panic!("{row:?} has not five cells");
        };
        let proofs: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        assert!(
            answer != "yes" || !proofs.is_empty(),
            "row {number} is shown by nothing"
        );
        missing.extend(
            proofs
                .into_iter()
                .filter(|proof| !is_there(proof))
                .map(|proof| format!("{number}: {proof}")),
        );
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_proof_that_does_not_exist_is_noticed() {
    assert!(is_there("chart/values.yaml"));
    assert!(is_there("tests/chart.rs: the_bundled_schema_is_fresh"));
    assert!(!is_there("chart/values.yml"));
    assert!(!is_there("tests/chart.rs: nothing_of_this_name"));
}
