//! [`Diagnostic`], the type of all errors and findings of promchart.
//!
//! A stage that stops at an error returns `Err(Box<Diagnostic>)`; one that continues collects a [`Report`]. This module
//! holds the contents of diagnostics; [`report`] formats them.

pub mod report;

use std::fmt;

use source::Span;

pub use suggest::{closest, did_you_mean};

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing needs to change.
    Info,
    /// Probably not intended by the author.
    Warning,
    /// Something that cannot work.
    Error,
}

impl Severity {
    /// Parses the name of a severity, as used in flags and settings.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Error]
            .into_iter()
            .find(|severity| severity.as_str() == word)
    }

    /// The name of the severity in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A second place that explains a diagnostic, and its relation to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words such as "included from here" or "set here".
    pub text: String,
}

/// The Kubernetes object that a diagnostic is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef {
    /// The apiVersion, such as `apps/v1`; empty if the object has none.
    pub api_version: String,
    /// The kind, such as `Deployment`; empty if the object has none.
    pub kind: String,
    /// The namespace set in the object; empty if none is.
    pub namespace: String,
    /// `metadata.name`; empty if the object has none.
    pub name: String,
}

/// A cause that code acts on. Code never looks at the text of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// No template has this name.
    UndefinedTemplate(String),
    /// A template reads a field of nil.
    NilPointer,
    /// A template called `fail`, or `required` without a value.
    Guard,
}

/// An error or a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule, a kebab-case name for the fault: `template-syntax`, `values-schema`.
    pub rule: &'static str,
    /// The severity.
    pub severity: Severity,
    /// One short sentence without the place. If Helm has a message for the cause, it is Helm's.
    pub message: String,
    /// The place to edit.
    pub span: Option<Span>,
    /// Other places that explain this one, in reading order.
    pub labels: Vec<Label>,
    /// How to fix it, or "did you mean ...".
    pub help: Option<String>,
    /// The text that Helm prints after `Error: ` in this situation, if it is known. Users search for it.
    pub helm: Option<String>,
    /// The cause, if code acts on it.
    pub cause: Option<Cause>,
    /// The object concerned.
    pub object: Option<ObjectRef>,
    /// The runs that found it, if not all did (`values/a.yaml, Kubernetes 1.33`); empty if all did.
    pub runs: Vec<std::sync::Arc<str>>,
}

impl Diagnostic {
    /// Creates an error diagnostic of the given rule.
    pub fn error(rule: &'static str, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Error, message)
    }

    /// Creates a warning diagnostic of the given rule.
    pub fn warning(rule: &'static str, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Warning, message)
    }

    /// Creates an info diagnostic of the given rule.
    pub fn info(rule: &'static str, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Info, message)
    }

    fn new(rule: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            message: message.into(),
            span: None,
            labels: Vec::new(),
            help: None,
            helm: None,
            cause: None,
            object: None,
            runs: Vec::new(),
        }
    }

    /// Sets the place to edit.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Adds a place that explains the diagnostic.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn cause(mut self, cause: Cause) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Sets the help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the text that Helm would print after `Error: `.
    #[must_use]
    pub fn helm(mut self, text: impl Into<String>) -> Self {
        self.helm = Some(text.into());
        self
    }

    /// Sets the object concerned.
    #[must_use]
    pub fn object(mut self, object: ObjectRef) -> Self {
        self.object = Some(object);
        self
    }

    /// The text after `Error: `: Helm's if there is one, and otherwise the message.
    pub fn headline(&self) -> &str {
        self.helm.as_deref().unwrap_or(&self.message)
    }
}

/// The result of a stage that stops at its first error.
pub type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// The diagnostics of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The diagnostics in the order in which they were found, until [`Report::sort`].
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Creates an empty report.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds all diagnostics of another report.
    pub fn append(&mut self, mut other: Self) {
        self.diagnostics.append(&mut other.diagnostics);
    }

    /// Whether there are no diagnostics.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Whether there is a diagnostic of at least this severity.
    pub fn has(&self, severity: Severity) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity >= severity)
    }

    /// Sorts by place, then rule, then message, and removes duplicates.
    pub fn sort(&mut self) {
        self.diagnostics
            .sort_by(|a, b| (a.span, a.rule, &a.message, &a.object).cmp(&(b.span, b.rule, &b.message, &b.object)));
        self.diagnostics.dedup();
    }
}

impl From<Diagnostic> for Report {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostics: vec![diagnostic],
        }
    }
}

impl From<Box<Diagnostic>> for Report {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        (*diagnostic).into()
    }
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
