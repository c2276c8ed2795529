//! The line and branch coverage of a chart's templates by its tests.
//!
//! ```text
//! engine's points, counts   -> FileCoverage of the report: lines, branches, definitions
//! text, lcov, cobertura, json, html   -> what people and other programs read
//! ```

mod cobertura;
mod html;
mod json;
mod lcov;
mod more;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::run::ChartCoverage;
use engine::coverage::{self, Branch, Control, Kind};
use gostd::path as gopath;
use source::{Source, Sources, Span};

pub use cobertura::write as write_cobertura;
pub use html::pages as html_pages;
pub use json::write as write_json;
pub use lcov::write as write_lcov;
pub use more::{more_files, render as render_more};
pub use text::write as write_text;

/// The covered part of a total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The number of covered parts.
    pub run: usize,
    /// The total.
    pub all: usize,
}

impl Share {
    fn count(&mut self, was_run: bool) {
        self.all += 1;
        self.run += usize::from(was_run);
    }

    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.run += other.run;
    }

    /// The share in parts of `whole`, rounded down, so that only full coverage gives the whole. An empty total is fully
    /// covered.
    fn of(self, whole: usize) -> usize {
        (self.run * whole).checked_div(self.all).unwrap_or(whole)
    }

    /// The share in thousandths, rounded down.
    pub fn thousandths(self) -> usize {
        self.of(1000)
    }

    /// The share as text: `99.9%`.
    pub fn percent(self) -> String {
        let thousandths = self.thousandths();
        format!("{}.{}%", thousandths / 10, thousandths % 10)
    }

    /// The share between 0 and 1.
    fn rate(self) -> String {
        let parts = self.of(10_000);
        format!("{}.{:04}", parts / 10_000, parts % 10_000)
    }

    /// Whether the share is at least so many per cent.
    #[expect(clippy::cast_precision_loss, reason = "nobody has so many lines")]
    pub fn reaches(self, percent: f64) -> bool {
        self.run as f64 * 100.0 >= percent * self.all as f64
    }
}

/// The coverage of a chart's templates.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The name of the chart.
    pub name: String,
    /// Its folder.
    pub path: String,
    /// Its templates, and those of its subcharts whose suites were run, by path.
    pub files: Vec<MeasuredFile>,
}

/// The coverage of a template.
#[derive(Clone, Debug)]
pub struct MeasuredFile {
    /// Its path as the user would type it, without unnecessary `.` and `..`.
    pub path: Arc<str>,
    source: Arc<Source>,
    /// The execution count of each line with an action or text. If a line has several, it is the highest count.
    pub lines: BTreeMap<usize, u64>,
    /// The branches, in the order of the file.
    pub branches: Vec<MeasuredBranch>,
    /// The coverage of the actions.
    pub actions: Share,
    /// The templates that it defines: name, line and number of calls.
    pub definitions: Vec<(Arc<str>, usize, u64)>,
}

/// A branch of an `if`, `with` or `range`.
#[derive(Clone, Debug)]
pub struct MeasuredBranch {
    /// The line of the action.
    pub line: usize,
    /// The column of the action.
    pub column: usize,
    /// The index of its action among the file's actions with branches.
    pub decision: usize,
    /// The action without its braces: `if .Values.x`.
    pub action: String,
    /// The kind of branch.
    pub branch: Branch,
    /// The number of times it was taken.
    pub hits: u64,
    /// Whether the action was ever reached.
    pub was_reached: bool,
}

impl MeasuredBranch {
    /// The condition that never held, if the branch was not taken.
    pub fn never(&self) -> &'static str {
        match (self.branch.control, self.branch.is_else) {
            (Control::If, false) => "never true",
            (Control::If, true) => "never false",
            (Control::With | Control::Range, false) => "always empty",
            (Control::With | Control::Range, true) => "never empty",
        }
    }

    /// Whether the action was reached, but never took this branch.
    pub fn is_missed(&self) -> bool {
        self.was_reached && self.hits == 0
    }
}

impl MeasuredFile {
    /// The coverage of the lines.
    pub fn line_share(&self) -> Share {
        let mut share = Share::default();
        self.lines.values().for_each(|hits| share.count(*hits > 0));
        share
    }

    /// The coverage of the branches.
    pub fn branch_share(&self) -> Share {
        let mut share = Share::default();
        self.branches.iter().for_each(|branch| share.count(branch.hits > 0));
        share
    }

    /// The ranges of lines that were not run; lines between them without actions or text are ignored.
    pub fn missed(&self) -> Vec<(usize, usize)> {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        let mut goes_on = false;
        for (&line, &hits) in &self.lines {
            match ranges.last_mut().filter(|_| goes_on) {
                Some(range) if hits == 0 => range.1 = line,
                _ if hits == 0 => ranges.push((line, line)),
                _ => {}
            }
            goes_on = hits == 0;
        }
        ranges
    }

    fn of(path: Arc<str>, counted: &coverage::FileCoverage, is_partial: bool, sources: &Sources) -> Option<Self> {
        let first = counted.points().points().first()?;
        let source = sources.get(first.span.file);
        let mut file = Self {
            path,
            source: Arc::clone(&source),
            lines: BTreeMap::new(),
            branches: Vec::new(),
            actions: Share::default(),
            definitions: Vec::new(),
        };
        // Text outside of the definitions of a partial is never run.
        let left_out = |number: u32| is_partial && counted.points().template_of(number).is_some_and(is_file);
        let line = |at: u32| source.line_column(at).line;
        let mut heads: BTreeMap<_, (usize, Span, u64)> = BTreeMap::new();
        for (number, point, hits) in counted.counted() {
            if left_out(number) {
                continue;
            }
            match &point.kind {
                Kind::Template(name) if !is_file(point) => {
                    let line = line(point.span.start);
                    file.definitions.push((Arc::clone(name), line, hits));
                    file.run(line, hits);
                }
                Kind::Action => {
                    file.actions.count(hits > 0);
                    let decision = heads.len();
                    heads.insert(point.node, (decision, point.span, hits));
                    let last = point.span.end.saturating_sub(1).max(point.span.start);
                    (line(point.span.start)..=line(last)).for_each(|line| file.run(line, hits));
                }
                Kind::Branch(branch) => {
                    let Some((decision, span, reached)) = heads.get(&point.node) else {
                        continue;
                    };
                    let place = source.line_column(span.start);
                    file.branches.push(MeasuredBranch {
                        line: place.line,
                        column: place.column,
                        decision: *decision,
                        action: action(&source.text()[span.range()]),
                        branch: *branch,
                        hits,
                        was_reached: *reached > 0,
                    });
                }
                Kind::Template(_) | Kind::Text => {}
            }
        }
        for (span, number) in counted.points().texts() {
            if !left_out(*number) {
                let lines = line(span.start)..=line(span.end.saturating_sub(1));
                let lines = lines.filter(|line| !source.line(*line).trim().is_empty());
                lines.for_each(|line| file.run(line, counted.hits(*number)));
            }
        }
        // An `else` that is not written follows the contents of the `if`.
        file.branches.sort_by_key(|branch| (branch.line, branch.column));
        (!file.lines.is_empty()).then_some(file)
    }

    fn run(&mut self, line: usize, hits: u64) {
        let known = self.lines.entry(line).or_default();
        *known = hits.max(*known);
    }
}

/// Whether a point is the file's own template, not one that is defined in it.
fn is_file(point: &coverage::Point) -> bool {
    matches!(point.kind, Kind::Template(_)) && point.span.range().is_empty()
}

/// An action without its braces, on one line.
fn action(text: &str) -> String {
    // The action of an `else if` begins with the `if`.
    let chained = if text.starts_with("{{") { "" } else { "else " };
    let text = text.strip_prefix("{{").unwrap_or(text);
    let text = text.strip_suffix("}}").unwrap_or(text);
    let text = text.strip_prefix('-').unwrap_or(text);
    let text = text.strip_suffix('-').unwrap_or(text);
    format!("{chained}{}", text.split_whitespace().collect::<Vec<_>>().join(" "))
}

impl Measured {
    /// Creates the coverage of a chart.
    pub fn of(chart: &ChartCoverage, sources: &Sources) -> Self {
        let is_meant = |name: &str| {
            let route = name.split("/templates/").next().unwrap_or_default();
            route == chart.name || chart.routes.contains(route)
        };
        // A chart with several aliases has its files only once.
        let files = || chart.coverage.files();
        let meant = files().filter(|(name, _)| is_meant(name)).map(|(_, file)| &file.path);
        let meant: BTreeSet<&Arc<str>> = meant.collect();
        let mut counted: BTreeMap<&Arc<str>, coverage::FileCoverage> = BTreeMap::new();
        for (_, file) in files().filter(|(_, file)| meant.contains(&file.path)) {
            match counted.get_mut(&file.path) {
                Some(known) => known.add(file),
                None => _ = counted.insert(&file.path, file.clone()),
            }
        }
        let files = counted.into_iter().filter_map(|(path, file)| {
            let is_partial = gopath::base(path).starts_with('_');
            MeasuredFile::of(gopath::clean(path).into(), &file, is_partial, sources)
        });
        Self {
            name: chart.name.clone(),
            path: chart.path.clone(),
            files: files.collect(),
        }
    }

    /// The coverage of the lines.
    pub fn line_share(&self) -> Share {
        self.sum(MeasuredFile::line_share)
    }

    /// The coverage of the branches.
    pub fn branch_share(&self) -> Share {
        self.sum(MeasuredFile::branch_share)
    }

    /// The coverage of the actions.
    pub fn action_share(&self) -> Share {
        self.sum(|file| file.actions)
    }

    fn sum(&self, of: impl Fn(&MeasuredFile) -> Share) -> Share {
        let mut sum = Share::default();
        self.files.iter().for_each(|file| sum.add(of(file)));
        sum
    }

    /// The path of a file in the folder of the chart.
    pub fn within<'a>(&self, file: &'a MeasuredFile) -> &'a str {
        let folder = gopath::clean(&self.path);
        let rest = file.path.strip_prefix(&*folder).and_then(|rest| rest.strip_prefix('/'));
        rest.unwrap_or(&file.path)
    }
}
