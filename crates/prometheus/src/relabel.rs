//! `relabel_configs` and the like: `model/relabel`.

use super::check::{Check, Object};
use super::rules_table::{RELABEL, VALUE};
use super::scalars;
use super::schema::{Field, Struct, Ty, free};
use diagnostics::Diagnostic;
use gostd::quote::quote;
use gostd::regexp::Regexp;

/// The actions in lower case. Prometheus ignores case when it reads them.
const ACTIONS: &[&str] = &[
    "replace",
    "keep",
    "drop",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
    "keepequal",
    "dropequal",
];

const FIELDS: &[Field] = &[
    ("source_labels", Ty::List(&Ty::LabelName)),
    ("separator", Ty::Text),
    ("regex", Ty::Regex),
    ("modulus", Ty::Uint),
    ("target_label", Ty::Text),
    ("replacement", Ty::Text),
    ("action", Ty::Text),
];

/// `relabel.Config`. [`relabelling`] checks what each action requires, because it knows where the rule is used.
pub(super) static RELABEL_CONFIG: Struct = Struct {
    name: "relabel.Config",
    fields: &[FIELDS],
    check: free,
};

/// The key names of a relabelling rule, in Prometheus' files or in the operator's objects.
pub(super) struct Keys {
    pub(super) source_labels: &'static str,
    pub(super) target_label: &'static str,
}

pub(super) const OWN: Keys = Keys {
    source_labels: "source_labels",
    target_label: "target_label",
};

pub(super) const OPERATOR: Keys = Keys {
    source_labels: "sourceLabels",
    target_label: "targetLabel",
};

/// Checks all rules of a list.
pub(super) fn relabellings(check: &mut Check<'_>, owner: Object<'_>, key: &str, keys: &Keys) {
    for node in owner.list(key) {
        if let Some(rule) = Object::of(node) {
            relabelling(check, rule, keys);
        }
    }
}

/// `Config.Validate`.
fn relabelling(check: &mut Check<'_>, rule: Object<'_>, keys: &Keys) {
    let written = rule.text_or(check, "action", "replace");
    let action = written.to_lowercase();
    let place = rule.value("action");
    if written.is_empty() {
        check.error(RELABEL, rule.key("action"), "relabel action cannot be empty");
        return;
    }
    if !ACTIONS.contains(&action.as_str()) {
        let mut diagnostic = Diagnostic::error(VALUE, format!("unknown relabel action {}", quote(&written))).at(place);
        diagnostic = diagnostic.help(match suggest::closest(&action, ACTIONS.iter().copied()) {
            Some(similar) => format!("did you mean {similar}?"),
            None => format!("one of {}", ACTIONS.join(", ")),
        });
        check.report.push(diagnostic);
        return;
    }
    let action = action.as_str();
    let target = rule.text(check, keys.target_label);
    let replacement = rule.text_or(check, "replacement", "$1");
    let separator_is_default = rule.text_or(check, "separator", ";") == ";";
    let others_are_default = !rule.is_nonzero("modulus") && separator_is_default && replacement == "$1";
    let legacy = check.legacy_names;
    let is_name = |name: &str| scalars::is_label_name(name, legacy);
    let one_label = matches!(action, "lowercase" | "uppercase" | "keepequal" | "dropequal");

    if action == "hashmod" && !rule.is_nonzero("modulus") {
        let message = "relabel configuration for hashmod requires non-zero modulus";
        check.error(RELABEL, place, message);
    }
    if (one_label || matches!(action, "replace" | "hashmod")) && target.is_empty() {
        let message = format!(
            "relabel configuration for {action} action requires '{}' value",
            keys.target_label
        );
        check.error(RELABEL, place, message);
        return;
    }
    let has_variable = target.contains('$');
    let bad_target = match action {
        "replace" if has_variable => !is_name_with_variables(&target, legacy),
        "replace" | "hashmod" => !is_name(&target),
        _ => one_label && !is_name(&target),
    };
    if bad_target {
        let message = format!(
            "{} is invalid '{}' for {action} action",
            quote(&target),
            keys.target_label
        );
        check.error(RELABEL, rule.value(keys.target_label), message);
    }
    if one_label && replacement != "$1" {
        let message = format!("'replacement' can not be set for {action} action");
        check.error(RELABEL, rule.key("replacement"), message);
    }
    if action == "labelmap" && !is_name_with_variables(&replacement, legacy) {
        let message = format!("{} is invalid 'replacement' for {action} action", quote(&replacement));
        check.error(RELABEL, rule.value("replacement"), message);
    }
    if matches!(action, "dropequal" | "keepequal") && (rule.map.contains_key("regex") || !others_are_default) {
        let message = format!(
            "{action} action requires only '{}' and `{}`, and no other fields",
            keys.source_labels, keys.target_label
        );
        check.error(
            RELABEL,
            rule.first(&["regex", "modulus", "separator", "replacement"]),
            message,
        );
    }
    if matches!(action, "labeldrop" | "labelkeep")
        && (rule.get(keys.source_labels).is_some() || !target.is_empty() || !others_are_default)
    {
        let message = format!("{action} action requires only 'regex', and no other fields");
        let others = [
            keys.source_labels,
            keys.target_label,
            "modulus",
            "separator",
            "replacement",
        ];
        check.error(RELABEL, rule.first(&others), message);
    }
}

/// Whether a label name that may contain variables (`$1`) is valid.
fn is_name_with_variables(name: &str, legacy: bool) -> bool {
    if !legacy {
        return scalars::is_label_name(name, false);
    }
    Regexp::compile(r"^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$").is_ok_and(|regexp| regexp.is_match(name))
}
