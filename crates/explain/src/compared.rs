//! The texts that templates compare a value with: `{{ if eq .Values.kind "StatefulSet" }}`.
//!
//! They are found in the text of the actions, by parentheses and quotes: what is found too much is tried in vain.

use std::ops::Range;

use super::Traced;
use super::setters::{path_of, without_items};
use engine::objects::Path;

/// The functions that compare.
const COMPARING: [&str; 3] = ["eq", "ne", "has"];

impl Traced<'_> {
    /// The texts that templates compare a key with, in the order of the templates.
    pub(super) fn compared(&self, path: &Path) -> Vec<String> {
        let key = without_items(path);
        let mut found = Vec::new();
        for (read, span) in self.usage().reads.places() {
            if path_of(read) != key {
                continue;
            }
            for text in texts(self.sources.get(span.file).text(), span.range()) {
                if !found.contains(&text) {
                    found.push(text);
                }
            }
        }
        found
    }
}

/// The string literals of the innermost call of a comparing function around a position.
fn texts(source: &str, at: Range<usize>) -> Vec<String> {
    let action = action(source, &at);
    let text = &source[action.clone()];
    let at = at.start.saturating_sub(action.start)..at.end.saturating_sub(action.start);
    let tokens = tokens(text);
    let mut depth = 0_usize;
    let mut group = tokens.partition_point(|token| token.range.start < at.start);
    // Outwards, until a group has a comparing function.
    loop {
        let mut first = group;
        while first > 0 {
            match tokens[first - 1].kind {
                Kind::Close => depth += 1,
                Kind::Open if depth == 0 => break,
                Kind::Open => depth -= 1,
                _ => {}
            }
            first -= 1;
        }
        let inside = tokens[first..].iter().scan(0_isize, |depth, token| {
            match token.kind {
                Kind::Open => *depth += 1,
                Kind::Close => *depth -= 1,
                _ => {}
            }
            (*depth >= 0).then_some((*depth, token))
        });
        let inside: Vec<(isize, &Token)> = inside.collect();
        let compares = |(depth, token): &(isize, &Token)| {
            *depth == 0 && token.kind == Kind::Word && COMPARING.contains(&&text[token.range.clone()])
        };
        if inside.iter().any(compares) {
            let literals = inside.iter().filter(|(_, token)| token.kind == Kind::Text);
            return literals
                .map(|(_, token)| text[token.range.start + 1..token.range.end - 1].to_owned())
                .filter(|literal| !literal.is_empty() && !literal.contains('\\'))
                .collect();
        }
        let Some(outer) = first.checked_sub(1) else {
            return Vec::new();
        };
        group = outer;
    }
}

/// The text between the braces of the action around a position.
fn action(source: &str, at: &Range<usize>) -> Range<usize> {
    let start = source[..at.start].rfind("{{").map_or(at.start, |start| start + 2);
    let end = source[at.end..].find("}}").map_or(at.end, |end| at.end + end);
    start..end
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    Word,
    Text,
}

#[derive(Debug)]
struct Token {
    kind: Kind,
    range: Range<usize>,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        let mut end = start + c.len_utf8();
        let kind = match c {
            '(' => Kind::Open,
            ')' => Kind::Close,
            '"' | '`' => {
                let mut is_closed = false;
                while let Some((at, next)) = rest.next() {
                    end = at + next.len_utf8();
                    if next == c {
                        is_closed = true;
                        break;
                    }
                    if next == '\\' && c == '"' {
                        rest.next();
                    }
                }
                if !is_closed {
                    break;
                }
                Kind::Text
            }
            c if c.is_whitespace() || c == '|' => continue,
            _ => {
                let ends = |c: char| c.is_whitespace() || "()|\"`".contains(c);
                while let Some((at, next)) = rest.next_if(|(_, next)| !ends(*next)) {
                    end = at + next.len_utf8();
                }
                Kind::Word
            }
        };
        let range = start..end;
        found.push(Token { kind, range });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::texts;

    #[track_caller]
    fn check(source: &str, wanted: &[&str]) {
        let start = source.find(".Values.a").unwrap();
        assert_eq!(texts(source, start..start + ".Values.a".len()), wanted, "{source}");
    }

    #[test]
    fn texts_are_those_of_the_comparison_around() {
        check(r#"x: {{ if eq .Values.a "one" }}"two"{{ end }}"#, &["one"]);
        check(r#"{{ if and (ne .Values.a "one") (eq .Values.b "two") }}"#, &["one"]);
        check(r#"{{ if and (eq .Values.b "two") (ne "one" .Values.a) }}"#, &["one"]);
        check(r#"{{ if not (has .Values.a (list "one" "two")) }}"#, &["one", "two"]);
        check(r#"{{ if eq (.Values.a | default "one") `two` }}"#, &["one", "two"]);
        check(r#"{{ if .Values.a | lower | eq "one" }}"#, &["one"]);
        check(r#"{{ ternary 1 2 (eq .Values.a "one" "two") }}"#, &["one", "two"]);
        check(r#"{{ if eq (.Values.a | default "") "one" }}"#, &["one"]);
        check(r#"{{ .Values.a | default "one" }}"#, &[]);
        check(r#"{{ printf "eq" .Values.a }}"#, &[]);
        check(r#"{{ if eq .Values.a "one "#, &[]);
        check(".Values.a", &[]);
    }
}
