//! Numbers, quoting, character classes, the order of keys: tables with a call and its result on each line. JSON: `text`
//! is read as a whole (`values`, `error`) and as the first of several values (`first`, `first error`).

use std::cmp::Ordering;

use libtest_mimic::Trial;
use promchart::go::{float as gofloat, quote as goquote, string as gostring, unicode as gounicode};
use promchart::source::SourceKind;
use promchart::yaml::{Style, json as read_json, natural_order};

use super::file::{Case, Found, files, json, source, trials, unescape};

pub(super) fn cases() -> Vec<Trial> {
    [trials("json", "go/json", json_values), tables()]
        .into_iter()
        .flatten()
        .collect()
}

/// A test for each line of the tables.
fn tables() -> Vec<Trial> {
    let mut trials = Vec::new();
    for path in files("go", "table") {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        for (at, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line = line.to_owned();
            trials.push(crate::case(format!("yaml::go::{file}::{}", at + 1), move || {
                let (call, want) = line.split_once(" = ").unwrap();
                let got = result(&words(call));
                (got != want).then(|| format!("{call}\n  is     {got}\n  wanted {want}"))
            }));
        }
    }
    trials
}

/// Splits a line at spaces; a double-quoted part is one word, with escapes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let word;
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut escaped = false;
            let end = quoted.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            let end = end.unwrap();
            word = gostring::encode_owned(unescape(&quoted[..end]));
            rest = quoted[end + 1..].trim_start();
        } else {
            let (bare, after) = rest.split_once(' ').unwrap_or((rest, ""));
            word = bare.to_owned();
            rest = after;
        }
        words.push(word);
    }
    words
}

fn result(words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<f64>().unwrap();
    let first = |text: &str| {
        let bytes = gostring::decode(text).into_owned();
        String::from_utf8(bytes).unwrap().chars().next().unwrap()
    };
    match words[..] {
        ["format", value, verb, precision] => {
            gofloat::format(number(value), verb.chars().next().unwrap(), precision.parse().ok())
        }
        ["format32", value] => gofloat::shortest32(number(value)),
        ["print", value] => gofloat::shortest(number(value)),
        ["json", value] => gofloat::json(number(value)).unwrap_or_else(|| "none".to_owned()),
        ["parse", text] => match gofloat::parse(text) {
            Ok(value) => gofloat::shortest(value),
            Err(error) => error.message(text),
        },
        ["quote", text] => goquote::quote(text),
        ["quote-char", text] => goquote::quote_char(first(text)),
        ["class", text] => {
            let c = first(text);
            let (letter, digit) = (gounicode::is_letter(c), gounicode::is_digit(c));
            let (print, space) = (gounicode::is_print(c), gounicode::is_space(c));
            format!("letter:{letter} digit:{digit} print:{print} space:{space}")
        }
        ["order", style, a, b] => {
            let style = if style == "v2" { Style::V2 } else { Style::V3 };
            match natural_order(style, a, b) {
                Ordering::Less => "first second",
                Ordering::Equal => "equal",
                Ordering::Greater => "second first",
            }
            .to_owned()
        }
        _ => panic!("no such call: {words:?}"),
    }
}

fn json_values(case: &Case, found: &mut Found) {
    let text = case.get("text").unwrap();
    let (_, span) = source("x", SourceKind::Made, b"");
    let span = |range: std::ops::Range<usize>| {
        assert!(text.get(range).is_some(), "{}", case.title);
        span
    };
    let (value, error) = match read_json::parse(&text, &span) {
        Ok(node) => (Some(json(&node, true)), None),
        Err(error) => {
            assert!(text.get(error.place.clone()).is_some(), "{}", case.title);
            // Go's offset is after the faulty character; if the text ends too early, it is that of the unfinished
            // value. Go may also split a character in two, which a span cannot.
            let offset = gostring::len(&text[..error.place.end]).to_string();
            let is_cut = error.message.contains("\\xc3");
            let wanted = case.get("offset").filter(|_| error.place.start < text.len() && !is_cut);
            if wanted.is_some() {
                found.same("offset", Some(&offset), wanted.as_deref());
            }
            (None, Some(error.message))
        }
    };
    found.same("values", value.as_deref(), case.get("values").as_deref());
    found.same("error", error.as_deref(), case.get("error").as_deref());
    let (value, error) = match read_json::parse_first(&text, &span) {
        Ok((node, end)) => (
            Some(format!("{} {}", gostring::len(&text[..end]), json(&node, true))),
            None,
        ),
        Err(error) => (None, Some(error.message)),
    };
    found.same("first", value.as_deref(), case.get("first").as_deref());
    found.same("first error", error.as_deref(), case.get("first error").as_deref());
}
