//! The patterns of `github.com/gobwas/glob`, which `.Files.Glob` uses to match names.
//!
//! `*` matches anything but separators, `**` anything, `?` one character that is not a separator, `[abc]`, `[!abc]` and
//! `[a-c]` one character, `{a,b}` one of several patterns; `\` escapes the next character.

use std::collections::BTreeSet;

/// A pattern.
#[derive(Clone, Debug)]
pub struct Glob {
    parts: Vec<Part>,
    separator: char,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Any,
    Super,
    Single,
    Range { low: char, high: char, negated: bool },
    List { characters: String, negated: bool },
    Alternatives(Vec<Vec<Part>>),
}

/// The error for an invalid pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadGlob;

impl Glob {
    /// Parses a pattern.
    ///
    /// # Errors
    /// A character class is malformed, or braces nest too deep.
    pub fn new(pattern: &str, separator: char) -> Result<Self, BadGlob> {
        let mut reader = GlobReader {
            rest: pattern.chars().peekable(),
        };
        let parts = reader.pattern(0)?;
        Ok(Self { parts, separator })
    }

    /// The pattern that matches everything.
    pub fn any() -> Self {
        Self {
            parts: vec![Part::Super],
            separator: '/',
        }
    }

    /// Whether a name matches as a whole.
    pub fn matches(&self, name: &str) -> bool {
        self.advance(&self.parts, name, BTreeSet::from([0]))
            .contains(&name.len())
    }

    /// The offsets at which a match of the parts can end if it starts at one of the given offsets.
    fn advance(&self, parts: &[Part], name: &str, from: BTreeSet<usize>) -> BTreeSet<usize> {
        parts.iter().fold(from, |at, part| self.one(part, name, &at))
    }

    fn one(&self, part: &Part, name: &str, from: &BTreeSet<usize>) -> BTreeSet<usize> {
        let character = |accepts: &dyn Fn(char) -> bool| {
            from.iter()
                .filter_map(|&at| {
                    name[at..]
                        .chars()
                        .next()
                        .filter(|&c| accepts(c))
                        .map(|c| at + c.len_utf8())
                })
                .collect()
        };
        let run = |accepts: &dyn Fn(char) -> bool| {
            let mut reached = from.clone();
            for &start in from {
                for (offset, c) in name[start..].char_indices() {
                    let end = start + offset + c.len_utf8();
                    if !accepts(c) || !reached.insert(end) {
                        break;
                    }
                }
            }
            reached
        };
        match part {
            Part::Text(text) => from
                .iter()
                .filter(|&&at| name[at..].starts_with(&**text))
                .map(|&at| at + text.len())
                .collect(),
            Part::Any => run(&|c| c != self.separator),
            Part::Super => run(&|_| true),
            Part::Single => character(&|c| c != self.separator),
            Part::Range { low, high, negated } => character(&|c| (*low <= c && c <= *high) != *negated),
            Part::List { characters, negated } => character(&|c| characters.contains(c) != *negated),
            Part::Alternatives(patterns) => patterns
                .iter()
                .flat_map(|parts| self.advance(parts, name, from.clone()))
                .collect(),
        }
    }
}

/// The maximum nesting depth of braces.
const MAX_DEPTH: usize = 50;

struct GlobReader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl GlobReader<'_> {
    /// Parses up to the end, or to the brace or comma that ends an alternative.
    fn pattern(&mut self, depth: usize) -> Result<Vec<Part>, BadGlob> {
        if depth > MAX_DEPTH {
            return Err(BadGlob);
        }
        let mut parts = Vec::new();
        while let Some(&c) = self.rest.peek() {
            match c {
                '}' | ',' if depth > 0 => break,
                '{' => {
                    self.rest.next();
                    parts.push(self.alternatives(depth)?);
                }
                '[' => {
                    self.rest.next();
                    parts.push(self.class()?);
                }
                '?' => {
                    self.rest.next();
                    parts.push(Part::Single);
                }
                '*' => {
                    self.rest.next();
                    let double = self.rest.next_if_eq(&'*').is_some();
                    parts.push(if double { Part::Super } else { Part::Any });
                }
                _ => {
                    let breakers: &[char] = if depth > 0 {
                        &['?', '*', '[', '{', '}', ',']
                    } else {
                        &['?', '*', '[', '{']
                    };
                    parts.push(Part::Text(self.text(breakers)));
                }
            }
        }
        Ok(parts)
    }

    /// Parses the alternatives after a `{`; the end of the pattern closes it too.
    fn alternatives(&mut self, depth: usize) -> Result<Part, BadGlob> {
        let mut patterns = Vec::new();
        loop {
            patterns.push(self.pattern(depth + 1)?);
            if self.rest.next() != Some(',') {
                return Ok(Part::Alternatives(patterns));
            }
        }
    }

    fn class(&mut self) -> Result<Part, BadGlob> {
        let negated = self.rest.next_if_eq(&'!').is_some();
        let first = *self.rest.peek().ok_or(BadGlob)?;
        let mut ahead = self.rest.clone();
        ahead.next();
        if ahead.peek() == Some(&'-') {
            ahead.next();
            self.rest = ahead;
            let high = self.rest.next().ok_or(BadGlob)?;
            let closed = self.rest.next() == Some(']');
            return if closed && first <= high {
                Ok(Part::Range {
                    low: first,
                    high,
                    negated,
                })
            } else {
                Err(BadGlob)
            };
        }
        let characters = self.text(&[']']);
        let closed = self.rest.next() == Some(']');
        if closed && !characters.is_empty() {
            Ok(Part::List { characters, negated })
        } else {
            Err(BadGlob)
        }
    }

    /// Reads characters up to one of the breakers; a backslash escapes the next character.
    fn text(&mut self, breakers: &[char]) -> String {
        let mut text = String::new();
        while let Some(&c) = self.rest.peek() {
            if breakers.contains(&c) {
                break;
            }
            self.rest.next();
            match c {
                '\\' => text.extend(self.rest.next()),
                c => text.push(c),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_gobwas() {
        // Checked against gobwas/glob 0.2.3 with '/' as its separator.
        let cases = [
            ("*", "a.txt", true),
            ("*", "a/b", false),
            ("**", "a/b", true),
            ("files/*", "files/sub/c.yaml", false),
            ("**.yaml", "files/sub/c.yaml", true),
            ("f{oo,iles}/*.txt", "files/a.txt", true),
            ("{a,b/*}", "b/c", true),
            ("?.txt", "/.txt", false),
            ("[a-c].txt", "b.txt", true),
            ("[!a-c].txt", "b.txt", false),
            ("[abc]x", "cx", true),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("{a", "a", true),
            ("", "", true),
        ];
        for (pattern, name, want) in cases {
            assert_eq!(Glob::new(pattern, '/').unwrap().matches(name), want, "{pattern} {name}");
        }
        for pattern in ["[a-zA-Z]", "[", "[]", "[c-a]", "[a"] {
            assert!(Glob::new(pattern, '/').is_err(), "{pattern}");
        }
    }
}
