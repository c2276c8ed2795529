//! Writing YAML: `value` is written as `v2` and `v3`; `v2 error` is why v2 cannot.

use std::sync::Arc;

use promchart::go::string as gostring;
use promchart::source::SourceKind;
use promchart::yaml::{self, Entry, Map, Node, Style, Value};

use super::cases::{check, source, value};

#[test]
fn both_styles() {
    check("yaml/write", |case, found| {
        let value = value(&case.get("value").unwrap());
        let (text, error) = match yaml::to_yaml(Style::V2, &value) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(error.message)),
        };
        found.same("v2", text.as_deref(), case.get("v2").as_deref());
        found.same("v2 error", error.as_deref(), case.get("v2 error").as_deref());
        let text = yaml::to_yaml(Style::V3, &value).unwrap();
        found.same("v3", Some(&text), case.get("v3").as_deref());
    });
}

#[test]
fn what_is_written_reads_back() {
    check("yaml/write", |case, found| {
        let node = value(&case.get("value").unwrap());
        if let Ok(text) = yaml::to_yaml(Style::V2, &node) {
            let read = yaml::parse_str(&text, node.span).unwrap();
            let again = yaml::to_yaml(Style::V2, &read.node).unwrap();
            found.same("again", Some(&again), Some(&text));
        }
    });
}

#[test]
fn keys_that_become_one_in_json() {
    let (_, span) = source("x", SourceKind::Made, b"");
    let entry = |(key, value): (&[u8], i64)| {
        let node = Node::new(Value::Int(value), span);
        (Arc::from(gostring::encode(key).as_ref()), Entry { key: span, node })
    };
    let map: Map = [(&b"\xff"[..], 1), (b"\xfe", 2), (b"a", 3)]
        .into_iter()
        .map(entry)
        .collect();
    let node = Node::new(Value::Map(Arc::new(map)), span);
    assert_eq!(yaml::to_yaml(Style::V2, &node).unwrap(), "\u{fffd}: 1\na: 3\n");
}
