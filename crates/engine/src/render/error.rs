//! Render errors: minijinja errors become Go errors, these become Helm's, and Helm's become a [`Diagnostic`].
//!
//! Go builds a chain of errors with one link for each template that is rendered inside another. Helm parses the chain's
//! text again to print it ([`reformat`] mirrors `reformatExecErrorMsg` of Helm's `pkg/engine/engine.go`). A diagnostic
//! keeps Helm's text, points at the innermost place, and labels the calls that led to it.

use minijinja::Error;

use super::fault::{Failure, Hint, failure};
use super::program::{Program, Unit, UnitId};
use crate::lower::Lowered;
use diagnostics::{Cause, Diagnostic, Label};
use gostd::quote::quote;
use gotemplate::SyntaxError;
use gotemplate::ast::{Command, Operand};
use gotemplate::trace::{NodeRef, find, last_of_operand, last_of_pipeline};
use source::{Sources, Span};
use sprig::{Fault, WARNING};

/// The rule for errors that end a render.
pub const RENDER: &str = "template-render";
/// The rule for renders that exceed a limit.
pub const LIMIT: &str = "render-limit";

/// The rule for invalid template syntax.
pub const SYNTAX: &str = "template-syntax";
/// The rule for calls of unknown functions.
pub const UNKNOWN_FUNCTION: &str = "unknown-function";

/// The size in bytes above which an error text of Go is shortened in the middle.
const MAX_TEXT: usize = 128 << 10;
/// The maximum number of calls shown on the way to an error.
const MAX_CALLS: usize = 8;

/// The diagnostic for a file with invalid template syntax. Mirrors `cleanupParseError` of Helm's engine.
pub fn syntax(error: &SyntaxError, name: &str) -> Diagnostic {
    // Helm keeps only the part after the last colon.
    let last = error.message.rsplit(": ").next().unwrap_or_default();
    let helm = format!("parse error at ({name}:{}): {last}", error.line);
    let rule = if error.unknown_function.is_some() {
        UNKNOWN_FUNCTION
    } else {
        SYNTAX
    };
    let mut diagnostic = Diagnostic::error(rule, &*error.message).at(error.span).helm(helm);
    if let Some(opened) = error.opened {
        diagnostic = diagnostic.label(opened, "opened here");
    }
    diagnostic.help = error.unknown_function.as_deref().and_then(sprig::suggestion);
    diagnostic
}

/// Go's chain of errors. The text of each link ends with the text of the next, so a single string holds them all.
#[derive(Default)]
struct GoError {
    text: String,
    /// The offset of each link's text, outermost first. `errors.Unwrap` returns `ExecError` twice, with the same text.
    links: Vec<usize>,
}

impl GoError {
    /// Appends a link with the part of its text that precedes the text of the next link.
    fn link(&mut self, text: &str) {
        self.links.push(self.text.len());
        self.text.push_str(text);
    }
}

/// Details of an error that are not in Go's text.
#[derive(Default)]
struct Trace {
    /// The places of the failing nodes, outermost first.
    places: Vec<Span>,
    /// The innermost message, without any place.
    message: String,
    /// How the values caused it.
    hint: Option<Hint>,
    /// The cause, if code acts on it.
    cause: Option<Cause>,
    /// promchart's own message, if a limit was exceeded.
    limit: Option<String>,
}

impl Trace {
    fn say(&mut self, message: &str) {
        self.message = message.replace(WARNING.0, "").replace(WARNING.1, "");
    }
}

/// Go's error text for a failed render.
pub(super) fn in_go(error: &Error, program: &Program, sources: &Sources) -> String {
    let mut go = GoError::default();
    chain(error, program, sources, &mut Trace::default(), &mut go);
    go.text.replace(WARNING.0, "").replace(WARNING.1, "")
}

/// Helm 3's error text for a failed render. Mirrors `cleanupExecError` of its `pkg/engine/engine.go`.
pub(super) fn helm3(error: &Error, program: &Program, sources: &Sources) -> String {
    let mut go = GoError::default();
    chain(error, program, sources, &mut Trace::default(), &mut go);
    let parts: Vec<&str> = go.text.splitn(3, ": ").collect();
    match parts[..] {
        [_, location, rest] => match between_warnings(rest) {
            Some(message) => format!("execution error at ({location}): {message}"),
            None => go.text,
        },
        _ => go.text,
    }
}

/// The diagnostic for a failed render.
pub(super) fn diagnostic(error: &Error, program: &Program, sources: &Sources) -> Diagnostic {
    let mut trace = Trace::default();
    let mut go = GoError::default();
    chain(error, program, sources, &mut trace, &mut go);
    let places = trace.places;
    let mut diagnostic = match trace.limit {
        Some(limit) => Diagnostic::error(LIMIT, limit),
        None => Diagnostic::error(RENDER, trace.message).helm(elided(reformat(&go))),
    };
    diagnostic.cause = trace.cause;
    if let Some((innermost, outer)) = places.split_last() {
        diagnostic.span = Some(*innermost);
        let label = |&span: &Span| Label {
            span,
            text: "called from here".to_owned(),
        };
        diagnostic.labels = if outer.len() <= MAX_CALLS {
            outer.iter().rev().map(label).collect()
        } else {
            let near = outer[outer.len() - MAX_CALLS / 2..].iter().rev();
            let far = outer[..MAX_CALLS / 2].iter().rev();
            let mut labels: Vec<Label> = near.chain(far).map(label).collect();
            labels[MAX_CALLS / 2].text = format!("called from here, {} calls further out", outer.len() - MAX_CALLS);
            labels
        };
    }
    if let Some(Hint { label, path }) = trace.hint {
        if let Some((span, text)) = label {
            diagnostic.labels.insert(0, Label { span, text });
        }
        diagnostic.help = Some(format!("set `{path}`, or ask for it with `if`, `with` or `dig` first"));
    }
    diagnostic
}

/// Converts a minijinja error and its sources into Go's chain.
fn chain(error: &Error, program: &Program, sources: &Sources, trace: &mut Trace, go: &mut GoError) {
    let unit = error.name().and_then(UnitId::from_name).and_then(|id| program.unit(id));
    let Some(unit) = unit else {
        // The template was never entered, because the render had exhausted its budget.
        let text = match failure(error) {
            Some(Failure::Limit(text)) => {
                trace.limit = Some(text.clone());
                text.clone()
            }
            // Only a bug leads here: a minijinja error outside of any template.
            _ => error.to_string(),
        };
        go.link(&text);
        trace.message = text;
        return;
    };
    let node = error
        .range()
        .and_then(|range| Lowered::node(range.start))
        .and_then(|id| find(unit.tree(), id));
    let Some(failure) = failure(error) else {
        trace.message = error.detail().map_or_else(|| error.to_string(), str::to_owned);
        return go.link(&format!("template: {}: {}", unit.name(), trace.message));
    };
    let blamed = node.map(|node| blame(node, failure));
    if let Some(blamed) = blamed {
        trace.places.push(blamed.meta().span);
    }
    go.link(&match blamed {
        Some(node) => format!("template: {}: ", context(&unit, node, sources)),
        None => format!("template: {}: ", unit.name()),
    });
    let message = match failure {
        Failure::Node(text) | Failure::Range(text) => text.clone(),
        Failure::Nil(text, hint) => {
            trace.hint = Some(hint.clone());
            trace.cause = Some(Cause::NilPointer);
            text.clone()
        }
        Failure::NoTemplate(name) => {
            trace.cause = Some(Cause::UndefinedTemplate(name.clone()));
            failure.to_string()
        }
        Failure::Argument(error) => error.message.clone(),
        Failure::Limit(text) => {
            trace.limit = Some(text.clone());
            text.clone()
        }
        Failure::Call { name, fault } => match fault {
            Fault::Failed(text) => {
                if matches!(&**name, "fail" | "required") {
                    trace.cause = Some(Cause::Guard);
                }
                return failed(name, text, trace, go);
            }
            Fault::NoTemplate { name: template, text } => {
                trace.cause = Some(Cause::UndefinedTemplate(template.clone()));
                return failed(name, text, trace, go);
            }
            Fault::NoFunction { piped, type_name } => {
                let written = match node {
                    Some(NodeRef::Command(command)) => command.operands.get(1).map(ToString::to_string),
                    _ => None,
                };
                let what = written.as_ref().unwrap_or(piped);
                return failed(name, &format!("non-function {what} of type {type_name}"), trace, go);
            }
            Fault::Limit(text) => {
                trace.limit = Some(text.clone());
                text.clone()
            }
            Fault::Template { prefix, error } => {
                go.text.push_str(&format!("error calling {name}: "));
                if !prefix.is_empty() {
                    go.link(prefix);
                }
                return chain(error, program, sources, trace, go);
            }
        },
    };
    go.text.push_str(&message);
    trace.say(&message);
}

/// Adds the error of a function call that failed with a text.
fn failed(name: &str, text: &str, trace: &mut Trace, go: &mut GoError) {
    go.text.push_str(&format!("error calling {name}: "));
    go.link(text);
    trace.say(&format!("error calling {name}: {text}"));
}

/// Cuts the middle out of a long text. In a thousand nested templates, each error repeats the ones before it.
fn elided(text: String) -> String {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let head = text.floor_char_boundary(MAX_TEXT / 2);
    let tail = text.ceil_char_boundary(text.len() - MAX_TEXT / 4);
    format!("{} ... {}", &text[..head], &text[tail..])
}

/// `chart/templates/x.yaml:3:14: executing "name" at <.Values.a.b>`; columns count from 0, as in Go.
fn context(unit: &Unit, node: NodeRef<'_>, sources: &Sources) -> String {
    let meta = node.meta();
    let place = sources.get(meta.span.file).line_column(meta.position);
    let (line, column) = (place.line, place.column - 1);
    format!(
        "{}:{line}:{column}: executing {} at <{}>",
        unit.file_name,
        quote(unit.name()),
        node.text()
    )
}

/// Returns the node that Go reports a failure at.
fn blame<'a>(node: NodeRef<'a>, failure: &Failure) -> NodeRef<'a> {
    match (failure, node) {
        // A call names its function when it is wrongly made, itself when the function fails.
        (Failure::Node(_) | Failure::Nil(..), NodeRef::Command(command)) => NodeRef::Operand(&command.operands[0]),
        (Failure::Node(_) | Failure::Nil(..), NodeRef::Operand(Operand::Chain(chain))) => {
            last_of_operand(&chain.operand)
        }
        (Failure::Argument(error), NodeRef::Command(command)) => argument(command, error.index),
        (Failure::Range(_) | Failure::Node(_) | Failure::Nil(..), NodeRef::Pipeline(pipeline)) => {
            last_of_pipeline(pipeline)
        }
        (_, node) => node,
    }
}

/// Returns the node that Go evaluated last for an argument of a command. The piped argument is evaluated before all
/// others but checked after the last of them.
fn argument(command: &Command, index: usize) -> NodeRef<'_> {
    let operands = &command.operands;
    last_of_operand(operands.get(index + 1).unwrap_or(&operands[operands.len() - 1]))
}

/// Helm's text for an error of the template engine.
fn reformat(error: &GoError) -> String {
    let parts: Vec<&str> = error.text.splitn(3, ": ").collect();
    let [_, location, rest] = parts[..] else {
        return error.text.clone();
    };
    if let Some(message) = between_warnings(rest) {
        return format!("execution error at ({location}): {message}");
    }
    let mut lines: Vec<[String; 3]> = Vec::new();
    for &start in &error.links {
        let Some(parsed) = parse_link(&error.text[start..]) else {
            return error.text.clone();
        };
        if lines.last() != Some(&parsed) {
            lines.push(parsed);
        }
    }
    let mut out = String::new();
    for [location, function, message] in &lines {
        let indented = [(location, "\n  "), (function, "\n    "), (message, "\n")];
        for (text, end) in indented.into_iter().filter(|(text, _)| !text.is_empty()) {
            out.push_str(text);
            out.push_str(end);
        }
    }
    out.trim_matches(gostd::unicode::is_space).to_owned()
}

fn between_warnings(text: &str) -> Option<&str> {
    let start = text.find(WARNING.0)? + WARNING.0.len();
    let end = text.rfind(WARNING.1)?;
    text.get(start..end)
}

/// Parses one link of the chain into its location, its `executing ... at <...>:` and its message, as Helm does.
fn parse_link(text: &str) -> Option<[String; 3]> {
    let rest = text.strip_prefix("template: ")?;
    if rest.starts_with("no template ") {
        return Some([String::new(), String::new(), text.to_owned()]);
    }
    let cut = |message: &str| message.split(" template:").next().unwrap_or_default().to_owned();
    if let Some((location, after)) = rest.split_once(": executing ")
        && let Some((function, after)) = after.strip_prefix('"').and_then(|after| after.split_once('"'))
        && let Some((node, message)) = after.strip_prefix(" at <").and_then(|after| after.split_once(">: "))
    {
        return Some([
            location.to_owned(),
            format!("executing \"{function}\" at <{node}>:"),
            cut(message),
        ]);
    }
    let (location, message) = rest.rsplit_once(": ")?;
    Some([location.to_owned(), String::new(), cut(message)])
}
