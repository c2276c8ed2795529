//! Values against the JSON schemas of charts.

mod bundle;
mod compile;
mod extent;
mod message;
mod metaschema;
mod outline;
mod pattern;
mod quick;
mod tree;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value as Json;

use self::compile::Unusable;
use self::extent::Fault;
use self::quick::Look;
use crate::Chart;
use diagnostics::{Diagnostic, Report, did_you_mean};
use goyaml::Node;
use source::{FileId, Sources};

pub use bundle::{BUNDLE, bundle};

/// The rule of values that the schema refuses.
pub const SCHEMA: &str = "values-schema";

/// Checks the values of a release against the schema of its chart and those of all subcharts.
///
/// All violations are reported, each at the value or key concerned. The first diagnostic carries Helm's text, which lists
/// them all.
pub fn validate(chart: &Chart, values: &Node, sources: &Sources) -> Report {
    let mut report = Report::new();
    let mut helm = String::new();
    check(chart, values, sources, &mut report, &mut helm);
    if let Some(first) = report.diagnostics.first_mut() {
        let text = "values don't meet the specifications of the schema(s) in the following chart(s):";
        first.helm = Some(format!("{text}\n{}", helm.trim_end()));
    }
    report
}

/// How many bytes the schemas of a chart and its subcharts have.
pub fn size(chart: &Chart) -> usize {
    let own = chart.schema.as_ref().map_or(0, |file| file.bytes().len());
    own + chart.subcharts.iter().map(size).sum::<usize>()
}

fn check(chart: &Chart, values: &Node, sources: &Sources, report: &mut Report, helm: &mut String) {
    if let Some(file) = &chart.schema {
        let id = file.source(sources);
        if let Err(unusable) = check_own(chart, id, values, sources, report, helm) {
            helm.push_str(&format!("{}:\n{}\n", chart.name(), unusable.helm));
            let message = format!("the schema cannot be used: {}", unusable.message);
            report.push(Diagnostic::error(SCHEMA, message).at(unusable.span));
        }
    }
    for subchart in &chart.subcharts {
        let Some(own) = values.get(subchart.name()).filter(|own| !own.is_null()) else {
            continue;
        };
        if own.as_map().is_some() {
            check(subchart, own, sources, report, helm);
        } else {
            let message = "invalid type for values: expected object (map)";
            helm.push_str(&format!("{}:\n{message}\n", subchart.name()));
            report.push(Diagnostic::error(SCHEMA, message).at(own.span));
        }
    }
}

/// Checks values against the schema of one chart.
fn check_own(
    chart: &Chart,
    file: FileId,
    values: &Node,
    sources: &Sources,
    report: &mut Report,
    helm: &mut String,
) -> Result<(), Unusable> {
    let seen = quick::look(sources.get(file).text(), values);
    if seen == Look::Accepted {
        return Ok(());
    }
    let schema = compile::read(sources, file)?;
    let bearable = match seen {
        Look::TooMuch => Err(Fault::TooLarge),
        _ => extent::check(&schema),
    };
    bearable.map_err(|fault| compile::endless(fault, file))?;
    let validator = compile::compile(&schema, sources, file)?;
    against(chart, values, &schema, &validator, report, helm);
    Ok(())
}

fn against(chart: &Chart, values: &Node, schema: &Json, validator: &Validator, report: &mut Report, helm: &mut String) {
    let instance = values.to_json(&whole_as_integer);
    let mut errors: Vec<ValidationError<'_>> = validator.iter_errors(&instance).collect();
    errors.sort_by_cached_key(|error| {
        (
            error.instance_path().as_str().to_owned(),
            error.schema_path().as_str().to_owned(),
        )
    });
    let mut found: Vec<Diagnostic> = Vec::new();
    let lines = tree::lines(&errors.iter().collect::<Vec<_>>(), schema);
    for error in &errors {
        violations(error, values, schema, &mut found);
    }
    if lines.is_empty() {
        return;
    }
    helm.push_str(&format!("{}:\n{}\n", chart.name(), lines.join("\n")));
    found.dedup();
    found.into_iter().for_each(|diagnostic| report.push(diagnostic));
}

/// The diagnostics of one violation: one for each key that is not allowed, and the best branch of a choice.
fn violations(error: &ValidationError<'_>, values: &Node, schema: &Json, found: &mut Vec<Diagnostic>) {
    let path = error.instance_path().as_str();
    let node = node_at(values, path);
    let shown = message::dotted(path);
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let known = known_properties(schema, error.schema_path().as_str());
            for key in unexpected {
                let span = node
                    .and_then(Node::as_map)
                    .and_then(|map| map.get(key))
                    .map_or(values.span, |entry| entry.key);
                let name = if shown.is_empty() {
                    key.clone()
                } else {
                    format!("{shown}.{key}")
                };
                let mut diagnostic = Diagnostic::error(SCHEMA, format!("unknown key {name}")).at(span);
                diagnostic.help = did_you_mean(key, known.iter().map(String::as_str));
                found.push(diagnostic);
            }
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            // The branch that came furthest is the one that was meant.
            let best = context.iter().max_by_key(|branch| {
                let depth = branch
                    .iter()
                    .map(|error| error.instance_path().as_str().matches('/').count())
                    .max();
                let wrong_type = branch.iter().any(|error| {
                    matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.instance_path().as_str() == path
                });
                (!wrong_type, depth, std::cmp::Reverse(branch.len()))
            });
            match best {
                Some(branch)
                    if branch.iter().any(|error| error.instance_path().as_str() != path) || branch.len() == 1 =>
                {
                    branch.iter().for_each(|error| violations(error, values, schema, found));
                }
                _ => found.push(at_node(error, node, values, &shown)),
            }
        }
        _ => found.push(at_node(error, node, values, &shown)),
    }
}

fn at_node(error: &ValidationError<'_>, node: Option<&Node>, values: &Node, shown: &str) -> Diagnostic {
    let text = message::text(error);
    let message = if shown.is_empty() {
        text
    } else {
        format!("{shown}: {text}")
    };
    let span = node.map_or(values.span, |node| node.span);
    let mut diagnostic = Diagnostic::error(SCHEMA, message).at(span);
    if let ValidationErrorKind::Enum { options } = error.kind()
        && let Some(found) = node.and_then(Node::as_str)
        && let Some(options) = options.as_array()
    {
        let options: Vec<String> = options
            .iter()
            .filter_map(|option| option.as_str().map(str::to_owned))
            .collect();
        diagnostic.help = did_you_mean(found, options.iter().map(String::as_str));
    }
    diagnostic
}

/// The value at a JSON pointer.
fn node_at<'a>(values: &'a Node, pointer: &str) -> Option<&'a Node> {
    if pointer.is_empty() {
        return Some(values);
    }
    let steps: Vec<String> = pointer[1..]
        .split('/')
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect();
    values.at(steps.iter().map(String::as_str))
}

/// The properties that the schema lists beside the `additionalProperties` at a pointer.
fn known_properties(schema: &Json, pointer: &str) -> Vec<String> {
    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    compile::properties(schema, parent)
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

/// A float that is an integer becomes one, as it is one to JSON schema.
#[expect(
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "only exact integers are converted"
)]
fn whole_as_integer(value: f64) -> Json {
    if value.trunc() == value && value.abs() < 9.0e15 {
        Json::from(value as i64)
    } else {
        Json::from(value)
    }
}
