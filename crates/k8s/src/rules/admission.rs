//! Webhooks and admission policies: `pkg/apis/admissionregistration/validation`.

use serde_json::{Map, Value};

use super::{
    Check, each_object, each_string, forbids, is_set, items, needs, object, says_something, string, unique_strings,
};
use crate::cel::{self, Scope};
use crate::formats::{labels, names, shown, urls};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("admissionregistration.v1.ApplyConfiguration", expression_only),
    ("admissionregistration.v1.JSONPatch", expression_only),
    ("admissionregistration.v1.MatchCondition", match_condition),
    ("admissionregistration.v1.MutatingAdmissionPolicyBindingSpec", binding),
    ("admissionregistration.v1.MutatingAdmissionPolicy", mutating_policy),
    ("admissionregistration.v1.MutatingWebhook", webhook),
    ("admissionregistration.v1.Mutation", mutation),
    ("admissionregistration.v1.NamedRuleWithOperations", named_rule),
    ("admissionregistration.v1.ParamKind", param_kind),
    ("admissionregistration.v1.ParamRef", param_ref),
    ("admissionregistration.v1.RuleWithOperations", rule),
    ("admissionregistration.v1.ValidatingAdmissionPolicy", validating_policy),
    (
        "admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec",
        validating_binding,
    ),
    ("admissionregistration.v1.ValidatingWebhook", webhook),
    ("admissionregistration.v1.WebhookClientConfig", client),
    (
        "admissionregistration.v1alpha1.MutatingAdmissionPolicy",
        mutating_policy,
    ),
    (
        "admissionregistration.v1alpha1.MutatingAdmissionPolicyBindingSpec",
        binding,
    ),
    ("admissionregistration.v1alpha1.Mutation", mutation),
    ("admissionregistration.v1alpha1.NamedRuleWithOperations", named_rule),
    ("admissionregistration.v1alpha1.ParamKind", param_kind),
    ("admissionregistration.v1alpha1.ParamRef", param_ref),
    ("admissionregistration.v1beta1.MutatingAdmissionPolicy", mutating_policy),
    (
        "admissionregistration.v1beta1.MutatingAdmissionPolicyBindingSpec",
        binding,
    ),
    ("admissionregistration.v1beta1.Mutation", mutation),
    ("admissionregistration.v1beta1.NamedRuleWithOperations", named_rule),
    ("admissionregistration.v1beta1.ParamKind", param_kind),
    ("admissionregistration.v1beta1.ParamRef", param_ref),
    (
        "admissionregistration.v1beta1.ValidatingAdmissionPolicy",
        validating_policy,
    ),
    (
        "admissionregistration.v1beta1.ValidatingAdmissionPolicyBindingSpec",
        validating_binding,
    ),
    ("apiextensions.v1.WebhookClientConfig", client),
];

/// The versions of admission and conversion reviews that the API server supports.
const REVIEWS: [&str; 2] = ["v1", "v1beta1"];
const MOST_CONDITIONS: usize = 64;
const MOST_ANNOTATIONS: usize = 20;

fn webhook<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(name) = string(map, "name") {
        walker.below(Position::Key("name"), |walker| {
            walker.text("bad-name", "a webhook's name", name, names::qualified);
        });
    }
    reviews(walker, map, "admissionReviewVersions");
    conditions(walker, map, &Scope::admission(false));
}

/// Checks the versions of reviews: labels without duplicates, at least one of which the API server supports.
pub(super) fn reviews<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str) {
    unique_strings(walker, map, field);
    each_string(walker, map, field, |walker, version| {
        walker.text("bad-name", "a version (a DNS-1035 label)", version, names::label_1035);
    });
    let versions = items(map, field);
    if !versions.is_empty()
        && !versions
            .iter()
            .any(|version| version.as_str().is_some_and(|version| REVIEWS.contains(&version)))
    {
        walker.below(Position::Key(field), |walker| {
            walker.fault(
                Side::Value,
                "invalid-enum-value",
                "neither `v1` nor `v1beta1` is in the list",
            );
        });
    }
}

/// Checks the client configuration of an admission or conversion webhook.
fn client<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(url) = string(map, "url")
        && !is_set(map, "service")
    {
        walker.below(Position::Key("url"), |walker| {
            walker.text("bad-url", "a webhook's URL", url, urls::webhook);
        });
    }
    if let Some(service) = object(map, "service") {
        walker.below(Position::Key("service"), |walker| {
            needs(walker, service, "name");
            needs(walker, service, "namespace");
            if let Some(path) = string(service, "path") {
                walker.below(Position::Key("path"), |walker| {
                    walker.text("bad-path", "the path of a webhook", path, urls::service_path);
                });
            }
        });
    }
}

fn named_rule<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    unique_strings(walker, map, "resourceNames");
    each_string(walker, map, "resourceNames", |walker, name| {
        if !name.is_empty() {
            walker.text("bad-name", "the name of an object", name, names::path_segment);
        }
    });
    rule(walker, map);
}

fn rule<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    for field in ["operations", "apiGroups", "apiVersions"] {
        needs(walker, map, field);
        alone(walker, map, field, "*");
    }
    needs(walker, map, "resources");
    for field in ["apiVersions", "resources"] {
        each_string(walker, map, field, |walker, text| {
            if text.is_empty() {
                walker.fault(Side::Value, "missing-required-field", "an item of the list is empty");
            }
        });
    }
    alone(walker, map, "resources", "*/*");
    let all: Vec<&str> = items(map, "resources").iter().filter_map(Value::as_str).collect();
    let plain = |name: &str| !name.contains('/');
    // As in the API server, the last entry without a subresource decides.
    if all.contains(&"*") && all.iter().rfind(|name| plain(name)).is_some_and(|name| *name != "*") {
        walker.fault_at(
            "resources",
            "field-conflict",
            "`*` is all resources: no other can stand beside it",
        );
    }
    let mut index = 0;
    each_string(walker, map, "resources", |walker, text| {
        let before = &all[..index.min(all.len())];
        index += 1;
        let Some((resource, sub)) = text.split_once('/') else {
            return;
        };
        let covers = before.iter().find(|earlier| {
            earlier
                .split_once('/')
                .is_some_and(|(one, two)| (two == "*" && one == resource) || (one == "*" && two == sub))
        });
        if let Some(earlier) = covers {
            walker.fault(
                Side::Value,
                "field-conflict",
                format!("`{}` covers `{}` already", shown(earlier), shown(text)),
            );
        }
    });
}

/// Checks that an entry that stands for all is the only one in its list.
pub(super) fn alone<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, field: &'static str, all: &str) {
    let list = items(map, field);
    if list.len() > 1 && list.iter().any(|item| item == all) {
        walker.fault_at(
            field,
            "field-conflict",
            format!("`{all}` stands for all: no other can stand beside it"),
        );
    }
}

fn match_condition<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(name) = string(map, "name") {
        walker.below(Position::Key("name"), |walker| {
            walker.text("bad-label", "the name of a condition", name, labels::key);
        });
    }
}

/// Checks the `matchConditions` of webhooks and policies.
fn conditions<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, scope: &Scope<'a>) {
    let count = items(map, "matchConditions").len();
    if count > MOST_CONDITIONS {
        walker.fault_at(
            "matchConditions",
            "bad-size",
            format!("it has {count} items, at most {MOST_CONDITIONS} are allowed"),
        );
    }
    each_object(walker, map, "matchConditions", |walker, condition| {
        expression(walker, condition, "expression", scope, &["bool"]);
    });
}

/// Checks a CEL expression. `wanted` lists the allowed types; if it is empty, any type is allowed.
pub(super) fn expression<'a>(
    walker: &mut Walker<'a>,
    map: &'a Map<String, Value>,
    field: &'static str,
    scope: &Scope<'a>,
    wanted: &[&str],
) {
    let Some(text) = string(map, field) else { return };
    walker.below(Position::Key(field), |walker| {
        if text.trim().is_empty() {
            walker.fault(Side::Value, "missing-required-field", format!("`{field}` is empty"));
        } else if let Err(reason) = cel::check(text, scope, wanted) {
            walker.fault(Side::Value, "bad-expression", reason);
        }
    });
}

fn expression_only<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "expression");
}

fn param_kind<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "apiVersion");
    needs(walker, map, "kind");
    if let Some(text) = string(map, "apiVersion").filter(|text| !text.is_empty()) {
        walker.below(Position::Key("apiVersion"), |walker| {
            walker.text("bad-name", "an apiVersion", text, |text| {
                let (group, version) = text.split_once('/').unwrap_or(("", text));
                if !group.is_empty() {
                    names::subdomain(group)?;
                }
                names::label_1035(version)
            });
        });
    }
    if let Some(text) = string(map, "kind").filter(|text| !text.is_empty()) {
        walker.below(Position::Key("kind"), |walker| {
            walker.text("bad-name", "a kind", text, names::kind);
        });
    }
}

fn param_ref<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let name = string(map, "name").filter(|name| !name.is_empty());
    match (name, is_set(map, "selector")) {
        (None, false) => {
            walker.fault(
                Side::Key,
                "missing-required-field",
                "one of `name` or `selector` is missing",
            );
        }
        (Some(_), true) => forbids(walker, map, "selector", "together with `name`"),
        (Some(name), false) => walker.below(Position::Key("name"), |walker| {
            walker.text("bad-name", "the name of an object", name, names::path_segment);
        }),
        (None, true) => {}
    }
    if !is_set(map, "parameterNotFoundAction") {
        walker.missing("parameterNotFoundAction");
    }
}

fn binding<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "policyName");
    if let Some(name) = string(map, "policyName").filter(|name| !name.is_empty()) {
        walker.below(Position::Key("policyName"), |walker| {
            walker.text("bad-name", "a DNS subdomain", name, names::subdomain);
        });
    }
    if let Some(resources) = object(map, "matchResources") {
        walker.below(Position::Key("matchResources"), |walker| no_deletes(walker, resources));
    }
}

fn validating_binding<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "policyName");
    if let Some(name) = string(map, "policyName").filter(|name| !name.is_empty()) {
        walker.below(Position::Key("policyName"), |walker| {
            walker.text("bad-name", "a DNS subdomain", name, names::subdomain);
        });
    }
    needs(walker, map, "validationActions");
    let actions = items(map, "validationActions");
    if actions.iter().any(|action| action == "Deny") && actions.iter().any(|action| action == "Warn") {
        walker.fault_at(
            "validationActions",
            "field-conflict",
            "`Deny` and `Warn` cannot be set together: they would say the same twice",
        );
    }
}

/// The name and `spec` of an object, if they have the right types.
fn parts(map: &Map<String, Value>) -> Option<(&str, &Map<String, Value>)> {
    let name = object(map, "metadata").and_then(|meta| string(meta, "name"));
    Some((name.unwrap_or("a"), object(map, "spec")?))
}

fn policy<'a>(walker: &mut Walker<'a>, spec: &'a Map<String, Value>, composed: bool) -> Scope<'a> {
    if !is_set(spec, "matchConstraints") {
        walker.missing("matchConstraints");
    }
    if let Some(constraints) = object(spec, "matchConstraints") {
        walker.below(Position::Key("matchConstraints"), |walker| {
            needs(walker, constraints, "resourceRules");
        });
    }
    let mut scope = Scope::admission(is_set(spec, "paramKind"));
    conditions(walker, spec, &scope);
    if composed {
        scope.compose();
    }
    each_object(walker, spec, "variables", |walker, variable| {
        needs(walker, variable, "name");
        if let Some(name) = string(variable, "name").filter(|name| !name.trim().is_empty()) {
            if !cel::is_identifier(name) {
                let message = format!(
                    "`{}` is not a name in CEL: letters, digits and `_` are allowed",
                    shown(name)
                );
                walker.fault_at("name", "bad-name", message);
            }
            expression(walker, variable, "expression", &scope, &[]);
            scope.add_variable(name, string(variable, "expression").unwrap_or_default());
        }
    });
    scope
}

fn validating_policy<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some((name, spec)) = parts(map) else {
        needs(walker, map, "spec");
        return;
    };
    walker.below(Position::Key("spec"), |walker| {
        let scope = policy(walker, spec, !items(spec, "variables").is_empty());
        if !says_something(spec, "validations") && !says_something(spec, "auditAnnotations") {
            walker.fault(
                Side::Key,
                "missing-required-field",
                "one of `validations` or `auditAnnotations` is missing",
            );
        }
        each_object(walker, spec, "validations", |walker, validation| {
            expression(walker, validation, "expression", &scope, &["bool"]);
            message(walker, validation);
            if says_something(validation, "messageExpression") {
                let scope = scope.without_authorizer();
                expression(walker, validation, "messageExpression", &scope, &["string"]);
            }
        });
        annotations(walker, name, spec, &scope);
    });
}

fn annotations<'a>(walker: &mut Walker<'a>, name: &str, spec: &'a Map<String, Value>, scope: &Scope<'a>) {
    let count = items(spec, "auditAnnotations").len();
    if count > MOST_ANNOTATIONS {
        let message = format!("it has {count} items, at most {MOST_ANNOTATIONS} are allowed");
        walker.fault_at("auditAnnotations", "bad-size", message);
    }
    let mut seen = std::collections::BTreeSet::new();
    each_object(walker, spec, "auditAnnotations", |walker, annotation| {
        let key = string(annotation, "key").unwrap_or_default();
        if let Err(reason) = labels::key(&format!("{name}/{key}")) {
            let message = format!("`{}` is not the key of an annotation: {reason}", shown(key));
            walker.below(Position::Key("key"), |walker| {
                walker.fault(Side::Value, "bad-label", message);
            });
        } else if !seen.insert(key) {
            let message = format!("another item has the key `{}`", shown(key));
            walker.fault_at("key", "duplicate-item", message);
        }
        expression(walker, annotation, "valueExpression", scope, &["string", "null"]);
    });
}

/// Checks the `message` of a rule, which is a single line.
pub(super) fn message<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(text) = string(map, "message").filter(|text| !text.is_empty()) else {
        return;
    };
    if text.trim().is_empty() {
        walker.fault_at("message", "missing-required-field", "`message` is only spaces");
    } else if text.trim().contains(['\n', '\r']) {
        walker.fault_at(
            "message",
            "bad-pattern",
            "`message` has line breaks, it must be one line",
        );
    }
}

fn mutating_policy<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some((_, spec)) = parts(map) else {
        needs(walker, map, "spec");
        return;
    };
    walker.below(Position::Key("spec"), |walker| {
        let scope = policy(walker, spec, true);
        if let Some(constraints) = object(spec, "matchConstraints") {
            walker.below(Position::Key("matchConstraints"), |walker| {
                no_deletes(walker, constraints);
            });
        }
        needs(walker, spec, "mutations");
        needs(walker, spec, "reinvocationPolicy");
        each_object(walker, spec, "mutations", |walker, mutation| {
            for field in ["applyConfiguration", "jsonPatch"] {
                if let Some(patch) = object(mutation, field) {
                    walker.below(Position::Key(field), |walker| {
                        expression(walker, patch, "expression", &scope, &[]);
                    });
                }
            }
        });
    });
}

/// Reports deletions in the rules of a mutating policy, which cannot mutate deleted objects.
fn no_deletes<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    each_object(walker, map, "resourceRules", |walker, rule| {
        each_string(walker, rule, "operations", |walker, operation| {
            if operation == "DELETE" {
                walker.fault(
                    Side::Value,
                    "invalid-enum-value",
                    "`DELETE` is not allowed here: deletions are not mutated",
                );
            }
        });
    });
}

fn mutation<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let (wanted, other) = match string(map, "patchType") {
        Some("JSONPatch") => ("jsonPatch", "applyConfiguration"),
        Some("ApplyConfiguration") => ("applyConfiguration", "jsonPatch"),
        _ => return,
    };
    if !is_set(map, wanted) {
        walker.missing(wanted);
    }
    forbids(walker, map, other, "with this `patchType`");
}
