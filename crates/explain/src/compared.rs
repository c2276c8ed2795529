//! The texts that templates compare a value with: `{{ if eq .Values.kind "StatefulSet" }}`.
//!
//! They are found among the tokens of the actions, by parentheses: what is found too much is tried in vain.

use std::ops::Range;

use super::Traced;
use super::setters::{path_of, without_items};
use engine::objects::Path;
use gotemplate::{Token, TokenKind, lex};

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
    let tokens = lex(text);
    let mut depth = 0_usize;
    let mut group = tokens.partition_point(|token| token.start < at.start);
    // Outwards, until a group has a comparing function.
    loop {
        let mut first = group;
        while first > 0 {
            match tokens[first - 1].kind {
                TokenKind::RightParen => depth += 1,
                TokenKind::LeftParen if depth == 0 => break,
                TokenKind::LeftParen => depth -= 1,
                _ => {}
            }
            first -= 1;
        }
        let inside = tokens[first..].iter().scan(0_isize, |depth, token| {
            match token.kind {
                TokenKind::LeftParen => *depth += 1,
                TokenKind::RightParen => *depth -= 1,
                _ => {}
            }
            (*depth >= 0).then_some((*depth, token))
        });
        let inside: Vec<(isize, &Token)> = inside.collect();
        let compares = |(depth, token): &(isize, &Token)| {
            *depth == 0 && token.kind == TokenKind::Identifier && COMPARING.contains(&&text[token.start..token.end])
        };
        if inside.iter().any(compares) {
            let is_literal = |token: &Token| matches!(token.kind, TokenKind::String | TokenKind::RawString);
            let literals = inside.iter().filter(|(_, token)| is_literal(token));
            return literals
                .map(|(_, token)| text[token.start + 1..token.end - 1].to_owned())
                .filter(|literal| !literal.is_empty() && !literal.contains('\\'))
                .collect();
        }
        let Some(outer) = first.checked_sub(1) else {
            return Vec::new();
        };
        group = outer;
    }
}

/// The text of the action around a position, with its braces.
fn action(source: &str, at: &Range<usize>) -> Range<usize> {
    let start = source[..at.start].rfind("{{").unwrap_or(at.start);
    let end = source[at.end..]
        .find("}}")
        .map_or(at.end, |end| at.end + end + "}}".len());
    start..end
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
