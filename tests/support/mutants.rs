//! Faults that are inserted one at a time into charts without findings, and the linter's findings for each. A test
//! requires that they are found; `cargo run -p xtask -- mutate` prints the table. `tests/suite/mutations/README.md`
//! describes the format of the faults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use promchart::diagnostic::Diagnostic;
use promchart::lint::{self, Progress, Run, Scope, Selection};
use promchart::render::Trace;
use promchart::source::{Sources, Span};
use promchart::stages::Request;
use promchart::system::{Memory, System};
use promchart::values::Overrides;

/// The name of the user's values in faults.
const GIVEN: &str = "given.yaml";
/// The stack size of a linting thread, in bytes.
const STACK_SIZE: usize = 64 << 20;
/// A diagnostic with more lines than this does not help to find the fault.
const MAX_LINES: usize = 3;

/// A fault.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    /// The kind of fault.
    pub(crate) kind: String,
    /// The rules of which one must find it.
    rules: Vec<String>,
    /// The chart: a folder of `tests/fixtures/charts`, a profile of `values/`, or the render of a profile.
    target: String,
    file: String,
    /// The index of the matching place, from 0.
    nth: usize,
    old: String,
    new: String,
    places: Vec<Place>,
    /// The position of the fault's definition.
    row: String,
}

/// A line at which the fault may be reported.
#[derive(Clone, Debug)]
enum Place {
    /// The first line of a file with this text; of `A >> B` the first one with B that does not come before A.
    In(String, String),
    /// The nearest line above the fault with this text.
    Above(String),
    /// The nearest line below the fault with this text.
    Below(String),
}

/// The findings for a fault.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    /// The kind of fault.
    pub(crate) kind: String,
    /// Whether one of its rules found it.
    pub(crate) is_found: bool,
    /// Whether its line in the template was named; `None` if no template is involved, or it was not found.
    pub(crate) is_at_template: Option<bool>,
    /// Whether its line in the values was named; `None` if it is not in values, or it was not found.
    pub(crate) is_at_values: Option<bool>,
    /// Whether the line to fix was named first.
    pub(crate) is_first: bool,
    /// The fault, and the findings instead.
    pub(crate) story: String,
}

type Files = BTreeMap<String, String>;
/// A chart without a fault, and the number of its findings.
type Sound = Arc<(Files, BTreeMap<String, usize>)>;

/// The charts into which faults are inserted, read once.
pub(crate) struct Charts {
    root: std::path::PathBuf,
    read: Mutex<BTreeMap<String, Sound>>,
}

/// Reads the faults of all files, in their order.
///
/// # Errors
/// A file or a row that cannot be read.
pub(crate) fn read(root: &Path) -> Result<Vec<Mutant>, String> {
    let folder = root.join("tests/suite/mutations");
    let mut mutants = Vec::new();
    let mut files = Vec::new();
    names(&folder, "", &mut files)?;
    for file in files
        .iter()
        .filter(|file| Path::new(file).extension().is_some_and(|extension| extension == "txt"))
    {
        let (mut kind, mut rules) = (String::new(), Vec::new());
        for (number, line) in text(&folder.join(file))?.lines().enumerate() {
            let row = format!("{file}:{}", number + 1);
            let wrong = || format!("{row}: cannot read {line:?}");
            if let Some(heading) = line.strip_prefix("## ") {
                let (name, list) = heading.split_once(": ").ok_or_else(wrong)?;
                name.clone_into(&mut kind);
                rules = list.split(", ").map(str::to_owned).collect();
                if let Some(unknown) = rules.iter().find(|rule| lint::find(rule).is_none()) {
                    return Err(format!("{row}: there is no rule {unknown}"));
                }
            } else if let Some(place) = line.strip_prefix("@ ") {
                let mutant: &mut Mutant = mutants.last_mut().ok_or_else(wrong)?;
                let (at, text) = place.split_once(": ").ok_or_else(wrong)?;
                mutant.places.push(match at {
                    "above" => Place::Above(text.to_owned()),
                    "below" => Place::Below(text.to_owned()),
                    file => Place::In(file.to_owned(), text.to_owned()),
                });
            } else if line.starts_with(['-', '+']) {
                let mutant: &mut Mutant = mutants.last_mut().ok_or_else(wrong)?;
                let side = if line.starts_with('-') {
                    &mut mutant.old
                } else {
                    &mut mutant.new
                };
                if !side.is_empty() {
                    side.push('\n');
                }
                side.push_str(line.get(2..).unwrap_or_default());
            } else if !line.is_empty() && !line.starts_with("# ") {
                let (target, file) = line.split_once(' ').ok_or_else(wrong)?;
                mutants.push(Mutant {
                    kind: kind.clone(),
                    rules: rules.clone(),
                    target: target.to_owned(),
                    file: file.to_owned(),
                    nth: 0,
                    old: String::new(),
                    new: String::new(),
                    places: Vec::new(),
                    row,
                });
            }
        }
    }
    Ok(mutants)
}

impl Charts {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            read: Mutex::default(),
        }
    }

    /// Repeats faults whose file is followed by `each` for each matching place.
    ///
    /// # Errors
    /// A fault that matches nowhere.
    pub(crate) fn spread(&self, mutants: Vec<Mutant>) -> Result<Vec<Mutant>, String> {
        let mut all = Vec::new();
        let mut wrong = Vec::new();
        for mut mutant in mutants {
            let is_each = match mutant.file.strip_suffix(" each") {
                Some(file) => {
                    mutant.file = file.to_owned();
                    true
                }
                None => false,
            };
            let chart = self.chart(&mutant.target)?;
            let count = chart
                .0
                .get(&mutant.file)
                .map_or(0, |text| text.matches(&*mutant.old).count());
            if mutant.old.is_empty() || count == 0 {
                wrong.push(format!(
                    "{}: nothing in {} looks like {:?}",
                    mutant.row, mutant.file, mutant.old
                ));
                continue;
            }
            let taken = if is_each { count } else { 1 };
            all.extend((0..taken).map(|nth| Mutant { nth, ..mutant.clone() }));
        }
        if wrong.is_empty() {
            Ok(all)
        } else {
            Err(wrong.join("\n"))
        }
    }

    /// A chart without a fault, and the number of its findings.
    fn chart(&self, target: &str) -> Result<Sound, String> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(target) {
            return Ok(Arc::clone(known));
        }
        let mut files = Files::new();
        let profile = target.strip_prefix("render:").unwrap_or(target);
        let given = self.root.join(format!("values/{profile}.yaml"));
        if target.starts_with("render:") {
            let rendered = text(&self.root.join(format!("tests/goldens/chart/{profile}.yaml")))?;
            let metadata = "apiVersion: v2\nname: render\nversion: 0.1.0\nicon: https://example.org/icon.svg\n";
            files.insert("Chart.yaml".to_owned(), metadata.to_owned());
            files.insert("values.yaml".to_owned(), String::new());
            files.insert("templates/all.yaml".to_owned(), rendered);
        } else {
            let is_own = profile == "default" || given.is_file();
            let folder = if is_own {
                "chart".to_owned()
            } else {
                format!("tests/fixtures/charts/{target}")
            };
            let mut found = Vec::new();
            names(&self.root.join(&folder), "", &mut found)?;
            for name in found {
                let text = text(&self.root.join(&folder).join(&name))?;
                files.insert(name, text);
            }
            if given.is_file() {
                files.insert(GIVEN.to_owned(), text(&given)?);
            }
        }
        let (found, _) = lint(&files, false);
        let mut said = BTreeMap::new();
        for diagnostic in &found {
            *said.entry(key(diagnostic)).or_default() += 1;
        }
        let chart = Arc::new((files, said));
        read.insert(target.to_owned(), Arc::clone(&chart));
        Ok(chart)
    }

    /// Lints the charts with the faults, several in parallel.
    ///
    /// # Errors
    /// A chart that cannot be read.
    pub(crate) fn judge(&self, mutants: &[Mutant]) -> Result<Vec<Verdict>, String> {
        let verdicts: Mutex<BTreeMap<usize, Result<Verdict, String>>> = Mutex::default();
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some((at, mutant)) = {
                let at = next.fetch_add(1, Ordering::Relaxed);
                mutants.get(at).map(|mutant| (at, mutant))
            } {
                let verdict = self.chart(&mutant.target).map(|chart| mutant.judge(&chart.0, &chart.1));
                verdicts
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(at, verdict);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
                thread.spawn_scoped(scope, work).map_err(|error| error.to_string())?;
            }
            Ok::<_, String>(())
        })?;
        let verdicts = verdicts.into_inner().unwrap_or_else(PoisonError::into_inner);
        verdicts.into_values().collect()
    }
}

impl Mutant {
    fn judge(&self, files: &Files, said: &BTreeMap<String, usize>) -> Verdict {
        let mut files = files.clone();
        let (line, text) = self.apply(&files[&self.file]);
        files.insert(self.file.clone(), text);
        let is_in_values = self.file == GIVEN || self.file == "values.yaml";
        let (found, sources) = lint(&files, !self.rules.iter().any(|rule| rule == "values-schema"));
        let mut said = said.clone();
        let mut new = Vec::new();
        for diagnostic in &found {
            match said.get_mut(&key(diagnostic)).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None => new.push(diagnostic),
            }
        }
        let own = (self.file.clone(), line);
        let (mut given, mut templates): (BTreeSet<_>, BTreeSet<_>) = self
            .accepted(&files, line)
            .into_iter()
            .partition(|(file, _)| file == GIVEN || file == "values.yaml");
        given.insert(own.clone());
        if templates.is_empty() && !is_in_values {
            templates.insert(own.clone());
        }
        let of_rules: Vec<&Diagnostic> = new
            .iter()
            .copied()
            .filter(|found| self.rules.iter().any(|rule| rule == found.rule))
            .collect();
        let is_at = |span: Span, place: &(String, usize)| {
            let source = sources.get(span.file);
            let first = source.line_column(span.start).line;
            let last = source.line_column(span.end.saturating_sub(1).max(span.start)).line;
            let name = source.name().strip_prefix("chart/").unwrap_or(source.name());
            name == place.0 && (first..=last.min(first + MAX_LINES - 1)).contains(&place.1)
        };
        let names = |found: &&Diagnostic, place: &(String, usize)| {
            let labels = found.labels.iter().map(|label| label.span);
            found.span.into_iter().chain(labels).any(|span| is_at(span, place))
        };
        let is_found = !of_rules.is_empty();
        let at_template = |found: &&Diagnostic| templates.iter().any(|place| names(found, place));
        let is_at_template = (is_found && !templates.is_empty()).then(|| of_rules.iter().any(at_template));
        let is_at_values = (is_found && is_in_values).then(|| {
            of_rules
                .iter()
                .any(|found| given.iter().any(|place| names(found, place)))
        });
        let first = |place: &(String, usize)| {
            of_rules
                .iter()
                .any(|found| found.span.is_some_and(|span| is_at(span, place)))
        };
        let is_first = if is_in_values {
            given.iter().any(first)
        } else {
            templates.iter().any(first)
        };
        let mut story = format!("{} {} ({} {}:{line}", self.row, self.kind, self.target, self.file);
        if self.nth > 0 {
            story.push_str(&format!(", place {}", self.nth + 1));
        }
        story.push_str(&format!("), wanted {} at {templates:?}", self.rules.join(" or ")));
        for found in &new {
            let place = |span: Span| sources.place(span).replacen("chart/", "", 1);
            let places: Vec<String> = found
                .span
                .into_iter()
                .chain(found.labels.iter().map(|label| label.span))
                .map(place)
                .collect();
            story.push_str(&format!(
                "\n    {}: {} ({})",
                found.rule,
                found.message,
                places.join(", ")
            ));
        }
        Verdict {
            kind: self.kind.clone(),
            is_found,
            is_at_template,
            is_at_values,
            is_first,
            story,
        }
    }

    /// The text with the fault, and the line of the fault: the first one that differs.
    fn apply(&self, text: &str) -> (usize, String) {
        let at = text.match_indices(&*self.old).nth(self.nth).map_or(0, |(at, _)| at);
        let same = self
            .old
            .lines()
            .zip(self.new.lines())
            .take_while(|(old, new)| old == new)
            .count();
        let skipped = same.min(self.new.lines().count().saturating_sub(1));
        let mut end = at + self.old.len();
        // A line that is removed is removed with its line break.
        if self.new.is_empty()
            && text[..at]
                .rsplit('\n')
                .next()
                .is_some_and(|before| before.trim().is_empty())
        {
            end += usize::from(text[end..].starts_with('\n'));
        }
        let line = text[..at].matches('\n').count() + 1 + skipped;
        (line, format!("{}{}{}", &text[..at], self.new, &text[end..]))
    }

    /// The other positions where it may be reported.
    fn accepted(&self, files: &Files, line: usize) -> BTreeSet<(String, usize)> {
        let mut found = BTreeSet::new();
        for place in &self.places {
            let file = match place {
                Place::In(file, _) => file,
                Place::Above(_) | Place::Below(_) => &self.file,
            };
            let lines: Vec<&str> = files.get(file).map(|text| text.lines().collect()).unwrap_or_default();
            let at = match place {
                Place::In(_, text) => text.split(" >> ").try_fold(0, |from, text| {
                    Some(from + lines[from..].iter().position(|found| found.contains(text))?)
                }),
                Place::Above(text) => lines[..line - 1].iter().rposition(|found| found.contains(&**text)),
                Place::Below(text) => lines[line - 1..]
                    .iter()
                    .position(|found| found.contains(&**text))
                    .map(|at| at + line - 1),
            };
            // A position that does not exist is in no report either, so the fault counts as misplaced.
            found.insert((file.clone(), at.map_or(0, |at| at + 1)));
        }
        found
    }
}

fn key(found: &Diagnostic) -> String {
    format!("{}: {}", found.rule, found.message)
}

struct Silent;

impl Progress for Silent {
    fn done(&self, _: usize, _: usize, _: &Run) {}
}

fn lint(files: &Files, skip_schema: bool) -> (Vec<Diagnostic>, Sources) {
    let mut system = Memory::new();
    let mut overrides = Overrides::default();
    for (name, text) in files {
        if name == GIVEN {
            overrides.files.push(GIVEN.to_owned());
            system = system.with_file(GIVEN, text.as_bytes());
        } else {
            system = system.with_file(format!("chart/{name}"), text.as_bytes());
        }
    }
    let system: Arc<dyn System> = Arc::new(system);
    let mut request = Request::new("chart", "release", overrides);
    request.skip_schema = skip_schema;
    request.trace = Trace::On;
    let run = Run {
        name: "".into(),
        chart: "chart".into(),
        request,
        crds: Vec::new(),
        policies: Vec::new(),
    };
    let sources = Sources::new();
    let (report, _) = lint::run(&system, &[run], Scope::All, &Selection::default(), &sources, &Silent);
    (report.diagnostics, sources)
}

/// The files below a folder, by their relative paths.
fn names(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut entries = std::fs::read_dir(folder)
        .map_err(wrong)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(wrong)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            names(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.push(name);
        }
    }
    Ok(())
}

fn text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The number of faults that were found, and found at the right line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// All.
    pub(crate) all: usize,
    /// Faults that were found.
    pub(crate) found: usize,
    /// Faults that were found with the right line of the template, of those that have one.
    pub(crate) template: (usize, usize),
    /// Faults that were found with the right line of the values, of those that are in values.
    pub(crate) values: (usize, usize),
    /// Faults whose right line came first.
    pub(crate) first: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, verdict: &Verdict) {
        self.all += 1;
        self.found += usize::from(verdict.is_found);
        self.first += usize::from(verdict.is_first);
        for (count, is_right) in [
            (&mut self.template, verdict.is_at_template),
            (&mut self.values, verdict.is_at_values),
        ] {
            count.0 += usize::from(is_right == Some(true));
            count.1 += usize::from(is_right.is_some());
        }
    }
}
