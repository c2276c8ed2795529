//! Checks documents against assertions. Mirrors helm-unittest's `pkg/unittest/validators`: the documents that count,
//! the verdict without documents, and the messages.

mod contain;
mod equal;
mod failure;
mod measure;
mod snapshots;

use self::contain::{contains, contains_document, is_subset, missing_contains};
use self::equal::{decoded, equal, equal_lines, equal_raw_lines, match_regex_raw, raw_texts};
use self::failure::failed_template;
use self::measure::{has_documents, length_equal, order, type_name};
use self::snapshots::{match_snapshot, match_snapshot_raw};
use super::assertion::Check;
use super::manifests::Document;
use super::message::{Parts, Place, error_lines, fill, lines, mapped, uniform, yaml_of_text, yaml_text};
use super::path::Path;
use super::snapshot::Snapshots;
use gostd::regexp::Regexp;
use goyaml::{Node, Value};
use source::Span;

/// The input of a check.
pub(super) struct Subject<'a> {
    /// All documents of the template.
    pub(super) all: &'a [Document],
    /// The selected documents.
    pub(super) selected: &'a [Document],
    pub(super) negative: bool,
    pub(super) fail_fast: bool,
    /// The reason why nothing was rendered, if it is not an error of one template.
    pub(super) render_error: Option<&'a str>,
    /// The test, for its snapshots.
    pub(super) test: &'a str,
}

/// The snapshots of a suite, and the number that the test has compared.
pub(super) struct Numbered<'a> {
    pub(super) snapshots: &'a mut Snapshots,
    pub(super) count: usize,
}

/// The result of a check.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) passed: bool,
    pub(super) lines: Vec<String>,
    /// The spans of the actual values in the rendered text.
    pub(super) found: Vec<Span>,
}

impl Verdict {
    fn passed() -> Self {
        Self {
            passed: true,
            ..Self::default()
        }
    }

    fn failed(lines: Vec<String>, found: Option<Span>) -> Self {
        Self {
            passed: false,
            lines,
            found: found.into_iter().collect(),
        }
    }

    fn of(passed: bool, lines: impl FnOnce() -> Vec<String>, found: Span) -> Self {
        if passed {
            Self::passed()
        } else {
            Self::failed(lines(), Some(found))
        }
    }

    /// Adds another verdict: all must pass.
    fn and(&mut self, is_first: bool, other: Self) {
        self.passed = if is_first {
            other.passed
        } else {
            self.passed && other.passed
        };
        self.lines.extend(other.lines);
        self.found.extend(other.found);
    }
}

/// The position of a value in the documents.
#[derive(Clone, Copy)]
struct At {
    document: usize,
    value: Option<usize>,
}

impl At {
    fn place(self) -> Place {
        Place {
            document: Some(self.document),
            value: self.value,
        }
    }
}

/// Checks an assertion.
pub(super) fn check(check: &Check, subject: &Subject<'_>, snapshots: &mut Numbered<'_>) -> Verdict {
    match check {
        Check::Contains {
            path,
            content,
            count,
            any,
        } => values(subject, path, missing_contains(path, content, subject), |node, at| {
            contains(path, content, *count, *any, node, at, subject.negative)
        }),
        Check::ContainsDocument { .. } => contains_document(check, subject),
        Check::Equal { path, value, decode } => {
            let none = || {
                let not_found = yaml_of_text("no manifest found", value);
                equal_lines(subject.negative, path, value, &not_found, Place::default())
            };
            values(subject, path, none, |node, at| {
                equal(path, value, *decode, node, at, subject.negative)
            })
        }
        Check::EqualRaw { value } => raw_texts(
            subject,
            |text, negative| (value == text) != negative,
            |text| equal_raw_lines(value, text, subject),
        ),
        Check::Order { path, value, greater } => order(path, value, *greater, subject),
        Check::Exists { path } => exists(path, subject),
        Check::FailedTemplate { message, pattern } => failed_template(message, pattern, subject),
        Check::HasDocuments { count, filter_aware } => has_documents(*count, *filter_aware, subject),
        Check::Is { field, of } => is(field, of, subject),
        Check::IsNullOrEmpty { path } => {
            let fail = |text: &str, place| {
                lines(
                    subject.negative,
                    Parts::PATH,
                    " to be null or empty, got",
                    place,
                    &[path, text],
                )
            };
            values(
                subject,
                path,
                || fail("no manifest found", Place::default()),
                |node, at| {
                    Verdict::of(
                        is_empty(node) != subject.negative,
                        || fail(&yaml_text(node), at.place()),
                        node.span,
                    )
                },
            )
        }
        Check::IsSubset { path, content } => {
            let fail = |actual: &str, place| {
                let parts = Parts::PATH_ACTUAL;
                lines(
                    subject.negative,
                    parts,
                    " to contain",
                    place,
                    &[path, &yaml_text(content), actual],
                )
            };
            values(
                subject,
                path,
                || fail("no manifest found", Place::default()),
                |node, at| {
                    let (Some(actual), Some(wanted)) = (node.as_map(), content.as_map()) else {
                        let message = format!("expect '{path}' to be an object, got:\n{}", yaml_text(node));
                        return Verdict::failed(error_lines(at.place(), &message), Some(node.span));
                    };
                    let found = is_subset(actual, wanted);
                    Verdict::of(
                        found != subject.negative,
                        || fail(&yaml_text(node), at.place()),
                        node.span,
                    )
                },
            )
        }
        Check::IsType { path, wanted } => {
            let fail = |actual: &str, place| {
                lines(
                    subject.negative,
                    Parts::PATH_ACTUAL,
                    " to be of type",
                    place,
                    &[path, wanted, actual],
                )
            };
            values(
                subject,
                path,
                || fail("no manifest found", Place::default()),
                |node, at| {
                    let actual = type_name(node);
                    Verdict::of(
                        (actual == wanted) != subject.negative,
                        || fail(actual, at.place()),
                        node.span,
                    )
                },
            )
        }
        Check::LengthEqual { path, paths, count } => length_equal(path, paths, *count, subject),
        Check::MatchRegex { path, pattern, decode } => match_regex(path, pattern, *decode, subject),
        Check::MatchRegexRaw { pattern } => match_regex_raw(pattern, subject),
        Check::MatchSnapshot {
            path,
            pattern,
            not_pattern,
        } => match_snapshot(path, pattern, not_pattern, subject, snapshots),
        Check::MatchSnapshotRaw => match_snapshot_raw(subject, snapshots),
    }
}

/// Checks each value at a path of each selected document. Without documents, `none` gives the verdict.
fn values(
    subject: &Subject<'_>,
    path: &str,
    none: impl FnOnce() -> Vec<String>,
    mut single: impl FnMut(&Node, At) -> Verdict,
) -> Verdict {
    documents(subject, none, |document, index| {
        let found = match found_at(document, path) {
            Ok(found) => found,
            Err(error) => {
                return Verdict::failed(
                    error_lines(
                        Place {
                            document: Some(index),
                            value: None,
                        },
                        &error,
                    ),
                    None,
                );
            }
        };
        if found.is_empty() {
            return unknown(document, index, path, subject.negative);
        }
        let mut verdict = Verdict::default();
        for (number, node) in found.iter().enumerate() {
            let value = Some(number);
            verdict.and(number == 0, single(node, At { document: index, value }));
            if !verdict.passed && subject.fail_fast {
                break;
            }
        }
        verdict
    })
}

/// A path without values: it passes if nothing is expected.
fn unknown(document: &Document, index: usize, path: &str, negative: bool) -> Verdict {
    if negative {
        return Verdict::passed();
    }
    let place = Place {
        document: Some(index),
        value: None,
    };
    Verdict::failed(
        error_lines(place, &format!("unknown path {path}")),
        Some(nearest(document, path)),
    )
}

fn documents(
    subject: &Subject<'_>,
    none: impl FnOnce() -> Vec<String>,
    mut single: impl FnMut(&Document, usize) -> Verdict,
) -> Verdict {
    let mut verdict = Verdict::default();
    for (index, document) in subject.selected.iter().enumerate() {
        verdict.and(index == 0, single(document, index));
        if !verdict.passed && subject.fail_fast {
            break;
        }
    }
    if subject.selected.is_empty() {
        verdict = if subject.negative {
            Verdict::passed()
        } else {
            Verdict::failed(none(), None)
        };
    }
    verdict
}

/// The values at a path. The empty path is the document itself.
pub(super) fn found_at(document: &Document, path: &str) -> Result<Vec<Node>, String> {
    if path.is_empty() {
        return Ok(vec![document.node.clone()]);
    }
    Ok(Path::parse(path)?.find(&document.reread))
}

/// The position of the longest existing prefix of a path.
fn nearest(document: &Document, path: &str) -> Span {
    let mut path = path;
    while let Some(end) = path.rfind(['.', '[']) {
        path = &path[..end];
        if let Some(node) = found_at(document, path).ok().and_then(|found| found.into_iter().next()) {
            return node.span;
        }
    }
    document.node.span
}

fn uniform_node(node: &Node) -> Node {
    mapped(node, &|text| uniform(text).into())
}

fn exists(path: &str, subject: &Subject<'_>) -> Verdict {
    let fail = |document| {
        let what = if subject.negative { "NOT exists" } else { "exists" };
        fill(
            &format!("Path:\0 expected to {what}"),
            Place { document, value: None },
            &[path],
        )
    };
    let mut verdict = Verdict::default();
    for (index, document) in subject.selected.iter().enumerate() {
        let single = match found_at(document, path) {
            Err(error) => {
                let place = Place {
                    document: Some(index),
                    value: None,
                };
                Verdict::failed(error_lines(place, &error), None)
            }
            Ok(found) if found.is_empty() == subject.negative => Verdict::passed(),
            Ok(found) => {
                let place = found.first().map_or_else(|| nearest(document, path), |node| node.span);
                Verdict::failed(fail(Some(index)), Some(place))
            }
        };
        verdict.and(index == 0, single);
    }
    if subject.selected.is_empty() {
        return if subject.negative {
            Verdict::passed()
        } else {
            Verdict::failed(fail(None), None)
        };
    }
    verdict
}

fn is(field: &str, of: &str, subject: &Subject<'_>) -> Verdict {
    let custom = format!(" to be {field}");
    let fail = |actual: &str, place| {
        if subject.negative {
            lines(true, Parts::NONE, &custom, place, &[of])
        } else {
            lines(false, Parts::ACTUAL, &custom, place, &[of, actual])
        }
    };
    documents(
        subject,
        || fail("no manifest found", Place::default()),
        |document, index| {
            let found = document.node.get(field);
            let passed = (found.and_then(Node::as_str) == Some(of)) != subject.negative;
            let place = Place {
                document: Some(index),
                value: None,
            };
            let span = found.map_or(document.node.span, |node| node.span);
            Verdict::of(
                passed,
                || fail(&found.map_or_else(|| "null\n".to_owned(), yaml_text), place),
                span,
            )
        },
    )
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(value) => *value == 0,
        Value::Uint(value) => *value == 0,
        Value::Float(value) => *value == 0.0,
        Value::String(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
    }
}

fn match_regex(path: &str, pattern: &str, decode: bool, subject: &Subject<'_>) -> Verdict {
    if pattern.is_empty() {
        return Verdict::failed(
            error_lines(Place::default(), "expected field 'pattern' to be filled"),
            None,
        );
    }
    let regexp = Regexp::compile(pattern);
    let fail = |actual: &str, place| {
        lines(
            subject.negative,
            Parts::PATH_ACTUAL,
            " to match",
            place,
            &[path, pattern, actual],
        )
    };
    if let (Err(error), false) = (&regexp, subject.selected.is_empty()) {
        return Verdict::failed(error_lines(Place::default(), error), None);
    }
    values(
        subject,
        path,
        || fail("no manifest found", Place::default()),
        |node, at| {
            let Some(text) = node.as_str() else {
                let message = format!("expect '{path}' to be a string, got:\n{}", yaml_text(node));
                return Verdict::failed(error_lines(at.place(), &message), Some(node.span));
            };
            let text = if decode { decoded(text) } else { Ok(text.to_owned()) };
            match (text, regexp.clone()) {
                (Ok(text), Ok(regexp)) => {
                    let passed = regexp.is_match(&text) != subject.negative;
                    Verdict::of(passed, || fail(&text, at.place()), node.span)
                }
                (Err(error), _) | (_, Err(error)) => Verdict::failed(error_lines(at.place(), &error), Some(node.span)),
            }
        },
    )
}
