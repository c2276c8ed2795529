//! The origins of rendered text: expected positions written by hand, `tests/suite/origins`.

use std::sync::Arc;

use libtest_mimic::Trial;
use promchart::render::{Origin, Trace, ValuePlace};
use promchart::source::{Sources, Span};
use promchart::stages;
use promchart::system::{Memory, System};

use super::case;
use crate::support::{names, read, sections, shares};

pub(crate) fn cases() -> Vec<Trial> {
    let files = names("tests/suite/origins")
        .into_iter()
        .filter(|name| name.ends_with(".txt"));
    let trial = |file: String| {
        let name = format!("origins::{}", file.trim_end_matches(".txt"));
        case(name, move || {
            let wrong = differences(&file);
            (!wrong.is_empty()).then(|| wrong.join("\n"))
        })
    };
    files.map(trial).collect()
}

/// `a.yaml:3`
fn place(span: Span, sources: &Sources) -> String {
    let source = sources.get(span.file);
    let name = source.name().rsplit('/').next().unwrap().to_owned();
    format!("{name}:{}", source.line_column(span.start).line)
}

/// An origin in the format of the cases.
fn shown(origin: &Origin, sources: &Sources) -> String {
    let mut text = place(origin.template, sources);
    for call in &origin.calls {
        text += &format!(" < {}", place(*call, sources));
    }
    if let Some(ValuePlace { value, .. }) = origin.value {
        let written = sources.get(value.file).text()[value.range()].to_owned();
        text += &format!(
            " {} {} {}",
            if origin.is_certain { "|" } else { "?" },
            place(value, sources),
            written.lines().next().unwrap_or_default()
        );
    }
    text
}

fn differences(case: &str) -> Vec<String> {
    let text = read(format!("tests/suite/origins/{case}"));
    let sections = sections(&text);
    let section = |name: &str| {
        sections
            .iter()
            .find(|(found, _)| *found == name)
            .map_or("", |(_, text)| text)
    };
    let mut system = Memory::new().with_file("chart/Chart.yaml", "apiVersion: v2\nname: test\nversion: 0.1.0\n");
    for (name, text) in &sections {
        if !matches!(*name, "want" | "set") {
            system = system.with_file(format!("chart/{name}"), text.clone());
        }
    }
    let system: Arc<dyn System> = Arc::new(system);
    let mut request = shares::request("chart".as_ref(), &[], Trace::On);
    request.release.name = "demo".into();
    request.overrides.set = section("set").lines().map(str::to_owned).collect();
    let sources = Sources::new();
    let outcome = stages::run(&system, &request, &sources);
    let rendered = outcome
        .rendered
        .unwrap_or_else(|| panic!("{case}: {:?}", outcome.errors));
    let file = "test/templates/a.yaml";
    let output = &rendered.files[file];
    let mut wrong = Vec::new();
    for line in section("want").lines() {
        let (wanted_text, wanted) = line.split_once(" => ").unwrap_or_else(|| panic!("{case}: {line}"));
        let (needle, nth) = match wanted_text.rsplit_once('@') {
            Some((needle, nth)) if nth.parse::<usize>().is_ok() => (needle, nth.parse().unwrap()),
            _ => (wanted_text, 1_usize),
        };
        let Some((start, _)) = output.match_indices(needle).nth(nth - 1) else {
            wrong.push(format!("{case}: {wanted_text:?} is not in\n{output}"));
            continue;
        };
        // For a line with its key, the value is compared if the answer has one.
        let skipped = needle.len() - needle.trim_start().len();
        let skipped = match needle.rsplit_once(": ") {
            Some((key, _)) if wanted.contains(" | ") || wanted.contains(" ? ") => key.len() + 2,
            _ => skipped,
        };
        let found = rendered.origin(file, start + skipped..start + needle.len());
        let found = found.map_or_else(|| "nothing".to_owned(), |origin| shown(&origin, &sources));
        if found != wanted {
            wrong.push(format!("{case}: {wanted_text}\n  want {wanted}\n  got  {found}"));
        }
    }
    wrong
}
