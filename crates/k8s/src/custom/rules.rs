//! Evaluates the rules in schemas, `x-kubernetes-validations`:
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel`.

use std::collections::BTreeMap;

use ::cel::{BUDGET, Error, Value, evaluate as evaluate_expression};
use serde_json::Value as Json;

use crate::cel::{self, Expressions, values};
use crate::formats::shown;
use crate::problem::{Problem, Side, Step};

/// The schema keyword for rules.
const RULES: &str = "x-kubernetes-validations";
/// The maximum depth of a schema that is followed.
const DEEPEST: usize = 120;
/// The maximum length of a message from a `messageExpression`, in bytes.
const LONGEST: usize = 5 * 1024;

/// Whether a schema has rules anywhere.
pub(super) fn has_rules(schema: &Json) -> bool {
    has_rules_below(schema, 0)
}

fn has_rules_below(schema: &Json, depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    let below = |schema: &Json| has_rules_below(schema, depth + 1);
    schema[RULES].as_array().is_some_and(|rules| !rules.is_empty())
        || below_object(&schema["items"], below)
        || below_object(&schema["additionalProperties"], below)
        || schema["properties"]
            .as_object()
            .is_some_and(|map| map.values().any(below))
        || schema["allOf"].as_array().is_some_and(|all| all.iter().any(below))
}

fn below_object(schema: &Json, below: impl Fn(&Json) -> bool) -> bool {
    schema.is_object() && below(schema)
}

/// Evaluates all rules for an object that has its defaults and no unknown fields.
pub(super) fn evaluate(expressions: &Expressions, schema: &Json, object: &Json) -> Vec<Problem> {
    let mut run = Run {
        expressions,
        budget: BUDGET,
        path: Vec::new(),
        problems: Vec::new(),
    };
    run.node(schema, schema, object, true, 0);
    run.problems
}

struct Run<'a> {
    expressions: &'a Expressions,
    /// The remaining cost budget; 0 once a rule has exceeded it.
    budget: u64,
    path: Vec<Step>,
    problems: Vec<Problem>,
}

impl Run<'_> {
    /// Evaluates the rules of a value and of everything below it. `validation` holds the rules and `schema` the type;
    /// they differ inside `allOf`.
    fn node(&mut self, validation: &Json, schema: &Json, value: &Json, root: bool, depth: usize) {
        if value.is_null() || self.budget == 0 || depth > DEEPEST {
            return;
        }
        self.own(validation, schema, value, root);
        for part in validation["allOf"].as_array().into_iter().flatten() {
            self.node(part, schema, value, root, depth + 1);
        }
        let is_root = |schema: &Json| schema["x-kubernetes-embedded-resource"] == Json::Bool(true);
        match value {
            Json::Array(items) if validation["items"].is_object() => {
                for (index, item) in items.iter().enumerate() {
                    let of = &schema["items"];
                    self.below(Step::Index(index), |run| {
                        run.node(&validation["items"], of, item, is_root(of), depth + 1);
                    });
                }
            }
            Json::Object(map) => {
                for (name, value) in map {
                    let pair = |word: &str| (&validation[word], &schema[word]);
                    let (of_validation, of_schema) = pair("properties");
                    let (of_validation, of_schema) = (&of_validation[name.as_str()], &of_schema[name.as_str()]);
                    let (of_validation, of_schema) = if of_validation.is_object() {
                        (of_validation, of_schema)
                    } else {
                        pair("additionalProperties")
                    };
                    if of_validation.is_object() && of_schema.is_object() {
                        self.below(Step::Key(name.clone()), |run| {
                            run.node(of_validation, of_schema, value, is_root(of_schema), depth + 1);
                        });
                    }
                }
            }
            _ => {}
        }
    }

    fn below(&mut self, step: Step, run: impl FnOnce(&mut Self)) {
        self.path.push(step);
        run(self);
        self.path.pop();
    }

    /// Evaluates the rules of one value.
    fn own(&mut self, validation: &Json, schema: &Json, value: &Json, root: bool) {
        let Some(rules) = validation[RULES].as_array().filter(|rules| !rules.is_empty()) else {
            return;
        };
        let mut variables = BTreeMap::from([("self", values::of_schema(value, schema, root))]);
        for rule in rules {
            if self.budget == 0 {
                return;
            }
            let Some(text) = rule["rule"].as_str().filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            let title = title(rule, text);
            let read = cel::read(self.expressions, text);
            let expression = match &*read {
                Ok(expression) => expression,
                Err(reason) => {
                    self.unevaluated(&title, reason);
                    continue;
                }
            };
            if expression.mentions("oldSelf") {
                // An object that is created has no old value.
                if rule["optionalOldSelf"] != Json::Bool(true) {
                    continue;
                }
                variables.insert("oldSelf", Value::Optional(None));
            }
            let (result, cost) = evaluate_expression(expression, &variables);
            if !self.pay(cost, &title) {
                return;
            }
            match result {
                Ok(Value::Bool(true)) => {}
                Ok(Value::Bool(false)) => self.broken(rule, text, &variables),
                Ok(other) => self.unevaluated(&title, &format!("it comes to {}", other.type_name())),
                Err(Error::Unknown(what)) => self.unevaluated(&title, &format!("{what} is not known here")),
                Err(Error::Cost) => {
                    self.budget = 0;
                    let message = format!(
                        "a rule was not evaluated, nor those behind it: it costs more than the API server allows: {}",
                        shown(&title)
                    );
                    self.problem(&[], "costly-expression", message, None);
                }
                Err(Error::NoOverload(message)) => {
                    let message = format!(
                        "'{message}': call arguments did not match a supported operator, function or macro signature for rule: {title}"
                    );
                    self.problem(&[], "failed-validation", message, None);
                }
                Err(Error::Failed(message)) => {
                    let help = (title != text.trim()).then(|| format!("the rule is `{}`", text.trim()));
                    self.problem(
                        &[],
                        "failed-validation",
                        format!("{message} evaluating rule: {title}"),
                        help,
                    );
                }
            }
        }
    }

    /// Subtracts the cost of a rule from the budget; false if the budget is exceeded.
    fn pay(&mut self, cost: u64, title: &str) -> bool {
        if cost <= self.budget {
            self.budget -= cost;
            return true;
        }
        self.budget = 0;
        let message = format!(
            "a rule was not evaluated, nor those behind it: all rules together cost more than the API server allows: {}",
            shown(title)
        );
        self.problem(&[], "costly-expression", message, None);
        false
    }

    /// Records a rule that does not hold.
    fn broken(&mut self, rule: &Json, text: &str, variables: &BTreeMap<&str, Value>) {
        let made = rule["messageExpression"]
            .as_str()
            .and_then(|text| self.message(text, variables));
        if self.budget == 0 {
            return;
        }
        let own = rule["message"].as_str().filter(|message| !message.is_empty());
        let message = match (made, own) {
            (Some(message), _) => message,
            (None, Some(own)) => own.trim().to_owned(),
            (None, None) => format!("failed rule: {}", text.trim()),
        };
        let help = (!message.starts_with("failed rule: ")).then(|| format!("the rule is `{}`", text.trim()));
        let path = rule["fieldPath"].as_str().map(steps).unwrap_or_default();
        self.problem(&path, "failed-validation", message, help);
    }

    /// Evaluates a `messageExpression`; `None` if the result is not usable.
    fn message(&mut self, text: &str, variables: &BTreeMap<&str, Value>) -> Option<String> {
        let read = cel::read(self.expressions, text);
        let expression = read.as_ref().as_ref().ok()?;
        let (result, cost) = evaluate_expression(expression, variables);
        if matches!(result, Err(Error::Cost)) {
            self.pay(u64::MAX, text);
            return None;
        }
        if !self.pay(cost, text) {
            return None;
        }
        let message = result.ok()?.as_str()?.trim().to_owned();
        let is_fine = !message.is_empty() && message.len() <= LONGEST && !message.contains('\n');
        is_fine.then_some(message)
    }

    fn unevaluated(&mut self, title: &str, reason: &str) {
        let message = format!("a rule was not evaluated: {reason}: {}", shown(title));
        self.problem(&[], "unevaluated-expression", message, None);
    }

    fn problem(&mut self, below: &[Step], rule: &'static str, message: String, help: Option<String>) {
        let mut path = self.path.clone();
        path.extend_from_slice(below);
        self.problems.push(Problem {
            path,
            side: Side::Value,
            rule,
            message,
            help,
            other: None,
        });
    }
}

/// The title of a rule in the API server's messages.
fn title(rule: &Json, text: &str) -> String {
    let message = rule["message"].as_str().filter(|message| !message.is_empty());
    message.unwrap_or(text).trim().to_owned()
}

/// Parses a `fieldPath`: `.spec.a['b.c']`.
fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix("['") {
            let mut name = String::new();
            let mut letters = behind.char_indices();
            let mut end = behind.len();
            while let Some((at, letter)) = letters.next() {
                match letter {
                    '\\' => name.extend(letters.next().map(|(_, letter)| letter)),
                    '\'' => {
                        end = at;
                        break;
                    }
                    letter => name.push(letter),
                }
            }
            steps.push(Step::Key(name));
            rest = behind.get(end..).unwrap_or_default().trim_start_matches("']");
            continue;
        }
        let behind = rest.strip_prefix('.').unwrap_or(rest);
        let end = behind.find(['.', '[']).unwrap_or(behind.len());
        if end == 0 {
            break;
        }
        steps.push(Step::Key(behind[..end].to_owned()));
        rest = &behind[end..];
    }
    steps
}
