//! Assertions about snapshots.

use super::equal::raw_text;
use super::{Numbered, Subject, Verdict, documents, values};
use crate::diff::unified;
use crate::message::{Parts, Place, error_lines, lines};
use crate::snapshot::Compared;
use goyaml::{Node, Value};
use source::Span;

pub(super) fn snapshot_verdict(
    compared: &Compared,
    path: Option<&str>,
    place: Place,
    negative: bool,
    found: Span,
) -> Verdict {
    if compared.passed != negative {
        return Verdict::passed();
    }
    if !compared.message.is_empty() {
        let lines = lines(negative, Parts::NONE, &compared.message, place, &[&compared.before]);
        return Verdict::failed(lines, Some(found));
    }
    let custom = format!(" to match snapshot {}", compared.number);
    let shown = if negative {
        compared.before.clone()
    } else {
        unified(&compared.before, &compared.now)
    };
    let lines = match path {
        Some(path) => lines(negative, Parts::PATH, &custom, place, &[path, &shown]),
        None => lines(negative, Parts::NONE, &custom, place, &[&shown]),
    };
    Verdict::failed(lines, Some(found))
}

pub(super) fn match_snapshot(
    path: &str,
    pattern: &str,
    not_pattern: &str,
    subject: &Subject<'_>,
    numbered: &mut Numbered<'_>,
) -> Verdict {
    if subject.selected.is_empty() {
        return Verdict {
            passed: !subject.negative,
            ..Verdict::default()
        };
    }
    values(subject, path, Vec::new, |node, at| {
        numbered.count += 1;
        let number = numbered.count;
        match numbered
            .snapshots
            .compare(subject.test, number, node, pattern, not_pattern)
        {
            Ok(compared) => snapshot_verdict(&compared, Some(path), at.place(), subject.negative, node.span),
            Err(error) => Verdict::failed(error_lines(at.place(), &error), Some(node.span)),
        }
    })
}

pub(super) fn match_snapshot_raw(subject: &Subject<'_>, numbered: &mut Numbered<'_>) -> Verdict {
    if subject.selected.is_empty() {
        return Verdict {
            passed: !subject.negative,
            ..Verdict::default()
        };
    }
    documents(subject, Vec::new, |document, _| {
        numbered.count += 1;
        let number = numbered.count;
        let content = Node::new(Value::String(raw_text(document).into()), document.node.span);
        match numbered.snapshots.compare(subject.test, number, &content, "", "") {
            Ok(compared) => snapshot_verdict(&compared, None, Place::default(), subject.negative, document.node.span),
            Err(error) => Verdict::failed(error_lines(Place::default(), &error), Some(document.node.span)),
        }
    })
}
