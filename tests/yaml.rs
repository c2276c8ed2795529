//! YAML tests that the cases of `tests/cases/yaml` cannot express: positions, and keys that become equal.

use std::sync::Arc;

use promchart::go::string as gostring;
use promchart::source::{Source, SourceKind, Sources, Span};
use promchart::values::set::{SetKind, parse_into};
use promchart::yaml::{self, Entry, Map, Node, Parsed, Style, Value};

/// A source, and a span in it for values without a position.
fn source(name: &str, kind: SourceKind, bytes: &[u8]) -> (Arc<Source>, Span) {
    let sources = Sources::new();
    let file = sources.add(Source::new(name, kind, bytes.to_vec()));
    (sources.get(file), Span::file_start(file))
}

fn parse(text: &str) -> Parsed {
    let (source, span) = source("x", SourceKind::Made, text.as_bytes());
    yaml::parse(&source, span.file, 0..text.len()).unwrap()
}

/// The text of each key and value along a path.
fn texts<'a>(text: &'a str, node: &Node, path: &[&str]) -> Vec<&'a str> {
    let mut texts = Vec::new();
    let mut node = node;
    for step in path {
        if let Some(map) = node.as_map() {
            let entry = map.get(step).unwrap();
            texts.push(&text[entry.key.range()]);
            node = &entry.node;
        } else {
            node = &node.as_list().unwrap()[step.parse::<usize>().unwrap()];
        }
        texts.push(&text[node.span.range()]);
    }
    texts
}

#[test]
fn keys_and_values() {
    let text =
        "a: 1 # c\n\"b\": &x !!str 'it''s'\nc:\n  - one\n    two\n  - [p, {q: \"r\"}]\n\n# e\nd: |\n  s\n\ne:\nf: *x\n";
    let node = parse(text).node;
    assert_eq!(texts(text, &node, &["a"]), ["a", "1"]);
    assert_eq!(texts(text, &node, &["b"]), ["\"b\"", "'it''s'"]);
    assert_eq!(
        texts(text, &node, &["c", "0"]),
        ["c", "- one\n    two\n  - [p, {q: \"r\"}]", "one\n    two"]
    );
    assert_eq!(
        texts(text, &node, &["c", "1", "1", "q"])[2..],
        ["[p, {q: \"r\"}]", "{q: \"r\"}", "q", "\"r\""]
    );
    assert_eq!(texts(text, &node, &["d"]), ["d", "|\n  s"]);
    // Nothing is there, and an alias is where it leads to.
    assert_eq!(texts(text, &node, &["e"]), ["e", ""]);
    assert_eq!(texts(text, &node, &["f"]), ["f", "'it''s'"]);
    assert_eq!(node.span.range(), 0..text.len() - 1);
}

#[test]
fn a_range_of_a_source() {
    let text = "x: [\n---\na: é\n---\nb: c: d\n";
    let (source, span) = source("x", SourceKind::Made, text.as_bytes());
    let parsed = yaml::parse(&source, span.file, 9..15).unwrap();
    assert_eq!(texts(text, &parsed.node, &["a"]), ["a", "é"]);
    let error = yaml::parse(&source, span.file, 19..text.len()).unwrap_err();
    assert_eq!(&text[error.span.clone().unwrap()], ":");
    assert_eq!(error.span.unwrap().start, 23);
}

#[test]
fn bytes_that_are_no_text_take_four() {
    let (source, span) = source("x", SourceKind::Made, b"a: 1\nb: \xff");
    let error = yaml::parse(&source, span.file, 0..source.text().len()).unwrap_err();
    assert_eq!(error.span, Some(8..12));
}

#[test]
fn duplicates_have_both_places() {
    let text = "a: 1\nb: {c: 1, 'c': 2}\na: 3\n";
    let found: Vec<_> = parse(text)
        .duplicates
        .iter()
        .map(|found| (found.key.to_string(), found.first.start, found.second.start))
        .collect();
    assert_eq!(found, [("c".to_owned(), 9, 15), ("a".to_owned(), 0, 23)]);
    // A key from a merge key is not a duplicate, although the strict decoder refuses it.
    let merged = parse("x: &x {a: 1}\ny: {a: 2, <<: *x}\n");
    assert!(merged.duplicates.is_empty() && merged.strict_error().is_some());
}

#[test]
fn documents_have_places() {
    let text = "a: 1\n---\nb: 2\n...\n---\nc\n";
    let (source, span) = source("x", SourceKind::Made, text.as_bytes());
    let documents = yaml::parse_all(&source, span.file, 0..text.len()).documents;
    let texts: Vec<&str> = documents.iter().map(|parsed| &text[parsed.span.clone()]).collect();
    assert_eq!(texts, ["a: 1\n", "---\nb: 2\n...", "---\nc\n"]);
}

#[test]
fn what_is_open_is_shown_where_it_opens() {
    for (text, at) in [("a: 1\nb: \"c\n", 8), ("a: 1\nbc\nd: 2\n", 5), ("a: 1\nb: c: d\n", 9)] {
        let (source, span) = source("x", SourceKind::Made, text.as_bytes());
        let error = yaml::parse(&source, span.file, 0..text.len()).unwrap_err();
        assert_eq!(error.span.map(|span| span.start), Some(at), "{text}");
    }
}

#[test]
fn errors_as_diagnostics() {
    let (source, span) = source("x", SourceKind::Made, b"a: 1\nb: c: d\n");
    let error = yaml::parse(&source, span.file, 0..13).unwrap_err();
    let diagnostic = promchart::chart::syntax_error(&error, "values-syntax", span.file);
    assert_eq!(diagnostic.message, "mapping values are not allowed in this context");
    assert_eq!(
        diagnostic.headline(),
        "error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context"
    );
    assert_eq!(diagnostic.span.map(|span| span.start), Some(9));
}

#[test]
fn flags_too() {
    let text = "a.b[1].c=x\\,y,d={1,two},é=";
    let (source, span) = source("--set", SourceKind::Flag, text.as_bytes());
    let mut target = Node::empty_map(span);
    parse_into(
        SetKind::Set,
        &source,
        span.file,
        &mut target,
        &mut |_| Ok(String::new()),
    )
    .unwrap();
    assert_eq!(
        texts(text, &target, &["a", "b", "1", "c"]),
        ["a", "a.b[1].c=x\\,y,", "b", "b[1].c=x\\,y,", ".c=x\\,y,", "c", "x\\,y"]
    );
    assert_eq!(texts(text, &target, &["d", "1"]), ["d", "{1,two}", "two"]);
    assert_eq!(texts(text, &target, &["é"]), ["é", ""]);

    let text = "a={\"b\": [1]}";
    let (source, span) = self::source("--set-json", SourceKind::Flag, text.as_bytes());
    let mut target = Node::empty_map(span);
    parse_into(SetKind::Json, &source, span.file, &mut target, &mut |_| {
        Ok(String::new())
    })
    .unwrap();
    assert_eq!(
        texts(text, &target, &["a", "b", "0"]),
        ["a", "{\"b\": [1]}", "\"b\"", "[1]", "1"]
    );
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
