//! Example texts for patterns, shown in messages because regular expressions are hard to read.

use regex_syntax::Parser;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::program::Pattern;
use gostd::regexp::Regexp;

/// The maximum length of an example, in bytes.
const LONGEST: usize = 80;
/// The preferred characters of a class, in order.
const USUAL: [char; 6] = ['a', '1', '0', 'A', '-', '.'];

/// Returns a short text that the pattern matches.
pub(super) fn of(pattern: &Pattern) -> Option<String> {
    matching(&pattern.text, &pattern.regexp)
}

/// A short text that a regular expression of Go's matches, where one is found.
pub fn text_like(pattern: &str) -> Option<String> {
    let regexp = Regexp::compile(pattern).ok()?;
    matching(pattern, &regexp)
}

fn matching(pattern: &str, regexp: &Regexp) -> Option<String> {
    let hir = Parser::new().parse(pattern).ok()?;
    let text = write(&hir)?;
    (!text.is_empty() && text.len() <= LONGEST && regexp.is_match(&text)).then_some(text)
}

fn write(hir: &Hir) -> Option<String> {
    Some(match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => String::new(),
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).ok()?,
        HirKind::Class(class) => one_of(class)?.to_string(),
        HirKind::Repetition(repetition) => {
            let times = usize::try_from(repetition.min).ok().filter(|times| *times <= LONGEST)?;
            write(&repetition.sub)?.repeat(times)
        }
        HirKind::Capture(capture) => write(&capture.sub)?,
        HirKind::Concat(parts) => parts.iter().map(write).collect::<Option<String>>()?,
        HirKind::Alternation(branches) => {
            let texts: Vec<String> = branches.iter().filter_map(write).collect();
            let said = texts.iter().find(|text| !text.is_empty());
            said.or(texts.first())?.clone()
        }
    })
}

fn one_of(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            let ascii = class.iter().filter(|range| range.end().is_ascii());
            ascii
                .map(|range| (char::from(range.start()), char::from(range.end())))
                .collect()
        }
    };
    let has = |c: &char| ranges.iter().any(|(start, end)| (start..=end).contains(&c));
    let printable = ranges.iter().map(|(start, _)| *start).find(|c| !c.is_control());
    USUAL.into_iter().find(has).or(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples() {
        for (text, want) in [
            ("^([0-9]+(ms|[smhdwy]))+$", Some("1ms")),
            ("^$|^https?://.+", Some("http://a")),
            ("^[a-z]([-a-z0-9]*[a-z0-9])?$", Some("a")),
            ("^[0-9a-f]{4}$", Some("aaaa")),
            ("^[0-9a-f]{640}$", None),
            ("^$", None),
        ] {
            let pattern = Pattern {
                text: text.to_owned(),
                regexp: Regexp::compile(text).unwrap(),
            };
            assert_eq!(of(&pattern).as_deref(), want, "{text}");
        }
    }
}
