//! Runs the examples of README.md and docs/ and compares their output.

use crate::support::{Case, read, value_tables, words};

/// Pages whose commands need files, a clock or a folder of their own, and have a separate test.
const TESTED_ELSEWHERE: [&str; 2] = ["certs.md", "preflight.md"];

/// README.md and the pages of docs/.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> = std::fs::read_dir("docs")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md") && !TESTED_ELSEWHERE.contains(&name.as_str()))
        .map(|name| format!("docs/{name}"))
        .collect();
    pages.push("README.md".to_owned());
    pages.sort_unstable();
    pages
}

/// The `console` blocks of a page: each command with its expected output.
fn sessions(page: &str) -> Vec<(String, String)> {
    let text = read(page);
    let mut sessions: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            inside = language == "console";
        } else if inside {
            match line.strip_prefix("$ ") {
                Some(command) => sessions.push((command.to_owned(), String::new())),
                None => {
                    let (_, printed) = sessions.last_mut().expect("a command before what it prints");
                    printed.push_str(line);
                    printed.push('\n');
                }
            }
        }
    }
    sessions
}

fn run(command: &str) -> (i32, String) {
    let words = words(command);
    assert_eq!(words[0], "promchart", "{command}");
    let run = Case::new(&words[1]).args(&words[2..]).run();
    (run.code, run.stdout + &without_time(&run.stderr))
}

/// Whether a text is as expected; an expected line `...` matches any lines.
fn agrees(printed: &str, wanted: &str) -> bool {
    let wanted: Vec<&str> = wanted.trim_end().lines().collect();
    let printed: Vec<&str> = printed.trim_end().lines().collect();
    let mut parts = wanted.split(|line| *line == "...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = printed.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&[&str]> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in between {
        let Some(at) = (0..=rest.len()).find(|&at| rest[at..].starts_with(part)) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Messages with a fixed time instead of the measured one.
fn without_time(messages: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" rules, ") {
        Some((before, _)) if line.starts_with("checked ") => format!("{before} rules, 0.02 s\n"),
        _ => line.to_owned(),
    };
    messages.split_inclusive('\n').map(line).collect()
}

#[test]
fn commands_print_what_the_pages_say() {
    let mut stale = Vec::new();
    let mut count = 0;
    for page in pages() {
        for (command, wanted) in sessions(&page) {
            count += 1;
            let (_, printed) = run(&command);
            if !agrees(&printed, &wanted) {
                stale.push(format!("{page}: {command} prints\n{printed}"));
            }
        }
    }
    assert!(count >= 5, "{count}");
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn dots_stand_for_any_lines() {
    for (printed, wanted, is_same) in [
        ("a\nb\n", "a\nb\n", true),
        ("a\nb\n", "a\n", false),
        ("a\nb\n", "a\n...\n", true),
        ("a\nb\nc\n", "a\n...\nc\n", true),
        ("a\nb\nc\n", "...\nb\n...\n", true),
        ("a\nb\nc\n", "...\nd\n...\n", false),
        ("a\nc\n", "a\n...\nb\n...\nc\n", false),
    ] {
        assert_eq!(agrees(printed, wanted), is_same, "{printed:?} {wanted:?}");
    }
}

/// The first command of the README succeeds and prints the ten objects of the document that the chart is based on.
#[test]
fn the_main_job_runs() {
    let readme = read("README.md");
    let line = readme
        .lines()
        .find_map(|line| line.strip_prefix("cargo run --release --locked -- "))
        .expect("the command of the main job");
    let (code, printed) = run(&format!("promchart {line}"));
    assert_eq!(code, 0, "{printed}");
    assert_eq!(printed.matches("\nkind: ").count(), 10);
}

/// The tables of the chart's README are generated from its values file and schema.
#[test]
fn the_tables_of_values_are_fresh() {
    let schema = serde_json::from_str(&read("chart/values.schema.json")).expect("the schema is JSON");
    let readme = read("chart/README.md");
    let renewed = value_tables::renewed(&readme, &read("chart/values.yaml"), &schema).unwrap();
    let stale = readme.lines().zip(renewed.lines()).find(|(is, should)| is != should);
    assert!(readme == renewed, "run cargo run -p xtask -- chart-readme: {stale:?}");
}
