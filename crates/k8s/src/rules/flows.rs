//! Flow schemas and priority levels: `pkg/apis/flowcontrol/validation`.

use serde_json::{Map, Value};

use super::admission::alone;
use super::{Check, each_string, forbids, is_set, items, needs, number, object, says_something, string};
use crate::formats::{names, shown, urls};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("flowcontrol.v1.FlowSchema", flow_schema),
    ("flowcontrol.v1.FlowSchemaSpec", flow_schema_spec),
    ("flowcontrol.v1.LimitResponse", limit_response),
    ("flowcontrol.v1.LimitedPriorityLevelConfiguration", limited),
    ("flowcontrol.v1.NonResourcePolicyRule", non_resource_rule),
    ("flowcontrol.v1.PolicyRulesWithSubjects", rules),
    ("flowcontrol.v1.PriorityLevelConfiguration", priority_level),
    ("flowcontrol.v1.QueuingConfiguration", queuing),
    ("flowcontrol.v1.ResourcePolicyRule", resource_rule),
    ("flowcontrol.v1.Subject", subject),
];

const VERBS: [&str; 9] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "proxy",
    "update",
    "watch",
];

fn name_of(map: &Map<String, Value>) -> Option<&str> {
    object(map, "metadata").and_then(|meta| string(meta, "name"))
}

fn flow_schema<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(spec) = object(map, "spec") else {
        needs(walker, map, "spec");
        return;
    };
    if number(spec, "matchingPrecedence") == Some(1) && name_of(map) != Some("exempt") {
        walker.below(Position::Key("spec"), |walker| {
            walker.fault_at(
                "matchingPrecedence",
                "int-range",
                "1 is only for the FlowSchema `exempt`: from 2 to 10000 is allowed",
            );
        });
    }
}

fn flow_schema_spec<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if let Some(level) = object(map, "priorityLevelConfiguration") {
        walker.below(Position::Key("priorityLevelConfiguration"), |walker| {
            needs(walker, level, "name");
        });
    }
}

fn rules<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "subjects");
    if !says_something(map, "resourceRules") && !says_something(map, "nonResourceRules") {
        walker.fault(
            Side::Key,
            "missing-required-field",
            "one of `resourceRules` or `nonResourceRules` is missing",
        );
    }
}

/// The kind of a subject, and the field that it requires.
const SUBJECTS: [(&str, &str); 3] = [
    ("Group", "group"),
    ("ServiceAccount", "serviceAccount"),
    ("User", "user"),
];

fn subject<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some((kind, field)) = SUBJECTS.iter().find(|(kind, _)| string(map, "kind") == Some(kind)) else {
        return;
    };
    match object(map, field) {
        None if !is_set(map, field) => {
            walker.missing(field).help = Some(format!("`kind: {kind}` needs it"));
        }
        None => {}
        Some(subject) => walker.below(Position::Key(field), |walker| {
            needs(walker, subject, "name");
            if *kind == "ServiceAccount" {
                needs(walker, subject, "namespace");
                let name = string(subject, "name").filter(|name| !matches!(*name, "" | "*"));
                let grammars = [
                    (
                        "name",
                        name,
                        "a DNS subdomain",
                        names::subdomain as fn(&str) -> Result<(), String>,
                    ),
                    (
                        "namespace",
                        string(subject, "namespace").filter(|text| !text.is_empty()),
                        "a namespace",
                        names::label,
                    ),
                ];
                for (field, text, what, grammar) in grammars {
                    if let Some(text) = text {
                        walker.below(Position::Key(field), |walker| {
                            walker.text("bad-name", what, text, grammar);
                        });
                    }
                }
            }
        }),
    }
    for (_, other) in SUBJECTS.iter().filter(|(other, _)| other != kind) {
        forbids(walker, map, other, &format!("with `kind: {kind}`"));
    }
}

fn verbs<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "verbs");
    alone(walker, map, "verbs", "*");
    if items(map, "verbs").iter().any(|verb| verb == "*") {
        return;
    }
    each_string(walker, map, "verbs", |walker, verb| {
        if !VERBS.contains(&verb) {
            walker
                .fault(
                    Side::Value,
                    "invalid-enum-value",
                    format!("`{}` is not a verb of requests", shown(verb)),
                )
                .help = suggest::did_you_mean(verb, VERBS);
        }
    });
}

fn resource_rule<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    verbs(walker, map);
    for field in ["apiGroups", "resources", "namespaces"] {
        if field != "namespaces" {
            needs(walker, map, field);
        }
        alone(walker, map, field, "*");
    }
    let namespaces = items(map, "namespaces");
    if namespaces.is_empty() && map.get("clusterScope") != Some(&Value::Bool(true)) {
        walker.missing("namespaces").help = Some("`[\"*\"]` is all of them; or set `clusterScope`".to_owned());
    }
    if !namespaces.iter().any(|namespace| namespace == "*") {
        each_string(walker, map, "namespaces", |walker, namespace| {
            walker.text("bad-name", "a namespace", namespace, names::label);
        });
    }
}

fn non_resource_rule<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    verbs(walker, map);
    needs(walker, map, "nonResourceURLs");
    alone(walker, map, "nonResourceURLs", "*");
    if !items(map, "nonResourceURLs").iter().any(|url| url == "*") {
        each_string(walker, map, "nonResourceURLs", |walker, url| {
            walker.text("bad-path", "a URL's path", url, urls::non_resource);
        });
    }
}

fn priority_level<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(spec) = object(map, "spec") else {
        needs(walker, map, "spec");
        return;
    };
    let exempt = name_of(map) == Some("exempt");
    walker.below(Position::Key("spec"), |walker| match string(spec, "type") {
        Some("Exempt") => {
            if !exempt {
                walker.fault_at(
                    "type",
                    "invalid-enum-value",
                    "`Exempt` is only for the PriorityLevelConfiguration `exempt`",
                );
            }
            forbids(walker, spec, "limited", "with `type: Exempt`");
        }
        Some("Limited") => {
            if exempt {
                walker.fault_at("type", "invalid-enum-value", "`exempt` has the type `Exempt`");
            }
            if !is_set(spec, "limited") {
                walker.missing("limited").help = Some("`type: Limited` needs it".to_owned());
            }
            forbids(walker, spec, "exempt", "with `type: Limited`");
        }
        _ => {}
    });
}

/// If `limitResponse` is absent, its required `type` is absent too.
fn limited<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    if !is_set(map, "limitResponse") {
        walker.missing("limitResponse.type");
    }
}

fn limit_response<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    match string(map, "type") {
        Some("Reject") => forbids(walker, map, "queuing", "with `type: Reject`"),
        Some("Queue") if !is_set(map, "queuing") => {
            walker.missing("queuing").help = Some("`type: Queue` needs it".to_owned());
        }
        _ => {}
    }
}

/// The hash of a request, which selects its hand of queues, has 60 bits.
const HASH_BITS: f64 = 60.0;

fn queuing<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    // An absent field or 0 means the default (`SetDefaults_QueuingConfiguration`).
    let value = |field, default: i128| number(map, field).filter(|number| *number != 0).unwrap_or(default);
    let (queues, hand) = (value("queues", 64), value("handSize", 8));
    let at = |walker: &mut Walker<'a>, message: String| {
        let field = if is_set(map, "handSize") { "handSize" } else { "queues" };
        if is_set(map, field) {
            walker.fault_at(field, "int-range", message);
        }
    };
    if hand > 0 && queues > 0 && hand > queues {
        at(walker, format!("`handSize`, {hand}, is above `queues`, {queues}"));
    } else if hand >= 1 && (1..=10_000_000).contains(&queues) {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let bits = ((queues as f64).log2() * hand as f64).ceil();
        if bits > HASH_BITS {
            let message = format!("a hand of {hand} out of {queues} queues needs {bits} bits, {HASH_BITS} are there");
            at(walker, message);
        }
    }
}
