//! The README says what promchart prints: here it is run.

use crate::support::{Case, read, value_tables};

/// The `console` blocks: each command with what it is said to print.
fn sessions() -> Vec<(String, String)> {
    let readme = read("README.md");
    let mut sessions: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
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
    let mut words = command.split(' ');
    assert_eq!(words.next(), Some("promchart"), "{command}");
    let run = Case::new(words.next().unwrap()).args(words).run();
    (run.code, run.stdout + &without_time(&run.stderr))
}

/// Messages with one time in place of that which the linter took.
fn without_time(messages: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" rules, ") {
        Some((before, _)) if line.starts_with("checked ") => format!("{before} rules, 0.02 s\n"),
        _ => line.to_owned(),
    };
    messages.split_inclusive('\n').map(line).collect()
}

#[test]
fn commands_print_what_the_readme_says() {
    let sessions = sessions();
    assert!(sessions.len() >= 4, "{}", sessions.len());
    for (command, wanted) in sessions {
        let (_, printed) = run(&command);
        match wanted.strip_suffix("...\n") {
            Some(start) => assert!(printed.starts_with(start), "{command} prints\n{printed}"),
            None => assert_eq!(printed.trim_end(), wanted.trim_end(), "{command}"),
        }
    }
}

/// The first command of the README ends well and prints the ten objects of the document that the chart comes from.
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

/// The tables of the chart's README are those of its values file and schema.
#[test]
fn the_tables_of_values_are_fresh() {
    let schema = serde_json::from_str(&read("chart/values.schema.json")).expect("the schema is JSON");
    let readme = read("chart/README.md");
    let renewed = value_tables::renewed(&readme, &read("chart/values.yaml"), &schema).unwrap();
    let stale = readme.lines().zip(renewed.lines()).find(|(is, should)| is != should);
    assert!(readme == renewed, "run cargo run -p xtask -- chart-readme: {stale:?}");
}
