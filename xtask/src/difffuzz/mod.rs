//! Random templates over random values, and random `--set` arguments, rendered by the real Helm and by promchart.
//!
//! A case with different results is shrunk and kept in `target/difffuzz/`. Either the output differs, or only one
//! program fails, or only the error messages differ.

mod case;
mod expression;
mod program;
mod slots;
mod texts;
mod words;

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use serde_json::json;

use self::case::Case;
use self::program::{Given, Helm, STACK_SIZE, has_died, ours};
use crate::helm::{helm, root};
use crate::random::{Random, Tried, shrink};

/// The number of cases in one run of Helm.
const BATCH: usize = 100;
/// The maximum percentage of failing cases among the compared ones. Each failing case takes its own run of Helm.
const REFUSED_PERCENT: usize = 12;
/// The maximum number of Helm runs for shrinking a case.
const SHRINK_RUNS: usize = 120;

/// The kind of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    /// Different output, or only one of the two fails.
    Output,
    /// Both fail, with different messages.
    Words,
}

fn difference(ours: &Given, theirs: &Given) -> Option<Difference> {
    match (ours, theirs) {
        (Ok(a), Ok(b)) if a == b => None,
        (Err(a), Err(b)) if a.trim_ascii_end() == b.trim_ascii_end() => None,
        (Err(_), Err(_)) => Some(Difference::Words),
        _ => Some(Difference::Output),
    }
}

/// Compares `count` cases.
pub(crate) fn compare(count: usize, seed: u64) -> Result<(), String> {
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
    let worker = thread
        .spawn(move || Run::new(seed)?.compare(count))
        .map_err(|error| error.to_string())?;
    worker.join().map_err(|_| "the comparison panicked".to_owned())?
}

/// The state of a comparison.
struct Run {
    seed: u64,
    helm: Helm,
    folder: std::path::PathBuf,
    compared: usize,
    refused: usize,
    /// The number of cases that Helm itself renders differently each time; they are not compared.
    random: usize,
    /// The number of cases on which Helm crashes; they are not compared either.
    died: usize,
    unequal: [usize; 2],
}

impl Run {
    fn new(seed: u64) -> Result<Self, String> {
        let folder = root().join("target/difffuzz").join(seed.to_string());
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        Ok(Self {
            seed,
            helm: Helm::new(helm()?, folder.clone()),
            folder,
            compared: 0,
            refused: 0,
            random: 0,
            died: 0,
            unequal: [0; 2],
        })
    }

    fn compare(mut self, count: usize) -> Result<(), String> {
        let mut batch: Vec<(usize, Case, Vec<u32>, Given)> = Vec::new();
        let mut number = 0;
        while self.compared + batch.len() < count {
            number += 1;
            let (case, tape) = Case::draw(Random::fresh(
                self.seed.wrapping_mul(1_000_003).wrapping_add(number as u64),
            ));
            let Some(given) = ours(number, &case) else { continue };
            if given.is_err() {
                if (self.refused + 1) * 100 > (self.compared + BATCH) * REFUSED_PERCENT {
                    continue;
                }
                self.refused += 1;
            }
            if given.is_ok() && matches!(case, Case::Template { .. }) {
                batch.push((number, case, tape, given));
                if batch.len() == BATCH {
                    self.compare_batch(&mut batch)?;
                }
            } else {
                let theirs = self.helm.one(number, &case)?;
                self.note(number, &case, &tape, &given, &theirs)?;
            }
        }
        self.compare_batch(&mut batch)?;
        let [output, words] = self.unequal;
        println!(
            "{} cases, {} of them refused by promchart (seed {}): {output} with other output, {words} with other words in the error; {} more \
             that Helm renders differently each time, {} more that Helm dies of",
            self.compared, self.refused, self.seed, self.random, self.died
        );
        if output + words > 0 {
            return Err(format!(
                "{}: what differs",
                self.folder.join("different.jsonl").display()
            ));
        }
        Ok(())
    }

    fn compare_batch(&mut self, batch: &mut Vec<(usize, Case, Vec<u32>, Given)>) -> Result<(), String> {
        let cases: Vec<(usize, &Case)> = batch.iter().map(|(number, case, ..)| (*number, case)).collect();
        let mut given = self.helm.many(&cases)?;
        for (number, case, tape, ours) in batch.drain(..) {
            let theirs = given.remove(&number).unwrap_or(Ok(String::new()));
            self.note(number, &case, &tape, &ours, &theirs)?;
        }
        Ok(())
    }

    /// Counts a case. If the results differ, shrinks it and keeps it.
    fn note(&mut self, number: usize, case: &Case, tape: &[u32], given: &Given, theirs: &Given) -> Result<(), String> {
        if has_died(theirs) {
            self.died += 1;
            return Ok(());
        }
        self.compared += 1;
        let Some(found) = difference(given, theirs) else {
            return Ok(());
        };
        // For example, Helm prints addresses of pointers.
        if self.helm.one(number, case)? != *theirs {
            self.compared -= 1;
            self.random += 1;
            return Ok(());
        }
        self.unequal[found as usize] += 1;
        let (small, ours, theirs) = self.shrink(case, tape, found)?;
        let show = |given: &Given| match given {
            Ok(text) => {
                let bytes = promchart::go::base64::decode(text.as_bytes()).unwrap_or_default();
                json!({"out": String::from_utf8_lossy(&bytes)})
            }
            Err(message) => json!({"err": String::from_utf8_lossy(message)}),
        };
        let shown = match &small {
            Case::Template { template, values } => json!({"template": template, "values": values}),
            Case::Set { flag } => json!({"set": flag}),
        };
        let row = json!({"seed": self.seed, "number": number, "differs": format!("{found:?}"), "case": shown, "promchart": show(&ours), "helm": show(&theirs)});
        let path = self.folder.join("different.jsonl");
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|error| error.to_string())?;
        writeln!(file, "{row}").map_err(|error| error.to_string())?;
        println!("{row}");
        Ok(())
    }

    /// A smaller case with the same kind of difference, with its results.
    fn shrink(&self, case: &Case, tape: &[u32], found: Difference) -> Result<(Case, Given, Given), String> {
        let both = |case: &Case| -> Result<Option<(Given, Given)>, String> {
            let Some(ours) = ours(0, case) else { return Ok(None) };
            Ok(Some((ours, self.helm.one(0, case)?)))
        };
        let mut best = case.clone();
        let mut results = both(case)?.unwrap_or((Ok(String::new()), Ok(String::new())));
        shrink(tape.to_vec(), SHRINK_RUNS, |candidate| {
            let (drawn, used) = Case::draw(Random::replay(candidate));
            if drawn == best || size(&drawn) > size(&best) {
                return Ok(Tried::PassedOver);
            }
            let Some(given) = both(&drawn)? else {
                return Ok(Tried::InVain);
            };
            if difference(&given.0, &given.1) != Some(found) {
                return Ok(Tried::InVain);
            }
            (best, results) = (drawn, given);
            Ok(Tried::Smaller(used))
        })?;
        Ok((best, results.0, results.1))
    }
}

fn size(case: &Case) -> usize {
    match case {
        Case::Template { template, values } => template.len() * 4 + values.len(),
        Case::Set { flag } => flag.len(),
    }
}
