//! Problems of objects and their locations.

use std::fmt::Write as _;

/// One step from an object to a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The value of this key.
    Key(String),
    /// The item at this index, from 0.
    Index(usize),
}

/// The part of a location that is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The key itself, or something that is missing below it. An item of a list has no key; use the item.
    Key,
    /// The value.
    Value,
}

/// The severity of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Kubernetes rejects the object or cannot run it.
    Error,
    /// Kubernetes accepts the object with a warning or changes it silently.
    Warning,
}

/// A problem of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The path from the object to the location.
    pub path: Vec<Step>,
    /// Whether the key or the value at the location is at fault.
    pub side: Side,
    /// The id of its rule; one of [`RULES`].
    pub rule: &'static str,
    /// One short sentence, without the location.
    pub message: String,
    /// How to fix it, if the message does not say so.
    pub help: Option<String>,
    /// The path from the object to another value that conflicts with this one.
    pub other: Option<Vec<Step>>,
}

impl Problem {
    /// The path in the usual notation: `spec.containers[0].image`.
    pub fn pointer(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if key.contains(['.', '/']) => {
                    let _ = write!(text, "[\"{key}\"]");
                }
                Step::Key(key) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(key);
                }
                Step::Index(index) => {
                    let _ = write!(text, "[{index}]");
                }
            }
        }
        text
    }

    /// The severity of its rule.
    pub fn severity(&self) -> Severity {
        RULES
            .iter()
            .find(|rule| rule.id == self.rule)
            .map_or(Severity::Error, |rule| rule.severity)
    }
}

/// A kind of problem.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The kebab-case name of the problem.
    pub id: &'static str,
    /// Its severity.
    pub severity: Severity,
    /// A one-line description of the problem.
    pub summary: &'static str,
}

const fn error(id: &'static str, summary: &'static str) -> Rule {
    Rule {
        id,
        severity: Severity::Error,
        summary,
    }
}

const fn warning(id: &'static str, summary: &'static str) -> Rule {
    Rule {
        id,
        severity: Severity::Warning,
        summary,
    }
}

/// All rules, sorted by id.
pub const RULES: &[Rule] = &[
    error("bad-base64", "a byte field is not base64"),
    error(
        "bad-content",
        "a value is not in the format that its field or type wants",
    ),
    error("bad-cron-schedule", "a schedule is not a cron expression"),
    error("bad-date-time", "a time is not RFC 3339"),
    error(
        "bad-expression",
        "an expression of CEL does not compile, or has another type than is wanted",
    ),
    error("bad-image", "an image reference cannot be parsed"),
    error("bad-ip", "an address or a CIDR block cannot be parsed"),
    error(
        "bad-key",
        "a key of a ConfigMap or Secret has characters that are not allowed",
    ),
    error(
        "bad-label",
        "a label or annotation has a key or a value that is not allowed",
    ),
    error("bad-name", "a name breaks the rules for names of its kind"),
    error("bad-path", "a path is not absolute, or goes up"),
    error(
        "bad-pattern",
        "a string does not match the pattern or the format of the custom resource's schema",
    ),
    error("bad-percentage", "a string beside numbers is not a percentage"),
    error("bad-port-name", "a port name breaks the rules for port names"),
    error("bad-quantity", "a quantity cannot be parsed"),
    error(
        "bad-resource-name",
        "a resource is neither one of Kubernetes' own nor qualified by a domain",
    ),
    error(
        "bad-restart-policy",
        "a workload's pods have a restart policy that the workload does not allow",
    ),
    error("bad-schema", "the schema of a custom resource is not structural"),
    error("bad-selector", "a selector's operator does not fit its values"),
    error("bad-size", "a value or a list is shorter or longer than is allowed"),
    error("bad-url", "a URL is not one that Kubernetes would call"),
    error(
        "costly-expression",
        "an expression costs more than the API server allows, so it was not evaluated",
    ),
    warning("deprecated-api", "an API is deprecated"),
    error("duplicate-item", "two items of a list have the same key"),
    error("duplicate-variable", "an environment variable is given twice"),
    error(
        "failed-validation",
        "an object breaks a rule of its custom resource's definition",
    ),
    error("field-conflict", "fields exclude each other, or need each other"),
    warning("fractional-bytes", "an amount of memory is not a whole number of bytes"),
    error("int-range", "a number is outside of the range that is allowed"),
    error("invalid-enum-value", "a string is none of the values that are allowed"),
    error("missing-required-field", "a required field is missing or null"),
    error(
        "no-alternative",
        "a value is none of the alternatives of the custom resource's schema",
    ),
    error("null-item", "an item of a list is null"),
    warning("null-value", "a value of a map, or a string of a list, is null"),
    error("removed-api", "an API was removed before this version"),
    error("request-above-limit", "a resource request is above its limit"),
    warning(
        "server-warning",
        "Kubernetes takes a value with a warning, or ignores it",
    ),
    warning(
        "unevaluated-expression",
        "an expression could not be evaluated, so nothing is known of what it checks",
    ),
    error("unknown-api", "Kubernetes does not have this apiVersion and kind"),
    error(
        "unknown-field",
        "an object has a field that its definition does not have",
    ),
    error("wrong-type", "a value has a type that its field does not take"),
];
