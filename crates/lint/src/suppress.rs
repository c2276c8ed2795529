//! Comments that suppress findings, in templates and values files.
//!
//! ```text
//! image: nginx  # promchart: ignore latest-image-tag -- pinned by the mirror
//! {{/* promchart: ignore privileged-container, host-namespace -- the agent needs it */}}
//! # promchart: ignore-file unused-value -- read by the operator
//! ```
//!
//! A comment after other text suppresses findings on its line; a comment alone on its line, those on the next line
//! without such a comment. `ignore-file` suppresses a rule in the whole file.

use std::collections::BTreeMap;

use super::Context;
use super::context::files_of;
use super::rule::Rule;
use diagnostics::{Diagnostic, Report, did_you_mean};
use source::{FileId, Source, Sources, Span};

/// The rule for comments that suppress nothing.
pub(super) const UNUSED: &str = "unused-suppression";
/// The rule for comments that cannot be parsed.
pub(super) const BAD: &str = "bad-suppression";
/// The prefix of a suppression comment.
const MARK: &str = "promchart:";

/// The suppression comments of the files of a target, by file name.
#[derive(Debug, Default)]
pub(super) struct Suppressions {
    comments: BTreeMap<String, Vec<Comment>>,
    /// The user's values files. `ignore-file` in one of them applies to everything rendered with it.
    given: Vec<String>,
    /// Comments that cannot be parsed.
    faults: Report,
}

/// A rule that a comment suppresses.
#[derive(Debug)]
struct Comment {
    /// The line, from 1; `None` for the whole file.
    line: Option<usize>,
    rule: String,
    /// The span of the rule's name.
    span: Span,
    is_used: bool,
    /// Whether every run would have found what the rule finds here.
    is_checked: bool,
}

impl Suppressions {
    /// Reads the comments of all templates and values files of a target.
    pub(super) fn of(context: &Context<'_>) -> Self {
        let mut found = Self::default();
        let mut add = |file: FileId| found.read(&context.sources.get(file), file);
        for (_, chart) in context.chart.iter().flat_map(|chart| chart.walk()) {
            for template in &chart.templates {
                if let Some(tree) = template.trees.last() {
                    add(tree.span.file);
                }
            }
            add(chart.chart.values.span.file);
            add(chart.chart.chart_yaml);
        }
        let given = files_of(&context.given);
        for file in &given {
            add(*file);
        }
        found.given = given
            .iter()
            .map(|file| context.sources.get(*file).name().to_owned())
            .collect();
        found
    }

    /// Whether a comment suppresses the diagnostic: at its own position, at one of its labels, or for everything
    /// rendered with a values file.
    pub(super) fn silence(&mut self, diagnostic: &Diagnostic, sources: &Sources) -> bool {
        let places = diagnostic
            .span
            .into_iter()
            .chain(diagnostic.labels.iter().map(|label| label.span));
        for span in places {
            let source = sources.get(span.file);
            let Some(comments) = self.comments.get_mut(source.name()) else {
                continue;
            };
            let line = source.line_column(span.start).line;
            let silences = |comment: &&mut Comment| {
                comment.rule == diagnostic.rule && comment.line.is_none_or(|wanted| wanted == line)
            };
            if let Some(comment) = comments.iter_mut().find(silences) {
                comment.is_used = true;
                return true;
            }
        }
        for name in &self.given {
            let comments = self.comments.get_mut(name).into_iter().flatten();
            let of_run = |comment: &&mut Comment| comment.rule == diagnostic.rule && comment.line.is_none();
            if let Some(comment) = comments.into_iter().find(of_run) {
                comment.is_used = true;
                return true;
            }
        }
        false
    }

    /// Keeps comments about rules that were not checked from being reported as unused.
    pub(super) fn were_checked(&mut self, is_checked: impl Fn(&Rule) -> bool) {
        for comment in self.comments.values_mut().flatten() {
            comment.is_checked = super::find(&comment.rule).is_some_and(&is_checked);
        }
    }

    /// Takes over which comments were used by a run with values that nobody gave. Such a run may fail, and says
    /// nothing about those that it did not use.
    pub(super) fn merge_uses(&mut self, other: &Self) {
        for (name, comments) in &other.comments {
            let known = self.comments.get_mut(name).into_iter().flatten();
            for (known, new) in known.zip(comments) {
                known.is_used |= new.is_used;
            }
        }
    }

    /// Adds the results of another run over the same files.
    pub(super) fn merge(&mut self, other: Self) {
        for (name, comments) in other.comments {
            match self.comments.get_mut(&name) {
                None => {
                    self.comments.insert(name, comments);
                }
                Some(known) => {
                    for (known, new) in known.iter_mut().zip(comments) {
                        known.is_used |= new.is_used;
                        known.is_checked &= new.is_checked;
                    }
                }
            }
        }
        for fault in other.faults.diagnostics {
            if !self
                .faults
                .diagnostics
                .iter()
                .any(|known| known.message == fault.message)
            {
                self.faults.push(fault);
            }
        }
    }

    /// A diagnostic for each comment that suppresses nothing and for each that cannot be parsed.
    pub(super) fn unused(self) -> Vec<Diagnostic> {
        let mut found = self.faults.diagnostics;
        let is_unused = |comment: &Comment| comment.is_checked && !comment.is_used;
        for comment in self.comments.into_values().flatten().filter(is_unused) {
            let message = format!("this comment suppresses nothing: {} has no finding here", comment.rule);
            found.push(Diagnostic::info(UNUSED, message).at(comment.span).help("remove it"));
        }
        found
    }

    fn read(&mut self, source: &Source, file: FileId) {
        if self.comments.contains_key(source.name()) || !source.text().contains(MARK) {
            return;
        }
        let mut comments = Vec::new();
        let mut pending: Vec<Comment> = Vec::new();
        for number in 1..=source.line_count() {
            let line = source.line(number);
            let start = source.line_range(number).map_or(0, |range| range.start);
            let Some((at, before)) = mark(line) else {
                if !line.trim().is_empty() && !is_comment(line) {
                    for mut comment in pending.drain(..) {
                        comment.line = Some(number);
                        comments.push(comment);
                    }
                }
                continue;
            };
            let Some((words, whole_file)) = directive(&line[at..]) else {
                let span = Span::new(file, start + at, start + line.len());
                let help = "write `# promchart: ignore RULE -- reason`";
                let fault = Diagnostic::warning(BAD, "promchart does not understand this comment");
                self.faults.push(fault.at(span).help(help));
                continue;
            };
            let alone = before.trim_matches(['#', '{', '-', '/', '*', ' ', '\t']).is_empty();
            for rule in words.split([',', ' ']).filter(|name| !name.is_empty()) {
                let offset = start + at + line[at..].find(rule).unwrap_or_default();
                let span = Span::new(file, offset, offset + rule.len());
                if super::find(rule).is_none() {
                    let mut fault = Diagnostic::warning(BAD, format!("there is no rule {rule}")).at(span);
                    fault.help = did_you_mean(rule, super::RULES.iter().map(|rule| rule.id));
                    self.faults.push(fault);
                    continue;
                }
                let comment = Comment {
                    line: (!whole_file).then_some(number),
                    rule: rule.to_owned(),
                    span,
                    is_used: false,
                    is_checked: true,
                };
                if alone && !whole_file {
                    pending.push(comment);
                } else {
                    comments.push(comment);
                }
            }
        }
        comments.append(&mut pending);
        self.comments.insert(source.name().to_owned(), comments);
    }
}

/// The start of the text after the marker, and the text before it; only in comments.
fn mark(line: &str) -> Option<(usize, &str)> {
    let at = line.find(MARK)?;
    let before = line[..at].trim_end();
    let in_comment = ["#", "/*", "{{/*", "{{- /*"]
        .iter()
        .any(|opening| before.ends_with(opening));
    in_comment.then_some((at + MARK.len(), before))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#') || line.starts_with("{{/*") || line.starts_with("{{- /*")
}

/// The rule names of a directive, and whether it applies to the whole file.
fn directive(text: &str) -> Option<(&str, bool)> {
    let text = text.split(" -- ").next().unwrap_or_default();
    let text = text.split("*/").next().unwrap_or_default().trim();
    let (word, names) = text.split_once(' ')?;
    match word {
        "ignore" => Some((names, false)),
        "ignore-file" => Some((names, true)),
        _ => None,
    }
}
