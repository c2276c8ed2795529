//! The files of a chart (templates/, crds/, charts/, values.yaml), checked as by `helm lint`, and the crds of subcharts
//! too.

use super::super::Context;
use chart::values::DEPENDENCY;
use diagnostics::{Diagnostic, Report};
use source::{FileId, Span};

const VALUES_FILE: &str = "missing-values-file";
const TEMPLATES: &str = "missing-templates";
const EXTENSION: &str = "template-extension";
const INDENT: &str = "manifest-indent";

/// Reports files that a chart should have.
pub(in super::super) fn files(context: &Context<'_>, report: &mut Report) {
    let Some(chart) = &context.chart else { return };
    let whole = Span::file_start(chart.chart.chart_yaml);
    // Without a values.yaml, the loader places the empty values in Chart.yaml.
    if chart.chart.values.span.file == chart.chart.chart_yaml {
        report.push(Diagnostic::info(VALUES_FILE, "values.yaml: file does not exist").at(whole));
    }
    if chart.chart.templates.is_empty() && !chart.chart.is_library() && chart.chart.subcharts.is_empty() {
        report.push(Diagnostic::warning(TEMPLATES, "templates/: directory does not exist").at(whole));
    }
    for file in &chart.chart.templates {
        let extension = gostd::path::extension(&file.name);
        if !matches!(extension, ".yaml" | ".yml" | ".tpl" | ".txt") {
            let message =
                format!("file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt");
            let id = file.source(context.sources);
            report.push(Diagnostic::error(EXTENSION, message).at(Span::file_start(id)));
        }
    }
}

/// Checks dependencies: declared in Chart.yaml, present, and with unique names.
pub(in super::super) fn dependencies(context: &Context<'_>, report: &mut Report) {
    let Some(chart) = &context.chart else { return };
    let metadata = &chart.chart.metadata;
    let whole = Span::file_start(chart.chart.chart_yaml);
    let undeclared: Vec<&str> = chart
        .chart
        .subcharts
        .iter()
        .map(chart::Chart::name)
        .filter(|name| !metadata.dependencies.iter().any(|dependency| dependency.name == *name))
        .collect();
    if !undeclared.is_empty() && metadata.api_version == "v2" {
        let message = format!("chart metadata is missing these dependencies: {}", undeclared.join(","));
        report.push(Diagnostic::error(DEPENDENCY, message).at(whole));
    }
}

/// Checks crds/, which may contain only custom resource definitions and no templates.
pub(in super::super) fn crds(context: &Context<'_>, report: &mut Report) {
    if context.chart.is_some() {
        report.append(context.custom().faults.clone());
    }
}

/// Reports manifests whose first line is indented.
pub(in super::super) fn indent(context: &Context<'_>, report: &mut Report) {
    for (file, path) in &context.objects.files {
        let file: FileId = *file;
        let is_yaml = path
            .rsplit_once('.')
            .is_some_and(|(_, end)| matches!(end, "yaml" | "yml"));
        let source = context.sources.get(file);
        let first = (1..=source.line_count()).find(|line| !source.line(*line).trim().is_empty());
        let Some(number) = first.filter(|_| is_yaml) else {
            continue;
        };
        let line = source.line(number);
        if line.starts_with([' ', '\t']) {
            let start = source.line_range(number).map_or(0, |range| range.start);
            let quoted = gostd::quote::quote(line);
            let message = format!("document starts with an illegal indent: {quoted}, which may cause parsing problems");
            report.push(Diagnostic::warning(INDENT, message).at(Span::new(file, start, start + line.len())));
        }
    }
}
