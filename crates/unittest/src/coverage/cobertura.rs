//! Cobertura's XML, as in its `coverage-04.dtd`, which GitLab, Jenkins and Azure show in merge requests.

use super::{Measured, MeasuredFile, Share};
use crate::xml::Element;
use system::System;

const HEADER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n";

/// Writes the coverage of charts. A chart is a package, a template a class; paths are relative to the working folder.
pub fn write(charts: &[Measured], system: &dyn System) -> String {
    let (mut lines, mut branches) = (Share::default(), Share::default());
    for chart in charts {
        lines.add(chart.line_share());
        branches.add(chart.branch_share());
    }
    let sources = Element::new("sources").child(Element::new("source").text("."));
    let packages = charts.iter().fold(Element::new("packages"), |packages, chart| {
        let classes = chart.files.iter().fold(Element::new("classes"), |classes, file| {
            classes.child(class(chart, file))
        });
        packages.child(rated("package", Some(&chart.name), chart.line_share(), chart.branch_share()).child(classes))
    });
    let root = rated("coverage", None, lines, branches)
        .attribute("lines-covered", lines.run)
        .attribute("lines-valid", lines.all)
        .attribute("branches-covered", branches.run)
        .attribute("branches-valid", branches.all)
        .attribute("version", env!("CARGO_PKG_VERSION"))
        .attribute("timestamp", system.now().as_millis())
        .child(sources)
        .child(packages);
    let mut out = HEADER.to_owned();
    root.write(0, &mut out);
    out.push('\n');
    out
}

fn rated(name: &'static str, named: Option<&str>, lines: Share, branches: Share) -> Element {
    let mut element = Element::new(name);
    if let Some(named) = named {
        element = element.attribute("name", named);
    }
    element
        .attribute("line-rate", lines.rate())
        .attribute("branch-rate", branches.rate())
        .attribute("complexity", 0)
}

fn class(chart: &Measured, file: &MeasuredFile) -> Element {
    let name = chart.within(file);
    let lines = file.lines.iter().fold(Element::new("lines"), |lines, (number, hits)| {
        lines.child(line(file, *number, *hits))
    });
    rated("class", Some(name), file.line_share(), file.branch_share())
        .attribute("filename", &file.path)
        .child(Element::new("methods"))
        .child(lines)
}

fn line(file: &MeasuredFile, number: usize, hits: u64) -> Element {
    let element = Element::new("line").attribute("number", number).attribute("hits", hits);
    let mut share = Share::default();
    let branches = file.branches.iter().filter(|branch| branch.line == number);
    branches.for_each(|branch| share.count(branch.hits > 0));
    if share.all == 0 {
        return element.attribute("branch", false);
    }
    let coverage = format!("{}%", share.run * 100 / share.all);
    let condition = Element::new("condition")
        .attribute("number", 0)
        .attribute("type", "jump")
        .attribute("coverage", &coverage);
    element
        .attribute("branch", true)
        .attribute(
            "condition-coverage",
            format!("{coverage} ({}/{})", share.run, share.all),
        )
        .child(Element::new("conditions").child(condition))
}
