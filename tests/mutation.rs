//! The linter finds deliberate faults at the line to fix: `tests/suite/mutations/`.

use std::collections::BTreeSet;

use crate::support::mutants::{self, Charts, Tally};
use crate::support::root;

/// The minimum number of kinds of faults.
const KINDS: usize = 40;

fn is_at_least(percent: usize, (right, all): (usize, usize)) -> bool {
    right * 100 >= percent * all
}

#[test]
fn faults_are_found_at_their_lines() {
    let charts = Charts::new(&root());
    let all = mutants::read(&root()).and_then(|mutants| charts.spread(mutants));
    let verdicts = charts.judge(&all.unwrap()).unwrap();
    let kinds: BTreeSet<&str> = verdicts.iter().map(|verdict| &*verdict.kind).collect();
    assert!(kinds.len() >= KINDS, "{} kinds", kinds.len());
    let mut total = Tally::default();
    let mut wrong = Vec::new();
    for verdict in &verdicts {
        total.add(verdict);
        if !verdict.is_found || [verdict.is_at_template, verdict.is_at_values].contains(&Some(false)) {
            wrong.push(&*verdict.story);
        }
    }
    let wrong = wrong.join("\n");
    assert!(is_at_least(98, (total.found, total.all)), "{total:?}\n{wrong}");
    assert!(is_at_least(100, total.template), "{total:?}\n{wrong}");
    assert!(is_at_least(95, total.values), "{total:?}\n{wrong}");
}
