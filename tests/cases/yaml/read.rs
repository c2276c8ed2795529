//! Reading YAML: `yaml` is the input; `json` is Go's result, `error` its error; `strict` is the error of its strict
//! decoder. A stream has a `json` for each document, and an `error` if it ends with one.

use libtest_mimic::Trial;
use promchart::go::string as gostring;
use promchart::source::{SourceKind, Span};
use promchart::yaml;

use super::file::{Case, Found, json, source, trials};

pub(super) fn cases() -> Vec<Trial> {
    [
        trials("read", "yaml/read", first_document),
        trials("stream", "yaml/stream", streams),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Go writes an invalid byte as an escape; the value is the same.
fn wanted(case: &Case, field: &str) -> Option<String> {
    case.get(field).map(|text| text.replace("\\ufffd", "\u{fffd}"))
}

fn first_document(case: &Case, found: &mut Found) {
    let bytes = case.bytes("yaml").unwrap();
    let (source, span) = source("x", SourceKind::Made, bytes);
    let text = gostring::encode(bytes);
    let read = yaml::parse_str(&text, span);
    let (value, error) = match &read {
        Ok(parsed) => (Some(json(&parsed.node, false)), None),
        Err(error) => (None, Some(error.message.clone())),
    };
    found.same("json", value.as_deref(), wanted(case, "json").as_deref());
    found.same("error", error.as_deref(), case.get("error").as_deref());
    let strict = read.as_ref().ok().and_then(yaml::Parsed::strict_error);
    found.same("strict", strict.as_deref(), case.get("strict").as_deref());

    crate::yaml_properties::keys(&text);

    // The same from a range of a source: a byte order mark is dropped, and every span is within the text.
    if text.starts_with('\u{feff}') {
        return;
    }
    let from_source = yaml::parse(&source, span.file, 0..source.text().len());
    let messages = [read.as_ref().err(), from_source.as_ref().err()];
    let [a, b] = messages.map(|error| error.map(|error| error.message.as_str()));
    found.same("error in a source", b, a);
    if let Ok(parsed) = &from_source {
        assert!(
            read.is_ok_and(|read| read.node.value == parsed.node.value),
            "{}",
            case.title
        );
        check_spans(&parsed.node, source.text());
    }
    if let Err(error) = &from_source {
        assert!(
            source.text().get(error.span.clone().unwrap()).is_some(),
            "{}",
            case.title
        );
    }
}

fn check_spans(node: &yaml::Node, text: &str) {
    let check = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?}");
    check(node.span);
    for item in node.as_list().unwrap_or_default() {
        check_spans(item, text);
    }
    for (_, entry) in node.as_map().iter().flat_map(|map| map.iter()) {
        check(entry.key);
        check_spans(&entry.node, text);
    }
}

fn streams(case: &Case, found: &mut Found) {
    let (source, span) = source("x", SourceKind::Made, case.bytes("yaml").unwrap());
    let read = yaml::parse_all(&source, span.file, 0..source.text().len());
    let documents: Vec<String> = read.documents.iter().map(|parsed| json(&parsed.node, false)).collect();
    found.same("json", Some(&documents.join("\n")), Some(&case.all("json").join("\n")));
    let error = read.error.map(|error| error.message);
    found.same("error", error.as_deref(), case.get("error").as_deref());
}
