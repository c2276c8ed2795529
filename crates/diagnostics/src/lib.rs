//! The one type that every error and every finding of promchart is.
//!
//! A stage that cannot go on returns `Err(Box<Diagnostic>)`, one that can gathers a [`Report`]. How a diagnostic looks is
//! the business of `report`; here is only what it says and where.

pub mod report;

use std::fmt;

use source::Span;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably not what the author wants.
    Warning,
    /// It cannot work.
    Error,
}

impl Severity {
    /// The severity of a word that reports print, as flags and settings give it.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Error]
            .into_iter()
            .find(|severity| severity.as_str() == word)
    }

    /// The word that reports print.
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

/// A second place that belongs to a diagnostic, and what it has to do with it.
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
    /// `apps/v1` and the like; empty where the object has none.
    pub api_version: String,
    /// `Deployment` and the like; empty where the object has none.
    pub kind: String,
    /// The namespace written in the object; empty where none is.
    pub namespace: String,
    /// `metadata.name`; empty where the object has none.
    pub name: String,
}

/// An error or a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule that speaks, in kebab-case, named after the fault: `template-syntax`, `values-schema`.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// One short sentence without a place in it. Where Helm has a wording for the cause it is Helm's.
    pub message: String,
    /// The place to edit.
    pub span: Option<Span>,
    /// Other places that explain this one, in the order in which they should be read.
    pub labels: Vec<Label>,
    /// What to do, or "did you mean ...".
    pub help: Option<String>,
    /// What Helm prints after `Error: ` in the same situation, where that is known; people search for it.
    pub helm: Option<String>,
    /// The object concerned.
    pub object: Option<ObjectRef>,
    /// Which of several runs found it (`values/a.yaml, Kubernetes 1.33`); empty where all of them did.
    pub runs: Vec<std::sync::Arc<str>>,
}

impl Diagnostic {
    /// An error of the given rule.
    pub fn error(rule: &'static str, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Error, message)
    }

    /// A warning of the given rule.
    pub fn warning(rule: &'static str, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Warning, message)
    }

    /// A remark of the given rule.
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

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what Helm would print after `Error: `.
    #[must_use]
    pub fn helm(mut self, text: impl Into<String>) -> Self {
        self.helm = Some(text.into());
        self
    }

    /// Names the object concerned.
    #[must_use]
    pub fn object(mut self, object: ObjectRef) -> Self {
        self.object = Some(object);
        self
    }

    /// The text after `Error: `: Helm's if it has one, else the message.
    pub fn headline(&self) -> &str {
        self.helm.as_deref().unwrap_or(&self.message)
    }
}

/// The name that a mistyped one is most likely meant for: the nearest, if it is near enough. The same name is not
/// among them.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Nobody mistypes more than that, and a comparison takes time.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let most = 1 + name.len() / 4;
    let lower = name.to_lowercase();
    known
        .into_iter()
        .filter(|known| known.len().abs_diff(name.len()) <= most && *known != name)
        .map(|known| (strsim::osa_distance(&lower, &known.to_lowercase()), known))
        .min()
        .filter(|(distance, _)| *distance <= most)
        .map(|(_, known)| known)
}

/// [`closest`] as a help.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(name, known).map(|known| format!("did you mean `{known}`?"))
}

/// What a stage gives that stops at its first error.
pub type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// The diagnostics of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order in which they came up, until [`Report::sort`].
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// A report without diagnostics.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds all of another report.
    pub fn append(&mut self, mut other: Self) {
        self.diagnostics.append(&mut other.diagnostics);
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Whether anything at least as bad as `severity` was found.
    pub fn has(&self, severity: Severity) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity >= severity)
    }

    /// Orders by place, then rule, then message, and drops repetitions.
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
