//! A chart with its parsed templates.

use std::sync::Arc;

use chart::Chart;
use diagnostics::Report;
use engine::render;
use gotemplate::Template;
use source::Sources;

/// A chart with its parsed templates and its subcharts.
#[derive(Debug)]
pub struct ParsedChart {
    /// The key of the chart in the values of its parent.
    pub name: String,
    /// The metadata and files.
    pub chart: Chart,
    /// The templates that could be parsed.
    pub templates: Vec<Arc<Template>>,
    /// The subcharts, including disabled ones; a subchart with several aliases occurs several times.
    pub subcharts: Vec<ParsedChart>,
}

/// Parses the templates of a chart and of all its subcharts.
fn parse_chart(chart: Chart, name: String, path: &str, sources: &Sources, report: &mut Report) -> ParsedChart {
    let mut templates = Vec::with_capacity(chart.templates.len());
    for file in &chart.templates {
        let id = file.source(sources);
        let source = sources.get(id);
        let name = format!("{path}/{}", file.name);
        match gotemplate::parse_shared(&source.shared_text(), id, &name, &|name| sprig::find(name).is_some()) {
            Ok(template) => templates.push(Arc::new(template)),
            Err(errors) => errors
                .iter()
                .for_each(|error| report.push(render::syntax_diagnostic(error, &name))),
        }
    }
    let mut subcharts = Vec::new();
    for subchart in &chart.subcharts {
        for name in chart.names_of(subchart) {
            let path = format!("{path}/charts/{name}");
            subcharts.push(parse_chart(subchart.clone(), name.to_owned(), &path, sources, report));
        }
    }
    ParsedChart {
        name,
        chart,
        templates,
        subcharts,
    }
}

impl ParsedChart {
    /// Parses the templates of a chart and its subcharts. Syntax errors are added to the report.
    pub fn of(chart: &Chart, sources: &Sources, report: &mut Report) -> Self {
        let name = chart.name().to_owned();
        parse_chart(chart.clone(), name.clone(), &name, sources, report)
    }

    /// Whether all templates of the chart itself have been parsed.
    pub fn is_parsed(&self) -> bool {
        self.templates.len() == self.chart.templates.len()
    }

    /// The missing dependencies of the chart and its subcharts, as `redis` or `web.redis`.
    pub(super) fn absent(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (path, chart) in self.walk() {
            for dependency in &chart.chart.metadata.dependencies {
                let is_there = |subchart: &Chart| subchart.name() == dependency.name;
                if !chart.chart.subcharts.iter().any(is_there) {
                    let name = dependency.name_or_alias();
                    found.push(path.iter().copied().chain([name]).collect::<Vec<_>>().join("."));
                }
            }
        }
        found
    }

    /// The chart and all its subcharts, each with the names that lead to it from the top.
    pub fn walk(&self) -> Vec<(Vec<&str>, &ParsedChart)> {
        let mut found = vec![(Vec::new(), self)];
        let mut at = 0;
        while at < found.len() {
            let (path, chart) = found[at].clone();
            for subchart in &chart.subcharts {
                let mut path = path.clone();
                path.push(&*subchart.name);
                found.push((path, subchart));
            }
            at += 1;
        }
        found
    }
}
