//! Errors, with go-yaml's messages.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::mark::Mark;

/// A YAML error, or an error of the conversion to JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// The text of Go's error from `yaml.Unmarshal` for the same input, such as `error converting YAML to JSON: yaml:
    /// line 2: did not find expected key`.
    pub message: String,
    /// The best range to point at: bytes of the source, or of the text where there is no source.
    pub span: Option<Range<usize>>,
}

impl YamlError {
    /// The message without the prefixes of Go's packages: `did not find expected key`.
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

/// An error inside the reader, before it becomes a [`YamlError`]. Its range counts bytes of the reader's input.
#[derive(Debug)]
pub(super) struct Fault(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// Go's message, with its prefix `yaml: `.
    message: String,
    place: Range<usize>,
}

impl Fault {
    fn new(message: String, place: Range<usize>) -> Self {
        Self(Box::new(Inner { message, place }))
    }

    /// An invalid byte or character. Go reports no line for these.
    pub(super) fn reader(problem: &'static str, offset: usize) -> Self {
        Self::new(format!("yaml: {problem}"), offset..offset + 1)
    }

    /// An error that the scanner found at `at` while it read the token that begins at `context`.
    pub(super) fn scanner(problem: impl Into<Cow<'static, str>>, context: Mark, at: Mark) -> Self {
        // go-yaml counts lines from 0 and adds one, but takes line 0 for "unknown".
        let line = if at.line != 0 { at.line + 1 } else { context.line };
        // An unterminated construct is best shown where it begins.
        let problem = problem.into();
        let place = match &*problem {
            "could not find expected ':'"
            | "found unexpected end of stream"
            | "found unexpected document indicator" => context.offset,
            _ => at.offset,
        };
        Self::new(located(&problem, line), place..place + 1)
    }

    /// An error of the parser at the token at `at`, inside the construct that begins at `context`.
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

    /// An error after decoding, whose message has no `yaml: ` prefix.
    pub(super) fn json(message: String, place: Range<usize>) -> Self {
        Self::new(message, place)
    }

    /// Go's message and the range to point at.
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
