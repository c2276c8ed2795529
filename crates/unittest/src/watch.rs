//! Finds the suites that a change of files affects.
//!
//! A suite depends on its file, its snapshots and values files, and the templates that its renders have run, at least
//! in part. Any other change in the folder of a chart (`values.yaml`, `Chart.yaml`, a file that is added or removed, a
//! template that defines other names than before or cannot be parsed) affects all suites of the chart.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use super::run::{Options, Uses};
use gostd::path as gopath;
use gostd::string as gostring;
use source::{Source, SourceKind, Sources};
use system::{FileKind, System};

/// The maximum depth of folders.
const MAX_DEPTH: usize = 30;
/// The folder of snapshots.
const SNAPSHOTS: &str = "__snapshot__";

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
    pub fn read(system: &dyn System, options: &Options, uses: &[Uses], before: &Self) -> Self {
        let mut found = Self::default();
        for chart in &options.charts {
            found.folder(
                system,
                chart.trim_end_matches('/'),
                before,
                &mut BTreeSet::new(),
                MAX_DEPTH,
            );
        }
        let values = uses.iter().flat_map(|uses| &uses.values);
        for path in options.values.iter().chain(values) {
            found.file(system, path, before);
        }
        found
    }

    /// The number of files.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    fn folder(
        &mut self,
        system: &dyn System,
        folder: &str,
        before: &Self,
        inside: &mut BTreeSet<PathBuf>,
        depth: usize,
    ) {
        // A link may lead back into a folder that is being read.
        let Ok(whole) = system.resolve(Path::new(folder)) else {
            return;
        };
        if depth == 0 || !inside.insert(whole.clone()) {
            return;
        }
        for name in system.list(Path::new(folder)).unwrap_or_default() {
            if name == ".git" {
                continue;
            }
            let path = format!("{folder}/{name}");
            match system.entry(Path::new(&path)).map(|entry| entry.kind) {
                Ok(FileKind::File) => self.file(system, &path, before),
                Ok(FileKind::Folder) => self.folder(system, &path, before, inside, depth - 1),
                _ => {}
            }
        }
        inside.remove(&whole);
    }

    fn file(&mut self, system: &dyn System, path: &str, before: &Self) {
        let Ok(bytes) = system.read(Path::new(path)) else {
            return;
        };
        let path = gopath::clean(path);
        let mut hasher = std::hash::DefaultHasher::new();
        bytes.hash(&mut hasher);
        let digest = hasher.finish();
        let known = before.0.get(&path).filter(|known| known.digest == digest);
        let state = known.cloned().unwrap_or_else(|| State {
            digest,
            definitions: format!("/{path}")
                .contains("/templates/")
                .then(|| definitions(&bytes))
                .flatten(),
        });
        self.0.insert(path, state);
    }

    /// Takes over the snapshots, which the tests write themselves, and the values files outside of the charts, which
    /// are known only from the suites, from a later state.
    pub fn take_known_later(&mut self, other: &Self, options: &Options) {
        let given: BTreeSet<String> = options.values.iter().map(|path| gopath::clean(path)).collect();
        let is_inside = |path: &str| options.charts.iter().any(|chart| is_in(path, chart));
        let is_later = |path: &String| suite_of(path).is_some() || !is_inside(path) && !given.contains(path);
        self.0.retain(|path, _| !is_later(path));
        let later = other.0.iter().filter(|(path, _)| is_later(path));
        self.0.extend(later.map(|(path, state)| (path.clone(), state.clone())));
    }

    /// The change since `before`, if any.
    pub fn change(&self, before: &Self, options: &Options, uses: &[Uses]) -> Option<Change> {
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
            match self.touched(path, before, uses) {
                Some(touched) => touched.for_each(|uses| {
                    charts.insert(&uses.chart);
                    suites.insert(uses.suites.clone());
                }),
                None => {
                    all = true;
                    let around: Vec<&String> = options.charts.iter().filter(|chart| is_in(path, chart)).collect();
                    charts.extend(if around.is_empty() {
                        options.charts.iter().collect()
                    } else {
                        around
                    });
                }
            }
        }
        Some(Change {
            // In the order of the command line.
            charts: options
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
    fn touched<'a>(
        &self,
        path: &'a str,
        before: &Self,
        uses: &'a [Uses],
    ) -> Option<Box<dyn Iterator<Item = &'a Uses> + 'a>> {
        if let Some(suite) = suite_of(path) {
            return Some(Box::new(
                uses.iter().filter(move |uses| gopath::clean(&uses.suites) == suite),
            ));
        }
        let (Some(now), Some(then)) = (self.0.get(path), before.0.get(path)) else {
            return None;
        };
        let has_to_do = move |uses: &&Uses| gopath::clean(&uses.suites) == path || uses.values.contains(path);
        if uses.iter().any(|uses| has_to_do(&uses)) {
            return Some(Box::new(uses.iter().filter(has_to_do)));
        }
        if now.definitions.is_none() || now.definitions != then.definitions {
            return None;
        }
        Some(Box::new(uses.iter().filter(move |uses| {
            uses.templates.iter().any(|template| gopath::clean(template) == path)
        })))
    }
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
        let options = Options {
            charts: vec!["c/".to_owned(), "d".to_owned()],
            ..Options::default()
        };
        let uses = |suites: &str, templates: &[&str], values: &[&str]| Uses {
            chart: "c/".to_owned(),
            suites: format!("c/tests/{suites}_test.yaml"),
            templates: templates.iter().map(|name| (*name).into()).collect(),
            values: values.iter().map(|name| (*name).to_owned()).collect(),
        };
        let uses = [
            uses("a", &["c/templates/_h.tpl", "c/templates/a.yaml"], &["shared.yaml"]),
            uses("b", &["c/templates/b.yaml"], &[]),
        ];
        let before = Files::read(&system(&[]), &options, &uses, &Files::default());
        let after = Files::read(&system(files), &options, &uses, &before);
        let change = after.change(&before, &options, &uses)?;
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
}
