//! HTML coverage reports: an index with a table, and a page for each template with its lines. Each page is
//! self-contained, without scripts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Measured, MeasuredFile, Share};
use crate::xml::escaped;

const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#fff;--fg:#1f2328;--dim:#6e7781;--rule:#d0d7de;--run:#dafbe1;--part:#fff8c5;--not:#ffd7d5}\
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--dim:#8b949e;--rule:#30363d;--run:#12361f;--part:#3a2f05;--not:#4a1418}}\
body{background:var(--bg);color:var(--fg);font:14px/1.5 system-ui,sans-serif;margin:2em auto;max-width:80em;padding:0 1em}\
a{color:inherit}h1{font-size:1.3em}p{color:var(--dim)}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25em .6em;border-bottom:1px solid var(--rule)}\
td.n,th.n{text-align:right;white-space:nowrap}\
.code{font:12px/1.5 ui-monospace,monospace;border:1px solid var(--rule)}.code td{border:0;padding:0 .6em;white-space:pre-wrap;overflow-wrap:anywhere}\
.code td.n{color:var(--dim);width:1%;white-space:nowrap;user-select:none}.code td.b{color:var(--fg);width:25%;font-style:italic}\
.run{background:var(--run)}.part{background:var(--part)}.not{background:var(--not)}";

/// The pages by file name; `index.html` links to the others.
pub fn pages(charts: &[Measured]) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut names = BTreeSet::from(["index.html".to_owned()]);
    let mut body = String::from("<h1>Coverage of templates</h1>\n");
    for chart in charts {
        body.push_str(&format!(
            "<h1>{} <small>{}</small></h1>\n<table>\n<tr><th>Template<th class=n>Lines<th class=n>Branches<th class=n>Actions</tr>\n",
            escaped(&chart.name),
            escaped(&chart.path)
        ));
        for file in &chart.files {
            let name = file_name(&format!("{}-{}", chart.name, chart.within(file)), &mut names);
            let shown = chart.within(file);
            let link = format!("<a href=\"{name}\">{}</a>", escaped(shown));
            let shares = [file.line_share(), file.branch_share(), file.actions];
            body.push_str(&row(&link, shares));
            pages.insert(name, page(shown, &template(chart, file)));
        }
        let shares = [chart.line_share(), chart.branch_share(), chart.action_share()];
        body.push_str(&row("All templates", shares));
        body.push_str("</table>\n");
    }
    pages.insert("index.html".to_owned(), page("Coverage", &body));
    pages
}

/// A unique file name for the page of a template.
fn file_name(path: &str, names: &mut BTreeSet<String>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let plain: String = path
        .trim_start_matches(['.', '/'])
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    let candidates = std::iter::once(format!("{plain}.html")).chain((2..).map(|n| format!("{plain}.{n}.html")));
    let mut free = candidates.filter(|name| !names.contains(name));
    let name = free.next().unwrap_or_default();
    names.insert(name.clone());
    name
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n<body>\n{body}</body></html>\n",
        escaped(title)
    )
}

fn row(name: &str, shares: [Share; 3]) -> String {
    let cells = shares.map(|share| {
        let class = match share.thousandths() {
            1000 => "run",
            500.. => "part",
            _ => "not",
        };
        if share.all == 0 {
            return "<td class=n>-".to_owned();
        }
        format!(
            "<td class=\"n {class}\">{} ({}/{})",
            share.percent(),
            share.run,
            share.all
        )
    });
    format!("<tr><td>{name}{}</tr>\n", cells.concat())
}

/// A template line by line.
fn template(chart: &Measured, file: &MeasuredFile) -> String {
    let mut out = format!(
        "<h1>{}</h1>\n<p><a href=\"index.html\">{}</a>: {} of the lines, {} of the branches</p>\n<table class=code>\n",
        escaped(chart.within(file)),
        escaped(&chart.name),
        file.line_share().percent(),
        file.branch_share().percent()
    );
    let mut last = file.source.line_count();
    // The empty line after the last line break.
    while last > 1 && file.source.line(last).is_empty() {
        last -= 1;
    }
    for number in 1..=last {
        let hits = file.lines.get(&number);
        let missed: Vec<String> = file
            .branches
            .iter()
            .filter(|branch| branch.line == number && branch.is_missed())
            .map(|branch| format!("{}: {}", escaped(&branch.action), branch.never()))
            .collect();
        let class = match hits {
            None => "",
            Some(0) => "not",
            Some(_) if missed.is_empty() => "run",
            Some(_) => "part",
        };
        let count = hits.map_or_else(String::new, |hits| format!("{hits}\u{d7}"));
        out.push_str(&format!(
            "<tr class=\"{class}\" id=L{number}><td class=n>{number}<td class=n>{count}<td>{}<td class=b>{}</tr>\n",
            escaped(file.source.line(number)),
            missed.join("<br>")
        ));
    }
    out.push_str("</table>\n");
    out
}
