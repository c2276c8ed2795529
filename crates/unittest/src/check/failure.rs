//! Assertions about templates that fail.

use super::{Subject, Verdict};
use crate::assertion::RAW;
use crate::message::{Parts, Place, error_lines, lines};
use gostd::regexp::{Regexp, quote_meta};
use goyaml::Node;
use source::Span;

pub(super) fn failed_template(message: &str, pattern: &str, subject: &Subject<'_>) -> Verdict {
    if !message.is_empty() && !pattern.is_empty() {
        let text = "single attribute 'errorMessage' or 'errorPattern' supported at the same time";
        return Verdict::failed(error_lines(Place::default(), text), None);
    }
    if let Some(error) = subject.render_error {
        return failure(message, pattern, Some(error), Place::default(), subject, None);
    }
    if subject.selected.is_empty() && !subject.negative {
        return Verdict::failed(
            failure_lines(message, pattern, "No failed document", Place::default(), subject),
            None,
        );
    }
    let mut verdict = Verdict::passed();
    if message.is_empty() && pattern.is_empty() {
        return verdict;
    }
    for (index, document) in subject.selected.iter().enumerate() {
        let place = Place {
            document: Some(index),
            value: None,
        };
        let actual = document.node.get(RAW).and_then(Node::as_str);
        let single = failure(message, pattern, actual, place, subject, Some(document.node.span));
        verdict.and(index == 0, single);
        if !verdict.passed && subject.fail_fast {
            break;
        }
    }
    verdict
}

pub(super) fn failure_lines(
    message: &str,
    pattern: &str,
    actual: &str,
    place: Place,
    subject: &Subject<'_>,
) -> Vec<String> {
    let custom = if pattern.is_empty() { " to equal" } else { " to match" };
    let wanted = if message.is_empty() { pattern } else { message };
    if subject.negative {
        lines(true, Parts::NONE, custom, place, &[wanted])
    } else {
        lines(false, Parts::ACTUAL, custom, place, &[wanted, actual])
    }
}

pub(super) fn failure(
    message: &str,
    pattern: &str,
    actual: Option<&str>,
    place: Place,
    subject: &Subject<'_>,
    found: Option<Span>,
) -> Verdict {
    let passed = if !pattern.is_empty() {
        let Some(actual) = actual else { return Verdict::passed() };
        // A text that was meant literally also matches literally.
        let literally = || Regexp::compile(&quote_meta(pattern)).is_ok_and(|regexp| regexp.is_match(actual));
        let has_meta = pattern.contains(['\\', '.', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$']);
        let is_match = match Regexp::compile(pattern) {
            Ok(regexp) => regexp.is_match(actual),
            Err(_) => literally(),
        };
        is_match != subject.negative || has_meta && literally() != subject.negative
    } else if message.is_empty() {
        true
    } else {
        (actual == Some(message)) != subject.negative
    };
    if passed {
        return Verdict::passed();
    }
    Verdict::failed(
        failure_lines(message, pattern, actual.unwrap_or("%!s(<nil>)"), place, subject),
        found,
    )
}
