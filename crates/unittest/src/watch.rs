//! Finds the suites that a change of files affects.
//!
//! A suite depends on its file, its snapshots and values files, and the templates that its renders have run, at least
//! in part. Any other change in the folder of a chart (`values.yaml`, `Chart.yaml`, a file that is added or removed, a
//! template that defines other names than before or cannot be parsed) affects all suites of the chart.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::path::{Path, PathBuf};

use super::result::SuiteResult;
use super::run::{Options, Results, Uses};
use gostd::path as gopath;
use gostd::string as gostring;
use source::{Source, SourceKind, Sources};
use system::{FileKind, System};

/// The maximum depth of folders.
const MAX_DEPTH: usize = 30;
/// The folder of snapshots.
const SNAPSHOTS: &str = "__snapshot__";

/// The watched files.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The charts and values files.
    pub options: Options,
    /// Files and folders besides. A change there affects all suites.
    pub inputs: Vec<String>,
    /// Files and folders that are written after each run. They are not watched, wherever they are.
    pub outputs: Vec<String>,
    /// Whether a change of a template that no suite runs affects all suites: for their coverage, it does.
    pub has_coverage: bool,
}

impl Deref for Watched {
    type Target = Options;

    fn deref(&self) -> &Options {
        &self.options
    }
}

/// The contents of files at a point in time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, State>);

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    digest: u64,
    /// The names that a template defines, each with whether its definition is non-empty; `None` if the file is not a
    /// template.
    definitions: Option<BTreeSet<(String, bool)>>,
}

/// A change of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The changed files.
    pub files: Vec<String>,
    /// The folders of the charts with suites to run again.
    pub charts: Vec<String>,
    /// The files of these suites; `None` to run all.
    pub suites: Option<BTreeSet<String>>,
}

impl Files {
    /// Reads the files of charts and the values files of their suites. Files that are unchanged since `before` are not
    /// read again.
    pub fn read(system: &dyn System, watched: &Watched, uses: &[Uses], before: &Self) -> Self {
        let outputs = watched.outputs.iter().filter_map(|path| whole(system, path));
        let mut reader = Reader {
            system,
            before,
            outputs: outputs.collect(),
            found: Self::default(),
        };
        for folder in watched.charts.iter().chain(&watched.inputs) {
            match folder.trim_end_matches('/') {
                // It was the root.
                "" => reader.path("/"),
                folder => reader.path(folder),
            }
        }
        let values = uses.iter().flat_map(|uses| &uses.values);
        for path in watched.values.iter().chain(values) {
            reader.file(path);
        }
        reader.found
    }

    /// The number of files.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Takes over the snapshots, which the tests write themselves, and the values files outside of the charts, which
    /// are known only from the suites, from a later state.
    pub fn take_known_later(&mut self, other: &Self, watched: &Watched) {
        let given: BTreeSet<String> = watched.values.iter().map(|path| gopath::clean(path)).collect();
        let is_input = |path: &str| {
            let mut inputs = watched.inputs.iter();
            given.contains(path) || inputs.any(|input| path == gopath::clean(input) || is_in(path, input))
        };
        let is_inside = |path: &str| watched.charts.iter().any(|chart| is_in(path, chart));
        let is_later = |path: &String| suite_of(path).is_some() || !is_inside(path) && !is_input(path);
        self.0.retain(|path, _| !is_later(path));
        let later = other.0.iter().filter(|(path, _)| is_later(path));
        self.0.extend(later.map(|(path, state)| (path.clone(), state.clone())));
    }

    /// The change since `before`, if any.
    pub fn change(&self, before: &Self, watched: &Watched, uses: &[Uses]) -> Option<Change> {
        let paths: BTreeSet<&String> = self.0.keys().chain(before.0.keys()).collect();
        let is_new = |path: &&&String| self.0.get(**path) != before.0.get(**path);
        let files: Vec<String> = paths.iter().filter(is_new).map(|path| (*path).clone()).collect();
        if files.is_empty() {
            return None;
        }
        let mut charts = BTreeSet::new();
        let mut suites = BTreeSet::new();
        let mut all = false;
        for path in &files {
            let touched = self.touched(path, before, uses);
            match touched.filter(|touched| !touched.is_empty() || !watched.has_coverage) {
                Some(touched) => touched.iter().for_each(|uses| {
                    charts.insert(&uses.chart);
                    suites.insert(uses.suites.clone());
                }),
                None => {
                    all = true;
                    let around: Vec<&String> = watched.charts.iter().filter(|chart| is_in(path, chart)).collect();
                    charts.extend(if around.is_empty() {
                        watched.charts.iter().collect()
                    } else {
                        around
                    });
                }
            }
        }
        Some(Change {
            // In the order of the command line.
            charts: watched
                .charts
                .iter()
                .filter(|chart| charts.contains(chart))
                .cloned()
                .collect(),
            suites: (!all).then_some(suites),
            files,
        })
    }

    /// The suites that a change of a file affects; `None` if it affects all suites of the chart.
    fn touched<'a>(&self, path: &str, before: &Self, uses: &'a [Uses]) -> Option<Vec<&'a Uses>> {
        let uses = uses.iter();
        if let Some(suite) = suite_of(path) {
            return Some(uses.filter(|uses| gopath::clean(&uses.suites) == suite).collect());
        }
        let (now, then) = (self.0.get(path)?, before.0.get(path)?);
        let has_to_do = |uses: &&Uses| gopath::clean(&uses.suites) == path || uses.values.contains(path);
        let found: Vec<&Uses> = uses.clone().filter(has_to_do).collect();
        if !found.is_empty() {
            return Some(found);
        }
        if now.definitions.is_none() || now.definitions != then.definitions {
            return None;
        }
        let runs = |uses: &&Uses| uses.templates.iter().any(|template| gopath::clean(template) == path);
        Some(uses.filter(runs).collect())
    }
}

/// Reads the files of folders.
struct Reader<'a> {
    system: &'a dyn System,
    before: &'a Files,
    outputs: BTreeSet<PathBuf>,
    found: Files,
}

impl Reader<'_> {
    fn path(&mut self, path: &str) {
        match self.system.entry(Path::new(path)).map(|entry| entry.kind) {
            Ok(FileKind::File) => self.file(path),
            Ok(FileKind::Folder) => self.folder(path, &mut BTreeSet::new(), MAX_DEPTH),
            _ => {}
        }
    }

    fn folder(&mut self, folder: &str, inside: &mut BTreeSet<PathBuf>, depth: usize) {
        // A link may lead back into a folder that is being read.
        let Ok(whole) = self.system.resolve(Path::new(folder)) else {
            return;
        };
        if depth == 0 || !inside.insert(whole.clone()) {
            return;
        }
        for name in self.system.list(Path::new(folder)).unwrap_or_default() {
            if name == ".git" || self.outputs.contains(&whole.join(&name)) {
                continue;
            }
            let path = format!("{folder}/{name}");
            match self.system.entry(Path::new(&path)).map(|entry| entry.kind) {
                Ok(FileKind::File) => self.file(&path),
                Ok(FileKind::Folder) => self.folder(&path, inside, depth - 1),
                _ => {}
            }
        }
        inside.remove(&whole);
    }

    fn file(&mut self, path: &str) {
        let Ok(bytes) = self.system.read(Path::new(path)) else {
            return;
        };
        let path = gopath::clean(path);
        let mut hasher = std::hash::DefaultHasher::new();
        bytes.hash(&mut hasher);
        let digest = hasher.finish();
        let known = self.before.0.get(&path).filter(|known| known.digest == digest);
        let state = known.cloned().unwrap_or_else(|| State {
            digest,
            definitions: format!("/{path}")
                .contains("/templates/")
                .then(|| definitions(&bytes))
                .flatten(),
        });
        self.found.0.insert(path, state);
    }
}

/// The latest results of all suites, of which each round runs some.
#[derive(Clone, Debug, Default)]
pub struct Latest {
    uses: Vec<Uses>,
    suites: Vec<SuiteResult>,
    /// The order of the files of suites: the chart, and the file in the last run of all its suites.
    order: BTreeMap<(String, String), (usize, usize)>,
}

impl Latest {
    /// The files that each suite uses.
    pub fn uses(&self) -> &[Uses] {
        &self.uses
    }

    /// The results of all suites, in the order in which one run of all would have them.
    pub fn suites(&self) -> &[SuiteResult] {
        &self.suites
    }

    /// Takes the results of a round, which had its own options. What the other suites of a chart have run earlier is added to the chart's
    /// coverage.
    pub fn take(&mut self, watched: &Watched, round: &Options, results: &mut Results) {
        let key = |uses: &Uses| (uses.chart.clone(), uses.suites.clone());
        let is_all = round.only.is_none();
        let is_meant = |chart: &String| is_all && round.charts.contains(chart);
        if is_all {
            self.order.retain(|(chart, _), _| !is_meant(chart));
            for (at, uses) in results.uses.iter().enumerate() {
                let chart = watched.charts.iter().position(|chart| *chart == uses.chart);
                self.order.insert(key(uses), (chart.unwrap_or_default(), at));
            }
        }
        let renewed: BTreeSet<_> = results.uses.iter().map(key).collect();
        let mut all: Vec<(Uses, Vec<SuiteResult>)> = Vec::new();
        for uses in std::mem::take(&mut self.uses) {
            if is_meant(&uses.chart) || renewed.contains(&key(&uses)) {
                continue;
            }
            if let Some(chart) = results.coverage.iter_mut().find(|chart| chart.path == uses.chart) {
                chart.coverage.add_earlier(&uses.coverage);
            }
            let suites = self.suites.get(uses.results.clone()).unwrap_or_default().to_vec();
            all.push((uses, suites));
        }
        for uses in &results.uses {
            let mut suites = results.suites.get(uses.results.clone()).unwrap_or_default().to_vec();
            // They hold the values of each test.
            let tests = suites.iter_mut().flat_map(|suite| &mut suite.tests);
            tests.for_each(|test| test.request = None);
            all.push((uses.clone(), suites));
        }
        all.sort_by_key(|(uses, _)| self.order.get(&key(uses)).copied());
        self.suites.clear();
        for (mut uses, suites) in all {
            let first = self.suites.len();
            self.suites.extend(suites);
            uses.results = first..self.suites.len();
            self.uses.push(uses);
        }
    }
}

/// The absolute path of a file or folder that need not exist, if the folder around it does.
fn whole(system: &dyn System, path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(gopath::clean(path));
    let around = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Some(system.resolve(around).ok()?.join(path.file_name()?))
}

/// Whether a file is in the folder of a chart.
fn is_in(path: &str, chart: &str) -> bool {
    match &*gopath::clean(chart) {
        "." => !path.starts_with("../") && !path.starts_with('/'),
        chart => path.strip_prefix(chart).is_some_and(|rest| rest.starts_with('/')),
    }
}

/// The suite file of a snapshot file.
fn suite_of(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/')?;
    let name = name.strip_suffix(".snap")?;
    let folder = folder.strip_suffix(SNAPSHOTS)?;
    Some(format!("{folder}{name}"))
}

/// The names that a template defines, each with whether its definition is non-empty; `None` if the text is not a
/// template.
fn definitions(bytes: &[u8]) -> Option<BTreeSet<(String, bool)>> {
    let text = gostring::encode(bytes);
    // A temporary source, because only the names are needed.
    let sources = Sources::new();
    let file = sources.add(Source::of_text("t", SourceKind::Made, "".into()));
    let parsed = gotemplate::parse(&text, file, "t", &|name| sprig::find(name).is_some()).ok()?;
    let trees = parsed.trees.iter();
    Some(
        trees
            .map(|tree| (tree.name.to_string(), tree.root.is_empty()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::coverage::Coverage;
    use system::Memory;

    fn system(files: &[(&str, &str)]) -> Memory {
        let given = [
            ("c/Chart.yaml", "name: c"),
            ("c/values.yaml", "a: 1"),
            ("c/templates/_h.tpl", "{{ define \"h\" }}x{{ end }}"),
            ("c/templates/a.yaml", "{{ include \"h\" . }}"),
            ("c/templates/b.yaml", "b"),
            ("c/tests/a_test.yaml", "a"),
            ("c/tests/b_test.yaml", "b"),
            ("c/tests/__snapshot__/b_test.yaml.snap", "s"),
            ("shared.yaml", "v"),
            ("d/Chart.yaml", "name: d"),
        ];
        let all = given
            .iter()
            .filter(|(name, _)| files.iter().all(|(other, _)| other != name));
        let all = all.chain(files).filter(|(_, text)| *text != "gone");
        all.fold(Memory::new(), |system, (name, text)| system.with_file(*name, *text))
    }

    /// The suites and charts to run again if these files change.
    fn changed(files: &[(&str, &str)]) -> Option<(Vec<String>, Option<Vec<String>>)> {
        changed_of(&watched(), files)
    }

    fn watched() -> Watched {
        Watched {
            options: Options {
                charts: vec!["c/".to_owned(), "d".to_owned()],
                ..Options::default()
            },
            ..Watched::default()
        }
    }

    fn uses(suites: &str, templates: &[&str], values: &[&str]) -> Uses {
        Uses {
            chart: "c/".to_owned(),
            suites: format!("c/tests/{suites}_test.yaml"),
            templates: templates.iter().map(|name| (*name).into()).collect(),
            values: values.iter().map(|name| (*name).to_owned()).collect(),
            coverage: Coverage::default(),
            results: 0..0,
        }
    }

    fn changed_of(watched: &Watched, files: &[(&str, &str)]) -> Option<(Vec<String>, Option<Vec<String>>)> {
        let uses = [
            uses("a", &["c/templates/_h.tpl", "c/templates/a.yaml"], &["shared.yaml"]),
            uses("b", &["c/templates/b.yaml"], &[]),
        ];
        let before = Files::read(&system(&[]), watched, &uses, &Files::default());
        let after = Files::read(&system(files), watched, &uses, &before);
        let change = after.change(&before, watched, &uses)?;
        let suites = change.suites.map(|suites| {
            let names = suites.iter().map(|name| name.trim_start_matches("c/tests/").to_owned());
            names.collect()
        });
        Some((change.charts, suites))
    }

    fn some(charts: &[&str], suites: Option<&[&str]>) -> Option<(Vec<String>, Option<Vec<String>>)> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Some((owned(charts), suites.map(owned)))
    }

    #[test]
    fn only_what_is_touched_is_run_again() {
        assert_eq!(changed(&[]), None);
        assert_eq!(
            changed(&[("c/templates/b.yaml", "bb")]),
            some(&["c/"], Some(&["b_test.yaml"]))
        );
        let helper = "{{ define \"h\" }}y{{ end }}";
        assert_eq!(
            changed(&[("c/templates/_h.tpl", helper)]),
            some(&["c/"], Some(&["a_test.yaml"]))
        );
        assert_eq!(
            changed(&[("c/tests/a_test.yaml", "aa")]),
            some(&["c/"], Some(&["a_test.yaml"]))
        );
        let snapshot = "c/tests/__snapshot__/b_test.yaml.snap";
        assert_eq!(changed(&[(snapshot, "t")]), some(&["c/"], Some(&["b_test.yaml"])));
        assert_eq!(changed(&[("shared.yaml", "w")]), some(&["c/"], Some(&["a_test.yaml"])));
    }

    #[test]
    fn all_is_run_again_where_nobody_can_tell() {
        for (file, text) in [
            ("c/values.yaml", "a: 2"),
            ("c/Chart.yaml", "name: e"),
            ("c/files/x", "new"),
            ("c/templates/new.yaml", "new"),
            ("c/templates/b.yaml", "gone"),
            ("c/templates/b.yaml", "{{ if }}"),
            ("c/templates/b.yaml", "{{ define \"h\" }}other{{ end }}"),
            ("c/templates/_h.tpl", "{{ define \"h\" }}{{ end }}"),
        ] {
            assert_eq!(changed(&[(file, text)]), some(&["c/"], None), "{file}: {text}");
        }
        assert_eq!(changed(&[("d/Chart.yaml", "name: f")]), some(&["d"], None));
    }

    #[test]
    fn what_a_round_writes_is_no_change_and_what_it_reads_besides_is() {
        let mut watched = watched();
        watched.inputs = vec!["promchart.yaml".to_owned(), "crds/".to_owned()];
        watched.outputs = vec!["c/report.xml".to_owned(), "./c/./pages".to_owned()];
        for output in ["c/report.xml", "c/pages/index.html"] {
            assert_eq!(changed_of(&watched, &[(output, "x")]), None, "{output}");
        }
        for input in ["promchart.yaml", "crds/a/b.yaml"] {
            assert_eq!(
                changed_of(&watched, &[(input, "x")]),
                some(&["c/", "d"], None),
                "{input}"
            );
        }
    }

    #[test]
    fn the_coverage_counts_templates_that_no_suite_runs() {
        let mut watched = watched();
        let change = [("c/templates/a.yaml", "a"), ("c/templates/unused.yaml", "u")];
        let with_unused = |text: &str| {
            let files = system(&change).with_file("c/templates/unused.yaml", text);
            Files::read(&files, &watched, &[], &Files::default())
        };
        let (before, after) = (with_unused("u"), with_unused("v"));
        let suites = |watched: &Watched| after.change(&before, watched, &[]).unwrap().suites;
        assert_eq!(suites(&watched), Some(BTreeSet::new()));
        watched.has_coverage = true;
        assert_eq!(suites(&watched), None);
    }

    #[test]
    fn the_latest_results_are_in_the_order_of_one_run() {
        let watched = watched();
        let round = |charts: &[&str], only: Option<&[&str]>| Options {
            charts: charts.iter().map(|chart| (*chart).to_owned()).collect(),
            only: only.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            ..Options::default()
        };
        let results = |files: &[(&str, &str)], name: &str| {
            let mut results = Results::default();
            for (at, (chart, suites)) in files.iter().enumerate() {
                results.suites.push(SuiteResult {
                    name: name.to_owned(),
                    file: (*suites).to_owned(),
                    ..SuiteResult::default()
                });
                results.uses.push(Uses {
                    chart: (*chart).to_owned(),
                    suites: (*suites).to_owned(),
                    results: at..at + 1,
                    ..uses("", &[], &[])
                });
            }
            results
        };
        let mut latest = Latest::default();
        let mut shown = |options: Options, mut results: Results| {
            latest.take(&watched, &options, &mut results);
            let shown = latest
                .suites()
                .iter()
                .map(|suite| format!("{} {}", suite.file, suite.name));
            shown.collect::<Vec<_>>()
        };
        let all = [("c/", "c/2"), ("c/", "c/1"), ("d", "d/1")];
        assert_eq!(
            shown(round(&["c/", "d"], None), results(&all, "first")),
            ["c/2 first", "c/1 first", "d/1 first"]
        );
        assert_eq!(
            shown(round(&["c/"], Some(&["c/2"])), results(&all[..1], "second")),
            ["c/2 second", "c/1 first", "d/1 first"]
        );
        // A suite is gone, and one is new.
        assert_eq!(
            shown(round(&["c/"], None), results(&[("c/", "c/0"), ("c/", "c/2")], "third")),
            ["c/0 third", "c/2 third", "d/1 first"]
        );
        // The chart cannot be read.
        assert_eq!(shown(round(&["c/"], None), Results::default()), ["d/1 first"]);
    }
}
