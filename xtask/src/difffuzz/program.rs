//! The two programs: Helm renders a chart of many cases at once, promchart one case at a time.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use promchart::go::string::decode;
use promchart::render::LIMIT;
use promchart::source::Sources;
use promchart::stages::{self, Request};
use promchart::system::{Memory, System};
use promchart::values::Overrides;

use super::case::Case;
use crate::helm::template;

/// The result of a program: the output (in base64, so that any bytes survive YAML), or the message after `Error: `.
pub(super) type Given = Result<String, Vec<u8>>;

/// Whether a program crashed: Go's runtime then prints all goroutines.
pub(super) fn has_died(given: &Given) -> bool {
    let Err(message) = given else { return false };
    let text = String::from_utf8_lossy(message);
    let begins = ["runtime: ", "fatal error: ", "panic: ", "SIGSEGV"];
    begins.iter().any(|begin| text.starts_with(begin)) && text.contains("\ngoroutine ")
}

/// The stack size of a render in bytes, as in the command.
pub(super) const STACK_SIZE: usize = 512 << 20;

const CHART: &str = "apiVersion: v2\nname: t\nversion: 1.0.0\nkeywords: [x, y]\nappVersion: \"1.10\"\n";
const VALUES_OF_SET: &str = "m: {k: [1, 2], a: x}\nl: [a, {b: 1}]\ns: text\n";

/// The files of a chart that renders the cases.
fn files(cases: &[(usize, &Case)]) -> Vec<(String, String)> {
    let mut files = vec![
        ("Chart.yaml".to_owned(), CHART.to_owned()),
        ("f.txt".to_owned(), "one\ntwo\n".to_owned()),
    ];
    let mut all_values = String::new();
    for (number, case) in cases {
        let name = format!("c{number}");
        match case {
            Case::Template { template, values } => {
                let indented: String = values.lines().map(|line| format!("  {line}\n")).collect();
                all_values += &format!("{name}:\n{indented}");
                files.push((format!("templates/_{name}.tpl"), template.replace('@', &name)));
                let dot = format!(
                    "(dict \"Values\" .Values.{name} \"Release\" .Release \"Chart\" .Chart \"Files\" .Files \"Capabilities\" .Capabilities)"
                );
                let caller = format!("{name}: {{{{ include \"t/templates/_{name}.tpl\" {dot} | b64enc }}}}\n");
                files.push((format!("templates/{name}.yaml"), caller));
            }
            Case::Set { .. } => {
                VALUES_OF_SET.clone_into(&mut all_values);
                files.push((
                    format!("templates/{name}.yaml"),
                    format!("{name}: {{{{ toJson .Values | b64enc }}}}\n"),
                ));
            }
        }
    }
    files.push(("values.yaml".to_owned(), all_values));
    files
}

/// Extracts the results of the cases from the output of a program.
fn results(output: &str) -> BTreeMap<usize, String> {
    let number = |line: &str| {
        let (name, text) = line.split_once(':')?;
        Some((name.strip_prefix('c')?.parse().ok()?, text.trim().to_owned()))
    };
    output.lines().filter_map(number).collect()
}

/// Renders a case with promchart; none if it exceeds promchart's limits, where Helm might never finish.
pub(super) fn ours(number: usize, case: &Case) -> Option<Given> {
    let mut system = Memory::new();
    for (name, text) in files(&[(number, case)]) {
        system = system.with_file(format!("chart/{name}"), text);
    }
    let system: Arc<dyn System> = Arc::new(system);
    let mut overrides = Overrides::default();
    if let Case::Set { flag } = case {
        overrides.set.push(flag.clone());
    }
    let request = Request::new("chart", "demo", overrides);
    let run = || stages::run(&system, &request, &Sources::new());
    let Ok(outcome) = catch_unwind(AssertUnwindSafe(run)) else {
        return Some(Err(b"promchart panics".to_vec()));
    };
    let Some(error) = outcome.errors.diagnostics.first() else {
        let files = outcome.rendered.map(|rendered| rendered.files).unwrap_or_default();
        let text: String = files.into_values().collect();
        return Some(Ok(results(&text).remove(&number).unwrap_or_default()));
    };
    (error.rule != LIMIT).then(|| Err(decode(error.headline()).into_owned()))
}

/// The real Helm, and the folder for its charts.
pub(super) struct Helm {
    program: PathBuf,
    folder: PathBuf,
}

impl Helm {
    pub(super) fn new(program: PathBuf, folder: PathBuf) -> Self {
        Self { program, folder }
    }

    /// Renders one case with Helm.
    pub(super) fn one(&self, number: usize, case: &Case) -> Result<Given, String> {
        Ok(self
            .run(&[(number, case)])?
            .map(|mut texts| texts.remove(&number).unwrap_or_default()))
    }

    /// Renders many cases with Helm. Most should succeed, because each failing case takes its own run.
    pub(super) fn many(&self, cases: &[(usize, &Case)]) -> Result<BTreeMap<usize, Given>, String> {
        let mut given = BTreeMap::new();
        let mut batches = vec![cases.to_vec()];
        while let Some(mut left) = batches.pop() {
            if left.is_empty() {
                continue;
            }
            match self.run(&left)? {
                Ok(mut texts) => {
                    for (number, _) in left {
                        given.insert(number, Ok(texts.remove(&number).unwrap_or_default()));
                    }
                }
                Err(message) => {
                    // The error names the failing case, unless it failed outside of one.
                    let text = String::from_utf8_lossy(&message).into_owned();
                    let named = |number: &usize| {
                        text.contains(&format!("/_c{number}.tpl")) || text.contains(&format!("/c{number}.yaml"))
                    };
                    let alone = (left.len() == 1).then_some(0);
                    match alone.or_else(|| left.iter().position(|(number, _)| named(number))) {
                        Some(at) => {
                            let (number, case) = left.remove(at);
                            given.insert(number, self.one(number, case)?);
                            batches.push(left);
                        }
                        None => {
                            let second = left.split_off(left.len() / 2);
                            batches.extend([left, second]);
                        }
                    }
                }
            }
        }
        Ok(given)
    }

    fn run(&self, cases: &[(usize, &Case)]) -> Result<Result<BTreeMap<usize, String>, Vec<u8>>, String> {
        let chart = self.folder.join("chart");
        let _ = fs::remove_dir_all(&chart);
        let write = |path: &Path, text: &str| {
            fs::create_dir_all(path.parent().unwrap_or(path))
                .and_then(|()| fs::write(path, text))
                .map_err(|error| error.to_string())
        };
        for (name, text) in files(cases) {
            write(&chart.join(name), &text)?;
        }
        let mut arguments = vec!["demo".to_owned(), "chart".to_owned()];
        if let [(_, Case::Set { flag })] = cases {
            arguments.extend(["--set".to_owned(), flag.clone()]);
        }
        let output = template(&self.program, &self.folder, &arguments)?;
        if output.status.success() {
            return Ok(Ok(results(&String::from_utf8_lossy(&output.stdout))));
        }
        Ok(Err(error_of(&output.stderr)))
    }
}

/// The message after `Error: `, without a trailing hint.
fn error_of(stderr: &[u8]) -> Vec<u8> {
    const BEGIN: &[u8] = b"Error: ";
    const HINT: &[u8] = b"\n\nUse --debug flag to render out invalid YAML";
    let at = stderr
        .windows(BEGIN.len())
        .position(|window| window == BEGIN)
        .map_or(0, |at| at + BEGIN.len());
    let text = stderr[at..].trim_ascii_end();
    text.strip_suffix(HINT).unwrap_or(text).to_vec()
}
