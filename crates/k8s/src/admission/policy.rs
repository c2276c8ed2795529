//! Evaluates a policy for an object: `policy/validating`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use ::cel::{BUDGET, Error, Value as Cel, Variables, evaluate};
use serde_json::{Value, json};

use super::matching::{Attributes, Match, Matcher, selects};
use super::{Action, Admission, Verdict, blame, resources};
use crate::cel;
use crate::formats::shown;

/// The cost budget of all conditions of a policy (`RuntimeCELCostBudgetMatchConditions`).
const CONDITIONS_BUDGET: u64 = 2_500_000;
/// The maximum length of a message from a `messageExpression`, in bytes.
const LONGEST: usize = 5 * 1024;

/// The variables of a policy's expressions.
pub(super) struct Scope<'a> {
    admission: &'a Admission<'a>,
    values: BTreeMap<&'static str, Cel>,
    /// The expressions of the policy's own variables.
    variables: BTreeMap<&'a str, &'a str>,
    /// The variables evaluated so far; each is evaluated only once.
    known: RefCell<BTreeMap<String, Result<Cel, Error>>>,
    /// The cost of the variables since it was last taken.
    cost: Cell<u64>,
    depth: Cell<usize>,
}

impl Variables for Scope<'_> {
    fn get(&self, name: &str) -> Option<Result<Cel, Error>> {
        self.values.get(name).cloned().map(Ok)
    }

    fn composed(&self, name: &str) -> Option<Result<Cel, Error>> {
        if let Some(known) = self.known.borrow().get(name) {
            return Some(known.clone());
        }
        let text = self.variables.get(name)?;
        if self.depth.get() > 100 {
            return Some(Err(Error::Unknown("a variable that needs itself".to_owned())));
        }
        self.depth.set(self.depth.get() + 1);
        let read = cel::read(&self.admission.expressions, text);
        let value = match &*read {
            Ok(expression) => {
                let (value, cost) = evaluate(expression, self);
                self.cost.set(self.cost.get().saturating_add(cost));
                value.map_err(|error| match error {
                    unknown @ Error::Unknown(_) => unknown,
                    error => Error::Failed(format!("composited variable \"{name}\" fails to evaluate: {error}")),
                })
            }
            Err(reason) => Err(Error::Unknown(format!("the variable `{name}` ({reason})"))),
        };
        self.depth.set(self.depth.get() - 1);
        self.known.borrow_mut().insert(name.to_owned(), value.clone());
        Some(value)
    }
}

impl<'a> Scope<'a> {
    /// The expression of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<&'a str> {
        self.variables.get(name).copied()
    }

    /// Evaluates an expression and subtracts its cost from a budget.
    fn evaluate(&self, text: &str, budget: &mut u64) -> Outcome {
        let read = cel::read(&self.admission.expressions, text);
        let expression = match &*read {
            Ok(expression) => expression,
            Err(reason) => return Outcome::Unknown(reason.clone()),
        };
        let (result, cost) = evaluate(expression, self);
        let cost = cost.saturating_add(self.cost.take());
        let Some(left) = budget.checked_sub(cost) else {
            *budget = 0;
            return Outcome::Exhausted;
        };
        *budget = left;
        match result {
            Ok(value) => Outcome::Value(value),
            Err(Error::Unknown(what)) => Outcome::Unknown(format!("{what} is not known here")),
            Err(error) => Outcome::Failed {
                is_cost: error.to_string().contains("actual cost limit exceeded"),
                message: format!("expression '{text}' resulted in error: {error}"),
            },
        }
    }
}

/// The result of an expression.
enum Outcome {
    Value(Cel),
    Failed {
        message: String,
        is_cost: bool,
    },
    /// The budget of all expressions is exceeded.
    Exhausted,
    Unknown(String),
}

const EXHAUSTED: &str = "validation failed due to running out of cost budget, no further validation rules will be run";

/// Collects the verdicts of a policy and its binding.
struct Notes<'a, 'v> {
    policy: &'a Value,
    binding: &'a Value,
    verdicts: &'v mut Vec<Verdict>,
}

impl Notes<'_, '_> {
    fn name(object: &Value) -> String {
        object["metadata"]["name"].as_str().unwrap_or_default().to_owned()
    }

    fn note(&mut self, action: Action, message: String, expression: Option<&str>, path: Vec<crate::problem::Step>) {
        self.verdicts.push(Verdict {
            policy: Self::name(self.policy),
            binding: Self::name(self.binding),
            action,
            message,
            expression: expression.map(|text| text.trim().to_owned()),
            path,
            of_pod: false,
        });
    }

    fn unknown(&mut self, reason: &str, expression: Option<&str>) {
        let message = match expression {
            Some(text) => format!("{reason}: {}", shown(text.trim())),
            None => reason.to_owned(),
        };
        self.note(Action::Unevaluated, message, expression, Vec::new());
    }

    /// Records a failure, once for each action of the binding.
    fn fail(&mut self, message: &str, expression: Option<&str>, path: &[crate::problem::Step]) {
        for action in self.binding["spec"]["validationActions"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let action = match action.as_str() {
                Some("Deny") => Action::Deny,
                Some("Warn") => Action::Warn,
                Some("Audit") => Action::Audit,
                _ => continue,
            };
            self.note(action, message.to_owned(), expression, path.to_vec());
        }
    }

    /// Records an expression that failed to evaluate. The failure policy decides the effect.
    fn error(&mut self, message: &str, is_cost: bool, expression: Option<&str>) {
        if self.policy["spec"]["failurePolicy"] == "Ignore" {
            let message = format!("{message}; the failurePolicy lets it pass");
            self.note(Action::Unevaluated, message, expression, Vec::new());
            return;
        }
        let before = self.verdicts.len();
        self.fail(message, expression, &[]);
        if is_cost {
            for verdict in &mut self.verdicts[before..] {
                if verdict.action == Action::Deny {
                    verdict.action = Action::Costly;
                }
            }
        }
    }
}

impl Admission<'_> {
    pub(super) fn apply(
        &self,
        policy: &Value,
        binding: &Value,
        attributes: &Attributes<'_>,
        object: &Value,
        verdicts: &mut Vec<Verdict>,
    ) {
        let mut notes = Notes {
            policy,
            binding,
            verdicts,
        };
        let matcher = Matcher {
            crds: self.crds,
            namespaces: &self.namespaces,
        };
        let spec = &policy["spec"];
        let version = match matcher.matches(&spec["matchConstraints"], attributes) {
            Match::No => return,
            Match::Yes(version) => version,
            Match::Unknown(reason) => {
                if matcher.matches(&binding["spec"]["matchResources"], attributes) != Match::No {
                    notes.unknown(&reason, None);
                }
                return;
            }
        };
        match matcher.matches(&binding["spec"]["matchResources"], attributes) {
            Match::No => return,
            Match::Yes(_) => {}
            Match::Unknown(reason) => return notes.unknown(&reason, None),
        }
        let params = match self.params(spec, binding, attributes) {
            Ok(params) => params,
            Err(Params::Refused(message)) => {
                let message = format!("failed to configure binding: {message}");
                if spec["failurePolicy"] == "Ignore" {
                    notes.unknown(&message, None);
                } else {
                    // The server rejects the object whatever the actions of the binding.
                    notes.note(Action::Deny, message, None, Vec::new());
                }
                return;
            }
            Err(Params::Absent(message)) => return notes.unknown(&message, None),
        };
        let mut prepared = self.prepared(object, attributes);
        prepared["apiVersion"] = json!(version);
        for param in params {
            let scope = self.scope(spec, attributes, &prepared, &param, &version);
            evaluate_policy(&scope, spec, &prepared, &mut notes);
        }
    }

    /// Returns the parameters of a binding; null if the policy takes none.
    fn params(&self, spec: &Value, binding: &Value, attributes: &Attributes<'_>) -> Result<Vec<Value>, Params> {
        let (kind, reference) = (&spec["paramKind"], &binding["spec"]["paramRef"]);
        if !kind.is_object() || !reference.is_object() {
            return Ok(vec![Value::Null]);
        }
        let (Some(api_version), Some(kind)) = (kind["apiVersion"].as_str(), kind["kind"].as_str()) else {
            return Ok(vec![Value::Null]);
        };
        let resource = resources::of(self.crds, api_version, kind);
        let namespace = reference["namespace"].as_str().unwrap_or(attributes.namespace);
        if resource.is_known && resource.is_namespaced && namespace.is_empty() {
            return Err(Params::Refused(
                "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources".to_owned(),
            ));
        }
        let name = reference["name"].as_str().filter(|name| !name.is_empty());
        let found: Vec<Value> = self
            .objects
            .iter()
            .filter(|(object, own)| {
                object["apiVersion"] == api_version
                    && object["kind"] == kind
                    && (!resource.is_namespaced || own == namespace)
                    && match name {
                        Some(name) => object["metadata"]["name"] == name,
                        None => selects(&reference["selector"], &object["metadata"]["labels"]),
                    }
            })
            .map(|(object, own)| {
                let attributes = Attributes {
                    api_version,
                    kind,
                    name: "",
                    namespace: own,
                    labels: &Value::Null,
                    resource: resource.clone(),
                };
                self.prepared(object, &attributes)
            })
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        if reference["parameterNotFoundAction"] == "Deny" {
            return Err(Params::Refused(
                "no params found for policy binding with `Deny` parameterNotFoundAction".to_owned(),
            ));
        }
        let what = name.map_or_else(|| "selected".to_owned(), |name| format!("`{}`", shown(name)));
        Err(Params::Absent(format!(
            "its parameters are not here: no {} {what}",
            shown(kind)
        )))
    }

    fn scope<'s>(
        &'s self,
        spec: &'s Value,
        attributes: &Attributes<'_>,
        object: &Value,
        params: &Value,
        version: &str,
    ) -> Scope<'s> {
        let kind = |version: &str| {
            let (group, version) = version.split_once('/').unwrap_or(("", version));
            (
                json!({"group": group, "version": version, "kind": attributes.kind}),
                json!({"group": group, "version": version, "resource": attributes.resource.name}),
            )
        };
        let ((kind, resource), (request_kind, request_resource)) = (kind(version), kind(attributes.api_version));
        let mut request = json!({
            "uid": "", "kind": kind, "resource": resource, "requestKind": request_kind, "requestResource": request_resource,
            "operation": "CREATE", "object": null, "oldObject": null, "dryRun": false,
        });
        for (field, value) in [("name", attributes.name), ("namespace", attributes.namespace)] {
            if !value.is_empty() {
                request[field] = json!(value);
            }
        }
        let mut values = BTreeMap::from([
            ("object", Cel::from_json(object)),
            ("oldObject", Cel::Null),
            ("params", Cel::from_json(params)),
            ("authorizer", Cel::Unknown("who may do what (`authorizer`)".into())),
        ]);
        let mut request = Cel::from_json(&request);
        if let Cel::Map(map) = &mut request {
            let mut with_user = (**map).clone();
            for (field, what) in [
                ("userInfo", "who makes the object"),
                ("options", "how the object is made"),
            ] {
                with_user
                    .entries
                    .insert(::cel::Key::String(field.into()), Cel::Unknown(what.into()));
            }
            *map = with_user.into();
        }
        values.insert("request", request);
        let namespace = match self.namespaces.get(attributes.namespace) {
            _ if attributes.namespace.is_empty() => Cel::Null,
            Some(namespace) => {
                let mut object = (*namespace).clone();
                if let Some(map) = object.as_object_mut() {
                    map.retain(|key, _| matches!(key.as_str(), "metadata" | "spec" | "status"));
                }
                object["metadata"]["labels"]["kubernetes.io/metadata.name"] = json!(attributes.namespace);
                Cel::from_json(&object)
            }
            None => Cel::Unknown(format!("the namespace `{}`", attributes.namespace).into()),
        };
        values.insert("namespaceObject", namespace);
        let variables = spec["variables"].as_array().into_iter().flatten();
        Scope {
            admission: self,
            values,
            variables: variables
                .filter_map(|variable| Some((variable["name"].as_str()?, variable["expression"].as_str()?)))
                .collect(),
            known: RefCell::default(),
            cost: Cell::new(0),
            depth: Cell::new(0),
        }
    }
}

/// Why there are no parameters.
enum Params {
    /// The server rejects the object.
    Refused(String),
    /// The parameters may exist in the cluster.
    Absent(String),
}

/// Evaluates the conditions and validations of a policy.
fn evaluate_policy(scope: &Scope<'_>, spec: &Value, object: &Value, notes: &mut Notes<'_, '_>) {
    if !conditions_hold(scope, spec, notes) {
        return;
    }
    let mut budget = BUDGET;
    for validation in spec["validations"].as_array().into_iter().flatten() {
        let Some(text) = validation["expression"].as_str() else {
            continue;
        };
        match scope.evaluate(text, &mut budget) {
            Outcome::Value(Cel::Bool(true)) => {}
            Outcome::Value(Cel::Bool(false)) => {
                let message = message(scope, validation, text, &mut budget);
                let path = blame::path(scope, &scope.admission.expressions, text, object);
                notes.fail(&message, Some(text), &path);
            }
            Outcome::Value(other) => {
                notes.unknown(&format!("an expression comes to {}", other.type_name()), Some(text));
            }
            Outcome::Failed { message, is_cost } => notes.error(&message, is_cost, Some(text)),
            Outcome::Exhausted => return notes.error(EXHAUSTED, true, Some(text)),
            Outcome::Unknown(reason) => notes.unknown(&reason, Some(text)),
        }
    }
}

/// Whether all match conditions hold.
fn conditions_hold(scope: &Scope<'_>, spec: &Value, notes: &mut Notes<'_, '_>) -> bool {
    let mut budget = CONDITIONS_BUDGET;
    let mut errors = Vec::new();
    let mut costs = false;
    let mut unknown = None;
    for condition in spec["matchConditions"].as_array().into_iter().flatten() {
        let Some(text) = condition["expression"].as_str() else {
            continue;
        };
        match scope.evaluate(text, &mut budget) {
            Outcome::Value(Cel::Bool(false)) => return false,
            Outcome::Value(_) => {}
            Outcome::Failed { message, is_cost } => {
                costs |= is_cost;
                errors.push(message);
            }
            Outcome::Exhausted => {
                notes.error(EXHAUSTED, true, Some(text));
                return false;
            }
            Outcome::Unknown(reason) => unknown = Some((reason, text)),
        }
    }
    if let Some((reason, text)) = unknown {
        notes.unknown(&reason, Some(text));
        return false;
    }
    match &errors[..] {
        [] => true,
        [error] => {
            notes.error(error, costs, None);
            false
        }
        errors => {
            notes.error(&format!("[{}]", errors.join(", ")), costs, None);
            false
        }
    }
}

/// The server's message for a failed validation.
fn message(scope: &Scope<'_>, validation: &Value, text: &str, budget: &mut u64) -> String {
    if let Some(expression) = validation["messageExpression"].as_str()
        && let Outcome::Value(Cel::String(made)) = scope.evaluate(expression, budget)
    {
        let made = made.trim();
        if !made.is_empty() && made.len() <= LONGEST && !made.contains('\n') {
            return made.to_owned();
        }
    }
    match validation["message"]
        .as_str()
        .map(str::trim)
        .filter(|own| !own.is_empty())
    {
        Some(own) => own.to_owned(),
        None => format!("failed expression: {}", text.trim()),
    }
}
