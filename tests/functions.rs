//! The table of template functions: each has a case in `tests/suite/functions/` (run by `tests/cases/functions.rs`),
//! the type that Go prints and a row in `docs/functions.md`.

use std::collections::BTreeSet;

use promchart::functions::{self, find, markdown};
use promchart::source::{Source, SourceKind, Sources};

use crate::support::engine::{field, from_json};
use crate::support::{read, rows};

const SUITE: &str = "tests/suite/functions";

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
    for (_, row) in rows(SUITE) {
        covered.extend(called(field(&from_json(&row), "template").unwrap().as_str().unwrap()));
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
