//! Values that lie beside a chart for its tests: a search that begins with them has less to guess.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

use super::candidate::{Candidate, Keys, Origin};
use super::examples::json_of;
use source::{FileId, Span};
use system::{FileKind, System};

/// How many sets of values are read.
const MOST: usize = 200;
/// How many keys of a set are told apart; below these, values are set whole.
const MAX_DEPTH: usize = 8;

/// The sets of values for a chart's tests, those first that are meant to work:
///
/// - `ci/*-values.yaml`, as chart-testing has it, and `ci/*.yaml`;
/// - `values-*.yaml`, `*-values.yaml` and `*.values.yaml` beside values.yaml;
/// - the files of `values/` in the chart or beside it;
/// - `values` and `set` of helm-unittest's suites in `tests/`.
pub(super) fn seeds(system: &dyn System, chart: &Path) -> Vec<Candidate> {
    let files = |folder: PathBuf, is_meant: &dyn Fn(&str) -> bool| -> Vec<PathBuf> {
        let names = system.list(&folder).unwrap_or_default();
        let is_values = |name: &String| {
            let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
            stem.is_some_and(is_meant)
        };
        let paths = names.into_iter().filter(is_values).map(|name| folder.join(name));
        paths
            .filter(|path| system.entry(path).is_ok_and(|entry| entry.kind == FileKind::File))
            .collect()
    };
    let is_any = |_: &str| true;
    let mut found = files(chart.join("ci"), &is_any);
    found.extend(files(chart.to_owned(), &|stem| {
        stem.starts_with("values-")
            || stem.ends_with("-values")
            || stem.ends_with(".values")
            || stem.starts_with("values.")
    }));
    found.extend(files(chart.join("values"), &is_any));
    let beside = system
        .resolve(chart)
        .ok()
        .and_then(|chart| Some(chart.parent()?.join("values")));
    if let Some(beside) = beside
        && system.entry(&beside.join("Chart.yaml")).is_err()
    {
        found.extend(files(beside, &is_any));
    }
    let read = |path: &Path| system.read(path).ok().and_then(|bytes| document(&bytes));
    let of_file = |path: &PathBuf| Some(of_values(&read(path)?, Origin::Chart));
    let mut seeds: Vec<Candidate> = found.iter().filter_map(of_file).collect();
    for suite in files(chart.join("tests"), &is_any) {
        seeds.extend(
            read(&suite)
                .map(|suite_values| of_suite(&suite_values, &suite, &read))
                .unwrap_or_default(),
        );
    }
    let mut kept: Vec<Candidate> = Vec::new();
    for seed in seeds {
        if !seed.is_empty() && !kept.contains(&seed) && kept.len() < MOST {
            kept.push(seed);
        }
    }
    kept
}

/// The sets of a suite of helm-unittest: that of all its tests, with that of each test on top of it.
fn of_suite(suite: &Json, path: &Path, read: &dyn Fn(&Path) -> Option<Json>) -> Vec<Candidate> {
    let folder = path.parent().unwrap_or(path);
    let given = |of: &Json, mut candidate: Candidate| {
        for name in of.get("values").and_then(Json::as_array).into_iter().flatten() {
            let values = name.as_str().and_then(|name| read(&folder.join(name)));
            if let Some(values) = values {
                flatten(&values, &mut Keys::new(), Origin::Chart, &mut candidate);
            }
        }
        for (key, value) in of.get("set").and_then(Json::as_object).into_iter().flatten() {
            // An index is of a list that is not known here.
            if let Some(mut keys) = keys(key) {
                flatten(value, &mut keys, Origin::Example, &mut candidate);
            }
        }
        candidate
    };
    let all = given(suite, Candidate::default());
    let tests = suite.get("tests").and_then(Json::as_array).into_iter().flatten();
    tests.map(|test| given(test, all.clone())).collect()
}

/// The keys of a path of `--set`; none if it has an index.
fn keys(path: &str) -> Option<Keys> {
    let mut keys = vec![String::new()];
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => keys.last_mut()?.extend(letters.next()),
            '.' => keys.push(String::new()),
            '[' => return None,
            letter => keys.last_mut()?.push(letter),
        }
    }
    let is_whole = keys.iter().all(|key| !key.is_empty());
    is_whole.then(|| keys.into_iter().map(Arc::from).collect())
}

/// The candidate that sets the same as a values file.
fn of_values(values: &Json, origin: Origin) -> Candidate {
    let mut candidate = Candidate::default();
    flatten(values, &mut Keys::new(), origin, &mut candidate);
    candidate
}

fn flatten(value: &Json, at: &mut Keys, origin: Origin, candidate: &mut Candidate) {
    match value {
        Json::Object(map) if at.len() < MAX_DEPTH && (at.is_empty() || !map.is_empty()) => {
            for (key, inner) in map.iter().filter(|(key, _)| !key.is_empty()) {
                at.push(key.as_str().into());
                flatten(inner, at, origin, candidate);
                at.pop();
            }
        }
        _ if at.is_empty() => {}
        value => candidate.set(at.clone(), value.clone(), origin),
    }
}

/// The first document of a file.
fn document(bytes: &[u8]) -> Option<Json> {
    let text = std::str::from_utf8(bytes).ok()?;
    let parsed = goyaml::parse_str(text, Span::file_start(FileId::NONE)).ok()?;
    Some(json_of(&parsed.node))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn suites_give_a_set_for_each_test() {
        let suite = json!({
            "values": ["../base.yaml"],
            "set": {"a.b": 1},
            "tests": [{"set": {"a": {"c": [1]}}}, {"set": {"list[0]": 1, "x\\.y": true}}],
        });
        let read = |path: &Path| path.ends_with("base.yaml").then(|| json!({"base": {"on": true}}));
        let flags: Vec<String> = of_suite(&suite, Path::new("chart/tests/a_test.yaml"), &read)
            .iter()
            .map(Candidate::flags)
            .collect();
        let wanted = [
            "--set a.b=1 --set-json 'a.c=[1]' --set base.on=true",
            "--set a.b=1 --set base.on=true --set 'x\\.y=true'",
        ];
        assert_eq!(flags, wanted);
    }
}
