//! `docs/compatibility.md` names a test for each difference from Helm.

use std::path::Path;

use crate::support::{names, read, root};

/// The entries: lines that begin with a dash, with their continuation lines.
fn entries() -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in read("docs/compatibility.md").lines() {
        if line.starts_with("- ") {
            entries.push(line.to_owned());
        } else if line.starts_with("  ")
            && let Some(entry) = entries.last_mut()
        {
            entry.push('\n');
            entry.push_str(line);
        }
    }
    entries
}

/// The text of all Rust tests below a folder.
fn sources(folder: &str, text: &mut String) {
    for name in names(folder) {
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            sources(&path, text);
        } else if Path::new(&path).extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&read(&path));
        }
    }
}

/// The fault of an entry, if any.
fn fault(entry: &str, sources: &str) -> Option<String> {
    let Some((_, tests)) = entry.split_once("Test:").or_else(|| entry.split_once("Tests:")) else {
        return Some("names no test".to_owned());
    };
    let quoted: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
    if quoted.is_empty() {
        return Some("names no test".to_owned());
    }
    let is_there = |name: &str| match name.strip_prefix("tests/") {
        Some(path) if Path::new(path).extension().is_some() => root().join(name).is_file(),
        Some(_) => root().join(name).join("args").is_file(),
        None => sources.contains(&format!("#[test]\nfn {name}()")),
    };
    let missing: Vec<&str> = quoted.into_iter().filter(|name| !is_there(name)).collect();
    (!missing.is_empty()).then(|| format!("names tests that do not exist: {}", missing.join(", ")))
}

#[test]
fn differences_from_helm_name_their_tests() {
    let entries = entries();
    assert!(entries.len() >= 10, "{} entries", entries.len());
    let mut text = String::new();
    sources("tests", &mut text);
    let faults: Vec<String> = entries
        .iter()
        .filter_map(|entry| Some(format!("{}\n{entry}", fault(entry, &text)?)))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn a_test_that_does_not_exist_is_noticed() {
    let fault = |entry| fault(entry, "#[test]\nfn this_one() {");
    assert_eq!(fault("- It differs. Test: `this_one`."), None);
    assert_eq!(fault("- It differs. Test: `tests/conformance/umbrella/default`."), None);
    assert!(fault("- It differs.").is_some());
    assert!(fault("- It differs. Test: none.").is_some());
    assert!(fault("- It differs. Test: `that_one`.").is_some());
    assert!(fault("- It differs. Tests: `this_one`, `tests/conformance/umbrella/nothing`.").is_some());
}
