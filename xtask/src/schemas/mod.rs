//! JSON schemas with values, validated by the real Helm and by promchart: random ones of all drafts, and the official
//! JSON-Schema-Test-Suite.
//!
//! Compares the verdict, and the messages in any order, because Helm iterates over maps. Many cases are combined into
//! one chart, as subcharts. Cases with different results are kept in `target/schemas/SEED/`, one file each.

mod draw;
mod record;
#[path = "../../../tests/support/schema_lines.rs"]
mod schema_lines;
mod suite;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use promchart::source::Sources;
use promchart::stages::{self, Request};
use promchart::system::{Memory, System};
use promchart::values::Overrides;
use serde_json::{Value as Json, json};

use self::schema_lines::sorted;
use crate::helm::{helm, root, template};
use crate::random::Random;

pub(crate) use record::record;

/// The number of cases in one chart.
const BATCH: usize = 100;
/// The stack size of a render in bytes, as in the command.
const STACK_SIZE: usize = 512 << 20;
/// The maximum number of differences printed for each kind.
const SHOWN: usize = 12;

/// A schema with values.
pub(crate) struct Case {
    name: String,
    schema: String,
    values: Json,
}

/// Compares `count` random schemas.
pub(crate) fn compare(count: usize, seed: u64) -> Result<(), String> {
    let case = |number: usize| {
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(number as u64);
        let (schema, values) = draw::case(&mut Random::fresh(seed));
        Case {
            name: number.to_string(),
            schema,
            values,
        }
    };
    run((0..count).map(case).collect(), &seed.to_string())
}

/// Runs the official suite (a folder with `draft4` and so on) through both programs.
pub(crate) fn suite(folder: &str) -> Result<(), String> {
    run(suite::read(Path::new(folder))?, "suite")
}

fn run(cases: Vec<Case>, name: &str) -> Result<(), String> {
    let folder = root().join("target/schemas").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
    let worker = thread
        .spawn(move || Run { helm: helm()?, folder }.compare(&cases))
        .map_err(|error| error.to_string())?;
    worker.join().map_err(|_| "the comparison panicked".to_owned())?
}

struct Run {
    helm: PathBuf,
    folder: PathBuf,
}

/// The messages of a program for each case; empty if the values are valid.
type Said = BTreeMap<usize, Vec<String>>;

impl Run {
    fn compare(&self, cases: &[Case]) -> Result<(), String> {
        let (mut refused, mut verdicts, mut words, mut died) = (0, 0, 0, 0);
        for batch in cases.chunks(BATCH) {
            let files = files(batch);
            let theirs = self.theirs(batch, &files)?;
            let ours = ours(&files);
            for (at, case) in batch.iter().enumerate() {
                let Some(theirs) = theirs.get(&at) else {
                    died += 1;
                    continue;
                };
                let ours = ours.get(&at).cloned().unwrap_or_default();
                refused += usize::from(!theirs.is_empty());
                if ours.is_empty() != theirs.is_empty() {
                    verdicts += 1;
                    self.keep(case, "verdict", &ours, theirs, verdicts)?;
                } else if sorted(&ours) != sorted(theirs) {
                    words += 1;
                    self.keep(case, "words", &ours, theirs, words)?;
                }
            }
        }
        let compared = cases.len() - died;
        let alike = |different: usize, of: usize| {
            let tenths = (of - different.min(of)) * 1000 / of.max(1);
            format!("{}.{} %", tenths / 10, tenths % 10)
        };
        println!(
            "{compared} schemas with values, {refused} of them refused by Helm: {verdicts} verdicts differ ({} alike), {words} of the \
             words ({} alike); Helm dies of {died} more",
            alike(verdicts, compared),
            alike(words, refused)
        );
        if verdicts > 0 {
            return Err(format!("{}: what differs", self.folder.display()));
        }
        Ok(())
    }

    fn keep(&self, case: &Case, kind: &str, ours: &[String], theirs: &[String], number: usize) -> Result<(), String> {
        let schema: Json = serde_json::from_str(&case.schema).unwrap_or_else(|_| json!(case.schema));
        let kept = json!({"schema": schema, "values": case.values, "helm": theirs, "promchart": ours});
        let text = serde_json::to_string_pretty(&kept).map_err(|error| error.to_string())?;
        let path = self.folder.join(format!("{kind}-{number}.json"));
        fs::write(&path, text).map_err(|error| error.to_string())?;
        if number <= SHOWN {
            println!("{kind} {}: {} of {}", case.name, case.schema, case.values);
            println!(
                "  Helm      {}\n  promchart {}",
                theirs.join("\n            "),
                ours.join("\n            ")
            );
        }
        Ok(())
    }

    /// Helm's messages; cases on which it crashes are left out.
    fn theirs(&self, batch: &[Case], files: &[(String, String)]) -> Result<Said, String> {
        let folder = self.folder.join("chart");
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(failed)?;
        }
        for (name, text) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(failed)?;
            fs::write(path, text).map_err(failed)?;
        }
        let output = template(&self.helm, &folder, &["demo".to_owned(), ".".to_owned()])?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if matches!(output.status.code(), Some(0 | 1)) {
            return Ok(said(&stderr, batch.len()));
        }
        if batch.len() == 1 {
            return Ok(Said::new());
        }
        let (first, second) = batch.split_at(batch.len() / 2);
        let mut all = self.theirs(first, &self::files(first))?;
        let others = self.theirs(second, &self::files(second))?;
        all.extend(others.into_iter().map(|(at, lines)| (at + first.len(), lines)));
        Ok(all)
    }
}

/// A chart with a subchart for each case.
fn files(batch: &[Case]) -> Vec<(String, String)> {
    let chart = |name: &str| format!("{{\"apiVersion\": \"v2\", \"name\": \"{name}\", \"version\": \"1.0.0\"}}\n");
    let mut files = vec![
        ("Chart.yaml".to_owned(), chart("all")),
        ("templates/a.yaml".to_owned(), "a: b\n".to_owned()),
    ];
    for (at, case) in batch.iter().enumerate() {
        let name = format!("c{at:03}");
        let mut add = |file: &str, text: String| files.push((format!("charts/{name}/{file}"), text));
        add("Chart.yaml", chart(&name));
        add("values.yaml", format!("{}\n", case.values));
        add("values.schema.json", case.schema.clone());
    }
    files
}

/// Assigns the lines of an error to the cases.
fn said(error: &str, count: usize) -> Said {
    let mut said: Said = (0..count).map(|at| (at, Vec::new())).collect();
    let mut current: Option<usize> = None;
    for line in error.lines() {
        // After an invalid schema Helm prints no line break.
        let name = line
            .len()
            .checked_sub("c000:".len())
            .and_then(|at| line.split_at_checked(at));
        let next = name.and_then(|(_, name)| name.strip_prefix('c')?.strip_suffix(':')?.parse::<usize>().ok());
        let text = match (next, name) {
            (Some(_), Some((before, _))) => before,
            _ => line,
        };
        if let Some(lines) = current.and_then(|at| said.get_mut(&at))
            && !text.is_empty()
        {
            lines.push(text.to_owned());
        }
        current = next.or(current);
    }
    said
}

fn ours(files: &[(String, String)]) -> Said {
    let mut system = Memory::new();
    for (name, text) in files {
        system = system.with_file(format!("chart/{name}"), text.as_bytes());
    }
    let request = Request::new("chart", "demo", Overrides::default());
    let system: Arc<dyn System> = Arc::new(system);
    let outcome = stages::run(&system, &request, &Sources::new());
    let error = outcome.errors.diagnostics.first();
    said(
        &error.map_or_else(String::new, |error| error.headline().to_owned()),
        files.len(),
    )
}
