//! Measures how many faults of each kind the linter finds, and whether it points to the right line.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

#[path = "../../tests/support/mutants.rs"]
mod mutants;

use mutants::{Charts, Tally};

/// Injects the faults of tests/suite/mutations into charts and prints a line for each kind, or only for the given one.
///
/// # Errors
/// Faults that cannot be read or that apply nowhere.
pub(crate) fn measure(kind: Option<&str>) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
    let started = Instant::now();
    let mut all = mutants::read(root)?;
    all.retain(|mutant| kind.is_none_or(|kind| mutant.kind == kind));
    let charts = Charts::new(root);
    let all = charts.spread(all)?;
    let verdicts = charts.judge(&all)?;
    let mut by_kind: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut total = Tally::default();
    for verdict in &verdicts {
        by_kind.entry(&verdict.kind).or_default().add(verdict);
        total.add(verdict);
        if kind.is_some()
            || !verdict.is_found
            || verdict.is_at_template == Some(false)
            || verdict.is_at_values == Some(false)
        {
            let what = if verdict.is_found { "placed" } else { "missed" };
            println!("{what}: {}", verdict.story);
        }
    }
    println!(
        "{:30} {:>5} {:>7} {:>9} {:>9} {:>7}",
        "kind", "all", "found", "template", "values", "first"
    );
    for (kind, tally) in by_kind
        .iter()
        .map(|(kind, tally)| (*kind, tally))
        .chain([("total", &total)])
    {
        let of = |(right, all): (usize, usize)| {
            if all == 0 {
                "-".to_owned()
            } else {
                format!("{right}/{all}")
            }
        };
        let (template, values) = (of(tally.template), of(tally.values));
        println!(
            "{kind:30} {:>5} {:>7} {template:>9} {values:>9} {:>7}",
            tally.all, tally.found, tally.first
        );
    }
    println!("{} kinds in {:.1?}", by_kind.len(), started.elapsed());
    Ok(())
}
