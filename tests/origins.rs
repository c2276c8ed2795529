//! Where the output has come from: places written by hand, and the shares of our own chart.

use std::sync::Arc;

use promchart::pipeline;
use promchart::render::{Origin, Setting, Trace};
use promchart::source::{Sources, Span};
use promchart::world::{Memory, World};

use crate::support::{names, perturbed, read, root, shares};

/// The file of a case by that name.
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

/// `a.yaml:3`
fn place(span: Span, sources: &Sources) -> String {
    let source = sources.get(span.file);
    let name = source.name().rsplit('/').next().unwrap().to_owned();
    format!("{name}:{}", source.line_column(span.start).line)
}

/// An origin as the cases write it.
fn shown(origin: &Origin, sources: &Sources) -> String {
    let mut text = place(origin.template, sources);
    for call in &origin.calls {
        text += &format!(" < {}", place(*call, sources));
    }
    if let Some(Setting { value, .. }) = origin.value {
        let written = sources.get(value.file).text()[value.range()].to_owned();
        text += &format!(
            " {} {} {}",
            if origin.is_certain { "|" } else { "?" },
            place(value, sources),
            written.lines().next().unwrap_or_default()
        );
    }
    text
}

fn differences(case: &str) -> Vec<String> {
    let text = read(format!("tests/suite/origins/{case}"));
    let sections = sections(&text);
    let section = |name: &str| {
        sections
            .iter()
            .find(|(found, _)| *found == name)
            .map_or("", |(_, text)| text)
    };
    let mut world = Memory::new().with_file("chart/Chart.yaml", "apiVersion: v2\nname: test\nversion: 0.1.0\n");
    for (name, text) in &sections {
        if !matches!(*name, "want" | "set") {
            world = world.with_file(format!("chart/{name}"), text.clone());
        }
    }
    let world: Arc<dyn World> = Arc::new(world);
    let mut request = shares::request("chart".as_ref(), &[], Trace::On);
    request.release.name = "demo".into();
    request.overrides.set = section("set").lines().map(str::to_owned).collect();
    let sources = Sources::new();
    let outcome = pipeline::run(&world, &request, &sources);
    let rendered = outcome
        .rendered
        .unwrap_or_else(|| panic!("{case}: {:?}", outcome.errors));
    let file = "test/templates/a.yaml";
    let output = &rendered.files[file];
    let mut wrong = Vec::new();
    for line in section("want").lines() {
        let (wanted_text, wanted) = line.split_once(" => ").unwrap_or_else(|| panic!("{case}: {line}"));
        let (needle, nth) = match wanted_text.rsplit_once('@') {
            Some((needle, nth)) if nth.parse::<usize>().is_ok() => (needle, nth.parse().unwrap()),
            _ => (wanted_text, 1_usize),
        };
        let Some((start, _)) = output.match_indices(needle).nth(nth - 1) else {
            wrong.push(format!("{case}: {wanted_text:?} is not in\n{output}"));
            continue;
        };
        // Of a line with its key, the value is meant if there is one in the answer.
        let skipped = needle.len() - needle.trim_start().len();
        let skipped = match needle.rsplit_once(": ") {
            Some((key, _)) if wanted.contains(" | ") || wanted.contains(" ? ") => key.len() + 2,
            _ => skipped,
        };
        let found = rendered.origin(file, start + skipped..start + needle.len());
        let found = found.map_or_else(|| "nothing".to_owned(), |origin| shown(&origin, &sources));
        if found != wanted {
            wrong.push(format!("{case}: {wanted_text}\n  want {wanted}\n  got  {found}"));
        }
    }
    wrong
}

#[test]
fn places_are_those_written_by_hand() {
    let cases = names("tests/suite/origins")
        .into_iter()
        .filter(|name| name.ends_with(".txt"));
    let wrong: Vec<String> = cases.flat_map(|case| differences(&case)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn our_own_chart_is_known_to_the_line() {
    for profile in names("values").into_iter().filter(|name| name.ends_with(".yaml")) {
        let files = [root().join("values").join(&profile).to_string_lossy().into_owned()];
        let found = shares::measure(&root().join("chart"), &files).unwrap();
        let misses = found.misses.join("\n");
        assert_eq!(found.origin.hits, found.origin.all, "{profile}\n{misses}");
        assert!(
            found.keys.percent() > 98.0,
            "{profile}: keys {:?}\n{misses}",
            found.keys
        );
        assert!(
            found.values.percent() > 95.0,
            "{profile}: values {:?}\n{misses}",
            found.values
        );
    }
}

/// What changes in the output when a value is changed has come from that value.
#[test]
fn our_own_chart_leads_to_the_values_that_change_it() {
    const MOST: usize = 60;
    let mut direct = shares::Share::default();
    let mut certain = shares::Share::default();
    let mut misses = Vec::new();
    // Each value is rendered anew with its trace, so these have to stand for the others.
    for profile in [
        "fst-manage.yaml",
        "fst-manage-fixed.yaml",
        "minimal.yaml",
        "namespaced.yaml",
        "agent.yaml",
    ] {
        let files = [root().join("values").join(profile).to_string_lossy().into_owned()];
        let found = perturbed::measure(&root().join("chart"), &files, MOST).unwrap();
        for (sum, share) in [(&mut direct, found.direct), (&mut certain, found.certain)] {
            sum.hits += share.hits;
            sum.all += share.all;
        }
        misses.extend(found.misses);
    }
    let misses = misses.join("\n");
    assert!(direct.all >= 50, "{direct:?}");
    assert!(direct.percent() >= 95.0, "{direct:?}\n{misses}");
    assert!(certain.percent() >= 99.0, "{certain:?}\n{misses}");
}

/// A trace must not change what comes out, nor which error it is.
#[test]
fn a_traced_render_is_the_same_render() {
    let world: Arc<dyn World> = Arc::new(promchart::world::Disk::default());
    let chart = root().join("chart");
    let [plain, traced] = [Trace::Off, Trace::On].map(|trace| {
        let outcome = pipeline::run(&world, &shares::request(&chart, &[], trace), &Sources::new());
        outcome.rendered.unwrap()
    });
    assert!(plain.files == traced.files);
    assert!(plain.origins.is_none() && plain.origin("prometheus/templates/NOTES.txt", 0..1).is_none());
}
