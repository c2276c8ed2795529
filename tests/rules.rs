//! The pages of the rules are their fixtures: what stands under Bad must be found, on the marked lines and by that rule
//! alone; what stands under Good must be clean.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use promchart::diagnostic::Report;
use promchart::lint::{self, Family, Progress, RULES, Rule, Run, Scope, Selection};
use promchart::pipeline::Request;
use promchart::render::{Capabilities, Limits, Release, Trace};
use promchart::source::Sources;
use promchart::values::Overrides;
use promchart::world::{Memory, World};

use crate::support::names;

/// Rules whose faults cannot be shown in files of a chart.
const WITHOUT_FIXTURE: [&str; 4] = ["chart-load", "values-flag", "render-limit", "prometheus-agent"];
/// What a fixture leaves out, where that is the fault.
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
    for line in rule.page.lines() {
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

/// Lints a chart of these files and of what a chart must have.
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
    let mut world = Memory::new();
    let mut overrides = Overrides::default();
    for (path, text) in all {
        if path == "given.yaml" {
            overrides.files.push(path.clone());
            world = world.with_file(path, text);
        } else {
            world = world.with_file(format!("fixture/{path}"), text);
        }
    }
    let world: Arc<dyn World> = Arc::new(world);
    let run = Run {
        name: "".into(),
        chart: "fixture".into(),
        request: Request {
            chart: Some("fixture".into()),
            overrides,
            release: Release {
                name: "release".to_owned(),
                namespace: "default".to_owned(),
                is_upgrade: false,
                revision: 1,
            },
            capabilities: Capabilities::default(),
            skip_schema: false,
            post_renderer: None,
            limits: Limits::default(),
            trace: Trace::On,
            coverage: false,
        },
        crds: Vec::new(),
        policies: Vec::new(),
    };
    let selection = Selection {
        select: vec![rule.id.to_owned()],
        ..Selection::default()
    };
    lint::run(&world, &[run], Scope::All, &selection, sources, &Silent).0
}

fn shown(report: &Report, sources: &Sources) -> String {
    let lines = report.diagnostics.iter().map(|found| {
        let place = found.span.map(|span| sources.place(span)).unwrap_or_default();
        format!("{place}: {}: {}", found.rule, found.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn bad_examples_are_found_and_good_ones_are_clean() {
    let mut wrong = Vec::new();
    for rule in RULES.iter().filter(|rule| !WITHOUT_FIXTURE.contains(&rule.id)) {
        let (bad, good) = examples(rule);
        assert!(!bad.is_empty() && !good.is_empty(), "{} has no examples", rule.id);
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
            wrong.push(format!(
                "{} wants {wanted:?}, finds\n{}",
                rule.id,
                shown(&report, &sources)
            ));
        }
        let sources = Sources::new();
        let report = lint(rule, &good, false, &sources);
        if !report.is_empty() {
            wrong.push(format!("{} is not good:\n{}", rule.id, shown(&report, &sources)));
        }
    }
    assert!(wrong.is_empty(), "{} pages\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn every_rule_has_a_page_of_its_form() {
    let pages = names("docs/rules");
    for rule in RULES {
        assert!(pages.contains(&format!("{}.md", rule.id)));
        assert!(rule.page.starts_with(&format!("# {}\n\n", rule.id)), "{}", rule.id);
        assert!(rule.page.contains("\n## Why\n"), "{}", rule.id);
        assert!(rule.summary().ends_with('.'), "{}", rule.id);
        assert!(!(rule.is_on && rule.family == Family::Opinion), "{}", rule.id);
    }
    for page in pages {
        let id = page.strip_suffix(".md").unwrap();
        assert!(lint::find(id).is_some(), "docs/rules/{page} is of no rule");
    }
    let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), RULES.len(), "two rules of one name");
}
