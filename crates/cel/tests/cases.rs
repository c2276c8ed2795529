//! `tests/cases/*.txt`: expressions, each with the result of a real API server. To add a case, write the expression;
//! `tests/cluster/cel.py` writes the server's result after it.
//!
//! ```text
//! # spec: {"n": 3}              what is in `object.spec`
//! $ object.spec.n + 1           an expression
//! = 4                           its value, as `'%s'.format` prints it
//! ! no such key: x              or its error
//! - undeclared reference to ..  or its compile error: skipped here, for tests of type checkers
//! ```
#![expect(clippy::disallowed_methods, reason = "reads the cases")]

use std::collections::BTreeMap;
use std::path::Path;

use cel::{Error, Value, evaluate, syntax};
use serde_json::{Value as Json, json};

fn verdict(expression: &str, spec: &Json) -> String {
    let parsed = match syntax::parse(&format!("'%s'.format([{expression}])")) {
        Ok(Some(parsed)) => parsed,
        Ok(None) => return "? too deep".to_owned(),
        Err(error) => return format!("- {}", error.message),
    };
    let object = Value::from_json(&json!({"spec": spec}));
    match evaluate(&parsed, &BTreeMap::from([("object", object)])).0 {
        Ok(Value::String(text)) => format!("= {}", text.trim()),
        Ok(other) => format!("? {other:?}"),
        Err(Error::Unknown(what)) => format!("? {what}"),
        Err(error) => format!("! {error}"),
    }
}

#[test]
fn expressions_have_the_values_that_the_server_gives_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let spec = lines.iter().find_map(|line| line.strip_prefix("# spec: "));
        let spec: Json = spec.map_or(Json::Null, |spec| serde_json::from_str(spec).unwrap());
        for pair in lines.windows(2) {
            let Some(expression) = pair[0].strip_prefix("$ ") else {
                continue;
            };
            let wanted = pair[1].trim_end();
            assert!(
                wanted.starts_with(['=', '!', '-']),
                "{}: no verdict of {expression}",
                file.display()
            );
            if wanted.starts_with('-') {
                continue;
            }
            count += 1;
            let found = verdict(expression, &spec);
            if found.trim_end() != wanted {
                wrong.push(format!(
                    "{}: {expression}\n  server: {wanted}\n  here:   {found}",
                    file.display()
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count > 400, "only {count} cases");
}

#[test]
fn nothing_takes_long() {
    let started = std::time::Instant::now();
    let range = "[0,1,2,3,4,5,6,7,8,9]";
    for (body, turns) in [
        (".all(x, ", 12),
        (".map(x, ", 12),
        (".filter(x, false && ", 3),
        (".exists_one(x, ", 12),
    ] {
        let mut text = "true".to_owned();
        for _ in 0..turns {
            text = format!("{range}{body}{text})");
            if body.contains("map") {
                text = format!("{text}.size() > 0");
            }
        }
        let parsed = syntax::parse(&text).unwrap().unwrap();
        let (result, _) = evaluate(&parsed, &BTreeMap::new());
        assert_eq!(result.is_err(), turns > 3, "{text}");
    }
    for text in [
        "lists.range(1000000000000).size()",
        "'a'.replace('', 'bbbbbbbbbbbbbbbbbbbb').replace('', 'cccccccccccccccc').replace('b', 'dddddddddddd') == ''",
    ] {
        let parsed = syntax::parse(text).unwrap().unwrap();
        let _ = evaluate(&parsed, &BTreeMap::new());
    }
    let mut text = "'aaaaaaaaaa'".to_owned();
    for _ in 0..40 {
        text = format!("[{text}].map(x, x + x)[0]");
    }
    let parsed = syntax::parse(&text).unwrap().unwrap();
    assert_eq!(evaluate(&parsed, &BTreeMap::new()).0.unwrap_err(), Error::Cost);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
