//! Assertions about the contents of lists, mappings and files.

use std::sync::Arc;

use super::{At, Subject, Verdict};
use crate::assertion::Check;
use crate::manifests::Document;
use crate::message::{Parts, Place, error_lines, lines, yaml_of_text, yaml_text};
use goyaml::{Node, Value};

pub(super) fn missing_contains<'a>(
    path: &'a str,
    content: &'a Node,
    subject: &'a Subject<'_>,
) -> impl FnOnce() -> Vec<String> + 'a {
    move || {
        let actual = yaml_of_text("no manifest found", content);
        let place = Place {
            document: Some(0),
            value: None,
        };
        let expected = item_text(content);
        lines(
            subject.negative,
            Parts::PATH_ACTUAL,
            " to contain",
            place,
            &[path, &expected, &actual],
        )
    }
}

/// A value as the only item of a list.
pub(super) fn item_text(content: &Node) -> String {
    yaml_text(&Node::new(Value::List(Arc::new(vec![content.clone()])), content.span))
}

pub(super) fn is_subset(actual: &goyaml::Map, wanted: &goyaml::Map) -> bool {
    wanted.iter().all(|(key, entry)| match actual.node(key) {
        Some(node) => node.value == entry.node.value,
        None => entry.node.is_null(),
    })
}

pub(super) fn contains(
    path: &str,
    content: &Node,
    count: Option<i64>,
    any: bool,
    node: &Node,
    at: At,
    negative: bool,
) -> Verdict {
    let Some(items) = node.as_list() else {
        let message = format!("expect '{path}' to be an array, got:\n{}", yaml_text(node));
        return Verdict::failed(error_lines(at.place(), &message), Some(node.span));
    };
    let is_match = |item: &&Node| match (item.as_map(), content.as_map()) {
        (Some(actual), Some(wanted)) if any => is_subset(actual, wanted),
        _ => item.value == content.value,
    };
    let matches = items.iter().filter(is_match).count();
    let found = matches > 0;
    let fail = || {
        let texts = [path, &item_text(content), &yaml_text(node)];
        lines(negative, Parts::PATH_ACTUAL, " to contain", at.place(), &texts)
    };
    let place = items
        .iter()
        .find(is_match)
        .filter(|_| negative)
        .map_or(node.span, |item| item.span);
    match count {
        None => Verdict::of(found != negative, fail, place),
        Some(count) => {
            let is_right = found && i64::try_from(matches) == Ok(count);
            Verdict::of(
                is_right != negative,
                || {
                    if !found {
                        return fail();
                    }
                    let message = format!(
                        "expect count {count} in '{path}' to be in array, got {matches}:\n{}",
                        yaml_text(node)
                    );
                    error_lines(at.place(), &message)
                },
                place,
            )
        }
    }
}

pub(super) fn contains_document(check: &Check, subject: &Subject<'_>) -> Verdict {
    let Check::ContainsDocument {
        kind,
        api_version,
        name,
        namespace,
        any,
    } = check
    else {
        return Verdict::default();
    };
    let mut wanted = format!("Kind = {kind}, apiVersion = {api_version}");
    if !name.is_empty() {
        wanted.push_str(&format!(", Name = {name}"));
    }
    if !namespace.is_empty() {
        wanted.push_str(&format!(", Namespace = {namespace}"));
    }
    let fail = |document| {
        let place = Place {
            document: Some(document),
            value: None,
        };
        lines(subject.negative, Parts::NONE, " to contain document", place, &[&wanted])
    };
    let is_such = |document: &Document| {
        let field = |name: &str, wanted: &str| {
            let found = document.node.get(name).and_then(Node::as_str);
            found.is_none_or(|found| found == wanted)
        };
        let metadata = |name: &str, wanted: &str| {
            wanted.is_empty() || document.reread.at(["metadata", name]).and_then(Node::as_str) == Some(wanted)
        };
        field("kind", kind)
            && field("apiVersion", api_version)
            && metadata("name", name)
            && metadata("namespace", namespace)
    };
    let mut verdict = Verdict::default();
    for (index, document) in subject.selected.iter().enumerate() {
        let mut passed = is_such(document);
        if passed == subject.negative {
            passed = false;
            verdict.lines.extend(fail(index));
            verdict.found.push(document.node.span);
            if subject.fail_fast {
                verdict.passed = false;
                break;
            }
        } else {
            passed = true;
            if *any != subject.negative {
                return Verdict::passed();
            }
        }
        verdict.passed = if index == 0 { passed } else { verdict.passed && passed };
    }
    if subject.selected.is_empty() {
        return if subject.negative {
            Verdict::passed()
        } else {
            Verdict::failed(fail(0), None)
        };
    }
    verdict
}
