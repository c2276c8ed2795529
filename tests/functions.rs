//! Cases of template functions: `tests/suite/functions/*.jsonl`, one `{"template": .., "out" | "out_base64" | "err": ..}` a
//! line. What is wanted is what the real Helm gives, never what we give: see `tests/suite/functions/README.md`.

use std::collections::BTreeSet;

use promchart::functions::{self, find, markdown};
use promchart::reflect::{Value, View, view};
use promchart::source::{Source, SourceKind, Sources};

use crate::support::engine::{Engine, from_json, with_deep_stack};
use crate::support::{names, read};

const SUITE: &str = "tests/suite/functions";

/// All rows with the places where they stand.
fn suite() -> Vec<(String, Value)> {
    let mut rows = Vec::new();
    for name in names(SUITE).into_iter().filter(|name| name.ends_with(".jsonl")) {
        for (at, line) in read(format!("{SUITE}/{name}")).lines().enumerate() {
            if !line.is_empty() {
                rows.push((format!("{name}:{}", at + 1), from_json(line)));
            }
        }
    }
    rows
}

#[test]
fn functions_give_what_helm_gives() {
    let engine = Engine::new([("Chart.yaml", "apiVersion: v2\nname: t\nversion: 1.0.0\n")]);
    let rows = suite();
    let wrong: Vec<String> = with_deep_stack(|| {
        let differs = |(place, row): &(String, Value)| Some(format!("{place}: {}", engine.difference(row)?));
        rows.iter().filter_map(differs).collect()
    });
    assert!(
        wrong.is_empty(),
        "{} of {} cases differ\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

/// The functions that a template calls.
fn called(template: &str) -> BTreeSet<String> {
    let file = Sources::new().add(Source::new("t", SourceKind::Made, Vec::new()));
    let called = std::cell::RefCell::default();
    let note = |name: &str| {
        let called: &std::cell::RefCell<BTreeSet<String>> = &called;
        called.borrow_mut().insert(name.to_owned());
        true
    };
    let _ = promchart::template::parse(template, file, "t", &note);
    called.into_inner()
}

#[test]
fn every_function_has_a_case() {
    let mut covered = BTreeSet::new();
    for (place, row) in suite() {
        let View::Map(map) = view(&row) else { panic!("{place}") };
        covered.extend(called(map.get("template").unwrap().as_str().unwrap()));
    }
    let missing: Vec<&str> = functions::all()
        .map(|function| function.name)
        .filter(|name| !covered.contains(*name))
        .collect();
    assert!(missing.is_empty(), "no case calls {missing:?}");
}

/// `name<TAB>type` of all functions that Helm offers, as Go prints the types.
#[test]
fn signatures_are_those_of_go() {
    let signatures = read(format!("{SUITE}/signatures.txt"));
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for line in signatures.lines() {
        let (name, want) = line.split_once('\t').expect("name and type");
        known.insert(name);
        match find(name).map(functions::Function::go_type) {
            Some(got) if got == want => {}
            got => wrong.push(format!("{name}: {got:?} instead of {want}")),
        }
    }
    let unknown = functions::all()
        .map(|function| function.name)
        .filter(|name| !known.contains(name));
    wrong.extend(unknown.map(|name| format!("{name} does not exist in Helm")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_shows_all_functions() {
    let page = markdown();
    assert!(page == read("docs/functions.md"), "run cargo run -p xtask -- functions");
    for function in functions::all() {
        assert!(
            page.contains(&format!("| `{}` | `{}` |", function.name, function.go_type())),
            "{}",
            function.name
        );
    }
}
