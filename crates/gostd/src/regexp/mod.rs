//! Go's `regexp`: RE2 syntax and its errors, parsed here and passed to `regex-automata` as a syntax tree.
//!
//! The texts that are searched are [`crate::string`]s: an invalid byte is one character, as it is to Go.

mod class;
mod parse;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use regex_automata::meta::{Config, Regex};
use regex_automata::{Anchored, Input};

use super::unicode::{is_digit, is_letter};
use class::Texts;
use parse::{Parsed, parse};
use regex_syntax::hir::Hir;

pub use parse::must_quote;

/// The maximum size of a compiled expression, in bytes.
const MAX_SIZE: usize = 24 << 20;
/// The maximum size of the table of groups, in bytes: it has an entry for each group and each state.
const MAX_GROUPS_SIZE: usize = 64 << 20;
/// The longest text, in bytes, that [`Regexp::small`] searches.
const SMALL: usize = 4 << 10;
/// The number of expressions that stay compiled, so that a loop does not compile its expression in each iteration.
const KEPT: usize = 64;

/// A regular expression.
#[derive(Debug)]
pub struct Regexp {
    expression: String,
    /// The syntax tree for ASCII texts.
    ascii: Hir,
    /// The engine for short ASCII texts, which are the most common by far. Compiling the features that they do not need
    /// would take most of the time.
    small: OnceLock<Option<Regex>>,
    /// The engine for all other texts.
    full: OnceLock<Option<Regex>>,
    /// The names of the groups, from group 1 on.
    names: Vec<Option<String>>,
}

/// The bounds of a group in the text, if it took part in the match.
type Group = Option<(usize, usize)>;

/// The compiled expressions, by their texts. Several threads share them, for schemas and templates.
static COMPILED: Mutex<BTreeMap<String, Arc<Regexp>>> = Mutex::new(BTreeMap::new());

fn compiled() -> MutexGuard<'static, BTreeMap<String, Arc<Regexp>>> {
    COMPILED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Regexp {
    /// `regexp.Compile`.
    ///
    /// # Errors
    /// The expression is invalid: Go's message.
    pub fn compile(expression: &str) -> Result<Arc<Self>, String> {
        if let Some(found) = compiled().get(expression) {
            return Ok(Arc::clone(found));
        }
        let Parsed { hir, names } = parse(expression, Texts::Ascii)?;
        let regexp = Arc::new(Self {
            expression: expression.to_owned(),
            ascii: hir,
            small: OnceLock::new(),
            full: OnceLock::new(),
            names,
        });
        let mut kept = compiled();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(expression.to_owned(), Arc::clone(&regexp));
        Ok(regexp)
    }

    /// Compiles the expression for a text and returns the memory in use, in bytes, as a measure of the work. Returns
    /// `None` if the expression is too large; it then matches nothing.
    pub fn prepare(&self, text: &str) -> Option<usize> {
        self.engine(text).map(Regex::memory_usage)
    }

    fn engine(&self, text: &str) -> Option<&Regex> {
        let config = Config::new().nfa_size_limit(Some(MAX_SIZE));
        let fits = |engine: &Regex| {
            let groups = self.names.len() + 1;
            engine.memory_usage().saturating_mul(groups) <= MAX_GROUPS_SIZE
        };
        let build = |config, hir: &Hir| Regex::builder().configure(config).build_from_hir(hir).ok().filter(fits);
        let engine = if text.len() <= SMALL && text.is_ascii() {
            self.small.get_or_init(|| {
                let config = config.hybrid(false).dfa(false).onepass(false).auto_prefilter(false);
                build(config, &self.ascii)
            })
        } else {
            self.full.get_or_init(|| {
                let config = config
                    .onepass_size_limit(Some(MAX_SIZE / 8))
                    .hybrid_cache_capacity(2 << 20);
                // The same expression has been parsed successfully before.
                build(config, &parse(&self.expression, Texts::All).ok()?.hir)
            })
        };
        engine.as_ref()
    }

    /// Whether the text contains a match.
    pub fn is_match(&self, text: &str) -> bool {
        if text.len() <= SMALL {
            // Beyond 128 bytes, regex-automata uses its slowest engine for a yes or no, and a much faster one for a
            // position.
            return self.find_at(text, 0).is_some();
        }
        // The same for an expression with a literal at its end, if the end of a match will do.
        let input = Input::new(text).earliest(true);
        self.engine(text)
            .is_some_and(|engine| engine.search_half(&input).is_some())
    }

    /// The first match.
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.find_at(text, 0).map(|(start, end)| &text[start..end])
    }

    /// The texts of the groups of the first match. Group 0 is the whole match.
    pub fn groups<'t>(&self, text: &'t str) -> Option<Vec<Option<&'t str>>> {
        let groups = self.groups_at(text, 0)?;
        Some(
            groups
                .into_iter()
                .map(|group| group.map(|(start, end)| &text[start..end]))
                .collect(),
        )
    }

    /// The bounds of the groups of the first match at or after an offset. Group 0 is the whole match.
    fn groups_at(&self, text: &str, at: usize) -> Option<Vec<Group>> {
        let engine = self.engine(text)?;
        let mut captures = engine.create_captures();
        let input = Input::new(text).span(at..text.len()).anchored(Anchored::No);
        engine.search_captures(&input, &mut captures);
        captures.is_match().then(|| {
            (0..=self.names.len())
                .map(|group| captures.get_group(group).map(|span| (span.start, span.end)))
                .collect()
        })
    }

    fn find_at(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        let input = Input::new(text).span(at..text.len());
        self.engine(text)?
            .search(&input)
            .map(|found| (found.start(), found.end()))
    }

    /// The bounds of all matches, up to `most`. An empty match directly after another match does not count.
    pub fn find_all(&self, text: &str, most: Option<usize>) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut at = 0;
        let mut before = None;
        while at <= text.len() && most.is_none_or(|most| found.len() < most) {
            let Some((start, end)) = self.find_at(text, at) else {
                break;
            };
            let doubled = end == at && before == Some(start);
            at = if end == at { at + width(text, at) } else { end };
            before = Some(end);
            if !doubled {
                found.push((start, end));
            }
        }
        found
    }

    /// `Regexp.Split`.
    pub fn split<'t>(&self, text: &'t str, most: Option<usize>) -> Vec<&'t str> {
        if text.is_empty() && !self.expression.is_empty() {
            return vec![""];
        }
        let mut pieces = Vec::new();
        let (mut from, mut last) = (0, 0);
        for (start, end) in self.find_all(text, most) {
            if most.is_some_and(|most| pieces.len() + 1 >= most) {
                break;
            }
            last = start;
            if end != 0 {
                pieces.push(&text[from..start]);
            }
            from = end;
        }
        if last != text.len() {
            pieces.push(&text[from..]);
        }
        pieces
    }

    /// `Regexp.ReplaceAllString`: `$1` and `${name}` in the replacement refer to groups.
    ///
    /// # Errors
    /// The error of `pay`, which is called with the number of bytes written since the last call.
    pub fn replace_all<E>(
        &self,
        text: &str,
        replacement: &str,
        pay: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<String, E> {
        if replacement.contains('$') {
            let template = Template::parse(replacement);
            self.replace(
                text,
                pay,
                |at| self.groups_at(text, at),
                |groups, out| template.expand(self, text, groups, out),
            )
        } else {
            self.replace_all_literal(text, replacement, pay)
        }
    }

    /// `Regexp.ReplaceAllLiteralString`.
    ///
    /// # Errors
    /// The error of `pay`, which is called with the number of bytes written since the last call.
    pub fn replace_all_literal<E>(
        &self,
        text: &str,
        replacement: &str,
        pay: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<String, E> {
        let find = |at| self.find_at(text, at).map(|ends| vec![Some(ends)]);
        self.replace(text, pay, find, |_, out| out.push_str(replacement))
    }

    fn replace<E>(
        &self,
        text: &str,
        mut pay: impl FnMut(usize) -> Result<(), E>,
        find: impl Fn(usize) -> Option<Vec<Group>>,
        expand: impl Fn(&[Group], &mut String),
    ) -> Result<String, E> {
        let _ = self;
        let mut out = String::new();
        let (mut copied, mut at, mut paid) = (0, 0, 0);
        while at <= text.len() {
            let Some(groups) = find(at) else { break };
            let Some(Some((start, end))) = groups.first().copied() else {
                break;
            };
            out.push_str(&text[copied..start]);
            // An empty match directly after another match is not replaced.
            if end > copied || start == 0 {
                expand(&groups, &mut out);
            }
            copied = end;
            let step = width(text, at);
            at = if at + step > end { at + step } else { end };
            pay(out.len() - paid + 1)?;
            paid = out.len();
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        Ok(out)
    }
}

/// The length of the character at an offset; 1 at the end of the text, to advance past it.
fn width(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

/// A part of a replacement.
enum Piece<'t> {
    Text(&'t str),
    Number(usize),
    Name(&'t str),
}

/// A replacement with group references.
struct Template<'t>(Vec<Piece<'t>>);

impl<'t> Template<'t> {
    fn parse(template: &'t str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = template;
        while let Some(dollar) = rest.find('$') {
            pieces.push(Piece::Text(&rest[..dollar]));
            let after = &rest[dollar + 1..];
            if let Some(after) = after.strip_prefix('$') {
                pieces.push(Piece::Text("$"));
                rest = after;
            } else if let Some((piece, after)) = reference(after) {
                pieces.push(piece);
                rest = after;
            } else {
                // A dollar sign that does not start a reference is literal.
                pieces.push(Piece::Text("$"));
                rest = after;
            }
        }
        pieces.push(Piece::Text(rest));
        Self(pieces)
    }

    fn expand(&self, regexp: &Regexp, text: &str, groups: &[Group], out: &mut String) {
        for piece in &self.0 {
            let ends = match piece {
                Piece::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Piece::Number(number) => groups.get(*number).copied().flatten(),
                Piece::Name(name) => regexp
                    .names
                    .iter()
                    .enumerate()
                    .filter(|(_, group)| group.as_deref() == Some(*name))
                    .find_map(|(index, _)| groups.get(index + 1).copied().flatten()),
            };
            if let Some((start, end)) = ends {
                out.push_str(&text[start..end]);
            }
        }
    }
}

/// Parses `1`, `name` or `{name}` and returns the rest: the longest possible name.
fn reference(text: &str) -> Option<(Piece<'_>, &str)> {
    let inner = text.strip_prefix('{');
    let braced = inner.is_some();
    let text = inner.unwrap_or(text);
    let length = text
        .find(|c: char| !(is_letter(c) || is_digit(c) || c == '_'))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(length);
    let rest = if braced { rest.strip_prefix('}')? } else { rest };
    if name.is_empty() {
        return None;
    }
    let leading_zero = name.len() > 1 && name.starts_with('0');
    let number = (name.bytes().all(|byte| byte.is_ascii_digit()) && !leading_zero && name.len() <= 9)
        .then(|| name.parse().ok())
        .flatten();
    Some((number.map_or(Piece::Name(name), Piece::Number), rest))
}

/// `regexp.QuoteMeta`.
///
/// ```
/// assert_eq!(gostd::regexp::quote_meta("a.b*"), r"a\.b\*");
/// ```
pub fn quote_meta(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}
