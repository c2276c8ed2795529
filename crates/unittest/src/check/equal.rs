//! Assertions about the equality of values and raw texts, or about patterns.

use super::{At, Subject, Verdict, documents, uniform_node};
use crate::assertion::RAW;
use crate::diff::unified;
use crate::manifests::Document;
use crate::message::{Parts, Place, error_lines, lines, uniform, yaml_text};
use gostd::base64;
use gostd::regexp::Regexp;
use gostd::string as gostring;
use govalue::{MapType, from_node, sprint};
use goyaml::{Node, Value};
use source::Span;

pub(super) fn equal_lines(not: bool, path: &str, value: &Node, actual: &str, place: Place) -> Vec<String> {
    let expected = yaml_text(value);
    if not {
        return lines(true, Parts::PATH, " to equal", place, &[path, &expected]);
    }
    let parts = Parts {
        path: true,
        actual: true,
        diff: true,
    };
    lines(
        false,
        parts,
        " to equal",
        place,
        &[path, &expected, actual, &unified(&expected, actual)],
    )
}

pub(super) fn decoded(text: &str) -> Result<String, String> {
    let bytes = base64::decode(gostring::decode(text).as_ref());
    bytes
        .map(gostring::encode_owned)
        .map_err(|_| format!("unable to decode base64 expected content {text}"))
}

pub(super) fn equal(path: &str, value: &Node, decode: bool, node: &Node, at: At, negative: bool) -> Verdict {
    let actual = match node.as_str().filter(|_| decode).map(decoded) {
        Some(Ok(text)) => Node::new(Value::String(text.into()), node.span),
        Some(Err(error)) => return Verdict::failed(error_lines(at.place(), &error), Some(node.span)),
        None => node.clone(),
    };
    let actual = uniform_node(&actual);
    let passed = (value.value == actual.value) != negative;
    Verdict::of(
        passed,
        || equal_lines(negative, path, value, &yaml_text(&actual), at.place()),
        difference(value, node),
    )
}

/// The path of the first difference in a value.
pub(super) fn difference(wanted: &Node, found: &Node) -> Span {
    match (&wanted.value, &found.value) {
        (Value::Map(wanted), Value::Map(inner)) => {
            let differs = inner.iter().find_map(|(key, entry)| match wanted.node(key) {
                Some(wanted) if wanted.value == entry.node.value => None,
                Some(wanted) => Some(difference(wanted, &entry.node)),
                None => Some(entry.key),
            });
            differs.unwrap_or(found.span)
        }
        (Value::List(wanted), Value::List(inner)) => {
            let mut pairs = wanted.iter().zip(inner.iter());
            let differs = pairs.find(|(wanted, found)| wanted.value != found.value);
            differs.map_or(found.span, |(wanted, found)| difference(wanted, found))
        }
        _ => found.span,
    }
}

/// The text of an invalid document, as Go prints it.
pub(super) fn raw_text(document: &Document) -> String {
    let text = match document.node.get(RAW) {
        Some(node) => match node.as_str() {
            Some(text) => text.to_owned(),
            None => sprint(&from_node(node, MapType::ANY)),
        },
        None => "<nil>".to_owned(),
    };
    uniform(&text).into_owned()
}

pub(super) fn raw_texts(
    subject: &Subject<'_>,
    passes: impl Fn(&str, bool) -> bool,
    fail: impl Fn(&str) -> Vec<String>,
) -> Verdict {
    documents(
        subject,
        || fail("no manifest found"),
        |document, _| {
            let text = raw_text(document);
            Verdict::of(passes(&text, subject.negative), || fail(&text), document.node.span)
        },
    )
}

pub(super) fn equal_raw_lines(value: &str, actual: &str, subject: &Subject<'_>) -> Vec<String> {
    let text = |text: &str| {
        let mut writer = goyaml::Writer::new(goyaml::Style::V3);
        writer.string(text.trim_start_matches('\n'));
        writer.finish().unwrap_or_default()
    };
    let (expected, actual) = (text(value), text(actual));
    if subject.negative {
        return lines(true, Parts::NONE, " to equal", Place::default(), &[&expected]);
    }
    let parts = Parts {
        path: false,
        actual: true,
        diff: true,
    };
    let difference = unified(&expected, &actual);
    lines(
        false,
        parts,
        " to equal",
        Place::default(),
        &[&expected, &actual, &difference],
    )
}

pub(super) fn match_regex_raw(pattern: &str, subject: &Subject<'_>) -> Verdict {
    if pattern.is_empty() {
        return Verdict::failed(
            error_lines(Place::default(), "expected field 'pattern' to be filled"),
            None,
        );
    }
    let regexp = match Regexp::compile(pattern) {
        Ok(regexp) => regexp,
        Err(error) if !subject.selected.is_empty() => {
            return Verdict::failed(error_lines(Place::default(), &error), None);
        }
        Err(_) => {
            let parts = lines(
                subject.negative,
                Parts::ACTUAL,
                " to match",
                Place::default(),
                &[pattern, "no manifest found"],
            );
            return if subject.negative {
                Verdict::passed()
            } else {
                Verdict::failed(parts, None)
            };
        }
    };
    raw_texts(
        subject,
        |text, negative| regexp.is_match(text) != negative,
        |text| {
            lines(
                subject.negative,
                Parts::ACTUAL,
                " to match",
                Place::default(),
                &[pattern, text],
            )
        },
    )
}
