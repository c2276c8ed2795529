//! The bench: collects the results of the checks.

use super::server::Server;
use super::{Options, Outcome};
use diagnostics::{Diagnostic, ObjectRef, Severity};
use source::{FileId, Sources, Span};
use system::System;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// No finding.
    Passed,
    /// A finding of this severity.
    Found(Severity),
    /// The check could not be done.
    Unchecked,
}

impl State {
    /// The word that reports print.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Found(severity) => severity.as_str(),
            Self::Unchecked => "not checked",
        }
    }
}

/// A check that was done, or could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The file that it concerns.
    pub file: String,
    /// The flag, file or name, and the checked aspect: `--tls-cert-file: names`.
    pub subject: String,
    /// The result.
    pub state: State,
    /// The details of the result.
    pub detail: String,
    /// The rule of its finding.
    pub rule: Option<&'static str>,
}

/// The results so far, and the inputs of all checks.
pub(super) struct Bench<'a> {
    pub(super) system: &'a dyn System,
    pub(super) options: &'a Options,
    pub(super) sources: &'a Sources,
    /// The current time, in seconds since 1970.
    pub(super) now: i64,
    file: String,
    object: Option<ObjectRef>,
    outcome: Outcome,
}

impl<'a> Bench<'a> {
    pub(super) fn new(system: &'a dyn System, options: &'a Options, sources: &'a Sources) -> Self {
        Self {
            system,
            options,
            sources,
            now: i64::try_from(system.now().as_secs()).unwrap_or(i64::MAX),
            file: String::new(),
            object: None,
            outcome: Outcome::default(),
        }
    }

    /// Starts the checks of an API server.
    pub(super) fn begin(&mut self, server: &Server) {
        self.begin_file(server.file);
        self.object.clone_from(&server.object);
    }

    /// Starts the checks of a file.
    pub(super) fn begin_file(&mut self, file: FileId) {
        self.sources.get(file).name().clone_into(&mut self.file);
        self.object = None;
    }

    fn note(
        &mut self,
        subject: impl Into<String>,
        state: State,
        detail: impl Into<String>,
        rule: Option<&'static str>,
    ) {
        self.outcome.checks.push(Check {
            file: self.file.clone(),
            subject: shorten(subject.into()),
            state,
            detail: shorten(detail.into()),
            rule,
        });
    }

    /// Records a check without findings.
    pub(super) fn pass(&mut self, subject: impl Into<String>, detail: impl Into<String>) {
        self.note(subject, State::Passed, detail, None);
    }

    /// Records a check with a finding.
    pub(super) fn found(&mut self, subject: impl Into<String>, mut diagnostic: Diagnostic) {
        diagnostic.object.clone_from(&self.object);
        diagnostic.message = shorten(diagnostic.message);
        diagnostic.help = diagnostic.help.map(shorten);
        self.note(
            subject,
            State::Found(diagnostic.severity),
            diagnostic.message.clone(),
            Some(diagnostic.rule),
        );
        self.outcome.report.push(diagnostic);
    }

    /// Records a check that could not be done. It is a warning, so that a run without findings means that everything
    /// was checked.
    pub(super) fn unchecked(&mut self, subject: impl Into<String>, reason: impl Into<String>, place: Span, help: &str) {
        let (subject, reason) = (subject.into(), reason.into());
        let message = shorten(format!("{subject} was not checked: {reason}"));
        let mut diagnostic = Diagnostic::warning("not-checked", message).at(place);
        diagnostic.help = (!help.is_empty()).then(|| help.to_owned());
        diagnostic.object.clone_from(&self.object);
        self.note(subject, State::Unchecked, reason, Some(diagnostic.rule));
        self.outcome.report.push(diagnostic);
    }

    /// Records a limit of what can be concluded: it appears in the summary, but is not a finding.
    pub(super) fn inconclusive(&mut self, subject: impl Into<String>, reason: impl Into<String>) {
        self.note(subject, State::Unchecked, reason, None);
    }

    pub(super) fn finish(self) -> Outcome {
        self.outcome
    }
}

/// Shortens a message: values and names from files have no bound.
fn shorten(mut text: String) -> String {
    const MOST: usize = 600;
    if text.len() > MOST {
        text.truncate(text.floor_char_boundary(MOST));
        text.push_str("...");
    }
    text
}
