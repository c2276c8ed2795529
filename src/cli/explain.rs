//! `promchart explain`: objects, values, rules, functions.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value as Json, json};

use super::Exit;
use super::args::{LimitArguments, Target, Values};
use super::output::Output;
use super::request::{Asked, usage};
use crate::pages;
use diagnostics::{Diagnostic, Report, closest};
use explain::{Answer, Traced};
use lint::RULES;
use preflight;
use source::{Source, SourceKind, Sources};
use system::{FileKind, System};

/// The version of the JSON; another number when something changes that is more than an addition.
const VERSION: u32 = 1;
/// The rule of definitions that cannot be read.
const CRDS: &str = "explain-crds";
/// The argument that asks about values.
const VALUES: &str = "values";

/// `promchart explain KIND/NAME [PATH] [CHART]`, `values [KEY] [CHART]`, `KIND.PATH`, `RULE` or `FUNCTION`
///
/// Renders the chart as `promchart template` does and tells where what came out comes from. Without CHART it is the Prometheus
/// chart that is part of promchart, as release `prom`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 answered, 1 --unused has found something, 2 there is no such thing, or the chart does not render. \
    docs/explain.md has the rest.\n\nExamples:\n  \
    promchart explain Deployment/web spec.replicas ./chart -f prod.yaml\n  \
    promchart explain deploy/web 'spec.template.spec.containers[name=web].image' ./chart\n  \
    promchart explain svc/web ./chart               # the whole object, each line with its origin\n  \
    promchart explain values image.tag ./chart      # what the key reaches, who sets it\n  \
    promchart explain values ./chart -f prod.yaml   # all values, with who sets them\n  \
    promchart explain values --unused ./chart -f prod.yaml\n  \
    promchart explain Deployment.spec.template.spec.containers.env   # what the field is, and what is checked\n  \
    promchart explain Certificate.spec.issuerRef --crds crds/          # of a custom resource\n  \
    promchart explain unknown-field                 # a rule; without anything, all rules are listed"
)]
pub(super) struct Explain {
    /// An object and perhaps a path in it, `values` and perhaps a key, a rule or a template function; then the chart
    #[arg(value_name = "WHAT] [PATH|KEY] [CHART", num_args = 0..)]
    pub(super) words: Vec<String>,
    /// List values that reach nothing: `explain values --unused`
    #[arg(long)]
    pub(super) unused: bool,
    /// Of a field of Kubernetes, the apiVersion that is meant: autoscaling/v1
    #[arg(long, value_name = "GROUP/VERSION")]
    pub(super) api_version: Option<String>,
    /// Of a field of a custom resource, a file or folder with its CustomResourceDefinition
    #[arg(long, value_name = "PATH", value_delimiter = ',')]
    pub(super) crds: Vec<String>,
    /// The format on stdout: text or json
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: String,
    /// The name of the release
    #[arg(long, value_name = "NAME")]
    pub(super) release: Option<String>,
    /// Do not check values against JSON schemas
    #[arg(long)]
    pub(super) skip_schema_validation: bool,
    #[command(flatten)]
    pub(super) values: Values,
    #[command(flatten)]
    pub(super) target: Target,
    #[command(flatten)]
    pub(super) limits: LimitArguments,
}

/// `systems` creates systems with the same randomness and clock.
pub(super) fn run(systems: &dyn Fn() -> Arc<dyn System>, arguments: &Explain, output: Output) -> Exit {
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    let sources = Sources::new();
    let is_json = match &*arguments.format {
        "text" => false,
        "json" => true,
        other => {
            let error = usage(format!("unknown format {other}")).help("the formats are text and json");
            output.errors(&Report::from(Box::new(error)), &sources, "");
            return Exit::Usage;
        }
    };
    let answer = match words[..] {
        [VALUES, ref rest @ ..] if arguments.crds.is_empty() => values(systems, arguments, rest, &sources),
        _ if arguments.unused => Err(Report::from(usage(
            "--unused is for values: `promchart explain values --unused [CHART]`",
        ))),
        _ if !arguments.crds.is_empty() && (words.len() != 1 || words[0].contains('/')) => Err(Report::from(usage(
            "--crds is for a field of a custom resource: `promchart explain KIND.PATH --crds FILE`",
        ))),
        [object, ref rest @ ..] if object.contains('/') => field(systems, arguments, object, rest, &sources),
        [name, _, ..] => Err(Report::from(Box::new(
            usage(format!("`{name}` takes no further arguments")).help(format!(
                "an object is KIND/NAME, such as Deployment/{name}; values are `values KEY`"
            )),
        ))),
        [name] if !is_page(name) => match custom(&*systems(), arguments, name, &sources) {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) if explain::is_known_kind(name) || !arguments.crds.is_empty() => kubernetes(arguments, name),
            Ok(None) => page(Some(name)),
            Err(errors) => Err(errors),
        },
        [name] => page(Some(name)),
        [] => page(None),
    };
    match answer {
        Ok(answer) => {
            if is_json {
                let told = json!({"version": VERSION, "answers": answer.json});
                let text = serde_json::to_string_pretty(&told).unwrap_or_default() + "\n";
                Output::result(text.as_bytes());
            } else {
                Output::result(answer.text.as_bytes());
            }
            if answer.is_finding { Exit::Failed } else { Exit::Clean }
        }
        Err(errors) => {
            output.errors(&errors, &sources, "");
            Exit::Usage
        }
    }
}

/// Whether it is the name of a rule or function.
fn is_page(name: &str) -> bool {
    lint::find(name).is_some() || preflight::find(name).is_some() || sprig::find(name).is_some()
}

/// A field of Kubernetes, without a release.
fn kubernetes(arguments: &Explain, question: &str) -> Result<Answer, Report> {
    let version = match arguments
        .target
        .kube_version
        .as_deref()
        .filter(|version| !version.is_empty())
    {
        Some(text) => version(text)?,
        None => explain::Version::LATEST,
    };
    Ok(explain::kubernetes(
        question,
        version,
        arguments.api_version.as_deref(),
    )?)
}

fn version(text: &str) -> Result<explain::Version, Box<Diagnostic>> {
    explain::Version::parse(text)
        .ok_or_else(|| usage(format!("invalid kube version '{text}': expected one such as 1.36")))
}

/// A field of a custom resource; `None` without its definition.
fn custom(
    system: &dyn System,
    arguments: &Explain,
    question: &str,
    sources: &Sources,
) -> Result<Option<Answer>, Report> {
    let mut found = Vec::new();
    for path in &arguments.crds {
        let files = definitions(system, Path::new(path)).map_err(|error| {
            let error = Diagnostic::error(CRDS, format!("cannot read {path}: {error}"));
            Report::from(Box::new(
                error.help("--crds takes a file or a folder of .yaml, .yml and .json files"),
            ))
        })?;
        let before = found.len();
        for (name, bytes) in files {
            let file = sources.add(Source::new(name, SourceKind::File, bytes));
            let source = sources.get(file);
            let parsed = goyaml::parse_all(&source, file, 0..source.text().len());
            if let Some(error) = parsed.error {
                return Err(Report::from(Box::new(chart::syntax_error(&error, CRDS, file))));
            }
            let json = parsed
                .documents
                .iter()
                .map(|document| document.node.to_json(&|float| Json::from(float)));
            found.extend(json.filter(|object| object["kind"] == "CustomResourceDefinition"));
        }
        if found.len() == before {
            let error = Diagnostic::error(CRDS, format!("{path} has no CustomResourceDefinition"));
            return Err(Report::from(Box::new(error)));
        }
    }
    explain::custom(question, &found, arguments.api_version.as_deref())
        .transpose()
        .map_err(Report::from)
}

/// The files at a path; those of a folder in the order of their names.
fn definitions(system: &dyn System, path: &Path) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let read = |path: &Path| Ok((path.display().to_string(), system.read(path)?));
    if system.entry(path)?.kind != FileKind::Folder {
        return Ok(vec![read(path)?]);
    }
    let names = system.list(path)?;
    let is_definition = |name: &&String| [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
    names
        .iter()
        .filter(is_definition)
        .map(|name| read(&path.join(name)))
        .collect()
}

type Systems<'a> = &'a dyn Fn() -> Arc<dyn System>;

fn values(systems: Systems<'_>, arguments: &Explain, rest: &[&str], sources: &Sources) -> Result<Answer, Report> {
    let (key, chart) = question_and_chart(&*systems(), rest)?;
    if arguments.unused {
        if let Some(key) = key {
            let error = usage(format!("--unused takes no key, and `{key}` is not a chart"));
            return Err(Box::new(error.help("a chart is a folder with a Chart.yaml, or a .tgz file")).into());
        }
        let traced = traced(systems, arguments, chart, sources)?;
        return Ok(explain::unused(&traced, systems));
    }
    let traced = traced(systems, arguments, chart, sources)?;
    match key {
        Some(key) => Ok(explain::reach(&traced, systems, key)?),
        None => Ok(explain::effective(&traced)),
    }
}

fn field(
    systems: Systems<'_>,
    arguments: &Explain,
    object: &str,
    rest: &[&str],
    sources: &Sources,
) -> Result<Answer, Report> {
    let (path, chart) = question_and_chart(&*systems(), rest)?;
    let traced = traced(systems, arguments, chart, sources)?;
    Ok(explain::field(&traced, systems, object, path)?)
}

fn traced<'a>(
    systems: Systems<'_>,
    arguments: &Explain,
    chart: Option<&str>,
    sources: &'a Sources,
) -> Result<Traced<'a>, Report> {
    let name_and_chart: Vec<String> = chart.map(str::to_owned).into_iter().collect();
    let asked = Asked {
        name_and_chart: &name_and_chart,
        values: &arguments.values,
        target: &arguments.target,
        limits: &arguments.limits,
        skip_schema: arguments.skip_schema_validation,
    };
    let mut request = asked.request(&systems())?;
    if let Some(name) = &arguments.release {
        request.release.name.clone_from(name);
    }
    let traced = Traced::read(systems, &request, sources)?;
    Output::log(&traced.log);
    Ok(traced)
}

/// The query and the chart; either may be missing.
fn question_and_chart<'a>(
    system: &dyn System,
    rest: &[&'a str],
) -> Result<(Option<&'a str>, Option<&'a str>), Box<Diagnostic>> {
    match rest {
        [] => Ok((None, None)),
        [chart] if is_chart(system, chart) => Ok((None, Some(chart))),
        [question] => Ok((Some(question), None)),
        [question, chart] => Ok((Some(question), Some(chart))),
        [_, _, more @ ..] => {
            let error = usage(format!("unexpected arguments: {}", more.join(", ")));
            Err(error.help("the name of the release is given with --release").into())
        }
    }
}

/// Whether an argument is a chart rather than a path or a key, which may also be the name of a folder.
fn is_chart(system: &dyn System, argument: &str) -> bool {
    let is_path = ["/", "./", "../"].iter().any(|start| argument.starts_with(start)) || matches!(argument, "." | "..");
    let path = Path::new(argument);
    let is = |path: &Path, kind: FileKind| system.entry(path).is_ok_and(|entry| entry.kind == kind);
    is_path || is(&path.join("Chart.yaml"), FileKind::File) || is(path, FileKind::File)
}

fn page(name: Option<&str>) -> Result<Answer, Report> {
    let Some(name) = name else {
        let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
        let width = preflight::RULES
            .iter()
            .map(|rule| rule.id.len())
            .fold(width, usize::max);
        let mut out = String::new();
        let mut told = Vec::new();
        for rule in RULES {
            let state = if rule.is_on { rule.severity.as_str() } else { "off" };
            let (id, family, summary) = (rule.id, rule.family.as_str(), pages::summary(pages::rule(rule.id)));
            out.push_str(&format!("{id:width$}  {family:10}  {state:7}  {summary}\n"));
            told.push(json!({"rule": id, "family": family, "severity": state, "summary": summary}));
        }
        for rule in preflight::RULES {
            let (id, state, summary) = (
                rule.id,
                rule.severity.as_str(),
                pages::summary(pages::preflight(rule.id)),
            );
            out.push_str(&format!("{id:width$}  preflight   {state:7}  {summary}\n"));
            told.push(json!({"rule": id, "family": "preflight", "severity": state, "summary": summary}));
        }
        return Ok(told_as(out, told));
    };
    if let Some(rule) = lint::find(name) {
        let page = pages::rule(rule.id).trim_end();
        let state = if rule.is_on {
            rule.severity.as_str()
        } else {
            "off unless selected"
        };
        let text = format!("{page}\n\nFamily: {}. Default: {state}.\n", rule.family.as_str());
        let told = json!({"rule": name, "family": rule.family.as_str(), "severity": state, "page": page});
        return Ok(told_as(text, vec![told]));
    }
    if let Some(rule) = preflight::find(name) {
        let page = pages::preflight(rule.id);
        let text = format!(
            "# {name}\n\n{page}\n\nFamily: preflight. Default: {}.\n",
            rule.severity.as_str()
        );
        let told = json!({"rule": name, "family": "preflight", "severity": rule.severity.as_str(), "page": page});
        return Ok(told_as(text, vec![told]));
    }
    if let Some(function) = sprig::find(name) {
        let text = format!(
            "# {name}\n\n{}\n\n    {}\n\nFrom {}.\n",
            function.summary,
            function.go_type(),
            function.origin.as_str()
        );
        let told = json!({
            "function": name,
            "summary": function.summary,
            "type": function.go_type(),
            "origin": function.origin.as_str(),
        });
        return Ok(told_as(text, vec![told]));
    }
    let rules = RULES.iter().map(|rule| rule.id);
    let rules = rules.chain(preflight::RULES.iter().map(|rule| rule.id));
    let known = rules.chain(sprig::all().map(|function| function.name));
    // A name that starts with the word takes precedence over a similar name.
    let known: Vec<&str> = known.collect();
    let longer: Vec<String> = known
        .iter()
        .filter(|known| name.len() > 2 && known.starts_with(name))
        .map(|known| format!("`{known}`"))
        .collect();
    let close = if longer.is_empty() {
        closest(name, known.iter().copied()).map(|close| format!("; did you mean `{close}`?"))
    } else {
        Some(format!("; did you mean {}?", longer.join(" or ")))
    };
    Err(Report::from(Box::new(
        usage(format!(
            "there is no rule or function {name}{}",
            close.unwrap_or_default()
        ))
        .help("an object is KIND/NAME, a field of Kubernetes KIND.PATH, of a custom resource KIND.PATH with --crds; values are `values KEY`: see promchart explain --help"),
    )))
}

fn told_as(text: String, json: Vec<Json>) -> Answer {
    Answer {
        text,
        json,
        is_finding: false,
    }
}
