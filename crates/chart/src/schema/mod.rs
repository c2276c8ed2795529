//! Validates values against the JSON schemas of charts.
//!
//! A schema is compiled as in Helm's validator (`program`). The crate jsonschema decides whether values are valid
//! (`decide`); if they are not, `walk` determines the faults, in Helm's words.

mod address;
mod borrowed_json;
mod bundle;
mod decide;
mod diagnose;
mod documents;
mod example;
mod expansion;
mod fault;
mod formats;
mod message;
mod metaschema;
mod number;
mod program;
mod quick;
mod walk;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value as Json;

use self::documents::{ADDRESS, Documents, Refusal};
use self::program::{Id, Program};
use self::quick::Look;
use self::walk::{Outcome, Walker};
use crate::{Chart, File};
use diagnostics::{Diagnostic, Report};
use gostd::string::encode;
use goyaml::Node;
use source::{FileId, Source, SourceKind, Sources, Span};
use system::System;

pub use bundle::{BUNDLE, bundle};
pub use example::text_like;

/// The rule for values that the schema rejects.
pub const SCHEMA: &str = "values-schema";

/// The message for a schema whose expansion is too large.
const TOO_LARGE: &str = "it comes to too much once its references are followed";

/// Validates the values of a release against the schema of its chart and those of all subcharts.
///
/// All violations are reported, each at the value or key concerned. The first diagnostic carries Helm's text, which
/// lists all of them.
pub fn validate(system: &dyn System, chart: &Chart, values: &Node, sources: &Sources) -> Report {
    report(system, chart, values, sources, None)
}

/// Validates any number of values as [`validate`] does, but compiles each schema only once.
#[derive(Debug, Default)]
pub struct Checker {
    /// Keyed by the address of a file's content. The stored file keeps the content at that address.
    compiled: RefCell<BTreeMap<usize, Known>>,
}

/// A compiled schema, if it is valid.
#[derive(Debug)]
struct Known {
    _file: File,
    compiled: Option<Rc<Compiled>>,
}

impl Checker {
    /// Validates the values of a release.
    pub fn validate(&self, system: &dyn System, chart: &Chart, values: &Node, sources: &Sources) -> Report {
        report(system, chart, values, sources, Some(self))
    }

    /// Returns the compiled schema of a file; `None` if the schema is invalid.
    fn compiled(&self, system: &dyn System, file: &File) -> Option<Rc<Compiled>> {
        let compile = || {
            let schema = read_json(&file.text()).ok()?;
            compile(Some(system), schema).ok().map(Rc::new)
        };
        let mut known = self.compiled.borrow_mut();
        let entry = known.entry(file.bytes().as_ptr().addr());
        let kept = entry.or_insert_with(|| Known {
            _file: file.clone(),
            compiled: compile(),
        });
        kept.compiled.clone()
    }
}

fn report(system: &dyn System, chart: &Chart, values: &Node, sources: &Sources, checker: Option<&Checker>) -> Report {
    let mut check = Check {
        system,
        sources,
        checker,
        report: Report::new(),
        helm: String::new(),
    };
    check.chart(chart, values);
    let Check { mut report, helm, .. } = check;
    if let Some(first) = report.diagnostics.first_mut() {
        let text = "values don't meet the specifications of the schema(s) in the following chart(s):";
        first.helm = Some(format!("{text}\n{}", helm.trim_end_matches('\n')));
    }
    report
}

/// Returns the total size of the schemas of a chart and its subcharts, in bytes.
pub fn size(chart: &Chart) -> usize {
    let own = chart.schema.as_ref().map_or(0, |file| file.bytes().len());
    own + chart.subcharts.iter().map(size).sum::<usize>()
}

/// The error for a file that is not JSON.
struct NoJson {
    message: String,
    at: usize,
}

/// Parses JSON as Go's decoder does: one value, and nothing after it.
fn read_json(text: &str) -> Result<Json, NoJson> {
    let error = match serde_json::from_str(text) {
        Ok(json) => return Ok(json),
        Err(error) => error,
    };
    // Numbers beyond the range of floats are replaced by the largest float.
    if let Some(json) = bounded(text).and_then(|text| serde_json::from_str(&text).ok()) {
        return Ok(json);
    }
    let line = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let at = line.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    let at = text.floor_char_boundary(at.min(text.len()));
    // The message is that of Go's parser, the position that of serde.
    let nowhere = Sources::new().add(Source::new("schema", SourceKind::Made, Vec::new()));
    let node = goyaml::json::parse_first(text, &|_| Span::file_start(nowhere));
    let message = match node {
        Err(go) => go.message,
        Ok((_, end)) if !text[end..].trim_ascii().is_empty() => "invalid character after top-level value".to_owned(),
        Ok(_) => error.to_string(),
    };
    Err(NoJson { message, at })
}

/// Replaces numbers beyond the range of floats in a JSON text; `None` if there are none.
fn bounded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let (mut out, mut at, mut is_changed) = (String::new(), 0, false);
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
                at = bytes.len().min(at + 1);
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                at += bytes[at..].iter().take_while(|byte| is_part(byte)).count();
            }
            _ => at += 1,
        }
        let token = text.get(start..at)?;
        if token.parse::<f64>().is_ok_and(f64::is_infinite) && bytes[start] != b'"' {
            let sign = if token.starts_with('-') { "-" } else { "" };
            out.push_str(&format!("{sign}{:e}", f64::MAX));
            is_changed = true;
        } else {
            out.push_str(token);
        }
    }
    is_changed.then_some(out)
}

/// A compiled schema.
#[derive(Debug)]
struct Compiled {
    program: Program,
    root: Id,
}

fn compile(system: Option<&dyn System>, schema: Json) -> Result<Compiled, Refusal> {
    let mut documents = Documents::new(system);
    documents.add(ADDRESS, schema);
    let mut program = Program::default();
    let root = program.compile(&mut documents, ADDRESS, false)?;
    Ok(Compiled { program, root })
}

struct Check<'a> {
    system: &'a dyn System,
    sources: &'a Sources,
    checker: Option<&'a Checker>,
    report: Report,
    helm: String,
}

impl Check<'_> {
    fn chart(&mut self, chart: &Chart, values: &Node) {
        if let Some(file) = &chart.schema {
            let id = file.source(self.sources);
            if let Err((helm, diagnostic)) = self.own(chart, id, values) {
                // Helm adds no line break after it, although the errors of another chart may follow.
                self.helm.push_str(&format!("{}:\n{helm}", chart.name()));
                self.report.push(*diagnostic);
            }
        }
        for subchart in &chart.subcharts {
            let Some(own) = values.get(subchart.name()).filter(|own| !own.is_null()) else {
                continue;
            };
            if own.as_map().is_some() {
                self.chart(subchart, own);
            } else {
                let message = "invalid type for values: expected object (map)";
                self.helm.push_str(&format!("{}:\n{message}\n", subchart.name()));
                self.report.push(Diagnostic::error(SCHEMA, message).at(own.span));
            }
        }
    }

    /// Validates values against the schema of one chart.
    ///
    /// # Errors
    /// The schema cannot be used: Helm's text and a diagnostic.
    fn own(&mut self, chart: &Chart, file: FileId, values: &Node) -> Result<(), (String, Box<Diagnostic>)> {
        let source = self.sources.get(file);
        let unusable = |helm: String, message: &str, span: Span| {
            let message = format!("the schema cannot be used: {message}");
            (helm, Box::new(Diagnostic::error(SCHEMA, message).at(span)))
        };
        let too_large = || unusable(format!("- at '': {TOO_LARGE}"), TOO_LARGE, Span::file_start(file));
        let kept = self.checker.zip(chart.schema.as_ref());
        if let Some(compiled) = kept.and_then(|(checker, schema)| checker.compiled(self.system, schema)) {
            // Values that Helm's own steps accept are valid.
            let instance = values.to_json(&Json::from);
            let outcome = Walker::new(&compiled.program).run(compiled.root, &instance);
            return match outcome {
                Outcome::Valid => Ok(()),
                _ => self.against(chart, file, &compiled, values).ok_or_else(too_large),
            };
        }
        match quick::look(source.text(), values) {
            Look::Accepted => return Ok(()),
            Look::TooMuch => return Err(too_large()),
            Look::Unknown => {}
        }
        let schema = read_json(source.text()).map_err(|fault| {
            unusable(
                fault.message.clone(),
                &fault.message,
                Span::new(file, fault.at, fault.at),
            )
        })?;
        let compiled = compile(Some(self.system), schema).map_err(|refusal| {
            let span = place(&refusal, source.text(), file);
            unusable(refusal.helm, &refusal.message, span)
        })?;
        self.against(chart, file, &compiled, values).ok_or_else(too_large)
    }

    /// Validates values against a schema; `None` if the limits are exceeded.
    fn against(&mut self, chart: &Chart, file: FileId, compiled: &Compiled, values: &Node) -> Option<()> {
        let is_valid = decide::holds(&compiled.program, compiled.root, &values.to_json(&whole_as_integer));
        if is_valid == Some(true) {
            return Some(());
        }
        let instance = values.to_json(&Json::from);
        match Walker::new(&compiled.program).run(compiled.root, &instance) {
            Outcome::Faults(faults) => {
                let lines = fault::lines(&faults).join("\n");
                self.helm.push_str(&format!("{}:\n{lines}\n", chart.name()));
                for mut diagnostic in diagnose::all(compiled, &faults, values) {
                    let is_made = diagnostic.message == "unknown key global"
                        && diagnostic
                            .span
                            .is_some_and(|span| self.sources.get(span.file).name().ends_with("Chart.yaml"));
                    if is_made {
                        // The key is not in any values file: Helm adds it for every subchart.
                        diagnostic.span = Some(Span::file_start(file));
                        diagnostic.help = Some(format!(
                            "Helm gives every subchart the key `global`: the schema of {} must accept it",
                            chart.name()
                        ));
                    }
                    self.report.push(diagnostic);
                }
                Some(())
            }
            // Helm's own steps find no fault, so Helm accepts the values. No such case is known.
            Outcome::Valid => Some(()),
            Outcome::TooMuch => None,
        }
    }
}

/// The span of a schema's fault, or the start of the file if it is unknown.
fn place(refusal: &Refusal, text: &str, file: FileId) -> Span {
    let span = |range: std::ops::Range<usize>| Span::new(file, range.start, range.end);
    if refusal.address != ADDRESS {
        return Span::file_start(file);
    }
    let node = goyaml::json::parse_first(&encode(text.as_bytes()), &span).ok();
    node.and_then(|(node, _)| node_at(&node, &refusal.pointer).map(|node| node.span))
        .unwrap_or_else(|| Span::file_start(file))
}

/// Returns the value at a JSON pointer.
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

/// Converts a float without a fraction to an integer, which it is in JSON Schema.
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
