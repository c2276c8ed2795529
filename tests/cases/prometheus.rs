//! Prometheus files: each file of `tests/suite/prometheus/good` is accepted, each of `bad` is refused as its first line
//! says.

use libtest_mimic::Trial;
use promchart::diagnostic::{Report, Severity};
use promchart::prometheus::check_file;
use promchart::source::{Source, SourceKind, Sources};

use super::case;
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

fn checked(name: &str, text: &str) -> (Sources, Report) {
    let sources = Sources::new();
    let file = sources.add(Source::new(name, SourceKind::File, text.as_bytes().to_vec()));
    let report = check_file(&sources, file, None);
    (sources, report)
}

/// `rule line:column message` of each finding.
fn lines(sources: &Sources, report: &Report) -> Vec<String> {
    let found = report.diagnostics.iter();
    found
        .map(|found| {
            let place = found.span.unwrap();
            let at = sources.get(place.file).line_column(place.start);
            format!("{} {}:{} {}", found.rule, at.line, at.column, found.message)
        })
        .collect()
}

fn good(name: &str, text: &str) -> Option<String> {
    let (sources, report) = checked(name, text);
    report
        .has(Severity::Warning)
        .then(|| format!("it is refused: {:?}", lines(&sources, &report)))
}

fn bad(name: &str, text: &str) -> Option<String> {
    let want = text.lines().next().unwrap().strip_prefix("# want: ").unwrap();
    let (place, words) = want.split_at(want.match_indices(' ').nth(1).unwrap().0);
    let (sources, report) = checked(name, text);
    let found = lines(&sources, &report);
    let is_wanted = |line: &String| line.starts_with(&format!("{place} ")) && line.contains(words.trim());
    let is_found = found.iter().any(is_wanted) && report.has(Severity::Error);
    (!is_found).then(|| format!("wanted {want}\nfound  {found:?}"))
}
