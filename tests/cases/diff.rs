//! `promchart diff`: `tests/suite/diff` has files, runs, and what they print. README.md there tells how a case is written.

use std::path::Path;

use libtest_mimic::Trial;

use super::case;
use crate::support::{Case, names, read, root, scratch, words, write};

const SUITE: &str = "tests/suite/diff";

pub(crate) fn cases() -> Vec<Trial> {
    let names = names(SUITE);
    let cases = names.iter().filter_map(|file| file.strip_suffix(".txt"));
    let trial = |name: &str| {
        let name = name.to_owned();
        case(format!("diff::{name}"), move || difference(&name))
    };
    cases.map(trial).collect()
}

/// The parts of a case: what stands behind `=== `, and the lines up to the next one.
fn parts(text: &str) -> (&str, Vec<(&str, &str)>) {
    let (head, rest) = text.split_once("\n=== ").unwrap();
    let parts = rest.split("\n=== ");
    let part = |part| str::split_once(part, '\n').unwrap_or((part, ""));
    (head, parts.map(part).collect())
}

fn run(folder: &Path, command: &str) -> String {
    let words = words(command);
    assert_eq!(words[..2], ["promchart", "diff"], "{command}");
    let run = Case::new("diff").args(&words[2..]).dir(folder).run();
    format!("{}{}exit {}", run.stdout, run.stderr, run.code)
}

fn difference(name: &str) -> Option<String> {
    let file = format!("{SUITE}/{name}.txt");
    let text = read(&file);
    let (head, parts) = parts(text.trim_end());
    let folder = scratch(&format!("diff-{name}"));
    for (path, content) in &parts {
        if !path.starts_with("$ ") {
            write(&folder, path, format!("{content}\n"));
        }
    }
    let mut recorded = head.to_owned();
    let mut wrong = String::new();
    for (title, content) in parts {
        let content = match title.strip_prefix("$ ") {
            None => content.to_owned(),
            Some(command) => {
                let printed = run(&folder, command);
                if printed != content.trim_end() {
                    wrong.push_str(&format!("{command} prints\n{printed}\n"));
                }
                printed
            }
        };
        recorded.push_str(&format!("\n=== {title}\n{content}"));
    }
    if std::env::var_os("PROMCHART_RECORD").is_some() {
        std::fs::write(root().join(file), recorded + "\n").unwrap();
        return None;
    }
    (!wrong.is_empty()).then_some(wrong)
}
