//! Reads objects as lines of JSON and writes what is found in each: a line with a JSON list of
//! `[severity, rule, path, message]`. `tests/cluster/mutate.py` compares it with an API server.
//!
//! ```sh
//! cargo run -p promchart-k8s --example verdicts -- 1.37 crds.json <objects.jsonl
//! ```
//!
//! The second argument is optional: a file with a JSON list of `CustomResourceDefinition`s.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a filter between the standard streams"
)]

use std::io::{BufRead as _, Write as _};

use promchart_k8s::{Crds, Severity, Version, check};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let version = match arguments.next() {
        Some(text) => Version::parse(&text).ok_or_else(|| format!("not a version: {text}"))?,
        None => Version::LATEST,
    };
    let crds: Vec<Value> = match arguments.next() {
        Some(path) => serde_json::from_str(&std::fs::read_to_string(path)?)?,
        None => Vec::new(),
    };
    let crds = Crds::from(crds.as_slice());
    for line in std::io::stdin().lock().lines() {
        let object: Value = serde_json::from_str(&line?)?;
        let found: Vec<Value> = check(version, &crds, &object)
            .iter()
            .map(|problem| {
                let severity = match problem.severity() {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                };
                json!([severity, problem.rule, problem.pointer(), problem.message])
            })
            .collect();
        println!("{}", Value::Array(found));
        std::io::stdout().flush()?;
    }
    Ok(())
}
