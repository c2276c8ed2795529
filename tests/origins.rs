//! The origins of rendered text: the shares of our own chart. Cases written by hand are in `tests/cases/origins.rs`.

use std::sync::Arc;

use promchart::render::Trace;
use promchart::source::Sources;
use promchart::stages;
use promchart::system::System;

use crate::support::{names, perturbed, root, shares};

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

/// The output that changes with a value has that value as its origin.
#[test]
fn our_own_chart_leads_to_the_values_that_change_it() {
    const MOST: usize = 60;
    let mut direct = shares::Share::default();
    let mut certain = shares::Share::default();
    let mut misses = Vec::new();
    // Each value needs a traced render of its own, so these profiles represent the others.
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

/// A trace must not change the output or the error.
#[test]
fn a_traced_render_is_the_same_render() {
    let system: Arc<dyn System> = Arc::new(promchart::system::Disk::default());
    let chart = root().join("chart");
    let [plain, traced] = [Trace::Off, Trace::On].map(|trace| {
        let outcome = stages::run(&system, &shares::request(&chart, &[], trace), &Sources::new());
        outcome.rendered.unwrap()
    });
    assert!(plain.files == traced.files);
    assert!(plain.origins.is_none() && plain.origin("prometheus/templates/NOTES.txt", 0..1).is_none());
}
