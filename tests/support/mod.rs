//! Runs the built promchart as a user would.

pub(crate) mod engine;
pub(crate) mod found;
pub(crate) mod mutants;
pub(crate) mod perturbed;
pub(crate) mod shares;
pub(crate) mod value_tables;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::thread::ThreadId;

pub(crate) use words::words;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository as text.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names in a folder of the repository, sorted.
pub(crate) fn names(folder: impl AsRef<Path>) -> Vec<String> {
    let folder = root().join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The lines of the `*.jsonl` files in a folder, with names of tests from their positions: `strings::12`.
pub(crate) fn rows(folder: &str) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for name in names(folder) {
        let Some(stem) = name.strip_suffix(".jsonl") else {
            continue;
        };
        for (at, line) in read(format!("{folder}/{name}")).split('\n').enumerate() {
            if !line.is_empty() {
                rows.push((format!("{stem}::{}", at + 1), line.to_owned()));
            }
        }
    }
    rows
}

/// The files in a case file, each below a line `-- name --`.
pub(crate) fn sections(text: &str) -> Vec<(&str, String)> {
    let mut sections: Vec<(&str, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        match line
            .trim_end()
            .strip_prefix("-- ")
            .and_then(|rest| rest.strip_suffix(" --"))
        {
            Some(name) => sections.push((name, String::new())),
            None => sections
                .last_mut()
                .expect("a file begins with its name")
                .1
                .push_str(line),
        }
    }
    sections
}

/// An empty folder for a test. A name belongs to the thread that used it first, so to one test: another test would empty
/// the folder while it is in use.
pub(crate) fn scratch(name: &str) -> PathBuf {
    static OWNERS: Mutex<BTreeMap<String, ThreadId>> = Mutex::new(BTreeMap::new());
    let this = std::thread::current().id();
    let owner = *OWNERS.lock().unwrap().entry(name.to_owned()).or_insert(this);
    assert_eq!(owner, this, "the folder {name} belongs to another test");
    let folder = root().join("target/test-scratch").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    // Searches upwards end at the top of a repository: our own promchart.yaml does not count here.
    std::fs::create_dir_all(folder.with_file_name(".git")).unwrap();
    folder
}

/// Writes a file and creates its parent folders.
pub(crate) fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Copies a folder recursively.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A chart in a new folder, with one template and optional values.
pub(crate) fn chart(name: &str, template: &str, values: &str) -> PathBuf {
    let folder = scratch(name);
    write(&folder, "Chart.yaml", "apiVersion: v2\nname: test\nversion: 0.1.0\n");
    write(&folder, "values.yaml", values);
    write(&folder, "templates/a.yaml", template);
    folder
}

/// A run of promchart: `Case::new("template").arg("x").run()`.
pub(crate) struct Case {
    command: Command,
}

/// The result of a run.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Case {
    /// A run of a subcommand in the root of the repository, without the user's own settings.
    pub(crate) fn new(subcommand: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_promchart"));
        command.current_dir(root()).arg(subcommand).env_clear();
        Self { command }
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args<T: AsRef<std::ffi::OsStr>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// The standard input.
    pub(crate) fn stdin(mut self, file: std::fs::File) -> Self {
        self.command.stdin(file);
        self
    }

    pub(crate) fn dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// The output as bytes.
    pub(crate) fn output(mut self) -> Output {
        self.command.output().unwrap()
    }

    pub(crate) fn run(self) -> Run {
        let Output { status, stdout, stderr } = self.output();
        Run {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }
}

impl Run {
    /// The output of a run, which must have succeeded.
    #[track_caller]
    pub(crate) fn stdout(self) -> String {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.stdout
    }
}

/// The arguments with which the golden of a profile was made (xtask/src/goldens.rs).
pub(crate) fn profile_arguments(profile: &str) -> Vec<String> {
    let namespace = if profile.starts_with("fst-manage") {
        "fst-manage"
    } else {
        "monitoring"
    };
    let mut arguments = vec![
        "prom".to_owned(),
        "chart".to_owned(),
        "-n".to_owned(),
        namespace.to_owned(),
    ];
    if profile != "default" {
        arguments.extend(["-f".to_owned(), format!("values/{profile}.yaml")]);
    }
    arguments
}

/// Fails with the first line that differs; a whole diff of manifests is not readable.
#[track_caller]
pub(crate) fn assert_same(ours: &str, theirs: &str, what: &str) {
    if ours == theirs {
        return;
    }
    let (mut ours_lines, mut theirs_lines) = (ours.lines(), theirs.lines());
    for number in 1.. {
        match (ours_lines.next(), theirs_lines.next()) {
            (None, None) => panic!("{what}: line ends differ"),
            (ours, theirs) if ours == theirs => {}
            (ours, theirs) => panic!("{what}, line {number}\n promchart: {ours:?}\n Helm:      {theirs:?}"),
        }
    }
}
