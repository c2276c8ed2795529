//! Rule files: `model/rulefmt`. The groups of a `PrometheusRule` object have the same form.

use std::collections::BTreeMap;

use super::alert_template;
use super::check::{Check, Object};
use super::config::once;
use super::rules_table::{GROUP, MOST_ERRORS, PROMQL_SYNTAX, PROMQL_TYPE, RULE, SAME_RULE};
use super::scalars::{is_label_name, is_metric_name, is_utf8};
use super::schema::{Field, Struct, Ty};
use diagnostics::Diagnostic;
use goyaml::Node;
use promql::ErrorKind;
use source::Span;

static RULE_FIELDS: Struct = Struct {
    name: "rulefmt.Rule",
    fields: &[&[
        ("record", Ty::Text),
        ("alert", Ty::Text),
        ("expr", Ty::Text),
        ("for", Ty::Duration),
        ("keep_firing_for", Ty::Duration),
        ("labels", Ty::TextMap),
        ("annotations", Ty::TextMap),
    ]],
    check: rule,
};

const GROUP_FIELDS: &[Field] = &[
    ("name", Ty::Text),
    ("interval", Ty::Duration),
    ("query_offset", Ty::Duration),
    ("limit", Ty::Int),
    ("rules", Ty::List(&Ty::Struct(&RULE_FIELDS))),
    ("labels", Ty::TextMap),
];

static GROUP_STRUCT: Struct = Struct {
    name: "rulefmt.RuleGroup",
    fields: &[GROUP_FIELDS],
    check: group,
};

static OPERATOR_GROUP: Struct = Struct {
    name: "monitoringv1.RuleGroup",
    fields: &[GROUP_FIELDS, &[("partial_response_strategy", Ty::Text)]],
    check: group,
};

/// A rule file. Like `promtool`, this accepts null groups and rules; in an object the API server rejects them.
pub(super) static ROOT: Struct = Struct {
    name: "rulefmt.RuleGroups",
    fields: &[&[("groups", Ty::List(&Ty::Struct(&GROUP_STRUCT)))]],
    check: groups,
};

/// The `spec` of a `PrometheusRule`.
pub(super) static SPEC: Struct = Struct {
    name: "monitoringv1.PrometheusRuleSpec",
    fields: &[&[(
        "groups",
        Ty::Full(&Ty::Struct(&OPERATOR_GROUP), "Groupname must not be empty"),
    )]],
    check: groups,
};

/// A duration type, for checks of a single value.
pub(super) static DURATION: Ty = Ty::Duration;
/// A rule's identity for `promtool`: its name and its labels.
type Identity = (String, Vec<(String, String)>);

/// Checks constraints between groups.
fn groups(check: &mut Check<'_>, root: Object<'_>) {
    let mut names = BTreeMap::new();
    let mut rules = BTreeMap::new();
    for group in root.list("groups").iter().filter_map(Object::of) {
        let name = group.text(check, "name");
        if !name.is_empty() {
            let message = format!("groupname: \"{name}\" is repeated in the same file");
            once(check, GROUP, &mut names, name, group.value("name"), &message);
        }
        for rule in group.list("rules").iter().filter_map(Object::of) {
            same_rule(check, rule, &mut rules);
        }
    }
}

/// Reports a rule with the name and labels of an earlier one, as `promtool` does. For alerts with different expressions
/// (one for each range of hours, each kind of request) that is often intended, so those are only an info.
fn same_rule(check: &mut Check<'_>, rule: Object<'_>, seen: &mut BTreeMap<Identity, (String, Span)>) {
    let Some(key) = ["alert", "record"].into_iter().find(|key| rule.is_set(key)) else {
        return;
    };
    let entries = rule.object("labels").into_iter().flat_map(|labels| labels.map.iter());
    let labels = entries
        .map(|(name, entry)| (name.to_string(), check.text(&entry.node).unwrap_or_default()))
        .collect();
    let name = rule.text(check, key);
    let identity = (name.clone(), labels);
    let expression = rule.text(check, "expr");
    let place = rule.value(key);
    let Some((other, first)) = seen.get(&identity) else {
        seen.insert(identity, (expression, place));
        return;
    };
    let diagnostic = if *other == expression {
        let message = format!("the rule {name} is there already, with the same expression and labels");
        Diagnostic::warning(SAME_RULE, message)
    } else if key == "record" {
        let message = format!("the rule {name} is there already, with the same labels: both write the same series");
        Diagnostic::warning(SAME_RULE, message)
    } else {
        let message = format!("the alert {name} is there already, with the same labels and another expression");
        Diagnostic::info(SAME_RULE, message)
    };
    check.report.push(diagnostic.at(place).label(*first, "first here"));
}

fn group(check: &mut Check<'_>, group: Object<'_>) {
    if !group.is_set("name") {
        check.error(RULE, group.value("name"), "Groupname must not be empty");
    }
    label_names(check, group);
}

fn label_names(check: &mut Check<'_>, owner: Object<'_>) {
    let Some(labels) = owner.object("labels") else { return };
    for (name, entry) in labels.map.iter() {
        if !is_label_name(name, check.legacy_names) || &**name == "__name__" {
            check.error(RULE, entry.key, format!("invalid label name: {name}"));
        }
        let value = check.text(&entry.node).unwrap_or_default();
        if !is_utf8(&value) {
            check.error(RULE, entry.node.span, format!("invalid label value: {value}"));
        }
    }
}

/// `Rule.Validate`.
fn rule(check: &mut Check<'_>, rule: Object<'_>) {
    let (record, alert) = (rule.is_set("record"), rule.is_set("alert"));
    if record && alert {
        let message = "only one of 'record' and 'alert' must be set";
        check.error(RULE, rule.last(&["record", "alert"]), message);
    }
    if !record && !alert {
        check.error(RULE, rule.start(), "one of 'record' or 'alert' must be set");
    }
    match rule.get("expr").filter(|_| !rule.text(check, "expr").is_empty()) {
        None => check.error(RULE, rule.value("expr"), "field 'expr' must be set in rule"),
        Some(node) => expression(check, node),
    }
    if record {
        recording(check, rule);
    }
    label_names(check, rule);
    if let Some(annotations) = rule.object("annotations") {
        for (name, entry) in annotations.map.iter() {
            if !is_label_name(name, check.legacy_names) {
                check.error(RULE, entry.key, format!("invalid annotation name: {name}"));
            }
        }
    }
    if alert {
        let name = rule.text(check, "alert");
        for key in ["labels", "annotations"] {
            let Some(texts) = rule.object(key) else { continue };
            for (_, entry) in texts.map.iter() {
                alert_template::check(check, &name, &entry.node);
            }
        }
    }
}

fn recording(check: &mut Check<'_>, rule: Object<'_>) {
    let is_used = |key: &str, check: &Check<'_>| match key {
        "annotations" => rule.is_set(key),
        _ => rule.duration(check, key).is_some_and(|duration| duration != 0),
    };
    for key in ["annotations", "for", "keep_firing_for"] {
        if is_used(key, check) {
            check.error(RULE, rule.key(key), format!("invalid field '{key}' in recording rule"));
        }
    }
    let name = rule.text(check, "record");
    if !is_metric_name(&name, check.legacy_names) {
        check.error(
            RULE,
            rule.value("record"),
            format!("invalid recording rule name: {name}"),
        );
    } else if name.contains(['{', '}']) {
        let message = format!("braces present in the recording rule name; should it be in expr?: {name}");
        check.error(RULE, rule.value("record"), message);
    }
}

/// Checks the expression in a scalar.
pub(super) fn expression(check: &mut Check<'_>, node: &Node) {
    let Some(text) = check.text(node) else { return };
    let Err(errors) = promql::check(&text, promql::Options::default()) else {
        return;
    };
    // Finding each place takes a walk through the text, hence the limit.
    for error in errors.into_iter().take(MOST_ERRORS) {
        let place = check.within(node, &text, error.range);
        let rule = match error.kind {
            ErrorKind::Syntax => PROMQL_SYNTAX,
            ErrorKind::Type => PROMQL_TYPE,
        };
        check.error(rule, place, error.message);
    }
}
