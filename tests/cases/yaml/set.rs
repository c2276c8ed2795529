//! The `--set` language: `flag` with `expression` is parsed into `base`; `values` is the result, `error` the error.

use libtest_mimic::Trial;
use promchart::source::SourceKind;
use promchart::values::set::{SetKind, parse_into};

use super::file::{Case, Found, json, source, trials, value};

const KINDS: [SetKind; 5] = [
    SetKind::Set,
    SetKind::String,
    SetKind::Json,
    SetKind::File,
    SetKind::Literal,
];

pub(super) fn cases() -> Vec<Trial> {
    [trials("set", "values/set", flags)].into_iter().flatten().collect()
}

fn flags(case: &Case, found: &mut Found) {
    let flag = case.get("flag").unwrap();
    let kind = KINDS.into_iter().find(|kind| kind.flag() == flag).unwrap();
    let (source, span) = source(&flag, SourceKind::Flag, case.bytes("expression").unwrap());
    let mut target = value(case.get("base").as_deref().unwrap_or("{}"));
    // The content of a file is its own name in brackets; a file whose name begins with ! does not exist.
    let mut read_file = |name: &str| match name.strip_prefix('!') {
        Some(_) => Err(format!("open {name}: no such file or directory")),
        None => Ok(format!("<{name}>")),
    };
    let result = parse_into(kind, &source, span.file, &mut target, &mut read_file);
    let error = result.err().map(|error| {
        assert!(source.text().get(error.span.range()).is_some(), "{}", case.title);
        error.message
    });
    found.same("error", error.as_deref(), case.get("error").as_deref());
    if error.is_none() {
        let wanted = case.get("values").map(|text| text.replace("\\ufffd", "\u{fffd}"));
        found.same("values", Some(&json(&target, true)), wanted.as_deref());
    }
}
