//! The state of a walk through an object: where it is, and what it has found.

use serde_json::{Map, Value};

use crate::formats::shown;
use crate::problem::{Problem, Severity, Side, Step};
use crate::version::Version;

/// A [`Step`] that borrows from the object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Position<'a> {
    Key(&'a str),
    Index(usize),
}

impl Position<'_> {
    fn step(self) -> Step {
        match self {
            Self::Key(key) => Step::Key(key.to_owned()),
            Self::Index(index) => Step::Index(index),
        }
    }
}

/// The state of a walk.
pub(crate) struct Walker<'a> {
    pub(crate) version: Version,
    path: Vec<Position<'a>>,
    /// The definitions on the current path, each with the length of the path to it.
    pub(super) frames: Vec<(usize, usize)>,
    problems: Vec<Problem>,
    /// How many schemas around the current place are decoded without a look at unknown fields: those of `items` and
    /// `additionalProperties` in a `JSONSchemaProps`.
    pub(super) loose: usize,
    /// Whether the list that comes next is merged by key.
    pub(super) is_merged: bool,
}

impl<'a> Walker<'a> {
    pub(crate) fn new(version: Version) -> Self {
        Self {
            version,
            path: Vec::new(),
            frames: Vec::new(),
            problems: Vec::new(),
            loose: 0,
            is_merged: false,
        }
    }

    pub(crate) fn finish(self) -> Vec<Problem> {
        self.problems
    }

    /// Reports a problem at the current path.
    pub(crate) fn fault(&mut self, side: Side, rule: &'static str, message: impl Into<String>) -> &mut Problem {
        let path = self.steps();
        let index = self.problems.len();
        self.problems.push(Problem {
            path,
            side,
            rule,
            message: message.into(),
            help: None,
            other: None,
        });
        &mut self.problems[index]
    }

    /// Reports a problem at a key of the current object.
    pub(crate) fn fault_at(&mut self, key: &'a str, rule: &'static str, message: impl Into<String>) -> &mut Problem {
        self.path.push(Position::Key(key));
        self.fault(Side::Value, rule, message);
        self.path.pop();
        let last = self.problems.len() - 1;
        &mut self.problems[last]
    }

    /// As [`Self::fault_at`], for a key whose text has another lifetime.
    pub(crate) fn fault_at_own(&mut self, key: &str, map: &'a Map<String, Value>, rule: &'static str, message: String) {
        if let Some((key, _)) = map.get_key_value(key) {
            self.fault_at(key, rule, message);
        }
    }

    /// Reports a missing field in the current object.
    ///
    /// A check may require a field that the definition requires too; it is reported only once.
    pub(crate) fn missing(&mut self, field: &str) -> &mut Problem {
        let path = self.steps();
        let message = format!("`{field}` is missing");
        let index = self
            .problems
            .iter()
            .position(|problem| problem.message == message && problem.path == path);
        let index = index.unwrap_or(self.problems.len());
        if index == self.problems.len() {
            self.problems.push(Problem {
                path,
                side: Side::Key,
                rule: "missing-required-field",
                message,
                help: None,
                other: None,
            });
        }
        &mut self.problems[index]
    }

    /// Reports a problem whose path is relative to the current one.
    pub(crate) fn note(&mut self, mut problem: Problem) {
        let mut path = self.steps();
        path.append(&mut problem.path);
        self.problems.push(Problem { path, ..problem });
    }

    /// Whether a problem of one of these rules was reported after the first `count` problems.
    pub(crate) fn has_since(&self, count: usize, rules: &[&str]) -> bool {
        self.problems
            .iter()
            .skip(count)
            .any(|problem| rules.contains(&problem.rule))
    }

    /// Whether an error was reported after the first `count` problems.
    pub(super) fn has_errors_since(&self, count: usize) -> bool {
        self.problems
            .iter()
            .skip(count)
            .any(|problem| problem.severity() == Severity::Error)
    }

    /// Returns the path of `key` in the sibling `field` of the current value.
    pub(crate) fn beside(&self, field: &str, key: &str) -> Vec<Step> {
        let mut steps = self.steps();
        steps.pop();
        steps.extend([field, key].map(|step| Step::Key(step.to_owned())));
        steps
    }

    /// Returns the path of `key` in an item of the list `field`.
    pub(crate) fn item(&self, field: &str, index: usize, key: &str) -> Vec<Step> {
        let mut steps = self.steps();
        steps.extend([
            Step::Key(field.to_owned()),
            Step::Index(index),
            Step::Key(key.to_owned()),
        ]);
        steps
    }

    fn steps(&self) -> Vec<Step> {
        self.path.iter().map(|place| place.step()).collect()
    }

    /// Runs a check one step below the current path.
    pub(crate) fn below(&mut self, place: Position<'a>, run: impl FnOnce(&mut Self)) {
        self.path.push(place);
        run(self);
        self.path.pop();
    }

    /// Runs a check several steps below the current path.
    pub(crate) fn inside(&mut self, places: &[Position<'a>], run: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.extend_from_slice(places);
        run(self);
        self.path.truncate(length);
    }

    /// Whether a problem of this rule has been reported at the current path.
    pub(crate) fn has(&self, rule: &str) -> bool {
        let mut of_rule = self.problems.iter().filter(|problem| problem.rule == rule).peekable();
        if of_rule.peek().is_none() {
            return false;
        }
        let here = self.steps();
        of_rule.any(|problem| problem.path == here)
    }

    /// Whether a field of the current object has been reported as missing or empty.
    pub(crate) fn has_missing(&self, field: &str) -> bool {
        let here = self.steps();
        self.problems
            .iter()
            .filter(|problem| problem.rule == "missing-required-field")
            .any(|problem| match problem.path.strip_prefix(here.as_slice()) {
                Some([]) => problem.message == format!("`{field}` is missing"),
                Some([Step::Key(key)]) => key == field,
                _ => false,
            })
    }

    /// Whether the last step of the current path is this key.
    pub(crate) fn is_at(&self, key: &str) -> bool {
        matches!(self.path.last(), Some(Position::Key(last)) if *last == key)
    }

    /// The length of the current path.
    pub(super) fn depth(&self) -> usize {
        self.path.len()
    }

    /// Takes back all but the first `count` problems.
    pub(super) fn forget_since(&mut self, count: usize) {
        self.problems.truncate(count);
    }

    /// Whether the current path is this one or below it.
    pub(super) fn is_in(&self, keys: &[&str]) -> bool {
        let mut steps = self.path.iter();
        keys.iter()
            .all(|key| matches!(steps.next(), Some(Position::Key(step)) if step == key))
    }

    /// Adds a help to all but the first `count` problems.
    pub(super) fn help_since(&mut self, count: usize, help: &str) {
        for problem in self.problems.iter_mut().skip(count) {
            problem.help = Some(match problem.help.take() {
                Some(own) => format!("{own}; {help}"),
                None => help.to_owned(),
            });
        }
    }

    /// The number of problems so far.
    pub(crate) fn count(&self) -> usize {
        self.problems.len()
    }

    /// Whether the current path is below the object's `status`, which Kubernetes ignores when it creates an object.
    pub(super) fn in_status(&self) -> bool {
        matches!(self.path.first(), Some(Position::Key("status")))
    }

    /// Checks a text against a grammar.
    pub(crate) fn text(
        &mut self,
        rule: &'static str,
        what: &str,
        text: &str,
        check: impl Fn(&str) -> Result<(), String>,
    ) {
        if let Err(reason) = check(text) {
            self.fault(Side::Value, rule, format!("`{}` is not {what}: {reason}", shown(text)));
        }
    }

    /// The path of the first `length` steps, as text.
    pub(super) fn pointer(&self, length: usize) -> String {
        let path = self.path[..length].iter().map(|place| place.step()).collect();
        Problem {
            path,
            side: Side::Value,
            rule: "",
            message: String::new(),
            help: None,
            other: None,
        }
        .pointer()
    }
}
