//! What is wrong with a document, in go-yaml's words.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::reader::Mark;

/// Why a text is no YAML, or none that can be turned into JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// What `err.Error()` of Go's `yaml.Unmarshal` gives for the same text, e.g.
    /// `error converting YAML to JSON: yaml: line 2: did not find expected key`.
    pub message: String,
    /// The best place to point at: bytes of the source, or of the text where there is no source.
    pub span: Option<Range<usize>>,
}

impl YamlError {
    /// The message without the frames that Go's packages put around it: `did not find expected key`.
    pub fn cause(&self) -> &str {
        let text = &self.message;
        let text = text.strip_prefix("error converting YAML to JSON: ").unwrap_or(text);
        let text = text
            .strip_prefix("error unmarshaling JSON: while decoding JSON: ")
            .unwrap_or(text);
        let text = text.strip_prefix("yaml: ").unwrap_or(text);
        match text.strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
            Some((line, cause)) if line.bytes().all(|byte| byte.is_ascii_digit()) => cause,
            _ => text,
        }
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for YamlError {}

/// An error on its way from where it is found to the [`YamlError`] that the caller gets. Its places count the bytes of
/// the reader's input.
#[derive(Debug)]
pub(super) struct Fault(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// Go's message, from `yaml: ` on.
    message: String,
    place: Range<usize>,
}

impl Fault {
    fn new(message: String, place: Range<usize>) -> Self {
        Self(Box::new(Inner { message, place }))
    }

    /// An invalid byte or character. Go knows no line for these.
    pub(super) fn reader(problem: &'static str, offset: usize) -> Self {
        Self::new(format!("yaml: {problem}"), offset..offset + 1)
    }

    /// An error of the scanner, which was at `at` when it found it while it read what begins at `context`.
    pub(super) fn scanner(problem: impl Into<Cow<'static, str>>, context: Mark, at: Mark) -> Self {
        // go-yaml counts lines from 0 and adds one, but takes line 0 for "unknown".
        let line = if at.line != 0 { at.line + 1 } else { context.line };
        // What has no end is best shown where it begins.
        let problem = problem.into();
        let place = match &*problem {
            "could not find expected ':'"
            | "found unexpected end of stream"
            | "found unexpected document indicator" => context.offset,
            _ => at.offset,
        };
        Self::new(located(&problem, line), place..place + 1)
    }

    /// An error of the parser about the token at `at`, within what begins at `context`.
    pub(super) fn parser(problem: &'static str, context: Option<Mark>, at: Mark) -> Self {
        let line = if at.line != 0 {
            at.line
        } else {
            context.map_or(0, |mark| mark.line)
        };
        Self::new(located(problem, line), at.offset..at.offset + 1)
    }

    /// An error of the decoder about the bytes at `place`.
    pub(super) fn decoder(problem: &str, place: Range<usize>) -> Self {
        Self::new(format!("yaml: {problem}"), place)
    }

    /// An error of the steps after YAML, whose message has no `yaml: `.
    pub(super) fn json(message: String, place: Range<usize>) -> Self {
        Self::new(message, place)
    }

    /// Go's message and the bytes to point at.
    pub(super) fn into_parts(self) -> (String, Range<usize>) {
        (self.0.message, self.0.place)
    }
}

fn located(problem: &str, line: usize) -> String {
    if line == 0 {
        format!("yaml: {problem}")
    } else {
        format!("yaml: line {line}: {problem}")
    }
}
