//! The output of `promchart explain`, and its verification: see `tests/suite/explain/README.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use promchart::diagnostic::Report;
use promchart::objects::{Objects, Query};
use promchart::source::Sources;
use promchart::stages::{self, Request};
use promchart::system::{Memory, System};
use promchart::values::Overrides;

use crate::support::{Case, names, read, root, scratch, words, write};

/// A file of a case, or the arguments and the screen of a question.
type Section = (String, String);

fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.split_inclusive('\n') {
        let name = line
            .trim_end()
            .strip_prefix("-- ")
            .and_then(|rest| rest.strip_suffix(" --"));
        match name {
            Some(name) => sections.push((name.to_owned(), String::new())),
            None => sections.last_mut().expect("a file begins with a name").1.push_str(line),
        }
    }
    sections
}

fn screen(folder: &Path, arguments: &str) -> String {
    let run = Case::new("explain").args(words(arguments)).dir(folder).run();
    let mut text = run.stdout + &run.stderr;
    if run.code != 0 {
        let _ = writeln!(text, "exit code {}", run.code);
    }
    text
}

/// The field of a question with these files and arguments, as JSON.
fn field(files: &BTreeMap<String, String>, arguments: &[String]) -> Option<String> {
    let mut overrides = Overrides::default();
    let mut name = "release-name".to_owned();
    let mut rest = arguments.iter().map(String::as_str);
    let mut plain = Vec::new();
    while let Some(word) = rest.next() {
        let list = match word {
            "-f" => &mut overrides.files,
            "--set" => &mut overrides.set,
            "--set-json" => &mut overrides.json,
            "--release" => {
                rest.next().unwrap().clone_into(&mut name);
                continue;
            }
            word => {
                plain.push(word);
                continue;
            }
        };
        list.push(rest.next().unwrap().to_owned());
    }
    let [object, path, chart] = plain[..] else {
        panic!("{arguments:?}")
    };
    let system = files.iter().fold(Memory::new(), |system, (name, text)| {
        system.with_file(name, text.clone())
    });
    let system: Arc<dyn System> = Arc::new(system);
    let sources = Sources::new();
    let outcome = stages::run(&system, &Request::new(chart, name, overrides), &sources);
    let rendered = outcome.rendered?;
    let objects = Objects::read(&rendered, "default", &sources, &mut Report::new());
    let kind = match object.split_once('/').unwrap().0 {
        "cm" => "ConfigMap",
        "deploy" => "Deployment",
        kind => kind,
    };
    // An edit may change its name.
    let object = objects
        .all
        .iter()
        .find(|found| found.reference.kind == kind && is_of(&found.path, object))?;
    let found = Query::parse(path).unwrap().find(&object.node).ok()?;
    Some(found.first()?.node.to_json(&|float| float.into()).to_string())
}

/// The object `db` of the cases is in a chart of that name.
fn is_of(path: &str, object: &str) -> bool {
    path.contains("/charts/") == object.ends_with("/db")
}

/// A line with another scalar at its end.
fn edited(line: &str) -> String {
    let (before, value) = line.rsplit_once([' ', '=']).unwrap_or(("", line));
    let separator = &line[before.len()..=before.len()];
    let bare = value.trim_matches('"');
    let other = match (bare, bare.parse::<u64>()) {
        (_, Ok(number)) => (number + 1).to_string(),
        ("true", _) => "false".to_owned(),
        ("false", _) => "true".to_owned(),
        _ => format!("{bare}q"),
    };
    let other = if value.starts_with('"') {
        format!("\"{other}\"")
    } else {
        other
    };
    format!("{before}{separator}{other}")
}

/// Verifies the output about a field. Returns the number of verified rows.
fn prove(files: &BTreeMap<String, String>, arguments: &str, screen: &str) -> Result<usize, String> {
    let arguments = words(arguments);
    let now = field(files, &arguments);
    let mut proven = 0;
    for row in screen.lines() {
        let columns: Vec<&str> = row
            .trim()
            .split("  ")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        let [label, place, ..] = columns[..] else { continue };
        if label == "depends on" {
            let says = columns[2].strip_prefix("set to ").unwrap();
            let (to, after) = says.split_once(" this field is ").unwrap();
            let mut arguments = arguments.clone();
            arguments.extend(["--set-json".to_owned(), format!("{place}={to}")]);
            if field(files, &arguments).as_deref() != Some(after) {
                return Err(format!("{row}: not so, it is {:?}", field(files, &arguments)));
            }
            proven += 1;
            continue;
        }
        if !matches!(label, "set by" | "overridden") {
            continue;
        }
        let mut files = files.clone();
        let mut arguments = arguments.clone();
        if let Some(flag) = place.strip_prefix("--set ") {
            let at = arguments.iter().position(|word| word == flag).unwrap();
            arguments[at] = edited(flag);
        } else {
            let mut parts = place.split(':');
            let (name, line) = (parts.next().unwrap(), parts.next().unwrap().parse::<usize>().unwrap());
            let text = files
                .get_mut(name)
                .ok_or_else(|| format!("{row}: there is no such file"))?;
            let lines = text.lines().enumerate();
            let lines = lines.map(|(at, text)| if at + 1 == line { edited(text) } else { text.to_owned() });
            *text = lines.map(|line| line + "\n").collect();
        }
        let is_changed = field(&files, &arguments) != now;
        // A table that is set in several places, and a name that is part of another, are not edited as scalars.
        if is_changed != (label == "set by") {
            return Err(format!(
                "{row}: with another value there the field is {:?}",
                field(&files, &arguments)
            ));
        }
        proven += 1;
    }
    Ok(proven)
}

#[test]
fn screens_are_as_recorded_and_true() {
    let bless = std::env::var_os("PROMCHART_BLESS").is_some();
    let mut wrong = String::new();
    let mut proven = 0;
    for case in names("tests/suite/explain")
        .into_iter()
        .filter(|name| name.ends_with(".txt"))
    {
        let path = format!("tests/suite/explain/{case}");
        let mut sections = sections(&read(&path));
        let folder = scratch(&format!("explain-{case}"));
        let files: BTreeMap<String, String> = sections
            .iter()
            .filter(|(name, _)| !name.starts_with('$'))
            .cloned()
            .collect();
        for (name, text) in &files {
            write(&folder, name, text);
        }
        for (name, wanted) in &mut sections {
            let Some(arguments) = name.strip_prefix("$ ") else {
                continue;
            };
            let printed = screen(&folder, arguments);
            if printed != *wanted && !bless {
                let _ = writeln!(wrong, "{case}: {arguments} prints\n{printed}\ninstead of\n{wanted}");
            }
            if printed
                .lines()
                .next()
                .is_some_and(|line| line.contains(" = ") && line.contains('/'))
            {
                match prove(&files, arguments, &printed) {
                    Ok(count) => proven += count,
                    Err(error) => wrong.push_str(&format!("{case}: {arguments}: {error}\n")),
                }
            }
            *wanted = printed;
        }
        if bless {
            let text = sections.iter().map(|(name, text)| format!("-- {name} --\n{text}"));
            write(&root(), &path, text.collect::<String>());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(proven > 20, "{proven} rows were proven");
}
