//! The coverage as a table, with the branches that were never taken.

use super::{Measured, MeasuredFile, Share};

/// The maximum number of branches that are listed; the HTML pages have all of them.
const MAX_BRANCHES: usize = 30;
/// The maximum length of a condition, in characters.
const MAX_CONDITION: usize = 70;

/// The table of a chart's templates. With `color`, the colour of a share shows how good it is.
pub fn write(chart: &Measured, color: bool) -> String {
    let paint = |code: &str, text: String| {
        if color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text
        }
    };
    let title = paint("1", format!("Coverage [ {} ]", chart.name));
    let mut out = format!("\n### {title} {}\n\n", chart.path);
    if chart.files.is_empty() {
        out.push_str("The chart has no templates.\n");
        return out;
    }
    let width = chart.files.iter().map(|file| chart.within(file).chars().count());
    let width = width.max().unwrap_or_default().max("All templates".len());
    let head = format!(
        "{:width$}  {:>15}  {:>15}  Lines not run",
        "Template", "Lines", "Branches"
    );
    out.push_str(&paint("1", head));
    out.push('\n');
    let row = |name: &str, lines: Share, branches: Share, missed: &str| {
        let cell = |share: Share| {
            let text = match share.all {
                0 => format!("{:>15}", "-"),
                all => format!("{:>6} {:>8}", share.percent(), format!("{}/{all}", share.run)),
            };
            let code = match share.thousandths() {
                1000 => "32",
                500.. => "33",
                _ => "31",
            };
            paint(code, text)
        };
        let line = format!("{name:width$}  {}  {}  {missed}", cell(lines), cell(branches));
        format!("{}\n", line.trim_end())
    };
    for file in &chart.files {
        let name = chart.within(file);
        out.push_str(&row(name, file.line_share(), file.branch_share(), &missed(file)));
    }
    out.push_str(&row("All templates", chart.line_share(), chart.branch_share(), ""));
    branches(chart, &mut out);
    out
}

/// `3, 7-9`
fn missed(file: &MeasuredFile) -> String {
    let ranges = file.missed().into_iter().map(|(start, end)| {
        if start == end {
            start.to_string()
        } else {
            format!("{start}-{end}")
        }
    });
    ranges.collect::<Vec<_>>().join(", ")
}

/// The branches that were never taken although their line was run.
fn branches(chart: &Measured, out: &mut String) {
    let missed: Vec<_> = chart
        .files
        .iter()
        .flat_map(|file| file.branches.iter().map(move |branch| (file, branch)))
        .filter(|(_, branch)| branch.is_missed())
        .collect();
    if missed.is_empty() {
        return;
    }
    out.push_str("\nBranches not taken, of lines that were run:\n");
    for (file, branch) in missed.iter().take(MAX_BRANCHES) {
        let mut action = branch.action.clone();
        if action.chars().count() > MAX_CONDITION {
            action = action.chars().take(MAX_CONDITION).chain("...".chars()).collect();
        }
        let (path, line, column) = (&file.path, branch.line, branch.column);
        out.push_str(&format!("  {path}:{line}:{column}  {action}  {}\n", branch.never()));
    }
    if missed.len() > MAX_BRANCHES {
        let more = missed.len() - MAX_BRANCHES;
        out.push_str(&format!("  and {more} more: --coverage-output html=FOLDER shows all\n"));
    }
}
