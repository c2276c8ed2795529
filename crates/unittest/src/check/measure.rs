//! Assertions about order, types, lengths and numbers of documents.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{At, Subject, Verdict, documents, found_at, nearest};
use crate::manifests::Document;
use crate::message::{Parts, Place, error_lines, lines};
use govalue::{MapType, from_node, sprint};
use goyaml::{Node, Value};

pub(super) fn order(path: &str, wanted: &Node, greater: bool, subject: &Subject<'_>) -> Verdict {
    let word = if greater { "greater" } else { "less" };
    let custom = format!(" to be {word} then or equal to, got");
    let fail = |message: &str, place| lines(subject.negative, Parts::PATH, &custom, place, &[path, message]);
    documents(
        subject,
        || fail("no manifests found", Place::default()),
        |document, index| {
            let place = Place {
                document: Some(index),
                value: None,
            };
            let found = match found_at(document, path) {
                Ok(found) => found,
                Err(error) => return Verdict::failed(error_lines(place, &error), None),
            };
            if found.is_empty() {
                if subject.negative {
                    return Verdict::passed();
                }
                let message = format!("unknown path '{path}'");
                return Verdict::failed(error_lines(place, &message), Some(nearest(document, path)));
            }
            let mut verdict = Verdict::default();
            for (number, node) in found.iter().enumerate() {
                let place = At {
                    document: index,
                    value: Some(number),
                }
                .place();
                if type_name(node) != type_name(wanted) {
                    let (actual, expected) = (go_type(node), go_type(wanted));
                    let message = format!("actual '{actual}' and expected '{expected}' types do not match");
                    // The verdict does not change: it is "failed" unless a previous value has passed.
                    verdict.lines.extend(error_lines(place, &message));
                    verdict.found.push(node.span);
                    continue;
                }
                let passed = compare(node, wanted).map(|order| {
                    let holds = if greater { order.is_ge() } else { order.is_le() };
                    // As helm-unittest does when negated: a value that is at least as great passes all the same.
                    if greater {
                        holds || subject.negative
                    } else {
                        holds != subject.negative
                    }
                });
                let single = match passed {
                    Some(true) => Verdict::passed(),
                    Some(false) => {
                        let text = |node: &Node| sprint(&from_node(node, MapType::ANY));
                        let message = format!(
                            "the actual '{}' is not {word} or equal to the expected '{}'",
                            text(node),
                            text(wanted)
                        );
                        Verdict::failed(fail(&message, place), Some(node.span))
                    }
                    None => Verdict::failed(
                        fail(&format!("unsupported type '{}'", go_type(wanted)), place),
                        Some(node.span),
                    ),
                };
                verdict.and(number == 0, single);
                if !verdict.passed && subject.fail_fast {
                    break;
                }
            }
            verdict
        },
    )
}

pub(super) fn compare(a: &Node, b: &Node) -> Option<Ordering> {
    match (&a.value, &b.value) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// The Go type of a value; empty for null.
pub(super) fn type_name(node: &Node) -> &'static str {
    match &node.value {
        Value::Null => "",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Uint(_) => "uint64",
        Value::Float(_) => "float64",
        Value::String(_) => "string",
        Value::List(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    }
}

pub(super) fn go_type(node: &Node) -> &'static str {
    match type_name(node) {
        "" => "%!s(<nil>)",
        name => name,
    }
}

pub(super) fn has_documents(count: i64, filter_aware: bool, subject: &Subject<'_>) -> Verdict {
    let documents = if filter_aware { subject.selected } else { subject.all };
    let actual = i64::try_from(documents.len()).unwrap_or(i64::MAX);
    if (actual == count) != subject.negative {
        return Verdict::passed();
    }
    let (wanted, actual) = (count.to_string(), actual.to_string());
    let custom = " documents count to be";
    let place = Place::default();
    let lines = if subject.negative {
        lines(true, Parts::NONE, custom, place, &[&wanted])
    } else {
        lines(false, Parts::ACTUAL, custom, place, &[&wanted, &actual])
    };
    Verdict::failed(lines, documents.last().map(|document| document.node.span))
}

pub(super) fn length_equal(path: &str, paths: &[String], count: Option<i64>, subject: &Subject<'_>) -> Verdict {
    if !path.is_empty() && count.is_none_or(|count| count < 0) {
        let message = "'count' field must be set if 'path' is used";
        return Verdict::failed(error_lines(Place::default(), message), None);
    }
    if !path.is_empty() && !paths.is_empty() {
        let message = "'paths' couldn't be used with 'path'";
        return Verdict::failed(error_lines(Place::default(), message), None);
    }
    let fail = |path: &str, count: &str, actual: &str, place| {
        let parts = Parts::PATH_ACTUAL;
        lines(
            subject.negative,
            parts,
            " to match count",
            place,
            &[path, count, actual],
        )
    };
    documents(
        subject,
        || fail("", "", "no manifest found", Place::default()),
        |document, index| {
            let place = Place {
                document: Some(index),
                value: None,
            };
            if !path.is_empty() {
                return length(document, index, path, count, subject, &fail).0;
            }
            let mut lengths = BTreeMap::new();
            let mut failed = Verdict::default();
            let mut all_right = true;
            for path in paths {
                let (single, length) = length(document, index, path, count, subject, &fail);
                if !single.passed {
                    all_right = false;
                    failed.lines.extend(single.lines);
                    failed.found.extend(single.found);
                }
                lengths.insert(path.as_str(), length);
            }
            if !all_right {
                return failed;
            }
            let mut first = None;
            for (path, length) in &lengths {
                match first {
                    None => first = Some(*length),
                    Some(first) if (first == *length) == subject.negative => {
                        let lines = fail(path, "-1", &length.to_string(), place);
                        return Verdict::failed(lines, Some(nearest(document, path)));
                    }
                    Some(_) => {}
                }
            }
            Verdict {
                passed: first.is_some(),
                ..Verdict::default()
            }
        },
    )
}

pub(super) fn length(
    document: &Document,
    index: usize,
    path: &str,
    count: Option<i64>,
    subject: &Subject<'_>,
    fail: &dyn Fn(&str, &str, &str, Place) -> Vec<String>,
) -> (Verdict, usize) {
    let place = Place {
        document: Some(index),
        value: None,
    };
    let found = match found_at(document, path) {
        Ok(found) => found,
        Err(error) => return (Verdict::failed(error_lines(place, &error), None), 0),
    };
    let mut verdict = Verdict {
        passed: found.is_empty() && subject.negative,
        ..Verdict::default()
    };
    let mut length = 0;
    for (number, node) in found.iter().enumerate() {
        let items = node.as_list();
        if items.is_none() && count.is_none() {
            let place = At {
                document: index,
                value: Some(number),
            }
            .place();
            verdict
                .lines
                .extend(error_lines(place, &format!("{path} is not array")));
            verdict.found.push(node.span);
            continue;
        }
        length = items.map_or(0, <[Node]>::len);
        let is_right = count.is_none_or(|count| (i64::try_from(length) == Ok(count)) != subject.negative);
        let single = Verdict::of(
            is_right,
            || fail(path, &count.unwrap_or_default().to_string(), &length.to_string(), place),
            node.span,
        );
        verdict.and(number == 0, single);
        if !verdict.passed && subject.fail_fast {
            break;
        }
    }
    if found.is_empty() && !verdict.passed {
        verdict.found.push(nearest(document, path));
    }
    (verdict, length)
}
