//! Values that the chart must refuse: the first line of each file in `tests/fixtures/bad-values` has the key that must
//! be named and some words of the message.

use libtest_mimic::Trial;

use crate::support::{Case, names, read};

const FOLDER: &str = "tests/fixtures/bad-values";

pub(crate) fn cases() -> Vec<Trial> {
    let files = names(FOLDER).into_iter().filter(|file| file.ends_with(".yaml"));
    let trial = |file: String| {
        let name = format!("values::{}", file.trim_end_matches(".yaml"));
        Trial::test(name, move || {
            is_refused(&format!("{FOLDER}/{file}"));
            Ok(())
        })
    };
    files.map(trial).collect()
}

fn is_refused(path: &str) {
    let text = read(path);
    let want = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# want: "))
        .unwrap_or_else(|| panic!("{path} must begin with a line `# want: key words of the message`"));
    let run = Case::new("template")
        .args(["prom", "chart", "-n", "monitoring", "-f", path])
        .run();
    assert_eq!(run.code, 1, "{path} is accepted");
    assert_eq!(run.stdout, "", "{path}");
    let (key, words) = want.split_once(' ').unwrap_or((want, ""));
    for text in [&*shown(key), words] {
        assert!(run.stderr.contains(text), "{path}: {text:?} is not in\n{}", run.stderr);
    }
    // A schema violation is shown at the line of the values file, whichever key it names.
    if run.stderr.contains("[values-schema]") {
        assert!(run.stderr.contains(&format!("--> {path}:")), "{path}\n{}", run.stderr);
    }
}

/// A key of a fixture (`a.0.b`) in promchart's format (`a[0].b`).
fn shown(key: &str) -> String {
    let mut shown = String::new();
    for step in key.split('.') {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            shown.push_str(&format!("[{step}]"));
        } else {
            shown.push_str(if shown.is_empty() { "" } else { "." });
            shown.push_str(step);
        }
    }
    shown
}
