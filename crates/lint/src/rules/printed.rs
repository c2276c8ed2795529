//! Go's debug output in rendered text: maps, `<nil>`, and values with the wrong printf verb.

use super::super::Context;
use diagnostics::{Diagnostic, Report};
use goyaml::{Node, Value};
use source::Span;

const PRINTED: &str = "printed-go-value";

/// Reports values printed in Go's own notation.
pub(in super::super) fn values(context: &Context<'_>, report: &mut Report) {
    let Some(rendered) = &context.rendered else { return };
    for (file, path) in &context.objects.files {
        let source = context.sources.get(*file);
        for found in find(source.text()) {
            let range = found.start..found.start + found.length;
            let Some(origin) = rendered.origin(path, range.clone()) else {
                continue;
            };
            let written = context.sources.get(origin.template.file);
            let is_action = written
                .text()
                .get(origin.template.range())
                .is_some_and(|text| text.starts_with("{{"));
            let shown = &source.text()[range.clone()];
            // Texts in the values that contain such notation are intended.
            if !is_action || context.values.as_ref().is_some_and(|values| has_text(values, shown)) {
                continue;
            }
            let place = Span::new(*file, range.start, range.end);
            report.push(Diagnostic::warning(PRINTED, found.message).at(place).help(found.help));
        }
    }
}

struct Found {
    start: usize,
    length: usize,
    message: String,
    help: &'static str,
}

/// Finds Go's notation in a text.
fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for (start, mark) in text.match_indices("map[") {
        let is_part = text[..start].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
        let after = &text[start + mark.len()..];
        let key = after.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')));
        let Some(key) = key.filter(|&end| end > 0 && after[end..].starts_with(':') && !is_part) else {
            continue;
        };
        found.push(Found {
            start,
            length: mark.len() + key + 1,
            message: format!("a map is printed as Go prints it: map[{}:...]", &after[..key]),
            help: "print it with toYaml or toJson, or one of its fields",
        });
    }
    for (start, mark) in text.match_indices("%!") {
        let after = &text[start + mark.len()..];
        let verb = after.chars().next().filter(char::is_ascii_alphabetic);
        let rest = verb.map_or(after, |_| &after[1..]);
        let is_extra = ["(EXTRA ", "(NOVERB)", "(BADINDEX)", "(BADWIDTH)", "(BADPREC)"];
        let is_typed = verb.is_some() && rest.starts_with('(') && rest.contains(')');
        if !is_typed && !is_extra.iter().any(|mark| rest.starts_with(mark)) {
            continue;
        }
        let length = rest.find(')').map_or(rest.len(), |end| end + 1) + (after.len() - rest.len()) + mark.len();
        found.push(Found {
            start,
            length,
            message: format!(
                "printf does not go with its arguments: {}",
                &text[start..start + length]
            ),
            help: "give it a verb for each argument that fits its type; %v fits all",
        });
    }
    for (start, mark) in text.match_indices("<nil>") {
        // It is part of a printf error.
        if text[..start].ends_with('(') {
            continue;
        }
        found.push(Found {
            start,
            length: mark.len(),
            message: "nothing is printed as Go prints it: <nil>".to_owned(),
            help: "give the value a default",
        });
    }
    found
}

/// Whether a string of the values contains this text.
fn has_text(values: &Node, wanted: &str) -> bool {
    let mut stack = vec![values];
    while let Some(node) = stack.pop() {
        match &node.value {
            Value::String(text) if text.contains(wanted) => return true,
            Value::List(list) => stack.extend(list.iter()),
            Value::Map(map) => stack.extend(map.iter().map(|(_, entry)| &entry.node)),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn only_what_go_prints_is_found() {
        for (text, wanted) in [
            ("x: map[a:1 b:2]", &["map[a:"][..]),
            ("x: map[string]int, bitmap[a:1], map[], map[a]", &[]),
            (
                "x: %!d(string=3) %!(EXTRA int=1) %!s(MISSING) 100%!",
                &["%!d(string=3)", "%!(EXTRA int=1)", "%!s(MISSING)"],
            ),
            ("<nil>: <nil >", &["<nil>"]),
            ("%!s(<nil>)", &["%!s(<nil>)"]),
            ("50%!important", &[]),
        ] {
            let mut found = find(text);
            found.sort_by_key(|found| found.start);
            let shown: Vec<&str> = found
                .iter()
                .map(|found| &text[found.start..found.start + found.length])
                .collect();
            assert_eq!(shown, wanted, "{text}");
        }
    }
}
