//! The pages of the rules are their test cases: examples under Bad must have findings on the marked lines and by that
//! rule alone; examples under Good must have none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use libtest_mimic::Trial;
use promchart::diagnostic::Report;
use promchart::lint::{self, Progress, RULES, Rule, Run, Scope, Selection};
use promchart::pages;
use promchart::render::Trace;
use promchart::source::Sources;
use promchart::stages::Request;
use promchart::system::{Memory, System};
use promchart::values::Overrides;

use super::case;

/// Rules whose faults cannot be shown with the files of a chart.
const WITHOUT_FIXTURE: [&str; 4] = ["chart-load", "values-flag", "render-limit", "prometheus-agent"];
/// The part that a fixture omits, for rules about missing parts.
const LEFT_OUT: [(&str, &str); 2] = [
    ("missing-values-file", "values.yaml"),
    ("missing-templates", "templates/"),
];
const MARK: &str = "# <-";

/// The files of one example.
type Files = BTreeMap<String, String>;

/// The examples of a page: bad ones and good ones.
fn examples(rule: &Rule) -> (Files, Files) {
    let mut found = (Files::new(), Files::new());
    let mut section = "";
    let mut block: Option<(String, String)> = None;
    for line in pages::rule(rule.id).lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let path = info.split_whitespace().nth(1).unwrap_or("templates/fixture.yaml");
                block = Some((path.to_owned(), String::new()));
            }
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (Some(_), Some(_)) => {
                let (path, text) = block.take().unwrap();
                match section {
                    "Bad" => found.0.insert(path, text),
                    "Good" => found.1.insert(path, text),
                    _ => panic!("{}: a block under {section:?}", rule.id),
                };
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    section = title;
                }
            }
        }
    }
    found
}

struct Silent;

impl Progress for Silent {
    fn done(&self, _: usize, _: usize, _: &Run) {}
}

/// Lints a chart with these files and the required ones.
fn lint(rule: &Rule, files: &Files, is_bad: bool, sources: &Sources) -> Report {
    let mut all = Files::from(
        [
            (
                "Chart.yaml",
                "apiVersion: v2\nname: fixture\nversion: 0.1.0\nicon: https://example.org/icon.svg\n",
            ),
            ("values.yaml", ""),
            ("templates/NOTES.txt", ""),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned())),
    );
    all.extend(files.clone());
    let left_out = |path: &str| {
        LEFT_OUT
            .iter()
            .any(|(id, prefix)| *id == rule.id && path.starts_with(prefix))
    };
    all.retain(|path, _| !left_out(path) || !is_bad && rule.id == "missing-values-file");
    let mut system = Memory::new();
    let mut overrides = Overrides::default();
    for (path, text) in all {
        if path == "given.yaml" {
            overrides.files.push(path.clone());
            system = system.with_file(path, text);
        } else {
            system = system.with_file(format!("fixture/{path}"), text);
        }
    }
    let system: Arc<dyn System> = Arc::new(system);
    let mut request = Request::new("fixture", "release", overrides);
    request.trace = Trace::On;
    let run = Run {
        name: "".into(),
        chart: "fixture".into(),
        request,
        crds: Vec::new(),
        policies: Vec::new(),
    };
    let selection = Selection {
        select: vec![rule.id.to_owned()],
        ..Selection::default()
    };
    lint::run(&system, &[run], Scope::All, &selection, sources, &Silent).0
}

fn shown(report: &Report, sources: &Sources) -> String {
    let lines = report.diagnostics.iter().map(|found| {
        let place = found.span.map(|span| sources.place(span)).unwrap_or_default();
        format!("{place}: {}: {}", found.rule, found.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(crate) fn cases() -> Vec<Trial> {
    let rules = RULES.iter().filter(|rule| !WITHOUT_FIXTURE.contains(&rule.id));
    rules
        .map(|rule| case(format!("rules::{}", rule.id), move || page(rule)))
        .collect()
}

/// The bad examples of a page must have findings, the good ones must have none.
fn page(rule: &Rule) -> Option<String> {
    let (bad, good) = examples(rule);
    if bad.is_empty() || good.is_empty() {
        return Some("the page has no examples".to_owned());
    }
    let sources = Sources::new();
    let report = lint(rule, &bad, true, &sources);
    let mut wanted = BTreeSet::new();
    for (path, text) in &bad {
        let path = if path == "given.yaml" {
            path.clone()
        } else {
            format!("fixture/{path}")
        };
        let marked = text.lines().enumerate().filter(|(_, line)| line.contains(MARK));
        wanted.extend(marked.map(|(number, _)| format!("{path}:{} {}", number + 1, rule.id)));
    }
    let found: BTreeSet<String> = report
        .diagnostics
        .iter()
        .map(|found| {
            let place = found.span.map(|span| {
                let source = sources.get(span.file);
                format!("{}:{}", source.name(), source.line_column(span.start).line)
            });
            format!("{} {}", place.unwrap_or_default(), found.rule)
        })
        .collect();
    if found != wanted {
        return Some(format!("wants {wanted:?}, finds\n{}", shown(&report, &sources)));
    }
    let sources = Sources::new();
    let report = lint(rule, &good, false, &sources);
    (!report.is_empty()).then(|| format!("what is good is not:\n{}", shown(&report, &sources)))
}
