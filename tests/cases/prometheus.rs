//! Prometheus files: each file of `tests/suite/prometheus/good` is accepted, each of `bad` is refused as its first line
//! says.

use libtest_mimic::Trial;
use promchart::diagnostic::Severity;

use super::case;
use crate::support::found::{checked, lines};
use crate::support::{names, read};

const SUITE: &str = "tests/suite/prometheus";

pub(crate) fn cases() -> Vec<Trial> {
    let trials = |folder: &'static str, check: fn(&str, &str) -> Option<String>| {
        let trial = move |name: String| {
            case(format!("prometheus::{folder}::{name}"), move || {
                check(&name, &read(format!("{SUITE}/{folder}/{name}")))
            })
        };
        names(format!("{SUITE}/{folder}")).into_iter().map(trial)
    };
    trials("good", good).chain(trials("bad", bad)).collect()
}

fn good(name: &str, text: &str) -> Option<String> {
    let (sources, report) = checked(name, text.to_owned(), None);
    report
        .has(Severity::Warning)
        .then(|| format!("it is refused: {:?}", lines(&sources, &report)))
}

fn bad(name: &str, text: &str) -> Option<String> {
    let want = text.lines().next().unwrap().strip_prefix("# want: ").unwrap();
    let (place, words) = want.split_at(want.match_indices(' ').nth(1).unwrap().0);
    let (sources, report) = checked(name, text.to_owned(), None);
    let found = lines(&sources, &report);
    let is_wanted = |line: &String| line.starts_with(&format!("{place} ")) && line.contains(words.trim());
    let is_found = found.iter().any(is_wanted) && report.has(Severity::Error);
    (!is_found).then(|| format!("wanted {want}\nfound  {found:?}"))
}
